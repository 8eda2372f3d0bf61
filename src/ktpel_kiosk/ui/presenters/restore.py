"""Pengaturan, Cadangan: rehearsing a copy and putting one back, in words. Qt-free; everything but ``may`` on a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import restore
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_long, number_text
from ktpel_kiosk.ports.restore import CopyReport, FoundCopy, Opening, Series, SheetRead
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word


@dataclass(frozen=True, slots=True)
class CopyLine:
    path: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """``facts``: title and words; ``asked``: (key, title, least) of numbers only the paper book knows."""

    path: str
    facts: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, str, int], ...]
    found: CopyReport


class RestorePresenter:
    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["restore_register"])

    def copies(self) -> Sequence[CopyLine]:
        return [self._line(c) for c in restore.copies(self.session.desk, self.session.actor)[:12]]

    def _line(self, copy: FoundCopy) -> CopyLine:
        s = self.session
        applied = f"{number_text(copy.applied)} permohonan" if copy.applied else ""
        return CopyLine(str(copy.path), f"{date_long(s.local(copy.at).date())}, {s.time(copy.at)}",
                        " · ".join(x for x in (copy.office, copy.station, applied) if x))

    def drill(self, path: str, opening: Opening) -> str:
        done = restore.drill(self.session.desk, self.session.actor, Path(path), opening)
        return word("pulih", "terbukti").format(permohonan=number_text(done.applied), catatan=number_text(done.acts),
                                                detik=number_text(max(1, round(done.took_s))))

    def examine(self, path: str, opening: Opening) -> ReportView:
        found = restore.examine(self.session.desk, self.session.actor, Path(path), opening)
        line = self._line(found.copy)
        facts = [(word("pulih", "salinan"), f"{line.title}\n{line.text}"),
                 (word("pulih", "isi"), f"{number_text(found.applied)} permohonan, {number_text(found.sealed)} paket"),
                 (word("pulih", "hilang"), self._missing(found))]
        if found.beside:
            facts.append((word("pulih", "paket"), word("pulih", "paket_ikut").format(jumlah=number_text(found.beside))))
        facts.append((word("pulih", "nomor"), word("pulih", "nomor_buku" if found.asks_numbers else "nomor_lanjut")))
        return ReportView(path, tuple(facts), asked_numbers(found), found)

    @staticmethod
    def _missing(found: CopyReport) -> str:
        if found.missing is None:
            return word("pulih", "hilang_tak_tahu")
        if not (found.missing or found.missing_packets or found.missing_acts):
            return word("pulih", "hilang_tiada")
        return word("pulih", "hilang_ini").format(permohonan=number_text(found.missing), paket=number_text(found.missing_packets or 0),
                                                  catatan=number_text(found.missing_acts or 0))

    def restore(self, report: ReportView, opening: Opening, reason: str, second: tuple[str, str], floors: Mapping[str, int]) -> None:
        restore.restore(self.session.desk, self.session.actor, Path(report.path), opening, reason, *second,
                        floors=whole_floors(report.found, floors))

    def read_sheet(self, typed: str) -> SheetRead:
        return restore.read_sheet(self.session.desk, self.session.actor, typed)


@dataclass(frozen=True, slots=True)
class SheetsView:
    facts: tuple[tuple[str, str], ...]


class SheetsPresenter:
    """The key sheets: which set is in force, a new one printed."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["restore_register"])

    def sheets(self) -> SheetsView:
        s, found = self.session, restore.sheets(self.session.desk, self.session.actor)
        of = found.sheets
        if not of.count:
            return SheetsView(((word("lembar", "set"), word("lembar", "set_tiada")),))
        facts = [(word("lembar", "set"), word("lembar", "set_kalimat").format(nomor=f"{of.set_id:05d}", perlu=of.needed, jumlah=of.count))]
        if found.made is not None:
            when = f"{date_long(s.local(found.made).date())}, {s.time(found.made)}"
            who = word("lembar", "dibuat_kalimat").format(tanggal=when, siapa=found.actor, kedua=found.second)
            facts += [(word("lembar", "dibuat"), who), (word("lembar", "alasan_lama"), found.reason)]
        return SheetsView(tuple(facts))

    def make(self, reason: str, second: tuple[str, str]) -> str:
        """The number of the new set."""
        return f"{restore.make_sheets(self.session.desk, self.session.actor, reason, *second).set_id:05d}"


def asked_numbers(found: CopyReport) -> tuple[tuple[str, str, int], ...]:
    """(key, title, least) of the numbers only the paper books know: of the newest year, for older books are closed."""
    asked = [s for s in found.series if s.now is None]
    newest = max((s.year for s in asked), default=0)
    return tuple((_key(s), f"{s.name} {s.year}", s.in_copy) for s in asked if s.year == newest)


def whole_floors(found: CopyReport, typed: Mapping[str, int]) -> dict[str, int]:
    """With the numbers of closed years, which stay as the copy has them."""
    return {**{_key(s): s.in_copy for s in found.series if s.now is None}, **typed}


def _key(series: Series) -> str:
    return f"{series.name}/{series.year}"
