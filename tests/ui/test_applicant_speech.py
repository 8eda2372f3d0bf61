"""Reading aloud: what is said, by which program, when; nothing waits, nothing hangs, no name on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.readout import Readout
from ktpel_kiosk.ui.applicant.spoken import as_said
from ktpel_kiosk.ui.speech import ENGINES, Engine, Voice


@pytest.mark.parametrize(("written", "said"), [
    ("Tempat, tanggal lahir: Lumajang, 2 Januari 2008", "Tempat, tanggal lahir: Lumajang, dua Januari dua ribu delapan"),
    ("NIK: 3508 0545 0208 0001", "nik: tiga lima nol delapan, nol lima empat lima, nol dua nol delapan, nol nol nol satu"),
    ("3508054502080001", "tiga lima nol delapan, nol lima empat lima, nol dua nol delapan, nol nol nol satu"),
    ("Dusun Krajan, RT 003 / RW 007", "Dusun Krajan, er te tiga, er we tujuh"),
    ("0042/KTP/XI/2026", "nol nol empat dua, ka te pe, sebelas, dua ribu dua puluh enam"),
    ("08.15 WIB", "pukul delapan lewat lima belas menit we i be"),
    ("08.00 WIB", "pukul delapan we i be"),
    ("UU 27/2022", "undang-undang dua puluh tujuh tahun dua ribu dua puluh dua"),
    ("(0334) 520003", "nol tiga tiga empat, lima dua nol nol nol tiga"),
    ("1.234 orang", "seribu dua ratus tiga puluh empat orang"),
    ("Nomor 0042", "Nomor nol nol empat dua"),
    ("SITI CONTOH", "Siti Contoh"),
    ("10 sidik jari", "sepuluh sidik jari"),
])
def test_numbers_are_said_as_people_say_them(written: str, said: str) -> None:
    assert as_said(written) == said


def test_another_language_only_gets_the_groups() -> None:
    assert as_said("NIK 3508 0545 0208 0001, 2 January 2008", "en") == "NIK 3 5 0 8, 0 5 4 5, 0 2 0 8, 0 0 0 1, 2 January 2008"


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def mouth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of PATH; ``espeak-ng`` there writes what it was told."""
    folder = tmp_path / "bin"
    program(folder, "espeak-ng", f'echo "$@" > {tmp_path}/args; cat >> {tmp_path}/said')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tmp_path


def test_the_text_goes_through_a_pipe(mouth: Path, qtbot: QtBot) -> None:
    voice = Voice()
    voice.say("NIK tiga lima", "id")
    assert voice.busy
    qtbot.waitUntil(lambda: not voice.busy, timeout=10_000)
    assert (mouth / "said").read_text() == "NIK tiga lima\n" and "NIK" not in (mouth / "args").read_text()
    assert "-v id" in (mouth / "args").read_text()


def test_a_new_text_replaces_the_old_at_once(mouth: Path, qtbot: QtBot) -> None:
    program(mouth / "bin", "espeak-ng", f"read t; echo $$ > {mouth}/pid; echo $t > {mouth}/begun; [ $t = lama ] && exec sleep 60; exit 0")
    voice = Voice()
    voice.say("lama")
    qtbot.waitUntil((mouth / "begun").exists, timeout=10_000)
    old = int((mouth / "pid").read_text())
    voice.say("baru")
    qtbot.waitUntil(lambda: not voice.busy, timeout=10_000)
    assert (mouth / "begun").read_text() == "baru\n"

    qtbot.waitUntil(lambda: voice.settled and not Path(f"/proc/{old}").exists(), timeout=10_000)


def test_one_that_hangs_is_killed(mouth: Path, qtbot: QtBot) -> None:
    program(mouth / "bin", "espeak-ng", f"echo $$ > {mouth}/pid; exec sleep 60")
    voice = Voice(ENGINES[:1], patience_ms=400)
    heard: list[bool] = []
    voice.speaking.connect(heard.append)
    voice.say("a")
    qtbot.waitUntil(lambda: heard == [True, False], timeout=10_000)
    assert not voice.busy
    qtbot.waitUntil(lambda: voice.settled, timeout=10_000)
    assert not (mouth / "pid").exists() or not Path(f"/proc/{(mouth / 'pid').read_text().strip()}").exists()


def test_one_that_fails_gives_way_to_the_next(mouth: Path, qtbot: QtBot) -> None:
    program(mouth / "bin", "espeak-ng", "exit 3")
    program(mouth / "bin", "spd-say", f"cat > {mouth}/other")
    voice = Voice()
    voice.say("halo")
    qtbot.waitUntil(lambda: not voice.busy, timeout=10_000)
    assert (mouth / "other").read_text() == "halo\n"


def test_no_program_no_voice(qtbot: QtBot) -> None:
    voice = Voice((Engine("there-is-no-such-program", ()),))
    heard: list[bool] = []
    voice.speaking.connect(heard.append)
    voice.say("halo")
    assert not voice.available and not voice.busy and heard == []


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng here")
@pytest.mark.parametrize("tongue", [Tongue(), Tongue("en")])
def test_the_real_program_knows_our_voices(tongue: Tongue, tmp_path: Path) -> None:
    """The same arguments as the windows use, writing sound to a file."""
    engine = next(e for e in ENGINES if e.program == "espeak-ng")
    target = tmp_path / "a.wav"
    arguments = [a.format(voice=tongue.voice) for a in engine.arguments]
    text = as_said(f"{tongue('data_judul')} NIK 3508 0545 0208 0001", tongue.code)
    subprocess.run(["espeak-ng", *arguments, "-w", str(target)], input=text.encode(), check=True, timeout=60)
    with wave.open(str(target)) as sound:
        assert sound.getnframes() / sound.getframerate() > 3


class Mouth(Voice):
    """Keeps what it is told to say."""

    def __init__(self) -> None:
        super().__init__(())
        self.said: list[str] = []

    @property
    def available(self) -> bool:
        return True

    def say(self, text: str, language: str = "id") -> None:
        self.said.append(text)


def test_a_hint_is_said_once_and_only_when_it_holds(qtbot: QtBot) -> None:
    readout, tongue = Readout(mouth := Mouth()), Tongue()
    readout.hint("Maju sedikit", tongue)
    assert not readout._pause.isActive()  # the officer did not switch it on
    readout.set_on(True)
    for text in ("Maju sedikit", "Mundur sedikit", "Maju sedikit"):
        readout.hint(text, tongue)
    assert mouth.said == []
    readout._say_next()
    readout.hint("Maju sedikit", tongue)
    readout._say_next()
    assert mouth.said == ["Maju sedikit"]
    readout.hint("Tutup mulut", tongue)
    readout.hint("Maju sedikit", tongue)  # back before it was said: nothing new
    readout._say_next()
    assert mouth.said == ["Maju sedikit"]
    readout.now("Tutup mulut", tongue)
    assert mouth.said[-1] == "Tutup mulut"
    readout.hint("Angkat dagu sedikit", tongue)
    readout.set_on(False)
    readout._say_next()
    assert len(mouth.said) == 2
