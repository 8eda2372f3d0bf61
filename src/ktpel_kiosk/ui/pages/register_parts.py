"""The dossier of one application: steps, entries, papers, letters, approvals, pauses and the packet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.base import ApplicationHead, apart, footer, or_gone, scroll
from ktpel_kiosk.ui.pages.register_export import choose_file
from ktpel_kiosk.ui.pages.register_look import LookSide, PersonFacts
from ktpel_kiosk.ui.pages.register_status_entry import StatusBlock, StatusEntryPanel
from ktpel_kiosk.ui.presenters.books import BooksPresenter
from ktpel_kiosk.ui.presenters.looking import LookPresenter
from ktpel_kiosk.ui.presenters.register import DossierView, LetterFacts
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, IconButton
from ktpel_kiosk.ui.widgets.extra import DocRow, Panel
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.ui.pages.register import RegisterPage


class DossierPane(QWidget):
    """Steps, entries, papers, approvals and the packet of one application."""

    left = Signal()

    def __init__(self, page: RegisterPage, pieces: tuple[StatusBlock, LookSide] | None = None) -> None:
        super().__init__()
        self.page = page
        self.statuses, self.look = pieces or (StatusBlock(page), LookSide(page))
        self.permohonan_id = ""
        self.asking = False
        self._view: DossierView | None = None
        self._letter = ""
        self.letters, self.looking = BooksPresenter(page.session), LookPresenter(page.session)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        self.head = ApplicationHead()
        layout.addWidget(self.head)
        self.notice = NoticeBar(closable=False)
        layout.addWidget(self.notice)
        both = QHBoxLayout()
        both.setSpacing(16)
        self.steps_card = self._steps_card()
        both.addWidget(self.steps_card, 6)
        self.papers_card = self._papers_card()
        both.addWidget(self.papers_card, 5)
        self.void_panel = self._void()
        self.void_panel.hide()
        both.addWidget(self.void_panel)
        self.look.asked.connect(self._asked_look)
        both.addWidget(self.look)
        self._beside = both
        layout.addLayout(both, 1)
        self.back_button = Button("Kembali ke daftar", icon="arrow-left")
        self.back_button.clicked.connect(self.left)
        self.void_button = Button("Batalkan permohonan", "danger", icon="ban")
        self.void_button.clicked.connect(lambda: self._ask_void(True))
        self.go_button = Button("Buka", "primary", key="F9")
        self.go_button.clicked.connect(self._go)
        self.who_button = Button(word("lihat", "siapa_tombol"), icon="eye")
        self.who_button.clicked.connect(lambda: self.look.who(self.permohonan_id))
        layout.addLayout(footer([self.back_button, self.void_button], [self.who_button, self.go_button]))

    @classmethod
    def in_turns(cls, page: RegisterPage) -> Iterator[DossierPane | None]:
        """As :meth:`Page.in_turns`."""
        statuses = StatusBlock(page)
        with or_gone(statuses):
            yield None
        look = LookSide(page)
        with or_gone(statuses, look):
            yield None
        yield cls(page, (statuses, look))

    @cached_property
    def status_panel(self) -> StatusEntryPanel:
        return self._put_status(StatusEntryPanel(self.page))

    def _put_status(self, made: StatusEntryPanel) -> StatusEntryPanel:
        made.hide()
        made.closed.connect(lambda: self._ask_status(False))
        self._beside.addWidget(made)
        self.__dict__["status_panel"] = made
        return made

    def prepare(self) -> Iterator[None]:
        """As :meth:`Page.prepare`."""
        def pieces() -> Iterator[StatusEntryPanel | None]:
            yield StatusEntryPanel(self.page)

        yield from apart(pieces(), self._put_status, lambda: "status_panel" not in self.__dict__)

    @property
    def in_status(self) -> bool:
        """The form for a status is open."""
        return "status_panel" in self.__dict__ and not self.status_panel.isHidden()

    @property
    def next_button(self) -> Button:
        """What F9 presses."""
        if self.in_status:
            return self.status_panel.go_button
        return self.look.reasons.go_button if self.look.reasons.isVisibleTo(self) else self.go_button

    def _steps_card(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(24, 20, 16, 20)
        box.setSpacing(10)
        self.state = Chip("")
        head = QHBoxLayout()
        head.addWidget(label("Langkah", "strong", weight="semibold"), 1)
        head.addWidget(self.state)
        box.addLayout(head)
        self._steps = QGridLayout()
        self._steps.setHorizontalSpacing(14)
        self._steps.setVerticalSpacing(9)
        self._steps.setColumnStretch(1, 1)
        box.addLayout(self._steps)
        box.addSpacing(6)
        box.addWidget(Line())
        box.addSpacing(4)
        box.addWidget(label("Isian", "strong", weight="semibold"))
        self.facts = PersonFacts()
        self.facts.wanted.connect(self._reveal)
        box.addWidget(self.facts)
        box.addStretch(1)
        card.body.addWidget(scroll(inner))
        return card

    def _papers_card(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(24, 20, 16, 20)
        box.setSpacing(6)
        self.statuses.wanted.connect(lambda: self._ask_status(True))
        box.addWidget(self.statuses)
        self._papers = QVBoxLayout()
        self._papers.setSpacing(6)
        box.addLayout(self._papers, 1)
        card.body.addWidget(scroll(inner))
        return card

    def _void(self) -> Panel:
        panel = Panel("Batalkan permohonan ini?", wide=340)
        panel.closed.connect(lambda: self._ask_void(False))
        self.void_text = label("", "body", tone="muted", wrap=True)
        panel.form.addWidget(self.void_text)
        self.void_reason = NoteField("alasan", "Alasan", placeholder="Misalnya: NIK salah ketik")
        panel.form.addWidget(self.void_reason)
        panel.form.addStretch(1)
        self.void_go = Button("Batalkan permohonan", "danger", icon="ban")
        self.void_go.setEnabled(False)
        self.void_reason.changed.connect(lambda: self.void_go.setEnabled(bool(self.void_reason.value())))
        self.void_go.clicked.connect(self._do_void)
        panel.form.addWidget(self.void_go, 0, Qt.AlignmentFlag.AlignRight)
        return panel

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_view(self, view: DossierView) -> None:
        p = view.dossier.permohonan
        if p.id != self.permohonan_id:
            self._ask_void(False)
            self._ask_status(False)
            self.look.leave()
        self.permohonan_id, self._view = p.id, view
        self.head.show_dossier(self.page.session, view.dossier)
        self.state.set(view.state, view.tone)
        if view.notes:
            self.notice.show_text("attention", " ".join(view.notes))
            self.notice.setVisible(not self.in_status)
        else:
            self.notice.hide()
        self._fill_steps(view)
        self.page.shell.bridge.soon(lambda: self._fill_papers(view) if self._view is view else None, self)
        self.statuses.show_for(p.id, view.dossier.packet is not None or any(
            t.stage is Stage.MENUNGGU_PRR and t.started_at is not None for t in p.tahap))
        self.go_button.set_text(view.go_text or "Buka")
        self.go_button.setVisible(bool(view.go_page))
        self.void_button.setVisible(view.can_void)
        self.who_button.setVisible(self.page.presenter.may("view_access_log"))

    def _fill_steps(self, view: DossierView) -> None:
        clear_layout(self._steps)
        for i, s in enumerate(view.steps):
            self._steps.addWidget(label(s.title, "body", weight="medium"), i, 0)
            self._steps.addWidget(label(s.who, "small", tone="muted", wrap=True), i, 1)
            self._steps.addWidget(label(s.time, "small", tone="muted"), i, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if s.tone:
                self._steps.addWidget(Chip(s.state, s.tone, compact=True), i, 3, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            else:
                self._steps.addWidget(label(s.state, "small", tone="faint"), i, 3)
        self.facts.show_rows(view.dossier.permohonan.id, view.biodata)

    def _fill_papers(self, view: DossierView) -> None:
        box = self._papers
        clear_layout(box)
        box.addWidget(label("Surat & berkas", "strong", weight="semibold"))
        for paper in view.papers:
            row = DocRow(paper.title, paper.detail)
            row.open.clicked.connect(partial(self._open_paper, paper.id))
            row.save.clicked.connect(partial(self._save_paper, paper.id))
            box.addWidget(row)
            box.addWidget(Line())
        if not view.papers:
            box.addWidget(label("Belum ada surat atau berkas pindaian.", "body", tone="muted", wrap=True))
        self._fill_letters(view)
        if view.approvals:
            box.addSpacing(12)
            box.addWidget(label("Persetujuan", "strong", weight="semibold"))
            for title, detail in view.approvals:
                box.addWidget(label(title, "body", weight="medium", wrap=True))
                box.addWidget(label(detail, "small", tone="muted", wrap=True))
                box.addSpacing(4)
        if view.pauses:
            box.addSpacing(12)
            box.addWidget(label("Jeda", "strong", weight="semibold"))
            for title, detail in view.pauses:
                box.addWidget(label(title, "body", weight="medium", wrap=True))
                box.addWidget(label(detail, "small", tone="muted", wrap=True))
                box.addSpacing(4)
        if view.packet:
            box.addSpacing(12)
            box.addWidget(label("Paket", "strong", weight="semibold"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(20)
            grid.setVerticalSpacing(6)
            grid.setColumnStretch(1, 1)
            for i, (title, value) in enumerate(view.packet):
                grid.addWidget(label(title, "small", tone="muted"), i, 0)
                grid.addWidget(label(value, "body", weight="medium"), i, 1)
            box.addLayout(grid)
        box.addStretch(1)

    def _fill_letters(self, view: DossierView) -> None:
        box = self._papers
        if not view.letters and not view.may_issue:
            return
        box.addSpacing(12)
        box.addWidget(label("Surat keluar", "strong", weight="semibold"))
        for letter in view.letters:
            box.addWidget(self._letter_row(view, letter))
            box.addWidget(Line())
        for kind, title in view.may_issue:
            button = Button(f"Terbitkan {title}", icon="file-text")
            button.clicked.connect(partial(self._issue, kind))
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _letter_row(self, view: DossierView, letter: LetterFacts) -> QWidget:
        row = DocRow(letter.title, letter.detail)
        row.open.set_text("Cetak lagi")
        row.open.setVisible(not letter.void and self.letters.may("issue_letter"))
        row.open.clicked.connect(partial(self._reprint, letter.nomor))
        row.save.hide()
        if not letter.void and self.letters.may("void_letter"):
            void = IconButton(f"Batalkan surat {letter.nomor}", "ban")
            void.clicked.connect(lambda _on=False: self._ask_void(True, letter.nomor))
            line = row.layout()
            assert line is not None
            line.addWidget(void)
        return row

    def _issue(self, kind: str, _on: bool = False) -> None:
        pid = self.permohonan_id
        self.page.act(lambda: self.letters.issue(pid, kind), lambda made: self._issued(made.nomor))

    def _issued(self, nomor: str) -> None:
        self.page.shell.tell("good", f"Nomor {nomor}.", bold="Surat terbit.")
        self.page.refresh()

    def back(self) -> bool:
        if self.asking:
            self._ask_void(False)
            self._ask_status(False)
            self.look.leave()
            return True
        return False

    def _ask_status(self, on: bool) -> None:
        if on:
            self._ask_void(False)
        self.asking = on
        if on or self.in_status:
            self.status_panel.setVisible(on)
        self.head.bar.setVisible(not on)  # the form needs the room, above all under large letters
        self.notice.setVisible(not on and bool(self._view is not None and self._view.notes))
        self.papers_card.setVisible(not on)
        self.steps_card.setVisible(not on)
        self.go_button.setVisible(not on and self._view is not None and bool(self._view.go_page))
        self.page.set_primary()
        if on:
            self.status_panel.begin(self.permohonan_id)

    # -- acting -------------------------------------------------------------------------------------------------------

    def _go(self) -> None:
        if self._view is not None and self._view.go_page:
            self.page.shell.go(self._view.go_page, id=self.permohonan_id)

    # -- looking (desk/viewing.py) ------------------------------------------------------------------------------------

    def _asked_look(self, on: bool) -> None:
        """A reason is asked for, or who looked is shown, in the place of the papers; the masked dossier stays in sight."""
        if on:
            self._ask_void(False)
            self._ask_status(False)
        self.asking = on
        self.papers_card.setVisible(not on)
        self.head.bar.setVisible(not on)  # all reasons in sight
        self.who_button.setVisible(not on and self.page.presenter.may("view_access_log"))
        self.go_button.setVisible(not on and self._view is not None and bool(self._view.go_page))
        self.page.set_primary()
        if not on:
            self.back_button.setFocus()

    def _reveal(self, field: str) -> None:
        pid = self.permohonan_id
        self.look.ask(lambda reason, note: self.looking.reveal(pid, field, reason, note), partial(self.facts.reveal, pid, field))

    def _open_paper(self, document_id: str) -> None:
        pid = self.permohonan_id
        self.look.ask(lambda reason, note: self.looking.paper_file(pid, document_id, reason, note), self._opened_paper)

    def _reprint(self, nomor: str, _on: bool = False) -> None:
        pid = self.permohonan_id
        self.look.ask(lambda reason, note: self.looking.reprint(pid, nomor, reason, note), self._opened_paper)

    def _opened_paper(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("attention", f"Berkas tersimpan di {path}.", bold="Tidak ada penampil PDF di komputer ini.")

    def _save_paper(self, document_id: str) -> None:
        pid = self.permohonan_id
        self.look.ask(lambda reason, note: self.looking.paper_name(pid, document_id, reason, note),
                   lambda name: choose_file(self, name, partial(self._write_paper, document_id)))

    def _write_paper(self, document_id: str, path: str) -> None:
        self.page.act(lambda: self.page.presenter.save_paper(self.permohonan_id, document_id, Path(path)),
                      lambda saved: self.page.shell.tell("good", str(saved), bold="Tersimpan."))

    def _ask_void(self, on: bool, letter: str = "") -> None:
        self.asking, self._letter = on, letter
        if self.in_status:
            self.status_panel.hide()
        self.head.bar.show()
        self.steps_card.show()
        self.void_panel.title.setText(f"Batalkan surat {letter}?" if letter else "Batalkan permohonan ini?")
        self.void_text.setText("Nomor surat tetap terpakai dan barisnya tetap ada di buku agenda dengan tanda BATAL." if letter else
                               "Baris dan nomor tetap ada di buku dengan tanda BATAL. Hasil rekam yang belum disegel dihapus. "
                               "Pembatalan tidak dapat diurungkan.")
        self.void_go.set_text("Batalkan surat" if letter else "Batalkan permohonan")
        self.void_panel.setVisible(on)
        self.papers_card.setVisible(not on)
        self.void_reason.set_value("")
        if on:
            self.void_reason.editor.setFocus()

    def _do_void(self) -> None:
        pid, reason, letter = self.permohonan_id, self.void_reason.value(), self._letter
        if letter:
            self.page.act(lambda: self.letters.void_letter(letter, reason), lambda _l: self._letter_void(letter))
            return
        self.page.act(lambda: self.page.presenter.void(pid, reason), self._voided)

    def _voided(self, p: Permohonan) -> None:
        self._ask_void(False)
        self.page.shell.tell("info", "Baris tetap ada di buku dengan tanda BATAL.", bold=f"{p.nomor_register} dibatalkan.")
        self.page.refresh()

    def _letter_void(self, nomor: str) -> None:
        self._ask_void(False)
        self.page.shell.tell("info", "Nomornya tetap terpakai.", bold=f"Surat {nomor} dibatalkan.")
        self.page.refresh()
