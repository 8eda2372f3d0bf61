"""A card as a PDF: one page a side, exactly as large as the queue's media, pictures pixel for pixel at the queue's resolution.

PDF 1.4 (ISO 32000-1) by hand: no library at hand places an unresampled, losslessly packed picture and a one-bit black on top of it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.domain.biometric import RawImage

BLACK_BELOW = 128
"""Grey of the resin plane below which a dot is printed: a resin panel knows no half tones."""
INSET = 0.005
"""Points, a fiftieth of a dot: rasterisers round the edges of pictures outwards, and filters before them round coordinates."""
_THRESHOLD = bytes(0 if grey < BLACK_BELOW else 255 for grey in range(256))


@dataclass(frozen=True, slots=True)
class Side:
    """``turn``: quarter turns counter-clockwise, from the picture to the page."""

    picture: RawImage
    resin: RawImage | None = None
    turn: int = 0


def card_pdf(sides: Sequence[Side], width: int, height: int, dpi: int, rastered: bool = False) -> bytes:
    """A page a side.

    Args:
        width, height: of the media in hundredths of a millimetre. ``dpi``: one pixel of a picture is one dot, whatever the page's size;
            what is larger than the page is cut evenly at both edges, what is smaller is centred.
        rastered: the queue turns PDF into dots with Ghostscript, whose CUPS device counts from the height of the page in whole points
            and so lays everything up to half a point (2 dots at 300 dpi) too low or too high; that is taken back.

    The pictures are not packed: on this short way packing takes several times as long as sending what it saves.
    """
    objects: list[bytes] = []

    def add(dictionary: str, stream: bytes | None = None) -> int:
        body = dictionary.encode()
        if stream is not None:
            body = body.replace(b"<<", b"<</Length %d" % len(stream), 1) + b"\nstream\n" + stream + b"\nendstream"
        objects.append(body)
        return len(objects)

    add("<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</PrintScaling/None>>>>")
    objects.append(b"")
    page_size = f"[0 0 {_points(width):.4f} {_points(height):.4f}]"
    lift = math.floor(_points(height) + 0.5) - _points(height) if rastered else 0.0
    pages = []
    for side in sides:
        space = "/DeviceRGB" if side.picture.channels == 3 else "/DeviceGray"
        size = f"/Width {side.picture.width}/Height {side.picture.height}"
        images = {"P": add(f"<</Type/XObject/Subtype/Image{size}/ColorSpace{space}/BitsPerComponent 8>>", side.picture.data)}
        place = _place(side, width, height, dpi, lift)
        draw = f"q {place} cm /P Do Q\n"
        if side.resin is not None:
            size = f"/Width {side.resin.width}/Height {side.resin.height}"
            images["K"] = add(f"<</Type/XObject/Subtype/Image{size}/ImageMask true/BitsPerComponent 1/Filter/FlateDecode>>",
                              zlib.compress(_bits(side.resin), 1))
            draw += f"q 0 g {place} cm /K Do Q\n"
        content = add("<<>>", draw.encode())
        resources = "".join(f"/{name} {number} 0 R" for name, number in images.items())
        pages.append(add(f"<</Type/Page/Parent 2 0 R/MediaBox{page_size}/Resources<</XObject<<{resources}>>>>/Contents {content} 0 R>>"))
    objects[1] = f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{p} 0 R' for p in pages)}]>>".encode()
    return _file(objects)


def _points(hundredths: float) -> float:
    return hundredths * 72 / 2540


def _place(side: Side, width: int, height: int, dpi: int, lift: float) -> str:
    """The matrix that lays the unit square of a picture onto the page, on whole dots from the corner where PDF begins to count."""
    dot = 72 / dpi
    wide, high = side.picture.width, side.picture.height
    if side.turn % 2:
        wide, high = high, wide
    left = _edge(width, wide, dpi) * dot + INSET
    bottom = _edge(height, high, dpi) * dot + lift + INSET
    w, h = wide * dot - 2 * INSET, high * dot - 2 * INSET
    right, top = left + w, bottom + h
    matrix = {0: (w, 0, 0, h, left, bottom), 1: (0, h, -w, 0, right, bottom),
              2: (-w, 0, 0, -h, right, top), 3: (0, -h, w, 0, left, top)}[side.turn % 4]
    return " ".join(f"{value:.4f}" for value in matrix)


def _edge(media: int, pixels: int, dpi: int) -> int:
    """Dots before the picture; negative where it is larger than the media."""
    return (round(media * dpi / 2540) - pixels) // 2


def _bits(grey: RawImage) -> bytes:
    """One bit a dot, rows padded to bytes; 0 is printed."""
    from PIL import Image

    return Image.frombytes("L", (grey.width, grey.height), grey.data).point(_THRESHOLD, "1").tobytes()


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    table = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, 1):
        table.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n" % len(table) + b"".join(table)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(table), start)
    return bytes(out)
