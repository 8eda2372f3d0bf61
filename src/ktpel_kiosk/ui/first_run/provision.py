"""In the assistant: a bundle of the Dinas from a stick. Which one, what it holds and who signed it, then every page is filled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.provision import BundleHead
from ktpel_kiosk.domain.text import date_long, number_text
from ktpel_kiosk.ports.setup import FilledIn, FoundBundle, SetupStage
from ktpel_kiosk.ui.first_run.files import choose_file
from ktpel_kiosk.ui.first_run.parts import BigChoice, ChoiceList
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.welcome import WelcomePage

LIST, OPEN = range(2)
HEADS = ("mana", "buka")
KINDS = "Bundel penyediaan (*.ktpelsedia)"
PHRASE_LIMIT = 160


class FromStick(QWidget):
    """Two views of the welcome page; ``page`` has title, message and buttons."""

    def __init__(self, page: WelcomePage) -> None:
        super().__init__()
        self.page = page
        self.chosen: FoundBundle | None = None
        self._found: dict[str, FoundBundle] = {}
        self._own: dict[str, FoundBundle] = {}
        self.at = LIST
        self.views = (self._list(), self._open())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        for view in self.views:
            box.addWidget(view)
            view.hide()

    # -- building -----------------------------------------------------------------------------------------------------

    def _list(self) -> QWidget:
        self.bundles = ChoiceList(word("sedia", "mana"))
        self.bundles.chosen.connect(lambda _path: self._picked())
        self.again = Button("Cari lagi", icon="refresh-cw")
        self.again.clicked.connect(self.search)
        self.other = Button("Pilih berkas", icon="folder-open")
        self.other.clicked.connect(lambda: choose_file(self, word("sedia", "mana"), KINDS, self.take))
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.bundles)
        box.addLayout(row(self.again, self.other, None))
        box.addStretch(1)
        return view

    def _open(self) -> QWidget:
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(24)
        self.facts.setVerticalSpacing(6)
        self.facts.setColumnStretch(1, 1)
        what = Card(20, 8)
        what.body.addLayout(self.facts)
        self.words = label("", "figure", weight="semibold", wrap=True)
        self.same = Tick(word("sedia", "sama"))
        self.same.toggled.connect(lambda _on: self._same())
        who = Card(20, 8)
        who.body.addWidget(label(word("sedia", "penanda"), "body", weight="semibold"))
        who.body.addWidget(self.words)
        who.body.addWidget(_broken(label(word("sedia", "penanda_kalimat"), "small", tone="muted", wrap=True)))
        who.body.addWidget(self.same)
        self.phrase = TextField("kata_pembuka", word("sedia", "pembuka"), placeholder=word("sedia", "pembuka_contoh"), limit=PHRASE_LIMIT)
        self.phrase.changed.connect(lambda: self.phrase.say(""))
        self.phrase.line.returnPressed.connect(self.forward)
        who.body.addWidget(self.phrase)
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        for part in (what, who):
            box.addWidget(part)
        box.addStretch(1)
        return view

    # -- moving about -------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self._show(LIST)
        self.search()

    def _show(self, at: int) -> None:
        for view in self.views:
            view.hide()
        self.at = at
        self.views[at].show()
        QTimer.singleShot(0, self, self.page.to_top)
        self.page.head(word("sedia", HEADS[at]), word("sedia", f"{HEADS[at]}_kalimat"))
        self.page.message.hide()
        self.lead()

    def lead(self) -> None:
        if self.at == LIST:
            self.page.lead(word("sedia", "lihat"), ready=self._usable() is not None)
        else:
            self.page.lead(word("sedia", "isi"))

    def back(self) -> bool:
        """One view back; False at the first one."""
        if self.at == LIST:
            return False
        self._forget()
        self._show(LIST)
        self.bundles.focus()
        return True

    def forward(self) -> None:
        if self.page.shell.busy:
            return
        if self.at == LIST:
            self._look()
        else:
            self._fill()

    def closed(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Nothing of the passphrase stays on the screen."""
        self.phrase.set_value("")
        self.phrase.say("")
        self.same.setChecked(False)

    # -- which one ----------------------------------------------------------------------------------------------------

    def search(self) -> None:
        self.page.ask(self.page.setup.bundles, self._list_found)

    def _list_found(self, found: Sequence[FoundBundle]) -> None:
        self._found = {str(one.path): one for one in found}
        self._refill(self.bundles.value())
        if not self._found and not self._own:
            self.page.message.show_text("info", word("sedia", "tiada"), bold=word("sedia", "tiada_tebal"))
        else:
            self.page.message.hide()

    def take(self, path: str) -> None:
        """A file of the technician's own choice."""
        self.page.ask(lambda: self.page.setup.look_at_bundle(Path(path)), self._looked_at)

    def _looked_at(self, one: FoundBundle) -> None:
        self.page.message.hide()
        self._own[str(one.path)] = one
        self._refill(str(one.path))

    def _refill(self, chosen: str) -> None:
        known = {**self._found, **self._own}
        self.bundles.clear()
        for one in known.values():
            self.bundles.add(bundle_choice(one))
        usable = [path for path, one in known.items() if one.head is not None]
        self.bundles.choose(chosen if chosen in known else usable[0] if usable else "")
        self.bundles.focus()
        self._picked()

    def _usable(self) -> FoundBundle | None:
        one = {**self._found, **self._own}.get(self.bundles.value())
        return one if one is not None and one.head is not None else None

    def _picked(self) -> None:
        self.lead()

    # -- looking into it ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        one = self._usable()
        if one is None or one.head is None:
            return
        self.chosen = one
        self._forget()
        clear_layout(self.facts)
        for at, (title, words) in enumerate(facts_of(one.head)):
            self.facts.addWidget(label(title, "small", tone="muted"), at, 0)
            self.facts.addWidget(_broken(label(words, "body", weight="medium", wrap=True)), at, 1)
        self.words.setText(word_lines(one.words))
        self.words.setAccessibleName(", ".join(one.words))
        self._show(OPEN)
        self.same.setFocus()

    def _same(self) -> None:
        self.page.message.hide()
        if self.same.isChecked():
            self.phrase.editor.setFocus()

    def _fill(self) -> None:
        one = self.chosen
        if one is None:
            return
        if not self.same.isChecked():
            self.page.message.show_text("attention", word("sedia", "bandingkan"), bold=word("sedia", "bandingkan_tebal"))
            self.same.setFocus()
            return
        phrase = self.phrase.value()
        if not phrase:
            self.phrase.say(word("sedia", "pembuka_dulu"), "attention")
            self.phrase.editor.setFocus()
            return
        self.page.message.show_text("info", word("sedia", "sedang"))
        self.page.shell.set_busy(True)
        self.page.ask(lambda: self.page.setup.open_bundle(one.path, phrase), self._filled, self._refused)

    def _filled(self, filled: FilledIn) -> None:
        self._forget()
        self.page.shell.set_busy(False)
        self.page.progress.fill(filled.answers, filled.accounts)
        self.page.shell.open(SetupStage.FINISH)
        words = word("sedia", "terisi").format(petugas=len(filled.accounts), penduduk=number_text(filled.residents))
        if filled.refused:
            words += " " + word("sedia", "ditolak").format(jumlah=number_text(filled.refused))
        self.page.shell.page(SetupStage.FINISH).message.show_text("good", words, bold=word("sedia", "terisi_tebal"))

    def _refused(self, error: KioskError) -> None:
        self.page.shell.set_busy(False)
        self.page.message.hide()
        if error.message_key == "provision.passphrase":
            self.phrase.say(self.page.progress.sentence(error), "trouble")
            self.phrase.editor.setFocus()
        else:
            self.page.trouble(error)


def _broken(text: QLabel) -> QLabel:
    """As high as it is at its width and no higher: what it would need at half the page's width makes the page scroll for nothing."""
    text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return text


def word_lines(words: Sequence[str]) -> str:
    """In two lines, as on the sheet."""
    half = len(words) // 2
    return "  ".join(words[:half]) + "\n" + "  ".join(words[half:])


def bundle_choice(one: FoundBundle) -> BigChoice:
    """A file as a card: whose it is and when it was made, or why it cannot be used."""
    if one.head is None:
        return BigChoice(str(one.path), one.path.name, one.problem, icon="usb", chip=(word("sedia", "tidak_dapat"), "attention"))
    text = " · ".join((f"dibuat {_day(one.head)}", one.path.name))
    return BigChoice(str(one.path), f"{one.head.name}, {one.head.place}", text, icon="usb")


def _day(head: BundleHead) -> str:
    return date_long(head.made_at.astimezone().date())


def facts_of(head: BundleHead) -> tuple[tuple[str, str], ...]:
    """What the outside says is inside."""
    holds = head.holds
    also = ((holds.regions, "wilayah"), (holds.devices, "perangkat"), (holds.keys, "kunci"))
    parts = [word("sedia", key) for there, key in also if there]
    found = [
        (word("sedia", "kantor"), f"{head.name} · {head.place}"), (word("sedia", "dibuat"), f"{_day(head)} · nomor {head.number}"),
        (word("sedia", "sop"), holds.sop or word("sedia", "tidak_ikut")),
        (word("sedia", "petugas"), f"{holds.officers} akun" if holds.officers else word("sedia", "tidak_ikut")),
        (word("sedia", "penduduk"), f"{number_text(holds.residents)} orang" if holds.residents else word("sedia", "tidak_ikut")),
        (word("sedia", "sertifikat"), f"{holds.certificates} berkas" if holds.certificates else word("sedia", "menyusul")),
    ]
    if parts:
        found.append((word("sedia", "lain"), ", ".join(parts)))
    return tuple(found)
