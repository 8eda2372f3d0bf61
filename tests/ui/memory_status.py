"""Statuses, tasks and alerts over applications in memory: what ``register/areas/{status_entries,alerts}.py`` ask of SQLite, in Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.alerts import Overdue
from ktpel_kiosk.ports.outbox import StatusWanted


class MemoryStatus:
    """Mixed into the register in memory; ``_packets``, ``_p`` and ``_sops`` are its own."""

    _packets: dict[str, Any]
    _p: dict[str, Any]
    _sops: dict[str, str]
    sop: Any

    def __init__(self) -> None:
        super().__init__()
        self._status: list[Any] = []
        self._entries: list[Any] = []
        self._shown: dict[str, tuple[str, datetime]] = {}

    def packets_of(self, pid: str) -> list[Any]:
        return sorted((k for k in self._packets.values() if k.permohonan_id == pid), key=lambda k: k.counter)

    def status_events(self, packet_id: str) -> list[Any]:
        return sorted((e for e in self._status if e.packet_id == packet_id), key=lambda e: e.sequence)

    def status_cursor(self) -> int:
        return max((e.sequence for e in self._status if e.source == "gateway"), default=0)

    def add_status(self, event: Any) -> bool:
        if any((e.packet_id, e.sequence) == (event.packet_id, event.sequence) for e in self._status):
            return False
        self._status.append(event)
        return True

    def status_entries(self, pid: str) -> list[Any]:
        return sorted((e for e in self._entries if e.permohonan_id == pid), key=lambda e: (e.entered_at, e.id))

    def add_status_entry(self, entry: Any) -> bool:
        if any((e.permohonan_id, e.status, e.at, e.source) == (entry.permohonan_id, entry.status, entry.at, entry.source)
               for e in self._entries):
            return False
        self._entries.append(entry)
        return True

    def show_status(self, pid: str, word: str, at: datetime) -> None:
        self._shown[pid] = (word, at)

    def shown_status(self, pid: str) -> str:
        return self._shown.get(pid, ("", None))[0]

    def status_list(self, wanted: StatusWanted, limit: int) -> list[Any]:
        found = [self._with_status(p) for p in self._p.values()]
        return sorted((i for i in found if self._asks(i, wanted)), key=lambda i: (i.status_at or i.updated_at, i.id))[:limit]

    def status_count(self, wanted: StatusWanted) -> int:
        return len(self.status_list(wanted, 10**6))

    def _with_status(self, p: Any) -> Any:
        word, at = self._shown.get(p.id, ("", None))
        return replace(self._item(p), status_siak=word, status_at=at, nomor_hp=p.nomor_hp)  # type: ignore[attr-defined]

    def _asks(self, i: Any, q: StatusWanted) -> bool:
        known = i.status_siak in {"", *(s.value for s in StatusSiak)}
        named = not known if q.others else i.status_siak in q.words
        since = i.status_at
        if q.silent and since is None and i.pause_reason != "jaringan":
            since = i.updated_at
        held = q.before is None or (since is not None and since < q.before)
        fresh = q.after is None or (since is not None and since >= q.after)
        asked = q.not_asked_since is not None and any(
            c.purpose == "pusat" and c.at >= q.not_asked_since for c in self.contacts(i.id))  # type: ignore[attr-defined]
        return (i.keadaan in (Keadaan.BERJALAN, Keadaan.GANDA) and named and (not q.stages or i.stage in q.stages) and held and fresh
                and (q.line or i.pause_reason != "jaringan") and not asked)

    # over time
    def sop_digests(self) -> list[str]:
        return sorted({p.sop_digest for p in self._p.values()})

    def overdue_list(self, wanted: Overdue, limit: int) -> list[Any]:
        return [self._with_status(p) for p in sorted(self._p.values(), key=lambda p: p.created_at) if self._late(p, wanted)][:limit]

    def overdue_count(self, wanted: Overdue) -> int:
        return len(self.overdue_list(wanted, 10**6))

    def _late(self, p: Any, q: Overdue) -> bool:
        t = p.current()
        used = sum(x.active_now_s(q.now) for x in p.tahap)
        late = p.due_at < q.now if p.due_at is not None else used > q.limits.get(p.sop_digest, float("inf"))
        called = any(c.purpose == "lewat_waktu" and c.outcome in ("tersambung", "pesan") and c.at >= q.called_since
                     for c in self.contacts(p.id))  # type: ignore[attr-defined]
        return p.keadaan is Keadaan.BERJALAN and t is not None and t.stage not in q.done and late and not called
