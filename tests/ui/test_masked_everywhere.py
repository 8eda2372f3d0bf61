"""No page shows a whole NIK or phone number by itself: every screen of a furnished office, all that can be read, hovered or heard there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from every_screen import furnished, lead, open_windows, settle
from fakes import FakeOffice
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListWidget, QMainWindow, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk import queries
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.text import mask_nik, phone_local
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.ui.presenters.board import PAGE_OF_STAGE

SERVED = {
    "verifikasi": "the entries of the applicant being checked against the papers",
    "perekaman": "the data the applicant confirms",
    "penyerahan": "the card in the hand is compared with the register",
    "loket": "the applicant at the counter",
    "pemohon": "the applicant's own window",
}
"""Where somebody is being served: the whole NIK of that person may stand there, of nobody else."""
FIELDS = (QLineEdit, QPlainTextEdit)
"""What is typed in stands there while it is typed."""
ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole,
         Qt.ItemDataRole.AccessibleDescriptionRole, Qt.ItemDataRole.StatusTipRole, Qt.ItemDataRole.WhatsThisRole)


def cells(model: QAbstractItemModel) -> Iterator[str]:
    yield repr(getattr(model, "_rows", ""))  # what a painted list draws from
    for row in range(min(model.rowCount(QModelIndex()), 200)):
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())):
            for role in ROLES:
                value = model.index(row, column).data(role)
                if isinstance(value, str):
                    yield value


def tree(top: QWidget) -> Iterator[QWidget]:
    """``top`` and all below it but pages that are not in front: they have their own turn."""
    yield top
    stack = getattr(top, "stack", None)
    pages = {stack.widget(i) for i in range(stack.count())} - {stack.currentWidget()} if isinstance(top, QMainWindow) and stack else set()
    for w in top.children():
        if isinstance(w, QWidget) and w not in pages:
            yield from (x for x in tree(w) if x not in pages)


def words(window: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Everything of the page in front and around it that can be read, hovered over or heard, panels that are hidden included."""
    for w in tree(window):
        typed = isinstance(w, FIELDS)
        said = [w.toolTip(), w.statusTip(), w.whatsThis(), w.accessibleName(), w.accessibleDescription(), w.windowTitle()]
        for name in ("text", "plain", "toPlainText", "title", "placeholderText"):
            got = getattr(w, name, None)
            if callable(got) and not (typed and name in ("text", "toPlainText")):
                try:
                    value = got()
                except TypeError:
                    continue
                said.append(value if isinstance(value, str) else "")
        if w.isVisible() and not typed:
            heard = QAccessible.queryAccessibleInterface(w)
            if heard is not None:
                said += [heard.text(t) for t in (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value)]
        if isinstance(w, QAbstractItemView) and w.model() is not None:
            said += cells(w.model())
        yield from ((w, s) for s in said if s)


def digits(text: str) -> str:
    return re.sub(r"[\s\u00a0.\-]", "", text)


def everybody(office: Any) -> list[Permohonan]:
    _count, found = queries.search(office.desk, Query(limit=100))
    return [office.read(i.id) for i in found]


class Finder:
    """Who stands unmasked where. ``served``: the one NIK a page may show whole."""

    def __init__(self, people: list[Permohonan]) -> None:
        self.niks = {p.penduduk.nik for p in people}
        self.phones = {digits(phone_local(p.nomor_hp)) for p in people if p.nomor_hp}
        self.seen, self.found, self.masked = 0, [], 0  # type: ignore[var-annotated]
        self.masks = {mask_nik(n) for n in self.niks}

    def look(self, name: str, window: Any) -> None:
        page = name.split("/")[0]
        served: set[str] = set()
        for w, text in words(window):
            self.seen += 1
            plain = digits(text)
            if sum(c.isdigit() for c in plain) < 8:
                continue
            self.masked += any(m in plain for m in self.masks)
            for kind, known in (("NIK", self.niks), ("phone", self.phones)):
                for value in known:
                    if value in plain:
                        if page in SERVED and _belongs(window, page, w) and (not served or value in served):
                            served.add(value)
                        else:
                            self.found.append(f"{kind} on {name}: {type(w).__name__} {w.accessibleName()[:20]!r} of {_page_of(w)}")


def _page_of(w: QWidget) -> str:
    up: Any = w
    while up is not None and not type(up).__name__.endswith("Page"):
        up = up.parentWidget()
    return type(up).__name__ if up is not None else type(w.window()).__name__


def _belongs(window: Any, page: str, w: QWidget) -> bool:
    return page == "pemohon" or _page_of(w).lower().startswith(page)


def opened(office: Any, windows: Any, look: Callable[[str, Any], None]) -> None:
    """Everybody at the counter where they wait, then in the register."""
    for p in everybody(office):
        tahap = p.current()
        for page in (PAGE_OF_STAGE.get(tahap.stage, "") if tahap else "", "register"):
            if page:
                windows.operator.go(page, id=p.id)
                settle(windows)
                look(page, windows.operator)


def walk(folder: Path, lead_through: Callable[[Any, Any, Finder], None]) -> Finder:
    office = furnished(folder)
    windows = open_windows(office, (1366, 768))
    finder = Finder(everybody(office))
    try:
        lead_through(office, windows, finder)
    finally:
        windows.close()
        office.register.close()
    assert finder.seen > 300 and finder.masked, "it reads what stands there"
    return finder


@pytest.mark.parametrize("put", [
    lambda w, nik: QLabel(f"NIK: {nik[:6]} {nik[6:12]} {nik[12:]}", w), lambda w, nik: w.setToolTip(nik),
    lambda w, nik: w.setWindowTitle(nik),
    lambda w, nik: w.setAccessibleName(f"Pemohon {nik}"), lambda w, nik: w.setAccessibleDescription(nik),
    lambda w, nik: QLineEdit(w).setPlaceholderText(nik), lambda w, nik: QListWidget(w).addItem(nik),
])
def test_one_whole_nik_planted_anywhere_is_found(qtbot: QtBot, put: Callable[[Any, str], object]) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    person = FakeOffice().begun(1)
    finder = Finder([person])
    typed, masked = QLineEdit(person.penduduk.nik, window), QLabel(mask_nik(person.penduduk.nik), window)
    finder.look("beranda", window)
    assert not finder.found and finder.masked == 1 and typed.text() and masked.text(), "what is being typed is no finding"
    put(window, person.penduduk.nik)
    finder.look("beranda", window)
    assert finder.found


@pytest.mark.gate
@pytest.mark.timeout(300)
def test_no_screen_shows_a_whole_nik_or_phone_of_somebody_who_is_not_served(qtbot: QtBot, tmp_path: Path) -> None:
    def through(office: Any, windows: Any, finder: Finder) -> None:
        lead(office, windows, finder.look)
        opened(office, windows, finder.look)

    finder = walk(tmp_path, through)
    assert not finder.found, "\n".join(sorted(set(finder.found)))
