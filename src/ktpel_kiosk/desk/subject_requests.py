"""Requests of data subjects: written down, the person made sure of, answered within 3 x 24 hours (UU 27/2022 Ps 30-33)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk import subject_copy
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain import permintaan
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.nik import parse_nik
from ktpel_kiosk.domain.numbering import format_number
from ktpel_kiosk.domain.pengaduan import Tenggat, clean_text
from ktpel_kiosk.domain.permintaan import (
    BUKTI_NAMES,
    ENDED,
    JENIS_NAMES,
    MAX_NAME,
    MAX_TEXT,
    BuktiDiri,
    JenisPermintaan,
    LangkahPermintaan,
    PermintaanData,
    StatusPermintaan,
)
from ktpel_kiosk.domain.viewing import AlasanLihat, Lihat, Viewing
from ktpel_kiosk.ports.register import Tx, View


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the desk sees it now. ``hours_left``: calendar hours to the deadline, negative when late."""

    permintaan: PermintaanData
    tenggat: Tenggat
    hours_left: float
    steps: tuple[LangkahPermintaan, ...]
    known: int


def receive(desk: Desk, actor: Actor, jenis: str, nik: str, nama: str, kontak: str, uraian: str) -> PermintaanData:
    """Write a request down; the clock runs from now.

    Raises:
        NotAllowed. BadInput: ``complaint.choice``, ``complaint.empty``, ``complaint.too_long``, ``nik.*``.
    """
    require(actor, "receive_subject_request")
    try:
        kind = JenisPermintaan(jenis)
    except ValueError as error:
        raise BadInput("complaint.choice", field="Jenis permintaan", expected=", ".join(JENIS_NAMES.values())) from error
    digits = parse_nik(nik).value
    for text, field, limit in ((nama, "Nama peminta", MAX_NAME), (uraian, "Uraian", MAX_TEXT)):
        clean_text(text, field, limit, required=True)
    clean_text(kontak, "Kontak", MAX_NAME)

    def work(tx: Tx) -> PermintaanData:
        now = desk.clock.now()
        on = local_time(desk, now).date()
        number = format_number(permintaan.NUMBER, urut=tx.next_number(permintaan.SERIES, on.year), on=on)
        made = tx.save_subject_request(PermintaanData(
            desk.ids.new(), number, now, permintaan.due_at(now), kind, digits, nama.strip(), kontak.strip(), uraian, actor.username,
            updated_at=now))
        tx.add_subject_request_step(LangkahPermintaan(made.id, now, actor.username, made.status))
        tx.log("SubjectRequestReceived", made.id, actor.username, number=number, key=kind)
        return made

    return desk.register.write(work)


def prove_identity(desk: Desk, actor: Actor, request_id: str, how: str, *, version: int | None = None) -> PermintaanData:
    """Note how it was made sure that the person is the one the data is about.

    Raises:
        NotAllowed, NotFound. BadInput ``complaint.choice``. SopViolation ``subject.ended``. StaleView.
    """
    require(actor, "receive_subject_request")
    try:
        proof = BuktiDiri(how)
    except ValueError as error:
        raise BadInput("complaint.choice", field="Bukti diri", expected=", ".join(BUKTI_NAMES.values())) from error

    def work(tx: Tx) -> PermintaanData:
        now, p = desk.clock.now(), tx.subject_request(request_id)
        if p.status in ENDED:
            raise SopViolation("subject.ended", found=permintaan.STATUS_NAMES[p.status])
        saved = tx.save_subject_request(replace(p, identity=proof, identity_by=actor.username, updated_at=now,
                                                version=p.version if version is None else version))
        tx.add_subject_request_step(LangkahPermintaan(p.id, now, actor.username, p.status, f"Identitas: {BUKTI_NAMES[proof]}."))
        tx.log("SubjectIdentityProved", p.id, actor.username, number=p.nomor, key=proof)
        return saved

    return desk.register.write(work)


def move(desk: Desk, actor: Actor, request_id: str, to: str, note: str = "", *, version: int | None = None) -> PermintaanData:
    """The next step; the ends need an answer in words, and nothing is given out before the person is known.

    Raises:
        NotAllowed, NotFound, StaleView. SopViolation ``subject.*``. BadInput ``subject.note``, ``complaint.*``.
    """
    require(actor, "handle_subject_request")
    try:
        status = StatusPermintaan(to)
    except ValueError as error:
        raise BadInput("complaint.choice", field="Status", expected=", ".join(permintaan.STATUS_NAMES.values())) from error
    clean_text(note, "Jawaban", MAX_TEXT)

    def work(tx: Tx) -> PermintaanData:
        now, p = desk.clock.now(), tx.subject_request(request_id)
        permintaan.check_move(p, status, note)
        ended = status in ENDED
        saved = tx.save_subject_request(replace(
            p, status=status, updated_at=now, version=p.version if version is None else version, jawaban=note if ended else p.jawaban,
            finished_at=now if ended else None))
        tx.add_subject_request_step(LangkahPermintaan(p.id, now, actor.username, status, note))
        tx.log("SubjectRequestChanged", p.id, actor.username, number=p.nomor, status=status)
        return saved

    return desk.register.write(work)


def copy_of_data(desk: Desk, actor: Actor, request_id: str) -> Path:
    """What this office holds about the person, as a readable PDF; noted in the access log of every application in it.

    Raises:
        NotAllowed, NotFound. SopViolation ``subject.identity``, ``subject.kind``. NotFound ``subject.nobody``.
    """
    require(actor, "handle_subject_request")
    p = desk.register.read(lambda v: v.subject_request(request_id))
    if p.jenis is not JenisPermintaan.AKSES:
        raise SopViolation("subject.kind", number=p.nomor)
    if not p.identity:
        raise SopViolation("subject.identity", number=p.nomor)
    paper, ids = desk.register.read(lambda v: subject_copy.paper(desk, v, p))

    def work(tx: Tx) -> None:
        now = desk.clock.now()
        for one in ids:
            tx.add_viewing(Viewing(now, one, actor.username, Lihat.SALINAN, AlasanLihat.PERMINTAAN, p.nomor))
        tx.log("SubjectCopyMade", p.id, actor.username, number=p.nomor, count=len(ids))

    pdf = desk.documents.statement(paper)
    desk.register.write(work)
    return desk.spool.keep(f"{p.nomor.replace('/', '-')}-salinan-data.pdf", pdf)


# -- looking ---------------------------------------------------------------------------------------------------------------------------

def _seen(view: View, p: PermintaanData, now: datetime) -> Request:
    return Request(p, permintaan.standing(p, now), (p.due_at - now).total_seconds() / 3600, tuple(view.subject_request_steps(p.id)),
                   len(view.ids_of_nik(p.nik)))


def open_request(desk: Desk, actor: Actor, request_id: str) -> Request:
    """One request with its steps. NotAllowed, NotFound."""
    require(actor, "receive_subject_request")
    now = desk.clock.now()
    return desk.register.read(lambda v: _seen(v, v.subject_request(request_id), now))


def requests(desk: Desk, actor: Actor, days: int = 365) -> tuple[Request, ...]:
    """Those that are open, soonest deadline first, then the ended ones of the last ``days``, newest first. NotAllowed."""
    require(actor, "receive_subject_request")
    now = desk.clock.now()

    def read(view: View) -> tuple[Request, ...]:
        waiting = [_seen(view, p, now) for p in view.subject_requests_open()]
        done = [_seen(view, p, now) for p in view.subject_requests_in(now - timedelta(days=days), now + timedelta(seconds=1))
                if p.status in ENDED]
        return (*waiting, *reversed(done))

    return desk.register.read(read)


def overdue(view: View, now: datetime) -> tuple[int, int]:
    """For Beranda: how many are past their time, and how many end within 24 hours; reveals nothing of any of them."""
    standings = [permintaan.standing(p, now) for p in view.subject_requests_open()]
    return standings.count(Tenggat.LEWAT), standings.count(Tenggat.DEKAT)
