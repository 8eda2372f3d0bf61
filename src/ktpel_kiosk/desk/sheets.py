"""Lembar ceklis and lembar verifikasi: what was handed in and what was found, kept with the application (Kebakkramat 1, Tapin 2 and 3)."""

from __future__ import annotations

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import keep_document, local_time, service_name
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.approval import fingerprint
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.text import date_long, datetime_long, mask_nik
from ktpel_kiosk.ports.papers import CheckedPaper, ChecklistPaper, Compared, Paraf, VerificationPaper
from ktpel_kiosk.ports.register import Approval, Tx, View

CHECKLIST, VERIFICATION = "lembar_ceklis", "lembar_verifikasi"
FROM_LIST, FROM_PAPER = "Daftar penduduk", "Fotokopi KK"


def _items(p: Permohonan) -> tuple[CheckedPaper, ...]:
    return tuple(CheckedPaper(i.teks, i.wajib, i.ada, i.catatan) for i in p.kelengkapan)


def keep_checklist(desk: Desk, tx: Tx, p: Permohonan, actor: Actor) -> None:
    """The counter's sheet, marked by the officer who took the papers in."""
    sop = desk.sop_of(p.sop_digest)
    kantor = sop.kantor
    at = datetime_long(local_time(desk, desk.clock.now()), kantor.zona_waktu)
    offered = sop.layanan_of(p.layanan)
    paper = ChecklistPaper(
        kop=kantor.kop, nomor_register=p.nomor_register, at_local=at, nama=p.penduduk.nama, nik_tersamar=mask_nik(p.penduduk.nik),
        layanan=service_name(sop, p), items=_items(p), petugas=actor.nama, qr_text=p.nomor_register,
        parafs=(Paraf(actor.nama, "Petugas Loket", at),), ketentuan=offered.ketentuan if offered else (),
        catatan=" ".join(w.text for w in p.warnings),
    )
    keep_document(desk, tx, p, CHECKLIST, "Lembar ceklis berkas", desk.documents.checklist(paper))


def keep_verification(desk: Desk, tx: Tx, p: Permohonan, actor: Actor) -> None:
    """The verifier's sheet; its paraf is the signed approval just given, named by its key's fingerprint."""
    sop = desk.sop_of(p.sop_digest)
    given = [a for a in tx.approvals(p.id) if a.kind in ("paraf", "validasi")]
    paper = VerificationPaper(
        kop=sop.kantor.kop, nomor_register=p.nomor_register,
        at_local=datetime_long(local_time(desk, desk.clock.now()), sop.kantor.zona_waktu),
        nama=p.penduduk.nama, nik_tersamar=mask_nik(p.penduduk.nik), layanan=service_name(sop, p), rows=compared(tx, p),
        keputusan="Lengkap dan benar, diteruskan.", parafs=tuple(_paraf(desk, tx, a, sop.kantor.zona_waktu) for a in given),
        qr_text=p.nomor_register or p.id, items=_items(p), temuan=tuple(w.text for w in p.warnings),
        digest=given[-1].content_hash if given else "",
    )
    keep_document(desk, tx, p, VERIFICATION, "Lembar verifikasi", desk.documents.verification(paper))


def _paraf(desk: Desk, view: View, a: Approval, zona: str) -> Paraf:
    account = view.user(a.officer)
    return Paraf(account.nama if account else a.officer, account.jabatan if account else "", datetime_long(local_time(desk, a.at), zona),
                 fingerprint(a.public_key) if a.public_key else "", "Validasi" if a.kind == "validasi" else "Paraf")


def compared(view: View, p: Permohonan) -> tuple[Compared, ...]:
    """Entries against the population list where it knows the person; else against the papers, which the officer compared."""
    listed = view.population(p.penduduk.nik)
    ours = card_lines(p.penduduk)
    if listed is None:
        return tuple(Compared(name, value, FROM_PAPER, True) for name, value in ours)
    theirs = dict(card_lines(listed.penduduk))
    return tuple(Compared(name, value, theirs[name], theirs[name] == value, FROM_LIST) for name, value in ours)


def card_lines(p: Penduduk) -> tuple[tuple[str, str], ...]:
    """Label and value of what the card shows."""
    return (
        ("Nama", p.nama), ("Tempat/Tgl Lahir", f"{p.tempat_lahir}, {date_long(p.tanggal_lahir)}"),
        ("Jenis Kelamin", "Laki-laki" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "Perempuan"),
        ("Alamat", f"{p.alamat}, RT/RW {p.rt}/{p.rw}, {p.desa}"), ("Kecamatan", p.kecamatan),
        ("Agama", codes.text("agama", p.agama).title()),
        ("Status Perkawinan", codes.text("status_perkawinan", p.status_perkawinan).title()),
        ("Pekerjaan", codes.text("pekerjaan", p.pekerjaan).title()), ("Warga Negara", p.kewarganegaraan),
    )
