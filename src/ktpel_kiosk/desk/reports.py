"""Card events on their way to the gateway: durable, oldest first, idempotent by their id."""

from __future__ import annotations

import json

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.errors import TransportTrouble
from ktpel_kiosk.ports.register import Tx

PREFIX = "lapor:"
REFUSED = "lapor-ditolak:"
OF_THIS_REPORT = frozenset({"gateway.packet_invalid", "gateway.refused", "gateway.too_large"})
"""Refusals of one report; any other trouble is the line's, the server's or the station's, and ends the attempt."""


def queue_report(desk: Desk, tx: Tx, event: str, **facts: str) -> None:
    """Keep a card event in the same transaction as the act it reports."""
    event_id = desk.ids.new()
    tx.put_draft(f"{PREFIX}{event_id}", json.dumps({"event": event, "event_id": event_id, **facts}, sort_keys=True))


def send_reports(desk: Desk, limit: int = 50) -> int:
    """Send waiting card events, oldest first; stops at the first transport trouble. Returns how many arrived.

    One the server refuses for its content is set aside and audited: it must not hold up those behind it.
    """
    waiting = desk.register.read(lambda v: v.drafts(PREFIX))
    sent = 0
    for key in sorted(waiting)[:limit]:
        facts = json.loads(waiting[key])
        event = facts.pop("event")
        try:
            desk.gateway.report_card(event, facts)
        except TransportTrouble as error:
            if error.message_key not in OF_THIS_REPORT:
                return sent
            _set_aside(desk, key, waiting[key], error.message_key)
            continue

        def drop(tx: Tx, key: str = key, event: str = event) -> None:
            tx.drop_draft(key)
            tx.log("CardReportSent", key, "-", key=event)

        desk.register.write(drop)
        sent += 1
    return sent


def refused_reports(desk: Desk) -> int:
    """How many card events the centre refused for their content and nobody has looked at."""
    return len(desk.register.read(lambda v: v.drafts(REFUSED)))


def _set_aside(desk: Desk, key: str, text: str, reason: str) -> None:
    def work(tx: Tx) -> None:
        tx.drop_draft(key)
        tx.put_draft(REFUSED + key.removeprefix(PREFIX), text)
        tx.log("CardReportRefused", key, "-", reason=reason)

    desk.register.write(work)
