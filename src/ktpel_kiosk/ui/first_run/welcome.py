"""Selamat datang: set up this office, or practise first; letters, colours and language at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QGridLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ports.setup import SetupStage, SopChoice
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.parts import BigChoice, ChoiceList, Views
from ktpel_kiosk.ui.first_run.sop import END_CHIPS
from ktpel_kiosk.ui.pages.settings_office import CONTRASTS, SIZES
from ktpel_kiosk.ui.resources import resource_root
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.provision import FromStick
    from ktpel_kiosk.ui.first_run.restore import RestoreOffice
    from ktpel_kiosk.ui.first_run.window import SetupWindow

RESTORE, STICK = "pulih", "flashdisk"
LANGUAGES = {"id": "Bahasa Indonesia", "jv": "Basa Jawa", "en": "English"}
TITLE = "Selamat datang"
INTRO = "Sekitar 15 menit sampai meja ini siap melayani. Setiap jawaban langsung tersimpan; boleh berhenti kapan saja."
PRACTICE_TITLE = "Latihan dulu"
PRACTICE_INTRO = "Pilih tata kerja yang ingin dilatih. Perangkat dan pemohonnya simulasi; tidak ada yang dikirim ke pusat."


class WelcomePage(SetupPage):
    stage = SetupStage.MODE

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, TITLE, INTRO)
        self.views = Views()
        self.views.addWidget(self._first())
        self.views.addWidget(self._practice())
        self.body.addWidget(self.views, 1)
        self.back_again: RestoreOffice | None = None
        self.stick: FromStick | None = None
        self._touched = False
        self._sops: tuple[SopChoice, ...] = ()

    def _first(self) -> QWidget:
        self.modes = ChoiceList("Mulai dari mana")
        self.modes.add(BigChoice(STICK, word("sedia", "pilihan"), word("sedia", "pilihan_kalimat"), icon="usb"))
        self.modes.add(BigChoice("kantor", "Siapkan kantor ini", "Untuk melayani warga. Menanyakan SOP, kop surat, petugas, kunci, "
                                 "perangkat, dan tempat cadangan.", icon="layout-dashboard"))
        self.modes.add(BigChoice("latihan", "Latihan dulu", "Meja lengkap dengan perangkat dan pemohon simulasi. Kantor dapat disiapkan "
                                 "sesudahnya.", icon="users"))
        self.modes.add(BigChoice(RESTORE, word("pulih_baru", "pilihan"), word("pulih_baru", "pilihan_kalimat"), icon="refresh-cw"))
        self.modes.choose("kantor")
        self.modes.chosen.connect(self._chosen)
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(14)
        box.addWidget(self.modes)
        box.addWidget(self._look())
        box.addStretch(1)
        return view

    def _look(self) -> Card:
        card = Card(20, 12)
        card.body.addWidget(label("Mudah dibaca?", "body", weight="semibold"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        self.sizes, self.contrasts, self.languages = QButtonGroup(self), QButtonGroup(self), QButtonGroup(self)
        spoken = [(p.name, LANGUAGES.get(p.name, p.name)) for p in sorted((resource_root() / "i18n").iterdir())
                  if (p / "errors").is_dir()]  # words of the applicant alone make no language of the desk
        rows = ((self.sizes, "Ukuran huruf", SIZES), (self.contrasts, "Warna", CONTRASTS), (self.languages, "Bahasa", spoken))
        for i, (group, title, choices) in enumerate(rows):
            line = QWidget()
            flow = Flow(8)
            line.setLayout(flow)
            for value, text in choices:
                chip = ChoiceChip(text, value)
                chip.setAccessibleName(f"{title}: {text}")
                chip.clicked.connect(lambda _on=False: self._looked())
                group.addButton(chip)
                flow.addWidget(chip)
            grid.addWidget(label(title, "body", tone="muted"), i, 0)
            grid.addWidget(line, i, 1)
        for group, value in ((self.sizes, self.shell.text_size), (self.contrasts, self.shell.contrast), (self.languages, "id")):
            for button in group.buttons():
                button.setChecked(isinstance(button, ChoiceChip) and button.value == value)
        card.body.addLayout(grid)
        return card

    def _practice(self) -> QWidget:
        self.practice = ChoiceList("SOP yang dilatih")
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.practice)
        box.addStretch(1)
        return view

    def _chosen(self, _value: str) -> None:
        self._touched = True
        self._lead()

    def opened(self) -> None:
        self._show(False)
        if self.progress.bundle_shut:
            self.modes.choose(STICK)
            self._lead()
        elif not self._touched:
            self.ask(self.setup.bundles, self._plugged_in, lambda _error: None)
        self.modes.focus()

    def _looked(self) -> None:
        from ktpel_kiosk.ui.widgets.extra import chosen_value
        self.shell.choose_look(chosen_value(self.contrasts) or "light", chosen_value(self.sizes) or "normal")

    def _plugged_in(self, found: object) -> None:
        """A stick of the Dinas is there: most likely it is what the technician came with."""
        if any(one.head is not None for one in found) and not self._touched and not self.views.currentIndex():  # type: ignore[attr-defined]
            self.modes.choose(STICK)
            self._lead()
            self.modes.focus()

    def head(self, title: str, intro: str) -> None:
        self.title.setText(title)
        self.intro.setText(intro)

    @property
    def restoring(self) -> RestoreOffice | None:
        """What is shown, while it is an office that comes back from a copy."""
        return self.back_again if self.back_again is not None and self.views.currentWidget() is self.back_again else None

    @property
    def from_stick(self) -> FromStick | None:
        """What is shown, while it is a bundle of the Dinas."""
        return self.stick if self.stick is not None and self.views.currentWidget() is self.stick else None

    def _bundle(self) -> None:
        from ktpel_kiosk.ui.first_run.provision import FromStick

        if self.stick is None:
            self.stick = FromStick(self)
            self.views.addWidget(self.stick)
        self.views.setCurrentWidget(self.stick)
        self.stick.open()

    def _restore(self) -> None:
        from ktpel_kiosk.ui.first_run.restore import RestoreOffice

        if self.back_again is None:
            self.back_again = RestoreOffice(self)
            self.views.addWidget(self.back_again)
        self.views.setCurrentWidget(self.back_again)
        self.back_again.open()

    def closed(self) -> None:
        if self.back_again is not None:
            self.back_again.closed()
        if self.stick is not None:
            self.stick.closed()

    def _lead(self) -> None:
        if self.views.currentIndex():
            self.lead("Mulai latihan", ready=bool(self.practice.value()))
        else:
            self.lead("Pilih SOP latihan" if self.modes.value() == "latihan" else "Lanjut")

    def _show(self, practice: bool) -> None:
        self.views.setCurrentIndex(1 if practice else 0)
        self.head(PRACTICE_TITLE if practice else TITLE, PRACTICE_INTRO if practice else INTRO)
        self._lead()

    def forward(self) -> None:
        if (shown := self.restoring or self.from_stick) is not None:
            shown.forward()
        elif self.views.currentIndex():
            sop = self.practice.value()
            self.shell.set_busy(True)
            self.message.show_text("info", "Kantor latihan sedang dibuat …")
            self.ask(lambda: self.setup.practise(sop), lambda _r: self._practised(), self._not_practised)
        elif self.modes.value() == "kantor":
            if self.progress.bundle_shut:
                self.progress.set(bundle="")  # by hand after all
            self.shell.next()
        elif self.modes.value() == STICK:
            self._bundle()
        elif self.modes.value() == RESTORE:
            self._restore()
        else:
            self.ask(self.setup.sops, self._fill)

    def _fill(self, sops: object) -> None:
        self._sops = tuple(sops)  # type: ignore[arg-type]
        self.practice.clear()
        for sop in self._sops:
            self.practice.add(BigChoice(sop.id, sop.office, sop.title, icon="", chip=END_CHIPS.get(sop.ends, ("", "")), steps=sop.steps))
        if self._sops:
            self.practice.choose(self.progress.answers.sop_id or self._sops[0].id)
            if not self.practice.value():
                self.practice.choose(self._sops[0].id)
        self._show(True)
        self.practice.focus()

    def _practised(self) -> None:
        self.shell.set_busy(False)
        self.shell.end("practice")

    def _not_practised(self, error: object) -> None:
        self.shell.set_busy(False)
        self.trouble(error)  # type: ignore[arg-type]

    def can_step_back(self) -> bool:
        return bool(self.views.currentIndex())

    def back(self) -> bool:
        if (shown := self.restoring or self.from_stick) is not None and shown.back():
            return True
        if self.views.currentIndex():
            self.message.hide()
            self._show(False)
            self.modes.focus()
        return True
