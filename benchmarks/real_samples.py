"""Applicants put together from the real pictures of the sample collection, for packet sizes. Empty pools where it is absent."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.codecs import decode
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.biometric import EYES, FINGERS, Position, RawImage, Sample
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.container import write_container

ROOT = Path(os.environ.get("KTPEL_SHARED", Path(__file__).resolve().parents[2] / "shared")).resolve() / "samples"
_MOSIP = "mosip-mock-services/MockMDS/Profile/Default/Registration"
_AFIS = "sourceafis-java/src/test/resources/com/machinezoo/sourceafis"
_NIST = "libbiomeval/src/test/test_data"
_FINGERS = (
    f"{_MOSIP}/*_Thumb.iso", f"{_MOSIP}/*_Index.iso", f"{_MOSIP}/*_Middle.iso", f"{_MOSIP}/*_Ring.iso", f"{_MOSIP}/*_Little.iso",
    "nbis-rs/test_data/p*/p?_?.png", f"{_AFIS}/*.png", f"{_NIST}/img.wsq",
)
_IRISES = (f"{_MOSIP}/*_Iris.iso",)
_FACES = (f"{_MOSIP}/Face.iso", f"{_NIST}/face01.iso2005")
ENVELOPE_BYTES = 3600
"""CMS around the container: two recipients, certificate, signature; rounded up."""


def pool(patterns: Sequence[str], channels: int | None) -> list[RawImage]:
    """Every readable picture, grey where ``channels`` is 1."""
    return [image for file in _files(patterns) if (image := _read(file, channels)) is not None]


def _files(patterns: Sequence[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(ROOT.glob(pattern))


def _read(file: Path, channels: int | None) -> RawImage | None:
    data = file.read_bytes()
    try:
        if ".iso" in file.suffix:
            image = to_raw(read_record(data, file.name))
        else:
            image = decode(data, {".png": "image/png", ".wsq": "image/x-wsq"}[file.suffix], entry=file.name)
    except BadInput:
        return None
    if channels == 1 and image.channels == 3:
        image = images.from_array(images.to_array(image)[:, :, 1].copy())
    return image


def sizes(base: PacketContent, sample: Callable[[Position, RawImage], Sample], count: int, portrait: RawImage | None = None) -> list[int]:
    """Bytes of ``count`` packets, in order: ten fingers, two irises and a face drawn from the pools, everything else from ``base``.

    Args:
        portrait: in place of the collection's faces, which are smaller than what a kiosk's camera gives.
    """
    fingers, irises, faces = pool(_FINGERS, 1), pool(_IRISES, 1), pool(_FACES, None)
    if not (fingers and irises and faces):
        return []
    rng = random.Random(7)
    kept = tuple(s for s in base.samples if s.position is Position.SIGNATURE)
    found = []
    for _ in range(count):
        drawn = [(p, rng.choice(fingers)) for p in FINGERS] + [(p, rng.choice(irises)) for p in EYES]
        drawn.append((Position.FACE, portrait or rng.choice(faces)))
        content = replace(base, samples=(*(sample(p, i) for p, i in drawn), *kept))
        found.append(len(write_container(build_entries(content))) + ENVELOPE_BYTES)
    return sorted(found)
