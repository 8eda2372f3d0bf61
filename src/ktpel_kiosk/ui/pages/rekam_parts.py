"""Photo, fingers, irises and signature at the recording desk, one panel each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import EYES, Position, Sample, SignatureKind
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.recording import (
    Measure,
    RecordView,
    finger_states,
    measures_of,
    open_eyes,
    open_slap,
    slap_title,
)
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import FingerPlate, FingerView, HandMap, Picture, PreviewView, to_qimage
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

PREVIEW_MS = 50
HINT_EVERY = 8


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
        self.failed(self.page.session.sentence(error))
        self.page.trouble(error)
        self.page.buttons()

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
        self._measures = QVBoxLayout()
        self._measures.setSpacing(0)
        side.body.addLayout(self._measures)
        side.body.addStretch(1)
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

    def _judged(self, found: tuple[str, tuple[Measure, ...], bool]) -> None:
        self._judging, self.judged = False, True
        text, measures, good = found
        self._hint = text
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
        for m in measures:
            holder = QWidget()
            line = QHBoxLayout(holder)
            line.setContentsMargins(0, 6, 0, 6)
            line.addWidget(label(m.name, "body"), 1)
            line.addWidget(Chip(m.value, m.tone))
            self._measures.addWidget(holder)
            self._measures.addWidget(Line())

    def show_view(self, view: RecordView) -> None:
        clear_layout(self._shots)
        for sample in view.faces[-3:]:
            shot = Picture(QSize(66, 88), self.page.presenter.score_text(sample.quality.score))
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
            self._shots.addWidget(label(text, "small", tone="muted" if good else "attention", wrap=True), 1)
            if not self._shown:
                self._show_measures(measures_of(best.quality, view.permohonan.penduduk.latar_foto))
        elif not view.faces:
            self._shots.addWidget(label("Belum ada foto. Tekan F8 saat wajah di dalam bingkai.", "small", tone="muted", wrap=True), 1)

    def capture(self) -> None:
        if self._start():
            assert self.page.view is not None
            pid = self.page.view.permohonan.id
            self.live.set_hint("Tahan sebentar …", "camera")
            self.page.ask(lambda: self.page.presenter.face(pid), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        hint = self.page.presenter.hint(result.stored[-1].quality) if result.stored else ""
        self.live.set_hint(hint or "Foto tersimpan", "info" if hint else "check", "attention" if hint else "good")

    def failed(self, text: str) -> None:
        self.live.set_hint(text, "circle-alert", "attention")


class FingersPart(Part):
    key = "jari"
    device = DeviceKind.FINGERPRINT
    capture_word = "Mulai pindai"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        self._slap: tuple[Position, ...] = ()
        left = Card(20, 12)
        self.title = label("", "title", weight="bold")
        self.auto = Chip("otomatis bila baik", "accent")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.auto)
        left.body.addLayout(head)
        self.plate = FingerPlate()
        left.body.addWidget(self.plate, 1)
        side = QVBoxLayout()
        side.setSpacing(12)
        hands = Card(12, 0)
        self.map = HandMap(selectable=True)
        self.map.pressed.connect(self._finger_pressed)
        hands.body.addWidget(self.map)
        side.addWidget(hands, 5)
        table = Card(18, 0)
        table.body.setContentsMargins(18, 6, 12, 6)
        inner = QWidget()
        self._lines = QVBoxLayout(inner)
        self._lines.setContentsMargins(0, 0, 6, 0)
        self._lines.setSpacing(0)
        table.body.addWidget(scroll(inner))
        side.addWidget(table, 5)
        self.columns.addWidget(left, 61)
        self.columns.addLayout(side, 49)

    def enter(self) -> None:
        self._poll.start()
        if self.page.view is not None and open_slap(self.page.view):
            QTimer.singleShot(0, self.capture)

    def _finger_pressed(self, position: Position) -> None:
        self.page.ask_exception(position)

    def frame(self, image: QImage) -> None:
        if self.capturing:
            self.plate.set_live(image)

    def show_view(self, view: RecordView) -> None:
        slap = open_slap(view)
        if slap or not self._slap:
            self._slap = self._slap if self._low(view) else slap or self._slap
        self.title.setText(slap_title(self._slap or slap))
        asked = self._slap or ()
        self._tiles(view, asked)
        target = () if not slap else (asked if asked else slap)
        states = finger_states(view, [p for p in target if not view.status.of(p).done])
        tries = max((view.status.of(p).attempts for p in asked), default=0)
        side = 0 if asked and asked[0].value.startswith("left") else 1
        words = ["Kiri", "Kanan"]
        if slap:
            words[side] += f" · percobaan {min(tries + 1, self.page.presenter.tries())} dari {self.page.presenter.tries()}"
        self.map.set_states(states, (words[0], words[1]))
        self._table(view)
        if self.page.applicant is not None and self.page.part is self:
            done = [s for s in view.of_part("jari") if s.done]
            share = len(done) / max(1, len(view.of_part("jari")))
            self.page.applicant.hands(states, slap, share, done=not slap)

    def _low(self, view: RecordView) -> bool:
        return any(view.status.of(p).state == "low" for p in self._slap)

    def _tiles(self, view: RecordView, asked: tuple[Position, ...]) -> None:
        tiles = []
        for p in asked:
            status, sample = view.status.of(p), view.best.get(p)
            state = {"captured": "good", "forced": "good", "low": "low", "exception": "exception"}.get(status.state, "empty")
            tiles.append(FingerView(p, word("jari", p.value.split("_")[1]), state, status.score, picture_of(sample)))
        order = sorted(tiles, key=lambda t: _across(t.position))
        self.plate.set_fingers(order)

    def _table(self, view: RecordView) -> None:
        clear_layout(self._lines)
        for s in view.of_part("jari"):
            if s.state == "missing":
                continue
            holder = QWidget()
            line = QHBoxLayout(holder)
            line.setContentsMargins(0, 9, 0, 9)
            line.addWidget(label(word("posisi", s.position), "body", weight="semibold"), 1)
            line.addWidget(self._chip(view, s.position))
            self._lines.addWidget(holder)
            self._lines.addWidget(Line())
        if not self._lines.count():
            self._lines.addWidget(label("Hasil tiap jari tampil di sini.", "small", tone="muted"))
        self._lines.addStretch(1)

    def _chip(self, view: RecordView, position: Position) -> Chip:
        s = view.status.of(position)
        if s.state == "exception":
            e = view.exceptions[position]
            return Chip(f"Pengecualian: {word('pengecualian', e.kind).lower()} · {e.approved_by}", "neutral")
        sample = view.best.get(position)
        algorithm = sample.quality.algorithm.split(" ")[0] if sample else "Mutu"
        tail = f", percobaan {s.attempts}" if s.attempts > 1 else ""
        forced = " · diterima paksa" if s.state == "forced" else ""
        return Chip(f"{algorithm} {self.page.presenter.score_text(s.score)}{tail}{forced}", "attention" if s.state == "low" else "good")

    def capture(self) -> None:
        if self.page.view is None or not open_slap(self.page.view) or not self._start():
            return
        view = self.page.view
        self._slap = open_slap(view)
        self.title.setText(slap_title(self._slap))
        self._tiles(view, self._slap)
        self.plate.set_hint(f"{slap_title(self._slap)}: letakkan, tekan pelan, tahan")
        pid, slap = view.permohonan.id, self._slap
        self.page.ask(lambda: self.page.presenter.fingers(pid, slap), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        view = self.page.view
        assert view is not None
        presenter = self.page.presenter
        if result.refused:
            self.plate.set_hint(presenter.refusal(result), "attention", "circle-alert")
            return
        low = [s for s in result.stored if view.status.of(s.position).state == "low"]
        if low:
            worst = min(low, key=lambda s: s.quality.score)
            text = presenter.hint(worst.quality) or "Mutu belum cukup, ulangi"
            name = word("jari", worst.position.value.split("_")[1])
            self.plate.set_hint(f"{name}: {text[0].lower()}{text[1:]}", "attention")
            return
        if open_slap(view):
            self.plate.set_hint("Baik. Lanjut ke jari berikutnya", "good", "check")
            QTimer.singleShot(650, self._next)
        else:
            self.plate.set_hint("Sepuluh jari lengkap", "good", "check")

    def _next(self) -> None:
        if self.page.part is self:
            self._slap = ()
            self.capture()

    def failed(self, text: str) -> None:
        self.plate.set_live(None)
        self.plate.set_hint(text, "attention", "circle-alert")


def _across(position: Position) -> int:
    """Place on the plate from left to right as the hand lies on it."""
    order = ["left_little", "left_ring", "left_middle", "left_index", "left_thumb", "right_thumb", "right_index", "right_middle",
             "right_ring", "right_little"]
    return order.index(position.value)


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
        line = QHBoxLayout()
        line.setSpacing(16)
        self.eyes: dict[Position, tuple[PreviewView, Chip]] = {}
        for eye in EYES:
            view, chip = PreviewView(), Chip("belum", "neutral")
            view.setAccessibleName(word("posisi", eye))
            view.set_waiting(word("posisi", eye))
            box = QVBoxLayout()
            box.addWidget(view, 1)
            foot = QHBoxLayout()
            foot.addWidget(label(word("posisi", eye), "body", weight="semibold"), 1)
            foot.addWidget(chip)
            box.addLayout(foot)
            line.addLayout(box, 1)
            self.eyes[eye] = (view, chip)
        card.body.addLayout(line, 1)
        self.columns.addWidget(card)

    def enter(self) -> None:
        if self.page.applicant is not None:
            self.page.applicant.eyes()
        self._poll.start()
        if self.page.view is not None and open_eyes(self.page.view):
            QTimer.singleShot(0, self.capture)

    def frame(self, image: QImage) -> None:
        if self.capturing and self.page.view is not None:
            for eye in open_eyes(self.page.view):
                self.eyes[eye][0].set_frame(image)

    def show_view(self, view: RecordView) -> None:
        for s in view.of_part("iris"):
            picture, chip = self.eyes[s.position]
            picture.set_frame(picture_of(view.best.get(s.position)))
            if s.state == "exception":
                picture.set_waiting(f"Pengecualian: {word('pengecualian', view.exceptions[s.position].kind).lower()}")
                chip.set("pengecualian", "neutral")
            elif s.state == "missing":
                chip.set("belum", "neutral")
            else:
                chip.set(f"mutu {self.page.presenter.score_text(s.score)}", "attention" if s.state == "low" else "good")

    def capture(self) -> None:
        if self.page.view is None or not open_eyes(self.page.view) or not self._start():
            return
        pid, eyes = self.page.view.permohonan.id, open_eyes(self.page.view)
        self.hint.setText("Memindai … tahan kepala, jangan berkedip.")
        self.page.ask(lambda: self.page.presenter.irises(pid, eyes), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        view = self.page.view
        low = [s for s in result.stored if view is not None and view.status.of(s.position).state == "low"]
        text = self.page.presenter.hint(low[0].quality) if low else ""
        self.hint.setText(text or ("Mutu belum cukup, ulangi." if low else "Kedua iris tersimpan."))

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
        left.body.addWidget(self.ink, 1)
        side = Card(24, 12)
        side.body.addWidget(label("Bentuk", "strong", weight="semibold"))
        self.kinds = QButtonGroup(self)
        for kind, text in ((SignatureKind.TANDA_TANGAN, "Tanda tangan"), (SignatureKind.GARIS, "Garis"),
                           (SignatureKind.CAP_JEMPOL, "Cap jempol")):
            chip = ChoiceChip(text, kind)
            self.kinds.addButton(chip)
            side.body.addWidget(chip)
        self.kinds.buttons()[0].setChecked(True)
        side.body.addSpacing(8)
        side.body.addWidget(label("Hasil tersimpan", "strong", weight="semibold"))
        self.chip = Chip("belum ada", "neutral")
        side.body.addWidget(self.chip)
        side.body.addStretch(1)
        side.body.addWidget(label("Pemohon yang tidak dapat menulis boleh membuat garis atau cap jempol.", "small", tone="muted",
                                  wrap=True))
        self.columns.addWidget(left, 72)
        self.columns.addWidget(side, 37)

    def _pad(self) -> bool:
        state = self.page.shell.header.states.get(DeviceKind.SIGNATURE)
        return state is not None and state.health in ("ready", "busy")

    def enter(self) -> None:
        self.ink.enabled_ink = not self._pad()
        if self.page.applicant is not None and not self._pad():
            self.page.applicant.sign()
        self.hint.setText("Pemohon menandatangani di pad. Tinta tampil di sini." if self._pad()
                          else "Pad tidak terpasang: pemohon tanda tangan di layar pemohon, atau di bidang ini, lalu tekan F8.")
        if self._pad() and self.page.view is not None and not self.page.view.part_done(self.key):
            QTimer.singleShot(0, self.capture)

    def show_view(self, view: RecordView) -> None:
        sample = view.best.get(Position.SIGNATURE)
        if sample is not None:
            self.chip.set(f"tersimpan, mutu {self.page.presenter.score_text(sample.quality.score)}", "good")

    def capture(self) -> None:
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
        pid, chosen = self.page.view.permohonan.id, self.kinds.checkedButton()
        kind = chosen.value if chosen is not None else SignatureKind.TANDA_TANGAN  # type: ignore[attr-defined]
        if self.page.applicant is not None and ink is None:
            self.page.applicant.sign()
        self.page.ask(lambda: self.page.presenter.signature(pid, kind, ink), self._done, self._failed)  # type: ignore[arg-type]

    def repeat(self) -> None:
        self.ink.clear()
        if self.page.applicant is not None:
            self.page.applicant.sign()
        if self._pad():
            self.capture()

    def captured(self, result: CaptureResult) -> None:
        self.hint.setText("Tanda tangan tersimpan.")
        if result.stored:
            pid, data = result.stored[-1].permohonan_id, result.stored[-1].data
            self.page.ask(partial(self.page.shell.desk.biometrics.signature_png, data), partial(self._show_png, pid), lambda _e: None)

    def _show_png(self, _pid: str, png: bytes) -> None:
        image = QImage.fromData(png)
        if not image.isNull():
            self.ink.show_picture(image)
            if self.page.applicant is not None:
                self.page.applicant.show_signature(image)

    def failed(self, text: str) -> None:
        self.hint.setText(text)

