"""From ASGI to a handler and back, with nothing between: the table of routes, one answer for every trouble, the server's clock in Date.

A web framework's layers took a third of the time of a request here (docs/scale.md), and none of them is needed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.siak.simulator.http import Refused, full, problem
from ktpel_kiosk.siak.simulator.records import StoreAway, StoreFull

Handler = Callable[[Request], Awaitable[Response]]
_LOG = logging.getLogger(__name__)
AWAY_RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` with at most one ``{name}`` part per segment; ``tus``: answers carry the tus headers."""

    method: str
    path: str
    handler: Handler
    tus: bool = False


class _Node:
    """One segment of the paths. ``other``: the name and node of a segment that may be anything."""

    __slots__ = ("known", "methods", "other")

    def __init__(self) -> None:
        self.known: dict[str, _Node] = {}
        self.other: tuple[str, _Node] | None = None
        self.methods: dict[str, Route] = {}


class Face:
    """The ASGI application."""

    def __init__(self, routes: Iterable[Route], clock: Clock) -> None:
        self._clock = clock
        self._root = _Node()
        self._date: tuple[int, bytes] = (0, b"")
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in route.path.split("/")[1:]:
            if part.startswith("{"):
                node.other = node.other or (part[1:-1], _Node())
                node = node.other[1]
            else:
                node = node.known.setdefault(part, _Node())
        node.methods[route.method] = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        route, answer = self._find(scope)
        if route is not None:
            answer = await self._answered(route, Request(scope, receive))
        assert answer is not None
        if "date" not in answer.headers:
            answer.raw_headers.append((b"date", self._now()))
        await answer(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Route | None, Response | None]:
        """The route with its parameters in the scope, or the answer when there is none."""
        node, parameters = self._root, {}
        for part in scope["path"].split("/")[1:]:
            following = node.known.get(part)
            if following is None:
                if node.other is None or not part:
                    return None, problem(404, "not_found")
                parameters[node.other[0]] = part
                following = node.other[1]
            node = following
        route = node.methods.get(scope["method"])
        if route is not None:
            scope["path_params"] = parameters
            return route, None
        if not node.methods:
            return None, problem(404, "not_found")
        refused = problem(405, "method")
        refused.headers["Allow"] = ", ".join(sorted(node.methods))
        return None, refused

    async def _answered(self, route: Route, request: Request) -> Response:
        try:
            return await route.handler(request)
        except Refused as e:
            return problem(e.status, e.error, tus=route.tus, **e.more)
        except StoreFull as e:
            return full(e, tus=route.tus)
        except StoreAway as e:
            _LOG.warning("gateway store away: %s", e)
            away = problem(503, "store_away", tus=route.tus)
            away.headers["Retry-After"] = str(AWAY_RETRY_S)
            return away
        except ClientDisconnect:
            return Response(status_code=400)  # nobody hears it; what arrived of the body does not count
        except Exception as e:
            _LOG.exception("gateway handler failed: %s", type(e).__name__)
            return problem(500, "bug", tus=route.tus)

    def _now(self) -> bytes:
        now = self._clock.now()
        if self._date[0] != int(now.timestamp()):
            self._date = (int(now.timestamp()), http_date(now).encode())
        return self._date[1]


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)

