"""Every figure of the reports once more, by walking through plain values: slow, and easy to believe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from ktpel_kiosk.domain.biodata import age_at, may_have_card
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.ledgers import Pause
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.permohonan import DONE_STATES, OPEN_STATES, Keadaan, Permohonan, Tahap, TahapState
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.ports.figures import (
    AGE_CLASSES_S,
    DatedService,
    OfficerWork,
    PauseTimes,
    Tally,
    Times,
    Waits,
)
from ktpel_kiosk.ports.register import Handover

TICK = timedelta(microseconds=1)


@dataclass
class World:
    """All there is; ``limits``: (SOP digest, step, 0 for the whole) -> seconds."""

    applications: list[Permohonan] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    jobs: list[CardJob] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    limits: Mapping[tuple[str, int], float | None] = field(default_factory=dict, repr=False)

    def of(self, id: str) -> Permohonan:
        return next(p for p in self.applications if p.id == id)

    # -- counts ---------------------------------------------------------------------------------------------------------

    def tally(self, measure: str, since: datetime, until: datetime, offset_s: int) -> list[Tally]:
        def within(at: datetime | None) -> bool:
            return at is not None and since <= at < until

        if measure == "masuk":
            found = [(p.keadaan.value, p) for p in self.applications if within(p.numbered_at)]
        elif measure == "perekaman":
            found = [(self._kind(p, t.finished_at, offset_s), p) for p in self.applications
                     if (t := recorded(p)) and t.finished_at and within(t.finished_at)]
        elif measure == "pencetakan":
            names = {JobState.CONFIRMED: "baik", JobState.SPOILED: "rusak"}
            found = [(names.get(j.state, "proses"), self.of(j.permohonan_id)) for j in self.jobs
                     if within(j.created_at) and j.state is not JobState.CANCELLED]
        else:
            kind = "kartu" if measure == "pengambilan" else "surat"
            found = [(h.receiver_relation, self.of(h.permohonan_id)) for h in self.handovers if within(h.at) and h.kind == kind]
        return tallies(found)

    def _kind(self, p: Permohonan, at: datetime, offset_s: int) -> str:
        if p.mobile_place:
            return "jemput_bola"
        if p.sudah_rekam or any(w.rule == "N11" for w in p.warnings):
            return "ulang"
        young = p.layanan is Layanan.PEMULA or age_at(p.penduduk.tanggal_lahir, local_day(at, offset_s)) < 17
        return "pemula" if young else "baru"

    def tally_at(self, at: datetime, offset_s: int) -> list[Tally]:
        found = []
        for p in self.applications:
            gone = p.keadaan in (Keadaan.BATAL, Keadaan.DITOLAK) and p.updated_at < at
            here = next((t for t in p.tahap if not (t.state in DONE_STATES and (t.finished_at is None or t.finished_at < at))), None)
            if p.created_at < at and not gone and here is not None:
                found.append((self._stood(p, here.stage, at, offset_s), p))
        return tallies(found)

    def _stood(self, p: Permohonan, stage: Stage, at: datetime, offset_s: int) -> str:
        if p.keadaan in (Keadaan.GANDA, Keadaan.DIKEMBALIKAN) and p.updated_at < at:
            return p.keadaan.value
        if stage in (Stage.CEK_CETAK, Stage.CETAK_ENCODE):
            q = p.penduduk
            return "sisa_prr" if may_have_card(q.tanggal_lahir, q.status_perkawinan, local_day(at, offset_s)) else "menunggu_usia"
        if stage in (Stage.AKTIVASI, Stage.SERAH_LOKET, Stage.SERAH_PEMOHON):
            return "belum_diambil"
        if stage in (Stage.TERBIT_SURAT, Stage.SERAH_SURAT):
            return "surat_menunggu"
        return "menunggu_prr" if stage is Stage.MENUNGGU_PRR else "diproses"

    def counts_per(self, unit: str, since: datetime, until: datetime, offset_s: int) -> dict[str, dict[int, int]]:
        def per(moments: list[datetime]) -> dict[int, int]:
            local = [m + timedelta(seconds=offset_s) for m in moments if since <= m < until]
            return dict(Counter({"jam": lambda m: m.hour, "hari": lambda m: m.day, "bulan": lambda m: m.month}[unit](m) for m in local))

        return {
            "masuk": per([p.numbered_at for p in self.applications if p.numbered_at]),
            "perekaman": per([t.finished_at for p in self.applications if (t := recorded(p)) and t.finished_at]),
            "pencetakan": per([j.created_at for j in self.jobs if j.state is JobState.CONFIRMED]),
            "pengambilan": per([h.at for h in self.handovers if h.kind == "kartu"]),
        }

    def unsent_at(self, at: datetime) -> int:
        sealed = {k.packet_id: k.sealed_at for k in self.packets}
        return sum(k.sealed_at < at and not (k.received_at is not None and k.received_at < at)
                   and not (k.replaced_by and sealed[k.replaced_by] < at) for k in self.packets)

    def officer_work(self, since: datetime, until: datetime) -> list[OfficerWork]:
        made: dict[tuple[str, str], list[float]] = {}
        for p in self.applications:
            for t in p.tahap:
                if t.state is TahapState.SELESAI and t.actor and t.role not in ("sistem", "pemohon") and t.finished_at \
                        and since <= t.finished_at < until:
                    made.setdefault((t.actor, t.stage.value), []).append(t.active_s)
        return [OfficerWork(*key, len(values), sum(values)) for key, values in sorted(made.items())]

    # -- times ----------------------------------------------------------------------------------------------------------

    def step_times(self, since: datetime, until: datetime, groups: Mapping[str, str]) -> list[Times]:
        measured = []
        for p in self.applications:
            for nomor in dict.fromkeys(t.nomor for t in p.tahap):
                parts = [t for t in p.tahap if t.nomor == nomor]
                last = max((t.finished_at for t in parts if t.finished_at), default=None)
                key = groups.get(f"{p.sop_digest}:{nomor}")
                if (key is not None and last is not None and since <= last < until and all(t.state in DONE_STATES for t in parts)
                        and any(t.state is TahapState.SELESAI for t in parts)):
                    measured += [(key, service, parts, self.limits.get((p.sop_digest, nomor))) for service in ("", p.layanan.value)]
        return distribution(measured)

    def _ended(self, since: datetime, until: datetime) -> list[tuple[Permohonan, datetime]]:
        found = []
        for p in self.applications:
            last = max((t.finished_at for t in p.tahap if t.finished_at), default=None)
            if p.keadaan is Keadaan.SELESAI and last is not None and since <= last < until:
                found.append((p, last))
        return found

    def service_times(self, since: datetime, until: datetime) -> list[Times]:
        return distribution([(p.sop_digest, service, list(p.tahap), self.limits.get((p.sop_digest, 0)))
                             for p, _ in self._ended(since, until) for service in ("", p.layanan.value)])

    def dated_services(self, since: datetime, until: datetime) -> list[DatedService]:
        found = [(last, p) for p, last in self._ended(since, until) if p.due_at and p.complete_at]
        return [DatedService(p.layanan.value, p.complete_at, last, p.due_at,
                             tuple(sorted((z.began_at, z.ended_at) for z in self.pauses if z.permohonan_id == p.id)))
                for last, p in sorted(found, key=lambda x: (x[0], x[1].id)) if p.complete_at and p.due_at]

    def pause_times(self, since: datetime, until: datetime) -> list[PauseTimes]:
        sets: dict[str, list[Pause]] = {}
        for z in self.pauses:
            if since <= z.ended_at < until:
                sets.setdefault(z.reason, []).append(z)
        made = []
        for reason, found in sets.items():
            took = [(z.ended_at - z.began_at) // TICK for z in found]
            people = len({z.permohonan_id for z in found})
            made.append(PauseTimes(reason, len(found), people, sum(took) / 1e6, median(took) / 1e6, max(took) / 1e6))
        return sorted(made, key=lambda m: (-m.total_s, m.reason))

    # -- queues -----------------------------------------------------------------------------------------------------------

    def waiting(self, now: datetime) -> list[Waits]:
        found: dict[str, list[tuple[datetime, int]]] = {}
        for p in self.applications:
            paused = next((t for t in p.tahap if t.state is TahapState.JEDA), None)
            here = p.current()
            if p.keadaan is Keadaan.DRAF or p.keadaan not in OPEN_STATES:
                continue
            if p.keadaan is Keadaan.BERJALAN and (here is None or here.state is not TahapState.JEDA):
                continue
            reason = here.pause_reason if p.keadaan is Keadaan.BERJALAN and here else p.keadaan.value
            since = paused.paused_since if paused else None
            if since is None and p.keadaan is Keadaan.MENUNGGU_USIA:
                since = max((t.finished_at for t in p.tahap if t.finished_at), default=None)
            found.setdefault(reason, []).append((since or p.updated_at, 0))
        return waits(found, now)

    def packet_ages(self, now: datetime) -> list[Waits]:
        found: dict[str, list[tuple[datetime, int]]] = {}
        for k in self.packets:
            if k.unsent:
                found.setdefault(k.wait_cause.value, []).append((k.sealed_at, k.size))
        return waits(found, now)


def recorded(p: Permohonan) -> Tahap | None:
    """The last recording stage, when it was finished; skipped ones do not count."""
    parts = [t for t in p.tahap if t.stage is Stage.REKAM and t.state is not TahapState.DILEWATI]
    return parts[-1] if parts and parts[-1].state is TahapState.SELESAI else None


def local_day(at: datetime, offset_s: int) -> date:
    return (at + timedelta(seconds=offset_s)).date()


def tallies(found: Sequence[tuple[str, Permohonan]]) -> list[Tally]:
    count = Counter((kind, p.layanan.value, p.penduduk.desa, p.penduduk.jenis_kelamin.value) for kind, p in found)
    return [Tally(*key, n) for key, n in sorted(count.items())]


def distribution(measured: Sequence[tuple[str, str, list[Tahap], float | None]]) -> list[Times]:
    sets: dict[tuple[str, str], list[tuple[float, float, float | None]]] = {}
    for key, layanan, parts, limit in measured:
        sets.setdefault((key, layanan), []).append((sum(t.active_s for t in parts), sum(t.paused_s for t in parts), limit))
    made: list[Any] = []
    for (key, layanan), values in sorted(sets.items()):
        used = sorted(v[0] for v in values)
        rank = -(-9 * len(used) // 10)
        made.append(Times(key, layanan, len(used), median(used), used[rank - 1], sum(v[2] is not None for v in values),
                          sum(v[2] is not None and v[0] <= v[2] for v in values), sum(v[1] > 0 for v in values), sum(v[1] for v in values)))
    return made


def waits(found: Mapping[str, list[tuple[datetime, int]]], now: datetime) -> list[Waits]:
    made = []
    for reason, entries in found.items():
        ages = [(now - since).total_seconds() for since, _ in entries]
        limits = (float("-inf"), *AGE_CLASSES_S, float("inf"))
        classes = tuple(sum(low <= a < high for a in ages) for low, high in pairwise(limits))
        made.append(Waits(reason, len(entries), min(s for s, _ in entries), classes,
                          sum(max(0, (now - since) // TICK) for since, _ in entries) / 1e6,
                          sum(size for _, size in entries)))
    return sorted(made, key=lambda w: (-w.count, w.reason))
