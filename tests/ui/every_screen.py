"""Leads the real windows through every screen there is: pages with their tabs, the applicant's pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import FakeOffice, portrait
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from ktpel_kiosk.app.clock import Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk.recording import confirm_data
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.app import Windows, make_windows
from ktpel_kiosk.ui.page_table import PAGES
from ktpel_kiosk.ui.theme import Theme, screen_scale, text_scale
from ktpel_kiosk.ui.widgets.extra import Tabs
from ktpel_kiosk.ui.widgets.section_nav import SectionNav

Look = Callable[[str, QMainWindow], None]


def furnished(folder: Path | None = None) -> FakeOffice:
    """An office with an applicant at each place where somebody may wait; with a real register in ``folder``, else one in memory."""
    office = FakeOffice("tempeh", None if folder is None else lambda clock: open_register(folder, clock, Uuid7(clock)))
    for i, stage in enumerate((Stage.VALIDASI, Stage.REKAM, Stage.CETAK_ENCODE, Stage.AKTIVASI, Stage.SERAH_PEMOHON), 1):
        office.to_stage(i, stage)
    confirm_data(office.desk, office.rina, office.to_stage(7, Stage.REKAM).id)
    return office


def settle(windows: Windows) -> None:
    """Nothing asked of the desk is open, nothing waits to be laid out or deleted."""
    for _ in range(400):
        QApplication.processEvents()
        if not windows.bridge.pending:
            break
        QTest.qWait(5)
    QTest.qWait(10)
    for _ in range(200):
        if not windows.bridge.pending:
            break
        QTest.qWait(5)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()


def open_windows(office: FakeOffice, size: tuple[int, int], contrast: str = "light", text: str = "normal") -> Windows:
    """Both windows at ``size`` in one look, a signed-in officer who may do everything."""
    boss = replace(office.rina, peran=frozenset(Peran))
    windows = make_windows(office.desk, actor=boss, size=size)
    theme = Theme(contrast, round(screen_scale(*size) * text_scale(text), 2))
    windows.operator.apply_theme(theme)
    windows.applicant.set_contrast(contrast)
    for window in (windows.operator, windows.applicant):
        window.resize(*size)
        window.show()
    settle(windows)
    return windows


def lead(office: FakeOffice, windows: Windows, look: Look, *, applicant: bool = True) -> None:
    """Call ``look(name, window)`` on every screen."""
    operator = windows.operator
    for key in (*(k for k, *_rest in PAGES), "tugas", "bantuan"):
        operator.go(key)
        settle(windows)
        look(key, operator)
        _tabs(key, windows, look, set())
    if applicant:
        for name in _applicant(windows):
            settle(windows)
            look(f"pemohon/{name}", windows.applicant)
    operator.lock()
    settle(windows)
    look("masuk", operator)


def _tabs(name: str, windows: Windows, look: Look, known: set[int]) -> None:
    """Every tab of every line of tabs that is seen now and was not before; then of those that a tab brought up."""
    page = windows.operator.page(name.split("/")[0])
    lines = [t for t in (*page.findChildren(SectionNav), *page.findChildren(Tabs)) if t.isVisible() and id(t) not in known]
    known |= {id(t) for t in lines}
    for line in lines:
        _tabs(f"{name}/{line.current}", windows, look, known)
        for tab in [t for t in line._tabs if t != line.current]:
            if line.isVisible():
                line.choose(tab)
                settle(windows)
                look(f"{name}/{tab}", windows.operator)
                _tabs(f"{name}/{tab}", windows, look, known)


def _applicant(windows: Windows) -> Iterator[str]:
    window: Any = windows.applicant
    picture = QImage.fromData(_png())
    rows = [("nama", "Nama lengkap", "SITI CONTOH LESTARI"), ("alamat", "Alamat", "DUSUN KRAJAN RT 003 RW 001 DESA TEMPEH LOR"),
            ("golongan_darah", "Golongan darah", "O")]
    from ktpel_kiosk.domain.biometric import RIGHT_FOUR
    for name, act in (("siaga", window.idle), ("privasi", window.privacy), ("data", lambda: window.data(rows)),
                      ("foto", window.photo), ("jari", lambda: window.hands(dict.fromkeys(RIGHT_FOUR, "target"), RIGHT_FOUR, 0.3)),
                      ("mata", window.eyes), ("tanda_tangan", window.sign),
                      ("tinjau", lambda: window.review("SITI CONTOH LESTARI", picture, picture, [("foto", 1), ("jari", 10)])),
                      ("tunggu", window.wait), ("terima_kasih", lambda: window.thanks("0042/KTP/XI/2026", "SITI", "besok"))):
        act()
        yield name
    window.ask_survey("baru")
    yield "survei"
    survey = window.survey
    survey.begin()
    yield "survei/pertanyaan"
    window.idle()


def _png() -> bytes:
    import io
    held = io.BytesIO()
    portrait().save(held, "PNG")
    return held.getvalue()


def visible(root: QWidget, kind: type[Any] = QWidget) -> list[Any]:
    """What stands in the window now and is not scrolled or clipped away."""
    return [w for w in root.findChildren(kind) if w.isVisible() and not w.visibleRegion().isEmpty()]


