"""Making, checking and storing the biodata of a resident; age and what it allows.

Every value from outside (typed, imported, looked up) becomes a :class:`Penduduk` through :func:`make_penduduk`, which names all
wrong fields at once. Rules: Permendagri 73/2022 (names), DOMAIN.md 3.1-3.3 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date

from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.nik import ERROR, INFO, check_no_kk, normalise_nik, normalise_no_kk, structural_issues
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.text import parse_date

RECORDING_AGE = 16
CARD_AGE = 17
NAME_LENGTH = 60
ADDRESS_LENGTH = 120
OLDEST_YEARS = 130
LIFELONG = "SEUMUR HIDUP"

FIELD_LABELS: dict[str, str] = {
    "nik": "NIK", "no_kk": "Nomor KK", "nama": "Nama lengkap", "tempat_lahir": "Tempat lahir", "tanggal_lahir": "Tanggal lahir",
    "jenis_kelamin": "Jenis kelamin", "golongan_darah": "Golongan darah", "alamat": "Alamat", "rt": "RT", "rw": "RW",
    "desa": "Desa/kelurahan", "kecamatan": "Kecamatan", "kabupaten": "Kabupaten/kota", "provinsi": "Provinsi", "agama": "Agama",
    "status_perkawinan": "Status perkawinan", "pekerjaan": "Pekerjaan", "kewarganegaraan": "Kewarganegaraan",
    "berlaku_hingga": "Berlaku hingga", "kode_pos": "Kode pos",
}
_OPTIONAL: dict[str, object] = {"no_kk": "", "kewarganegaraan": "WNI", "berlaku_hingga": "", "kode_pos": "", "rt": "", "rw": ""}
_NAME = re.compile(r"[A-Z'.,\- ]+")
_PLACE = re.compile(r"[A-Z0-9'.,\-/() ]+")
_ADDRESS = re.compile(r"[A-Z0-9'\".,\-/()#:&+ ]+")
_SEX_WORDS: dict[JenisKelamin, tuple[object, ...]] = {
    JenisKelamin.LAKI_LAKI: ("L", "LAKI-LAKI", "LK", "1", 1), JenisKelamin.PEREMPUAN: ("P", "PEREMPUAN", "PR", "2", 2),
}
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"})


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong (ERROR) or noteworthy (INFO) field, with the sentence shown beside it."""

    field: str
    rule: str
    text: str
    level: str = ERROR


class BiodataInvalid(BadInput):
    """Biodata that cannot become a Penduduk; ``problems`` lists every wrong field. Facts: first field, count."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        first = problems[0].field
        super().__init__("biodata.invalid", field=first[:40], key=FIELD_LABELS.get(first, first[:40]), count=len(problems))
        self.problems = problems


class _Wrong(Exception):
    """Internal: rule and sentence of one refused value."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(rule)
        self.rule, self.text = rule, text


def make_penduduk(*, today: date | None = None, override: frozenset[str] = frozenset(), **values: object) -> Penduduk:
    """Validated, normalised biodata from field values as typed, imported or read from JSON.

    Dates may be ``date`` or text, code-list fields a code, its digits or its text, sex ``L``/``P`` or the word.

    Args:
        today: the office's date; without it nothing is checked against the present.
        override: rules a supervisor let pass with a reason; only ``N03`` of a day or month zero can be.

    Raises:
        BiodataInvalid: naming every wrong field.
    """
    clean, problems = _check_all(values, today, override)
    if problems:
        raise BiodataInvalid(tuple(problems))
    return Penduduk(**clean)  # type: ignore[arg-type]


_KEPT = frozenset({str, int, date})
"""Types whose values are told apart as keys; a bool would be taken for a number."""


class PendudukMaker:
    """:func:`make_penduduk` for very many rows of text: the same rules, results and errors, but a value that comes again in the same
    field (a village, a religion, a family card) is checked once. Not thread-safe.
    """

    MEMO = 20_000

    def __init__(self, today: date | None = None) -> None:
        self._today = today
        self._memo: dict[str, dict[object, object]] = {name: {} for name in _CHECKS if name not in ("nik", "nama")}

    def make(self, values: Mapping[str, object]) -> Penduduk:
        """Raises BiodataInvalid naming every wrong field."""
        clean: dict[str, object] = {}
        problems = [FieldProblem(name, "unknown", f"Isian '{name[:40]}' tidak dikenal.") for name in values if name not in _CHECKS]
        for name, check in _CHECKS.items():
            value = values.get(name, _OPTIONAL.get(name))
            memo = self._memo.get(name)
            known = memo.get(value) if memo is not None and type(value) in _KEPT else None
            if known is None:
                try:
                    known = check(value, self._today)
                except _Wrong as wrong:
                    problems.append(FieldProblem(name, wrong.rule, wrong.text))
                    continue
                if memo is not None and type(value) in _KEPT:
                    if len(memo) >= self.MEMO:
                        memo.clear()
                    memo[value] = known
            clean[name] = known
        problems += _together(clean)
        if problems:
            raise BiodataInvalid(tuple(problems))
        return Penduduk(**clean)  # type: ignore[arg-type]


def problems_of(*, today: date | None = None, **values: object) -> tuple[FieldProblem, ...]:
    """What :func:`make_penduduk` would refuse; for checking a whole form while it is filled."""
    return tuple(_check_all(values, today, frozenset())[1])


def check_field(name: str, value: object, *, today: date | None = None) -> FieldProblem | None:
    """What is wrong with one field on its own; None when it is fine."""
    try:
        _CHECKS[name](value, today)
    except _Wrong as wrong:
        return FieldProblem(name, wrong.rule, wrong.text)
    return None


def notes_on(penduduk: Penduduk) -> tuple[FieldProblem, ...]:
    """What is accepted but worth a second look (INFO)."""
    if " " not in penduduk.nama:
        text = "Nama hanya satu kata. Nama lama satu kata tetap sah; cocokkan dengan Kartu Keluarga."
        return (FieldProblem("nama", "one_word", text, INFO),)
    return ()


def _check_all(values: Mapping[str, object], today: date | None,
               override: frozenset[str]) -> tuple[dict[str, object], list[FieldProblem]]:
    clean: dict[str, object] = {}
    problems = [FieldProblem(name, "unknown", f"Isian '{name[:40]}' tidak dikenal.") for name in values if name not in _CHECKS]
    for name, check in _CHECKS.items():
        value = values.get(name, _OPTIONAL.get(name))
        try:
            clean[name] = _nik(value, override) if name == "nik" else check(value, today)
        except _Wrong as wrong:
            problems.append(FieldProblem(name, wrong.rule, wrong.text))
    problems += _together(clean)
    return clean, problems


def _together(clean: dict[str, object]) -> list[FieldProblem]:
    """Rules over more than one field."""
    found = []
    no_kk, nik = clean.get("no_kk"), clean.get("nik")
    if no_kk and no_kk == nik:
        found.append(FieldProblem("no_kk", "K02", "Nomor KK sama dengan NIK. Nomor KK ada di bagian atas Kartu Keluarga."))
    if "kewarganegaraan" in clean and "berlaku_hingga" in clean:
        lifelong = clean["berlaku_hingga"] in ("", LIFELONG)
        if clean["kewarganegaraan"] == "WNI":
            if not lifelong:
                found.append(FieldProblem("berlaku_hingga", "wni_lifelong", "KTP-el WNI berlaku SEUMUR HIDUP."))
            clean["berlaku_hingga"] = LIFELONG
        elif lifelong:
            text = "Untuk orang asing isi tanggal akhir izin tinggal tetap (ITAP)."
            found.append(FieldProblem("berlaku_hingga", "oa_date", text))
    return found


def _plain(value: object, label: str, limit: int, pattern: re.Pattern[str], allowed: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong("empty", f"{label} belum diisi.")
    text = " ".join(value.translate(_QUOTES).upper().split())
    if len(text) > limit:
        raise _Wrong("length", f"{label} paling banyak {limit} huruf; ini {len(text)}.")
    if not pattern.fullmatch(text):
        strange = "".join(sorted({c for c in text if not pattern.fullmatch(c)}))
        shown = strange[:10] if strange.isprintable() else "tanda yang tidak terlihat"
        raise _Wrong("characters", f"{label} hanya boleh berisi {allowed}. Yang tidak bisa dipakai: {shown}")
    if not any(c.isalpha() for c in text) and pattern is not _ADDRESS:
        raise _Wrong("letters", f"{label} harus berisi huruf.")
    return text


def _name_check(field: str) -> Callable[[object, date | None], object]:
    def check(value: object, today: date | None) -> object:
        return _plain(value, FIELD_LABELS[field], NAME_LENGTH, _NAME, "huruf A-Z, spasi, petik ('), titik, koma dan tanda hubung")
    return check


def _place_check(field: str) -> Callable[[object, date | None], object]:
    def check(value: object, today: date | None) -> object:
        return _plain(value, FIELD_LABELS[field], NAME_LENGTH, _PLACE, "huruf, angka, spasi dan tanda baca biasa")
    return check


def _address(value: object, today: date | None) -> object:
    return _plain(value, "Alamat", ADDRESS_LENGTH, _ADDRESS, "huruf, angka, spasi dan tanda baca biasa")


def _code_check(field: str) -> Callable[[object, date | None], object]:
    listed = codes.code_list(field)

    def check(value: object, today: date | None) -> object:
        if value is None or (isinstance(value, str) and not value.strip()):
            raise _Wrong("empty", f"{FIELD_LABELS[field]} belum dipilih.")
        code = listed.code_of(value) if isinstance(value, str) else value
        if isinstance(code, bool) or not isinstance(code, int) or code not in listed:
            raise _Wrong("code", f"{FIELD_LABELS[field]} tidak ada dalam daftar kode SIAK.")
        return code
    return check


def _number_check(field: str) -> Callable[[object, date | None], object]:
    def check(value: object, today: date | None) -> object:
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        text = "0" if text in ("", "-") else text
        if not (text.isascii() and text.isdigit()) or len(text.lstrip("0")) > 3:
            raise _Wrong("digits", f"{FIELD_LABELS[field]} berisi paling banyak tiga angka; isi 000 bila tidak ada.")
        return f"{int(text):03d}"
    return check


def _nik(value: object, override: frozenset[str]) -> str:
    text = normalise_nik(value) if isinstance(value, str) else ""
    if not text:
        raise _Wrong("empty", "NIK belum diisi.")
    broken = [i for i in structural_issues(text) if not (i.overridable and i.rule in override)]
    if broken:
        raise _Wrong(broken[0].rule, broken[0].text)
    return text


def _no_kk(value: object, today: date | None) -> object:
    text = normalise_no_kk(value) if isinstance(value, str) else ""
    broken = [i for i in check_no_kk(text) if i.level == ERROR] if text else []
    if broken:
        raise _Wrong(broken[0].rule, broken[0].text)
    return text


def _as_date(value: object, label: str) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str) or not value.strip():
        raise _Wrong("empty", f"{label} belum diisi.")
    try:
        return parse_date(value)
    except BadInput as error:
        raise _Wrong("date", f"{label} bukan tanggal yang ada. Tulis seperti 05-02-2008.") from error


def _born(value: object, today: date | None) -> object:
    born = _as_date(value, "Tanggal lahir")
    if today is not None and born > today:
        raise _Wrong("future", "Tanggal lahir belum terjadi. Periksa tahunnya.")
    if today is not None and today.year - born.year > OLDEST_YEARS:
        raise _Wrong("too_old", f"Tanggal lahir lebih dari {OLDEST_YEARS} tahun yang lalu. Periksa tahunnya.")
    return born


def _sex(value: object, today: date | None) -> object:
    word = value.strip().upper() if isinstance(value, str) else value
    for sex, forms in _SEX_WORDS.items():
        if word in forms and not isinstance(word, bool):
            return sex
    raise _Wrong("sex", "Jenis kelamin belum dipilih: laki-laki atau perempuan.")


def _citizenship(value: object, today: date | None) -> object:
    text = _plain(value, "Kewarganegaraan", NAME_LENGTH, _NAME, "huruf A-Z dan spasi")
    return "WNI" if text in ("INDONESIA", "WARGA NEGARA INDONESIA") else str(text)


def _valid_until(value: object, today: date | None) -> object:
    if isinstance(value, str) and " ".join(value.upper().split()) in ("", LIFELONG):
        return LIFELONG if value.strip() else ""
    return _as_date(value, "Berlaku hingga").isoformat()


def _postcode(value: object, today: date | None) -> object:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else "?"
    if text and not re.fullmatch(r"[1-9]\d{4}", text, re.ASCII):
        raise _Wrong("digits", "Kode pos terdiri dari lima angka, atau kosongkan.")
    return text


_CHECKS: dict[str, Callable[[object, date | None], object]] = {
    "nik": lambda value, today: _nik(value, frozenset()), "nama": _name_check("nama"),
    "tempat_lahir": _place_check("tempat_lahir"), "tanggal_lahir": _born, "jenis_kelamin": _sex,
    "golongan_darah": _code_check("golongan_darah"), "alamat": _address, "rt": _number_check("rt"), "rw": _number_check("rw"),
    "desa": _place_check("desa"), "kecamatan": _place_check("kecamatan"), "kabupaten": _place_check("kabupaten"),
    "provinsi": _place_check("provinsi"), "agama": _code_check("agama"), "status_perkawinan": _code_check("status_perkawinan"),
    "pekerjaan": _code_check("pekerjaan"), "no_kk": _no_kk, "kewarganegaraan": _citizenship, "berlaku_hingga": _valid_until,
    "kode_pos": _postcode,
}


def penduduk_to_dict(penduduk: Penduduk) -> dict[str, str | int]:
    """JSON-safe form: dates as ISO text, sex as ``L``/``P``, codes as numbers. Exact inverse of :func:`penduduk_from_dict`."""
    out: dict[str, str | int] = {}
    for f in fields(Penduduk):
        value = getattr(penduduk, f.name)
        out[f.name] = value.isoformat() if isinstance(value, date) else value if isinstance(value, int) else str(value)
    return out


def penduduk_from_dict(data: Mapping[str, object]) -> Penduduk:
    """Our own stored form back, unchanged: types are checked, today's rules are not, so that old rows stay readable.

    For data from outside use :func:`make_penduduk` with the same keys.

    Raises:
        BadInput: ``biodata.stored`` with the field that is missing, unknown or of the wrong type.
    """
    known = {f.name: str(f.type) for f in fields(Penduduk)}
    strange = [k for k in data if k not in known] or [k for k in known if k not in data]
    if strange:
        raise BadInput("biodata.stored", field=str(strange[0])[:40])
    values: dict[str, object] = {}
    for name, kind in known.items():
        try:
            values[name] = _stored(data[name], kind)
        except (TypeError, ValueError) as error:
            raise BadInput("biodata.stored", field=name) from error
    return Penduduk(**values)  # type: ignore[arg-type]


def _stored(value: object, kind: str) -> object:
    if kind == "int":
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(kind)
        return value
    if not isinstance(value, str):
        raise TypeError(kind)
    if kind == "date":
        return date.fromisoformat(value)
    return JenisKelamin(value) if kind == "JenisKelamin" else value


def birthday_in(born: date, year: int) -> date:
    """The birthday in ``year``; born on 29 February counts on 1 March in other years."""
    if (born.month, born.day) == (2, 29):
        try:
            return date(year, 2, 29)
        except ValueError:
            return date(year, 3, 1)
    return born.replace(year=year)


def age_at(born: date, on: date) -> int:
    """Completed years; negative for a date before birth."""
    return on.year - born.year - (on < birthday_in(born, on.year))


def ever_married(status_perkawinan: int) -> bool:
    return status_perkawinan in codes.MARRIED_OR_EVER


def may_record(born: date, status_perkawinan: int, on: date) -> bool:
    """Biometric recording: from 16 (pemula), or whoever must already hold a card."""
    return age_at(born, on) >= RECORDING_AGE or may_have_card(born, status_perkawinan, on)


def may_have_card(born: date, status_perkawinan: int, on: date) -> bool:
    """A card may be printed: 17, married or ever married (UU 24/2013 Ps 63(1))."""
    return age_at(born, on) >= CARD_AGE or ever_married(status_perkawinan)


def card_from(born: date, status_perkawinan: int, on: date) -> date:
    """First day a card may be printed: ``on`` itself when allowed already, else the 17th birthday."""
    return on if may_have_card(born, status_perkawinan, on) else birthday_in(born, born.year + CARD_AGE)
