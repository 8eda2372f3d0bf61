"""Requests of data subjects as the page shows them: the clock in hours, what may come next, words. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import subject_requests
from ktpel_kiosk.desk.subject_requests import Request
from ktpel_kiosk.domain.pengaduan import Tenggat
from ktpel_kiosk.domain.permintaan import (
    BUKTI_NAMES,
    ENDED,
    JENIS_NAMES,
    NEXT,
    STATUS_NAMES,
    BuktiDiri,
    JenisPermintaan,
    StatusPermintaan,
)
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_short, datetime_long, mask_nik, number_text, time_text
from ktpel_kiosk.ui.presenters.complaints import StepLine
from ktpel_kiosk.ui.presenters.session import Session, number_short

KINDS: tuple[tuple[str, str], ...] = tuple((str(k), JENIS_NAMES[k]) for k in JenisPermintaan)
PROOFS: tuple[tuple[str, str], ...] = tuple((str(k), BUKTI_NAMES[k]) for k in BuktiDiri)
ACTIONS: dict[StatusPermintaan, str] = {
    StatusPermintaan.DIPROSES: "Proses", StatusPermintaan.DIPENUHI: "Dipenuhi", StatusPermintaan.SEBAGIAN: "Dipenuhi sebagian",
    StatusPermintaan.DITOLAK: "Tolak dengan alasan",
}
TONES: dict[Tenggat, str] = {
    Tenggat.LEWAT: "trouble", Tenggat.DEKAT: "attention", Tenggat.AMAN: "good", Tenggat.SELESAI: "neutral",
}


@dataclass(frozen=True, slots=True)
class RequestRow:
    id: str
    number: str
    received: str
    person: str
    kind: str
    status: str
    due: str
    due_tone: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request. ``moves``: (status, words); ``prove``: the person is not known yet; ``copy``: a copy of the data can be made now."""

    id: str
    version: int
    number: str
    person: str
    text: str
    due: str
    due_tone: str
    facts: tuple[tuple[str, str], ...]
    steps: tuple[StepLine, ...]
    moves: tuple[tuple[str, str], ...]
    prove: bool
    copy: bool
    ended: bool


class RequestsPresenter:
    """Methods that ask the desk run on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    def load(self) -> tuple[RequestRow, ...]:
        """NotAllowed."""
        return tuple(self._row(r) for r in subject_requests.requests(self.session.desk, self.session.actor))

    def open(self, request_id: str) -> RequestView:
        return self._view(subject_requests.open_request(self.session.desk, self.session.actor, request_id))

    def receive(self, form: dict[str, str]) -> RequestView:
        made = subject_requests.receive(self.session.desk, self.session.actor, form["jenis"], form["nik"], form["nama"], form["kontak"],
                                        form["uraian"])
        return self.open(made.id)

    def prove(self, view: RequestView, how: str) -> RequestView:
        subject_requests.prove_identity(self.session.desk, self.session.actor, view.id, how, version=view.version)
        return self.open(view.id)

    def move(self, view: RequestView, to: str, note: str) -> RequestView:
        subject_requests.move(self.session.desk, self.session.actor, view.id, to, note, version=view.version)
        return self.open(view.id)

    def copy(self, view: RequestView) -> Path:
        return subject_requests.copy_of_data(self.session.desk, self.session.actor, view.id)

    def _row(self, r: Request) -> RequestRow:
        p = r.permintaan
        return RequestRow(p.id, number_short(p.nomor), self.session.when(p.received_at), p.nama, JENIS_NAMES[p.jenis],
                          STATUS_NAMES[p.status], hours_words(r), TONES[r.tenggat])

    def _view(self, r: Request) -> RequestView:
        p, zona = r.permintaan, self.session.zona
        names = {u.username: u.nama for u in self.session.desk.register.read(lambda v: v.users())}
        known = f"{number_text(r.known)} permohonan dengan NIK ini" if r.known else "Tidak ada permohonan dengan NIK ini"
        facts = [("Jenis", JENIS_NAMES[p.jenis]), ("NIK", mask_nik(p.nik)), ("Kontak", p.kontak or "–"), ("Di register", known),
                 ("Diterima", datetime_long(p.received_at, zona)), ("Dijawab paling lambat", datetime_long(p.due_at, zona)),
                 ("Identitas", BUKTI_NAMES[BuktiDiri(p.identity)] if p.identity else "Belum diperiksa")]
        handle = self.may("handle_subject_request")
        steps = tuple(StepLine(f"{date_short(self.session.local(s.at).date())}, {time_text(self.session.local(s.at))}",
                               STATUS_NAMES[s.status], names.get(s.officer, s.officer).split(",")[0], s.note, i == len(r.steps) - 1)
                      for i, s in enumerate(r.steps))
        ended = p.status in ENDED
        moves = tuple((str(s), ACTIONS[s]) for s in NEXT[p.status]) if handle else ()
        return RequestView(p.id, p.version, p.nomor, p.nama, p.uraian, hours_words(r), TONES[r.tenggat], tuple(facts), steps, moves,
                           not p.identity and not ended, bool(p.identity) and p.jenis is JenisPermintaan.AKSES and bool(r.known) and handle,
                           ended)


def hours_words(r: Request) -> str:
    """``sisa 22 jam``; calendar hours, for the law counts them."""
    if r.tenggat is Tenggat.SELESAI:
        return "dijawab"
    hours = abs(r.hours_left)
    span = f"{number_text(int(hours))} jam" if hours >= 1 else f"{number_text(max(1, int(hours * 60)))} menit"
    return f"lewat {span}" if r.tenggat is Tenggat.LEWAT else f"sisa {span}"
