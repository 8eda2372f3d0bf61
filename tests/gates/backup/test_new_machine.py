"""Row 16 on a new machine: a copy, with its code or two sheets, becomes the office; killed anywhere there is no office or the whole one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from restore_office import CHEAP, CODE, SERIES, Small, numbers
from test_restore_gate import in_a_process

from ktpel_kiosk.app import backup, sops
from ktpel_kiosk.app.office import PENDING_RESTORE, UNFINISHED, settings_of
from ktpel_kiosk.app.restoring import FolderRestore
from ktpel_kiosk.app.setup_finish import refuse_orphan
from ktpel_kiosk.domain.errors import BadInput, KeyUnavailable, KioskError
from ktpel_kiosk.packet.station_keys import StationKeys
from ktpel_kiosk.ports.restore import Agreed, Opening
from ktpel_kiosk.register.keys import KeyStore
from ktpel_kiosk.register.shares import qr_text, words_of

AGREED = Agreed("-", "", "komputer lama rusak", {f"{SERIES}/2026": 6})
TOLD = ("Salinan diperiksa.", "Kantor siap dipakai.")


def abroad(root: Path) -> tuple[Small, Path, Opening]:
    """An office on its old machine, served four, copied; then two more came. Returns it, its copy, two sheets of three."""
    small = Small(root)
    with small.open() as register:
        small.serve(register, 4)
        sheets = KeyStore(small.data / "register" / "register.key", cost=CHEAP).set_shares(small.key, 2, 3)
        sop = sops.load("tempeh").source_text
        small.clock.advance(3600)
        copy = backup.make_copy(register, small.data, small.usb, "-", sop=sop)
        small.serve(register, 2)
    return small, copy, Opening(sheets=(" ".join(words_of(sheets[2])), qr_text(sheets[0])))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Small, Path, Opening]:
    return abroad(tmp_path_factory.mktemp("lama"))


def come_back(old: Small, copy: Path, opening: Opening, new: Path) -> list[str]:
    new.mkdir(exist_ok=True)
    told: list[str] = []
    FolderRestore(new, old.clock).restore(copy, opening, AGREED, told.append)
    return told


def whole(old: Small, new: Path) -> None:
    """The office of the copy: settings, SOP, register, numbers after those in the book, packets without a receipt, keys of its own."""
    here = Small.__new__(Small)
    here.root, here.data, here.usb, here.clock, here.content = new, new, new, old.clock, old.content
    assert settings_of(new) == settings_of(old.data) and sops.in_force(new, "tempeh").id == "tempeh"
    with here.open() as register:
        assert numbers(register) == [f"{n:04d}/KTP/XI/2026" for n in range(1, 5)] and register.check_audit().whole
        register.integrity_check()
        links = {x.event: x for x in register.read(lambda v: v.audit(limit=1000))}
        assert links["RegisterRestored"].facts["reason"] == "komputer lama rusak"
        assert here.serve(register, 1, seal=False) == [7], "after the last number in the paper book"
    assert len(list((new / "packets").glob("*.ktpelpkt"))) == 4
    assert StationKeys(new / "keys").own() is not None and not (new / PENDING_RESTORE).exists()


@pytest.mark.parametrize("by", ["kode", "lembar"])
def test_an_office_comes_back_by_code_or_two_sheets(old: tuple[Small, Path, Opening], tmp_path: Path, by: str) -> None:
    small, copy, sheets = old
    opening = Opening(code=CODE.lower()) if by == "kode" else sheets
    report = FolderRestore(tmp_path / "baru", small.clock).examine(copy, opening)
    assert report.applied == 4 and report.beside == 4 and report.asks_numbers and report.copy.office == "Kecamatan Tempeh"
    told = come_back(small, copy, opening, tmp_path / "baru")
    assert (told[0], told[-1]) == TOLD
    assert not (tmp_path / "baru" / "register" / UNFINISHED).exists()
    whole(small, tmp_path / "baru")


def test_what_does_not_open_it_makes_nothing(old: tuple[Small, Path, Opening], tmp_path: Path) -> None:
    small, copy, sheets = old
    restore = FolderRestore(tmp_path, small.clock)
    for opening in (Opening(), Opening(code="SALAH"), Opening(sheets=sheets.sheets[:1])):
        with pytest.raises((BadInput, KeyUnavailable)):
            restore.restore(copy, opening, AGREED, lambda _t: None)
    with pytest.raises(BadInput, match="floor_missing"):
        restore.restore(copy, sheets, Agreed("-", "", "x"), lambda _t: None)
    assert settings_of(tmp_path) is None and not (tmp_path / "register").exists()
    refuse_orphan(tmp_path)


def killed(old: tuple[Small, Path, Opening], new: Path, step: int) -> str:
    """``kantor`` or ``kosong`` after a kill at ``step``; empty when it got by. Begun again it is whole either way."""
    small, copy, sheets = old
    done = in_a_process(step, lambda: come_back(small, copy, sheets, new))
    found = settings_of(new)
    if found is None:
        refuse_orphan(new)  # the assistant opens and the copy is put back as if nothing had been
        come_back(small, copy, sheets, new)
    whole(small, new)
    return "" if done else "kosong" if found is None else "kantor"


def kills(old: tuple[Small, Path, Opening], tmp_path: Path, steps: range | tuple[int, ...]) -> dict[str, int]:
    found = {"kosong": 0, "kantor": 0}
    for step in steps:
        new = tmp_path / f"s{step}"
        outcome = killed(old, new, step)
        shutil.rmtree(new)
        if not outcome:
            break
        found[outcome] += 1
    return found


def test_killed_at_one_step(old: tuple[Small, Path, Opening], tmp_path: Path) -> None:
    assert kills(old, tmp_path, (24,))["kosong"] == 1


@pytest.mark.gate
def test_killed_at_any_sync_or_rename(old: tuple[Small, Path, Opening], tmp_path: Path, reached: Callable[..., None]) -> None:
    found = kills(old, tmp_path, range(1, 300))
    reached(16, asked=30, got=sum(found.values()), what="returns on a new machine killed at each sync and rename: none or whole")
    assert found["kosong"] >= 20 and found["kantor"] >= 1, found


def test_an_office_that_is_there_is_not_taken_for_an_empty_folder(old: tuple[Small, Path, Opening], tmp_path: Path) -> None:
    """A register of worth without its settings stays as it is."""
    small, copy, sheets = old
    (tmp_path / "register").mkdir()
    (tmp_path / "register" / "register.sqlite").write_bytes(b"orang banyak")
    with pytest.raises(KioskError, match="orphan"):
        FolderRestore(tmp_path, small.clock).restore(copy, sheets, AGREED, lambda _t: None)
    assert (tmp_path / "register" / "register.sqlite").read_bytes() == b"orang banyak"
