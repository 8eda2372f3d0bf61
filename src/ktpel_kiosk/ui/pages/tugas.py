"""Tindak lanjut: what has to be gone after, the calls made, double data decided. Reached from Beranda and Penyerahan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.followups import TaskKind
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.ui.pages.base import Page, footer
from ktpel_kiosk.ui.pages.tugas_mirip import AlikePanel
from ktpel_kiosk.ui.pages.tugas_parts import choices, task_card
from ktpel_kiosk.ui.pages.tugas_status import StatusTaskPanel
from ktpel_kiosk.ui.presenters.tasks import CENTRE, OF_CENTRE, TaskLine, TasksPresenter, TaskView
from ktpel_kiosk.ui.widgets.base import Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, uncheck
from ktpel_kiosk.ui.widgets.extra import Tabs
from ktpel_kiosk.ui.widgets.fields import NoteField, TextField
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

ALL, UNCOLLECTED = "semua", "belum_diambil"


class TugasPage(Page):
    """List at the left, the task at the right. ``opened(which=...)`` chooses the list."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = TasksPresenter(window.session)
        self.view: TaskView | None = None
        self._kind = ALL
        self._chosen = ""
        head = QHBoxLayout()
        head.addWidget(label("Tindak lanjut", "title", weight="bold"), 1)
        self.tabs = Tabs(((ALL, "Semua yang jatuh tempo"), (CENTRE, "Dari pusat"), (UNCOLLECTED, "Belum diambil")), "Daftar")
        self.tabs.choose(ALL)
        self.tabs.chosen.connect(self._tab)
        head.addWidget(self.tabs)
        self.frame.addLayout(head)
        self.list = WorkList("Perlu ditindaklanjuti", "list-checks", "Semua beres", "Tidak ada yang perlu dihubungi atau diputuskan.")
        self.list.chosen.connect(self._choose)
        self.list.setFixedWidth(380)
        self.pages = QStackedWidget()
        self.nothing = EmptyState("list-checks", "Pilih satu tugas di kiri",
                                  "Sebabnya, nomor telepon pemohon, dan yang dapat dilakukan tampil di sini.")
        self.pages.addWidget(self.nothing)
        self.pages.addWidget(self._build())
        self.alike = AlikePanel(self)
        self.pages.addWidget(self.alike)
        self.statuses = StatusTaskPanel(self)
        self.pages.addWidget(self.statuses)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.list)
        line.addWidget(self.pages, 1)
        self.frame.addLayout(line, 1)

    def _build(self) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        made = task_card()
        box, self.title, self.kind = made.box, made.title, made.kind
        self.text = label("", "body", wrap=True)
        self.phone = label("", "title", weight="bold")
        box.addWidget(self.text)
        box.addWidget(self.phone)
        box.addWidget(Line())
        self.calling, self.deciding = self._calling(), self._deciding()
        box.addWidget(self.calling)
        box.addWidget(self.deciding)
        box.addWidget(Line())
        box.addWidget(label("Riwayat panggilan", "small", weight="medium"))
        self._calls = QVBoxLayout()
        self._calls.setSpacing(6)
        box.addLayout(self._calls)
        box.addStretch(1)
        layout.addWidget(made.card, 1)
        self.goto = Button("Buka permohonan", icon="folder-open")
        self.goto.clicked.connect(self._go)
        self.primary = Button("Catat panggilan", "primary", icon="phone", key="F9")
        self.primary.clicked.connect(self._act)
        layout.addLayout(footer([self.goto], [self.primary]))
        return holder

    def _calling(self) -> QWidget:
        self.outcomes = QButtonGroup(self)
        area, box, _ = choices(self.outcomes, self.presenter.outcomes(), lambda: self._ready())
        self.note = TextField("note", "Catatan", placeholder="Mis. akan datang besok pagi", limit=200)
        box.addWidget(self.note)
        return area

    def _deciding(self) -> QWidget:
        self.decisions = QButtonGroup(self)
        area, box, _ = choices(self.decisions, (("lanjut", "NIK benar, lanjutkan"), ("tolak", "Tolak permohonan")), lambda: self._ready())
        self.reason = NoteField("reason", "Hasil penanganan", placeholder="Misalnya: duplikat dihapus pusat tanggal 20 November", lines=2)
        self.reason.changed.connect(self._ready)
        box.addWidget(self.reason)
        return area

    # -- opening ------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        if "which" in args:
            self._kind = str(args["which"])
            self.tabs.choose(self._kind)
        if "task" in args:
            self._kind = ALL
            self.tabs.choose(ALL)
            self._choose(str(args["task"]))
        self.refresh()

    def _tab(self, kind: str) -> None:
        if kind != self._kind:
            self._kind = kind
            self._close()
            self.refresh()

    def refresh(self) -> None:
        kind = self._kind
        self.ask_latest("items", lambda: self.presenter.load("" if kind == ALL else kind), self._listed)

    def _listed(self, lines: tuple[TaskLine, ...]) -> None:
        items = [WorkItem(x.key, x.title, x.detail, x.chip, x.tone) for x in lines]
        if self._chosen and self._chosen not in {i.id for i in items}:
            self._close()
        self.nothing.set_quiet(not items)
        self.list.set_items(items, self._chosen)

    def _close(self) -> None:
        self.view, self._chosen = None, ""
        self.pages.setCurrentIndex(0)

    def _choose(self, key: str) -> None:
        self._chosen = key
        self.ask_latest("view", partial(self.presenter.open, key), self._show)

    def _show(self, view: TaskView | None) -> None:
        if view is None:
            self._close()
            self.refresh()
            return
        fresh = self.view is None or self.view.task.permohonan_id != view.task.permohonan_id or self.view.task.kind != view.task.kind
        self.view = view
        if view.task.kind is TaskKind.JARI_MIRIP:
            self.pages.setCurrentIndex(2)
            self.alike.show_task(view)
            return
        if view.task.kind in OF_CENTRE:
            self.pages.setCurrentIndex(3)
            self.statuses.show_task(view)
            return
        self.pages.setCurrentIndex(1)
        self.title.setText(view.title)
        self.kind.set(word("tugas", view.task.kind), "attention")
        self.text.setText(view.task.text)
        self.phone.setText(view.task.phone or "Nomor HP tidak ditinggalkan")
        self.calling.setVisible(not view.may_decide)
        self.deciding.setVisible(view.may_decide)
        if fresh:
            self._clear()
        clear_layout(self._calls)
        for text in view.calls or ("Belum ada panggilan.",):
            self._calls.addWidget(label(text, "small", tone="muted", wrap=True))
        self._ready()

    def _clear(self) -> None:
        for group in (self.outcomes, self.decisions):
            uncheck(group)
        self.note.set_value("")
        self.reason.set_value("")

    def _ready(self) -> None:
        if self.view is None:
            return
        group = self.decisions if self.view.may_decide else self.outcomes
        self.primary.set_text("Simpan keputusan" if self.view.may_decide else "Catat panggilan")
        ready = group.checkedButton() is not None and (not self.view.may_decide or bool(self.reason.value()))
        self.primary.setEnabled(ready and not self.busy)

    def show_busy(self, on: bool) -> None:
        self._ready()
        self.alike.ready()
        self.statuses.ready()

    def settled(self, text: str, bold: str) -> None:
        """The finding was decided: back to the list."""
        self.shell.tell("good", text, bold=bold)
        self._close()
        self.refresh()

    def press(self, key: str) -> bool:
        """F9 belongs to the panel that is shown; those with a button of their own press it."""
        shown = self.pages.currentWidget()
        if key == "F9" and isinstance(shown, AlikePanel | StatusTaskPanel):
            if shown.primary.isEnabled():
                shown.primary.click()
            return True
        return super().press(key)

    # -- acting -------------------------------------------------------------------------------------------------------

    def _act(self) -> None:
        view = self.view
        chosen = (self.decisions if view is not None and view.may_decide else self.outcomes).checkedButton()
        if view is None or chosen is None:
            return
        value = str(chosen.value)  # type: ignore[attr-defined]
        task, note, reason = view.task, self.note.value(), self.reason.value()
        if view.may_decide:
            self.act(lambda: self.presenter.decide(task.permohonan_id, value, reason), self._decided)
        else:
            self.act(lambda: self.presenter.log_call(task, value, note), lambda _r: self._logged(value))

    def _logged(self, outcome: str) -> None:
        self.shell.tell("good", f"Panggilan tercatat: {word('panggilan', outcome).lower()}.")
        key = self._chosen
        self._clear()
        self._choose(key)
        self.refresh()

    def _decided(self, p: Permohonan) -> None:
        how = "dilanjutkan dari langkah semula" if p.keadaan == "berjalan" else "ditolak; lembar penolakan tersimpan"
        self.shell.tell("good", f"{p.nomor_register} {how}.", bold="Data ganda diputuskan.")
        self._close()
        self.refresh()

    def _go(self) -> None:
        if self.view is not None:
            self.shell.go(self.view.page, id=self.view.task.permohonan_id)
