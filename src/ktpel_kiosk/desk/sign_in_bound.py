"""How long officers may sign in at a desk that does not meet the centre (docs/adr/0037).

Accounts live in this desk's register alone. An officer who was dismissed, or a machine that was carried off, must not go on for ever
because no line brings news: after so many days without a verified answer of the centre (a receipt, a status, an answer that there is no
news; a courier's disk counts) only those may sign in who may extend, and they extend with a reason that the audit keeps.

The wall clock belongs to whoever sits at the machine. Days are therefore counted up in the register, at every sign-in and every refused
one: the longer of what the wall clock and the time since the computer's start say passed, and a whole day for a clock that was set back.
A clock moved on only ends the time sooner. How long a computer was off only its wall clock says; so that nobody lives one day for ever by
setting it back while the computer is off, each start makes up for at least half a day since the one before.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ports import clock_watch
from ktpel_kiosk.ports.register import Tx, View

DAYS = "masuk.hari"
KEPT = "masuk.jam"
ANSWERS = "masuk.jawaban"
"""How many answers of the centre without news were noted; a quiet office on a working line is not an office without the centre."""
NOTE_EVERY_S = 6 * 3600.0
USUAL_DAYS, FEWEST_DAYS, MOST_DAYS = 30, 3, 365
WARN_DAYS = 7
BACK_S = 300.0
"""Setting a clock right moves it by less; more is a clock that was set back (PACKET.md, limits)."""
DAY_S = 86_400.0
START_S = DAY_S / 2
"""A computer that is used by day and off by night never feels it; each power cut of an office without a line may cost it half a day."""
EXTEND = "extend_sign_in"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bound:
    """``days`` officers may go on without the centre, 0: without end; ``used_s`` of them are gone."""

    days: int
    used_s: float

    @property
    def over(self) -> bool:
        return self.days > 0 and self.used_s > self.days * DAY_S

    @property
    def days_left(self) -> int:
        """Begun days count; 0 once it is over."""
        return max(0, math.ceil((self.days * DAY_S - self.used_s) / DAY_S))

    @property
    def warns(self) -> bool:
        return self.days > 0 and self.days_left <= WARN_DAYS


@dataclass(frozen=True, slots=True)
class _State:
    """As kept: seconds used, when that was counted, and what had come from the centre by then; which start of the computer that was,
    how long it had run, and the seconds counted since it began."""

    used_s: float
    at: datetime
    met: str
    boot: str = ""
    ran_s: float = 0.0
    of_start_s: float = START_S


def bound(desk: Desk) -> Bound:
    """Where this desk stands now."""
    return desk.register.read(lambda v: Bound(_days(desk, v), _counted(desk, v).used_s))


def count(desk: Desk, tx: Tx) -> None:
    """Count up, inside the transaction of a sign-in."""
    _keep(desk, tx, _counted(desk, tx))


def answered(desk: Desk) -> None:
    """The gateway, known by its certificate, answered a question for news; noted four times a day at most. Called by the sender.

    With news or without: a village in which nobody applied for a month has met the centre all the same.
    """
    now, noted = desk.clock.monotonic(), desk.seats.answered_at
    if noted is not None and 0 <= now - noted < NOTE_EVERY_S:
        return

    def work(tx: Tx) -> None:
        tx.put_setting(ANSWERS, str(int(tx.setting(ANSWERS) or 0) + 1))
        _keep(desk, tx, _anew(desk, tx))
        tx.log("CentreAnswered", "pusat", "-")

    if desk.register.read(lambda v: _days(desk, v)):
        desk.register.write(work)
    desk.seats.answered_at = now


def offered(desk: Desk) -> bool:
    """Whether there is anything to look at: a practice office is not bound."""
    return not desk.specimen


@dataclass(frozen=True, slots=True)
class Extended:
    """The last extension: when, by which account, and why."""

    at: datetime
    officer: str
    reason: str


def last_extension(desk: Desk) -> Extended | None:
    """None if nobody ever extended. The reason as the audit keeps it."""
    links = desk.register.read(lambda v: [link for link in v.audit(subject="kantor", limit=100_000) if link.event == "SignInExtended"])
    return Extended(links[-1].at, links[-1].actor, str(links[-1].facts.get("reason", ""))) if links else None


def may_pass(actor: Actor) -> bool:
    """Officers who may extend always come in: otherwise nobody could."""
    return bool(actor.peran & PERMISSIONS[EXTEND])


def extend(desk: Desk, actor: Actor, reason: str) -> Bound:
    """Begin the days anew without the centre, with a reason.

    Raises:
        BadInput: ``sign_in.extend_reason``. NotAllowed.
    """
    require(actor, EXTEND)
    text = free_text(reason, "alasan", limit=300)
    if not text:
        raise BadInput("sign_in.extend_reason")

    def work(tx: Tx) -> Bound:
        before = _counted(desk, tx)
        _keep(desk, tx, replace(before, used_s=0.0))
        tx.log("SignInExtended", "kantor", actor.username, reason=text, days=_days(desk, tx), count=int(before.used_s // DAY_S))
        return Bound(_days(desk, tx), 0.0)

    return desk.register.write(work)


def set_days(desk: Desk, actor: Actor, days: int) -> None:
    """Raises BadInput ``sign_in.bound_days``. NotAllowed."""
    require(actor, "change_settings")
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise BadInput("sign_in.bound_days", value=str(days)[:20], expected=f"{FEWEST_DAYS}–{MOST_DAYS}")

    def work(tx: Tx) -> None:
        tx.put_setting(DAYS, str(days))
        tx.log("SettingChanged", DAYS, actor.username)

    desk.register.write(work)


def _days(desk: Desk, view: View) -> int:
    """A practice office is bound only where somebody set it."""
    kept = view.setting(DAYS) or ""
    return int(kept) if kept.isascii() and kept.isdigit() else 0 if desk.specimen else USUAL_DAYS


def _counted(desk: Desk, view: View) -> _State:
    now, kept = _anew(desk, view), _kept(view)
    if kept is None:
        return now
    passed = _passed(desk, view, kept, now.at)
    of_start_s = now.ran_s if kept.boot != now.boot else kept.of_start_s + passed
    return replace(now, used_s=0.0 if kept.met != now.met else kept.used_s + passed, of_start_s=of_start_s)


def _anew(desk: Desk, view: View) -> _State:
    return _State(0.0, desk.clock.now(), _met(view), *desk.clock.running())


def _passed(desk: Desk, view: View, kept: _State, now: datetime) -> float:
    """Seconds since ``kept``, never fewer than are certain."""
    length = view.audit_length()
    last = view.audit(after=length - 1, limit=1) if length else ()
    latest = max([kept.at, *(link.at for link in last)])
    wall = (now - kept.at).total_seconds()
    if (now - latest).total_seconds() < -BACK_S:
        wall = max(wall, DAY_S)
    counted, (boot, ran_s) = desk.seats.counted_at, desk.clock.running()
    here = desk.clock.monotonic() - counted if counted is not None else 0.0
    if not boot or not kept.boot or clock_watch.computer_of(boot) != clock_watch.computer_of(kept.boot):
        return max(0.0, wall, here)
    return max(0.0, wall, here, ran_s - kept.ran_s if boot == kept.boot else max(ran_s, START_S - kept.of_start_s))


def _keep(desk: Desk, tx: Tx, state: _State) -> None:
    tx.put_setting(KEPT, json.dumps([state.used_s, state.at.isoformat(), state.met, state.boot, state.ran_s, state.of_start_s]))
    desk.seats.counted_at = desk.clock.monotonic()


def _kept(view: View) -> _State | None:
    """What is no such state counts as used up, not as fresh: only :func:`extend` and the centre begin anew."""
    text = view.setting(KEPT)
    if not text:
        return None
    try:
        used_s, at, met, *start = json.loads(text)
        boot, ran_s, of_start_s = start or ("", 0.0, START_S)
        return _State(float(used_s), datetime.fromisoformat(at), str(met), str(boot), float(ran_s), float(of_start_s))
    except (ValueError, TypeError):
        return _State(MOST_DAYS * DAY_S, _EPOCH, _met(view))


def _met(view: View) -> str:
    """Grows with every verified answer of the centre that is stored, however it came."""
    from ktpel_kiosk.desk.courier_back import read_to  # late: the sign-in page comes before everything that disks need

    return f"{view.packets_received(_EPOCH)}/{read_to(view)}/{view.setting(ANSWERS) or '0'}"
