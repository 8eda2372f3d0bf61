"""The daily sign of life of a desk, for the Dinas: how it fares, in numbers and fixed words only. Nothing in it can hold a person's data.

The schema is closed: :func:`heartbeat_of` refuses a field it does not know, a text that is none of the fixed words, and a number out
of its bounds. What is built is put through the same gate before it is signed (docs/adr/0047).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

FORMAT = "ktpel-detak"
VERSION = 1
TYPE = "ktpel-heartbeat+jwt"
MAX_TOKEN_CHARS = 16_384
STATES = ("sealed", "announced", "uploaded", "refused")
DEVICES = ("camera", "fingerprint", "iris", "signature", "scanner", "card_reader", "card_printer", "document_printer", "receipt_printer",
           "barcode")
HEALTH = ("ready", "busy", "missing", "trouble")
CHECKS = ("utuh", "rusak", "berubah", "mundur", "belum")
MOST = 10_000_000
HOURS = 24 * 366 * 20
_STATION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_REGION = re.compile(r"[0-9]{6}")
_RELEASE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}")
_SHA = re.compile(r"[0-9a-f]{64}")
_NIK = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")
"""A station id that looks like a NIK is no station id."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Packets in one state: how many, and how many full hours the oldest waits."""

    count: int
    oldest_h: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One day of one desk. ``None``: not known, or never happened.

    Attributes:
        wilayah: six digits of the kecamatan. sequence: grows with every heartbeat of the station. day: the office's date.
        release: version of the program.
        backlog: by packet state. devices: health by kind. trouble_pm: failed of 1,000 calls in 30 days, by kind.
        blangko: blanks in stock; blangko_days: how many days they last at the use of the last 30.
        running, overdue, oldest_overdue_h: applications on the way, past their time, hours the worst is late. centre: those that wait for
            SIAK.
        copy_h, drill_d: age of the last copy and of the last restore rehearsal. certificate_d: days the first certificate still counts.
        check: what the nightly check of the register said.
        audit_length, audit_head: of the audit chain: who rewrites it later is found out.
        free_mb: room on the disk.
    """

    station: str
    wilayah: str
    sequence: int
    made_at: datetime
    day: date
    release: str
    backlog: Mapping[str, Waiting]
    devices: Mapping[str, str]
    trouble_pm: Mapping[str, int]
    blangko: int
    blangko_days: int | None
    running: int
    overdue: int
    oldest_overdue_h: int
    centre: int
    copy_h: int | None
    drill_d: int | None
    certificate_d: int | None
    check: str
    audit_length: int
    audit_head: str
    free_mb: int

    @property
    def waiting(self) -> int:
        return sum(w.count for w in self.backlog.values())

    @property
    def oldest_h(self) -> int:
        return max((w.oldest_h for w in self.backlog.values() if w.count), default=0)


def payload_of(beat: Heartbeat) -> dict[str, Any]:
    """As it is signed. Raises ValueError where a field breaks the schema."""
    payload: dict[str, Any] = {
        "format": FORMAT, "version": VERSION, "station": beat.station, "wilayah": beat.wilayah, "sequence": beat.sequence,
        "made_at": beat.made_at.astimezone(UTC).isoformat(timespec="seconds"), "day": beat.day.isoformat(), "release": beat.release,
        "backlog": {state: [w.count, w.oldest_h] for state, w in beat.backlog.items()},
        "devices": dict(beat.devices), "trouble_pm": dict(beat.trouble_pm),
        "blangko": beat.blangko, "blangko_days": beat.blangko_days,
        "running": beat.running, "overdue": beat.overdue, "oldest_overdue_h": beat.oldest_overdue_h, "centre": beat.centre,
        "copy_h": beat.copy_h, "drill_d": beat.drill_d, "certificate_d": beat.certificate_d, "check": beat.check,
        "audit_length": beat.audit_length, "audit_head": beat.audit_head, "free_mb": beat.free_mb,
    }
    heartbeat_of(payload)
    return payload


FIELDS = frozenset({
    "format", "version", "station", "wilayah", "sequence", "made_at", "day", "release", "backlog", "devices", "trouble_pm", "blangko",
    "blangko_days", "running", "overdue", "oldest_overdue_h", "centre", "copy_h", "drill_d", "certificate_d", "check", "audit_length",
    "audit_head", "free_mb"})


def heartbeat_of(untrusted: Mapping[str, Any]) -> Heartbeat:
    """The heartbeat in a payload whose signature was checked. Raises ValueError naming the field."""
    if set(untrusted) != FIELDS or untrusted["format"] != FORMAT or untrusted["version"] != VERSION:
        raise ValueError("fields")
    u = untrusted
    station = _match(_STATION, u["station"], "station")
    if _NIK.search(station):
        raise ValueError("station")
    return Heartbeat(
        station, _match(_REGION, u["wilayah"], "wilayah"), _whole(u["sequence"], "sequence", 2**53 - 1), _moment(u["made_at"]),
        _day(u["day"]), _match(_RELEASE, u["release"], "release"),
        {_word(s, STATES, "backlog"): _waiting(w) for s, w in _table(u["backlog"], "backlog").items()},
        {_word(k, DEVICES, "devices"): _word(h, HEALTH, "devices") for k, h in _table(u["devices"], "devices").items()},
        {_word(k, DEVICES, "trouble_pm"): _whole(n, "trouble_pm", 1000) for k, n in _table(u["trouble_pm"], "trouble_pm").items()},
        _whole(u["blangko"], "blangko"), _maybe(u["blangko_days"], "blangko_days", 99_999), _whole(u["running"], "running"),
        _whole(u["overdue"], "overdue"), _whole(u["oldest_overdue_h"], "oldest_overdue_h", HOURS), _whole(u["centre"], "centre"),
        _maybe(u["copy_h"], "copy_h", HOURS), _maybe(u["drill_d"], "drill_d", HOURS), _maybe(u["certificate_d"], "certificate_d", HOURS),
        _word(u["check"], CHECKS, "check"), _whole(u["audit_length"], "audit_length", 2**53 - 1),
        _match(_SHA, u["audit_head"], "audit_head"),
        _whole(u["free_mb"], "free_mb", 2**40))


def _whole(value: object, name: str, most: int = MOST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(name)
    return value


def _maybe(value: object, name: str, most: int) -> int | None:
    return None if value is None else _whole(value, name, most)


def _word(value: object, words: tuple[str, ...], name: str) -> str:
    if not isinstance(value, str) or value not in words:
        raise ValueError(name)
    return value


def _match(pattern: re.Pattern[str], value: object, name: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(name)
    return value


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(name)
    return value


def _waiting(value: object) -> Waiting:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("backlog")
    return Waiting(_whole(value[0], "backlog"), _whole(value[1], "backlog", HOURS))


def _moment(value: object) -> datetime:
    at = datetime.fromisoformat(_match(re.compile(r"[0-9T:+.Z-]{19,32}"), value, "made_at"))
    if at.tzinfo is None:
        raise ValueError("made_at")
    return at.astimezone(UTC)


def _day(value: object) -> date:
    return date.fromisoformat(_match(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), value, "day"))
