"""What the screens ask: the board of the day, the queue, one application with its step bar. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.permohonan import DONE_STATES, Keadaan, Permohonan, Tahap, TahapState
from ktpel_kiosk.domain.sop import Langkah, Stage
from ktpel_kiosk.ports.register import Approval, Handover, ListItem, Query, ScannedDocument, View

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.approval import ApprovalState
    from ktpel_kiosk.domain.cards import BlangkoBalance
    from ktpel_kiosk.domain.outbox import Packet

COLUMNS: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    ("Berkas", (Stage.TERIMA_BERKAS, Stage.AGENDA_REGISTER)),
    ("Periksa & validasi", (Stage.VERIFIKASI, Stage.VALIDASI)),
    ("Rekam", (Stage.REKAM, Stage.KIRIM)),
    ("Menunggu PRR", (Stage.MENUNGGU_PRR,)),
    ("Siap cetak", (Stage.CEK_CETAK, Stage.CETAK_ENCODE)),
    ("Siap diambil", (Stage.AKTIVASI, Stage.SERAH_LOKET, Stage.SERAH_PEMOHON, Stage.TERBIT_SURAT, Stage.SERAH_SURAT)),
)
"""Columns of the board and the stages under each; a column none of whose stages the SOP has, and nobody stands at, is left out."""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    title: str
    count: int
    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Beranda: columns, and the four figures."""

    columns: tuple[BoardColumn, ...]
    today: int
    finished: int
    within_limit: int
    unsent: int
    oldest_unsent: datetime | None
    blangko: BlangkoBalance


def board(desk: Desk, day_start: datetime, per_column: int = 20) -> Board:
    """The board as of now; ``day_start`` is the local midnight in UTC.

    Stages come from the SOP in force and from whoever is still under way: an application begun before an adoption finishes under
    its own version and stays in sight at stages the new one no longer has.
    """
    have = {s for step in desk.sop.langkah for s in step.stages}

    def gather(view: View) -> Board:
        counts = view.counts_by_stage()
        columns = [(title, tuple(s for s in stages if s in have or counts.get(s))) for title, stages in COLUMNS]
        made = tuple(
            BoardColumn(title, sum(counts.get(s, 0) for s in stages), tuple(view.list(Query(
                keadaan=(Keadaan.BERJALAN,), stages=stages, limit=per_column, newest_first=False))))
            for title, stages in columns if stages
        )
        done = view.list(Query(keadaan=(Keadaan.SELESAI,), since=day_start, limit=500))
        return Board(
            columns=made, today=view.count(Query(since=day_start)), finished=len(done),
            within_limit=sum(1 for i in done if i.limit_s is None or i.active_s <= i.limit_s), unsent=view.unsent_count(),
            oldest_unsent=view.unsent_oldest(), blangko=view.blangko_balance(),
        )

    return desk.register.read(gather)


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the step bar: a printed step with the time used by all its stages."""

    langkah: Langkah
    state: str  # belum | aktif | jeda | selesai | dilewati
    used_s: float
    paused_s: float
    pause_reason: str

    @property
    def share(self) -> float:
        """Used part of the mutu baku; 0 where there is none. Amber from 0.8, red above 1."""
        return self.used_s / self.langkah.limit_s if self.langkah.limit_s else 0.0


def steps(desk: Desk, p: Permohonan, now: datetime) -> tuple[StepView, ...]:
    """The step bar of this application, from the SOP it began with."""
    return tuple(_step(step, [t for t in p.tahap if t.nomor == step.nomor], now) for step in desk.sop_of(p.sop_digest).langkah)


def _step(step: Langkah, parts: Sequence[Tahap], now: datetime) -> StepView:
    if all(t.state is TahapState.DILEWATI for t in parts):
        state = "dilewati"
    elif all(t.state in DONE_STATES for t in parts):
        state = "selesai"
    else:
        current = next(t for t in parts if t.state not in DONE_STATES)
        state = "jeda" if current.state is TahapState.JEDA else "aktif" if current.state is TahapState.AKTIF or current is not parts[0] \
            else "belum"
    reason = next((t.pause_reason for t in parts if t.state is TahapState.JEDA), "")
    return StepView(step, state, sum(t.active_now_s(now) for t in parts), sum(t.paused_now_s(now) for t in parts), reason)


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything of one application for a page."""

    permohonan: Permohonan
    steps: tuple[StepView, ...]
    documents: tuple[ScannedDocument, ...]
    approvals: tuple[Approval, ...]
    packet: Packet | None
    handover: Handover | None
    states: Mapping[str, ApprovalState] = field(default_factory=dict)
    renewal: Tahap | None = None


def dossier(desk: Desk, permohonan_id: str, *, check: bool = False) -> Dossier:
    """One application. ``check``: also verify its approvals (``states`` by approval id) and whether a paraf has to be renewed."""
    from ktpel_kiosk.desk.approvals import state_of  # not at the top: the first picture of the window needs neither of them
    from ktpel_kiosk.desk.verification import renewal_due

    now = desk.clock.now()

    def gather(view: View) -> Dossier:
        p = view.permohonan(permohonan_id)
        given = tuple(view.approvals(p.id))
        return Dossier(p, steps(desk, p, now), tuple(view.documents(p.id, with_data=False)), given, view.packet_of(p.id),
                       view.handover(p.id), {a.id: state_of(desk, view, a, p) for a in given} if check else {},
                       renewal_due(view, p) if check else None)

    return desk.register.read(gather)


def search(desk: Desk, query: Query) -> tuple[int, tuple[ListItem, ...]]:
    """Count and one page of matches."""
    return desk.register.read(lambda v: (v.count(query), tuple(v.list(query))))


def page(desk: Desk, query: Query) -> tuple[ListItem, ...]:
    """One page of matches, uncounted (the next ones of a list that was counted with its first)."""
    return desk.register.read(lambda v: tuple(v.list(query)))


def at_stages(desk: Desk, *stages: Stage, limit: int = 200) -> tuple[ListItem, ...]:
    """Running applications at these stages, oldest first (work lists of the pages)."""
    return desk.register.read(lambda v: tuple(v.list(Query(
        keadaan=(Keadaan.BERJALAN,), stages=stages, limit=limit, newest_first=False))))


def find_scanned(desk: Desk, code: str) -> Permohonan | None:
    """The application a scanned QR or typed number names; a return slip without a number carries the application's own id."""
    def look(view: View) -> Permohonan | None:
        wanted = code.strip()
        try:
            return view.by_number(wanted) or view.permohonan(wanted)
        except NotFound:
            return None

    return desk.register.read(look)
