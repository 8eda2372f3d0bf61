"""Section of Pengaturan: pemberitahuan kegagalan pelindungan data: what, when, how, whom it concerns; letters with a second person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.desk.breach import Affected, Concern
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.kegagalan import DATA_NAMES
from ktpel_kiosk.domain.text import date_card, number_text
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.privacy import PrivacyPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Tabs, Tick
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField, NoteField, TextField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

FORM, DONE = "baru", "riwayat"
WHY = ("Bila data hilang, dicuri, atau dibuka orang yang tidak berhak: pemilik data dan lembaga diberi tahu tertulis dalam 3 x 24 jam "
       "sejak diketahui. Suratnya dibuat di sini.")


class When(QWidget):
    """A day and a time."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.title = title
        self.day = DateField(name, title, brief=True)
        self.clock = TextField(f"{name}_jam", "Jam", placeholder="08.30", limit=5)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        line.addWidget(self.day, 3, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.clock, 2, Qt.AlignmentFlag.AlignTop)

    def set_value(self, day: str, clock: str) -> None:
        self.day.set_value(day)
        self.clock.set_value(clock)


def _times() -> tuple[When, When, When]:
    return When("diketahui", "Diketahui tanggal"), When("mulai", "Data terbuka sejak"), When("sampai", "Sampai")


class BreachSection(Section):
    """A form with what the law asks for, whom it concerns as found by the register, and the earlier notices."""

    def __init__(self, page: PengaturanPage, times: tuple[When, When, When] | None = None) -> None:
        super().__init__(page)
        self.known, self.began, self.ended = times or _times()
        self.presenter = PrivacyPresenter(page.session)
        self.frame.setSpacing(12)
        self.frame.addWidget(label(WHY, "body", tone="muted", wrap=True))
        self.tabs = Tabs(((FORM, "Pemberitahuan baru"), (DONE, "Riwayat")), "Kegagalan data")
        self.tabs.chosen.connect(self._go)
        self.frame.addWidget(self.tabs)
        self.form_card = self._form()
        self.frame.addWidget(self.form_card)
        self.rest = self._put_rest()

    @classmethod
    def in_turns(cls, page: PengaturanPage) -> Iterator[Section | None]:
        times = _times()
        yield None
        yield cls(page, times)

    def _put_rest(self) -> Iterator[None]:
        self._above.insertLayout(0, self._when())
        yield
        self.second = SecondPerson("Petugas kedua", "Kasi, Camat, atau Supervisor lain ikut menyetujui dengan kata sandinya sendiri.")
        self._above.insertWidget(self._second_at + 1, self.second)
        yield
        self.done_card = self._done()
        self.frame.addWidget(self.done_card, 1)
        self.frame.addStretch(0)
        self.tabs.choose(FORM)
        yield

    def _when(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(12)
        for column, item in enumerate((self.known, self.began, self.ended)):
            grid.addWidget(item, 0, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1)
        return grid

    # -- the form -------------------------------------------------------------------------------------------------------

    def _form(self) -> Card:
        card = Card(22, 14)
        card.body.addWidget(label("Data yang terungkap", "small", weight="medium"))
        self.data = {str(k): Tick(text) for k, text in DATA_NAMES.items()}
        ticks = QGridLayout()
        ticks.setSpacing(4)
        for i, tick in enumerate(self.data.values()):
            ticks.addWidget(tick, i // 3, i % 3)
        card.body.addLayout(ticks)
        self.how = NoteField("bagaimana", "Kapan dan bagaimana terungkap", placeholder="Misalnya: laptop stasiun hilang dari mobil dinas",
                             lines=2)
        self.handling = NoteField("penanganan", "Penanganan dan pemulihan",
                                  placeholder="Misalnya: sertifikat stasiun dicabut; disk terenkripsi; polisi diberi tahu", lines=2)
        words = QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.how, 1)
        words.addWidget(self.handling, 1)
        card.body.addLayout(words)
        card.body.addLayout(self._people())
        self._above, self._second_at = card.body, card.body.count()
        self.message = NoticeBar(closable=False)
        self.message.hide()
        card.body.addWidget(self.message)
        self.make = Button("Buat pemberitahuan", "primary", icon="file-text", key="F9")
        self.make.clicked.connect(self._make)
        self.primary = self.make
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.make)
        card.body.addLayout(foot)
        return card

    def _people(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(8)
        self.by_time = Tick("Semua yang datanya dibuka atau diubah dalam waktu itu")
        self.by_time.setChecked(True)
        self.officer = ChoiceField("petugas", "Hanya oleh petugas", (), empty="Semua petugas")
        self.packets = TextField("paket", "Nomor paket (pisahkan dengan koma)", limit=4000)
        self.search = Button("Cari yang terdampak", icon="search")
        self.search.clicked.connect(self._find)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.officer, 2)
        line.addWidget(self.packets, 3)
        line.addWidget(self.search)
        self.people = GrowingRows("Yang terdampak", ("Nomor register", "Nama", "NIK"), (160, 240, 170), (0, 1, 0))
        self.people.setMinimumHeight(120)
        self.people.hide()
        self.count = label("", "body", weight="medium")
        for item in (self.by_time, self.count, self.people):
            box.addWidget(item)
        box.insertLayout(1, line)
        return box

    def _done(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.notices = GrowingRows("Pemberitahuan", ("Nomor", "Diketahui", "Orang", "Waktu"), (220, 240, 80, 160), (2, 2, 0, 0))
        self.notices.opened.connect(self._open)
        self.look = Button("Buka surat", icon="eye")
        self.look.clicked.connect(lambda: self._open(self.notices.current_key()))
        self.none = label("Belum ada pemberitahuan. Semoga tetap begitu.", "body", tone="muted")
        line = QHBoxLayout()
        line.setContentsMargins(16, 8, 14, 8)
        line.addWidget(self.none, 1)
        line.addWidget(self.look)
        card.body.addWidget(self.notices, 1)
        card.body.addLayout(line)
        return card

    def _go(self, key: str) -> None:
        self.form_card.setVisible(key == FORM)
        self.done_card.setVisible(key == DONE)
        self.primary = self.make if key == FORM else None
        self.page.primary = self.primary

    # -- showing --------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        now = self.page.session.local(self.page.session.now())
        if self.known.day.day() is None:
            for when in (self.known, self.began, self.ended):
                when.set_value(date_card(now.date()), "" if when is not self.known else f"{now:%H.%M}")
        allowed = self.presenter.may("report_breach")
        for item in (self.search, self.make):
            item.setEnabled(allowed)
        if not allowed:
            self.message.show_text("info", "Pemberitahuan dibuat oleh Kasi atau Supervisor. Laporkan kejadiannya sekarang juga.")
        elif self.officer.box.count() <= 1:
            self.page.ask(self.presenter.officers, lambda found: self.officer.box.fill(found, empty="Semua petugas"))
        self.refresh()

    def refresh(self) -> None:
        if self.presenter.may("report_breach"):
            self.page.ask_latest("kegagalan", self.presenter.notices, self._show)

    def _show(self, found: tuple[tuple[str, str, str, str, str, str], ...]) -> None:
        self.notices.set_rows([TableRow(key, (Cell(number, bold=True), Cell(known), Cell(people), Cell(intime, tone=tone)))
                               for key, number, known, people, intime, tone in found])
        self.notices.setVisible(bool(found))
        self.look.setVisible(bool(found))
        self.none.setVisible(not found)

    def concern(self) -> Concern:
        """Raises BadInput ``breach.time``."""
        began, ended = (self.presenter.moment(w.day.day(), w.clock.value(), w.title) for w in (self.began, self.ended))
        packets = tuple(x.strip() for x in self.packets.value().split(",") if x.strip())
        return Concern(began, ended, self.officer.value(), packets, self.by_time.isChecked())

    def _find(self) -> None:
        try:
            concern = self.concern()
        except BadInput as error:
            self._refused(error)
            return
        self.message.hide()
        self.page.ask_latest("terdampak", partial(self.presenter.concerned, concern), self._found, self._refused)

    def _found(self, people: tuple[Affected, ...]) -> None:
        self.people.set_rows([TableRow(key, (Cell(number), Cell(name, bold=True), Cell(nik)))
                              for key, number, name, nik in self.presenter.people_words(people)])
        self.people.setVisible(bool(people))
        self.count.setText(f"{number_text(len(people))} permohonan terdampak; setiap orang mendapat surat." if people
                           else "Tidak ada permohonan yang cocok. Surat untuk lembaga tetap dapat dibuat.")

    # -- making ---------------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        try:
            concern = self.concern()
            known = self.presenter.moment(self.known.day.day(), self.known.clock.value(), self.known.title)
        except BadInput as error:
            self._refused(error)
            return
        if not self.second.ready():
            return
        data = tuple(k for k, tick in self.data.items() if tick.isChecked())
        self.page.act(partial(self.presenter.notice, concern, known, data, self.how.value(), self.handling.value(), self.second.values()),
                      self._made, self._refused)

    def _made(self, text: str) -> None:
        self.message.hide()
        self.second.clear()
        for field in (self.how, self.handling):
            field.set_value("")
        for tick in self.data.values():
            tick.setChecked(False)
        self.page.shell.tell("good", text, bold="Pemberitahuan dibuat.")
        self.tabs.choose(DONE)
        self.refresh()

    def _refused(self, error: KioskError) -> None:
        self.second.password.set_value("")
        self.message.show_text("attention", self.page.session.sentence(error))

    def _open(self, key: str) -> None:
        if key:
            self.page.ask(lambda: self.presenter.papers(key), self._opened)

    def _opened(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("info", str(path.parent), bold="Surat-surat tersimpan.")
