"""Applications over their time, found without loading them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text

from ktpel_kiosk.ports.alerts import Overdue
from ktpel_kiosk.ports.register import ListItem
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.session import Session, prepared

LOOKED_AT: Final = 1000
"""Applications under way whose minutes are added up, oldest first."""

_NOT_CALLED = """NOT EXISTS (SELECT 1 FROM contact AS c WHERE c.permohonan_id = s.permohonan_id AND c.purpose = 'lewat_waktu'
    AND c.outcome IN ('tersambung', 'pesan') AND c.at >= :called_since)"""
_UNDER_WAY = f"s.keadaan = 'berjalan' AND s.stage NOT IN (SELECT value FROM json_each(:done)) AND {_NOT_CALLED}"
_PROMISED = f"""
    SELECT s.no AS no, p.due_at AS since FROM permohonan AS p INDEXED BY permohonan_due
    CROSS JOIN search AS s ON s.permohonan_id = p.id
    WHERE p.is_open = 1 AND p.due_at IS NOT NULL AND p.due_at < :now AND {_UNDER_WAY} ORDER BY p.due_at"""
_MINUTES = f"""
    SELECT s.no AS no, s.updated_at AS since
    FROM (SELECT * FROM search INDEXED BY search_keadaan WHERE keadaan = 'berjalan' ORDER BY created_at LIMIT {LOOKED_AT}) AS s
    JOIN json_each(:limits) AS l ON l.key = s.sop_digest JOIN permohonan AS p ON p.id = s.permohonan_id
    WHERE p.due_at IS NULL AND {_UNDER_WAY} AND CAST(l.value AS REAL) < (
        SELECT sum(t.active_s + max(0, coalesce((:now - t.running_since) / 1000000.0, 0))) FROM tahap AS t
        WHERE t.permohonan_id = s.permohonan_id)"""
_SHOWN = text("""
    SELECT s.*, l.limit_s FROM search AS s LEFT JOIN sop_step AS l ON l.sop_digest = s.sop_digest AND l.nomor = s.step_no
    WHERE s.no IN (SELECT value FROM json_each(:numbers)) ORDER BY s.created_at, s.no""")
_DIGESTS = text("SELECT digest FROM sop ORDER BY digest")


class AlertArea(Session):
    def sop_digests(self) -> Sequence[str]:
        return [r["digest"] for r in self.all(_DIGESTS)]

    def overdue_list(self, wanted: Overdue, limit: int) -> Sequence[ListItem]:
        found = self.all(prepared(f"SELECT no FROM ({_which(wanted)}) LIMIT :most"), **_given(wanted), most=max(0, limit))
        numbers = json.dumps([int(r["no"]) for r in found])
        return [mappers.LIST_ITEM.value(r) for r in self.all(_SHOWN, numbers=numbers)] if found else []

    def overdue_count(self, wanted: Overdue) -> int:
        return int(self.scalar(prepared(f"SELECT count(*) FROM ({_which(wanted)})"), **_given(wanted)))


def _which(wanted: Overdue) -> str:
    promised = f"SELECT * FROM ({_PROMISED})"
    return f"{promised} UNION ALL SELECT * FROM ({_MINUTES})" if wanted.limits else promised


def _given(wanted: Overdue) -> Mapping[str, Any]:
    given = {"now": micros(wanted.now), "called_since": micros(wanted.called_since), "done": json.dumps(wanted.done)}
    return given | ({"limits": json.dumps(dict(wanted.limits))} if wanted.limits else {})
