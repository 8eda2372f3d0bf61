"""Card events on their way to the gateway: durable, oldest first, idempotent by their id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import TransportTrouble
from ktpel_kiosk.ports.register import Tx, View

PREFIX = "lapor:"
REFUSED = "lapor-ditolak:"
OF_THIS_REPORT = frozenset({"gateway.packet_invalid", "gateway.refused", "gateway.too_large"})
"""Refusals of one report; any other trouble is the line's, the server's or the station's, and ends the attempt."""
WHY, WHEN = "ditolak_karena", "ditolak_pada"
"""What is kept of the refusal beside the report; never sent."""


@dataclass(frozen=True, slots=True)
class RefusedReport:
    """A card event the centre does not take. ``event``: ``printed`` (on the official machine) ``encoded activated handed_over spoiled``;
    ``reason``: message key of the refusal; ``nomor``: of the application, ``blangko``: of the card, both empty where the card is not
    known any more."""

    id: str
    event: str
    nomor: str
    blangko: str
    reason: str
    at: datetime | None


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


def refused_reports(desk: Desk, actor: Actor) -> tuple[RefusedReport, ...]:
    """Card events the centre refused for their content, oldest first. No names, no NIK.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, "view_queue")
    return desk.register.read(lambda v: tuple(_refused(v, key, json.loads(text)) for key, text in sorted(v.drafts(REFUSED).items())))


def _refused(view: View, key: str, facts: dict[str, str]) -> RefusedReport:
    job = view.card_job(facts["job"]) if facts.get("job") else None
    nomor = view.permohonan(job.permohonan_id).nomor_register if job is not None else ""
    at = facts.get(WHEN)
    return RefusedReport(key.removeprefix(REFUSED), facts["event"], nomor, facts.get("blangko") or (job.blangko if job else ""),
                         facts.get(WHY, "gateway.refused"), datetime.fromisoformat(at) if at else None)


def send_refused_again(desk: Desk, actor: Actor) -> int:
    """Every card event that was set aside waits for the line again, under the id it always had. Returns how many.

    Raises:
        NotAllowed.
    """
    require(actor, "retry_queue")

    def work(tx: Tx) -> int:
        aside = tx.drafts(REFUSED)
        for key, text in aside.items():
            facts = {k: v for k, v in json.loads(text).items() if k not in (WHY, WHEN)}
            tx.drop_draft(key)
            tx.put_draft(PREFIX + key.removeprefix(REFUSED), json.dumps(facts, sort_keys=True))
        tx.log("CardReportRetried", "-", actor.username, count=len(aside))
        return len(aside)

    count = desk.register.write(work)
    desk.wake_uploader()
    return count


def _set_aside(desk: Desk, key: str, text: str, reason: str) -> None:
    kept = {**json.loads(text), WHY: reason, WHEN: desk.clock.now().isoformat()}

    def work(tx: Tx) -> None:
        tx.drop_draft(key)
        tx.put_draft(REFUSED + key.removeprefix(PREFIX), json.dumps(kept, sort_keys=True))
        tx.log("CardReportRefused", key, "-", reason=reason)

    desk.register.write(work)
