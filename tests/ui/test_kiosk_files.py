"""The kiosk's own file panel: documents and removable disks, nothing above them, no window that could be a way out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeOffice
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.ui import kiosk_files
from ktpel_kiosk.ui.app import Windows, make_windows
from ktpel_kiosk.ui.kiosk import KioskGuard
from ktpel_kiosk.ui.kiosk_files import FOLDER, FilePanel, clean_name, entries, inside, patterns_of
from ktpel_kiosk.ui.pages.register_export import choose_file
from ktpel_kiosk.ui.pages.settings_files import choose_to_open

Settle = Callable[[Windows], None]


class Plugged:
    """Disks of a machine."""

    def __init__(self, *disks: Disk) -> None:
        self.disks = list(disks)

    def removable(self) -> list[Disk]:
        return self.disks


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    root = tmp_path / "usb"
    (root / "penduduk").mkdir(parents=True)
    (root / "penduduk" / "daftar.csv").write_text("nik\n", "utf-8")
    (root / "catatan.docx").write_text("x", "utf-8")
    (root / ".sampah").mkdir()
    (tmp_path / "rahasia.csv").write_text("x", "utf-8")
    (root / "keluar.csv").symlink_to(tmp_path / "rahasia.csv")
    (root / "atas").symlink_to(tmp_path, target_is_directory=True)
    return root


@pytest.fixture
def desk(usb: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Windows]:
    office = FakeOffice()
    monkeypatch.setattr(kiosk_files, "documents", lambda: tmp_path / "dokumen")
    (tmp_path / "dokumen").mkdir()
    plugged = Plugged(Disk(str(usb), "SITI", 2 * 2**30, 4 * 2**30, True, "vfat"))
    office.desk = replace(office.desk, courier=Courier(office.desk.courier.disk, office.desk.courier.tokens, plugged))
    made = make_windows(office.desk, actor=office.rina, size=(1366, 768))
    made.operator.kiosk = KioskGuard(made.operator)
    made.operator.resize(1366, 768)
    made.operator.show()
    made.operator.go("register")
    yield made
    made.close()


def panel(windows: Windows) -> FilePanel:
    assert windows.operator.overlay is not None
    return windows.operator.overlay


def names(made: FilePanel) -> list[str]:
    return [made.list.item(i).text() for i in range(made.list.count())]


def test_a_table_is_opened_from_the_disk_by_keyboard(desk: Windows, usb: Path, settle: Settle) -> None:
    chosen: list[str] = []
    choose_to_open(desk.operator.shown(), "Pilih daftar", "Tabel (*.csv *.xlsx)", chosen.append)  # type: ignore[arg-type]
    settle(desk)
    made = panel(desk)
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog)]
    assert names(made) == ["penduduk"]  # no other kinds, nothing hidden, no link that leads out
    made.list.setCurrentRow(0)
    desk.operator.press("F9")
    settle(desk)
    assert names(made) == ["daftar.csv"]
    assert made.where.text() == "SITI › penduduk"
    made.list.setCurrentRow(0)
    QTest.keyClick(made.list, Qt.Key.Key_Return)
    settle(desk)
    assert chosen == [str(usb / "penduduk" / "daftar.csv")]
    assert desk.operator.overlay is None


def test_nobody_climbs_above_the_disk(desk: Windows, usb: Path, settle: Settle) -> None:
    choose_to_open(desk.operator.shown(), "Pilih", "Tabel (*.csv)", lambda _p: None)  # type: ignore[arg-type]
    settle(desk)
    made = panel(desk)
    assert not made.up.isEnabled()
    made.show_folder(usb.parent)
    settle(desk)
    assert made.folder == usb
    assert not inside(usb, usb / "..")
    assert not inside(usb, usb / "keluar.csv")
    assert [e.name for e in entries(usb, usb, ["*"])] == ["penduduk", "catatan.docx"]
    desk.operator.press("Esc")
    assert desk.operator.overlay is None
    assert desk.operator.current == "register"


def test_a_file_is_saved_under_a_clean_name(desk: Windows, usb: Path, settle: Settle) -> None:
    chosen: list[str] = []
    choose_file(desk.operator.shown(), "/tmp/Buku 11/2026.xlsx", chosen.append)  # type: ignore[arg-type]
    settle(desk)
    made = panel(desk)
    assert made.name.value() == "2026.xlsx"
    made.name.set_value("../../buku: November.xlsx")
    made._ready()
    desk.operator.press("F9")
    assert chosen == [str(usb / "..-..-buku- November.xlsx".strip(" ."))]
    assert os.path.commonpath([chosen[0], usb]) == str(usb)


def test_a_pulled_disk_is_said_and_the_documents_stay(desk: Windows, usb: Path, settle: Settle) -> None:
    import shutil

    chosen: list[str] = []
    FilePanel(desk.operator, FOLDER, "Pilih USB", chosen.append)
    settle(desk)
    made = panel(desk)
    shutil.rmtree(usb)
    made.show_folder(usb)
    settle(desk)
    assert "Pasang kembali" in made.message.plain()
    desk.operator.desk.courier.disks.disks.clear()  # type: ignore[attr-defined]
    made.look()
    settle(desk)
    assert made.root is not None
    assert made.root.title == "Dokumen"
    made.accept()
    assert chosen == [str(made.root.path)]


def test_locking_the_screen_closes_the_panel(desk: Windows, settle: Settle) -> None:
    FilePanel(desk.operator, FOLDER, "Pilih USB", lambda _p: None)
    settle(desk)
    desk.operator.lock()
    assert desk.operator.overlay is None
    assert desk.operator.current == "masuk"


def test_names_and_kinds() -> None:
    assert clean_name(" a/b\\c:d\x00. ") == "a-b-c-d-"
    assert patterns_of("Tabel (*.csv *.XLSX)") == ["*.csv", "*.xlsx"]
    assert patterns_of("Semua") == ["*"]


def test_a_finished_paper_opens_no_other_program_but_can_be_copied(desk: Windows, usb: Path, tmp_path: Path, settle: Settle,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda _url: pytest.fail("another program was opened"))
    paper = tmp_path / "berita-acara.pdf"
    paper.write_bytes(b"%PDF-1.7 contoh")
    written: list[tuple[Path, bytes]] = []
    monkeypatch.setattr(type(desk.operator.desk.spool), "write_file", lambda _self, path, data: written.append((path, data)), raising=False)
    assert kiosk_files.open_outside(desk.operator.shown(), paper)  # type: ignore[arg-type]
    settle(desk)
    desk.operator.press("F9")
    settle(desk)
    assert written == [(usb / "berita-acara.pdf", b"%PDF-1.7 contoh")]
    assert "Salinan tersimpan" in desk.operator.notice.plain()


def test_a_finished_paper_is_looked_at_printed_and_copied_without_another_program(desk: Windows, usb: Path, tmp_path: Path, settle: Settle,
                                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdfium2 import PdfDocument

    from ktpel_kiosk.ui.paper_panel import KEPT, PaperPanel
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda _url: pytest.fail("another program was opened"))
    printed: list[bytes] = []
    monkeypatch.setattr("ktpel_kiosk.desk.paper_look.submit_paper", lambda _desk, _kind, pdf, _title, _media: printed.append(pdf))
    paper, made = tmp_path / "buku.pdf", PdfDocument.new()
    for high in range(20):
        made.new_page(300, 400 + high)
    made.save(paper)
    assert kiosk_files.open_outside(desk.operator.shown(), paper)  # type: ignore[arg-type]
    settle(desk)
    shown = desk.operator.overlay
    assert isinstance(shown, PaperPanel)
    assert shown.pages.count.text() == "1/20"
    for _ in range(12):
        QTest.keyClick(shown.pages.sheet, Qt.Key.Key_PageDown)
        settle(desk)
    assert shown.pages.count.text() == "13/20"
    assert shown.pages.sheet._page.height() > shown.pages.sheet._page.width() > 0
    assert len(shown.pages._held) <= KEPT
    desk.operator.press("F9")
    settle(desk)
    assert printed == [paper.read_bytes()]
    assert "printer" in shown.message.plain()
    shown.copy_button.click()
    settle(desk)
    assert isinstance(desk.operator.overlay, FilePanel)
    desk.operator.press("Esc")
    assert desk.operator.overlay is None
