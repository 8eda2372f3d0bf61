"""The SOP of an office as data: steps as printed, roles, seconds, the canonical stages they map to.

An SOP file is parsed and checked by :mod:`ktpel_kiosk.domain.sop_file`. Nothing here knows a concrete office.
Source of the stages: DOMAIN.md 1.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """The fourteen canonical stages every printed step of every office maps to."""

    TERIMA_BERKAS = "terima_berkas"
    AGENDA_REGISTER = "agenda_register"
    VERIFIKASI = "verifikasi"
    VALIDASI = "validasi"
    REKAM = "rekam"
    KIRIM = "kirim"
    MENUNGGU_PRR = "menunggu_prr"
    CEK_CETAK = "cek_cetak"
    CETAK_ENCODE = "cetak_encode"
    AKTIVASI = "aktivasi"
    SERAH_LOKET = "serah_loket"
    SERAH_PEMOHON = "serah_pemohon"
    TERBIT_SURAT = "terbit_surat"
    SERAH_SURAT = "serah_surat"


STAGE_ORDER: tuple[Stage, ...] = tuple(Stage)
WAITING_STAGES: frozenset[Stage] = frozenset({Stage.MENUNGGU_PRR})
"""Stages whose time is waiting, not work: their clock is paused with a reason."""


class Peran(StrEnum):
    """System roles; an office maps its own titles to them."""

    LOKET = "loket"
    VERIFIKATOR = "verifikator"
    VALIDATOR = "validator"
    OPERATOR = "operator"
    PENYERAH = "penyerah"
    KASI = "kasi"
    CAMAT = "camat"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Layanan(StrEnum):
    """Services of the desk (DOMAIN.md 4.2)."""

    BARU_WNI = "baru_wni"
    BARU_OA = "baru_oa"
    HILANG = "hilang"
    RUSAK = "rusak"
    PERUBAHAN_DATA = "perubahan_data"
    PINDAH_DATANG = "pindah_datang"
    PERPANJANGAN_OA = "perpanjangan_oa"
    LUAR_DOMISILI = "luar_domisili"
    PEMULA = "pemula"


@dataclass(frozen=True, slots=True)
class Pelaksana:
    """An actor as the SOP prints it and the system roles that may act for it.

    ``peran`` empty means the applicant or a system lane (``kind`` tells which).
    """

    nama: str
    peran: tuple[Peran, ...] = ()
    kind: str = "petugas"  # petugas | pemohon | sistem


@dataclass(frozen=True, slots=True)
class Langkah:
    """One printed step.

    Attributes:
        nomor: printed number, kept as printed (Palaran has no 5).
        judul: short word for the step bar, e.g. ``Berkas``.
        kegiatan: the sentence of the SOP.
        pelaksana: names from :attr:`Sop.pelaksana`, printed order.
        limit_s: mutu baku in seconds, ``None`` where the SOP gives none.
        stages: canonical stages in order.
        rekam: for stage ``rekam``: which parts this step captures (``foto``, ``jari``, ``iris``, ``tanda_tangan``); empty = all.
        catatan: how we read an ambiguous step; ``keterangan``: the SOP's own remarks column.
    """

    nomor: int
    judul: str
    kegiatan: str
    pelaksana: tuple[str, ...]
    limit_s: float | None
    stages: tuple[Stage, ...]
    kelengkapan: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    rekam: tuple[str, ...] = ()
    catatan: str = ""
    keterangan: str = ""


REKAM_PARTS: tuple[str, ...] = ("foto", "jari", "iris", "tanda_tangan")


@dataclass(frozen=True, slots=True)
class Syarat:
    """One line of a service's checklist.

    ``kondisi``: empty, or a condition checked by the desk: ``usia<17``, ``wna``, ``belum_rekam``. ``varian``: kinds of the service
    this line is asked for; empty: all. ``lokal``: asked by this office only, off until turned on in the settings.
    ``kode`` is the document kind used for scans and the packet, e.g. ``kk``, ``f102``.
    """

    kode: str
    teks: str
    wajib: bool = True
    kondisi: str = ""
    lokal: bool = False
    varian: tuple[str, ...] = ()

    @property
    def umum(self) -> str:
        """The line as the public reads it, with whom it concerns."""
        whom = WHOM.get(self.kondisi, "") if self.wajib or self.kondisi else "bila ada"
        return f"{self.teks} ({whom})" if whom and whom not in self.teks else self.teks


WHOM: Mapping[str, str] = MappingProxyType({
    "usia<17": "bila belum berusia 17 tahun", "wna": "bagi orang asing", "belum_rekam": "bila belum pernah direkam",
})
"""Conditions of a checklist line in public words."""


@dataclass(frozen=True, slots=True)
class Varian:
    """A kind of a service that differs in papers, recording or the old card. ``rekam`` empty: as the service."""

    kode: str
    nama: str
    rekam: str = ""
    tarik_kartu_lama: bool = False
    kewarganegaraan: str = ""  # WNI | WNA | empty: both


@dataclass(frozen=True, slots=True)
class LayananSop:
    """A service as this office offers it.

    ``ketentuan``: conditions that are not papers (age, hours, in person); ``sumber``: where the list was taken from.
    ``kuasa``: papers may be brought by a proxy with F-1.07 (recording and activation never). ``varian``: the first is the usual one.
    """

    layanan: Layanan
    nama: str
    syarat: tuple[Syarat, ...]
    rekam: str = "ya"  # ya | tidak | bila_belum
    tarik_kartu_lama: bool = False
    ketentuan: tuple[str, ...] = ()
    sumber: str = ""
    kuasa: bool = False
    varian: tuple[Varian, ...] = ()

    def varian_of(self, kode: str) -> Varian | None:
        """The variant meant by ``kode``: the usual one for an empty code, ``None`` where the service has none or does not know it."""
        if not kode:
            return self.varian[0] if self.varian else None
        return next((v for v in self.varian if v.kode == kode), None)

    def rekam_of(self, kode: str) -> str:
        """``ya``, ``tidak`` or ``bila_belum`` for this variant."""
        found = self.varian_of(kode)
        return found.rekam if found is not None and found.rekam else self.rekam

    def tarik_of(self, kode: str) -> bool:
        """The old card is surrendered when the new one is handed over."""
        found = self.varian_of(kode)
        return self.tarik_kartu_lama if found is None else found.tarik_kartu_lama


@dataclass(frozen=True, slots=True)
class Mutu:
    """Service standard as a whole: minutes of active handling, or working days.

    ``hitung`` (working days only): due at closing time of the last day, or at the same clock time (kalender.due_at).
    """

    jenis: str  # menit | hari_kerja
    nilai: float | None
    mulai: str = "diterima"  # diterima | dinyatakan_lengkap
    hitung: str = "akhir_hari"  # akhir_hari | jam_sama


@dataclass(frozen=True, slots=True)
class Komponen:
    """One component of the Standar Pelayanan (Permenpan RB 15/2014), shown to the public."""

    judul: str
    isi: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kantor:
    """The office a SOP belongs to: letterhead, place, hours, numbering, signatory."""

    nama: str
    pemda: str
    unit: str
    jenis: str  # kecamatan | dinas
    kode_wilayah: str
    provinsi: str
    kabupaten: str
    kecamatan: str
    zona_waktu: str  # WIB | WITA | WIT
    kop: tuple[str, ...]
    alamat: str = ""
    telepon: str = ""
    email: str = ""
    situs: str = ""
    jam_buka: time = time(8, 0)
    jam_tutup: time = time(15, 0)
    terima_di_luar_jam: str = "ingatkan"  # ingatkan | tolak
    header_kartu: tuple[str, str] = ("", "")
    format_nomor: str = "{urut:04d}/KTP/{bulan_romawi}/{tahun}"
    format_surat: str = "{kode}/{urut:03d}/{unit}/{tahun}"
    unit_surat: str = ""
    penandatangan_jabatan: str = ""
    penandatangan_nama: str = ""
    penandatangan_nip: str = ""
    buku_register: str = "Buku Register"
    pengaduan: tuple[str, ...] = ()
    dpo_kontak: str = ""


@dataclass(frozen=True, slots=True)
class Sop:
    """One office's whole procedure, immutable; ``digest`` identifies the version an application began with."""

    id: str
    judul: str
    nomor: str
    jenis_dokumen: str
    tanggal: str
    disahkan_oleh: str
    dasar_hukum: tuple[str, ...]
    kantor: Kantor
    pelaksana: tuple[Pelaksana, ...]
    langkah: tuple[Langkah, ...]
    layanan: tuple[LayananSop, ...]
    mutu: Mutu
    total_tertulis_menit: float | None = None
    akhir: str = "kartu"  # kartu | surat
    empat_mata: str = "ingatkan"  # ingatkan | larang
    kuasa_boleh: bool = False
    peringatan: tuple[str, ...] = ()
    catatan: tuple[str, ...] = ()
    kualifikasi: tuple[str, ...] = ()
    keterkaitan: tuple[str, ...] = ()
    peralatan: tuple[str, ...] = ()
    pencatatan: tuple[str, ...] = ()
    standar: tuple[Komponen, ...] = ()
    digest: str = ""
    source_text: str = field(default="", repr=False, compare=False)

    def pelaksana_of(self, langkah: Langkah) -> tuple[Pelaksana, ...]:
        table = {p.nama: p for p in self.pelaksana}
        return tuple(table[n] for n in langkah.pelaksana)

    def peran_of(self, langkah: Langkah) -> frozenset[Peran]:
        """System roles that may do this step (officers only)."""
        return frozenset(r for p in self.pelaksana_of(langkah) for r in p.peran)

    def layanan_of(self, layanan: Layanan) -> LayananSop | None:
        return next((x for x in self.layanan if x.layanan is layanan), None)

    def total_s(self) -> float:
        """Sum of the steps that carry a time."""
        return sum(x.limit_s for x in self.langkah if x.limit_s is not None)
