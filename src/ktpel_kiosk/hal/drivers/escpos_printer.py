"""Receipt printers that speak ESC/POS: each slip is one picture in dots (``GS v 0``), then feed and cut.

A picture and not text: the slip looks the same on every make, whatever its fonts and code pages. State is asked with ``DLE EOT`` where
the way can read; a printer that does not answer is printed to all the same. The end of a slip is known by ``GS r 1``, which the printer
answers only after all that was sent before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import uuid4

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble, Jammed, MediaEmpty, NotFound, OutcomeUnknown, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.escpos_channel import Address, Channel, open_channel, parse_address, present
from ktpel_kiosk.hal.drivers.slip_raster import ROLLS, Roll, raster
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState

BAND = 128
"""Rows of one ``GS v 0``: small printers hold 4 KB, and a band of 576 dots is 9 KB that streams while it prints."""
ANSWER_S = 0.6
FINISH_S = 12.0
SEND_S = 15.0
"""Of one slip: a slow printer takes what its buffer holds and then as fast as it prints (20 cm at 50 mm/s: 4 s)."""
ASK, END = b"\x10\x04", b"\x1dr\x01"
"""``DLE EOT`` and ``GS r 1``."""
NO_REPORTS = b"a\0"
"""``GS a 0``: no status unasked, its bytes look like an answer to ``GS r``."""
KEPT_JOBS = 200
_Open = Callable[[Address], Channel]


class EscPosPrinterDriver:
    """One receipt printer at a known address.

    Args:
        address: ``tcp://host[:9100]``, ``usb://vid:pid``, ``serial:port[,baud]``, ``file:path``.
        width_mm: of the paper, 80 or 58.

    Raises:
        BadInput: ``receipt_printer.address``.
    """

    kind = DeviceKind.RECEIPT_PRINTER
    name = "escpos"

    def __init__(self, address: str, width_mm: int = 80, opener: _Open = open_channel) -> None:
        self._address = parse_address(address)
        if width_mm not in ROLLS:
            raise BadInput("receipt_printer.address", value=f"{width_mm} mm")
        self._roll, self._opener = ROLLS[width_mm], opener

    def discover(self) -> Sequence[Found]:
        return (Found(self._address.text, f"Printer struk {self._address.text}"),) if present(self._address) else ()

    def open(self, found: Found) -> EscPosPrinter:
        printer = EscPosPrinter(self._address, self._roll, self._opener)
        printer.healthy()
        return printer


class EscPosPrinter:
    """Speaks with the printer only during a call."""

    def __init__(self, address: Address, roll: Roll, opener: _Open = open_channel) -> None:
        self._address, self._roll, self._opener = address, roll, opener
        self._answers: bool | None = None
        self._jobs: dict[str, PrintJob] = {}

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("ESC/POS", f"Struk {self._roll.width_mm} mm", self._address.text, "ESC/POS")

    def healthy(self) -> None:
        channel = self._opener(self._address)
        try:
            self._check(_Talk(channel, self._address.text))
        finally:
            channel.close()

    def close(self) -> None:
        return None

    def submit(self, pdf: bytes, title: str, media: str = "80mm") -> PrintJob:
        """Print all pages, each cut off.

        Raises:
            OutcomeUnknown: ``receipt_printer.cut_off``, the way broke while printing. MediaEmpty, Jammed, DeviceTrouble: the printer's own
            word, before or while printing. Stalled. Nothing is printed of a slip that does not fit.
        """
        if media != self._roll.name:
            raise DeviceTrouble("receipt_printer.too_wide", operation="submit", found=media[:20], expected=f"{self._roll.width_mm} mm")
        data = b"".join(commands(page) for page in raster(pdf, self._roll))
        channel = self._opener(self._address)
        try:
            talk = _Talk(channel, self._address.text)
            self._check(talk)
            try:
                channel.write(data, SEND_S)
                if self._answers:
                    self._finish(talk)
            except (OutcomeUnknown, Stalled):
                talk.raise_why()
                raise
        finally:
            channel.close()
        job = PrintJob(f"struk-{uuid4().hex[:12]}", PrintJobState.DONE)
        self._jobs[job.job_id] = job
        while len(self._jobs) > KEPT_JOBS:
            del self._jobs[next(iter(self._jobs))]
        return job

    def job(self, job_id: str) -> PrintJob:
        if job_id not in self._jobs:
            raise NotFound("printer.no_job", job=job_id[:40])
        return self._jobs[job_id]

    def _check(self, talk: _Talk) -> None:
        """Raise what the printer complains about; one that never answered is not asked again until it is opened anew."""
        if self._answers is False or not talk.channel.two_way:
            return
        said = talk.state()
        if not said:
            if self._answers:
                raise Stalled("device.no_answer", device=self._address.text, operation="status", deadline_s=ANSWER_S)
            self._answers = False
            return
        self._answers = True
        trouble = judge(said)
        if trouble is not None:
            raise trouble

    def _finish(self, talk: _Talk) -> None:
        """Wait until the printer has come to the end of the slip. Raises its trouble, or Stalled."""
        talk.forget()
        talk.channel.write(END, ANSWER_S)
        until = time.monotonic() + FINISH_S
        while not talk.ended and (left := until - time.monotonic()) > 0:
            if not talk.listen(min(left, 1.0)):
                talk.raise_why()
        if not talk.ended:
            raise Stalled("device.no_answer", device=self._address.text, operation="submit", deadline_s=FINISH_S)


class _Talk:
    """What the printer says during one use of the way to it. ``ended``: it has come to the end of what it was sent."""

    def __init__(self, channel: Channel, device: str) -> None:
        self.channel, self._device = channel, device
        self.ended = False
        self._said: list[int] = []

    def listen(self, timeout_s: float) -> bool:
        """Take what comes, sorted by form: answers to ``DLE EOT`` have bits 1 and 4 set, those to ``GS r`` not bit 4."""
        got = self.channel.read(timeout_s)
        self._said += [byte for byte in got if byte & 0x93 == 0x12]
        self.ended = self.ended or any(byte & 0x90 == 0 for byte in got)
        return bool(got)

    def forget(self) -> None:
        """Drop what has come so far: dots may look like a question, and answers to those must not be taken for the next."""
        while self.listen(0.001):
            pass
        self._said.clear()
        self.ended = False

    def state(self) -> dict[int, int]:
        """Answers to ``DLE EOT`` 1 to 4, as far as it answers."""
        said: dict[int, int] = {}
        for what in (1, 2, 3, 4):
            ended = self.ended
            self.forget()
            self.ended = self.ended or ended
            self.channel.write(ASK + bytes((what,)), ANSWER_S)
            until = time.monotonic() + ANSWER_S
            while not self._said and (left := until - time.monotonic()) > 0 and self.listen(left):
                pass
            if not self._said:
                break
            said[what] = self._said[0]
        return said

    def raise_why(self) -> None:
        """Raise the printer's own word on why it stopped, if it still has one."""
        try:
            trouble = judge(self.state())
        except (OutcomeUnknown, Stalled):
            return
        if trouble is not None:
            raise trouble


def commands(page: object) -> bytes:
    """One page as ESC/POS: reset, no reports, bands of dots, feed past the cutter, partial cut. ``page``: PIL, mode ``1``."""
    from escpos.constants import GS, HW_INIT
    from escpos.image import EscposImage

    image = EscposImage(page)
    rows, wide = image.to_raster_format(), image.width_bytes
    out = [HW_INIT, GS, NO_REPORTS]
    for top in range(0, image.height, BAND):
        band = rows[top * wide:(top + BAND) * wide]
        tall = len(band) // wide
        out += [GS, b"v0\0", wide.to_bytes(2, "little"), tall.to_bytes(2, "little"), band]
    return b"".join([*out, GS, b"VB\x18"])  # function B: feed to the cutter and 24 dots more, partial cut


def judge(said: dict[int, int]) -> DeviceTrouble | None:
    """Answers to ``DLE EOT n`` by n as the trouble they mean, the most telling first."""
    facts = {"device_kind": "receipt_printer", "operation": "status"}
    offline, error, paper = said.get(2, 0), said.get(3, 0), said.get(4, 0)
    if offline & 0x04:
        return DeviceTrouble("receipt_printer.cover", **facts)
    if paper & 0x60 or offline & 0x20:
        return MediaEmpty("receipt_printer.media_empty", **facts)
    if error & 0x08:
        return Jammed("receipt_printer.jam", **facts)
    if error & 0x60 or offline & 0x40:
        return DeviceTrouble("receipt_printer.error", **facts)
    if said.get(1, 0) & 0x08:
        return DeviceTrouble("receipt_printer.offline", **facts)
    return None
