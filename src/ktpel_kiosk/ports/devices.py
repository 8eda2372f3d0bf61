"""Devices as the desk asks for them. One Protocol per class; the manager owns the threads.

All methods of a device run on that device's own actor thread. The desk never holds a device: it calls
:meth:`Devices.call` with the class it needs, each time anew.
Errors: the ``DeviceTrouble`` family only; facts name ``device_kind``, ``device`` and ``operation``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from ktpel_kiosk.domain.biometric import DeviceIdentity, PenPoint, Position, RawImage

T = TypeVar("T")


class DeviceKind(StrEnum):
    CAMERA = "camera"
    FINGERPRINT = "fingerprint"
    IRIS = "iris"
    SIGNATURE = "signature"
    SCANNER = "scanner"
    CARD_READER = "card_reader"
    CARD_PRINTER = "card_printer"
    DOCUMENT_PRINTER = "document_printer"
    RECEIPT_PRINTER = "receipt_printer"
    BARCODE = "barcode"


class DeviceHealth(StrEnum):
    READY = "ready"
    BUSY = "busy"
    MISSING = "missing"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What the device strip shows. ``trouble`` is the message key of the last error, ``facts`` its facts."""

    kind: DeviceKind
    health: DeviceHealth
    identity: DeviceIdentity | None = None
    trouble: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FingerCapture:
    """One touch of the scanner.

    ``slap`` is the whole platen (500 ppi grey) of scanners that give one; ``fingers`` the device's own cut-outs, or empty.
    ``payload`` is the device's signed evidence, if any.
    """

    slap: RawImage | None
    fingers: tuple[tuple[Position, RawImage], ...] = ()
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class IrisCapture:
    eyes: tuple[tuple[Position, RawImage], ...]
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class SignatureCapture:
    """Pen reports in order; ``width``/``height`` of the pad in pad units; ``lost`` reports missing by sequence number;
    ``units_per_mm`` of the pad, 0.0 where unknown.
    """

    points: tuple[PenPoint, ...]
    width: int
    height: int
    lost: int = 0
    units_per_mm: float = 0.0


CARD_SIZE = (8560, 5398)
"""ID-1 (CR80, ISO/IEC 7810) lying, in hundredths of a millimetre."""


@dataclass(frozen=True, slots=True)
class PrintMedia:
    """Media a queue really has: name and size in hundredths of a millimetre; resolution in dpi.

    ``resin``: the queue prints pure black with a resin panel of its own. ``duplex``: it prints both sides of a card.
    """

    name: str
    width: int
    height: int
    dpi: int = 300
    resin: bool = False
    duplex: bool = True


@dataclass(frozen=True, slots=True)
class CardLayers:
    """The sides of a card taken apart for a printer with a resin panel: the colour picture without its black text (RGB), and the
    text alone (grey, 0 = resin black, 255 = none). Same size as the whole sides; ``None`` where a side has no such text.
    """

    front: RawImage
    front_resin: RawImage | None = None
    back: RawImage | None = None
    back_resin: RawImage | None = None


@dataclass(frozen=True, slots=True)
class PrinterSupplies:
    """What is left, in percent; ``None`` where the printer does not say. ``reasons``: message keys of what the printer complains about."""

    ribbon: int | None = None
    film: int | None = None
    cards: int | None = None
    reasons: tuple[str, ...] = ()


class PrintJobState(StrEnum):
    PENDING = "pending"
    PRINTING = "printing"
    DONE = "done"          # handed over to the hardware, nothing more
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrintJob:
    job_id: str
    state: PrintJobState
    trouble: str = ""


class Device(Protocol):
    def identity(self) -> DeviceIdentity: ...
    def close(self) -> None: ...
    def healthy(self) -> None:
        """Cheap probe; raises DeviceTrouble when the device is not usable."""
        ...


class Camera(Device, Protocol):
    def frame(self) -> RawImage:
        """Next preview frame (RGB). Blocks at most the named deadline ``camera.frame``."""
        ...

    def still(self) -> RawImage:
        """A frame at full resolution."""
        ...


class FingerprintScanner(Device, Protocol):
    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        """Wait for the asked fingers to be placed and return the image. Raises CaptureFailed (with a hint) or Stalled.

        A reader that takes one finger at a time says so by an attribute ``slap = False`` and refuses more (``finger.one_at_a_time``).
        """
        ...


def evidence_of(camera: Camera) -> bytes:
    """The device's own signed answer about its last still, byte for byte; cameras that sign nothing have no ``evidence``."""
    return bytes(getattr(camera, "evidence", b""))


def takes_slaps(scanner: FingerprintScanner) -> bool:
    """Whether several fingers can be placed together; scanners that say nothing take slaps."""
    return bool(getattr(scanner, "slap", True))


class IrisCamera(Device, Protocol):
    def capture(self, eyes: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> IrisCapture: ...


class SignaturePad(Device, Protocol):
    def capture(self, prompt: str, timeout_s: float, on_point: Callable[[PenPoint], None]) -> SignatureCapture:
        """Collect ink until the person accepts on the pad (or the driver's idle time after the last stroke)."""
        ...


class DocumentScanner(Device, Protocol):
    def scan(self, timeout_s: float) -> Sequence[RawImage]:
        """Pages, at least one."""
        ...


class CardReader(Device, Protocol):
    def connect(self, timeout_s: float) -> bytes:
        """Wait for a card; returns its ATR. Raises Stalled when none comes."""
        ...

    def transmit(self, apdu: bytes) -> bytes:
        """Answer including SW1 SW2. Raises CardRemoved."""
        ...

    def disconnect(self) -> None: ...


class CardPrinter(Device, Protocol):
    def media(self) -> PrintMedia:
        """The card media; raises DeviceTrouble ``printer.no_card_media`` when the queue has none."""
        ...

    def submit(self, front: RawImage, back: RawImage | None, title: str, layers: CardLayers | None = None) -> PrintJob:
        """Hand one card over; ``title`` is its name in the queue, unique per card. ``layers`` are used where the media has resin.

        Raises:
            OutcomeUnknown: it is not known whether the printer took it. Every other error means it did not.
        """
        ...

    def job(self, job_id: str) -> PrintJob:
        """Raises NotFound ``printer.no_job``: it no longer remembers."""
        ...

    def find(self, title: str) -> PrintJob | None:
        """The newest job of this title the printer or its queue remembers; ``None``: it never had one, or forgot it."""
        ...

    def cancel(self, job_id: str) -> PrintJob: ...
    def supplies(self) -> PrinterSupplies: ...


class EncodingPrinter(CardPrinter, Protocol):
    """A card printer with a chip reader inside."""

    def station(self) -> CardReader:
        """The reader inside, over the card :meth:`feed` brought there. It is used within the same call as the printer."""
        ...

    def feed(self, timeout_s: float) -> None:
        """Take a blank card from the hopper to the chip station. Raises MediaEmpty, Jammed, Stalled."""
        ...

    def eject(self, good: bool) -> None:
        """Put the card at the station out unprinted: into the output, or into the reject bin. Nothing there: nothing happens."""
        ...


class DocumentPrinter(Device, Protocol):
    """Sheets (``DOCUMENT_PRINTER``, media ``A4``) or slips from a roll (``RECEIPT_PRINTER``, media ``80mm``; a page wider than the
    roll is refused). A desk may have the one, the other, both or none."""

    def submit(self, pdf: bytes, title: str, media: str = "A4") -> PrintJob: ...
    def job(self, job_id: str) -> PrintJob: ...


class BarcodeScanner(Device, Protocol):
    def read(self, timeout_s: float) -> str:
        """The next code as text. Raises Stalled."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """One device a driver sees now. ``wanted``: the one this desk prefers; ``open``: the one in use."""

    kind: DeviceKind
    driver: str
    key: str
    label: str
    serial: str = ""
    open: bool = False
    wanted: bool = False


class PreviewSlot(Protocol):
    """Latest-frame slot: older frames are dropped, never queued."""

    def latest(self, after: int) -> tuple[int, RawImage] | None:
        """(serial, frame) newer than ``after``, or None."""
        ...

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Called on the device's thread at each new frame, so it may only wake somebody; returns the unsubscriber."""
        ...


class Devices(Protocol):
    """The device manager."""

    def states(self) -> Sequence[DeviceState]: ...
    def inventory(self) -> Sequence[DeviceSeen]:
        """Every device seen now, of all kinds, in order of preference within its kind."""
        ...

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        """Use this device (serial, key or label) from now on, also after a restart; empty: the first that works. Others serve while
        it is absent."""
        ...

    def subscribe(self, listener: Callable[[DeviceState], None]) -> Callable[[], None]:
        """Called on the device's thread at each change; returns the unsubscriber."""
        ...

    def call(self, kind: DeviceKind, operation: str, work: Callable[[Any], T], deadline_s: float) -> Future[T]:
        """Run ``work(device)`` on the device's actor thread.

        The future raises NotConnected at once when there is none, Stalled after ``deadline_s`` (the actor is restarted),
        or what the device raised. ``operation`` names it in errors.
        """
        ...

    def interrupt(self, kind: DeviceKind) -> None:
        """The operator cancels a waiting capture: it raises CaptureFailed ``device.interrupted``."""
        ...

    def preview(self, kind: DeviceKind) -> PreviewSlot:
        """Slot filled by running captures, and by the camera continuously between :meth:`start_preview` and :meth:`stop_preview`."""
        ...

    def look_now(self) -> None:
        """Look for devices now rather than at the next turn: the computer slept, cables may have changed. Returns at once."""
        ...

    def start_preview(self, kind: DeviceKind) -> None: ...
    def stop_preview(self, kind: DeviceKind) -> None: ...
    def close(self) -> None: ...
