"""Review and seal: what needs a look first, everything captured on one screen, then the applicant's yes, the password, the seal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import EYES, Modality, Position
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.ganda import DuplicateCheck
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.rekam_part import Part, finger_cells, picture_of
from ktpel_kiosk.ui.presenters.photo_measures import replaced_background
from ktpel_kiosk.ui.presenters.record_view import PART_TITLES, RecordView
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.capture import Picture
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.finger_table import FingerTable
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

WARNINGS_SHOWN = 3
ORDER = {"attention": 0, "neutral": 1, "good": 2}


def alike_line(check: DuplicateCheck) -> tuple[str, str]:
    """What the search for double recordings came to, and its tone."""
    if check.open:
        return word("rekam", "tinjau_mirip"), "attention"
    if check.hits:
        return word("rekam", "tinjau_mirip_dilihat"), "neutral"
    return word("rekam", "tinjau_tidak_mirip").format(jumlah=check.people), "good"


class ReviewPart(Part):
    """Everything at a glance, the applicant's yes, the operator's password, the seal."""

    key = "tinjau"
    capture_word = ""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        left = Card(24, 10)
        left.body.setContentsMargins(24, 16, 24, 16)
        head = QHBoxLayout()
        head.addWidget(label("Tinjau & segel", "title", weight="bold"), 1)
        self.count = label("", "small", tone="muted")
        head.addWidget(self.count)
        left.body.addLayout(head)
        self.warnings = QVBoxLayout()
        self.warnings.setSpacing(4)
        left.body.addLayout(self.warnings)
        pictures = QWidget()
        pictures.setLayout(self._pictures())
        left.body.addWidget(scroll(pictures), 1)
        side, inner = Card(24, 12), QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(12)
        side.body.addWidget(scroll(inner), 1)
        column.addWidget(label("Pengesahan", "strong", weight="semibold"))
        self.steps = [self._step(column, "1", "Pemohon setuju di layar pemohon"), self._step(column, "2", "Operator mengesahkan"),
                      self._step(column, "3", "Disegel dan masuk antrean kirim")]
        self.message = NoticeBar(closable=False)
        column.addWidget(self.message)
        self.on_behalf = Button("Pemohon setuju", icon="check")
        self.on_behalf.clicked.connect(self.agree)
        column.addWidget(self.on_behalf)
        self.password = TextField("password", "Kata sandi Anda", secret=True)
        self.password.line.returnPressed.connect(self.seal)
        column.addWidget(self.password)
        column.addStretch(1)
        column.addWidget(label("Setelah disegel, perekaman mentah dihapus dari komputer ini. Paket terkunci menunggu terkirim.",
                                  "small", tone="muted", wrap=True))
        self.columns.addWidget(left, 65)
        self.columns.addWidget(side, 44)

    def _pictures(self) -> QHBoxLayout:
        """Portrait, eyes and signature beside the ten fingers."""
        self.portrait = Picture(QSize(117, 156))
        self.eyes = {eye: Picture(QSize(92, 60), word("posisi", eye)) for eye in reversed(EYES)}
        self.signature = Picture(QSize(150, 60), fill=False)
        self.portrait.setAccessibleName(word("posisi", Position.FACE))
        self.signature.setAccessibleName(word("posisi", Position.SIGNATURE))
        self.face = Chip("", "neutral", compact=True)
        self.ink = Chip("", "neutral", compact=True)
        first = QVBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.portrait)
        first.addWidget(self.face, 0, Qt.AlignmentFlag.AlignHCenter)
        first.addStretch(1)
        self.table = FingerTable()
        below = QHBoxLayout()
        below.setSpacing(12)
        for picture in self.eyes.values():
            below.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        written = QVBoxLayout()
        written.setSpacing(4)
        written.addWidget(self.signature)
        written.addWidget(self.ink, 0, Qt.AlignmentFlag.AlignHCenter)
        written.addStretch(1)
        below.addLayout(written)
        below.addStretch(1)
        second = QVBoxLayout()
        second.setSpacing(10)
        second.addWidget(self.table)
        second.addLayout(below)
        second.addStretch(1)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 4, 0)
        line.setSpacing(20)
        line.addLayout(first)
        line.addLayout(second, 1)
        return line

    def _step(self, column: QVBoxLayout, number: str, text: str) -> Chip:
        chip = Chip(number, "neutral")
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 2, 0, 2)
        line.setSpacing(12)
        line.addWidget(chip)
        line.addWidget(label(text, "body", wrap=True), 1)
        column.addWidget(holder)
        return chip

    def set_tight(self, on: bool) -> None:
        for picture in (*self.eyes.values(), self.signature, self.ink):
            picture.setVisible(not on)

    def enter(self) -> None:
        super().enter()
        view = self.page.view
        if view is not None:
            self._to_applicant(view)

    def _to_applicant(self, view: RecordView) -> None:
        if self.page.applicant is None or view.applicant_agreed or view.stage != "kirim":
            return
        self.page.applicant.review(view.permohonan.penduduk.nama, picture_of(view.best.get(Position.FACE)), self.signature._image,
                                   self._summary(view))

    def _summary(self, view: RecordView) -> list[tuple[str, int]]:
        """What is there, by the keys of the applicant's words, with its number."""
        kinds = [p.modality for p in view.best]
        counted = (("data", int(view.confirmed)), ("foto", kinds.count(Modality.FACE)), ("jari", kinds.count(Modality.FINGER)),
                   ("iris", kinds.count(Modality.IRIS)), ("tanda_tangan", kinds.count(Modality.SIGNATURE)),
                   ("pengecualian", len(view.exceptions)))
        return [(key, count) for key, count in counted if count]

    # -- what needs a look --------------------------------------------------------------------------------------------

    def findings(self, view: RecordView) -> list[tuple[str, str]]:
        """(sentence, tone), the most urgent first: what is missing, what may be wrong, what was done otherwise than usual."""
        out: list[tuple[str, str]] = []
        missing = [PART_TITLES[p] for p in view.parts() if p != "tinjau" and not view.part_done(p)]
        if missing and view.stage != "kirim":
            out.append((word("rekam", "tinjau_kurang").format(bagian=", ".join(missing)), "attention"))
        forced = [word("posisi", s.position) for s in view.status.positions if s.state == "forced"]
        if forced:
            out.append((word("rekam", "tinjau_paksa").format(bagian=", ".join(forced)), "attention"))
        face = view.best.get(Position.FACE)
        if face is not None and replaced_background(face.quality):
            out.append((word("rekam", "tinjau_latar"), "attention"))
        if view.alike is not None:
            out.append(alike_line(view.alike))
        for position, e in view.exceptions.items():
            state = word("pengecualian", e.kind).lower()
            text = word("rekam", "tinjau_kecuali").format(bagian=word("posisi", position), keadaan=state, oleh=e.approved_by)
            out.append((text, "neutral"))
        return sorted(out, key=lambda f: ORDER[f[1]])

    def _show_findings(self, view: RecordView) -> None:
        clear_layout(self.warnings)
        found = self.findings(view)
        if not any(tone == "attention" for _text, tone in found) and len(found) < WARNINGS_SHOWN:
            found.insert(0, (word("rekam", "tinjau_lengkap"), "good"))
        icons = {"attention": "triangle-alert", "neutral": "hand", "good": "circle-check"}
        for text, tone in found[:WARNINGS_SHOWN]:
            chip = Chip(text, tone, icon=icons[tone])
            chip.setToolTip(text)
            self.warnings.addWidget(chip)
        rest = found[WARNINGS_SHOWN:]
        self.count.setText(word("rekam", "tinjau_lagi").format(jumlah=len(rest)) if rest else "")
        self.count.setToolTip("\n".join(text for text, _tone in rest))

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_view(self, view: RecordView) -> None:
        self._show_findings(view)
        self.portrait.set_image(picture_of(view.best.get(Position.FACE)))
        for eye, picture in self.eyes.items():
            picture.set_image(picture_of(view.best.get(eye)))
            score = self._score(view, eye)
            picture.caption = f"{word('rekam', 'mata_' + eye.value.split('_')[0])} {score}".strip()
            picture.setAccessibleName(f"{word('posisi', eye)} {score}".strip())
            picture.updateGeometry()
        self.face.set(*self._said(view, Position.FACE))
        self.ink.set(*self._said(view, Position.SIGNATURE))
        self.table.set_cells(finger_cells(self.page.presenter, view))
        ink = view.best.get(Position.SIGNATURE)
        if ink is not None and self.signature._image is None:
            self.page.ask(partial(self.page.shell.desk.biometrics.signature_png, ink.data), partial(self._ink, view), lambda _e: None)
        self._show_steps(view.applicant_agreed, view.signed_off)
        self.on_behalf.setVisible(view.stage == "kirim" and not view.applicant_agreed)
        self.password.setEnabled(view.applicant_agreed)
        if view.applicant_agreed and not view.signed_off and self.page.part is self:
            self.password.editor.setFocus()

    def _score(self, view: RecordView, position: Position) -> str:
        sample = view.best.get(position)
        return self.page.presenter.score_text(sample.quality.score) if sample is not None else ""

    def _said(self, view: RecordView, position: Position) -> tuple[str, str]:
        sample = view.best.get(position)
        if sample is None:
            return ("dikecualikan" if position in view.exceptions else ""), "neutral"
        said, tone = self.page.presenter.grade(position, sample.quality)
        return f"{said} · {self.page.presenter.score_text(sample.quality.score)}", tone

    def _show_steps(self, agreed: bool, signed: bool, working: int = 0) -> None:
        """Ticks for what is done, dots for what is being done; ``working``: number of that step."""
        for number, (chip, done) in enumerate(zip(self.steps, (agreed, signed, False), strict=True), start=1):
            if done:
                chip.set("✓", "good")
            else:
                chip.set("…" if number == working else str(number), "accent" if number == working else "neutral")

    def _ink(self, view: RecordView, png: bytes) -> None:
        image = QImage.fromData(png)
        if not image.isNull():
            self.signature.set_image(image)
            if self.page.part is self:
                self._to_applicant(self.page.view or view)

    def reset(self) -> None:
        self.signature.set_image(None)
        self.password.set_value("")
        self.message.hide()

    # -- agreeing and sealing -----------------------------------------------------------------------------------------

    def agree(self) -> None:
        if self.page.view is not None:
            pid = self.page.view.permohonan.id
            self.page.act(lambda: self.page.presenter.applicant_agrees(pid), self._agreed)

    def _agreed(self, view: RecordView) -> None:
        self.page.set_view(view)
        if self.page.applicant is not None:
            self.page.applicant.wait()

    def seal(self) -> None:
        """Password, then the packet; what the operator is told is done, is done."""
        view, secret = self.page.view, self.password.line.text()
        if view is None or not view.applicant_agreed:
            return
        if not secret and not view.signed_off:
            self.password.say("Isi kata sandi Anda untuk mengesahkan.", "attention")
            self.password.editor.setFocus()
            return
        self.password.say("")
        self._working(2 if not view.signed_off else 3)
        pid, presenter, bridge = view.permohonan.id, self.page.presenter, self.page.shell.bridge

        def work() -> object:
            if not view.signed_off:
                presenter.sign_off(pid, secret)
                bridge.post(lambda: self._working(3), self)
            return presenter.seal(pid)

        self.page.act(work, self.page.sealed, self._refused)

    def _working(self, step: int) -> None:
        self._show_steps(True, step > 2, step)
        self.message.show_text("info", word("rekam", "segel_sahkan" if step == 2 else "segel_kunci"))

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("trouble" if error.code != "SIGN_IN" else "attention", self.page.session.sentence(error))
        self.password.set_value("")
        view = self.page.view
        if view is not None:
            pid = view.permohonan.id
            self.page.ask_latest("view", lambda: self.page.presenter.load(pid), self.page.set_view, lambda _e: None)
