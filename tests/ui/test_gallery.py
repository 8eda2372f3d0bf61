"""The gallery: every public widget of the house is in it, every page is drawn, states differ, the command writes what it says."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from typer.testing import CliRunner

import ktpel_kiosk.ui.applicant
import ktpel_kiosk.ui.widgets
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.ui.gallery import book
from ktpel_kiosk.ui.gallery.kit import Stage, exhibits
from ktpel_kiosk.ui.theme import Theme, prepare_application
from ktpel_kiosk.ui.widgets.buttons import Pressable

HOUSE = (ktpel_kiosk.ui.widgets, ktpel_kiosk.ui.applicant)


def public() -> dict[type[QWidget], str]:
    """Widget classes of the house by where they are defined."""
    found: dict[type[QWidget], str] = {}
    for package in HOUSE:
        for module in iter_modules(package.__path__):
            held = import_module(f"{package.__name__}.{module.name}")
            for name, thing in vars(held).items():
                ours = isinstance(thing, type) and issubclass(thing, QWidget) and thing.__module__ == held.__name__
                if ours and not name.startswith("_"):
                    found[thing] = f"{module.name}.{name}"
    return found


def test_every_widget_of_the_house_is_shown(qapp: QApplication) -> None:
    prepare_application(qapp)
    shown: set[type] = set()
    held = []
    for one in exhibits():
        for specimen in one.make(Stage(FakeOffice().desk.sop)):
            held.append(specimen)
            for widget in (specimen.widget, *specimen.widget.findChildren(QWidget)):
                shown |= set(type(widget).__mro__)
    missing = sorted(where for kind, where in public().items() if kind not in shown)
    assert not missing, "not in the gallery, add them in ui/gallery: " + ", ".join(missing)


def test_states_of_a_button_look_different(qapp: QApplication, tmp_path: Path) -> None:
    """Normal, pointed at, pressed, focused and switched off are five pictures, for everything that is pressed."""
    prepare_application(qapp)
    alike = []
    for group, make in book.pages(Stage(FakeOffice().desk.sop), Theme()):
        page = make()
        picture = page.picture()
        seen: dict[tuple[type, str, str], dict[str, QImage]] = {}
        for s in page.specimens:
            if isinstance(s.widget, Pressable):
                caption = s.caption.split(",")[0] if "," in s.caption else ""
                spot = picture.copy(QRect(s.widget.mapTo(page, QPoint(0, 0)), s.widget.size())).toImage()
                key = (type(s.widget), s.widget.text(), f"{caption}{s.widget.isChecked()}{s.widget.width()}")
                for other, image in seen.setdefault(key, {}).items():
                    if other != s.state and image == spot:
                        alike.append(f"{group}: {type(s.widget).__name__} '{s.widget.text()}' {other or 'normal'} = {s.state}")
                seen[key][s.state] = spot
        page.close()
    assert not alike


@pytest.mark.parametrize("options", [["--theme", "contrast", "--size", "besar"], pytest.param([], marks=pytest.mark.gate)])
def test_the_command_writes_pages_and_index(tmp_path: Path, qapp: QApplication, options: list[str]) -> None:
    result = CliRunner().invoke(app, ["gallery", "--out", str(tmp_path), *options])
    assert result.exit_code == 0, result.output
    files = sorted(tmp_path.glob("*.png"))
    groups = {e.group for e in exhibits()}
    assert len(files) == len(groups) * (1 if options else 8)
    index = (tmp_path / "index.html").read_text("utf-8")
    for file in files:
        image = QImage(str(file))
        assert image.width() == book.WIDTH and image.height() > 150 and file.name in index
        assert len({image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}) > 5


def test_unknown_theme_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["gallery", "--out", str(tmp_path), "--theme", "blue"])
    assert result.exit_code == 1 and "blue" in result.output and not list(tmp_path.iterdir())
