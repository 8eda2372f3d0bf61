"""People, pictures and a bare reader for the tests of cards and papers; nobody here exists."""

from __future__ import annotations

import io
import random
from datetime import date
from pathlib import Path

from PIL import Image, ImageDraw

from ktpel_kiosk.domain.biometric import DeviceIdentity, Position
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.ports.services import ChipData

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def penduduk(**changes: object) -> Penduduk:
    values: dict[str, object] = {
        "nik": "3508054502080001", "nama": "Siti Contoh Lestari", "tempat_lahir": "Lumajang", "tanggal_lahir": date(2008, 2, 5),
        "jenis_kelamin": JenisKelamin.PEREMPUAN, "golongan_darah": 4, "alamat": "Dusun Krajan", "rt": "003", "rw": "007",
        "desa": "Tempeh Lor", "kecamatan": "Tempeh", "kabupaten": "Lumajang", "provinsi": "Jawa Timur", "agama": 1,
        "status_perkawinan": 1, "pekerjaan": 3,
    }
    return Penduduk(**{**values, **changes})  # type: ignore[arg-type]


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def portrait(latar: str = "biru") -> bytes:
    """A drawn head and shoulders, 3:4."""
    s = 4
    image = Image.new("RGB", (480 * s, 640 * s), "#0B57B8" if latar == "biru" else "#C8102E")
    d = ImageDraw.Draw(image)

    def e(x0: float, y0: float, x1: float, y1: float, fill: str) -> None:
        d.ellipse((x0 * s, y0 * s, x1 * s, y1 * s), fill=fill)

    e(60, 470, 420, 900, "#EDF1F5")
    d.rounded_rectangle((200 * s, 400 * s, 280 * s, 510 * s), 34 * s, fill="#B98A66")
    e(110, 90, 370, 380, "#211A17")
    e(130, 130, 350, 440, "#CFA079")
    e(138, 96, 342, 210, "#211A17")
    for x in (178, 268):
        e(x, 262, x + 34, 282, "#FFFFFF")
        e(x + 9, 262, x + 27, 281, "#2B1D16")
        d.arc(((x - 8) * s, 238 * s, (x + 42) * s, 270 * s), 200, 340, fill="#2B1D16", width=6 * s)
    d.line([(240 * s, 280 * s), (232 * s, 325 * s), (248 * s, 328 * s)], fill="#A8754F", width=4 * s)
    d.arc((200 * s, 330 * s, 280 * s, 378 * s), 25, 155, fill="#8E4A3C", width=7 * s)
    d.polygon([(200 * s, 480 * s), (240 * s, 540 * s), (280 * s, 480 * s), (330 * s, 640 * s), (150 * s, 640 * s)], fill="#DCE4EC")
    return png(image.resize((480, 640), Image.Resampling.LANCZOS))


def signature(seed: int = 3) -> bytes:
    """Loops of ink, black on white."""
    rnd = random.Random(seed)
    image = Image.new("L", (1200, 480), 255)
    d = ImageDraw.Draw(image)
    x, y, points = 120.0, 260.0, []
    for i in range(9):
        up = rnd.uniform(90, 210) if i % 3 == 0 else rnd.uniform(30, 90)
        points += [(x, y), (x + 30, y - up), (x + 75, y - up * 0.8), (x + 60, y + 20)]
        x += rnd.uniform(70, 110)
    points += [(x + 60, 200), (80, 360), (x + 90, 330)]
    curve = []
    for i in range(1, len(points) - 2):
        p0, p1, p2, p3 = points[i - 1], points[i], points[i + 1], points[i + 2]
        for k in range(16):
            t = k / 16
            curve.append(tuple(
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - e) * t * t + (3 * b - a - 3 * c + e) * t ** 3)
                for a, b, c, e in zip(p0, p1, p2, p3, strict=True)))
    d.line(curve, fill=0, width=9, joint="curve")
    return png(image)


def chip_data(*, credential: str = "018f-credential-1", photo: int = 3000, seed: int = 1, **changes: object) -> ChipData:
    rnd = random.Random(seed)
    return ChipData(
        credential=credential, penduduk=penduduk(**changes), portrait_jp2=b"\x00\x00\x00\x0cjP  \r\n\x87\n" + rnd.randbytes(photo),
        signature_png=signature(seed),
        minutiae=((Position.LEFT_INDEX, b"FMR\0 20\0" + rnd.randbytes(280)), (Position.RIGHT_INDEX, b"FMR\0 20\0" + rnd.randbytes(310))),
        face_hash=rnd.randbytes(32).hex(),
    )


class BareReader:
    """A reader with the card already connected."""

    def __init__(self, card: object) -> None:
        self.card = card
        self.log: list[bytes] = []

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("test", "bare", "1")

    def close(self) -> None: ...
    def healthy(self) -> None: ...
    def disconnect(self) -> None: ...

    def connect(self, timeout_s: float) -> bytes:
        self.card.power_cycle()  # type: ignore[attr-defined]
        return self.card.atr  # type: ignore[attr-defined, no-any-return]

    def transmit(self, apdu: bytes) -> bytes:
        self.log.append(apdu)
        return self.card.transmit(apdu)  # type: ignore[attr-defined, no-any-return]
