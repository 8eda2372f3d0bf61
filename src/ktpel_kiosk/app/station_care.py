"""Looking after this office's folder: :class:`ktpel_kiosk.ports.station_care.StationCare` over its keys, settings and copies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import BadInput, KeyUnavailable
from ktpel_kiosk.ports.setup import BackupPlace, FoundBundle, KeyState
from ktpel_kiosk.ports.station_care import Copies, Sheet, Sheets

if TYPE_CHECKING:
    from ktpel_kiosk.app.kiosk import Kiosk
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.domain.provision import Taken
    from ktpel_kiosk.ports.restore import Restore
    from ktpel_kiosk.register.keys import KeyStore

KNOWN_S = 60.0
"""How long what a disk showed is believed: the board asks at every change of the register."""


class FolderCare:
    """Of a production office.

    Args:
        certificates_changed: somebody keeps what the certificates said and should forget it.
    """

    def __init__(self, kiosk: Kiosk, certificates_changed: Callable[[], None] = lambda: None) -> None:
        self._kiosk, self._certificates_changed = kiosk, certificates_changed
        self._lock = threading.Lock()
        self._copies: tuple[float, Copies] | None = None
        self._keys: tuple[object, KeyState] | None = None

    # -- keys and line ------------------------------------------------------------------------------------------------

    def keys(self) -> KeyState:
        """Read again only where a file of the folder changed."""
        from ktpel_kiosk.app.renewing import stamps
        from ktpel_kiosk.app.setup import key_state

        folder = self._kiosk.station_keys.folder
        now = stamps((folder, *sorted(folder.glob("*"))))
        if self._keys is None or self._keys[0] != now:
            self._keys = (now, key_state(self._kiosk.station_keys, self._kiosk.settings.station))
        return self._keys[1]

    def write_request(self, office: str, folder: Path) -> Path:
        return self._kiosk.station_keys.write_requests(self._kiosk.settings.station, office, folder)

    def take_certificates(self, source: Path) -> KeyState:
        from ktpel_kiosk.packet.station_intake import take

        take(self._kiosk.station_keys, source, self._kiosk.clock.now())
        self._certificates_changed()
        return self.keys()

    def set_gateway_address(self, url: str) -> None:
        from ktpel_kiosk.app.office import write_settings
        from ktpel_kiosk.app.setup_checks import gateway_stands

        if url and not gateway_stands(url):
            raise BadInput("setup.gateway_url")
        write_settings(self._kiosk.data, replace(self._kiosk.settings, gateway_url=url))
        self._kiosk.address()

    # -- bundles of the Dinas -----------------------------------------------------------------------------------------

    def bundles(self) -> Sequence[FoundBundle]:
        from ktpel_kiosk.app import provision
        return provision.plugged_in()

    def look_at_bundle(self, path: Path) -> FoundBundle:
        from ktpel_kiosk.app import provision
        return provision.look_at(path)

    def take_bundle(self, actor: Actor, path: Path, passphrase: str) -> Taken:
        from ktpel_kiosk.app import provision

        taken = provision.take_into(self._kiosk, actor, provision.opened(path, passphrase))
        self._certificates_changed()
        return taken

    # -- copies -------------------------------------------------------------------------------------------------------

    def copies(self, *, fresh: bool = False) -> Copies:
        with self._lock:
            known, now = self._copies, self._kiosk.clock.monotonic()
            if fresh or known is None or now - known[0] >= KNOWN_S or known[1].place != self._place():
                known = self._copies = (now, self._look())
            return known[1]

    def _place(self) -> str:
        from ktpel_kiosk.app.backup import place_of
        return place_of(self._kiosk.register)

    def _look(self) -> Copies:
        from ktpel_kiosk.app.backup import copies_in
        from ktpel_kiosk.app.backup_places import free_bytes, on_same_disk, reachable
        from ktpel_kiosk.app.sentences import load_sentences

        place, code = self._place(), self._code()
        folder = Path(place)
        if not place or not reachable(folder):
            return Copies(place, code=code)
        made = [at for at, _path in copies_in(folder, self._kiosk.clock.now())]
        problem = load_sentences().text("backup.same_disk") if on_same_disk(folder, self._kiosk.data) else ""
        return Copies(place, True, max(made, default=None), len(made), free_bytes(folder), problem, code)

    def _code(self) -> str:
        from ktpel_kiosk.desk.station_care import CODE

        mark = self._store().secret_mark()
        if not mark:
            return "none"
        return "proved" if self._kiosk.register.read(lambda v: v.setting(CODE)) == mark else "unproved"

    def copy_now(self, officer: str) -> Path:
        from ktpel_kiosk.app.backup import copy_by_hand
        from ktpel_kiosk.app.backup_places import reachable

        place = self._place()
        if place and not reachable(Path(place)):
            raise BadInput("backup.unwritable", path=place)
        made = copy_by_hand(self._kiosk.register, self._kiosk.data, None, officer)
        self._forget()
        return made

    def places(self) -> Sequence[BackupPlace]:
        from ktpel_kiosk.app.backup_places import on_same_disk, places
        from ktpel_kiosk.hal.removable import machine_disks

        disks = machine_disks()
        return places(self._kiosk.data, disks.removable(), disks.fixed(), on_same_disk)

    def try_place(self, path: Path) -> BackupPlace:
        from ktpel_kiosk.app.backup_places import on_same_disk, tried

        self._forget()
        return tried(self._kiosk.data, path, self.places(), on_same_disk)

    # -- the recovery code --------------------------------------------------------------------------------------------

    def new_code(self) -> str:
        from ktpel_kiosk.app.backup import new_code
        return new_code()

    def use_code(self, code: str) -> str:
        store = self._store()
        store.set_secret(store.unlock_with_machine(), code)
        self._forget()
        return store.secret_mark()

    def prove_code(self, typed: str) -> str:
        store = self._store()
        if not store.secret_mark():
            raise BadInput("backup.code_none")
        try:
            store.unlock_with_secret(typed)
        except KeyUnavailable as error:
            if error.message_key != "register.wrong_secret":
                raise
            raise BadInput("backup.code_wrong") from error
        self._forget()
        return store.secret_mark()

    # -- putting back, sheets ----------------------------------------------------------------------------------------

    def restoring(self) -> Restore:
        from ktpel_kiosk.app.restoring import FolderRestore
        return FolderRestore(self._kiosk.data, self._kiosk.clock, self._kiosk.register)

    def sheets(self) -> Sheets:
        state = self._store().shares_state()
        return Sheets(state.set_id, state.needed, state.count) if state is not None else Sheets()

    def make_sheets(self, needed: int, count: int, handed: Callable[[Sequence[Sheet]], None]) -> Sheets:
        from ktpel_kiosk.register.shares import Share, qr_text, words_of

        def pass_on(made: Sequence[Share]) -> None:
            handed([Sheet(s.set_id, s.number, needed, count, words_of(s), qr_text(s)) for s in made])

        store = self._store()
        store.set_shares(store.unlock_with_machine(), needed, count, pass_on)
        self._forget()
        return self.sheets()

    def _store(self) -> KeyStore:
        from ktpel_kiosk.register.keys import KeyStore
        return KeyStore(self._kiosk.data / "register" / "register.key")

    def _forget(self) -> None:
        with self._lock:
            self._copies = None
