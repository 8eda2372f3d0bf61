"""What is asked of every screen: names, roles, reading order, room for a finger, nothing cut. Each check gives sentences, none is good."""

from __future__ import annotations

from itertools import pairwise

from every_screen import visible
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMainWindow,
    QScrollArea,
    QTextEdit,
    QWidget,
)

from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.pages.base import Page

R = QAccessible.Role
ROLES: tuple[tuple[type[QWidget], tuple[QAccessible.Role, ...]], ...] = (
    (QAbstractButton, (R.Button, R.CheckBox, R.RadioButton, R.PageTab, R.ButtonMenu, R.ListItem, R.Cell)),
    (QLineEdit, (R.EditableText,)), (QComboBox, (R.ComboBox,)), (QHeaderView, (R.Table, R.RowHeader, R.ColumnHeader, R.Row)),
    (QAbstractItemView, (R.Table, R.List, R.Tree)), (QLabel, (R.StaticText, R.Link)),
)
ANY = (R.EditableText, R.StaticText, R.Canvas, R.Graphic, R.Pane, R.Document, R.List, R.Grouping, R.Slider, R.SpinBox, R.Chart, R.Table,
       R.PageTabList, R.Button, R.CheckBox, R.RadioButton, R.Dialog)
SAYING = {"Chart", "Graphic", "StaticText", "Table", "Clock", "Canvas"}
FINGER = 48


def called(w: QWidget) -> str:
    parent = w.parentWidget()
    text = w.text() if isinstance(w, QAbstractButton | QLabel) else w.accessibleName()
    return f"{type(w).__name__} '{text[:30]}' in {type(parent).__name__ if parent else '-'}"


def inner(w: QWidget) -> bool:
    """Qt's own parts of a bigger widget, told by that one."""
    parent = w.parentWidget()
    of_a_list = isinstance(parent, QComboBox) or any(x is not None and "QComboBox" in x.metaObject().className() for x in (w, parent))
    return (of_a_list and not isinstance(w, QComboBox)) or w.objectName().startswith("qt_") or isinstance(w, QHeaderView)


def names_and_roles(window: QWidget) -> list[str]:
    """Everything the keyboard or a finger reaches has a name and a fitting role; what is painted says its content."""
    found = []
    for w in window.findChildren(QWidget):
        if inner(w):
            continue
        interactive = isinstance(w, QAbstractButton | QLineEdit | QComboBox | QAbstractItemView) or bool(
            w.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(w, QAbstractScrollArea))
        painted = getattr(type(w), "ROLE", "") in SAYING and w.isVisible()
        if not interactive and not painted:
            continue
        to_be_filled = not w.isVisible() and isinstance(w, QAbstractButton | QLabel) and not w.text()
        face = QAccessible.queryAccessibleInterface(w)
        if face is None:
            found.append(f"no interface: {called(w)}")
            continue
        blank = to_be_filled or empty(w) or (isinstance(w, QLabel) and not w.text())
        if not face.text(QAccessible.Text.Name).strip() and not blank:
            found.append(f"no name: {called(w)}")
        fitting = next((roles for kind, roles in ROLES if isinstance(w, kind)), ANY)
        if interactive and face.role() not in fitting:
            found.append(f"role {face.role().name}: {called(w)}")
        if isinstance(w, QAbstractButton) and w.isCheckable():
            state = face.state()
            told = state.checked or state.selected
            if bool(told) != w.isChecked():
                found.append(f"state: {called(w)}")
        if w.isEnabled() == bool(face.state().disabled):
            found.append(f"disabled: {called(w)}")
    return found


def empty(w: QWidget) -> bool:
    """A painted part with nothing to show now."""
    nothing = getattr(w, "_text", "x") == "" or getattr(w, "_count", 1) == 0
    return getattr(type(w), "ROLE", "") in SAYING and (w.width() <= 1 or w.height() <= 1 or not w.isVisible() or nothing)


def chain(window: QWidget) -> list[QWidget]:
    """What Tab comes to, in order."""
    found, w = [], window.nextInFocusChain()
    while w is not None and w is not window:
        if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled() and w.focusProxy() is None and not inner(w):
            found.append(w)
        w = w.nextInFocusChain()
    return found


def place(w: QWidget, window: QWidget) -> QRect:
    return QRect(w.mapTo(window, QPoint(0, 0)), w.size())


def reading_order(window: QWidget) -> list[str]:
    """Never back up within a column, never back left within a line."""
    found = []
    for page in visible(window, Page) + visible(window, ApplicantPage):
        QTest.keyClick(page, Qt.Key.Key_Tab)
    order = chain(window)
    for a, b in pairwise(order):
        p, q = place(a, window), place(b, window)
        same_line = min(p.bottom(), q.bottom()) - max(p.top(), q.top()) > 0.5 * min(p.height(), q.height())
        if same_line and q.right() <= p.left():
            found.append(f"back left: {called(a)} -> {called(b)}")
        elif not same_line and q.bottom() <= p.top() and q.left() < p.right():
            found.append(f"back up: {called(a)} -> {called(b)}")
    return found


def touch_targets(window: QWidget) -> list[str]:
    """48 px high, and as wide unless the row is one line of several (a tab, a key)."""
    touched = [*visible(window, QAbstractButton), *visible(window, QLineEdit), *visible(window, QComboBox)]
    return [f"{w.width()}x{w.height()}: {called(w)}" for w in touched
            if not inner(w) and (w.height() < FINGER or w.width() < 44) and not isinstance(w.parentWidget(), QLineEdit)]


def cut(window: QMainWindow, size: tuple[int, int]) -> list[str]:
    """The window keeps its size; no text is wider or higher than its place; nothing stands outside its parent."""
    found = []
    if (window.width(), window.height()) != size:
        found.append(f"window grew to {window.width()}x{window.height()}")
    for w in visible(window, QLabel):
        if not w.text() or w.wordWrap() or w.textFormat() == Qt.TextFormat.RichText:
            if w.text() and w.wordWrap() and w.heightForWidth(w.width()) > w.height() + 3 and not scrolled(w):
                found.append(f"lines cut ({w.heightForWidth(w.width())} in {w.height()}): {called(w)}")
            continue
        need = max(QFontMetrics(w.font()).horizontalAdvance(line) for line in w.text().split("\n"))
        if need > w.contentsRect().width() + 2:
            found.append(f"text cut ({need} in {w.contentsRect().width()}): {called(w)}")
    for w in visible(window, QScrollArea):
        held, room = w.widget(), w.viewport().width()
        only_down = w.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if held is not None and only_down and held.width() > room:
            found.append(f"wider than what it is scrolled in ({held.width()} in {room}): {called(w)}")
    for w in visible(window, QAbstractButton):
        need = w.sizeHint()
        if need.isValid() and w.minimumSizeHint().width() > w.width() + 1:
            found.append(f"button narrower ({w.width()} of {w.minimumSizeHint().width()}): {called(w)}")
        if place(w, window).right() > window.width() + 1:
            found.append(f"outside: {called(w)}")
    return found


def scrolled(w: QWidget) -> bool:
    parent = w.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea | QTextEdit):
            return True
        parent = parent.parentWidget()
    return False


def focus_seen(window: QMainWindow) -> list[str]:
    """Each stop of Tab looks different, clearly, while it has the keyboard."""
    from inkmeter import luminance, pixels, seen
    found = []
    window.activateWindow()
    window.centralWidget().setFocus()
    for w in chain(window):
        rect = seen(w, w.rect(), window)
        if rect.width() < 8 or rect.height() < 8:
            continue
        window.setFocus()
        QApplication.processEvents()
        before = luminance(pixels(window.grab(rect).toImage())) + 0.05
        w.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if not w.hasFocus():
            continue
        rect2 = seen(w, w.rect(), window)
        after = luminance(pixels(window.grab(QRect(rect2.topLeft(), rect.size())).toImage())) + 0.05
        clear = int(((before / after > 3) | (after / before > 3)).sum())
        if clear < min(rect.width(), rect.height()):
            found.append(f"focus unseen ({clear} px): {called(w)}")
    return found
