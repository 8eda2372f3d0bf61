"""Nothing personal in what the program writes (threat 17), nothing readable on the disk (threat 1): 300 markers, a day with a crash.

The disk is searched as it is found after ``kill``: register with its journal, packets, spares, copies, temp files, settings. What the
office prints as PDF lies readable in ``documents`` for a week (domain/keeping.py, docs/limits.md); what simulated printers put out lies
in ``perangkat``. Both stand in for paper and are not searched.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from markers import Finder, flat, forms, marks, people, secrets, token  # noqa: E402

from ktpel_kiosk.app import sops  # noqa: E402
from ktpel_kiosk.app.office import village_names  # noqa: E402
from ktpel_kiosk.domain.keeping import SIMPANAN  # noqa: E402

PAPER = ("documents", "perangkat")


@dataclass
class Ended:
    """A day that is over: what the process said, where it wrote, what was looked for."""

    told: dict[str, Any]
    words: bytes
    data: Path
    temp: Path
    home: Path
    wanted: dict[str, str]
    known: list[str]
    found: dict[str, set[str]] = field(default_factory=dict)

    def look(self) -> dict[str, set[str]]:
        """Markers in log, traceback, crash report, temp files, settings, clipboard, children."""
        finder = Finder(self.wanted)
        self.found = {f"log {n}": hit for n, line in enumerate(self.words.splitlines()) if (hit := finder.hits(line))} \
            if finder.hits(self.words) else {}
        self.found |= finder.in_files(self.temp, self.home, *self.data.glob("*.*"), self.data / "diagnostik")
        for key in ("in_clipboard", "in_title", "command"):
            if self.told[key]:
                self.found[key] = set(self.told[key])
        self.found |= {k: set(v) for k, v in self.told["watched"].items()}
        return self.found


def day(folder: Path, count: int, leak: str = "-") -> Ended:
    """Run it to its crash."""
    data, temp, home, report = folder / "kantor", folder / "tmp", folder / "home", folder / "laporan.json"
    for made in (data, temp, home):
        made.mkdir(parents=True)
    environment = {**os.environ, "TMPDIR": str(temp), "HOME": str(home), "XDG_RUNTIME_DIR": str(temp), "QT_QPA_PLATFORM": "offscreen",
                   "PYTHONFAULTHANDLER": "0", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    run = subprocess.run([sys.executable, str(HERE / "marked_day.py"), str(data), str(report), str(count), leak], cwd=home, env=environment,
                         capture_output=True, timeout=600, check=False)
    assert run.returncode == -signal.SIGABRT, run.stderr.decode(errors="replace")[-3000:]
    kantor = sops.load("tempeh").kantor
    who = people(count, kantor, village_names(kantor.kode_wilayah))
    known = [w for m in who for w in m.four]
    return Ended(json.loads(report.read_text()), run.stdout + b"\n" + run.stderr, data, temp, home,
                 marks(who, secrets(25 if count >= 20 else 5)), known)


def check_told(ended: Ended, reached: Callable[..., None], people_count: int, markers_at_least: int) -> None:
    told = ended.told
    assert told["markers"] >= markers_at_least and told["signed_in"] == "rina" and told["errors"] >= 8 * people_count, told
    assert told["typed"] >= 3 and told["copied"] >= 1 and told["faults"] >= 1, told
    assert b"DEBUG" in ended.words and b"RuntimeError" in ended.words, "the forced error is told of, by its type"
    assert (ended.data / "diagnostik" / "jendela.txt").read_text().count("Thread") >= 1, "the crash report"
    hits = ended.look()
    reached(17, asked=0, got=sum(map(len, hits.values())), at_most=True, size=told["markers"],
            what=f"of {told['markers']} markers in logs, tracebacks, crash report, temp files, settings, clipboard, children")
    assert not hits, flat(hits)


def check_disk(ended: Ended, reached: Callable[..., None]) -> None:
    files = ended.data, ended.temp, ended.home
    assert (ended.data / "register" / "register.sqlite-wal").stat().st_size > 0, "the journal is there as the crash left it"
    named = {f.split("/")[0] for row in SIMPANAN for f in row.folders}
    assert {p.name for p in ended.data.iterdir()} <= named, "everything written has its row in the table of what is kept"
    on_disk = Finder(ended.known).in_files(*files, skip=[ended.data / p for p in PAPER])
    reached(1, asked=0, got=sum(map(len, on_disk.values())), at_most=True, size=len(ended.known),
            what=f"of {len(ended.known)} known strings readable in {sum(1 for f in files for p in f.rglob('*') if p.is_file())} files")
    assert not on_disk, flat(on_disk)


def test_a_short_day_with_windows_and_a_crash_leaves_no_marker_anywhere(tmp_path: Path, reached: Callable[..., None]) -> None:
    ended = day(tmp_path, 3)
    check_told(ended, reached, 3, 25)
    check_disk(ended, reached)


@pytest.mark.gate
@pytest.mark.timeout(900)
def test_three_hundred_markers_through_a_full_day_at_debug_leave_nothing(tmp_path: Path, reached: Callable[..., None]) -> None:
    ended = day(tmp_path, 50)
    assert ended.told["stage"] == "menunggu_prr", "one applicant was recorded and sealed"
    assert list((ended.data / "packets").rglob("*.*")) and list((ended.data / "register" / "backups").iterdir())
    assert ended.told["pages"] >= 8
    check_told(ended, reached, 50, 300)
    assert len(ended.known) == 200
    check_disk(ended, reached)


@pytest.mark.gate
@pytest.mark.timeout(600)
@pytest.mark.parametrize("leak", ["log", "temp", "file", "clipboard"])
def test_one_marker_that_does_leak_is_found(leak: str, tmp_path: Path) -> None:
    ended = day(tmp_path, 1, leak)
    assert {next(iter(ended.wanted))} in list(ended.look().values()), "the gate saw what was planted, and where"


@pytest.mark.gate
@pytest.mark.timeout(600)
def test_one_known_string_in_base64_on_the_disk_is_found(tmp_path: Path) -> None:
    ended = day(tmp_path, 1, "base64")
    assert list(Finder(ended.known).in_files(ended.data, skip=[ended.data / p for p in PAPER]).values()) == [{ended.known[0]}]


@pytest.mark.parametrize("n", range(6))
def test_every_form_of_a_marker_is_found(n: int, tmp_path: Path) -> None:
    """The search itself: one planted string in each spelling, in a PDF and in a ZIP."""
    import base64
    import io
    import zipfile
    import zlib

    word = token("nama", n)
    finder = Finder([word, token("nama", 99)])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.xml", f"<a>{word}</a>" * 40)
    packed = zlib.compress(f"({word}) Tj".encode())
    planted = [
        f"x{word}y".encode(), f"x{word.title()}".encode(), word.encode("utf-16"), base64.b64encode(b"z" * n + word.encode() + b"rest"),
        (b"\1" + word.encode()).hex().encode(), archive.getvalue(), b"%PDF-1.4\nstream\n" + packed + b"\nendstream",
        b"%PDF-1.4\nstream\n" + base64.a85encode(packed) + b"~>\nendstream"]
    for i, data in enumerate(planted):
        assert finder.hits(data) == {word}, i
    assert finder.hits(os.urandom(20_000)) == set()
    (tmp_path / f"{word}.txt").write_bytes(b"")
    assert list(finder.in_files(tmp_path).values()) == [{word}], "in a name too"
    assert all(len(f) >= 8 for f in forms(word))
