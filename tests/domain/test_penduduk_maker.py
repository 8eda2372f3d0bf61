"""The quick way to biodata gives what the careful way gives."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.biodata import BiodataInvalid, PendudukMaker, make_penduduk

GOOD: dict[str, object] = {
    "nik": "3508054502080001", "nama": "SITI CONTOH", "tempat_lahir": "LUMAJANG", "tanggal_lahir": "05-02-2008", "jenis_kelamin": "P",
    "golongan_darah": "4", "alamat": "DUSUN KRAJAN", "rt": "3", "rw": "7", "desa": "TEMPEH LOR", "kecamatan": "TEMPEH",
    "kabupaten": "LUMAJANG", "provinsi": "JAWA TIMUR", "agama": "1", "status_perkawinan": "1", "pekerjaan": "3",
    "no_kk": "3508050101150001", "kode_pos": "67371",
}
ODD = st.sampled_from(["", "0", "1", "999", "x", "31-02-2008", "01-01-2030", "WNA", "3508054502080001", "A" * 61, None, 1, True, 2.5,
                       date(1990, 1, 1)])
FIELDS = st.sampled_from([*GOOD, "kewarganegaraan", "berlaku_hingga", "lain"])


def outcome(make, values):
    try:
        return make(values)
    except BiodataInvalid as error:
        return error.problems


@given(st.lists(st.dictionaries(FIELDS, ODD, max_size=3), min_size=1, max_size=6))
def test_same_results_and_same_problems_however_often_values_repeat(changes):
    today = date(2026, 11, 20)
    maker = PendudukMaker(today)
    for change in [*changes, *changes]:
        values = {**GOOD, **change}
        assert outcome(maker.make, values) == outcome(lambda v: make_penduduk(today=today, **v), values)
