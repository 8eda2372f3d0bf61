"""The courier's computer: a bundle, an address, and nothing of the office."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.packet.courier import open_any
from ktpel_kiosk.packet.courier_read import find_bundles
from ktpel_kiosk.packet.courier_return import ReturningBundle, last_try

if TYPE_CHECKING:
    from ktpel_kiosk.siak.courier_send import SendReport


def send_all(folder: Path, gateway: str, *, ca: Path | None, cert: Path | None, key: Path | None, proxy: str = "",
             patience_s: float = 120.0, say: Callable[[str], None] = lambda text: None) -> Mapping[str, SendReport]:
    """Send every bundle found, oldest name first; one report per bundle.

    Raises:
        BadInput: no bundle, address or certificate files. SecurityRefusal: a manifest that was changed. DiskFull, IoFailure: the disk.
    """
    from ktpel_kiosk.siak.courier_send import CourierLine, Sender, SendPolicy
    from ktpel_kiosk.siak.http_gateway import tls_context

    clock = SystemClock()
    opened = [ReturningBundle(path) for path in find_bundles(folder)]
    tls = tls_context(ca, cert, key) if ca is not None else None
    reports: dict[str, SendReport] = {}
    for bundle in opened:
        line = CourierLine(gateway, bundle.listed.station, receipt_keys={}, tls=tls, proxy=proxy, now=clock.now)
        say(f"{bundle.folder.name}: {len(bundle.listed.items)} paket ke {_host(gateway)}")
        try:
            sender = Sender(bundle, line, clock, policy=SendPolicy(patience_s=patience_s), host=_host(gateway),
                            on_progress=_Progress(say, len(bundle.listed.items)),
                            on_wait=lambda trouble, wait_s: say(f"  {load_sentences().of(trouble)} Dicoba lagi dalam {wait_s:.0f} detik."))
            reports[bundle.folder.name] = sender.run()
        finally:
            line.close()
        if reports[bundle.folder.name].trouble is not None:
            break   # the next bundle would meet the same line
    return reports


def _host(gateway: str) -> str:
    return urlsplit(gateway).hostname or ""


class _Progress:
    """One line for each packet begun and each finished quarter of it."""

    def __init__(self, say: Callable[[str], None], count: int) -> None:
        self._say, self._count = say, count
        self._last = ("", -1)

    def __call__(self, number: int, packet_id: str, offset: int, size: int) -> None:
        now = (packet_id, offset * 4 // size)
        if now != self._last:
            self._last = now
            self._say(f"  paket {number} dari {self._count}: {offset * 100 // size} %")


def look(folder: Path) -> list[dict[str, Any]]:
    """What the bundles on a disk hold and how far they were sent; every packet file is compared with its signed hash.

    Raises:
        BadInput ``courier.none``.
    """
    return [_look(path) for path in find_bundles(folder)]


def _look(path: Path) -> dict[str, Any]:
    bundle = open_any(path)
    refused = [{"entry": r.entry, "reason": r.key} for r in bundle.refused]
    noted = last_try(path)
    facts: dict[str, Any] = {"bundle": path.name, "station": "", "created_at": "", "packets": 0, "bytes": 0, "receipts": 0,
                             "status_pages": 0, "last_try": noted.get("at", ""), "host": noted.get("host", ""),
                             "trouble": noted.get("trouble", "")}
    if bundle.manifest is not None:
        manifest, returning = bundle.manifest, ReturningBundle(path)
        facts |= {"station": manifest.station, "created_at": manifest.created_at.isoformat(), "packets": len(manifest.items),
                  "bytes": manifest.bytes, "receipts": sum(bool(returning.receipt_of(i)) for i in manifest.items),
                  "status_pages": sum(1 for _ in bundle.statuses())}
        for item in manifest.items:
            try:
                bundle.packet(item)
            except (SecurityRefusal, BadInput) as e:
                refused.append({"entry": f"packets/{item.packet_id}", "reason": e.message_key})
    return facts | {"refused": refused}
