"""Is there a way to the centre, and if not, at which step does it end? One real question to the gateway, explained step by step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import ClockTrouble, Fact, KioskError, Offline, ServerRefused, TlsRejected
from ktpel_kiosk.domain.outbox import WaitCause


class Step(StrEnum):
    """What a question to the centre passes, in this order."""

    NETWORK = "jaringan"
    NAME = "nama"
    PROXY = "proksi"
    CLOCK = "jam"
    CERTIFICATE = "sertifikat"
    SERVER = "server"
    STATION = "stasiun"


ENDS_AT: dict[WaitCause, Step] = {
    WaitCause.OFFLINE: Step.NETWORK, WaitCause.DNS: Step.NAME, WaitCause.PROXY: Step.PROXY, WaitCause.PORTAL: Step.NETWORK,
    WaitCause.SETUP: Step.NETWORK, WaitCause.CLOCK: Step.CLOCK, WaitCause.TLS: Step.CERTIFICATE, WaitCause.SERVER: Step.SERVER,
    WaitCause.STATION: Step.STATION,
}
"""Whatever else went wrong, went wrong at the server."""


@dataclass(frozen=True, slots=True)
class LineCheck:
    """What a check found. ``passed``: steps that must have worked for the answer that came; ``failed``: where it ended, None when all
    is well. ``key``, ``facts``: the sentence of the trouble; ``took_s``: seconds until the answer.
    """

    cause: WaitCause
    passed: tuple[Step, ...]
    failed: Step | None
    key: str = ""
    facts: tuple[tuple[str, Fact], ...] = ()
    took_s: float = 0.0


def check_line(desk: Desk, actor: Actor) -> LineCheck:
    """Ask the gateway for news, as the sender does, and say how far the question came. Changes nothing. Raises NotAllowed."""
    require(actor, "retry_queue")
    cursor = desk.register.read(lambda v: v.status_cursor())
    begun = desk.clock.monotonic()
    try:
        desk.gateway.statuses(cursor, 0.0)
    except KioskError as error:
        cause = desk.cause_of(error) or plain_cause(error)
        end = ENDS_AT.get(cause, Step.SERVER)
        passed = tuple(Step)[:tuple(Step).index(end)]
        return LineCheck(cause, passed, end, error.message_key, tuple(error.facts.items()), desk.clock.monotonic() - begun)
    return LineCheck(WaitCause.NONE, tuple(Step), None, took_s=desk.clock.monotonic() - begun)


def plain_cause(error: KioskError) -> WaitCause:
    """By the kind of the error alone, where nobody knows better."""
    for kind, cause in ((Offline, WaitCause.OFFLINE), (TlsRejected, WaitCause.TLS), (ClockTrouble, WaitCause.CLOCK),
                        (ServerRefused, WaitCause.STATION)):
        if isinstance(error, kind):
            return cause
    return WaitCause.SERVER
