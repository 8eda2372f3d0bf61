"""The assistant with a stick of the Dinas: nothing without the words compared and the passphrase; then every page is filled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from setup_double import SetupDouble
from test_first_run import ROLES, Bench

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain.errors import SecurityRefusal
from ktpel_kiosk.domain.provision import BundleHead, Holds
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import FilledIn, FoundBundle, NewOfficer, SetupAnswers, SetupStage
from ktpel_kiosk.ui.first_run.provision import LIST, OPEN, facts_of

WORDS = ("hidung", "cincin", "kecap", "ayam", "hati", "karang", "jendela", "bajak")
HEAD = BundleHead("0" * 32, 202611260800, datetime(2026, 11, 26, 1, tzinfo=UTC), "tempeh", "Kecamatan Tempeh", "3508050-meja-1", "Meja 1",
                  Holds("Perekaman", 2, 50_000, 1, 6, True, True), ("ab",))
PHRASE = "gitar bubur kapal"


def double(folder: Path) -> SetupDouble:
    made = SetupDouble(folder)
    text = sops.load("tempeh").source_text
    officers = (NewOfficer("bambang", "Bambang Sutrisno", "Camat", "", (Peran.ADMIN, Peran.SUPERVISOR, Peran.CAMAT)),
                NewOfficer("rina", "Rina Wulandari", "Operator", "", ROLES))
    answers = SetupAnswers(SetupStage.FINISH, "tempeh", text, made.proposal(text), "Meja 1", "3508050-meja-1", "https://gateway.contoh.go.id",
                           officers, "", HEAD.bundle_id)
    made.sticks = [FoundBundle(folder / "a.ktpelsedia", HEAD, WORDS),
                   FoundBundle(folder / "b.ktpelsedia", None, (), "b.ktpelsedia terpotong; salin ulang berkas itu dari Dinas.")]
    made.brought = FilledIn(answers, frozenset({"bambang", "rina"}), 49_990, 10)
    return made


@pytest.fixture
def bench(qtbot: object, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, double(tmp_path))
    yield made
    made.close()


def opened(bench: Bench) -> None:
    bench.go()
    bench.go()
    stick = bench.page.stick
    assert stick.at == OPEN
    QTest.keyClick(stick.same, Qt.Key.Key_Space)
    QTest.keyClicks(stick.phrase.line, PHRASE)
    bench.go()


def test_a_plugged_in_stick_is_proposed_and_fills_everything_by_keyboard(bench: Bench) -> None:
    assert bench.page.modes.value() == "flashdisk", "a stick of the Dinas is there"
    bench.go()
    stick = bench.page.stick
    assert stick.at == LIST and [i.text() for i in stick.bundles.items.values()] == ["Kecamatan Tempeh, Meja 1", "b.ktpelsedia"]
    assert stick.bundles.value().endswith("a.ktpelsedia")
    bench.go()
    assert all(word in stick.words.text() for word in WORDS)
    bench.go()
    assert "Bandingkan" in bench.page.message.plain() and bench.double.opened_bundle == frozenset()
    QTest.keyClick(stick.same, Qt.Key.Key_Space)
    bench.go()
    assert "tujuh kata" in stick.phrase.message()
    QTest.keyClicks(stick.phrase.line, "salah")
    bench.go()
    assert "kata demi kata" in stick.phrase.message() and stick.at == OPEN
    stick.phrase.line.clear()
    QTest.keyClicks(stick.phrase.line, PHRASE)
    bench.go()
    assert bench.window.stage is SetupStage.FINISH and bench.window.primary.text().startswith("Siapkan kantor")
    assert "49.990 penduduk" in bench.page.message.plain() and "10 baris" in bench.page.message.plain()
    assert not stick.phrase.value(), "nothing of the passphrase stays"
    bench.go()
    made = bench.double.made
    assert made is not None and made[0].bundle == HEAD.bundle_id and made[1] == {}
    assert "slip dari Dinas" in bench.page.first.text()


def test_every_value_can_be_changed_before_the_end(bench: Bench) -> None:
    opened(bench)
    bench.window.open(SetupStage.USERS)
    bench.wait()
    assert not bench.page.message.plain() and bench.window.progress.without_password() == ()
    bench.page.edit(bench.page.officers()[0])
    form = bench.page.form
    assert form.fields["password"].line.placeholderText() == "tidak diubah"
    form.fields["jabatan"].set_value("Camat Tempeh")
    bench.go()
    assert bench.double.kept[-1].officers[0].jabatan == "Camat Tempeh"
    bench.page.edit(bench.page.officers()[0])
    form.fields["username"].set_value("sutrisno")
    bench.go()
    assert form.fields["password"].message(), "a new name has no password from the Dinas"
    for name in ("password", "again"):
        QTest.keyClicks(form.fields[name].line, "kuda hijau sore")
    bench.go()
    bench.window.open(SetupStage.FINISH)
    bench.wait()
    bench.go()
    assert bench.double.made is not None and bench.double.made[1] == {"sutrisno": "kuda hijau sore"}
    assert "tadi dibuat" in bench.page.first.text()


def test_a_refused_bundle_says_why_and_fills_nothing(bench: Bench) -> None:
    bench.double.fail["open_bundle"] = SecurityRefusal("provision.content", path="a.ktpelsedia", entry="isi.json")
    opened(bench)
    assert bench.window.stage is SetupStage.MODE and "Telepon Dinas" in bench.page.message.plain()
    assert not bench.window.progress.answers.sop_text
    bench.key(Qt.Key.Key_Escape)
    assert bench.page.stick.at == LIST
    QTest.keyClick(bench.page.stick.bundles.items[str(bench.double.sticks[1].path)], Qt.Key.Key_Space)
    assert not bench.window.primary.isEnabled(), "a damaged file leads nowhere"
    bench.page.stick.take(str(bench.double.folder / "foto.jpg"))
    bench.wait()
    assert len(bench.page.stick.bundles.items) == 3 and not bench.window.primary.isEnabled()


def test_after_a_power_cut_the_bundle_is_asked_for_again_or_left(qtbot: object, tmp_path: Path) -> None:
    made = double(tmp_path)
    assert made.brought is not None
    made.kept.append(made.brought.answers)
    bench = Bench(qtbot, made)
    try:
        assert bench.window.stage is SetupStage.FINISH and "buka lagi bundelnya" in bench.page.message.plain()
        bench.go()
        assert bench.window.stage is SetupStage.MODE and bench.page.modes.value() == "flashdisk"
        bench.page.modes.items["kantor"].click()
        bench.go()
        assert bench.window.stage is SetupStage.SOP and bench.double.kept[-1].bundle == "", "by hand after all"
    finally:
        bench.close()


def test_no_stick_says_what_to_do(bench: Bench, tmp_path: Path) -> None:
    bench.double.sticks = []
    bench.go()
    assert "Cari lagi" in bench.page.message.plain() and not bench.window.primary.isEnabled()
    bench.double.sticks = double(tmp_path).sticks
    bench.page.stick.again.click()
    bench.wait()
    assert not bench.page.message.plain() and bench.window.primary.isEnabled()


def test_the_outside_in_words() -> None:
    facts = dict(facts_of(HEAD))
    assert facts["Daftar penduduk"] == "50.000 orang" and "kunci meja" in facts["Juga ada"]
    bare = dict(facts_of(BundleHead("0" * 32, 1, HEAD.made_at, "x", "K", "s-1", "M", Holds(), ("ab",))))
    assert bare["SOP"] == "tidak ikut" and bare["Sertifikat"] == "menyusul" and "Juga ada" not in bare


def test_nothing_has_to_be_scrolled_where_all_of_it_has_room(bench: Bench) -> None:
    """At 1366x768, the least a desk has."""
    bench.window.resize(1366, 768)
    for view in (LIST, OPEN):
        bench.go()
        assert bench.page.stick.at == view
        areas = [area for area in bench.page.findChildren(QScrollArea) if area.isVisible()]
        assert areas and all(area.verticalScrollBar().maximum() == 0 for area in areas), view
