"""What a desk asks the centre beside uploads: the status feed, biodata, card material; and what it tells about cards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.services import RecordStatus
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.feeder import Feeder
from ktpel_kiosk.siak.simulator.http import ID, NIK, Refused, digits, json_of, problem, text
from ktpel_kiosk.siak.simulator.script import Residents
from ktpel_kiosk.siak.simulator.signed_status import CourierCounter
from ktpel_kiosk.siak.simulator.station import station_of

MAX_WAIT_S = 60.0
MAX_FACTS, MAX_FACT_CHARS = 40, 1000
_FACT = re.compile(r"[a-z][a-z0-9_]{0,39}")
CARD_EVENTS = frozenset({"printed", "encoded", "activated", "handed_over", "spoiled", "destroyed"})


class Centre:
    """Handlers of ``/v1/status``, ``/v1/lookups`` and ``/v1/cards``."""

    def __init__(self, core: Core, feeder: Feeder, people: Mapping[str, Penduduk], residents: Residents | None,
                 counter: CourierCounter | None) -> None:
        self._core, self._feeder, self._people, self._residents, self._counter = core, feeder, people, residents, counter

    async def status(self, request: Request) -> Response:
        """Events after ``after``; without any, the answer waits up to ``wait`` seconds for the first."""
        after = digits(request.query_params.get("after", "0"))
        wait_s = _seconds(request.query_params.get("wait", "0"))
        signed = request.query_params.get("signed", "false")
        if after is None or wait_s is None or signed not in ("true", "false"):
            return problem(400, "after" if after is None else "wait" if wait_s is None else "signed")
        station = station_of(request)
        await self._feeder.settled(station)
        if signed == "true" and self._counter is not None:
            page_jws, upto = await self._core.ask(self._counter.signed, station, after)
            return JSONResponse({"signed": page_jws, "upto": upto})
        page = self._core.behaviour.feed_page
        events = await self._core.news(station, lambda: self._core.store.events(station, after, page), wait_s)
        return JSONResponse({"events": [wire.event_to_json(e) for e in events]})

    async def lookup(self, request: Request) -> Response:
        nik = await _nik(request)
        found = self._people.get(nik)
        if found is None and self._residents is not None:
            found = await asyncio.to_thread(self._residents.biodata, nik)
        if found is None:
            return problem(404, "unknown_nik")
        return JSONResponse({"biodata": penduduk_to_dict(found)})

    async def _status_of(self, nik: str) -> RecordStatus | None:
        """A packet's newest status, else what the centre knows of its residents."""
        await self._feeder.settled()
        event = await self._core.ask(self._core.store.latest_of, nik)
        if event is not None:
            return RecordStatus(nik, event.status, event.at, event.reason)
        known = await asyncio.to_thread(self._residents.status, nik) if self._residents is not None else None
        return RecordStatus(nik, known, self._core.clock.now()) if known is not None else None

    async def record(self, request: Request) -> Response:
        found = await self._status_of(await _nik(request))
        return problem(404, "unknown_nik") if found is None else JSONResponse(wire.record_status_to_json(found))

    async def material(self, request: Request) -> Response:
        """Only of a record that may be printed; the slow part runs beside the loop."""
        nik = await _nik(request)
        found = await self._status_of(nik)
        if found is None or self._residents is None:
            return problem(404, "unknown_nik")
        if found.status is not StatusSiak.PRINT_READY_RECORD:
            return problem(409, "not_print_ready")
        event = await self._core.ask(self._core.store.latest_of, nik)
        residents, store, status = self._residents, self._core.store, found.status

        def make() -> object:
            content = store.content(event.packet_id) if event is not None else None
            made = residents.of_packet(content) if content else residents.material(nik)
            if made is None:
                return None
            payload, parts = wire.material_to_json(made, status, self._core.clock.now())
            return {"material": self._core.sign(payload, wire.MATERIAL_TYPE), "parts": parts}

        answer = await asyncio.to_thread(make)
        return problem(404, "no_material") if answer is None else JSONResponse(answer)

    async def card(self, request: Request) -> Response:
        """Stored once per event id, in order of arrival; a repeated report changes nothing."""
        body = await json_of(request)
        event, facts = body.get("event"), body.get("facts")
        if not isinstance(event, str) or event not in CARD_EVENTS or not isinstance(facts, dict) or len(facts) > MAX_FACTS:
            return problem(422, "card_event")
        kept = {k: v for k, v in facts.items() if isinstance(v, str)}
        if len(kept) != len(facts) or not all(_FACT.fullmatch(k) and _storable(v) for k, v in kept.items()):
            return problem(422, "card_event")
        event_id = text(kept.get("event_id"), ID)
        station = station_of(request)
        new = await self._core.call(self._core.store.add_card, event_id, event, kept, station, self._core.now())
        return JSONResponse({"stored": True, "known": not new}, 201 if new else 200)


async def _nik(request: Request) -> str:
    body = await json_of(request)
    if "nik" not in body:
        raise Refused(422, "missing_field", field="nik")
    return text(body["nik"], NIK)


def _seconds(value: str) -> float | None:
    """Up to ``MAX_WAIT_S``; ``None`` for what is no number of seconds."""
    try:
        found = float(value)
    except ValueError:
        return None
    return min(found, MAX_WAIT_S) if found >= 0 else None


def _storable(value: str) -> bool:
    """Text every database takes: not endless, no lone surrogates, no NUL."""
    return len(value) <= MAX_FACT_CHARS and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
