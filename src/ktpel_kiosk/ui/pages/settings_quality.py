"""Section of Pengaturan: maklumat on the applicant's screen, number template of complaints, weight of the survey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.quality import QualityPresenter, QualityView
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NoteField, TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

WEIGHTS: tuple[tuple[str, str], ...] = (("1/9", "1/9 (tepat)"), ("0,111", "0,111"), ("0,11", "0,11"))


class QualitySection(Section):
    """Only what was changed is written."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = QualityPresenter(page.session)
        self.view: QualityView | None = None
        self.maklumat = NoteField("maklumat", "Teks maklumat", lines=6)
        self.maklumat.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.number = TextField("nomor", "Format nomor pengaduan", limit=60)
        self.weight = ChoiceField("bobot", "Bobot tiap unsur", WEIGHTS, empty="")
        self.example = label("", "small", tone="muted")
        self.number.changed.connect(self._show_example)
        self.message = NoticeBar(closable=False)
        self.usual = Button("Kembalikan teks baku", icon="rotate-ccw")
        self.usual.clicked.connect(lambda: self.maklumat.set_value(self.presenter.usual_maklumat()))
        self.primary = Button("Simpan", "primary", icon="save", key="F9")
        self.primary.clicked.connect(self._save)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._notice_card(), 6)
        both.addWidget(self._figures_card(), 5)
        self.frame.addLayout(both)
        self.frame.addWidget(self.message)
        self.frame.addStretch(1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.primary)
        self.frame.addLayout(foot)

    def _notice_card(self) -> Card:
        card = Card(24, 12)
        card.body.addWidget(label("Maklumat pelayanan", "strong", weight="semibold"))
        card.body.addWidget(label("Tampil di layar pemohon saat tidak ada yang dilayani, ditandatangani pejabat kantor.", "small",
                                  tone="muted", wrap=True))
        card.body.addWidget(self.maklumat)
        card.body.addWidget(self.usual)
        card.body.addStretch(1)
        return card

    def _figures_card(self) -> Card:
        card = Card(24, 12)
        card.body.addWidget(label("Pengaduan", "strong", weight="semibold"))
        numbers = QVBoxLayout()
        numbers.setSpacing(4)
        numbers.addWidget(self.number)
        numbers.addWidget(self.example)
        card.body.addLayout(numbers)
        card.body.addSpacing(10)
        card.body.addWidget(label("Survei kepuasan (IKM)", "strong", weight="semibold"))
        card.body.addWidget(self.weight)
        card.body.addWidget(label("Permenpan RB 14/2017: bobot sama, 1 dibagi 9 unsur. Bobot yang dipakai selalu tertulis dalam laporan.",
                                  "small", tone="muted", wrap=True))
        card.body.addStretch(1)
        return card

    def opened(self) -> None:
        self.page.ask(self.presenter.load, self._show)

    def _show(self, view: QualityView) -> None:
        self.view = view
        self.maklumat.set_value(view.maklumat)
        self.number.set_value(view.number)
        self.weight.set_value(view.weight)
        self._show_example()
        may = self.presenter.may()
        for field in (self.maklumat.text, self.number.line, self.weight.box, self.usual, self.primary):
            if field is not None:
                field.setEnabled(may)

    def _show_example(self) -> None:
        self.example.setText(self.presenter.example(self.number.value()))

    def _save(self) -> None:
        if self.view is None:
            return
        before, now = self.view, QualityView(self.maklumat.value(), self.number.value(), self.weight.value())
        self.page.act(lambda: self.presenter.save(before, now), self._saved, self._refused)

    def _saved(self, view: QualityView) -> None:
        self.message.hide()
        self._show(view)
        if self.page.shell.applicant is not None:
            self.page.shell.applicant.set_maklumat(view.maklumat)
        self.page.shell.tell("good", "Berlaku mulai sekarang.", bold="Tersimpan.")

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))
