"""The queue over packets in memory: what ``register/areas/queue.py`` asks of SQLite, said in Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.ports.queue import QueueFigures, QueueLine, QueueQuery
from ktpel_kiosk.register.words import terms, words_of


class MemoryQueue:
    """Mixed into the register in memory; ``_packets`` and ``_p`` are its own."""

    _packets: dict[str, Any]
    _p: dict[str, Any]

    def _unsent(self) -> list[Any]:
        return sorted((k for k in self._packets.values() if k.unsent), key=lambda k: k.counter)

    def queue_page(self, query: QueueQuery) -> list[QueueLine]:
        found: list[QueueLine] = []
        for k in self._unsent():
            if len(found) >= query.limit:
                break
            p = self._p[k.permohonan_id]
            if self._wanted(k, query) and self._named(p, query.text):
                found.append(QueueLine(k, p.nomor_register, p.penduduk.nama))
        return found

    @staticmethod
    def _wanted(k: Any, q: QueueQuery) -> bool:
        refused = k.state is PacketState.REFUSED
        return (k.counter > q.after and (not q.causes or (k.wait_cause in q.causes and not refused)) and (not q.refused or refused)
                and (q.sealed_until is None or k.sealed_at <= q.sealed_until) and (not q.with_courier or k.courier_at is not None))

    @staticmethod
    def _named(p: Any, text: str) -> bool:
        if not text.strip():
            return True
        own, wanted = words_of(p.penduduk.nama, p.penduduk.nik, p.nomor_register, p.nomor_hp, p.penduduk.desa), terms(text)
        return bool(wanted) and all(any(w.startswith(a) for w in own for a in alternatives) for alternatives in wanted)

    def queue_figures(self, warn_before: datetime, alarm_before: datetime, since: datetime) -> QueueFigures:
        waiting = self._unsent()
        return QueueFigures(
            len(waiting), sum(k.size for k in waiting), sum(k.offset for k in waiting),
            sum(k.size - k.offset for k in waiting if k.state is not PacketState.REFUSED),
            min((k.sealed_at for k in waiting), default=None),
            sum(k.state is PacketState.REFUSED for k in waiting), sum(k.sealed_at <= warn_before for k in waiting),
            sum(k.sealed_at <= alarm_before for k in waiting), sum(k.courier_at is not None for k in waiting),
            Counter(k.wait_cause for k in waiting if k.state is not PacketState.REFUSED), self.packets_received(since))  # type: ignore[attr-defined]

    def unsent_count(self) -> int:
        return len(self._unsent())

    def unsent_oldest(self) -> datetime | None:
        return next((k.sealed_at for k in self._unsent()), None)

    def end_delays(self) -> int:
        delayed = [k for k in self._unsent() if k.next_try_at is not None and k.state is not PacketState.REFUSED]
        for k in delayed:
            self._packets[k.packet_id] = replace(k, next_try_at=None)
        return len(delayed)
