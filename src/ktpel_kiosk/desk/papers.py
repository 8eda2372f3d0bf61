"""Building the papers an application leaves behind, and keeping them with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.domain.text import date_long, datetime_long, mask_nik, zone
from ktpel_kiosk.ports.papers import ReceiptPaper
from ktpel_kiosk.ports.register import ScannedDocument, Tx


def local_time(desk: Desk, at: datetime) -> datetime:
    """``at`` in the office's time zone."""
    return at.astimezone(zone(desk.sop.kantor.zona_waktu))


def file_stem(p: Permohonan) -> str:
    """A file name part for an application: its number without slashes."""
    return (p.nomor_register or p.id).replace("/", "-")


def keep_document(desk: Desk, tx: Tx, p: Permohonan, kind: str, title: str, pdf: bytes) -> None:
    """Store a produced paper with the application and in the spool folder."""
    tx.add_document(ScannedDocument(desk.ids.new(), p.id, kind, "application/pdf", pdf, desk.clock.now(), title))
    tx.log("DocumentStored", p.id, "-", key=kind)
    desk.spool.keep(f"{file_stem(p)}-{kind}.pdf", pdf)


def service_name(sop: Sop, p: Permohonan) -> str:
    """The service in the office's own words, with its kind where there are several."""
    offered = sop.layanan_of(p.layanan)
    if offered is None:
        return str(p.layanan)
    kind = offered.varian_of(p.varian)
    return f"{offered.nama} ({kind.nama})" if kind is not None else offered.nama


def receipt_paper(desk: Desk, p: Permohonan, actor: Actor) -> ReceiptPaper:
    sop = desk.sop_of(p.sop_digest)
    kantor = sop.kantor
    due = local_time(desk, p.due_at) if p.due_at else None
    if due is not None and due - local_time(desk, p.created_at) > timedelta(hours=12):
        expected = f"{datetime_long(due, kantor.zona_waktu)}"
    elif sop.mutu.jenis == "menit" and sop.mutu.nilai:
        expected = f"{sop.mutu.nilai:g} menit pelayanan, di luar waktu tunggu".replace(".", ",")
    else:
        expected = date_long(local_time(desk, p.created_at).date())
    contact = [x for x in (kantor.telepon, kantor.email, kantor.situs) if x]
    return ReceiptPaper(
        kop=kantor.kop, nomor_register=p.nomor_register, at_local=datetime_long(local_time(desk, p.updated_at), kantor.zona_waktu),
        nama=p.penduduk.nama, nik_tersamar=mask_nik(p.penduduk.nik), layanan=service_name(sop, p),
        berkas=tuple((i.teks, i.ada) for i in p.kelengkapan), perkiraan=expected, kontak=tuple(contact),
        petugas=actor.nama, qr_text=p.nomor_register, kekurangan=tuple(i.teks for i in p.missing_papers()),
    )
