"""Pemberitahuan kegagalan pelindungan data: whom it concerns, the letters, the list, in one act with a second person (UU 27/2022 Ps 46)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ktpel_kiosk.desk import agenda, breach_paper
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.agenda import Outgoing
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.domain import kegagalan
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, StorageTrouble
from ktpel_kiosk.domain.kegagalan import DATA_NAMES, MAX_TEXT, MOST_PEOPLE, DataTerungkap, Kegagalan
from ktpel_kiosk.domain.pengaduan import clean_text
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.register import Tx, View

KIND = "pemberitahuan_kegagalan"
LEMBAGA = "Lembaga Pelindungan Data Pribadi"


@dataclass(frozen=True, slots=True)
class Concern:
    """How the persons are found: everybody whose data was touched between two moments (by one officer), and those in these packets."""

    began_at: datetime
    ended_at: datetime
    officer: str = ""
    packet_ids: tuple[str, ...] = ()
    by_time: bool = True


@dataclass(frozen=True, slots=True)
class Affected:
    """One person of the list. ``nik`` is whole: it goes into the letter, lists mask it."""

    permohonan_id: str
    number: str
    nama: str
    nik: str
    kontak: str
    alamat: str


def concerned(desk: Desk, actor: Actor, concern: Concern) -> tuple[Affected, ...]:
    """Whom it would concern; changes nothing. NotAllowed. BadInput ``breach.span``, ``breach.too_many``. NotFound: no such packet."""
    require(actor, "report_breach")
    if concern.ended_at < concern.began_at:
        raise BadInput("breach.span")
    return desk.register.read(lambda v: _found(v, concern))


def _found(view: View, concern: Concern) -> tuple[Affected, ...]:
    ids = list(view.touched_between(concern.began_at, concern.ended_at, concern.officer)) if concern.by_time else []
    for packet_id in concern.packet_ids:
        packet = view.packet(packet_id)
        if packet is not None and packet.permohonan_id not in ids:
            ids.append(packet.permohonan_id)
    if len(ids) > MOST_PEOPLE:
        raise BadInput("breach.too_many", count=len(ids), limit=MOST_PEOPLE)
    return _people(view, ids)


def _people(view: View, ids: Sequence[str]) -> tuple[Affected, ...]:
    made = []
    for p in (view.permohonan(i) for i in ids):
        who = p.penduduk
        made.append(Affected(p.id, p.nomor_register, who.nama, who.nik, p.nomor_hp,
                             f"{who.alamat.title()} RT {who.rt} / RW {who.rw}, {who.desa.title()}, {who.kecamatan.title()}"))
    return tuple(made)


def notice(desk: Desk, actor: Actor, concern: Concern, known_at: datetime, data: Sequence[str], bagaimana: str, penanganan: str, *,
           second_username: str, second_password: str) -> Kegagalan:
    """Number, list and letters; the papers lie in the documents folder and can be made again.

    Raises:
        NotAllowed, SignInRefused: the second person. BadInput ``breach.*``, ``complaint.*``.
    """
    require(actor, "report_breach")
    kinds = _kinds(data)
    kegagalan.check(known_at, concern.began_at, concern.ended_at, desk.clock.now(), kinds)
    for text, field in ((bagaimana, "Kapan dan bagaimana data terungkap"), (penanganan, "Penanganan dan pemulihan")):
        clean_text(text, field, MAX_TEXT, required=True)
    second = second_person(desk, actor, second_username, second_password, "approve_breach").username

    def work(tx: Tx) -> tuple[Kegagalan, tuple[Affected, ...]]:
        now, kantor = desk.clock.now(), desk.sop.kantor
        people = _found(tx, concern)
        nomor = agenda.next_letter_number(desk, tx, kantor, KIND, now)
        agenda.enter(desk, tx, actor, nomor, now, Outgoing(
            KIND, LEMBAGA, f"Pemberitahuan kegagalan pelindungan data, {number_text(len(people))} orang",
            kantor.penandatangan_nama or kantor.penandatangan_jabatan))
        made = Kegagalan(desk.ids.new(), nomor, known_at, known_at + kegagalan.DEADLINE, concern.began_at, concern.ended_at, kinds,
                         bagaimana, penanganan, actor.username, second, len(people), now)
        tx.add_breach(made, [p.permohonan_id for p in people])
        tx.log("BreachNoticed", made.id, actor.username, number=nomor, count=len(people), second=second, late=now > made.due_at)
        return made, people

    made, people = desk.register.write(work)
    with suppress(StorageTrouble):  # the notice stands; its papers can be made again
        _keep(desk, made, people)
    return made


def _kinds(data: Sequence[str]) -> tuple[DataTerungkap, ...]:
    try:
        return tuple(DataTerungkap(d) for d in dict.fromkeys(data))
    except ValueError as error:
        raise BadInput("complaint.choice", field="Jenis data", expected=", ".join(DATA_NAMES.values())) from error


def notices(desk: Desk, actor: Actor) -> tuple[Kegagalan, ...]:
    """Earlier ones, newest first. NotAllowed."""
    require(actor, "report_breach")
    return desk.register.read(lambda v: tuple(v.breaches()))


def papers(desk: Desk, actor: Actor, breach_id: str) -> tuple[Path, ...]:
    """The letter to the lembaga with the list, then one PDF with a letter for each person, made from the register. NotAllowed, NotFound."""
    require(actor, "report_breach")
    made, people = desk.register.read(lambda v: (b := v.breach(breach_id), _people(v, v.breach_people(b.id))))
    return _keep(desk, made, people)


def _keep(desk: Desk, made: Kegagalan, people: Sequence[Affected]) -> tuple[Path, ...]:
    stem = f"kegagalan-{made.nomor.replace('/', '-')}"
    first = desk.spool.keep(f"{stem}-lembaga.pdf", desk.documents.statement(breach_paper.to_lembaga(desk, made, people)))
    letters = [desk.spool.keep(f"{stem}-{n:04d}.pdf", desk.documents.statement(breach_paper.to_person(desk, made, p)))
               for n, p in enumerate(people, 1)]
    return (first, *letters)
