"""Spoiled cards in words: which are still in the office, which left with which number. Qt-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.desk import spoiled
from ktpel_kiosk.desk.spoiled import Place
from ktpel_kiosk.desk.withdrawn import Burning
from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.text import date_short, mask_nik, number_text
from ktpel_kiosk.ui.presenters.session import Session

SHOWN = 200
"""Cards that left, the newest; those in the office are always all there."""


@dataclass(frozen=True, slots=True)
class SpoiledRow:
    """``where`` is empty while the card is in the office."""

    job_id: str
    date: str
    blangko: str
    nama: str
    nik: str
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class SpoiledView:
    """``here``: how many wait in the office. ``sentence``: all three figures."""

    rows: tuple[SpoiledRow, ...]
    here: int
    sentence: str


class SpoiledPresenter:
    """Every method touches the register: on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self) -> SpoiledView:
        cards = spoiled.cards(self.session.desk, self.session.actor)
        here = [c for c in cards if c.place is Place.KANTOR]
        gone = [c for c in reversed(cards) if c.place is not Place.KANTOR]
        back = sum(c.place is Place.DIKEMBALIKAN for c in gone)
        sentence = (f"{number_text(len(here))} di kantor, {number_text(back)} dikembalikan ke Dinas, "
                    f"{number_text(len(gone) - back)} dimusnahkan.")
        return SpoiledView(tuple(self._row(c) for c in (*here, *gone[:SHOWN])), len(here), sentence)

    def _row(self, c: spoiled.SpoiledCard) -> SpoiledRow:
        where = "" if c.left_at is None else f"{c.place.value} {date_short(self.session.local(c.left_at).date())}, {c.number}"
        return SpoiledRow(c.job.id, date_short(self.session.local(c.job.updated_at).date()), c.job.blangko, c.nama, mask_nik(c.job.nik),
                          c.job.spoil_reason, where)

    def send_back(self, job_ids: Sequence[str], number: str) -> int:
        return spoiled.send_back(self.session.desk, self.session.actor, job_ids, number)

    def destroy(self, job_ids: Sequence[str], place: str, method: str, witnesses: Sequence[str]) -> str:
        """The signed-in officer carries it out. Returns the number of the berita acara."""
        me = self.session.actor
        how = Burning((Pejabat(me.nama, me.jabatan, me.nip),), tuple(Pejabat(w) for w in witnesses if w.strip()), place, method)
        return spoiled.destroy(self.session.desk, me, job_ids, how)
