"""Paper of the simulated desk: a scanned page that looks like one."""

from __future__ import annotations

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ktpel_kiosk.domain.biometric import RawImage

PPI = 150
A4 = (1240, 1754)
_FIELDS = ("Nomor KK", "Nama lengkap", "NIK", "Alamat", "RT / RW", "Desa / Kelurahan", "Kecamatan", "Kabupaten / Kota",
           "Provinsi", "Jenis permohonan", "Tanggal")


def render_page(title: str, seed: int) -> RawImage:
    """An A4 form, slightly skewed, on paper that is not quite white, filled in by hand with nothing real."""
    rng = random.Random(seed)
    page = Image.new("RGB", A4, (250, 248, 242))
    draw = ImageDraw.Draw(page)
    small, large = ImageFont.load_default(26), ImageFont.load_default(40)
    draw.text((620, 130), title, font=large, fill=(20, 20, 24), anchor="mm")
    draw.line((120, 180, 1120, 180), fill=(20, 20, 24), width=4)
    for row, name in enumerate(_FIELDS):
        y = 260 + row * 76
        draw.text((130, y), name, font=small, fill=(30, 30, 34))
        draw.text((450, y), ":", font=small, fill=(30, 30, 34))
        _scribble(draw, rng, 480, y + 14, rng.randint(150, 560))
        draw.line((470, y + 36, 1110, y + 36), fill=(150, 150, 150), width=1)
    draw.text((620, 1200), "S P E S I M E N", font=ImageFont.load_default(72), fill=(214, 205, 200), anchor="mm")
    draw.text((900, 1330), "Pemohon,", font=small, fill=(30, 30, 34), anchor="mm")
    _scribble(draw, rng, 810, 1420, 190, height=34)
    draw.ellipse((180, 1300, 400, 1520), outline=(96, 60, 150), width=5)
    page = page.rotate(rng.uniform(-0.8, 0.8), resample=Image.Resampling.BILINEAR, fillcolor=(238, 236, 230))
    noise = np.random.default_rng(seed).integers(-4, 5, (A4[1], A4[0], 1), np.int16)
    pixels = np.clip(np.asarray(page, np.int16) + noise, 0, 255).astype(np.uint8)
    return RawImage(A4[0], A4[1], 3, pixels.tobytes(), PPI)


def _scribble(draw: ImageDraw.ImageDraw, rng: random.Random, x: int, y: int, width: int, height: int = 12) -> None:
    points = [(x + i * 7, y + rng.randint(-height, height)) for i in range(width // 7)]
    draw.line(points, fill=(24, 40, 120), width=3, joint="curve")
