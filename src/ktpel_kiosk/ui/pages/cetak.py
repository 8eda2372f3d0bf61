"""Cetak: the PRR list, the card as it will be, the print steps, faults in plain words, good or spoiled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.pages.cetak_view import CARD, CENTRE, COMPARE, EMPTY, OFFICIAL, CetakView
from ktpel_kiosk.ui.presenters.cards import PrintView
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, printed_words
from ktpel_kiosk.ui.presenters.print_watch import PrintWatch, PrintWatcher
from ktpel_kiosk.ui.presenters.printing_queue import CentreView, PrintQueue, PrintQueuePresenter
from ktpel_kiosk.ui.presenters.unsettled import Question, UnsettledPresenter
from ktpel_kiosk.ui.widgets.unsettled import UnsettledSection
from ktpel_kiosk.ui.widgets.worklist import WorkItem

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


LOOK_MS = 1000
"""Between two questions to the printer while it prints."""
MOST_SILENT = 2
"""Unanswered questions after which the printer is left alone until something happens."""


class CetakPage(CetakView):
    """One card at a time; the register holds the intent, printer and chip tell the truth."""

    def __init__(self, window: OperatorWindow, section: UnsettledSection | None = None) -> None:
        super().__init__(window, section)
        self.queue = PrintQueuePresenter(window.session)
        self.slips = IntakePresenter(window.session)
        self.unsettled = UnsettledPresenter(window.session)
        self._wanted = self._chosen = ""
        self._own: set[str] = set()
        self._questions: tuple[Question, ...] = ()
        self.watcher = PrintWatcher(window.session)
        self._trouble_text = ""
        self._silent = 0
        self._watch_told = False
        self.clock = QTimer(self)
        self.clock.setSingleShot(True)
        self.clock.setInterval(LOOK_MS)
        self.clock.timeout.connect(self._ask_watch)
        self.section.answered.connect(self._settle)
        for waiting in (self.list, self.waits):
            waiting.chosen.connect(self._choose)
        self.inside.clicked.connect(lambda _on=False: self._set_inside(self.inside.isChecked()))
        for button, act in ((self.spoil, self._spoil), (self.not_printed, self._other), (self.reread, self._reread),
                            (self.primary, self._primary), (self.cancel, self._close_spoil)):
            button.clicked.connect(act)

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        section = UnsettledSection()
        yield None
        yield cls(window, section)

    def opened(self, **args: Any) -> None:
        self._wanted = args.get("id", "") or self._wanted
        self.refresh()
        self._ask_unsettled()
        if self.presenter.may_set_chip():
            self.ask_latest("inside", self.presenter.chip_inside, self.inside.setChecked)

    def place(self) -> dict[str, str]:
        return {"id": self._chosen} if self._chosen else {}

    def _set_inside(self, inside: bool) -> None:
        self.act(lambda: self.presenter.set_chip_inside(inside), self._inside_set)

    def _inside_set(self, inside: bool) -> None:
        self.inside.setChecked(inside)
        self.shell.tell("good", "Chip ditulis di dalam printer sebelum kartu dicetak." if inside
                        else "Chip ditulis di pembaca meja sesudah kartu dicetak.", bold="Pengaturan tersimpan.")

    def refresh(self) -> None:
        self.ask_latest("items", self.queue.load, self._listed)

    def _listed(self, queue: PrintQueue) -> None:
        ready, centre = ([WorkItem(x.id, x.title, x.detail, x.chip, x.tone) for x in lines] for lines in (queue.ready, queue.centre))
        ids = {i.id for i in (*ready, *centre)}
        if self._chosen and self._chosen not in ids:
            self.view, self._chosen = None, ""
            self.pages.setCurrentIndex(EMPTY)
        moved = self._chosen in {i.id for i in ready} and self.pages.currentIndex() == CENTRE
        wanted = self._wanted if self._wanted in ids else ""
        if not wanted and ready and not self._chosen:
            wanted = ready[0].id
        for shown, items in ((self.list, ready), (self.waits, centre)):
            shown.set_items(items, wanted or self._chosen)
        self.nothing.set_quiet(not ids)
        self.waits.setVisible(bool(centre))
        self.order.setVisible(len(ready) > 1)
        if wanted and wanted != self._chosen:
            self._choose(wanted)
        elif moved:
            self.look_again()

    def _choose(self, pid: str) -> None:
        self._chosen = pid
        self._trouble_text = ""
        self.watch = None
        if pid == self._wanted:
            self._wanted = ""
        for shown in (self.list, self.waits):
            shown.choose(pid)
        self.fault.hide()
        self._close_spoil()
        self.look_again()
        self._ask_unsettled()

    def look_again(self) -> None:
        pid = self._chosen
        if pid:
            self.ask_latest("view", lambda: self._read(pid), self._show_any)

    def _read(self, pid: str) -> PrintView | CentreView:
        view = self.presenter.load(pid)
        tahap = view.dossier.permohonan.current()
        waits = tahap is not None and tahap.stage is Stage.MENUNGGU_PRR
        return self.queue.centre(pid) if waits or (view.lacks_material and not view.elsewhere) else view

    def _show_any(self, view: PrintView | CentreView) -> None:
        if isinstance(view, PrintView):
            self._show(view)
        elif view.dossier.permohonan.id == self._chosen:
            self.view = None
            self._show_unsettled(self._questions)
            self.centre.show_view(view)
            self.pages.setCurrentIndex(CENTRE)

    def _ask_unsettled(self) -> None:
        """Cards whose outcome nobody said yet; the devices are asked first, so not at every commit."""
        own = frozenset(self._own)
        self.ask_latest("unsettled", lambda: self.unsettled.load(own), self._show_unsettled, lambda _e: None)

    def _show_unsettled(self, questions: tuple[Question, ...]) -> None:
        """The card on the panel is asked about there."""
        self._questions = questions
        shown = self.view.dossier.permohonan.id if self.view is not None else ""
        self.section.set_questions([q for q in questions if q.permohonan_id != shown], enabled=self.unsettled.may_answer())

    def _settle(self, job_id: str, verdict: str) -> None:
        name, secret = self.section.second.values()
        self.act(lambda: self.unsettled.answer(job_id, verdict, name, secret), self._settled, self._not_settled)

    def _not_settled(self, error: KioskError) -> None:
        if isinstance(error, SignInRefused | NotAllowed) and not self.section.second.isHidden():
            self.section.second.refuse(self.session.sentence(error))
        else:
            self.trouble(error)

    def _settled(self, text: str) -> None:
        self.shell.tell("good", text, bold="Dicatat.")
        self._ask_unsettled()
        self.refresh()

    def _show(self, view: PrintView) -> None:
        if view.dossier.permohonan.id != self._chosen:
            return
        self.view = view
        if view.job is not None and view.action == "good":
            self._own.add(view.job.id)
        self._show_unsettled(self._questions)
        if view.stopped:
            self.compare.show_view(view)
            self.pages.setCurrentIndex(COMPARE)
            return
        if view.elsewhere and self.official is not None:
            self.official.show_view(view)
            self.pages.setCurrentIndex(OFFICIAL)
            return
        self.pages.setCurrentIndex(CARD)
        self.flip.show_card(view.face)
        self.steps.set_steps(view.steps)
        balance = view.blangko
        self.stock.setText(f"Blangko: {number_text(balance.stok)} tersisa, {number_text(balance.baik)} baik, "
                           f"{number_text(balance.rusak)} rusak")
        self.primary.set_text(view.word)
        may = self.work.may_act(view.dossier.permohonan)
        empty = view.action == "send" and balance.stok == 0
        self.primary.setEnabled(may and not self.busy and not empty)
        self.spoil.setVisible(True)
        self.spoil.setEnabled(may and view.job is not None)
        self.not_printed.hide()
        self.reread.setVisible(view.job is not None and view.job.written and view.job.printer_job != "" and not view.job.at_station)
        self.watch = None
        self._silent = 0
        if self._watch_told and not view.watched:
            self.fault.hide()
        self._watch_told = view.watched
        if view.watched:
            self.primary.setEnabled(False)
            self.fault.show_text("info", "Menanyakan printer …")
            self._ask_watch()
        elif empty:
            self.fault.show_text("info", self.no_blanks(view), bold="Blangko habis.", action="Terima blangko",
                                 act=lambda: self.shell.go("pengaturan", section="blangko"))
        elif not may:
            self.fault.show_text("info", f"Langkah ini milik {self.work.who_may(view.dossier.permohonan)}.")

    # -- the printer at work ------------------------------------------------------------------------------------------

    def _ask_watch(self) -> None:
        view = self.view
        if view is None or view.job is None or not view.watched or not self.isVisible():
            return
        if self.busy:
            self.clock.start()
            return
        job_id = view.job.id
        self.ask_latest("watch", lambda: self.watcher.look(job_id), self._watched, lambda _e: None)

    def _watched(self, watch: PrintWatch | None) -> None:
        view = self.view
        if view is None or view.job is None or self.busy:
            return
        if watch is None:  # a device has it, or it was settled meanwhile
            self.clock.start()
            return
        if watch.job_id != view.job.id or view.dossier.permohonan.id != self._chosen:
            return
        self._silent = self._silent + 1 if watch.hint == "silent" else 0
        if not watch.settled or 0 < self._silent < MOST_SILENT:
            self.clock.start()
        if not self.spoil_area.isHidden():
            return
        self.watch = watch
        may = self.work.may_act(view.dossier.permohonan)
        if not may:
            self.fault.show_text("info", f"Langkah ini milik {self.work.who_may(view.dossier.permohonan)}.")
        elif self._trouble_text:
            self.fault.show_text("trouble", self._trouble_text)
        else:
            self.fault.show_text(watch.tone, " ".join(filter(None, (watch.text, watch.low))), bold=watch.bold)
        self.primary.set_text(watch.main[1] if watch.main else "Menunggu printer")
        self.primary.setEnabled(may and watch.main is not None)
        self.spoil.setVisible(watch.main is None or watch.main[0] != "spoiled")  # one way to say it
        self.not_printed.setVisible(watch.other is not None)
        self.not_printed.setEnabled(may)
        if watch.other is not None:
            self.not_printed.set_text(watch.other[1])

    def _other(self) -> None:
        if self.watch is not None and self.watch.other is not None:
            self._verdict(self.watch.other[0])

    def _verdict(self, what: str) -> None:
        """Do what a button of the watch says."""
        view = self.view
        if view is None or view.job is None or self.watch is None:
            return
        pid, job_id = view.dossier.permohonan.id, view.job.id
        if what == "spoiled":
            self._spoil()
        elif what in self.watch.second:
            self._ask_second(what)
        elif what == "good":
            self.fault.show_text("info", "Mencatat hasil …" if view.job.written
                                 else "Letakkan kartu di pembaca. Menulis dan membaca ulang chip …")
            self.act(lambda: self.presenter.good_and_encode(pid, job_id), self._made, self._trouble)
        elif what in ("retry", "resume"):
            self.fault.show_text("info", "Mengirim ke printer kartu …")
            send = (lambda: self.presenter.retry(pid, job_id)) if what == "retry" else (lambda: self.presenter.send(pid))
            self.act(send, self._sent, self._trouble)
        else:
            self._answer(what)

    def _ask_second(self, verdict: str) -> None:
        """The blank of a card the printer calls done goes back only with another officer's name."""
        self.spoil_area.ask_whole(True)
        self._asked = verdict
        self._open_spoil("Kembalikan blangko ke stok")

    def _reread(self) -> None:
        view = self.view
        if view is not None and view.job is not None:
            job_id = view.job.id
            self.fault.show_text("info", "Letakkan kartu di pembaca. Membaca ulang chip …")
            self.act(lambda: self.presenter.reread(job_id), lambda _n: self._reread_well(), self._trouble)

    def _reread_well(self) -> None:
        self.look_again()
        self.shell.tell("good", "Isi chip sama dengan yang ditulis di dalam printer.", bold="Chip terbaca di meja.")

    def _primary(self) -> None:
        view = self.view
        if view is None:
            return
        if not self.spoil_area.isHidden():
            self._spoil()
            return
        self.fault.hide()
        self._trouble_text = ""
        pid, job = view.dossier.permohonan.id, view.job
        if self.watch is not None and self.watch.main is not None:
            self._verdict(self.watch.main[0])
        elif view.action == "check":
            self.act(lambda: self.presenter.check(pid), self._after, self._trouble)
        elif view.action == "send":
            self.fault.show_text("info", "Mengirim ke printer kartu …")
            self.act(lambda: self.presenter.send(pid), self._sent, self._trouble)
        elif view.action == "encode" and job is not None:
            self.fault.show_text("info", "Letakkan kartu di pembaca. Menulis dan membaca ulang chip …")
            self.act(lambda: self.presenter.encode(pid, job.id), self._made, self._trouble)

    def _answer(self, verdict: str) -> None:
        if self.view is not None and self.view.job is not None:
            pid, job_id = self.view.dossier.permohonan.id, self.view.job.id
            self.fault.hide()
            self._trouble_text = ""
            self.act(lambda: self.presenter.answer(pid, job_id, verdict), self._after, self._trouble)

    def _after(self, view: PrintView) -> None:
        self._show(view)
        self.refresh()

    def show_checked(self, view: PrintView) -> None:
        if not view.stopped:
            self.shell.tell("good", "Kartu dapat dicetak.", bold="Data pusat sekarang cocok.")
        self._after(view)

    def _taken(self, view: PrintView) -> None:
        p = view.dossier.permohonan
        self.shell.tell("good", f"{p.nomor_register} dicetak sebagai {p.penduduk.nama}.", bold="Data pusat dipakai.")
        self._after(view)

    def _hand_back(self, reasons: tuple[str, ...], wanted: frozenset[str], note: str) -> None:
        if self.view is None:
            return
        pid = self.view.dossier.permohonan.id

        def work() -> tuple[Permohonan, tuple[bool, str]]:
            p = self.presenter.hand_back(pid, reasons, note, wanted)
            return p, self.slips.print_paper(pid, "pengembalian")

        self.act(work, self._handed_back)

    def _handed_back(self, result: tuple[Permohonan, tuple[bool, str]]) -> None:
        p, (printed, trouble) = result
        tone, text = printed_words("Lembar pengembalian", printed, trouble)
        self.shell.tell(tone, text, bold=f"{p.nomor_register} dikembalikan.")
        self.refresh()

    def _sent(self, view: PrintView) -> None:
        self.fault.hide()
        self._show(view)

    def _made(self, view: PrintView) -> None:
        p = view.dossier.permohonan
        self.fault.hide()
        tahap = p.current()
        ready = "diaktivasi" if tahap is not None and tahap.stage is Stage.AKTIVASI else "diserahkan"
        self.shell.tell("good", f"Chip tertulis dan terbaca ulang. {p.nomor_register} siap {ready}.", bold=f"Kartu {p.penduduk.nama} jadi.")
        self._show(view)
        self.refresh()

    def _trouble(self, error: KioskError) -> None:
        """Say it on the card's own panel and look again where the job really stands."""
        view = self.view
        if view is None:
            self.trouble(error)
            return
        pid, text = view.dossier.permohonan.id, self.session.sentence(error)

        def shown(found: tuple[PrintView, str]) -> None:
            fresh, first = found
            self._trouble_text = text
            self._show(fresh)
            if first:
                self.fault.show_text("attention", text, action="Buka kartu itu", act=lambda: self._choose(first))
            elif not fresh.watched:
                self.fault.show_text("trouble", text, action="Coba lagi", act=self._primary)

        self.ask(lambda: (self.presenter.load(pid), self.presenter.waiting_on(error)), shown)

    def _spoil(self) -> None:
        if self.view is None or self.view.job is None:
            return
        if self.spoil_area.isHidden():
            self.spoil_area.ask_whole(False)
            self._asked = "spoiled"
            self._open_spoil("Nyatakan rusak sekarang")
            self.spoil_area.reasons[0].setFocus()
            return
        if not self.spoil_area.ready():
            return
        pid, job_id = self.view.dossier.permohonan.id, self.view.job.id
        reason, name, secret = self.spoil_area.values()
        if self._asked != "spoiled":
            verdict = self._asked
            self.act(lambda: self.presenter.answer(pid, job_id, verdict, name, secret), self._put_back, self._spoil_refused)
            return
        state = self.view.job.state
        seen = state if state is JobState.PRINTED else None  # while it is printed the printer's word may move it on
        self.act(lambda: self.presenter.spoil(pid, job_id, reason, name, secret, seen), self._spoiled, self._spoil_refused)

    _asked = "spoiled"

    def _put_back(self, view: PrintView) -> None:
        self._close_spoil()
        self._after(view)
        self.shell.tell("info", "Blangko kembali ke stok; masukkan ke wadah printer. Kartu dapat dicetak lagi.")

    def _spoil_refused(self, error: KioskError) -> None:
        if isinstance(error, SignInRefused | NotAllowed | BadInput):
            self.spoil_area.second.refuse(self.session.sentence(error))
        else:
            self._trouble(error)

    def _spoiled(self, view: PrintView) -> None:
        self._close_spoil()
        self._show(view)
        self.shell.tell("info", "Blangko tercatat rusak. Kartu baru dapat dicetak dengan blangko berikutnya.")

    def _close_spoil(self) -> None:
        was_open = not self.spoil_area.isHidden()
        self.spoil_area.hide()
        self._room_for_spoil(False)
        self.spoil_area.clear()
        if was_open and self.view is not None:
            self.primary.set_text(self._before[0])
            self.primary.setEnabled(self._before[1] and not self.busy)
            if self.view.watched:
                self._ask_watch()
