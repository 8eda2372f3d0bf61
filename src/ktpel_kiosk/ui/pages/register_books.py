"""Sections of the register page: the eight books as they will be exported, and the months of a year that are closed or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.register_letters import LettersPanel
from ktpel_kiosk.ui.presenters.books import BOOK_NAMES, BooksPresenter, MonthRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, text_width
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Panel
from ktpel_kiosk.ui.widgets.fields import Choice, NoteField
from ktpel_kiosk.ui.widgets.front import BehindSilent
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.desk.books import Preview
    from ktpel_kiosk.desk.closing import MonthCheck
    from ktpel_kiosk.ports.papers import BookRow
    from ktpel_kiosk.ui.pages.register import RegisterPage

WIDEST = 340
"""Pixels a column may have at most; longer texts are cut off on screen only."""
VOID = "BATAL"


class BookSection(BehindSilent):
    """What stands under one tab. ``primary`` is what F9 presses."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__()
        self.page = page
        self.primary: Button | None = None
        self.presenter = BooksPresenter(page.session)
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(0, 0, 0, 0)
        self.frame.setSpacing(16)

    @classmethod
    def in_turns(cls, page: RegisterPage) -> Iterator[BookSection | None]:
        """As :meth:`Page.in_turns`."""
        yield cls(page)

    def shown(self) -> None:
        """The tab was chosen, or the register changed while it is."""

    def back(self) -> bool:
        return False


class BooksSection(BookSection):
    """Chooser, period and the rows as they will be exported, NIK masked."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__(page)
        self.book, self.month, self.year = Choice(), Choice(), Choice()
        for box, name, items in ((self.book, "Buku", BOOK_NAMES), (self.month, "Bulan", page.presenter.months()),
                                 (self.year, "Tahun", page.presenter.years())):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.fill(items)
        today = page.session.today()
        self.month.setCurrentIndex(today.month)
        self.state = Chip("", "neutral")
        self.count = label("", "small", tone="muted")
        card = Card(0, 0)
        line = QHBoxLayout()
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(10)
        for box, share in ((self.book, 4), (self.month, 3), (self.year, 2)):
            line.addWidget(box, share)
        line.addWidget(self.state)
        line.addStretch(2)
        line.addWidget(self.count)
        card.body.addLayout(line)
        left = QVBoxLayout()
        left.setSpacing(16)
        left.addWidget(card)
        self.table = Card(0, 0)
        self.table.body.setContentsMargins(2, 5, 2, 5)
        self.rows: GrowingRows | None = None
        self.empty = EmptyState("book-open", "Belum ada baris", "Buku ini belum berisi apa pun pada masa yang dipilih.")
        self.table.body.addWidget(self.empty, 1)
        self.settings_button = Button("Atur nomor surat", icon="settings")
        self.settings_button.clicked.connect(lambda: self._ask_settings(True))
        self.settings_button.hide()
        line.insertWidget(line.count() - 1, self.settings_button)
        self.settings = LettersPanel(page)
        self.settings.closed.connect(lambda: self._ask_settings(False))
        self.settings.hide()
        both = QHBoxLayout()
        both.setSpacing(16)
        left.addWidget(self.table, 1)
        both.addLayout(left, 1)
        both.addWidget(self.settings)
        self.frame.addLayout(both, 1)
        self._columns: tuple[str, ...] = ()
        self._asked: tuple[str, int, int | None] = ("", 0, None)
        self._more = False
        for box in (self.book, self.month, self.year):
            box.currentIndexChanged.connect(lambda _i: self.shown())

    def chosen(self) -> tuple[str, int, int | None]:
        month = self.month.currentData()
        return str(self.book.currentData()), int(self.year.currentData()), int(month) if month else None

    def shown(self) -> None:
        if self.chosen()[0] != "agenda_surat" and not self.settings.isHidden():
            self._ask_settings(False)
        self._show_settings_button()
        if self.isVisible():
            self.page.ask_latest("buku", partial(self.presenter.preview, *self.chosen()), self._show, self.page.refused)

    def _ask_settings(self, on: bool) -> None:
        self.settings.setVisible(on)
        self.count.setVisible(not on)
        self.state.setVisible(not on)
        self.primary = self.settings.save if on else None
        self._show_settings_button()
        self.page.set_primary()
        if on:
            self.settings.begin()

    def _show_settings_button(self) -> None:
        self.settings_button.setVisible(self.chosen()[0] == "agenda_surat" and self.settings.isHidden() and self.state.isVisibleTo(self)
                                        and self.presenter.may("change_settings"))

    def back(self) -> bool:
        if not self.settings.isHidden():
            self._ask_settings(False)
            return True
        return False

    def compact(self, on: bool) -> None:
        """Beside the export panel."""
        if on:
            self._ask_settings(False)
        self.state.setVisible(not on)
        self.count.setVisible(not on)
        self._show_settings_button()

    def _show(self, view: Preview) -> None:
        if view.columns != self._columns or self._asked != self.chosen():
            self._asked = self.chosen()
            self._make_table(view)
        assert self.rows is not None
        self._more = view.more
        self.rows.set_rows([book_row(i, r) for i, r in enumerate(view.rows)])
        self.rows.setVisible(bool(view.rows))
        self.empty.setVisible(not view.rows)
        self.count.setText(f"{number_text(view.count)} baris" if view.count else "")
        month = self.chosen()[2]
        self.state.set(("Tertutup" if view.closed else "Terbuka") if month else "Setahun", "good" if view.closed else "neutral",
                       "lock" if view.closed else "")

    def _make_table(self, view: Preview) -> None:
        if self.rows is not None:
            self.table.body.removeWidget(self.rows)
            self.rows.deleteLater()
        self._columns = view.columns
        font = theme_of(self).font("small", 600)
        scale = theme_of(self).px(100) / 100
        body = theme_of(self).font("row")
        widths = []
        for c, name in enumerate(view.columns):
            longest = max((text_width(body, str(r.cells[c])) for r in view.rows), default=0)
            widths.append(min(WIDEST, max(round(text_width(font, name) / scale) + 34, round(longest / scale) + 26)))
        self.rows = GrowingRows("Baris buku", view.columns, widths, [round(w * 10) for w in view.widths])
        self.rows.more_wanted.connect(self._load_more)
        self.table.body.insertWidget(0, self.rows, 1)

    def _load_more(self) -> None:
        if self._more and self.rows is not None:
            self._more = False
            offset = self.rows.rows.rowCount()
            self.page.ask_latest("buku-lagi", partial(self.presenter.preview, *self.chosen(), offset), partial(self._append, offset))

    def _append(self, offset: int, view: Preview) -> None:
        if self.rows is not None and view.columns == self._columns and self.rows.rows.rowCount() == offset:
            self.rows.rows.add_rows([book_row(offset + i, r) for i, r in enumerate(view.rows)])
            self._more = view.more


def book_row(key: int, row: BookRow) -> TableRow:
    """A book's row on screen; void ones struck but for the word that says so."""
    def cell(value: object) -> Cell:
        text = number_text(value) if isinstance(value, int) else str(value).replace("\n", " ")
        return Cell(text, struck=row.void and not text.startswith(VOID), bold=row.void and text.startswith(VOID))

    return TableRow(str(key), tuple(cell(c) for c in row.cells))


class MonthsSection(BookSection):
    """January to December: rows, state, who closed or opened; the chosen one beside it with what may be done."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__(page)
        self.year = Choice()
        self.year.setAccessibleName("Tahun")
        self.year.fill(page.presenter.years())
        self.year.setMaximumWidth(160)
        self.year.currentIndexChanged.connect(lambda _i: self.shown())
        both = QHBoxLayout()
        both.setSpacing(16)
        left = Card(0, 0)
        left.body.setContentsMargins(2, 5, 2, 5)
        head = QHBoxLayout()
        head.setContentsMargins(18, 12, 18, 8)
        head.addWidget(label("Bulan ditutup berurutan setelah bulannya lewat. Baris bulan yang tertutup tidak berubah lagi.", "body",
                             tone="muted", wrap=True), 1)
        head.addWidget(self.year)
        left.body.addLayout(head)
        self.rows = GrowingRows("Bulan", ("Bulan", "Baris", "Keadaan", "Terakhir"), (120, 80, 140, 240), (1, 1, 1, 4))
        self.rows.selectionModel().currentRowChanged.connect(lambda _now, _before: self._chosen())
        left.body.addWidget(self.rows, 1)
        both.addWidget(left, 1)
        both.addWidget(self._panel())
        self.frame.addLayout(both, 1)
        self._months: dict[str, MonthRow] = {}
        self._filling = False
        self._said_of = ""

    def _panel(self) -> Panel:
        panel = Panel("", closable=False, wide=380)
        self.panel = panel
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        self.sentence = label("", "body", tone="muted", wrap=True)
        box.addWidget(self.sentence)
        self.counts = QWidget()
        self.figures = QGridLayout(self.counts)
        self.figures.setContentsMargins(0, 0, 0, 0)
        self.figures.setVerticalSpacing(5)
        self.figures.setColumnStretch(0, 1)
        box.addWidget(self.counts)
        self.found = NoticeBar(closable=False)
        self.found.hide()
        box.addWidget(self.found)
        self.reason = NoteField("alasan", "Alasan membuka lagi", placeholder="Misalnya: nama salah ketik di baris 42", lines=2)
        self.second = SecondPerson("Petugas kedua", "Membuka bulan yang tertutup perlu dua petugas.", stacked=True)
        self.second.entered.connect(self._reopen)
        for field in (self.reason, self.second):
            field.hide()
            box.addWidget(field)
        box.addStretch(1)
        panel.form.addWidget(scroll(inner), 1)
        self.folder = Button("Salinan PDF", icon="folder-open")
        self.folder.clicked.connect(self._open_folder)
        self.check = Button("Periksa", icon="shield-check")
        self.check.clicked.connect(self._check)
        self.open_again = Button("Buka lagi", "danger", icon="rotate-ccw")
        self.open_again.clicked.connect(self._ask_reopen)
        self.close_button = Button("Tutup bulan", "primary", icon="lock", key="F9")
        self.close_button.clicked.connect(self._close)
        self.primary = self.close_button
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.check)
        line.addWidget(self.folder)
        line.addStretch(1)
        panel.form.addLayout(line)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.open_again)
        last.addWidget(self.close_button)
        panel.form.addLayout(last)
        return panel

    def shown(self) -> None:
        if self.isVisible():
            year = int(self.year.currentData())
            self.page.ask_latest("bulan", lambda: self.presenter.months(year), self._show, self.page.refused)

    def _show(self, months: tuple[MonthRow, ...]) -> None:
        before = self.current()
        self._months = {str(m.state.month): m for m in reversed(months) if m.state.state != "nanti"}
        kept = self.rows.current_key()
        self._filling = True
        self.rows.set_rows([TableRow(k, (Cell(m.name, bold=True), Cell(m.rows), Cell(m.word, tone=m.tone),
                                         Cell(m.brief, muted=True))) for k, m in self._months.items()])
        self._filling = False
        now = self.current()
        if self.reason.isVisible() and before is not None and now is not None and before.state.closed and now.state.closed \
                and before.name == now.name:
            return  # somebody is typing why this month shall be opened: a change elsewhere takes nothing away
        if not kept:
            waiting = [k for k, m in self._months.items() if m.state.state == "terbuka"]
            self.rows.choose(waiting[-1] if waiting else next(iter(self._months), ""))
        self._chosen()

    def current(self) -> MonthRow | None:
        return self._months.get(self.rows.current_key())

    def _chosen(self) -> None:
        if self._filling:
            return
        month = self.current()
        self._ask(False)
        if self._said_of != self.rows.current_key():  # what a check found stays while its month is looked at
            self._said_of = self.rows.current_key()
            self.found.hide()
        if month is None:
            return
        state = month.state
        self.panel.title.setText(f"{month.name} {state.year}")
        last = f" Terakhir {month.by}." if month.by else ""
        self.sentence.setText({
            "tertutup": "Buku bulan ini terkunci. Status, cetak, dan penyerahan hari ini tetap berjalan.",
            "terbuka": "Bulan ini sudah lewat dan dapat ditutup. Kedelapan buku dihitung, diberi sidik, dan disalin sebagai PDF.",
            "berjalan": "Bulan ini masih berjalan; dapat ditutup mulai tanggal 1 bulan depan.", "nanti": "Bulan ini belum tiba.",
            "kosong": "Tidak ada baris di bulan ini.",
        }[state.state] + last)
        self.close_button.setVisible(state.state in ("terbuka", "kosong"))
        self.close_button.setEnabled(self.presenter.may("close_month"))
        self.close_button.setToolTip("" if self.presenter.may("close_month") else "Dilakukan Kepala Seksi atau Supervisor")
        self.open_again.setVisible(state.closed and self.presenter.may("reopen_month"))
        self.page.ask_latest("isi-bulan", lambda: self.presenter.book_counts(state.year, state.month), self._show_counts)

    def _show_counts(self, counts: tuple[tuple[str, str], ...]) -> None:
        clear_layout(self.figures)
        for i, (name, count) in enumerate(counts):
            self.figures.addWidget(label(name, "body"), i, 0)
            self.figures.addWidget(label(count, "body", weight="semibold"), i, 1, Qt.AlignmentFlag.AlignRight)

    def _ask(self, on: bool) -> None:
        self.reason.setVisible(on)
        self.second.setVisible(on)
        self.counts.setVisible(not on)
        self.sentence.setVisible(not on)
        month = self.current()
        closed = month is not None and month.state.closed
        self.check.setVisible(closed and not on and self.presenter.may("verify_register"))
        self.folder.setVisible(closed and not on)
        if on:
            self.found.hide()
            self.reason.set_value("")
            self.second.clear()
            self.reason.editor.setFocus()

    def back(self) -> bool:
        if self.reason.isVisible():
            self._ask(False)
            return True
        return False

    # -- acts ---------------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        month = self.current()
        if month is not None:
            self.page.act(lambda: self.presenter.close(month.state.year, month.state.month), partial(self._closed, month))

    def _closed(self, month: MonthRow, folder: Path) -> None:
        self.page.shell.tell("good", f"Salinan PDF kedelapan buku ada di {folder}.", bold=f"{month.name} {month.state.year} ditutup.")
        self.shown()

    def _ask_reopen(self) -> None:
        if not self.reason.isVisible():
            self._ask(True)
            return
        self._reopen()

    def _reopen(self) -> None:
        month = self.current()
        if month is None or not self.second.ready():
            return
        reason, (name, secret) = self.reason.value(), self.second.values()
        self.page.act(lambda: self.presenter.reopen(month.state.year, month.state.month, reason, name, secret),
                      lambda _n: self._reopened(month), self._refused)

    def _refused(self, error: KioskError) -> None:
        if isinstance(error, SignInRefused | NotAllowed):
            self.second.refuse(self.page.session.sentence(error))
        else:
            self.page.trouble(error)

    def _reopened(self, month: MonthRow) -> None:
        self._ask(False)
        self.page.shell.tell("info", "Tutup kembali setelah perbaikan selesai.", bold=f"{month.name} {month.state.year} dibuka lagi.")
        self.shown()

    def _check(self) -> None:
        month = self.current()
        if month is not None:
            self.page.ask(lambda: self.presenter.check(month.state.year, month.state.month), self._checked)

    def _checked(self, result: tuple[MonthCheck, tuple[str, ...]]) -> None:
        found, lines = result
        if not lines:
            self.found.show_text("good", "Kedelapan buku sama persis dengan saat ditutup.")
        elif found.good:
            self.found.show_text("info", " ".join(f"{x}." for x in lines), bold="Tidak ada baris yang berubah tanpa sebab.")
        else:
            self.found.show_text("trouble", " ".join(f"{x}." for x in lines), bold="Ada baris yang berubah tanpa kegiatan tercatat.")

    def _open_folder(self) -> None:
        month = self.current()
        if month is not None:
            folder = self.presenter.archive(month.state.year, month.state.month)
            if not open_outside(self, folder):
                self.page.shell.tell("info", f"Salinan PDF ada di {folder}.")
