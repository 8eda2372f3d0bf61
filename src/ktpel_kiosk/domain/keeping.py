"""What this computer keeps, how long, on what ground, and what happens then: the one table (docs/adr/0030).

The settings page, the manual page and the nightly job read it from here; a test names every table of the register and every folder the
program writes, and fails for one that is not in it. Texts are Indonesian: people read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KANTOR = "Keputusan kantor"
"""Ground of what no law gives a number for: the office's own decision (JRA for these files was not found, DOMAIN.md 4.5)."""

DRAFT_DAYS = 30
"""An unfinished form at the counter nobody came back to, with its scans."""
PAPER_DAYS = 7
"""A finished paper as a file beside the register, which can make it again."""
BEFORE_DAYS = 30
"""A register as it was before a new version changed its structure."""


class Bagaimana(StrEnum):
    """What ends the keeping."""

    TETAP = "tetap"
    MALAM = "malam"
    KEJADIAN = "kejadian"
    UKURAN = "ukuran"


@dataclass(frozen=True, slots=True)
class Simpan:
    """One kind of data.

    Attributes:
        tables: of the register. folders: file or folder names below the office's data folder; drafts: prefixes of keys in ``draft``.
        basis: legal ground, or :data:`KANTOR`. lama: how long, in words; days: the number the nightly job works with, 0 where it
            is another's setting or nothing ends it.
        akhir: what happens then. cara: what ends it.
    """

    key: str
    judul: str
    isi: str
    basis: str
    lama: str
    akhir: str
    cara: Bagaimana
    tables: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    days: int = 0


_REGISTER = "UU 24/2013; Permendagri 104/2019"
_PDP = "UU 27/2022 Ps 16 ayat (2) huruf g"

SIMPANAN: tuple[Simpan, ...] = (
    Simpan("register", "Register permohonan", "Permohonan, langkah, persetujuan, penyerahan, dan indeks pencariannya", _REGISTER,
           "Selama register dipakai", "Tetap tersimpan terenkripsi; bulan yang ditutup tidak berubah", Bagaimana.TETAP,
           ("permohonan", "tahap", "search", "search_word", "approval", "handover", "exception", "pause", "contact",
            "status_event", "status_entry", "counter", "month_lock")),
    Simpan("rekaman", "Hasil rekam mentah", "Foto wajah, sidik jari, iris, tanda tangan", _PDP, "Sampai paket disegel",
           "Dihapus dari register dengan penimpaan pada saat penyegelan", Bagaimana.KEJADIAN, ("sample", "sample_data")),
    Simpan("templat", "Templat jari pencarian ganda", "Ciri jari, bukan gambarnya", KANTOR, "Sesuai Pengaturan > Perekaman",
           "Dihapus oleh pekerjaan harian", Bagaimana.MALAM, ("finger_template", "duplicate_check")),
    Simpan("paket", "Paket perekaman", "Berkas tersegel untuk pusat", _PDP, "Sampai diterima pusat, lalu sesuai Pengaturan > Simpanan",
           "Dimusnahkan oleh pekerjaan harian atau dengan berita acara bernomor", Bagaimana.MALAM, ("packet", "purge"), ("packets",)),
    Simpan("cadangan_isi", "Isi cadangan paket", "Isi paket yang hanya dapat dibuka register ini", _PDP, "Bersama paketnya",
           "Kuncinya dihapus lebih dulu, lalu berkasnya", Bagaimana.MALAM, ("packet_spare",), ("simpanan",)),
    Simpan("berkas", "Pindaian berkas dan surat", "Berkas persyaratan dan surat yang terbit pada permohonan", _REGISTER,
           "Selama register dipakai; bahan cetak kartu sampai kartu diserahkan",
           "Tetap tersimpan terenkripsi; bahan cetak kartu dihapus saat penyerahan", Bagaimana.TETAP, ("document",)),
    Simpan("draf", "Isian loket yang belum selesai", "Isian dan pindaian berkas yang belum menjadi permohonan", KANTOR,
           f"{DRAFT_DAYS} hari", "Dihapus oleh pekerjaan harian", Bagaimana.MALAM, ("draft",),
           drafts=("loket:", "pindaian:"), days=DRAFT_DAYS),
    Simpan("ketikan", "Ketikan jendela yang belum selesai", "Teks formulir yang ditinggalkan karena terkunci atau mati listrik", KANTOR,
           "36 jam", "Dihapus oleh pekerjaan harian", Bagaimana.MALAM, drafts=("ketik:",)),
    Simpan("antre_pusat", "Laporan yang menunggu dikirim", "Kejadian kartu dan tanda terima yang belum diteruskan", _REGISTER,
           "Sampai terkirim", "Dihapus setelah pusat menerimanya", Bagaimana.KEJADIAN,
           drafts=("lapor:", "lapor-ditolak:", "uploader.receipt/", "kartu_uji", "detak:")),
    Simpan("kartu", "Kartu dan blangko", "Pekerjaan cetak, nomor blangko, kartu yang ditarik dan dimusnahkan", _REGISTER,
           "Selama register dipakai", "Tetap tersimpan terenkripsi", Bagaimana.TETAP,
           ("card_job", "blangko", "blangko_move", "blangko_day", "withdrawn_card", "destruction")),
    Simpan("surat", "Buku agenda surat", "Nomor, tujuan, dan perihal surat keluar", _REGISTER, "Selama register dipakai",
           "Tetap tersimpan terenkripsi", Bagaimana.TETAP, ("letter",)),
    Simpan("penduduk", "Daftar penduduk yang diimpor", "Salinan daftar Dinas untuk mengisi formulir", KANTOR,
           "Sampai diganti impor berikutnya", "Baris yang sama diperbarui", Bagaimana.KEJADIAN, ("population", "population_batch")),
    Simpan("pengaduan", "Pengaduan", "Isi pengaduan, pelapor, dan langkah penanganannya", "UU 25/2009; Permenpan 62/2018",
           "Selama register dipakai", "Tetap tersimpan terenkripsi", Bagaimana.TETAP, ("complaint", "complaint_step")),
    Simpan("survei", "Survei kepuasan", "Nilai tanpa nama, NIK, atau jam isi", "Permenpan 14/2017", "Selama register dipakai",
           "Tetap; tidak dapat dihubungkan dengan orang", Bagaimana.TETAP, ("survey",)),
    Simpan("permintaan", "Permintaan subjek data", "Siapa meminta apa, jawabannya, dan waktunya", "UU 27/2022 Ps 30-33",
           "Selama register dipakai", "Tetap sebagai bukti dijawab tepat waktu", Bagaimana.TETAP,
           ("subject_request", "subject_request_step")),
    Simpan("insiden", "Kegagalan pelindungan data", "Pemberitahuan dan daftar orang yang diberi tahu", "UU 27/2022 Ps 46",
           "Selama register dipakai", "Tetap sebagai bukti pemberitahuan", Bagaimana.TETAP, ("breach", "breach_person")),
    Simpan("akses", "Catatan akses data", "Siapa membuka data siapa, kapan, dan alasannya", "UU 27/2022 Ps 31; Permendagri 102/2019",
           "Selama register dipakai", "Tetap; tidak dapat diubah", Bagaimana.TETAP, ("viewing",)),
    Simpan("audit", "Riwayat audit", "Setiap perubahan register, tanpa data pribadi", "UU 27/2022 Ps 31", "Selama register dipakai",
           "Tetap; rantainya diperiksa", Bagaimana.TETAP, ("audit", "audit_head", "disposal", "alembic_version")),
    Simpan("petugas", "Akun petugas", "Nama, NIP, peran, sandi tersandi", KANTOR, "Selama register dipakai",
           "Dinonaktifkan, tidak dihapus: namanya berdiri pada register", Bagaimana.TETAP, ("user",)),
    Simpan("aturan", "Pengaturan dan SOP", "Tidak memuat data pemohon", KANTOR, "Selama register dipakai", "Tetap", Bagaimana.TETAP,
           ("setting", "sop", "sop_step"),
           ("office.json", "sop", "sop-berlaku.toml", "ui.json", "ui-desk.json", "pilihan.json", "tempat.json", "wilayah.csv",
            "devices.toml", "penyiapan.json", "penyiapan")),
    Simpan("berkas_register", "Berkas register", "Semua tabel di atas, terenkripsi, dengan kuncinya yang terbungkus", _REGISTER,
           "Selama kantor melayani", "Tidak dihapus oleh aplikasi", Bagaimana.TETAP, folders=("register",)),
    Simpan("salinan_kerja", "Salinan kerja meja",
           "Akun, pengaturan, dan permohonan yang sedang dikerjakan meja ini, terenkripsi, untuk saat server kantor hilang", KANTOR,
           "3 jam; selagi meja bekerja sendiri sampai digabungkan", "Diganti seluruhnya saat diperbarui",
           Bagaimana.KEJADIAN, folders=("register/sendiri",)),
    Simpan("cetakan", "Cetakan dan laporan sebagai PDF", "Tanda terima, surat, berita acara, laporan, yang dapat dibuat lagi dari register",
           KANTOR, f"{PAPER_DAYS} hari", "Dihapus oleh pekerjaan harian; kerja sementara dihapus seketika", Bagaimana.MALAM,
           folders=("documents", "kerja"), days=PAPER_DAYS),
    Simpan("kurir", "Bundel kurir", "Paket tersegel di media kurir; di komputer ini hanya catatannya", KANTOR, "Selama register dipakai",
           "Media dikosongkan kurir; catatannya tetap", Bagaimana.TETAP, ("courier_bundle",)),
    Simpan("salinan", "Cadangan terenkripsi", "Salinan register dan paket di disk lain", "BSSN 4/2021; keputusan kantor",
           "Sesuai Pengaturan > Cadangan", "Salinan lama dihapus saat yang baru berhasil", Bagaimana.KEJADIAN,
           folders=("register/backups", "ktpel-cadangan", "pemulihan.json")),
    Simpan("pembaruan", "Register sebelum pembaruan", "Register terenkripsi seperti sebelum versi baru mengubah susunannya", KANTOR,
           "30 hari setelah versi baru mulai dipakai", "Dihapus oleh pekerjaan harian; versi aplikasi yang tidak dipakai ikut dihapus",
           Bagaimana.MALAM, folders=("pembaruan", "register.sebelum", "register.gagal", "register.uji"), days=BEFORE_DAYS),
    Simpan("kunci", "Kunci dan sertifikat stasiun", "Tidak memuat data pemohon", KANTOR, "Sampai diganti", "Diganti saat diperbarui",
           Bagaimana.KEJADIAN, folders=("keys",)),
    Simpan("perangkat", "Riwayat perangkat", "Angka kerja perangkat tanpa data pribadi", KANTOR, "400 hari", "Hari yang lebih tua dibuang",
           Bagaimana.UKURAN, folders=("perangkat",)),
    Simpan("diagnostik", "Catatan henti program", "Nama fungsi dan waktu tanpa data pribadi", KANTOR, "256 kB, dua berkas",
           "Yang lama ditimpa", Bagaimana.UKURAN, folders=("diagnostik",)),
    Simpan("latihan", "Kantor latihan", "Orang rekaan; gateway latihan", KANTOR, "Sampai dihapus pelatih", "Dihapus dengan foldernya",
           Bagaimana.KEJADIAN, folders=("gateway", "latihan", "kantor", "penduduk.csv")),
)
