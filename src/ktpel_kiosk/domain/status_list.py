"""Rows of a status list as offices get it from their dinas: whom it speaks of, the status, since when. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.nik import normalise_nik
from ktpel_kiosk.domain.population_list import column_key
from ktpel_kiosk.domain.status import Status, status_of
from ktpel_kiosk.domain.text import parse_date

ALIASES: Mapping[str, tuple[str, ...]] = {
    "nik": ("NIK", "NO_NIK", "NOMOR_NIK", "NOMOR_INDUK_KEPENDUDUKAN"),
    "paket": ("NOMOR_PAKET", "NO_PAKET", "PAKET", "ID_PAKET", "PACKET_ID", "PACKET"),
    "register": ("NOMOR_REGISTER", "NO_REGISTER", "NO_REG", "REGISTER", "NOMOR_PERMOHONAN", "NO_PERMOHONAN", "NOMOR"),
    "status": ("STATUS", "STATUS_SIAK", "STATUS_EKTP", "STATUS_KTP_EL", "STATUS_KTP", "EKTP_STATUS", "STATUS_REKAM", "STATUS_PEREKAMAN",
               "STATUS_TERAKHIR"),
    "tanggal": ("TANGGAL", "TGL", "TANGGAL_STATUS", "TGL_STATUS", "WAKTU", "WAKTU_STATUS", "DATE", "LAST_UPDATE", "PER_TANGGAL"),
    "jam": ("JAM", "PUKUL"),
    "keterangan": ("KETERANGAN", "KET", "CATATAN", "ALASAN", "REASON"),
}
"""Field -> names a column may have; compared without case, blanks and punctuation."""
HEADER_LINES = 30
REASON_LIMIT = 200
WHO = ("nik", "paket", "register")
_FIELD_OF: Mapping[str, str] = {alias: field for field, names in ALIASES.items() for alias in names}
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d{2}")
_MOMENT = re.compile(r"(.+?)[ T,]+(\d{1,2})[:.](\d{2})(?:[:.]\d{2}(?:\.\d+)?)?(?: *(?:WIB|WITA|WIT))?")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.]\d{2}(?:\.\d+)?)?(?: *(?:WIB|WITA|WIT))?")
_FORMULA = ("=", "+", "-", "@")
_LOST = "NIK sudah diubah Excel menjadi angka sehingga tidak utuh lagi; simpan kolomnya sebagai teks."


class LineRefused(Exception):
    """One line that cannot be taken; the text says why, without personal data."""


@dataclass(frozen=True, slots=True)
class ListLine:
    """One good line. One of ``nik``, ``paket``, ``register`` is filled; ``clock`` is None where the list gives only the day."""

    nik: str
    paket: str
    register: str
    status: Status
    day: date
    clock: time | None
    reason: str


class ListReader:
    """Reads the lines below one header.

    Raises:
        BadInput: ``status.list_twice``: two columns for the same thing.
    """

    def __init__(self, header: Sequence[str], name: str, line: int) -> None:
        self._at: dict[str, int] = {}
        for index, title in enumerate(header):
            field = _FIELD_OF.get(column_key(title))
            if field in self._at:
                raise BadInput("status.list_twice", path=name, line=line, field=title.strip()[:40])
            if field is not None:
                self._at[field] = index
        self._width = len(header)

    def line(self, cells: Sequence[str]) -> ListLine:
        """Raises LineRefused."""
        if any(c.strip() for c in cells[self._width:]):
            raise LineRefused(f"Berisi {len(cells)} kolom, padahal judulnya {self._width}.")
        raw = {f: _clean(cells[i], f) if i < len(cells) else "" for f, i in self._at.items()}
        nik, paket, register = (raw.get(f, "") for f in WHO)
        if _SCIENTIFIC.fullmatch(nik):
            raise LineRefused(_LOST)
        if nik:
            nik = normalise_nik(nik)
            if not (len(nik) == 16 and nik.isascii() and nik.isdigit()):
                raise LineRefused("NIK bukan 16 angka.")
        if not (nik or paket or register):
            raise LineRefused("NIK, nomor register, dan nomor paket kosong.")
        day, clock = _moment(raw.get("tanggal", ""), raw.get("jam", ""))
        reason = raw.get("keterangan", "")[:REASON_LIMIT]
        return ListLine(nik, paket[:60], register[:60], _status(raw.get("status", "")), day, clock, reason)


def is_header(cells: Sequence[str]) -> bool:
    """The line names whom the list speaks of, a status and a date."""
    found = {_FIELD_OF.get(column_key(c)) for c in cells}
    return {"status", "tanggal"} <= found and bool(found & set(WHO))


def _clean(cell: str, field: str) -> str:
    """A cell without blanks around it and without the marks that keep a spreadsheet from counting. A formula is refused."""
    text = " ".join(cell.split())
    if text.startswith('="') and text.endswith('"') and len(text) > 3 and '"' not in text[2:-1]:
        text = text[2:-1]
    text = text.removeprefix("'").strip()
    if text != "-" and text.startswith(_FORMULA):
        raise LineRefused(f"Kolom {field} berisi rumus, bukan isi.")
    return "" if text == "-" else text


def _status(text: str) -> Status:
    if not text:
        raise LineRefused("Status kosong.")
    try:
        return status_of(text)
    except ValueError as error:
        raise LineRefused("Status tidak terbaca.") from error


def _moment(text: str, clock: str) -> tuple[date, time | None]:
    if not text:
        raise LineRefused("Tanggal kosong.")
    found = _MOMENT.fullmatch(text)
    try:
        day = parse_date(found[1] if found else text)
    except BadInput as error:
        raise LineRefused("Tanggal tidak terbaca; contoh: 12-03-2026.") from error
    hours = _CLOCK.fullmatch(clock) if clock else None
    if clock and hours is None:
        raise LineRefused("Jam tidak terbaca; tulis seperti 09.15.")
    at = (int(hours[1]), int(hours[2])) if hours else (int(found[2]), int(found[3])) if found else None
    try:
        return day, time(*at) if at is not None and (at != (0, 0) or hours) else None  # a spreadsheet's day is midnight
    except ValueError as error:
        raise LineRefused("Jam tidak terbaca; tulis seperti 09.15.") from error
