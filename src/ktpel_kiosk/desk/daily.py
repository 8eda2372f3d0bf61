"""Once a day, at the first chance after the office's midnight: birthdays that have come, fingers and packet files kept long enough.

Asked at start-up and while the kiosk runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ktpel_kiosk.desk import keeping, retention
from ktpel_kiosk.desk.access import in_doubt
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.duplicates import purge_due
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.statuses import wake_all_birthdays
from ktpel_kiosk.ports.register import Tx

LAST = "harian.terakhir"


@dataclass(frozen=True, slots=True)
class DailyResult:
    day: date
    woken: int
    purged: int = 0
    packets: int = 0


def run_due(desk: Desk) -> DailyResult | None:
    """Do the day's work unless it was done already; ``None`` then. A crash in between is harmless: what is left is done next time."""
    in_doubt(desk)  # a clock that was set is noted soon, whether or not anything is due
    day = today(desk)
    last = desk.register.read(lambda v: v.setting(LAST)) or ""
    if last == day.isoformat():
        return None
    woken, purged = wake_all_birthdays(desk), purge_due(desk)
    packets = 0
    if retention.believable(last, day):
        packets = retention.purge_due(desk)
        keeping.tidy(desk)

    def done(tx: Tx) -> None:
        tx.put_setting(LAST, day.isoformat())
        tx.log("NightlyDone", "-", "-", count=woken, at=day.isoformat())

    desk.register.write(done)
    return DailyResult(day, woken, purged, packets)
