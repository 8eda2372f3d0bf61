"""``ktpel-kiosk nik check``."""

from __future__ import annotations

from functools import cache

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.nik import NikReport, check_nik
from ktpel_kiosk.domain.wilayah import RegionTable, parse_region_table


@cache
def region_table() -> RegionTable:
    """The region table shipped with the kiosk."""
    folder = resources() / "wilayah"
    return parse_region_table(*((folder / name).read_text("utf-8") for name in ("wilayah.csv", "desa.csv")))


def check(nik: str) -> NikReport:
    from ktpel_kiosk.app.clock import SystemClock
    return check_nik(nik, regions=region_table(), today=SystemClock().now().date())
