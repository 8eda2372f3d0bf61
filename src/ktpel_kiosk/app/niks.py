"""``ktpel-kiosk nik check``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.nik import NikReport, check_nik
from ktpel_kiosk.domain.wilayah import RegionTable, parse_region_table


@cache
def region_table() -> RegionTable:
    """The region table shipped with the kiosk."""
    folder = resources() / "wilayah"
    return parse_region_table(*((folder / name).read_text("utf-8") for name in ("wilayah.csv", "desa.csv")))


def check(nik: str, data: Path | None = None) -> NikReport:
    """The rules with the shipped region table and, where the office has one, its additions in ``<data>/wilayah.csv``."""
    from ktpel_kiosk.app.clock import SystemClock

    own = data / "wilayah.csv" if data is not None else None
    regions = region_table()
    if own is not None and own.is_file():
        shipped = ((resources() / "wilayah" / name).read_text("utf-8") for name in ("wilayah.csv", "desa.csv"))
        regions = parse_region_table(*shipped, own.read_text("utf-8"))
    return check_nik(nik, regions=regions, today=SystemClock().now().date())
