"""New versions for the desk of one office folder: :class:`ktpel_kiosk.ports.updates.Updates`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import update_launch, update_store
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app.update_fetch import MirrorFetcher, mirror_in
from ktpel_kiosk.app.update_trust import Mirror, Offer, newest, pin, pinned
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.durable import storage_trouble
from ktpel_kiosk.ports.updates import NewVersion, Source, UpdateEvent, UpdateState, When

if TYPE_CHECKING:
    from ktpel_kiosk.siak.http_gateway import HttpGateway

MIRROR, HERE, PARTS, CARRIED = "cermin", "kepercayaan", "ambil", "angkut"


class GatewayLine:
    """Files of the gateway's mirror; a large one that broke off goes on where it stopped.

    What was kept is no more trusted than what comes: the updater verifies the whole, and a part of another file is thrown away with it.
    """

    def __init__(self, gateway: HttpGateway, parts: Path) -> None:
        self._gateway, self._parts = gateway, parts

    def file(self, place: str) -> Iterator[bytes]:
        if not place.endswith(".tar.gz"):
            yield from self._gateway.update_file(place)
            return
        part = self._parts / Path(place).name
        part.parent.mkdir(parents=True, exist_ok=True)
        had = part.stat().st_size if part.exists() else 0
        if had:
            with part.open("rb") as file:
                while chunk := file.read(256 * 1024):
                    yield chunk
        with part.open("ab") as out:
            for chunk in self._gateway.update_file(place, had):
                out.write(chunk)
                yield chunk


class FolderUpdates:
    """Of the folder ``data``.

    Args:
        gateway: the line, where there is one now. disks: folders of removable disks.
    """

    def __init__(self, data: Path, gateway: Callable[[], HttpGateway | None] = lambda: None,
                 disks: Callable[[], list[Path]] | None = None) -> None:
        self._data, self._gateway, self._disks = data, gateway, disks or removable

    def state(self) -> UpdateState:
        choice, wanted = layout.choice_of(self._data), layout.wanted_of(self._data)
        try:
            update_store.pin_of(self._data)
            trusted = True
        except BadInput:
            trusted = False
        when = When.NIGHT if wanted is not None and wanted.when == layout.NIGHT else When.NOW
        return UpdateState(update_store.newest_here(self._data), wanted.version if wanted else "", when,
                           choice.before, trusted, tuple(_events(self._data)))

    def look(self, floor: datetime | None) -> NewVersion | None:
        """What a disk that is in has counts before the gateway: somebody brought it."""
        refused: KioskError | None = None
        for disk in self._disks():
            mirror = mirror_in(disk)
            if mirror is None:
                continue
            try:
                found = self._found(mirror, Source.USB, floor)
                if found is not None:
                    return found
            except KioskError as error:  # another disk may be whole
                refused = error
        if refused is not None:
            raise refused
        return self._at_gateway(floor)

    def _at_gateway(self, floor: datetime | None) -> NewVersion | None:
        gateway = self._gateway()
        if gateway is None:
            return None
        return self._found(self._data / layout.FOLDER / MIRROR, Source.GATEWAY, floor, gateway)

    def look_in(self, folder: Path, floor: datetime | None) -> NewVersion | None:
        """Of one folder. Raises BadInput ``update.nothing``."""
        mirror = mirror_in(folder)
        if mirror is None:
            raise BadInput("update.nothing", path=str(folder))
        return self._found(mirror, Source.USB, floor)

    def _found(self, place: Path, source: Source, floor: datetime | None, gateway: HttpGateway | None = None) -> NewVersion | None:
        best = newest(self._mirror(place, floor, gateway).offers(), update_store.newest_here(self._data))
        return self._as_found(best, source, place) if best is not None else None

    def _as_found(self, offer: Offer, source: Source, place: Path) -> NewVersion:
        from ktpel_kiosk.register.driver import SCHEMA_VERSION

        return NewVersion(offer.version, offer.notes, offer.released, offer.size, offer.until, source, place,
                          offer.schema != SCHEMA_VERSION)

    def _mirror(self, place: Path, floor: datetime | None, gateway: HttpGateway | None) -> Mirror:
        """What this desk trusts is its own copy where a service looks after the store: it may not write there."""
        trust = self._trust()
        if gateway is None:
            return Mirror(trust, MirrorFetcher(place), floor=floor)
        line = GatewayLine(gateway, self._data / layout.FOLDER / PARTS)
        return Mirror(trust, MirrorFetcher(line, keep=place), floor=floor)

    def _trust(self) -> Path:
        store = layout.store_of(self._data)
        if not update_store.served_by_system(store):
            return update_store.trust_of(store)
        own = self._data / layout.FOLDER / HERE
        pin(own, pinned(update_store.trust_of(store)))
        return own

    def bring_in(self, found: NewVersion, floor: datetime | None) -> None:
        store = layout.store_of(self._data)
        place = found.place
        if found.source is Source.GATEWAY or update_store.served_by_system(store):
            place = self._carry(found, floor, store)
        update_store.bring_in(self._data, place, found.version, floor)
        for folder in (self._data / layout.FOLDER / MIRROR, self._data / layout.FOLDER / PARTS, store / update_store.ASK / MIRROR):
            shutil.rmtree(folder, ignore_errors=True)

    def _carry(self, found: NewVersion, floor: datetime | None, store: Path) -> Path:
        """A whole small mirror of this one version where the service may read it: it sees neither this folder nor, always, the disk.

        Fetched as by a desk that knows the first root alone: what this one has seen already would be missing in it.
        """
        area = self._data / layout.FOLDER
        to = (store / update_store.ASK if update_store.served_by_system(store) else area) / MIRROR
        fresh, parts = area / CARRIED, area / PARTS
        for folder in (to, fresh):
            shutil.rmtree(folder, ignore_errors=True)
        gateway = self._gateway()
        if found.source is Source.GATEWAY and gateway is None:
            raise BadInput("update.unreadable")
        source = GatewayLine(gateway, parts) if found.source is Source.GATEWAY and gateway is not None else found.place
        try:
            pin(fresh, pinned(self._trust()))
            mirror = Mirror(fresh, MirrorFetcher(source, keep=to), floor=floor)
            offer = next((o for o in mirror.offers() if o.version == found.version), None)
            if offer is None:
                raise BadInput("update.not_there", version=found.version)
            update_store.require_room(self._data, offer)
            mirror.fetch(offer, fresh / "periksa")
            for path in (to, *to.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
        except BadInput:
            shutil.rmtree(parts, ignore_errors=True)  # what was kept of it may be of another file
            raise
        except OSError as error:
            raise storage_trouble(error, to) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return to

    def want(self, version: str, when: When, by: str) -> None:
        today = time.strftime("%Y-%m-%d")
        layout.want(self._data, layout.Wanted(version, str(when), by, today))

    def forget(self) -> str:
        wanted = layout.wanted_of(self._data)
        layout.want(self._data, None)
        return wanted.version if wanted else ""

    def restart(self) -> None:
        wanted = layout.wanted_of(self._data)
        if wanted is not None and wanted.when != layout.NOW:
            layout.want(self._data, layout.Wanted(wanted.version, layout.NOW, wanted.by, wanted.asked))
        update_launch.leave()


def removable() -> list[Path]:
    from ktpel_kiosk.hal.removable import machine_disks

    return [Path(disk.path) for disk in machine_disks().removable()]


def _events(data: Path) -> Iterator[UpdateEvent]:
    for line in layout.history(data):
        with suppress(KeyError, ValueError, TypeError):
            at = datetime.fromisoformat(line["pada"])
            yield UpdateEvent(at if at.tzinfo else at.replace(tzinfo=UTC), str(line["apa"]), str(line["versi"]), str(line.get("sebab", "")))
