"""In the assistant: an office that was on another machine comes back from a copy. Place, copy with its key, what it holds, the making."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import date_long, number_text
from ktpel_kiosk.ports.restore import Agreed, CopyReport, FoundCopy, Opening, SheetRead
from ktpel_kiosk.ports.setup import BackupPlace
from ktpel_kiosk.ui.first_run.files import choose_folder
from ktpel_kiosk.ui.first_run.parts import BigChoice, ChoiceList
from ktpel_kiosk.ui.first_run.places import PlaceList
from ktpel_kiosk.ui.presenters.cards import PrintStep
from ktpel_kiosk.ui.presenters.restore import asked_numbers, whole_floors
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.copy_key import CODE, SHEETS, CopyKey
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.steplist import StepList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.welcome import WelcomePage

PLACE, COPY, REPORT, MAKING = range(4)
HEADS = ("tempat", "salinan", "laporan", "jalan")
MOST_SHOWN = 6
NOBODY = "-"
"""Whoever holds code or sheets; the accounts come back only with the register."""


class RestoreOffice(QWidget):
    """Four views of the welcome page; ``page`` has title, message and buttons."""

    def __init__(self, page: WelcomePage) -> None:
        super().__init__()
        self.page = page
        self.report: CopyReport | None = None
        self.made = False
        self._found: tuple[FoundCopy, ...] = ()
        self._opening = Opening()
        self._told: list[str] = []
        self.floors: dict[str, TextField] = {}
        self.at = PLACE
        self.views = (self._place(), self._copy(), self._report(), self._making())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        for view in self.views:
            box.addWidget(view)
            view.hide()

    # -- building -----------------------------------------------------------------------------------------------------

    def _place(self) -> QWidget:
        title = word("pulih_baru", "tempat")
        self.places = PlaceList(title, lambda parent, chosen: choose_folder(parent, title, chosen))
        self.places.chosen.connect(lambda _path: self.lead())
        self.places.wanted.connect(self._search)
        return _column(self.places)

    def _copy(self) -> QWidget:
        self.copies = ChoiceList(word("pulih_baru", "salinan"))
        self.copies.chosen.connect(lambda _path: self.page.message.hide())
        self.key = CopyKey((CODE, SHEETS), self._read, self.page.progress.sentence)
        self.key.changed.connect(self.page.message.hide)
        self.key.entered.connect(self.forward)
        card = Card(20, 12)
        card.body.addWidget(self.key)
        return _column(self.copies, card)

    def _report(self) -> QWidget:
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(24)
        self.facts.setVerticalSpacing(8)
        self.facts.setColumnStretch(1, 1)
        card = Card(20, 12)
        card.body.addLayout(self.facts)
        self.book = QGridLayout()
        self.book.setHorizontalSpacing(16)
        self.book.setVerticalSpacing(8)
        card.body.addLayout(self.book)
        self.reason = TextField("alasan_pulih", word("pulih_baru", "alasan"), placeholder=word("pulih_baru", "alasan_contoh"), limit=120)
        card.body.addWidget(self.reason)
        return _column(card)

    def _making(self) -> QWidget:
        self.steps = StepList()
        card = Card(24, 12)
        card.body.addWidget(self.steps)
        return _column(card)

    # -- moving about -------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.key.clear()
        self._show(PLACE)
        self._search()

    def _show(self, at: int) -> None:
        for view in self.views:
            view.hide()
        self.at = at
        self.views[at].show()
        QTimer.singleShot(0, self, self.page.to_top)
        self.page.head(word("pulih_baru", HEADS[at]), word("pulih_baru", f"{HEADS[at]}_kalimat"))
        self.page.message.hide()
        self.lead()

    def lead(self) -> None:
        if self.at == PLACE:
            self.page.lead(word("pulih_baru", "cari"), ready=bool(self.places.list.value()))
        elif self.at == COPY:
            self.page.lead(word("pulih_baru", "periksa"))
        else:
            self.page.lead(word("pulih_baru", "buka" if self.made else "pulihkan"))

    def back(self) -> bool:
        """One view back; False at the first one."""
        if self.made or self.at == PLACE:
            return self.made
        if self.at == COPY:
            self.key.clear()
        self.report = None
        self._show(self.at - 1)
        return True

    def forward(self) -> None:
        if self.page.shell.busy:
            return
        (self._look, self._examine, self._restore, self._done_reading)[self.at]()

    # -- place and copies ---------------------------------------------------------------------------------------------

    def _search(self) -> None:
        self.page.ask(self.page.setup.backup_places, lambda found: self._places(tuple(found)))

    def _places(self, found: tuple[BackupPlace, ...]) -> None:
        self.places.show_places([_readable(p) for p in found], self.places.list.value())
        if len(self.places.list.items) == 1:
            self.places.list.choose(next(iter(self.places.list.items)))
        self.places.list.focus()
        self.lead()

    def _look(self) -> None:
        folder = Path(self.places.list.value())
        self._busy("mencari")
        self.page.ask(lambda: tuple(self.page.setup.restoring().copies(folder)), self._copies, self._trouble)

    def _copies(self, found: Sequence[FoundCopy]) -> None:
        self.page.shell.set_busy(False)
        self._found = tuple(found)[:MOST_SHOWN]
        if not self._found:
            self.page.message.show_text("attention", word("pulih_baru", "tiada"), bold=word("pulih_baru", "tiada_tebal"))
            self.lead()
            return
        self.copies.clear()
        for copy in self._found:
            applied = f"{number_text(copy.applied)} permohonan" if copy.applied else ""
            text = " · ".join(x for x in (copy.office, copy.station, applied) if x)
            self.copies.add(BigChoice(str(copy.path), _when(copy), text, icon="save"))
        self.copies.choose(str(self._found[0].path))
        self._show(COPY)
        self.key.focus()

    # -- looking into one ---------------------------------------------------------------------------------------------

    def _read(self, typed: str, done: Callable[[SheetRead], None], failed: Callable[[KioskError], None]) -> None:
        self.page.ask(lambda: self.page.setup.restoring().read_sheet(typed), done, failed)

    def _examine(self) -> None:
        if not self.key.ready():
            return
        path, opening = Path(self.copies.value()), self.key.opening()
        self._opening = opening
        self._busy("sedang")
        self.page.ask(lambda: self.page.setup.restoring().examine(path, opening), self._examined, self._trouble)

    def _examined(self, report: CopyReport) -> None:
        self.page.shell.set_busy(False)
        self.report = report
        clear_layout(self.facts)
        for at, (title, words) in enumerate(_facts(report)):
            self.facts.addWidget(label(title, "small", tone="muted"), at, 0)
            self.facts.addWidget(label(words, "body", weight="medium", wrap=True), at, 1)
        clear_layout(self.book)
        self.floors = {}
        for at, (key, title, least) in enumerate(asked_numbers(report)):
            field = self.floors[key] = TextField(f"nomor_{key}", word("pulih", "nomor_terakhir").format(seri=title), limit=8)
            field.set_value(str(least))
            self.book.addWidget(field, at // 2, at % 2)
        self.reason.say("")
        self._show(REPORT)
        self.page.setFocus()  # read from the top first

    # -- making -------------------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        report = self.report
        if report is None or not self._filled():
            return
        agreed = Agreed(NOBODY, "", self.reason.value(), whole_floors(report, {k: int(f.value()) for k, f in self.floors.items()}))
        opening, bridge, restoring = self._opening, self.page.shell.bridge, self.page.setup.restoring()
        self._told = []
        self._show(MAKING)
        self._step(word("pulih_baru", "mulai"))
        self.page.shell.set_busy(True)
        self.page.ask(lambda: restoring.restore(report.copy.path, opening, agreed, lambda text: bridge.post(lambda: self._step(text))),
                      lambda _none: self._restored(report), self._not_restored)

    def _filled(self) -> bool:
        if not self.reason.value():
            self.reason.say(word("pulih", "alasan_dulu"), "attention")
            self.reason.editor.setFocus()
            return False
        wrong = next((f for f in self.floors.values() if not f.value().isdecimal()), None)
        if wrong is not None:
            wrong.say(word("pulih", "angka"), "attention")
            wrong.editor.setFocus()
        return wrong is None

    def _step(self, text: str) -> None:
        self._told.append(text)
        last = len(self._told) - 1
        self.steps.set_steps(tuple(PrintStep(t, "", "active" if i == last and not self.made else "done") for i, t in enumerate(self._told)))

    def _restored(self, report: CopyReport) -> None:
        self.made = self.page.shell.over = True
        self._forget()
        self.page.shell.set_busy(False)
        told, self._told = self._told[1:], []
        for text in told:
            self._step(text)
        self.page.head(word("pulih_baru", "siap").format(kantor=report.copy.office), word("pulih_baru", "siap_kalimat"))
        self.lead()
        self.page.shell.primary.setFocus()

    def _not_restored(self, error: KioskError) -> None:
        self.page.shell.set_busy(False)
        self._show(REPORT)
        self.page.trouble(error)

    def _done_reading(self) -> None:
        if self.made:
            self.page.shell.end("production")

    # -- small things -------------------------------------------------------------------------------------------------

    def _busy(self, what: str) -> None:
        self.page.message.show_text("info", word("pulih_baru", what))
        self.page.shell.set_busy(True)

    def _trouble(self, error: KioskError) -> None:
        self.page.shell.set_busy(False)
        self.page.trouble(error)
        self.key.focus()

    def _forget(self) -> None:
        self._opening = Opening()
        self.key.clear()

    def closed(self) -> None:
        self._forget()


def _column(*items: QWidget) -> QWidget:
    view = QWidget()
    box = QVBoxLayout(view)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(16)
    for item in items:
        box.addWidget(item)
    box.addStretch(1)
    return view


def _readable(place: BackupPlace) -> BackupPlace:
    """A disk without room, or locked against writing, may well hold copies."""
    return replace(place, problem="")


def _when(copy: FoundCopy) -> str:
    """In the time of this machine: the office's own is not known before its copy is opened."""
    at = copy.at.astimezone()
    return f"{date_long(at.date())}, {at:%H.%M}"


def _facts(report: CopyReport) -> list[tuple[str, str]]:
    copy = report.copy
    found = [(word("pulih_baru", "kantor"), " · ".join(x for x in (copy.office, copy.station) if x)),
             (word("pulih_baru", "dari"), _when(copy)),
             (word("pulih", "isi"), f"{number_text(report.applied)} permohonan, {number_text(report.sealed)} paket"),
             (word("pulih_baru", "tidak_ikut"), word("pulih", "bukan_sekarang").format(waktu=_when(copy)))]
    if report.beside:
        found.append((word("pulih", "paket"), word("pulih", "paket_ikut").format(jumlah=number_text(report.beside))))
    found.append((word("pulih_baru", "kunci"), word("pulih_baru", "kunci_kalimat")))
    return found

