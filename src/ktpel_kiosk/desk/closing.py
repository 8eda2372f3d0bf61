"""Closing a month: whoever would change a row of a closed month asks :func:`guard` first (DOMAIN.md 6.1)."""

from __future__ import annotations

from datetime import datetime

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.errors import SopViolation
from ktpel_kiosk.ports.register import View


def guard(desk: Desk, view: View, at: datetime) -> None:
    """Refuse an act that would change what a closed month's books say.

    Args:
        at: the moment that puts the row into its month: ``created_at`` of an application, ``received_at`` of a complaint,
            ``at`` of a letter. Aware; the office's own calendar decides the month.

    Raises:
        SopViolation: ``book.month_closed`` (facts year, month). Supervisor and a second person may open the month again.
    """
    local = local_time(desk, at)
    if view.month_closed(local.year, local.month):
        raise SopViolation("book.month_closed", year=local.year, month=local.month)
