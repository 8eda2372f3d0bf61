"""Reports: periods, what each figure means, and the sums made of the register's counts (DOMAIN.md 5.4, 6.2, 8).

Pure. The register counts (:mod:`ktpel_kiosk.ports.statistics`), ``desk.laporan`` asks; here a figure has its name, its meaning and its
split by sex. Village names are compared upper case, as SIAK writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.kalender import working_seconds_between
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.domain.text import MONTHS_SHORT, date_full, month_year, zone

HARI, BULAN, TAHUN = "hari", "bulan", "tahun"
UNIT: Mapping[str, str] = {HARI: "jam", BULAN: "hari", TAHUN: "bulan"}
"""What a period's chart has one bar for."""


@dataclass(frozen=True, slots=True)
class Masa:
    """A period of the office's calendar: one day, month or year. ``mulai`` is its first day."""

    jenis: str
    mulai: date

    @classmethod
    def of(cls, jenis: str, on: date) -> Masa:
        """The period ``on`` lies in. Raises BadInput ``report.period``."""
        if jenis not in UNIT:
            raise BadInput("report.period", value=jenis[:20], expected=", ".join(UNIT))
        return cls(jenis, on if jenis == HARI else on.replace(day=1) if jenis == BULAN else on.replace(month=1, day=1))

    @property
    def akhir(self) -> date:
        """The day after its last."""
        if self.jenis == HARI:
            return self.mulai + timedelta(days=1)
        if self.jenis == BULAN:
            return (self.mulai + timedelta(days=31)).replace(day=1)
        return self.mulai.replace(year=self.mulai.year + 1)

    def sebelum(self) -> Masa:
        return Masa.of(self.jenis, self.mulai - timedelta(days=1))

    def sesudah(self) -> Masa:
        return Masa.of(self.jenis, self.akhir)

    def bounds(self, zona: str) -> tuple[datetime, datetime]:
        """``since <= x < until`` in UTC: local midnights of the office."""
        first, last = (datetime(d.year, d.month, d.day, tzinfo=zone(zona)).astimezone(UTC) for d in (self.mulai, self.akhir))
        return first, last

    def offset_s(self, zona: str) -> int:
        """Seconds the office's clock is ahead of UTC (no daylight saving in Indonesia)."""
        ahead = datetime(self.mulai.year, self.mulai.month, self.mulai.day, tzinfo=zone(zona)).utcoffset()
        return int(ahead.total_seconds()) if ahead else 0

    @property
    def label(self) -> str:
        """``Jumat, 20 November 2026``, ``November 2026``, ``Tahun 2026``."""
        if self.jenis == TAHUN:
            return f"Tahun {self.mulai.year}"
        return month_year(self.mulai) if self.jenis == BULAN else date_full(self.mulai)

    @property
    def unit(self) -> str:
        return UNIT[self.jenis]

    def parts(self, kantor: Kantor, seen: Iterable[int] = ()) -> tuple[tuple[int, str], ...]:
        """(number, short name) of each bar: hours the office is open (and those where something happened), days, months."""
        if self.jenis == HARI:
            first, last = min([kantor.jam_buka.hour, *seen]), max([max(kantor.jam_buka.hour, kantor.jam_tutup.hour - 1), *seen])
            return tuple((h, f"{h:02d}") for h in range(first, last + 1))
        if self.jenis == BULAN:
            return tuple((d, str(d)) for d in range(1, (self.akhir - timedelta(days=1)).day + 1))
        return tuple(enumerate(MONTHS_SHORT, start=1))


@dataclass(frozen=True, slots=True)
class LP:
    """A count split by sex. ``lain``: no application (and so no sex) stands behind it."""

    laki: int = 0
    perempuan: int = 0
    lain: int = 0

    @property
    def total(self) -> int:
        return self.laki + self.perempuan + self.lain

    def __add__(self, other: LP) -> LP:
        return LP(self.laki + other.laki, self.perempuan + other.perempuan, self.lain + other.lain)


def lp(kelamin: str, count: int) -> LP:
    return LP(laki=count) if kelamin == "L" else LP(perempuan=count) if kelamin == "P" else LP(lain=count)


def total(values: Iterable[LP]) -> LP:
    return sum(values, LP())


def summed(pairs: Iterable[tuple[str, LP]]) -> dict[str, LP]:
    """Counts of the same key added up."""
    out: dict[str, LP] = {}
    for key, value in pairs:
        out[key] = out.get(key, LP()) + value
    return out


@dataclass(frozen=True, slots=True)
class Angka:
    """One line of the report. ``tingkat`` 1: a part of the line above. ``lalu``: the same figure one period earlier.

    ``keadaan`` True: how things stood at the end of the period, not what happened in it. ``sex`` False: not split (packets, blanks).
    """

    kunci: str
    kini: LP
    lalu: LP | None = None
    keadaan: bool = False
    tingkat: int = 0
    sex: bool = True

    @property
    def judul(self) -> str:
        return MEANING[self.kunci][0]

    @property
    def arti(self) -> str:
        return MEANING[self.kunci][1]


MEANING: Mapping[str, tuple[str, str]] = {
    "masuk": ("Permohonan masuk", "permohonan bernomor register, menurut saat berkas diterima; yang kemudian batal tetap dihitung"),
    "perekaman": ("Perekaman", "perekaman yang selesai, menurut saat bagian terakhirnya selesai; yang dilewati tidak dihitung"),
    "rekam_baru": ("baru", "selain jemput bola, pemula, dan ulang"),
    "rekam_pemula": ("pemula", "layanan pemula, atau belum 17 tahun saat direkam (dan bukan ulang)"),
    "rekam_ulang": ("ulang", "NIK yang saat diterima sudah tercatat pernah direkam"),
    "rekam_jemput_bola": ("jemput bola", "direkam di luar kantor, apa pun jenisnya"),
    "cetak_baik": ("Pencetakan, baik", "kartu tercetak, tertulis dan terbaca ulang, menurut saat cetak dimulai"),
    "cetak_rusak": ("Pencetakan, rusak", "kartu yang dinyatakan rusak, menurut saat cetak dimulai"),
    "cetak_proses": ("Pencetakan, belum pasti", "cetak yang dimulai dan belum dinyatakan baik atau rusak"),
    "pengambilan": ("Pengambilan", "kartu yang diserahkan dan ditandatangani"),
    "surat_diserahkan": ("Penyerahan surat", "surat yang diserahkan dan ditandatangani"),
    "surat_terbit": ("Surat terbit", "surat bernomor dalam agenda; yang batal tidak dihitung"),
    "dikembalikan": ("Berkas dikembalikan", "berapa kali berkas permohonan yang sudah bernomor dikembalikan"),
    "dikembalikan_loket": ("Dikembalikan di loket", "berkas yang sejak di loket belum lengkap dan belum diberi nomor"),
    "ditolak": ("Ditolak", "permohonan yang ditolak saat verifikasi atau validasi"),
    "ganda": ("Data ganda", "data ganda yang diketahui di kantor atau di pusat"),
    "batal": ("Batal", "permohonan yang dibatalkan; nomornya tetap tercatat"),
    "sisa_proses": ("Masih diproses", "belum sampai pada menunggu PRR, cetak, atau surat"),
    "sisa_menunggu_prr": ("Menunggu PRR", "sudah dikirim, pusat belum menyatakan siap cetak"),
    "sisa_prr": ("Sisa PRR", "siap cetak (PRINT READY RECORD) dan belum dicetak"),
    "sisa_usia": ("Menunggu usia 17", "siap cetak, tetapi kartunya baru boleh dicetak pada ulang tahun ke-17"),
    "sisa_diambil": ("Belum diambil", "kartu jadi yang belum diserahkan"),
    "sisa_surat": ("Surat belum diserahkan", "rekaman selesai, suratnya belum terbit atau belum diambil"),
    "sisa_dikembalikan": ("Berkas di pemohon", "dikembalikan dan belum diajukan lagi"),
    "sisa_ganda": ("Perkara ganda terbuka", "data ganda yang belum diputuskan"),
    "belum_terkirim": ("Belum terkirim", "paket rekaman yang belum ada tanda terimanya"),
    "sisa_blangko": ("Sisa blangko", "menurut buku blangko"),
}
"""Key -> (name, how it is counted). The one place where a figure of the report is defined."""

RECORDING_KINDS: Mapping[str, str] = {
    "baru": "rekam_baru", "pemula": "rekam_pemula", "ulang": "rekam_ulang", "jemput_bola": "rekam_jemput_bola",
}
STANDING_KINDS: Mapping[str, str] = {
    "diproses": "sisa_proses", "menunggu_prr": "sisa_menunggu_prr", "sisa_prr": "sisa_prr", "menunggu_usia": "sisa_usia",
    "belum_diambil": "sisa_diambil", "surat_menunggu": "sisa_surat", "dikembalikan": "sisa_dikembalikan", "ganda": "sisa_ganda",
}
TIME_NOTES: tuple[str, ...] = (
    "Waktu langkah adalah waktu pengerjaan satu pemohon; waktu tunggu (jeda) dicatat terpisah dan tidak dihitung.",
    "Tiap permohonan diukur dengan mutu baku SOP yang berlaku saat ia mulai. Langkah yang dilewati tidak dihitung.",
    "Tengah (median): separuh pemohon dilayani secepat itu atau lebih cepat. P90: sembilan dari sepuluh.",
)
DAY_NOTES: tuple[str, ...] = (
    "Waktu kotor dan bersih dihitung dalam jam pelayanan hari kerja sejak berkas dinyatakan lengkap; bersih = kotor dikurangi jeda.",
    "Tepat bersih: kelambatan (dalam jam pelayanan) tidak melebihi jeda yang tercatat.",
)

SERVICE_NAMES: Mapping[str, str] = {
    "baru_wni": "KTP-el baru", "baru_oa": "KTP-el orang asing", "hilang": "Hilang", "rusak": "Rusak", "perubahan_data": "Perubahan data",
    "pindah_datang": "Pindah datang", "perpanjangan_oa": "Perpanjangan orang asing", "luar_domisili": "Luar domisili", "pemula": "Pemula",
}
RETURN_NAMES: Mapping[str, str] = {
    "berkas_tidak_lengkap": "Berkas tidak lengkap", "berkas_tidak_benar": "Berkas tidak benar", "data_invalid": "Data tidak sah",
    "data_ganda": "Data ganda", "bukan_ybs": "Bukan yang bersangkutan", "usia_belum_cukup": "Usia belum cukup",
    "di_luar_jam": "Di luar jam pelayanan", "sudah_rekam": "Sudah pernah direkam", "lain": "Lain-lain", "": "Tanpa alasan tercatat",
}
WAIT_NAMES: Mapping[str, str] = {
    "menunggu_prr": "Menunggu PRR", "jaringan": "Jaringan", "listrik": "Listrik", "perangkat": "Perangkat",
    "blangko_kosong": "Blangko kosong", "pemohon_tidak_hadir": "Pemohon tidak hadir", "menunggu_usia": "Menunggu usia 17",
    "data_ganda_di_pusat": "Data ganda di pusat", "libur": "Hari libur", "ditunda": "Ditunda petugas",
    "berkas_dikembalikan": "Berkas dikembalikan", "dikembalikan": "Berkas dikembalikan", "data_ganda": "Data ganda", "ganda": "Data ganda",
    "": "Tanpa alasan tercatat",
}
QUEUE_NAMES: Mapping[str, str] = {
    "none": "Menunggu giliran", "offline": "Jaringan putus", "tls": "Sambungan tidak aman", "clock": "Jam komputer salah",
    "server": "Server pusat", "data": "Ditolak, perlu petugas", "receipt": "Tanda terima belum sah",
}
STAGE_NAMES: Mapping[str, str] = {
    "terima_berkas": "Terima berkas", "agenda_register": "Nomor register", "verifikasi": "Verifikasi", "validasi": "Validasi",
    "rekam": "Perekaman", "kirim": "Kirim", "menunggu_prr": "Menunggu PRR", "cek_cetak": "Cek sebelum cetak",
    "cetak_encode": "Cetak", "aktivasi": "Aktivasi", "serah_loket": "Serah ke loket", "serah_pemohon": "Serah ke pemohon",
    "terbit_surat": "Terbit surat", "serah_surat": "Serah surat",
}
MODALITY_NAMES: Mapping[str, str] = {"face": "Wajah", "finger": "Sidik jari", "iris": "Iris", "signature": "Tanda tangan"}
AGE_NAMES: tuple[str, ...] = ("< 1 hari", "1–3 hari", "3–7 hari", "7–30 hari", "> 30 hari")


def named(names: Mapping[str, str], code: str) -> str:
    """The word for a code; one nobody named shows as itself, readable."""
    return names.get(code) or code.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class BarisDesa:
    """One village; ``wajib`` and ``belum_rekam`` from the population list, None where none was imported."""

    desa: str
    masuk: LP
    perekaman: LP
    dicetak: LP
    diambil: LP
    sisa_prr: LP
    wajib: LP | None = None
    belum_rekam: LP | None = None


@dataclass(frozen=True, slots=True)
class BarisLayanan:
    layanan: str
    nama: str
    masuk: LP
    perekaman: LP
    dicetak: LP
    diambil: LP
    dikembalikan: LP


OTHER_VILLAGE = "Luar wilayah"


def village_order(villages: Sequence[str], found: Iterable[str]) -> tuple[str, ...]:
    """Villages of the office by name, as they are written there; what is none of them is :data:`OTHER_VILLAGE`, last and only if found."""
    known = {v.upper() for v in villages}
    return (*sorted(villages), *((OTHER_VILLAGE,) if any(v.upper() not in known for v in found) else ()))


def village_of(villages: Sequence[str], desa: str) -> str:
    """The office's spelling of a registered village name."""
    return next((v for v in villages if v.upper() == desa.upper()), OTHER_VILLAGE)


@dataclass(frozen=True, slots=True)
class LayananHari:
    """Working-day standard of one service (or of all, ``layanan`` empty): counts and net and gross working seconds, in order."""

    layanan: str
    tepat: int
    tepat_bersih: int
    kotor_s: tuple[float, ...]
    bersih_s: tuple[float, ...]

    @property
    def count(self) -> int:
        return len(self.kotor_s)


@dataclass(frozen=True, slots=True)
class Janji:
    """One finished service under a due moment."""

    layanan: str
    lengkap_at: datetime
    selesai_at: datetime
    batas_at: datetime
    jeda: tuple[tuple[datetime, datetime], ...] = ()

    def ukur(self, kantor: Kantor, holidays: frozenset[date], extra_open: frozenset[date]) -> tuple[float, float, bool, bool]:
        """(gross, net, in time, in time but for its pauses): working seconds from complete papers to the end."""
        def worked(first: datetime, last: datetime) -> float:
            return working_seconds_between(first, last, kantor, holidays, extra_open)

        gross = worked(self.lengkap_at, self.selesai_at)
        paused = sum(worked(max(b, self.lengkap_at), min(e, self.selesai_at)) for b, e in self.jeda)
        in_time = self.selesai_at <= self.batas_at
        return gross, max(0.0, gross - paused), in_time, in_time or worked(self.batas_at, self.selesai_at) <= paused


def day_standard(janji: Iterable[Janji], kantor: Kantor, holidays: frozenset[date],
                 extra_open: frozenset[date] = frozenset()) -> tuple[LayananHari, ...]:
    """All services first (when there is any), then each by its code."""
    sets: dict[str, list[tuple[float, float, bool, bool]]] = {}
    for one in janji:
        measured = one.ukur(kantor, holidays, extra_open)
        for key in ("", one.layanan):
            sets.setdefault(key, []).append(measured)
    return tuple(LayananHari(key, sum(m[2] for m in found), sum(m[3] for m in found), tuple(sorted(m[0] for m in found)),
                             tuple(sorted(m[1] for m in found))) for key, found in sorted(sets.items()))


def middle(values: Sequence[float]) -> float:
    """Median of sorted values; 0 of none."""
    n = len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2 if n else 0.0


def p90(values: Sequence[float]) -> float:
    """Nearest rank: the smallest value that nine tenths of the sorted ones do not exceed; 0 of none."""
    return values[(9 * len(values) + 9) // 10 - 1] if values else 0.0


def share(part: int, whole: int) -> float | None:
    """None where there is nothing to divide by."""
    return part / whole if whole else None


def change_text(kini: int, lalu: int) -> str:
    """Against the period before: ``+12``, ``-3``, ``tetap``."""
    step = kini - lalu
    return "tetap" if not step else f"{step:+d}".replace("-", "−")


def with_before(now: Sequence[Angka], before: Sequence[Angka]) -> tuple[Angka, ...]:
    """Each figure with the same one of the period before."""
    past = {a.kunci: a.kini for a in before}
    return tuple(replace(a, lalu=past.get(a.kunci, LP())) for a in now)


LETTER_NAMES: Mapping[str, str] = {
    "surat_pengantar": "Surat Pengantar", "surat_keterangan_perekaman": "Surat Keterangan Perekaman",
    "ba_pemusnahan": "Berita Acara Pemusnahan", "ba_kerusakan": "Berita Acara Kerusakan Perangkat",
    "ba_pemusnahan_data": "Berita Acara Pemusnahan Data",
}


def split_reasons(pairs: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """A return may name several reasons: each counts."""
    for text, count in pairs:
        for reason in text.split(",") if text else ("",):
            yield reason.strip(), count
