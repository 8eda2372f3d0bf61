"""Pengaturan, Sambungan: until when the certificates count, and card reports the centre refused. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import reports
from ktpel_kiosk.desk.reports import RefusedReport
from ktpel_kiosk.domain.certificates import Urgency
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_long, number_text
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

TONES = {Urgency.NONE: "good", Urgency.EARLY: "accent", Urgency.SOON: "attention", Urgency.LAST: "attention", Urgency.ENDED: "trouble"}


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """``until``: the day in words; ``left``: chip; ``advice``: empty while nobody has to act."""

    name: str
    until: str
    left: str
    tone: str
    advice: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One refused report: what happened to which card, and why the centre does not take it."""

    what: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class FactsView:
    certificates: tuple[CertificateRow, ...]
    reports: tuple[ReportRow, ...]


class LineFactsPresenter:
    """``load`` and ``send_again`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may_send(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["retry_queue"])

    def load(self) -> FactsView:
        """Raises NotAllowed."""
        desk = self.session.desk
        return FactsView(self.certificates(), tuple(self._report(r) for r in reports.refused_reports(desk, self.session.actor)))

    def send_again(self) -> int:
        """Raises NotAllowed."""
        return reports.send_refused_again(self.session.desk, self.session.actor)

    def certificates(self) -> tuple[CertificateRow, ...]:
        """One per holder whose certificate can be read."""
        now, rows = self.session.now(), []
        for end in self.session.desk.certificate_ends():
            urgency, on = end.urgency(now), date_long(self.session.local(end.at).date())
            left = "sudah berakhir" if urgency is Urgency.ENDED else _left((self.session.local(end.at).date() - self.session.today()).days)
            advice = self.session.desk.sentences.text(end.message_keys(now)[1], at=on) if urgency else ""
            rows.append(CertificateRow(word("sertifikat", end.holder), f"berlaku sampai {on}", left, TONES[urgency], advice))
        return tuple(rows)

    def _report(self, r: RefusedReport) -> ReportRow:
        which = " · ".join(x for x in (r.nomor, f"blangko {r.blangko}" if r.blangko else "") if x)
        when = f"{date_long(self.session.local(r.at).date())}, {self.session.time(r.at)}" if r.at else ""
        what = " · ".join(x for x in (word("laporan_kartu", r.event), which) if x)
        return ReportRow(what, when, word("laporan_ditolak", r.reason))


def _left(days: int) -> str:
    return "hari terakhir" if days <= 0 else f"{number_text(days)} hari lagi"
