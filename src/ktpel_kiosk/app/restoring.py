"""Copies looked into, put back and rehearsed in one office folder: :class:`ktpel_kiosk.ports.restore.Restore`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ktpel_kiosk.app import copy_sets, restore
from ktpel_kiosk.app.backup_places import FOLDER
from ktpel_kiosk.app.copy_sets import CopyInfo, CopySet
from ktpel_kiosk.app.office import PENDING_RESTORE, UNFINISHED, OfficeSettings, settings_of, write_settings
from ktpel_kiosk.domain.errors import BadInput, KeyUnavailable, KioskError
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.ports.restore import Agreed, CopyReport, Drill, FoundCopy, Opening, Series, SheetRead

if TYPE_CHECKING:
    from ktpel_kiosk.app.clock import PracticeClock, SystemClock
    from ktpel_kiosk.register.backup import CopyFacts
    from ktpel_kiosk.register.store import SqlRegister


class FolderRestore:
    """Of the folder ``data``.

    Args:
        register: the open register of this folder, which takes no writing any more once a restore was agreed; ``None`` where none opens.
    """

    def __init__(self, data: Path, clock: SystemClock | PracticeClock, register: SqlRegister | None = None) -> None:
        self._data, self._clock, self._register = data, clock, register

    def copies(self, folder: Path) -> Sequence[FoundCopy]:
        now, found = self._clock.now(), []
        for place in (folder, folder / FOLDER):
            with suppress(OSError):
                found += copy_sets.sets_in(place, now)
        return [found_of(c) for c in copy_sets.newest_first(found)]

    def examine(self, copy: Path, opening: Opening) -> CopyReport:
        chosen = self._set(copy)
        key = self._key(chosen, opening)
        facts, info = copy_sets.proved(chosen, key)
        self._require_own(info, chosen)
        present = restore.present_of(self._data, key).facts
        applied = sealed = acts = None
        if present is not None:
            applied, sealed = max(0, present.applied - facts.applied), max(0, present.sealed - facts.sealed)
            acts = max(0, present.length - facts.length)
        return CopyReport(found_of(chosen), facts.applied, facts.sealed, series(facts, present), applied, sealed, acts,
                          len(info.packets) if info is not None else 0)

    def restore(self, copy: Path, opening: Opening, agreed: Agreed, told: Callable[[str], None]) -> None:
        chosen = self._set(copy)
        key = self._key(chosen, opening)
        _facts, info = copy_sets.proved(chosen, key)
        self._require_own(info, chosen)
        if settings_of(self._data) is None:
            self._found_office(chosen, key, info, agreed, told)
            return
        if self._register is not None:
            self._register.freeze()
        try:
            restore.prepare(self._data, chosen, key, agreed, self._clock, told)
        except BaseException:
            if self._register is not None and not (self._data / PENDING_RESTORE).exists():
                self._register.freeze(False)
            raise

    def read_sheet(self, typed: str) -> SheetRead:
        from ktpel_kiosk.register.shares import read_share

        share = read_share(typed)
        return SheetRead(share.set_id, share.number, share.needed)

    def drill(self, copy: Path, opening: Opening) -> Drill:
        chosen, began = self._set(copy), perf_counter()
        applied, acts = restore.drill(chosen, self._key(chosen, opening), self._data, self._clock)
        return Drill(found_of(chosen), applied, acts, perf_counter() - began)

    def _set(self, path: Path) -> CopySet:
        return next((c for c in copy_sets.sets_in(path.parent, self._clock.now()) if c.path == path), None) or _none(path)

    def _key(self, copy: CopySet, opening: Opening) -> bytes:
        machine = self._data / "register" / "machine.key"
        try:
            return copy_sets.key_of(copy, opening.code, opening.sheets, machine if machine.exists() else None)
        except KeyUnavailable:
            here = restore.opens_with_machine(self._data) if opening == Opening() else None
            if here is None:
                raise
            return here  # the machine's key was made anew since; the register's key is the same, and whoever opens the copy checks it

    def _require_own(self, info: CopyInfo | None, copy: CopySet) -> None:
        """Raises BadInput ``restore.other_office``, ``restore.no_note``."""
        here = settings_of(self._data)
        if here is None and (info is None or not info.settings):
            raise BadInput("restore.no_note", path=str(copy.path))
        if here is not None and info is not None and info.station and (info.office, info.station) != (here.office, here.station):
            raise BadInput("restore.other_office", found=f"{info.office} {info.station}", expected=f"{here.office} {here.station}")

    def _found_office(self, copy: CopySet, key: bytes, info: CopyInfo | None, agreed: Agreed, told: Callable[[str], None]) -> None:
        """An office that was somewhere else before: register first, marked as unfinished, ``office.json`` last."""
        from ktpel_kiosk.app import sops
        from ktpel_kiosk.app.setup_finish import clear_leftovers, tidy
        from ktpel_kiosk.domain.sop_file import parse_sop
        from ktpel_kiosk.packet.station_keys import StationKeys

        if info is None:
            raise BadInput("restore.no_note", path=str(copy.path))
        try:
            settings = OfficeSettings(**info.settings)
        except TypeError as error:
            raise BadInput("restore.no_note", path=str(copy.path)) from error
        clear_leftovers(self._data)
        StationKeys(self._data / "keys").make()
        restore.prepare(self._data, copy, key, agreed, self._clock, told, mark=UNFINISHED)
        restore.finish(self._data)
        sop = parse_sop(info.sop, name=copy.path.name)
        write_durably(self._data / "sop" / f"{sop.id}.toml", sop.source_text.encode())
        sops.keep(self._data, sop)
        write_settings(self._data, settings)
        told("Kantor siap dipakai.")
        tidy(self._data)


def found_of(copy: CopySet) -> FoundCopy:
    info = copy.info
    return FoundCopy(copy.path, copy.at, _office_name(info), info.station if info else "", info.applied if info else 0)


def _office_name(info: CopyInfo | None) -> str:
    from ktpel_kiosk.domain.sop_file import parse_sop

    with suppress(KioskError):
        return parse_sop(info.sop, name="salinan").kantor.nama if info is not None and info.sop else info.office if info else ""
    return info.office if info is not None else ""


def series(facts: CopyFacts, present: CopyFacts | None) -> tuple[Series, ...]:
    """Every series of the newest year, and of others where the present register went on."""
    now = present.numbers if present is not None else None
    names = sorted({*facts.numbers, *(now or {})})
    return tuple(Series(name, year, facts.numbers.get((name, year), 0), now.get((name, year), 0) if now is not None else None)
                 for name, year in names)


def _none(path: Path) -> CopySet:
    raise BadInput("backup.no_copy", path=str(path))
