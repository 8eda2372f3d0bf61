"""``demo --source DIR``: a folder of real images becomes what the camera, finger and iris devices show.

File names say the position: ``face``, ``left_index`` ... ``right_little``, ``left_thumb``, ``left_iris`` (or ``left_eye``).
Contents: PNG, JPEG, JPEG 2000, WSQ, or ISO/IEC 19794 records (FIR, IIR, FAC) as ``.iso``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ktpel_kiosk.domain.biometric import EYES, FINGERS, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jp2", ".wsq", ".iso"})
LIMIT_BYTES = 20 * 1024 * 1024
NAMES: dict[str, Position] = {p.value: p for p in (Position.FACE, *FINGERS, *EYES)} | {
    "right_iris": Position.RIGHT_EYE, "left_iris": Position.LEFT_EYE,
}


def load_source(folder: Path) -> Mapping[Position, RawImage]:
    """Every image of one applicant.

    Raises:
        BadInput: no such folder, no recognised file, two files for one position, a corrupt image (each names the file).
    """
    if not folder.is_dir():
        raise BadInput("source.folder", path=str(folder))
    images: dict[Position, RawImage] = {}
    for path in sorted(folder.iterdir()):
        position = NAMES.get(path.stem.lower())
        if position is None or path.suffix.lower() not in SUFFIXES:
            continue
        if position in images:
            raise BadInput("source.twice", path=str(path), position=position.value)
        images[position] = _read(path, position)
    if not images:
        raise BadInput("source.empty", path=str(folder), expected="face.png, right_index.png, left_iris.iso")
    return images


def _read(path: Path, position: Position) -> RawImage:
    from ktpel_kiosk.biometrics import codecs
    from ktpel_kiosk.biometrics.records.read import read_record, to_raw

    if path.stat().st_size > LIMIT_BYTES:
        raise BadInput("source.too_large", path=str(path), limit=LIMIT_BYTES)
    untrusted = path.read_bytes()
    try:
        if untrusted[:4] in (b"FIR\0", b"IIR\0", b"FAC\0"):
            image = to_raw(read_record(untrusted, path.name))
        else:
            image = codecs.decode(untrusted, codecs.sniff(untrusted), entry=path.name)
    except BadInput as error:
        raise BadInput("source.corrupt", path=str(path), reason=error.message_key) from error
    if position in FINGERS and image.ppi == 0:
        return RawImage(image.width, image.height, image.channels, image.data, 500)
    return image
