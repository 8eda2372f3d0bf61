"""``register verify`` finds whatever somebody with the key changed, and names the row (RELIABILITY.md threat 3)."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from access_office import prepare
from desk_office import NOW, build
from tampering import Forger

from ktpel_kiosk.app.clock import PracticeClock, Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import audit_code, laporan_paper
from ktpel_kiosk.domain.errors import BadInput, Corrupt, KioskError
from ktpel_kiosk.domain.laporan import Masa
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.register import driver

PAGE = 4096


def key_of(folder: Path) -> bytes:
    """The raw key of a test office, which its key file protects with nothing."""
    from ktpel_kiosk.register.store import SqlRegister

    opened = _opened(folder)
    assert isinstance(opened, SqlRegister)
    opened.close()
    return opened._key


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with applications at every stage, cards, packets, ledgers, a closed month; closed, so that its anchor is current."""
    made = prepare(tmp_path_factory.mktemp("kantor"))
    made.office.desk.register.close()
    return made.folder / "tempeh"


def register_in(folder: Path) -> Path:
    found = sorted(folder.rglob("register.sqlite"))
    assert len(found) == 1
    return found[0]


def manipulate(office: Path, times: int, seed: int) -> tuple[int, list[str], Counter[str]]:
    """(found and named, what was not, kinds tried)."""
    forger = Forger(register_in(office), key_of(office), random.Random(seed))
    assert forger.check().whole and forger.check().unsealed == 0
    found, missed, kinds = 0, [], Counter[str]()
    try:
        while kinds.total() < times:
            with forger.one() as done:
                if done is None:
                    continue
                kinds[done.kind] += 1
                check = forger.check()
                if done.named(check):
                    found += 1
                else:
                    missed.append(f"{done} -> {check}"[:400])
        assert forger.check().whole
    finally:
        forger.close()
    return found, missed, kinds


def test_manipulations_are_found_and_named(office: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(office, tmp_path / "o")
    found, missed, kinds = manipulate(folder, 60, seed=3)
    assert not missed and found == 60 and len(kinds) >= 8


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_a_thousand_manipulations_are_found_and_named(office: Path, tmp_path: Path, reached: Callable[..., None]) -> None:
    folder = shutil.copytree(office, tmp_path / "o")
    found, missed, kinds = manipulate(folder, 950, seed=4)
    older, lost = old_files(office, tmp_path / "files", 50)
    reached(3, asked=1000, got=found + older, what="manipulations of the register found, with the row they touched")
    assert not missed and not lost, (missed[:5], lost[:5], kinds)


# -- older pages, older files -------------------------------------------------------------------------------------------


def old_files(office: Path, room: Path, times: int) -> tuple[int, list[str]]:
    """A page as it was, or the whole file as it was, put back after more work. Returns (noticed, what was not)."""
    rng = random.Random(5)
    folder = shutil.copytree(office, room / "then")
    path = register_in(folder)
    _settle(path, folder)
    then = path.read_bytes()
    _work(folder)
    _settle(path, folder)
    now, anchor = path.read_bytes(), path.with_name(f"{path.name}.anchor").read_bytes()
    changed = [n for n in range(1, min(len(then), len(now)) // PAGE) if then[n * PAGE:(n + 1) * PAGE] != now[n * PAGE:(n + 1) * PAGE]]
    assert len(changed) >= 3
    noticed, lost = 0, []
    for n in range(times):
        page = rng.choice(changed)
        forged = then if n % 5 == 0 else now[:page * PAGE] + then[page * PAGE:(page + 1) * PAGE] + now[(page + 1) * PAGE:]
        path.write_bytes(forged)
        path.with_name(f"{path.name}.anchor").write_bytes(anchor)
        if _noticed(folder):
            noticed += 1
        else:
            lost.append("file" if n % 5 == 0 else f"page {page}")
    return noticed, lost


def _work(folder: Path) -> None:
    with _opened(folder) as register:
        for n in range(8):
            register.write(lambda tx, n=n: (tx.put_setting(f"uji.{n}", str(n)), tx.log("SettingChanged", f"uji.{n}", "rina")))


def _opened(folder: Path):  # type: ignore[no-untyped-def]
    clock = PracticeClock(NOW)
    return open_register(folder, clock, Uuid7(clock))


def _settle(path: Path, folder: Path) -> None:
    """Everything into the main file, so that its bytes are the register."""
    connection = driver.connect(path, key_of(folder), writer=True)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()


def _noticed(folder: Path) -> bool:
    for name in ("register.sqlite-wal", "register.sqlite-shm"):
        register_in(folder).with_name(name).unlink(missing_ok=True)
    try:
        with _opened(folder) as register:
            if not register.check_audit().whole:
                return True
            register.integrity_check()
    except (Corrupt, KioskError):
        return True
    return False


def test_an_older_page_and_an_older_file_are_noticed(office: Path, tmp_path: Path) -> None:
    noticed, lost = old_files(office, tmp_path, 6)
    assert not lost and noticed == 6


def test_the_sentence_names_the_row(office: Path, tmp_path: Path) -> None:
    from ktpel_kiosk.desk.audit_code import check_text

    folder = shutil.copytree(office, tmp_path / "o")
    connection = driver.connect(register_in(folder), key_of(folder), writer=True)
    wanted = connection.execute("SELECT id FROM permohonan ORDER BY id LIMIT 1").fetchone()[0]
    connection.execute("UPDATE permohonan SET nomor_hp = '+620000' WHERE id = ?", (wanted,))
    connection.close()
    with _opened(folder) as register:
        check = register.check_audit()
    assert check.broken_at is None and not check.whole
    assert [(f.table, f.key, f.kind) for f in check.faults] == [("permohonan", wanted, "changed")]
    assert f"(permohonan) {wanted}: diubah di luar aplikasi" in "\n".join(check_text(check))


def test_a_printed_code_and_a_packet_prove_that_nothing_was_taken_back(tmp_path: Path) -> None:
    """The whole folder of yesterday, anchor file too, is put back: only what left the machine can tell."""
    made = build(tmp_path / "o", "tempeh")
    desk, boss = made.desk, made.actor(Peran.SUPERVISOR)
    p = made.sealed()
    last = desk.register.read(lambda v: v.audit(subject=p.id))[-1]
    desk.register.close()
    yesterday = shutil.copytree(tmp_path / "o", tmp_path / "yesterday")
    again = replace(desk, register=_opened(tmp_path / "o"))
    found = laporan_paper.gather(again, boss, Masa.of("hari", date(2026, 11, 20)))
    again.register.write(lambda tx: tx.log("SettingChanged", "uji", "rina"))
    paper = laporan_paper.report_paper(again, boss, "bulanan", found)
    printed = next(code for note in paper.notes for code in re.findall(r"Kode audit saat laporan dibuat: (\S+)\.", note))
    for code in (printed, printed.lower().replace("-", " - ", 1), audit_code.code_of(last.sequence, last.digest)):
        assert audit_code.holds(again, boss, code)
    again.register.close()
    back = replace(desk, register=_opened(yesterday))
    assert back.register.check_audit().whole, "all that lies on the machine fits"
    assert not audit_code.holds(back, boss, printed)
    assert audit_code.holds(back, boss, audit_code.code_of(last.sequence, last.digest))
    for typed in ("", "x", "12", "0-1111-2222-3333-4444", "5-XYZ", "5-1111"):
        with pytest.raises(BadInput, match=r"audit\.code"):
            audit_code.holds(back, boss, typed)
    back.register.close()
