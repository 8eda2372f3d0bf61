"""What goes into an enrolment packet, as values; the container is made by :mod:`ktpel_kiosk.packet`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ktpel_kiosk.domain.audit import AuditLink
from ktpel_kiosk.domain.biometric import BiometricException, Sample
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.retention import Spare


@dataclass(frozen=True, slots=True)
class PacketDocument:
    """A scanned paper; becomes ``documents/NN-<kind>.pdf``."""

    kind: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PacketContent:
    """Everything one packet carries.

    Attributes:
        packet_id: UUIDv7 text with dashes; the file name is ``<packet_id>.ktpelpkt``.
        counter: 1, 2, 3 ... of this station; ``previous_hash``: SHA-256 (hex) of the station's previous packet file,
            64 zeros for the first.
        samples: the best sample of each captured position.
        attempts: tries per position name.
        audit: the links of this application so far.
        clock_jumped: a wall clock jump was seen during the session.
        replaces: packet id of an earlier packet of the same session whose place this one takes, or empty.
    """

    packet_id: str
    station: str
    office_code: str
    counter: int
    previous_hash: str
    process: str
    sop_id: str
    sop_digest: str
    register_number: str
    created_at: datetime
    penduduk: Penduduk
    samples: tuple[Sample, ...]
    exceptions: tuple[BiometricException, ...]
    documents: tuple[PacketDocument, ...]
    audit: tuple[AuditLink, ...]
    operator: str
    attempts: dict[str, int] = field(default_factory=dict)
    clock_jumped: bool = False
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class SealedPacket:
    """Result of sealing: the finished bytes are already on disk (temp, fsync, rename, directory fsync).

    ``spare``: the contents kept for this register alone, likewise on disk; the register has to store it in the packet's own commit.
    """

    packet_id: str
    path: str
    sha256: str
    size: int
    entries: tuple[str, ...] = ()
    spare: Spare | None = None
