"""Section of Pengaturan: quality of recording. Least score and tries of every finger, which attempt counts, what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import EYES, FINGERS, Position
from ktpel_kiosk.domain.capture_rules import MINIMUM_RANGE, TRIES_RANGE
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.capture_rules import RulesForm, RulesPresenter, rule_choices
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, label, set_state
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.fields import ChoiceField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

OTHERS: tuple[Position, ...] = (Position.FACE, *EYES, Position.SIGNATURE)

BESIDE_FROM = 700
"""Design pixels of room from which the two columns stand beside each other."""


class Number(QLineEdit):
    """A few digits; all of it is chosen when it is entered, so that typing replaces it."""

    def __init__(self, spoken: str, digits: int = 2) -> None:
        super().__init__()
        self.setMaxLength(digits)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._fit()
        self.setAccessibleName(spoken)

    def _fit(self) -> None:
        self.setFixedWidth(theme_of(self).px(60))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._fit()
        super().changeEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()


class CaptureSection(Section):
    """Applies to recordings that begin after it was saved."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = RulesPresenter(page.session)
        self.numbers: dict[Position, tuple[Number, Number]] = {
            p: (Number(f"Nilai minimum {word('posisi', p)}"), Number(f"Percobaan {word('posisi', p)}")) for p in (*FINGERS, *OTHERS)}
        self.rule = ChoiceField("pilih", "Hasil yang dipakai", rule_choices(), empty="")
        self.rule.changed.connect(self._explain)
        self.rule_text = label("", "small", tone="muted", wrap=True)
        self.background = Tick("Boleh mengganti latar foto", "Operator memilihnya sendiri; selalu tercatat")
        self.search = Tick("Cari rekaman ganda di kantor ini", "Hanya peringatan, tidak menahan pemohon")
        self.days = Number("Masa simpan templat jari, hari", digits=3)
        self.own_scores = Tick("Nilai tanpa NFIQ2 dihitung", "Bila tidak: tiap jari diterima apa adanya")
        self.message = NoticeBar(closable=False)
        self.usual = Button("Nilai baku BSI", icon="rotate-ccw")
        self.usual.clicked.connect(lambda: self._fill(self.presenter.usual()))
        self.primary = Button("Simpan", "primary", icon="save", key="F9")
        self.primary.clicked.connect(self._save)
        inner = QWidget()
        both = self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, inner)
        both.setContentsMargins(0, 0, 8, 0)
        both.setSpacing(16)
        both.addWidget(self._fingers(), 6)
        both.addLayout(self._right(), 6)
        self.frame.setSpacing(10)
        self.frame.addWidget(scroll(inner), 1)  # the button below stays in sight
        self.frame.addWidget(self.message)
        foot = QHBoxLayout()
        foot.addWidget(self.usual)
        foot.addWidget(label("Berlaku untuk perekaman yang dimulai sesudah disimpan.", "small", tone="muted"), 1)
        foot.addWidget(self.primary)
        self.frame.addLayout(foot)

    def _fingers(self) -> Card:
        card = Card(20, 8)
        card.body.addWidget(label("Sidik jari dan mata", "strong", weight="semibold"))
        grid = self._grid(("", "Kanan", "", "Kiri", ""), ("", "minimum", "percobaan", "minimum", "percobaan"))
        for row, name in enumerate(("thumb", "index", "middle", "ring", "little", "eye"), start=2):
            grid.addWidget(label("Mata" if name == "eye" else word("jari", name), "body", weight="medium"), row, 0)
            for column, side in ((1, "right"), (3, "left")):
                for offset, field in enumerate(self.numbers[Position(f"{side}_{name}")]):
                    grid.addWidget(field, row, column + offset, Qt.AlignmentFlag.AlignHCenter)
        card.body.addLayout(grid)
        text = f"Nilai {MINIMUM_RANGE[0]}–{MINIMUM_RANGE[1]} (jari: NFIQ2), percobaan {TRIES_RANGE[0]}–{TRIES_RANGE[1]}."
        card.body.addWidget(label(text, "small", tone="muted", wrap=True))
        card.body.addStretch(1)
        return card

    def _grid(self, top: tuple[str, ...], heads: tuple[str, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        for row, words in enumerate((top, heads)):
            for column, text in enumerate(words):
                if text:
                    weight = "semibold" if row == 0 else ""
                    grid.addWidget(label(text, "small", tone="muted", weight=weight, align=Qt.AlignmentFlag.AlignHCenter), row, column)
        grid.setColumnMinimumWidth(0, theme_of(self).px(96))
        grid.setColumnStretch(len(heads), 1)  # numbers stay beside the name they belong to
        return grid

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(12)
        others = Card(20, 4)
        grid = self._grid((), ("", "minimum", "percobaan"))
        for row, position in enumerate((Position.FACE, Position.SIGNATURE), start=2):
            grid.addWidget(label(word("posisi", position), "body", weight="medium"), row, 0)
            for offset, field in enumerate(self.numbers[position], start=1):
                grid.addWidget(field, row, offset, Qt.AlignmentFlag.AlignHCenter)
        others.body.addLayout(grid)
        column.addWidget(others)
        rule = Card(20, 4)
        rule.body.addWidget(self.rule)
        rule.body.addWidget(self.rule_text)
        ticks = QWidget()
        box = QVBoxLayout(ticks)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for tick in (self.background, self.own_scores, self.search):
            box.addWidget(tick)
        kept = QHBoxLayout()
        kept.setContentsMargins(42, 0, 0, 0)
        kept.addWidget(label("Templat empat jari disimpan terenkripsi, hari", "small", tone="muted", wrap=True), 1)
        kept.addWidget(self.days)
        box.addLayout(kept)
        self.search.toggled.connect(self.days.setEnabled)
        rule.body.addWidget(ticks)
        column.addWidget(rule)
        column.addStretch(1)
        return column

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= theme_of(self).px(BESIDE_FROM)
        self._both.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def opened(self) -> None:
        self.page.ask(self.presenter.load, self._show)

    def _show(self, form: RulesForm) -> None:
        self._fill(form)
        may = self.presenter.may()
        fields = (*(f for pair in self.numbers.values() for f in pair), self.rule.box, self.background, self.search, self.days,
                  self.own_scores, self.usual, self.primary)
        for field in fields:
            if field is not None:
                field.setEnabled(may)

    def _fill(self, form: RulesForm) -> None:
        for position, values in form.limits.items():
            for field, text in zip(self.numbers[position], values, strict=True):
                field.setText(text)
                set_state(field, "")
        self.rule.set_value(form.best_of)
        self.background.setChecked(form.ganti_latar)
        self.search.setChecked(form.cari_ganda)
        self.own_scores.setChecked(form.tanpa_nfiq2)
        self.days.setText(form.simpan_hari)
        set_state(self.days, "")
        self._explain()

    def _explain(self) -> None:
        self.rule_text.setText(word("aturan_hasil_teks", self.rule.value()))

    def form(self) -> RulesForm:
        limits = {p: (least.text(), tries.text()) for p, (least, tries) in self.numbers.items()}
        return RulesForm(limits, self.rule.value(), self.background.isChecked(), self.search.isChecked(), self.own_scores.isChecked(),
                         self.days.text())

    def _save(self) -> None:
        form = self.form()
        self.page.act(lambda: self.presenter.save(form), self._saved, self._refused)

    def _saved(self, form: RulesForm) -> None:
        self.message.hide()
        self._show(form)
        self.page.shell.tell("good", "Berlaku untuk perekaman berikutnya.", bold="Tersimpan.")

    def _refused(self, error: KioskError) -> None:
        """The sentence, and the field it speaks of."""
        self.message.show_text("attention", self.page.session.sentence(error))
        name = str(error.facts.get("position", ""))
        set_state(self.days, "attention" if error.message_key == "rules.days" else "")
        for position, (least, tries) in self.numbers.items():
            set_state(least, "attention" if position.value == name and error.message_key == "rules.minimum" else "")
            set_state(tries, "attention" if position.value == name and error.message_key == "rules.tries" else "")
            if position.value == name:
                (tries if error.message_key == "rules.tries" else least).setFocus()
