"""The gallery: every public widget of the house is in it, every page is drawn, states differ, the command writes what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from fakes import FakeOffice
from inkmeter import Ink, measure
from PySide6.QtCore import QPoint, QRect, qInstallMessageHandler
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from typer.testing import CliRunner

import ktpel_kiosk.ui.applicant
import ktpel_kiosk.ui.widgets
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.ui.gallery import book
from ktpel_kiosk.ui.gallery.applicant import PAGES
from ktpel_kiosk.ui.gallery.kit import Stage, exhibits
from ktpel_kiosk.ui.theme import Theme, prepare_application
from ktpel_kiosk.ui.widgets.buttons import Pressable

HARMLESS = ("This plugin does not support",)
HOUSE = (ktpel_kiosk.ui.widgets, ktpel_kiosk.ui.applicant)


def public() -> dict[type[QWidget], str]:
    """Widget classes of the house by where they are defined."""
    found: dict[type[QWidget], str] = {}
    for package in HOUSE:
        for module in iter_modules(package.__path__):
            held = import_module(f"{package.__name__}.{module.name}")
            for name, thing in vars(held).items():
                ours = isinstance(thing, type) and issubclass(thing, QWidget) and thing.__module__ == held.__name__
                if ours and not name.startswith("_") and not issubclass(thing, QStackedWidget):  # a holder shows nothing of its own
                    found[thing] = f"{module.name}.{name}"
    return found


@dataclass
class Walk:
    """What one look through the whole gallery found."""

    shown: set[type] = field(default_factory=set)
    alike: list[str] = field(default_factory=list)
    inks: list[tuple[str, Ink]] = field(default_factory=list)


@pytest.fixture(scope="module")
def walk() -> Walk:
    """Every page built once, in the light theme at the normal size."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    prepare_application(app)
    found, said = Walk(), []
    before = qInstallMessageHandler(lambda _kind, _context, text: said.append(text))
    try:
        look_through(found)
    finally:
        qInstallMessageHandler(before)
    assert not [t for t in said if not any(h in t for h in HARMLESS)]
    return found


def look_through(found: Walk) -> None:
    for group, make in book.pages(Stage(FakeOffice().desk.sop), Theme()):
        page = make()
        picture = page.picture()
        for specimen in page.specimens:
            for widget in (specimen.widget, *specimen.widget.findChildren(QWidget)):
                found.shown |= set(type(widget).__mro__)
        found.alike += [f"{group}: {x}" for x in alike(page, picture)]
        if group != PAGES:  # the applicant's pages are measured at length
            found.inks += [(group, ink) for ink in measure(page)]
        page.close()
        page.deleteLater()


def alike(page: book.GalleryPage, picture: QPixmap) -> list[str]:
    """Pressable specimens of one kind whose pictures do not tell two states apart."""
    found: list[str] = []
    seen: dict[tuple[object, ...], dict[str, QImage]] = {}
    for s in page.specimens:
        if not isinstance(s.widget, Pressable):
            continue
        spot = picture.copy(QRect(s.widget.mapTo(page, QPoint(0, 0)), s.widget.size())).toImage()
        caption = s.caption.split(",")[0] if "," in s.caption else ""
        states = seen.setdefault((type(s.widget), s.widget.text(), caption, s.widget.isChecked(), s.widget.width()), {})
        found += [f"{type(s.widget).__name__} '{s.widget.text()}' {other or 'normal'} = {s.state or 'normal'}"
                  for other, image in states.items() if other != s.state and image == spot]
        states[s.state] = spot
    return found


def test_every_widget_of_the_house_is_shown(walk: Walk) -> None:
    missing = sorted(where for kind, where in public().items() if kind not in walk.shown)
    assert not missing, "not in the gallery, add them in ui/gallery: " + ", ".join(missing)


def test_states_of_a_button_look_different(walk: Walk) -> None:
    """Normal, pointed at, pressed, focused and switched off are different pictures, for everything that is pressed."""
    assert not walk.alike


def test_all_text_of_the_gallery_is_legible(walk: Walk) -> None:
    assert len(walk.inks) > 500
    faint = [f"{group}: {i.ratio:.2f} '{i.text}' {i.where}" for group, i in walk.inks if not i.enough]
    assert not faint, "\n".join(faint)


@pytest.mark.parametrize("options", [
    ["--theme", "contrast", "--size", "besar", "--group", "tombol"], pytest.param([], marks=pytest.mark.gate)])
def test_the_command_writes_pages_and_index(tmp_path: Path, qapp: QApplication, options: list[str]) -> None:
    result = CliRunner().invoke(app, ["gallery", "--out", str(tmp_path), *options])
    assert result.exit_code == 0, result.output
    files = sorted(tmp_path.glob("*.png"))
    assert len(files) == (1 if options else 8 * len({e.group for e in exhibits()}))
    index = (tmp_path / "index.html").read_text("utf-8")
    for file in files:
        image = QImage(str(file))
        assert image.width() == book.WIDTH and image.height() > 150 and file.name in index
        assert len({image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}) > 5


@pytest.mark.parametrize("option", ["--theme", "--size", "--group"])
def test_what_is_unknown_is_said_in_one_line(tmp_path: Path, qapp: QApplication, option: str) -> None:
    result = CliRunner().invoke(app, ["gallery", "--out", str(tmp_path), option, "blue"])
    assert result.exit_code == 1 and "blue" in result.output and not list(tmp_path.iterdir())
