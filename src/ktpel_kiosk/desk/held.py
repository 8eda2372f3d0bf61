"""Refused captures that may yet count, in memory only: pixels of a capture nobody accepted are never written."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ktpel_kiosk.domain.biometric import DeviceIdentity, SignatureKind
    from ktpel_kiosk.ports.services import Assessed, Conflict

WAITING = 4
"""Refused captures kept; older ones have to be taken again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a readable capture does not count: a sentence key and the pairs that are alike, most alike first (of a thumb print: the pair
    that is not)."""

    key: str
    pairs: tuple[Conflict, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A refused capture as it came; ``signature_kind`` of what stands for a signature."""

    refusal: Refusal
    assessed: tuple[Assessed, ...]
    identity: DeviceIdentity
    payload: bytes
    signature_kind: SignatureKind | None = None


@dataclass
class HeldCaptures:
    """The last refused capture of each application; memory only, thread-safe."""

    _held: dict[str, Held] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, permohonan_id: str, held: Held) -> None:
        with self._lock:
            self._held.pop(permohonan_id, None)
            self._held[permohonan_id] = held
            while len(self._held) > WAITING:
                del self._held[next(iter(self._held))]

    def of(self, permohonan_id: str) -> Held | None:
        with self._lock:
            return self._held.get(permohonan_id)

    def drop(self, permohonan_id: str) -> None:
        with self._lock:
            self._held.pop(permohonan_id, None)
