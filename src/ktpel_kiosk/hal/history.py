"""The health history of this desk's devices, kept in one small file.

The manager tells it of openings, calls and changes; it counts in memory and writes the whole file at most once a minute and when
closed, so a crash loses a minute at most. A damaged file is set aside; nothing here ever stops a device or the desk.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import DeviceTrouble, KioskError, StorageTrouble
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.hal.task import NOT_THE_DEVICES_FAULT
from ktpel_kiosk.ports.device_history import DeviceDay, DeviceRecord, TroubleSeen
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState

log = logging.getLogger(__name__)
FILE_VERSION = 1
KEEP_DAYS = 400
KEEP_DEVICES = 200
KEEP_TROUBLES = 20
RECENT_DAYS = 30
RETRY_S = 60.0
"""A call of the same operation that begins this soon after a failed one is a retry."""
WRITE_EVERY_S = 60.0
LONGEST_TEXT = 120
"""Names of devices and keys are cut here: a device that sends nonsense must not fill the disk."""

Key = tuple[str, str, str, str]
"""Kind, make, model, serial."""


@dataclass(slots=True)
class _Day:
    up: float = 0.0
    trouble: float = 0.0
    opens: int = 0
    calls: int = 0
    failed: int = 0
    retries: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> list[Any]:
        return [round(self.up, 1), round(self.trouble, 1), self.opens, self.calls, self.failed, self.retries, dict(self.errors)]


@dataclass(slots=True)
class _Trouble:
    at: datetime
    key: str
    operation: str
    lasted: float | None = None


@dataclass(slots=True)
class _Book:
    """One device. ``open_trouble``: the one that lasts now, and the monotonic time it began; ``failed``: operation, and when it failed."""

    simulated: bool
    first: datetime
    last: datetime
    days: dict[date, _Day] = field(default_factory=dict)
    troubles: list[_Trouble] = field(default_factory=list)
    open_trouble: tuple[_Trouble, float] | None = None
    failed: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Span:
    """Since when (monotonic) a device is in one health; ``book`` of which device."""

    book: _Book
    trouble: bool
    since: float


class HistoryKeeper:
    """Implements ports.device_history.DeviceHistory, and the manager's observer. Thread-safe.

    Args:
        path: the file; ``None`` keeps everything in memory only.
        now: aware wall clock, for the stamps; durations follow ``monotonic``.
        write_every_s: least time between two writings.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime],
                 monotonic: Callable[[], float] = time.monotonic, write_every_s: float = WRITE_EVERY_S) -> None:
        self._path = path
        self._now = now
        self._monotonic = monotonic
        self._every_s = write_every_s
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._leave = threading.Event()
        self._writer: threading.Thread | None = None
        self._dirty = False
        self._closed = False
        self._spans: dict[DeviceKind, _Span] = {}
        self._books: dict[Key, _Book] = self._load()

    # what the manager tells (hal.actor.Observer)

    def opened(self, kind: DeviceKind, identity: DeviceIdentity, error: KioskError | None) -> None:
        with self._lock:
            book = self._book(kind, identity)
            if error is None:
                self._today(book).opens += 1
            elif book.open_trouble is None or book.open_trouble[0].key != error.message_key:
                # a device that refuses is tried each second; that is one trouble, not thousands
                self._today(book).errors[_cut(error.message_key)] += 1
                self._begin_trouble(book, error.message_key, "open")
            self._touched()

    def called(self, kind: DeviceKind, identity: DeviceIdentity, operation: str, error: KioskError | None, started: float) -> None:
        with self._lock:
            book = self._book(kind, identity)
            day = self._today(book)
            day.calls += 1
            failed_at = book.failed.pop(operation, None)
            if failed_at is not None and started - failed_at <= RETRY_S:
                day.retries += 1
            if error is not None:
                if len(book.failed) < 50:
                    book.failed[_cut(operation)] = self._monotonic()
                day.errors[_cut(error.message_key)] += 1
                if _own_fault(error):
                    day.failed += 1
                    self._begin_trouble(book, error.message_key, operation)
            self._touched()

    def changed(self, state: DeviceState) -> None:
        with self._lock:
            self._settle(state.kind)
            self._spans.pop(state.kind, None)
            if state.identity is not None and state.health is not DeviceHealth.MISSING:
                book = self._book(state.kind, state.identity)
                trouble = state.health is DeviceHealth.TROUBLE
                self._spans[state.kind] = _Span(book, trouble, self._monotonic())
                if trouble:
                    self._begin_trouble(book, state.trouble, dict(state.facts).get("operation", ""))
                else:
                    self._end_trouble(book)
            self._touched()

    # what the desk asks (ports.device_history.DeviceHistory)

    def records(self) -> Sequence[DeviceRecord]:
        with self._lock:
            for kind in list(self._spans):
                self._settle(kind)
            today = self._day()
            found = [_record(key, book, today) for key, book in self._books.items()]
        order = {kind: place for place, kind in enumerate(DeviceKind)}
        return tuple(sorted(found, key=lambda r: (order[r.kind], -r.last_seen.timestamp())))

    def record(self, kind: DeviceKind, identity: DeviceIdentity) -> DeviceRecord | None:
        key = _key(kind, identity)
        return next((r for r in self.records() if (str(r.kind), r.make, r.model, r.serial) == key), None)

    # writing

    def flush(self) -> bool:
        """Write now if anything changed; False when that failed (it is tried again with the next)."""
        with self._writing:
            with self._lock:
                for kind in list(self._spans):
                    self._settle(kind)
                    self._dirty = True
                if not self._dirty or self._path is None:
                    return True
                self._dirty = False
                content = self._as_json()
            try:
                write_durably(self._path, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
            except StorageTrouble as error:
                log.warning("device history not written: %s", error)
                with self._lock:
                    self._dirty = True
                return False
            return True

    def close(self) -> None:
        """Write what is left; whatever is told afterwards is not kept. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for kind in list(self._spans):
                self._settle(kind)
            self._spans.clear()
            writer = self._writer
        self._leave.set()
        if writer is not None:
            writer.join(5.0)
        self.flush()

    def _touched(self) -> None:
        self._dirty = True
        if self._writer is None and self._path is not None and not self._closed:
            self._writer = threading.Thread(target=self._write_now_and_then, name="device-history", daemon=True)
            self._writer.start()

    def _write_now_and_then(self) -> None:
        while not self._leave.wait(self._every_s):
            self.flush()

    # counting, under the lock

    def _day(self) -> date:
        return self._now().astimezone().date()

    def _book(self, kind: DeviceKind, identity: DeviceIdentity) -> _Book:
        key, now = _key(kind, identity), self._now()
        book = self._books.get(key)
        if book is None:
            book = self._books[key] = _Book(identity.simulated, now, now)
            if len(self._books) > KEEP_DEVICES:
                spanned = [span.book for span in self._spans.values()]
                oldest = min((k for k, b in self._books.items() if b is not book and b not in spanned), key=lambda k: self._books[k].last)
                del self._books[oldest]
        book.last = max(book.last, now)
        return book

    def _today(self, book: _Book) -> _Day:
        today = self._day()
        day = book.days.get(today)
        if day is None:
            day = book.days[today] = _Day()
            for old in sorted(book.days)[:-KEEP_DAYS]:
                del book.days[old]
        return day

    def _settle(self, kind: DeviceKind) -> None:
        """Book the time of the present span and begin it anew."""
        span = self._spans.get(kind)
        if span is None:
            return
        now = self._monotonic()
        day, seconds = self._today(span.book), max(0.0, now - span.since)
        if span.trouble:
            day.trouble += seconds
        else:
            day.up += seconds
        span.book.last = max(span.book.last, self._now())
        span.since = now

    def _begin_trouble(self, book: _Book, key: str, operation: str) -> None:
        if book.open_trouble is not None and book.open_trouble[0].key == _cut(key):
            return
        self._end_trouble(book)
        trouble = _Trouble(self._now(), _cut(key), _cut(operation))
        book.troubles.append(trouble)
        del book.troubles[:-KEEP_TROUBLES]
        book.open_trouble = (trouble, self._monotonic())

    def _end_trouble(self, book: _Book) -> None:
        if book.open_trouble is not None:
            trouble, since = book.open_trouble
            trouble.lasted = round(self._monotonic() - since, 1)
            book.open_trouble = None

    # the file

    def _as_json(self) -> dict[str, Any]:
        return {"version": FILE_VERSION, "devices": [{
            "kind": kind, "make": make, "model": model, "serial": serial, "simulated": book.simulated,
            "first": book.first.isoformat(timespec="seconds"), "last": book.last.isoformat(timespec="seconds"),
            "troubles": [[t.at.isoformat(timespec="seconds"), t.key, t.operation, t.lasted] for t in book.troubles],
            "days": {day.isoformat(): counts.as_json() for day, counts in sorted(book.days.items())},
        } for (kind, make, model, serial), book in self._books.items()]}

    def _load(self) -> dict[Key, _Book]:
        if self._path is None:
            return {}
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:  # not ours to touch: count in memory only
            log.warning("device history cannot be read (%s); kept in memory", type(error).__name__)
            self._path = None
            return {}
        try:
            return _books(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            log.warning("device history is damaged (%s), set aside", type(error).__name__)
            aside = self._path.with_name(f"{self._path.name}.rusak-{self._now():%Y%m%d%H%M%S}")
            try:
                self._path.replace(aside)
            except OSError:
                self._path = None
            return {}


def _books(content: Mapping[str, Any]) -> dict[Key, _Book]:
    """Everything in the file, or an exception of Python's own when it is not what this module wrote."""
    if content["version"] != FILE_VERSION:
        raise ValueError("version")
    books: dict[Key, _Book] = {}
    for row in content["devices"]:
        key = (str(DeviceKind(row["kind"])), str(row["make"]), str(row["model"]), str(row["serial"]))
        book = _Book(bool(row["simulated"]), _moment(row["first"]), _moment(row["last"]))
        book.troubles = [_Trouble(_moment(at), str(name), str(operation), None if lasted is None else float(lasted))
                         for at, name, operation, lasted in row["troubles"]][-KEEP_TROUBLES:]
        for day, (up, trouble, opens, calls, failed, retries, errors) in row["days"].items():
            book.days[date.fromisoformat(day)] = _Day(
                _count(up), _count(trouble), int(_count(opens)), int(_count(calls)), int(_count(failed)), int(_count(retries)),
                Counter({str(k): int(_count(n)) for k, n in errors.items()}))
        for old in sorted(book.days)[:-KEEP_DAYS]:
            del book.days[old]
        books[key] = book
    return books


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("naive time")
    return at


def _count(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise ValueError("count")
    return value


def _record(key: Key, book: _Book, today: date) -> DeviceRecord:
    days = tuple(DeviceDay(day, d.up, d.trouble, d.opens, d.calls, d.failed, d.retries, tuple(d.errors.most_common()))
                 for day, d in sorted(book.days.items(), reverse=True))
    recent = [d for d in days if today - timedelta(RECENT_DAYS) < d.day <= today]
    calls, open_s = sum(d.calls for d in recent), sum(d.uptime_s + d.trouble_s for d in recent)
    errors: Counter[str] = Counter()
    for counts in book.days.values():
        errors.update(counts.errors)
    return DeviceRecord(
        DeviceKind(key[0]), key[1], key[2], key[3], book.simulated, book.first, book.last,
        sum(d.uptime_s for d in days), sum(d.trouble_s for d in days), sum(d.opens for d in days), sum(d.calls for d in days),
        sum(d.failed for d in days), sum(d.retries for d in days), tuple(errors.most_common()),
        tuple(TroubleSeen(t.at, t.key, t.operation, t.lasted) for t in reversed(book.troubles)), days,
        failed_share=sum(d.failed for d in recent) / calls if calls else None,
        availability=sum(d.uptime_s for d in recent) / open_s if open_s else None)


def _own_fault(error: KioskError) -> bool:
    """The device's own, not the applicant's or the card's; a hang that the watchdog ended is the device's."""
    if error.message_key == "device.stalled":
        return True
    return isinstance(error, DeviceTrouble) and not isinstance(error, NOT_THE_DEVICES_FAULT)


def _key(kind: DeviceKind, identity: DeviceIdentity) -> Key:
    return (str(kind), _cut(identity.make), _cut(identity.model), _cut(identity.serial))


def _cut(text: str) -> str:
    return text[:LONGEST_TEXT]


def read_history(path: Path, now: Callable[[], datetime]) -> HistoryKeeper:
    """What a file holds, without keeping it: for the command line beside a running kiosk. A damaged file stays where it is."""
    keeper = HistoryKeeper(None, now)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        keeper._books = _books(json.loads(path.read_bytes()))
    return keeper
