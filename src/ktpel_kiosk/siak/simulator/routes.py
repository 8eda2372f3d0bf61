"""The HTTP face of the simulator, route by route as in resources/siak-gateway.openapi.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ktpel_kiosk.domain.heartbeat import Heartbeat
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.siak.simulator.centre import Centre
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.face import Face, Handler, Route
from ktpel_kiosk.siak.simulator.feeder import Checker, Feeder
from ktpel_kiosk.siak.simulator.heartbeats import Heartbeats
from ktpel_kiosk.siak.simulator.http import problem
from ktpel_kiosk.siak.simulator.places import UploadPlace
from ktpel_kiosk.siak.simulator.playing import Player
from ktpel_kiosk.siak.simulator.script import Behaviour, Residents
from ktpel_kiosk.siak.simulator.signed_status import CounterPorts, CourierCounter
from ktpel_kiosk.siak.simulator.station import station_of
from ktpel_kiosk.siak.simulator.store_port import Store
from ktpel_kiosk.siak.simulator.uploads import Uploads

TUS_OPERATIONS = frozenset({"create", "offset", "chunk"})


class Routes:
    """State of one running simulator; :meth:`app` builds the application."""

    def __init__(self, store: Store, clock: Clock, behaviour: Behaviour, signer: ec.EllipticCurvePrivateKey, kid: str,
                 opener: Checker | None, people: Mapping[str, Penduduk], residents: Residents | None = None,
                 counter: Callable[[CounterPorts], CourierCounter] | None = None, place: UploadPlace | None = None,
                 heartbeats: Callable[[str], Heartbeat] | None = None) -> None:
        self.core = Core(store, clock, behaviour, signer, kid)
        self.key_statements: Callable[[int], list[str]] = lambda after: []
        self.feeder = Feeder(self.core, opener)
        self._player = Player(self.core)
        self._counter = counter(CounterPorts(self._released, self._signed, clock.now, self.core.ask)) if counter is not None else None
        self._uploads = Uploads(self.core, self.feeder, place, self._counter)
        self._heartbeats = Heartbeats(self.core, heartbeats)
        self._centre = Centre(self.core, self.feeder, people, residents, self._counter)

    def attach(self) -> None:
        """On the loop that serves, before the first request."""
        self.core.attach()
        self.feeder.start()

    def close(self) -> None:
        """After the loop has ended; the store may be closed then."""
        self.feeder.close()
        self.core.close()

    def app(self) -> Face:
        return Face(self.routes(), self.core.clock)

    def routes(self) -> list[Route]:
        """Every call of the contract; only discovery is never played with."""
        uploads, centre = self._uploads, self._centre
        calls: list[tuple[str, str, str, Handler]] = [
            ("announce", "POST", "/v1/packets", uploads.announce),
            ("create", "POST", "/v1/uploads", uploads.create),
            ("chunk", "PATCH", "/v1/uploads/{upload_id}", uploads.patch),
            ("offset", "HEAD", "/v1/uploads/{upload_id}", uploads.head),
            ("receipt", "GET", "/v1/packets/{packet_id}/receipt", uploads.receipt),
            ("status", "GET", "/v1/status", centre.status),
            ("lookup", "POST", "/v1/lookups/biodata", centre.lookup),
            ("record", "POST", "/v1/lookups/status", centre.record),
            ("material", "POST", "/v1/lookups/card-material", centre.material),
            ("card", "POST", "/v1/cards", centre.card),
            ("keys", "GET", "/v1/keys", self._keys),
            ("heartbeat", "POST", "/v1/heartbeats", self._heartbeats.take),
            *((operation, "POST", path, self._opened(handler))
              for operation, path, handler in (self._counter.routes() if self._counter is not None else ())),
        ]
        return [Route("OPTIONS", "/v1/uploads", uploads.options, tus=True),
                *(Route(method, path, self._played(operation, handler), operation in TUS_OPERATIONS)
                  for operation, method, path, handler in calls)]

    def _opened(self, handler: Handler) -> Handler:
        """A courier brings a station's packets and asks at once: they are opened first."""
        async def run(request: Request) -> Response:
            await self.feeder.settled()
            return await handler(request)

        return run

    def _released(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        self.feeder.release()
        return self.core.store.events(station, after, limit)

    def _signed(self, payload: dict[str, Any], typ: str) -> str:
        return self.core.sign(payload, typ)

    async def _keys(self, request: Request) -> Response:
        """Statements about receipt keys after a number."""
        after = request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 9:
            return problem(400, "after")
        return JSONResponse({"statements": self.key_statements(int(after))})

    def _played(self, operation: str, handler: Handler) -> Handler:
        """The handler for known stations, with the next scripted fault of its operation around it."""
        async def run(request: Request) -> Response:
            station = station_of(request)
            behaviour = self.core.behaviour
            if behaviour.stations and station not in behaviour.stations:
                return problem(403, "unknown_station")
            if station:
                self.core.seen[station] = self.core.clock.now()
            return await self._player.play(operation, handler, request)

        return run
