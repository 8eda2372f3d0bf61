"""What screen readers are told: roles of painted widgets, their states and actions, and what is announced.

A widget class says its role in words (``ROLE = "Chart"``, a name of :class:`QAccessible.Role`; empty: what it is by itself); names
and descriptions stay the widget's own ``accessibleName`` and ``accessibleDescription``. Qt asks the factory only while assistive
technology listens.
GUI thread only.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAccessibleWidget, QLineEdit, QWidget


def _factory(_class_name: str, thing: QObject) -> QAccessibleWidget | None:
    role = getattr(thing, "ROLE", None)
    if role is None or not isinstance(thing, QWidget) or isinstance(thing, QLineEdit | QAbstractItemView):
        return None  # Qt's own faces of editors and lists tell text, caret and rows; a mere role would hide them
    from ktpel_kiosk.ui.accessible_button import PressableInterface, role_named  # a window nobody listens to needs no faces
    if isinstance(thing, QAbstractButton):
        return PressableInterface(thing, role)
    return QAccessibleWidget(thing, role_named(role)) if role else None


_installed: list[bool] = []


def install() -> None:
    """Once per process: painted widgets tell their role."""
    if not _installed:
        QAccessible.installFactory(_factory)
        _installed.append(True)


def announce(source: QWidget, text: str, *, urgent: bool = False) -> None:
    """Have a screen reader say ``text`` now: politely at the next pause, or ``urgent`` at once. Silent while nobody listens."""
    if not text or not QAccessible.isActive():
        return
    event = QAccessibleAnnouncementEvent(source, text)
    event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive if urgent else QAccessible.AnnouncementPoliteness.Polite)
    QAccessible.updateAccessibility(event)


def renamed(source: QWidget) -> None:
    """The accessible name follows what the widget shows; tell whoever listens (Qt does so only for its own setters)."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleEvent(source, QAccessible.Event.NameChanged))
