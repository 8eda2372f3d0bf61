"""Rows of a population list as SIAK and its sisters export them, to validated residents.

Columns are found by name, in any order: SIAK's (NIK, NAMA_LGKP, TGL_LHR ...), those of a Buku Induk Penduduk (Nama, TTL, JK, Stat Rkm
...) and plain words (DOMAIN.md 3.2). Code lists may hold the code or the word. Nothing is mended that could be something else:
a NIK that a spreadsheet turned into a number has lost digits and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.biodata import FIELD_LABELS, BiodataInvalid, PendudukMaker
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.population import PopulationEntry
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.domain.text import parse_date
from ktpel_kiosk.domain.wilayah import RegionTable, plain_code

ALIASES: Mapping[str, tuple[str, ...]] = {
    "nik": ("NIK", "NO_NIK", "NOMOR_INDUK_KEPENDUDUKAN"), "no_kk": ("NO_KK", "NOMOR_KK", "NKK", "KK"),
    "nama": ("NAMA_LGKP", "NAMA", "NAMA_LENGKAP"), "tempat_lahir": ("TMPT_LHR", "TEMPAT_LAHIR", "TEMPAT_LHR"),
    "tanggal_lahir": ("TGL_LHR", "TANGGAL_LAHIR", "TGL_LAHIR"), "ttl": ("TTL", "TEMPAT_TANGGAL_LAHIR", "TEMPAT_TGL_LAHIR"),
    "jenis_kelamin": ("JENIS_KLMIN", "JK", "JENIS_KELAMIN", "L_P", "SEX"),
    "golongan_darah": ("GOL_DRH", "GOLONGAN_DARAH", "GOL_DARAH"), "agama": ("AGAMA",),
    "status_perkawinan": ("STAT_KWN", "STATUS_KAWIN", "STATUS_PERKAWINAN", "STATUS_KWN"),
    "pekerjaan": ("JENIS_PKRJN", "PEKERJAAN", "JENIS_PEKERJAAN"), "alamat": ("ALAMAT",), "rt": ("NO_RT", "RT"), "rw": ("NO_RW", "RW"),
    "dusun": ("DUSUN", "NAMA_DUSUN"), "kode_prop": ("NO_PROP", "KODE_PROP"), "kode_kab": ("NO_KAB", "KODE_KAB"),
    "kode_kec": ("NO_KEC", "KODE_KEC"), "kode_kel": ("NO_KEL", "KODE_KEL", "KODE_DESA", "KODE_WILAYAH"),
    "provinsi": ("NAMA_PROP", "PROVINSI"), "kabupaten": ("NAMA_KAB", "KABUPATEN", "KAB_KOTA"), "kecamatan": ("NAMA_KEC", "KECAMATAN"),
    "desa": ("NAMA_KEL", "DESA", "KELURAHAN", "DESA_KELURAHAN", "KEL_DESA", "DESA_KEL"), "kode_pos": ("KODE_POS", "KODEPOS"),
    "ektp_status": ("EKTP_STATUS", "STAT_RKM", "STATUS_REKAM", "STATUS_EKTP"), "kewarganegaraan": ("KEWARGANEGARAAN", "WARGA_NEGARA"),
    "berlaku_hingga": ("BERLAKU_HINGGA", "TGL_AKH_ITAP"),
}
"""Field -> names a column may have; compared without case, blanks and punctuation."""

HEADER_LINES = 30
_NEEDED: tuple[tuple[str, ...], ...] = (
    ("nik",), ("nama",), ("tempat_lahir", "ttl"), ("tanggal_lahir", "ttl"), ("jenis_kelamin",), ("agama",), ("status_perkawinan",),
    ("pekerjaan",), ("desa", "kode_kel"),
)
_PLACES = ("desa", "kecamatan", "kabupaten", "provinsi")
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d{2}")
_SERIAL = re.compile(r"\d{3,5}")
_TTL = re.compile(r"(.*\S)\s*[,/]\s*(\S+(?: \S+ \S+)?)")
_SPELLINGS: Mapping[str, Mapping[str, int]] = {
    "agama": {"KATOLIK": 3, "KRISTEN PROTESTAN": 2, "PROTESTAN": 2, "BUDDHA": 5, "KONGHUCU": 6, "KHONG HUCU": 6, "KEPERCAYAAN": 7,
              "KEPERCAYAAN TERHADAP TUHAN YANG MAHA ESA": 7, "PENGHAYAT KEPERCAYAAN": 7},
    "status_perkawinan": {"KAWIN TERCATAT": 2, "KAWIN BELUM TERCATAT": 2, "KAWIN TIDAK TERCATAT": 2, "CERAI HIDUP TERCATAT": 3,
                          "CERAI HIDUP BELUM TERCATAT": 3, "CERAI MATI TERCATAT": 4, "CERAI MATI BELUM TERCATAT": 4},
    "golongan_darah": {"": 13, "-": 13, "TDK TH": 13, "TIDAKTAHU": 13, "TIDAK DIKETAHUI": 13},
    "pekerjaan": {"PNS": 5, "PEGAWAI NEGERI SIPIL": 5, "TNI": 6, "POLRI": 7, "IBU RUMAH TANGGA": 2, "PELAJAR": 3, "MAHASISWA": 3,
                  "TIDAK BEKERJA": 1, "BELUM BEKERJA": 1, "PETANI": 9, "PEKEBUN": 9, "NELAYAN": 11},
}
_EXCEL_ZERO = date(1899, 12, 30)
_LOST = "{} sudah diubah Excel menjadi angka ({}) sehingga tidak utuh lagi. Ambil lagi dari SIAK dengan kolom bertipe teks."


def column_key(name: str) -> str:
    """``No. Kel`` -> ``NO_KEL``."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


_FIELD_OF: Mapping[str, str] = {column_key(alias): field for field, names in ALIASES.items() for alias in names}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one line is not taken: ``column`` as the file names it."""

    line: int
    column: str
    reason: str


class RowRefused(Exception):
    """One line that cannot become a resident; ``problems``: (column, reason) of every wrong cell."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(str(len(problems)))
        self.problems = problems


def is_header(cells: Sequence[str]) -> bool:
    """The line names columns, a NIK among them."""
    found = [_FIELD_OF.get(column_key(c)) for c in cells]
    return "nik" in found and sum(f is not None for f in found) >= 3


class RowReader:
    """Turns the lines below one header into residents; keeps what repeats, so one reader per file. Not thread-safe.

    Args:
        header: the cells of the line that names the columns. line: its number, for errors.
        village: the village of all rows, where the file has no column for it.

    Raises:
        BadInput: ``population.column_twice``, ``population.columns`` naming what is missing.
    """

    def __init__(self, header: Sequence[str], line: int, *, kantor: Kantor, regions: RegionTable, today: date, village: str = "") -> None:
        self.at: dict[str, int] = {}
        self.titles: dict[str, str] = {}
        self.unused: tuple[str, ...] = tuple(c for c in header if c.strip() and column_key(c) not in _FIELD_OF)
        for index, title in enumerate(header):
            field = _FIELD_OF.get(column_key(title))
            if field is None:
                continue
            if field in self.at:
                raise BadInput("population.column_twice", field=title[:40], line=line)
            self.at[field], self.titles[field] = index, title.strip()
        self.width = len(header)
        self._kantor, self._regions, self._village = kantor, regions, " ".join(village.upper().split())
        self._maker = PendudukMaker(today)
        self._places: dict[tuple[str, ...], dict[str, str] | str] = {}
        self._words: dict[str, dict[str, object]] = {name: {} for name in _SPELLINGS}
        self._status = lru_cache(2000)(_status)
        self._date = lru_cache(50_000)(_date)

    def check_columns(self, name: str) -> None:
        """Raise when a needed column is missing; ``name`` of the file."""
        needed = [n for n in _NEEDED if not (self._village and "desa" in n)]
        missing = [ALIASES[n[0]][0] for n in needed if not any(f in self.at for f in n)]
        if missing:
            raise BadInput("population.columns", path=name, field=", ".join(missing), expected=", ".join(ALIASES[n[0]][0] for n in _NEEDED))

    def entry(self, cells: Sequence[str]) -> PopulationEntry:
        """The resident of one line. Raises RowRefused."""
        if len(cells) > self.width and any(c.strip() for c in cells[self.width:]):
            raise RowRefused((("-", f"Baris berisi {len(cells)} kolom, padahal judulnya {self.width}; mungkin ada pemisah di dalam isi."),))
        raw = {f: _clean(cells[i]) if i < len(cells) else "" for f, i in self.at.items()}
        values, wrong = self._values(raw)
        if not wrong:
            try:
                person = self._maker.make(values)
                return PopulationEntry(person, self._status(raw.get("ektp_status", "")), raw.get("dusun", "").upper()[:60])
            except BiodataInvalid as error:
                wrong = [(self._title(p.field), p.text) for p in error.problems]
        raise RowRefused(tuple(wrong))

    def _values(self, raw: Mapping[str, str]) -> tuple[dict[str, object], list[tuple[str, str]]]:
        wrong: list[tuple[str, str]] = []
        for field in ("nik", "no_kk"):
            if _SCIENTIFIC.fullmatch(raw.get(field, "")):
                wrong.append((self._title(field), _LOST.format(FIELD_LABELS[field], raw[field])))
        values: dict[str, object] = {
            "nik": raw["nik"], "no_kk": raw.get("no_kk", ""), "nama": raw["nama"], "rt": raw.get("rt", ""), "rw": raw.get("rw", ""),
            "jenis_kelamin": raw["jenis_kelamin"], "kode_pos": _postcode(raw.get("kode_pos", "")),
            "alamat": raw.get("alamat") or (f"DUSUN {raw['dusun']}" if raw.get("dusun") else "-"),
            "kewarganegaraan": {"1": "WNI", "2": "WNA", "": "WNI"}.get(raw.get("kewarganegaraan", ""), raw.get("kewarganegaraan", "")),
            "berlaku_hingga": self._date(raw.get("berlaku_hingga", "")),
        }
        for field in _SPELLINGS:
            values[field] = self._code(field, raw.get(field, ""))
        values["tempat_lahir"], values["tanggal_lahir"] = self._birth(raw)
        places = self._place(raw)
        if isinstance(places, str):
            wrong.append((self._title("kode_kel" if "kode_kel" in self.at else "desa"), places))
        else:
            values |= places
        return values, wrong

    def _title(self, field: str) -> str:
        if field in ("tempat_lahir", "tanggal_lahir") and field not in self.titles:
            field = "ttl"
        return self.titles.get(field) or FIELD_LABELS.get(field, field)

    def _birth(self, raw: Mapping[str, str]) -> tuple[str, object]:
        place, born = raw.get("tempat_lahir", ""), raw.get("tanggal_lahir", "")
        if "ttl" in raw and not (place and born) and (m := _TTL.fullmatch(raw["ttl"])):
            place, born = place or m[1], born or m[2]
        return place, self._date(born)

    def _code(self, field: str, text: str) -> object:
        """The code of a word in any usual spelling; unknown text stays, for the rule to refuse."""
        known = self._words[field]
        if text not in known:
            word = re.sub(r"\s*/\s*", "/", " ".join(text.upper().split()))
            spelled = {re.sub(r"\s*/\s*", "/", label): code for code, label in codes.code_list(field)}
            code = spelled.get(word, _SPELLINGS[field].get(word))
            if len(known) > 2000:
                known.clear()
            known[text] = text if code is None else code
        return known[text]

    def _place(self, raw: Mapping[str, str]) -> dict[str, str] | str:
        """Village, district, regency and province of a row, or why they are not known."""
        key = tuple(raw.get(f, "") for f in ("kode_prop", "kode_kab", "kode_kec", "kode_kel", *_PLACES))
        if key not in self._places:
            if len(self._places) > 20_000:
                self._places.clear()
            self._places[key] = self._find_place(raw, key)
        return self._places[key]

    def _find_place(self, raw: Mapping[str, str], key: tuple[str, ...]) -> dict[str, str] | str:
        office = self._kantor
        named = {f: raw.get(f, "") for f in _PLACES}
        code = _village_code(key[:4], plain_code(office.kode_wilayah))
        if code is None:
            return "Kode wilayah harus angka: NO_PROP 2, NO_KAB 2, NO_KEC 2, NO_KEL 4 angka."
        regions = self._regions
        if code:
            named["desa"] = named["desa"] or regions.village(code).upper()
            if not named["desa"]:
                return f"Kode desa {code} tidak ada dalam daftar wilayah; periksa kodenya atau tambahkan ke wilayah.csv kantor."
            named["kecamatan"] = named["kecamatan"] or regions.district(code).upper()
            named["kabupaten"] = named["kabupaten"] or regions.regency_short(code).upper()
            named["provinsi"] = named["provinsi"] or regions.province(code).upper()
        named["desa"] = named["desa"] or self._village
        for field, own in (("kecamatan", office.kecamatan), ("kabupaten", office.kabupaten), ("provinsi", office.provinsi)):
            named[field] = (named[field] or own).upper()
        named["kabupaten"] = named["kabupaten"].removeprefix("KABUPATEN ").removeprefix("KAB. ")
        return named


def _clean(cell: str) -> str:
    """A cell without blanks around it and without the marks that keep a spreadsheet from counting (``'350…``, ``="350…"``)."""
    text = cell.strip()
    if not text or text[0] not in "='":
        return text
    if text.startswith('="') and text.endswith('"') and len(text) > 3:
        text = text[2:-1]
    return text[1:].strip() if text.startswith("'") else text


def _date(text: str) -> object:
    """A date, or the text itself for the rule to refuse; five digits count days as Excel does."""
    if not text:
        return ""
    if _SERIAL.fullmatch(text) and int(text) > 366:
        return _EXCEL_ZERO + timedelta(days=int(text))
    bare = re.sub(r"[ T]00:00(:00(\.0+)?)?$", "", text)
    try:
        return parse_date(bare)
    except BadInput:
        return text


def _postcode(text: str) -> str:
    return "" if text in ("0", "00000", "-") else text


def _status(text: str) -> str:
    return " ".join(re.sub(r"[^A-Z0-9 /-]", " ", text.upper().replace("_", " ")).split())[:40]


def _village_code(parts: Sequence[str], office: str) -> str | None:
    """Ten digits of the village, empty where the file has no code for it, None when what it has is no code."""
    prop, kab, kec, kel = (plain_code(p) for p in parts)
    if not kel:
        return ""
    if not all(p == "" or (p.isascii() and p.isdigit()) for p in (prop, kab, kec, kel)):
        return None
    if len(kel) == 10:
        return kel
    if len(kel) > 4 or len(prop) > 2 or len(kab) > 2 or len(kec) > 2:
        return None
    prop, kab, kec = prop.zfill(2) if prop else office[:2], kab.zfill(2) if kab else office[2:4], kec.zfill(2) if kec else office[4:6]
    return prop + kab + kec + kel.zfill(4)
