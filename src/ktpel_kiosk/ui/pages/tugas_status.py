"""A task that a status of the centre made: what it means, what to tell the applicant, and the acts that settle it, done from here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from ktpel_kiosk.desk.followups import TaskKind
from ktpel_kiosk.ui.pages.base import footer
from ktpel_kiosk.ui.pages.tugas_parts import choices, task_card
from ktpel_kiosk.ui.presenters.statuses import Explained, SaidRow, StatusPresenter, StatusView
from ktpel_kiosk.ui.presenters.tasks import TaskView
from ktpel_kiosk.ui.widgets.base import Line, label
from ktpel_kiosk.ui.widgets.buttons import Button, uncheck
from ktpel_kiosk.ui.widgets.explain import StatusHistory, StatusText
from ktpel_kiosk.ui.widgets.extra import chosen_value
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.tugas import TugasPage

ASKED = "ditanyakan"
ACTS: tuple[tuple[str, str], ...] = (
    ("kirim_ulang", "Kirim ulang"), ("rekam_ulang", "Rekam ulang"), (ASKED, "Sudah ditanyakan ke Disdukcapil"))
OWN_WORDS = (TaskKind.DITARIK_PUSAT, TaskKind.SFE_LAMA, TaskKind.BELUM_DIPROSES, TaskKind.TANPA_KABAR)
"""Tasks that say more than the explanation of their status."""
WHAT = {
    "": "Pilih yang Anda lakukan. Bila status di SIAK sudah berubah, catat di permohonannya.",
    "kirim_ulang": "Rekaman yang sama disegel sebagai paket baru dan masuk antrean. Pemohon tidak perlu datang.",
    "rekam_ulang": "Tahap perekaman dibuka lagi dan pemohon harus datang. Paket lama tetap tersimpan.",
    ASKED: "Tugas ini disembunyikan tiga hari, lalu muncul lagi bila statusnya belum berubah.",
}


class StatusTaskPanel(QWidget):
    """Right side of Tindak lanjut for one such task."""

    def __init__(self, page: TugasPage) -> None:
        super().__init__()
        self.page, self.presenter = page, StatusPresenter(page.presenter.session)
        self._task: TaskView | None = None
        frame = QVBoxLayout(self)
        frame.setContentsMargins(0, 0, 0, 0)
        frame.setSpacing(16)
        made = task_card()
        box, self.title, self.kind = made.box, made.title, made.kind
        self.text = label("", "body", weight="medium", wrap=True)
        self.phone = label("", "body", tone="muted")
        self.status, self.history = StatusText(), StatusHistory()
        self.said = (Line(), self.status)
        self.told = (Line(), label("Riwayat", "small", weight="medium"), self.history)
        for part in (self.text, self.phone, *self.said, Line(), self._acting(), *self.told):
            box.addWidget(part)
        box.addStretch(1)
        frame.addWidget(made.card, 1)
        self.goto = Button("Buka permohonan", icon="folder-open")
        self.goto.clicked.connect(self._go)
        self.primary = Button("Simpan", "primary", icon="check", key="F9")
        self.primary.clicked.connect(self._act)
        frame.addLayout(footer([self.goto], [self.primary]))

    def _acting(self) -> QWidget:
        self.acts = QButtonGroup(self)
        area, box, self.chips = choices(self.acts, ACTS, lambda: self.ready())
        self.what = label("", "small", tone="muted", wrap=True)
        box.addWidget(self.what)
        self.reason = NoteField("alasan", "Alasan atau hasil pertanyaan", placeholder="Misalnya: Disdukcapil meminta kirim ulang", lines=2)
        self.reason.changed.connect(self.ready)
        box.addWidget(self.reason)
        return area

    def show_task(self, view: TaskView) -> None:
        task = view.task
        fresh = self._task is None or self._task.task.permohonan_id != task.permohonan_id or self._task.task.kind != task.kind
        self._task = view
        self.title.setText(view.title)
        self.kind.set(word("tugas", task.kind), task.tone or "attention")
        self.text.setText(task.text)
        self.text.setVisible(task.kind in OWN_WORDS)
        self.phone.setText(f"HP pemohon {task.phone}" if task.phone else "Nomor HP tidak ditinggalkan")
        if fresh:
            uncheck(self.acts)
            self.reason.set_value("")
            self._tell(None)
            for value in ("kirim_ulang", "rekam_ulang"):
                self.chips[value].hide()
        self.ready()
        self.page.ask_latest("status", partial(self.presenter.open, task.permohonan_id), self._show)

    def _show(self, view: StatusView) -> None:
        self._tell(view.now, view.since, view.history)
        for value in ("kirim_ulang", "rekam_ulang"):
            self.chips[value].setVisible(value in view.acts)

    def _tell(self, now: Explained | None, since: str = "", rows: tuple[SaidRow, ...] = ()) -> None:
        self.status.show_status(now, since)
        self.history.show_rows(rows)
        for part in self.said:
            part.setVisible(now is not None)
        for below in self.told:
            below.setVisible(bool(rows))

    def ready(self) -> None:
        chosen = chosen_value(self.acts)
        self.what.setText(WHAT[chosen])
        self.primary.set_text(dict(ACTS).get(chosen, "Simpan") if chosen != ASKED else "Catat pertanyaan")
        self.primary.setEnabled(bool(chosen) and bool(self.reason.value()) and not self.page.busy)

    def _act(self) -> None:
        chosen, reason = chosen_value(self.acts), self.reason.value()
        if self._task is None or not chosen:
            return
        pid, who = self._task.task.permohonan_id, self._task.task.nomor or self._task.task.nama
        work = {"kirim_ulang": self.presenter.send_again, "rekam_ulang": self.presenter.record_again, ASKED: self.presenter.asked}[chosen]
        told = {
            "kirim_ulang": ("Paket baru masuk antrean.", f"{who} dikirim ulang."),
            "rekam_ulang": ("Panggil pemohon; perekaman terbuka lagi.", f"{who} direkam ulang."),
            ASKED: ("Muncul lagi tiga hari lagi bila status belum berubah.", "Pertanyaan tercatat."),
        }[chosen]
        self.page.act(lambda: work(pid, reason), lambda _r: self.page.settled(*told))

    def _go(self) -> None:
        if self._task is not None:
            self.page.shell.go("register", id=self._task.task.permohonan_id)
