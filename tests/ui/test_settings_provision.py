"""Pengaturan, Susulan Dinas: a later bundle at the desk itself; a stranger's says so before anything is typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pagekit import PageBench, bench
from PySide6.QtTest import QTest

from desk.doubles import Care
from ktpel_kiosk.desk.provision import DIGEST, NUMBER, SIGNER
from ktpel_kiosk.domain.errors import SecurityRefusal
from ktpel_kiosk.domain.provision import BundleHead, Holds, Taken
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import FoundBundle
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.pages.settings_provision import taken_words

WORDS = ("hidung", "cincin", "kecap", "ayam", "hati", "karang", "jendela", "bajak")


@pytest.fixture
def care() -> Care:
    return Care()


@pytest.fixture
def serving(qtbot: Any, care: Care) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, station_care=care)
        yield made


def found(made: PageBench, name: str = "a", **changes: Any) -> FoundBundle:
    desk = made.office.desk
    head = BundleHead("0" * 32, 7, datetime(2026, 11, 26, 1, tzinfo=UTC), desk.sop.id, "Kecamatan Tempeh", desk.station, "Meja 1",
                      Holds("Perekaman", 2, 50_000), ("ab",), name)
    return FoundBundle(Path(f"/media/usb/{name}.ktpelsedia"), replace(head, **changes), WORDS)


def section_of(made: PageBench, role: Peran = Peran.ADMIN) -> Any:
    page: PengaturanPage = made.open("pengaturan", PengaturanPage, made.office.actors[role], section="sedia")
    made.wait()
    return page.section("sedia")


def press(made: PageBench, section: Any) -> None:
    section.take.click()
    made.wait()


def test_the_first_bundle_of_an_office_set_up_by_hand_needs_its_words_compared(serving: PageBench, care: Care) -> None:
    care.sticks = (found(serving), FoundBundle(Path("/media/usb/b.ktpelsedia"), None, (), "b.ktpelsedia terpotong."))
    section = section_of(serving)
    assert all(word in section.words.text() for word in WORDS) and not section.same.isHidden() and section.signer.isHidden()
    press(serving, section)
    assert "Bandingkan" in section.message.plain()
    section.same.setChecked(True)
    press(serving, section)
    assert "tujuh kata" in section.phrase.message()
    QTest.keyClicks(section.phrase.line, "salah")
    press(serving, section)
    assert "kata demi kata" in section.phrase.message()
    section.phrase.set_value("gitar bubur kapal")
    press(serving, section)
    assert "1 akun baru, 2 akun berubah, 50.000 penduduk, 3 baris ditolak, SOP baru" in section.message.plain()
    assert not section.phrase.value() and not section.same.isChecked()
    section.bundles.items["/media/usb/b.ktpelsedia"].click()
    assert section.take.isHidden() and section.phrase.isHidden(), "a damaged file leads nowhere"


def test_a_pinned_desk_knows_its_dinas_and_turns_a_stranger_away_before_anything_is_typed(serving: PageBench, care: Care) -> None:
    def pin(tx: Any) -> None:
        for key, value in ((SIGNER, "ab"), (NUMBER, "5"), (DIGEST, "x")):
            tx.put_setting(key, value)
        tx.log("SettingChanged", SIGNER, "-")

    serving.office.register.write(pin)
    care.sticks = (found(serving), found(serving, "asing", signers=("cd",)), found(serving, "lama", number=4),
                   found(serving, "lain", station="3508050-meja-9"))
    section = section_of(serving)
    assert section.words.isHidden() and not section.signer.isHidden()
    for name, said in (("asing", "pihak lain"), ("lama", "nomor 5"), ("lain", "meja lain")):
        section.bundles.items[f"/media/usb/{name}.ktpelsedia"].click()
        assert said in section.problem.text() and section.take.isHidden(), name
    section.bundles.items["/media/usb/a.ktpelsedia"].click()
    care.trouble["take_bundle"] = SecurityRefusal("provision.content", path="a", entry="isi.json")
    section.phrase.set_value("gitar bubur kapal")
    press(serving, section)
    assert "Telepon Dinas" in section.message.plain()


def test_who_is_no_admin_is_told_who_may(serving: PageBench, care: Care) -> None:
    care.sticks = (found(serving),)
    section = section_of(serving, Peran.KASI)
    assert not section.bundles.items and "administrator" in section.none.text() and section.take.isHidden()
    assert taken_words(Taken(again=True)).startswith("Bundel ini sudah") and "Berkas" in taken_words(Taken())
