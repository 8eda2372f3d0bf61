"""Pengaturan, Sertifikat and Cadangan: what the desk has, what it lacks, in words; and the acts. Qt-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import station_care
from ktpel_kiosk.desk.station_care import Lack, Standing
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_long, number_text
from ktpel_kiosk.ports.setup import BackupPlace, KeyState
from ktpel_kiosk.ui.first_run.facts import bytes_words
from ktpel_kiosk.ui.presenters.line_facts import LineFactsPresenter
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

ROLES = ("station", "centre", "receipt", "line_ca", "line")
CODES = {"proved": ("ada di kertas", "good"), "unproved": ("belum dipastikan", "attention"), "none": ("belum ada", "attention")}


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One certificate: ``words`` whose and until when, ``state`` the word at the right."""

    title: str
    words: str
    good: bool
    state: str


@dataclass(frozen=True, slots=True)
class KeysView:
    rows: tuple[KeyRow, ...]
    address: str
    chip: str
    tone: str
    missing: str  # what waits meanwhile, a sentence; empty when complete


@dataclass(frozen=True, slots=True)
class CopiesView:
    """``facts``: title and words; ``code``: state of the recovery code (``none unproved proved``)."""

    place: str
    chip: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    problem: str
    code: str
    code_chip: str
    code_tone: str


class StationCarePresenter:
    """Everything but ``may`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["change_settings"])

    def _standing(self) -> Standing:
        return station_care.standing(self.session.desk, self.session.actor, fresh=True)

    # -- certificates -------------------------------------------------------------------------------------------------

    def keys(self) -> KeysView:
        found = self._standing()
        left = {row.name: row.left for row in LineFactsPresenter(self.session).certificates()}
        rows = [KeyRow(word("sertifikat", role), found.keys.found.get(role, ""), role in found.keys.found,
                       left.get(word("sertifikat", role), "ada") if role in found.keys.found else "belum ada") for role in ROLES]
        chip, tone = ("lengkap", "good") if found.keys.complete else (f"{number_text(len(found.keys.missing))} belum ada", "attention")
        gravest = next((lack for lack in found.lacks if lack in (Lack.SEALING, Lack.SENDING)), None)
        return KeysView(tuple(rows), found.address, chip, tone, word("stasiun_kurang", gravest) if gravest else "")

    def write_request(self, folder: str) -> str:
        return str(station_care.write_request(self.session.desk, self.session.actor, Path(folder)))

    def take(self, source: str) -> KeyState:
        return station_care.take_certificates(self.session.desk, self.session.actor, Path(source))

    def save_address(self, url: str) -> str:
        return station_care.set_gateway_address(self.session.desk, self.session.actor, url)

    # -- copies -------------------------------------------------------------------------------------------------------

    def copies(self) -> CopiesView:
        found = self._standing()
        copies, s = found.copies, self.session
        chip, tone = next((_CHIPS[lack] for lack in found.lacks if lack in _CHIPS), ("baik", "good"))
        last = f"{date_long(s.local(copies.last).date())}, {s.time(copies.last)}" if copies.last else ""
        facts = [("Cadangan terakhir", last or ("tidak terlihat sekarang" if copies.place and not copies.reachable else "belum ada"))]
        if copies.reachable:
            facts += [("Tersimpan di sana", f"{number_text(copies.count)} cadangan"), ("Ruang kosong", bytes_words(copies.free_bytes))]
        if copies.last is not None:
            facts.append(("Latihan pulih terakhir", date_long(s.local(found.drilled).date()) if found.drilled else "belum pernah"))
        problem = copies.problem or next((word("stasiun_kurang", lack) for lack in found.lacks if lack in _CHIPS), "")
        code, code_tone = CODES[copies.code]
        return CopiesView(copies.place, chip, tone, tuple(facts), problem, copies.code, code, code_tone)

    def places(self) -> Sequence[BackupPlace]:
        return station_care.backup_places(self.session.desk, self.session.actor)

    def choose_place(self, path: str) -> BackupPlace:
        return station_care.choose_place(self.session.desk, self.session.actor, Path(path))

    def copy_now(self) -> str:
        return station_care.copy_now(self.session.desk, self.session.actor).name

    def new_code(self) -> str:
        return station_care.new_code(self.session.desk, self.session.actor)

    def adopt_code(self, code: str, typed: str) -> None:
        station_care.adopt_code(self.session.desk, self.session.actor, code, typed)

    def prove_code(self, typed: str) -> None:
        station_care.prove_code(self.session.desk, self.session.actor, typed)


_CHIPS = {Lack.NO_PLACE: ("belum dipilih", "attention"), Lack.UNREACHABLE: ("tidak terjangkau", "attention"),
          Lack.NO_COPY: ("belum ada", "attention"), Lack.OLD_COPY: ("sudah lama", "attention"), Lack.DRILL: ("perlu latihan", "attention")}
