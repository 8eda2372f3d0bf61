"""The face of a painted button towards screen readers. Loaded when the first of them asks (:mod:`ktpel_kiosk.ui.accessible`)."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleActionInterface
from PySide6.QtWidgets import QAbstractButton, QAccessibleWidget

PRESS = QAccessibleActionInterface.pressAction
TOGGLE = QAccessibleActionInterface.toggleAction


class PressableInterface(QAccessibleWidget):
    """A button with a role of its own: pressed through its action, chosen or checked as the button is."""

    def __init__(self, button: QAbstractButton, role: str) -> None:
        super().__init__(button, role_named(role) if role else QAccessible.Role.Button)
        self._button, self._role = button, role

    def role(self) -> QAccessible.Role:
        """Where the class says none: one of several, on or off, or simply pressed."""
        if self._role or not self._button.isCheckable():
            return super().role()
        group = self._button.group()
        one = group.exclusive() if group is not None else self._button.autoExclusive()
        return QAccessible.Role.RadioButton if one else QAccessible.Role.CheckBox

    def state(self) -> QAccessible.State:
        state, button = super().state(), self._button
        if button.isCheckable():
            state.selectable = state.checkable = True
            state.selected = state.checked = button.isChecked()
        state.pressed = button.isDown()
        return state

    def actionNames(self) -> list[str]:
        return [TOGGLE() if self._button.isCheckable() else PRESS(), *super().actionNames()]

    def doAction(self, name: str) -> None:
        if name in (PRESS(), TOGGLE()):
            self._button.click()
        else:
            super().doAction(name)


def role_named(name: str) -> QAccessible.Role:
    return QAccessible.Role[name]
