"""Write every paper an office hands out into a folder, to be looked at: ``python tools/paper_gallery.py OFFICE FOLDER [--png]``.

Letterhead, services, papers asked, hours and signatory come from the office's SOP; people are invented. ``--png`` adds pictures
(80 dpi) by ``pdftoppm``.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.desk.letters import biodata_lines, region_name
from ktpel_kiosk.desk.notices import DEFAULT_MAKLUMAT, channels, service_standard
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.numbering import format_number
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.domain.text import date_form, date_long, datetime_long, mask_nik, minutes_text
from ktpel_kiosk.ports import papers as P

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 9, 15)
LONG_NAME = "MUHAMMAD ABDURRAHMAN WAHIDUDDIN AL-FAYYADL BIN ABDULLAH HSN"
FINGERPRINT = "3f2a91c07be4d815"
VILLAGES = ("Tempeh Lor", "Tempeh Tengah", "Tempeh Kidul", "Besuk", "Lempeni", "Kaliwungu", "Jokarto", "Pandanwangi", "Sumberjati",
            "Gesang", "Jatisari", "Pandanarum", "Pulo")


def picture(kind: str) -> bytes:
    """A stand-in portrait or signature."""
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


class Gallery:
    def __init__(self, office: str) -> None:
        self.sop: Sop = sops.load(office)
        self.kantor = self.sop.kantor
        self.documents = OfficeDocuments(resources())
        self.people = [invent(i, 7, self.kantor, ("TEMPEH LOR", "SUMBERJATI"), TODAY).penduduk for i in range(60)]
        self.person: Penduduk = self.people[0]
        self.number = format_number(self.kantor.format_nomor, kode="", urut=42, unit=self.kantor.unit_surat, jenis="", on=TODAY)
        self.place = (self.kantor.kecamatan or self.kantor.kabupaten.removeprefix("KABUPATEN ")).title()
        self.place_date = f"{self.place}, {date_long(TODAY)}"
        k = self.kantor
        self.signer = P.Signer(k.penandatangan_jabatan, k.penandatangan_nama, k.penandatangan_nip, "Pembina (IV/a)")
        self.now = datetime_long(NOW, k.zona_waktu)
        self.contact = tuple(x for x in (k.telepon, k.email, k.situs) if x)

    def letter_number(self, urut: int) -> str:
        return format_number(self.kantor.format_surat, kode="400.8.1.2", urut=urut, unit=self.kantor.unit_surat, jenis="", on=TODAY)

    def all(self) -> Iterator[tuple[str, bytes]]:
        d = self.documents
        receipt = self.receipt()
        yield "01-tanda-terima", d.receipt(receipt)
        yield "02-tanda-terima-80mm", d.receipt_80mm(receipt)
        back = replace(receipt, kekurangan=receipt.kekurangan or (receipt.berkas[-1][0],))
        yield "03-pengembalian", d.return_slip(back, ["berkas_tidak_lengkap", "Nama pada Kartu Keluarga berbeda dengan akta kelahiran."])
        yield "04-pengembalian-80mm", d.return_slip_80mm(back, ["berkas_tidak_lengkap"])
        yield "05-lembar-ceklis", d.checklist(self.checklist())
        yield "06-lembar-verifikasi", d.verification(self.verification())
        yield "07-f102", d.f102(self.f102())
        hand = self.handover()
        yield "08-bukti-pengambilan", d.handover(hand)
        yield "09-bukti-pengambilan-80mm", d.handover_80mm(hand)
        for name, letter in self.letters():
            yield name, d.letter(letter)
        yield "14-berita-acara-sedikit", d.destruction(self.destruction(4))
        yield "15-berita-acara-banyak", d.destruction(self.destruction(57))
        yield "15-berita-acara-kerusakan", d.damage_report(self.damage())
        yield "15-uji-cetak", d.printer_test(self.printer_test())
        yield "15-uji-cetak-80mm", d.printer_test_80mm(self.printer_test())
        yield "16-laporan", d.report(self.report())
        yield "17-standar-pelayanan", d.standard(self.standard())
        yield "18-buku", d.book(self.book(), "pdf")

    def receipt(self) -> P.ReceiptPaper:
        service = self.sop.layanan[0]
        papers = tuple((s.teks, i != len(service.syarat) - 1) for i, s in enumerate(service.syarat) if not s.kondisi)
        due = minutes_text(self.sop.total_s()) + " pelayanan, di luar waktu tunggu"
        if self.sop.mutu.jenis == "hari_kerja":
            due = f"{date_long(TODAY + timedelta(days=1))}, 15.00 {self.kantor.zona_waktu}"
        q = self.person
        return P.ReceiptPaper(self.kantor.kop, self.number, self.now, q.nama, mask_nik(q.nik), service.nama, papers, due,
                              self.contact or self.kantor.pengaduan, "Rina Wulandari", self.number)

    def checklist(self) -> P.ChecklistPaper:
        service = self.sop.layanan[0]
        items = tuple(P.CheckedPaper(s.teks, s.wajib and not s.kondisi, not s.kondisi and not s.lokal,
                                     {"usia<17": "hanya bagi yang belum 17 tahun", "wna": "hanya bagi orang asing"}.get(s.kondisi, ""))
                      for s in service.syarat)
        marks = (P.Paraf("Rina Wulandari", self.sop.pelaksana[0].nama if self.sop.pelaksana[0].peran else self.sop.pelaksana[1].nama,
                         self.now, FINGERPRINT, "Pemeriksa berkas"), P.Paraf("", "Verifikator", label="Paraf verifikator"))
        return P.ChecklistPaper(self.kantor.kop, self.number, self.now, self.person.nama, mask_nik(self.person.nik), service.nama, items,
                                "Rina Wulandari", self.number, marks, service.ketentuan, "Berkas asli dikembalikan kepada pemohon.")

    def verification(self) -> P.VerificationPaper:
        q = self.person
        rows = [P.Compared(label, mask_nik(q.nik) if label == "NIK" else value, "Kartu Keluarga", True)
                for label, value in biodata_lines(q)[:6]]
        rows[3] = replace(rows[3], sumber="Akta kelahiran", cocok=False, catatan="Berbeda dengan KK; KK yang dipakai")
        rows.append(P.Compared("Pekerjaan", "Pelajar/Mahasiswa", "-", None, "Tidak ada berkas"))
        marks = (P.Paraf("Budi Santosa, S.Sos", self.verifier(), self.now, FINGERPRINT, "Verifikator"),
                 P.Paraf("Dra. Endang Lestari", "Validator", self.now, "91c07be4d8153f2a", "Validator"), P.Paraf("", "Mengetahui"))
        return P.VerificationPaper(
            self.kantor.kop, self.number, self.now, q.nama, mask_nik(q.nik), self.sop.layanan[0].nama, tuple(rows),
            "Lengkap dan benar, diteruskan untuk perekaman", marks, self.number, self.checklist().items,
            ("Ejaan tempat lahir pada akta berbeda satu huruf.",), (), "9b74c9897bac770ffc029102a200c5de" * 2)

    def verifier(self) -> str:
        return next((x.nama for x in self.sop.pelaksana if any(r in ("verifikator", "kasi") for r in x.peran)), "Verifikator")

    def f102(self) -> P.F102Paper:
        q, service = self.person, self.sop.layanan[0]
        return P.F102Paper(
            q.nama, q.nik, q.no_kk, service.layanan, self.place_date, "Rina Wulandari", q.nama, frozenset({"buku_nikah"}),
            tuple(s.teks for s in service.syarat if s.kode in ("kk", "ijazah")), nomor_register=self.number, provinsi=q.provinsi,
            kabupaten=q.kabupaten, kecamatan=q.kecamatan, desa=q.desa)

    def handover(self) -> P.HandoverPaper:
        kind = "KTP-el" if self.sop.akhir == "kartu" else "Surat Pengantar dan Surat Keterangan Perekaman"
        return P.HandoverPaper(
            self.kantor.kop, "0107/BP/2026", self.number, self.now, self.person.nama, mask_nik(self.person.nik), self.person.nama,
            "Yang bersangkutan", "Rina Wulandari", True, False, "04A1B2C3D4E5F6" if kind == "KTP-el" else "", picture("signature"), kind,
            date_long(TODAY) if kind == "KTP-el" else "", "0107/BP/2026")

    def letters(self) -> Iterator[tuple[str, P.LetterPaper]]:
        q, k = self.person, self.kantor
        base = P.LetterPaper(
            k.kop, "surat_pengantar", self.letter_number(15), date_long(TODAY), q, biodata_lines(q), "24 November 2026",
            f"Kepala Dinas Kependudukan dan Pencatatan Sipil {region_name(k.kabupaten)}", k.penandatangan_jabatan, k.penandatangan_nama,
            k.penandatangan_nip, f"{self.letter_number(15)} {self.number}", picture("portrait"),
            ("Formulir F-1.02", "Fotokopi Kartu Keluarga"),
            tempat=self.place, tujuan_tempat=k.kabupaten.removeprefix("KOTA ").title(), rekam_tempat=k.nama, pangkat="Pembina (IV/a)",
            layanan=self.sop.layanan[0].nama)
        yield "10-surat-pengantar-tabel", base
        office = "Sekretaris Kecamatan" if k.jenis == "kecamatan" else "Sekretaris Dinas"
        deputy = replace(base, jabatan=office, atas_nama=k.penandatangan_jabatan, nama_penandatangan="Sri Wahyuni, S.E.",
                         nip="197503032001122003", pangkat="Penata Tk. I (III/d)")
        yield "11-surat-pengantar-naratif-an", replace(deputy, varian="naratif", lampiran=("Formulir F-1.02",))
        suket = replace(base, jenis="surat_keterangan_perekaman", nomor=self.letter_number(16))
        yield "12-surat-keterangan", suket
        yield "13-surat-keterangan-6-bulan-an", replace(
            deputy, jenis="surat_keterangan_perekaman", berlaku="6_bulan", berlaku_sampai="25 Mei 2027",
            penduduk=replace(q, nama=LONG_NAME),
            keperluan="melamar pekerjaan",
            fields=(("NIK", q.nik), ("Nama", LONG_NAME), *biodata_lines(q)[2:]))

    def destruction(self, count: int) -> P.DestructionPaper:
        reasons = ("Rusak", "Perubahan data", "Pindah", "Perpanjangan")
        cards = tuple(P.DestroyedCard(q.nik, LONG_NAME if i == 3 else q.nama, reasons[i % 4], ("Patah", "Baik", "Chip mati")[i % 3],
                                      date_form(TODAY - timedelta(days=count - i))) for i, q in enumerate(self.people[:count]))
        return P.DestructionPaper(
            self.kantor.kop, self.letter_number(21), TODAY, f"Halaman belakang {self.kantor.nama}", "dipotong lalu dibakar",
            (Pejabat("Budi Santosa, S.Sos", self.verifier(), "198001012005011002"), Pejabat("Rina Wulandari", "Operator")),
            (Pejabat("Aiptu Hartono", "Bhabinkamtibmas"), Pejabat("Dra. Endang Lestari", "Sekretaris Kecamatan", "197503032001122003")),
            cards, self.place_date, self.signer, f"10.00 {self.kantor.zona_waktu}", qr_text=self.letter_number(21))

    def damage(self) -> P.DamagePaper:
        return P.DamagePaper(
            self.kantor.kop, self.letter_number(22), TODAY, self.kantor.nama, P.Signer("Operator", "Rina Wulandari"),
            (("Jenis", "Printer kartu"), ("Merek dan tipe", "HID Fargo DTC1500"), ("Nomor seri", "B7190345"), ("Letak", "Meja 1")),
            date_long(TODAY - timedelta(days=2)), "Kartu macet di pemanas. Printer berbunyi keras lalu berhenti.",
            "Kabel diganti, pita dan blangko dipasang ulang.", "Kartu tidak dapat dicetak. Antrean cetak 42 kartu.",
            "Perbaikan atau printer pengganti dari Dinas.", self.place_date, self.signer,
            ((self.now, "Keadaan dan isi printer", "Kartu tersangkut. Buka penutup, tarik kartunya perlahan, lalu tutup lagi."),),
            (("Siap dipakai", "81 % dari waktu menyala"), ("Gagal", "12 dari 96 pekerjaan")), f"10.00 {self.kantor.zona_waktu}",
            self.letter_number(22))

    def printer_test(self) -> P.PrinterTestPaper:
        return P.PrinterTestPaper(self.kantor.kop, self.now, "Rina Wulandari", (("Printer", "Epson L3210"), ("Driver", "cups")))

    def report(self) -> P.ReportPaper:
        sections = (
            P.Section("A. Ringkasan", ("Angka kunci bulan ini dibandingkan dengan bulan lalu.",), (
                P.Fact("Permohonan masuk", "312", "286 bulan lalu"), P.Fact("Perekaman", "271", "86,9 % dari permohonan"),
                P.Fact("Pencetakan", "254", "9 kartu rusak"), P.Fact("Sisa blangko", "1.146 keping", "per 30 November 2026"))),
            P.Section("B. Perekaman dan pencetakan per hari", chart=self.daily()),
            self.per_village(),
            P.Section("D. Permohonan per jenis", chart=self.per_service(), note="Satu orang dapat mengajukan lebih dari satu permohonan."),
            self.per_step(),
        )
        return P.ReportPaper(self.kantor.kop, "Laporan Bulanan Pelayanan KTP-el", "November 2026", sections, self.place_date,
                             (self.signer, P.Signer("Petugas Pelaporan", "Rina Wulandari")),
                             ("Sumber: register KTP-el Kiosk; angka dapat berubah bila status SIAK diperbarui.",), made_at=self.now)

    def daily(self) -> P.Chart:
        rnd = random.Random(3)
        recorded = tuple(float(rnd.randint(4, 22)) if i % 7 < 5 else None for i in range(30))
        printed = tuple(None if v is None else max(0.0, v - rnd.randint(0, 6)) for v in recorded)
        return P.Chart("line", tuple(str(d) for d in range(1, 31)), (P.Series("Perekaman", recorded), P.Series("Pencetakan", printed)),
                       unit="orang", target=12, target_label="Sasaran")

    def per_village(self) -> P.Section:
        rnd = random.Random(5)
        rows = [(v, rnd.randint(2, 40), rnd.randint(2, 40)) for v in VILLAGES]
        table = P.Table(("Desa/Kelurahan", "Laki-laki", "Perempuan", "Jumlah", "% dari wajib KTP"),
                        tuple((v, a, b, a + b, (a + b) / 3.1) for v, a, b in rows),
                        ("Jumlah", sum(a for _, a, _ in rows), sum(b for _, _, b in rows), sum(a + b for _, a, b in rows), 61.2))
        chart = P.Chart("hbar", VILLAGES, (P.Series("Jumlah", tuple(float(a + b) for _, a, b in rows)),), unit="orang")
        return P.Section("C. Perekaman per desa/kelurahan", chart=chart, table=table)

    def per_service(self) -> P.Chart:
        names = tuple(x.nama for x in self.sop.layanan)
        return P.Chart("bar", names, (P.Series("Oktober", tuple(20.0 + 7 * i for i, _ in enumerate(names))),
                                      P.Series("November", tuple(31.0 + 5 * i for i, _ in enumerate(names)))))

    def per_step(self) -> P.Section:
        steps = self.sop.langkah
        share = P.Chart("share", tuple(step.judul for step in steps), (
            P.Series("Dalam mutu baku", tuple(91.0 - i for i, _ in enumerate(steps))), P.Series("Sampai 2 kali", (6.0,) * len(steps)),
            P.Series("Lebih lama", tuple(3.0 + i for i, _ in enumerate(steps)))))
        table = P.Table(("Langkah", "Mutu baku", "Median", "P90", "Dalam mutu baku (%)"), tuple(
            (f"{step.nomor}. {step.judul}", minutes_text(step.limit_s), minutes_text((step.limit_s or 60) * 0.8),
             minutes_text((step.limit_s or 60) * 1.3), 91.4 - i) for i, step in enumerate(steps)))
        return P.Section("E. Ketepatan waktu per langkah", chart=share, table=table,
                         note="Waktu menunggu (PRR, jaringan, blangko) tidak dihitung sebagai waktu pelayanan.")

    def standard(self) -> P.StandardPaper:
        ways = tuple(f"{c.name}: {c.value}" if c.value else c.name for c in channels(self.kantor))
        return P.StandardPaper(self.kantor.kop, self.sop.judul, service_standard(self.sop), (DEFAULT_MAKLUMAT,), self.place_date,
                               self.signer, self.sop.nomor, ways)

    def book(self) -> P.Book:
        service = self.sop.layanan[0].nama
        rows = tuple(P.BookRow((i, f"{i:04d}/KTP/XI/2026", date_form(TODAY), "09.15", q.nama, mask_nik(q.nik), service, "rina"),
                               void=i == 5) for i, q in enumerate(self.people, start=1))
        return P.Book(self.kantor.buku_register, "November 2026",
                      ("No.", "Nomor Register", "Tanggal", "Jam", "Nama Lengkap", "NIK", "Jenis Permohonan", "Petugas Loket"), rows,
                      frozenset({1, 5}), self.kantor.kop, self.place_date,
                      ((self.signer.jabatan, self.signer.nama, self.signer.nip), ("Petugas", "Rina Wulandari", "")), note="NIK disamarkan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("office", help=", ".join(sops.names()))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--png", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, data in Gallery(args.office).all():
        path = args.folder / f"{name}.pdf"
        path.write_bytes(data)
        if args.png:
            subprocess.run(["pdftoppm", "-r", "80", "-png", str(path), str(path.with_suffix(""))], check=True)
    print(args.folder)


if __name__ == "__main__":
    main()
