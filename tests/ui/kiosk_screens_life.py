"""The kiosk's two windows on a real X server; answers on stdout what stands where, each time a line comes on stdin."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from fakes import FakeOffice
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.app import make_windows
from ktpel_kiosk.ui.kiosk import KioskGuard
from ktpel_kiosk.ui.kiosk_screens import Screens


class Ear(QObject):
    heard = Signal(str)

    def listen(self) -> None:
        for line in sys.stdin:
            self.heard.emit(line.strip())
            if line.strip() == "end":
                return


def main() -> None:
    office = FakeOffice()
    windows = make_windows(office.desk, actor=office.rina)
    operator, applicant = windows.operator, windows.applicant
    operator.kiosk = KioskGuard(operator)
    operator.kiosk.hold(applicant)
    operator.showFullScreen()
    screens = operator.screens = Screens(windows)
    screens.arrange()

    def where(window: QWidget) -> dict[str, Any]:
        g = window.geometry()  # what covers the screen; a frame outside it is nobody's business
        return {"visible": window.isVisible(), "screen": window.screen().name(), "at": [g.x(), g.y(), g.width(), g.height()],
                "minimised": window.isMinimized(), "active": window.isActiveWindow(), "full": window.isFullScreen()}

    def answer() -> None:
        print(json.dumps({
            "screens": {s.name(): list(screens.room(s).getRect()) for s in windows.app.screens()},
            "operator": where(operator), "applicant": where(applicant), "notice": operator.notice.plain(),
            "scale": operator.theme.scale, "shared": applicant.shared, "app": windows.app.applicationState().name,
            "settled": not (screens._soon.isActive() or screens._later.isActive() or windows.bridge.pending),
        }), flush=True)

    def heard(line: str) -> None:
        if line == "end":
            print("{}", flush=True)
            operator.kiosk.free = True  # type: ignore[union-attr]
            windows.app.exit(0)
        elif line == "swap":
            screens.swap(not screens.swapped)
        elif line == "small":
            operator.windowHandle().showNormal()
        elif line == "sign":
            applicant.sign()
        if line != "end":
            QTimer.singleShot(0, answer)

    ear = Ear()
    ear.heard.connect(heard)
    threading.Thread(target=ear.listen, daemon=True).start()
    answer()
    windows.app.setQuitOnLastWindowClosed(False)
    windows.app.exec()
    windows.close()


if __name__ == "__main__":
    main()
