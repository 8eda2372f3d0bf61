"""Announcements, tus and receipts: how a packet comes in, once."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.feeder import Feeder
from ktpel_kiosk.siak.simulator.http import (
    ID,
    SHA256,
    TUS,
    Refused,
    body_of,
    checksum_problem,
    digits,
    full,
    json_of,
    metadata,
    number,
    problem,
    text,
)
from ktpel_kiosk.siak.simulator.places import PlaceTrouble, UploadPlace
from ktpel_kiosk.siak.simulator.records import Conflict, HashMismatch, Holding, StoreFull
from ktpel_kiosk.siak.simulator.signed_status import CourierCounter
from ktpel_kiosk.siak.simulator.station import certified

MAX_PACKET_BYTES = 5 * 1024 * 1024
PLACE_RETRY_S = 10


class Uploads:
    """Handlers of ``/v1/packets`` and ``/v1/uploads``."""

    def __init__(self, core: Core, feeder: Feeder, place: UploadPlace | None, counter: CourierCounter | None) -> None:
        self._core, self._feeder, self._place, self._counter = core, feeder, place, counter

    # -- announcements

    async def announce(self, request: Request) -> Response:
        """Known fields are checked, unknown ones are no reason to refuse."""
        body = await json_of(request)
        missing = [k for k in ("packet_id", "station", "counter", "previous_hash", "size", "sha256") if k not in body]
        if missing:
            return problem(422, "missing_field", field=missing[0])
        size = number(body["size"])
        replaces = body.get("replaces")
        wanted = (text(body["packet_id"], ID), text(body["station"], ID), number(body["counter"]), text(body["previous_hash"], SHA256),
                  size, text(body["sha256"], SHA256), "" if replaces is None or replaces == "" else text(replaces, ID))
        known = certified(request)
        if known is not None and known != wanted[1] and wire.COURIER_HEADER not in request.headers:
            return problem(403, "foreign_station")
        refused = await self._core.ask(self._counter.refusal, request, body) if self._counter is not None else None
        if refused is not None:
            return refused
        if size > MAX_PACKET_BYTES:
            return problem(413, "too_large", limit=MAX_PACKET_BYTES)
        try:
            holding, new = await self._core.call(self._announce, *wanted)
        except Conflict as e:
            return problem(409, str(e))
        except PlaceTrouble:
            return self._place_later()
        url = holding.place_url or _upload_url(holding)
        answer = {"upload_url": url, "offset": holding.received, "complete": holding.complete}
        return JSONResponse(answer, 201 if new else 200, headers={"Location": url})

    def _announce(self, packet_id: str, station: str, counter: int, previous: str, size: int, sha256: str,
                  replaces: str) -> tuple[Holding, bool]:
        store = self._core.store
        holding, new = store.announce(packet_id, station, counter, previous, size, sha256, replaces=replaces, at=self._core.now(),
                                      quota=self._core.behaviour.quota_bytes)
        if not holding.complete and (holding.place_url or holding.received == holding.size):
            with suppress(HashMismatch):  # it begins anew
                self._finish(holding)
            holding = store.by_packet(packet_id) or holding
        return self._placed(holding), new

    def _placed(self, holding: Holding) -> Holding:
        """The holding with the offset at the other server, where one takes the bytes. Raises PlaceTrouble."""
        if self._place is None or holding.complete:
            return holding
        offset = self._place.offset(holding.place_url) if holding.place_url else None
        if offset is None:
            self._core.store.ledger.set_place(holding.packet_id, self._place.create(holding))
            offset = 0
        found = self._core.store.by_packet(holding.packet_id)
        assert found is not None
        return found.at(min(offset, holding.size))

    # -- completing

    def _finish(self, holding: Holding) -> str | None:
        """The receipt if all bytes are here or at the other server, else ``None``. Raises HashMismatch, PlaceTrouble, StoreFull."""
        if holding.place_url and not holding.complete:
            self._fetch(holding)
        now = self._core.clock.now()
        token = self._core.store.finish(holding.packet_id, self._core.sign_receipt, wire.stamp(now))
        if token is not None and not holding.complete:
            self._feeder.completed(holding.packet_id, now.timestamp())
        return token

    def _fetch(self, holding: Holding) -> None:
        """Take over what the other server finished; an interrupted take-over begins again from the first byte that is missing."""
        assert self._place is not None
        if self._place.offset(holding.place_url) != holding.size:
            return
        at = 0
        for block in self._place.blocks(holding.place_url, holding.size):
            known = self._core.store.by_upload(holding.upload_id)
            have = known.received if known is not None else 0
            if at + len(block) > have:
                self._core.store.add_chunk(holding.upload_id, have, block[max(0, have - at):])
            at += len(block)
        if at != holding.size:
            raise PlaceTrouble("length")
        self._place.drop(holding.place_url)

    # -- tus

    async def options(self, request: Request) -> Response:
        return Response(status_code=204, headers={
            **TUS, "Tus-Version": wire.TUS_VERSION, "Tus-Extension": "creation,checksum", "Tus-Checksum-Algorithm": "sha256",
            "Tus-Max-Size": str(MAX_PACKET_BYTES),
        })

    async def create(self, request: Request) -> Response:
        """Plain tus creation for a packet that was announced; ``Upload-Metadata: packet_id <base64>``."""
        _check_version(request)
        length = digits(request.headers.get("Upload-Length"))
        if length is None:
            return problem(400, "length", tus=True)
        if length > MAX_PACKET_BYTES:
            return problem(413, "too_large", tus=True, limit=MAX_PACKET_BYTES)
        packet_id = metadata(request.headers.get("Upload-Metadata", "")).get("packet_id", "")
        holding = await self._core.ask(self._core.store.by_packet, packet_id)
        if holding is None:
            return problem(403, "not_announced", tus=True)
        if length != holding.size:
            return problem(409, "size_conflict", tus=True)
        return Response(status_code=201, headers={**TUS, "Location": _upload_url(holding), "Upload-Offset": str(holding.received)})

    async def head(self, request: Request) -> Response:
        _check_version(request)
        holding = await self._core.ask(self._core.store.by_upload, str(request.path_params["upload_id"]))
        if holding is None:
            return Response(status_code=404, headers=TUS)
        return Response(status_code=200, headers={**TUS, "Upload-Offset": str(holding.received), "Upload-Length": str(holding.size)})

    async def patch(self, request: Request) -> Response:
        """With a checksum a chunk counts only when all of it arrived and fits; without, whatever arrived is kept, as tus asks."""
        _check_version(request)
        if request.headers.get("Content-Type") != wire.UPLOAD_TYPE:
            return problem(415, "content_type", tus=True)
        offset = digits(request.headers.get("Upload-Offset"))
        if offset is None:
            return problem(400, "offset", tus=True)
        body, whole = await body_of(request, self._core.behaviour.max_chunk)
        checksum = request.headers.get("Upload-Checksum")
        if not whole and (checksum is not None or not body):
            raise ClientDisconnect
        try:
            holding = await self._core.call(self._take, str(request.path_params["upload_id"]), offset, body, checksum)
        except KeyError:
            return problem(404, "unknown_upload", tus=True)
        except Conflict as e:
            return problem(409, str(e), tus=True)
        except HashMismatch:
            return problem(422, "hash_mismatch", tus=True)
        except StoreFull as e:
            return full(e, tus=True)
        return Response(status_code=204, headers={**TUS, "Upload-Offset": str(holding.received)})

    def _take(self, upload_id: str, offset: int, body: bytes, checksum: str | None) -> Holding:
        """One chunk, durable when it returns; with the last one the receipt exists."""
        wrong = checksum_problem(checksum, body)
        if wrong is not None:
            raise Refused(wrong, "checksum")
        holding = self._core.store.add_chunk(upload_id, offset, body)
        if holding.received == holding.size:
            self._finish(holding)
        return holding

    # -- receipts

    async def receipt(self, request: Request) -> Response:
        """The permanent receipt. A packet whose last byte came right before a crash, or to another server, is completed here."""
        holding = await self._core.ask(self._core.store.by_packet, str(request.path_params["packet_id"]))
        if holding is None:
            return problem(404, "unknown_packet")
        if holding.complete:
            return JSONResponse({"receipt": await self._core.ask(self._core.store.receipt, holding.packet_id)})
        if holding.received < holding.size and not holding.place_url:
            return problem(409, "not_complete")
        try:
            token = await self._core.call(self._finish, holding)
        except HashMismatch:
            return problem(404, "hash_mismatch")
        except PlaceTrouble:
            return self._place_later()
        return JSONResponse({"receipt": token}) if token is not None else problem(409, "not_complete")

    def _place_later(self) -> Response:
        answer = problem(503, "upload_place")
        answer.headers["Retry-After"] = str(PLACE_RETRY_S)
        return answer


def _check_version(request: Request) -> None:
    if request.headers.get("Tus-Resumable") != wire.TUS_VERSION:
        raise Refused(412, "tus_version")


def _upload_url(holding: Holding) -> str:
    return f"/v1/uploads/{holding.upload_id}"
