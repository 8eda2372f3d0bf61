"""What a signature pad shows: what is being signed, the line to sign on, and three buttons. Pure, apart from reading the font.

Two renderings: in colour, and in pure black and white with hinted letters for pads and pictures of one bit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ktpel_kiosk.hal.drivers.stu_reports import Area, Encoding

CANCEL, AGAIN, ACCEPT = "cancel", "again", "accept"
WORDS: Mapping[str, str] = {CANCEL: "Batal", AGAIN: "Ulangi", ACCEPT: "OK"}
INK, MUTED, LINE, PRIMARY, PAPER = (20, 33, 43), (91, 107, 120), (198, 207, 215), (11, 92, 173), (255, 255, 255)
"""The colours of the windows (resources/theme/tokens.toml)."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Where things are on a screen of ``size`` pixels: the buttons, the area for ink above them, the line to sign on."""

    size: tuple[int, int]
    buttons: Mapping[str, Area]
    ink: Area
    base: int


def layout(size: tuple[int, int]) -> Screen:
    """Buttons stand along the lower edge, OK at the right and widest."""
    width, height = size
    gap = max(4, width // 60)
    tall = max(34, height // 6)
    top = height - tall - gap
    unit = (width - 4 * gap) / 3.4
    lefts = (gap, round(2 * gap + unit), round(3 * gap + 2 * unit))
    rights = (round(gap + unit) - 1, round(2 * gap + 2 * unit) - 1, width - gap - 1)
    buttons = {name: Area(left, top, right, height - gap - 1)
               for name, left, right in zip((CANCEL, AGAIN, ACCEPT), lefts, rights, strict=True)}
    return Screen(size, buttons, Area(0, 0, width - 1, top - gap), round(top - height * 0.14))


def render(prompt: str, screen: Screen, *, colour: bool, fonts: Path | None = None) -> Any:
    """The picture (Pillow, RGB, or L with 0 and 255 only)."""
    from PIL import Image, ImageDraw

    width, height = screen.size
    image = Image.new("RGB" if colour else "L", screen.size, PAPER if colour else 255)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "L" if colour else "1"

    def tone(value: tuple[int, int, int]) -> Any:
        return value if colour else 0

    margin = max(8, width // 28)
    font, lines = _fitted(prompt, width - 2 * margin, height, fonts)
    y = max(5, height // 24)
    for line in lines:
        draw.text((margin, y), line, font=font, fill=tone(INK))
        y += round(font.size * 1.3)
    stroke = max(1, height // 240)
    draw.line([(margin, screen.base), (width - margin - 1, screen.base)], fill=tone(MUTED), width=stroke)
    arm = max(4, height // 50)
    x, base = margin + arm, screen.base - 2 * arm
    for sign in (-1, 1):  # the cross that says where to begin
        draw.line([(x - arm, base - sign * arm), (x + arm, base + sign * arm)], fill=tone(MUTED), width=stroke + 1)
    for name, area in screen.buttons.items():
        _button(draw, WORDS[name], area, name == ACCEPT, colour, fonts)
    return image


def _button(draw: Any, word: str, area: Area, strong: bool, colour: bool, fonts: Path | None) -> None:
    tall = area.bottom - area.top + 1
    fill: Any = (PRIMARY if strong else PAPER) if colour else (0 if strong else 255)
    edge: Any = (PRIMARY if strong else LINE) if colour else 0
    draw.rounded_rectangle([area.left, area.top, area.right, area.bottom], radius=tall // 5, fill=fill, outline=edge,
                           width=max(1, tall // 32))
    font = _font("SemiBold", round(tall * 0.42), fonts)
    letters: Any = (PAPER if strong else INK) if colour else (255 if strong else 0)
    draw.text(((area.left + area.right) / 2, (area.top + area.bottom) / 2), word, font=font, fill=letters, anchor="mm")


def _fitted(prompt: str, width: int, height: int, fonts: Path | None) -> tuple[Any, list[str]]:
    """One line where letters of a good size allow it, else two even lines, as large as they fit; a longer prompt is cut at a word."""
    words = prompt.split()
    large, small = max(16, height // 13), max(11, height // 24)
    for size in range(large, small - 1, -1):
        font = _font("Medium", size, fonts)
        most = 1 if size > large * 0.75 else 2
        lines = _wrapped(words, font, width)
        if len(lines) <= most:
            narrow = width
            while len(lines) == 2 and narrow > width // 2 and len(_wrapped(words, font, narrow - 8)) == 2:
                narrow -= 8
            return font, _wrapped(words, font, narrow)
    kept = lines[1].split()
    while kept and font.getlength(" ".join(kept) + " …") > width:
        kept.pop()
    return font, [lines[0], " ".join(kept) + " …"]


def _wrapped(words: list[str], font: Any, width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            while font.getlength(word) > width and len(word) > 1:
                word = word[:-1]
            lines.append(word)
    return lines


@lru_cache(maxsize=64)
def _font(weight: str, size: int, fonts: Path | None) -> Any:
    from PIL import ImageFont

    folder = fonts or _bundled()
    try:
        return ImageFont.truetype(str(folder / f"Inter-{weight}.otf"), size)
    except OSError:
        return ImageFont.load_default(size)


def _bundled() -> Path:
    package = Path(__file__).resolve().parents[2]
    override = os.environ.get("KTPEL_ROOT")
    roots = [Path(override)] if override else [package / "_bundled", package.parents[1]]
    return next((r for r in roots if (r / "resources").is_dir()), roots[-1]) / "resources" / "fonts"


def encode(image: Any, encoding: Encoding) -> bytes:
    """Bytes of the picture as the pad takes them, rows from the top."""
    if encoding is Encoding.MONO:
        return np.packbits(np.asarray(image.convert("L")) > 128, axis=1).tobytes()
    rgb = np.asarray(image.convert("RGB"))
    if encoding is Encoding.BGR:
        return rgb[:, :, ::-1].tobytes()
    red, green, blue = (rgb[:, :, i].astype(np.uint16) for i in range(3))
    return ((red & 0xF8) << 8 | (green & 0xFC) << 3 | blue >> 3).astype(">u2").tobytes()
