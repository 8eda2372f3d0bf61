"""The desk's side of a mirror: python-tuf verifies, this module says in the house's words what was refused and why.

Trusted metadata lies in ``<place>/metadata``, the pinned first root in ``<place>/root.json``; nothing a mirror sends changes them before it
was verified.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.durable import make_folder, storage_trouble, sync_directory, write_durably

if TYPE_CHECKING:
    from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]
    from tuf.ngclient import Updater  # type: ignore[attr-defined]

    from ktpel_kiosk.app.update_fetch import MirrorFetcher

log = logging.getLogger(__name__)
PIN = "root.json"
MAX_INDEX, MAX_PAYLOAD = 1024 * 1024, 600 * 1024 * 1024
INDEX, ISSUED = "index.json", "x-ktpel-issued"


@dataclass(frozen=True, slots=True)
class Offer:
    """A release somebody may install. ``until``: how long this mirror counts. ``size``, ``unpacked``: bytes."""

    version: str
    schema: int
    notes: tuple[str, ...]
    released: date
    size: int
    unpacked: int
    target: str
    until: datetime


def pin(place: Path, root: bytes) -> str:
    """Lay down the first root this machine trusts; returns its fingerprint, to be compared with the paper that came with it.

    Raises:
        BadInput: ``update.root`` (no root, or not signed by itself), ``update.pinned``: another one is trusted already.
    """
    from tuf.api.exceptions import RepositoryError
    from tuf.api.metadata import Metadata, Root  # type: ignore[attr-defined]

    try:
        if len(root) > 512_000:
            raise BadInput("update.root")
        read = Metadata[Root].from_bytes(root)
        read.verify_delegate(Root.type, read)
    except (RepositoryError, ValueError, KeyError, RecursionError) as error:
        raise BadInput("update.root") from error
    path = place / PIN
    if path.exists() and path.read_bytes() != root:
        raise BadInput("update.pinned", path=str(path))
    write_durably(path, root, mode=0o644)
    return fingerprint(root)


def fingerprint(root: bytes) -> str:
    """SHA-256 in groups of four, as it stands on paper."""
    digest = hashlib.sha256(root).hexdigest()
    return " ".join(digest[at:at + 4] for at in range(0, 64, 4))


def pinned(place: Path) -> bytes:
    """The first root: provisioned for this machine, else the package's own. Raises BadInput ``update.no_root``."""
    from ktpel_kiosk.app.resources import resources

    for path in (place / PIN, resources() / "pembaruan" / PIN):
        try:
            return path.read_bytes()
        except OSError:
            continue
    raise BadInput("update.no_root")


class Mirror:
    """One mirror, looked at once.

    Args:
        place: where this machine keeps what it trusts. fetcher: how the mirror is read.
        now: this machine's clock. floor: a time that is surely past (of the register's last act): a clock set back does not bring back
            metadata that had expired.
    """

    def __init__(self, place: Path, fetcher: MirrorFetcher, *, now: datetime | None = None, floor: datetime | None = None) -> None:
        self._place, self._fetcher = place, fetcher
        self._now, self._floor = now or SystemClock().now(), floor
        self._updater: Updater | None = None

    def offers(self) -> Sequence[Offer]:
        """Releases of this mirror, the oldest first. Raises BadInput ``update.*``, DiskFull, IoFailure."""
        updater = self._refreshed()
        target = self._told(lambda: updater.get_targetinfo(INDEX))
        if target is None:
            return ()
        if target.length > MAX_INDEX:
            raise BadInput("update.payload", reason="index")
        data = self._download(target, self._place / INDEX).read_bytes()
        return self._read_index(data)

    def fetch(self, offer: Offer, into: Path) -> Path:
        """The payload, verified. Raises as :meth:`offers`."""
        updater = self._refreshed()
        target = self._told(lambda: updater.get_targetinfo(offer.target))
        if target is None or target.length > MAX_PAYLOAD:
            raise BadInput("update.payload", reason="target")
        return self._download(target, into)

    def _download(self, target: TargetFile, path: Path) -> Path:
        updater = self._refreshed()
        make_folder(path.parent)
        self._told(lambda: updater.download_target(target, str(path)))
        return path

    def _refreshed(self) -> Updater:
        if self._updater is None:
            self._updater = self._told(self._refresh)
        return self._updater

    def _refresh(self) -> Updater:
        from tuf.ngclient import Updater, UpdaterConfig  # type: ignore[attr-defined]

        from ktpel_kiosk.app.update_fetch import BASE

        metadata = self._place / "metadata"
        make_folder(metadata)
        made = Updater(str(metadata), f"{BASE}/metadata/", target_base_url=f"{BASE}/targets/", fetcher=self._fetcher,
                       config=UpdaterConfig(max_root_rotations=32), bootstrap=pinned(self._place))
        made._trusted_set.reference_time = self.reference_time()
        layout.step("trust.begin")
        try:
            made.refresh()
        finally:
            _sync_files(metadata)  # what is trusted now is trusted after a power cut too
        layout.step("trust.refreshed")
        return made

    def reference_time(self) -> datetime:
        """The latest of what the clock says and of times that are surely past."""
        known = [self._now, *([self._floor] if self._floor is not None else []), *issued(self._place)]
        return max(moment.astimezone(UTC) for moment in known)

    def _read_index(self, data: bytes) -> Sequence[Offer]:
        try:
            found = json.loads(data)["releases"]
            until = datetime.fromisoformat(json.loads((self._place / "metadata" / "timestamp.json").read_bytes())["signed"]["expires"])
            return [Offer(str(r["version"]), int(r["schema"]), tuple(str(n)[:500] for n in r["notes"])[:40],
                          date.fromisoformat(r["released"]), int(r["bytes"]), int(r["unpacked"]), str(r["target"]), until)
                    for r in found if layout.parts(str(r["version"]))]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadInput("update.payload", reason="index") from error

    def _told(self, work: Callable[[], Any]) -> Any:
        """What python-tuf refuses, as a sentence of ours."""
        try:
            return work()
        except KioskError:
            raise
        except OSError as error:
            raise storage_trouble(error, self._place) from error
        except Exception as error:
            log.warning("update refused: %s", type(error).__name__)
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> KioskError:
        from tuf.api import exceptions as tuf

        if isinstance(self._fetcher.trouble, KioskError):
            return self._fetcher.trouble
        keys: tuple[tuple[type[Exception], str], ...] = (
            (tuf.ExpiredMetadataError, "update.expired"), (tuf.UnsignedMetadataError, "update.unsigned"),
            (tuf.BadVersionNumberError, "update.rolled_back"), (tuf.LengthOrHashMismatchError, "update.mismatch"),
            (tuf.DownloadLengthMismatchError, "update.endless"), (tuf.SlowRetrievalError, "update.slow"),
            (tuf.DownloadHTTPError, "update.incomplete"), (tuf.DownloadError, "update.unreadable"), (tuf.RepositoryError, "update.damaged"),
            (ValueError, "update.damaged"), (RecursionError, "update.damaged"))
        key = next((key for kind, key in keys if isinstance(error, kind)), None)
        if key is None:
            raise error
        return BadInput(key)


def _sync_files(folder: Path) -> None:
    for path in folder.glob("*.json"):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_directory(folder)


def issued(place: Path) -> list[datetime]:
    """When the timestamp trusted now was signed: no clock that is right is before it."""
    try:
        found = json.loads((place / "metadata" / "timestamp.json").read_bytes())["signed"][ISSUED]
        at = datetime.fromisoformat(found)
        return [at] if at.tzinfo is not None else []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def newest(offers: Sequence[Offer], than: str) -> Offer | None:
    """The newest release that is newer than ``than``."""
    best = None
    for offer in offers:
        if layout.newer(offer.version, best.version if best is not None else than):
            best = offer
    return best
