"""What a NIK says while it is typed."""

from __future__ import annotations

import pytest

from ktpel_kiosk.app.niks import region_table
from ktpel_kiosk.domain.nik import nik_so_far


@pytest.mark.parametrize(("digits", "said"), [
    ("", ""), ("3508", "12 angka lagi"), ("350805", "Tempeh, Lumajang · 10 angka lagi"),
    ("35080545", "Tempeh, Lumajang · perempuan, lahir tanggal 5 · 8 angka lagi"),
    ("350805170800001", "Tempeh, Lumajang · laki-laki, lahir tanggal 17 · 1 angka lagi"),
    ("35080500", "Tempeh, Lumajang · tanggal lahir tidak mungkin · 8 angka lagi"),
    ("35080599", "Tempeh, Lumajang · tanggal lahir tidak mungkin · 8 angka lagi"), ("000000", "wilayah tidak dikenal · 10 angka lagi"),
])
def test_parts(digits: str, said: str) -> None:
    assert nik_so_far(digits, region_table()) == said
