"""Section of Pengaturan: the office's calendar of a year, with its own days off and open days."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.desk.kalender_kantor import BadCalendar
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import date_card, date_full
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_files import choose_to_open
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.office_data import KINDS, DayRow
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip, IconButton
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Panel, chosen_value
from ktpel_kiosk.ui.widgets.fields import DateField, TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

SHOWN_MISTAKES = 200
HINTS = {
    "libur": "Loket tutup pada hari ini; tenggat dihitung melewatinya.",
    "buka": "Loket buka walaupun akhir pekan atau hari libur, misalnya saat pemungutan suara.",
    "bukan libur": "Hari libur pemerintah yang tidak diikuti kantor ini.",
}


class CalendarSection(Section):
    """A table of the year; the panel beside it changes one day, a file brings many."""

    COLUMNS = ("Tanggal", "Nama hari", "Ditetapkan", "Layanan")
    WIDTHS = (230, 260, 150, 96)

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.data = page.office_data
        self.year = self.data.this_year()
        self.days: tuple[DayRow, ...] = ()
        self.jump = True
        self.frame.addLayout(self._head())
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Kalender kantor", self.COLUMNS, self.WIDTHS, (1, 3, 1, 0))
        self.rows.opened.connect(self._edit)
        self.rows.clicked.connect(lambda _i: self._edit(self.rows.current_key()))
        table.body.addWidget(self.rows)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(table, 1)
        self.panel = self._panel()
        self.panel.hide()
        both.addWidget(self.panel)
        self.mistakes = self._mistakes()
        self.mistakes.hide()
        both.addWidget(self.mistakes)
        self.frame.addLayout(both, 1)
        self.primary = self.add

    def _head(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        before, after = IconButton("Tahun sebelumnya", "chevron-left"), IconButton("Tahun berikutnya", "chevron-right")
        before.clicked.connect(lambda: self._turn(-1))
        after.clicked.connect(lambda: self._turn(1))
        self.year_label = label(str(self.year), "title", weight="bold")
        for item in (before, self.year_label, after):
            line.addWidget(item)
        line.addSpacing(8)
        self.note = label("", "body", tone="muted", wrap=True)
        line.addWidget(self.note, 1)
        self.load = Button("Impor berkas", icon="folder-open")
        self.load.clicked.connect(self._ask_file)
        self.add = Button("Tambah hari", "primary", icon="plus", key="F9")
        self.add.clicked.connect(lambda: self._show_panel(None))
        line.addWidget(self.load)
        line.addWidget(self.add)
        return line

    def _panel(self) -> Panel:
        panel = Panel("Hari baru", wide=400)
        panel.closed.connect(self._close)
        self.on = DateField("tanggal", "Tanggal")
        panel.form.addWidget(self.on)
        panel.form.addWidget(label("Ketetapan kantor", "small", weight="medium"))
        self.kinds = QButtonGroup(self)
        holder, flow = QWidget(), Flow(8)
        holder.setLayout(flow)
        for kind, text in KINDS:
            chip = ChoiceChip(text, kind.value)
            self.kinds.addButton(chip)
            flow.addWidget(chip)
        panel.form.addWidget(holder)
        self.hint = label("", "small", tone="muted", wrap=True)
        self.kinds.buttonClicked.connect(lambda _b: self.hint.setText(HINTS.get(chosen_value(self.kinds), "")))
        panel.form.addWidget(self.hint)
        self.name = TextField("nama", "Nama hari", placeholder="Pemungutan suara", limit=80)
        panel.form.addWidget(self.name)
        panel.form.addStretch(1)
        foot = QHBoxLayout()
        self.drop = Button("Kembalikan", "danger", icon="undo-2")
        self.drop.setToolTip("Hapus ketetapan kantor; kalender pemerintah berlaku lagi")
        self.drop.clicked.connect(self._drop)
        self.save = Button("Simpan", "primary", icon="check", key="F9")
        self.save.clicked.connect(self._save)
        foot.addWidget(self.drop)
        foot.addStretch(1)
        foot.addWidget(self.save)
        panel.form.addLayout(foot)
        return panel

    def _mistakes(self) -> Panel:
        panel = Panel("Berkas belum diambil", wide=460)
        panel.closed.connect(self._close)
        self.mistake_text = label("", "body", tone="muted", wrap=True)
        panel.form.addWidget(self.mistake_text)
        self.mistake_lines = QVBoxLayout()
        self.mistake_lines.setSpacing(10)
        holder = QWidget()
        holder.setLayout(self.mistake_lines)
        panel.form.addWidget(scroll(holder), 1)
        return panel

    def opened(self) -> None:
        self.jump = True
        may = self.page.presenter.may("edit_calendar")
        self.add.setVisible(may and self.panel.isHidden())
        self.load.setVisible(may)
        self.refresh()

    def refresh(self) -> None:
        year = self.year
        self.page.ask_latest("kalender", lambda: self.data.calendar(year), self._show)

    def _show(self, days: tuple[DayRow, ...]) -> None:
        self.days = days
        self.year_label.setText(str(self.year))
        own = sum(1 for d in days if d.own is not None)
        self.note.setText(f"{len(days)} hari khusus, {own} menurut ketetapan kantor. Hari libur pemerintah sudah terisi." if days else
                          "Belum ada hari libur untuk tahun ini.")
        self.rows.set_rows([TableRow(d.on.isoformat(), (
            Cell(d.day, bold=d.own is not None), Cell(d.name), Cell(d.source, muted=True), Cell(d.state, tone=d.tone))) for d in days])
        if self.jump:
            self.jump = False
            self._come_to_today()

    def _come_to_today(self) -> None:
        """The next special day stands in sight."""
        today = self.page.session.today()
        coming = next((d for d in self.days if d.on >= today), None)
        if coming is not None and self.year == today.year:
            self.rows.choose(coming.on.isoformat())
            self.rows.scrollTo(self.rows.currentIndex(), GrowingRows.ScrollHint.PositionAtCenter)

    def back(self) -> bool:
        if self.panel.isHidden() and self.mistakes.isHidden():
            return False
        self._close()
        return True

    def _turn(self, by: int) -> None:
        self.year = max(2021, min(2099, self.year + by))
        self.refresh()

    def _edit(self, key: str) -> None:
        if key and self.page.presenter.may("edit_calendar"):
            self._show_panel(next((d for d in self.days if d.on.isoformat() == key), None))

    def _show_panel(self, day: DayRow | None) -> None:
        self.mistakes.hide()
        self.panel.title.setText(date_full(day.on) if day else "Hari baru")
        self.on.set_value(date_card(day.on) if day else "")
        self.on.setVisible(day is None)
        self.name.set_value((day.own.nama if day.own else day.name) if day else "")
        kind = "" if day is None else day.own.jenis.value if day.own else "buka"
        for button in self.kinds.buttons():
            if isinstance(button, ChoiceChip):
                button.setChecked(button.value == kind)
                button.setVisible(button.value != "bukan libur" or day is not None)
        self.hint.setText(HINTS.get(kind, ""))
        for field in (self.on, self.name):
            field.say("")
        self.drop.setVisible(day is not None and day.own is not None)
        self.panel.show()
        self.rows.hide_columns((2,))
        self.add.hide()
        self.primary = self.page.primary = self.save
        (self.name if day else self.on).editor.setFocus()

    def _close(self) -> None:
        self.panel.hide()
        self.mistakes.hide()
        self.rows.hide_columns(())
        self.add.setVisible(self.page.presenter.may("edit_calendar"))
        self.primary = self.page.primary = self.add
        self.rows.setFocus()

    def _save(self) -> None:
        on, kind, name = self.on.value(), chosen_value(self.kinds), self.name.value()
        problems = self.data.day_problems(on, kind, name)
        self.on.say(problems.get("tanggal", ""), "trouble" if "tanggal" in problems else "")
        self.name.say(problems.get("nama", ""), "trouble" if "nama" in problems else "")
        if "jenis" in problems:
            self.hint.setText(problems["jenis"])
        if not problems:
            self.page.act(lambda: self.data.keep_day(on, kind, name), lambda day: self._changed(day, f"{date_full(day)} disimpan."))

    def _drop(self) -> None:
        on = date.fromisoformat(self.rows.current_key())
        text = f"{date_full(on)} kembali menurut kalender pemerintah."
        self.page.act(lambda: self.data.drop_day(on), lambda _done: self._changed(on, text))

    def _changed(self, on: date, text: str) -> None:
        self.year = on.year
        self._close()
        self.page.shell.tell("good", "Tenggat permohonan baru dihitung dengan kalender ini.", bold=text)
        self.refresh()

    def _ask_file(self) -> None:
        choose_to_open(self, "Pilih berkas kalender", "Tabel (*.csv *.xlsx *.txt)", self.take_file)

    def take_file(self, path: str) -> None:
        """Import this file: all its days, or a list of what has to be mended."""
        self.page.act(lambda: self.data.import_calendar(Path(path)), self._taken, self._refused)

    def _taken(self, count: int) -> None:
        self._close()
        self.page.shell.tell("good", "Semuanya langsung berlaku.", bold=f"{count} hari diambil dari berkas.")
        self.refresh()

    def _refused(self, error: KioskError) -> None:
        if not isinstance(error, BadCalendar):
            self.page.trouble(error)
            return
        self.panel.hide()
        self.mistake_text.setText(f"{len(error.problems)} baris salah; tidak ada yang diambil. Perbaiki berkasnya, lalu impor lagi.")
        clear_layout(self.mistake_lines)
        for problem in error.problems[:SHOWN_MISTAKES]:
            line = QHBoxLayout()
            where = label(f"Baris {problem.line}", "body", weight="semibold")
            where.setMinimumWidth(self.page.shell.theme.px(76))
            line.addWidget(where, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(f"{problem.column}: {problem.text}", "body", wrap=True), 1)
            self.mistake_lines.addLayout(line)
        self.mistake_lines.addStretch(1)
        self.rows.hide_columns((2,))
        self.mistakes.show()

