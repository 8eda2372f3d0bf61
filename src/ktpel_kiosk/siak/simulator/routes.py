"""The HTTP face of the simulator, route by route as in resources/siak-gateway.openapi.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.simulator.centre import Centre
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.feeder import Checker, Feeder
from ktpel_kiosk.siak.simulator.http import Refused, full, problem
from ktpel_kiosk.siak.simulator.places import UploadPlace
from ktpel_kiosk.siak.simulator.playing import Handler, Player, http_date
from ktpel_kiosk.siak.simulator.records import StoreFull
from ktpel_kiosk.siak.simulator.script import Behaviour, Residents
from ktpel_kiosk.siak.simulator.signed_status import CounterPorts, CourierCounter
from ktpel_kiosk.siak.simulator.store import GatewayStore
from ktpel_kiosk.siak.simulator.uploads import Uploads

TUS_OPERATIONS = frozenset({"create", "offset", "chunk"})


class Routes:
    """State of one running simulator; :meth:`app` builds the application."""

    def __init__(self, store: GatewayStore, clock: Clock, behaviour: Behaviour, signer: ec.EllipticCurvePrivateKey, kid: str,
                 opener: Checker | None, people: Mapping[str, Penduduk], residents: Residents | None = None,
                 counter: Callable[[CounterPorts], CourierCounter] | None = None, place: UploadPlace | None = None) -> None:
        self.core = Core(store, clock, behaviour, signer, kid)
        self.feeder = Feeder(self.core, opener)
        self._player = Player(self.core)
        self._counter = counter(CounterPorts(self._released, self._signed, clock.now)) if counter is not None else None
        self._uploads = Uploads(self.core, self.feeder, place, self._counter)
        self._centre = Centre(self.core, self.feeder, people, residents, self._counter)

    def attach(self) -> None:
        """On the loop that serves, before the first request."""
        self.core.attach()
        self.feeder.start()

    def close(self) -> None:
        """After the loop has ended; the store may be closed then."""
        self.feeder.close()
        self.core.close()

    def app(self) -> ASGIApp:
        return Dated(Starlette(routes=self.routes(), exception_handlers={HTTPException: _unknown}), self.core)

    def routes(self) -> list[BaseRoute]:
        """Every call of the contract."""
        uploads, centre, played = self._uploads, self._centre, self._played
        return [
            Route("/v1/packets", played("announce", uploads.announce), methods=["POST"]),
            Route("/v1/uploads", uploads.options, methods=["OPTIONS"]),
            Route("/v1/uploads", played("create", uploads.create), methods=["POST"]),
            Route("/v1/uploads/{upload_id}", played("chunk", uploads.patch), methods=["PATCH"]),
            Route("/v1/uploads/{upload_id}", played("offset", uploads.head), methods=["HEAD"]),
            Route("/v1/packets/{packet_id}/receipt", played("receipt", uploads.receipt), methods=["GET"]),
            Route("/v1/status", played("status", centre.status), methods=["GET"]),
            Route("/v1/lookups/biodata", played("lookup", centre.lookup), methods=["POST"]),
            Route("/v1/lookups/status", played("record", centre.record), methods=["POST"]),
            Route("/v1/lookups/card-material", played("material", centre.material), methods=["POST"]),
            Route("/v1/cards", played("card", centre.card), methods=["POST"]),
            *(Route(path, played(operation, self._opened(handler)), methods=["POST"])
              for operation, path, handler in (self._counter.routes() if self._counter is not None else ())),
        ]

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
        return sign_jws(payload, self.core.signer, self.core.kid, typ)

    def _played(self, operation: str, handler: Handler) -> Handler:
        """The handler with the next scripted fault of its operation around it, and one answer for every trouble."""
        tus = operation in TUS_OPERATIONS

        async def run(request: Request) -> Response:
            station = request.headers.get(wire.STATION_HEADER, "")
            behaviour = self.core.behaviour
            if behaviour.stations and station not in behaviour.stations:
                return problem(403, "unknown_station")
            if station:
                self.core.seen[station] = self.core.clock.now()
            try:
                return await self._player.play(operation, handler, request)
            except Refused as e:
                return problem(e.status, e.error, tus=tus, **e.more)
            except StoreFull as e:
                return full(e, tus=tus)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody hears it; what arrived of the body does not count

        return run


class Dated:
    """Every answer carries the server's own clock in Date: kiosks hold theirs against it."""

    def __init__(self, app: Starlette, core: Core) -> None:
        self.app, self._core = app, core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "Date" not in headers:
                    headers["Date"] = http_date(self._core)
            await send(message)

        await self.app(scope, receive, dated)


def _unknown(request: Request, error: Exception) -> Response:
    """Paths and methods outside the contract."""
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, {404: "not_found", 405: "method"}.get(error.status_code, "refused"))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer
