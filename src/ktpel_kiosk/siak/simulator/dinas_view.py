"""What the Dinas has to know of its kecamatan, worked out of their signs of life: who needs help, of what kind, the most pressing first.

Figures only; words and colours are the page's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from itertools import pairwise

from ktpel_kiosk.domain.heartbeat import Heartbeat, heartbeat_of
from ktpel_kiosk.jose import decode, strict_object
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.records import Heartbeat as Kept


class Level(IntEnum):
    FINE, WARN, ALARM = 0, 1, 2


class Need(StrEnum):
    """Kinds of trouble, in the order in which they are read."""

    SILENT = "senyap"
    PRINTER = "printer"
    BLANGKO = "blangko"
    BACKLOG = "antrean"
    SLA = "waktu"
    DEVICE = "perangkat"
    VERSION = "versi"
    CLOCK = "jam"
    COPY = "cadangan"
    CERTIFICATE = "sertifikat"
    REGISTER = "register"


SILENT_D = (2, 7)
BLANGKO_D = (10, 3)
BACKLOG_H = (24, 168)
"""As the desk itself warns and alarms."""
COPY_H = (72, 14 * 24)
DRILL_D = 90
CERTIFICATE_D = (45, 14)
CLOCK_S = 300
OVERDUE_SHARE = 0.2
SIDE_DEVICES = ("camera", "fingerprint", "iris", "signature", "card_reader")
"""Without these nobody is recorded; the others can be done without for a day."""


@dataclass(frozen=True, slots=True)
class Place:
    """One station of the roster: whom the Dinas expects to hear of."""

    station: str
    name: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One station. ``beat``: its newest sign of life, ``None``: never one. ``silent_d``: full days since it came."""

    place: Place
    beat: Heartbeat | None
    received_at: datetime | None
    silent_d: int
    offset_s: int
    needs: Mapping[Need, Level]

    @property
    def level(self) -> Level:
        return max(self.needs.values(), default=Level.FINE)


def beat_in(kept: Kept) -> Heartbeat | None:
    """The sign of life in a token that was verified when it came; ``None`` for one of a schema this program does not know."""
    try:
        return heartbeat_of(strict_object(decode(kept.token.split(".")[1])))
    except (ValueError, IndexError):
        return None


def lines(roster: Iterable[Place], newest: Iterable[Kept], now: datetime) -> list[Line]:
    """Everybody of the roster and everybody who was heard, who needs help first."""
    heard = {k.station: k for k in newest}
    places = {p.station: p for p in roster}
    for station in heard:
        places.setdefault(station, Place(station, station))
    beats = {s: beat_in(k) for s, k in heard.items()}
    latest = max((release_of(b.release) for b in beats.values() if b is not None), default=())
    found = [_line(p, heard.get(s), beats.get(s), latest, now) for s, p in places.items()]
    return sorted(found, key=_order)


def _order(line: Line) -> tuple[object, ...]:
    alarms = sum(level is Level.ALARM for level in line.needs.values())
    return -line.level, -alarms, -len(line.needs), -line.silent_d, line.place.region, line.place.name, line.place.station


def release_of(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in text.split("."))


def _line(place: Place, kept: Kept | None, beat: Heartbeat | None, latest: tuple[int, ...], now: datetime) -> Line:
    if kept is None:
        return Line(place, None, None, 0, 0, {Need.SILENT: Level.ALARM})
    received = wire.moment(kept.received_at)
    silent = max(0, (now - received).days)
    needs = {Need.SILENT: _above(silent, SILENT_D)}
    if beat is not None:
        needs |= _needs(beat, kept.offset_s)
        needs[Need.VERSION] = Level.WARN if release_of(beat.release) < latest else Level.FINE
    return Line(place, beat, received, silent, kept.offset_s, {n: level for n, level in needs.items() if level is not Level.FINE})


def _needs(beat: Heartbeat, offset_s: int) -> dict[Need, Level]:
    broken = {k for k, h in beat.devices.items() if h in ("missing", "trouble")}
    side = Level.ALARM if broken & set(SIDE_DEVICES) else Level.WARN if broken - {"card_printer"} else Level.FINE
    refused = beat.backlog.get("refused")
    late = Level.FINE if not beat.overdue else Level.ALARM if beat.overdue > OVERDUE_SHARE * max(1, beat.running) else Level.WARN
    return {
        Need.PRINTER: Level.ALARM if "card_printer" in broken else Level.FINE, Need.BLANGKO: _blangko(beat),
        Need.BACKLOG: Level.ALARM if refused is not None and refused.count else _above(beat.oldest_h, BACKLOG_H),
        Need.SLA: late, Need.DEVICE: side, Need.CLOCK: Level.ALARM if abs(offset_s) >= CLOCK_S else Level.FINE,
        Need.COPY: _copy(beat), Need.CERTIFICATE: _below(beat.certificate_d, CERTIFICATE_D),
        Need.REGISTER: Level.FINE if beat.check in ("utuh", "belum") else Level.ALARM,
    }


def _blangko(beat: Heartbeat) -> Level:
    return Level.ALARM if beat.blangko == 0 else _below(beat.blangko_days, BLANGKO_D)


def _copy(beat: Heartbeat) -> Level:
    if beat.copy_h is None:
        return Level.ALARM
    return max(_above(beat.copy_h, COPY_H), Level.WARN if beat.drill_d is None or beat.drill_d > DRILL_D else Level.FINE)


def _above(value: int, limits: tuple[int, int]) -> Level:
    return Level.ALARM if value >= limits[1] else Level.WARN if value >= limits[0] else Level.FINE


def _below(value: int | None, limits: tuple[int, int]) -> Level:
    if value is None:
        return Level.FINE
    return Level.ALARM if value <= limits[1] else Level.WARN if value <= limits[0] else Level.FINE


def counts(found: Sequence[Line]) -> dict[Need, tuple[int, int]]:
    """(stations, of them alarms) by need."""
    return {n: (sum(n in line.needs for line in found), sum(line.needs.get(n) is Level.ALARM for line in found)) for n in Need}


def rewritten(history: Sequence[Heartbeat]) -> bool:
    """Whether the audit chain of a station was ever shorter, or another one, than it had been; ``history`` newest first.

    A register that was put back from a copy shows here too, as it should: somebody did that.
    """
    return any(new.audit_length < old.audit_length or (new.audit_length == old.audit_length and new.audit_head != old.audit_head)
               for new, old in pairwise(history))
