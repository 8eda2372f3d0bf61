"""Pengaduan: receive, follow step by step, keep the deadline, hand out a receipt (DOMAIN.md 7.2).

What was received stays as received; every step is one more line. Handling goes on after the month of receipt was closed, but the
received row itself (its category) can then no longer be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.closing import guard
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain import pengaduan
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.numbering import check_template, format_number
from ktpel_kiosk.domain.pengaduan import (
    DEADLINE_DAYS,
    ENDED,
    KANAL_NAMES,
    KATEGORI_NAMES,
    MAX_NAME,
    MAX_TEXT,
    STATUS_NAMES,
    Kanal,
    KategoriPengaduan,
    LangkahPengaduan,
    Pengaduan,
    StatusPengaduan,
    Tenggat,
    clean_text,
)
from ktpel_kiosk.domain.text import datetime_long
from ktpel_kiosk.ports.papers import ComplaintPaper
from ktpel_kiosk.ports.register import Tx, View

NUMBER_SETTING = "pengaduan.format"
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint as the desk sees it now. ``days_left``: working days to the deadline, negative when late."""

    pengaduan: Pengaduan
    tenggat: Tenggat
    days_left: int
    response_due: datetime
    responded_at: datetime | None
    steps: tuple[LangkahPengaduan, ...]

    @property
    def response_late(self) -> bool:
        """The first response came after its time (see :func:`overdue` for those that never came)."""
        return self.responded_at is not None and self.responded_at > self.response_due


def _calendar(desk: Desk) -> tuple[frozenset[date], frozenset[date]]:
    return desk.holidays(), desk.extra_open()


def number_template(desk: Desk) -> str:
    return desk.register.read(lambda v: v.setting(NUMBER_SETTING)) or pengaduan.DEFAULT_NUMBER


def set_number_template(desk: Desk, actor: Actor, template: str) -> None:
    """Numbers already given stay. Raises NotAllowed, BadInput ``numbering.*``."""
    require(actor, "change_settings")
    check_template(template)
    format_number(template, urut=1, on=local_time(desk, desk.clock.now()).date())

    def work(tx: Tx) -> None:
        tx.put_setting(NUMBER_SETTING, template)
        tx.log("SettingChanged", NUMBER_SETTING, actor.username)

    desk.register.write(work)


def receive(desk: Desk, actor: Actor, kanal: str, kategori: str, uraian: str, *, nama: str = "", kontak: str = "",
            anonim: bool = False) -> Pengaduan:
    """Write a complaint down: number of the year, deadline, receipt in the documents folder.

    Raises:
        NotAllowed. BadInput: ``complaint.choice``, ``complaint.empty``, ``complaint.too_long``, ``complaint.unreadable``,
            ``complaint.anonymous``. SopViolation ``book.month_closed``.
    """
    require(actor, "receive_complaint")
    channel = _choice(Kanal, kanal, "Kanal", KANAL_NAMES)
    category = _choice(KategoriPengaduan, kategori, "Kategori", KATEGORI_NAMES)
    clean_text(uraian, "Uraian", MAX_TEXT, required=True)
    if anonim and (nama or kontak):
        raise BadInput("complaint.anonymous")
    clean_text(nama, "Nama pelapor", MAX_NAME, required=not anonim)
    clean_text(kontak, "Kontak", MAX_NAME)
    holidays, extra = _calendar(desk)
    template = number_template(desk)

    def work(tx: Tx) -> Pengaduan:
        now = desk.clock.now()
        guard(desk, tx, now)
        on = local_time(desk, now).date()
        number = format_number(template, urut=tx.next_number(pengaduan.SERIES, on.year), on=on)
        due = pengaduan.deadline(now, DEADLINE_DAYS[category], desk.sop.kantor, holidays, extra)
        made = tx.save_complaint(Pengaduan(desk.ids.new(), number, now, channel, uraian, category, actor.username, due, nama, kontak,
                                           anonim, updated_at=now))
        tx.add_complaint_step(LangkahPengaduan(made.id, now, actor.username, StatusPengaduan.DITERIMA))
        tx.log("ComplaintReceived", made.id, actor.username, number=number, key=channel, value=category)
        desk.spool.keep(receipt_name(made), desk.documents.complaint(_paper(desk, made, actor.nama)))
        return made

    return desk.register.write(work)


def _choice(kind: type[E], value: str, field: str, names: Mapping[E, str]) -> E:
    if not value:
        raise BadInput("complaint.empty", field=field)
    try:
        return kind(value)
    except ValueError as error:
        raise BadInput("complaint.choice", field=field, expected=", ".join(names.values())) from error


def move(desk: Desk, actor: Actor, complaint_id: str, to: str, note: str = "", *, version: int | None = None) -> Pengaduan:
    """The next step: a line is added, the status follows.

    Args:
        note: what was done; required for the ends and for ``menunggu_pelapor``, kept exactly.
        version: what the officer was looking at; somebody else's step meanwhile is then noticed.

    Raises:
        NotAllowed. NotFound ``complaint.not_found``. SopViolation ``complaint.move``, ``complaint.ended``.
        BadInput ``complaint.note``, ``complaint.choice``. StaleView.
    """
    require(actor, "handle_complaint")
    status = _choice(StatusPengaduan, to, "Status", STATUS_NAMES)
    clean_text(note, "Keterangan", MAX_TEXT)

    def work(tx: Tx) -> Pengaduan:
        now = desk.clock.now()
        p = tx.complaint(complaint_id)
        guard(desk, tx, now)
        pengaduan.check_move(p, status, note)
        ended = status in ENDED
        changed = replace(p, status=status, updated_at=now, version=p.version if version is None else version,
                          tindak_lanjut=note if ended else p.tindak_lanjut, finished_at=now if ended else None)
        saved = tx.save_complaint(changed)
        tx.add_complaint_step(LangkahPengaduan(p.id, now, actor.username, status, note))
        tx.log("ComplaintChanged", p.id, actor.username, number=p.nomor, status=status)
        return saved

    return desk.register.write(work)


def add_note(desk: Desk, actor: Actor, complaint_id: str, note: str) -> Pengaduan:
    """One more line at the status it has (a call made, a paper asked for).

    Raises:
        NotAllowed, NotFound, BadInput ``complaint.empty``, SopViolation ``complaint.ended``.
    """
    require(actor, "handle_complaint")
    clean_text(note, "Keterangan", MAX_TEXT, required=True)

    def work(tx: Tx) -> Pengaduan:
        now = desk.clock.now()
        p = tx.complaint(complaint_id)
        guard(desk, tx, now)
        if p.status in ENDED:
            raise SopViolation("complaint.ended", found=STATUS_NAMES[p.status])
        saved = tx.save_complaint(replace(p, updated_at=now))
        tx.add_complaint_step(LangkahPengaduan(p.id, now, actor.username, p.status, note))
        tx.log("ComplaintChanged", p.id, actor.username, number=p.nomor, status=p.status)
        return saved

    return desk.register.write(work)


def recategorise(desk: Desk, actor: Actor, complaint_id: str, kategori: str, reason: str) -> Pengaduan:
    """Another category, hence another deadline from the day of receipt; the reason becomes a step.

    Raises:
        NotAllowed, NotFound, BadInput ``complaint.same_category``, ``complaint.empty``. SopViolation ``complaint.ended``,
            ``book.month_closed``: the month it was received in is closed.
    """
    require(actor, "handle_complaint")
    category = _choice(KategoriPengaduan, kategori, "Kategori", KATEGORI_NAMES)
    clean_text(reason, "Alasan", MAX_TEXT, required=True)
    holidays, extra = _calendar(desk)

    def work(tx: Tx) -> Pengaduan:
        now = desk.clock.now()
        p = tx.complaint(complaint_id)
        guard(desk, tx, p.received_at)
        if p.status in ENDED:
            raise SopViolation("complaint.ended", found=STATUS_NAMES[p.status])
        if p.kategori is category:
            raise BadInput("complaint.same_category", value=KATEGORI_NAMES[category])
        due = pengaduan.deadline(p.received_at, DEADLINE_DAYS[category], desk.sop.kantor, holidays, extra)
        saved = tx.save_complaint(replace(p, kategori=category, due_at=due, updated_at=now))
        words = f"Kategori diubah: {KATEGORI_NAMES[p.kategori]} menjadi {KATEGORI_NAMES[category]}. {reason}"
        tx.add_complaint_step(LangkahPengaduan(p.id, now, actor.username, p.status, words))
        tx.log("ComplaintChanged", p.id, actor.username, number=p.nomor, status=p.status, value=category)
        return saved

    return desk.register.write(work)


# -- looking ---------------------------------------------------------------------------------------------------------------------------

def _seen(desk: Desk, view: View, p: Pengaduan, now: datetime, holidays: frozenset[date], extra: frozenset[date]) -> Complaint:
    kantor, steps = desk.sop.kantor, tuple(view.complaint_steps(p.id))
    return Complaint(
        p, pengaduan.standing(p, now, kantor, holidays, extra), pengaduan.days_left(p.due_at, now, kantor, holidays, extra),
        pengaduan.response_due(p, kantor, holidays, extra), pengaduan.responded_at(steps), steps)


def open_complaint(desk: Desk, actor: Actor, complaint_id: str) -> Complaint:
    """One complaint with its steps. Raises NotAllowed, NotFound ``complaint.not_found``."""
    require(actor, "receive_complaint")
    now, (holidays, extra) = desk.clock.now(), _calendar(desk)
    return desk.register.read(lambda v: _seen(desk, v, v.complaint(complaint_id), now, holidays, extra))


def open_ones(desk: Desk, actor: Actor) -> tuple[Complaint, ...]:
    """All that are not ended, soonest deadline first."""
    require(actor, "receive_complaint")
    now, (holidays, extra) = desk.clock.now(), _calendar(desk)
    return desk.register.read(lambda v: tuple(_seen(desk, v, p, now, holidays, extra) for p in v.complaints_open()))


def in_period(desk: Desk, actor: Actor, since: datetime, until: datetime) -> tuple[Complaint, ...]:
    """Received in ``since <= x < until``, ended ones too, in order of receipt."""
    require(actor, "receive_complaint")
    now, (holidays, extra) = desk.clock.now(), _calendar(desk)
    return desk.register.read(lambda v: tuple(_seen(desk, v, p, now, holidays, extra) for p in v.complaints_in(since, until)))


def overdue(complaints: tuple[Complaint, ...]) -> tuple[Complaint, ...]:
    """Past their deadline and not ended."""
    return tuple(c for c in complaints if c.tenggat is Tenggat.LEWAT)


def due_soon(complaints: tuple[Complaint, ...]) -> tuple[Complaint, ...]:
    return tuple(c for c in complaints if c.tenggat is Tenggat.DEKAT)


def unanswered(complaints: tuple[Complaint, ...], now: datetime) -> tuple[Complaint, ...]:
    """Nobody has taken them up although the time of the first response is over."""
    return tuple(c for c in complaints if c.responded_at is None and c.tenggat is not Tenggat.SELESAI and now > c.response_due)


def count_open(view: View) -> int:
    """For the counter of the navigation; reveals nothing of any of them."""
    return len(view.complaints_open())


@dataclass(frozen=True, slots=True)
class ComplaintFigures:
    """What a report says of a period. ``by_*``: (code, count) in the order of the code list."""

    received: int
    ended: int
    in_time: int
    late_open: int
    responded_in_time: int
    by_channel: tuple[tuple[Kanal, int], ...]
    by_category: tuple[tuple[KategoriPengaduan, int], ...]
    by_status: tuple[tuple[StatusPengaduan, int], ...]


def figures(desk: Desk, actor: Actor, since: datetime, until: datetime) -> ComplaintFigures:
    """Counts of the complaints received in the period, as they stand now. Raises NotAllowed."""
    require(actor, "view_reports")
    found = in_period(desk, actor, since, until)

    def by(kind: type[E], value: Callable[[Pengaduan], E]) -> tuple[tuple[E, int], ...]:
        return tuple((k, n) for k in kind if (n := sum(value(c.pengaduan) is k for c in found)))

    done = [c.pengaduan for c in found if c.tenggat is Tenggat.SELESAI]
    return ComplaintFigures(
        len(found), len(done), sum(p.finished_at is not None and p.finished_at <= p.due_at for p in done), len(overdue(found)),
        sum(c.responded_at is not None and not c.response_late for c in found),
        by(Kanal, lambda p: p.kanal), by(KategoriPengaduan, lambda p: p.kategori), by(StatusPengaduan, lambda p: p.status))


# -- the receipt -----------------------------------------------------------------------------------------------------------------------

def receipt_name(p: Pengaduan) -> str:
    """Of the file in the documents folder."""
    return f"{p.nomor.replace('/', '-')}-bukti-pengaduan.pdf"


def receipt(desk: Desk, actor: Actor, complaint_id: str) -> Path:
    """Bukti pengaduan as PDF, two copies, made again in the documents folder. Raises NotAllowed, NotFound."""
    require(actor, "receive_complaint")
    p, officer = desk.register.read(lambda v: (p := v.complaint(complaint_id), v.user(p.petugas)))
    return desk.spool.keep(receipt_name(p), desk.documents.complaint(_paper(desk, p, officer.nama if officer else p.petugas)))


def _paper(desk: Desk, p: Pengaduan, officer: str) -> ComplaintPaper:
    kantor = desk.sop.kantor
    holidays, extra = _calendar(desk)
    first = pengaduan.response_due(p, kantor, holidays, extra)
    return ComplaintPaper(
        kop=kantor.kop, nomor=p.nomor, at_local=datetime_long(p.received_at, kantor.zona_waktu),
        pelapor="Tanpa nama" if p.anonim else p.nama, kontak=p.kontak, kanal=KANAL_NAMES[p.kanal],
        kategori=f"{KATEGORI_NAMES[p.kategori]} ({DEADLINE_DAYS[p.kategori]} hari kerja)", uraian=p.uraian,
        tanggapan=datetime_long(first, kantor.zona_waktu), batas=datetime_long(p.due_at, kantor.zona_waktu), petugas=officer,
        kontak_kantor=tuple(kantor.pengaduan) or tuple(x for x in (kantor.telepon, kantor.email, kantor.situs) if x),
        anonim=p.anonim)
