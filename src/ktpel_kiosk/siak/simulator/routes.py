"""The HTTP face of the simulator, route by route as in resources/siak-gateway.openapi.yaml."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.services import RecordStatus
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.simulator.script import Behaviour, FaultKind, Residents, Step
from ktpel_kiosk.siak.simulator.signed_status import CounterPorts, CourierCounter
from ktpel_kiosk.siak.simulator.store import Conflict, GatewayStore, HashMismatch, Holding

MAX_PACKET_BYTES = 5 * 1024 * 1024
MAX_JSON_BYTES = 64 * 1024
MAX_WAIT_S = 60.0
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TUS = {"Tus-Resumable": wire.TUS_VERSION, "Cache-Control": "no-store"}
Checker = Callable[[bytes], Mapping[str, str]]


class Routes:
    """State of one running simulator; :meth:`app` builds the application."""

    def __init__(self, store: GatewayStore, clock: Clock, behaviour: Behaviour, signer: ec.EllipticCurvePrivateKey, kid: str,
                 opener: Checker | None, people: Mapping[str, Penduduk], residents: Residents | None = None,
                 counter: Callable[[CounterPorts], CourierCounter] | None = None) -> None:
        self._store, self._clock, self._behaviour = store, clock, behaviour
        self._signer, self._kid = signer, kid
        self._opener, self._people, self._residents = opener, people, residents
        self.stopping = False
        self._counter = counter(CounterPorts(self._released, self._signed, clock.now)) if counter is not None else None

    def app(self) -> FastAPI:
        app = FastAPI(title="KTP-el gateway simulator", docs_url=None, redoc_url=None, openapi_url=None)
        add = app.add_api_route
        add("/v1/packets", self._played("announce", self._announce), methods=["POST"])
        add("/v1/uploads", self._options, methods=["OPTIONS"])
        add("/v1/uploads", self._played("announce", self._create), methods=["POST"])
        add("/v1/uploads/{upload_id}", self._played("offset", self._head), methods=["HEAD"])
        add("/v1/uploads/{upload_id}", self._played("chunk", self._patch), methods=["PATCH"])
        add("/v1/packets/{packet_id}/receipt", self._played("receipt", self._receipt), methods=["GET"])
        add("/v1/status", self._played("status", self._status), methods=["GET"])
        add("/v1/lookups/biodata", self._played("lookup", self._lookup), methods=["POST"])
        add("/v1/lookups/status", self._played("record", self._record), methods=["POST"])
        add("/v1/lookups/card-material", self._played("material", self._material), methods=["POST"])
        add("/v1/cards", self._played("card", self._card), methods=["POST"])
        for operation, path, handler in self._counter.routes() if self._counter is not None else ():
            add(path, self._played(operation, handler), methods=["POST"])
        return app

    def _released(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        now = self._clock.now()
        self._store.release_due(now.timestamp(), wire.stamp(now))
        return self._store.events(station, after, limit)

    def _signed(self, payload: dict[str, Any], typ: str) -> str:
        return sign_jws(payload, self._signer, self._kid, typ)

    def _played(self, operation: str, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The handler with the next scripted fault of its operation around it."""
        async def run(request: Request) -> Response:
            stations = self._behaviour.stations
            if stations and request.headers.get(wire.STATION_HEADER, "") not in stations:
                return _problem(403, "unknown_station")
            try:
                return await self._with_fault(operation, handler, request)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody hears it; what arrived of the body does not count

        return run

    async def _with_fault(self, operation: str, handler: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
        fault = self._behaviour.faults.take(operation)
        if fault is None:
            return await handler(request)
        if fault.kind is FaultKind.STATUS:
            await _drain(request)
            return self._refusal(int(fault.value))
        if fault.kind is FaultKind.LATE:
            await asyncio.sleep(fault.value)
        if fault.kind is FaultKind.FORGET:
            self._forget(request)
        answer = await handler(request)
        if fault.kind is FaultKind.FORGE and operation == "receipt" and answer.status_code == 200:
            return self._forged(request)
        if operation == "material" and fault.kind in (FaultKind.FORGE, FaultKind.ALTER) and answer.status_code == 200:
            return self._false_material(answer, fault.kind)
        return _problem(500, "lost") if fault.kind is FaultKind.LOSE else answer

    def _refusal(self, status: int) -> Response:
        answer = _problem(status, "scripted")
        if status in (429, 503) and self._behaviour.retry_after_s > 0:
            answer.headers["Retry-After"] = str(self._behaviour.retry_after_s)
        return answer

    def _forget(self, request: Request) -> None:
        upload_id = str(request.path_params.get("upload_id", ""))
        self._store.forget(upload_id)

    async def _announce(self, request: Request) -> Response:
        body = await _json_body(request)
        try:
            packet_id, station, sha256 = str(body["packet_id"]), str(body["station"]), str(body["sha256"])
            previous, counter, size = str(body["previous_hash"]), body["counter"], body["size"]
        except KeyError:
            return _problem(422, "missing_field")
        good = _ID.fullmatch(packet_id) and _ID.fullmatch(station) and _SHA256.fullmatch(sha256) and _SHA256.fullmatch(previous)
        if not good or not isinstance(counter, int) or not isinstance(size, int) or counter < 1 or size < 1:
            return _problem(422, "bad_field")
        refused = self._counter.refusal(request, body) if self._counter is not None else None
        if refused is not None:
            return refused
        if size > MAX_PACKET_BYTES:
            return _problem(413, "too_large")
        try:
            holding, new = self._store.announce(packet_id, station, counter, previous, size, sha256)
        except Conflict as e:
            return _problem(409, str(e))
        answer = {"upload_url": _upload_url(holding), "offset": holding.received, "complete": holding.complete}
        return JSONResponse(answer, 201 if new else 200, headers={"Location": _upload_url(holding)})

    async def _options(self, request: Request) -> Response:
        return Response(status_code=204, headers={
            **_TUS, "Tus-Version": wire.TUS_VERSION, "Tus-Extension": "creation,checksum", "Tus-Checksum-Algorithm": "sha256",
            "Tus-Max-Size": str(MAX_PACKET_BYTES),
        })

    async def _create(self, request: Request) -> Response:
        """Plain tus creation for a packet that was announced; ``Upload-Metadata: packet_id <base64>``."""
        packet_id = _metadata(request.headers.get("Upload-Metadata", "")).get("packet_id", "")
        holding = self._store.by_packet(packet_id)
        if holding is None:
            return _problem(403, "not_announced", tus=True)
        if request.headers.get("Upload-Length") != str(holding.size):
            return _problem(409, "size_conflict", tus=True)
        return Response(status_code=201, headers={**_TUS, "Location": _upload_url(holding)})

    async def _head(self, request: Request) -> Response:
        holding = self._store.by_upload(str(request.path_params["upload_id"]))
        if holding is None:
            return Response(status_code=404, headers=_TUS)
        return Response(status_code=200, headers={**_TUS, "Upload-Offset": str(holding.received), "Upload-Length": str(holding.size)})

    async def _patch(self, request: Request) -> Response:
        """A chunk counts only when all of it arrived and its checksum fits."""
        if request.headers.get("Tus-Resumable") != wire.TUS_VERSION:
            return Response(status_code=412, headers={**_TUS, "Tus-Version": wire.TUS_VERSION})
        if request.headers.get("Content-Type") != wire.UPLOAD_TYPE:
            return _problem(415, "content_type", tus=True)
        offset = request.headers.get("Upload-Offset", "")
        if not offset.isascii() or not offset.isdigit() or len(offset) > 12:
            return _problem(400, "offset", tus=True)
        body = await _body(request, self._behaviour.max_chunk)
        if body is None:
            return _problem(413, "chunk_too_large", tus=True)
        wrong = _checksum_problem(request.headers.get("Upload-Checksum"), body)
        if wrong is not None:
            return _problem(wrong, "checksum", tus=True)
        try:
            holding = self._store.add_chunk(str(request.path_params["upload_id"]), int(offset), body)
            if holding.received == holding.size:
                self._store.complete(holding.packet_id, self._sign, lambda content: self._plan(holding.packet_id, content),
                                     self._clock.now().timestamp())
        except KeyError:
            return _problem(404, "unknown_upload", tus=True)
        except Conflict as e:
            return _problem(409, str(e), tus=True)
        except HashMismatch:
            return _problem(422, "hash_mismatch", tus=True)
        return Response(status_code=204, headers={**_TUS, "Upload-Offset": str(holding.received)})

    def _sign(self, holding: Holding, sequence: int) -> str:
        payload = wire.receipt_payload(holding.packet_id, holding.sha256, holding.station, sequence, self._clock.now())
        return sign_jws(payload, self._signer, self._kid, wire.RECEIPT_TYPE)

    def _forged(self, request: Request) -> Response:
        holding = self._store.by_packet(str(request.path_params["packet_id"]))
        assert holding is not None
        payload = wire.receipt_payload(holding.packet_id, holding.sha256, holding.station, 1, self._clock.now())
        foreign = ec.generate_private_key(ec.SECP256R1())
        return JSONResponse({"receipt": sign_jws(payload, foreign, self._kid, wire.RECEIPT_TYPE)})

    def _false_material(self, answer: Response, kind: FaultKind) -> Response:
        """The same answer signed by somebody else, or with another portrait than the signed one."""
        body = json.loads(bytes(answer.body))
        if kind is FaultKind.ALTER:
            body["parts"]["portrait"] = body["parts"]["signature"]
        else:
            payload = json.loads(base64.urlsafe_b64decode(body["material"].split(".")[1] + "=="))
            body["material"] = sign_jws(payload, ec.generate_private_key(ec.SECP256R1()), self._kid, wire.MATERIAL_TYPE)
        return JSONResponse(body)

    def _plan(self, packet_id: str, content: bytes) -> tuple[str, tuple[Step, ...]]:
        """NIK and statuses: a centre that holds the key looks inside, and says what is wrong."""
        if self._opener is None:
            return "", self._behaviour.plan(packet_id, "", "")
        try:
            summary = self._opener(content)
        except KioskError as e:
            return "", self._behaviour.plan(packet_id, "", str(e)[:200])
        failure = "" if summary.get("packet_id") == packet_id else "packet_id"
        nik = summary.get("nik", "")
        return nik, self._behaviour.plan(packet_id, nik, failure)

    async def _receipt(self, request: Request) -> Response:
        packet_id = str(request.path_params["packet_id"])
        receipt = self._store.receipt(packet_id)
        if receipt is not None:
            return JSONResponse({"receipt": receipt})
        return _problem(404, "unknown_packet") if self._store.by_packet(packet_id) is None else _problem(409, "not_complete")

    async def _status(self, request: Request) -> Response:
        """Events after ``after``; without any, the answer waits up to ``wait`` seconds for the first."""
        try:
            after, wait_s = int(request.query_params.get("after", "0")), float(request.query_params.get("wait", "0"))
        except ValueError:
            return _problem(400, "after")
        station = request.headers.get(wire.STATION_HEADER, "")
        if request.query_params.get("signed") == "true" and self._counter is not None:
            signed, upto = self._counter.signed(station, after)
            return JSONResponse({"signed": signed, "upto": upto})
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(max(0.0, wait_s), MAX_WAIT_S)
        while True:
            now = self._clock.now()
            following = self._store.release_due(now.timestamp(), wire.stamp(now))
            events = self._store.events(station, after, self._behaviour.feed_page)
            left = deadline - loop.time()
            if events or left <= 0 or self.stopping:
                return JSONResponse({"events": [wire.event_to_json(e) for e in events]})
            until = following - now.timestamp() if following is not None else left
            await asyncio.sleep(max(0.01, min(left, until, 0.2)))

    async def _lookup(self, request: Request) -> Response:
        body = await _json_body(request)
        nik = str(body.get("nik", ""))
        found = self._people.get(nik) or (self._residents.biodata(nik) if self._residents is not None else None)
        if found is None:
            return _problem(404, "unknown_nik")
        return JSONResponse({"biodata": penduduk_to_dict(found)})

    def _status_of(self, nik: str) -> RecordStatus | None:
        """A packet's newest status, else what the centre knows of its residents."""
        now = self._clock.now()
        self._store.release_due(now.timestamp(), wire.stamp(now))
        event = self._store.latest_of(nik)
        if event is not None:
            return RecordStatus(nik, event.status, event.at, event.reason)
        known = self._residents.status(nik) if self._residents is not None else None
        return RecordStatus(nik, known, now) if known is not None else None

    async def _record(self, request: Request) -> Response:
        found = self._status_of(str((await _json_body(request)).get("nik", "")))
        return _problem(404, "unknown_nik") if found is None else JSONResponse(wire.record_status_to_json(found))

    async def _material(self, request: Request) -> Response:
        """Only of a record that may be printed; the slow part runs beside the loop."""
        nik = str((await _json_body(request)).get("nik", ""))
        found = self._status_of(nik)
        if found is None or self._residents is None:
            return _problem(404, "unknown_nik")
        if found.status is not StatusSiak.PRINT_READY_RECORD:
            return _problem(409, "not_print_ready")
        event = self._store.latest_of(nik)
        content = self._store.content(event.packet_id) if event is not None else None
        residents = self._residents
        made = await asyncio.to_thread(lambda: residents.of_packet(content) if content else residents.material(nik))
        if made is None:
            return _problem(404, "no_material")
        payload, parts = wire.material_to_json(made, found.status, self._clock.now())
        return JSONResponse({"material": sign_jws(payload, self._signer, self._kid, wire.MATERIAL_TYPE), "parts": parts})

    async def _card(self, request: Request) -> Response:
        body = await _json_body(request)
        event, facts = body.get("event"), body.get("facts")
        known = {"printed", "encoded", "activated", "handed_over", "spoiled", "destroyed"}
        if event not in known or not isinstance(facts, dict) or not isinstance(facts.get("event_id"), str):
            return _problem(422, "card_event")
        new = self._store.add_card(facts["event_id"], str(event), {str(k): str(v) for k, v in facts.items()})
        return JSONResponse({"stored": True, "known": not new}, 201 if new else 200)


def _upload_url(holding: Holding) -> str:
    return f"/v1/uploads/{holding.upload_id}"


def _problem(status: int, code: str, *, tus: bool = False) -> Response:
    return JSONResponse({"error": code}, status, headers=_TUS if tus else None)


async def _drain(request: Request) -> None:
    async for _ in request.stream():
        pass


async def _body(request: Request, limit: int) -> bytes | None:
    """The whole body, or None when it is longer than ``limit``."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > limit:
            return None
    return bytes(parts)


async def _json_body(request: Request) -> dict[str, Any]:
    body = await _body(request, MAX_JSON_BYTES)
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _checksum_problem(header: str | None, body: bytes) -> int | None:
    """HTTP status of a checksum that is unusable (400) or does not fit (460); None when it is fine or absent."""
    if header is None:
        return None
    algorithm, _, text = header.partition(" ")
    try:
        wanted = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return 400
    if algorithm != "sha256":
        return 400
    return None if hashlib.sha256(body).digest() == wanted else 460


def _metadata(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in header.split(","):
        key, _, value = item.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
    return found
