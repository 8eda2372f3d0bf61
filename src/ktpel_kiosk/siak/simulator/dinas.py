"""The Dinas' door of the gateway: a page that says which kecamatan needs help. Sign-in by the Dinas' token or a client certificate.

Nothing of a person is here: signs of life hold numbers and fixed words only (docs/adr/0047). The session is a signed date in a cookie,
so any node answers; nothing is kept.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import hmac
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ktpel_kiosk.domain.heartbeat import Heartbeat
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator import dinas_page as page
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.dinas_style import STYLE
from ktpel_kiosk.siak.simulator.dinas_view import Line, Need, Place, beat_in, lines
from ktpel_kiosk.siak.simulator.face import Handler, Route
from ktpel_kiosk.siak.simulator.http import body_of
from ktpel_kiosk.siak.simulator.station import certified

COOKIE = "ktpel_dinas"
SESSION_S = 8 * 3600
WRONG_S = 1.0
HISTORY = 30
MAX_FORM = 4096
FONTS = frozenset({"Inter-Regular.otf", "Inter-SemiBold.otf", "Inter-Bold.otf"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class DinasDoor:
    """Who may look, and whom the Dinas expects to hear of.

    Attributes:
        token_sha256: SHA-256 (hex) of the Dinas' token; empty: nobody comes in by one.
        certificates: common names of client certificates that may look; a station's own is none of them.
        roster: every station that should give a sign of life. zone: in which times are shown. fonts: folder of Inter; ``None``: the
            system's letters do.
    """

    token_sha256: str = ""
    certificates: frozenset[str] = frozenset()
    roster: Sequence[Place] = field(default=())
    zone: tzinfo = UTC
    fonts: Path | None = None


class DinasPages:
    """Routes below ``/dinas``."""

    def __init__(self, core: Core, check: Callable[[str], Heartbeat] | None, door: DinasDoor) -> None:
        self._core, self._check, self._door = core, check, door

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/dinas", self._inside(self._overview)), Route("GET", "/dinas/data.csv", self._inside(self._csv)),
            Route("GET", "/dinas/stasiun/{station}", self._inside(self._station)),
            Route("GET", "/dinas/masuk", self._door_page), Route("POST", "/dinas/masuk", self._sign_in),
            Route("POST", "/dinas/keluar", self._leave), Route("GET", "/dinas/gaya.css", self._style),
            Route("GET", "/dinas/huruf/{name}", self._font),
        ]

    # -- the door

    def _inside(self, handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            if not self._may(request):
                return RedirectResponse("/dinas/masuk", 303, headers=HEADERS)
            answer = await handler(request)
            answer.headers.update(HEADERS)
            return answer

        return run

    def _may(self, request: Request) -> bool:
        known = certified(request)
        if known is not None and known in self._door.certificates:
            return True
        until, _, seal = request.cookies.get(COOKIE, "").partition(".")
        if not self._door.token_sha256 or not until.isascii() or not until.isdigit() or len(until) > 12:
            return False
        return hmac.compare_digest(seal.encode(), self._seal(until).encode()) and int(until) > self._core.clock.now().timestamp()

    def _seal(self, until: str) -> str:
        """The key is the token's hash: a new token ends every session."""
        return hmac.new(bytes.fromhex(self._door.token_sha256), b"ktpel-dinas\0" + until.encode(), hashlib.sha256).hexdigest()

    async def _door_page(self, request: Request) -> Response:
        return HTMLResponse(page.sign_in(), headers=HEADERS)

    async def _sign_in(self, request: Request) -> Response:
        body, whole = await body_of(request, MAX_FORM)
        typed = parse_qs(body.decode("utf-8", "replace"), max_num_fields=4).get("sandi", [""])[0] if whole else ""
        found = hashlib.sha256(typed.encode()).hexdigest()
        if not self._door.token_sha256 or not hmac.compare_digest(found, self._door.token_sha256):
            await asyncio.sleep(WRONG_S)  # guessing is slow; others are not held up
            return HTMLResponse(page.sign_in(wrong=True), 403, headers=HEADERS)
        until = str(int((self._core.clock.now() + timedelta(seconds=SESSION_S)).timestamp()))
        answer = RedirectResponse("/dinas", 303, headers=HEADERS)
        answer.set_cookie(COOKIE, f"{until}.{self._seal(until)}", max_age=SESSION_S, path="/dinas", httponly=True, samesite="strict",
                          secure=request.url.scheme == "https")
        return answer

    async def _leave(self, request: Request) -> Response:
        answer = RedirectResponse("/dinas/masuk", 303, headers=HEADERS)
        answer.delete_cookie(COOKIE, path="/dinas")
        return answer

    # -- inside

    async def _lines(self) -> list[Line]:
        def look() -> list[Line]:
            return lines(self._door.roster, self._core.store.ledger.heartbeats(), self._core.clock.now())
        return await self._core.call(look)

    async def _overview(self, request: Request) -> Response:
        asked = _asked(request)
        return HTMLResponse(page.overview(await self._lines(), asked, self._core.clock.now(), self._door.zone))

    async def _csv(self, request: Request) -> Response:
        sink = io.StringIO()
        csv.writer(sink).writerows(page.table(_asked(request).chosen(await self._lines())))
        day = self._core.clock.now().astimezone(self._door.zone).date().isoformat()
        return Response("\ufeff" + sink.getvalue(), media_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition": f'attachment; filename="kios-{day}.csv"'})

    async def _station(self, request: Request) -> Response:
        station = str(request.path_params["station"])
        line = next((x for x in await self._lines() if x.place.station == station), None)
        if line is None:
            return HTMLResponse(page.shell("Tidak ada", '<div class="card empty"><p>Stasiun itu tidak ada dalam daftar. '
                                           '<a href="/dinas">Semua kecamatan</a></p></div>'), 404)
        kept = await self._core.call(self._core.store.ledger.heartbeats, station, HISTORY)
        history = [(beat, wire.moment(k.received_at)) for k in kept if (beat := beat_in(k)) is not None]
        return HTMLResponse(page.station(line, history, self._core.clock.now(), self._door.zone))

    # -- looks

    async def _style(self, request: Request) -> Response:
        return Response(STYLE, media_type="text/css", headers={**HEADERS, "Cache-Control": "max-age=3600"})

    async def _font(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        if name not in FONTS or self._door.fonts is None:
            return Response(status_code=404, headers=HEADERS)
        data = await self._core.call((self._door.fonts / name).read_bytes)
        return Response(data, media_type="font/otf", headers={**HEADERS, "Cache-Control": "max-age=604800"})


def _asked(request: Request) -> page.Asked:
    wanted: Any = request.query_params
    need = next((n for n in Need if n.value == wanted.get("perlu", "")), None)
    number = wanted.get("hal", "1")
    return page.Asked(need, wanted.get("cari", "")[:80], max(1, int(number) if number.isascii() and number.isdigit() and len(number) < 6
                                                            else 1) - 1)
