"""Putting a copy of the register back, rehearsing it, and the sheets that open copies: a supervisor, a reason, a second person.

Only where people are served (:attr:`Desk.station_care`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.desk.slips import submit_paper
from ktpel_kiosk.desk.station_care import DRILLED, SUBJECT, care_of
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.papers import KeySheetsPaper
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.restore import Agreed, CopyReport, Drill, FoundCopy, Opening, SheetRead
from ktpel_kiosk.ports.station_care import Sheet, Sheets

SHEETS_MADE = "lembar.set"
"""Setting: who made the set of sheets in force, when, why."""


@dataclass(frozen=True, slots=True)
class SheetsState:
    """``made`` ``None``: nobody knows when (an office of an earlier version), or there is no set."""

    sheets: Sheets
    made: datetime | None = None
    actor: str = ""
    second: str = ""
    reason: str = ""


def copies(desk: Desk, actor: Actor, folder: Path | None = None) -> Sequence[FoundCopy]:
    """Whole copies, newest first, in ``folder`` or in the place chosen for them. Raises NotAllowed, BadInput ``backup.none``."""
    require(actor, "change_settings")
    care = care_of(desk)
    place = folder or Path(care.copies().place)
    if place == Path():
        raise BadInput("backup.none")
    return care.restoring().copies(place)


def examine(desk: Desk, actor: Actor, copy: Path, opening: Opening) -> CopyReport:
    """Open the copy, check it whole, say what putting it back would lose. Minutes where it is large.

    Raises:
        NotAllowed; as :meth:`ktpel_kiosk.ports.restore.Restore.examine`.
    """
    require(actor, "restore_register")
    return care_of(desk).restoring().examine(copy, opening)


def restore(desk: Desk, actor: Actor, copy: Path, opening: Opening, reason: str, second_username: str, second_password: str, *,
            floors: Mapping[str, int] | None = None, told: Callable[[str], None] = lambda _text: None) -> None:
    """Agree to put ``copy`` in the register's place; it happens when the desk is opened next, which must follow at once: from here on
    nothing is written any more. The register it replaces is kept.

    Raises:
        NotAllowed, SignInRefused; BadInput ``restore.no_reason``, ``restore.floor*``; as ``Restore.restore``: nothing changed.
    """
    require(actor, "restore_register")
    why = free_text(reason, "alasan")
    if not why:
        raise BadInput("restore.no_reason")
    second = second_person(desk, actor, second_username, second_password, "approve_restore")
    desk.register.write(lambda tx: tx.log("RestorePrepared", "register", actor.username, entry=copy.name, second=second.username,
                                          reason=for_audit(why)))
    care_of(desk).restoring().restore(copy, opening, Agreed(actor.username, second.username, for_audit(why), dict(floors or {})), told)


def drill(desk: Desk, actor: Actor, copy: Path, opening: Opening) -> Drill:
    """Open a copy as if it were put back, check it to the last link, throw that away; the date is kept. Raises as :func:`examine`."""
    require(actor, "change_settings")
    done = care_of(desk).restoring().drill(copy, opening)

    def work(tx: Tx) -> None:
        tx.put_setting(DRILLED, desk.clock.now().isoformat())
        tx.log("BackupDrilled", SUBJECT, actor.username, entry=copy.name, count=done.applied)

    desk.register.write(work)
    return done


def read_sheet(desk: Desk, actor: Actor, typed: str) -> SheetRead:
    """Which sheet somebody typed or scanned. Raises NotAllowed, BadInput ``shares.word``, ``shares.length``, ``shares.typo``."""
    require(actor, "change_settings")
    return care_of(desk).restoring().read_sheet(typed)


def sheets(desk: Desk, actor: Actor) -> SheetsState:
    """The set of key sheets in force, and who made it. Raises NotAllowed, KeyUnavailable, IoFailure."""
    require(actor, "change_settings")
    found = care_of(desk).sheets()
    text = desk.register.read(lambda v: v.setting(SHEETS_MADE))
    try:
        made = json.loads(text or "")
        if int(made["set"]) == found.set_id and found.count:
            return SheetsState(found, datetime.fromisoformat(made["at"]), str(made["actor"]), str(made["second"]), str(made["reason"]))
    except (ValueError, KeyError, TypeError):
        pass
    return SheetsState(found)


def make_sheets(desk: Desk, actor: Actor, reason: str, second_username: str, second_password: str, *, needed: int = 2,
                count: int = 3) -> Sheets:
    """A new set of sheets, any ``needed`` of ``count``, printed on the document printer and kept nowhere; once the printer took them the
    former set is void.

    Raises:
        NotAllowed, SignInRefused; BadInput ``shares.no_reason``, ``shares.numbers``; DeviceTrouble, NotConnected, KeyUnavailable, DiskFull,
            IoFailure: the former set is still in force.
    """
    require(actor, "restore_register")
    why = free_text(reason, "alasan")
    if not why:
        raise BadInput("shares.no_reason")
    second = second_person(desk, actor, second_username, second_password, "approve_restore")

    def print_them(made: Sequence[Sheet]) -> None:
        submit_paper(desk, DeviceKind.DOCUMENT_PRINTER, sheets_paper(desk, made), "lembar_kunci", "A4")

    made = care_of(desk).make_sheets(needed, count, print_them)
    note_sheets(desk, made, actor.username, second.username, why)
    return made


def note_sheets(desk: Desk, made: Sheets, actor: str, second: str, reason: str) -> None:
    """Who made the set in force, kept and audited."""
    why = for_audit(reason)
    note = json.dumps({"set": made.set_id, "at": desk.clock.now().isoformat(), "actor": actor, "second": second, "reason": why})

    def work(tx: Tx) -> None:
        tx.put_setting(SHEETS_MADE, note)
        tx.log("KeySharesMade", SUBJECT, actor, second=second, count=made.count, found=str(made.needed), reason=why)

    desk.register.write(work)


def sheets_paper(desk: Desk, sheets: Sequence[Sheet]) -> bytes:
    """PDF, a page each."""
    today = date_long(local_time(desk, desk.clock.now()).date())
    return desk.documents.key_sheets(KeySheetsPaper(desk.sop.kantor.nama, desk.station, today, tuple(sheets)))
