"""Kept packets and purges over packets in memory: what ``register/areas/retention.py`` asks of SQLite, in Python."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.domain.retention import Kept


class MemoryRetention:
    """Mixed into the register in memory; ``_packets`` and ``_links`` are its own."""

    _packets: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self._spares: dict[str, Any] = {}
        self._purges: list[Any] = []

    def _by_counter(self) -> list[Any]:
        return sorted(self._packets.values(), key=lambda k: k.counter)

    def spare(self, packet_id: str) -> Any:
        return self._spares.get(packet_id)

    def spare_paths(self) -> frozenset[str]:
        return frozenset(s.path for s in self._spares.values())

    def packets_after(self, counter: int, limit: int) -> list[Any]:
        return [k for k in self._by_counter() if k.counter > counter][:limit]

    def unsent_after(self, counter: int, limit: int) -> list[Any]:
        return [k for k in self._by_counter() if k.counter > counter and k.unsent][:limit]

    def damaged(self, limit: int) -> list[Any]:
        return [k for k in self._by_counter() if k.unsent and k.state is PacketState.REFUSED and k.wait_cause is WaitCause.FILE][:limit]

    def purgeable(self, after: int, limit: int) -> list[Any]:
        return [k for k in self.packets_after(after, 10_000) if k.purged_at is None and not k.unsent][:limit]

    def receipt_noted_at(self, packet: Any) -> tuple[datetime, int] | None:
        return None

    def kept(self) -> list[Kept]:
        groups: dict[str, list[Any]] = {}
        for k in self._packets.values():
            if k.purged_at is None:
                why = "replaced" if k.replaced_by else "received" if k.state is PacketState.RECEIVED else "unsent"
                groups.setdefault(why, []).append(k)
        return [Kept(why, len(found), sum(k.size for k in found), min(k.sealed_at for k in found)) for why, found in groups.items()]

    def purges(self, limit: int = 100) -> list[Any]:
        return list(reversed(self._purges))[:limit]

    def packets_of_purge(self, purge_id: str) -> list[Any]:
        return [k for k in self._by_counter() if k.purge_id == purge_id]

    def add_spare(self, spare: Any) -> None:
        self._spares[spare.packet_id] = spare

    def drop_spare(self, packet_id: str) -> None:
        self._spares.pop(packet_id, None)

    def add_purge(self, run: Any) -> None:
        self._purges.append(run)
