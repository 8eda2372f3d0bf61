"""Scripted misfortune for the simulators: what happens, after how many chances, how often.

A *chance* is one occasion at which the fault could strike (a frame, a capture, an APDU, a job). ``after`` chances pass
unharmed, the next ``times`` are struck (0: all from then on). Lasting conditions (marked "lasting") are consulted without
being used up and hold until cleared.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput

log = logging.getLogger(__name__)
Value = str | int | float | bool

_COMMON: Mapping[str, str] = {
    "unplugged": "lasting: not found any more; a running call fails",
    "busy": "opening is refused as if another program held the device",
    "stall": "one operation hangs for `seconds` (default 60)",
}
TABLE: Mapping[str, Mapping[str, str]] = {
    "camera": {
        "black": "frames are black and the driver notices",
        "frozen": "the picture no longer changes and the driver notices",
        "wrong_cloth": "lasting: the other cloth hangs behind the person",
        "two_faces": "lasting: somebody else sits beside the person",
        "eyes_closed": "lasting: the person keeps the eyes shut",
        "head_turned": "lasting: the person looks to the side",
        "mouth_open": "lasting: the person talks",
        "dark": "lasting: the lamp is off", "overexposed": "lasting: far too much light",
        "uneven_light": "lasting: light from one side only", "blurred": "lasting: out of focus",
        "upside_down": "lasting: the camera hangs upside down", "mirrored": "lasting: the driver mirrors the picture",
        "noise": "lasting: the sensor is broken and sends noise",
    },
    "fingerprint": {
        "wrong_hand": "the fingers of the other hand are placed",
        "dry": "dry fingers", "wet": "wet fingers", "partial": "fingers placed too high, tips only",
        "missing_finger": "the last asked finger does not touch the platen",
        "no_finger": "nobody touches the scanner",
        "dirty": "grease and dust on the platen", "worn": "ridges worn down and creased",
        "same_finger_twice": "the first asked finger is placed a second time instead of the second one",
        "six_tips": "six small fingers touch the platen",
        "upside_down": "the hand comes from the other side", "mirrored": "the driver mirrors the picture",
        "noise": "the sensor is broken and sends noise",
    },
    "iris": {
        "closed": "the eyes are shut", "swapped": "right and left are exchanged", "blurred": "the person moved",
        "same_eye_twice": "the first asked eye is given for both", "lens": "a contact lens with a printed pattern",
        "upside_down": "the camera is held upside down", "noise": "the sensor is broken and sends noise",
    },
    "signature": {
        "lost": "`count` reports (default 20) get lost on the way", "empty": "accepted without ink",
        "cancelled": "the person pressed cancel on the pad",
        "accidental_strokes": "a few touches of the sleeve, no signature",
    },
    "scanner": {"jam": "paper jam in the feeder", "empty": "no paper in the feeder", "cover": "the cover is open"},
    "card_reader": {
        "torn": "the card is pulled away during this APDU", "mute": "the card does not answer to reset",
        "status": "the APDU is answered with `sw` (default 6A82)", "no_card": "lasting: no card is ever seen",
    },
    "card_printer": {
        "jam": "the card jams; trouble until service(); `moved` (default true): the card had left the hopper and is ruined",
        "ribbon_out": "the ribbon ends in the middle of a card, which comes out half printed",
        "wrong_media": "lasting: the queue has A4 paper only", "queue_gone": "the queue has vanished when the card is handed over",
        "lost": "the connection is lost on handing over: outcome unknown; `printed` (default false): the queue has the card all the same",
        "late": "the printer takes the card, its answer comes `seconds` (default 60) late",
        "job_stall": "a question about a job hangs for `seconds` (default 60)",
        "feed_jam": "the blank jams on the way to the chip station",
        "station_mute": "the chip at the station does not answer", "station_torn": "the contact at the station is lost during this APDU",
        "media_empty": "lasting: no blank cards",
        "ribbon_empty": "lasting: ribbon at its end", "cover": "lasting: the cover is open",
        "power": "power fails on handing over: outcome unknown; `printed` (default false) tells the truth",
    },
    "document_printer": {"jam": "paper jam; the job fails", "media_empty": "lasting: no paper"},
    "receipt_printer": {
        "jam": "the cutter jams; the job fails", "media_empty": "lasting: the roll is empty", "cover": "lasting: the cover is open",
    },
    "barcode": {"garbled": "one character of the code is lost"},
    "line": {
        "dead": "lasting: no line to the centre", "slow": "lasting: 2,000 bytes a second",
        "cuts": "lasting: every connection breaks after 20,000 bytes",
    },
}


@dataclass(slots=True)
class Fault:
    """One scripted fault; ``from_file`` marks those a watched file brought."""

    device: str
    name: str
    after: int = 0
    times: int = 1
    params: dict[str, Value] = field(default_factory=dict)
    from_file: bool = False

    def number(self, name: str, default: float) -> float:
        value = self.params.get(name, default)
        return float(value) if not isinstance(value, str) else default


class Faults:
    """The script; any thread may add, clear and consult.

    Args:
        watch: TOML or JSON file read again whenever it changes; it always holds the whole list of its own faults
            (``[[fault]]`` tables with ``device``, ``fault``, ``after``, ``times`` and parameters).
    """

    def __init__(self, watch: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._watch = watch
        self._stamp: tuple[int, int] | None = None

    def add(self, device: str, fault: str, after: int = 0, times: int = 1, **params: Value) -> None:
        """Script one fault.

        Raises:
            BadInput: ``faults.unknown``, ``faults.value``.
        """
        if fault not in names(device):
            raise BadInput("faults.unknown", device=device, value=fault)
        if after < 0 or times < 0:
            raise BadInput("faults.value", device=device, value=fault)
        with self._lock:
            self._faults.append(Fault(device, fault, after, times, dict(params)))

    def clear(self, device: str = "", fault: str = "") -> None:
        """Forget the faults of a device, one fault of it, or all."""
        with self._lock:
            self._faults = [f for f in self._faults if (device and f.device != device) or (fault and f.name != fault)]

    def waiting(self) -> list[tuple[str, str]]:
        """(device, fault) of everything that is on or waits for its chance, in the order it was scripted."""
        self._look()
        with self._lock:
            return list(dict.fromkeys((f.device, f.name) for f in self._faults))

    def load(self, path: Path) -> None:
        """Replace the faults that came from a file by those in ``path``.

        Raises:
            BadInput: ``faults.file`` when it cannot be read or parsed, ``faults.unknown``, ``faults.value``.
        """
        fresh = _read(path)
        with self._lock:
            self._faults = [f for f in self._faults if not f.from_file] + fresh

    def active(self, device: str, fault: str) -> bool:
        """Is a lasting condition on? ``after`` and ``times`` do not matter to it."""
        self._look()
        with self._lock:
            return any(f.device == device and f.name == fault for f in self._faults)

    def strikes(self, device: str, fault: str) -> Fault | None:
        """One chance for ``fault``; the fault when it strikes now."""
        self._look()
        with self._lock:
            for item in self._faults:
                if item.device == device and item.name == fault:
                    if item.after > 0:
                        item.after -= 1
                        return None
                    if item.times == 1:
                        self._faults.remove(item)
                    elif item.times > 1:
                        item.times -= 1
                    return item
        return None

    def _look(self) -> None:
        if self._watch is None:
            return
        stamp: tuple[int, int] | None = None
        with contextlib.suppress(OSError):
            status = self._watch.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        if stamp is None:
            with self._lock:
                self._faults = [f for f in self._faults if not f.from_file]
            return
        try:
            self.load(self._watch)
        except BadInput as error:  # perhaps half-written by an editor: the next change is read again
            log.warning("fault script not used: %s", error)


def names(device: str) -> frozenset[str]:
    """Faults of one device, empty for an unknown device."""
    if device not in TABLE:
        return frozenset()
    return frozenset(TABLE[device]) | (frozenset(_COMMON) if device != "line" else frozenset())


def is_lasting(device: str, fault: str) -> bool:
    """It holds until cleared, rather than striking at a chance."""
    text = TABLE.get(device, {}).get(fault) or _COMMON.get(fault, "")
    return text.startswith("lasting")


def describe() -> list[tuple[str, str, str]]:
    """(device, fault, what happens) for the manual; ``*`` stands for every device."""
    rows = [("*", name, text) for name, text in _COMMON.items()]
    return rows + [(device, name, text) for device, table in TABLE.items() for name, text in table.items()]


def rows_of(path: Path) -> list[dict[str, Value]]:
    """The tables of a fault script as they stand, unchecked. Raises OSError, ValueError."""
    raw = path.read_bytes()
    data = json.loads(raw) if path.suffix.lower() == ".json" else tomllib.loads(raw.decode())
    return [dict(row) for row in data.get("fault", [])]


def _read(path: Path) -> list[Fault]:
    try:
        return [_fault(row) for row in rows_of(path)]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput("faults.file", path=str(path), cause=type(error).__name__) from error


def _fault(row: Mapping[str, Value]) -> Fault:
    device, name = str(row["device"]), str(row["fault"])
    after, times = int(row.get("after", 0)), int(row.get("times", 1))
    if name not in names(device):
        raise BadInput("faults.unknown", device=device, value=name)
    if after < 0 or times < 0:
        raise BadInput("faults.value", device=device, value=name)
    params = {k: v for k, v in row.items() if k not in ("device", "fault", "after", "times")}
    return Fault(device, name, after, times, params, from_file=True)
