"""Contrast measured from pixels: the gallery in both themes, the outlines of controls; and the meter itself on known colours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from fakes import FakeOffice
from inkmeter import luminance, measure, pixels, ratio
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from ktpel_kiosk.ui.gallery.book import pages
from ktpel_kiosk.ui.gallery.kit import Stage
from ktpel_kiosk.ui.theme import Theme, prepare_application, set_theme, text_scale
from ktpel_kiosk.ui.widgets.base import label, row
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.fields import ChoiceField, Field, TextField


@pytest.mark.parametrize(("ink", "least", "most"), [("#8A97A3", 2.9, 3.0), ("#63707B", 5.0, 5.2), ("#000000", 21, 21)])
def test_the_meter_reads_known_colours(ink: str, least: float, most: float) -> None:
    image = QImage(40, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("#FFFFFF"))
    for x in range(5, 12):
        image.setPixelColor(x, 9, QColor(ink))
    assert least <= ratio(pixels(image)) <= most


def test_the_meter_finds_faint_text(qapp: QApplication) -> None:
    """A window with one label too pale: found, and only that."""
    prepare_application(qapp)
    window = QMainWindow()
    set_theme(window, Theme())
    pale, plain = label("Terlalu pucat"), label("Jelas")
    pale.setStyleSheet("color: #8A97A3")
    holder = QWidget()
    holder.setProperty("surface", "plain")
    holder.setLayout(row(pale, plain, Button("Simpan", "primary")))
    window.setCentralWidget(holder)
    window.show()
    assert [i.text for i in measure(window) if not i.enough] == ["Terlalu pucat"]
    window.close()


@pytest.mark.gate
@pytest.mark.parametrize("size", ["normal", "terbesar"])
@pytest.mark.parametrize("contrast", ["light", "contrast"])
def test_all_text_of_the_gallery(qapp: QApplication, contrast: str, size: str) -> None:
    prepare_application(qapp)
    faint, count = [], 0
    for group, make in pages(Stage(FakeOffice().desk.sop), Theme(contrast, text_scale(size))):
        page = make()
        page.picture()
        inks = measure(page)
        count += len(inks)
        faint += [f"{group}: {i.ratio:.2f} '{i.text}' {i.where}" for i in inks if not i.enough]
        page.close()
    assert count > 500
    assert not faint, "\n".join(faint)


def outline(widget: QWidget, window: QWidget) -> float:
    """Best contrast between neighbours along a line from left to right through the control: its frame against its ground."""
    crop = pixels(window.grab(widget.geometry()).toImage())
    middle = luminance(crop[crop.shape[0] // 2][: crop.shape[1] // 4]) + 0.05
    return float(np.max(np.maximum(middle / middle[-1], middle[-1] / middle)))


@pytest.mark.parametrize("contrast", ["light", "contrast"])
@pytest.mark.parametrize("make", [lambda: TextField("a", ""), lambda: ChoiceField("a", "", ()), lambda: Button("Ya"),
                                  lambda: ChoiceChip("Ya"), lambda: Tick("Ya")], ids=["field", "choice", "button", "chip", "tick"])
def test_outlines_of_controls(qapp: QApplication, contrast: str, make: Callable[[], QWidget]) -> None:
    prepare_application(qapp)
    window = QMainWindow()
    set_theme(window, Theme(contrast))
    made = make()
    widget = made.editor if isinstance(made, Field) else made
    holder = QWidget()
    holder.setProperty("surface", "plain")
    other = Button("Lain")
    holder.setLayout(row(widget, other, None))
    widget.setFixedWidth(200)
    window.setCentralWidget(holder)
    window.resize(500, 120)
    window.show()
    other.setFocus(Qt.FocusReason.OtherFocusReason)
    assert outline(widget, holder) >= 3.0
    window.close()
