"""Data check and exceptions: the panels of the recording desk that are not a device; review and seal stand in :mod:`.rekam_seal`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import FINGERS, Modality, Position
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import date_card
from ktpel_kiosk.ui.applicant.controls import ApplicantControls
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.biodata import BiodataForm
from ktpel_kiosk.ui.pages.rekam_part import Part
from ktpel_kiosk.ui.pages.rekam_renewal import RenewalCard
from ktpel_kiosk.ui.presenters.intake import PENDUDUK_FIELDS, IntakePresenter
from ktpel_kiosk.ui.presenters.record_view import KINDS_FOR, RecordView
from ktpel_kiosk.ui.presenters.work import biodata_rows
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NoteField
from ktpel_kiosk.ui.widgets.second import SecondPerson
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
        seen = QVBoxLayout(inner)  # on a low screen with large letters all of this is scrolled
        seen.setContentsMargins(0, 0, 8, 0)
        seen.setSpacing(6)
        seen.addWidget(ApplicantControls(lambda: page.applicant))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 4, 0, 0)
        seen.addLayout(self._grid)
        seen.addStretch(1)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 1)
        left.body.addWidget(scroll(inner), 1)
        self.fix = Card(24, 12)
        self.fix.body.addWidget(label("Perbaiki", "strong", weight="semibold"))
        fields = QWidget()
        self._form_area = QVBoxLayout(fields)
        self._form_area.setContentsMargins(0, 0, 8, 0)
        self.fix.body.addWidget(scroll(fields), 1)
        self.columns.addWidget(left, 3)
        self.columns.addWidget(self.fix, 3)
        self.renewal = RenewalCard(page)
        self.columns.addWidget(self.renewal, 2)
        self.form: BiodataForm | None = None
        self.show_to_applicant = True
        self._shown: tuple[object, ...] = ()

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
        shown = p.id, p.penduduk, p.corrections
        if shown != self._shown:  # else what is being typed into the form stays, whatever the register tells meanwhile
            self._shown = shown
            self._fill(p)
        self.fix.setVisible(bool(p.corrections))
        self.renewal.show_view(view)
        if p.corrections:
            self.state.setText("Pemohon menandai baris berwarna. Perbaiki, lalu pemohon membaca sekali lagi.")
        elif view.confirmed:
            self.state.setText("Pemohon sudah membenarkan data ini.")
        else:
            self.state.setText("Pemohon membaca data di layar pemohon. Bila tidak dapat membaca, bacakan lalu tekan F9.")

    def _fill(self, p: Permohonan) -> None:
        clear_layout(self._grid)
        for i, (name, title, value) in enumerate(biodata_rows(p.penduduk)):
            wrong = any(n in p.corrections for n in name.split("+"))
            row, at = divmod(i, 1 if p.corrections else 2)  # the form beside it takes the room of a column
            self._grid.addWidget(label(title, "small", tone="attention" if wrong else "muted"), row, at * 2, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(value, "body", weight="medium", tone="attention" if wrong else "", wrap=True), row, at * 2 + 1)
        self._grid.setColumnStretch(3, 0 if p.corrections else 1)
        self._grid.setRowStretch(99, 1)
        if p.corrections:
            self._make_form(p)

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
            self.page.applicant.data(biodata_rows(view.permohonan.penduduk))


class ExceptionPanel(Card):
    """F6: which finger, eye or signature, why, and the second officer who agrees."""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(0, 0)
        self.page = page
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(24, 14, 24, 14)
        column.setSpacing(10)
        self.body.addWidget(scroll(inner), 1)
        column.addWidget(label("Pengecualian", "title", weight="bold"))
        column.addWidget(label("Bagian yang tidak dapat direkam, dengan alasan dan persetujuan petugas kedua.", "body", tone="muted",
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
        column.addLayout(line)
        self.group = QButtonGroup(self)
        self.reason = NoteField("reason", "Alasan", placeholder="Misalnya: diperban setelah operasi, kontrol dua minggu lagi", lines=2)
        column.addWidget(self.reason)
        self.second = SecondPerson("Persetujuan petugas kedua")
        self.username, self.password, self.message = self.second.username, self.second.password, self.second.message
        column.addWidget(self.second)
        column.addStretch(1)

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
