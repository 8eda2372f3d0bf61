"""A production office whose real windows are led by a script: ``python windows_office.py <folder>`` prints what it saw as JSON.

The windows are the program's own (:func:`ktpel_kiosk.app.run.run_windows`); a timer plays the officers. A step is a generator that waits
with ``yield condition``.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PATIENCE_S = 120.0
Wait = Iterator[Callable[[], Any]]


def made_office(root: Path) -> tuple[Path, str]:
    """Its folder and recovery code.

    ``<root>/data`` has accounts, ``<root>/usb`` a copy of it; what the register learned afterwards is in no copy.
    """
    from setup_office import PASSWORDS, another_disk, answers_of

    from ktpel_kiosk.app import backup_places
    from ktpel_kiosk.app.setup import FolderSetup
    from ktpel_kiosk.app.wiring import open_office

    backup_places.on_same_disk = another_disk
    setup = FolderSetup(root / "data", same_disk=another_disk)
    answers = answers_of(setup, root / "usb")
    code = setup.recovery_code()
    setup.finish(answers, PASSWORDS, lambda _t: None)
    setup.close()
    with open_office(root / "data") as kiosk:
        kiosk.register.write(lambda tx: (tx.put_setting("uji", "sesudah"), tx.log("SettingChanged", "uji", "konsol")))
    return root / "data", code


class Player:
    """Runs the steps on the main thread while the windows' own loop turns; ends the program when they take too long."""

    def __init__(self, steps: Callable[[Player], Wait], given: tuple[str, str]) -> None:
        from PySide6.QtCore import QTimer

        self.seen: dict[str, Any] = {}
        self.given = given
        self._steps, self._until = steps(self), time.monotonic() + PATIENCE_S
        self._waiting: Callable[[], Any] = lambda: True
        self._timer = QTimer()
        self._timer.setInterval(30)
        self._timer.timeout.connect(self._turn)
        self._timer.start()

    def _turn(self) -> None:
        from PySide6.QtWidgets import QApplication

        try:
            if self._waiting():
                self._waiting = next(self._steps)
            elif time.monotonic() > self._until:
                raise TimeoutError(f"{self._waiting.__code__.co_firstlineno}: {self.notices()}")
        except StopIteration:
            self._timer.stop()
        except Exception as error:
            self._timer.stop()
            self.seen["trouble"] = repr(error)
            QApplication.exit(70)

    def notices(self) -> list[str]:
        from ktpel_kiosk.ui.widgets.status import NoticeBar

        window = self.window()
        return [bar.plain() for bar in window.findChildren(NoticeBar) if bar.isVisible()] if window is not None else []

    def window(self) -> Any:
        """The operator's window that is on the screen now."""
        from PySide6.QtWidgets import QApplication

        from ktpel_kiosk.ui.operator_window import OperatorWindow

        return next((w for w in QApplication.topLevelWidgets() if isinstance(w, OperatorWindow) and w.isVisible()), None)

    def assistant(self) -> Any:
        from PySide6.QtWidgets import QApplication

        return next((w for w in QApplication.topLevelWidgets() if type(w).__name__ == "SetupWindow" and w.isVisible()), None)

    def sign_in(self, username: str, password: str) -> Wait:
        yield lambda: self.window() is not None and self.window().current == "masuk" and self.window().shown() is not None
        window = self.window()
        page = window.shown()
        page.username.set_value(username)
        page.password.set_value(password)
        page.primary.click()
        yield lambda: window.session.actor.username == username


def put_back(play: Player) -> Wait:
    """The supervisor signs in, looks into the newest copy, gives a reason, the head of section agrees; then the desk goes on."""
    from setup_office import PASSWORDS

    yield from play.sign_in("camat", PASSWORDS["camat"])
    first = play.window()
    play.seen["before"] = first.desk.register.read(lambda v: v.setting("uji"))
    first.go("pengaturan", section="cadangan")
    yield lambda: first.current == "pengaturan" and first.shown() is not None and not first.bridge.pending
    section = first.shown().section("cadangan")
    yield lambda: section.restore.isVisible() and not first.bridge.pending
    section.restore.click()
    view = section.restoring
    yield lambda: view.list.items and not first.bridge.pending
    view.look.click()
    yield lambda: view.report is not None
    view.reason.set_value("latihan di gerbang")
    view.second.username.set_value("joko")
    view.second.password.set_value(PASSWORDS["joko"])
    view.go.click()
    yield lambda: play.window() is not None and play.window() is not first
    yield from play.sign_in("siti", PASSWORDS["siti"])
    second = play.window()
    register = second.desk.register
    play.seen["after"] = register.read(lambda v: v.setting("uji"))
    play.seen["events"] = [x.event for x in register.read(lambda v: v.audit(limit=1000))]
    second.go("loket")
    yield lambda: second.current == "loket" and second.shown() is not None and not second.bridge.pending
    register.write(lambda tx: (tx.put_setting("uji", "lanjut"), tx.log("SettingChanged", "uji", "siti")))
    play.seen["goes_on"] = register.read(lambda v: v.setting("uji"))
    play.seen["whole"] = register.check_audit().whole
    from PySide6.QtWidgets import QApplication
    play.seen["windows"] = [type(w).__name__ for w in QApplication.topLevelWidgets() if "OperatorWindow" in type(w).__name__]
    play.seen["watches"] = sum(thread.name == "ui-watch" for thread in threading.enumerate())
    second.let_out(leave_close())


def come_back(play: Player) -> Wait:
    """A new machine: the assistant, the copy, its code; then the desk opens at the sign-in page with the accounts of the old one."""
    from setup_office import PASSWORDS

    usb, code = play.given
    yield lambda: play.assistant() is not None
    window = play.assistant()
    page = window.page(window.stage)
    page.modes.items["pulih"].click()
    window.forward()
    yield lambda: page.restoring is not None and not window.bridge.pending
    flow = page.restoring
    flow.places.take(usb)
    window.forward()
    yield lambda: flow.at == 1 and not window.busy
    flow.key.code.set_value(code.lower())
    window.forward()
    yield lambda: flow.at == 2 and not window.busy
    play.seen["facts"] = [flow.facts.itemAt(i).widget().text() for i in range(flow.facts.count())]
    flow.reason.set_value("komputer lama rusak")
    window.forward()
    yield lambda: flow.made and not window.busy
    window.forward()
    yield from play.sign_in("siti", PASSWORDS["siti"])
    desk = play.window()
    play.seen["events"] = [x.event for x in desk.desk.register.read(lambda v: v.audit(limit=1000))]
    play.seen["whole"] = desk.desk.register.check_audit().whole
    desk.let_out(leave_close())


def leave_close() -> Any:
    from ktpel_kiosk.desk.leaving import Leave
    return Leave.CLOSE


def main(root: Path, new: bool) -> int:
    from PySide6.QtWidgets import QApplication

    import quick_secrets
    from ktpel_kiosk.app.run import run_windows

    quick_secrets.use()
    data, secret = made_office(root)
    app = QApplication(sys.argv[:1])
    play = Player(come_back if new else put_back, (str(root / "usb"), secret))
    data = root / "baru" if new else data
    code = run_windows("", data)
    print(json.dumps({**play.seen, "code": code, "old": [p.name for p in data.glob("register.lama-*")],
                      "pending": (data / "pemulihan.json").exists()}))
    del app
    return 0


if __name__ == "__main__":
    tests = HERE.parents[1]
    sys.path[:0] = [str(tests), str(tests / "app")]
    raise SystemExit(main(Path(sys.argv[1]), "baru" in sys.argv[2:]))
