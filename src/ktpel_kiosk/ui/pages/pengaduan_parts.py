"""Parts of the complaints page: one complaint with its timeline and next steps, and the form for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.pengaduan import MAX_NAME
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.complaints import CATEGORIES, CHANNELS, ComplaintView, StepLine
from ktpel_kiosk.ui.widgets.base import Card, Line, Painted, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import Panel, Tick
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NoteField, TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaduan import PengaduanPage

NOTE_WORDS = {
    "selesai": "Apa yang sudah dilakukan (dibaca pelapor)", "ditolak": "Alasan ditolak", "diteruskan": "Diteruskan ke mana, dengan alasan",
    "menunggu_pelapor": "Apa yang diminta dari pelapor", "catatan": "Apa yang dilakukan", "kategori": "Alasan kategori diubah",
}
SELECT = Qt.TextInteractionFlag.TextSelectableByMouse


def tall(field: NoteField) -> NoteField:
    """Its lines are not squeezed where the panel is short."""
    field.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return field


class Rail(Painted):
    """The line and dot beside one step."""

    def __init__(self, *, newest: bool, oldest: bool) -> None:
        super().__init__()
        self._newest, self._oldest = newest, oldest
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(22), self.theme.px(40))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, top = theme.px(8), theme.px(11)
        if not self._newest:
            painter.fillRect(QRectF(middle - 1, 0, 2, top), theme.color("line"))
        if not self._oldest:
            painter.fillRect(QRectF(middle - 1, top, 2, self.height() - top), theme.color("line"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent" if self._newest else "field_line"))
        radius = theme.px(6 if self._newest else 5)
        painter.drawEllipse(QRectF(middle - radius, top - radius, 2 * radius, 2 * radius))


class ComplaintPane(Card):
    """Text, person, deadline, steps; the note and the buttons to what may come next."""

    def __init__(self, page: PengaduanPage) -> None:
        super().__init__(0, 0)
        self.page = page
        self.view: ComplaintView | None = None
        self.setMinimumWidth(430)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(22, 18, 18, 12)
        box.setSpacing(10)
        self.number = label("", "strong", weight="bold")
        self.status, self.due = Chip(""), Chip("")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.number)
        head.addStretch(1)
        head.addWidget(self.due)
        self.person = label("", "body", weight="semibold", wrap=True)
        self.text = label("", "body", wrap=True)
        self.response = label("", "small", wrap=True)
        for made in (self.person, self.text):
            made.setTextInteractionFlags(SELECT)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(14)
        self.facts.setVerticalSpacing(3)
        self.facts.setColumnStretch(1, 1)
        self.steps = QVBoxLayout()
        self.steps.setSpacing(0)
        who = QHBoxLayout()
        who.setSpacing(8)
        who.addWidget(self.person, 1)
        who.addWidget(self.status, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(head)
        box.addLayout(who)
        box.addWidget(self.text)
        box.addWidget(Line())
        box.addLayout(self.facts)
        box.addWidget(self.response)
        box.addWidget(Line())
        box.addWidget(label("Penanganan", "small", tone="muted"))
        box.addLayout(self.steps)
        box.addStretch(1)
        self.body.addWidget(scroll(inner), 1)
        self.body.addLayout(self._foot())

    def _foot(self) -> QVBoxLayout:
        foot = QVBoxLayout()
        foot.setContentsMargins(18, 10, 18, 16)
        foot.setSpacing(10)
        self.message = NoticeBar(closable=False)
        self.next = ChoiceField("langkah", "Langkah berikutnya", (), empty="")
        self.next.box.currentIndexChanged.connect(lambda _i: self._chosen())
        self.category = ChoiceField("kategori", "Kategori baru", CATEGORIES)
        self.category.hide()
        self.note = tall(NoteField("note", "Keterangan", lines=2))
        self.receipt = Button("Bukti", icon="printer")
        self.receipt.setToolTip("Cetak bukti pengaduan")
        self.receipt.clicked.connect(self._print)
        self.go_button = Button("", "primary", key="F9")
        self.go_button.clicked.connect(self._go)
        line = QHBoxLayout()
        line.addWidget(self.receipt)
        line.addStretch(1)
        line.addWidget(self.go_button)
        for item in (self.message, self.next, self.category, self.note):
            foot.addWidget(item)
        foot.addLayout(line)
        return foot

    # -- showing ---------------------------------------------------------------------------------------------------------------

    def show_view(self, view: ComplaintView) -> None:
        if view == self.view:
            return
        another = self.view is None or (self.view.id, self.view.version) != (view.id, view.version)
        if self.view is None or self.view.id != view.id:
            self.note.set_value("")
        self.view = view
        self.number.setText(view.number)
        self.status.set(view.status, view.status_tone)
        self.due.set(view.due, view.due_tone)
        self.person.setText(f"{view.person} · {view.contact}" if view.contact else view.person)
        self.text.setText(view.text)
        self.response.setText(view.response)
        self.response.setProperty("tone", view.response_tone if view.response_tone != "neutral" else "muted")
        self.response.style().unpolish(self.response)
        self.response.style().polish(self.response)
        clear_layout(self.facts)
        for i, (title, value) in enumerate(view.facts):
            self.facts.addWidget(label(title, "small", tone="muted"), i, 0)
            self.facts.addWidget(label(value, "small", weight="medium", wrap=True), i, 1)
        self._show_steps(view.steps)
        if another:
            self._show_moves(view)

    def _show_steps(self, steps: Sequence[StepLine]) -> None:
        """Newest first: what happened last is what one wants to know."""
        clear_layout(self.steps)
        for i, step in enumerate(reversed(steps)):
            words = QVBoxLayout()
            words.setContentsMargins(0, 0, 0, 10)
            words.setSpacing(1)
            words.addWidget(label(step.title, "body", weight="semibold"))
            words.addWidget(label(f"{step.when} · {step.officer}", "small", tone="muted", wrap=True))
            if step.note:
                note: QLabel = label(step.note, "body", wrap=True)
                note.setTextInteractionFlags(SELECT)
                words.addWidget(note)
            line = QHBoxLayout()
            line.setSpacing(8)
            line.addWidget(Rail(newest=step.last, oldest=i == len(steps) - 1))
            line.addLayout(words, 1)
            self.steps.addLayout(line)

    def _show_moves(self, view: ComplaintView) -> None:
        """The usual way is chosen; the others, a note alone and another category stand in the same list."""
        self.message.hide()
        choices = [(to, text) for to, text, _needed in view.moves]
        if view.moves:
            choices += [("catatan", "Catatan saja"), ("kategori", "Ubah kategori")]
        self.next.box.blockSignals(True)
        self.next.box.fill(choices)
        self.next.box.blockSignals(False)
        for item in (self.next, self.note, self.go_button):
            item.setVisible(bool(choices))
        self._chosen()

    def choose(self, to: str) -> None:
        """Which step F9 takes."""
        self.next.set_value(to)

    def _chosen(self) -> None:
        to = self.next.value()
        self.go_button.set_text(self.next.box.currentText())
        self.category.setVisible(to == "kategori")
        words = NOTE_WORDS.get(to, "Boleh kosong")
        self.note.text.setPlaceholderText(words)
        self.note.editor.setAccessibleDescription(words)

    # -- acting ----------------------------------------------------------------------------------------------------------------

    def _print(self) -> None:
        if self.view is not None:
            self.page.print_receipt(self.view)

    def _go(self) -> None:
        view, note = self.view, self.note.text.toPlainText()
        if view is None:
            return
        to = self.next.value()
        if to == "catatan":
            self.page.add_note(view, note)
        elif to == "kategori":
            self.page.recategorise(view, self.category.value(), note)
        else:
            self.page.take_step(view, to, note)

    def refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))
        self.note.text.setFocus()

    def done(self) -> None:
        self.note.set_value("")
        self.message.hide()

    def set_busy(self, on: bool) -> None:
        self.go_button.setEnabled(not on)

    def focus_first(self) -> None:
        if not self.note.isHidden():
            self.note.text.setFocus()

    def back(self) -> bool:
        """Esc in the note goes to the list; what was typed stays."""
        if any(w.hasFocus() for w in (self.note.text, self.category.box, self.next.box, self.go_button, self.receipt)):
            self.page.rows.setFocus()
            return True
        return False


class NewComplaint(Panel):
    """Channel, category, words, who; or nobody."""

    def __init__(self, page: PengaduanPage) -> None:
        super().__init__("Pengaduan baru")
        self.page = page
        self.setMinimumWidth(430)
        self.closed.connect(page.end_form)
        self.channel = ChoiceField("kanal", "Kanal", CHANNELS)
        self.category = ChoiceField("kategori", "Kategori", CATEGORIES)
        self.text = tall(NoteField("uraian", "Isi pengaduan", placeholder="Tuliskan seperti yang disampaikan pelapor", lines=5))
        self.anonymous = Tick("Tanpa nama", "Nama dan kontak tidak dicatat")
        self.name = TextField("nama", "Nama pelapor", limit=MAX_NAME)
        self.contact = TextField("kontak", "Telepon atau surel", limit=MAX_NAME)
        self.anonymous.toggled.connect(self._anonymous)
        self.message = NoticeBar(closable=False)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        pair = QHBoxLayout()
        pair.setSpacing(12)
        pair.addWidget(self.channel, 1)
        pair.addWidget(self.category, 1)
        box.addLayout(pair)
        who = QHBoxLayout()
        who.setSpacing(12)
        who.addWidget(self.name, 1)
        who.addWidget(self.contact, 1)
        box.addWidget(self.text)
        box.addWidget(self.anonymous)
        box.addLayout(who)
        box.addStretch(1)
        self.form.addWidget(scroll(inner), 1)
        self.form.addWidget(self.message)
        self.go_button = Button("Catat pengaduan", "primary", key="F9")
        self.go_button.clicked.connect(self._go)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.go_button)
        self.form.addLayout(line)
        self.clear()

    def _anonymous(self, on: bool) -> None:
        self.name.setVisible(not on)
        self.contact.setVisible(not on)

    def clear(self) -> None:
        self.channel.set_value("langsung")
        self.category.set_value("ringan")
        for field in (self.text, self.name, self.contact):
            field.set_value("")
        self.anonymous.setChecked(False)
        self.message.hide()

    def _go(self) -> None:
        self.message.hide()
        self.page.receive({"kanal": self.channel.value(), "kategori": self.category.value(), "uraian": self.text.text.toPlainText(),
                           "nama": self.name.line.text(), "kontak": self.contact.line.text()}, self.anonymous.isChecked())

    def refused(self, error: KioskError) -> None:
        """Nothing typed is lost."""
        self.message.show_text("attention", self.page.session.sentence(error))
        field = {"Isi pengaduan": self.text.text, "Uraian": self.text.text, "Nama pelapor": self.name.line,
                 "Kontak": self.contact.line}.get(str(error.facts.get("field", "")))
        if field is not None:
            field.setFocus()

    def set_busy(self, on: bool) -> None:
        self.go_button.setEnabled(not on)

    def focus_first(self) -> None:
        self.text.text.setFocus()
