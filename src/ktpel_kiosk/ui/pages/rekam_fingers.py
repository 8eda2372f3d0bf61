"""Ten fingers as 4-4-2 or one by one: plate, quality in words, attempts, and what to do when a touch is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.biometric import THUMBS, Position, Sample
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.rekam_part import Part, finger_cells, picture_of
from ktpel_kiosk.ui.pages.rekam_refused import RefusedCard
from ktpel_kiosk.ui.presenters.record_view import RecordView, Rejected, applicant_hint, finger_states, open_slap, slap_title
from ktpel_kiosk.ui.widgets.attempts import SHOWN, AttemptHistory, AttemptLine
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import FingerPlate, FingerView, HandMap
from ktpel_kiosk.ui.widgets.finger_table import FingerTable
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

NEXT_MS = 1200
"""What was captured is looked at for so long before the next group begins."""
HANDS_LEAST = 40
"""Height of the hands where notices need the room, pixels: they say which fingers, the plate and the table say it too."""
TOGETHER = "Rekam tiap jari sendiri, bila empat jari tidak dapat diletakkan bersama"
ALONE = "Alat yang terpasang membaca satu jari, sehingga jari direkam satu per satu"


class FingersPart(Part):
    key = "jari"
    device = DeviceKind.FINGERPRINT
    capture_word = "Mulai pindai"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        self._slap: tuple[Position, ...] = ()
        self._pictures: dict[str, QImage | None] = {}
        self._pid = ""
        self._settled = False
        self._asked_engine = False
        self._one_only = False
        left = Card(20, 8)
        left.body.setContentsMargins(20, 12, 20, 14)
        self.title = label("", "title", weight="bold", wrap=True)
        self.rule = Chip("", "accent", compact=True)
        self.single = ChoiceChip("Satu per satu")
        self.single.setToolTip(TOGETHER)
        self.single.toggled.connect(lambda _on: self._one_by_one())
        self.automatic = ChoiceChip(word("rekam", "otomatis"))
        self.automatic.setToolTip(word("rekam", "otomatis_jari"))
        self.automatic.toggled.connect(self.set_automatic)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title, 1)
        head.addWidget(self.single)
        head.addWidget(self.automatic)
        left.body.addLayout(head)
        self.engine = NoticeBar(closable=False)
        left.body.addWidget(self.engine)
        self.plate = FingerPlate()
        self.refused = RefusedCard()
        self.refused.replace.connect(lambda position: self._take((position,), instead=True))
        self.refused.excuse.connect(page.ask_exception)
        self.refused.keep.connect(lambda: page.ask_keep(self.refused.rejected))
        self.plates = FrontStack()
        self.plates.addWidget(self.plate)
        self.plates.addWidget(self.refused)
        self.history = AttemptHistory()
        beside = QHBoxLayout()
        beside.setSpacing(10)
        beside.addWidget(self.plates, 1)
        beside.addWidget(self.history)
        left.body.addLayout(beside, 1)
        side = QVBoxLayout()
        side.setSpacing(8)
        hands = self.hands = Card(12, 0)
        hands.body.setContentsMargins(12, 10, 12, 6)
        self.map = HandMap(selectable=True)
        self.map.setMinimumHeight(HANDS_LEAST)
        self.map.pressed.connect(page.ask_exception)
        hands.body.addWidget(self.map)
        side.addWidget(hands, 5)
        table = Card(18, 8)
        table.body.setContentsMargins(18, 8, 18, 8)
        top = QHBoxLayout()
        top.addWidget(label(word("rekam", "jari_hasil"), "body", weight="semibold"), 1)
        top.addWidget(self.rule)
        table.body.addLayout(top)
        self.table = FingerTable()
        table.body.addWidget(self.table)
        table.body.addStretch(1)
        side.addWidget(table, 5)
        self.columns.addWidget(left, 67)
        self.columns.addLayout(side, 43)

    def set_tight(self, on: bool) -> None:
        """The plate names the fingers, the table their results: hands and attempts give way to large letters."""
        self.hands.setVisible(not on)
        self.history.setVisible(not on)

    def set_automatic(self, on: bool) -> None:
        """Whether the next group begins by itself; kept for this desk."""
        self.page.shell.choices.set("jari_otomatis", on)
        self.automatic.setChecked(on)

    def gone(self, text: str) -> None:
        self.plate.end_live()
        self.plate.set_waiting(f"{text}\n\n{word('rekam', 'lanjut_sendiri')}")

    def back_again(self) -> None:
        self.plate.set_waiting("")
        self._only_when_calm()

    def _only_when_calm(self) -> None:
        """The first touch follows by itself, but never under a question or a panel."""
        view = self.page.view
        calm = self.entered and self.page.at_work() and self.refused.rejected is None
        if calm and view is not None and open_slap(view):
            QTimer.singleShot(0, self, self.capture)

    def enter(self) -> None:
        self.automatic.setChecked(self.page.shell.choices.get("jari_otomatis"))
        self._settled = False
        self.plate.set_waiting("")
        super().enter()
        if not self._asked_engine:
            self._asked_engine = True
            self.page.ask(self.page.presenter.finger_trouble, self._engine_known, lambda _e: None)
        self.page.ask_latest("pembaca jari", self.page.presenter.one_finger, self._reader_known, lambda _e: self._reader_known(False))

    def _reader_known(self, one_only: bool) -> None:
        """The scanner said whether it takes slaps; the first touch follows by itself."""
        self._only_one(one_only)
        if self.page.part is self:
            self._only_when_calm()

    def _only_one(self, one_only: bool) -> None:
        """With a reader of single fingers there is no choice; when a slap scanner comes back, slaps do."""
        if one_only != self._one_only:
            self._one_only = one_only
            self.single.setChecked(one_only)
            self.single.setEnabled(not one_only)
            self.single.setToolTip(ALONE if one_only else TOGETHER)

    def _one_by_one(self) -> None:
        if self.page.view is not None:
            self._slap = ()
            self.show_view(self.page.view)

    def _engine_known(self, trouble: str) -> None:
        """Without NFIQ2 the desk goes on, and says so here and at the scanner's sign in the strip."""
        if trouble:
            self.engine.show_text("attention", trouble)
        else:
            self.engine.hide()
        self.page.shell.header.remark(DeviceKind.FINGERPRINT, trouble)

    def shown_on(self) -> Sequence[FingerPlate]:
        return (self.plate,) if self.capturing else ()

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_view(self, view: RecordView) -> None:
        if view.permohonan.id != self._pid:
            self._pid, self._slap, self._settled = view.permohonan.id, (), False
            self._pictures.clear()
        slap = self._wanted(view)
        stays = self._settled or (self._low(view) and not self.single.isChecked())
        if slap or not self._slap:
            self._slap = self._slap if stays and self._slap else slap or self._slap
        self.title.setText(slap_title(self._slap or slap))
        self.rule.set(self.page.presenter.rule_words(), "accent")
        self.single.setEnabled(bool(open_slap(view)) and not self.capturing and not self._one_only)
        asked = self._slap or ()
        self._tiles(view, asked)
        self._attempts(view, asked)
        self.map.set_states(self._states(view), self._captions(view, slap))
        self.table.set_cells(finger_cells(self.page.presenter, view))
        self._tell_applicant("")

    def _captions(self, view: RecordView, slap: Sequence[Position]) -> tuple[str, str]:
        words = ["Kiri", "Kanan"]
        if slap:
            limit = max(self.page.presenter.tries(p) for p in slap)
            tries = max(view.status.of(p).attempts for p in slap)
            words[0 if slap[0].value.startswith("left") else 1] += f" · percobaan {min(tries + 1, limit)} dari {limit}"
        return words[0], words[1]

    def _wanted(self, view: RecordView) -> tuple[Position, ...]:
        """The fingers of the next touch."""
        slap = open_slap(view)
        if not self.single.isChecked():
            return slap
        return tuple(p for p in slap if view.status.of(p).state in ("missing", "low"))[:1]

    def _low(self, view: RecordView) -> bool:
        return any(view.status.of(p).state == "low" for p in self._slap)

    def _tiles(self, view: RecordView, asked: tuple[Position, ...]) -> None:
        tiles = []
        for p in asked:
            status, sample = view.status.of(p), view.best.get(p)
            state = {"captured": "good", "forced": "good", "low": "low", "exception": "exception"}.get(status.state, "empty")
            said = self.page.presenter.grade(p, sample.quality)[0] if sample is not None else ""
            tiles.append(FingerView(p, name_on_plate(p), state, status.score, self._picture(sample),
                                    self.page.presenter.threshold(p), said))
        self.plate.set_fingers(sorted(tiles, key=lambda t: across(t.position)))

    def _picture(self, sample: Sample | None) -> QImage | None:
        """Decoded once."""
        if sample is None:
            return None
        if sample.id not in self._pictures:
            self._pictures[sample.id] = picture_of(sample)
        return self._pictures[sample.id]

    def _attempts(self, view: RecordView, asked: tuple[Position, ...]) -> None:
        found = self.page.presenter.attempts(view, asked)
        self.history.set_lines([AttemptLine(a.number, tuple(
            (name_on_plate(p), score, tone, used) for p, score, tone, used in a.scores), a.note,
            tuple(self._picture(s) for s in a.samples)) for a in found[-SHOWN:]], more=any(not view.status.of(p).done for p in asked))

    # -- capturing ----------------------------------------------------------------------------------------------------

    def capture(self) -> None:
        if self.page.view is not None:
            self._take(self._wanted(self.page.view))

    def repeat(self) -> None:
        """The same fingers again, also when they were good."""
        view = self.page.view
        if view is None:
            return
        again = tuple(p for p in self._slap if view.status.of(p).state not in ("exception", "forced"))
        self._take(self._wanted(view) or again)

    def _take(self, slap: tuple[Position, ...], *, instead: bool = False) -> None:
        if self.page.view is None or not slap or not self._start():
            return
        self._slap, self._settled = slap, True
        self.forget_refused()
        self.title.setText(slap_title(slap))
        self._tiles(self.page.view, slap)
        self.plate.set_hint(word("rekam", "jari_letakkan"))
        self._tell_applicant("")
        pid, presenter = self.page.view.permohonan.id, self.page.presenter
        self.page.ask(lambda: presenter.fingers(pid, slap, instead=instead), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        view = self.page.view
        assert view is not None
        presenter = self.page.presenter
        if result.refused:
            likeness = result.refusal.pairs[0].similarity if result.refusal and result.refusal.pairs else 0.0
            self._refuse(presenter.rejected(result, view), likeness)
            self._tell_applicant(result.refused[0])
            return
        low = [s for s in result.stored if view.status.of(s.position).state == "low"]
        if low:
            self._settled = False
            worst = min(low, key=lambda s: s.quality.score - presenter.threshold(s.position))
            text = presenter.hint(worst.quality) or "Mutu belum cukup, ulangi"
            self.plate.set_hint(f"{name_on_plate(worst.position)}: {text[0].lower()}{text[1:]}", "attention")
            self._tell_applicant(next(iter(worst.quality.hints), ""))
            return
        following = self._wanted(view)
        if following:
            title = slap_title(following)
            title = title[0].lower() + title[1:]
            if self.automatic.isChecked():
                self.plate.set_hint(word("rekam", "jari_baik_lanjut").format(berikut=title), "good", "check")
                QTimer.singleShot(NEXT_MS, self, self._next)
            else:
                self.plate.set_hint(word("rekam", "jari_baik_f8").format(berikut=title), "good", "check")
        else:
            self.plate.set_hint("Sepuluh jari lengkap", "good", "check")

    def _next(self) -> None:
        """The next group; whoever opened a panel or left meanwhile begins it by hand."""
        if self.page.part is self and self.page.at_work() and self.refused.rejected is None and not self.capturing:
            self.capture()

    def _refuse(self, rejected: Rejected, likeness: float = 0.0) -> None:
        self.plate.end_live()
        self.refused.show_rejected(rejected, likeness)
        self.plates.setCurrentIndex(1)

    def forget_refused(self) -> None:
        self.refused.rejected = None
        self.plates.setCurrentIndex(0)

    def asks(self) -> bool:
        return self.refused.rejected is not None

    def excusable(self) -> Position | None:
        return self.refused.rejected.position if self.refused.rejected is not None else None

    def explained(self, error: KioskError) -> bool:
        """Fewer fingers than asked for: which one, and the way to excuse it. A reader of single fingers: it is asked again for one."""
        if error.message_key == "finger.one_at_a_time":
            self._slap = ()
            self._only_one(True)
            QTimer.singleShot(0, self, self.capture)
            return True
        self._tell_applicant(error.message_key)
        question = self.page.presenter.unseen(error, self._slap)
        if question is not None:
            self._refuse(question)
            self._tell_applicant("finger.count")
        return question is not None

    def failed(self, text: str) -> None:
        self.plate.end_live()
        self.plate.set_hint(text, "attention", "circle-alert")

    def _tell_applicant(self, key: str) -> None:
        """Which fingers to place, and one thing to do better."""
        view, applicant = self.page.view, self.page.applicant
        if applicant is None or view is None or self.page.part is not self:
            return
        slap = self._wanted(view)
        fingers = view.of_part("jari")
        share = sum(s.done for s in fingers) / max(1, len(fingers))
        applicant.hands(self._states(view), slap, share, done=not slap, hint=applicant_hint(key))

    def _states(self, view: RecordView) -> dict[Position, str]:
        """Every finger of the next touch is lit, also one that was good in a slap that has to be taken again."""
        wanted = self._wanted(view)
        return finger_states(view, wanted) | dict.fromkeys(wanted, "target")


def name_on_plate(position: Position) -> str:
    """Short where the hand is plain from the slap; two thumbs lie side by side and need theirs."""
    return word("posisi", position) if position in THUMBS else word("jari", position.value.split("_")[1])


def across(position: Position) -> int:
    """Place on the plate from left to right as the hand lies on it."""
    order = ["left_little", "left_ring", "left_middle", "left_index", "left_thumb", "right_thumb", "right_index", "right_middle",
             "right_ring", "right_little"]
    return order.index(position.value)
