"""What a driver is: a small factory that finds devices of one kind and opens them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ktpel_kiosk.ports.devices import Device, DeviceKind


@dataclass(frozen=True, slots=True)
class Found:
    """One device a driver sees now.

    Attributes:
        key: stable within the driver while the device stays plugged, e.g. ``/dev/video0`` or the reader's name.
        label: for people.
        serial: hardware serial when it is known without opening the device, else empty.
    """

    key: str
    label: str
    serial: str = ""


class Driver(Protocol):
    """Finds and opens devices of one kind.

    ``discover`` runs on a thread of this driver alone, ``open`` on the actor thread of the kind: both may block
    without delaying another kind. Neither may keep a device open that it did not return. Raises DeviceTrouble.
    """

    @property
    def kind(self) -> DeviceKind: ...
    @property
    def name(self) -> str: ...
    def discover(self) -> Sequence[Found]: ...
    def open(self, found: Found) -> Device: ...


@runtime_checkable
class Interruptible(Protocol):
    """A device whose running call can be cut short from another thread (unplugged, cancelled, shutting down)."""

    def interrupt(self) -> None:
        """Thread-safe; the call that is running now raises soon. Without one it does nothing."""
        ...
