"""Faults played around the handlers of the contract: what a bad server, a portal or a wrong clock does to a client."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.face import Handler, http_date
from ktpel_kiosk.siak.simulator.http import drain, problem
from ktpel_kiosk.siak.simulator.script import Fault, FaultKind

PORTAL = "<!doctype html><html><head><title>Wi-Fi</title></head><body><form>Masuk ke Wi-Fi</form></body></html>"
INSTEAD = frozenset({FaultKind.STATUS, FaultKind.HTML, FaultKind.REDIRECT, FaultKind.EMPTY, FaultKind.FULL})
"""Faults that answer in the handler's place."""


class Player:
    """Takes the next fault of an operation and plays it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def play(self, operation: str, handler: Handler, request: Request) -> Response:
        fault = self._core.behaviour.faults.take(operation)
        if fault is None:
            return await handler(request)
        if fault.kind in INSTEAD:
            await drain(request)
            return self._instead(fault)
        if fault.kind is FaultKind.LATE:
            await self._core.pause(fault.value)
        if fault.kind is FaultKind.FORGET:
            await self._core.call(self._core.store.forget, str(request.path_params.get("upload_id", "")))
        return self._changed(operation, fault, request, await handler(request))

    def _instead(self, fault: Fault) -> Response:
        if fault.kind is FaultKind.HTML:
            return HTMLResponse(PORTAL)
        if fault.kind is FaultKind.REDIRECT:
            return Response(status_code=302, headers={"Location": "http://portal.example/masuk"})
        if fault.kind is FaultKind.EMPTY:
            return JSONResponse({})
        return self._core.later(507, "storage_full") if fault.kind is FaultKind.FULL else self._core.later(int(fault.value), "scripted")

    def _changed(self, operation: str, fault: Fault, request: Request, answer: Response) -> Response:
        """The handler's answer after the fault had its way with it."""
        if fault.kind is FaultKind.LOSE:
            return problem(500, "lost")
        if fault.kind is FaultKind.HANG:
            return Hanging(answer, self._core, fault.value)
        if fault.kind is FaultKind.CLOCK:
            answer.headers["Date"] = http_date(self._core.clock.now() + timedelta(seconds=fault.value))
        if fault.kind is FaultKind.LIE and "Upload-Offset" in answer.headers:
            answer.headers["Upload-Offset"] = str(max(0, int(answer.headers["Upload-Offset"]) + int(fault.value or 1)))
        if answer.status_code == 200 and fault.kind in (FaultKind.FORGE, FaultKind.ALTER):
            if operation == "material":
                return self._false_material(answer, fault.kind)
            if operation == "receipt" and fault.kind is FaultKind.FORGE:
                return self._forged(request)
        return answer

    def _forged(self, request: Request) -> Response:
        holding = self._core.store.by_packet(str(request.path_params["packet_id"]))
        assert holding is not None
        payload = wire.receipt_payload(holding.packet_id, holding.sha256, holding.station, 1, self._core.clock.now())
        return JSONResponse({"receipt": sign_jws(payload, ec.generate_private_key(ec.SECP256R1()), self._core.kid, wire.RECEIPT_TYPE)})

    def _false_material(self, answer: Response, kind: FaultKind) -> Response:
        """The same answer signed by somebody else, or with another portrait than the signed one."""
        body = json.loads(bytes(answer.body))
        if kind is FaultKind.ALTER:
            body["parts"]["portrait"] = body["parts"]["signature"]
        else:
            payload = json.loads(base64.urlsafe_b64decode(body["material"].split(".")[1] + "=="))
            body["material"] = sign_jws(payload, ec.generate_private_key(ec.SECP256R1()), self._core.kid, wire.MATERIAL_TYPE)
        return JSONResponse(body)


class Hanging(Response):
    """Half of another answer, then silence, then the end of the connection."""

    def __init__(self, answer: Response, core: Core, silent_s: float) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer, self._core, self._silent_s = answer, core, silent_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self._answer.body)
        if body:
            await send({"type": "http.response.start", "status": self._answer.status_code, "headers": self._answer.raw_headers})
            await send({"type": "http.response.body", "body": body[:len(body) // 2], "more_body": True})
        await self._core.pause(self._silent_s)

