"""Papers and books for the tests of documents; nobody here exists."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

from PIL import Image, ImageDraw

from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.sop import Komponen, Layanan
from ktpel_kiosk.ports.papers import (
    Book,
    BookRow,
    Chart,
    CheckedPaper,
    ChecklistPaper,
    Compared,
    DamagePaper,
    DestroyedCard,
    DestructionPaper,
    F102Paper,
    Fact,
    HandoverPaper,
    LetterPaper,
    Paraf,
    ReceiptPaper,
    ReportPaper,
    Section,
    Series,
    Signer,
    StandardPaper,
    Table,
    VerificationPaper,
)

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
KOP = ("Pemerintah Kabupaten Lumajang", "Kecamatan Tempeh", "Jalan Raya Tempeh 1, Tempeh 67371 · Telepon (0334) 520003",
       "kec_tempeh@lumajangkab.go.id · tempeh.lumajangkab.go.id")

PERSON = Penduduk(
    nik="3508054502080001", nama="SITI CONTOH LESTARI", tempat_lahir="LUMAJANG", tanggal_lahir=date(2008, 2, 5),
    jenis_kelamin=JenisKelamin.PEREMPUAN, golongan_darah=4, alamat="DUSUN KRAJAN", rt="003", rw="007", desa="TEMPEH LOR",
    kecamatan="TEMPEH", kabupaten="LUMAJANG", provinsi="JAWA TIMUR", agama=1, status_perkawinan=1, pekerjaan=3,
)


def picture(kind: str) -> bytes:
    image = Image.new("RGB", (480, 640), "#0B57B8") if kind == "portrait" else Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    d = ImageDraw.Draw(image)
    if kind == "portrait":
        d.ellipse((130, 120, 350, 420), fill="#CFA079")
        d.ellipse((60, 470, 420, 900), fill="#EDF1F5")
    else:
        rnd = random.Random(4)
        d.line([(40 + i * 26, 100 + rnd.randint(-70, 70)) for i in range(20)], fill=(16, 32, 44, 255), width=7, joint="curve")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def receipt(**changes: object) -> ReceiptPaper:
    paper = ReceiptPaper(
        kop=KOP, nomor_register="0042/KTP/XI/2026", at_local="20 November 2026, 09.15 WIB", nama="SITI CONTOH LESTARI",
        nik_tersamar="350805••••••0001", layanan="KTP-el baru",
        berkas=(("Formulir F-1.02", True), ("Fotokopi Kartu Keluarga", True), ("Surat pengantar RT/RW", True),
                ("Fotokopi akta kelahiran", False), ("Fotokopi buku nikah bagi yang belum 17 tahun tetapi sudah kawin", False)),
        perkiraan="23 November 2026, 15.00 WIB", kontak=("(0334) 520003", "kec_tempeh@lumajangkab.go.id"), petugas="Rina Wulandari",
        qr_text="0042/KTP/XI/2026", kekurangan=("Fotokopi akta kelahiran",),
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def handover(**changes: object) -> HandoverPaper:
    paper = HandoverPaper(
        kop=KOP, number="0107/BP/2026", nomor_register="0042/KTP/XI/2026", at_local="24 November 2026, 10.02 WIB",
        nama="SITI CONTOH LESTARI", nik_tersamar="350805••••••0001", penerima="SITI CONTOH LESTARI", hubungan="Yang bersangkutan",
        petugas="Rina Wulandari", activated=True, old_card_withdrawn=False, card_uid="04A1B2C3D4E5F6",
        signature_png=picture("signature"), card_read=True, ikatan="9f2c41d07a5be836",
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def letter(jenis: str, **changes: object) -> LetterPaper:
    paper = LetterPaper(
        kop=KOP, jenis=jenis, nomor="400.8.1.2/015/427.82/2026", tanggal="20 November 2026", penduduk=PERSON,
        fields=(("NIK", PERSON.nik), ("Nama", PERSON.nama), ("Tempat/Tanggal Lahir", "LUMAJANG, 5 Februari 2008"),
                ("Jenis Kelamin", "Perempuan"), ("Alamat", "DUSUN KRAJAN, RT/RW 003/007, TEMPEH LOR, TEMPEH"), ("Agama", "Islam"),
                ("Status Perkawinan", "Belum Kawin"), ("Pekerjaan", "Pelajar/Mahasiswa"), ("Kewarganegaraan", "WNI")),
        rekam_tanggal="19 November 2026", tujuan="Kepala Dinas Kependudukan dan Pencatatan Sipil Kabupaten Lumajang",
        jabatan="Camat Tempeh", nama_penandatangan="Drs. Bambang Contoh, M.Si.", nip="197001011995031002",
        qr_text="400.8.1.2/015/427.82/2026 0042/KTP/XI/2026", portrait_png=picture("portrait"),
        lampiran=("Formulir F-1.02", "Fotokopi Kartu Keluarga"),
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


CAMAT = Signer("Camat Tempeh", "Drs. Bambang Contoh, M.Si.", "197001011995031002", "Pembina (IV/a)")


def checklist(**changes: object) -> ChecklistPaper:
    paper = ChecklistPaper(
        kop=KOP, nomor_register="0042/KTP/XI/2026", at_local="20 November 2026, 09.15 WIB", nama="SITI CONTOH LESTARI",
        nik_tersamar="350805••••••0001", layanan="KTP-el baru", petugas="Rina Wulandari", qr_text="0042/KTP/XI/2026",
        items=(CheckedPaper("Formulir F-1.02", True, True), CheckedPaper("Fotokopi Kartu Keluarga", True, False, "menyusul"),
               CheckedPaper("Fotokopi ijazah", False, False)),
        parafs=(Paraf("Rina Wulandari", "Petugas Loket", "20 November 2026, 09.16 WIB", "3f2a91c07be4d815", "Pemeriksa berkas"),
                Paraf("Budi Santosa", "Kasi Pemerintahan", label="Paraf verifikator")),
        ketentuan=("Berkas dibawa sendiri (tidak dikuasakan)",), catatan="Asli dikembalikan.",
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def verification(**changes: object) -> VerificationPaper:
    paper = VerificationPaper(
        kop=KOP, nomor_register="0042/KTP/XI/2026", at_local="20 November 2026, 09.30 WIB", nama="SITI CONTOH LESTARI",
        nik_tersamar="350805••••••0001", layanan="KTP-el baru", qr_text="0042/KTP/XI/2026",
        rows=(Compared("Nama", "SITI CONTOH LESTARI", "Kartu Keluarga", True),
              Compared("Tempat/Tanggal Lahir", "LUMAJANG, 5 Februari 2008", "Akta kelahiran", False, "tahun berbeda"),
              Compared("Pekerjaan", "Pelajar/Mahasiswa", "-", None)),
        keputusan="Dikembalikan kepada pemohon", temuan=("Tahun lahir pada akta berbeda.",),
        alasan=("berkas_tidak_benar", "Akta diperbaiki."),
        parafs=(Paraf("Budi Santosa", "Kasi Pemerintahan", "20 November 2026, 09.31 WIB", "91c07be4d8153f2a", "Verifikator"),),
        items=checklist().items, digest="ab" * 32,
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def destruction(count: int = 3, /, **changes: object) -> DestructionPaper:
    cards = tuple(DestroyedCard(f"35080545020{i:05d}", NAMES[i % len(NAMES)], ("Rusak", "Pindah")[i % 2], "Patah", "20/11/2026")
                  for i in range(count))
    paper = DestructionPaper(
        kop=KOP, nomor="400.8.1.2/021/427.82/2026", on=date(2026, 11, 25), place="Halaman Kantor Kecamatan Tempeh", method="dibakar",
        executors=(Pejabat("Budi Santosa, S.Sos", "Kasi Pelayanan", "198001012005011002"), Pejabat("Rina Wulandari", "Operator")),
        witnesses=(Pejabat("Aiptu Hartono", "Bhabinkamtibmas"),), cards=cards, place_date="Tempeh, 25 November 2026", mengetahui=CAMAT,
        jam="10.00 WIB", qr_text="400.8.1.2/021/427.82/2026",
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def damage(**changes: object) -> DamagePaper:
    paper = DamagePaper(
        kop=KOP, nomor="400.8.1.2/BAK/004/427.82/2026", on=date(2026, 11, 25), place="Kecamatan Tempeh",
        petugas=Signer("Operator", "Rina Wulandari", "199203152015032004"), mengetahui=CAMAT, jam="09.15 WIB",
        perangkat=(("Jenis", "Printer kartu"), ("Merek dan tipe", "HID Fargo DTC1500"), ("Nomor seri", "B7190345"),
                   ("Driver", "card-printer-cups"), ("Letak", "Meja 1")),
        sejak="Senin, 23 November 2026", gejala="Kartu macet di pemanas. Printer berbunyi keras lalu berhenti.",
        tindakan="Kabel diganti, pita dipasang ulang.", dampak="Kartu tidak dapat dicetak di kantor ini.",
        permintaan="Perbaikan atau printer pengganti.", place_date="Tempeh, 25 November 2026", qr_text="400.8.1.2/BAK/004/427.82/2026",
        uji=(("25 November 2026, 09.02 WIB", "Keadaan dan isi printer", "Kartu tersangkut di printer."),),
        riwayat=(("Siap dipakai", "81 % dari waktu menyala"), ("Gagal", "12 dari 96 pekerjaan")),
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def f102(**changes: object) -> F102Paper:
    paper = F102Paper(
        nama=PERSON.nama, nik=PERSON.nik, no_kk="3508050101150001", layanan=Layanan.BARU_WNI, place_date="Tempeh, 20 November 2026",
        petugas="Rina Wulandari", pemohon=PERSON.nama, berkas_lain=("Fotokopi Kartu Keluarga",), nomor_register="0042/KTP/XI/2026",
        provinsi="JAWA TIMUR", kabupaten="LUMAJANG", kecamatan="TEMPEH", desa="TEMPEH LOR",
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def report(**changes: object) -> ReportPaper:
    labels = ("Tempeh Lor", "Besuk", "Kaliwungu")
    table = Table(("Desa/Kelurahan", "Laki-laki", "Perempuan", "Rata-rata"),
                  tuple((v, 10 + i, 1200 + i, 92.5) for i, v in enumerate(labels)), ("Jumlah", 33, 3603, 92.5))
    paper = ReportPaper(
        kop=KOP, title="Laporan Bulanan Pelayanan KTP-el", period="November 2026", place_date="Tempeh, 30 November 2026",
        signatories=(CAMAT, Signer("Petugas Pelaporan", "Rina Wulandari")), notes=("Sumber: register.",),
        made_at="30 November 2026, 15.00 WIB",
        sections=(
            Section("A. Ringkasan", ("Angka kunci.",), (Fact("Permohonan", "1.312", "286 bulan lalu"), Fact("Perekaman", "271"))),
            Section("B. Per desa", chart=Chart("hbar", labels, (Series("Perekaman", (31.0, 20.0, None)),), unit="orang"), table=table),
            Section("C. Per hari", chart=Chart(
                "line", ("1", "2", "3"), (Series("Masuk", (1.0, None, 3.0)), Series("Keluar", (2.0, 2.0, 2.0))), target=2.5,
                target_label="Sasaran", decimals=1)),
            Section("D. Per jenis", chart=Chart("bar", labels, (Series("Oktober", (1.0, 2.0, 3.0)), Series("November", (3.0, 2.0, 1.0))))),
            Section("E. Mutu baku", note="Net.", chart=Chart(
                "share", labels, (Series("Tepat", (9.0, 1.0, 0.0)), Series("Lewat", (1.0, 1.0, 0.0))))),
        ),
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def standard(**changes: object) -> StandardPaper:
    paper = StandardPaper(
        kop=KOP, layanan="Perekaman dan Pencetakan KTP-el", place_date="Tempeh, 20 November 2026", signer=CAMAT, nomor="04/2026",
        komponen=tuple(Komponen(f"Komponen ke-{i}", tuple(f"Uraian {i}.{n} yang cukup panjang" for n in range(1 + i % 4)))
                       for i in range(1, 15)),
        maklumat=("Kami sanggup melayani sesuai standar.",), kontak=("Kotak saran", "SP4N-LAPOR!: lapor.go.id"),
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


NAMES = ("SLAMET RIYADI", "SITI CONTOH LESTARI", "M. MUT'ROF", "NUR'AINI", "TEGUH PRASETYO", "KHOIRUL ANAM",
         "RR. DEWI SEKAR ARUM KUSUMANINGTYAS",
         "SUHARTO", "MUHAMMAD ABDURRAHMAN WAHIDUDDIN AL-FAYYADL BIN ABDULLAH HASAN")
COLUMNS = ("No.", "Nomor Register", "Tanggal", "Jam", "Nama Lengkap", "NIK", "No. KK", "L/P", "Tempat/Tgl Lahir", "Alamat", "No. HP",
           "Jenis Permohonan", "Kelengkapan", "Petugas Loket", "Paraf Verifikator", "Validator", "Keterangan")


def book(count: int = 40, /, **changes: object) -> Book:
    """The widest book of the office: seventeen columns."""
    lines = []
    for i in range(1, count + 1):
        void = i % 11 == 0
        lines.append(BookRow((
            i, f"{i:04d}/KTP/XI/2026", f"{i % 28 + 1:02d}/11/2026", f"{8 + i % 7:02d}.{i % 60:02d}", NAMES[i % len(NAMES)],
            f"35080545020{i:05d}", f"35080101200{i:05d}", "LP"[i % 2], f"LUMAJANG, {i % 28 + 1:02d}/02/{1960 + i % 48}",
            f"DUSUN KRAJAN {i % 9}, RT/RW {i % 20:03d}/{i % 12:03d}, TEMPEH LOR", f"0812345{i:05d}",
            ("KTP-el baru", "Rusak", "Hilang")[i % 3],
            "L" if i % 5 else "TL", "rina", "budi", "kasi.tempeh", "BATAL: pemohon salah kecamatan" if void else "",
        ), void=void))
    made = Book(
        title="Buku Register Permohonan KTP-el", period="November 2026", columns=COLUMNS, rows=tuple(lines),
        text_columns=frozenset({1, 5, 6, 10}), kop=KOP, place_date="Tempeh, 30 November 2026",
        signatories=(("Camat Tempeh", "Drs. Bambang Contoh, M.Si.", "197001011995031002"), ("Petugas", "Rina Wulandari", "")),
        widths=(0.6, 1.7, 1.2, 0.8, 2.2, 2.0, 2.0, 0.6, 2.0, 2.8, 1.5, 1.5, 0.8, 1.2, 1.2, 1.2, 1.5), note="NIK lengkap",
    )
    return replace(made, **changes)  # type: ignore[arg-type]
