"""The application (Permohonan): its papers, its way through the SOP, its state.

A Permohonan is immutable; every act makes a new value. Progress is one :class:`Tahap` per (step, stage) pair of
the SOP version it began with, in SOP order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from ktpel_kiosk.domain.errors import SopViolation
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import WAITING_STAGES, Layanan, Sop, Stage


class Keadaan(StrEnum):
    """Overall state. Where exactly it stands is :meth:`Permohonan.current`."""

    DRAF = "draf"
    BERJALAN = "berjalan"
    DIKEMBALIKAN = "dikembalikan"
    DITOLAK = "ditolak"
    GANDA = "ganda"
    MENUNGGU_USIA = "menunggu_usia"
    SELESAI = "selesai"
    BATAL = "batal"


OPEN_STATES: frozenset[Keadaan] = frozenset({
    Keadaan.DRAF, Keadaan.BERJALAN, Keadaan.DIKEMBALIKAN, Keadaan.GANDA, Keadaan.MENUNGGU_USIA,
})


class TahapState(StrEnum):
    BELUM = "belum"
    AKTIF = "aktif"
    JEDA = "jeda"
    SELESAI = "selesai"
    DILEWATI = "dilewati"


DONE_STATES: frozenset[TahapState] = frozenset({TahapState.SELESAI, TahapState.DILEWATI})

PAUSE_REASONS: tuple[str, ...] = (
    "menunggu_prr", "jaringan", "listrik", "perangkat", "blangko_kosong", "pemohon_tidak_hadir", "menunggu_usia",
    "data_ganda_di_pusat", "libur", "ditunda", "berkas_dikembalikan", "data_ganda",
)
RETURN_REASONS: tuple[str, ...] = (
    "berkas_tidak_lengkap", "berkas_tidak_benar", "data_invalid", "data_ganda", "bukan_ybs", "usia_belum_cukup",
    "di_luar_jam", "sudah_rekam", "lain",
)


@dataclass(frozen=True, slots=True)
class Tahap:
    """One (printed step, canonical stage) of this application, with its clock.

    ``active_s`` is finished active time; while AKTIF the running part is ``now - running_since``.
    """

    index: int
    nomor: int
    stage: Stage
    state: TahapState = TahapState.BELUM
    started_at: datetime | None = None
    finished_at: datetime | None = None
    running_since: datetime | None = None
    active_s: float = 0.0
    paused_s: float = 0.0
    paused_since: datetime | None = None
    pause_reason: str = ""
    outcome: str = ""
    actor: str = ""
    role: str = ""
    note: str = ""

    def active_now_s(self, now: datetime) -> float:
        running = (now - self.running_since).total_seconds() if self.running_since else 0.0
        return self.active_s + max(0.0, running)

    def paused_now_s(self, now: datetime) -> float:
        paused = (now - self.paused_since).total_seconds() if self.paused_since else 0.0
        return self.paused_s + max(0.0, paused)


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One paper asked for: present or not, scanned document id when there is one."""

    kode: str
    teks: str
    wajib: bool
    ada: bool = False
    document_id: str = ""
    catatan: str = ""


@dataclass(frozen=True, slots=True)
class Warning_:
    """A recorded contradiction that did not refuse anything (rule name such as ``N07`` and sentence)."""

    rule: str
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Permohonan:
    """One application.

    Attributes:
        id: UUIDv7 text. ``nomor_register`` is empty until the agenda stage gave one; never reused.
        sop_digest: the SOP version it began with and finishes under.
        corrections: field names the applicant pointed at as wrong and that are still open.
        mobile_place: where a jemput bola recording takes place; empty at the office.
        varian: kind within a service (luar domisili: ``rekam``, ``hilang``, ``rusak``; pindah: ``nkri``, ``ln``); empty = the usual one.
        sudah_rekam: why the person counts as recorded already (``register``, ``daftar``, ``siak``, ``kartu``); empty: not known to be.
        version: grows by one with every stored change (optimistic lock).
    """

    id: str
    layanan: Layanan
    penduduk: Penduduk
    sop_id: str
    sop_digest: str
    keadaan: Keadaan
    tahap: tuple[Tahap, ...]
    kelengkapan: tuple[ChecklistItem, ...]
    created_at: datetime
    updated_at: datetime
    created_by: str
    nomor_register: str = ""
    nomor_hp: str = ""
    warnings: tuple[Warning_, ...] = ()
    complete_at: datetime | None = None
    due_at: datetime | None = None
    confirmed_at: datetime | None = None
    corrections: tuple[str, ...] = ()
    return_reasons: tuple[str, ...] = ()
    note: str = ""
    menunggu_hingga: date | None = None
    mobile_place: str = ""
    varian: str = ""
    sudah_rekam: str = ""
    version: int = 0

    def current(self) -> Tahap | None:
        """The first stage not yet finished or skipped; ``None`` when all are."""
        return next((t for t in self.tahap if t.state not in DONE_STATES), None)

    @property
    def numbered_at(self) -> datetime | None:
        """When the agenda entered it into the buku register; ``None`` without a number. The book is in this order."""
        if not self.nomor_register:
            return None
        entered = (t.finished_at for t in self.tahap if t.stage is Stage.AGENDA_REGISTER and t.finished_at)
        return next(entered, self.created_at)

    def require(self, *stages: Stage) -> Tahap:
        """The current stage, if it is one of ``stages`` and the application is running.

        Raises:
            SopViolation: otherwise, naming what is expected.
        """
        now = self.current()
        if self.keadaan is not Keadaan.BERJALAN or now is None or now.stage not in stages:
            raise SopViolation(
                "sop.not_at_stage", expected=",".join(stages), found=now.stage if now else "-", state=self.keadaan,
            )
        return now

    def with_tahap(self, changed: Tahap) -> Permohonan:
        return replace(self, tahap=tuple(changed if t.index == changed.index else t for t in self.tahap))

    def missing_papers(self) -> tuple[ChecklistItem, ...]:
        return tuple(i for i in self.kelengkapan if i.wajib and not i.ada)


def plan_tahap(sop: Sop) -> tuple[Tahap, ...]:
    """All stages of an application under ``sop``, in printed order."""
    pairs = [(step.nomor, stage) for step in sop.langkah for stage in step.stages]
    return tuple(Tahap(i, nomor, stage) for i, (nomor, stage) in enumerate(pairs))


def start(p: Permohonan, now: datetime) -> Permohonan:
    """Let the clock of the current stage run (or resume). Waiting stages start paused."""
    t = p.current()
    if t is None or t.state is TahapState.AKTIF:
        return p
    if t.stage in WAITING_STAGES and t.state is TahapState.BELUM:
        return p.with_tahap(replace(t, state=TahapState.JEDA, started_at=now, paused_since=now, pause_reason="menunggu_prr"))
    return p.with_tahap(replace(
        t, state=TahapState.AKTIF, started_at=t.started_at or now, running_since=now,
        paused_s=t.paused_now_s(now), paused_since=None, pause_reason="",
    ))


def pause(p: Permohonan, reason: str, now: datetime) -> Permohonan:
    """Stop the clock of the current stage with a reason from ``PAUSE_REASONS``."""
    t = p.current()
    if t is None or t.state is TahapState.JEDA:
        return p
    if reason not in PAUSE_REASONS:
        raise SopViolation("sop.pause_reason", reason=reason)
    return p.with_tahap(replace(
        t, state=TahapState.JEDA, started_at=t.started_at or now, active_s=t.active_now_s(now), running_since=None,
        paused_since=now, pause_reason=reason,
    ))


def rest(p: Permohonan, now: datetime) -> Permohonan:
    """What the current stage waited for has come: it waits for an officer again, and no clock runs until one opens it."""
    t = p.current()
    if t is None or t.state is not TahapState.JEDA:
        return p
    return p.with_tahap(replace(t, state=TahapState.BELUM, paused_s=t.paused_now_s(now), paused_since=None, pause_reason=""))


def pause_for(p: Permohonan, reason: str, now: datetime) -> Permohonan:
    """Pause with this reason, also when the stage waits for another one already: then the other wait ends now."""
    t = p.current()
    if t is not None and t.state is TahapState.JEDA and t.pause_reason != reason:
        p = p.with_tahap(replace(t, paused_s=t.paused_now_s(now), paused_since=now, pause_reason=reason))
        if reason not in PAUSE_REASONS:
            raise SopViolation("sop.pause_reason", reason=reason)
        return p
    return pause(p, reason, now)


def back_to(p: Permohonan, stage: Stage, now: datetime) -> Permohonan:
    """Open a finished stage again, and with it everything done after it; the times spent so far stay counted.

    Raises:
        SopViolation: ``sop.not_at_stage``: the application is closed or never came past that stage.
    """
    at = p.current()
    again = next((t for t in p.tahap if t.stage is stage), None)
    if p.keadaan is not Keadaan.BERJALAN or at is None or again is None or again.index > at.index:
        raise SopViolation("sop.not_at_stage", expected=stage, found=at.stage if at else "-", state=p.keadaan)
    return replace(p, tahap=tuple(
        t if not again.index <= t.index <= at.index else replace(
            t, state=TahapState.BELUM, active_s=t.active_now_s(now), running_since=None, paused_s=t.paused_now_s(now), paused_since=None,
            pause_reason="", finished_at=None, outcome="", actor="", role="", note="") for t in p.tahap))


def finish(p: Permohonan, outcome: str, actor: str, role: str, now: datetime, *, skipped: bool = False, note: str = "") -> Permohonan:
    """Finish (or skip) the current stage; the last one finishes the application."""
    t = p.current()
    if t is None:
        raise SopViolation("sop.finished", state=p.keadaan)
    done = replace(
        t, state=TahapState.DILEWATI if skipped else TahapState.SELESAI, started_at=t.started_at or now, finished_at=now,
        active_s=t.active_now_s(now), running_since=None, paused_s=t.paused_now_s(now), paused_since=None,
        pause_reason="", outcome=outcome, actor=actor, role=role, note=note,
    )
    q = p.with_tahap(done)
    return replace(q, keadaan=Keadaan.SELESAI) if q.current() is None else q
