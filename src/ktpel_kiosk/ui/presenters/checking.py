"""Verifikasi: the entries beside what the office knows of the person, so that a difference is seen and not searched for. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import paper_scans, population
from ktpel_kiosk.domain.nik import check_nik
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.presenters.work import biodata_rows


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of the entries. ``other``: the sentence on what differs, empty where nothing does."""

    name: str
    title: str
    value: str
    other: str = ""


NIK_RULES = {"N06": "jenis_kelamin", "N07": "tempat_lahir+tanggal_lahir"}
"""Contradictions between NIK and biodata, and the entry they belong to."""
NOT_COMPARED = frozenset({"nik", "berlaku_hingga"})


class CheckPresenter:
    """Reads only; may block shortly: call it on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def entries(self, p: Permohonan) -> tuple[EntryRow, ...]:
        """The applicant's entries; where the population list or the NIK says something else, that is said."""
        known = population.find(self.session.desk, p.penduduk.nik)
        return compare(p.penduduk, known.penduduk if known is not None else None, self._nik_says(p.penduduk))

    def _nik_says(self, person: Penduduk) -> dict[str, str]:
        report = check_nik(person.nik, regions=None, biodata=person, today=self.session.today())
        return {NIK_RULES[i.rule]: i.text for i in report.issues if i.rule in NIK_RULES}

    def pictures(self, permohonan_id: str) -> dict[str, tuple[bytes, ...]]:
        return paper_scans.pictures(self.session.desk, self.session.actor, permohonan_id)


def compare(person: Penduduk, known: Penduduk | None, nik_says: dict[str, str]) -> tuple[EntryRow, ...]:
    """Rows of ``person``, with what ``known`` (the population list) and the NIK say differently."""
    theirs = {name: value for name, _title, value in biodata_rows(known)} if known is not None else {}
    made = []
    for name, title, value in biodata_rows(person):
        listed = theirs.get(name)
        told = [f"Daftar penduduk: {listed}"] if listed is not None and listed != value and name not in NOT_COMPARED else []
        if name in nik_says:
            told.append(nik_says[name])
        made.append(EntryRow(name, title, value, "\n".join(told)))
    return tuple(made)
