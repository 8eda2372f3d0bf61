"""Wrong SOP files: one clear error that points at the right line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop_file import check_sop, parse_sop
from ktpel_kiosk.domain.toml_lines import TomlLines

FOLDER = Path(__file__).parents[2] / "resources" / "sop"
BASE = (FOLDER / "pronojiwo.toml").read_text("utf-8")
SURAT = (FOLDER / "kebakkramat.toml").read_text("utf-8")
PALARAN = (FOLDER / "palaran.toml").read_text("utf-8")


def failure(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        parse_sop(text, name="kantor.toml")
    assert caught.value.facts["path"] == "kantor.toml"
    return caught.value


def swap(old: str, new: str, text: str = BASE) -> tuple[str, int]:
    """The text with ``old`` replaced once, and the 1-based line of the change."""
    assert text.count(old) >= 1, old
    at = text.index(old)
    return text[:at] + new + text[at + len(old):], text.count("\n", 0, at) + 1


@pytest.mark.parametrize(("old", "new", "rule", "key", "value"), [
    ('judul = "Validasi"', 'judull = "Validasi"', "unknown_key", "judull", "judull"),
    ('tahap = ["verifikasi", "validasi"]', 'tahap = ["verifikasi", "validsi"]', "unknown_stage", "tahap", "validsi"),
    ('peran = ["operator"]', 'peran = ["oprator"]', "unknown_role", "peran", "oprator"),
    ('jenis = "hilang"', 'jenis = "kehilangan"', "unknown_service", "jenis", "kehilangan"),
    ("nomor = 3", "nomor = 2", "duplicate_number", "nomor", "2"),
    ("nomor = 3", "nomor = 0", "too_small", "nomor", "0"),
    ("nomor = 3", "nomor = true", "wrong_type", "nomor", "True"),
    ("detik = 1200", "detik = -30", "negative_time", "detik", "-30"),
    ("detik = 1200", 'detik = "20 menit"', "wrong_type", "detik", "20 menit"),
    ("detik = 1200", "detik = nan", "wrong_type", "detik", "nan"),
    ('pelaksana = ["Kasi YANMUM"]', 'pelaksana = ["Kasi Yanmum"]', "unknown_actor", "pelaksana", "Kasi Yanmum"),
    ('tahap = ["cetak_encode", "aktivasi"]', 'tahap = ["aktivasi", "cetak_encode"]', "stage_order", "tahap", "cetak_encode"),
    ('tahap = ["cetak_encode", "aktivasi"]', 'tahap = ["aktivasi"]', "missing_pair", "tahap", "aktivasi"),
    ('tahap = ["rekam", "kirim", "menunggu_prr"]', 'tahap = ["rekam", "kirim"]', "missing_pair", "tahap", "cetak_encode"),
    ('tahap = ["rekam", "kirim", "menunggu_prr"]', 'tahap = ["rekam"]', "missing_pair", "tahap", "rekam"),
    ('tahap = ["cetak_encode", "aktivasi"]', 'tahap = ["cetak_encode", "cetak_encode"]', "duplicate_stage", "tahap", "cetak_encode"),
    ('akhir = "kartu"', 'akhir = "surat"', "missing_stage", "akhir", "surat"),
    ('akhir = "kartu"', 'akhir = "lain"', "unknown_value", "akhir", "lain"),
    ('zona_waktu = "WIB"', 'zona_waktu = "UTC"', "unknown_value", "zona_waktu", "UTC"),
    ('kode_wilayah = "35.08.02"', 'kode_wilayah = "35-08"', "region_code", "kode_wilayah", "35-08"),
    ('unit_surat = "427.82"', 'unit_surat = ""', "letter_unit", "format_surat", "{kode}/{urut:03d}/{unit}/{tahun}"),
    ("{urut:04d}/KTP", "{nomor:04d}/KTP", "number_template", "format_nomor", "nomor"),
    ("jam_tutup = 15:00:00", "jam_tutup = 07:00:00", "hours", "jam_tutup", "07.00"),
    ("jam_tutup = 15:00:00", 'jam_tutup = "sore"', "wrong_type", "jam_tutup", "sore"),
    ('header_kartu = ["PROVINSI JAWA TIMUR", "KABUPATEN LUMAJANG"]', 'header_kartu = ["X"]', "card_header", "header_kartu", "X"),
    ('kode = "kk"', 'kode = "f102"', "duplicate_paper", "kode", "f102"),
    ('kode = "kk"', 'kode = "K K"', "bad_id", "kode", "K K"),
    ('kondisi = "usia<17"', 'kondisi = "usia<18"', "unknown_value", "kondisi", "usia<18"),
    ('nama = "Kasi YANMUM"', 'nama = "Petugas Pelayanan"', "duplicate_actor", "nama", "Petugas Pelayanan"),
    ('jenis = "sistem"', 'jenis = "sistem"\nperan = ["operator"]', "role_without_officer", "peran", "operator"),
    ('kuasa_boleh = false', 'kuasa_boleh = "tidak"', "wrong_type", "kuasa_boleh", "tidak"),
    ('kop = ["PEMERINTAH KABUPATEN LUMAJANG", "KECAMATAN PRONOJIWO"]', "kop = []", "empty", "kop", ""),
    ('id = "pronojiwo"', 'id = "Pronojiwo!"', "bad_id", "id", "Pronojiwo!"),
    ("[mutu]", "[mutu]\ncatatan = 1", "unknown_key", "catatan", "catatan"),
    ('detik = 1200', 'detik = 1200\nrekam = ["foto"]', "rekam_incomplete", "rekam", "foto"),
    ('detik = 600', 'detik = 600\nrekam = ["foto"]', "rekam_without_stage", "rekam", "foto"),
])
def test_each_mistake_is_named_with_its_line(old: str, new: str, rule: str, key: str, value: str) -> None:
    text, line = swap(old, new)
    error = failure(text)
    assert error.message_key == f"sop.{rule}"
    assert (error.facts["key"], error.facts["value"]) == (key, value)
    expected_line = {"catatan": line + 1, "rekam": line + 1, "peran": line + 1 if "\n" in new else line}.get(key, line)
    if rule == "missing_pair" and value == "cetak_encode":
        expected_line = text[:text.index('tahap = ["cetak_encode"')].count("\n") + 1
    if rule == "letter_unit":
        expected_line = text[:text.index("format_surat")].count("\n") + 1
    assert error.facts["line"] == expected_line


@pytest.mark.parametrize(("text", "old", "new", "rule", "value"), [
    (SURAT, 'tahap = ["rekam", "kirim", "terbit_surat"]', 'tahap = ["rekam", "kirim"]', "missing_pair", "serah_surat"),
    (SURAT, 'tahap = ["serah_surat"]', 'tahap = []', "missing_pair", "terbit_surat"),
    (SURAT, 'akhir = "surat"', 'akhir = "kartu"', "missing_stage", "kartu"),
    (PALARAN, 'rekam = ["foto"]', 'rekam = ["foto", "jari"]', "rekam_twice", "jari"),
    (PALARAN, 'tahap = ["cetak_encode", "serah_pemohon"]', 'tahap = ["serah_pemohon"]', "missing_pair", "serah_pemohon"),
])
def test_other_ends_and_split_recording(text: str, old: str, new: str, rule: str, value: str) -> None:
    error = failure(swap(old, new, text)[0])
    assert (error.message_key, error.facts["value"]) == (f"sop.{rule}", value)


def test_card_stages_in_a_letter_office() -> None:
    text, _ = swap('tahap = ["rekam", "kirim", "terbit_surat"]',
                   'tahap = ["rekam", "kirim", "menunggu_prr", "cetak_encode", "serah_pemohon", "terbit_surat"]', SURAT)
    assert failure(text).message_key == "sop.wrong_end"


def test_missing_keys_point_at_their_table() -> None:
    text, line = swap('kegiatan = "Menyerahkan kepada pemohon"\n', "")
    error = failure(text)
    header = text.rindex("[[langkah]]")
    assert (error.message_key, error.facts["key"]) == ("sop.missing_key", "kegiatan")
    assert error.facts["line"] == text.count("\n", 0, header) + 1 == line - 3


def test_a_mistyped_table_says_what_was_meant() -> None:
    error = failure(BASE.replace("[[langkah]]", "[[langkh]]"))
    assert (error.message_key, error.facts["value"], error.facts["expected"]) == ("sop.unknown_key", "langkh", "langkah")
    assert error.facts["line"] == BASE[:BASE.index("[[langkah]]")].count("\n") + 1


def test_a_suggestion_comes_with_the_error() -> None:
    assert failure(swap('"validasi"]', '"validsi"]')[0]).facts["expected"] == "validasi"


def test_an_element_of_a_long_list_is_found_on_its_own_line() -> None:
    text, line = swap('tahap = ["verifikasi", "validasi"]', 'tahap = [ # dua\n  "verifikasi",\n\n  "salah", # ini\n]')
    assert failure(text).facts["line"] == line + 3


@pytest.mark.parametrize(("text", "line"), [
    ("id = ", 1), (BASE + "\n[[langkah]\n", BASE.count("\n") + 2), ('id = "x\n', 1),
    (BASE.replace("nomor = 3", "nomor = 3\nnomor = 4"), None),
])
def test_broken_toml_names_line_and_column(text: str, line: int | None) -> None:
    error = failure(text)
    assert error.message_key == "sop.toml"
    assert isinstance(error.facts["line"], int)
    assert line is None or error.facts["line"] == line


@pytest.mark.parametrize("text", ["", "x = " + "[" * 5000, "x = " + "1" * 5000, "id = 1979-99-99", "\x00", "[kantor]\n[kantor]\n"])
def test_hostile_text_gives_one_known_error(text: str) -> None:
    failure(text)


def test_a_huge_file_is_refused_before_reading() -> None:
    assert failure("#" * 600_000).message_key == "sop.too_large"


def test_working_days_must_be_whole() -> None:
    tempeh = (FOLDER / "tempeh.toml").read_text("utf-8")
    assert failure(swap("nilai = 1", "nilai = 1.5", tempeh)[0]).message_key == "sop.working_days"


def test_advice() -> None:
    text, _ = swap("nilai = 50", "nilai = 45")
    text, _ = swap("kuasa_boleh = false", "kuasa_boleh = false\ntotal_tertulis_menit = 40", text)
    text, _ = swap('peran = ["operator"]', "peran = []", text)
    rules = [f.rule for f in check_sop(parse_sop(text)) if f.level == "WARN"]
    assert "total_differs" in rules
    assert "standard_differs" in rules
    assert "actor_without_role" in rules
    assert "nobody_for_stage" in rules


def test_advice_on_a_step_that_is_never_reached() -> None:
    text, _ = swap("[[layanan]]", '[[langkah]]\nnomor = 9\njudul = "Arsip"\nkegiatan = "Mengarsipkan"\n\n[[layanan]]')
    text = text.replace('rekam = "bila_belum"', 'rekam = "tidak"')
    rules = {f.rule: f.nomor for f in check_sop(parse_sop(text))}
    assert rules["step_without_stage"] == 9
    assert rules["unreachable_stage"] == 3
    assert "number_gap" in rules


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BASE) - 1), st.sampled_from(["", "[", '"', "\n", "=", "x", "#", "-", "]", "\\"]))
def test_one_changed_character_never_escapes_as_another_error(position: int, replacement: str) -> None:
    text = BASE[:position] + replacement + BASE[position + 1:]
    try:
        found = parse_sop(text).source_text
    except BadInput as error:
        found = text if error.message_key.startswith("sop.") else error.message_key
    assert found == text


def test_locator_follows_the_shape_of_toml() -> None:
    text = '''# komentar
a.b = 1
"kunci aneh" = [ { x = 1, y = [2, 3] },
  { x = 4 } ]

[t]
s = """satu [[bukan]]
k = "bukan kunci"
\\""" masih"""
n = 'it#s' # komentar [x]
[[u]]
p = 1
  [[u.v]]
  q = 2
  [[u.v]]
  q = """x""""
[[u]]
[[u.v]]
q = [
  1, # satu
  # dua
  2,
]
'''
    tomllib.loads(text)
    lines = TomlLines(text)
    assert lines.line("a", "b") == 2
    assert (lines.line("kunci aneh", 0, "x"), lines.line("kunci aneh", 1)) == (3, 4)
    assert (lines.line("t"), lines.line("t", "s"), lines.line("t", "n")) == (6, 7, 10)
    assert lines.line("t", "k") == 6, "what looks like a key inside a string is none"
    assert (lines.line("u", 0), lines.line("u", 0, "v", 1, "q"), lines.line("u", 1, "v", 0, "q", 1)) == (11, 16, 22)
    assert lines.line("nothing") == 1
