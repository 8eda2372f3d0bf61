"""The gateway's counter for couriers: bundles shown by their signed manifest, and the status feed as signed pages.

Whoever carries a bundle is not the station; what gives the right to announce its packets and to fetch its station's statuses is the
manifest, signed by a station this gateway knows. Manifests shown once are kept, so that a restart asks nobody again.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ktpel_kiosk.domain.courier import BundleItem, BundleManifest
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.siak import courier_wire, wire
from ktpel_kiosk.siak.simulator.objects import Objects

MAX_MANIFEST_JSON = 4 * 1024 * 1024 + 1024
MAX_ASK_JSON = 4096
PAGE = 500
Manifests = Callable[[str], BundleManifest]
"""From a manifest's text to the manifest of a known station; raises KioskError. Made by ``packet.courier_manifest.manifest_checker``."""
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class CounterPorts:
    """What the counter needs of its gateway: released events of a station above a sequence, a signature, the time, questions to storage."""

    events: Callable[[str, int, int], Sequence[StatusEvent]]
    sign: Callable[[dict[str, Any], str], str]
    now: Callable[[], datetime]
    ask: Callable[..., Awaitable[Any]]


class CourierCounter:
    """Routes for couriers. Without ``manifests`` no bundle is known and every courier is refused.

    Args:
        papers: where manifests shown are kept, for every node.
    """

    def __init__(self, papers: Objects, ports: CounterPorts, manifests: Manifests | None) -> None:
        self._papers, self._ports, self._manifests = papers, ports, manifests
        self._known: dict[str, BundleManifest] = {}
        self._items: dict[str, dict[str, BundleItem]] = {}

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """(operation for scripted faults, path, handler); all POST."""
        return (("announce", courier_wire.BUNDLES_PATH, self._show), ("status", courier_wire.STATUS_PATH, self._statuses))

    def signed(self, station: str, after: int) -> tuple[str, int]:
        """The station's next events as a signed page, and the sequence it reaches; empty and ``after`` when there are none."""
        events = self._ports.events(station, after, PAGE)
        if not events:
            return "", after
        payload = courier_wire.statuses_payload(station, after, events, self._ports.now())
        return self._ports.sign(payload, wire.STATUS_TYPE), int(payload["upto"])

    def refusal(self, request: Request, announcement: dict[str, Any]) -> Response | None:
        """Why a courier may not announce this; ``None`` for a packet of its bundle, and for everybody who is no courier."""
        digest = request.headers.get(wire.COURIER_HEADER)
        if digest is None:
            return None
        manifest = self._find(digest)
        if manifest is None:
            return _problem(403, "unknown_bundle")
        if announcement.get("station") != manifest.station:
            return _problem(403, "not_in_bundle")
        item = self._items[digest].get(str(announcement.get("packet_id")))
        said = tuple(announcement.get(k) for k in ("counter", "previous_hash", "size", "sha256"))
        same = item is not None and said == (item.counter, item.previous_hash, item.size, item.sha256)
        return None if same else _problem(403, "not_in_bundle")

    async def _show(self, request: Request) -> Response:
        body = await _json(request, MAX_MANIFEST_JSON)
        text = body.get("manifest")
        if not isinstance(text, str):
            return _problem(422, "manifest")
        manifest = self._checked(text)
        if manifest is None:
            return _problem(403, "unknown_station")
        new = await self._ports.ask(self._keep, manifest, text)
        return JSONResponse({"bundle": manifest.digest, "station": manifest.station, "packets": len(manifest.items)}, 201 if new else 200)

    async def _statuses(self, request: Request) -> Response:
        body = await _json(request, MAX_ASK_JSON)
        after, digest = body.get("after"), body.get("bundle")
        after = int(after) if isinstance(after, float) and after.is_integer() else after
        if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 1 << 53 or not isinstance(digest, str):
            return _problem(422, "bad_field")
        manifest = await self._ports.ask(self._find, digest)
        if manifest is None:
            return _problem(403, "unknown_bundle")
        jws, upto = await self._ports.ask(self.signed, manifest.station, after)
        return JSONResponse({"signed": jws, "upto": upto})

    def _keep(self, manifest: BundleManifest, text: str) -> bool:
        """Whether it is new."""
        if self._find(manifest.digest) is not None:
            return False
        self._papers.put(_key(manifest.digest), text.encode("ascii"))
        self._remember(manifest)
        return True

    def _checked(self, text: str) -> BundleManifest | None:
        if self._manifests is None or not text.isascii():
            return None
        try:
            return self._manifests(text)
        except KioskError:
            return None

    def _find(self, digest: str) -> BundleManifest | None:
        """A bundle shown before, also before a restart; its station has to be known still."""
        if len(digest) != 64 or not digest.isalnum() or not digest.isascii():
            return None
        if digest not in self._known:
            try:
                found = self._checked((self._papers.get(_key(digest)) or b"").decode("ascii"))
            except (OSError, ValueError):
                return None
            if found is None or found.digest != digest:
                return None
            self._remember(found)
        return self._known[digest]

    def _remember(self, manifest: BundleManifest) -> None:
        self._items[manifest.digest] = {i.packet_id: i for i in manifest.items}
        self._known[manifest.digest] = manifest


def _key(digest: str) -> str:
    return f"courier/{digest}.jws"


async def _json(request: Request, limit: int) -> dict[str, Any]:
    """The body as an object; an empty one when it is too long or is none."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > limit:
            return {}
    try:
        value = json.loads(parts or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _problem(status: int, code: str) -> Response:
    return JSONResponse({"error": code}, status)
