"""The portrait: live picture, one hint at a time, the picture that takes itself, and what was taken so far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import Position, RawImage
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.rekam_part import Part, picture_of
from ktpel_kiosk.ui.presenters.photo_guide import Guidance, PhotoGuide
from ktpel_kiosk.ui.presenters.photo_measures import Measure, cloth_words, measures_of, replaced_background, wrong_background
from ktpel_kiosk.ui.presenters.record_view import LiveFace, RecordView
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import Picture, PreviewView
from ktpel_kiosk.ui.widgets.measures import MeasureLine, MeasureList
from ktpel_kiosk.ui.words import has_word, word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

JUDGE_GAP_S = 0.25
"""Between two judgements: hints need no more, and the picture keeps the processor."""
SILENT_S = 2.0
"""A camera that sends nothing for so long is said to be silent."""
SHOT = QSize(54, 72)
SAID_S = 3.0
"""So long the result of a picture stands where the hints stand."""


class PhotoPart(Part):
    key = "foto"
    device = DeviceKind.CAMERA

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        plate = Card(16, 0)
        self.live = PreviewView(oval=True)
        self.live.set_waiting(word("rekam", "foto_tunggu"), "camera")
        plate.body.addWidget(self.live)
        side = Card(24, 8)
        side.body.setContentsMargins(24, 14, 24, 14)
        self.automatic = ChoiceChip(word("rekam", "otomatis"))
        self.automatic.setToolTip(word("rekam", "otomatis_foto"))
        self.automatic.toggled.connect(self.set_automatic)
        self.mirror = ChoiceChip(word("rekam", "cermin"))
        self.mirror.setToolTip(word("rekam", "cermin_teks"))
        self.mirror.toggled.connect(self._set_mirror)
        self.about = label("", "small", tone="muted", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(column(label("Foto", "title", weight="bold"), self.about, spacing=2), 1)
        head.addWidget(self.mirror, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.automatic, 0, Qt.AlignmentFlag.AlignTop)
        side.body.addLayout(head)
        self.measures = MeasureList()
        side.body.addWidget(self.measures, 1)
        side.body.addWidget(self._cloth_offer())
        self._shots = QHBoxLayout()
        self._shots.setSpacing(12)
        side.body.addLayout(self._shots)
        self.columns.addWidget(plate, 57)
        self.columns.addWidget(side, 52)
        self.guide = PhotoGuide()
        self._pid = ""
        self._judging = self.judged = False
        self._judged_at = self._framed_at = self._said_until = 0.0
        self._watch = QTimer(self)
        self._watch.setInterval(500)
        self._watch.timeout.connect(self._look_for_silence)

    def _cloth_offer(self) -> QWidget:
        self.cloth = QWidget()
        line = QHBoxLayout(self.cloth)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(label(word("rekam", "ganti_latar_teks"), "small", tone="attention", wrap=True), 1)
        self.replace_cloth = Button(word("rekam", "ganti_latar"), icon="scan-face")
        self.replace_cloth.clicked.connect(lambda: self._shoot(replace_background=True))
        line.addWidget(self.replace_cloth)
        self.cloth.hide()
        return self.cloth

    # -- choices ------------------------------------------------------------------------------------------------------

    def set_automatic(self, on: bool) -> None:
        """Whether a good portrait is taken without F8; kept for this desk."""
        self.page.shell.choices.set("foto_otomatis", on)
        self.automatic.setChecked(on)
        self.guide.hold()

    def _set_mirror(self, on: bool) -> None:
        self.page.shell.choices.set("cermin", on)
        self.live.mirrored = on
        self.live.update()

    # -- shown and hidden ---------------------------------------------------------------------------------------------

    def enter(self) -> None:
        choices = self.page.shell.choices
        self.automatic.setChecked(choices.get("foto_otomatis"))
        self.mirror.setChecked(choices.get("cermin"))
        self.guide.reset()
        self._judging = False
        self._framed_at, self._said_until = time.monotonic(), 0.0
        self.live.set_hint("")
        if self.page.applicant is not None:
            self.page.applicant.photo()
        self.page.shell.desk.devices.start_preview(DeviceKind.CAMERA)
        self._watch.start()
        super().enter()

    def leave(self) -> None:
        super().leave()
        self._watch.stop()
        self.page.shell.desk.devices.stop_preview(DeviceKind.CAMERA)
        self._empty()

    def _empty(self) -> None:
        """Nobody's face stays on a screen."""
        self.live.set_frame(None)
        self.live.set_outline(None)
        self.live.set_countdown(None)
        if self.page.applicant is not None:
            self.page.applicant.photo_frame(None)

    def shown_on(self) -> Sequence[PreviewView]:
        other = self.page.applicant.photo_plate() if self.page.applicant is not None else None
        return (self.live,) if other is None else (self.live, other)

    def gone(self, text: str) -> None:
        self.guide.reset()
        self._empty()
        self.live.set_hint("")
        self.live.set_waiting(f"{text}\n\n{word('rekam', 'lanjut_sendiri')}", "camera")

    def back_again(self) -> None:
        self.live.set_waiting(word("rekam", "foto_tunggu"), "camera")
        self._framed_at = time.monotonic()

    def _look_for_silence(self) -> None:
        """A camera that hangs sends nothing and says nothing."""
        if not self.capturing and self.live.has_frame() and time.monotonic() - self._framed_at > SILENT_S:
            self.gone(word("rekam", "foto_diam"))

    # -- live ---------------------------------------------------------------------------------------------------------

    def frame(self, raw: RawImage) -> None:
        now = self._framed_at = time.monotonic()
        self._guide(now)
        if not self._judging and not self.capturing and self.page.view is not None and now - self._judged_at >= JUDGE_GAP_S:
            self._judging = True
            latar = self.page.view.permohonan.penduduk.latar_foto
            self.page.ask(lambda: self.page.presenter.live_face(raw, latar), self._judged, self._not_judged)

    def _not_judged(self, _error: KioskError) -> None:
        self._judging, self.judged = False, True
        self._judged_at = time.monotonic()

    def _judged(self, found: LiveFace) -> None:
        self._judging, self.judged = False, True
        self._judged_at = time.monotonic()
        if not self.entered or not self.live.has_frame():
            return
        self.guide.judged(found.hint, found.good, self._judged_at)
        self.live.set_outline(QRectF(*found.face) if found.face is not None else None, "good" if found.good else "attention")
        self._show_measures(found.measures)

    def _guide(self, now: float) -> None:
        """What stands on both plates, and the picture when it is time."""
        if self.capturing:
            return
        seen = self.guide.at(now, self._may_take_itself())
        seconds = str(seen.seconds) if seen.seconds else ""
        self.live.set_countdown(seen.share, seconds)
        if now >= self._said_until or seen.share is not None:
            if seen.ready:
                self.live.set_hint(self._ready_words(seen.share is not None), "check", "good")
            else:
                self.live.set_hint(self._hint_words(seen.hint), hint_icon(seen.hint, self.live.mirrored), "attention")
        self._tell_applicant(seen)
        if seen.shoot:
            self._shoot()

    def _ready_words(self, counting: bool) -> str:
        if counting:
            return word("rekam", "foto_hitung")
        done = self.page.view is not None and self.page.view.part_done(self.key)
        return word("rekam", "foto_cukup" if done else "foto_tertahan" if self.automatic.isChecked() and self._disturbed() else "foto_siap")

    def _hint_words(self, key: str) -> str:
        if key == "face.background" and self.page.view is not None:
            return word("rekam", "kain_pasang").format(kain=cloth_words(self.page.view.permohonan.penduduk)[0])
        return self.page.presenter.hint_text(key) if key else ""

    def _may_take_itself(self) -> bool:
        view = self.page.view
        if view is None or not self.automatic.isChecked() or view.stage is not Stage.REKAM or not view.confirmed or self._disturbed():
            return False
        status = view.of_part(self.key)
        return bool(status) and not status[0].done and not (status[0].state == "low" and status[0].tries_left == 0)

    def _disturbed(self) -> bool:
        """Somebody reads a warning, answers a question, or another window lies above."""
        shell = self.page.shell
        reading = shell.notice.isVisible() and shell.notice.kind in ("attention", "trouble")
        asked = QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None
        return reading or asked or self.page.busy or not self.live.isVisible()

    def _tell_applicant(self, seen: Guidance) -> None:
        """The same on the applicant's own plate, in the applicant's words."""
        if self.page.applicant is not None:
            hint = self.page.presenter.hint_text(seen.hint) if seen.hint else ""
            self.page.applicant.photo_state(hint, seen.share, str(seen.seconds) if seen.seconds else "")

    # -- beside the picture -------------------------------------------------------------------------------------------

    def _show_measures(self, measures: tuple[Measure, ...]) -> None:
        self.measures.set_lines([MeasureLine(m.name, m.value, m.tone) for m in measures])

    def show_view(self, view: RecordView) -> None:
        if view.permohonan.id != self._pid:
            self._pid = view.permohonan.id
            self.guide.reset()
            self._show_measures(())
        kain, sebab = cloth_words(view.permohonan.penduduk)
        self.about.setText(word("rekam", "kain_teks").format(kain=kain, sebab=sebab))
        clear_layout(self._shots)
        self._offer_cloth(view)
        for sample in view.faces[-3:]:
            shot = Picture(SHOT, self.page.presenter.score_text(sample.quality.score))
            shot.set_image(picture_of(sample))
            shot.chosen = sample.best
            self._shots.addWidget(shot)
        self._shots.addLayout(self._result(view), 1)

    def _result(self, view: RecordView) -> QVBoxLayout:
        """The best picture so far in words, and what may be done."""
        found = QVBoxLayout()
        found.setSpacing(6)
        found.addStretch(1)
        best, status = view.best.get(Position.FACE), view.of_part(self.key)
        if best is not None and status:
            said, tone = self.page.presenter.grade(Position.FACE, best.quality)
            good = status[0].state in ("captured", "forced")
            found.addWidget(Chip(f"{said} · {self.page.presenter.score_text(best.quality.score)}", "good" if good else tone))
            text = word("rekam", "foto_apa_adanya") if status[0].state == "forced" else \
                word("rekam", "foto_terbaik").format(jumlah=len(view.faces)) if good else \
                word("rekam", "foto_kurang").format(batas=self.page.presenter.threshold(Position.FACE), sisa=status[0].tries_left)
            if replaced_background(best.quality):
                text += f" {word('rekam', 'latar_diganti').capitalize()}."
            found.addWidget(label(text, "small", tone="muted" if good else "attention", wrap=True))
            if not self.measures.lines():
                self._show_measures(measures_of(best.quality, view.permohonan.penduduk.latar_foto))
        else:
            found.addWidget(label(word("rekam", "foto_belum"), "small", tone="muted", wrap=True))
        found.addStretch(1)
        return found

    def _offer_cloth(self, view: RecordView) -> None:
        """Replacing the cloth is offered where the office allows it and the last picture needs it; it is never done unasked."""
        last = view.faces[-1].quality if view.faces else None
        self.cloth.setVisible(view.status.rules.ganti_latar and view.stage is Stage.REKAM and last is not None and wrong_background(last))

    # -- taking it ----------------------------------------------------------------------------------------------------

    def capture(self) -> None:
        self._shoot()

    def _shoot(self, *, replace_background: bool = False) -> None:
        if self._start():
            assert self.page.view is not None
            pid, presenter = self.page.view.permohonan.id, self.page.presenter
            self.live.set_countdown(None)
            self.live.set_hint(word("rekam", "foto_diam_sebentar"), "camera")
            if self.page.applicant is not None:
                self.page.applicant.photo_state(word("petunjuk", "face.blurred"))
            self.page.ask(lambda: presenter.face(pid, replace_background=replace_background), self._done, self._failed)

    def captured(self, result: CaptureResult) -> None:
        self._taken()
        if not result.stored:
            return
        quality = result.stored[-1].quality
        said, tone = self.page.presenter.grade(Position.FACE, quality)
        hint = self._hint_words(quality.hints[0]) if quality.hints else ""
        picture = picture_of(result.stored[-1])
        if self.page.applicant is not None and picture is not None:
            self.page.applicant.photo_taken(picture, tone == "good")
        if tone == "good":
            text = word("rekam", "foto_tersimpan").format(mutu=said, nilai=self.page.presenter.score_text(quality.score))
            self.live.set_hint(text, "check", "good")
        else:
            self.live.set_hint(hint or word("rekam", "mutu_kurang"), "info", "attention")

    def failed(self, text: str) -> None:
        self._taken()
        if self.page.applicant is not None:
            self.page.applicant.photo_state()
        self.live.set_hint(text, "circle-alert", "attention")

    def _taken(self) -> None:
        now = time.monotonic()
        self._framed_at, self._said_until = now, now + SAID_S
        self.guide.taken(now)


def hint_icon(key: str, mirrored: bool) -> str:
    """The icons stand for a mirror; where the picture is the camera's, the applicant's right is on the left."""
    icon = word("petunjuk_ikon", key) if has_word("petunjuk_ikon", key) else "info"
    return icon if mirrored else {"arrow-left": "arrow-right", "arrow-right": "arrow-left"}.get(icon, icon)
