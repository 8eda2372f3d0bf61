"""Cetak: the PRR list, the card as it will be, the print steps, faults in plain words, good or spoiled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import Page, footer, put_in, scroll
from ktpel_kiosk.ui.pages.cetak_centre import CentrePanel, ComparePanel
from ktpel_kiosk.ui.pages.cetak_official import OfficialPanel
from ktpel_kiosk.ui.pages.cetak_spoil import SpoilForm
from ktpel_kiosk.ui.presenters.cards import CardPresenter, PrintView
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, printed_words
from ktpel_kiosk.ui.presenters.print_watch import PrintWatch, PrintWatcher
from ktpel_kiosk.ui.presenters.printing_queue import CentreView, PrintQueue, PrintQueuePresenter
from ktpel_kiosk.ui.presenters.unsettled import Question, UnsettledPresenter
from ktpel_kiosk.ui.presenters.work import WorkPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import CardPreview, to_qimage
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.steplist import StepList
from ktpel_kiosk.ui.widgets.unsettled import UnsettledSection
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


EMPTY, CARD, CENTRE, COMPARE, OFFICIAL = range(5)
PANELS = {CENTRE: "centre", COMPARE: "compare", OFFICIAL: "official"}
LOOK_MS = 1000
"""Between two questions to the printer while it prints."""
MOST_SILENT = 2
"""Unanswered questions after which the printer is left alone until something happens."""


class CetakPage(Page):
    """One card at a time; the register holds the intent, printer and chip tell the truth."""

    def __init__(self, window: OperatorWindow, section: UnsettledSection | None = None) -> None:
        super().__init__(window)
        self.presenter = CardPresenter(window.session)
        self.queue = PrintQueuePresenter(window.session)
        self.slips = IntakePresenter(window.session)
        self.work = WorkPresenter(window.session, Stage.CEK_CETAK, Stage.CETAK_ENCODE)
        self.view: PrintView | None = None
        self.unsettled = UnsettledPresenter(window.session)
        self._wanted = self._chosen = ""
        self._own: set[str] = set()
        self._questions: tuple[Question, ...] = ()
        self.section = section or UnsettledSection()
        self.section.answered.connect(self._settle)
        self.frame.addWidget(self.section)
        self.list = WorkList("Siap cetak", "credit-card", "Belum ada yang siap cetak",
                             "Kartu muncul di sini setelah status PRR dari pusat.")
        self.list.chosen.connect(self._choose)
        self.waits = WorkList("Menunggu pusat", "clock", "Tidak ada yang menunggu", "")
        self.waits.chosen.connect(self._choose)
        self.order = label("Kartu pertama lebih dulu, lalu penggantian; yang terlama di atas.", "small", tone="muted", wrap=True)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.list, 3)
        left.addWidget(self.order)
        left.addWidget(self.waits, 2)
        self.pages = QStackedWidget()
        self.nothing = EmptyState("credit-card", "Pilih kartu di kiri", "Kartu ditampilkan sebelum dicetak.")
        for page in (self.nothing, self._build(), QWidget(), QWidget(), QWidget()):
            self.pages.addWidget(page)
        line = QHBoxLayout()
        line.setSpacing(16)
        self.list.setMinimumWidth(280)
        line.addLayout(left, 27)
        line.addWidget(self.pages, 73)
        self.frame.addLayout(line, 1)
        self.keys = {"F8": self._f8}
        self.watcher = PrintWatcher(window.session)
        self.watch: PrintWatch | None = None
        self._trouble_text = ""
        self._silent = 0
        self._watch_told = False
        self.clock = QTimer(self)
        self.clock.setSingleShot(True)
        self.clock.setInterval(LOOK_MS)
        self.clock.timeout.connect(self._ask_watch)
        self.rest = self._put_spoil()
        if section is None:
            self.finish()

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        section = UnsettledSection()
        yield None
        yield cls(window, section)

    def _put_spoil(self) -> Iterator[None]:
        self.spoil_area = SpoilForm()
        self.spoil_area.second.entered.connect(self._spoil)
        self.spoil_area.hide()
        yield
        self._asking = scroll(self.spoil_area)  # large letters need more than a low screen has
        self._asking.hide()
        self._card.body.insertWidget(self._asking_at, self._asking, 100)
        yield

    # panels beside the card, each built when it is first wanted

    @cached_property
    def centre(self) -> CentrePanel:
        panel = CentrePanel(self)
        put_in(self.pages, CENTRE, panel)
        return panel

    @cached_property
    def compare(self) -> ComparePanel:
        panel = ComparePanel(self)
        panel.taken.connect(self._taken)
        panel.returned.connect(self._hand_back)
        put_in(self.pages, COMPARE, panel)
        return panel

    @cached_property
    def official(self) -> OfficialPanel | None:
        if not self.presenter.elsewhere():
            return None
        panel = OfficialPanel(self)
        put_in(self.pages, OFFICIAL, panel)
        return panel

    def prepare(self) -> Iterator[None]:
        for name in PANELS.values():
            getattr(self, name)
            yield

    def _panel(self) -> CentrePanel | ComparePanel | OfficialPanel | None:
        """The panel in front, if one is."""
        name = PANELS.get(self.pages.currentIndex(), "")
        return getattr(self, name) if name else None

    def _build(self) -> QWidget:
        card = Card(24, 16)
        self.top_area = QWidget()
        top = QHBoxLayout(self.top_area)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(24)
        faces = QVBoxLayout()
        faces.setSpacing(8)
        self.face = CardPreview()
        faces.addWidget(self.face)
        self.flip = Button("Lihat belakang", icon="rotate-ccw", key="F8")
        self.flip.clicked.connect(self._flip)
        self.stock = label("", "small", tone="muted", wrap=True)
        under = QHBoxLayout()
        under.addWidget(self.stock, 1)
        under.addWidget(self.flip)
        faces.addLayout(under)
        top.addLayout(faces, 43)
        side = QVBoxLayout()
        side.setSpacing(10)
        side.addWidget(label("Cetak & encode", "title", weight="bold"))
        self.steps = StepList()
        side.addWidget(self.steps)
        self.inside = ChoiceChip("Tulis chip di dalam printer")
        self.inside.setToolTip("Untuk printer yang mempunyai pembaca chip: chip ditulis sebelum kartu dicetak.")
        self.inside.clicked.connect(lambda _on=False: self._set_inside(self.inside.isChecked()))
        self.inside.setVisible(self.presenter.may_set_chip())
        side.addWidget(self.inside, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        top.addLayout(side, 27)
        card.body.addWidget(self.top_area)
        self.fault = NoticeBar(closable=False)
        card.body.addWidget(self.fault)
        self._card, self._asking_at = card, card.body.count()
        card.body.addStretch(1)
        self.spoil = Button("Nyatakan rusak", icon="ban")
        self.spoil.clicked.connect(self._spoil)
        self.not_printed = Button("Tidak tercetak")
        self.not_printed.clicked.connect(self._other)
        self.reread = Button("Baca ulang di meja", icon="scan-line")
        self.reread.clicked.connect(self._reread)
        self.reread.hide()
        self.primary = Button("Cetak kartu", "primary", key="F9")
        self.primary.clicked.connect(self._primary)
        self.cancel = Button("Batal", key="Esc")
        self.cancel.clicked.connect(self._close_spoil)
        self.cancel.hide()
        card.body.addLayout(footer([self.spoil, self.cancel], [self.reread, self.not_printed, self.primary]))
        return card

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
        """Show the chosen application as it stands now."""
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
        self.face.set_image(to_qimage(view.face.front) if view.face else None)
        self.flip.set_text("Lihat belakang")
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

    @staticmethod
    def no_blanks(view: PrintView) -> str:
        parts = [f"{number_text(n)} {what}" for n, what in ((view.first, "kartu pertama"), (view.later, "penggantian")) if n]
        return (f"{number_text(view.first + view.later)} permohonan menunggu ({', '.join(parts)}); waktunya dijeda sampai blangko "
                "dicatat masuk.")

    def show_busy(self, on: bool) -> None:
        waits = self.view is not None and self.view.watched and (self.watch is None or self.watch.main is None)
        self.primary.setEnabled(not on and self.view is not None and (not waits or not self.spoil_area.isHidden()))
        for name in PANELS.values():
            built = self.__dict__.get(name)
            if built is not None:
                built.show_busy(on)

    def scanned(self, code: str) -> bool:
        panel = self._panel()
        return isinstance(panel, OfficialPanel) and panel.scanned(code)

    def press(self, key: str) -> bool:
        panel = self._panel()
        button = panel.primary if panel is not None else None
        if key == "F9" and button is not None:
            if button.isVisible() and button.isEnabled():
                button.click()
            return True
        return super().press(key)

    def _f8(self) -> None:
        panel = self._panel()
        if isinstance(panel, ComparePanel):
            panel.again.click()
        elif isinstance(panel, OfficialPanel):
            panel.flip.click()
        elif self.pages.currentIndex() == CARD:
            self._flip()

    def _flip(self) -> None:
        if self.view is None or self.view.face is None:
            return
        front = self.flip.text() != "Lihat belakang"
        self.face.set_image(to_qimage(self.view.face.front if front else self.view.face.back))
        self.flip.set_text("Lihat belakang" if front else "Lihat depan")

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
        """The centre was asked again about somebody whose card it stopped."""
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

    def _open_spoil(self, word: str) -> None:
        """The questions, and the main button that answers them."""
        self.spoil_area.show()
        self._room_for_spoil(True)
        self._before = self.primary.text(), self.primary.isEnabled()
        self.primary.set_text(word)
        self.primary.setEnabled(not self.busy)

    _before = ("", False)

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

    def _room_for_spoil(self, asking: bool) -> None:
        """The questions take the place of the card's picture: both do not fit on a 768 px screen."""
        self.top_area.setVisible(not asking)
        self._asking.setVisible(asking)
        self.spoil.setVisible(not asking)
        if asking:
            self.not_printed.hide()
            self.reread.hide()
        self.cancel.setVisible(asking)
        if asking:
            self.fault.hide()

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

    def back(self) -> bool:
        if self.pages.currentIndex() == COMPARE and self.compare.back():
            return True
        official = self.__dict__.get("official")
        if official is not None and official.back():
            return True
        if not self.spoil_area.isHidden():
            self._close_spoil()
            return True
        return False
