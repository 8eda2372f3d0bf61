"""What papers and books say, as values; :class:`ktpel_kiosk.ports.services.Documents` turns them into files.

Texts arrive as they are to be read: dates and times in the office's zone and written out, names as the register holds them.
Empty optional texts leave their line out. Sources: DOMAIN.md 4.3, 6.1, 6.4, 7.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Komponen, Layanan
from ktpel_kiosk.ports.station_care import Sheet

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class BookRow:
    cells: tuple[Cell, ...]
    void: bool = False


@dataclass(frozen=True, slots=True)
class BookRows:
    """Rows that are read again each time they are walked through and never held together.

    ``read`` must give the same rows each time: let it read inside one ``register.read`` (a snapshot). XLSX and CSV walk once,
    PDF twice. ``count`` is what ``len`` says; it need not be exact for XLSX and CSV.
    """

    count: int
    read: Callable[[], Iterator[BookRow]]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[BookRow]:
        return self.read()


@dataclass(frozen=True, slots=True)
class Book:
    """A register book ready to be written out. ``text_columns``: indexes that must stay text (NIK, numbers).

    The first cell of each row is its number in the year, given by the desk; a month's book goes on where the last one ended.
    """

    title: str
    period: str
    columns: tuple[str, ...]
    rows: Sequence[BookRow] | BookRows
    text_columns: frozenset[int]
    kop: tuple[str, ...]
    place_date: str
    signatories: tuple[tuple[str, str, str], ...]  # (jabatan, nama, nip)
    widths: tuple[float, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a paper. ``atas_nama`` (``Camat Tempeh``) puts ``a.n. Camat Tempeh`` above ``jabatan``."""

    jabatan: str
    nama: str = ""
    nip: str = ""
    pangkat: str = ""
    atas_nama: str = ""


@dataclass(frozen=True, slots=True)
class Paraf:
    """One officer's mark. ``fingerprint`` (hex) is that of the electronic signature; empty: a place for the pen is left."""

    nama: str
    jabatan: str
    at_local: str = ""
    fingerprint: str = ""
    label: str = "Paraf"


@dataclass(frozen=True, slots=True)
class CheckedPaper:
    """One line of a checklist."""

    teks: str
    wajib: bool
    ada: bool
    catatan: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptPaper:
    """Tanda terima berkas; also what the return slip is filled from (DOMAIN.md 6.4).

    Of the slip only: ``nomor_lembar``, its own number; ``dapat_diajukan`` False: refused for good. ``nomor_register`` may be empty there.
    """

    kop: tuple[str, ...]
    nomor_register: str
    at_local: str
    nama: str
    nik_tersamar: str
    layanan: str
    berkas: tuple[tuple[str, bool], ...]
    perkiraan: str
    kontak: tuple[str, ...]
    petugas: str
    qr_text: str
    kekurangan: tuple[str, ...] = ()
    nomor_lembar: str = ""
    dapat_diajukan: bool = True


@dataclass(frozen=True, slots=True)
class ChecklistPaper:
    """Lembar ceklis: every paper asked for, there or not (Kebakkramat step 1, Tapin step 2)."""

    kop: tuple[str, ...]
    nomor_register: str
    at_local: str
    nama: str
    nik_tersamar: str
    layanan: str
    items: tuple[CheckedPaper, ...]
    petugas: str
    qr_text: str
    parafs: tuple[Paraf, ...] = ()
    ketentuan: tuple[str, ...] = ()
    catatan: str = ""

    @property
    def lengkap(self) -> bool:
        return all(item.ada for item in self.items if item.wajib)


@dataclass(frozen=True, slots=True)
class Compared:
    """One entry held against a paper. ``cocok`` None: not compared."""

    label: str
    entri: str
    sumber: str
    cocok: bool | None
    catatan: str = ""


@dataclass(frozen=True, slots=True)
class VerificationPaper:
    """Lembar verifikasi: entries against papers, what was found, the decision and who marked it (Tapin step 3).

    ``keputusan``: sentence as people read it, e.g. ``Lengkap dan benar, diteruskan``. ``digest``: hash of what was approved.
    """

    kop: tuple[str, ...]
    nomor_register: str
    at_local: str
    nama: str
    nik_tersamar: str
    layanan: str
    rows: tuple[Compared, ...]
    keputusan: str
    parafs: tuple[Paraf, ...]
    qr_text: str
    items: tuple[CheckedPaper, ...] = ()
    temuan: tuple[str, ...] = ()
    alasan: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class HandoverPaper:
    """Bukti pengambilan."""

    kop: tuple[str, ...]
    number: str
    nomor_register: str
    at_local: str
    nama: str
    nik_tersamar: str
    penerima: str
    hubungan: str
    petugas: str
    activated: bool
    old_card_withdrawn: bool
    card_uid: str
    signature_png: bytes
    kind: str = "KTP-el"
    tanggal_cetak: str = ""
    qr_text: str = ""
    nik_penerima: str = ""
    surat_kuasa: str = ""
    card_read: bool = False
    ikatan: str = ""
    ikd: str = ""


@dataclass(frozen=True, slots=True)
class LetterPaper:
    """Surat Pengantar or Surat Keterangan Perekaman.

    Attributes:
        varian: of the Surat Pengantar: ``tabel`` or ``naratif``.
        berlaku: of the keterangan: ``terbit`` (until the card is issued) or ``6_bulan`` (then ``berlaku_sampai`` is the date).
        keperluan: what the keterangan is given for; empty: printing at ``tujuan``.
        status: what SIAK says, quoted as of today; empty: waiting to be printed.
        atas_nama: ``Camat Tempeh`` when somebody signs on behalf (``a.n. Camat Tempeh`` above ``jabatan``).
    """

    kop: tuple[str, ...]
    jenis: str  # surat_pengantar | surat_keterangan_perekaman
    nomor: str
    tanggal: str
    penduduk: Penduduk
    fields: tuple[tuple[str, str], ...]
    rekam_tanggal: str
    tujuan: str
    jabatan: str
    nama_penandatangan: str
    nip: str
    qr_text: str
    portrait_png: bytes = b""
    lampiran: tuple[str, ...] = ()
    varian: str = "tabel"
    tempat: str = ""
    tujuan_tempat: str = ""
    rekam_tempat: str = ""
    berlaku: str = "terbit"
    berlaku_sampai: str = ""
    keperluan: str = ""
    status: str = ""
    pangkat: str = ""
    atas_nama: str = ""
    layanan: str = ""


@dataclass(frozen=True, slots=True)
class DestroyedCard:
    """One line of the berita acara; ``nik`` whole, the paper masks it."""

    nik: str
    nama: str
    alasan: str
    kondisi: str
    diterima: str = ""


@dataclass(frozen=True, slots=True)
class DestructionPaper:
    """Berita Acara Pemusnahan KTP-el (SE Mendagri 470.13/11176/SJ)."""

    kop: tuple[str, ...]
    nomor: str
    on: date
    place: str
    method: str
    executors: tuple[Pejabat, ...]
    witnesses: tuple[Pejabat, ...]
    cards: tuple[DestroyedCard, ...]
    place_date: str
    mengetahui: Signer | None = None
    jam: str = ""
    note: str = ""
    qr_text: str = ""
    full_nik: bool = False


@dataclass(frozen=True, slots=True)
class DataPurgePaper:
    """Berita Acara Pemusnahan Data: which packets' files and spare contents were destroyed, how, and on what ground.

    ``nomor`` is empty for the nightly purge, whose record is no berita acara; ``petugas`` then ``None``. ``fakta``: label and value.
    """

    kop: tuple[str, ...]
    nomor: str
    on: date
    place: str
    fakta: tuple[tuple[str, str], ...]
    count: int
    digest: str
    place_date: str
    petugas: Signer | None = None
    mengetahui: Signer | None = None
    jam: str = ""
    qr_text: str = ""


@dataclass(frozen=True, slots=True)
class DamagePaper:
    """Berita Acara Kerusakan Perangkat. ``perangkat``: label and value (kind, make, serial, ...); ``uji``: when, what was tested and
    what came of it; ``riwayat``: figures of the last 30 days, label and value."""

    kop: tuple[str, ...]
    nomor: str
    on: date
    place: str
    petugas: Signer
    perangkat: tuple[tuple[str, str], ...]
    sejak: str
    gejala: str
    tindakan: str
    dampak: str
    permintaan: str
    place_date: str
    mengetahui: Signer | None = None
    uji: tuple[tuple[str, str, str], ...] = ()
    riwayat: tuple[tuple[str, str], ...] = ()
    jam: str = ""
    qr_text: str = ""


@dataclass(frozen=True, slots=True)
class PrinterTestPaper:
    """A page that shows whether a document printer prints straight, sharp and evenly. ``perangkat`` as of :class:`DamagePaper`."""

    kop: tuple[str, ...]
    at_local: str
    petugas: str
    perangkat: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class F102Paper:
    """F-1.02 prefilled. ``lampiran``: ``kode`` of the checklist lines that are there (``buku_nikah``, ``skp``, ...).

    ``berkas_lain``: papers that are there but have no line on the form (fotokopi KK, ijazah); noted below it.
    """

    nama: str
    nik: str
    no_kk: str
    layanan: Layanan
    place_date: str
    petugas: str
    pemohon: str
    lampiran: frozenset[str] = frozenset()
    berkas_lain: tuple[str, ...] = ()
    varian: str = ""
    nip: str = ""
    nomor_register: str = ""
    provinsi: str = ""
    kabupaten: str = ""
    kecamatan: str = ""
    desa: str = ""
    signature_png: bytes = b""


@dataclass(frozen=True, slots=True)
class Fact:
    """A key figure: ``Perekaman`` ``312`` ``92 % dari target``."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers stand right, text left; ``total`` is set bold. ``decimals`` of float cells (trailing zeros stay)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    widths: tuple[float, ...] = ()
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """``kind``: ``bar`` | ``hbar`` | ``line`` | ``share`` (each label one bar of parts that make 100 %).

    Every series has one value per label; ``target`` draws a line (mutu baku). Values are printed with ``decimals``.
    """

    kind: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    title: str = ""
    unit: str = ""
    decimals: int = 0
    target: float | None = None
    target_label: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Drawn in this order: heading, text, facts, chart, table, note. ``new_page`` begins a page."""

    heading: str
    text: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    note: str = ""
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class ReportPaper:
    """Laporan bulanan, SLA, IKM, pengaduan: letterhead, title, period, sections, notes, signatures."""

    kop: tuple[str, ...]
    title: str
    period: str
    sections: tuple[Section, ...]
    place_date: str
    signatories: tuple[Signer, ...]
    notes: tuple[str, ...] = ()
    nomor: str = ""
    made_at: str = ""
    notes_heading: str = "Catatan"


@dataclass(frozen=True, slots=True)
class StandardPaper:
    """Standar Pelayanan (Permenpan RB 15/2014) and maklumat for the wall."""

    kop: tuple[str, ...]
    layanan: str
    komponen: tuple[Komponen, ...]
    maklumat: tuple[str, ...]
    place_date: str
    signer: Signer
    nomor: str = ""
    kontak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManualBlock:
    """Part of a chapter. ``kind``: ``heading`` (text, level), ``text`` (runs of (words, bold)), ``bullets`` and ``numbers`` (lines),
    ``table`` (rows, the first is the head), ``code`` (lines), ``picture`` (PNG; text is its caption)."""

    kind: str
    text: str = ""
    level: int = 0
    runs: tuple[tuple[str, bool], ...] = ()
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class ManualChapter:
    key: str
    title: str
    blocks: tuple[ManualBlock, ...]


@dataclass(frozen=True, slots=True)
class QuickCardPaper:
    """Kartu ringkas for the wall: steps (number, title, time allowed in words or empty, parts (page, sentence)), keys, troubles."""

    kantor: str
    layanan: str
    steps: tuple[tuple[int, str, str, tuple[tuple[str, str], ...]], ...]
    keys: tuple[tuple[str, str], ...]
    troubles: tuple[tuple[str, str], ...]
    kontak: str = ""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One page of a finished paper for the screen: PNG; ``number`` from 0, ``count`` pages in all."""

    png: bytes
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class ComplaintPaper:
    """Bukti pengaduan: what was received, by when it is answered and settled, whom to ask."""

    kop: tuple[str, ...]
    nomor: str
    at_local: str
    pelapor: str
    kontak: str
    kanal: str
    kategori: str
    uraian: str
    tanggapan: str
    batas: str
    petugas: str
    kontak_kantor: tuple[str, ...] = ()
    anonim: bool = False


@dataclass(frozen=True, slots=True)
class StatementPart:
    """A titled part of a statement: sentences, then facts (label, value), then a table (``kolom``, ``baris``; ``lebar``: relative widths,
    empty: all alike). Empty ones are left out."""

    judul: str = ""
    teks: tuple[str, ...] = ()
    fakta: tuple[tuple[str, str], ...] = ()
    kolom: tuple[str, ...] = ()
    baris: tuple[tuple[str, ...], ...] = ()
    lebar: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementPaper:
    """A letter or record about people's data: what is held, what went wrong, what was removed.

    ``kepada``: lines of the address; ``di_atas``: facts above the first part (Nomor, Perihal). ``penandatangan`` ``None``: unsigned.
    """

    kop: tuple[str, ...]
    judul: str
    nomor: str
    place_date: str
    di_atas: tuple[tuple[str, str], ...] = ()
    kepada: tuple[str, ...] = ()
    bagian: tuple[StatementPart, ...] = ()
    penutup: str = ""
    penandatangan: Signer | None = None


@dataclass(frozen=True, slots=True)
class KeySheetsPaper:
    """Sheets of the register's key, a page each. ``tanggal``: as printed."""

    kantor: str
    station: str
    tanggal: str
    sheets: tuple[Sheet, ...]
