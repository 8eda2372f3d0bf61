"""One page of the operator window over a fake office: opened by class, so the test does not depend on the navigation."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fakes import FakeOffice

from ktpel_kiosk.app.clock import Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.operator_window import OperatorWindow
from ktpel_kiosk.ui.presenters.session import Session

SOON_MS = 20
"""How long the window gathers changes of the register before its page is shown anew; a person gets REFRESH_MS."""


class PageBench:
    """``open`` shows a page for an officer; ``wait`` until its desk calls have come back."""

    def __init__(self, qtbot: Any, office: FakeOffice) -> None:
        self.qtbot, self.office = qtbot, office
        self.windows: list[tuple[OperatorWindow, Bridge]] = []

    def session(self, actor: Actor | None = None) -> Session:
        return Session(self.office.desk, actor or self.office.rina)

    def open(self, key: str, kind: type, actor: Actor | None = None, **args: Any) -> Any:
        bridge = Bridge()
        bridge.listen(self.office.devices, self.office.register)
        window = OperatorWindow(self.office.desk, bridge, actor=actor or self.office.rina)
        window._soon.setInterval(SOON_MS)
        self.windows.append((window, bridge))
        page = kind(window)
        window.stack.addWidget(page)
        window._pages[key] = page
        window.resize(1366, 768)
        window.show()
        self.wait()
        window.go(key, **args)
        self.wait()
        return page

    def wait(self) -> None:
        """All desk calls delivered, and the refreshes they set off."""
        for _ in range(3):
            self.qtbot.waitUntil(lambda: all(not b.pending for _w, b in self.windows), timeout=8000)
            self.qtbot.wait(10)

    def notice(self) -> str:
        return self.windows[-1][0].notice.plain()

    def press(self, key: str) -> None:
        self.windows[-1][0].press(key)
        self.qtbot.wait(2 * SOON_MS)
        self.wait()

    def close(self) -> None:
        for window, bridge in self.windows:
            window.close()
            bridge.close()
            window.deleteLater()


def bench(qtbot: Any, office: str = "tempeh", folder: Path | None = None) -> Iterator[PageBench]:
    """With a folder the office has a real register there instead of one in memory."""
    gc.disable()  # as ui/garbage.py does: a widget that dies on a worker's thread takes the process with it
    try:
        made = PageBench(qtbot, FakeOffice(office, None if folder is None else lambda clock: open_register(folder, clock, Uuid7(clock))))
        yield made
        made.close()
    finally:
        gc.enable()
    if folder is not None:
        made.office.register.close()
