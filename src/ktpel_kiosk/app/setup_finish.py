"""Making the office (docs/adr/0029): everything is built beside, moved into place, and ``office.json`` is written last.

A folder holds an office when it has ``office.json``; nothing before that counts, everything after it is tidying. What a cut-off try left
behind is thrown away by the next one, and only that: a register without its mark is somebody's register.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import backup, sops
from ktpel_kiosk.app.clock import PracticeClock, SystemClock
from ktpel_kiosk.app.office import PENDING_RESTORE, PRODUCTION, UNFINISHED, OfficeSettings, prepare_folder, settings_of, write_settings
from ktpel_kiosk.app.setup_answers import FILE as ANSWERS
from ktpel_kiosk.app.setup_sop import office_sop
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.durable import storage_trouble, sync_directory, write_durably
from ktpel_kiosk.ports.setup import SetupAnswers

if TYPE_CHECKING:
    from ktpel_kiosk.app.setup_bundle import OpenBundle

STAGING = "penyiapan"
NOBODY = "-"


def make_office(data: Path, answers: SetupAnswers, passwords: Mapping[str, str], told: Callable[[str], None], *,
                recovery: str = "", clock: SystemClock | PracticeClock | None = None, bundle: OpenBundle | None = None) -> None:
    """The office of these (checked) answers in ``data``; ``recovery``: a code that opens copies, see :mod:`ktpel_kiosk.app.backup`;
    ``bundle``: of the Dinas, whose accounts, residents and settings come in as well.

    Raises:
        BadInput: ``setup.exists``, ``setup.orphan``, ``sop.*``, ``user.*``. DiskFull, IoFailure: no office was made.
    """
    prepare_folder(data)
    clear_leftovers(data)
    sop = office_sop(answers.sop_text, answers.office)
    _own_keys(data)
    told("Kunci stasiun siap.")
    staging = data / STAGING
    _key(staging, recovery)
    settings = OfficeSettings(sop.id, answers.station, mode=PRODUCTION, gateway_url=answers.gateway_url.strip(), furnished=True,
                              place=answers.place.strip())
    _build(staging, settings, sop, answers, passwords, told, clock, bundle)
    _move(data, sop)
    write_settings(data, settings)
    told("Kantor siap dipakai.")
    tidy(data)


def clear_leftovers(data: Path) -> None:
    """Throw away what a cut-off try left; refuse a folder that holds something of worth."""
    if settings_of(data) is not None:
        raise BadInput("setup.exists", path=str(data))
    refuse_orphan(data)
    _remove(data / STAGING)
    (data / PENDING_RESTORE).unlink(missing_ok=True)
    for begun in data.glob("register.baru-*"):
        _remove(begun)
    _remove(data / "register", last=UNFINISHED)


def refuse_orphan(data: Path) -> None:
    """Raises BadInput ``setup.orphan`` when a register of worth lies in a folder that is no office (any more)."""
    register = data / "register"
    if (register / "register.sqlite").exists() and not (register / UNFINISHED).exists() and settings_of(data) is None:
        raise BadInput("setup.orphan", path=str(data))


def _remove(folder: Path, last: str = "") -> None:
    """A folder and what is in it; the mark ``last`` goes last, so that a cut in between is recognised."""
    try:
        if not folder.exists():
            return
        for entry in folder.iterdir():
            if entry.name != last:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        sync_directory(folder)
        shutil.rmtree(folder)
        sync_directory(folder.parent)
    except OSError as error:
        raise storage_trouble(error, folder) from error


def _own_keys(data: Path) -> None:
    from ktpel_kiosk.packet.station_keys import StationKeys

    StationKeys(data / "keys").make()


def _key(staging: Path, recovery: str) -> None:
    """The register's key, and the mark before any register is there."""
    from ktpel_kiosk.register.keys import KeyStore

    register = staging / "register"
    write_durably(register / UNFINISHED, b"Kantor ini belum jadi.\n")
    KeyStore(register / "register.key").create(machine=True, secret=backup.plain_code(recovery) or None)


def _build(staging: Path, settings: OfficeSettings, sop: Sop, answers: SetupAnswers, passwords: Mapping[str, str],
           told: Callable[[str], None], clock: SystemClock | PracticeClock | None, bundle: OpenBundle | None) -> None:
    """Register with SOP and accounts, and the first copy of it."""
    from ktpel_kiosk.app.wiring import compose
    from ktpel_kiosk.desk import sop_versions, users

    with compose(staging, settings, sop, clock=clock) as kiosk:
        desk = kiosk.desk
        desk.register.write(lambda tx: tx.log("OfficeCreated", settings.station, NOBODY, digest=sop.digest))
        sop_versions.settle(desk)
        told(f"SOP {sop.kantor.nama} mulai berlaku.")
        typed = frozenset(passwords) if bundle is not None else frozenset(o.username for o in answers.officers)
        if bundle is not None:
            bundle.furnish(kiosk, answers.officers, typed)
            told("Isi bundel Dinas dipasang: akun petugas dan daftar penduduk.")
        for one in answers.officers:
            if one.username not in typed:
                continue
            users.save_user(desk, None, one.username, one.nama, one.peran, passwords[one.username], nip=one.nip, jabatan=one.jabatan)
            told(f"Akun {one.username} dibuat.")
        if answers.backup:
            backup.choose_place(kiosk.register, Path(answers.backup), NOBODY)
            backup.make_copy(kiosk.register, staging, Path(answers.backup), NOBODY, settings=settings, sop=sop.source_text)
            told("Cadangan pertama dibuat dan diperiksa.")


def _move(data: Path, sop: Sop) -> None:
    """The register into its place, still marked; the SOP as a file of the office's own."""
    try:
        os.replace(data / STAGING / "register", data / "register")
        sync_directory(data)
    except OSError as error:
        raise storage_trouble(error, data / "register") from error
    write_durably(data / "sop" / f"{sop.id}.toml", sop.source_text.encode())
    sops.keep(data, sop)


def tidy(data: Path) -> None:
    """After ``office.json`` is there: the mark, the answers and the scaffold go. What cannot be removed harms nothing."""
    with suppress(OSError):
        (data / "register" / UNFINISHED).unlink(missing_ok=True)
        (data / ANSWERS).unlink(missing_ok=True)
        shutil.rmtree(data / STAGING, ignore_errors=True)
