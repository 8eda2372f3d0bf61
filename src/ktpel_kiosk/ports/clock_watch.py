"""Whether the wall clock was set, known across restarts of the program (RELIABILITY.md threat 9, docs/adr/0050).

While a computer runs, its wall clock and the time since it started move together. The register keeps how far they stood apart; when that
is another distance, somebody or something set the clock, and the audit says by how much. A moment of before can then be told on the clock
of now: so retention and closing depend neither on one process having seen the jump nor on where the clock stands.

What a clock was set while the computer was off is only seen when it stands before the last audit link.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.register import Tx, View

KEPT = "jam.saksi"
SUBJECT = "jam"
MOVED, NOTED = "ClockMoved", "ClockNoted"
LIMIT_S = 300.0
"""Setting a clock right moves it by less (PACKET.md, limits)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """As kept. ``distance``: wall clock less the time since the computer ``boot`` started, in s; ``net_s``: how far the wall clock was
    set in all since then."""

    boot: str
    distance: float
    net_s: float


def note(clock: Clock, tx: Tx) -> None:
    """Remember how the clock stands, inside a transaction; must come before what depends on when it happened (a receipt)."""
    fresh = _fresh(clock, tx)
    if fresh is not None:
        mark, moved = fresh
        tx.put_setting(_of(KEPT, clock), json.dumps([mark.boot, mark.distance, mark.net_s]))
        tx.log(MOVED if moved else NOTED, _of(SUBJECT, clock), "-", seconds=round(moved))


def to_note(clock: Clock, view: View) -> bool:
    """Whether :func:`note` would write anything."""
    return _fresh(clock, view) is not None


def doubtful(clock: Clock, view: View) -> bool:
    """The wall clock was set since the computer started, and not back to where it had been."""
    return clock.jumped() or abs(set_by(clock, view)) > LIMIT_S


def set_by(clock: Clock, view: View) -> float:
    """Seconds by which the wall clock was set, on the whole, since the computer started; 0 where nothing was noted in this start of it."""
    kept = _kept(clock, view)
    return kept.net_s + _distance(clock) - kept.distance if kept is not None and kept.boot == clock.running()[0] else 0.0


class Moves:
    """All that is known about where the clock was set, read once."""

    def __init__(self, clock: Clock, view: View) -> None:
        fresh = _fresh(clock, view)
        self._pending = fresh[1] if fresh is not None else 0.0
        self._noted: Sequence[tuple[int, float]] = [
            (link.sequence, float(str(link.facts.get("seconds", 0))))
            for link in view.audit(subject=_of(SUBJECT, clock), limit=100_000) if link.event == MOVED]

    def since(self, sequence: int) -> float:
        """Seconds by which the wall clock was set, on the whole, after this audit link."""
        return self._pending + sum(seconds for at, seconds in self._noted if at > sequence)


def _fresh(clock: Clock, view: View) -> tuple[Mark, float] | None:
    """(what is to be kept, by how much the clock was set since it was noted), ``None`` while all is as noted."""
    boot = clock.running()[0]
    if not boot:
        return None
    kept, wall, distance = _kept(clock, view), clock.now().timestamp(), _distance(clock)
    if kept is not None and kept.boot == boot:
        moved = distance - kept.distance
        return (Mark(boot, distance, kept.net_s + moved), moved) if abs(moved) > LIMIT_S else None
    length = view.audit_length()
    last = view.audit(after=length - 1, limit=1) if length else ()
    behind = min(0.0, wall - max((link.at.timestamp() for link in last), default=wall))
    return Mark(boot, distance, 0.0), behind if behind < -LIMIT_S else 0.0


def _distance(clock: Clock) -> float:
    return clock.now().timestamp() - clock.running()[1]


def computer_of(start: str) -> str:
    """The computer in a name of :meth:`Clock.running`; empty where it names none."""
    return start.rpartition(":")[0]


def _of(name: str, clock: Clock) -> str:
    """Several desks may share one register; each looks at its own clock."""
    computer = computer_of(clock.running()[0])
    return f"{name}/{computer}" if computer else name


def _kept(clock: Clock, view: View) -> Mark | None:
    """What is no such mark is none: the clock is noted anew, and the audit shows it."""
    try:
        boot, distance, net_s = json.loads(view.setting(_of(KEPT, clock)) or "null")
        return Mark(str(boot), float(distance), float(net_s))
    except (ValueError, TypeError):
        return None
