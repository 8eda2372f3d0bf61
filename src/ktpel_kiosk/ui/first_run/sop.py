"""SOP kantor: the five of the house as cards with their steps, an own file, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.setup import OfficeAnswers, SetupStage, SopChoice
from ktpel_kiosk.ui.first_run.files import choose_file
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.parts import BigChoice, ChoiceList, Views
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.fields import ChoiceField
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

END_CHIPS = {"kartu": ("Sampai kartu jadi", "good"), "surat": ("Sampai surat pengantar", "accent")}
OWN = "berkas-sendiri"
TITLE = "SOP kantor"
INTRO = "Langkah di layar, perannya, dan batas waktunya mengikuti SOP. Pilih yang paling mirip; isinya dapat diubah nanti."


class SopPage(SetupPage):
    stage = SetupStage.SOP

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, TITLE, INTRO)
        self.sops: dict[str, SopChoice] = {}
        self.own: SopChoice | None = None
        self.views = Views()
        self.views.addWidget(self._list())
        self.views.addWidget(self._beside())
        self.body.addWidget(self.views, 1)

    def _list(self) -> QWidget:
        self.choices = ChoiceList("SOP")
        self.choices.chosen.connect(lambda _v: self._picked())
        self.file = Button("Pakai berkas SOP sendiri", icon="folder-open")
        self.file.clicked.connect(lambda: choose_file(self, "Pilih berkas SOP", "SOP (*.toml)", self.take_file))
        self.compare = Button("Bandingkan", icon="list-checks")
        self.compare.clicked.connect(lambda: self._show(True))
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.choices)
        box.addLayout(row(self.file, self.compare, None))
        box.addStretch(1)
        return view

    def _beside(self) -> QWidget:
        self.other = ChoiceField("other", "Bandingkan dengan", (), empty="")
        self.other.changed.connect(self._fill_table)
        card = Card(20, 6)
        self.table = QGridLayout()
        self.table.setHorizontalSpacing(20)
        self.table.setVerticalSpacing(9)
        for column, stretch in ((0, 0), (1, 1), (2, 1)):
            self.table.setColumnStretch(column, stretch)
        card.body.addLayout(self.table)
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.other)
        box.addWidget(card)
        box.addStretch(1)
        return view

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self._show(False)
        if self.sops:
            self.choices.focus()
        else:
            self.lead("Lanjut", ready=False)
            self.ask(self.setup.sops, self._fill)

    def _fill(self, found: Sequence[SopChoice]) -> None:
        self.sops = {s.id: s for s in found}
        answers = self.progress.answers
        if answers.sop_text and answers.sop_text not in [s.text for s in found]:
            chosen = SopChoice(answers.sop_id, "SOP dari berkas sendiri", "", "Dipilih sebelumnya", "", (), answers.sop_text)
            self._take_own(chosen, lead=False)
        else:
            self._refill(answers.sop_id)
        self.choices.focus()

    def _refill(self, chosen: str) -> None:
        self.choices.clear()
        for key, sop in self.all().items():
            text = " · ".join(x for x in (sop.pemda, sop.title) if x)
            if sop.finding:
                text += f". Perhatian: {sop.finding}"
            self.choices.add(BigChoice(key, sop.office, text, chip=END_CHIPS.get(sop.ends, ("", "")), steps=sop.steps))
        self.choices.choose(chosen)
        self._lead()

    def all(self) -> dict[str, SopChoice]:
        """What can be chosen, the own file last."""
        return self.sops if self.own is None else {**self.sops, OWN: self.own}

    def chosen(self) -> SopChoice | None:
        return self.all().get(self.choices.value())

    def take_file(self, path: str) -> None:
        """Read an office's own SOP and choose it; a fault in it is a sentence with its line."""
        self.message.hide()
        self.ask(lambda: self.setup.read_sop(Path(path)), lambda sop: self._take_own(sop))

    def _take_own(self, sop: SopChoice, *, lead: bool = True) -> None:
        self.own = sop
        self._refill(OWN)
        if lead:
            self.message.show_text("attention" if sop.finding else "good", sop.finding or f"{sop.office}, {len(sop.steps)} langkah.",
                                   bold="Berkas terbaca." if not sop.finding else "Berkas terbaca, dengan satu temuan.")
            self.choices.focus()

    def _picked(self) -> None:
        self.message.hide()
        self._lead()

    def _lead(self) -> None:
        self.compare.setEnabled(len(self.all()) > 1)
        if self.views.currentIndex():
            sop = self.chosen()
            self.lead(f"Pakai SOP {sop.office}" if sop is not None else "Lanjut", ready=sop is not None)
        else:
            self.lead("Lanjut")

    # -- beside each other --------------------------------------------------------------------------------------------

    def _show(self, beside: bool) -> None:
        if beside and self.chosen() is None:
            self.choices.choose(next(iter(self.all()), ""))
        self.views.setCurrentIndex(1 if beside else 0)
        if beside:
            mine = self.choices.value()
            self.other.box.fill((key, sop.office) for key, sop in self.all().items() if key != mine)
            self._fill_table()
            self.other.editor.setFocus()
        self._lead()

    def _fill_table(self) -> None:
        clear_layout(self.table)
        mine, other = self.chosen(), self.all().get(self.other.value())
        if mine is None or other is None:
            return
        for column, sop in ((1, mine), (2, other)):
            self.table.addWidget(label(sop.office, "strong", weight="semibold", wrap=True), 0, column)
        for i, (title, a, b) in enumerate(compared(mine, other)):
            self.table.addWidget(Line(), 2 * i + 1, 0, 1, 3)
            self.table.addWidget(label(title, "small", tone="muted"), 2 * i + 2, 0, Qt.AlignmentFlag.AlignTop)
            for column, text in ((1, a), (2, b)):
                self.table.addWidget(label(text, "body", weight="medium" if a != b else "", wrap=True, tone="" if a != b else "muted"),
                                     2 * i + 2, column, Qt.AlignmentFlag.AlignTop)

    def can_step_back(self) -> bool:
        return bool(self.views.currentIndex())

    def back(self) -> bool:
        if self.views.currentIndex():
            self._show(False)
            self.choices.focus()
            return True
        return False

    def forward(self) -> None:
        sop = self.chosen()
        if sop is None:
            self.message.show_text("attention", "Pilih satu SOP dulu. Bila belum yakin, tekan Bandingkan.")
            return
        if sop.text == self.progress.answers.sop_text:
            self.shell.next()
            return
        self.lead("Lanjut", ready=False)
        self.ask(lambda: self.setup.proposal(sop.text), lambda office: self._taken(sop, office), self._not_taken)

    def _taken(self, sop: SopChoice, office: OfficeAnswers) -> None:
        """Another SOP proposes another office; nothing typed before is worth keeping then."""
        self.progress.set(sop_id=sop.id, sop_text=sop.text, office=office)
        self.progress.roles_missing = None
        self._lead()
        self.shell.next()

    def _not_taken(self, error: KioskError) -> None:
        self._lead()
        self.trouble(error)


def compared(a: SopChoice, b: SopChoice) -> tuple[tuple[str, str, str], ...]:
    """What differs to whoever works by it: title, of the one, of the other."""
    return tuple((title, x, y) for (title, x), (_t, y) in zip(_facts(a), _facts(b), strict=True))


def _facts(choice: SopChoice) -> tuple[tuple[str, str], ...]:
    from ktpel_kiosk.domain.sop import Peran
    from ktpel_kiosk.domain.sop_file import parse_sop
    from ktpel_kiosk.domain.text import hours_text, minutes_text, number_text

    sop = parse_sop(choice.text, name=choice.id)
    value, unit = sop.mutu.nilai, "hari kerja" if sop.mutu.jenis == "hari_kerja" else "menit"
    standard = "tidak ditentukan" if value is None else f"{number_text(value)} {unit}"
    needed = {r for step in sop.langkah for r in sop.peran_of(step)}
    return (
        ("Hasil", END_CHIPS.get(sop.akhir, (sop.akhir, ""))[0]), ("Langkah", "\n".join(f"{s.nomor}. {s.judul}" for s in sop.langkah)),
        ("Mutu baku", standard), ("Jumlah waktu langkah", minutes_text(sop.total_s()) if sop.total_s() else "tidak ditulis"),
        ("Peran", ", ".join(word("peran", r) for r in Peran if r in needed)),
        ("Layanan", ", ".join(word("layanan", s.layanan) for s in sop.layanan)),
        ("Petugas yang sama dua kali", "dilarang" if sop.empat_mata == "larang" else "diingatkan"),
        ("Boleh dikuasakan", "ya" if sop.kuasa_boleh else "tidak"),
        ("Jam layanan", hours_text(sop.kantor.jam_buka, sop.kantor.jam_tutup, sop.kantor.zona_waktu)),
    )
