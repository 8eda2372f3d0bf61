"""Pengaturan, Pembaruan: the version now, what was found, what waits, what happened; in words. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import updates
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.updates import NewVersion, Source, UpdateEvent, When
from ktpel_kiosk.ui.first_run.facts import bytes_words
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

SHOWN = 6


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the history."""

    title: str
    words: str
    good: bool
    when: str


@dataclass(frozen=True, slots=True)
class UpdatesView:
    """``waits``: a sentence about ``wanted``; ``begin``: it may be begun now. ``problem``: what keeps this machine from updates."""

    version: str
    wanted: str
    waits: str
    begin: bool
    problem: str
    rows: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class FoundView:
    """A version that was found; ``facts``: where from, when released, how large."""

    title: str
    source: str
    facts: str
    notes: tuple[str, ...]
    remark: str


class UpdatesPresenter:
    """Everything but ``may_search`` and ``may_install`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found: NewVersion | None = None

    def may_search(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["change_settings"])

    def may_install(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["update_software"])

    def load(self) -> UpdatesView:
        state = updates.standing(self.session.desk, self.session.actor)
        key = "malam" if state.when is When.NIGHT else "sekarang"
        waits = word("pembaruan", key).format(versi=state.wanted) if state.wanted else ""
        rows = tuple(self._row(event) for event in reversed(state.events[-SHOWN:]))
        problem = "" if state.trusted else word("pembaruan", "tanpa_root")
        return UpdatesView(state.version, state.wanted, waits, bool(waits) and state.when is When.NOW, problem, rows)

    def _row(self, event: UpdateEvent) -> EventRow:
        return EventRow(f"Versi {event.version}", word("pembaruan_peristiwa", event.what), event.what in ("dipasang", "tetap"),
                        date_long(self.session.local(event.at).date()))

    def look(self) -> FoundView | None:
        self.found = updates.look(self.session.desk, self.session.actor)
        return self._view(self.found) if self.found is not None else None

    def _view(self, found: NewVersion) -> FoundView:
        source = "dari USB" if found.source is Source.USB else "dari gateway"
        facts = f"Dirilis {date_long(found.released)}, {bytes_words(found.size)}"
        remark = word("pembaruan", "register_berubah") if found.changes_register else ""
        return FoundView(f"Versi {found.version}", source, facts, found.notes, remark)

    def agree(self, when: When) -> UpdatesView:
        assert self.found is not None
        updates.agree(self.session.desk, self.session.actor, self.found, when)
        self.found = None
        return self.load()

    def call_off(self) -> UpdatesView:
        updates.call_off(self.session.desk, self.session.actor)
        return self.load()

    def begin(self) -> None:
        updates.begin(self.session.desk, self.session.actor)
