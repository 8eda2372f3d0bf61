"""What was said of an application's recording, what of it is shown, and who has to be gone after for it.

Lists and counts are answered from ``search_status`` alone (a partial index: only applications under way), however large the register.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.status import StatusEntry, StatusSiak
from ktpel_kiosk.ports.outbox import StatusWanted
from ktpel_kiosk.ports.register import ListItem
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import STATUS_ENTRY as ENTRIES
from ktpel_kiosk.register.rows import SearchRow, table_of
from ktpel_kiosk.register.session import Session, prepared

SEARCH: Final = table_of(SearchRow)

_OF = select(ENTRIES).where(ENTRIES.c.permohonan_id == bindparam("wanted")).order_by(ENTRIES.c.entered_at, ENTRIES.c.id)
_ADD = insert(ENTRIES).on_conflict_do_nothing(
    index_elements=[ENTRIES.c.permohonan_id, ENTRIES.c.status, ENTRIES.c.at, ENTRIES.c.source])
_SHOW = update(SEARCH).where(SEARCH.c.permohonan_id == bindparam("of_id")).values(
    status_siak=bindparam("shown"), status_at=bindparam("shown_at"))

_UNDER_WAY = "s.keadaan IN ('berjalan', 'ganda')"  # literal: only so is the partial index used
_KNOWN: Final = json.dumps(["", *(s.value for s in StatusSiak)])
_HIDDEN = """ AND s.permohonan_id NOT IN (
    SELECT c.permohonan_id FROM contact AS c INDEXED BY contact_asked WHERE c.purpose = 'pusat' AND c.at >= :asked_since)"""
_SHOWN = text("""
    SELECT s.*, l.limit_s FROM search AS s LEFT JOIN sop_step AS l ON l.sop_digest = s.sop_digest AND l.nomor = s.step_no
    WHERE s.no IN (SELECT value FROM json_each(:numbers)) ORDER BY s.status_at, s.no""")
_STATUS_OF = text("SELECT status_siak FROM search WHERE permohonan_id = :wanted")


class StatusEntryView(Session):
    def status_entries(self, permohonan_id: str) -> Sequence[StatusEntry]:
        return [mappers.STATUS_ENTRY.value(r) for r in self.all(_OF, wanted=permohonan_id)]

    def shown_status(self, permohonan_id: str) -> str:
        return str(self.scalar(_STATUS_OF, wanted=permohonan_id) or "")

    def status_list(self, wanted: StatusWanted, limit: int) -> Sequence[ListItem]:
        where, given = _where(wanted)
        order = "ORDER BY s.status_at" if len(wanted.words) == 1 else ""
        numbers = [int(r["no"]) for r in self.all(prepared(f"SELECT s.no AS no FROM {_FROM} WHERE {where} {order} LIMIT :most"),
                                                  **given, most=max(0, limit))]
        return [mappers.LIST_ITEM.value(r) for r in self.all(_SHOWN, numbers=json.dumps(numbers))] if numbers else []

    def status_count(self, wanted: StatusWanted) -> int:
        where, given = _where(wanted)
        return int(self.scalar(prepared(f"SELECT count(*) FROM {_FROM} WHERE {where}"), **given))


_FROM: Final = "search AS s INDEXED BY search_status"


def _where(wanted: StatusWanted) -> tuple[str, Mapping[str, Any]]:
    """Conditions over the columns of ``search_status`` and what fills them."""
    given: dict[str, Any] = {}
    parts = [_UNDER_WAY]
    if wanted.others:
        parts.append("s.status_siak NOT IN (SELECT value FROM json_each(:known))")
        given["known"] = _KNOWN
    else:
        names = {f"w{n}": word for n, word in enumerate(wanted.words)}
        parts.append(f"s.status_siak IN ({', '.join(':' + n for n in names)})")
        given |= names
    stages = {f"g{n}": stage for n, stage in enumerate(wanted.stages)}
    if stages:
        parts.append(f"s.stage IN ({', '.join(':' + n for n in stages)})")
        given |= stages
    if wanted.before is not None:
        given["before"] = micros(wanted.before)
        parts.append("(s.status_at < :before OR (s.status_at IS NULL AND s.pause_reason <> 'jaringan' AND s.updated_at < :before))"
                     if wanted.silent else "s.status_at < :before")
    if wanted.after is not None:
        given["after"] = micros(wanted.after)
        parts.append("s.status_at >= :after")
    if not wanted.line:
        parts.append("s.pause_reason <> 'jaringan'")
    condition = " AND ".join(parts)
    if wanted.not_asked_since is not None:
        given["asked_since"] = micros(wanted.not_asked_since)
        condition += _HIDDEN
    return condition, given


class StatusEntryWrites(StatusEntryView):
    def add_status_entry(self, entry: StatusEntry) -> bool:
        return bool(self.run(_ADD, mappers.STATUS_ENTRY.values(entry)).rowcount == 1)

    def show_status(self, permohonan_id: str, word: str, at: datetime) -> None:
        self.run(_SHOW, {"of_id": permohonan_id, "shown": word, "shown_at": micros(at)})
