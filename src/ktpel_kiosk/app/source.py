"""``demo --source PATH``: real images of one applicant become what the camera, finger and iris devices show.

A folder: file names say the position (``face``, ``left_index`` ... ``right_little``, ``left_thumb``, ``left_iris`` or
``left_eye``; whole platens ``slap_right``, ``slap_left``, ``slap_thumbs``), as the applicant folders of the MOSIP mock service
do; contents PNG, JPEG, JPEG 2000, WSQ, or ISO/IEC 19794 records as ``.iso``. ANSI/NIST-ITL files (``.an2``, ``.an2k``,
``.eft``, ``.nst``) in it, or given alone, add their portrait, fingers, slaps and irises. An exception photograph shows what is
missing and is no portrait; it is left aside, as are signatures, which need a pen series. Fingers must be 500 ppi; a picture
without resolution is taken as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.biometric import EYES, FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Modality, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput

if TYPE_CHECKING:
    from ktpel_kiosk.biometrics.an2k import Picture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jp2", ".wsq", ".iso"})
TRANSACTIONS = frozenset({".an2", ".an2k", ".eft", ".nst"})
LIMIT_BYTES = 20 * 1024 * 1024
PPI, ROUNDING = 500, 2
NAMES: dict[str, tuple[Position, ...]] = {p.value: (p,) for p in (Position.FACE, *FINGERS, *EYES)} | {
    "right_iris": (Position.RIGHT_EYE,), "left_iris": (Position.LEFT_EYE,),
    "slap_right": RIGHT_FOUR, "slap_left": LEFT_FOUR, "slap_thumbs": THUMBS,
}
_ROLLED = frozenset({1, 3})
"""Impression codes of rolled fingers; the desk takes plain ones, so these only stand in where no plain one is."""


@dataclass(frozen=True, slots=True)
class Source:
    """One applicant: single pictures, and whole platens by the fingers on them. A finger of a platen also stands among the singles,
    cut out, for touches that ask for it alone."""

    images: Mapping[Position, RawImage]
    slaps: Mapping[frozenset[Position], RawImage]


def load_source(path: Path) -> Source:
    """Every image of one applicant.

    Raises:
        BadInput: nothing there, no recognised file, two files for one position, a corrupt or unusable image (each names the file).
    """
    if not path.exists():
        raise BadInput("source.folder", path=str(path))
    found: dict[tuple[Position, ...], RawImage] = {}
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        for positions, image in _images_of(file, alone=not path.is_dir()):
            if positions in found:
                raise BadInput("source.twice", path=str(file), position=", ".join(positions))
            found[positions] = image
    if not found:
        raise BadInput("source.empty", path=str(path), expected="face.png, right_index.png, left_iris.iso, slap_right.wsq, orang.an2")
    images = {positions[0]: image for positions, image in found.items() if len(positions) == 1}
    slaps = {positions: image for positions, image in found.items() if len(positions) > 1}
    for positions, slap in slaps.items():
        images = _cut_outs(positions, slap) | images
    return Source(images, {frozenset(positions): slap for positions, slap in slaps.items()})


def _images_of(file: Path, *, alone: bool) -> Iterator[tuple[tuple[Position, ...], RawImage]]:
    suffix = file.suffix.lower()
    if suffix in TRANSACTIONS or alone:
        yield from _transaction(file)
    elif (positions := NAMES.get(file.stem.lower())) is not None and suffix in SUFFIXES:
        yield positions, _fit(_read(file), positions, file)


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LIMIT_BYTES:
            raise BadInput("source.too_large", path=str(file), limit=LIMIT_BYTES)
        return file.read_bytes()
    except OSError as error:
        raise BadInput("file.unreadable", path=str(file)) from error


def _unusable(file: Path, error: BadInput) -> BadInput:
    return BadInput("source.corrupt", path=str(file), reason=load_sentences().of(error), key=error.message_key)


def _read(file: Path) -> RawImage:
    from ktpel_kiosk.biometrics import codecs
    from ktpel_kiosk.biometrics.records.read import read_record, to_raw

    untrusted = _bytes(file)
    try:
        if untrusted[:4] in (b"FIR\0", b"IIR\0", b"FAC\0"):
            return to_raw(read_record(untrusted, file.name))
        return codecs.decode(untrusted, codecs.sniff(untrusted), entry=file.name)
    except BadInput as error:
        raise _unusable(file, error) from error


def _transaction(file: Path) -> Iterator[tuple[tuple[Position, ...], RawImage]]:
    """Pictures of body parts we record; where a finger is there both rolled and plain, the plain one."""
    from ktpel_kiosk.biometrics import an2k

    untrusted = _bytes(file)
    try:
        pictures = [p for p in an2k.pictures(an2k.read(untrusted, file.name)) if p.positions and p.image and _recorded(p)]
    except BadInput as error:
        raise _unusable(file, error) from error
    plain = {q for p in pictures if p.impression not in _ROLLED for q in p.positions}
    for picture in pictures:
        if picture.impression in _ROLLED and set(picture.positions) <= plain:
            continue
        try:
            image = an2k.to_raw(picture, file.name)
        except BadInput as error:
            raise _unusable(file, error) from error
        yield picture.positions, _fit(image, picture.positions, file)


def _recorded(picture: Picture) -> bool:
    return picture.kind in (4, 10, 14, 17) and picture.modality is not Modality.SIGNATURE


def _fit(image: RawImage, positions: tuple[Position, ...], file: Path) -> RawImage:
    """Fingers at 500 ppi; other resolutions are refused rather than resampled."""
    if positions[0] not in FINGERS:
        return image
    if image.ppi and abs(image.ppi - PPI) > ROUNDING:
        raise BadInput("source.resolution", path=str(file), found=image.ppi, expected=PPI)
    return RawImage(image.width, image.height, image.channels, image.data, PPI)


def _cut_outs(positions: tuple[Position, ...], slap: RawImage) -> dict[Position, RawImage]:
    """Single fingers of a platen, or none where they cannot be told apart: the desk then says so itself."""
    from ktpel_kiosk.biometrics import images, segment

    tips = segment.segment(images.to_grey(slap), len(positions))
    if len(tips) != len(positions):
        return {}
    return {p: images.from_array(tip.image, PPI) for p, tip in zip(segment.left_to_right(positions), tips, strict=True)}
