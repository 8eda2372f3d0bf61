"""Drawing on paper in millimetres from the top left corner, with embedded Inter; the base of every PDF here.

A :class:`Pen` without canvas only moves its cursor: papers are drawn dry first to learn whether they fit.
Output is deterministic (no time, no random id). Fonts are registered once for the process; a Pen belongs to one thread.
"""

from __future__ import annotations

import io
import threading
import unicodedata
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.domain.errors import BadInput

MM = 72 / 25.4
REGULAR, MEDIUM, SEMIBOLD, BOLD = "Inter", "Inter-Medium", "Inter-SemiBold", "Inter-Bold"
_FILES = {REGULAR: "Inter-Regular.ttf", MEDIUM: "Inter-Medium.ttf", SEMIBOLD: "Inter-SemiBold.ttf", BOLD: "Inter-Bold.ttf"}
INK, MUTED, LINE, PALE = (0.078, 0.129, 0.169), (0.357, 0.420, 0.471), (0.72, 0.76, 0.80), (0.945, 0.957, 0.969)
A4 = (210.0, 297.0)
LEADING = 1.38
MAX_PIXELS = 40_000_000
QR_MOST = 500
"""Characters; numbers are far shorter, and more could not be scanned from paper."""
MISSING = "\N{WHITE SQUARE}"

MARK: ContextVar[str] = ContextVar("paper_mark", default="")
"""What stands across every page of the papers made now; empty: nothing (:mod:`ktpel_kiosk.documents.practice`)."""

_registering = threading.Lock()
Run = tuple[str, str]
"""(text, face)."""


def register_faces(resources: Path) -> None:
    """Make the faces known to reportlab; cheap when they are."""
    with _registering:
        known = set(pdfmetrics.getRegisteredFontNames())
        for name, file in _FILES.items():
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(resources / "fonts" / "pdf" / file)))


@lru_cache(maxsize=8)
def _widths(face: str) -> dict[int, float]:
    widths: dict[int, float] = pdfmetrics.getFont(face).face.charWidths
    return widths


@lru_cache(maxsize=4096)
def shown(text: str) -> str:
    """What is drawn for ``text``: composed letters, an empty square for each sign the face lacks, nothing for marks nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    known = _widths(REGULAR)
    return "".join(c if ord(c) in known and c.isprintable() else _stand_in(c) for c in unicodedata.normalize("NFC", text))


def _stand_in(sign: str) -> str:
    kind = unicodedata.category(sign)
    return " " if sign.isspace() else "" if kind in ("Cf", "Mn", "Me") else MISSING


@lru_cache(maxsize=8192)
def _em(text: str, face: str) -> float:
    table = _widths(face)
    return sum([table[ord(c)] for c in shown(text)]) / 1000


def width_mm(text: str, face: str, size: float) -> float:
    """Width of one line; ``size`` in points."""
    return _em(text, face) * size / MM


def wrap(text: str, face: str, size: float, width: float) -> list[str]:
    """Lines no wider than ``width`` mm; a longer word is broken after a slash or hyphen, else between characters. At least one line."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width_mm(joined, face, size) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while width_mm(word, face, size) > width and len(word) > 1:
            cut = _cut(word, face, size, width)
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return [*lines, line] if line or not lines else lines


def _cut(word: str, face: str, size: float, width: float) -> int:
    most = 1
    while most < len(word) - 1 and width_mm(word[:most + 1], face, size) <= width:
        most += 1
    soft = max(word.rfind(sign, 0, most) for sign in "/-_,.")
    return soft + 1 if soft >= most // 3 and soft > 0 else most


class Pen:
    """Cursor and margins in mm, sizes in points times ``scale``.

    Attributes:
        y: distance from the top edge; grows downwards.
    """

    def __init__(self, canvas: Canvas | None, page: tuple[float, float], left: float, right: float, *, scale: float = 1.0,
                 top: float = 0.0) -> None:
        self.canvas = canvas
        self.page_width, self.page_height = page
        self.left, self.right = left, page[0] - right
        self.scale = scale
        self.y = top
        self._offset = 0.0

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    def down(self, mm: float) -> None:
        self.y += mm * self.scale

    def _up(self, y: float) -> float:
        return (self.page_height - y) * MM

    def text(self, x: float, y: float, text: str, face: str = REGULAR, size: float = 10.0, align: str = "l",
             color: tuple[float, float, float] = INK) -> None:
        """One line with its baseline at ``y``; ``align`` l, m or r."""
        if self.canvas is None or not text:
            return
        points = size * self.scale
        shift = {"l": 0.0, "m": 0.5, "r": 1.0}[align] * width_mm(text, face, points)
        self.canvas.setFont(face, points)
        self.canvas.setFillColorRGB(*color)
        self.canvas.drawString((x - shift) * MM, self._up(y), shown(text))

    def texts(self, pieces: Sequence[tuple[float, float, str, tuple[float, float, float]]], face: str, size: float) -> None:
        """Many short texts of one face, ``(x, baseline, text, colour)``, left aligned: a table's cells at a fraction of the usual cost."""
        if self.canvas is None:
            return
        block = self.canvas.beginText()
        block.setFont(face, size * self.scale)
        now = None
        for x, y, text, color in pieces:
            if color != now:
                block.setFillColorRGB(*color)
                now = color
            block._code.append(f"1 0 0 1 {x * MM:.3f} {self._up(y):.3f} Tm {block._formatText(shown(text))}")
        self.canvas.drawText(block)

    def line(self, text: str, face: str = REGULAR, size: float = 10.0, align: str = "l", color: tuple[float, float, float] = INK) -> None:
        """One line at the cursor over the whole width, shrunk if need be; the cursor goes below it."""
        while width_mm(text, face, size * self.scale) > self.width and size > 4:
            size -= 0.25
        self.y += size * self.scale * LEADING / MM
        x = {"l": self.left, "m": self.middle, "r": self.right}[align]
        self.text(x, self.y - size * self.scale * 0.32 / MM, text, face, size, align, color)

    def paragraph(self, runs: str | Sequence[Run], *, x: float | None = None, width: float | None = None, size: float = 10.0,
                  face: str = REGULAR, color: tuple[float, float, float] = INK) -> None:
        """Flowing text at the cursor; runs change the face within a line."""
        x = self.left if x is None else x
        width = self.right - x if width is None else width
        pieces = [(runs, face)] if isinstance(runs, str) else list(runs)
        points = size * self.scale
        line: list[Run] = []
        used, spaced = 0.0, False
        for text, piece_face in pieces:
            spaced = spaced or text[:1].isspace()
            for word in text.split():
                for number, part in enumerate(wrap(word, piece_face, points, width)):
                    gap = width_mm(" ", piece_face, points) if line and spaced else 0.0
                    need = width_mm(part, piece_face, points)
                    glued = not (spaced or number) and len(part) < 3  # a full stop stays with the word before it
                    if line and used + gap + need > width and not glued:
                        self._flush(line, x, size, color)
                        line, used, gap = [], 0.0, 0.0
                    line.append(((" " if gap else "") + part, piece_face))
                    used += gap + need
                    spaced = False
                spaced = True
            spaced = text[-1:].isspace()
        self._flush(line, x, size, color)

    def _flush(self, line: Sequence[Run], x: float, size: float, color: tuple[float, float, float]) -> None:
        self.y += size * self.scale * LEADING / MM
        baseline = self.y - size * self.scale * 0.32 / MM
        start = 0
        while start < len(line):
            end = start
            while end < len(line) and line[end][1] == line[start][1]:
                end += 1
            text, face = "".join(t for t, _ in line[start:end]), line[start][1]
            self.text(x, baseline, text, face, size, color=color)
            x += width_mm(text, face, size * self.scale)
            start = end

    def rule(self, y: float, x0: float | None = None, x1: float | None = None, thick: float = 0.2,
             color: tuple[float, float, float] = INK, dash: tuple[float, ...] = ()) -> None:
        if self.canvas is None:
            return
        self.canvas.setStrokeColorRGB(*color)
        self.canvas.setLineWidth(thick * MM)
        self.canvas.setDash([d * MM for d in dash])
        self.canvas.line((self.left if x0 is None else x0) * MM, self._up(y), (self.right if x1 is None else x1) * MM, self._up(y))
        self.canvas.setDash([])

    def upright(self, x: float, y0: float, y1: float, thick: float = 0.2, color: tuple[float, float, float] = INK) -> None:
        if self.canvas is not None:
            self.canvas.setStrokeColorRGB(*color)
            self.canvas.setLineWidth(thick * MM)
            self.canvas.line(x * MM, self._up(y0), x * MM, self._up(y1))

    def box(self, x: float, y: float, width: float, height: float, *, thick: float = 0.25, color: tuple[float, float, float] = INK,
            fill: tuple[float, float, float] | None = None, radius: float = 0.0) -> None:
        """``y`` is the upper edge; ``thick`` 0 leaves the border out."""
        if self.canvas is None:
            return
        self.canvas.setStrokeColorRGB(*color)
        self.canvas.setLineWidth(thick * MM)
        if fill is not None:
            self.canvas.setFillColorRGB(*fill)
        self.canvas.roundRect(x * MM, self._up(y + height), width * MM, height * MM, radius * MM,
                              stroke=int(thick > 0), fill=int(fill is not None))

    def path(self, points: Sequence[tuple[float, float]], *, thick: float = 0.3, color: tuple[float, float, float] = INK,
             dash: tuple[float, ...] = (), fill: tuple[float, float, float] | None = None) -> None:
        """An open line, or a closed filled shape when ``fill`` is given."""
        if self.canvas is None or len(points) < 2:
            return
        path = self.canvas.beginPath()
        for i, (x, y) in enumerate(points):
            (path.lineTo if i else path.moveTo)(x * MM, self._up(y))
        self.canvas.setStrokeColorRGB(*color)
        self.canvas.setLineWidth(thick * MM)
        self.canvas.setDash([d * MM for d in dash])
        if fill is not None:
            path.close()
            self.canvas.setFillColorRGB(*fill)
        self.canvas.drawPath(path, stroke=int(thick > 0), fill=int(fill is not None))
        self.canvas.setDash([])

    def hatch(self, x: float, y: float, width: float, height: float, *, step: float = 1.1, rising: bool = True,
              color: tuple[float, float, float] = INK) -> None:
        """Slanted lines inside a box, so that a copy in black and white still tells the parts apart."""
        if self.canvas is None or width <= 0 or height <= 0:
            return
        self.canvas.setStrokeColorRGB(*color)
        self.canvas.setLineWidth(0.16 * MM)
        at = step / 2
        while at < width + height:
            a, b = max(0.0, at - height), min(at, width)
            ya, yb = (at - a, at - b) if rising else (height - at + a, height - at + b)
            self.canvas.line((x + a) * MM, self._up(y + ya), (x + b) * MM, self._up(y + yb))
            at += step

    def tick_box(self, x: float, baseline: float, side: float, ticked: bool) -> None:
        """A drawn check box, so that it prints the same with every font."""
        self.box(x, baseline - side * 0.86, side, side, thick=0.22)
        if self.canvas is None or not ticked:
            return
        path = self.canvas.beginPath()
        points = ((0.18, 0.52), (0.42, 0.76), (0.86, 0.16))
        for i, (px, py) in enumerate(points):
            (path.lineTo if i else path.moveTo)((x + px * side) * MM, self._up(baseline - side * 0.86 + py * side))
        self.canvas.setLineWidth(0.42 * MM)
        self.canvas.drawPath(path, stroke=1, fill=0)

    def qr(self, text: str, x: float, y: float, side: float) -> None:
        """A QR code (error correction M), upper left corner at (x, y), as one vector path."""
        if self.canvas is None or not text:
            return
        code = qrcode.QRCode(border=0, error_correction=ERROR_CORRECT_M)
        code.add_data(text[:QR_MOST].encode("utf-8", "replace").decode())
        code.make(fit=True)
        matrix = code.get_matrix()
        module = side / len(matrix)
        path = self.canvas.beginPath()
        for row, cells in enumerate(matrix):
            start = 0
            while start < len(cells):
                if not cells[start]:
                    start += 1
                    continue
                end = start
                while end < len(cells) and cells[end]:
                    end += 1
                path.rect((x + start * module) * MM, self._up(y + (row + 1) * module), (end - start) * module * MM, module * MM)
                start = end
        self.canvas.setFillColorRGB(0, 0, 0)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def picture(self, png: bytes, x: float, y: float, width: float, height: float, *, grey: bool = False, pixels: int = 600) -> None:
        """A picture fitted into the box, middle, on white.

        Raises:
            BadInput: ``document.image`` when it cannot be read.
        """
        if not png:
            return
        flat = _flatten(png, grey, pixels)
        if self.canvas is None:
            return
        share = min(width / flat.width, height / flat.height)
        w, h = flat.width * share, flat.height * share
        left, top = x + (width - w) / 2, y + (height - h) / 2
        self.canvas.drawImage(ImageReader(flat), left * MM, self._up(top + h), w * MM, h * MM)


def _flatten(png: bytes, grey: bool, pixels: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(png)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise BadInput("document.image")
            rgba = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput("document.image") from error
    paper = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("L" if grey else "RGB")
    paper.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    return paper


class _MarkedCanvas(Canvas):  # type: ignore[misc]  # reportlab is untyped
    """Lays :data:`MARK` of the moment it was made over each page: across it, and in words at its upper edge."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._over = MARK.get()

    def showPage(self) -> None:
        wide, high = self._pagesize
        self.saveState()
        self.setFillColorRGB(0.54, 0.29, 0.03)
        self.setFont(BOLD, 7.5)
        self.drawCentredString(wide / 2, high - 4.2 * MM, self._over)
        word = self._over.split(" ")[0]
        self.translate(wide / 2, high / 2)
        self.rotate(32)
        self.setFillAlpha(0.10)
        size = min(wide, high) * 0.9 / pdfmetrics.stringWidth(word, BOLD, 1)
        self.setFont(BOLD, size)
        self.drawCentredString(0, -size * 0.35, word)
        self.restoreState()
        super().showPage()


def new_canvas(title: str, page: tuple[float, float], out: BinaryIO | None = None) -> Canvas:
    """An empty document with our marks; ``page`` in mm."""
    kind = _MarkedCanvas if MARK.get() else Canvas
    canvas = kind(out or io.BytesIO(), pagesize=(page[0] * MM, page[1] * MM), invariant=1, pageCompression=1, lang="id-ID")
    canvas.setTitle(shown(title))
    canvas.setCreator("KTP-el Kiosk")
    canvas.setProducer("KTP-el Kiosk")
    canvas.setAuthor("")
    return canvas


def pdf(title: str, page: tuple[float, float], paint: Callable[[Canvas], None]) -> bytes:
    """A whole file; ``paint`` draws all pages and calls ``showPage`` after each."""
    out = io.BytesIO()
    canvas = new_canvas(title, page, out)
    paint(canvas)
    canvas.save()
    return out.getvalue()
