"""What the technician answered so far: kept durably after every change, in order, off the GUI thread. Qt-free but for the bridge."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.messages import Sentences
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import KeyState, OfficeAnswers, OfficeSetup, SetupAnswers, SetupStage
from ktpel_kiosk.ui.resources import resource_root

if TYPE_CHECKING:
    from ktpel_kiosk.ui.bridge import Bridge

STAGES = tuple(SetupStage)


def load_sentences() -> Sentences:
    """The error sentences of the house, read when the first one is needed."""
    def read() -> Mapping[str, str]:
        import tomllib
        table: dict[str, str] = {}
        for path in sorted((resource_root() / "i18n" / "id" / "errors").glob("*.toml")):
            table.update({k: str(v) for k, v in tomllib.loads(path.read_text("utf-8")).items()})
        return table

    return Sentences(read)


class Progress:
    """The answers and the passwords beside them. One write is under way at a time; the newest answers win.

    Attributes:
        passwords: user name -> password, in memory only.
        brought: user names whose password came with the Dinas' bundle that is open; nobody here knows it.
        furthest: the last page that was reached; those before it may be opened again.
        roles_missing, keys, devices_ready: what the pages found out last; ``None``: nobody looked yet.
        on_kept: called in the GUI thread with ``None`` after a write, or with what went wrong.
    """

    def __init__(self, setup: OfficeSetup, bridge: Bridge, answers: SetupAnswers) -> None:
        self.setup, self.bridge, self.answers = setup, bridge, answers
        self.sentences = load_sentences()
        self.passwords: dict[str, str] = {}
        self.brought: frozenset[str] = frozenset()
        self.furthest = answers.stage
        self.roles_missing: tuple[Peran, ...] | None = None
        self.keys: KeyState | None = None
        self.devices_ready: tuple[int, int] | None = None
        self.on_kept: Callable[[KioskError | None], None] = lambda _error: None
        self._writing = self._again = False

    def set(self, **changes: Any) -> None:
        """Change fields of :class:`SetupAnswers` and keep them."""
        changed = replace(self.answers, **changes)
        if changed != self.answers:
            self.answers = changed
            self.furthest = max(self.furthest, changed.stage, key=STAGES.index)
            self._keep()

    def set_office(self, **changes: Any) -> None:
        self.set(office=replace(self.answers.office, **changes))

    def _keep(self) -> None:
        if self._writing:
            self._again = True
            return
        self._writing, answers = True, self.answers
        self.bridge.run(lambda: self.setup.keep(answers), lambda _r: self._kept(None), self._kept)

    def _kept(self, error: KioskError | None) -> None:
        self._writing = False
        self.on_kept(error)
        if self._again:
            self._again = False
            self._keep()

    @property
    def settled(self) -> bool:
        """Nothing is being written."""
        return not self._writing

    def flush(self) -> None:
        """Write the newest answers now and wait; for the moment the window is closed."""
        try:
            self.setup.keep(self.answers)
        except KioskError as error:
            self.on_kept(error)

    def sentence(self, error: KioskError) -> str:
        text = self.sentences.of(error)
        return text[:1].upper() + text[1:]

    def without_password(self) -> tuple[str, ...]:
        """User names whose password has to be given (again): passwords are never written down."""
        return tuple(o.username for o in self.answers.officers if not self.has_password(o.username))

    def has_password(self, username: str) -> bool:
        return username in self.passwords or username in self.brought

    def fill(self, answers: SetupAnswers, brought: frozenset[str]) -> None:
        """Everything from a bundle of the Dinas; what was found out about earlier answers is forgotten."""
        self.passwords.clear()
        self.brought, self.roles_missing, self.keys = brought, None, None
        self.answers, self.furthest = answers, STAGES[-1]
        self._keep()

    @property
    def bundle_shut(self) -> bool:
        """The answers came from a bundle that is not open (any more): without it residents and accounts would be missing."""
        return bool(self.answers.bundle) and not self.brought


def station_of(office: OfficeAnswers, place: str) -> str:
    """``3508050-meja-1``: the region's digits and the desk's name, as packets carry it."""
    digits = re.sub(r"\D", "", office.kode_wilayah).ljust(7, "0")
    slug = re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-")
    return f"{digits}-{slug or 'meja-1'}"
