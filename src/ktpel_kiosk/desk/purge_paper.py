"""Berita Acara Pemusnahan Data: number and agenda line in the purge's own commit, the paper from the register whenever it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from ktpel_kiosk.desk import agenda
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.agenda import Outgoing
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.retention import PurgeRun
from ktpel_kiosk.domain.text import date_long, number_text, time_text
from ktpel_kiosk.ports.papers import DataPurgePaper, Signer
from ktpel_kiosk.ports.register import Tx, View

KIND = "ba_pemusnahan_data"


def number(desk: Desk, tx: Tx, actor: Actor, count: int) -> str:
    """A number of its own series with its line in the agenda. The code's letters are its own: nothing else counts in it."""
    kantor, now = desk.sop.kantor, desk.clock.now()
    nomor = agenda.next_letter_number(desk, tx, kantor, KIND, now)
    agenda.enter(desk, tx, actor, nomor, now, Outgoing(
        KIND, "Arsip", f"Pemusnahan data {number_text(count)} paket perekaman", kantor.penandatangan_nama or kantor.penandatangan_jabatan))
    return nomor


def paper_name(run: PurgeRun) -> str:
    """File name in the documents folder."""
    return f"BA-pemusnahan-data-{(run.number or run.id).replace('/', '-')}.pdf"


def keep(desk: Desk, run: PurgeRun) -> Path:
    """The paper as a file in the documents folder. Raises DiskFull, IoFailure."""
    return desk.spool.keep(paper_name(run), desk.documents.data_purge(desk.register.read(lambda v: _paper(desk, v, run))))


def place_again(desk: Desk, actor: Actor, purge_id: str) -> Path:
    """The paper of an earlier run made again from the register, to be opened or printed. Raises NotFound ``retention.none``, NotAllowed."""
    require(actor, "purge_packets")
    run = desk.register.read(lambda v: next((r for r in v.purges(10_000) if r.id == purge_id), None))
    if run is None:
        raise NotFound("retention.none")
    return keep(desk, run)


def _paper(desk: Desk, view: View, run: PurgeRun) -> DataPurgePaper:
    kantor, local = desk.sop.kantor, local_time(desk, run.at)
    account = view.user(run.officer) if run.number else None
    signs = bool(run.number)
    return DataPurgePaper(
        kop=kantor.kop, nomor=run.number, on=local.date(), place=kantor.nama, fakta=_facts(desk, run, view.packets_of_purge(run.id)),
        count=run.packets, digest=run.digest, place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local.date())}",
        petugas=Signer((account.jabatan if account else "") or "Petugas", account.nama if account else run.officer,
                       account.nip if account else "") if signs else None,
        mengetahui=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip) if signs else None,
        jam=time_text(local, kantor.zona_waktu), qr_text=run.number,
    )


def _facts(desk: Desk, run: PurgeRun, packets: Sequence[Packet]) -> tuple[tuple[str, str], ...]:
    def day(packet: Packet) -> str:
        return date_long(local_time(desk, packet.sealed_at).date())

    got = sorted(p.received_at for p in packets if p.received_at is not None)
    replaced = sum(1 for p in packets if p.state is not PacketState.RECEIVED)
    until = local_time(desk, run.at - timedelta(days=run.days)).date()
    lines = [
        ("Stasiun", desk.station), ("Nomor urut paket", ranges([p.counter for p in packets])),
        ("Disegel", _span(day(packets[0]), day(packets[-1]))),
        ("Tanda terima", _span(*(date_long(local_time(desk, at).date()) for at in (got[0], got[-1])))) if got else ("", ""),
        ("Masa simpan", f"{run.days} hari sesudah tanda terima (sampai dengan {date_long(until)})"),
        ("Jumlah data", f"{number_text(run.bytes / 1_000_000, 1)} MB"),
        ("Paket yang digantikan", f"{number_text(replaced)} paket tidak dikirim; isinya ada pada paket penggantinya") if replaced
        else ("", ""),
    ]
    return tuple(line for line in lines if line[0])


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} s.d. {last}"


def ranges(counters: Sequence[int]) -> str:
    """``1–480, 482, 490–500``: the numbers in words that can be read; beyond a dozen spans the rest is counted."""
    spans: list[list[int]] = []
    for n in sorted(counters):
        if spans and n == spans[-1][1] + 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in spans[:12]]
    rest = sum(b - a + 1 for a, b in spans[12:])
    return ", ".join(shown) + (f", dan {number_text(rest)} nomor lain sampai {spans[-1][1]}" if rest else "")
