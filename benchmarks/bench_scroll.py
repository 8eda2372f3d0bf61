"""Scrolling 100,000 applications in the Register page against a bare QTableView over a plain model of the same size, in one run.

Real events: the wheel, PageDown, arrows, the bar dragged through the whole list, End and Home. A frame is the time from an event until the
loop is idle again, the window painted. Two figures: ours against the bare table (99th hundredth of a frame), and the longest frame
against 50 ms; the worse one counts. Frames are processor time of the GUI thread, so that a busy machine does not count as a stutter;
wall time stands in the detail and counts where KTPEL_QUIET=1 says that the machine is quiet.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from register_fixture import big_office

ROWS = 100_000
SIZE = (1366, 768)
TIMES = 1.5
"""How much dearer a frame of ours may be: nine columns, chips, bold names, rows on their way against plain text."""
LONGEST_MS = 50.0


def run() -> tuple[float, float, str]:
    folder = big_office(ROWS)
    environment = {**os.environ}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run([sys.executable, __file__, str(folder)], env=environment, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-3000:]
    f = json.loads(done.stdout.splitlines()[-1])
    counted = "wall" if os.environ.get("KTPEL_QUIET") == "1" else "cpu"
    ours, bare = f["ours"], f["bare"]
    ratio = max(ours[counted]["p99"] / max(0.5, bare[counted]["p99"]) / TIMES, ours[counted]["longest"] / LONGEST_MS)
    detail = (f"{counted} counts; frame p99 {ours['cpu']['p99']:.1f} ms of processor ({ours['wall']['p99']:.1f} wall), bare table "
              f"{bare['cpu']['p99']:.1f} ({bare['wall']['p99']:.1f}); longest {ours['cpu']['longest']:.0f} ms "
              f"({ours['wall']['longest']:.0f}) in {ours['worst']}, limit {LONGEST_MS:.0f}; bare {bare['cpu']['longest']:.0f}; "
              f"{ours['frames']} frames; "
              f"rows on their way "
              f"stood after a jump for {f['bars_ms']:.0f} ms; {f['rows']:,} rows")
    return ratio, 1.0, detail


Frame = tuple[str, float, float]


class Hand:
    """Moves a table as a person does; every event is a frame."""

    def __init__(self, app: Any, view: Any, rest: Callable[[], None]) -> None:
        self.app, self.view, self.frames = app, view, list[Frame]()
        self._rest = rest

    def frame(self, name: str, event: Callable[[], None]) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        event()
        self.app.processEvents()
        self.frames.append((name, (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000))

    def idle(self, seconds: float) -> None:
        """Answers of the register come in meanwhile; each turn of the loop is a frame too."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.frame("answers", lambda: None)
            time.sleep(0.004)

    def all(self) -> None:
        for _ in self._moves():
            self.idle(0.01)
        self._rest()

    def _moves(self) -> Iterator[None]:
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QStyle, QStyleOptionSlider
        view, bar, port = self.view, self.view.verticalScrollBar(), self.view.viewport()

        def wheel(steps: int) -> None:
            at = QPointF(port.rect().center())
            self.app.sendEvent(port, QWheelEvent(at, QPointF(port.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, -120 * steps),
                                                 Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
                                                 False))

        view.setFocus()
        for n in range(150):
            self.frame("wheel", lambda: wheel(1))
            yield
            if n % 50 == 49:
                self.idle(0.1)
        for key, times in ((Qt.Key.Key_PageDown, 60), (Qt.Key.Key_Down, 60), (Qt.Key.Key_End, 1), (Qt.Key.Key_PageUp, 30),
                           (Qt.Key.Key_Home, 1), (Qt.Key.Key_End, 1), (Qt.Key.Key_Home, 1)):
            for _ in range(times):
                self.frame(str(key.name), lambda key=key: QTest.keyClick(view, key))  # type: ignore[misc]
                yield
            self.idle(0.1)
        option = QStyleOptionSlider()
        bar.initStyleOption(option)
        handle = bar.style().subControlRect(QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, bar).center()
        QTest.mousePress(bar, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, handle)
        for y in range(handle.y(), bar.height() - 8, 3):
            self.frame("drag", lambda y=y: QTest.mouseMove(bar, QPoint(handle.x(), y)))  # type: ignore[misc]
            yield
        QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(handle.x(), bar.height() - 9))
        self.idle(0.2)
        for n in range(40):
            bar.setValue(round(bar.maximum() * (n * 7 % 40) / 40))
            self.frame("jump", lambda: None)
            yield

    def figures(self) -> dict[str, Any]:
        from ktpel_kiosk.ui.watch import quantile
        moved = [f for f in self.frames if f[0] != "answers" or f[2] > 1.0]
        worst = max(moved, key=lambda f: f[2])
        kinds = {"wall": [f[1] for f in moved], "cpu": [f[2] for f in moved]}
        return {"frames": len(moved), "worst": worst[0],
                "slow": [f"{name} {cpu:.0f}" for name, _wall, cpu in sorted(moved, key=lambda f: -f[2])[:12]],
                **{kind: {"p99": quantile(taken, 0.99), "longest": max(taken)} for kind, taken in kinds.items()}}


def child(folder: str) -> dict[str, Any]:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from ktpel_kiosk.app.wiring import open_practice_kiosk
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.domain.permissions import PERMISSIONS
    from ktpel_kiosk.ui.app import make_windows
    from ktpel_kiosk.ui.garbage import Sweeper
    from ktpel_kiosk.ui.prebuild import Prebuilder
    app = QApplication([])
    with open_practice_kiosk(Path(folder), "tempeh") as kiosk:
        user = next(u for u in kiosk.register.read(lambda v: v.users()) if set(u.peran) & PERMISSIONS["view_register"])
        windows = make_windows(kiosk.desk, actor=Actor(user.username, user.nama, frozenset(user.peran)), size=SIZE)
        operator = windows.operator
        operator.resize(*SIZE)
        operator.show()
        ready = Prebuilder(operator)  # with the sweeper, as start_windows does
        Sweeper(operator)

        def settle() -> None:
            until = time.perf_counter() + 0.3
            while windows.bridge.pending or time.perf_counter() < until:
                app.processEvents()
                time.sleep(0.002)

        until = time.perf_counter() + 60
        while not (ready.done and "register" in operator._pages) and time.perf_counter() < until:
            settle()
        operator.go("register")
        settle()
        page: Any = operator.page("register")
        rows = page.rows.rows.rowCount()
        assert rows >= ROWS, rows
        ours = Hand(app, page.rows, settle)
        ours.all()
        bars = _bars(app, page.rows)
        windows.close()
    bare = Hand(app, _bare(rows), lambda: None)
    bare.all()
    return {"ours": ours.figures(), "bare": bare.figures(), "rows": rows, "bars_ms": bars}


def _bars(app: Any, view: Any) -> float:
    """Milliseconds from a jump into the middle of the list until its rows are there; the median of several."""
    taken = []
    for n in range(9):
        bar = view.verticalScrollBar()
        bar.setValue(round(bar.maximum() * (0.07 + 0.1 * n)))
        begun = time.perf_counter()
        while not view.rows.loaded(view.top_row() + 3) and time.perf_counter() - begun < 10:
            app.processEvents()
            time.sleep(0.001)
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)[len(taken) // 2]


def _bare(rows: int) -> Any:
    from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
    from PySide6.QtWidgets import QMainWindow, QTableView

    from ktpel_kiosk.ui.widgets.tables import AnyIndex

    class Plain(QAbstractTableModel):
        def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
            return 0 if parent.isValid() else rows

        def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
            return 0 if parent.isValid() else 9

        def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
            return f"{index.row()} kolom {index.column()}" if role == Qt.ItemDataRole.DisplayRole else None

    window = QMainWindow()
    view: Any = QTableView()
    view.model_kept, view.window_kept = Plain(), window
    view.setModel(view.model_kept)
    view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.verticalHeader().setDefaultSectionSize(46)
    view.setWordWrap(False)
    window.setCentralWidget(view)
    window.resize(*SIZE)
    window.show()
    return view


if __name__ == "__main__":
    print(json.dumps(child(sys.argv[1])))
