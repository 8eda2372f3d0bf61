"""Where each page stands, in a word: for the list at the left and for the summary. Qt-free."""

from __future__ import annotations

from collections.abc import Callable

from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.setup import SetupStage
from ktpel_kiosk.ui.first_run.answers import STAGES, Progress
from ktpel_kiosk.ui.words import word

OPEN, DONE, TODO = "open", "done", "todo"


def standing(progress: Progress, stage: SetupStage) -> tuple[str, str]:
    """(state, words): ``done``, ``open`` (something is missing; may be meant so), ``todo`` (not reached yet)."""
    if STAGES.index(stage) > STAGES.index(progress.furthest):
        return TODO, ""
    return _READ[stage](progress) if stage in _READ else (DONE, "")


def must(progress: Progress) -> tuple[tuple[SetupStage, str], ...]:
    """What has to be mended before the office can be made: page and sentence."""
    found: list[tuple[SetupStage, str]] = []
    if progress.bundle_shut:
        found.append((SetupStage.MODE, word("sedia", "buka_lagi")))
        return tuple(found)
    if not progress.answers.sop_text:
        found.append((SetupStage.SOP, "SOP kantor belum dipilih."))
    if not progress.answers.office.nama:
        found.append((SetupStage.OFFICE, "Nama kantor belum diisi."))
    if not progress.answers.officers:
        found.append((SetupStage.USERS, "Belum ada petugas."))
    elif progress.roles_missing:
        found.append((SetupStage.USERS, "Masih ada peran yang belum dipegang siapa pun."))
    elif lost := progress.without_password():
        who = "Kata sandi satu petugas" if len(lost) == 1 else f"Kata sandi {len(lost)} petugas"
        found.append((SetupStage.USERS, f"{who} perlu diketik lagi: kata sandi tidak pernah ditulis ke disk."))
    return tuple(found)


def _sop(progress: Progress) -> tuple[str, str]:
    return (DONE, progress.answers.office.nama or progress.answers.sop_id) if progress.answers.sop_text else (OPEN, "belum dipilih")


def _office(progress: Progress) -> tuple[str, str]:
    office = progress.answers.office
    return (DONE, f"{office.nama}, {progress.answers.place}") if office.nama and office.kop else (OPEN, "belum lengkap")


def _users(progress: Progress) -> tuple[str, str]:
    officers = progress.answers.officers
    if not officers:
        return OPEN, "belum ada"
    if progress.roles_missing:
        return OPEN, f"{len(progress.roles_missing)} peran belum terisi"
    if progress.without_password():
        return OPEN, "kata sandi perlu diketik lagi"
    return DONE, f"{len(officers)} petugas"


def _keys(progress: Progress) -> tuple[str, str]:
    if progress.keys is None:
        return OPEN, "belum diperiksa"
    if progress.keys.complete and progress.answers.gateway_url:
        return DONE, "lengkap"
    return OPEN, "menyusul"


def _devices(progress: Progress) -> tuple[str, str]:
    if progress.devices_ready is None:
        return OPEN, "belum diuji"
    ready, all_ = progress.devices_ready
    return DONE, f"{ready} dari {all_} siap"


def _backup(progress: Progress) -> tuple[str, str]:
    return (DONE, progress.answers.backup) if progress.answers.backup else (OPEN, "menyusul")


_READ: dict[SetupStage, Callable[[Progress], tuple[str, str]]] = {
    SetupStage.SOP: _sop, SetupStage.OFFICE: _office, SetupStage.USERS: _users, SetupStage.KEYS: _keys,
    SetupStage.DEVICES: _devices, SetupStage.BACKUP: _backup,
}


def bytes_words(count: int) -> str:
    """``58,2 GB``."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{number_text(count / size, 1)} {unit}"
    return f"{number_text(count)} B"
