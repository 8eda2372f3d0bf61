"""Section of Pengaturan: where copies of the register go, making one now, and the code that opens them on another machine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.setup import BackupPlace
from ktpel_kiosk.ui.first_run.facts import bytes_words
from ktpel_kiosk.ui.first_run.places import PlaceList
from ktpel_kiosk.ui.kiosk_files import FOLDER, FilePanel, Root, documents
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.station_care import CopiesView, StationCarePresenter
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
    from ktpel_kiosk.ui.pages.settings_restore import RestoreView
    from ktpel_kiosk.ui.pages.settings_sheets import SheetsPanel

WHY = "Register disalin setiap hari ke diska lain: tujuh harian, empat mingguan dan dua belas bulanan disimpan. Salinannya tersandi."
CODE = ("Hanya dengan kode ini cadangan terbuka di komputer lain. Kode ada di kertas, tidak di komputer mana pun: simpan di lemari "
        "terkunci, terpisah dari diska cadangan.")
TYPE_IT = {"proved": "Ketik kode dari kertas untuk memastikan sekali lagi", "unproved": "Ketik kode dari kertas", "none": ""}


class CopiesSection(Section):
    """Left the place and the copy now, right the recovery code."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = StationCarePresenter(page.session)
        self._code = ""
        self._shown = "none"
        self.message = NoticeBar(closable=False)
        self.message.hide()
        self.frame.setSpacing(12)
        self.frame.addWidget(self.message)
        self.cards = QWidget()
        both = QHBoxLayout(self.cards)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(16)
        both.addWidget(self._place(), 6)
        both.addWidget(self._secret(), 5)
        self.frame.addWidget(self.cards, 1)
        self.restoring: RestoreView | None = None
        self.papers: SheetsPanel | None = None

    def _place(self) -> Card:
        card = Card(20, 10)
        self.chip = Chip("")
        card.body.addLayout(row(label("Tempat cadangan", "strong", weight="semibold"), self.chip, None))
        card.body.addWidget(label(WHY, "small", tone="muted", wrap=True))
        self.path = label("", "body", weight="semibold", wrap=True)
        card.body.addWidget(self.path)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(20)
        self.facts.setVerticalSpacing(6)
        self.facts.setColumnStretch(1, 1)
        card.body.addLayout(self.facts)
        self.problem = label("", "small", tone="attention", wrap=True)
        card.body.addWidget(self.problem)
        self.places = PlaceList("Tempat cadangan", self._ask_folder)
        self.places.chosen.connect(self._try)
        self.places.wanted.connect(self._search)
        self.places.hide()
        card.body.addWidget(self.places)
        card.body.addStretch(1)
        self.other = Button("Pilih tempat lain", icon="hard-drive")
        self.other.clicked.connect(self._choose)
        self.now = Button("Buat cadangan sekarang", "primary", icon="save", key="F9")
        self.now.clicked.connect(self._copy)
        self.primary = self.now
        self.restore = Button(word("pulih", "buka"), icon="refresh-cw")
        self.restore.clicked.connect(self._open_restore)
        card.body.addLayout(row(self.restore, None))
        card.body.addLayout(row(self.other, None, self.now))
        return card

    def _secret(self) -> Card:
        card = Card(20, 10)
        self.code_chip = Chip("")
        card.body.addLayout(row(label("Kode pemulihan", "strong", weight="semibold"), self.code_chip, None))
        card.body.addWidget(label(CODE, "small", tone="muted", wrap=True))
        self.fresh = label("", "figure", weight="semibold", wrap=True)
        self.fresh_note = label("Catat di kertas, lalu ketik di bawah dari kertas itu. Baru setelah itu kode ini berlaku; cadangan yang "
                                "sudah ada tetap terbuka dengan kode lama.", "small", wrap=True)
        self.typed = TextField("kode", "", placeholder="ABCDE-FGHJK-…", upper=True, limit=40)
        self.typed.line.returnPressed.connect(self._prove)
        self.prove = Button("Periksa kode", icon="check")
        self.prove.clicked.connect(self._prove)
        self.new = Button("Buat kode baru", "link")
        self.new.clicked.connect(self._new)
        for item in (self.fresh, self.fresh_note, self.typed):
            card.body.addWidget(item)
        card.body.addLayout(row(self.new, None, self.prove))
        card.body.addStretch(1)
        self.sheets = Button(word("lembar", "buka"), icon="file-text")
        self.sheets.clicked.connect(self._open_sheets)
        card.body.addLayout(row(self.sheets, None))
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def _open_restore(self) -> None:
        from ktpel_kiosk.ui.pages.settings_restore import RestoreView

        if self.restoring is None:
            self.restoring = RestoreView(self.page)
            self.restoring.left.connect(self._close_restore)
            self.frame.addWidget(self.restoring, 1)
        self.message.hide()
        self.cards.hide()
        self.restoring.show()
        self.restoring.open()

    def _open_sheets(self) -> None:
        from ktpel_kiosk.ui.pages.settings_sheets import SheetsPanel

        if self.papers is None:
            self.papers = SheetsPanel(self.page)
            self.papers.left.connect(self._close_restore)
            self.frame.addWidget(self.papers, 1)
        self.message.hide()
        self.cards.hide()
        self.papers.show()
        self.papers.open()

    def _close_restore(self) -> None:
        """Back to the two cards, from whichever view covers them."""
        for view in (self.restoring, self.papers):
            if view is not None:
                view.forget_secrets()
                view.hide()
        self.cards.show()
        self._load()

    def opened(self) -> None:
        if self.cards.isHidden():
            self._close_restore()
        self.message.hide()
        self._drop_code()
        self.places.hide()
        self._load()

    def closed(self) -> None:
        """A code on the screen goes with the section."""
        self._drop_code()
        for view in (self.restoring, self.papers):
            if view is not None:
                view.forget_secrets()

    def scanned(self, code: str) -> bool:
        return self.restoring is not None and self.restoring.isVisible() and self.restoring.key.scanned(code)

    def refresh(self) -> None:
        self._load()

    def _load(self) -> None:
        self.page.ask_latest("cadangan", self.presenter.copies, self._show)

    def _show(self, view: CopiesView) -> None:
        self._shown = view.code
        self.chip.set(view.chip, view.tone)
        self.path.setText(view.place or "Belum ada tempat yang dipilih.")
        clear_layout(self.facts)
        for at, (title, words) in enumerate(view.facts):
            self.facts.addWidget(label(title, "small", tone="muted"), at, 0)
            self.facts.addWidget(label(words, "body", weight="medium", wrap=True), at, 1)
        self.problem.setText(view.problem)
        self.problem.setVisible(bool(view.problem))
        self.code_chip.set(view.code_chip, view.code_tone)
        may = self.presenter.may()
        self.other.setVisible(may)
        self.now.setVisible(may)
        self.sheets.setVisible(may)
        self.restore.setVisible(may and bool(view.place))
        self.now.setEnabled(bool(view.place) and not self.page.busy)
        self._show_code()

    def _show_code(self) -> None:
        may, fresh = self.presenter.may(), bool(self._code)
        self.fresh.setText(self._code)
        self.fresh.setVisible(fresh)
        self.fresh_note.setVisible(fresh)
        asked = may and (fresh or self._shown != "none")
        self.typed.setVisible(asked)
        self.prove.setVisible(asked)
        title = "Ketik kode baru dari kertas" if fresh else TYPE_IT[self._shown]
        self.typed.retitle(title)
        self.prove.set_text("Pakai kode ini" if fresh else "Periksa kode")
        self.new.setVisible(may and not fresh)
        self.new.kind = "secondary" if self._shown == "none" else "link"

    def _drop_code(self) -> None:
        self._code = ""
        self.typed.set_value("")
        self.typed.say("")
        self._show_code()

    def back(self) -> bool:
        if self.cards.isHidden():
            self._close_restore()
            return True
        if self._code:
            self._drop_code()
            return True
        if not self.places.isHidden():
            self.places.hide()
            return True
        return False

    # -- the place ----------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        self.places.setVisible(self.places.isHidden())
        if not self.places.isHidden():
            self._search()

    def _search(self) -> None:
        self.page.ask_latest("tempat", self.presenter.places, lambda found: self._found(tuple(found)))

    def _found(self, found: tuple[BackupPlace, ...]) -> None:
        self.places.show_places(found)
        if not found:
            self.message.show_text("info", "Pasang diska USB, lalu tekan Cari lagi.", bold="Tidak ada diska lain yang terlihat.")
        self.places.list.focus()

    def _ask_folder(self, _parent: QWidget, chosen: object) -> None:
        if self.page.shell.overlay is None and not self.page.busy:
            FilePanel(self.page.shell, FOLDER, "Folder cadangan", chosen, places=self._roots)  # type: ignore[arg-type]

    def _roots(self) -> list[Root]:
        found = [Root(word("berkas", "dokumen"), documents())]
        return [*found, *(Root(p.title, p.path.parent, bytes_words(p.free_bytes)) for p in self.presenter.places())]

    def _try(self, path: str) -> None:
        self.message.show_text("info", "Mencoba menulis …")
        self.page.act(partial(self.presenter.choose_place, path), self._tried)

    def _tried(self, place: BackupPlace) -> None:
        if place.problem:
            self.places.tell(place)
            self.message.show_text("attention", place.problem, bold="Tempat ini tidak dipakai.")
            return
        self.places.hide()
        self.message.show_text("good", "Uji tulis dan baca berhasil. Buat cadangan pertama di sana sekarang.",
                               bold=f"{place.title} dipakai.")
        self._load()
        self.now.setFocus()

    def _copy(self) -> None:
        self.message.show_text("info", "Cadangan sedang dibuat dan diperiksa. Meja tetap dapat dipakai …")
        self.page.act(self.presenter.copy_now, self._copied, self._failed)

    def _copied(self, name: str) -> None:
        self.message.show_text("good", f"{name}, sudah dibaca kembali dan utuh.", bold="Cadangan selesai.")
        self._load()

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("trouble", self.page.session.sentence(error))
        self._load()

    # -- the code -----------------------------------------------------------------------------------------------------

    def _new(self) -> None:
        self.page.act(self.presenter.new_code, self._have_code)

    def _have_code(self, code: str) -> None:
        self._code = code
        self.typed.set_value("")
        self.typed.say("")
        self._show_code()
        self.typed.editor.setFocus()

    def _prove(self) -> None:
        typed, code = self.typed.value(), self._code
        if not typed:
            self.typed.say("Ketik kodenya dulu.", "attention")
            self.typed.editor.setFocus()
            return
        work = partial(self.presenter.adopt_code, code, typed) if code else partial(self.presenter.prove_code, typed)
        self.page.act(work, lambda _none: self._is_proved(bool(code)), self._not_proved)

    def _is_proved(self, new: bool) -> None:
        self._drop_code()
        self.message.show_text("good", "Buat cadangan sekarang, supaya ada yang terbuka dengan kode baru." if new else
                               "Kode di kertas membuka cadangan kantor ini.", bold="Kode baru berlaku." if new else "Kode benar.")
        self._load()

    def _not_proved(self, error: KioskError) -> None:
        self.typed.say(self.page.session.sentence(error), "trouble")
        self.typed.editor.setFocus()
