"""Looks, requests of data subjects, notices and removals in memory: what ``register/areas/privacy.py`` asks of SQLite, in Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ktpel_kiosk.domain.errors import NotFound, StaleView
from ktpel_kiosk.domain.permintaan import ENDED


class MemoryPrivacy:
    """Mixed into the register in memory; ``_p`` and ``_audit`` are its own."""

    _p: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self._viewings: list[Any] = []
        self._requests: dict[str, Any] = {}
        self._request_steps: list[Any] = []
        self._breaches: dict[str, tuple[Any, list[str]]] = {}
        self._disposals: list[Any] = []

    def viewings_of(self, permohonan_id: str) -> list[Any]:
        return [v for v in reversed(self._viewings) if v.permohonan_id == permohonan_id]

    def viewings_in(self, since: datetime, until: datetime, officer: str = "") -> list[Any]:
        return [v for v in reversed(self._viewings) if since <= v.at < until and officer in ("", v.officer)]

    def ids_of_nik(self, nik: str) -> list[str]:
        return [p.id for p in sorted(self._p.values(), key=lambda p: p.created_at) if p.penduduk.nik == nik]

    def subject_request(self, id: str) -> Any:
        if id not in self._requests:
            raise NotFound("subject.not_found")
        return self._requests[id]

    def subject_requests_open(self) -> list[Any]:
        return sorted((r for r in self._requests.values() if r.status not in ENDED), key=lambda r: (r.due_at, r.nomor))

    def subject_requests_in(self, since: datetime, until: datetime) -> list[Any]:
        return sorted((r for r in self._requests.values() if since <= r.received_at < until), key=lambda r: r.received_at)

    def subject_request_steps(self, id: str) -> list[Any]:
        return [s for s in self._request_steps if s.request_id == id]

    def breach(self, id: str) -> Any:
        if id not in self._breaches:
            raise NotFound("breach.not_found")
        return self._breaches[id][0]

    def breaches(self) -> list[Any]:
        return [b for b, _people in reversed(self._breaches.values())]

    def breach_people(self, id: str) -> list[str]:
        return list(self._breaches[id][1])

    def touched_between(self, since: datetime, until: datetime, officer: str = "") -> list[str]:
        touched = {x.subject for x in self._audit if since <= x.at < until and officer in ("", x.actor)}  # type: ignore[attr-defined]
        touched |= {v.permohonan_id for v in self.viewings_in(since, until, officer)}
        return [p.id for p in sorted(self._p.values(), key=lambda p: p.created_at) if p.id in touched]

    def disposals(self, limit: int = 200) -> list[Any]:
        return list(reversed(self._disposals))[:limit]

    def add_viewing(self, viewing: Any) -> None:
        self._viewings.append(viewing)

    def save_subject_request(self, request: Any) -> Any:
        found = self._requests.get(request.id)
        if (found.version if found else 0) != request.version:
            raise StaleView("subject.stale", expected=str(request.version))
        self._requests[request.id] = replace(request, version=request.version + 1)
        return self._requests[request.id]

    def add_subject_request_step(self, step: Any) -> None:
        self._request_steps.append(step)

    def add_breach(self, breach: Any, permohonan_ids: Iterable[str]) -> None:
        self._breaches[breach.id] = (breach, list(permohonan_ids))

    def add_disposal(self, disposal: Any) -> None:
        self._disposals.append(disposal)
