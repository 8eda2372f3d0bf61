"""Data check, exceptions, and review with seal: the panels of the recording desk that are not a device."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import FINGERS, Modality, Position
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.ganda import DuplicateCheck
from ktpel_kiosk.domain.text import date_card
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.biodata import BiodataForm
from ktpel_kiosk.ui.pages.rekam_part import Part, picture_of
from ktpel_kiosk.ui.pages.rekam_renewal import RenewalCard
from ktpel_kiosk.ui.presenters.intake import PENDUDUK_FIELDS, IntakePresenter
from ktpel_kiosk.ui.presenters.recording import KINDS_FOR, RecordView, replaced_background
from ktpel_kiosk.ui.presenters.work import biodata_rows
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import Picture
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NoteField, TextField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage


class DataPart(Part):
    """The applicant reads the data on the own screen; pointed-at fields are corrected here."""

    key = "data"
    capture_word = ""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        left = Card(24, 10)
        left.body.addWidget(label("Apakah data ini benar?", "title", weight="bold"))
        self.state = label("", "body", tone="muted", wrap=True)
        left.body.addWidget(self.state)
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 4, 8, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(9)
        for i in (1, 3):
            self._grid.setColumnStretch(i, 1)
        left.body.addWidget(scroll(inner), 1)
        self.fix = Card(24, 12)
        self.fix.body.addWidget(label("Perbaiki", "strong", weight="semibold"))
        self._form_area = QVBoxLayout()
        self.fix.body.addLayout(self._form_area, 1)
        self.columns.addWidget(left, 3)
        self.columns.addWidget(self.fix, 2)
        self.renewal = RenewalCard(page)
        self.columns.addWidget(self.renewal, 2)
        self.form: BiodataForm | None = None
        self.show_to_applicant = True

    def enter(self) -> None:
        view, applicant = self.page.view, self.page.applicant
        if applicant is None or view is None or view.confirmed:
            return
        applicant.serve(view.permohonan.nomor_register)
        if self.show_to_applicant and not view.permohonan.corrections:
            self.show_to_applicant = False
            applicant.privacy()

    def show_view(self, view: RecordView) -> None:
        p = view.permohonan
        clear_layout(self._grid)
        for i, (name, title, value) in enumerate(biodata_rows(p.penduduk)):
            wrong = any(n in p.corrections for n in name.split("+"))
            row, at = divmod(i, 2)
            self._grid.addWidget(label(title, "small", tone="attention" if wrong else "muted"), row, at * 2, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(value, "body", weight="medium", tone="attention" if wrong else "", wrap=True), row, at * 2 + 1)
        self._grid.setRowStretch(99, 1)
        self.fix.setVisible(bool(p.corrections))
        self.renewal.show_view(view)
        if p.corrections:
            self.state.setText("Pemohon menandai baris berwarna. Perbaiki, lalu pemohon membaca sekali lagi.")
            self._make_form(p)
        elif view.confirmed:
            self.state.setText("Pemohon sudah membenarkan data ini.")
        else:
            self.state.setText("Pemohon membaca data di layar pemohon. Bila tidak dapat membaca, bacakan lalu tekan F9.")

    def _make_form(self, p: Permohonan) -> None:
        clear_layout(self._form_area)
        presenter = IntakePresenter(self.page.session)
        skip = {f for f in PENDUDUK_FIELDS if f not in p.corrections} | {"rt", "rw", "kode_pos"}
        if {"rt", "rw", "alamat"} & set(p.corrections):
            skip -= {"rt", "rw", "alamat"}
        self.form = BiodataForm(presenter, skip=skip | {"nik"})
        values = {f: getattr(p.penduduk, f) for f in self.form.fields}
        if "tanggal_lahir" in values:
            values["tanggal_lahir"] = date_card(p.penduduk.tanggal_lahir)
        self.form.set_values(values)
        self._form_area.addWidget(self.form)
        self._form_area.addStretch(1)

    def correct(self) -> None:
        """Save the corrections; then the applicant reads again."""
        view = self.page.view
        if view is None or self.form is None:
            return
        pid, values = view.permohonan.id, self.form.values()
        self.page.act(lambda: self.page.presenter.correct(pid, values), self._corrected, self._refused)

    def _refused(self, error: KioskError) -> None:
        problems = {p.field: p.text for p in getattr(error, "problems", ())}
        if problems and self.form is not None:
            self.form.show_problems(problems)
        else:
            self.page.trouble(error)

    def _corrected(self, view: RecordView) -> None:
        self.page.set_view(view)
        if self.page.applicant is not None:
            self.page.applicant.data(biodata_rows(view.permohonan.penduduk)[:10])


class ExceptionPanel(Card):
    """F6: which finger, eye or signature, why, and the second officer who agrees."""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(24, 12)
        self.page = page
        self.body.addWidget(label("Pengecualian", "title", weight="bold"))
        self.body.addWidget(label("Bagian yang tidak dapat direkam, dengan alasan dan persetujuan petugas kedua.", "body", tone="muted",
                                  wrap=True))
        line = QHBoxLayout()
        line.setSpacing(16)
        self.position = ChoiceField("position", "Bagian", [(p, word("posisi", p)) for p in (*FINGERS, Position.RIGHT_EYE,
                                                                                          Position.LEFT_EYE, Position.SIGNATURE)])
        self.position.changed.connect(self._kinds)
        line.addWidget(self.position, 1)
        kinds = QVBoxLayout()
        kinds.setSpacing(6)
        kinds.addWidget(label("Keadaan", "small", weight="medium"))
        self._chips = QHBoxLayout()
        self._chips.setSpacing(8)
        kinds.addLayout(self._chips)
        line.addLayout(kinds, 2)
        self.body.addLayout(line)
        self.group = QButtonGroup(self)
        self.reason = NoteField("reason", "Alasan", placeholder="Misalnya: diperban setelah operasi, kontrol dua minggu lagi", lines=2)
        self.body.addWidget(self.reason)
        self.second = SecondPerson("Persetujuan petugas kedua")
        self.username, self.password, self.message = self.second.username, self.second.password, self.second.message
        self.body.addWidget(self.second)
        self.body.addStretch(1)

    def ask(self, position: Position) -> None:
        self.position.set_value(position)
        self.reason.set_value("")
        self.second.clear()
        self._kinds()
        self.reason.editor.setFocus()

    def _kinds(self) -> None:
        clear_layout(self._chips)
        self.group = QButtonGroup(self)
        value = self.position.value()
        modality = Position(value).modality if value else Modality.FINGER
        for kind in KINDS_FOR[modality]:
            chip = ChoiceChip(word("pengecualian", kind), kind)
            self.group.addButton(chip)
            self._chips.addWidget(chip)
        self._chips.addStretch(1)
        if self.group.buttons():
            self.group.buttons()[0].setChecked(True)

    def save(self) -> None:
        view, chosen = self.page.view, self.group.checkedButton()
        if view is None or chosen is None or not self.position.value():
            return
        pid, position, kind = view.permohonan.id, Position(self.position.value()), chosen.value  # type: ignore[attr-defined]
        reason, name, secret = self.reason.value(), self.username.value(), self.password.line.text()
        presenter = self.page.presenter
        self.page.act(lambda: presenter.excuse(pid, position, kind, reason, name, secret), self._saved, self._refused)

    def _saved(self, view: RecordView) -> None:
        self.page.close_panel(settled=True)
        self.page.set_view(view)
        self.page.shell.tell("info", "Pengecualian tercatat dengan persetujuan petugas kedua.")

    def _refused(self, error: KioskError) -> None:
        self.second.refuse(self.page.session.sentence(error))


def alike_line(check: DuplicateCheck) -> tuple[str, str]:
    """What the search for double recordings came to, and its tone."""
    if check.open:
        return "! Sidik jari mirip dengan rekaman lain; belum diputus", "attention"
    if check.hits:
        return "✓ Sidik jari mirip, sudah dibandingkan petugas", ""
    return f"✓ Tidak ada rekaman yang sama ({check.people} orang dibandingkan)", ""


class ReviewPart(Part):
    """Everything at a glance, the applicant's yes, the operator's password, the seal."""

    key = "tinjau"
    capture_word = ""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(page)
        left = Card(24, 12)
        left.body.addWidget(label("Tinjau & segel", "title", weight="bold"))
        top = QHBoxLayout()
        top.setSpacing(20)
        self.portrait = Picture(QSize(132, 176))
        top.addWidget(self.portrait, 0, Qt.AlignmentFlag.AlignTop)
        facts = QVBoxLayout()
        facts.setSpacing(6)
        self.facts = QVBoxLayout()
        self.facts.setSpacing(6)
        facts.addLayout(self.facts)
        self.signature = Picture(QSize(240, 84), fill=False)
        facts.addWidget(self.signature, 0, Qt.AlignmentFlag.AlignLeft)
        facts.addStretch(1)
        top.addLayout(facts, 1)
        inner = QWidget()  # the whole of it scrolls: with a notice above, a small screen has no room for portrait and list
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(0, 0, 8, 0)
        whole.setSpacing(12)
        whole.addLayout(top)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(0)
        whole.addLayout(self.lines, 1)
        left.body.addWidget(scroll(inner), 1)
        side = Card(24, 14)
        side.body.addWidget(label("Pengesahan", "strong", weight="semibold"))
        self.steps = [self._step(side, "1", "Pemohon setuju di layar pemohon"), self._step(side, "2", "Operator mengesahkan"),
                      self._step(side, "3", "Disegel dan masuk antrean kirim")]
        self.on_behalf = Button("Pemohon setuju", icon="check")
        self.on_behalf.clicked.connect(self.agree)
        side.body.addWidget(self.on_behalf)
        self.password = TextField("password", "Kata sandi Anda", secret=True)
        self.password.line.returnPressed.connect(self.seal)
        side.body.addWidget(self.password)
        self.message = NoticeBar(closable=False)
        side.body.addWidget(self.message)
        side.body.addStretch(1)
        side.body.addWidget(label("Setelah disegel, perekaman mentah dihapus dari komputer ini. Paket terkunci menunggu terkirim.",
                                  "small", tone="muted", wrap=True))
        self.columns.addWidget(left, 65)
        self.columns.addWidget(side, 44)

    def _step(self, card: Card, number: str, text: str) -> Chip:
        chip = Chip(number, "neutral")
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 2, 0, 2)
        line.setSpacing(12)
        line.addWidget(chip)
        line.addWidget(label(text, "body", wrap=True), 1)
        card.body.addWidget(holder)
        return chip

    def enter(self) -> None:
        view = self.page.view
        if view is not None:
            self._to_applicant(view)

    def _to_applicant(self, view: RecordView) -> None:
        if self.page.applicant is None or view.applicant_agreed or view.stage != "kirim":
            return
        self.page.applicant.review(view.permohonan.penduduk.nama, picture_of(view.best.get(Position.FACE)), self.signature._image,
                                   self._summary(view))

    def _summary(self, view: RecordView) -> list[str]:
        out = ["Data dibenarkan pemohon"]
        taken = view.best
        excused = len(view.exceptions)
        if Position.FACE in taken:
            out.append("Foto wajah")
        fingers = sum(1 for p in taken if p.modality is Modality.FINGER)
        eyes = sum(1 for p in taken if p.modality is Modality.IRIS)
        out += [f"{fingers} sidik jari"] if fingers else []
        out += [f"{eyes} iris mata"] if eyes else []
        out += ["Tanda tangan"] if Position.SIGNATURE in taken else []
        out += [f"{excused} pengecualian disetujui"] if excused else []
        return out

    def show_view(self, view: RecordView) -> None:
        self.portrait.set_image(picture_of(view.best.get(Position.FACE)))
        clear_layout(self.facts)
        for text in self._summary(view):
            self.facts.addWidget(label("✓ " + text, "body"))
        if view.alike is not None:
            said, tone = alike_line(view.alike)
            self.facts.addWidget(label(said, "body", tone=tone, wrap=True))
        ink = view.best.get(Position.SIGNATURE)
        if ink is not None and self.signature._image is None:
            self.page.ask(partial(self.page.shell.desk.biometrics.signature_png, ink.data), partial(self._ink, view), lambda _e: None)
        clear_layout(self.lines)
        for position, sample in view.best.items():
            if position.modality is Modality.SIGNATURE or position in view.exceptions:
                continue
            holder = QWidget()
            line = QHBoxLayout(holder)
            line.setContentsMargins(0, 5, 0, 5)
            line.addWidget(label(word("posisi", position), "small"), 1)
            said, tone = self.page.presenter.grade(position, sample.quality)
            if position is Position.FACE and replaced_background(sample.quality):
                line.addWidget(Chip(word("rekam", "latar_diganti"), "neutral", compact=True))
            line.addWidget(Chip(f"{said} · {self.page.presenter.score_text(sample.quality.score)}", tone, compact=True))
            self.lines.addWidget(holder)
            self.lines.addWidget(Line())
        self.lines.addStretch(1)
        for chip, done in zip(self.steps, (view.applicant_agreed, view.signed_off, False), strict=True):
            chip.set("✓" if done else chip.text() if chip.text() != "✓" else "", "good" if done else "neutral")
        self.on_behalf.setVisible(view.stage == "kirim" and not view.applicant_agreed)
        self.password.setEnabled(view.applicant_agreed)
        if view.applicant_agreed and not view.signed_off:
            self.password.editor.setFocus()

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
        self.message.show_text("info", "Menyegel paket …")
        pid, presenter = view.permohonan.id, self.page.presenter

        def work() -> object:
            if not view.signed_off:
                presenter.sign_off(pid, secret)
            return presenter.seal(pid)

        self.page.act(work, self.page.sealed, self._refused)

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("trouble" if error.code != "SIGN_IN" else "attention", self.page.session.sentence(error))
        self.password.set_value("")

