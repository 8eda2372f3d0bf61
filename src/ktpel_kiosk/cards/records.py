"""What stands in the files of the specimen chip, and back: biodata, signature, minutiae, binding, control.

Pure functions on bytes. Reading raises ValueError for malformed bytes; the caller turns it into one CardRefused.
Layout: ``docs/chip.md``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from ktpel_kiosk.cards.wire import DATA_FILES, Ef
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.biometric import FINGERS, Position
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.text import date_card
from ktpel_kiosk.ports.services import ChipData

BIODATA_FIELDS = (
    "nik", "alamat", "rt", "rw", "tempat_lahir", "kecamatan", "desa", "kabupaten", "jenis_kelamin", "golongan_darah", "agama",
    "status_perkawinan", "pekerjaan", "nama", "tanggal_lahir", "provinsi", "berlaku_hingga", "", "", "kewarganegaraan",
)
"""Index order of the public description; 16 is ours, 17 and 18 stay empty."""

SIGNATURE_SIZE = (168, 44)
SIGNATURE_FORMAT = 1
INK_BELOW = 160
_IS_INK = tuple(255 if v < INK_BELOW else 0 for v in range(256))
MAGIC = b"KTPSPEC\x01"
CONTROL_LENGTH = 52
PREFERRED = (Position.RIGHT_INDEX, Position.LEFT_INDEX)


def biodata_text(p: Penduduk) -> str:
    """Twenty quoted values separated by commas; a quote inside a value is doubled."""
    values = (
        p.nik, p.alamat, p.rt, p.rw, p.tempat_lahir, p.kecamatan, p.desa, p.kabupaten,
        "LAKI-LAKI" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "PEREMPUAN",
        codes.card_text("golongan_darah", p.golongan_darah), codes.card_text("agama", p.agama),
        codes.card_text("status_perkawinan", p.status_perkawinan), codes.card_text("pekerjaan", p.pekerjaan), p.nama,
        date_card(p.tanggal_lahir), p.provinsi, p.berlaku_hingga, "", "", p.kewarganegaraan,
    )
    return ",".join('"' + v.upper().replace('"', '""') + '"' for v in values)


def parse_biodata(text: str) -> dict[str, str]:
    """Values by field name. Raises ValueError unless there are exactly twenty."""
    try:
        values = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:  # no ValueError of its own
        raise ValueError("biodata: quotes") from error
    if len(values) != len(BIODATA_FIELDS):
        raise ValueError("biodata: twenty values expected")
    return {name: value for name, value in zip(BIODATA_FIELDS, values, strict=True) if name}


def pack_signature(png: bytes) -> bytes:
    """168x44 pixels, one bit each (1 = ink, most significant first), deflated; empty for no signature.

    Raises:
        BadInput: ``card.image`` when the picture cannot be read.
    """
    if not png:
        return b""
    try:
        with Image.open(io.BytesIO(png)) as opened:
            paper = _flat(opened)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput("card.image", field="tanda_tangan") from error
    box = paper.point(_IS_INK).getbbox()
    if box is None:
        return b""
    small = ImageOps.pad(ImageOps.invert(paper.crop(box)), SIGNATURE_SIZE, Image.Resampling.BOX, color=0)
    bits = small.point(lambda v: 255 if v > 60 else 0).convert("1", dither=Image.Dither.NONE).tobytes()
    width, height = SIGNATURE_SIZE
    return bytes([SIGNATURE_FORMAT]) + width.to_bytes(2, "big") + height.to_bytes(2, "big") + zlib.compress(bits, 9)


def _flat(image: Image.Image) -> Image.Image:
    """Grey on white, transparency taken as paper."""
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("L")
    return image.convert("L")


def unpack_signature(record: bytes) -> Image.Image | None:
    """The signature, black on white; None when there is none. Raises ValueError."""
    if not record:
        return None
    size = (int.from_bytes(record[1:3], "big"), int.from_bytes(record[3:5], "big"))
    if record[0] != SIGNATURE_FORMAT or size != SIGNATURE_SIZE:
        raise ValueError("signature: unknown format")
    need = (size[0] + 7) // 8 * size[1]
    engine = zlib.decompressobj()
    try:
        bits = engine.decompress(record[5:], need)
    except zlib.error as error:
        raise ValueError("signature: damaged") from error
    if len(bits) != need:
        raise ValueError("signature: short")
    return ImageOps.invert(Image.frombytes("1", size, bits).convert("L"))


def pack_minutiae(position: Position, template: bytes) -> bytes:
    """ISO finger code (1..10), then the ISO/IEC 19794-2 record. Raises BadInput for anything but a finger."""
    if not position.iso_finger_code:
        raise BadInput("card.finger", position=position.value)
    return bytes([position.iso_finger_code]) + template


def unpack_minutiae(record: bytes) -> tuple[Position, bytes] | None:
    if not record:
        return None
    if not 1 <= record[0] <= len(FINGERS) or len(record) < 2:
        raise ValueError("minutiae: finger code")
    return FINGERS[record[0] - 1], record[1:]


def pack_binding(credential: str, face_hash: str) -> bytes:
    """Credential (length, UTF-8) and the SHA-256 of the printed front (length, bytes)."""
    name, face = credential.encode(), bytes.fromhex(face_hash)
    if not 1 <= len(name) <= 255 or len(face) not in (0, 32):
        raise BadInput("card.binding")
    return bytes([len(name)]) + name + bytes([len(face)]) + face


def unpack_binding(record: bytes) -> tuple[str, str]:
    if not record or len(record) < 2 + record[0]:
        raise ValueError("binding: short")
    end = 1 + record[0]
    if record[end] not in (0, 32) or len(record) != end + 1 + record[end]:
        raise ValueError("binding: length")
    return record[1:end].decode(), record[end + 1:].hex()


def files_of(data: ChipData) -> dict[Ef, bytes]:
    """All files of one card. At most two fingers fit: right and left index first, then as given."""
    fingers = sorted(data.minutiae, key=lambda m: PREFERRED.index(m[0]) if m[0] in PREFERRED else len(PREFERRED))
    packed = [pack_minutiae(position, template) for position, template in fingers[:2]]
    packed += [b""] * (2 - len(packed))
    return {
        Ef.BIODATA: biodata_text(data.penduduk).encode(), Ef.PHOTO: data.portrait_jp2,
        Ef.SIGNATURE: pack_signature(data.signature_png), Ef.MINUTIAE_1: packed[0], Ef.MINUTIAE_2: packed[1],
        Ef.BINDING: pack_binding(data.credential, data.face_hash),
    }


def digest_of(files: Mapping[Ef, bytes], order: Iterable[Ef] = DATA_FILES) -> bytes:
    """SHA-256 over file id, size and stored bytes (length included) of all files in order."""
    sha = hashlib.sha256()
    for fid in order:
        stored = len(files[fid]).to_bytes(2, "big") + files[fid]
        sha.update(int(fid).to_bytes(2, "big") + len(stored).to_bytes(2, "big") + stored)
    return sha.digest()


@dataclass(frozen=True, slots=True)
class Control:
    """The control file: is there a complete generation, which one, how much room is left (bytes)."""

    complete: bool
    generation: int
    capacity: int
    free: int
    used: int
    digest: bytes

    @classmethod
    def parse(cls, record: bytes) -> Control:
        """Raises ValueError for anything but our control record."""
        if len(record) != CONTROL_LENGTH or record[:8] != MAGIC:
            raise ValueError("control: not a specimen")
        number = int.from_bytes
        return cls(record[8] == 1, number(record[9:13], "big"), number(record[13:15], "big"), number(record[15:17], "big"),
                   number(record[17:19], "big"), record[20:52])
