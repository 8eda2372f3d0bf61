"""Time spent in a stage, by the monotonic clock as far as this process knows it (RELIABILITY.md threat 9).

The register keeps when a stage began by the wall clock, because it outlives the process. For every stage whose clock runs, this process
remembers how far the wall clock then stood from the monotonic one; when the stage ends and that distance is another, the wall clock was
set meanwhile and its jump is taken out of the duration. What ran before a restart counts by the wall clock; packets say that it jumped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.desk.seats import Key
    from ktpel_kiosk.domain.permohonan import Permohonan, Tahap
    from ktpel_kiosk.ports.register import Tx

NOTICED_S = 1.0
"""A clock that is disciplined drifts by less during a stage; more was set by somebody or something."""
MOST = 20_000
RUNNING, PAUSED = "jalan", "jeda"


def fair(desk: Desk, p: Permohonan) -> Permohonan:
    """``p`` whose current stage began where it would have, had the wall clock always stood as it does now."""
    tahap = p.current()
    return p if tahap is None else p.with_tahap(_shifted(desk, p.id, tahap))


def settle(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    """``p`` as it is to be stored: stages whose clock was stopped have lasted as long as they did; running ones are remembered."""
    known = desk.seats.distances.get(p.id, {})
    if any(abs(_distance(desk) - at) > NOTICED_S for at in known.values()):
        before = {t.index: t for t in tx.permohonan(p.id).tahap}
        p = replace(p, tahap=tuple(_lasted(desk, p.id, before[t.index], t) for t in p.tahap))
    _remember(desk, p, known)
    return p


def _lasted(desk: Desk, permohonan_id: str, before: Tahap, after: Tahap) -> Tahap:
    """``before`` is stored; where its clock was stopped or began anew, ``after`` gets the time that really passed."""
    now, shifted = desk.clock.now(), _shifted(desk, permohonan_id, before)
    if shifted.running_since != before.running_since != after.running_since:
        after = replace(after, active_s=shifted.active_now_s(now))
    if shifted.paused_since != before.paused_since != after.paused_since:
        after = replace(after, paused_s=shifted.paused_now_s(now))
    return after


def _shifted(desk: Desk, permohonan_id: str, tahap: Tahap) -> Tahap:
    """With both beginnings where they would be, had the wall clock always stood as now."""
    known = desk.seats.distances.get(permohonan_id, {})

    def moved(name: str, since: datetime | None) -> datetime | None:
        at = known.get((tahap.index, name, since)) if since is not None else None
        jump = _distance(desk) - at if at is not None else 0.0
        return _moved(since, jump) if since is not None and abs(jump) > NOTICED_S else since

    return replace(tahap, running_since=moved(RUNNING, tahap.running_since), paused_since=moved(PAUSED, tahap.paused_since))


def _moved(since: datetime, seconds: float) -> datetime:
    try:
        return since + timedelta(seconds=seconds)
    except OverflowError:  # a clock set to the end of time
        return since


def _distance(desk: Desk) -> float:
    """Seconds from the monotonic to the wall clock; another number after the wall clock was set."""
    return desk.clock.now().timestamp() - desk.clock.monotonic()


def _remember(desk: Desk, p: Permohonan, known: Mapping[Key, float]) -> None:
    kept = desk.seats.distances
    running = [(t.index, name, since) for t in p.tahap for name, since in ((RUNNING, t.running_since), (PAUSED, t.paused_since))
               if since is not None]
    if not running:
        kept.pop(p.id, None)
        return
    if p.id not in kept and len(kept) >= MOST:  # more open stages than any office has: the oldest counts by the wall clock
        kept.pop(next(iter(kept)))
    now = _distance(desk)
    kept[p.id] = {one: known.get(one, now) for one in running}
