"""The tokens are the only source of colours, type and radii: both themes complete, nothing unused, nothing literal in the code."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest
from inkmeter import luminance
from PySide6.QtGui import QColor

import ktpel_kiosk.ui
from ktpel_kiosk.ui import motion
from ktpel_kiosk.ui.theme import Theme, text_scale, tokens

UI = Path(ktpel_kiosk.ui.__file__).parent
ROUNDED = ("drawRoundedRect", "addRoundedRect")
COLOUR = re.compile(r"#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})\b")
PAPER = {"sheet.py", "device_tests.py"}
"""These draw on paper, and the pictures a device sent: black is black there."""
NAMED = {"white", "black", "red", "green", "blue", "gray", "grey", "yellow"}


@lru_cache(maxsize=1)
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((p, ast.parse(p.read_text("utf-8"))) for p in sorted(UI.rglob("*.py")))


@lru_cache(maxsize=1)
def nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """Walked once: strings, calls and attributes are all the tests look at."""
    kinds = (ast.Constant, ast.JoinedStr, ast.Call, ast.Attribute)
    return tuple((path, node) for path, tree in trees() for node in ast.walk(tree) if isinstance(node, kinds))


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def at(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(UI)}:{getattr(node, 'lineno', 0)}"


@lru_cache(maxsize=1)
def written() -> tuple[frozenset[str], tuple[str, ...]]:
    """Every string constant of the ui code, and the beginnings of those put together (``f"stage_{tone}"``)."""
    plain = frozenset(n.value for _p, n in nodes() if isinstance(n, ast.Constant) and isinstance(n.value, str))
    begun = tuple({n.values[0].value for _p, n in nodes() if isinstance(n, ast.JoinedStr) and len(n.values) > 1
                   and isinstance(n.values[0], ast.Constant) and str(n.values[0].value).endswith("_")}
                  | {"_" + str(n.values[-1].value).lstrip("_") for _p, n in nodes() if isinstance(n, ast.JoinedStr) and len(n.values) > 1
                     and isinstance(n.values[-1], ast.Constant) and str(n.values[-1].value).startswith("_")})
    return plain, begun


def test_both_themes_have_the_same_colours() -> None:
    assert set(tokens()["light"]) == set(tokens()["contrast"])
    for theme in ("light", "contrast"):
        for name, value in tokens()[theme].items():
            assert COLOUR.fullmatch(value) and QColor(value).isValid(), (theme, name, value)


@pytest.mark.parametrize("section", ["light", "type", "space", "radius", "height", "motion"])
def test_no_token_is_unused(section: str) -> None:
    plain, begun = written()
    unused = [name for name in tokens()[section] if name not in plain
              and not any(name.startswith(b) or (b.startswith("_") and name.endswith(b)) for b in begun)]
    assert not unused


def test_every_token_asked_for_exists() -> None:
    kinds = {"color": "light", "hex": "light", "radius": "radius", "space": "space", "height": "height", "size": "type", "font": "type",
             "duration": "motion", "curve": "motion"}
    wrong = []
    for path, node in nodes():
        section = kinds.get(called(node))
        if section is None or not isinstance(node.func, ast.Name | ast.Attribute) or not node.args:  # type: ignore[attr-defined]
            continue
        first = node.args[0]  # type: ignore[attr-defined]
        for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value not in tokens()[section]:
                wrong.append((at(path, node), part.value))
    assert not wrong


def test_no_literal_colours_in_the_code() -> None:
    found = [at(p, n) for p, n in nodes() if isinstance(n, ast.Constant) and isinstance(n.value, str) and COLOUR.fullmatch(n.value)]
    found += [at(p, n) for p, n in nodes() if called(n) == "QColor" and n.args and isinstance(n.args[0], ast.Constant)]  # type: ignore[attr-defined]
    found += [at(p, n) for p, n in nodes() if isinstance(n, ast.Attribute) and n.attr in NAMED and "GlobalColor" in ast.dump(n)
              and p.name not in PAPER]
    assert not found, found


def test_no_literal_radii_or_type_sizes_in_the_code() -> None:
    """A radius is a token or follows from the shape; a size of type is a token."""
    found = []
    for path, node in nodes():
        if called(node) in ROUNDED:
            found += [at(path, node) for a in node.args if called(a) in ("px", "p")]  # type: ignore[attr-defined]
        sized = called(node) in ("font", "setPixelSize", "setPointSize") and path.name not in PAPER
        first = node.args[0] if sized and node.args else None  # type: ignore[attr-defined]
        if isinstance(first, ast.Constant) and isinstance(first.value, int | float):
            found.append(at(path, node))
    assert not found, found


def test_the_style_sheet_knows_only_colours_of_its_theme() -> None:
    for contrast in ("light", "contrast"):
        for size in tokens()["text_sizes"]:
            sheet = Theme(contrast, text_scale(size)).style_sheet()
            known = {v.upper() for v in tokens()[contrast].values()}
            assert {m.group(0).upper() for m in COLOUR.finditer(sheet)} <= known
            assert sheet.count("{") == sheet.count("}") and "None" not in sheet


PAIRS = {"surface": ("ink", "muted", "faint", "accent", "good", "attention", "trouble"), "canvas": ("ink", "muted", "faint", "accent"),
         "soft": ("ink", "muted"), "accent_soft": ("accent", "ink", "muted"), "good_soft": ("good", "ink"),
         "attention_soft": ("attention", "ink"), "trouble_soft": ("trouble", "ink"), "accent": ("on_accent",), "good": ("on_accent",),
         "stage": ("on_stage", "stage_good", "stage_attention", "stage_line")}


def contrast_of(a: str, b: str) -> float:
    import numpy as np
    one, two = (float(luminance(np.array([QColor(c).red(), QColor(c).green(), QColor(c).blue()]))) + 0.05 for c in (a, b))
    return max(one, two) / min(one, two)


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_the_palette_is_legible_by_itself(theme: str) -> None:
    c = tokens()[theme]
    assert not [(ground, ink) for ground, inks in PAIRS.items() for ink in inks if contrast_of(c[ground], c[ink]) < 4.5]
    grounds = ("surface", "canvas")
    assert not [(line, ground) for line in ("field_line", "focus") for ground in grounds if contrast_of(c[line], c[ground]) < 3]


def test_less_motion_stills_every_animation() -> None:
    durations = [n for n, v in tokens()["motion"].items() if isinstance(v, int)]
    try:
        motion.set_less_motion(False)
        assert all(motion.duration(n) > 0 for n in durations)
        motion.set_less_motion(True)
        assert [motion.duration(n) for n in durations] == [0] * len(durations)
    finally:
        motion.set_less_motion(False)


def test_nothing_moves_past_the_switch() -> None:
    """Whoever builds an animation asks ui/motion.py for its time."""
    movers = ("QPropertyAnimation", "QVariantAnimation", "QTimeLine")
    makers = {path for path, node in nodes() if called(node) in movers and path.name != "motion.py"}
    assert not [str(p.relative_to(UI)) for p in makers if "ui.motion import" not in p.read_text("utf-8")]
