"""Icons and fonts: each used one is there, each one there is used, licences lie beside them, figures are tabular."""

from __future__ import annotations

import ast

from PySide6.QtGui import QFontDatabase, QFontMetrics, QImage, QRawFont
from PySide6.QtWidgets import QApplication
from test_tokens import UI, called, nodes, written

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.resources import resource_root
from ktpel_kiosk.ui.theme import FAMILY, WEIGHTS, Theme, load_fonts

FILES = sorted((resource_root() / "icons").glob("*.svg"))


def test_every_icon_file_is_used() -> None:
    plain, _begun = written()
    assert not [f.stem for f in FILES if f.stem not in plain]


def test_every_icon_asked_for_is_there() -> None:
    """By keyword ``icon=`` and as the name in calls that draw one."""
    there = {f.stem for f in FILES}
    wrong = []
    for path, node in nodes():
        if not isinstance(node, ast.Call):
            continue
        named = [k.value for k in node.keywords if k.arg in ("icon", "icon_name")]
        named += node.args[1:2] if called(node) in ("draw", "IconButton") else []
        named += node.args[:1] if called(node) in ("IconLabel", "pixmap") else []
        for value in named:
            for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value and part.value not in there:
                    wrong.append(f"{path.relative_to(UI)}:{node.lineno} {part.value}")
    assert not wrong


def test_every_icon_draws_something(qapp: QApplication) -> None:
    blank = QImage(24, 24, QImage.Format.Format_ARGB32_Premultiplied)
    blank.fill(0)
    assert not [f.stem for f in FILES if icons.pixmap(f.stem, "#000000", 24).toImage() == blank]


def test_licences_lie_beside(qapp: QApplication) -> None:
    assert "ISC" in (resource_root() / "icons" / "LICENSE").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE" in (resource_root() / "fonts" / "LICENSE").read_text("utf-8")


def test_one_family_with_tabular_figures(qapp: QApplication) -> None:
    assert load_fonts() == FAMILY
    weights = {int(QFontDatabase.weight(FAMILY, s)) for s in QFontDatabase.styles(FAMILY)}
    assert {400, 500, 600, 700} <= weights and len(WEIGHTS) == 4
    for weight in (400, 600, 700):
        metrics = QFontMetrics(Theme().font("body", weight))
        assert len({metrics.horizontalAdvance(d * 8) for d in "0123456789"}) == 1


def test_the_font_has_what_names_and_papers_need(qapp: QApplication) -> None:
    font = QRawFont.fromFont(Theme().font("body"))
    assert not [c for c in "AZaz09éèêëñöüçÅØŁ’“”–—…·•°±×✓→←" if not font.supportsCharacter(ord(c))]
