"""Perekaman: one applicant's session from the data check to the sealed packet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind, DeviceState, SignatureCapture
from ktpel_kiosk.ui import decoded
from ktpel_kiosk.ui.pages.base import ApplicationHead
from ktpel_kiosk.ui.pages.rekam_alike import AlikeNotice
from ktpel_kiosk.ui.pages.rekam_decisions import DecisionPage
from ktpel_kiosk.ui.pages.rekam_footer import SessionFooter
from ktpel_kiosk.ui.pages.rekam_part import Part
from ktpel_kiosk.ui.pages.rekam_parts import Parts
from ktpel_kiosk.ui.pages.rekam_review import DataPart
from ktpel_kiosk.ui.pages.rekam_seal import ReviewPart
from ktpel_kiosk.ui.pages.rekam_signature import SignaturePart
from ktpel_kiosk.ui.pages.rekam_tab import PartTab
from ktpel_kiosk.ui.presenters.record_view import PART_TITLES, RecordView
from ktpel_kiosk.ui.presenters.recording import RecordingPresenter
from ktpel_kiosk.ui.presenters.work import WorkPresenter, biodata_rows
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.applicant_window import ApplicantWindow
    from ktpel_kiosk.ui.operator_window import OperatorWindow

ROOMY = 1.4
"""From this text size on the buttons say only what is needed."""
NO_LIMIT = (1 << 24) - 1
"""Qt's own largest height."""
SHORT_BELOW = 720
"""Height of the page in design pixels under which the SOP's steps stand in one line: 1366x768 and 1280x720."""
CROWDED_BELOW = 400
"""Height of the page in design pixels under which the notice of similar fingers waits until the notice above was read: largest letters,
low screen, both notices at once."""
TIGHT_BELOW = 560
"""Height of the page in design pixels under which the step bar gives its room to the work; the clock above stays."""


def decode_view(view: RecordView) -> None:
    """The pictures a session shows at once; on a worker."""
    decoded.decode((*view.best.values(), *view.faces))


class PerekamanPage(DecisionPage):
    """List of applicants waiting, then the session. Parts may be done in any order; a missing device blocks nothing else."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = RecordingPresenter(window.session)
        self.presenter.loaded = decode_view
        self.work = WorkPresenter(window.session, Stage.REKAM, Stage.KIRIM)
        self.view: RecordView | None = None
        self.part: Part | None = None
        self._short: bool | None = None
        self.list = WorkList("Menunggu perekaman", "scan-face", "Tidak ada yang menunggu", "Permohonan yang disetujui tampil di sini.")
        self.list.view.clicked.connect(lambda _i: self.open_application(self.list.current()))
        self.list.view.activated.connect(lambda _i: self.open_application(self.list.current()))
        self.pages = FrontStack()
        self.pages.addWidget(self.list)
        self.pages.addWidget(self._session())
        self.frame.addWidget(self.pages, 1)
        self._fit()
        self.keys = {"F6": lambda: self.ask_exception(None), "F7": self.repeat_capture, "F8": self.capture_now}
        for signal, slot in self._from_outside():
            signal.connect(slot)

    def _from_outside(self) -> list[tuple[Any, Callable[..., None]]]:
        heard: list[tuple[Any, Callable[..., None]]] = [(self.shell.bridge.device_changed, self._device_changed)]
        applicant = self.applicant
        if applicant is not None:
            heard += [(applicant.understood, self._understood), (applicant.data_answered, self._data_answered),
                      (applicant.signed, self._signed), (applicant.agreed, self._agreed), (applicant.taken_back, self.buttons)]
        return heard

    def dropped(self) -> None:
        for signal, slot in self._from_outside():
            signal.disconnect(slot)

    @property
    def applicant(self) -> ApplicantWindow | None:
        return self.shell.applicant

    def _session(self) -> QWidget:
        holder = QWidget()
        layout = self.column = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        self.head = ApplicationHead()
        layout.addWidget(self.head)
        self.tabs: dict[str, PartTab] = {}
        line = QHBoxLayout()
        line.setSpacing(8)
        for key in PART_TITLES:
            tab = PartTab(key)
            tab.clicked.connect(partial(self._tab, key))
            self.tabs[key] = tab
            line.addWidget(tab)
        layout.addLayout(line)
        self.alike = AlikeNotice(self)
        layout.addWidget(self.alike)
        self.stack = FrontStack()
        self.parts = Parts(self, self.stack)
        layout.addWidget(self.stack, 1)
        self.foot = SessionFooter(self)
        self.primary = self.foot.primary
        self.repeat, self.force = self.foot.repeat, self.foot.force
        layout.addLayout(self.foot.line)
        return holder

    def prepare(self) -> Iterator[None]:
        for key in PART_TITLES:
            self.parts[key]
            yield
        self.exception  # noqa: B018 - built by being asked for
        yield
        self.keeping  # noqa: B018
        yield

    # -- opening and leaving ------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        if args.get("id"):
            self.open_application(args["id"], str(args.get("part", "")))
        elif self.view is not None:
            self._show_part(self.part.key if self.part else self.view.next_part())
        self.refresh()

    def place(self) -> dict[str, str]:
        return {"id": self.view.permohonan.id, "part": self.part.key if self.part else ""} if self.view is not None else {}

    def closed(self) -> None:
        if self.part is not None:
            self.part.leave()

    def refresh(self) -> None:
        self.ask_latest("items", self.work.items, lambda rows: self.list.set_items([WorkItem(*r) for r in rows]))

    def open_application(self, pid: str, part: str = "") -> None:
        """``part``: where work went on before a restart; else the first part not done."""
        if not pid:
            return
        actor = self.session.actor

        def work() -> tuple[RecordView, str]:
            self.work.check_mine(pid, actor)  # no camera and no applicant's page for whoever may not record
            paused = self.work.paused(pid)
            self.work.open(pid)
            return self.presenter.load(pid), paused

        self.ask_latest("open", work, lambda result: self._opened(*result, part))

    def _opened(self, view: RecordView, paused: str, part: str = "") -> None:
        if view.stage not in (Stage.REKAM, Stage.KIRIM):
            self.shell.go("register", text=view.permohonan.nomor_register)
            return
        self.parts.begin()
        self.pages.setCurrentIndex(1)
        self.set_view(view)
        self._show_soon(part if part in view.parts() else view.next_part())
        if paused and self.work.may_act(view.permohonan):
            self.shell.tell("info", f"Tadi dijeda: {paused}. Waktu berjalan lagi; yang sudah direkam masih tersimpan.",
                            bold=f"{view.permohonan.nomor_register} dilanjutkan.")

    def put_off(self, reason: str) -> None:
        if self.view is not None:
            pid = self.view.permohonan.id
            self.act(lambda: self.work.put_off(pid, reason), self._waits)

    def _waits(self, p: Permohonan) -> None:
        tahap = p.current()
        self.leave_session()
        self.shell.tell("info", f"Waktu dijeda: {word('jeda', tahap.pause_reason if tahap else 'ditunda')}. Buka lagi untuk melanjutkan.",
                        bold=f"{p.nomor_register} ditunda.")

    def back(self) -> bool:
        if self._deciding():
            self.close_panel()
            return True
        if self.view is None:
            return False
        p = self.view.permohonan
        pid, mine = p.id, self.work.may_act(p)
        self.leave_session()
        if mine:
            self.ask(lambda: self.work.put_off(pid), lambda _p: None, lambda _e: None)
        return True

    def leave_session(self, *, thanked: bool = False) -> None:
        """Back to the list; everything captured stays. ``thanked``: the applicant's window goes on by itself."""
        if self.part is not None:
            self.part.leave()
        self.part, self.view = None, None
        decoded.forget()
        self.pages.setCurrentIndex(0)
        if self.applicant is not None:
            self.applicant.done() if thanked else self.applicant.idle()
        self.refresh()

    def tick(self) -> None:
        if self.view is not None and not self.busy:
            pid = self.view.permohonan.id
            self.ask(partial(self.work.read, pid), self._clock, lambda _e: None)

    def _clock(self, dossier: Any) -> None:
        if self.view is not None and dossier.permohonan.id == self.view.permohonan.id:
            self.head.show_dossier(self.session, dossier)

    # -- showing ------------------------------------------------------------------------------------------------------

    def set_view(self, view: RecordView) -> None:
        """The session after any act."""
        self.view = view
        self.head.show_dossier(self.session, view.dossier)
        present = view.parts()
        for key, tab in self.tabs.items():
            tab.setVisible(key in present)
            states = view.of_part(key) if key not in ("data", "tinjau") else ()
            done = sum(s.done for s in states)
            tab.show_state(view.part_done(key), f"{done}/{len(states)}" if len(states) > 1 and done < len(states) else "")
        part = self.part
        if part is not None and part.key in present:
            part.show_view(view)  # the others see it when they come to the front
        self.alike.show_view(view)
        self.buttons()

    def _tab(self, key: str, _on: bool = True) -> None:
        self._show_part(key)

    def _show_soon(self, key: str) -> None:
        """An answer of the register came; a part that has to be built for it is filled and shown in turns of their own."""
        view = self.view
        if key in self.parts or view is None:
            self._show_part(key)
            return
        part, pid = self.parts.make(key), view.permohonan.id

        def fill() -> None:
            if self.view is not None and self.view.permohonan.id == pid:
                part.show_view(self.view)
                self.shell.bridge.soon(show, self)

        def show() -> None:
            if self.view is not None and self.view.permohonan.id == pid:
                self._show_part(key)

        self.shell.bridge.soon(fill, self)

    def _show_part(self, key: str) -> None:
        if self.part is not None and (self.part.key != key or not self.isVisible()):
            self.part.leave()
        changed = self.part is None or self.part.key != key
        shown = self.parts.get(key)
        self.part = self.parts[key] if shown is None else shown
        for name, tab in self.tabs.items():
            tab.setChecked(name == key)
        self.stack.setCurrentWidget(self.part)
        if self.view is not None and shown is not None:  # a new part has seen it
            self.part.show_view(self.view)
        if (changed or self.isVisible()) and self.shell.shown() is self:  # an answer that comes after the lock starts no camera
            self.part.enter()
        self.buttons()

    def buttons(self) -> None:
        """What can be pressed now, and the words on it."""
        view, part = self.view, self.part
        if view is None or part is None or self._deciding():
            return
        large = self.shell.theme.scale >= ROOMY
        tight = large and self.height() / self.shell.theme.scale < TIGHT_BELOW
        self.head.bar.setVisible(not tight)
        part.set_tight(tight)
        self.foot.show(view, part, large=large)
        self.column.activate()  # the words of a button and its room change together

    def show_busy(self, on: bool) -> None:
        self.buttons()

    def _fit(self) -> None:
        """On a low screen the SOP's steps take one line and the gaps are small: the work gets the room."""
        room = self.height() / self.shell.theme.scale
        self.alike.setMaximumHeight(0 if room < CROWDED_BELOW and self.isVisible() else NO_LIMIT)
        short = room < SHORT_BELOW
        if short != self._short:
            self._short = short
            self.frame.setContentsMargins(24, 12 if short else 20, 24, 12 if short else 16)
            self.frame.setSpacing(8 if short else 12)
            self.column.setSpacing(8 if short else 12)
            self.head.set_slim(short)
            self.alike.set_slim(short)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "foot"):
            self._fit()
            self.buttons()
        super().changeEvent(event)

    # -- devices ------------------------------------------------------------------------------------------------------

    def _device_changed(self, state: DeviceState) -> None:
        part = self.part
        if part is None or not part.entered:
            return
        if part.device is state.kind:
            part.device_changed(state)
        elif isinstance(part, SignaturePart) and state.kind is DeviceKind.SIGNATURE:
            part.pad_changed()

    def at_work(self) -> bool:
        """The part itself is in front: no panel over it, and the page is shown."""
        return self.isVisible() and self.part is not None and self.stack.currentWidget() is self.part

    def device_state(self, kind: DeviceKind) -> DeviceState | None:
        return self.shell.header.states.get(kind)

    def device_text(self, kind: DeviceKind) -> str:
        """One sentence on what to do for a device that is away."""
        return self.shell.header.explain(kind)[2]

    # -- keys ---------------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """F9."""
        view, part = self.view, self.part
        if view is None or part is None:
            return
        pid = view.permohonan.id
        if isinstance(part, DataPart) and not view.confirmed:
            if view.permohonan.corrections:
                part.correct()
            else:
                self.act(lambda: self.presenter.confirm(pid), self._confirmed)
        elif isinstance(part, ReviewPart):
            part.seal() if view.stage is Stage.KIRIM else self._finish()
        else:
            following = view.following(part.key)
            if following == "tinjau" and view.stage is Stage.REKAM and view.status.complete:
                self._finish()
            else:
                self._show_part(following)

    def _finish(self) -> None:
        if self.view is not None:
            pid = self.view.permohonan.id
            self.act(lambda: self.presenter.finish(pid), self._finished)

    def _finished(self, view: RecordView) -> None:
        """The recording step is closed: review, the next recording step, or another officer's turn."""
        self.set_view(view)
        if view.stage in (Stage.REKAM, Stage.KIRIM) and self.work.may_act(view.permohonan):
            self._show_part(view.next_part())
        else:
            self.shell.tell("good", "Lanjut ke langkah berikutnya.", bold=f"Perekaman {view.permohonan.nomor_register} selesai.")
            self.leave_session()

    def capture_now(self) -> None:
        """F8."""
        if self.part is not None and self.foot.shoot.isVisible() and self.foot.shoot.isEnabled():
            self.part.capture()

    def repeat_capture(self) -> None:
        """F7."""
        if self.part is not None and self.foot.repeat.isVisible() and self.foot.repeat.isEnabled():
            self.part.repeat()

    def take_as_it_is(self) -> None:
        """The best of all tries counts although it is low."""
        if self.view is not None and self.part is not None:
            pid = self.view.permohonan.id
            low = [s.position for s in self.view.of_part(self.part.key) if s.state == "low"]
            self.act(lambda: self.presenter.force(pid, low), self.set_view)

    # -- the applicant's answers --------------------------------------------------------------------------------------

    def _understood(self) -> None:
        if self.view is not None and self.applicant is not None:
            self.applicant.data(biodata_rows(self.view.permohonan.penduduk))

    def _data_answered(self, wrong: tuple[str, ...]) -> None:
        if self.view is not None and not self.view.confirmed:
            pid = self.view.permohonan.id
            self.act(lambda: self.presenter.confirm(pid, wrong), self._confirmed)

    def _confirmed(self, view: RecordView) -> None:
        self.set_view(view)
        if view.confirmed:
            self._show_soon(view.next_part())
        elif self.applicant is not None:
            self.applicant.wait()
            self._show_part("data")

    def _signed(self, ink: SignatureCapture) -> None:
        part = self.part
        if isinstance(part, SignaturePart):
            part.take(ink)

    def _agreed(self) -> None:
        part = self.part
        if isinstance(part, ReviewPart):
            part.agree()

    def sealed(self, packet: Any) -> None:
        """The packet is durable: say so, thank the applicant, back to the list."""
        assert self.view is not None
        p = self.view.permohonan
        size = f"{packet.size / 1000:.0f} kB".replace(".", ",")
        self.leave_session(thanked=True)
        if self.applicant is not None:
            self.applicant.thanks(p.nomor_register, p.penduduk.nama, "")
        self.shell.tell("good", f"Paket nomor {packet.counter} ({size}) masuk antrean kirim.",
                        bold=f"{p.penduduk.nama} tersegel.")
