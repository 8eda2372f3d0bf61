"""Starting the two windows on a desk: the entry used by ``ktpel-kiosk run`` and by the tour."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from ktpel_kiosk.ui import practice_mark
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.choices import Choices
from ktpel_kiosk.ui.kiosk import Beat, KioskGuard
from ktpel_kiosk.ui.kiosk_screens import Screens, in_order
from ktpel_kiosk.ui.kiosk_sleep import Sleep
from ktpel_kiosk.ui.operator_window import OperatorWindow
from ktpel_kiosk.ui.theme import Theme, prepare_application, screen_scale, text_scale

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.ui.applicant_window import ApplicantWindow

LOOK_FILE = "ui.json"


@dataclass
class Windows:
    """The running pair; the applicant's window is made at first use, after the operator's is on screen. ``close`` ends the bridge too."""

    app: QApplication
    operator: OperatorWindow
    bridge: Bridge

    @cached_property
    def applicant(self) -> ApplicantWindow:
        from ktpel_kiosk.desk import ikm, notices
        from ktpel_kiosk.ui.applicant.controls import join
        from ktpel_kiosk.ui.applicant_window import ApplicantWindow
        desk, bridge = self.operator.desk, self.bridge
        made = ApplicantWindow(desk.sop, second_screen=len(self.app.screens()) > 1)
        made.set_contrast(self.operator.theme.contrast)
        if desk.practice is not None:
            practice_mark.mark(made, practice_mark.APPLICANT)
        made.surveyed.connect(lambda layanan, scores, profile: bridge.run(
            lambda: ikm.store_survey(desk, layanan, scores, profile), lambda _r: None, self.operator.show_error, owner=made))
        bridge.run(lambda: notices.maklumat(desk), made.set_maklumat, lambda _e: None, owner=made)
        join(self.operator, made)
        self.operator.applicant = made
        return made

    def end(self) -> None:
        """Leave the main loop, whoever asks. Not ``quit``: that asks the windows first, and the kiosk's say no."""
        self.app.exit(0)

    def close(self) -> None:
        if self.operator.kiosk is not None:
            self.operator.kiosk.free = True
        self.operator.close()
        if self.operator.applicant is not None:
            self.operator.applicant.close()
        self.bridge.close()


def load_look(data: Path | None) -> tuple[str, str]:
    """(contrast, text size) this machine's officer chose last; a damaged file counts as none."""
    try:
        found = json.loads((data / LOOK_FILE).read_text("utf-8")) if data else {}
    except (OSError, ValueError, RecursionError):
        found = {}
    found = found if isinstance(found, dict) else {}
    contrast, size = str(found.get("contrast", "light")), str(found.get("text_size", "normal"))
    return (contrast if contrast in ("light", "contrast") else "light"), size


def save_look(data: Path, contrast: str, text_size: str) -> None:
    """Keep the look beside the office's other settings; losing it costs nothing."""
    save_choices(data, contrast=contrast, text_size=text_size)


def save_choices(data: Path, **chosen: object) -> None:
    """Change some of what this machine remembers of its screens; the rest stays."""
    try:
        path = data / LOOK_FILE
        before = json.loads(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(json.dumps({**before, **chosen}), encoding="utf-8")
    except (OSError, ValueError, TypeError, RecursionError):
        return


def screens_swapped(data: Path | None) -> bool:
    """Whether the applicant sits at the first screen of this desk."""
    try:
        return bool(data and json.loads((data / LOOK_FILE).read_text("utf-8")).get("swapped"))
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def make_windows(desk: Desk, *, data: Path | None = None, actor: Actor | None = None, place: str = "Meja 1",
                 size: tuple[int, int] | None = None) -> Windows:
    """Build the windows, not shown yet; ask for ``.applicant`` before the recording page is opened.

    Args:
        size: fixes the look for that size, else the screen decides.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    # X11 would join the points of a finger or mouse into few while the window is busy; a signature needs them all
    app.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    prepare_application(app)
    contrast, text_size = load_look(data)
    room = app.primaryScreen().availableSize()
    width, height = size or (room.width(), room.height())
    theme = Theme(contrast, round(screen_scale(width, height) * text_scale(text_size), 2))
    bridge = Bridge()
    operator = OperatorWindow(desk, bridge, actor=actor, theme=theme, place=place, data=data)
    operator.text_size = text_size
    operator.choices = Choices(data)
    if data is not None:
        folder = data
        operator.on_theme = lambda c, s: save_look(folder, c, s)
    bridge.listen(desk.devices, desk.register)
    return Windows(app, operator, bridge)


def start_windows(desk: Desk, *, windowed: bool = False, on_ready: Callable[[], None] | None = None, exit_when_ready: bool = False,
                  data: Path | None = None, place: str = "Meja 1") -> int:
    """Show both windows and run until the operator's is closed; returns the exit code.

    Args:
        windowed: ordinary windows for training; otherwise full screen.
        on_ready: called once the operator window is usable (start the network thread, load heavy libraries there).
        exit_when_ready: leave at that moment (start-up benchmark).
        data: folder that remembers colours and text size of this desk; ``None`` forgets them.
    """
    windows = make_windows(desk, data=data, place=place)
    swapped = screens_swapped(data)
    _place_operator(windows, windowed, swapped)
    if not windowed:
        windows.operator.kiosk = KioskGuard(windows.operator)
    windows.app.processEvents()
    beat = Beat(windows.end, windows.app)
    if on_ready is not None:
        on_ready()
    if exit_when_ready:
        windows.close()
        return 0
    _place_applicant(windows, windowed)
    if windows.operator.kiosk is not None:
        windows.operator.kiosk.hold(windows.applicant)
        _keep_screens(windows, swapped, data)
    sleep = Sleep(windows.operator)
    sleep.woke.connect(windows.operator.woke)
    sleep.clock_moved.connect(windows.operator.clock_moved)
    windows.app.setQuitOnLastWindowClosed(False)
    windows.operator.closed.connect(windows.end)
    for asked_to_end in (signal.SIGINT, signal.SIGTERM):  # the window's clock lets Python look at signals once a second
        signal.signal(asked_to_end, lambda _number, _frame: windows.end())
    behind_the_windows(windows.operator)
    from ktpel_kiosk.ui.code_listener import CodeListener
    listener = CodeListener(desk.devices, lambda code: windows.bridge.post(lambda: windows.operator.code_read(code)))
    listener.start()
    try:
        return int(windows.app.exec())
    finally:
        beat.ending()
        listener.stop()
        windows.close()


def forget_windows() -> None:
    """Between two offices of one process (a restore): the closed windows go now, with their timers and watches, not with the garbage."""
    import gc

    for window in QApplication.topLevelWidgets():
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def behind_the_windows(operator: OperatorWindow) -> None:
    """What keeps the windows quick: pages made ready while nobody waits, garbage swept then, stalls written down."""
    from ktpel_kiosk.ui.dismantle import Dismantler
    from ktpel_kiosk.ui.garbage import Sweeper
    from ktpel_kiosk.ui.opening import Opening
    from ktpel_kiosk.ui.prebuild import Prebuilder
    from ktpel_kiosk.ui.watch import watch_over
    operator.opening = Opening(operator)
    operator.dismantler = Dismantler(operator)
    Prebuilder(operator)
    Sweeper(operator)
    watch_over(operator)


def _place_operator(windows: Windows, windowed: bool, swapped: bool) -> None:
    operator = windows.operator
    if windowed:
        operator.resize(1366, 768)
        operator.show()
        return
    first = in_order(windows.app.screens(), windows.app.primaryScreen(), swapped)[0]
    operator.setGeometry(first.geometry())
    operator.showFullScreen()


def _place_applicant(windows: Windows, windowed: bool) -> None:
    """Windowed: beside the officer's. In kiosk mode the screens decide (:mod:`ktpel_kiosk.ui.kiosk_screens`)."""
    if windowed:
        windows.applicant.resize(1024, 600)
        windows.applicant.show()


def _keep_screens(windows: Windows, swapped: bool, data: Path | None) -> None:
    screens = windows.operator.screens = Screens(windows, swapped=swapped)
    if data is not None:
        folder = data
        screens.on_swap = lambda now: save_choices(folder, swapped=now)
    screens.arrange()
