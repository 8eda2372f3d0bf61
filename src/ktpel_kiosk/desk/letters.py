"""Letters about a recording: Surat Pengantar and Surat Keterangan Perekaman; issued, issued again, printed again (DOMAIN.md 6.4)."""

from __future__ import annotations

from pathlib import Path

from ktpel_kiosk.desk import agenda
from ktpel_kiosk.desk.access import require, require_stage
from ktpel_kiosk.desk.agenda import LETTER_CODE, Outgoing
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.papers import file_stem, keep_document, local_time, service_name
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, NotFound, SopViolation
from ktpel_kiosk.domain.ledgers import Letter
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.papers import LetterPaper
from ktpel_kiosk.ports.register import Tx, View

__all__ = ["LETTERS", "LETTER_CODE", "biodata_lines", "can_have_letter", "issue_letter", "issue_letters", "letters_of", "reprint"]

LETTERS = (("surat_pengantar", "Surat Pengantar"), ("surat_keterangan_perekaman", "Surat Keterangan Perekaman"))


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


def letters_of(desk: Desk, permohonan_id: str) -> tuple[Letter, ...]:
    """All letters of one application, void ones too, oldest first."""
    return desk.register.read(lambda v: tuple(v.letters_of(permohonan_id)))


def issue_letters(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Number, make and keep both letters (stage ``terbit_surat``)."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.TERBIT_SURAT)
        for kind, title in LETTERS:
            _issue(desk, tx, actor, p, kind, title)
        return save(desk, tx, finish_stage(desk, tx, p, "surat_terbit", actor.username, role))

    return desk.register.write(work)


def issue_letter(desk: Desk, actor: Actor, permohonan_id: str, kind: str) -> Letter:
    """One letter outside the SOP's own step: blank cards ran out, or a void letter has to be replaced (a new number).

    Raises:
        BadInput: no such letter. SopViolation: not recorded yet, or the application ended without a result.
        DuplicateRequest: a valid letter of this kind exists (fact ``number``): print that one again. NotAllowed.
    """
    require(actor, "issue_letter")
    title = dict(LETTERS).get(kind)
    if title is None:
        raise BadInput("letter.kind", key=kind[:40], expected=", ".join(k for k, _ in LETTERS))

    def work(tx: Tx) -> Letter:
        p = tx.permohonan(permohonan_id)
        if p.keadaan in _NO_RESULT:
            raise SopViolation("letter.ended", state=p.keadaan)
        if not can_have_letter(p):
            raise SopViolation("letter.not_recorded")
        valid = next((x for x in tx.letters_of(p.id) if x.kind == kind and not x.void_reason), None)
        if valid is not None:
            raise DuplicateRequest("letter.exists", number=valid.nomor)
        return _issue(desk, tx, actor, p, kind, title)

    return desk.register.write(work)


def reprint(desk: Desk, actor: Actor, nomor: str) -> Path:
    """The kept letter as a file again, under the number it has.

    Raises:
        NotFound: no such letter, or its paper is not kept. SopViolation: it is void.
    """
    require(actor, "issue_letter")

    def work(tx: Tx) -> tuple[str, bytes]:
        letter = tx.letter(nomor)
        if letter is None:
            raise NotFound("letter.none", number=nomor[:60])
        if letter.void_reason:
            raise SopViolation("letter.void_already", number=nomor)
        p = tx.permohonan(letter.permohonan_id)
        kept = [d for d in tx.documents(p.id) if d.kind == letter.kind]
        if not kept:
            raise NotFound("letter.paper", number=nomor)
        tx.log("LetterReprinted", p.id, actor.username, number=nomor)
        return f"{file_stem(p)}-{letter.kind}.pdf", kept[-1].data

    name, data = desk.register.write(work)
    return desk.spool.keep(name, data)


def can_have_letter(p: Permohonan) -> bool:
    """Recorded (here or before), and not ended without a result."""
    recorded = bool(p.sudah_rekam) or any(t.stage is Stage.REKAM and t.state is TahapState.SELESAI for t in p.tahap)
    return recorded and p.keadaan not in _NO_RESULT


_NO_RESULT = frozenset({Keadaan.BATAL, Keadaan.DITOLAK, Keadaan.GANDA})


def _issue(desk: Desk, tx: Tx, actor: Actor, p: Permohonan, kind: str, title: str) -> Letter:
    kantor = desk.sop_of(p.sop_digest).kantor
    now = desk.clock.now()
    number = agenda.next_letter_number(desk, tx, kantor, kind, now)
    paper = _paper(desk, tx, p, kind, number)
    keep_document(desk, tx, p, kind, title, desk.documents.letter(paper))
    to_office = kind == "surat_pengantar"
    about = f"Pengantar pencetakan KTP-el a.n. {p.penduduk.nama}" if to_office else f"Keterangan perekaman KTP-el a.n. {p.penduduk.nama}"
    return agenda.enter(desk, tx, actor, number, now, Outgoing(
        kind, paper.tujuan if to_office else p.penduduk.nama, about, paper.nama_penandatangan or paper.jabatan, p.penduduk.nik, p.id))


def region_name(kabupaten: str) -> str:
    """``Kabupaten Karanganyar``, ``Kota Samarinda``."""
    return kabupaten.title() if kabupaten.startswith(("KOTA ", "KABUPATEN ")) else f"Kabupaten {kabupaten.title()}"


def _paper(desk: Desk, view: View, p: Permohonan, kind: str, number: str) -> LetterPaper:
    sop = desk.sop_of(p.sop_digest)
    kantor = sop.kantor
    here = next((t.finished_at for t in p.tahap if t.stage is Stage.REKAM and t.state is TahapState.SELESAI), None)
    recorded = here or view.recorded_before(p.penduduk.nik)
    return LetterPaper(
        kop=kantor.kop, jenis=kind, nomor=number, tanggal=date_long(today(desk)), penduduk=p.penduduk, fields=biodata_lines(p.penduduk),
        rekam_tanggal=date_long(local_time(desk, recorded).date()) if recorded else "",
        tujuan=f"Kepala Dinas Kependudukan dan Pencatatan Sipil {region_name(kantor.kabupaten)}",
        tujuan_tempat=kantor.kabupaten.removeprefix("KABUPATEN ").removeprefix("KOTA ").title(),
        jabatan=kantor.penandatangan_jabatan, nama_penandatangan=kantor.penandatangan_nama, nip=kantor.penandatangan_nip,
        qr_text=f"{number} {p.nomor_register}", lampiran=tuple(i.teks for i in p.kelengkapan if i.ada),
        portrait_png=next((d.data for d in view.documents(p.id) if d.kind == "kartu.portret"), b""),
        varian=agenda.setting(view, "surat.pengantar"), tempat=(kantor.kecamatan or kantor.kabupaten).title(),
        rekam_tempat=(p.mobile_place or kantor.nama) if recorded else "", layanan=service_name(sop, p),
    )
