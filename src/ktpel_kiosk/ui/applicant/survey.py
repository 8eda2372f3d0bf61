"""The satisfaction survey: asked once, skipped at any time, gone by itself; nothing of it waits for the next applicant.

:class:`Survey` holds the answers and the clock, the pages only show. ``filled`` comes once per whole form.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel

from ktpel_kiosk.domain.ikm import Unsur
from ktpel_kiosk.domain.questionnaire import Question, Questionnaire
from ktpel_kiosk.ui.applicant.faces import FaceCard
from ktpel_kiosk.ui.applicant.parts import CENTER, ApplicantPage, BigButton, IconLabel
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.flow import Flow

INVITE, ASK, PROFILE, THANKS = "survei_ajakan", "survei", "survei_profil", "survei_terima_kasih"
PAGES = (INVITE, ASK, PROFILE, THANKS)
PATIENCE_S = {INVITE: 25.0, ASK: 60.0, PROFILE: 60.0, THANKS: 6.0}
"""Seconds without a touch after which a page gives way."""
LOOK_MS = 240
"""How long a chosen face is shown before the next question."""


class Survey(QObject):
    """One applicant's survey. ``page_wanted`` names the page to show, ``over`` ends it (to the idle window)."""

    page_wanted = Signal(str)
    filled = Signal(str, dict, dict)
    over = Signal()

    def __init__(self, forms: Sequence[Questionnaire], *, look_ms: int = LOOK_MS) -> None:
        super().__init__()
        self.forms, self.form = tuple(forms), forms[0]
        self.look_ms = look_ms
        self.page, self.layanan, self.greeting = "", "", ""
        self.at = 0
        self.scores: dict[Unsur, int] = {}
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self._timed_out)
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.timeout.connect(self._forward)

    @property
    def running(self) -> bool:
        return bool(self.page)

    def question(self) -> Question:
        return self.form.questions[self.at]

    def invite(self, layanan: str, greeting: str = "") -> None:
        """Ask whether; ``greeting`` is the line of thanks above."""
        self._clean()
        self.layanan, self.greeting, self.form = layanan, greeting, self.forms[0]
        self._go(INVITE)

    def choose_language(self, code: str) -> None:
        self.form = next((f for f in self.forms if f.code == code), self.form)
        self._go(INVITE)

    def begin(self) -> None:
        self.at = 0
        self._go(ASK)

    def answer(self, score: int) -> None:
        """A face was touched; a second touch while it is shown changes nothing."""
        if self.page != ASK or self._look.isActive():
            return
        self.scores[self.question().unsur] = score
        self._go(ASK)
        self._look.start(self.look_ms)

    def back(self) -> None:
        self._look.stop()
        if self.page == PROFILE:
            self._go(ASK)
        elif self.page == ASK and self.at:
            self.at -= 1
            self._go(ASK)
        elif self.page == ASK:
            self._go(INVITE)

    def send(self, profile: dict[str, str]) -> None:
        """The whole form, with whatever of the profile was filled in."""
        if self.page == PROFILE:
            self.filled.emit(self.layanan, dict(self.scores), dict(profile))
            self._go(THANKS)

    def touched(self) -> None:
        """Somebody is there: patience begins anew."""
        if self.running:
            self._clock.start(round(PATIENCE_S[self.page] * 1000))

    def stop(self) -> None:
        """No more: what was not sent is forgotten. The window goes back to idle."""
        was = self.running
        self._clean()
        if was:
            self.over.emit()

    def interrupted(self) -> None:
        """The next applicant sits down: the window already shows something else. A whole form is kept, a part of one is not."""
        if self.page == PROFILE:
            self.filled.emit(self.layanan, dict(self.scores), {})
        self._clean()

    def _forward(self) -> None:
        if self.at + 1 < len(self.form.questions):
            self.at += 1
            self._go(ASK)
        else:
            self._go(PROFILE)

    def _timed_out(self) -> None:
        """All nine were answered and only the optional page was left alone: the form counts."""
        if self.page == PROFILE:
            self.send({})
        else:
            self.stop()

    def _go(self, page: str) -> None:
        self.page = page
        self.touched()
        self.page_wanted.emit(page)

    def _clean(self) -> None:
        self._clock.stop()
        self._look.stop()
        self.page, self.layanan, self.greeting, self.at = "", "", "", 0
        self.scores = {}


class SurveyPage(ApplicantPage):
    """Base: every key and touch renews the patience, Esc stops."""

    def __init__(self, survey: Survey, *, centred: bool = True) -> None:
        super().__init__(centred=centred)
        self.survey = survey

    def word(self, key: str) -> str:
        return self.survey.form.words[key]

    def show_now(self) -> None:
        """Fill in what the survey stands at."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.survey.touched()
        if event.key() == Qt.Key.Key_Escape:
            self.survey.stop()
        else:
            super().keyPressEvent(event)


class InvitePage(SurveyPage):
    """Thanks for coming; would you?"""

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey)
        self.frame.addStretch(3)
        self.icon = IconLabel("circle-check", "good", 76)
        self.greeting = label("", "applicant_button", weight="semibold", align=CENTER, wrap=True)
        self.frame.addWidget(self.icon, 0, CENTER)
        self.frame.addSpacing(6)
        self.frame.addWidget(self.greeting)
        self.frame.addStretch(2)
        self.head("", "")
        self.secret = label("", "applicant_fact", tone="muted", align=CENTER, wrap=True)
        self.frame.addWidget(self.secret)
        self.frame.addStretch(3)
        self.languages = QHBoxLayout()
        self._group = QButtonGroup(self)
        if len(survey.forms) > 1:
            self.languages.addStretch(1)
            for form in survey.forms:
                chip = ChoiceChip(form.language, form.code)
                chip.clicked.connect(lambda _on=False, code=form.code: survey.choose_language(code))
                self._group.addButton(chip)
                self.languages.addWidget(chip)
            self.languages.addStretch(1)
        self.frame.addLayout(self.languages)
        self.no = BigButton("")
        self.no.clicked.connect(survey.stop)
        self.yes = BigButton("", "primary", icon="arrow-right", icon_after=True)
        self.yes.clicked.connect(survey.begin)
        line = QHBoxLayout()
        line.addWidget(self.no)
        line.addStretch(1)
        line.addWidget(self.yes)
        self.frame.addLayout(line)

    def show_now(self) -> None:
        self.greeting.setText(self.survey.greeting)
        for part in (self.icon, self.greeting):
            part.setVisible(bool(self.survey.greeting))
        self.title.setText(self.word("ajakan"))
        self.subtitle.setText(self.word("ajakan_kecil"))
        self.secret.setText(self.word("rahasia"))
        self.no.set_text(self.word("tidak"))
        self.yes.set_text(self.word("ya"))
        for chip in self._group.buttons():
            chip.setChecked(chip.value == self.survey.form.code)  # type: ignore[attr-defined]

    def focus_first(self) -> None:
        self.yes.setFocus()


class QuestionPage(SurveyPage):
    """One question, four faces; keys 1 to 4 answer, Backspace goes back."""

    margins = (56, 18, 56, 30)

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey)
        self.place = label("", "applicant_fact", tone="muted", align=CENTER)
        self.frame.addWidget(self.place)
        self.question = label("", "applicant_title", weight="bold", align=CENTER, wrap=True)
        self.question.setFixedHeight(1)
        self.frame.addWidget(self.question)
        self.frame.addSpacing(10)
        self.cards = [FaceCard(score) for score in (1, 2, 3, 4)]
        faces = QHBoxLayout()
        faces.setSpacing(20)
        for card in self.cards:
            card.clicked.connect(lambda _on=False, score=card.score: survey.answer(score))
            faces.addWidget(card, 1)
        self.frame.addLayout(faces, 1)
        self.frame.addSpacing(16)
        self.back = BigButton("", icon="arrow-left")
        self.back.clicked.connect(survey.back)
        self.skip = BigButton("", "link")
        self.skip.clicked.connect(survey.stop)
        line = QHBoxLayout()
        line.addWidget(self.back)
        line.addStretch(1)
        line.addWidget(self.skip)
        self.frame.addLayout(line)

    def fit(self) -> None:
        """The faces stay at their place however long the question is."""
        if hasattr(self, "question"):
            line = QFontMetrics(theme_of(self).font("applicant_title", 700)).lineSpacing()
            self.question.setFixedHeight(line * (4 if self.upright else 2) + 8)

    def show_now(self) -> None:
        survey, asked = self.survey, self.survey.question()
        self.place.setText(self.word("pertanyaan_ke").format(nomor=survey.at + 1, jumlah=len(survey.form.questions)))
        self.question.setText(asked.text)
        for card, words in zip(self.cards, asked.answers, strict=True):
            card.set_words(words)
            card.setChecked(survey.scores.get(asked.unsur) == card.score)
        self.back.set_text(self.word("kembali"))
        self.skip.set_text(self.word("lewati"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if text in ("1", "2", "3", "4"):
            self.survey.answer(int(text))
        elif event.key() == Qt.Key.Key_Backspace:
            self.survey.back()
        else:
            super().keyPressEvent(event)

    def focus_first(self) -> None:
        self.setFocus()


class ProfilePage(SurveyPage):
    """Four optional choices; the form is already whole."""

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey, centred=False)
        self.head("", "")
        self.frame.addSpacing(10)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(28)
        self.grid.setVerticalSpacing(22)
        self.groups: dict[str, QButtonGroup] = {}
        self._titles: dict[str, QLabel] = {}
        for i, asked in enumerate(survey.forms[0].profile):
            self._add(i, asked.key, [value for value, _word in asked.choices])
        self.grid.setColumnStretch(1, 1)
        self.frame.addLayout(self.grid)
        self.frame.addStretch(1)
        self.back = BigButton("", icon="arrow-left")
        self.back.clicked.connect(survey.back)
        self.go = BigButton("", "primary", icon="check", icon_after=True)
        self.go.clicked.connect(lambda: survey.send(self.profile()))
        line = QHBoxLayout()
        line.addWidget(self.back)
        line.addStretch(1)
        line.addWidget(self.go)
        self.frame.addLayout(line)

    def _add(self, at: int, key: str, values: list[str]) -> None:
        group = QButtonGroup(self)
        group.setExclusive(False)
        chips = Flow(12)
        for value in values:
            chip = ChoiceChip("", value, large=True)
            chip.clicked.connect(lambda _on=False, g=group, c=chip: self._one(g, c))
            group.addButton(chip)
            chips.addWidget(chip)
        title = label("", "applicant_body", weight="semibold")
        self._titles[key], self.groups[key] = title, group
        self.grid.addWidget(title, at, 0, Qt.AlignmentFlag.AlignTop)
        self.grid.addLayout(chips, at, 1)

    def _one(self, group: QButtonGroup, chosen: ChoiceChip) -> None:
        """At most one per line; touching it again takes it back."""
        self.survey.touched()
        for chip in group.buttons():
            if chip is not chosen:
                chip.setChecked(False)
            chip.update()

    def profile(self) -> dict[str, str]:
        found = {}
        for key, group in self.groups.items():
            chip = next((c for c in group.buttons() if c.isChecked()), None)
            if isinstance(chip, ChoiceChip):
                found[key] = str(chip.value)
        return found

    def show_now(self) -> None:
        self.title.setText(self.word("profil"))
        self.subtitle.setText(self.word("profil_kecil"))
        self.back.set_text(self.word("kembali"))
        self.go.set_text(self.word("kirim"))
        for asked in self.survey.form.profile:
            self._titles[asked.key].setText(asked.text)
            for chip, (_value, words) in zip(self.groups[asked.key].buttons(), asked.choices, strict=True):
                chip.setText(words)
                chip.setAccessibleName(f"{asked.text}: {words}")
                chip.setChecked(False)
                chip.updateGeometry()

    def focus_first(self) -> None:
        self.go.setFocus()


class SurveyThanksPage(SurveyPage):
    """Done."""

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey)
        self.frame.addStretch(1)
        self.frame.addWidget(IconLabel("circle-check", "good", 96), 0, CENTER)
        self.frame.addSpacing(12)
        self.head("", "")
        self.frame.addStretch(1)

    def show_now(self) -> None:
        self.title.setText(self.word("terima_kasih"))
        self.subtitle.setText(self.word("terima_kasih_kecil"))
