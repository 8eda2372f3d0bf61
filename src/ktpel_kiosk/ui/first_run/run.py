"""Running the assistant; the same process opens the desk's windows afterwards."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.kiosk import Beat
from ktpel_kiosk.ui.theme import prepare_application

if TYPE_CHECKING:
    from ktpel_kiosk.ports.services import Biometrics
    from ktpel_kiosk.ports.setup import OfficeSetup


def start_setup(setup: OfficeSetup, *, windowed: bool = False, look: tuple[str, str] = ("light", "normal"),
                on_look: Callable[[str, str], None] = lambda _contrast, _size: None,
                judge: Callable[[], Biometrics] | None = None) -> str:
    """Show the assistant and stay until it is done or left.

    Args:
        windowed: an ordinary window; otherwise full screen.
        look: (contrast, text size) to begin with, see :func:`ktpel_kiosk.ui.app.load_look`.
        on_look: told when they are changed, so that the desk opens with them.
        judge: gives what measures the quality of a test touch; without it the picture is shown and not measured.

    Returns:
        ``production`` (the office was made), ``practice`` (a practice office was made), or empty: left; the answers are kept.
    """
    from ktpel_kiosk.ui.first_run.window import SetupWindow

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    prepare_application(app)
    stays = app.quitOnLastWindowClosed()
    app.setQuitOnLastWindowClosed(False)  # the desk's windows follow in this process
    bridge = Bridge()
    loop = QEventLoop()
    beat = Beat(loop.quit, app)  # the watchdog ends a window process that never says it lives
    window = SetupWindow(setup, bridge, look=look, on_look=on_look, judge=judge)
    window.ended.connect(lambda _how: loop.quit())
    app.aboutToQuit.connect(loop.quit)
    before = {number: signal.signal(number, lambda _n, _f: loop.quit()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if windowed:
            window.resize(1366, 768)
            window.show()
        else:
            window.setGeometry(app.screens()[0].geometry())
            window.showFullScreen()
        loop.exec()
        return window.result
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        beat.stop()
        window.close()
        bridge.close()
        window.deleteLater()
        app.setQuitOnLastWindowClosed(stays)
