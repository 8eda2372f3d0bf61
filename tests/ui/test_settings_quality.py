"""Pengaturan, Mutu layanan: maklumat, complaint numbers, survey weight; refused in words, only changes written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import complaints, ikm, notices
from ktpel_kiosk.domain.ikm import weight_text
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:  # type: ignore[no-untyped-def]
    yield from bench(qtbot)


def test_what_is_changed_is_in_force(kit: PageBench) -> None:
    page = kit.open("pengaturan", PengaturanPage, actor=kit.office.actors[Peran.SUPERVISOR], section="mutu")
    section = page.section("mutu")
    assert section.maklumat.value() == notices.DEFAULT_MAKLUMAT and section.example.text() == "Contoh: 0001/PGD/XI/2026"
    section.maklumat.set_value("Kami melayani dengan hati.")
    section.number.line.setText("PM-{urut:03d}/{tahun}")
    section.weight.set_value("0,111")
    before = kit.office.register.audit_length()
    kit.press("F9")
    desk = kit.office.desk
    assert notices.maklumat(desk) == "Kami melayani dengan hati." and complaints.number_template(desk) == "PM-{urut:03d}/{tahun}"
    assert weight_text(ikm.weight(desk)) == "0,111" and kit.office.register.audit_length() == before + 3
    kit.press("F9")
    assert kit.office.register.audit_length() == before + 3, "nothing changed, nothing written"


@pytest.mark.parametrize(("field", "value", "words"), [
    ("number", "{tahun}", "urut"), ("maklumat", "   ", "kosong"), ("maklumat", "a" * 701, "terlalu panjang"),
])
def test_what_cannot_be_used_is_said_and_stays_on_the_form(kit: PageBench, field: str, value: str, words: str) -> None:
    page = kit.open("pengaturan", PengaturanPage, actor=kit.office.actors[Peran.SUPERVISOR], section="mutu")
    section = page.section("mutu")
    getattr(section, field).set_value(value)
    kit.press("F9")
    assert words in section.message.plain()
    assert notices.maklumat(kit.office.desk) == notices.DEFAULT_MAKLUMAT


def test_others_may_look_only(kit: PageBench) -> None:
    page = kit.open("pengaturan", PengaturanPage, section="mutu")
    section = page.section("mutu")
    assert not section.primary.isEnabled() and not section.maklumat.text.isEnabled()
