"""Signature on the pad, on the applicant's screen or here; a line or a thumb print for whoever cannot write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import PenPoint, Position, SignatureKind
from ktpel_kiosk.ports.devices import DeviceKind, DeviceState, SignatureCapture
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.rekam_part import Part
from ktpel_kiosk.ui.pages.rekam_refused import RefusedCard
from ktpel_kiosk.ui.presenters.record_view import RecordView, applicant_hint
from ktpel_kiosk.ui.widgets.base import Card, label, set_tone
from ktpel_kiosk.ui.widgets.buttons import Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import PreviewView
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.words import position_word, word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

DRAW_MS = 40
PAD = (9600, 6000)
"""Units of the smallest pad; live ink of a larger one is fitted as it grows."""


class SignaturePart(Part):
    key = "tanda_tangan"
    device = None
    capture_word = "Minta tanda tangan"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        left = Card(20, 8)
        left.body.setContentsMargins(20, 14, 20, 14)
        self.chip = Chip("belum ada", "neutral")
        head = QHBoxLayout()
        head.addWidget(label("Tanda tangan pemohon", "title", weight="bold", wrap=True), 1)
        head.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignTop)
        left.body.addLayout(head)
        self.hint = label("", "body", tone="muted", wrap=True)
        left.body.addWidget(self.hint)
        self.ink = SignatureField()
        self._points: list[PenPoint] = []
        self._drawn = 0
        self._had_pad = False
        self._drawing = QTimer(self)
        self._drawing.setInterval(DRAW_MS)
        self._drawing.timeout.connect(self._draw_live)
        self.print = PreviewView(whole=True)
        self.print.set_waiting("")
        self.field = FrontStack()
        self.field.addWidget(self.ink)
        self.field.addWidget(self.print)
        self.refused = RefusedCard()
        self.refused.excuse.connect(page.ask_exception)
        self.refused.keep.connect(lambda: page.ask_keep(self.refused.rejected))
        self.field.addWidget(self.refused)
        left.body.addWidget(self.field, 1)
        side, inner = Card(18, 0), QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(10)
        side.body.addWidget(scroll(inner), 1)
        column.addWidget(label("Bentuk", "strong", weight="semibold"))
        self.kinds = QButtonGroup(self)
        for kind, text in ((SignatureKind.TANDA_TANGAN, "Tanda tangan"), (SignatureKind.GARIS, "Garis"),
                           (SignatureKind.CAP_JEMPOL, "Cap jempol")):
            chip = ChoiceChip(text, kind)
            chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.kinds.addButton(chip)
            column.addWidget(chip)
        self.kinds.buttons()[0].setChecked(True)
        self.kinds.buttonClicked.connect(lambda _b: self._kind_chosen())
        self.about = label("", "small", tone="muted", wrap=True)
        column.addWidget(self.about)
        column.addStretch(1)
        self.left_hand = label(word("rekam", "ttd_kidal"), "small", tone="muted", wrap=True)
        column.addWidget(self.left_hand)
        self.columns.addWidget(left, 66)
        self.columns.addWidget(side, 43)

    def _pad(self) -> bool:
        state = self.page.shell.header.states.get(DeviceKind.SIGNATURE)
        return state is not None and state.health in ("ready", "busy")

    @property
    def kind(self) -> SignatureKind:
        chosen = self.kinds.checkedButton()
        return chosen.value if chosen is not None else SignatureKind.TANDA_TANGAN  # type: ignore[attr-defined]

    def choose(self, kind: SignatureKind) -> None:
        next(b for b in self.kinds.buttons() if b.value is kind).setChecked(True)  # type: ignore[attr-defined]
        self._kind_chosen()

    def _thumb(self) -> Position:
        assert self.page.view is not None
        return self.page.presenter.thumb(self.page.view)

    def _kind_chosen(self) -> None:
        """Another form: say how it is made, and show the field or the scanner for it."""
        stamp = self.kind is SignatureKind.CAP_JEMPOL
        thumb = position_word(self._thumb()) if stamp and self.page.view is not None else ""
        self.about.setText(word("rekam", f"ttd_{self.kind}").format(jari=thumb))
        self.capture_word = word("rekam", "ttd_cap_ambil" if stamp else "ttd_minta")
        self.forget_refused()
        self.field.setCurrentIndex(1 if stamp else 0)
        self.device = DeviceKind.FINGERPRINT if stamp else None
        if stamp:
            self.watch_device()
            self.hint.setText(word("rekam", "ttd_cap_minta").format(jari=thumb))
            if self.page.applicant is not None and self.page.part is self:
                self.page.applicant.hands({self._thumb(): "target"}, (self._thumb(),), 0.0)
        else:
            self.stop_watching()
            self._say(word("rekam", "ttd_di_papan" if self._pad() else "ttd_tanpa_papan"))
            if self.page.applicant is not None and self.page.part is self and not self._pad():
                self.page.applicant.sign()
        self.page.buttons()

    def shown_on(self) -> Sequence[PreviewView]:
        return (self.print,) if self.capturing else ()

    def enter(self) -> None:
        super().enter()
        self._had_pad = self._pad()
        self.ink.enabled_ink = not self._had_pad
        self._kind_chosen()
        waits = self.page.view is not None and not self.page.view.part_done(self.key)
        if waits and self.kind is not SignatureKind.CAP_JEMPOL and self._pad():
            QTimer.singleShot(0, self, self.capture)

    def show_view(self, view: RecordView) -> None:
        sample = view.best.get(Position.SIGNATURE)
        if sample is None:
            self.chip.set("belum ada", "neutral")
            return
        said, tone = self.page.presenter.grade(Position.SIGNATURE, sample.quality)
        form = {SignatureKind.GARIS: "garis · ", SignatureKind.CAP_JEMPOL: "cap jempol · "}.get(
            sample.signature_kind or SignatureKind.TANDA_TANGAN, "")
        self.chip.set(f"{form}{said} · {self.page.presenter.score_text(sample.quality.score)}", tone)

    def capture(self) -> None:
        if self.kind is SignatureKind.CAP_JEMPOL:
            self.take(None)
            return
        ink = None if self._pad() else self.ink.capture()
        if ink is not None and self.ink.is_empty():
            self._say(word("rekam", "ttd_belum"), "attention")
            return
        self.take(ink)

    def take(self, ink: SignatureCapture | None) -> None:
        """Store ink of the applicant window, of this field, or (None) of the pad."""
        if not self._start():
            return
        assert self.page.view is not None
        self.forget_refused()
        pid, kind = self.page.view.permohonan.id, self.kind
        if self.page.applicant is not None and ink is None and kind is not SignatureKind.CAP_JEMPOL:
            self.page.applicant.sign()
        if ink is None and kind is not SignatureKind.CAP_JEMPOL:
            self._points.clear()
            self._drawn = 0
            self.ink.clear()
            self._drawing.start()

        def over(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def ended(value: Any) -> None:
                self._drawing.stop()
                then(value)

            return ended

        self.page.ask(lambda: self.page.presenter.signature(pid, kind, ink, self._came), over(self._done),
                      over(self._failed))

    def _came(self, point: PenPoint) -> None:
        """Ink of the pad, on the device's thread; an earlier time begins anew."""
        if self._points and point.t_ms < self._points[-1].t_ms:
            self._points.clear()
        self._points.append(point)

    def _draw_live(self) -> None:
        points = tuple(self._points)
        if len(points) != self._drawn:
            self._drawn = len(points)
            size = max(PAD[0], *(p.x for p in points)), max(PAD[1], *(p.y for p in points))
            self.ink.show_ink(points, *size)
            if self.page.applicant is not None:
                self.page.applicant.show_ink(points, *size)
            self._say(word("rekam", self.page.presenter.pen_hint(points)))

    def _say(self, text: str, tone: str = "muted") -> None:
        set_tone(self.hint, tone)
        self.hint.setText(text)

    def repeat(self) -> None:
        if self.kind is SignatureKind.CAP_JEMPOL:
            self.capture()
            return
        self.ink.clear()
        if self.page.applicant is not None:
            self.page.applicant.sign()
        if self._pad():
            self.capture()

    def captured(self, result: CaptureResult) -> None:
        if result.refused and self.page.view is not None:
            pair = result.refusal.pairs[0] if result.refusal and result.refusal.pairs else None
            self.refused.show_rejected(self.page.presenter.rejected(result, self.page.view), pair.similarity if pair else 0.0)
            self.field.setCurrentIndex(2)
            self.hint.hide()
            if self.page.applicant is not None and pair is not None:
                self.page.applicant.hands({pair.found: "target"}, (pair.found,), 0.0, hint=applicant_hint(result.refused[0]))
            return
        low = self.page.view is not None and self.page.view.status.of(Position.SIGNATURE).state == "low"
        hint = self.page.presenter.hint(result.stored[-1].quality) if low and result.stored else ""
        self._say(hint or word("rekam", "mutu_kurang" if low else "ttd_tersimpan"), "attention" if low else "good")
        if result.stored:
            pid, data = result.stored[-1].permohonan_id, result.stored[-1].data
            self.page.ask(partial(self.page.shell.desk.biometrics.signature_png, data), partial(self._show_png, pid), lambda _e: None)

    def forget_refused(self) -> None:
        if self.refused.rejected is not None:
            self.refused.rejected = None
            self.hint.show()
            self.field.setCurrentIndex(1 if self.kind is SignatureKind.CAP_JEMPOL else 0)

    def asks(self) -> bool:
        return self.refused.rejected is not None

    def excusable(self) -> Position | None:
        return Position.SIGNATURE if self.refused.rejected is not None else None

    def _show_png(self, _pid: str, png: bytes) -> None:
        image = QImage.fromData(png)
        if not image.isNull():
            if self.kind is SignatureKind.CAP_JEMPOL:
                self.print.set_frame(image)
                return
            self.ink.show_picture(image)
            if self.page.applicant is not None:
                self.page.applicant.show_signature(image)

    def failed(self, text: str) -> None:
        self._say(text, "attention")

    def device_changed(self, state: DeviceState | None) -> None:
        """The pad is no device of the session until it is used: without it there is the screen to sign on."""
        if self.kind is SignatureKind.CAP_JEMPOL:
            super().device_changed(state)

    def pad_changed(self) -> None:
        """The pad came or went: the other way of signing is offered at once; what was signed stays."""
        if self._pad() != self._had_pad and not self.capturing and self.kind is not SignatureKind.CAP_JEMPOL:
            self._had_pad = self._pad()
            self.ink.enabled_ink = not self._pad()
            self._kind_chosen()
            waits = self.page.view is not None and not self.page.view.part_done(self.key)
            if waits and self._pad() and self.page.at_work():
                QTimer.singleShot(0, self, self.capture)

    def gone(self, text: str) -> None:
        self._say(f"{text} {word('rekam', 'lanjut_sendiri')}", "attention")

    def back_again(self) -> None:
        self._kind_chosen()
