"""Letters of offices that end without a card: Surat Pengantar and Surat Keterangan Perekaman."""

from __future__ import annotations

from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.papers import keep_document, local_time
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.numbering import format_number
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.papers import LetterPaper
from ktpel_kiosk.ports.register import Tx

LETTERS = (("surat_pengantar", "Surat Pengantar"), ("surat_keterangan_perekaman", "Surat Keterangan Perekaman"))
LETTER_CODE = "400.8.1.2"
"""Classification of KTP and KK papers (Permendagri 83/2022)."""


def biodata_lines(p: Penduduk) -> tuple[tuple[str, str], ...]:
    """Biodata as letters print it."""
    return (
        ("NIK", p.nik), ("Nama", p.nama), ("Tempat/Tanggal Lahir", f"{p.tempat_lahir}, {date_long(p.tanggal_lahir)}"),
        ("Jenis Kelamin", "Laki-laki" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "Perempuan"),
        ("Alamat", f"{p.alamat}, RT/RW {p.rt}/{p.rw}, {p.desa}, {p.kecamatan}"),
        ("Agama", codes.text("agama", p.agama).title()),
        ("Status Perkawinan", codes.text("status_perkawinan", p.status_perkawinan).title()),
        ("Pekerjaan", codes.text("pekerjaan", p.pekerjaan).title()), ("Kewarganegaraan", p.kewarganegaraan),
    )


def issue_letters(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Number, make and keep both letters (stage ``terbit_surat``)."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.TERBIT_SURAT)
        kantor = desk.sop_of(p.sop_digest).kantor
        on = today(desk)
        portrait = next((d.data for d in tx.documents(p.id) if d.kind == "kartu.portret"), b"")
        recorded = next((t.finished_at for t in p.tahap if t.stage is Stage.REKAM and t.finished_at), desk.clock.now())
        for kind, title in LETTERS:
            number = format_number(kantor.format_surat, kode=LETTER_CODE, urut=tx.next_number("surat", on.year),
                                   unit=kantor.unit_surat, jenis=kind, on=on)
            paper = LetterPaper(
                kop=kantor.kop, jenis=kind, nomor=number, tanggal=date_long(on), penduduk=p.penduduk,
                fields=biodata_lines(p.penduduk), rekam_tanggal=date_long(local_time(desk, recorded).date()),
                tujuan=f"Kepala Dinas Kependudukan dan Pencatatan Sipil {kantor.kabupaten.title()}",
                jabatan=kantor.penandatangan_jabatan, nama_penandatangan=kantor.penandatangan_nama, nip=kantor.penandatangan_nip,
                qr_text=f"{number} {p.nomor_register}", portrait_png=portrait, lampiran=tuple(i.teks for i in p.kelengkapan if i.ada),
            )
            keep_document(desk, tx, p, kind, title, desk.documents.letter(paper))
            tx.log("LetterIssued", p.id, actor.username, key=kind, number=number)
        return save(desk, tx, finish_stage(desk, tx, p, "surat_terbit", actor.username, role))

    return desk.register.write(work)
