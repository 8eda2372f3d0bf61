"""Follow-ups in the words of the screens: the list, one task with its calls, the call logged, double data decided. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import followups, intake
from ktpel_kiosk.desk.followups import OUTCOMES, Task, TaskKind
from ktpel_kiosk.desk.status_tasks import StatusTask
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.ui.presenters.board import PAGE_OF_STAGE
from ktpel_kiosk.ui.presenters.session import Session, brief, number_short
from ktpel_kiosk.ui.words import word

OF_CENTRE: frozenset[str] = frozenset(StatusTask)
"""Kinds that a status of the centre made."""
CENTRE = "pusat"
"""Name of the list of these kinds, double data among them."""
TONES: dict[TaskKind, str] = {
    TaskKind.LEWAT_WAKTU: "trouble", TaskKind.DATA_GANDA: "trouble", TaskKind.JARI_MIRIP: "attention",
    TaskKind.ULANG_TAHUN: "good", TaskKind.BELUM_DIAMBIL: "attention",
    TaskKind.DIKEMBALIKAN: "neutral",
}


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One row of the list: key (kind and application), title, detail, chip and tone."""

    key: str
    title: str
    detail: str
    chip: str
    tone: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task opened. ``page`` is where the application is worked on; ``may_decide``: this officer may settle double data."""

    task: Task
    title: str
    calls: tuple[str, ...]
    page: str
    may_decide: bool


class TasksPresenter:
    """Methods touch the register: call them on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self, kind: str = "") -> tuple[TaskLine, ...]:
        """Everything due; ``belum_diambil`` alone shows every card that waits, from the first day on."""
        desk = self.session.desk
        found = followups.uncollected(desk) if kind == TaskKind.BELUM_DIAMBIL else followups.tasks(desk)
        if kind == CENTRE:
            return tuple(self._line(t) for t in found if t.kind in OF_CENTRE or t.kind is TaskKind.DATA_GANDA)
        return tuple(self._line(t) for t in found if not kind or t.kind == kind)

    def _line(self, t: Task) -> TaskLine:
        age = brief((self.session.now() - t.since).total_seconds())
        calls = f" · {t.calls} panggilan" if t.calls else ""
        return TaskLine(f"{t.kind}:{t.permohonan_id}", t.nama, f"{number_short(t.nomor) or 'belum bernomor'} · {age}{calls}",
                        word("tugas", t.kind), t.tone or TONES[t.kind])

    def open(self, key: str) -> TaskView | None:
        """``None`` when it was settled meanwhile."""
        kind, _, pid = key.partition(":")
        desk = self.session.desk
        due = (*followups.tasks(desk), *(followups.uncollected(desk) if kind == TaskKind.BELUM_DIAMBIL else ()))
        task = next((t for t in due if t.kind == kind and t.permohonan_id == pid), None)
        if task is None:
            return None
        p = desk.register.read(lambda v: v.permohonan(pid))
        tahap = p.current()
        page = "loket" if task.kind is TaskKind.DIKEMBALIKAN else PAGE_OF_STAGE.get(tahap.stage, "register") if tahap else "register"
        lines = tuple(
            f"{self.session.when(c.at)} · {word('panggilan', c.outcome)} · {c.officer}" + (f" · {c.note}" if c.note else "")
            for c in followups.contacts(desk, pid)
        )
        may = bool(self.session.actor.peran & PERMISSIONS["resolve_duplicate"])
        return TaskView(task, f"{task.nomor or 'Belum bernomor'} · {task.nama}", lines, page, may and task.kind is TaskKind.DATA_GANDA)

    def outcomes(self) -> tuple[tuple[str, str], ...]:
        return tuple((o, word("panggilan", o)) for o in OUTCOMES)

    def log_call(self, task: Task, outcome: str, note: str) -> None:
        purpose = {TaskKind.LEWAT_WAKTU: "lewat_waktu", TaskKind.BELUM_DIAMBIL: "kartu_siap"}.get(task.kind, "lain")
        followups.log_contact(self.session.desk, self.session.actor, task.permohonan_id, purpose, outcome, note)

    def decide(self, permohonan_id: str, decision: str, reason: str) -> Permohonan:
        return intake.resolve_duplicate(self.session.desk, self.session.actor, permohonan_id, decision, reason)
