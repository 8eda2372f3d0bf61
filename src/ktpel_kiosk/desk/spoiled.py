"""Spoiled cards after they were declared spoiled: kept in the office, then returned to the Dinas or destroyed, each once, with a number.

The blank-card ledger keeps counting them as spoiled; this says where they are. Each leaving is a signed approval of the officer who
let the card go, bound to the job, the blank and the number of the paper (docs/adr/0020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ktpel_kiosk.desk import agenda, withdrawn
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.agenda import Outgoing
from ktpel_kiosk.desk.approvals import add_signed, require_signer, spoil_hash
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.withdrawn import Burning
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, NotFound
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long, date_short, time_text
from ktpel_kiosk.ports.papers import DestroyedCard, DestructionPaper, Signer
from ktpel_kiosk.ports.register import Tx, View


class Place(StrEnum):
    """Where a spoiled card is."""

    KANTOR = "kantor"
    DIKEMBALIKAN = "dikembalikan"
    DIMUSNAHKAN = "dimusnahkan"


KINDS: dict[str, Place] = {"rusak_kembali": Place.DIKEMBALIKAN, "rusak_musnah": Place.DIMUSNAHKAN}
"""Approval kind -> where it went."""


@dataclass(frozen=True, slots=True)
class SpoiledCard:
    """``number``: of the BAST or berita acara it left with; ``left_at``, ``officer``: when and who let it go."""

    job: CardJob
    nama: str
    place: Place = Place.KANTOR
    number: str = ""
    left_at: datetime | None = None
    officer: str = ""


def cards(desk: Desk, actor: Actor) -> tuple[SpoiledCard, ...]:
    """Every spoiled card, oldest first. Raises NotAllowed."""
    require(actor, "view_register")
    return desk.register.read(lambda v: tuple(_card(v, job) for job in v.card_jobs_in_state(JobState.SPOILED)))


def _card(view: View, job: CardJob) -> SpoiledCard:
    p = view.permohonan(job.permohonan_id)
    for a in view.approvals(p.id):
        if a.kind in KINDS and a.content_hash == spoil_hash(job, a.note):
            return SpoiledCard(job, p.penduduk.nama, KINDS[a.kind], a.note, a.at, a.officer)
    return SpoiledCard(job, p.penduduk.nama)


def send_back(desk: Desk, actor: Actor, job_ids: Sequence[str], number: str) -> int:
    """These spoiled cards went back to the Dinas under the number of its paper.

    Raises:
        BadInput: no cards or no number. NotFound: not a spoiled card. DuplicateRequest: one of them left before; nothing changes.
        NotAllowed.
    """
    require(actor, "return_blangko")
    number = free_text(number, "nomor BAST", limit=80)
    if not number:
        raise BadInput("spoiled.number")
    require_signer(desk, actor)

    def work(tx: Tx) -> int:
        chosen = _chosen(tx, job_ids)
        for card in chosen:
            _sign(desk, tx, actor, card.job, "rusak_kembali", number)
        tx.log("SpoiledCardsLeft", number, actor.username, count=len(chosen), number=number, reason=str(Place.DIKEMBALIKAN))
        return len(chosen)

    return desk.register.write(work)


def destroy(desk: Desk, actor: Actor, job_ids: Sequence[str], how: Burning) -> str:
    """Destroy these spoiled cards before witnesses: number, berita acara, agenda line and marks in one transaction.

    Returns:
        The number of the berita acara; the paper lies in the documents folder (:func:`paper_name`).

    Raises:
        As :func:`send_back`, and BadInput ``withdrawn.*`` where people, place or way are missing.
    """
    require(actor, "destroy_cards")
    how = withdrawn.checked(job_ids, how)
    require_signer(desk, actor)

    def work(tx: Tx) -> tuple[str, bytes]:
        chosen = _chosen(tx, job_ids)
        kantor, now = desk.sop.kantor, desk.clock.now()
        number = agenda.next_letter_number(desk, tx, kantor, withdrawn.KIND, now)
        agenda.enter(desk, tx, actor, number, now, Outgoing(
            withdrawn.KIND, "Arsip", f"Pemusnahan {len(chosen)} keping KTP-el rusak cetak",
            kantor.penandatangan_nama or kantor.penandatangan_jabatan))
        for card in chosen:
            _sign(desk, tx, actor, card.job, "rusak_musnah", number)
        tx.log("SpoiledCardsLeft", number, actor.username, count=len(chosen), number=number, reason=str(Place.DIMUSNAHKAN))
        return number, desk.documents.destruction(_paper(desk, number, now, how, chosen))

    number, pdf = desk.register.write(work)
    desk.spool.keep(paper_name(number), pdf)
    return number


def paper_name(number: str) -> str:
    """File name of the berita acara in the documents folder."""
    return f"BA-pemusnahan-rusak-{number.replace('/', '-')}.pdf"


def _chosen(tx: Tx, job_ids: Sequence[str]) -> list[SpoiledCard]:
    if not job_ids or len(set(job_ids)) != len(job_ids):
        raise BadInput("spoiled.none", count=len(job_ids))
    found = []
    for job_id in job_ids:
        job = tx.card_job(job_id)
        if job is None or job.state is not JobState.SPOILED:
            raise NotFound("card.job", job=job_id[:40])
        card = _card(tx, job)
        if card.place is not Place.KANTOR:
            raise DuplicateRequest("spoiled.gone", blangko=job.blangko, number=card.number)
        found.append(card)
    return found


def _sign(desk: Desk, tx: Tx, actor: Actor, job: CardJob, kind: str, number: str) -> None:
    add_signed(desk, tx, actor, tx.permohonan(job.permohonan_id), Stage.CETAK_ENCODE, kind, spoil_hash(job, number), note=number)


def _paper(desk: Desk, number: str, at: datetime, how: Burning, chosen: Sequence[SpoiledCard]) -> DestructionPaper:
    kantor, local = desk.sop.kantor, local_time(desk, at)
    return DestructionPaper(
        kop=kantor.kop, nomor=number, on=local.date(), place=how.place, method=how.method, executors=how.executors,
        witnesses=how.witnesses, jam=time_text(local, kantor.zona_waktu), note=how.note, qr_text=number,
        cards=tuple(DestroyedCard(c.job.nik, c.nama, "Rusak saat dicetak", f"{c.job.spoil_reason} (blangko {c.job.blangko})",
                                  date_short(local_time(desk, c.job.updated_at).date())) for c in chosen),
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local.date())}",
        mengetahui=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip),
    )
