"""A full chip (the whole memory of the specimen card) written, read back and compared, against the bare time of the same APDUs.

Real PC/SC: a private pcscd with the virtual reader, the specimen card on its socket. The baseline sends the recorded APDUs one after
another through the plain C interface; both in turns on fresh cards, medians. Counted is the time the card has to lie still, from the first
APDU to the last answer and the comparison; packing the record before it (the signature picture) is told beside it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / part) for part in ("src", "tests/contract", "tests/cards")]

import virtual_pcsc  # noqa: E402
from card_samples import chip_data  # noqa: E402

from ktpel_kiosk.cards import records  # noqa: E402
from ktpel_kiosk.cards.chip import SpecimenPersonaliser  # noqa: E402
from ktpel_kiosk.hal.drivers.pcsc_reader import PcscReader, PcscReaderDriver  # noqa: E402
from ktpel_kiosk.hal.simulators.specimen_card import SpecimenCard  # noqa: E402

LIMIT = 1.2
ROUNDS = 9
CAPACITY = 7936
"""Bytes of the specimen card that hold files (docs/chip.md)."""


class Recorder:
    """A reader that remembers what was sent."""

    def __init__(self, reader: PcscReader) -> None:
        self._reader = reader
        self.sent: list[bytes] = []
        self.began = 0.0

    def transmit(self, apdu: bytes) -> bytes:
        self.began = self.began or time.perf_counter()
        self.sent.append(apdu)
        return self._reader.transmit(apdu)


def run() -> tuple[float, float, str]:
    """(ratio of medians, limit, both medians in ms)."""
    reason = virtual_pcsc.missing()
    if reason:
        raise SystemExit(f"chip: {reason}")
    data = chip_data(photo=_room())
    size = sum(len(f) + 2 for f in records.files_of(data).values())
    with tempfile.TemporaryDirectory() as name:
        service = virtual_pcsc.PrivatePcscd(Path(name))
        os.environ["PCSCLITE_CSOCK_NAME"] = str(service.socket)
        service.start()
        try:
            driver = PcscReaderDriver(wanted=("Virtual 00 00",))
            reader = driver.open(driver.discover()[0])
            chip = SpecimenPersonaliser()
            ours, bare, packing = [], [], []
            for _ in range(ROUNDS + 2):
                recorder = Recorder(reader)
                started, ended = _on_card(service.port, reader, lambda r=recorder: chip.write(r, data))  # type: ignore[misc, arg-type]
                packing.append(recorder.began - started)
                ours.append(ended - recorder.began)
                started, ended = _on_card(service.port, reader, lambda r=recorder: [reader.transmit(a) for a in r.sent])  # type: ignore[misc]
                bare.append(ended - started)
            reader.close()
        finally:
            service.stop()
    mine, base = statistics.median(ours[2:]), statistics.median(bare[2:])
    detail = f"{size} bytes, {len(recorder.sent)} APDUs: {mine * 1000:.1f} ms, bare {base * 1000:.1f} ms"
    return mine / base, LIMIT, f"{detail}; packing before it {statistics.median(packing) * 1000:.1f} ms"


def _room() -> int:
    """Bytes of photo that fill the card."""
    rest = sum(len(f) + 2 for f in records.files_of(chip_data(photo=0)).values())
    return CAPACITY - rest


def _on_card(port: int, reader: PcscReader, work: object) -> tuple[float, float]:
    """When ``work`` on a fresh card began and ended (s)."""
    held = virtual_pcsc.CardOnSocket(port, SpecimenCard(seed=3))  # type: ignore[arg-type]
    reader.connect(3)
    started = time.perf_counter()
    work()  # type: ignore[operator]
    ended = time.perf_counter()
    reader.disconnect()
    held.pull()
    time.sleep(0.5)  # the service polls for cards; a new one must not be taken for the old
    return started, ended


if __name__ == "__main__":
    ratio, limit, detail = run()
    print(f"chip ratio={ratio:.3f} limit={limit:g}  # {detail}")
