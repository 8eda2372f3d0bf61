"""The trainer's door of a running simulator: faults on demand, statuses by hand, scenarios, lists, and a page for people.

On a loopback port of its own. Reading needs nothing but being on this machine; changing needs the token that stands in
``admin.json`` beside the store, readable by the user who started the server. There is no such door in production, because
there is no simulator there.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.face import Face, Handler, Route
from ktpel_kiosk.siak.simulator.feeder import Feeder
from ktpel_kiosk.siak.simulator.http import ID, NIK, json_of, number, problem, text
from ktpel_kiosk.siak.simulator.overview import facts, masked, overview
from ktpel_kiosk.siak.simulator.page import render
from ktpel_kiosk.siak.simulator.script import OPERATIONS, FaultKind

ADMIN_FILE = "admin.json"
MAX_TIMES, MAX_VALUE = 10_000, 10_000_000.0
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
                 "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class Admin:
    """Handlers of the admin port."""

    def __init__(self, core: Core, feeder: Feeder, token: str) -> None:
        self._core, self._feeder, self._token = core, feeder, token

    def app(self) -> Face:
        calls: list[tuple[str, str, Handler]] = [
            ("GET", "/", self._page), ("GET", "/api/state", self._state), ("GET", "/api/cards", self._cards),
            ("GET", "/api/faults", self._faults), ("POST", "/api/faults", self._add_fault), ("DELETE", "/api/faults", self._clear),
            ("POST", "/api/statuses", self._tell), ("POST", "/api/scenarios", self._choose), ("POST", "/api/quota", self._quota),
        ]
        return Face((Route(method, path, self._guarded(handler, method != "GET")) for method, path, handler in calls), self._core.clock)

    def _guarded(self, handler: Handler, changes: bool) -> Handler:
        async def run(request: Request) -> Response:
            # a page of another origin that points its own name at this port is not this machine's user
            host = request.headers.get("Host", "").rpartition(":")[0].strip("[]")
            if host not in ("127.0.0.1", "localhost", "::1"):
                return problem(403, "host")
            said = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if changes and not hmac.compare_digest(said.encode(), self._token.encode()):
                return problem(401, "token")
            return await handler(request)

        return run

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(render(await self._core.call(overview, self._core)), headers=_PAGE_HEADERS)

    async def _state(self, request: Request) -> Response:
        seen = asdict(await self._core.call(overview, self._core))
        for packet in seen["packets"]:
            packet["nik"] = masked(packet["nik"])
        seen["cards"] = [[*card[:4], masked(card[4])] for card in seen["cards"]]
        seen["chosen"] = {masked(k) or k: v for k, v in seen["chosen"].items()}
        return Response(json.dumps(seen, default=wire.stamp), media_type="application/json")

    async def _cards(self, request: Request) -> Response:
        """Card events of ``?packet_id=``, in order."""
        found = self._core.store.ledger.card_events(request.query_params.get("packet_id", ""))
        return JSONResponse({"cards": [asdict(c) | {"nik": masked(c.nik)} for c in found]})

    async def _faults(self, request: Request) -> Response:
        return JSONResponse({"faults": [{"operation": operation, "kind": fault.kind.value, "value": fault.value, "times": times}
                                        for operation, fault, times in self._core.behaviour.faults.waiting()]})

    async def _add_fault(self, request: Request) -> Response:
        body = await json_of(request)
        operation, kind, value = body.get("operation"), body.get("kind"), body.get("value", 0)
        times = number(body.get("times", 1))
        if operation not in OPERATIONS or kind not in list(FaultKind) or times > MAX_TIMES:
            return problem(422, "bad_field")
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_VALUE:
            return problem(422, "bad_field")
        if kind == FaultKind.STATUS and not (400 <= value <= 599 and value == int(value)):
            return problem(422, "bad_field")
        self._core.behaviour.faults.add(operation, kind, float(value), times)
        return JSONResponse({"waiting": len(self._core.behaviour.faults.waiting())}, 201)

    async def _clear(self, request: Request) -> Response:
        self._core.behaviour.faults.clear()
        return JSONResponse({"waiting": 0})

    async def _tell(self, request: Request) -> Response:
        body = await json_of(request)
        status, reason = body.get("status"), body.get("reason", "")
        if status not in list(StatusSiak) or not isinstance(reason, str) or len(reason) > 200 or not reason.isprintable():
            return problem(422, "bad_field")
        packet_id = await self._core.call(self._packet_of, text(body.get("packet"), ID))
        if packet_id is None:
            return problem(404, "unknown_packet")
        station = await self._core.call(self._core.store.tell, packet_id, "", StatusSiak(status), reason, self._core.now())
        self._core.ring([station])
        return JSONResponse({"packet_id": packet_id, "station": station}, 201)

    def _packet_of(self, key: str) -> str | None:
        """The packet with this id, or the newest of this NIK."""
        ledger = facts(self._core)
        row = ledger.one("SELECT packet_id FROM packets WHERE packet_id = ?", (key,))
        if not row and NIK.fullmatch(key):
            row = ledger.one("SELECT packet_id FROM packets WHERE nik = ? ORDER BY rowid DESC LIMIT 1", (key,))
        return str(row[0]) if row else None

    async def _choose(self, request: Request) -> Response:
        """``scenario`` for ``packet`` (id or NIK; without it for all later ones); a packet that is here plays it from now on."""
        body = await json_of(request)
        key = text(body["packet"], ID) if body.get("packet") else ""
        try:
            self._core.behaviour.choices.choose(key, str(body.get("scenario", "")))
        except BadInput:
            return problem(422, "bad_field")
        replayed = await self._core.call(self._replay, key, str(body["scenario"])) if key else False
        return JSONResponse({"replayed": replayed}, 201)

    def _replay(self, key: str, scenario: str) -> bool:
        packet_id = self._packet_of(key)
        if packet_id is None:
            return False
        steps = self._core.behaviour.plan_of(scenario, packet_id)
        done = facts(self._core).replan(packet_id, steps, self._core.clock.now().timestamp())
        self._feeder.wake()
        return done

    async def _quota(self, request: Request) -> Response:
        self._core.behaviour.quota_bytes = number((await json_of(request)).get("bytes"), lowest=0)
        return JSONResponse({"quota_bytes": self._core.behaviour.quota_bytes})


def new_token() -> str:
    return secrets.token_urlsafe(24)


def leave_address(folder: Path, url: str, token: str) -> Callable[[], None]:
    """Write where the door is, for this user's commands; the answer takes it away again."""
    path = folder / ADMIN_FILE
    write_durably(path, json.dumps({"url": url, "token": token, "pid": os.getpid()}).encode())

    def away() -> None:
        if read_address(folder).get("token") == token:
            path.unlink(missing_ok=True)

    return away


def read_address(folder: Path) -> dict[str, Any]:
    """What :func:`leave_address` wrote; empty when no server runs on this folder."""
    try:
        found = json.loads((folder / ADMIN_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
