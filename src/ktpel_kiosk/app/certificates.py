"""When the certificates of this office end, read from its key folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.certificates import CertificateEnd, Holder
from ktpel_kiosk.domain.errors import KioskError

if TYPE_CHECKING:
    from ktpel_kiosk.packet.keys import DemoKeys

LOOK_AGAIN_S = 600.0


def certificate_ends(keys: DemoKeys) -> tuple[CertificateEnd, ...]:
    """One end per holder. A certificate that is missing or unreadable is left out: whatever needs it says so itself."""
    holders: tuple[tuple[Holder, Sequence[Path]], ...] = (
        (Holder.STATION, (keys.station_cert,)), (Holder.CENTRE, (keys.central_cert, keys.next_cert)), (Holder.LINE, (keys.client_cert,)))
    found = ((holder, [end for end in map(_end, files) if end is not None]) for holder, files in holders)
    return tuple(CertificateEnd(holder, max(ends)) for holder, ends in found if ends)  # packets go to every central key in force


def _end(file: Path) -> datetime | None:
    from ktpel_kiosk.packet.keys import load_certificate
    try:
        return load_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, KioskError):
        return None


class KnownEnds:
    """The ends as they were at most ten minutes ago: screens ask often, files change once a year. Any thread."""

    def __init__(self, keys: Callable[[], DemoKeys], monotonic: Callable[[], float]) -> None:
        self._keys, self._monotonic = keys, monotonic
        self._known: tuple[float, tuple[CertificateEnd, ...]] | None = None

    def forget(self) -> None:
        """The files changed: look at the next call."""
        self._known = None

    def __call__(self) -> tuple[CertificateEnd, ...]:
        known, now = self._known, self._monotonic()
        if known is None or now - known[0] >= LOOK_AGAIN_S:
            known = self._known = (now, certificate_ends(self._keys()))
        return known[1]
