"""Reports: every figure is on the paper, tables and charts go on overleaf, the hash is that of what is said, odd numbers do not stop it."""

from __future__ import annotations

import math
import re
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_samples import RESOURCES, report
from pdf_text import pages

from ktpel_kiosk.documents import charts, pen
from ktpel_kiosk.documents.charts import nice_top
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.ports.papers import Chart, Fact, Section, Series, Signer, Table


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def one(section: Section) -> object:
    return report(sections=(section,))


def test_everything_is_said(office: OfficeDocuments) -> None:
    made = report()
    text = " ".join(pages(office.report(made)))
    for piece in ("LAPORAN BULANAN PELAYANAN KTP-el", "November 2026", "A. Ringkasan", "1.312", "286 bulan lalu", "Kaliwungu",
                  "dalam orang", "1.201", "92,5", "3.603", "Sasaran 2,5", "Oktober", "90 %", "50 %", "Belum ada data", "Net.",
                  "Sumber: register.", "Mengetahui,", "Pembina (IV/a)", "Tempeh, 30 November 2026",
                  f"SHA-256 isi: {office.report_hash(made)}", "dibuat 30 November 2026, 15.00 WIB"):
        assert piece in text, piece


def test_the_hash_is_of_what_is_said(office: OfficeDocuments) -> None:
    base = office.report_hash(report())
    assert re.fullmatch("[0-9a-f]{64}", base)
    same = [report(kop=("X", "Y")), report(signatories=()), report(place_date="-"), report(made_at="nanti"), report(nomor="1")]
    assert {office.report_hash(p) for p in same} == {base}, "who signs and when it was made is not content"
    sections = report().sections
    other = [report(title="x"), report(period="x"), report(notes=()), report(sections=sections[1:]),
             report(sections=(Section("A. Ringkasan", ("Angka kunci.",), (Fact("Permohonan", "1.313"),)), *sections[1:]))]
    assert len({office.report_hash(p) for p in other} | {base}) == len(other) + 1


def test_a_long_table_repeats_its_header_and_loses_nothing(office: OfficeDocuments) -> None:
    rows = tuple((f"Desa {i:03d}", i, i * 1000) for i in range(150))
    found = pages(office.report(one(Section("Per desa", table=Table(("Desa", "Jumlah", "Ribu"), rows, ("Jumlah", 1, 2))))))  # type: ignore[arg-type]
    assert len(found) >= 4
    assert all("Desa Jumlah Ribu" in page for page in found if re.search(r"Desa \d{3}", page))
    whole = " ".join(found)
    assert all(f"Desa {i:03d} " in whole for i in range(150)) and "149.000" in whole
    assert all("Laporan Bulanan Pelayanan KTP-el · November 2026 " in page for page in found[1:])


def test_more_bars_than_a_page_holds(office: OfficeDocuments) -> None:
    labels = tuple(f"Kelurahan nomor {i}" for i in range(70))
    values = tuple(float(i) for i in range(70))
    chart = Chart("hbar", labels, (Series("Rekam", values), Series("Cetak", values)))
    whole = " ".join(pages(office.report(one(Section("Per kelurahan", chart=chart)))))  # type: ignore[arg-type]
    assert all(f"Kelurahan nomor {i}" in whole for i in range(70))


def test_a_heading_never_ends_a_page(office: OfficeDocuments) -> None:
    sections = tuple(Section(f"Bagian {i}", ("Teks pendek.",) * (i % 5 + 1), table=Table(("A", "B"), tuple((f"a{n}", n) for n in range(9))))
                     for i in range(12))
    for page in pages(office.report(report(sections=sections))):
        assert not re.search(r"Bagian \d+ (?:SHA|Halaman)", page)


def test_empty_sections_and_charts(office: OfficeDocuments) -> None:
    empty = (Section("Kosong"), Section("Tanpa baris", table=Table(("A", "B"), ())), Section("Tanpa data", chart=Chart("bar", (), ())),
             Section("Semua kosong", chart=Chart("line", ("1", "2"), (Series("x", (None, None)),))))
    text = " ".join(pages(office.report(report(sections=empty, notes=(), signatories=(Signer("Camat"),)))))
    assert text.count("Belum ada data untuk grafik ini.") == 2 and "Tidak ada data." in text


numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(-1e12, 1e12), st.integers(0, 50).map(float))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(("bar", "hbar", "line", "share")), st.lists(st.text(max_size=30), max_size=8), st.data())
def test_any_numbers_make_a_chart(office: OfficeDocuments, kind: str, labels: list[str], data: st.DataObject) -> None:
    series = tuple(Series(f"s{i}", tuple(data.draw(st.lists(numbers, max_size=9)))) for i in range(data.draw(st.integers(0, 3))))
    chart = Chart(kind, tuple(labels), series, unit=data.draw(st.sampled_from(("", "%", "orang"))), decimals=data.draw(st.integers(0, 2)),
                  target=data.draw(st.one_of(st.none(), st.floats(0, 1e6))))
    assert pages(office.report(one(Section("x", chart=chart))))  # type: ignore[arg-type]


@given(st.floats(1e-6, 1e15))
def test_the_axis_holds_the_value_in_few_steps(value: float) -> None:
    top, step = nice_top(value)
    assert top >= value * 0.999999 and 1 <= round(top / step) <= 6 and math.isclose(top, round(top / step) * step, rel_tol=1e-9)


def test_colours_are_those_of_the_windows() -> None:
    tokens = tomllib.loads((RESOURCES / "theme" / "tokens.toml").read_text("utf-8"))["light"]

    def rgb(name: str) -> tuple[float, ...]:
        return tuple(int(tokens[name][i:i + 2], 16) / 255 for i in (1, 3, 5))

    for mine, name in ((pen.INK, "ink"), (pen.MUTED, "muted"), (charts.ACCENT, "accent"), (charts.ACCENT_SOFT, "accent_soft"),
                       (charts.TROUBLE, "trouble")):
        assert mine == pytest.approx(rgb(name), abs=0.003), name


def test_black_and_white_print_tells_series_apart() -> None:
    """Each series has a pattern of its own or a tone at least a fifth lighter or darker than the others."""
    looks = [(0.299 * f.tone[0] + 0.587 * f.tone[1] + 0.114 * f.tone[2], f.hatch) for f in charts.FILLS[:4]]
    for i, (grey, hatch) in enumerate(looks):
        assert all(hatch != other_hatch or abs(grey - other) > 0.2 for other, other_hatch in looks[:i])
    assert len(set(charts.DASHES)) == len(charts.DASHES)
