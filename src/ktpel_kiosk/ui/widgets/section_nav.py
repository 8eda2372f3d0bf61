"""Sections of a large page: a list in groups with a search at the left, or one line to pick from where the page is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.near_words import Entry, find_entries
from ktpel_kiosk.ui.accessible import announce
from ktpel_kiosk.ui.reading import ScrollBox
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import NavItem
from ktpel_kiosk.ui.widgets.fields import SearchField
from ktpel_kiosk.ui.widgets.picker import PickEdit

WIDTH = 212
"""Design pixels of the list."""


@dataclass(frozen=True, slots=True)
class NavSection:
    """``words``: what people call it or look for in it, beside its title."""

    key: str
    title: str
    icon: str
    group: str
    words: str = ""


class _Search(SearchField):
    """Down goes into the list; Esc empties first, and only an empty one lets the page go back."""

    down = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._empties(event):
            event.accept()
            return True
        return super().event(event)

    def _empties(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and bool(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        elif self._empties(event):
            self.clear()
        else:
            super().keyPressEvent(event)


class SectionNav(QWidget):
    """One section is chosen. Up and Down move; typing in the search leaves the rows that fit, Enter opens the best.

    ``chosen`` is emitted when another section is wanted, by whatever way.
    """

    ROLE = "PageTabList"
    chosen = Signal(str)

    def __init__(self, sections: Sequence[NavSection], name: str, search: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.current = ""
        self._sections = tuple(sections)
        self._entries = [Entry.of(s.key, f"{s.title} {s.words}") for s in sections]
        self._tabs: dict[str, NavItem] = {}
        self._heads: dict[str, QLabel] = {}
        self._narrow = False
        self.search = _Search(search)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._open_best)
        self.search.down.connect(self._into_list)
        self.none = label("Tidak ada yang cocok. Coba kata lain.", "small", tone="muted", wrap=True)
        self.none.setContentsMargins(12, 8, 0, 0)
        self.none.hide()
        self.line = PickEdit()
        self.line.setAccessibleName(name)
        self.line.entries = [Entry.of(s.key, s.title) for s in sections]
        self.line.chosen.connect(lambda: self.choose(self.line.value))
        self.list = ScrollBox()
        self.list.setWidgetResizable(True)
        self.list.setFrameShape(ScrollBox.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setWidget(self._rows())
        self.list.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for item in (self.search, self.list, self.line):
            layout.addWidget(item, 1 if item is self.list else 0)
        self.set_narrow(False)

    def _rows(self) -> QWidget:
        inner = QWidget()
        inner.setProperty("surface", "clear")
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 6, 0)
        box.setSpacing(0)
        group = QButtonGroup(inner)
        for section in self._sections:
            if section.group not in self._heads:
                head = self._heads[section.group] = label(section.group, "small", tone="muted", weight="semibold")
                head.setContentsMargins(12, 10 if len(self._heads) > 1 else 2, 0, 4)
                box.addWidget(head)
            row = NavItem(section.title, section.icon)
            row.clicked.connect(lambda _on=False, key=section.key: self.choose(key))
            group.addButton(row)
            self._tabs[section.key] = row
            box.addWidget(row)
        box.addWidget(self.none)
        box.addStretch(1)
        return inner

    # -- choosing -----------------------------------------------------------------------------------------------------

    def choose(self, key: str) -> None:
        """Stand on a section; ``chosen`` follows when it is another one."""
        self._tabs[key].setChecked(True)
        for name, row in self._tabs.items():  # Tab comes to the chosen one only, the arrows go on from there
            row.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name == key else Qt.FocusPolicy.ClickFocus)
        self.line.show_value(key)
        if key != self.current:
            self.current = key
            self.chosen.emit(key)
        self._in_sight()

    def has(self, key: str) -> bool:
        return key in self._tabs

    def title(self, key: str) -> str:
        return self._tabs[key].text()

    def _in_sight(self) -> None:
        if self.current and self.isVisible() and not self._narrow:
            self.list.ensureWidgetVisible(self._tabs[self.current], 0, 12)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        shown = [key for key, row in self._tabs.items() if not row.isHidden()]
        if step is None or self._narrow or not shown:
            super().keyPressEvent(event)
            return
        at = shown.index(self.current) if self.current in shown else (-1 if step > 0 else 0)
        self._stand(shown[(at + step) % len(shown)])

    def _stand(self, key: str) -> None:
        self.choose(key)
        self._tabs[key].setFocus(Qt.FocusReason.TabFocusReason)

    # -- search -------------------------------------------------------------------------------------------------------

    def found(self, text: str) -> list[str]:
        """Keys of the sections that fit, best first; a title counts before what else it is called."""
        titles = {e.value for e in find_entries(text, self.line.entries)} if text.strip() else set()
        keys = [e.value for e in find_entries(text, self._entries)]
        return sorted(keys, key=lambda k: k not in titles)

    def _filter(self, text: str) -> None:
        keys = self.found(text)
        for key, row in self._tabs.items():
            row.setVisible(key in keys)
        for group, head in self._heads.items():
            head.setVisible(any(s.group == group and s.key in keys for s in self._sections))
        self.none.setVisible(not keys)
        if text.strip():
            announce(self.search, f"{len(keys)} bagian: {', '.join(self.title(k) for k in keys[:3])}" if keys else self.none.text())
        else:
            self._in_sight()

    def _open_best(self) -> None:
        keys = self.found(self.search.text())
        if keys:
            self.search.clear()
            self._stand(keys[0])

    def _into_list(self) -> None:
        shown = [key for key, row in self._tabs.items() if not row.isHidden()]
        if shown:
            self._stand(self.current if self.current in shown else shown[0])

    # -- room ---------------------------------------------------------------------------------------------------------

    def set_narrow(self, on: bool) -> None:
        """One line to pick from instead of the list."""
        self._narrow = on
        self.search.setVisible(not on)
        self.list.setVisible(not on)
        self.line.setVisible(on)
        self.setSizePolicy(QSizePolicy.Policy.Expanding if on else QSizePolicy.Policy.Fixed,
                           QSizePolicy.Policy.Fixed if on else QSizePolicy.Policy.Expanding)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        wide = theme_of(self).px(WIDTH)
        return QSize(wide, self.line.sizeHint().height() if self._narrow else super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0 if self._narrow else theme_of(self).px(WIDTH), self.line.sizeHint().height())

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._in_sight()
