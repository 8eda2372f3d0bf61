"""Perekaman: one applicant's session from the data check to the sealed packet."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind, DeviceState
from ktpel_kiosk.ui import decoded, icons
from ktpel_kiosk.ui.pages.base import ApplicationHead, Page, footer
from ktpel_kiosk.ui.pages.rekam_fingers import FingersPart
from ktpel_kiosk.ui.pages.rekam_iris import IrisPart
from ktpel_kiosk.ui.pages.rekam_part import Part
from ktpel_kiosk.ui.pages.rekam_photo import PhotoPart
from ktpel_kiosk.ui.pages.rekam_refused import KeepPanel
from ktpel_kiosk.ui.pages.rekam_review import DataPart, ExceptionPanel
from ktpel_kiosk.ui.pages.rekam_seal import ReviewPart
from ktpel_kiosk.ui.pages.rekam_signature import SignaturePart
from ktpel_kiosk.ui.presenters.recording import PART_TITLES, RecordingPresenter, RecordView, Rejected
from ktpel_kiosk.ui.presenters.work import WorkPresenter, biodata_rows
from ktpel_kiosk.ui.widgets.base import elided, text_width
from ktpel_kiosk.ui.widgets.buttons import Button, Pressable
from ktpel_kiosk.ui.widgets.decisions import pause_menu
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.applicant_window import ApplicantWindow
    from ktpel_kiosk.ui.operator_window import OperatorWindow

PART_ICONS = {"data": "user", "foto": "camera", "jari": "fingerprint-pattern", "iris": "eye", "tanda_tangan": "pen-line",
              "tinjau": "shield-check"}


ROOMY = 1.4
"""From this text size on the buttons say only what is needed."""
TIGHT_BELOW = 560
"""Height of the page in design pixels under which the step bar gives its room to the work; the clock above stays."""


class PartTab(Pressable):
    """A tab of the session: icon, word, tick when done."""

    ROLE = "PageTab"

    def __init__(self, key: str) -> None:
        super().__init__(PART_TITLES[key])
        self.key, self.done, self.count = key, False, ""
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_state(self, done: bool, count: str) -> None:
        self.done, self.count = done, count
        self.setAccessibleName(f"{self.text()}{', selesai' if done else ''} {count}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(90), max(48, self.theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("accent" if on else "line"), 2 if on else 1))
        painter.setBrush(theme.color("accent_soft" if on else "surface"))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("control"), theme.radius("control"))
        font = theme.font("row", 600)
        text = f"{self.text()} {self.count}".strip()
        side = theme.px(18)
        if text_width(font, text) + side + theme.px(20) > self.width():
            text = elided(font, self.text(), self.width() - side - theme.px(20))
        x = max(theme.px(6), (self.width() - side - theme.px(8) - text_width(font, text)) / 2)
        ink = theme.color("good" if self.done and not on else "accent" if on else "muted")
        icons.draw(painter, "circle-check" if self.done else PART_ICONS[self.key], ink, x, (self.height() - side) / 2, side)
        painter.setFont(font)
        painter.setPen(theme.color("accent" if on else "ink"))
        painter.drawText(QRectF(x + side + theme.px(8), 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        self.ring(painter, QRectF(self.rect()), theme.px(10), theme)


def decode_view(view: RecordView) -> None:
    """The pictures a session shows at once; on a worker."""
    decoded.decode((*view.best.values(), *view.faces))


class PerekamanPage(Page):
    """List of applicants waiting, then the session. Parts may be done in any order; a missing device blocks nothing else."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = RecordingPresenter(window.session)
        self.presenter.loaded = decode_view
        self.work = WorkPresenter(window.session, Stage.REKAM, Stage.KIRIM)
        self.view: RecordView | None = None
        self._searched: tuple[str, ...] = ()
        self.part: Part | None = None
        self.frame.setSpacing(12)
        self.frame.setContentsMargins(24, 20, 24, 16)
        self.list = WorkList("Menunggu perekaman", "scan-face", "Tidak ada yang menunggu", "Permohonan yang disetujui tampil di sini.")
        self.list.view.clicked.connect(lambda _i: self.open_application(self.list.current()))
        self.list.view.activated.connect(lambda _i: self.open_application(self.list.current()))
        self.pages = QStackedWidget()
        self.pages.addWidget(self.list)
        self.pages.addWidget(self._session())
        self.frame.addWidget(self.pages, 1)
        self.keys = {"F6": lambda: self.ask_exception(None), "F7": self._repeat, "F8": self._capture}
        window.bridge.device_changed.connect(self._device_changed)
        applicant = self.applicant
        if applicant is not None:
            applicant.understood.connect(self._understood)
            applicant.data_answered.connect(self._data_answered)
            applicant.signed.connect(self._signed)
            applicant.agreed.connect(self._agreed)

    @property
    def applicant(self) -> ApplicantWindow | None:
        return self.shell.applicant

    def _session(self) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
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
        self.parts: dict[str, Part] = {p.key: p for p in (DataPart(self), PhotoPart(self), FingersPart(self), IrisPart(self),
                                                         SignaturePart(self), ReviewPart(self))}
        self.alike = NoticeBar()
        layout.addWidget(self.alike)
        self.stack = QStackedWidget()
        for part in self.parts.values():
            self.stack.addWidget(part)
        self.exception = ExceptionPanel(self)
        self.stack.addWidget(self.exception)
        self.keeping = KeepPanel(self)
        self.stack.addWidget(self.keeping)
        layout.addWidget(self.stack, 1)
        self.except_button = Button("Pengecualian", icon="hand", key="F6")
        self.except_button.clicked.connect(lambda: self.ask_exception(None))
        self.repeat = Button("Ulangi", icon="rotate-ccw", key="F7")
        self.repeat.clicked.connect(self._repeat)
        self.force = Button("Terima apa adanya", "danger")
        self.force.clicked.connect(self._force)
        self.cancel = Button("Batal", key="Esc")
        self.cancel.clicked.connect(lambda: self.close_panel())
        self.cancel.hide()
        self.put_off = Button("Simpan & tunda")
        self.put_off.setToolTip("Setiap hasil sudah tersimpan; waktu dijeda dengan alasan")
        self.put_off.clicked.connect(lambda: pause_menu(self.put_off, self._put_off))
        self.shoot = Button("Ambil", icon="camera", key="F8")
        self.shoot.clicked.connect(self._capture)
        self.primary = Button("Lanjut", "primary", key="F9")
        self.primary.clicked.connect(self._primary)
        layout.addLayout(footer([self.except_button, self.repeat, self.force], [self.put_off, self.shoot, self.cancel, self.primary]))
        return holder

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

        def work() -> tuple[RecordView, str]:
            paused = self.work.paused(pid)
            self.work.open(pid)
            return self.presenter.load(pid), paused

        self.ask_latest("open", work, lambda result: self._opened(*result, part))

    def _opened(self, view: RecordView, paused: str, part: str = "") -> None:
        if view.stage not in (Stage.REKAM, Stage.KIRIM):
            self.shell.go("register", text=view.permohonan.nomor_register)
            return
        review, data = self.parts["tinjau"], self.parts["data"]
        assert isinstance(review, ReviewPart)
        assert isinstance(data, DataPart)
        review.reset()
        data.show_to_applicant = True
        self.pages.setCurrentIndex(1)
        self.set_view(view)
        self._show_part(part if part in view.parts() else view.next_part())
        if paused and self.work.may_act(view.permohonan):
            self.shell.tell("info", f"Tadi dijeda: {paused}. Waktu berjalan lagi; yang sudah direkam masih tersimpan.",
                            bold=f"{view.permohonan.nomor_register} dilanjutkan.")

    def _put_off(self, reason: str) -> None:
        if self.view is not None:
            pid = self.view.permohonan.id
            self.act(lambda: self.work.put_off(pid, reason), self._waits)

    def _waits(self, p: Permohonan) -> None:
        tahap = p.current()
        self.leave_session()
        self.shell.tell("info", f"Waktu dijeda: {word('jeda', tahap.pause_reason if tahap else 'ditunda')}. Buka lagi untuk melanjutkan.",
                        bold=f"{p.nomor_register} ditunda.")

    def back(self) -> bool:
        if self.stack.currentWidget() in (self.exception, self.keeping):
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

    def leave_session(self) -> None:
        """Back to the list; everything captured stays."""
        if self.part is not None:
            self.part.leave()
        self.part, self.view = None, None
        decoded.forget()
        self.pages.setCurrentIndex(0)
        if self.applicant is not None:
            self.applicant.idle()
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
        for key in present:
            self.parts[key].show_view(view)
        self._show_alike(view)
        self._look_for_doubles(view)
        self.buttons()

    def _look_for_doubles(self, view: RecordView) -> None:
        """In the background, once for each set of fingers; the session does not wait for it."""
        key, pid = view.fingers_key(), view.permohonan.id
        if key and key != self._searched:
            self._searched = key
            self.ask(lambda: self.presenter.search_doubles(pid, lambda: not self._is_open(pid)), self._looked, lambda _e: None)

    def _is_open(self, pid: str) -> bool:
        return self.view is not None and self.view.permohonan.id == pid

    def _looked(self, view: RecordView | None) -> None:
        if view is not None and self.view is not None and self._is_open(view.permohonan.id):
            self.set_view(replace(self.view, alike=view.alike))

    def _show_alike(self, view: RecordView) -> None:
        check = view.alike
        if check is None or not check.open:
            self.alike.dismiss()
            return
        key = f"jari_mirip:{view.permohonan.id}"
        self.alike.show_text("attention", "Pemohon tetap dilayani. Bandingkan kedua data bila sempat, sebelum disegel.",
                             bold="Sidik jari mirip dengan rekaman lain di kantor ini.", action="Bandingkan",
                             act=lambda: self.shell.go("tugas", task=key))

    def _tab(self, key: str, _on: bool = True) -> None:
        self._show_part(key)

    def _show_part(self, key: str) -> None:
        if self.part is not None and (self.part.key != key or not self.isVisible()):
            self.part.leave()
        changed = self.part is None or self.part.key != key
        self.part = self.parts[key]
        for name, tab in self.tabs.items():
            tab.setChecked(name == key)
        self.stack.setCurrentWidget(self.part)
        if self.view is not None:
            self.part.show_view(self.view)
        if changed or self.isVisible():
            self.part.enter()
        self.buttons()

    def buttons(self) -> None:
        """What can be pressed now, and the words on it."""
        view, part = self.view, self.part
        if view is None or part is None or self.stack.currentWidget() in (self.exception, self.keeping):
            return
        device = part.key not in ("data", "tinjau")
        recording = view.stage is Stage.REKAM
        low = [s for s in view.of_part(part.key) if s.state == "low"] if device else []
        self.put_off.setVisible(self.work.may_act(view.permohonan))
        large = self.shell.theme.scale >= ROOMY
        tight = large and self.height() / self.shell.theme.scale < TIGHT_BELOW
        self.head.bar.setVisible(not tight)
        part.set_tight(tight)
        self.put_off.set_text("Tunda" if large else "Simpan & tunda")
        for button, icon in ((self.repeat, "rotate-ccw"), (self.shoot, "camera"), (self.except_button, "hand")):
            button.icon_name = "" if large else icon
            button.updateGeometry()
        self.shoot.setVisible(device and recording)
        self.shoot.set_text(part.capture_word or "Ambil")
        self.shoot.setEnabled(not part.capturing and view.confirmed and (part.key == "foto" or not view.part_done(part.key)))
        self.repeat.setVisible(device and recording)
        tried = part.asks() or any(s.attempts for s in view.of_part(part.key))
        self.repeat.setEnabled(not part.capturing and view.confirmed and tried)
        self.except_button.setVisible(recording and part.key in ("jari", "iris", "tanda_tangan"))
        self.force.setVisible(bool(low) and all(s.tries_left == 0 for s in low))
        self.primary.set_text(self._primary_word(view, part))
        self.primary.setEnabled(not self.busy and not part.capturing and self._primary_ready(view, part))

    def _primary_word(self, view: RecordView, part: Part) -> str:
        if part.key == "data" and not view.confirmed:
            return "Simpan perbaikan" if view.permohonan.corrections else "Pemohon membenarkan"
        if part.key == "tinjau":
            return "Sahkan & segel" if view.stage is Stage.KIRIM else "Selesai merekam"
        following = self._following(view, part.key)
        return f"Lanjut: {PART_TITLES[following]}"

    def _primary_ready(self, view: RecordView, part: Part) -> bool:
        if part.key == "tinjau":
            return view.applicant_agreed if view.stage is Stage.KIRIM else view.status.complete
        return part.key == "data" or view.part_done(part.key)

    def _following(self, view: RecordView, key: str) -> str:
        order = view.parts()
        rest = order[order.index(key) + 1:] if key in order else ()
        return next((p for p in rest if not view.part_done(p)), "tinjau")

    def show_busy(self, on: bool) -> None:
        self.buttons()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "put_off"):
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

    def _primary(self) -> None:
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
            following = self._following(view, part.key)
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

    def _capture(self) -> None:
        if self.part is not None and self.shoot.isVisible() and self.shoot.isEnabled():
            self.part.capture()

    def _repeat(self) -> None:
        if self.part is not None and self.repeat.isVisible() and self.repeat.isEnabled():
            self.part.repeat()

    def _force(self) -> None:
        if self.view is not None and self.part is not None:
            pid = self.view.permohonan.id
            low = [s.position for s in self.view.of_part(self.part.key) if s.state == "low"]
            self.act(lambda: self.presenter.force(pid, low), self.set_view)

    def ask_exception(self, position: Position | None) -> None:
        """Open the exception panel for a finger, an eye or the signature."""
        if self.view is None or self.part is None or not self.except_button.isVisible():
            return
        missing = [s.position for s in self.view.of_part(self.part.key) if not s.done]
        default = {"jari": Position.RIGHT_THUMB, "iris": Position.RIGHT_EYE}.get(self.part.key, Position.SIGNATURE)
        self.exception.ask(position or self.part.excusable() or (missing[0] if missing else default))
        self._open_panel(self.exception, "Simpan pengecualian")

    def ask_keep(self, rejected: Rejected | None) -> None:
        """A second officer is asked to let a refused capture count."""
        if self.view is not None and rejected is not None:
            self.keeping.ask(rejected)
            self._open_panel(self.keeping, "Pakai hasil ini")

    def _open_panel(self, panel: ExceptionPanel | KeepPanel, act: str) -> None:
        self.stack.setCurrentWidget(panel)
        for button in (self.except_button, self.repeat, self.force, self.put_off, self.shoot):
            button.hide()
        self.cancel.show()
        self.primary.set_text(act)
        self.primary.setEnabled(True)
        self.primary.clicked.disconnect()
        self.primary.clicked.connect(panel.save)

    def close_panel(self, *, settled: bool = False) -> None:
        """Back to the part; ``settled``: what the panel was about is done."""
        self.primary.clicked.disconnect()
        self.primary.clicked.connect(self._primary)
        self.cancel.hide()
        if self.part is not None:
            if settled:
                self.part.forget_refused()
            self.stack.setCurrentWidget(self.part)
        self.buttons()

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
            self._show_part(view.next_part())
        elif self.applicant is not None:
            self.applicant.wait()
            self._show_part("data")

    def _signed(self, ink: object) -> None:
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
        self.leave_session()
        if self.applicant is not None:
            self.applicant.thanks(p.nomor_register, p.penduduk.nama, "")
        self.shell.tell("good", f"Paket nomor {packet.counter} ({size}) masuk antrean kirim.",
                        bold=f"{p.penduduk.nama} tersegel.")
