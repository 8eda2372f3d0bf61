"""Painting both sides of the card at the printer's resolution.

Outside production (``specimen=True``) the card carries its own ground and the mark "SPESIMEN – BUKAN KTP" on both sides. In
production only the personal data are painted, on white, because the blangko is pre-printed (DOMAIN.md 3.1).
CPU work, about 0.2 s a card; any thread.
"""

from __future__ import annotations

import hashlib
import io
import math
import threading
from datetime import date
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from ktpel_kiosk.cards.ornament import ground
from ktpel_kiosk.cards.plan import Placed, load_layout, plan_front
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.ports.devices import CardLayers
from ktpel_kiosk.ports.services import CardFace

MARK = "SPESIMEN – BUKAN KTP"
BACK_MARK = ("CONTOH / SPESIMEN", "BUKAN KTP")
BACK_NOTE = ("Kartu contoh untuk pelatihan dan pengujian.", "Tidak berlaku sebagai dokumen kependudukan.")
MM_PER_INCH = 25.4
DPI_RANGE = (150, 1200)
MAX_PIXELS = 40_000_000
MEASURE_AT = 64
"""Pixels per mm at which widths are measured, so that line breaks do not depend on the printer."""


class PillowCardRenderer:
    """CardRenderer with Pillow.

    Args:
        resources: folder that holds ``card/layout.toml``, ``card/oa_en.toml`` and ``fonts/Inter-*.otf``.
    """

    def __init__(self, resources: Path) -> None:
        self._layout = load_layout(resources / "card")
        self._fonts_folder = resources / "fonts"
        self._fonts: dict[tuple[str, float], ImageFont.FreeTypeFont] = {}
        self._grounds: dict[tuple[int, str, bool], Image.Image] = {}
        self._lock = threading.RLock()

    def render(self, penduduk: Penduduk, portrait_png: bytes, signature_png: bytes, place: str, issued_on: date,
               header: tuple[str, str], *, dpi: int = 300, specimen: bool = True) -> CardFace:
        """Both sides and their layers; 1011x638 pixels at 300 dpi.

        Args:
            portrait_png: any size, cropped to 3:4. signature_png: ink on white or transparent; empty for none.
            place: kabupaten or kota of issue; header: the office's two lines (empty: made from the biodata).

        Raises:
            BadInput: ``card.image`` (field ``pas_foto`` or ``tanda_tangan``), ``card.dpi``.
        """
        if not DPI_RANGE[0] <= dpi <= DPI_RANGE[1]:
            raise BadInput("card.dpi", value=dpi)
        style = "wni" if penduduk.kewarganegaraan.upper() == "WNI" else "oa"
        with self._lock:
            front, back = (self._ground(dpi, style, side, specimen) for side in (False, True))
            scale = dpi / MM_PER_INCH
            self._portrait(front, portrait_png, scale)
            if specimen:
                self._watermark(front, scale)
                self._back_mark(back, scale)
            # words and signature come last and on a plane of their own: a printer with a resin panel puts them there
            black = Image.new("L", front.size, 255)
            for piece in plan_front(penduduk, place, issued_on, header, self._layout, self._width):
                self._text(black, piece, scale)
            self._signature(black, signature_png, scale)
        verso = _raw(back, dpi)
        layers = CardLayers(_raw(front, dpi), _raw(black, dpi), verso)
        front.paste(self._layout["ink"]["color"], (0, 0, *front.size), ImageOps.invert(black))
        return CardFace(_raw(front, dpi), verso, hashlib.sha256(front.tobytes()).hexdigest(), layers)

    def size(self, dpi: int) -> tuple[int, int]:
        """Pixels of the card."""
        card = self._layout["card"]
        return round(card["width"] * dpi / MM_PER_INCH), round(card["height"] * dpi / MM_PER_INCH)

    def _ground(self, dpi: int, style: str, back: bool, specimen: bool) -> Image.Image:
        if not specimen:
            return Image.new("RGB", self.size(dpi), "white")
        key = (dpi, style, back)
        if key not in self._grounds:
            self._grounds[key] = ground(*self.size(dpi), self._layout, style, back=back)
        return self._grounds[key].copy()

    def _font(self, weight: str, px: float) -> ImageFont.FreeTypeFont:
        """The basic layout engine everywhere: the complex one is not on every machine and sets differently."""
        key = (weight, round(px, 2))
        if key not in self._fonts:
            path = self._fonts_folder / f"Inter-{weight}.otf"
            self._fonts[key] = ImageFont.truetype(str(path), key[1], layout_engine=ImageFont.Layout.BASIC)
        return self._fonts[key]

    def _width(self, text: str, size: float, weight: str) -> float:
        return self._font(weight, MEASURE_AT).getlength(text) * size / MEASURE_AT

    def _text(self, plane: Image.Image, piece: Placed, scale: float) -> None:
        draw = ImageDraw.Draw(plane)
        font = self._font(piece.weight, piece.size * scale)
        ink = 0
        x, y = piece.x * scale, piece.baseline * scale
        if not piece.pitch:
            draw.text((x, y), piece.text, font=font, fill=ink, anchor=f"{piece.anchor}s")
            return
        for i, digit in enumerate(piece.text):
            draw.text((x + (i + 0.5) * piece.pitch * scale, y), digit, font=font, fill=ink, anchor="ms")

    def _portrait(self, image: Image.Image, png: bytes, scale: float) -> None:
        at = self._layout["portrait"]
        box = [round(at[k] * scale) for k in ("x", "y", "width", "height")]
        face = ImageOps.fit(_open(png, "pas_foto").convert("RGB"), (box[2], box[3]), Image.Resampling.LANCZOS, centering=(0.5, 0.4))
        image.paste(face, (box[0], box[1]))

    def _signature(self, plane: Image.Image, png: bytes, scale: float) -> None:
        if not png:
            return
        at = self._layout["signature"]
        opened = _open(png, "tanda_tangan").convert("RGBA")
        paper = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened)
        ink = ImageOps.invert(paper.convert("L"))
        box = ink.point(lambda v: 255 if v > 48 else 0).getbbox()
        if box is None:
            return
        area = (round(at["width"] * scale), round(at["height"] * scale))
        ink = ImageOps.contain(ink.crop(box), area, Image.Resampling.LANCZOS)
        left = round(at["x"] * scale) + (area[0] - ink.width) // 2
        top = round(at["y"] * scale) + (area[1] - ink.height) // 2
        plane.paste(0, (left, top, left + ink.width, top + ink.height), ink)

    def _watermark(self, image: Image.Image, scale: float) -> None:
        at = self._layout["watermark"]
        diagonal = math.hypot(*image.size)
        font = self._font("Bold", at["size"] * scale)
        mask = Image.new("L", (round(diagonal), round(at["size"] * scale * 1.6)), 0)
        ImageDraw.Draw(mask).text((mask.width / 2, mask.height / 2), MARK, font=font, fill=at["alpha"], anchor="mm")
        angle = math.degrees(math.atan2(image.height, image.width))
        turned = mask.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        whole = Image.new("L", image.size, 0)
        whole.paste(turned, ((image.width - turned.width) // 2, (image.height - turned.height) // 2))
        image.paste(Image.new("RGB", image.size, at["color"]), (0, 0), whole)

    def _back_mark(self, image: Image.Image, scale: float) -> None:
        draw = ImageDraw.Draw(image)
        middle = image.width / 2
        red = ImageColor.getrgb(self._layout["watermark"]["color"])
        for text, y, size in zip(BACK_MARK, (25.2, 33.2), (7.4, 7.4), strict=True):
            draw.text((middle, y * scale), text, font=self._font("Bold", size * scale), fill=red, anchor="ms")
        for text, y in zip(BACK_NOTE, (43.4, 46.6), strict=True):
            draw.text((middle, y * scale), text, font=self._font("Medium", 2.4 * scale), fill=self._layout["ink"]["color"], anchor="ms")


def _open(png: bytes, field: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(png))
        if image.width * image.height > MAX_PIXELS:
            raise BadInput("card.image", field=field)
        image.load()
        return image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput("card.image", field=field) from error


def _raw(image: Image.Image, dpi: int) -> RawImage:
    return RawImage(image.width, image.height, 1 if image.mode == "L" else 3, image.tobytes(), dpi)
