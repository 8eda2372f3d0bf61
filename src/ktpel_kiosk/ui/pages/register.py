"""Register: every application and book, found at once; a row opens its dossier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed
from ktpel_kiosk.ui.pages.base import Page, apart, turn_by_turn, whole
from ktpel_kiosk.ui.presenters.register import PERIODS, STATES, Filter, Found, RegisterPresenter, RegisterRow
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Tabs
from ktpel_kiosk.ui.widgets.fields import Choice, SearchField
from ktpel_kiosk.ui.widgets.paged import PagedRows, PageWish
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.register_books import BookSection
    from ktpel_kiosk.ui.pages.register_export import ExportPanel
    from ktpel_kiosk.ui.pages.register_parts import DossierPane

COLUMNS = ("No. register", "Tanggal", "Nama", "NIK", "Layanan", "Desa", "Petugas", "Tahap", "Waktu")
WIDTHS = (108, 124, 176, 162, 88, 112, 84, 128, 66)
NOT_BESIDE_PANEL = (1, 4, 5, 6, 8)
"""Columns that give way while a panel stands beside the table."""
TABS = (("cari", "Permohonan"), ("status", "Status pusat"), ("buku", "Buku"), ("bulan", "Tutup bulan"), ("blangko", "Blangko"),
        ("ditarik", "KTP-el ditarik"))
SECTIONS = {"status": "register_status:StatusSection", "buku": "register_books:BooksSection", "bulan": "register_books:MonthsSection",
            "blangko": "register_stock:BlangkoSection", "ditarik": "register_stock:WithdrawnSection"}
COUNT_AFTER_MS = 400
"""A long search is counted to its end once nobody types any more."""
EXPORTS = ("cari", "buku")
"""Tabs the export panel stands beside."""
GROW = (1, 1, 4, 1, 2, 3, 2, 1, 1)


class SearchLine(SearchField):
    """Down goes from the search into the rows; letters typed there come back here."""

    def __init__(self, placeholder: str, rows: GrowingRows) -> None:
        super().__init__(placeholder)
        self._rows = rows
        rows.on_typed = self._typed

    def _typed(self, text: str) -> None:
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.insert(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._rows.rows.rowCount():
            if not self._rows.current_key():
                self._rows.choose_first()
            self._rows.setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)


class Parts(dict[str, "BookSection"]):
    """The sections behind the tabs, each made when it is first asked for; ``get`` asks for nothing."""

    def __init__(self, make: Callable[[str], BookSection]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> BookSection:
        self[key] = made = self._make(key)
        return made


class RegisterPage(Page):
    """``opened(focus=True)`` goes to the search line, ``opened(id=…)`` to an application, ``opened(text=…)`` searches,
    ``opened(tab=…)`` shows one of :data:`TABS`."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = RegisterPresenter(window.session)
        self._serial = 0
        self._coming: Iterator[None] = iter(())
        self._shown = False
        self._shows: Filter | None = None
        self._found: Found | None = None
        self._count_soon = QTimer(self)
        self._count_soon.setSingleShot(True)
        self._count_soon.setInterval(COUNT_AFTER_MS)
        self._count_soon.timeout.connect(self._count_all)
        self.frame.setContentsMargins(24, 20, 24, 20)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._list_side())
        self._dossier_place = QWidget()
        self.stack.addWidget(self._dossier_place)
        self.stack.addWidget(EmptyState("lock", "Register tidak terbuka untuk peran Anda",
                                        "Masuk sebagai petugas pelayanan atau atasan untuk melihat permohonan."))
        self.frame.addWidget(self.stack, 1)
        self.tabs.choose("cari")

    def _list_side(self) -> QWidget:
        self.rows = PagedRows("Daftar permohonan", COLUMNS, WIDTHS, GROW)
        self.rows.opened.connect(self.open_dossier)
        self.rows.clicked.connect(lambda index: self.open_dossier(self.rows.rows.key(index.row())))
        self.rows.page_wanted.connect(self._load)
        self.parts = Parts(self._make_part)
        self.sections = QStackedWidget()
        self._searching = self._search_side()
        self.sections.addWidget(self._searching)
        self.tabs = Tabs(TABS, "Bagian register")
        self.tabs.chosen.connect(self._tab)
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addLayout(self._head())
        layout.addWidget(self.tabs)
        self._beside = QHBoxLayout()
        self._beside.setSpacing(16)
        self._beside.addWidget(self.sections, 1)
        layout.addLayout(self._beside, 1)
        return side

    @cached_property
    def dossier(self) -> DossierPane:
        return self._put_dossier(whole(self._dossier_of()))

    def _dossier_of(self) -> Iterator[DossierPane | None]:
        from ktpel_kiosk.ui.pages.register_parts import DossierPane
        return DossierPane.in_turns(self)

    def _put_dossier(self, made: DossierPane) -> DossierPane:
        self.__dict__["dossier"] = made
        made.left.connect(self._back_to_list)
        self.stack.insertWidget(1, made)
        self.stack.removeWidget(self._dossier_place)
        self._dossier_place.deleteLater()
        return made

    @property
    def in_dossier(self) -> bool:
        return "dossier" in self.__dict__ and self.stack.currentWidget() is self.dossier

    @cached_property
    def export_panel(self) -> ExportPanel:
        return self._put_export(whole(self._export_of()))

    def _export_of(self) -> Iterator[ExportPanel | None]:
        from ktpel_kiosk.ui.pages.register_export import ExportPanel
        yield ExportPanel(self)

    def _put_export(self, made: ExportPanel) -> ExportPanel:
        made.hide()
        made.closed.connect(lambda: self._ask_export(False))
        self._beside.addWidget(made)
        self.__dict__["export_panel"] = made
        return made

    def _export_apart(self) -> Iterator[None]:
        yield from apart(self._export_of(), self._put_export, lambda: "export_panel" not in self.__dict__)

    def _export_comes(self) -> Iterator[None]:
        yield from self._export_apart()
        yield
        self._ask_export(True)

    @property
    def exporting(self) -> bool:
        return "export_panel" in self.__dict__ and not self.export_panel.isHidden()

    def prepare(self) -> Iterator[None]:
        yield from apart(self._dossier_of(), self._put_dossier, lambda: "dossier" not in self.__dict__)
        yield
        yield from self._export_apart()
        yield
        yield from self.dossier.prepare()
        yield
        for key in SECTIONS:
            if key not in self.parts:
                yield from self._part_apart(key)
            yield

    def _make_part(self, key: str) -> BookSection:
        part = whole(self._part_of(key))
        self.sections.addWidget(part)
        return part

    def _part_of(self, key: str) -> Iterator[BookSection | None]:
        module, name = SECTIONS[key].split(":")
        kind: type[BookSection] = getattr(import_module(f"ktpel_kiosk.ui.pages.{module}"), name)
        return kind.in_turns(self)

    def _part_apart(self, key: str) -> Iterator[None]:
        return apart(self._part_of(key), partial(self._put_part, key), partial(self._lacks, key))

    def _lacks(self, key: str) -> bool:
        return key not in self.parts

    def _put_part(self, key: str, part: BookSection) -> None:
        self.parts[key] = part
        self.sections.addWidget(part)

    def _search_side(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(self._filters())
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.empty = EmptyState("search", "Tidak ada yang cocok", "Periksa ejaan, atau longgarkan saringan di atas.")
        self.empty.hide()
        table.body.addWidget(self.rows, 1)
        table.body.addWidget(self.empty, 1)
        layout.addWidget(table, 1)
        return side

    def _tab(self, key: str) -> None:
        """The part behind a tab; one that was never opened comes up over some turns, and the one before stays in front until then."""
        self._coming = iter(())
        if key in SECTIONS and key not in self.parts:
            self._coming = self._come(key)
            turn_by_turn(self.shell.bridge, self, self._coming)
        else:
            self._front(key)

    def _come(self, key: str) -> Iterator[None]:
        yield from self._part_apart(key)
        yield
        if self.tabs.current == key:
            self._front(key)

    def press(self, key: str) -> bool:
        for _ in self._coming:  # a key is for what the tab says, not for what is still in front
            pass
        return super().press(key)

    def _front(self, key: str) -> None:
        part = self.parts[key] if key in SECTIONS else None
        self.sections.setCurrentWidget(part or self._searching)
        if key not in EXPORTS and self.exporting:
            self._ask_export(False)
        self._show_head()
        if part is not None:
            part.shown()
        self.set_primary()

    def _show_head(self) -> None:
        beside = self.tabs.current in EXPORTS and self.presenter.may("export_register")
        self.export.setVisible(beside and not self.exporting)
        self.count.setVisible(self.tabs.current == "cari")
        self.title.setText(self._titles.get(self.tabs.current, "Buku Register"))

    def _head(self) -> QHBoxLayout:
        name = self.session.desk.sop.kantor.buku_register
        self.verify = Button("Periksa keutuhan", icon="shield-check")
        self.verify.clicked.connect(self._verify)
        self.export = Button("Ekspor", "primary", icon="download", key="F9")
        self.export.clicked.connect(self._wish_export)
        self.count = Chip("", "neutral")
        head = QHBoxLayout()
        head.setSpacing(12)
        self.title = label(name if len(name) > 14 else "Buku Register Permohonan", "title", weight="bold", wrap=True)
        self._titles = {"cari": self.title.text()}
        head.addWidget(self.title)
        head.addWidget(self.count)
        head.addStretch(1)
        head.addWidget(self.verify)
        head.addWidget(self.export)
        return head

    def _filters(self) -> Card:
        card = Card(0, 0)
        self.search = SearchLine("Cari nama, NIK, nomor, HP, desa", self.rows)
        self.search.searched.connect(lambda _text: self.reload())
        line = QHBoxLayout()
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(10)
        line.addWidget(self.search, 5)
        self.period = self._choice("Tanggal", PERIODS)
        self.service = self._choice("Layanan", self.presenter.services())
        self.state = self._choice("Tahap", STATES)
        self.village = self._choice("Desa", self.presenter.villages())
        for box in (self.period, self.service, self.state, self.village):
            line.addWidget(box, 3)
        card.body.addLayout(line)
        return card

    def _choice(self, name: str, items: tuple[tuple[str, str], ...]) -> Choice:
        box = Choice()
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.fill(items)
        box.currentIndexChanged.connect(lambda _i: self.reload())
        return box

    # -- the list -----------------------------------------------------------------------------------------------------

    def filter(self) -> Filter:
        def chosen(box: Choice) -> str:
            return str(box.currentData() or "")

        return Filter(self.search.text().strip(), chosen(self.period), chosen(self.service), chosen(self.state), chosen(self.village))

    def opened(self, **args: Any) -> None:
        self._shown = True
        self.verify.setVisible(self.presenter.may("verify_register"))
        self._show_head()
        self.set_primary()
        if args.get("tab"):
            self.stack.setCurrentIndex(0)
            self.tabs.choose(str(args["tab"]))
        if "text" in args or args.get("focus"):
            self.tabs.choose("cari")
        if "text" in args:
            self._back_to_list()
            self.search.setText(str(args["text"]))
        if args.get("id"):
            self.open_dossier(str(args["id"]))
        elif args.get("focus"):
            self._back_to_list()
        self.reload()

    def closed(self) -> None:
        self._shown = False
        self.search.stop_waiting()
        self._count_soon.stop()

    def refresh(self) -> None:
        self.reload()
        part = self.parts.get(self.tabs.current)
        if part is not None:
            part.shown()
        if self.in_dossier and self.dossier.permohonan_id and not self.dossier.asking:
            self.ask(partial(self.presenter.open, self.dossier.permohonan_id), self.dossier.show_view, lambda _e: None)

    def reload(self) -> None:
        if not self._shown:
            return
        self._serial += 1
        serial, wanted = self._serial, self.filter()
        self.ask(partial(self.presenter.find, wanted), lambda found: self._show(serial, found), self.refused)

    def refused(self, error: KioskError) -> None:
        if isinstance(error, NotAllowed):
            self.stack.setCurrentIndex(2)
        else:
            self.trouble(error)

    def _show(self, serial: int, found: Found) -> None:
        if serial != self._serial:
            return
        if self.stack.currentIndex() == 2:
            self.stack.setCurrentIndex(0)
        wanted, rows = self.filter(), [_table_row(r) for r in found.rows]
        self.count.set(found.line)
        if wanted == self._shows and self._found is not None:
            self.rows.renew(found.count, rows, found.exact)
        else:
            self.rows.begin(found.count, rows, found.exact)
        self._shows, self._found = wanted, found
        self.rows.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        if found.exact:
            self._count_soon.stop()
        else:
            self._count_soon.start()

    def _load(self, wish: PageWish) -> None:
        if self._shows is None:
            return
        generation = self.rows.generation
        wanted = self._shows

        def work() -> list[TableRow]:
            return [_table_row(r) for r in self.presenter.page(wanted, wish.limit, after=wish.after, skip=wish.skip,
                                                               backwards=wish.backwards)]

        def failed(error: KioskError) -> None:
            self.rows.failed(wish, generation)
            self.refused(error)

        self.ask(work, lambda rows: self.rows.put(wish, rows, generation), failed)

    def _count_all(self) -> None:
        if self._shown and self._shows is not None:
            generation = self.rows.generation
            self.ask(partial(self.presenter.count, self._shows), lambda count: self._counted(generation, count), lambda _e: None)

    def _counted(self, generation: int, count: int) -> None:
        if generation == self.rows.generation and self._found is not None:
            self.count.set(self._found.counted(count))
            self.rows.rows.set_count(count)

    # -- dossier, export ----------------------------------------------------------------------------------------------

    def place(self) -> dict[str, str]:
        opened = self.dossier.permohonan_id if self.in_dossier else ""
        return {"id": opened} if opened else {"tab": self.tabs.current}

    def open_dossier(self, permohonan_id: str) -> None:
        if permohonan_id:
            self.ask(partial(self.presenter.open, permohonan_id), self._show_dossier, self.refused)

    def _show_dossier(self, view: Any) -> None:
        built = "dossier" in self.__dict__
        self.dossier  # noqa: B018 - built by being asked for
        if built:
            self._dossier_to_front(view)
        else:
            self.shell.bridge.soon(lambda: self._dossier_to_front(view), self)

    def _dossier_to_front(self, view: Any) -> None:
        self.dossier.show_view(view)

        def front() -> None:
            self.stack.setCurrentWidget(self.dossier)
            self.set_primary()
            self.dossier.back_button.setFocus()

        self.shell.bridge.soon(front, self)

    def _back_to_list(self) -> None:
        self.stack.setCurrentIndex(0)
        self.set_primary()
        if self.rows.current_key():
            self.rows.setFocus()
        else:
            self.search.setFocus()

    def _wish_export(self) -> None:
        if "export_panel" in self.__dict__:
            self._ask_export(True)
        else:
            self._coming = self._export_comes()
            turn_by_turn(self.shell.bridge, self, self._coming)

    def _ask_export(self, on: bool) -> None:
        self.export_panel.setVisible(on)
        self._show_head()
        self.rows.hide_columns(NOT_BESIDE_PANEL if on else ())
        if self.tabs.current == "buku" or "buku" in self.parts:
            self.parts["buku"].compact(on)  # type: ignore[attr-defined]
        self.set_primary()
        if on:
            chosen = self.parts["buku"].chosen() if self.tabs.current == "buku" else None  # type: ignore[attr-defined]
            self.export_panel.begin(chosen)
        elif self.tabs.current == "cari":
            self.search.setFocus()

    def set_primary(self) -> None:
        part = self.parts.get(self.tabs.current)
        if self.in_dossier:
            self.primary = self.dossier.next_button
        elif self.exporting:
            self.primary = self.export_panel.go_button
        else:
            self.primary = part.primary if part is not None and part.primary is not None else self.export

    def back(self) -> bool:
        if self.in_dossier:
            if not self.dossier.back():
                self._back_to_list()
            return True
        if self.exporting:
            self._ask_export(False)
            return True
        part = self.parts.get(self.tabs.current)
        if part is not None:
            if not part.back():
                self.tabs.choose("cari")
            return True
        if self.search.text():
            self.search.clear()
            self.search.setFocus()
            return True
        return False

    def _verify(self) -> None:
        self.act(self.presenter.verify, self._verified)

    def _verified(self, text: str) -> None:
        whole = text.startswith("Register utuh") and "TIDAK SAH" not in text
        self.shell.tell("good" if whole else "trouble", text)


def _table_row(r: RegisterRow) -> TableRow:
    return TableRow(r.id, (
        Cell(r.number, bold=True), Cell(r.date), Cell(r.name, bold=True, struck=r.void), Cell(r.nik), Cell(r.service), Cell(r.village),
        Cell(r.officer), Cell(r.state, tone=r.tone), Cell(r.time, muted=r.time == "—")))
