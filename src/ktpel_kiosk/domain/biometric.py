"""Biometric words of the house (ISO/IEC 2382-37): samples, positions, quality, exceptions.

Pure values, no pixels are computed here. Images travel as :class:`RawImage` so that neither ports nor desk
depend on numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Modality(StrEnum):
    FACE = "face"
    FINGER = "finger"
    IRIS = "iris"
    SIGNATURE = "signature"


class Position(StrEnum):
    """Where on the body; the value is the wire name used in manifests, files and folder sources."""

    FACE = "face"
    RIGHT_THUMB = "right_thumb"
    RIGHT_INDEX = "right_index"
    RIGHT_MIDDLE = "right_middle"
    RIGHT_RING = "right_ring"
    RIGHT_LITTLE = "right_little"
    LEFT_THUMB = "left_thumb"
    LEFT_INDEX = "left_index"
    LEFT_MIDDLE = "left_middle"
    LEFT_RING = "left_ring"
    LEFT_LITTLE = "left_little"
    RIGHT_EYE = "right_eye"
    LEFT_EYE = "left_eye"
    SIGNATURE = "signature"

    @property
    def modality(self) -> Modality:
        if self in _FINGERS:
            return Modality.FINGER
        if self in (Position.RIGHT_EYE, Position.LEFT_EYE):
            return Modality.IRIS
        return Modality.FACE if self is Position.FACE else Modality.SIGNATURE

    @property
    def iso_finger_code(self) -> int:
        """ISO/IEC 19794-4 finger code: 1..5 right thumb..little, 6..10 left; 0 for anything else."""
        return _FINGERS.index(self) + 1 if self in _FINGERS else 0


_FINGERS: tuple[Position, ...] = (
    Position.RIGHT_THUMB, Position.RIGHT_INDEX, Position.RIGHT_MIDDLE, Position.RIGHT_RING, Position.RIGHT_LITTLE,
    Position.LEFT_THUMB, Position.LEFT_INDEX, Position.LEFT_MIDDLE, Position.LEFT_RING, Position.LEFT_LITTLE,
)
FINGERS: tuple[Position, ...] = _FINGERS
RIGHT_FOUR: tuple[Position, ...] = _FINGERS[1:5]
LEFT_FOUR: tuple[Position, ...] = _FINGERS[6:10]
THUMBS: tuple[Position, ...] = (Position.LEFT_THUMB, Position.RIGHT_THUMB)
EYES: tuple[Position, ...] = (Position.RIGHT_EYE, Position.LEFT_EYE)
SLAPS: tuple[tuple[Position, ...], ...] = (RIGHT_FOUR, LEFT_FOUR, THUMBS)
"""Order of the 4-4-2 capture."""


@dataclass(frozen=True, slots=True)
class RawImage:
    """Uncompressed pixels, rows top to bottom, interleaved channels.

    Attributes:
        width, height: pixels.
        channels: 1 (grey) or 3 (R, G, B in that order).
        data: exactly ``width * height * channels`` bytes.
        ppi: pixels per inch where the sensor defines it (fingers: 500), else 0.
    """

    width: int
    height: int
    channels: int
    data: bytes
    ppi: int = 0

    def __post_init__(self) -> None:
        if self.channels not in (1, 3) or self.width < 1 or self.height < 1:
            raise ValueError("RawImage: width, height >= 1 and channels 1 or 3")
        if len(self.data) != self.width * self.height * self.channels:
            raise ValueError("RawImage: data length does not fit width * height * channels")


@dataclass(frozen=True, slots=True)
class PenPoint:
    """One report of the signature pad: x, y in pad units (origin top left), pressure 0..1023, t in ms."""

    x: int
    y: int
    pressure: int
    t_ms: int

    @property
    def down(self) -> bool:
        return self.pressure > 0


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Who captured it; goes into the manifest of the packet."""

    make: str
    model: str
    serial: str
    driver: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality score with its origin (ISO/IEC 29794-1).

    Attributes:
        algorithm: e.g. ``"NFIQ2 2.3.0"``, ``"ktpel-face 1"``.
        score: 0..100; 255 means the computation failed.
        vendor_id, algorithm_id: CBEFF ids written into the ISO records (0/0 for our own measures).
        measures: component values for the screen, name -> value, e.g. ``{"sharpness": 91.0}``.
        hints: keys of sentences for the operator, most useful first, e.g. ``("finger.too_dry",)``.
    """

    algorithm: str
    score: int
    vendor_id: int = 0
    algorithm_id: int = 0
    measures: dict[str, float] = field(default_factory=dict)
    hints: tuple[str, ...] = ()


class ExceptionKind(StrEnum):
    """Why a position could not be captured (DOMAIN.md 3.5)."""

    MISSING = "tidak_ada"
    BANDAGED = "dibalut"
    UNREADABLE = "rusak"
    BLIND = "buta"
    LENS = "tidak_terbaca"
    UNABLE = "tidak_mampu"


@dataclass(frozen=True, slots=True)
class BiometricException:
    """A position excused from capture, with reason and the second person who agreed."""

    position: Position
    kind: ExceptionKind
    reason: str
    approved_by: str
    recorded_by: str


class SignatureKind(StrEnum):
    TANDA_TANGAN = "tanda_tangan"
    GARIS = "garis"
    CAP_JEMPOL = "cap_jempol"


@dataclass(frozen=True, slots=True)
class Sample:
    """One captured biometric sample as the register keeps it until the packet is sealed.

    Attributes:
        id: UUIDv7 text.
        media_type: ``image/png`` (lossless, all images) or ``application/x-ktpel-pen`` (signature series).
        data: encoded bytes; lossless so that the packet encodes exactly once.
        attempt: 1-based number of the try for this position.
        best: chosen by best-of-N for the packet.
        forced: accepted below threshold after the allowed tries.
        device_payload: the device's own signed evidence, byte for byte, or empty.
    """

    id: str
    permohonan_id: str
    position: Position
    attempt: int
    media_type: str
    data: bytes
    width: int
    height: int
    ppi: int
    quality: Quality
    device: DeviceIdentity
    captured_at: datetime
    best: bool = False
    forced: bool = False
    signature_kind: SignatureKind | None = None
    device_payload: bytes = b""
