"""The books beside applications, in memory: mixed into MemoryRegister."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from ktpel_kiosk.domain.cards import BlangkoState, JobState
from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.ledgers import BlangkoMoveKind
from ktpel_kiosk.domain.pengaduan import ENDED
from ktpel_kiosk.domain.permohonan import TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.ledgers import Recorded


class MemoryLedgers:
    """LedgerView and LedgerTx over plain lists. The class it is mixed into holds applications, jobs, packets, handovers."""

    def __init__(self) -> None:
        self._withdrawn: dict[str, Any] = {}
        self._destructions: dict[str, Any] = {}
        self._letters: dict[str, Any] = {}
        self._moves: list[Any] = []
        self._blangko_days: dict[date, Any] = {}
        self._contacts: list[Any] = []
        self._locks: list[Any] = []
        self._complaints: dict[str, Any] = {}
        self._complaint_steps: list[Any] = []
        self._surveys: list[Any] = []
        self._population: dict[str, Any] = {}
        self._batches: list[Any] = []
        self._pauses: list[Any] = []
        self._kept: list[Any] = []
        self._checks: list[Any] = []

    # view
    def applications_in(self, since: datetime, until: datetime) -> Iterator[Any]:
        found = [p for p in self._p.values() if p.numbered_at and since <= p.numbered_at < until]  # type: ignore[attr-defined]
        return iter(sorted(found, key=lambda p: p.numbered_at))

    def recordings_in(self, since: datetime, until: datetime) -> Iterator[Recorded]:
        made = []
        for p in self._p.values():  # type: ignore[attr-defined]
            done = [t for t in p.tahap if t.stage is Stage.REKAM and t.state is TahapState.SELESAI and t.finished_at]
            if done and since <= done[-1].finished_at < until:
                packet = self.packet_of(p.id)  # type: ignore[attr-defined]
                events = tuple(self.status_events(packet.packet_id)) if packet else ()  # type: ignore[attr-defined]
                made.append(Recorded(done[-1].finished_at, done[-1].actor, p, tuple(self.exceptions(p.id)), packet, events))  # type: ignore[attr-defined]
        return iter(sorted(made, key=lambda r: r.at))

    def card_jobs_in(self, since: datetime, until: datetime) -> Iterator[tuple[Any, Any]]:
        jobs = [j for j in self._jobs.values() if j.state is not JobState.CANCELLED and since <= j.created_at < until]  # type: ignore[attr-defined]
        return iter([(j, self._p[j.permohonan_id]) for j in sorted(jobs, key=lambda j: j.created_at)])  # type: ignore[attr-defined]

    def handovers_in(self, since: datetime, until: datetime) -> Iterator[tuple[Any, Any]]:
        found = [h for h in self._handovers.values() if since <= h.at < until]  # type: ignore[attr-defined]
        return iter([(h, self._p[h.permohonan_id]) for h in sorted(found, key=lambda h: h.at)])  # type: ignore[attr-defined]

    def withdrawn_in(self, since: datetime, until: datetime) -> Iterator[tuple[Any, Any]]:
        found = [c for c in self._withdrawn.values() if since <= c.received_at < until]
        return iter([(c, self._destructions.get(c.destruction_id)) for c in sorted(found, key=lambda c: c.received_at)])

    def complaints_in(self, since: datetime, until: datetime) -> Iterator[Any]:
        return iter(sorted((c for c in self._complaints.values() if since <= c.received_at < until), key=lambda c: c.received_at))

    def blangko_moves_in(self, since: datetime, until: datetime) -> Iterator[Any]:
        return iter([m for m in self._moves if since <= m.at < until])

    def letters_in(self, since: datetime, until: datetime) -> Iterator[Any]:
        return iter([x for x in self._letters.values() if since <= x.at < until])

    def count_in(self, book: str, since: datetime, until: datetime) -> int:
        walk = {"permohonan": self.applications_in, "perekaman": self.recordings_in, "pencetakan": self.card_jobs_in,
                "pengambilan": self.handovers_in, "ktp_ditarik": self.withdrawn_in, "pengaduan": self.complaints_in,
                "blangko": self.blangko_moves_in, "agenda_surat": self.letters_in}[book]
        return sum(1 for _ in walk(since, until))  # type: ignore[operator]

    def blangko_stock_at(self, at: datetime) -> int:
        return sum(m.count if m.kind is BlangkoMoveKind.MASUK else -m.count for m in self._moves if m.at < at)

    def last_blangko(self, limit: int) -> list[Any]:
        return [b for b in reversed(self._blangko.values()) if b.state is BlangkoState.STOK][:limit]  # type: ignore[attr-defined]

    def withdrawn_waiting(self) -> Sequence[Any]:
        return sorted((c for c in self._withdrawn.values() if not c.destruction_id), key=lambda c: c.received_at)

    def destructions(self, limit: int = 100) -> Sequence[Any]:
        return sorted(self._destructions.values(), key=lambda d: d.at, reverse=True)[:limit]

    def complaint(self, id: str) -> Any:
        if id not in self._complaints:
            raise NotFound("complaint.not_found")
        return self._complaints[id]

    def complaints_open(self) -> Sequence[Any]:
        return sorted((c for c in self._complaints.values() if c.status not in ENDED), key=lambda c: c.due_at)

    def complaint_steps(self, id: str) -> Sequence[Any]:
        return [s for s in self._complaint_steps if s.pengaduan_id == id]

    def letters_of(self, permohonan_id: str) -> Sequence[Any]:
        return [x for x in self._letters.values() if permohonan_id and x.permohonan_id == permohonan_id]

    def letter(self, nomor: str) -> Any:
        return self._letters.get(nomor)

    def blangko_days(self, since: date, until: date) -> Sequence[Any]:
        return [d for day, d in sorted(self._blangko_days.items()) if since <= day < until]

    def contacts(self, permohonan_id: str) -> Sequence[Any]:
        return [c for c in self._contacts if c.permohonan_id == permohonan_id]

    def month_locks(self, year: int | None = None) -> Sequence[Any]:
        return [x for x in self._locks if year is None or x.year == year]

    def month_closed(self, year: int, month: int) -> bool:
        last = [x for x in self._locks if (x.year, x.month) == (year, month)]
        return bool(last) and last[-1].closed

    def pauses(self, permohonan_id: str) -> Sequence[Any]:
        return [x for x in self._pauses if x.permohonan_id == permohonan_id]

    def surveys(self, since_month: str, until_month: str) -> Iterator[Any]:
        return iter([s for s in self._surveys if since_month <= s.month <= until_month])

    def population(self, nik: str) -> Any:
        return self._population.get(nik)

    def population_count(self) -> int:
        return len(self._population)

    def population_batches(self) -> Sequence[Any]:
        return list(reversed(self._batches))

    def population_villages(self) -> Sequence[str]:
        return sorted({e.penduduk.desa for e in self._population.values()})

    def population_figures(self) -> dict[str, int]:
        figures: dict[str, int] = {}
        for e in self._population.values():
            figures[e.ektp_status] = figures.get(e.ektp_status, 0) + 1
        return figures

    # tx
    def add_withdrawn(self, card: Any) -> None:
        self._withdrawn[card.id] = card

    def add_destruction(self, destruction: Any, card_ids: Iterable[str]) -> None:
        ids = list(card_ids)
        for id in ids:
            if id not in self._withdrawn:
                raise NotFound("withdrawn.not_found", entry=id)
            if self._withdrawn[id].destruction_id:
                raise DuplicateRequest("withdrawn.burned", entry=id)
        self._destructions[destruction.id] = destruction
        for id in ids:
            self._withdrawn[id] = replace(self._withdrawn[id], destruction_id=destruction.id)

    def save_complaint(self, complaint: Any) -> Any:
        before = self._complaints.get(complaint.id)
        if (before.version if before else 0) != complaint.version:
            raise StaleView("complaint.stale")
        self._complaints[complaint.id] = replace(complaint, version=complaint.version + 1)
        return self._complaints[complaint.id]

    def add_complaint_step(self, step: Any) -> None:
        self._complaint_steps.append(step)

    def add_letter(self, letter: Any) -> None:
        if letter.nomor in self._letters:
            raise DuplicateRequest("letter.number_used", number=letter.nomor)
        self._letters[letter.nomor] = letter

    def void_letter(self, nomor: str, reason: str) -> None:
        if nomor not in self._letters:
            raise NotFound("letter.none", number=nomor)
        self._letters[nomor] = replace(self._letters[nomor], void_reason=reason)

    def add_blangko_move(self, move: Any) -> None:
        self._moves.append(move)

    def put_blangko_day(self, day: Any) -> None:
        if day.day in self._blangko_days:
            raise DuplicateRequest("blangko.day_closed")
        self._blangko_days[day.day] = day

    def add_contact(self, attempt: Any) -> None:
        self._contacts.append(attempt)

    def add_month_lock(self, lock: Any) -> None:
        self._locks.append(lock)

    def add_survey(self, answer: Any) -> None:
        self._surveys.append(answer)

    def put_population(self, entries: Iterable[Any], batch: Any) -> Any:
        for e in entries:
            self._population[e.penduduk.nik] = e
        self._batches.append(batch)
        return batch

    # duplicates
    def kept_fingers(self, position: Any) -> Iterator[Any]:
        return iter([k for k in self._kept if k.position is position])

    def kept_fingers_of(self, permohonan_id: str) -> Sequence[Any]:
        return [k for k in self._kept if k.permohonan_id == permohonan_id]

    def kept_people(self) -> int:
        return len({k.permohonan_id for k in self._kept})

    def keep_fingers(self, fingers: Sequence[Any]) -> None:
        self._kept += fingers

    def drop_fingers_of(self, permohonan_id: str) -> int:
        before = len(self._kept)
        self._kept = [k for k in self._kept if k.permohonan_id != permohonan_id]
        return before - len(self._kept)

    def drop_fingers_before(self, before: datetime) -> tuple[int, int]:
        old = [k for k in self._kept if k.kept_at < before]
        self._kept = [k for k in self._kept if k.kept_at >= before]
        return len({k.permohonan_id for k in old}), len(old)

    def duplicate_checks(self, permohonan_id: str) -> Sequence[Any]:
        return [c for c in self._checks if c.permohonan_id == permohonan_id]

    def duplicate_check(self, id: str) -> Any:
        return next(c for c in self._checks if c.id == id)

    def duplicate_checks_open(self) -> Sequence[Any]:
        return [c for c in self._checks if c.open]

    def add_duplicate_check(self, check: Any) -> None:
        self._checks.append(check)

    def decide_duplicate(self, id: str, decision: Any, by: str, at: datetime, note: str) -> Any:
        done = replace(self.duplicate_check(id), decision=decision, decided_by=by, decided_at=at, note=note)
        self._checks = [done if c.id == id else c for c in self._checks]
        return done
