"""Leaving the kiosk: closing the windows, restarting or switching off the computer. A supervisor or admin agrees; it is audited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.sign_in import check_password
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.actor import Actor

SUBJECT = "kiosk"
IN_MACHINE = (JobState.SENT, JobState.ENCODING)
"""Cards a printer or encoder may hold at this moment."""


class Leave(StrEnum):
    CLOSE = "tutup"
    RESTART = "mulai_ulang"
    OFF = "matikan"


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What goes on at this desk. ``unsent``: packets waiting; ``busy``: devices at work now; ``cards``: cards being made now."""

    unsent: int
    busy: tuple[DeviceKind, ...]
    cards: int

    @property
    def quiet(self) -> bool:
        """Nothing would be interrupted by leaving now. Packets wait safely either way."""
        return not self.busy and not self.cards


def outstanding(desk: Desk) -> Outstanding:
    """For the person about to leave; counts and kinds of devices only."""
    busy = tuple(s.kind for s in desk.devices.states() if s.health is DeviceHealth.BUSY)
    unsent, jobs = desk.register.read(lambda v: (v.unsent_count(), [j.id for j in v.card_jobs_in_state(*IN_MACHINE)]))
    return Outstanding(unsent, busy, sum(desk.card_acts.busy(job) for job in jobs))


def leave(desk: Desk, actor: Actor, how: Leave) -> None:
    """Write down that ``actor`` let the windows close; only then may they.

    Raises:
        NotAllowed: no supervisor and no admin.
    """
    require(actor, "leave_kiosk")
    desk.register.write(lambda tx: tx.log("KioskLeft", SUBJECT, actor.username, how=str(how)))


def let_out(desk: Desk, username: str, password: str, how: Leave) -> Actor:
    """:func:`leave` by the person whose password was typed, whoever is signed in, also with nobody signed in.

    Raises:
        SignInRefused: wrong password, or backing off. NotAllowed.
    """
    actor = check_password(desk, username, password)
    leave(desk, actor, how)
    return actor
