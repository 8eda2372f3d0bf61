"""Where the officer was: page, ids and part in a small file, so that a restart leads back to it. Ids only, never what was typed.

The file is written at most once a second, renamed into its place and not forced to the disk: it survives the process, and losing it in
a power cut costs two clicks.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

FILE = "tempat.json"
KEPT_S = 12 * 3600
OPENING_S = 20.0
NO_PLACE = frozenset({"", "masuk", "keluar"})


@dataclass(frozen=True, slots=True)
class Place:
    """``ids``: arguments for the page's ``opened``."""

    officer: str
    page: str
    ids: dict[str, str] = field(default_factory=dict)


def read_place(path: Path, now: float | None = None) -> Place | None:
    """The place kept, unless it is too old or damaged."""
    try:
        found = json.loads(path.read_text("utf-8"))
        if not 0 <= (time.time() if now is None else now) - float(found["pada"]) < KEPT_S:
            return None
        return Place(str(found["petugas"]), str(found["halaman"]), {str(k): str(v) for k, v in found["isi"].items()})
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None


def write_place(path: Path, place: Place) -> None:
    text = json.dumps({"petugas": place.officer, "halaman": place.page, "isi": place.ids, "pada": time.time()})
    beside = path.with_suffix(".baru")
    with suppress(OSError):  # the desk works without it
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)


class PlaceKeeper(QObject):
    """Looks once a second where the officer is. ``folder`` None: nothing is kept (tests, tours)."""

    def __init__(self, shell: OperatorWindow, folder: Path | None) -> None:
        super().__init__(shell)
        self._shell = shell
        self._path = folder / FILE if folder is not None else None
        self._written: Place | None = None
        self._held: Place | None = None
        self._held_until = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.look)
        if self._path is not None:
            self._timer.start()

    @property
    def keeps(self) -> bool:
        """Whether this window remembers anything over a restart."""
        return self._path is not None

    def last(self) -> Place | None:
        """Where somebody was when the program ended without anybody's leave."""
        return read_place(self._path) if self._path is not None else None

    def look(self) -> None:
        """Write the place down when it changed; a locked screen keeps the one before."""
        page, officer = self._shell.shown(), self._shell.session.actor.username
        if self._path is None or page is None or not officer or self._shell.current in NO_PLACE:
            return
        place = Place(officer, self._shell.current, page.place())
        if self._held is not None and place.page == self._held.page and time.monotonic() < self._held_until:
            if set(place.ids) < set(self._held.ids):
                return  # still being opened: a second crash meanwhile must not forget it
            self._held = None
        if place != self._written:
            self._written, path = place, self._path
            self._shell.bridge.run(lambda: write_place(path, place), lambda _r: None)

    def returning(self, place: Place) -> None:
        """The page is about to open what was open: until it has, the place stays as it is."""
        self._held, self._held_until = place, time.monotonic() + OPENING_S

    def left(self) -> None:
        """Somebody let the windows close, or signed out: the next start begins at the beginning."""
        self._timer.stop()
        self.forget()

    def forget(self) -> None:
        self._written = None
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
