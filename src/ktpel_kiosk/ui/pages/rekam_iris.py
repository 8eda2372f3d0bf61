"""Both irises at once: live eyes, what is wrong with each, the best of all tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import EYES, Position
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.rekam_part import Part, picture_of
from ktpel_kiosk.ui.pages.rekam_refused import RefusedCard
from ktpel_kiosk.ui.presenters.record_view import RecordView, applicant_hint, open_eyes
from ktpel_kiosk.ui.widgets.base import Card, label, set_tone
from ktpel_kiosk.ui.widgets.buttons import Chip
from ktpel_kiosk.ui.widgets.capture import PreviewView
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

EYE_LEAST = 100
"""Height of an eye where a notice and advice need the room, pixels."""


class IrisPart(Part):
    key = "iris"
    device = DeviceKind.IRIS
    capture_word = "Mulai pindai"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        card = Card(20, 12)
        card.body.addWidget(label("Kedua iris", "title", weight="bold"))
        self.hint = label(word("rekam", "mata_minta"), "body", tone="muted", wrap=True)
        card.body.addWidget(self.hint)
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        self.eyes: dict[Position, tuple[PreviewView, Chip]] = {}
        self.advice: dict[Position, QLabel] = {}
        self.tries: dict[Position, QLabel] = {}
        for eye in EYES:
            view, chip = PreviewView(), Chip("belum", "neutral")
            view.setMinimumSize(200, EYE_LEAST)
            view.setAccessibleName(word("posisi", eye))
            view.set_waiting(word("posisi", eye), "eye")
            box = QVBoxLayout()
            box.addWidget(view, 1)
            foot = QHBoxLayout()
            foot.addWidget(label(word("posisi", eye), "body", weight="semibold"), 1)
            foot.addWidget(chip)
            box.addLayout(foot)
            self.advice[eye] = label("", "small", tone="attention", wrap=True)
            self.advice[eye].hide()
            box.addWidget(self.advice[eye])
            line.addLayout(box, 1)
            self.eyes[eye] = (view, chip)
            self.tries[eye] = label("", "small", tone="muted")
            foot.insertWidget(1, self.tries[eye])
        self.refused = RefusedCard()
        self.refused.replace.connect(lambda _eye: self._take(EYES, instead=True))
        self.refused.excuse.connect(page.ask_exception)
        self.refused.keep.connect(lambda: page.ask_keep(self.refused.rejected))
        self.plates = FrontStack()
        self.plates.addWidget(holder)
        self.plates.addWidget(self.refused)
        card.body.addWidget(self.plates, 1)
        self.columns.addWidget(card)
        self._scanning: tuple[Position, ...] = ()

    def enter(self) -> None:
        if self.page.applicant is not None:
            self.page.applicant.eyes()
        super().enter()
        if self.page.view is not None and open_eyes(self.page.view) and self.plates.currentIndex() == 0:
            QTimer.singleShot(0, self, self.capture)

    def gone(self, text: str) -> None:
        self.hint.setText(f"{text} {word('rekam', 'lanjut_sendiri')}")
        set_tone(self.hint, "attention")

    def back_again(self) -> None:
        set_tone(self.hint, "muted")
        self.hint.setText(word("rekam", "mata_minta"))
        view = self.page.view
        if self.entered and self.page.at_work() and view is not None and open_eyes(view) and not self.asks():
            QTimer.singleShot(0, self, self.capture)

    def shown_on(self) -> Sequence[PreviewView]:
        return tuple(self.eyes[eye][0] for eye in self._scanning) if self.capturing else ()

    def show_view(self, view: RecordView) -> None:
        for s in view.of_part("iris"):
            picture, chip = self.eyes[s.position]
            sample = view.best.get(s.position)
            picture.set_frame(picture_of(sample))
            picture.set_waiting(word("posisi", s.position), "eye")
            taken = sum(any(t.position is s.position for t in touch) for touch in view.touches)
            self.tries[s.position].setText(word("rekam", "terbaik_dari").format(jumlah=taken) if taken > 1 else "")
            advice = ""
            if s.state == "exception":
                picture.set_waiting(f"Pengecualian: {word('pengecualian', view.exceptions[s.position].kind).lower()}")
                chip.set("pengecualian", "neutral")
            elif sample is None:
                chip.set("belum", "neutral")
            else:
                said, tone = self.page.presenter.grade(s.position, sample.quality)
                number = self.page.presenter.score_text(s.score)
                chip.set("diterima apa adanya · " + number if s.state == "forced" else f"{said} · {number}", tone)
                advice = self.page.presenter.hint(sample.quality) if sample.quality.hints else ""
            self.advice[s.position].setText(advice)
            self.advice[s.position].setVisible(bool(advice))

    def capture(self) -> None:
        if self.page.view is not None and open_eyes(self.page.view):
            self._take(open_eyes(self.page.view))

    def repeat(self) -> None:
        if self.page.view is not None:
            self._take(open_eyes(self.page.view) or tuple(s.position for s in self.page.view.of_part("iris") if s.state != "exception"))

    def _take(self, eyes: tuple[Position, ...], *, instead: bool = False) -> None:
        if not eyes or not self._start():
            return
        assert self.page.view is not None
        pid, presenter = self.page.view.permohonan.id, self.page.presenter
        self._scanning = eyes
        self.forget_refused()
        set_tone(self.hint, "muted")
        self.hint.setText(word("rekam", "mata_pindai"))
        self.page.ask(lambda: presenter.irises(pid, eyes, instead=instead), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        view = self.page.view
        assert view is not None
        if result.refused:
            rejected = self.page.presenter.rejected(result, view)
            likeness = result.refusal.pairs[0].similarity if result.refusal and result.refusal.pairs else 0.0
            self.refused.show_rejected(rejected, likeness)
            self.plates.setCurrentIndex(1)
            self.hint.hide()
            self._tell_applicant(result.refused[0])
            return
        low = [s for s in result.stored if view.status.of(s.position).state == "low"]
        text = self.page.presenter.hint(low[0].quality) if low else ""
        set_tone(self.hint, "attention" if low else "good")
        self.hint.setText(text or word("rekam", "mutu_kurang" if low else "mata_selesai"))
        self._tell_applicant(next((h for s in low for h in s.quality.hints), ""))

    def _tell_applicant(self, key: str) -> None:
        if self.page.applicant is not None:
            self.page.applicant.eyes(applicant_hint(key))

    def forget_refused(self) -> None:
        self.plates.setCurrentIndex(0)
        self.hint.show()
        self.refused.rejected = None

    def asks(self) -> bool:
        return self.refused.rejected is not None

    def excusable(self) -> Position | None:
        return self.refused.rejected.position if self.refused.rejected is not None else None

    def failed(self, text: str) -> None:
        if self.page.view is not None:
            self.show_view(self.page.view)
        set_tone(self.hint, "attention")
        self.hint.setText(text)
