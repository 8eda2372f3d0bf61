"""Pages of a captured print job as pixels: PDF (pypdfium2), PWG raster and CUPS raster version 2 (PWG 5102.4, the same packing)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Page:
    """``pixels`` rows by columns by components, 8 bit; ``dpi`` across and along."""

    pixels: np.ndarray
    dpi: tuple[int, int]


def pages(job: Path, dpi: int = 300) -> list[Page]:
    data = job.read_bytes()
    if data.startswith(b"%PDF-"):
        return _pdf(data, dpi)
    if data[:4] in (b"RaS2", b"2SaR"):
        return _raster(data)
    if data[:4] in (b"RaS3", b"3SaR"):
        return _raster(data, packed=False)
    raise ValueError(f"neither PDF nor raster: {data[:4]!r}")


def _pdf(data: bytes, dpi: int) -> list[Page]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    found = []
    try:
        for page in document:
            dots = [round(side * dpi / 72) for side in page.get_size()]
            page.set_mediabox(0, 0, dots[0] * 72 / dpi, dots[1] * 72 / dpi)  # whole dots, or the picture is stretched by a part of one
            found.append(Page(np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB")), (dpi, dpi)))
        return found
    finally:
        document.close()


def _raster(data: bytes, packed: bool = True) -> list[Page]:
    order = ">" if data[:2] == b"Ra" else "<"
    at, found = 4, []
    while at < len(data):
        header = data[at:at + 1796]
        dpi = struct.unpack_from(order + "2I", header, 276)
        width, height, _, bits, bits_per_pixel, line = struct.unpack_from(order + "6I", header, 372)
        assert bits == 8, "only eight bits a component are read here"
        at += 1796
        unit = bits_per_pixel // 8
        if packed:
            rows, at = _unpack(data, at, line, height, unit)
        else:
            rows, at = data[at:at + line * height], at + line * height
        pixels = np.frombuffer(rows, np.uint8).reshape(height, line)[:, :width * unit].reshape(height, width, unit)
        found.append(Page(pixels, dpi))
    return found


def _unpack(data: bytes, at: int, line: int, height: int, unit: int) -> tuple[bytes, int]:
    out = bytearray()
    while len(out) < line * height:
        repeat = data[at] + 1
        at += 1
        row = bytearray()
        while len(row) < line:
            count = data[at]
            at += 1
            if count <= 127:
                row += data[at:at + unit] * (count + 1)
                at += unit
            elif count == 128:
                row += bytes([255]) * (line - len(row))
            else:
                size = (257 - count) * unit
                row += data[at:at + size]
                at += size
        out += bytes(row) * repeat
    return bytes(out[:line * height]), at


def shift(one: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """By how many pixels (down, right) ``other`` lies off ``one``, from the peak of their phase correlation."""
    def plane(image: np.ndarray) -> np.ndarray:
        grey = image.astype(float).mean(axis=2) if image.ndim == 3 else image.astype(float)
        return grey - grey.mean()

    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    a, b = np.fft.rfft2(plane(one[:height, :width])), np.fft.rfft2(plane(other[:height, :width]))
    cross = b * np.conj(a)
    peak = np.fft.irfft2(cross / (np.abs(cross) + 1e-6), (height, width))
    down, right = np.unravel_index(int(np.argmax(peak)), peak.shape)
    return int(down if down <= height // 2 else down - height), int(right if right <= width // 2 else right - width)
