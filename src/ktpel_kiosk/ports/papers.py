"""What papers and books say, as values; :class:`ktpel_kiosk.ports.services.Documents` turns them into files."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.domain.penduduk import Penduduk


@dataclass(frozen=True, slots=True)
class BookRow:
    cells: tuple[str | int | float, ...]
    void: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """A register book ready to be written out. ``text_columns``: indexes that must stay text (NIK, numbers)."""

    title: str
    period: str
    columns: tuple[str, ...]
    rows: tuple[BookRow, ...]
    text_columns: frozenset[int]
    kop: tuple[str, ...]
    place_date: str
    signatories: tuple[tuple[str, str, str], ...]  # (jabatan, nama, nip)
    widths: tuple[float, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptPaper:
    """Tanda terima berkas (DOMAIN.md 6.4)."""

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
    finger_checked: bool
    old_card_withdrawn: bool
    card_uid: str
    signature_png: bytes
    kind: str = "KTP-el"


@dataclass(frozen=True, slots=True)
class LetterPaper:
    """Surat Pengantar or Surat Keterangan Perekaman."""

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
