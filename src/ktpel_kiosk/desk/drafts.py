"""Forms at the counter not handed in yet: under which key they and their scans are kept, and whose they are."""

from __future__ import annotations

from ktpel_kiosk.desk.access import require_receiver
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotFound

DRAFT_PREFIX = "loket:"


def draft_key(username: str, new_id: str) -> str:
    """What a draft is kept under; one that was never saved begins with its first save."""
    return f"{DRAFT_PREFIX}{username}:{new_id}"


def require_own(desk: Desk, actor: Actor, key: str) -> None:
    """Raise NotAllowed for whoever receives no papers, NotFound ``draft.foreign`` for another officer's draft."""
    require_receiver(desk, actor)
    if not key.startswith(draft_key(actor.username, "")):
        raise NotFound("draft.foreign")
