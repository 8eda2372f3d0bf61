"""Old cards: taken back at the handover or the counter, kept, and burned before witnesses with a numbered berita acara.

SE Mendagri 470.13/11176/SJ: a KTP-el that is no longer valid is cut, recorded and destroyed. A card is destroyed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ktpel_kiosk.desk import agenda
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.agenda import Outgoing
from ktpel_kiosk.desk.book_layouts import CONDITIONS, REASONS, condition_text
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import check_field
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, NotFound
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.ledgers import AlasanTarik, Destruction, Pejabat, WithdrawnCard
from ktpel_kiosk.domain.nik import check_nik
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.domain.text import date_long, date_short, time_text
from ktpel_kiosk.ports.papers import DestroyedCard, DestructionPaper, Signer
from ktpel_kiosk.ports.register import Tx, View

BY_SERVICE: dict[Layanan, AlasanTarik] = {
    Layanan.RUSAK: AlasanTarik.RUSAK, Layanan.PERUBAHAN_DATA: AlasanTarik.PERUBAHAN_DATA, Layanan.PINDAH_DATANG: AlasanTarik.PINDAH,
    Layanan.PERPANJANGAN_OA: AlasanTarik.PERPANJANGAN, Layanan.HILANG: AlasanTarik.DITEMUKAN,
}
__all__ = ["CONDITIONS", "REASONS", "Burning", "destroy", "destructions", "paper_again", "paper_name", "surrender", "waiting", "withdraw"]

KIND = "ba_pemusnahan"
TEXT_LIMIT = 120
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def withdraw(desk: Desk, tx: Tx, actor: Actor, p: Permohonan, condition: str) -> WithdrawnCard:
    """The old card of an application, taken back in the transaction of its handover."""
    alasan = AlasanTarik.RUSAK if p.varian == "rusak" else BY_SERVICE.get(p.layanan, AlasanTarik.LAIN)
    card = WithdrawnCard(desk.ids.new(), p.penduduk.nik, p.penduduk.nama, alasan, _condition(condition), actor.username,
                         desk.clock.now(), p.id)
    tx.add_withdrawn(card)
    tx.log("CardWithdrawn", p.id, actor.username, reason=str(alasan))
    return card


def surrender(desk: Desk, actor: Actor, nik: str, nama: str, alasan: AlasanTarik, condition: str) -> WithdrawnCard:
    """A card found or given up at the counter, without an application.

    Raises:
        BadInput: the NIK or name cannot be one, or no condition. NotAllowed.
    """
    require(actor, "withdraw_card")
    report = check_nik(nik, regions=desk.regions(), today=local_time(desk, desk.clock.now()).date())
    if not report.usable:
        raise BadInput(f"nik.{report.errors[0].rule}", rule=report.errors[0].rule)
    problem = check_field("nama", nama)
    if problem is not None and problem.level == "ERROR":
        raise BadInput("withdrawn.name", rule=problem.rule)
    card = WithdrawnCard(desk.ids.new(), report.nik, " ".join(nama.upper().split()), alasan, _condition(condition), actor.username,
                         desk.clock.now())

    def work(tx: Tx) -> None:
        tx.add_withdrawn(card)
        tx.log("CardWithdrawn", card.id, actor.username, reason=str(alasan))

    desk.register.write(work)
    return card


def waiting(desk: Desk) -> tuple[WithdrawnCard, ...]:
    """Cards kept for destruction, oldest first."""
    return desk.register.read(lambda v: tuple(v.withdrawn_waiting()))


def destructions(desk: Desk, limit: int = 100) -> tuple[Destruction, ...]:
    """Newest first."""
    return desk.register.read(lambda v: tuple(v.destructions(limit)))


@dataclass(frozen=True, slots=True)
class Burning:
    """What a berita acara needs beside the cards."""

    executors: tuple[Pejabat, ...]
    witnesses: tuple[Pejabat, ...]
    place: str
    method: str = "dipotong lalu dibakar"
    note: str = ""


def destroy(desk: Desk, actor: Actor, card_ids: Sequence[str], how: Burning) -> Destruction:
    """Burn these cards: number, berita acara (PDF), agenda line and marks in one transaction.

    Raises:
        BadInput: no cards, no executor, fewer than two witnesses, the same person twice, no place or method.
        NotFound: an unknown card. DuplicateRequest: one of them was destroyed already; nothing changes. NotAllowed.
    """
    require(actor, "destroy_cards")
    how = checked(card_ids, how)

    def work(tx: Tx) -> tuple[Destruction, bytes]:
        chosen = _chosen(tx, card_ids)
        kantor, now = desk.sop.kantor, desk.clock.now()
        nomor = agenda.next_letter_number(desk, tx, kantor, KIND, now)
        made = Destruction(desk.ids.new(), nomor, now, how.place.strip(), how.method.strip(), how.executors, how.witnesses,
                           actor.username, len(chosen), how.note.strip())
        tx.add_destruction(made, list(card_ids))
        agenda.enter(desk, tx, actor, nomor, now, Outgoing(
            KIND, "Arsip", f"Pemusnahan {len(chosen)} keping KTP-el", kantor.penandatangan_nama or kantor.penandatangan_jabatan))
        tx.log("CardsDestroyed", nomor, actor.username, count=len(chosen), number=nomor)
        return made, desk.documents.destruction(_paper(desk, made, chosen))

    made, pdf = desk.register.write(work)
    desk.spool.keep(paper_name(made), pdf)
    return made


def paper_name(made: Destruction) -> str:
    """File name of a berita acara in the documents folder."""
    return f"BA-pemusnahan-{made.nomor.replace('/', '-')}.pdf"


def paper_again(desk: Desk, actor: Actor, destruction_id: str) -> bytes:
    """The berita acara made again from the register, under its own number. Raises NotFound, NotAllowed."""
    require(actor, "destroy_cards")

    def gather(view: View) -> bytes:
        made = next((d for d in view.destructions(10_000) if d.id == destruction_id), None)
        if made is None:
            raise NotFound("withdrawn.destruction")
        cards = [c for c, d in view.withdrawn_in(_LONG_AGO, made.at + timedelta(seconds=1)) if d is not None and d.id == destruction_id]
        return desk.documents.destruction(_paper(desk, made, cards))

    return desk.register.read(gather)


def checked(card_ids: Sequence[str], how: Burning) -> Burning:
    """What a berita acara needs, cleaned; raises BadInput ``withdrawn.*``, ``text.*``."""
    how = _cleaned(how)
    _check(card_ids, how)
    return how


def _condition(text: str) -> str:
    text = free_text(text, "keadaan kartu", limit=TEXT_LIMIT)
    if not text:
        raise BadInput("withdrawn.condition")
    return text


def _cleaned(how: Burning) -> Burning:
    """Free text as it is kept. Raises BadInput ``text.*``."""
    def people(given: tuple[Pejabat, ...]) -> tuple[Pejabat, ...]:
        return tuple(Pejabat(free_text(p.nama, "nama"), free_text(p.jabatan, "jabatan"), free_text(p.nip, "NIP", limit=40)) for p in given)

    return Burning(people(how.executors), people(how.witnesses), free_text(how.place, "tempat"), free_text(how.method, "cara"),
                   clean_note(how.note))


def _check(card_ids: Sequence[str], how: Burning) -> None:
    if not card_ids or len(set(card_ids)) != len(card_ids):
        raise BadInput("withdrawn.none", count=len(card_ids))
    people = [" ".join(p.nama.upper().split()) for p in (*how.executors, *how.witnesses)]
    if not how.executors or not all(people):
        raise BadInput("withdrawn.executor")
    if len(how.witnesses) < 2:
        raise BadInput("withdrawn.witnesses", count=len(how.witnesses), limit=2)
    if len(set(people)) != len(people):
        raise BadInput("withdrawn.same_person")
    if not how.place.strip() or not how.method.strip():
        raise BadInput("withdrawn.place")


def _chosen(tx: Tx, card_ids: Sequence[str]) -> list[WithdrawnCard]:
    kept = {c.id: c for c in tx.withdrawn_waiting()}
    gone = [i for i in card_ids if i not in kept]
    if gone:
        raise DuplicateRequest("withdrawn.destroyed", count=len(gone))
    return [kept[i] for i in card_ids]


def _paper(desk: Desk, made: Destruction, cards: Sequence[WithdrawnCard]) -> DestructionPaper:
    kantor, local = desk.sop.kantor, local_time(desk, made.at)
    return DestructionPaper(
        kop=kantor.kop, nomor=made.nomor, on=local.date(), place=made.place, method=made.method, executors=made.executors,
        witnesses=made.witnesses, jam=time_text(local, kantor.zona_waktu), note=made.note, qr_text=made.nomor,
        cards=tuple(DestroyedCard(c.nik, c.nama, REASONS[c.alasan], condition_text(c.kondisi),
                                  date_short(local_time(desk, c.received_at).date())) for c in cards),
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local.date())}",
        mengetahui=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip),
    )
