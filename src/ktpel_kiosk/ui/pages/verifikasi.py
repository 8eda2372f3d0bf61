"""Verifikasi and validasi: papers beside the entries; paraf, or back with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk import intake, verification
from ktpel_kiosk.domain.permohonan import RETURN_REASONS, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.pages.base import ApplicationHead, Page, footer, put_in
from ktpel_kiosk.ui.pages.verifikasi_parts import EntriesCard, PapersPane
from ktpel_kiosk.ui.pictures import images
from ktpel_kiosk.ui.presenters.checking import CheckPresenter, compare
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, printed_words
from ktpel_kiosk.ui.presenters.work import WorkPresenter
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.decisions import pause_menu
from ktpel_kiosk.ui.widgets.menu import Entry, open_menu
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.desk.queries import Dossier
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.widgets.decisions import ReasonPanel


PAPERS, RETURN, REFUSE, DOUBLE = range(4)
LARGE = 1.4
"""From this text size on the buttons say only what is needed."""
TWICE = "Anda juga memaraf langkah sebelumnya. Bila Anda menyetujui yang ini juga, hal itu dicatat."
"""Said before the same officer gives a second paraf."""
REFUSALS = ("data_invalid", "bukan_ybs", "usia_belum_cukup", "lain")


class VerifikasiPage(Page):
    """List at the left, the application at the right."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = WorkPresenter(window.session, Stage.VERIFIKASI, Stage.VALIDASI)
        self.slips = IntakePresenter(window.session)
        self.dossier: Dossier | None = None
        self.checks = CheckPresenter(window.session)
        self._wanted = self._chosen = self._compared = ""
        self._twice = False
        self.list = WorkList("Menunggu pemeriksaan", "file-check", "Tidak ada yang menunggu", "Permohonan baru akan tampil di sini.")
        self.list.chosen.connect(self._choose)
        self.list.setFixedWidth(300)
        self.work = QStackedWidget()
        self.nothing = EmptyState("file-check", "Pilih permohonan di kiri", "Berkas dan isian ditampilkan berdampingan.")
        self.work.addWidget(self.nothing)
        self.work.addWidget(self._build())
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.list)
        line.addWidget(self.work, 1)
        self.frame.addLayout(line, 1)

    def _build(self) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        self.head = ApplicationHead(compact=True)
        layout.addWidget(self.head)
        self.caution = NoticeBar(closable=False)
        layout.addWidget(self.caution)
        self.both = QHBoxLayout()
        self.both.setSpacing(16)
        self.entries = EntriesCard()
        self.both.addWidget(self.entries, 11)
        self.both.addWidget(self._papers(), 9)
        layout.addLayout(self.both, 1)
        self.back_button = Button("Kembalikan berkas", icon="undo-2")
        self.back_button.clicked.connect(lambda: self._ask_reasons(RETURN))
        self.more = Button("Lainnya", icon="list-checks")
        self.more.clicked.connect(self._menu)
        self.put_off = Button("Simpan & tunda")
        self.put_off.clicked.connect(lambda: pause_menu(self.put_off, self._put_off))
        self.primary = Button("Setujui & paraf", "primary", icon="check", key="F9")
        self.primary.clicked.connect(self._approve)
        foot = footer([self.back_button, self.more], [self.put_off, self.primary])
        foot.setContentsMargins(0, 0, 0, 0)
        self.foot = QWidget()
        self.foot.setLayout(foot)
        layout.addWidget(self.foot)
        return holder

    def _papers(self) -> QWidget:
        self.side = QStackedWidget()
        self.papers = PapersPane()
        self.side.addWidget(self.papers)
        for _later in (RETURN, REFUSE, DOUBLE):
            self.side.addWidget(QWidget())
        self._panels: dict[int, ReasonPanel] = {}
        return self.side

    def panel(self, which: int) -> ReasonPanel:
        """One of the panels that ask for a reason; built when it is first wanted."""
        if which not in self._panels:
            from ktpel_kiosk.ui.widgets.decisions import ReasonPanel
            made, act = {
                RETURN: lambda: (ReasonPanel("Mengapa dikembalikan?", "Kembalikan & cetak", RETURN_REASONS), self._return),
                REFUSE: lambda: (ReasonPanel("Tolak permohonan", "Tolak & cetak", REFUSALS, note="Alasan untuk pemohon", need_note=True,
                                             placeholder="Misalnya: NIK tidak ditemukan di SIAK", many=False), self._reject),
                DOUBLE: lambda: (ReasonPanel("Tahan sebagai data ganda", "Tahan & cetak", (), note="Apa yang ditemukan", need_note=True,
                                             placeholder="Misalnya: NIK yang sama dipakai orang lain di Pulo"), self._hold),
            }[which]()
            made.closed.connect(lambda: self._ask_reasons(PAPERS))
            made.decided.connect(act)
            put_in(self.side, which, made)
            self._panels[which] = made
        return self._panels[which]

    def prepare(self) -> Iterator[None]:
        for which in (RETURN, REFUSE, DOUBLE):
            self.panel(which)
            yield

    def press(self, key: str) -> bool:
        """While a reason is asked for F9 is that panel's button, never the approval."""
        if key == "F9" and self.work.currentIndex() == 1 and self.side.currentIndex() != PAPERS:
            self.panel(self.side.currentIndex()).confirm.click()
            return True
        return super().press(key)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "primary") and self.primary is not None:
            large = self.shell.theme.scale >= LARGE
            self.back_button.set_text("Kembalikan" if large else "Kembalikan berkas")
            self.put_off.set_text("Tunda" if large else "Simpan & tunda")
            for button, icon in ((self.back_button, "undo-2"), (self.more, "list-checks"), (self.primary, "check")):
                button.icon_name = "" if large else icon
                button.updateGeometry()
        super().changeEvent(event)

    # -- opening ------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        self._wanted = args.get("id", "") or self._wanted
        self.refresh()

    def place(self) -> dict[str, str]:
        return {"id": self._chosen} if self._chosen else {}

    def refresh(self) -> None:
        self.ask_latest("items", self.presenter.items, self._listed)

    def _listed(self, rows: tuple[tuple[str, str, str, str, str], ...]) -> None:
        items = [WorkItem(*r) for r in rows]
        ids = {i.id for i in items}
        if self.dossier is not None and self.dossier.permohonan.id not in ids:
            self._close()
        wanted = self._wanted if self._wanted in ids else ""
        self.nothing.set_quiet(not items)
        self.list.set_items(items, wanted or self._chosen)
        if wanted and wanted != self._chosen:
            self._choose(wanted)

    def _close(self) -> None:
        self.dossier = None
        self._chosen = ""
        self.work.setCurrentIndex(0)

    def back(self) -> bool:
        if self.side.currentIndex():
            self._ask_reasons(PAPERS)
            return True
        return False

    def _choose(self, permohonan_id: str) -> None:
        self._chosen = permohonan_id
        if permohonan_id == self._wanted:
            self._wanted = ""
        self.ask_latest("dossier", partial(self.presenter.open, permohonan_id), self._show)

    def tick(self) -> None:
        if self.dossier is not None and not self.busy:
            pid = self.dossier.permohonan.id
            self.ask(partial(self.presenter.read, pid), self._show_time, lambda _e: None)

    def _show_time(self, dossier: Dossier) -> None:
        if dossier.permohonan.id == self._chosen:
            self.head.show_dossier(self.session, dossier)

    def _show(self, dossier: Dossier) -> None:
        if dossier.permohonan.id != self._chosen:
            return
        self.dossier = dossier
        p = dossier.permohonan
        self.work.setCurrentIndex(1)
        self._ask_reasons(PAPERS)
        self.head.show_dossier(self.session, dossier)
        if self._compared != p.id:
            self.entries.show_entries(compare(p.penduduk, None, {}))
            self.papers.show_pictures({}, {})
            self._compared = p.id
        self.ask_latest("entries", lambda: self.checks.entries(p), self.entries.show_entries, lambda _e: None)
        self._load_pictures(p)
        self._show_papers(dossier)
        may = self.presenter.may_act(p)
        stage = p.current().stage if p.current() else ""  # type: ignore[union-attr]
        self.primary.set_text("Setujui & validasi" if stage == Stage.VALIDASI else "Setujui & paraf")
        for button in (self.primary, self.back_button, self.more):
            button.setEnabled(may)
        self.put_off.setVisible(may)
        self._twice = may and any(a.officer == self.session.actor.username for a in dossier.approvals)
        if self._twice:
            self.caution.show_text("attention", TWICE)
        elif not may:
            self.caution.show_text("info", f"Langkah ini milik {self.presenter.who_may(p)}.")
        else:
            self.caution.hide()

    def _show_papers(self, dossier: Dossier) -> None:
        p = dossier.permohonan
        parafs = []
        for a in dossier.approvals:
            twice = " · petugas yang sama" if a.second_same_officer else ""
            state = dossier.states.get(a.id)
            worth = f" · {word('paraf', state)}" if state else ""
            tone = {"isi_berubah": "attention", "tidak_sah": "trouble"}.get(state or "", "muted")
            parafs.append((f"{word('stage', a.stage)} · {a.officer} · {self.session.when(a.at)}{twice}{worth}", tone))
        self.papers.show_rows([(i.teks, i.wajib, i.ada) for i in p.kelengkapan], [w.text for w in p.warnings], parafs)

    def _load_pictures(self, p: Permohonan) -> None:
        """Scans are read and decoded beside the window's work; most applications have none."""
        def load() -> dict[str, list[QImage]]:
            return {kode: images(pages) for kode, pages in self.checks.pictures(p.id).items()}

        def shown(found: dict[str, list[QImage]]) -> None:
            if p.id == self._chosen:
                self.papers.show_pictures(found, {i.kode: i.teks for i in p.kelengkapan})
                self._share_room()

        self.ask_latest("pictures", load, shown, lambda _e: None)

    def _share_room(self) -> None:
        """Pictures need room: they get it from the entries, reasons even more."""
        reasons = self.side.currentIndex() != PAPERS
        entries, side = (8, 12) if reasons else (6, 10) if self.papers.pictured else (11, 9)
        self.list.setFixedWidth(240 if self.papers.pictured else 300)
        self.both.setStretch(0, entries)
        self.both.setStretch(1, side)

    # -- deciding -----------------------------------------------------------------------------------------------------

    def _approve(self) -> None:
        if self.dossier is None:
            return
        p = self.dossier.permohonan
        desk, actor = self.shell.desk, self.session.actor
        tahap = p.current()
        act = verification.validate if tahap is not None and tahap.stage is Stage.VALIDASI else verification.verify
        twice = any(a.officer == actor.username for a in self.dossier.approvals)
        self.act(lambda: act(desk, actor, p.id), partial(self._approved, twice))

    def _approved(self, twice: bool, p: Permohonan) -> None:
        now = p.current()
        following = word("stage", now.stage) if now else "selesai"
        if twice:
            self.shell.tell("attention", f"Lanjut ke {following}. Petugas yang sama memeriksa dua kali; ini dicatat.",
                            bold=f"{p.nomor_register} disetujui.")
        else:
            self.shell.tell("good", f"Lanjut ke {following}.", bold=f"{p.nomor_register} disetujui.")
        if now is not None and now.stage in (Stage.VERIFIKASI, Stage.VALIDASI) and self.presenter.may_act(p):
            self._choose(p.id)
        else:
            self._close()
        self.refresh()

    def _ask_reasons(self, which: int) -> None:
        """Show the papers, or one of the panels that ask for a reason."""
        if which != PAPERS and self.dossier is not None:
            papers = self.dossier.permohonan.kelengkapan if which == RETURN else ()
            chosen = {REFUSE: ("data_invalid",)}.get(which, ())
            self.panel(which).ask(chosen, [(i.kode, i.teks, not i.ada and i.wajib) for i in papers if i.ada or i.wajib])
        self.side.setCurrentIndex(which)
        self.foot.setVisible(which == PAPERS)  # the panel has its own two buttons
        self.head.bar.setVisible(which == PAPERS)
        self.caution.setVisible(which == PAPERS and self._twice)
        self._share_room()

    def _menu(self) -> None:
        """What is decided more rarely: refusing, and holding the application as double data."""
        open_menu(self.more, "Keputusan lain", [Entry("Tolak permohonan …", lambda: self._ask_reasons(REFUSE)),
                                                Entry("Tahan sebagai data ganda …", lambda: self._ask_reasons(DOUBLE))])

    def _return(self, reasons: tuple[str, ...], wanted: frozenset[str], note: str) -> None:
        self._decide(lambda desk, actor, pid: intake.return_application(desk, actor, pid, reasons, note, wanted), "pengembalian",
                     "dikembalikan", "Lembar pengembalian")

    def _reject(self, reasons: tuple[str, ...], _wanted: frozenset[str], note: str) -> None:
        self._decide(lambda desk, actor, pid: verification.reject(desk, actor, pid, note, rules=reasons), "penolakan",
                     "ditolak", "Lembar penolakan")

    def _hold(self, _reasons: tuple[str, ...], _wanted: frozenset[str], note: str) -> None:
        self._decide(lambda desk, actor, pid: verification.reject(desk, actor, pid, note, duplicate=True), "pengembalian",
                     "ditahan sebagai data ganda", "Lembar pengembalian")

    def _decide(self, act: Callable[[Desk, Actor, str], Permohonan], slip: str, what: str, paper: str) -> None:
        """Do it and print the slip it left."""
        if self.dossier is None:
            return
        pid, desk, actor = self.dossier.permohonan.id, self.shell.desk, self.session.actor

        def work() -> tuple[Permohonan, tuple[bool, str]]:
            p = act(desk, actor, pid)
            return p, self.slips.print_paper(p.id, slip)

        self.act(work, partial(self._left, what, paper))

    def _left(self, what: str, paper: str, result: tuple[Permohonan, tuple[bool, str]]) -> None:
        p, (printed, trouble) = result
        tone, text = printed_words(paper, printed, trouble)
        self.shell.tell(tone, text, bold=f"{p.nomor_register or p.penduduk.nama} {what}.")
        self._close()
        self.refresh()

    def _put_off(self, reason: str) -> None:
        if self.dossier is None:
            return
        pid = self.dossier.permohonan.id
        self.act(lambda: self.presenter.put_off(pid, reason), self._waits)

    def _waits(self, p: Permohonan) -> None:
        tahap = p.current()
        self.shell.tell("info", f"Waktu dijeda: {word('jeda', tahap.pause_reason if tahap else 'ditunda')}. Buka lagi untuk melanjutkan.",
                        bold=f"{p.nomor_register} ditunda.")
        self._close()
        self.refresh()
