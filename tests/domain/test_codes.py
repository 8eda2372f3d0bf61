"""SIAK code lists."""

from __future__ import annotations

import pytest

from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.errors import BadInput


def test_sizes_and_landmarks() -> None:
    assert {name: len(items) for name, items in codes.LISTS.items()} == {
        "jenis_kelamin": 2, "kewarganegaraan": 2, "golongan_darah": 13, "agama": 7, "status_perkawinan": 4, "shdk": 11,
        "pendidikan_kk": 10, "penyandang_cacat": 7, "pekerjaan": 89,
    }
    for code, label in ((1, "BELUM/TIDAK BEKERJA"), (3, "PELAJAR/MAHASISWA"), (13, "KONSTRUKSI"), (14, "TRANSPORTASI"),
                        (21, "BURUH NELAYAN/PERIKANAN"), (37, "TABIB"), (38, "PARAJI"), (47, "PROMOTOR ACARA"),
                        (55, "DUTA BESAR"), (63, "ANGGOTA DPRD KABUPATEN/KOTA"),
                        (75, "APOTEKER"), (86, "KEPALA DESA"), (88, "WIRASWASTA"), (89, "LAINNYA")):
        assert codes.text("pekerjaan", code) == label
    assert codes.text("agama", 3) == "KATHOLIK"
    assert codes.text("shdk", 7) == "ORANGTUA"


def test_the_card_prints_a_dash_for_unknown_blood() -> None:
    assert codes.text("golongan_darah", 13) == "TIDAK TAHU"
    assert codes.card_text("golongan_darah", 13) == "-"
    assert codes.card_text("golongan_darah", 4) == "O"
    assert codes.card_text("agama", 7) == "KEPERCAYAAN TERHADAP TUHAN YME"
    assert (codes.religion_label(7), codes.religion_label(1)) == ("Kepercayaan", "Agama")


def test_unknown_codes_and_lists() -> None:
    with pytest.raises(BadInput, match=r"codes\.unknown"):
        codes.text("agama", 8)
    with pytest.raises(BadInput, match=r"codes\.list"):
        codes.text("warna", 1)


def test_codes_back_from_text() -> None:
    assert codes.PEKERJAAN.code_of("pelajar/mahasiswa") == 3
    assert codes.PEKERJAAN.code_of(" 15 ") == 15
    assert codes.GOLONGAN_DARAH.code_of("-") == 13
    assert codes.GOLONGAN_DARAH.code_of("AB+") == 9
    assert codes.AGAMA.code_of("") is None
    assert codes.AGAMA.code_of("99") is None
    for listed in codes.LISTS.values():
        assert all(listed.code_of(label) == code for code, label in listed)


def test_search_by_words() -> None:
    assert [c for c, _ in codes.PEKERJAAN.search("wakil")] == [52, 57, 59, 61]
    assert codes.PEKERJAAN.search("tani buruh") == ((20, "BURUH TANI/PERKEBUNAN"),)
    assert codes.PEKERJAAN.search("guru")[0] == (65, "GURU")
    assert len(codes.PEKERJAAN.search("", limit=5)) == 5
