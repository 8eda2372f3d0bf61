"""The region table of a kiosk, and ``ktpel-kiosk nik check``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.nik import NikReport, check_nik
from ktpel_kiosk.domain.wilayah import HEADER, RegionTable, parse_region_table

OWN_FILE = "wilayah.csv"
"""In the office folder: regions the shipped table lacks or names differently, in the same form."""
MAX_OWN_BYTES = 8_000_000


@cache
def region_table() -> RegionTable:
    """The region table shipped with the kiosk; villages of a province are read when first asked for."""
    return parse_region_table(shipped_text(), village_text=village_text)


def office_regions(data: Path) -> RegionTable:
    """The shipped table with the office's additions in ``<data>/wilayah.csv``.

    Raises:
        BadInput: ``wilayah.own_format`` with the line, ``wilayah.own_unreadable``.
    """
    path = data / OWN_FILE
    if not path.is_file():
        return region_table()
    return parse_region_table(shipped_text(), _own_text(path), village_text=village_text)


def check_own_regions(data: Path) -> None:
    """Refuse a broken ``<data>/wilayah.csv`` before the kiosk starts. Raises as :func:`office_regions`."""
    if (data / OWN_FILE).is_file():
        _own_text(data / OWN_FILE)


def check(nik: str, data: Path | None = None) -> NikReport:
    """The rules with the shipped region table and, where the office has one, its additions in ``<data>/wilayah.csv``."""
    from ktpel_kiosk.app.clock import SystemClock

    regions = office_regions(data) if data is not None else region_table()
    return check_nik(nik, regions=regions, today=SystemClock().now().date())


def shipped_text() -> str:
    return (resources() / "wilayah" / "wilayah.csv").read_text("utf-8")


def village_text(province: str) -> str:
    path = resources() / "wilayah" / "desa" / f"{province}.csv"
    return path.read_text("utf-8") if path.is_file() else ""


def _own_text(path: Path) -> str:
    """The office's file, proved to be readable on its own so that a mistake is named by its line in that file."""
    try:
        if path.stat().st_size > MAX_OWN_BYTES:
            raise BadInput("wilayah.own_unreadable", path=str(path), reason="terlalu besar")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("wilayah.own_unreadable", path=str(path), reason="bukan teks UTF-8") from error
    try:
        parse_region_table(text)
    except BadInput as error:
        raise BadInput("wilayah.own_format", path=str(path), line=error.facts.get("line"), expected=HEADER) from error
    return text
