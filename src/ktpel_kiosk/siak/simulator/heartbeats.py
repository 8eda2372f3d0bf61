"""Signs of life of the stations: taken when the station's own signature holds, one a day, the newest counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.heartbeat import MAX_TOKEN_CHARS, Heartbeat
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.http import json_of, problem
from ktpel_kiosk.siak.simulator.records import Heartbeat as Kept
from ktpel_kiosk.siak.simulator.station import certified

FUTURE = timedelta(days=2)
"""A day further ahead than this is a wrong clock: it would hide every later heartbeat of the station."""
MOST_OFFSET_S = 10**9


class Heartbeats:
    """Handler of ``POST /v1/heartbeats``. Without ``check`` no station is known and every one is refused."""

    def __init__(self, core: Core, check: Callable[[str], Heartbeat] | None) -> None:
        self._core, self._check = core, check

    async def take(self, request: Request) -> Response:
        body = await json_of(request)
        token, sent = body.get("heartbeat"), body.get("sent_at")
        if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS or not isinstance(sent, str):
            return problem(422, "heartbeat")
        try:
            offset = (wire.moment(sent[:40]) - self._core.clock.now()).total_seconds()
        except (ValueError, OverflowError):
            return problem(422, "heartbeat")
        try:
            if self._check is None:
                return problem(403, "unknown_station")
            beat = await self._core.call(self._check, token)
        except KioskError as e:
            return problem(403 if e.message_key == "heartbeat.foreign" else 422, "unknown_station" if e.message_key == "heartbeat.foreign"
                           else "heartbeat")
        known = certified(request)
        if known is not None and known != beat.station:
            return problem(403, "foreign_station")
        if beat.made_at - self._core.clock.now() > FUTURE:
            return problem(422, "heartbeat_clock")
        kept = Kept(beat.station, beat.day.isoformat(), beat.sequence, self._core.now(), token,
                    int(max(-MOST_OFFSET_S, min(MOST_OFFSET_S, offset))))
        new = await self._core.call(self._core.store.ledger.add_heartbeat, kept)
        return JSONResponse({"stored": True, "known": not new}, 201 if new else 200)
