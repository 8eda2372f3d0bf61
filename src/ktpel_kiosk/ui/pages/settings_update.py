"""Section of Pengaturan: the version that runs, a newer one with what is new in it, and when it is tried."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.updates import When
from ktpel_kiosk.ui.first_run.parts import FactLine
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.updates import FoundView, UpdatesPresenter, UpdatesView
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import Stat
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class UpdateSection(Section):
    """Above the version and why this is safe; left what was found, right what happened."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = UpdatesPresenter(page.session)
        self.now = Stat()
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self.now, 2)
        why = Card(20, 8)
        why.body.addWidget(label(word("pembaruan", "mengapa"), "body", tone="muted", wrap=True))
        top.addWidget(why, 5)
        self.frame.addLayout(top)
        self.message = NoticeBar(closable=False)
        self.message.hide()
        self.frame.addWidget(self.message)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._new(), 6)
        both.addWidget(self._past(), 5)
        self.frame.addLayout(both, 1)
        self.primary = self.search

    def _new(self) -> Card:
        card = Card(24, 10)
        self.title = label("Versi baru", "strong", weight="semibold")
        self.source = Chip("")
        self.source.hide()
        card.body.addLayout(row(self.title, self.source, None))
        self.facts = label(word("pembaruan", "belum_dicari"), "small", tone="muted", wrap=True)
        card.body.addWidget(self.facts)
        self.notes = QVBoxLayout()
        self.notes.setSpacing(8)
        card.body.addLayout(self.notes)
        self.remark = label("", "small", tone="attention", wrap=True)
        self.remark.hide()
        card.body.addWidget(self.remark)
        card.body.addStretch(1)
        self.search = Button("Cari pembaruan", "primary", icon="search", key="F9")
        self.search.clicked.connect(self._search)
        self.night = Button("Pasang malam ini", "primary", icon="clock", key="F9")
        self.night.clicked.connect(partial(self._agree, When.NIGHT))
        self.soon = Button("Pasang sekarang", icon="download")
        self.soon.clicked.connect(partial(self._agree, When.NOW))
        self.begin = Button("Tutup jendela dan mulai", "primary", icon="download", key="F9")
        self.begin.clicked.connect(self._begin)
        self.off = Button("Batalkan", icon="x")
        self.off.clicked.connect(self._call_off)
        self.only = label(word("pembaruan", "hanya_supervisor"), "small", tone="muted", wrap=True)
        card.body.addWidget(self.only)
        card.body.addLayout(row(None, self.off, self.soon, self.search, self.night, self.begin))
        return card

    def _past(self) -> Card:
        card = Card(24, 6)
        card.body.addWidget(label("Riwayat", "strong", weight="semibold"))
        self.rows = QVBoxLayout()
        self.rows.setSpacing(0)
        card.body.addLayout(self.rows)
        self.none = label(word("pembaruan", "belum_ada_riwayat"), "small", tone="muted", wrap=True)
        card.body.addWidget(self.none, 0, Qt.AlignmentFlag.AlignTop)
        card.body.addStretch(1)
        return card

    # -- showing --------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self.presenter.found = None
        self.message.hide()
        self._found(None, word("pembaruan", "belum_dicari"))
        self.refresh()

    def refresh(self) -> None:
        self.page.ask_latest("pembaruan", self.presenter.load, self._show)

    def _show(self, view: UpdatesView) -> None:
        self.now.show_figure("Versi sekarang", view.version, "", "muted")
        if view.problem:
            self.message.show_text("attention", view.problem)
        if view.waits:
            self.title.setText(f"Versi {view.wanted}")
            self.source.set("siap dicoba" if view.begin else "menunggu malam", "accent")
            self.source.show()
            self.facts.setText(view.waits)
        clear_layout(self.rows)
        for line in view.rows:
            self.rows.addWidget(FactLine(line.title, line.words, good=line.good, detail=line.when))
        self.none.setVisible(not view.rows)
        self._fit(view)

    def _fit(self, view: UpdatesView | None = None) -> None:
        """One next step at a time: search, agree, begin."""
        if view is not None:
            self._waiting, self._may_begin, self._trusted = bool(view.waits), view.begin, not view.problem
        found, may = self.presenter.found is not None, self.presenter.may_install()
        waiting = getattr(self, "_waiting", False)
        self.search.setVisible(not found and not waiting)
        self.search.setEnabled(self.presenter.may_search() and getattr(self, "_trusted", True))
        for button, there in ((self.night, found and not waiting), (self.soon, found and not waiting), (self.off, waiting),
                              (self.begin, waiting and self._may_begin)):
            button.setVisible(there and may)
        self.only.setVisible((found or waiting) and not may)
        self.primary = self.begin if waiting and self._may_begin else self.night if found and not waiting else self.search
        if self.page.tabs.current == "pembaruan":
            self.page.primary = self.primary

    def _found(self, found: FoundView | None, otherwise: str = "") -> None:
        clear_layout(self.notes)
        self.title.setText(found.title if found else "Versi baru")
        self.source.set(found.source if found else "", "accent")
        self.source.setVisible(found is not None)
        self.facts.setText(found.facts if found else otherwise)
        for note in found.notes if found else ():
            line = QHBoxLayout()
            line.setSpacing(10)
            line.addWidget(label("•"), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(note, "body", wrap=True), 1)
            self.notes.addLayout(line)
        self.remark.setText(found.remark if found else "")
        self.remark.setVisible(bool(found and found.remark))

    # -- acting ---------------------------------------------------------------------------------------------------------

    def _search(self) -> None:
        self.message.hide()
        self._found(None, word("pembaruan", "mencari"))
        self.page.act(self.presenter.look, self._looked, self._refused)

    def _looked(self, found: FoundView | None) -> None:
        self._found(found, word("pembaruan", "tidak_ada"))
        self._fit()

    def _agree(self, when: When) -> None:
        version = self.presenter.found.version if self.presenter.found else ""
        self.message.show_text("info", word("pembaruan", "mengambil").format(versi=version))
        self.page.act(partial(self.presenter.agree, when), self._agreed, self._refused)

    def _agreed(self, view: UpdatesView) -> None:
        self.message.hide()
        self._show(view)

    def _call_off(self) -> None:
        self.message.hide()
        self._found(None, word("pembaruan", "belum_dicari"))
        self.page.act(self.presenter.call_off, self._show, self._refused)

    def _begin(self) -> None:
        self.page.act(self.presenter.begin, lambda _none: None, self._refused)

    def _refused(self, error: KioskError) -> None:
        if self.presenter.found is None:
            self._found(None, word("pembaruan", "belum_dicari"))
        self.message.show_text("attention", self.page.session.sentence(error))
        self._fit()
