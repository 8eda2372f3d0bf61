"""A canary for PySide6: what its bindings make and destroy leaves the counts of Python as they were.

A binding that forgets one reference to ``None`` at each call of a slot, an event filter or a ``paintEvent`` brings a desk down after weeks
(a count that wraps, or memory). A new PySide6 is let in only when this still sings.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTableView, QVBoxLayout, QWidget

ROUNDS = 100
SINGLETONS = (None, True, False, (), "", b"", 0, 1, QEvent.Type.Paint, Qt.ItemDataRole.DisplayRole)
COUNT_SLACK = ROUNDS // 3
"""Caches fill up by a few; a leak is one for every round at least."""
RSS_SLACK_KB = 4096
NONE_PER_WINDOW = 150
"""PySide 6.11 takes a reference to None for every virtual method a fresh widget of ours does not override (92 in :func:`one_window`) and
never gives it back. It costs nothing, the count has 63 bits; one that falls, or a reference at each call, would be another matter."""


class Lamp(QWidget):
    lit = Signal(int, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.painted = self.seen = 0
        self.lit.connect(self.count)

    def count(self, _number: int, _what: object) -> None:
        self.seen += 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("navy"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "KTP-el")
        painter.end()
        self.painted += 1


class Watcher(QObject):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.seen = 0

    def eventFilter(self, _watched: QObject, _event: QEvent) -> bool:
        self.seen += 1
        return False


class Rows(QAbstractTableModel):
    """Answers with None, True and numbers, as the desk's lists do."""

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 3

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 2

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return "isi" if role == Qt.ItemDataRole.DisplayRole else None


def one_window(canvas: QImage) -> None:
    window = QWidget()
    layout = QVBoxLayout(window)
    lamp, button, table = Lamp(window), QPushButton("Rekam", window), QTableView(window)
    watcher, rows = Watcher(window), Rows(window)
    table.setModel(rows)
    for part in (lamp, button, table, QLabel("Nama", window)):
        layout.addWidget(part)
    lamp.setMinimumHeight(30)
    window.installEventFilter(watcher)
    lamp.installEventFilter(watcher)
    button.clicked.connect(lambda checked=False: lamp.lit.emit(1, None))
    QTimer.singleShot(0, lamp, lambda: lamp.lit.emit(2, True))
    window.resize(120, 160)
    window.render(canvas)
    button.click()
    QCoreApplication.processEvents()
    assert lamp.painted and watcher.seen and lamp.seen == 2
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def nothing_of_other_tests() -> Iterator[None]:
    """A heap of other tests' million objects would be walked at each count."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def counts() -> tuple[int, list[int], int]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if sys.platform.startswith("linux") else 0
    return len(gc.get_objects()), [sys.getrefcount(one) for one in SINGLETONS], pages * resource.getpagesize() // 1024


def grown(work: Callable[[], object], rounds: int = ROUNDS, none_each: int = 0) -> list[str]:
    """What grew while ``work`` was done ``rounds`` times, in words; nothing when all is well.

    ``none_each``: references to None that each round may keep.
    """
    for _ in range(10):
        work()
    objects, references, kilobytes = counts()
    for _ in range(rounds):
        work()
    now_objects, now_references, now_kilobytes = counts()
    found = []
    if now_objects - objects > COUNT_SLACK:
        found.append(f"objects {now_objects - objects:+d}")
    for one, before, now in zip(SINGLETONS, references, now_references, strict=True):
        if not -COUNT_SLACK <= now - before <= COUNT_SLACK + (none_each * rounds if one is None else 0):
            found.append(f"references to {one!r} {now - before:+d}")
    if now_kilobytes - kilobytes > RSS_SLACK_KB:
        found.append(f"memory {now_kilobytes - kilobytes:+d} kB")
    return found


def test_windows_that_come_and_go_leave_the_counts_as_they_were(qapp: QApplication) -> None:
    canvas = QImage(120, 160, QImage.Format.Format_RGB32)
    assert grown(lambda: one_window(canvas), none_each=NONE_PER_WINDOW) == []


def test_what_a_window_does_again_and_again_keeps_no_reference(qapp: QApplication) -> None:
    """Painting, signals, filters and questions to a model: once the window is there, not even None is kept."""
    window = QWidget()
    lamp, table, canvas = Lamp(window), QTableView(window), QImage(120, 160, QImage.Format.Format_RGB32)
    table.setModel(Rows(window))
    lamp.resize(60, 30)
    lamp.installEventFilter(Watcher(window))

    def again() -> None:
        window.render(canvas)
        lamp.lit.emit(1, None)
        QApplication.sendEvent(lamp, QEvent(QEvent.Type.User))

    assert grown(again) == []
    window.deleteLater()


def pages_of_its_own(size: int = 131_072) -> mmap.mmap:
    """Memory the allocator cannot take from what earlier tests gave back."""
    made = mmap.mmap(-1, size)
    made.write(b"x" * size)
    return made


def test_planted_leaks_are_seen(qapp: QApplication) -> None:
    kept: list[object] = []
    plants: dict[str, Callable[[], object]] = {
        "objects": lambda: kept.append(set()),
        "references to None +": lambda: ctypes.pythonapi.Py_IncRef(ctypes.py_object(None)),  # the binding's own mistake
        "references to None -": lambda: ctypes.pythonapi.Py_DecRef(ctypes.py_object(None)),
        "memory": lambda: kept.append(pages_of_its_own()),
    }
    for words, leak in plants.items():
        assert any(line.startswith(words) for line in grown(leak)), words


def test_a_window_nobody_destroys_is_seen(qapp: QApplication) -> None:
    lost: list[QWidget] = []
    found = grown(lambda: lost.append(Lamp(QWidget())), rounds=2 * COUNT_SLACK)
    assert any(line.startswith("objects") for line in found)
