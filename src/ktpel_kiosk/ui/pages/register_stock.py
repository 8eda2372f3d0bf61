"""Sections of the register page: the blank-card ledger with its daily count, and withdrawn cards up to their burning."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.ledgers import BlangkoDay, Destruction, Pejabat, WithdrawnCard
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.base import or_gone, scroll
from ktpel_kiosk.ui.pages.register_books import BookSection
from ktpel_kiosk.ui.pages.register_spoiled import SpoiledCards
from ktpel_kiosk.ui.presenters.books import CONDITION_CHOICES, METHODS, REASON_CHOICES, BurnedRow, CardRow, StockView, WithdrawnView
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Panel, Stat
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NikField, NoteField, TextField
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from pathlib import Path

    from ktpel_kiosk.ui.pages.register import RegisterPage

DAY_COLUMNS = ("Tanggal", "Awal", "Masuk", "Baik", "Rusak", "Kembali", "Akhir", "Dihitung", "Selisih", "Petugas", "Catatan")
DAY_WIDTHS = (110, 64, 70, 60, 66, 80, 66, 84, 76, 130, 140)
CARD_COLUMNS = ("", "Diterima", "Nama", "NIK", "Alasan", "Kondisi", "Petugas")
CARD_WIDTHS = (44, 104, 170, 160, 120, 140, 110)


class BlangkoSection(BookSection):
    """What is in the drawer, today's count, returns to the Dinas, and the days already counted."""

    def __init__(self, page: RegisterPage, spoiled: SpoiledCards | None = None, rows: GrowingRows | None = None) -> None:
        super().__init__(page)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 4, 0)
        box.setSpacing(14)
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(6)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        box.addLayout(figures)
        self.notice = NoticeBar(closable=False)
        box.addWidget(self.notice)
        box.addWidget(self._day_card())
        box.addWidget(self._return_card())
        self.spoiled = spoiled or SpoiledCards(page)
        box.addWidget(self.spoiled)
        self.days = rows or _days()
        self.days.setMinimumHeight(240)
        days = Card(0, 0)
        days.body.setContentsMargins(2, 5, 2, 5)
        head = QHBoxLayout()
        head.setContentsMargins(18, 10, 14, 4)
        head.setSpacing(10)
        head.addWidget(label("Hitungan harian bulan ini", "strong", weight="semibold"), 1)
        self.threshold = TextField("batas", "", limit=7)
        self.threshold.line.setAccessibleName("Batas peringatan")
        self.threshold.line.setFixedWidth(90)
        self.threshold.line.editingFinished.connect(self._set_threshold)
        self.receive = Button("Terima blangko", icon="package-check")
        self.receive.clicked.connect(lambda: self.page.shell.go("pengaturan", section="blangko"))
        head.addWidget(label("Ingatkan bila sisa sampai", "small", tone="muted"))
        head.addWidget(self.threshold.line)
        head.addWidget(self.receive)
        days.body.addLayout(head)
        days.body.addWidget(self.days)
        box.addWidget(days)
        box.addStretch(1)
        self.frame.addWidget(scroll(inner), 1)

    @classmethod
    def in_turns(cls, page: RegisterPage) -> Iterator[BookSection | None]:
        spoiled = SpoiledCards(page)
        with or_gone(spoiled):
            yield None
        rows = _days()
        with or_gone(spoiled, rows):
            yield None
        yield cls(page, spoiled, rows)

    def _day_card(self) -> Card:
        card = Card(20, 10)
        head = QHBoxLayout()
        head.addWidget(label("Hitung hari ini", "strong", weight="semibold"))
        head.addStretch(1)
        self.day = QGridLayout()
        self.day.setHorizontalSpacing(18)
        self.day.setVerticalSpacing(0)
        head.addLayout(self.day)
        card.body.addLayout(head)
        self.counted = TextField("dihitung", "Dihitung di laci (lembar)", placeholder="0", limit=9)
        self.note = TextField("catatan", "Catatan bila berbeda", limit=200)
        self.close_button = Button("Tutup hari", "primary", icon="check", key="F9")
        self.close_button.clicked.connect(self._close)
        self.primary = self.close_button
        self.counted.changed.connect(self._ready)
        card.body.addLayout(_line((self.counted, 2), (self.note, 6), button=self.close_button))
        return card

    def _return_card(self) -> Card:
        card = Card(20, 10)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(label("Kembalikan ke Dinas", "strong", weight="semibold"))
        head.addWidget(label("Yang terakhir diterima dikembalikan lebih dulu; nomor serinya ditampilkan.", "small", tone="muted"), 1)
        card.body.addLayout(head)
        self.count = TextField("jumlah", "Jumlah (lembar)", placeholder="0", limit=9)
        self.number = TextField("bast", "Nomor surat atau BAST", limit=60)
        self.why = TextField("alasan", "Alasan", placeholder="Misalnya: kelebihan kuota", limit=200)
        self.return_button = Button("Kembalikan", icon="undo-2")
        self.return_button.clicked.connect(self._give_back)
        for field in (self.count, self.number, self.why):
            field.changed.connect(self._ready)
        card.body.addLayout(_line((self.count, 2), (self.number, 3), (self.why, 3), button=self.return_button))
        return card

    def shown(self) -> None:
        if self.isVisible():
            self.page.ask_latest("blangko", self.presenter.stock, self._show, self.page.refused)
            self.spoiled.shown()

    def _show(self, view: StockView) -> None:
        for tile, figure in zip(self.figures, view.figures, strict=True):
            tile.show_figure(*figure)
        self.notice.show_text(view.tone, view.sentence)
        self._threshold = str(view.threshold)
        if not self.threshold.line.hasFocus():
            self.threshold.line.setText(self._threshold)
        self.threshold.line.setEnabled(self.presenter.may("change_settings"))
        d = view.closed or view.day
        clear_layout(self.day)
        facts = (("Awal", d.opening), ("Masuk", d.masuk), ("Baik", d.baik), ("Rusak", d.rusak), ("Kembali", d.kembali),
                 ("Akhir", d.closing))
        for i, (name, value) in enumerate(facts):
            self.day.addWidget(label(name, "small", tone="muted"), 0, i)
            self.day.addWidget(label(number_text(value), "strong", weight="semibold"), 1, i)
        done = view.closed is not None
        self._closed_today = done
        for field in (self.counted, self.note):
            field.setEnabled(not done)
        if view.closed is not None:
            self.counted.set_value(view.closed.counted)
            self.note.set_value(view.closed.note)
        self.counted.say("Hari ini sudah ditutup." if done else "", "good" if done else "")
        self.days.set_rows([TableRow(row[0], tuple(Cell(c, tone="attention" if i == 8 and c != "cocok" else "") for i, c in enumerate(row)))
                            for row in view.days])
        self.days.setMinimumHeight(min(6, max(2, len(view.days))) * 46 + 46)
        self._ready()

    _closed_today = False
    _threshold = ""

    def _set_threshold(self) -> None:
        wanted = self.threshold.value()
        if wanted and wanted != self._threshold:
            self._threshold = wanted
            self.page.act(lambda: self.presenter.set_threshold(wanted), lambda _n: self.shown())

    def _ready(self) -> None:
        may = self.presenter.may("close_blangko_day")
        self.close_button.setEnabled(may and not self._closed_today and bool(self.counted.value()))
        self.close_button.setToolTip("" if may else "Dilakukan Kepala Seksi atau Supervisor")
        self.return_button.setEnabled(self.presenter.may("return_blangko") and bool(
            self.count.value() and self.number.value() and self.why.value()))

    def _close(self) -> None:
        counted, note = self.counted.value(), self.note.value()
        self.page.act(lambda: self.presenter.close_day(counted, note), self._closed)

    def _closed(self, day: BlangkoDay) -> None:
        same = day.counted == day.closing
        self.page.shell.tell("good" if same else "attention", f"Catatan {number_text(day.closing)}, dihitung {number_text(day.counted)}.",
                             bold="Hari ini ditutup.")
        self.shown()

    def _give_back(self) -> None:
        count, number, why = self.count.value(), self.number.value(), self.why.value()
        self.page.act(lambda: self.presenter.give_back(count, number, why), self._gave_back)

    def _gave_back(self, serials: tuple[str, ...]) -> None:
        shown = f"{serials[-1]} sampai {serials[0]}" if len(serials) > 1 else serials[0]
        self.page.shell.tell("good", f"Masukkan nomor seri {shown} ke dalam amplop.",
                             bold=f"{number_text(len(serials))} blangko dikembalikan.")
        for field in (self.count, self.number, self.why):
            field.set_value("")
        self.shown()


def _days() -> GrowingRows:
    return GrowingRows("Hitungan harian", DAY_COLUMNS, DAY_WIDTHS, (1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4))


def _line(*fields: tuple[TextField, int], button: Button) -> QHBoxLayout:
    """Fields side by side, the button level with their editors."""
    line = QHBoxLayout()
    line.setSpacing(14)
    for field, share in fields:
        line.addWidget(field, share, Qt.AlignmentFlag.AlignTop)
    holder = QVBoxLayout()
    holder.setContentsMargins(0, 23, 0, 0)
    holder.addWidget(button)
    holder.addStretch(1)
    line.addLayout(holder)
    return line


class WithdrawnSection(BookSection):
    """Cards that wait for their burning, ticked by a press; a card found is entered, ticked ones are burned with a berita acara."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__(page)
        self.ticked: set[str] = set()
        self._cards: tuple[CardRow, ...] = ()
        both = QHBoxLayout()
        both.setSpacing(16)
        left = Card(0, 0)
        left.body.setContentsMargins(2, 5, 2, 5)
        head = QHBoxLayout()
        head.setContentsMargins(18, 10, 14, 6)
        head.setSpacing(10)
        self.title = label("Menunggu dimusnahkan", "strong", weight="semibold", wrap=True)
        self.all_button = Button("Pilih semua", icon="list-checks")
        self.all_button.clicked.connect(self._all)
        self.add_button = Button("Catat KTP-el", icon="plus")
        self.add_button.clicked.connect(lambda: self._ask("catat"))
        self.burn_button = Button("Musnahkan …", "primary", icon="trash-2", key="F9")
        self.burn_button.clicked.connect(lambda: self._ask("musnah"))
        self.primary = self.burn_button
        head.addWidget(self.title, 1)
        for button in (self.all_button, self.add_button, self.burn_button):
            head.addWidget(button)
        left.body.addLayout(head)
        self.rows = GrowingRows("KTP-el ditarik", CARD_COLUMNS, CARD_WIDTHS, (0, 1, 4, 1, 2, 2, 2))
        self.rows.clicked.connect(lambda index: self._tick(self.rows.rows.key(index.row())))
        self.rows.opened.connect(self._tick)
        self.empty = EmptyState("id-card", "Tidak ada kartu yang menunggu", "KTP-el lama yang ditarik saat penyerahan muncul di sini.")
        left.body.addWidget(self.rows, 3)
        left.body.addWidget(self.empty, 3)
        self._burned = QVBoxLayout()
        self._burned.setContentsMargins(18, 8, 14, 8)
        self._burned.setSpacing(4)
        holder = QWidget()
        holder.setLayout(self._burned)
        left.body.addWidget(scroll(holder), 2)
        both.addWidget(left, 1)
        self._beside = both
        self.frame.addLayout(both, 1)

    # -- panels -------------------------------------------------------------------------------------------------------

    @cached_property
    def add_panel(self) -> Panel:
        return self._place(self._adding())

    @cached_property
    def burn_panel(self) -> Panel:
        return self._place(self._burning())

    def _place(self, panel: Panel) -> Panel:
        panel.hide()
        self._beside.addWidget(panel)
        return panel

    def _panel(self, name: str) -> Panel | None:
        """``add_panel`` or ``burn_panel``, if it was wanted before."""
        return self.__dict__.get(name)

    def _adding(self) -> Panel:
        panel = Panel("Catat KTP-el yang diserahkan atau ditemukan", wide=380)
        panel.closed.connect(lambda: self._ask(""))
        self.nik = NikField()
        self.nama = TextField("nama", "Nama pada kartu", upper=True, limit=60)
        self.why = ChoiceField("alasan", "Alasan", REASON_CHOICES, empty="")
        self.condition = ChoiceField("kondisi", "Kondisi", CONDITION_CHOICES, empty="")
        for field in (self.nik, self.nama, self.why, self.condition):
            panel.form.addWidget(field)
        panel.form.addStretch(1)
        self.save_button = Button("Catat", "primary", icon="check", key="F9")
        self.save_button.clicked.connect(self._save)
        panel.form.addWidget(self.save_button, 0, Qt.AlignmentFlag.AlignRight)
        return panel

    def _burning(self) -> Panel:
        panel = Panel("Musnahkan KTP-el", wide=420)
        panel.closed.connect(lambda: self._ask(""))
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        self.place = TextField("tempat", "Tempat", limit=120)
        self.method = ChoiceField("cara", "Cara", METHODS, empty="")
        box.addWidget(self.place)
        box.addWidget(self.method)
        self.people: list[tuple[TextField, TextField, TextField]] = []
        for title in ("Pelaksana", "Saksi 1", "Saksi 2"):
            box.addWidget(Line())
            box.addWidget(label(title, "body", weight="semibold"))
            nama, jabatan, nip = (TextField(f"{title} {f}", f, limit=n) for f, n in (("Nama", 80), ("Jabatan", 80), ("NIP (bila ada)", 24)))
            line = QHBoxLayout()
            line.setSpacing(10)
            line.addWidget(jabatan, 1)
            line.addWidget(nip, 1)
            box.addWidget(nama)
            box.addLayout(line)
            self.people.append((nama, jabatan, nip))
        self.burn_note = NoteField("catatan", "Catatan", lines=2)
        box.addWidget(self.burn_note)
        box.addStretch(1)
        panel.form.addWidget(scroll(inner), 1)
        self.go_button = Button("Buat berita acara", "primary", icon="file-check", key="F9")
        self.go_button.clicked.connect(self._burn)
        panel.form.addWidget(self.go_button, 0, Qt.AlignmentFlag.AlignRight)
        return panel

    def _ask(self, what: str) -> None:
        for name, key in (("add_panel", "catat"), ("burn_panel", "musnah")):
            panel: Panel | None = getattr(self, name) if what == key else self._panel(name)
            if panel is not None:
                panel.setVisible(what == key)
        if what == "musnah":
            self._count_burning()
        self.rows.hide_columns((1, 4, 6) if what else ())
        self.all_button.setVisible(not what)
        self.primary = self.save_button if what == "catat" else self.go_button if what == "musnah" else self.burn_button
        self.burn_button.setVisible(not what)
        self.add_button.setVisible(not what)
        self.page.set_primary()
        if what == "catat":
            self.nik.editor.setFocus()
        elif what == "musnah":
            self._prefill()
            self.place.editor.setFocus()

    def _count_burning(self) -> None:
        count = len(self.ticked)
        self.burn_panel.title.setText(f"Musnahkan {number_text(count)} KTP-el")
        self.go_button.setEnabled(bool(count))

    def _prefill(self) -> None:
        actor, office = self.page.session.actor, self.page.session.desk.sop.kantor
        if not self.place.value():
            self.place.set_value(f"Halaman Kantor {office.nama}")
        nama, jabatan, nip = self.people[0]
        if not nama.value():
            nama.set_value(actor.nama)
            jabatan.set_value(actor.jabatan)
            nip.set_value(actor.nip)

    def back(self) -> bool:
        if any(panel is not None and panel.isVisible() for panel in map(self._panel, ("add_panel", "burn_panel"))):
            self._ask("")
            return True
        return False

    # -- showing ------------------------------------------------------------------------------------------------------

    def shown(self) -> None:
        if self.isVisible():
            self.page.ask_latest("ditarik", self.presenter.withdrawn, self._show, self.page.refused)

    def _show(self, view: WithdrawnView) -> None:
        self._cards = view.waiting
        self.ticked &= {c.card.id for c in view.waiting}
        self._fill()
        clear_layout(self._burned)
        if view.burned:
            self._burned.addWidget(label("Berita acara", "strong", weight="semibold"))
        for row in view.burned:
            self._burned.addWidget(self._burned_row(row))
        self._burned.addStretch(1)

    def _burned_row(self, row: BurnedRow) -> QWidget:
        from ktpel_kiosk.ui.widgets.extra import DocRow
        made = DocRow(row.title, row.detail)
        made.save.hide()
        made.open.clicked.connect(lambda _on=False, id=row.id: self.page.ask(lambda: self.presenter.burned_file(id), self._opened))
        made.open.setVisible(self.presenter.may("destroy_cards"))
        return made

    def _opened(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("info", f"Berita acara tersimpan di {path}.")

    def _fill(self) -> None:
        self.rows.set_rows([TableRow(c.card.id, (
            Cell("✓" if c.card.id in self.ticked else "", tone="solid" if c.card.id in self.ticked else ""), Cell(c.date),
            Cell(c.card.nama, bold=True), Cell(c.nik), Cell(c.reason), Cell(c.condition), Cell(c.officer))) for c in self._cards])
        self.rows.setVisible(bool(self._cards))
        self.empty.setVisible(not self._cards)
        count = len(self.ticked)
        self.title.setText(f"{number_text(count)} dari {number_text(len(self._cards))} dipilih" if count else
                           f"Menunggu dimusnahkan: {number_text(len(self._cards))}")
        if self._panel("burn_panel") is not None:
            self._count_burning()
        self.burn_button.setEnabled(bool(count) and self.presenter.may("destroy_cards"))
        self.burn_button.setToolTip("" if self.presenter.may("destroy_cards") else "Dilakukan Kepala Seksi atau Supervisor")
        self.add_button.setEnabled(self.presenter.may("withdraw_card"))
        self.all_button.setEnabled(bool(self._cards))

    def _tick(self, key: str) -> None:
        if key:
            self.ticked ^= {key}
            self._fill()

    def _all(self) -> None:
        every = {c.card.id for c in self._cards}
        self.ticked = set() if self.ticked == every else every
        self._fill()

    # -- acts ---------------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        nik, nama, why, condition = self.nik.value(), self.nama.value(), self.why.value(), self.condition.value()
        self.page.act(lambda: self.presenter.surrender(nik, nama, why, condition), self._saved)

    def _saved(self, card: WithdrawnCard) -> None:
        self.page.shell.tell("good", f"{card.nama} menunggu dimusnahkan.", bold="KTP-el dicatat.")
        for field in (self.nik, self.nama):
            field.set_value("")
        self._ask("")
        self.shown()

    def _burn(self) -> None:
        executor, *witnesses = (Pejabat(n.value(), j.value(), p.value()) for n, j, p in self.people)
        chosen = [c.card.id for c in self._cards if c.card.id in self.ticked]
        place, method, note = self.place.value(), self.method.value(), self.burn_note.value()
        present = [w for w in witnesses if w.nama]
        self.page.act(lambda: self.presenter.destroy(chosen, (executor,), present, place, method, note), self._burned_now)

    def _burned_now(self, made: Destruction) -> None:
        self.ticked.clear()
        for fields in self.people[1:]:
            for field in fields:
                field.set_value("")
        self._ask("")
        self.page.shell.tell("good", f"{number_text(made.count)} KTP-el tercatat musnah.", bold=f"Berita acara {made.nomor} dibuat.")
        self.shown()
