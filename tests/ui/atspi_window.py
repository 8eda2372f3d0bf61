"""A program of its own for test_atspi.py: the operator window on a fake desk, shown on the display it is given, until its input ends."""

from __future__ import annotations

import sys
import threading

from every_screen import furnished, open_windows

office = furnished()
windows = open_windows(office, (1366, 768))
windows.app.setApplicationName("ktpel-atspi")
windows.operator.go("loket")


def wait_for_the_end() -> None:
    sys.stdin.read()
    windows.bridge.post(windows.app.quit)


threading.Thread(target=wait_for_the_end, daemon=True).start()
windows.app.exec()
windows.close()
