"""A register in memory for the tests of the windows: the same contract, no SQL, every method the desk asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from memory_ledgers import MemoryLedgers
from memory_privacy import MemoryPrivacy
from memory_queue import MemoryQueue
from memory_retention import MemoryRetention
from memory_status import MemoryStatus

from ktpel_kiosk.domain.audit import GENESIS, AuditLink, link_digest
from ktpel_kiosk.domain.cards import LIVE, RECONCILE, BlangkoBalance, BlangkoState
from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound
from ktpel_kiosk.domain.permohonan import OPEN_STATES, Keadaan
from ktpel_kiosk.ports.register import AuditCheck, ListItem, Query


class MemoryRegister(MemoryPrivacy, MemoryRetention, MemoryStatus, MemoryQueue, MemoryLedgers):
    """View, Tx and Register in one; ``write`` is serialised and tells its listeners."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._listeners: list[Callable[[frozenset[str]], None]] = []
        self._p: dict[str, Any] = {}
        self._samples: list[Any] = []
        self._exceptions: dict[str, dict[Any, Any]] = {}
        self._documents: list[Any] = []
        self._approvals: list[Any] = []
        self._handovers: dict[str, Any] = {}
        self._drafts: dict[str, str] = {}
        self._packets: dict[str, Any] = {}
        self._jobs: dict[str, Any] = {}
        self._blangko: dict[str, Any] = {}
        self._users: dict[str, Any] = {}
        self._sops: dict[str, str] = {}
        self._settings: dict[str, str] = {}
        self._numbers: dict[tuple[str, int], int] = {}
        self._audit: list[AuditLink] = []
        self.sop: Any = None
        self.limits: dict[int, float | None] = {}

    # register
    def write(self, work: Callable[[Any], Any]) -> Any:
        with self._lock:
            before = len(self._audit)
            result = work(self)
            subjects = frozenset(link.subject for link in self._audit[before:])
        for listener in list(self._listeners):
            listener(subjects)
        return result

    def read(self, work: Callable[[Any], Any]) -> Any:
        with self._lock:
            return work(self)

    def rest(self) -> None:
        """Nothing is kept beside what it holds."""

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def check_audit(self) -> AuditCheck:
        return AuditCheck(len(self._audit), self._audit[-1].digest if self._audit else GENESIS, None)

    def close(self) -> None:
        self._listeners.clear()

    # view
    def permohonan(self, id: str) -> Any:
        if id not in self._p:
            raise NotFound("permohonan.none")
        return self._p[id]

    def by_number(self, nomor: str) -> Any:
        return next((p for p in self._p.values() if p.nomor_register == nomor), None)

    def open_for_nik(self, nik: str) -> Any:
        return next((p for p in self._p.values() if p.penduduk.nik == nik and p.keadaan in OPEN_STATES), None)

    def recorded_before(self, nik: str) -> datetime | None:
        return next((k.sealed_at for k in self._packets.values() if self._p[k.permohonan_id].penduduk.nik == nik), None)

    def _matches(self, p: Any, q: Query) -> bool:
        t = p.current()
        text = q.text.lower()
        hit = not text or all(w in self._words(p) for w in text.split())
        return (hit and (not q.keadaan or p.keadaan in q.keadaan) and (not q.stages or (t is not None and t.stage in q.stages))
                and (not q.layanan or p.layanan in q.layanan) and (q.since is None or p.created_at >= q.since)
                and (q.until is None or p.created_at <= q.until) and (not q.desa or p.penduduk.desa == q.desa))

    @staticmethod
    def _words(p: Any) -> str:
        return f"{p.penduduk.nama} {p.penduduk.nik} {p.nomor_register} {p.nomor_hp} {p.penduduk.desa}".lower()

    def list(self, q: Query) -> list[ListItem]:
        found = sorted((p for p in self._p.values() if self._matches(p, q)), key=lambda p: p.created_at, reverse=q.newest_first)
        begin = next((n + 1 for n, p in enumerate(found) if p.id == q.after), 0) + q.offset
        return [self._item(p) for p in found[begin:begin + q.limit]]

    def _item(self, p: Any) -> ListItem:
        t = p.current()
        nomor = t.nomor if t else p.tahap[-1].nomor
        active = sum(x.active_s for x in p.tahap if (x.nomor == nomor or t is None))
        return ListItem(p.id, p.nomor_register, p.penduduk.nama, p.penduduk.nik, p.layanan, p.penduduk.desa, p.keadaan,
                        t.stage if t else "", nomor, t.state if t else "selesai", p.created_at, p.updated_at, active,
                        self.limits.get(nomor), p.created_by, t.running_since if t else None, t.pause_reason if t else "",
                        self.shown_status(p.id))

    def count(self, q: Query) -> int:
        found = sum(1 for p in self._p.values() if self._matches(p, q))
        return min(found, q.count_limit + 1) if q.count_limit else found

    def counts_by_stage(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for p in self._p.values():
            t = p.current()
            if p.keadaan is Keadaan.BERJALAN and t:
                counts[t.stage] = counts.get(t.stage, 0) + 1
        return counts

    def running_without_packet(self, stages: Any) -> list[str]:
        sealed = {k.permohonan_id for k in self._packets.values()}
        running = (p for p in self._p.values() if p.keadaan is Keadaan.BERJALAN and p.id not in sealed)
        return [p.id for p in running if (t := p.current()) and t.stage in stages]

    def samples(self, pid: str, *, with_data: bool = True) -> list[Any]:
        return [s for s in self._samples if s.permohonan_id == pid]

    def exceptions(self, pid: str) -> list[Any]:
        return list(self._exceptions.get(pid, {}).values())

    def documents(self, pid: str, *, with_data: bool = True) -> list[Any]:
        return [d for d in self._documents if d.permohonan_id == pid]

    def approvals(self, pid: str) -> list[Any]:
        return [a for a in self._approvals if a.permohonan_id == pid]

    def handover(self, pid: str) -> Any:
        return self._handovers.get(pid)

    def draft(self, key: str) -> str | None:
        return self._drafts.get(key)

    def drafts(self, prefix: str) -> dict[str, str]:
        return {k: v for k, v in self._drafts.items() if k.startswith(prefix)}

    def packet(self, packet_id: str) -> Any:
        return self._packets.get(packet_id)

    def packet_of(self, pid: str) -> Any:
        return max((k for k in self._packets.values() if k.permohonan_id == pid), key=lambda k: k.counter, default=None)

    def packets(self, *, unsent_only: bool = False) -> list[Any]:
        return [k for k in sorted(self._packets.values(), key=lambda k: k.counter)
                if not unsent_only or k.unsent]

    def packet_paths(self) -> frozenset[str]:
        return frozenset(k.path for k in self._packets.values())

    def packets_received(self, since: datetime) -> int:
        return sum(1 for k in self._packets.values() if k.received_at and k.received_at >= since)

    def due_packets(self, now: datetime, limit: int) -> list[Any]:
        return self.packets(unsent_only=True)[:limit]

    def last_packet(self) -> Any:
        return next(reversed(self.packets()), None)

    def card_job(self, id: str) -> Any:
        return self._jobs.get(id)

    def card_jobs(self, pid: str) -> list[Any]:
        return [j for j in self._jobs.values() if j.permohonan_id == pid]

    def live_card_job(self, credential: str) -> Any:
        return next((j for j in self._jobs.values() if j.credential == credential and j.state in LIVE), None)

    def jobs_to_reconcile(self) -> list[Any]:
        return [j for j in self._jobs.values() if j.state in RECONCILE]

    def card_jobs_in_state(self, *states: Any) -> list[Any]:
        return [j for j in self._jobs.values() if j.state in states]

    def card_jobs_of_chip(self, chip_uid: str) -> list[Any]:
        return [j for j in self._jobs.values() if j.chip_uid == chip_uid]

    def blangko(self, serial: str) -> Any:
        return self._blangko.get(serial)

    def next_blangko(self) -> Any:
        return next((b for b in self._blangko.values() if b.state is BlangkoState.STOK), None)

    def blangko_balance(self) -> BlangkoBalance:
        n = {s: sum(1 for b in self._blangko.values() if b.state is s) for s in BlangkoState}
        return BlangkoBalance(len(self._blangko), n[BlangkoState.STOK], n[BlangkoState.DIPAKAI], n[BlangkoState.BAIK],
                              n[BlangkoState.RUSAK], n[BlangkoState.DIKEMBALIKAN])

    def user(self, username: str) -> Any:
        return self._users.get(username)

    def users(self) -> list[Any]:
        return list(self._users.values())

    def sop_text(self, digest: str) -> str | None:
        return self._sops.get(digest)

    def setting(self, key: str) -> str | None:
        return self._settings.get(key)

    def audit(self, *, subject: str = "", after: int = 0, limit: int = 1000) -> list[AuditLink]:
        return [a for a in self._audit if (not subject or a.subject == subject) and a.sequence > after][:limit]

    def audit_length(self) -> int:
        return len(self._audit)

    # tx
    def log(self, event: str, subject: str, actor: str, **facts: Any) -> None:
        n, at = len(self._audit) + 1, datetime.now(UTC)
        previous = self._audit[-1].digest if self._audit else GENESIS
        self._audit.append(AuditLink(n, at, actor, event, subject, facts, previous,
                                     link_digest(n, at, actor, event, subject, facts, previous)))

    def save_permohonan(self, p: Any) -> Any:
        self._p[p.id] = replace(p, version=p.version + 1)
        return self._p[p.id]

    def next_number(self, series: str, year: int) -> int:
        self._numbers[series, year] = self._numbers.get((series, year), 0) + 1
        return self._numbers[series, year]

    def add_sample(self, sample: Any) -> None:
        if sample.best:
            self._samples = [replace(s, best=False) if s.permohonan_id == sample.permohonan_id and s.position is sample.position
                             else s for s in self._samples]
        self._samples.append(sample)

    def mark_forced(self, sample_id: str) -> None:
        self._samples = [replace(s, forced=True) if s.id == sample_id else s for s in self._samples]

    def drop_samples(self, pid: str) -> int:
        before = len(self._samples)
        self._samples = [s for s in self._samples if s.permohonan_id != pid]
        return before - len(self._samples)

    def put_exception(self, pid: str, exception: Any) -> None:
        self._exceptions.setdefault(pid, {})[exception.position] = exception

    def drop_exception(self, pid: str, position: Any) -> None:
        self._exceptions.get(pid, {}).pop(position, None)

    def add_document(self, document: Any) -> None:
        self._documents.append(document)

    def drop_documents(self, pid: str, kind_prefix: str) -> int:
        before = len(self._documents)
        self._documents = [d for d in self._documents if d.permohonan_id != pid or not d.kind.startswith(kind_prefix)]
        return before - len(self._documents)

    def add_approval(self, approval: Any) -> None:
        self._approvals.append(approval)

    def put_handover(self, handover: Any) -> None:
        if handover.permohonan_id in self._handovers:
            raise DuplicateRequest("handover.twice")
        self._handovers[handover.permohonan_id] = handover

    def put_draft(self, key: str, text: str) -> None:
        self._drafts[key] = text

    def drop_draft(self, key: str) -> None:
        self._drafts.pop(key, None)

    def add_packet(self, packet: Any) -> None:
        self._packets[packet.packet_id] = packet

    save_packet = add_packet

    def add_card_job(self, job: Any) -> None:
        if self.live_card_job(job.credential):
            raise DuplicateRequest("card.live")
        self._jobs[job.id] = job

    def save_card_job(self, job: Any) -> None:
        self._jobs[job.id] = job

    def add_blangko(self, serials: Any, batch: str, at: datetime) -> int:
        from ktpel_kiosk.domain.cards import Blangko
        for serial in serials:
            self._blangko[serial] = Blangko(serial, BlangkoState.STOK, batch)
        return len(list(serials))

    def save_blangko(self, blangko: Any) -> None:
        self._blangko[blangko.serial] = blangko

    def save_user(self, user: Any) -> None:
        self._users[user.username] = user

    def put_sop(self, digest: str, sop_id: str, text: str) -> None:
        self._sops[digest] = text

    def put_setting(self, key: str, value: str) -> None:
        self._settings[key] = value
