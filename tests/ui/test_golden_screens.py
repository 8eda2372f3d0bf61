"""Golden screenshots: every scene beside the picture kept of it, with a tolerance that a moved word or a changed colour exceeds.

A change on purpose is accepted by ``KTPEL_GOLDEN=accept pytest -m 'gate or not gate' tests/ui/test_golden_screens.py`` after looking at the
new pictures; what was seen and where it differs lies in the folder the failure names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from golden_scenes import APPLICANT, OPERATOR, QUICK, Scene, furnish, make_office
from PIL import Image, ImageDraw
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ktpel_kiosk.ui import motion
from ktpel_kiosk.ui.app import make_windows
from ktpel_kiosk.ui.screen_keyboard import KeyboardControl
from ktpel_kiosk.ui.theme import Theme

GOLDEN = Path(__file__).parent / "golden"
ACCEPT = os.environ.get("KTPEL_GOLDEN") == "accept"
SIZE = (1366, 768)
COLOURS = 192
FAR = 28
"""Of 255: a channel further off than this counts as different (anti-aliasing of another build stays below)."""
MOST_DIFFERENT = 0.0012
"""Share of the half-size picture: some 300 points, less than one changed word of 13 px."""
SCENES = {**OPERATOR, **APPLICANT}


def half(image: Image.Image) -> Image.Image:
    return image.convert("RGB").resize((SIZE[0] // 2, SIZE[1] // 2), Image.Resampling.BOX)


def grabbed(window: QWidget) -> Image.Image:
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[:, :image.width() * 3]
    return Image.fromarray(rows.reshape(image.height(), image.width(), 3).copy())


def different(seen: Image.Image, kept: Image.Image) -> np.ndarray:
    """Mask of the points that differ; a kept picture has few colours, so what is seen is put into them first."""
    if kept.mode == "P":
        seen, kept = seen.quantize(palette=kept, dither=Image.Dither.NONE).convert("RGB"), kept.convert("RGB")
    a, b = (np.asarray(i, dtype=np.int16) for i in (seen, kept))
    return (np.abs(a - b).max(axis=2) > FAR)


def few_colours(image: Image.Image) -> Image.Image:
    palette = image.quantize(COLOURS, dither=Image.Dither.NONE)
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


@pytest.fixture(scope="module", params=["light", "contrast"])
def scene(request: pytest.FixtureRequest, qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Scene]]:
    office = make_office(tmp_path_factory.mktemp("golden"))
    people = furnish(office)
    before = motion.less_motion()
    offered = KeyboardControl.offered
    KeyboardControl.offered = lambda _self: False  # type: ignore[method-assign]  # a touch screen made by an earlier test adds a button
    windows = make_windows(office.desk, actor=office.rina, size=SIZE)
    motion.set_less_motion(True)  # after the desk's own choice was read
    windows.operator.apply_theme(Theme(request.param, 1.0))
    windows.applicant.set_contrast(request.param)
    for window in (windows.operator, windows.applicant):
        window.resize(*SIZE)
        window.show()

    def settle() -> None:
        for _ in range(3):
            QTest.qWait(25)
            deadline = 400
            while windows.bridge.pending and deadline:
                QTest.qWait(20)
                deadline -= 1
            assert not windows.bridge.pending

    yield request.param, Scene(office, windows, settle, people)
    windows.close()
    KeyboardControl.offered = offered  # type: ignore[method-assign]
    office.register.close()
    motion.set_less_motion(before)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def no_window_stays() -> None:
    """The windows of this file are shared by all its scenes."""


def check(scene: tuple[str, Scene], name: str, tmp_path: Path) -> None:
    theme, place = scene
    if place.operator.session.actor.username != place.office.rina.username:
        place.operator.signed_in(place.office.rina)
        place.settle()
    place.operator.notice.dismiss()
    window = SCENES[name](place)
    window.setFocus()
    place.settle()
    full = grabbed(window)
    seen, path = half(full), GOLDEN / f"{name}-{theme}.png"
    if ACCEPT:
        GOLDEN.mkdir(exist_ok=True)
        if not path.exists() or different(seen, Image.open(path)).mean() > MOST_DIFFERENT / 4:
            few_colours(seen).save(path, optimize=True)
        return
    assert path.exists(), f"no picture is kept of {name} in {theme}; look at it, then KTPEL_GOLDEN=accept"
    off = different(seen, Image.open(path))
    if off.mean() > MOST_DIFFERENT:
        full.save(tmp_path / "seen.png")
        marked = seen.copy()
        ys, xs = np.nonzero(off)
        ImageDraw.Draw(marked).rectangle((xs.min() - 2, ys.min() - 2, xs.max() + 2, ys.max() + 2), outline="#E00000", width=2)
        marked.save(tmp_path / "differs.png")
        pytest.fail(f"{name} ({theme}) differs in {off.mean():.2%} of its points, within {xs.min() * 2},{ys.min() * 2} to "
                    f"{xs.max() * 2},{ys.max() * 2}: {tmp_path}/differs.png; kept: {path}")


@pytest.mark.parametrize("name", QUICK)
def test_scene_looks_as_kept(scene: tuple[str, Scene], name: str, tmp_path: Path) -> None:
    check(scene, name, tmp_path)


@pytest.mark.gate
@pytest.mark.parametrize("name", [n for n in SCENES if n not in QUICK])
def test_more_scenes_look_as_kept(scene: tuple[str, Scene], name: str, tmp_path: Path) -> None:
    check(scene, name, tmp_path)


def test_a_changed_word_and_a_changed_colour_are_found(scene: tuple[str, Scene]) -> None:
    """The tolerance is worth something: one word, one chip."""
    _theme, place = scene
    if place.operator.current == "masuk":
        place.operator.signed_in(place.office.rina)
    page = place.go("beranda")
    before = half(grabbed(place.operator))
    kept: Callable[[], str] = page.title.text
    text = kept()
    page.title.setText(text.replace("Selamat", "Salam"))
    QTest.qWait(30)
    assert different(half(grabbed(place.operator)), before).mean() > MOST_DIFFERENT
    page.title.setText(text)
    QTest.qWait(30)
    assert different(half(grabbed(place.operator)), before).mean() <= MOST_DIFFERENT
    place.operator.header.line.set_state("Semua terkirim", "trouble", "check")
    QTest.qWait(30)
    assert different(half(grabbed(place.operator)), before).mean() > MOST_DIFFERENT
