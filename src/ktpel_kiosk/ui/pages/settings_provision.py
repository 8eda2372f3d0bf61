"""Section of Pengaturan: what the Dinas sends later on a stick; whose it is is seen first, then it is taken whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from ktpel_kiosk.desk import provision
from ktpel_kiosk.desk.provision import Seen
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.provision import Taken
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.first_run.parts import ChoiceList
from ktpel_kiosk.ui.first_run.provision import KINDS, PHRASE_LIMIT, bundle_choice, facts_of, word_lines
from ktpel_kiosk.ui.kiosk_files import OPEN, FilePanel
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class ProvisionSection(Section):
    """Left the bundles that are there, right what the chosen one holds and its passphrase."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.session = page.session
        self._seen: dict[str, Seen] = {}
        self.message = NoticeBar(closable=False)
        self.message.hide()
        self.frame.addWidget(self.message)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._list(), 6)
        both.addWidget(self._one(), 5)
        self.frame.addLayout(both, 1)
        self.primary = self.take

    def _list(self) -> Card:
        card = Card(20, 10)
        card.body.addWidget(label(word("sedia", "susulan"), "strong", weight="semibold"))
        card.body.addWidget(label(word("sedia", "susulan_kalimat"), "small", tone="muted", wrap=True))
        self.bundles = ChoiceList(word("sedia", "mana"))
        self.bundles.chosen.connect(lambda _path: self._show())
        self.none = label(word("sedia", "tiada"), "small", tone="muted", wrap=True)
        self.again = Button("Cari lagi", icon="refresh-cw")
        self.again.clicked.connect(self._search)
        self.other = Button("Pilih berkas", icon="folder-open")
        self.other.clicked.connect(self._choose)
        card.body.addWidget(self.bundles)
        card.body.addWidget(self.none)
        card.body.addLayout(row(self.again, self.other, None))
        card.body.addStretch(1)
        return card

    def _one(self) -> Card:
        card = Card(20, 8)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(16)
        self.facts.setVerticalSpacing(4)
        self.facts.setColumnStretch(1, 1)
        card.body.addLayout(self.facts)
        self.problem = label("", "body", tone="trouble", wrap=True)
        self.signer = label(word("sedia", "penanda_dikenal"), "small", tone="good", wrap=True)
        self.whose = label(word("sedia", "penanda"), "small", tone="muted")
        self.words = label("", "strong", weight="semibold", wrap=True)
        self.same = Tick(word("sedia", "sama"))
        self.phrase = TextField("kata_pembuka", word("sedia", "pembuka"), placeholder=word("sedia", "pembuka_contoh"), limit=PHRASE_LIMIT)
        self.phrase.changed.connect(lambda: self.phrase.say(""))
        self.phrase.line.returnPressed.connect(self._take)
        self.take = Button(word("sedia", "pasang"), "primary", icon="download", key="F9")
        self.take.clicked.connect(self._take)
        card.body.addSpacing(6)
        for item in (self.problem, self.signer, self.whose, self.words, self.same, self.phrase):
            card.body.addWidget(item)
        card.body.addStretch(1)
        card.body.addLayout(row(None, self.take))
        return card

    # -- showing --------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self.message.hide()
        self._forget()
        if self.session.actor.peran & PERMISSIONS["take_provision"]:
            self._search()
        else:
            self.none.setText(word("sedia", "hanya_admin"))
            for button in (self.again, self.other):
                button.hide()
            self._list_shown(())

    def closed(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Nothing of the passphrase stays on the screen."""
        self.phrase.set_value("")
        self.phrase.say("")
        self.same.setChecked(False)

    def _search(self) -> None:
        self.page.ask_latest("bundel", partial(provision.bundles, self.session.desk, self.session.actor), self._list_shown)

    def _choose(self) -> None:
        if self.page.shell.overlay is None and not self.page.busy:
            FilePanel(self.page.shell, OPEN, word("sedia", "mana"), self.look, kinds=KINDS)

    def look(self, path: str) -> None:
        """A file of the officer's own choice."""
        self.page.ask_latest("bundel", partial(provision.look, self.session.desk, self.session.actor, Path(path)),
                             lambda one: self._list_shown((one, *(s for s in self._seen.values() if s.found.path != one.found.path))))

    def _list_shown(self, found: Sequence[Seen]) -> None:
        chosen = self.bundles.value()
        self._seen = {str(one.found.path): one for one in found}
        self.bundles.clear()
        for one in found:
            self.bundles.add(bundle_choice(one.found))
        usable = [path for path, one in self._seen.items() if one.found.head is not None and one.problem is None]
        first = next(iter(self._seen), "")
        self.bundles.choose(chosen if chosen in self._seen else usable[0] if usable else first)
        self.none.setVisible(not found)
        self._show()

    def _show(self) -> None:
        one = self._seen.get(self.bundles.value())
        head = one.found.head if one is not None else None
        clear_layout(self.facts)
        for at, (title, words) in enumerate(facts_of(head) if head is not None else ()):
            self.facts.addWidget(label(title, "small", tone="muted"), at, 0)
            self.facts.addWidget(label(words, "small", weight="medium", wrap=True), at, 1)
        problem = self.session.sentence(one.problem) if one is not None and one.problem is not None else ""
        able, known = head is not None and not problem, one is not None and one.known
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.signer.setVisible(able and known)
        self.words.setText(word_lines(one.found.words) if one is not None else "")
        for item in (self.whose, self.words, self.same):
            item.setVisible(able and not known)
        self.phrase.setVisible(able)
        self.take.setVisible(able)

    # -- acting ---------------------------------------------------------------------------------------------------------

    def _take(self) -> None:
        one = self._seen.get(self.bundles.value())
        if one is None or one.found.head is None or one.problem is not None or self.page.busy:
            return
        if not one.known and not self.same.isChecked():
            self.message.show_text("attention", word("sedia", "bandingkan"), bold=word("sedia", "bandingkan_tebal"))
            self.same.setFocus()
            return
        phrase = self.phrase.value()
        if not phrase:
            self.phrase.say(word("sedia", "pembuka_dulu"), "attention")
            self.phrase.editor.setFocus()
            return
        self.message.show_text("info", word("sedia", "sedang"))
        work = partial(provision.take_from, self.session.desk, self.session.actor, one.found.path, phrase, compared=self.same.isChecked())
        self.page.act(work, self._taken, self._refused)

    def _taken(self, taken: Taken) -> None:
        self._forget()
        self.message.show_text("good", taken_words(taken), bold=word("sedia", "terpasang"))
        self._search()

    def _refused(self, error: KioskError) -> None:
        if error.message_key == "provision.passphrase":
            self.message.hide()
            self.phrase.say(self.session.sentence(error), "trouble")
            self.phrase.editor.setFocus()
        else:
            self.message.show_text("trouble", self.session.sentence(error))


def taken_words(taken: Taken) -> str:
    """What changed, in one line."""
    if taken.again:
        return word("sedia", "sudah_pernah")
    parts = [text.format(jumlah=number_text(count)) for count, text in (
        (taken.new_accounts, word("sedia", "akun_baru")), (taken.changed_accounts, word("sedia", "akun_berubah")),
        (taken.residents, word("sedia", "penduduk_masuk")), (taken.refused_rows, word("sedia", "baris_ditolak"))) if count]
    parts += [word("sedia", "sop_baru")] if taken.sop_changed else []
    return ", ".join(parts) + "." if parts else word("sedia", "hanya_berkas")
