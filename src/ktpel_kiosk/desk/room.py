"""Is there room for one more? Asked before a recording begins and before a packet is sealed, so that neither ends half-way.

A new recording waits while the disk could not take it whole; what is under way is finished with the reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import DiskFull
from ktpel_kiosk.ports.register import View

MB = 1_000_000
RECORDING = 48 * MB
"""What one recording takes at its largest until it is sealed: samples in journal and register, packet and spare contents (5 MB each),
and as much again for whoever is recorded at the same time."""
SEALING = 16 * MB
"""What sealing alone takes at its largest."""
FEW = 200
"""With room for fewer recordings than this, Beranda says so: about three days of a busy office."""


class State(StrEnum):
    PLENTY = "cukup"
    FEW = "sedikit"
    NONE = "habis"


@dataclass(frozen=True, slots=True)
class Left:
    """Room left, as bytes and as recordings of the size they have had here."""

    free_bytes: int
    recordings: int
    state: State


def require_to_record(desk: Desk) -> None:
    """Raises DiskFull ``storage.no_room_record``: nobody new is recorded now. IoFailure."""
    free = desk.room.free_bytes()
    if free < RECORDING:
        raise DiskFull("storage.no_room_record", free_bytes=free // MB, need_bytes=RECORDING // MB)


def require_to_seal(desk: Desk) -> None:
    """What is recorded is sealed as long as it can be: with the reserve if need be.

    Raises:
        DiskFull: ``storage.no_room_seal``; the recording stays as it is. IoFailure.
    """
    free = desk.room.free_bytes()
    if free < SEALING and desk.room.give():
        free = desk.room.free_bytes()
    if free < SEALING:
        raise DiskFull("storage.no_room_seal", free_bytes=free // MB, need_bytes=SEALING // MB)


def left(desk: Desk, actor: Actor) -> Left:
    """For everybody at the desk. NotAllowed, IoFailure."""
    require(actor, "view_queue")
    free = desk.room.free_bytes()
    if free < RECORDING:
        return Left(free, 0, State.NONE)
    recordings = (free - RECORDING) // desk.register.read(_each)
    return Left(free, recordings, State.FEW if recordings < FEW else State.PLENTY)


def _each(view: View) -> int:
    from ktpel_kiosk.desk import retention  # late: sealing comes before the first window, this page after it

    return retention.forecast(tuple(view.kept()))
