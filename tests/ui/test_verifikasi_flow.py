"""The check: what differs is seen, scanned papers are looked at beside the entries, a second paraf of the same officer is warned of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pagekit import PageBench, bench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.register import ScannedDocument
from ktpel_kiosk.ui.pages.verifikasi import TWICE, VerifikasiPage
from ktpel_kiosk.ui.pictures import LONGEST, images, page_jpeg
from ktpel_kiosk.ui.presenters.checking import compare
from ktpel_kiosk.ui.widgets.paper_view import PaperView


@pytest.fixture
def tempeh(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot)


def page_of(width: int = 60, height: int = 80, channels: int = 3) -> bytes:
    return page_jpeg(RawImage(width, height, channels, bytes(width * height * channels)))


def test_differences_are_said_and_scans_stand_beside_the_entries(tempeh: PageBench) -> None:
    office = tempeh.office
    p = office.to_stage(0, Stage.VERIFIKASI)
    known = replace(p.penduduk, alamat="DUSUN LAIN")
    batch = PopulationBatch("b", "x", "0" * 64, office.clock.now(), "-", 1, 0, 0, 0, 0)

    def put(tx: Any) -> None:
        tx.put_population([PopulationEntry(known, "BELUM REKAM")], batch)
        for kode in ("kk", "kk", "f102"):
            tx.add_document(ScannedDocument(office.desk.ids.new(), p.id, f"berkas.{kode}", "image/jpeg", page_of(), office.clock.now()))
        tx.log("PopulationImported", "b", "-")

    office.register.write(put)
    page: VerifikasiPage = tempeh.open("verifikasi", VerifikasiPage, office.actors[Peran.KASI], id=p.id)
    assert page.entries.differs.isVisible() and page.entries.differs.text() == "1 berbeda"
    said = [w.text() for w in page.entries.findChildren(QLabel) if w.isVisible()]
    assert any(t.startswith("Daftar penduduk: Dusun Lain") for t in said)
    assert page.papers.view.isVisible() and page.papers.view.count.text() == "1/2"
    page.papers.look("f102")
    assert not page.papers.view.count.isVisible() and page.papers.view.title.text()
    other = office.to_stage(1, Stage.VERIFIKASI)
    page._choose(other.id)
    tempeh.wait()
    assert not page.papers.view.isVisible() and not page.entries.differs.isVisible()


def test_the_nik_speaks_at_the_entry_it_contradicts(tempeh: PageBench) -> None:
    person = replace(tempeh.office.person(0).penduduk, tanggal_lahir=date(1990, 1, 1))
    rows = {r.name: r for r in compare(person, None, {"tempat_lahir+tanggal_lahir": "NIK lain."})}
    assert rows["tempat_lahir+tanggal_lahir"].other == "NIK lain." and not rows["nama"].other
    both = {r.name: r for r in compare(person, replace(person, nama="ORANG LAIN"), {})}
    assert both["nama"].other == "Daftar penduduk: ORANG LAIN" and sum(bool(r.other) for r in both.values()) == 1


def test_a_second_paraf_of_the_same_officer_is_warned_of_before(tempeh: PageBench) -> None:
    office = tempeh.office
    p = office.to_stage(0, Stage.VERIFIKASI)
    page: VerifikasiPage = tempeh.open("verifikasi", VerifikasiPage, office.actors[Peran.KASI], id=p.id)
    assert not page.caution.isVisible()
    tempeh.press("F9")
    assert page.caution.isVisible() and page.caution.plain() == TWICE and page.primary.isEnabled()
    tempeh.press("F9")
    assert "Petugas yang sama" in tempeh.notice()


def test_pages_are_made_small_and_come_back() -> None:
    (big,) = images([page_of(3000, 4000, 1)])
    assert (big.height(), big.width()) == (LONGEST, LONGEST * 3 // 4)
    assert images([b"kein Bild", page_of()])[0].width() == 60


def wheel(at: QPointF, up: bool) -> QWheelEvent:
    return QWheelEvent(at, at, QPoint(0, 0), QPoint(0, 120 if up else -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                       Qt.ScrollPhase.NoScrollPhase, False)


def test_a_paper_is_zoomed_turned_and_moved(qtbot: QtBot) -> None:
    view = PaperView()
    qtbot.addWidget(view)
    view.resize(400, 500)
    view.show()
    view.show_paper("Kartu Keluarga", [QImage(200, 100, QImage.Format.Format_RGB32), QImage(100, 200, QImage.Format.Format_RGB32)])
    sheet = view.sheet
    whole = sheet._box()
    assert whole.width() == pytest.approx(sheet.width())
    at = QPointF(sheet.width() * 0.25, sheet.height() / 2)
    share = (at.x() - whole.left()) / whole.width()
    for _ in range(3):
        QApplication.sendEvent(sheet, wheel(at, True))
    assert sheet.zoom == pytest.approx(1.25 ** 3)
    assert (at.x() - sheet._box().left()) / sheet._box().width() == pytest.approx(share, abs=0.01), "what is under the pointer stays there"
    left = sheet._box().left()
    QTest.mousePress(sheet, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    QTest.mouseMove(sheet, QPoint(80, 100))
    assert sheet._box().left() == pytest.approx(left - 20, abs=0.5)
    QTest.mouseRelease(sheet, Qt.MouseButton.LeftButton, pos=QPoint(80, 100))
    for _ in range(9):
        QTest.mouseClick(view.smaller, Qt.MouseButton.LeftButton)
    assert sheet.zoom == 1.0
    QTest.mouseClick(view.turner, Qt.MouseButton.LeftButton)
    assert sheet._box().height() > sheet._box().width()
    sheet.grab()
    QTest.keyClick(sheet, Qt.Key.Key_PageDown)
    assert view.count.text() == "2/2" and sheet.angle == 0
    QTest.keyClick(sheet, Qt.Key.Key_PageUp)
    assert sheet.angle == 90, "it stays turned while it is looked at"
