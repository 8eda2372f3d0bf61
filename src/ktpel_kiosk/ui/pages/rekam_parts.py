"""Photo, irises and signature at the recording desk, one panel each; fingers stand in :mod:`.rekam_fingers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import EYES, PenPoint, Position, Sample, SignatureKind
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.rekam_refused import RefusedCard
from ktpel_kiosk.ui.presenters.recording import (
    Measure,
    RecordView,
    applicant_hint,
    measures_of,
    open_eyes,
    replaced_background,
    wrong_background,
)
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import Picture, PreviewView, to_qimage
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.words import position_word, word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

PREVIEW_MS = 50
HINT_EVERY = 8
DRAW_MS = 40
PAD = (9600, 6000)
"""Units of the smallest pad; live ink of a larger one is fitted as it grows."""
ONE_COLUMN = 6
"""More measures than this stand in two columns."""


def picture_of(sample: Sample | None) -> QImage | None:
    if sample is None or not sample.data:
        return None
    image = QImage.fromData(sample.data)
    return None if image.isNull() else image


class Part(QWidget):
    """One part of the session. The page calls enter/leave, show_view after every change, and the keys."""

    key = ""
    device: DeviceKind | None = None
    capture_word = "Ambil"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__()
        self.page = page
        self.capturing = False
        self._serial = 0
        self._poll = QTimer(self)
        self._poll.setInterval(PREVIEW_MS)
        self._poll.timeout.connect(self._pull)
        self.columns = QHBoxLayout(self)
        self.columns.setContentsMargins(0, 0, 0, 0)
        self.columns.setSpacing(16)

    def enter(self) -> None:
        """Shown."""

    def leave(self) -> None:
        self._poll.stop()

    def show_view(self, view: RecordView) -> None:
        """The session changed."""

    def capture(self) -> None:
        """F8."""

    def repeat(self) -> None:
        """F7: take it again."""
        self.capture()

    def frame(self, image: QImage) -> None:
        """A new preview frame."""

    def _pull(self) -> None:
        if self.device is None:
            return
        latest = self.page.shell.desk.devices.preview(self.device).latest(self._serial)
        if latest is not None:
            self._serial, raw = latest
            self.raw = raw
            self.frame(to_qimage(raw))

    def _start(self) -> bool:
        if self.capturing or self.page.view is None:
            return False
        self.capturing = True
        self.page.buttons()
        return True

    def _done(self, result: tuple[CaptureResult, RecordView]) -> None:
        self.capturing = False
        self.page.shell.error_over()
        self.page.set_view(result[1])
        self.captured(result[0])
        self.page.buttons()

    def _failed(self, error: KioskError) -> None:
        self.capturing = False
        if not self.explained(error):
            self.failed(self.page.session.sentence(error))
            self.page.trouble(error)
        self.page.buttons()

    def explained(self, error: KioskError) -> bool:
        """Whether the part itself asks what to do about the trouble."""
        return False

    def forget_refused(self) -> None:
        """A refused capture was settled."""

    def asks(self) -> bool:
        """Whether a refused capture waits for an answer."""
        return False

    def excusable(self) -> Position | None:
        """The position the exception panel should begin with, where the part knows."""
        return None

    def captured(self, result: CaptureResult) -> None:
        """A capture ended with a value."""

    def failed(self, text: str) -> None:
        """A capture ended with trouble."""


class PhotoPart(Part):
    key = "foto"
    device = DeviceKind.CAMERA

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        plate = Card(16, 0)
        self.live = PreviewView(oval=True)
        self.live.set_waiting("Menunggu gambar dari kamera")
        plate.body.addWidget(self.live)
        side = Card(24, 8)
        side.body.addWidget(label("Foto", "title", weight="bold"))
        self._measures = QGridLayout()
        self._measures.setHorizontalSpacing(20)
        self._measures.setVerticalSpacing(0)
        side.body.addLayout(self._measures)
        side.body.addStretch(1)
        self.cloth = QWidget()
        line = QHBoxLayout(self.cloth)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(label(word("rekam", "ganti_latar_teks"), "small", tone="attention", wrap=True), 1)
        self.replace_cloth = Button(word("rekam", "ganti_latar"), icon="scan-face")
        self.replace_cloth.clicked.connect(lambda: self._shoot(replace_background=True))
        line.addWidget(self.replace_cloth)
        self.cloth.hide()
        side.body.addWidget(self.cloth)
        self._shots = QHBoxLayout()
        self._shots.setSpacing(12)
        side.body.addLayout(self._shots)
        self.columns.addWidget(plate, 57)
        self.columns.addWidget(side, 52)
        self._shown: tuple[Measure, ...] = ()
        self._count = 0
        self._judging = False
        self.judged = False
        self._hint = ""

    def enter(self) -> None:
        self._count = 0
        self.page.shell.desk.devices.start_preview(DeviceKind.CAMERA)
        self._poll.start()
        if self.page.applicant is not None:
            self.page.applicant.photo()

    def leave(self) -> None:
        super().leave()
        self.page.shell.desk.devices.stop_preview(DeviceKind.CAMERA)
        self.live.set_frame(None)
        self.live.set_outline(None)

    def frame(self, image: QImage) -> None:
        self.live.set_frame(image)
        if self.page.applicant is not None:
            self.page.applicant.photo_frame(image, self._hint)
        self._count += 1
        if self._count % HINT_EVERY == 1 and not self._judging and not self.capturing and self.page.view is not None:
            self._judging = True
            raw, latar = self.raw, self.page.view.permohonan.penduduk.latar_foto
            self.page.ask(lambda: self.page.presenter.live_hint(raw, latar), self._judged, self._not_judged)

    def _not_judged(self, _error: KioskError) -> None:
        self._judging, self.judged = False, True

    def _judged(self, found: tuple[str, tuple[Measure, ...], bool, Mapping[str, float]]) -> None:
        self._judging, self.judged = False, True
        text, measures, good, places = found
        self._hint = text
        corners = [places[k] for k in ("face_x", "face_y", "face_w", "face_h") if k in places]
        face = QRectF(*corners) if len(corners) == 4 else None
        self.live.set_outline(face, "good" if good else "attention")
        if good:
            self.live.set_hint("Siap diambil", "check", "good")
        else:
            self.live.set_hint(text, "info", "attention") if text else self.live.set_hint("")
        self._show_measures(measures)

    def _show_measures(self, measures: tuple[Measure, ...]) -> None:
        if measures == self._shown:
            return
        self._shown = measures
        clear_layout(self._measures)
        columns = 2 if len(measures) > ONE_COLUMN else 1
        for i, m in enumerate(measures):
            holder = QWidget()
            box = QVBoxLayout(holder)
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
            line = QHBoxLayout()
            line.setContentsMargins(0, 6, 0, 6)
            line.addWidget(label(m.name, "small" if columns == 2 else "body"), 1)
            line.addWidget(Chip(m.value, m.tone, compact=columns == 2))
            box.addLayout(line)
            box.addWidget(Line())
            self._measures.addWidget(holder, i // columns, i % columns)
        for column in range(2):
            self._measures.setColumnStretch(column, 1 if column < columns else 0)

    def show_view(self, view: RecordView) -> None:
        clear_layout(self._shots)
        self._offer_cloth(view)
        for sample in view.faces[-3:]:
            replaced = replaced_background(sample.quality)
            score = self.page.presenter.score_text(sample.quality.score)
            shot = Picture(QSize(66, 88), f"{score} · latar" if replaced else score)
            shot.set_image(picture_of(sample))
            shot.chosen = sample.best
            self._shots.addWidget(shot)
        best = view.best.get(Position.FACE)
        status = view.of_part("foto")
        if status and best is not None:
            good = status[0].state in ("captured", "forced")
            score = self.page.presenter.score_text(best.quality.score)
            text = f"Diterima apa adanya, mutu {score}." if status[0].state == "forced" else (
                f"Terbaik dari {len(view.faces)}.\nPemohon boleh minta ulang.") if good else (
                f"Belum cukup baik: {score} dari "
                f"{self.page.presenter.threshold(Position.FACE)}.\nSisa percobaan {status[0].tries_left}.")
            if replaced_background(best.quality):
                text += f" {word('rekam', 'latar_diganti').capitalize()}."
            self._shots.addWidget(label(text, "small", tone="muted" if good else "attention", wrap=True), 1)
            if not self._shown:
                self._show_measures(measures_of(best.quality, view.permohonan.penduduk.latar_foto))
        elif not view.faces:
            self._shots.addWidget(label("Belum ada foto. Tekan F8 saat wajah di dalam bingkai.", "small", tone="muted", wrap=True), 1)

    def _offer_cloth(self, view: RecordView) -> None:
        """Replacing the cloth is offered where the office allows it and the last picture needs it; it is never done unasked."""
        last = view.faces[-1].quality if view.faces else None
        self.cloth.setVisible(view.status.rules.ganti_latar and view.stage is Stage.REKAM and last is not None and wrong_background(last))

    def capture(self) -> None:
        self._shoot()

    def _shoot(self, *, replace_background: bool = False) -> None:
        if self._start():
            assert self.page.view is not None
            pid, presenter = self.page.view.permohonan.id, self.page.presenter
            self.live.set_hint("Tahan sebentar …", "camera")
            self.page.ask(lambda: presenter.face(pid, replace_background=replace_background), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        hint = self.page.presenter.hint(result.stored[-1].quality) if result.stored else ""
        self.live.set_hint(hint or "Foto tersimpan", "info" if hint else "check", "attention" if hint else "good")

    def failed(self, text: str) -> None:
        self.live.set_hint(text, "circle-alert", "attention")


EYE_LEAST = 130
"""Height of an eye where a notice and advice need the room, pixels."""


class IrisPart(Part):
    key = "iris"
    device = DeviceKind.IRIS
    capture_word = "Mulai pindai"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        card = Card(20, 12)
        card.body.addWidget(label("Kedua iris", "title", weight="bold"))
        self.hint = label("Minta pemohon melihat lurus ke alat, mata terbuka lebar.", "body", tone="muted", wrap=True)
        card.body.addWidget(self.hint)
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        self.eyes: dict[Position, tuple[PreviewView, Chip]] = {}
        self.advice: dict[Position, QLabel] = {}
        for eye in EYES:
            view, chip = PreviewView(), Chip("belum", "neutral")
            view.setMinimumSize(200, EYE_LEAST)
            view.setAccessibleName(word("posisi", eye))
            view.set_waiting(word("posisi", eye))
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
        self.refused = RefusedCard()
        self.refused.replace.connect(lambda _eye: self._take(EYES, instead=True))
        self.refused.excuse.connect(page.ask_exception)
        self.refused.keep.connect(lambda: page.ask_keep(self.refused.rejected))
        self.plates = QStackedWidget()
        self.plates.addWidget(holder)
        self.plates.addWidget(self.refused)
        card.body.addWidget(self.plates, 1)
        self.columns.addWidget(card)

    def enter(self) -> None:
        if self.page.applicant is not None:
            self.page.applicant.eyes()
        self._poll.start()
        if self.page.view is not None and open_eyes(self.page.view) and self.plates.currentIndex() == 0:
            QTimer.singleShot(0, self.capture)

    def frame(self, image: QImage) -> None:
        if self.capturing and self.page.view is not None:
            for eye in open_eyes(self.page.view):
                self.eyes[eye][0].set_frame(image)

    def show_view(self, view: RecordView) -> None:
        for s in view.of_part("iris"):
            picture, chip = self.eyes[s.position]
            sample = view.best.get(s.position)
            picture.set_frame(picture_of(sample))
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
        self.forget_refused()
        self.hint.setText("Memindai … tahan kepala, jangan berkedip.")
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
        self.hint.setText(text or ("Mutu belum cukup, ulangi." if low else "Kedua iris tersimpan."))
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
        self.hint.setText(text)


class SignaturePart(Part):
    key = "tanda_tangan"
    device = None
    capture_word = "Minta tanda tangan"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        left = Card(20, 12)
        left.body.addWidget(label("Tanda tangan pemohon", "title", weight="bold"))
        self.hint = label("", "body", tone="muted", wrap=True)
        left.body.addWidget(self.hint)
        self.ink = SignatureField()
        self._points: list[PenPoint] = []
        self._drawing = QTimer(self)
        self._drawing.setInterval(DRAW_MS)
        self._drawing.timeout.connect(self._draw_live)
        self.print = PreviewView(whole=True)
        self.print.set_waiting("")
        self.field = QStackedWidget()
        self.field.addWidget(self.ink)
        self.field.addWidget(self.print)
        self.refused = RefusedCard()
        self.refused.excuse.connect(page.ask_exception)
        self.refused.keep.connect(lambda: page.ask_keep(self.refused.rejected))
        self.field.addWidget(self.refused)
        left.body.addWidget(self.field, 1)
        side = Card(24, 12)
        side.body.addWidget(label("Bentuk", "strong", weight="semibold"))
        self.kinds = QButtonGroup(self)
        for kind, text in ((SignatureKind.TANDA_TANGAN, "Tanda tangan"), (SignatureKind.GARIS, "Garis"),
                           (SignatureKind.CAP_JEMPOL, "Cap jempol")):
            chip = ChoiceChip(text, kind)
            chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.kinds.addButton(chip)
            side.body.addWidget(chip)
        self.kinds.buttons()[0].setChecked(True)
        self.kinds.buttonClicked.connect(lambda _b: self._kind_chosen())
        self.about = label("", "small", tone="muted", wrap=True)
        side.body.addWidget(self.about)
        side.body.addSpacing(8)
        side.body.addWidget(label("Hasil tersimpan", "strong", weight="semibold"))
        self.chip = Chip("belum ada", "neutral")
        side.body.addWidget(self.chip)
        side.body.addStretch(1)
        self.columns.addWidget(left, 72)
        self.columns.addWidget(side, 37)

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
            self._poll.start()
            self.hint.setText(word("rekam", "ttd_cap_minta").format(jari=thumb))
            if self.page.applicant is not None and self.page.part is self:
                self.page.applicant.hands({self._thumb(): "target"}, (self._thumb(),), 0.0)
        else:
            self._poll.stop()
            self.hint.setText("Pemohon menandatangani di pad. Tinta tampil di sini." if self._pad()
                              else "Pad tidak terpasang: pemohon tanda tangan di layar pemohon, atau di bidang ini, lalu tekan F8.")
            if self.page.applicant is not None and self.page.part is self and not self._pad():
                self.page.applicant.sign()
        self.page.buttons()

    def frame(self, image: QImage) -> None:
        if self.capturing:
            self.print.set_frame(image)

    def enter(self) -> None:
        self.ink.enabled_ink = not self._pad()
        self._kind_chosen()
        waits = self.page.view is not None and not self.page.view.part_done(self.key)
        if waits and self.kind is not SignatureKind.CAP_JEMPOL and self._pad():
            QTimer.singleShot(0, self.capture)

    def show_view(self, view: RecordView) -> None:
        sample = view.best.get(Position.SIGNATURE)
        if sample is None:
            self.chip.set("belum ada", "neutral")
            return
        said, tone = self.page.presenter.grade(Position.SIGNATURE, sample.quality)
        form = {SignatureKind.GARIS: "garis", SignatureKind.CAP_JEMPOL: "cap jempol"}.get(
            sample.signature_kind or SignatureKind.TANDA_TANGAN, "tanda tangan")
        self.chip.set(f"{form} tersimpan · {said} {self.page.presenter.score_text(sample.quality.score)}", tone)

    def capture(self) -> None:
        if self.kind is SignatureKind.CAP_JEMPOL:
            self.take(None)
            return
        ink = None if self._pad() else self.ink.capture()
        if ink is not None and self.ink.is_empty():
            self.hint.setText("Belum ada tanda tangan.")
            return
        self.take(ink)

    def take(self, ink: object) -> None:
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
            self._drawing.start()

        def over(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def ended(value: Any) -> None:
                self._drawing.stop()
                then(value)

            return ended

        self.page.ask(lambda: self.page.presenter.signature(pid, kind, ink, self._came), over(self._done),  # type: ignore[arg-type]
                      over(self._failed))

    def _came(self, point: PenPoint) -> None:
        """Ink of the pad, on the device's thread; an earlier time begins anew."""
        if self._points and point.t_ms < self._points[-1].t_ms:
            self._points.clear()
        self._points.append(point)

    def _draw_live(self) -> None:
        points = tuple(self._points)
        if points:
            self.ink.show_ink(points, max(PAD[0], *(p.x for p in points)), max(PAD[1], *(p.y for p in points)))

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
        self.hint.setText(hint or ("Mutu belum cukup, ulangi." if low else "Tersimpan."))
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
        self.hint.setText(text)

