"""Card events on their way to the gateway: durable, oldest first, idempotent by their id."""

from __future__ import annotations

import json

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.errors import TransportTrouble
from ktpel_kiosk.ports.register import Tx

PREFIX = "lapor:"


def queue_report(desk: Desk, tx: Tx, event: str, **facts: str) -> None:
    """Keep a card event in the same transaction as the act it reports."""
    event_id = desk.ids.new()
    tx.put_draft(f"{PREFIX}{event_id}", json.dumps({"event": event, "event_id": event_id, **facts}, sort_keys=True))


def send_reports(desk: Desk, limit: int = 50) -> int:
    """Send waiting card events; stops at the first transport trouble. Returns how many arrived."""
    waiting = desk.register.read(lambda v: v.drafts(PREFIX))
    sent = 0
    for key in sorted(waiting)[:limit]:
        facts = json.loads(waiting[key])
        event = facts.pop("event")
        try:
            desk.gateway.report_card(event, facts)
        except TransportTrouble:
            return sent

        def drop(tx: Tx, key: str = key, event: str = event) -> None:
            tx.drop_draft(key)
            tx.log("StatusApplied", key, "-", status=f"CARD_EVENT_{event.upper()}")

        desk.register.write(drop)
        sent += 1
    return sent
