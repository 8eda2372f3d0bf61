"""What this office holds about a person, in words the person can read: from the register alone, for its owner's eyes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time, service_name
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.keeping import SIMPANAN
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permintaan import BUKTI_NAMES, BuktiDiri, PermintaanData
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.text import date_long, datetime_long, group_nik, number_text, phone_local
from ktpel_kiosk.domain.viewing import ALASAN_NAMES, LIHAT_NAMES
from ktpel_kiosk.ports.papers import Signer, StatementPaper, StatementPart
from ktpel_kiosk.ports.register import View

_SETTING = re.compile(r"(?i)(s)esuai Pengaturan > \w+")
"""The table names where an officer sets the time; its owner cannot look there."""
KEEP = ("register", "rekaman", "templat", "paket", "berkas", "akses")
RIGHTS = ("Anda berhak meminta perbaikan, penghentian pemrosesan, atau menyatakan keberatan di kantor ini; permintaan dijawab dalam "
          "3 x 24 jam. Data yang wajib disimpan menurut peraturan administrasi kependudukan tidak dapat dihapus atas permintaan.")


def paper(desk: Desk, view: View, p: PermintaanData) -> tuple[StatementPaper, tuple[str, ...]]:
    """The paper and the applications in it. Raises NotFound ``subject.nobody``."""
    ids = tuple(view.ids_of_nik(p.nik))
    if not ids:
        raise NotFound("subject.nobody")
    kantor, now = desk.sop.kantor, desk.clock.now()
    newest = view.permohonan(ids[-1])
    parts = [_about(newest.penduduk, newest.nomor_hp), *(_application(desk, view, view.permohonan(i)) for i in ids), _seen(desk, view, ids),
             _kept(), StatementPart("Hak Anda", (RIGHTS,))]
    statement = StatementPaper(
        kop=kantor.kop, judul="Salinan data pribadi", nomor=p.nomor,
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local_time(desk, now).date())}",
        di_atas=(("Permintaan", f"{p.nomor}, diterima {datetime_long(p.received_at, kantor.zona_waktu)}"), ("Peminta", p.nama),
                 ("Identitas", BUKTI_NAMES[BuktiDiri(p.identity)]), ("Dibuat", datetime_long(now, kantor.zona_waktu))),
        bagian=tuple(x for x in parts if x.teks or x.fakta or x.baris),
        penutup="Salinan ini dibuat dari register kantor dan hanya diserahkan kepada pemilik data atau kuasanya.",
        penandatangan=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip))
    return statement, ids


def _about(p: Penduduk, phone: str) -> StatementPart:
    return StatementPart("Data Anda", (), (
        ("Nama", p.nama), ("NIK", group_nik(p.nik)), ("Nomor KK", group_nik(p.no_kk)), ("Tempat, tanggal lahir",
                                                                            f"{p.tempat_lahir.title()}, {date_long(p.tanggal_lahir)}"),
        ("Jenis kelamin", "Laki-laki" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "Perempuan"),
        ("Golongan darah", codes.card_text("golongan_darah", p.golongan_darah)), ("Agama", codes.text("agama", p.agama).capitalize()),
        ("Status perkawinan", codes.text("status_perkawinan", p.status_perkawinan).capitalize()),
        ("Pekerjaan", codes.text("pekerjaan", p.pekerjaan).title()),
        ("Alamat", f"{p.alamat.title()}, RT {p.rt} / RW {p.rw}, {p.desa.title()}, {p.kecamatan.title()}"),
        ("Kewarganegaraan", p.kewarganegaraan), ("Nomor HP", phone_local(phone) if phone else "")))


def _application(desk: Desk, view: View, p: Permohonan) -> StatementPart:
    zona = desk.sop.kantor.zona_waktu
    packets, given = view.packets_of(p.id), view.handover(p.id)
    samples = len(view.samples(p.id, with_data=False))
    scans = [d.title or d.kind for d in view.documents(p.id, with_data=False) if not d.kind.startswith("kartu.")]
    facts = [
        ("Layanan", service_name(desk.sop_of(p.sop_digest), p)), ("Diterima", datetime_long(p.created_at, zona)),
        ("Keadaan", str(p.keadaan).replace("_", " ").capitalize()),
        ("Hasil rekam", f"{number_text(samples)} tersimpan, dihapus saat penyegelan" if samples else ""),
        ("Dikirim ke pusat", "; ".join(datetime_long(k.received_at or k.sealed_at, zona) for k in packets)),
        ("Berkas tersimpan", "; ".join(scans)),
        ("Diserahkan", f"{datetime_long(given.at, zona)} kepada {given.receiver_name}" if given else "")]
    return StatementPart(f"Permohonan {p.nomor_register or '(belum bernomor)'}", (), tuple(f for f in facts if f[1]))


def _seen(desk: Desk, view: View, ids: Sequence[str]) -> StatementPart:
    zona = desk.sop.kantor.zona_waktu
    looks = sorted((v for i in ids for v in view.viewings_of(i)), key=lambda v: v.at)
    jabatan = {u.username: u.jabatan or "Petugas" for u in view.users()}
    rows = tuple((datetime_long(v.at, zona), jabatan.get(v.officer, "Petugas"), LIHAT_NAMES[v.what], ALASAN_NAMES[v.reason].split(" (")[0])
                 for v in looks)
    return StatementPart("Siapa yang melihat data Anda", () if rows else ("Belum ada yang tercatat membuka data lengkap Anda.",), (),
                         ("Waktu", "Petugas", "Yang dibuka", "Alasan") if rows else (), rows, (6, 4, 4, 4))


def _kept() -> StatementPart:
    rows = tuple((s.judul, _SETTING.sub(r"\1esuai masa simpan yang ditetapkan kantor", s.lama), s.akhir) for s in SIMPANAN if s.key in KEEP)
    return StatementPart("Berapa lama disimpan", (), (), ("Data", "Berapa lama", "Sesudah itu"), rows, (4, 5, 6))
