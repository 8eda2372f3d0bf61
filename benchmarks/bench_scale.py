"""Ten years of an office against its first day: opening the register, the board, the queue, the first list and the dossier.

The same acts on a register with 500,000 applications (packets, cards and blanks as well) and on one with forty, taken in turns in
one process; forty rather than none, so that both show a page of rows.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from register_fixture import APPLICATIONS, LAST_DAY, big_register, opened, practice_sop

from ktpel_kiosk.desk import queries
from ktpel_kiosk.ports.queue import QueueQuery
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register.store import SqlRegister

LIMIT = 1.5
RUNS = 15
FEW = 40


def run() -> tuple[float, float, str]:
    """(ratio of the sums of medians, limit, every act in ms, large against small)."""
    large = big_register(APPLICATIONS)
    with tempfile.TemporaryDirectory() as scratch:
        small = big_register(FEW, Path(scratch))
        for folder in (small, large):
            _acts(folder)
        taken = [(_acts(large), _acts(small)) for _ in range(RUNS)]
    big = {name: statistics.median(t[0][name] for t in taken) for name in taken[0][0]}
    first = {name: statistics.median(t[1][name] for t in taken) for name in taken[0][0]}
    detail = ", ".join(f"{name} {big[name]:.1f}/{first[name]:.1f}" for name in big)
    return sum(big.values()) / sum(first.values()), LIMIT, f"ms, {APPLICATIONS:,} against {FEW} applications: {detail}"


def _acts(folder: Path) -> dict[str, float]:
    """Milliseconds of each act, from a closed register."""
    taken: dict[str, float] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        found = act()
        taken[name] = (time.perf_counter() - begun) * 1000
        return found

    def open_and_ask() -> SqlRegister:
        register = opened(folder)
        register.read(lambda v: v.audit_length())
        return register

    register = timed("open", open_and_ask)
    try:
        desk: Any = SimpleNamespace(register=register, sop=practice_sop())
        timed("board", lambda: queries.board(desk, LAST_DAY - timedelta(hours=8)))
        timed("queue", lambda: register.read(lambda v: (v.queue_figures(LAST_DAY, LAST_DAY, LAST_DAY), v.queue_page(QueueQuery()),
                                                        v.jobs_to_reconcile())))
        _, items = timed("list", lambda: queries.search(desk, Query(limit=FEW, count_limit=1000)))
        timed("dossier", lambda: register.read(lambda v: (v.permohonan(items[0].id), v.packet_of(items[0].id), v.approvals(items[0].id))))
        timed("save", lambda: register.write(lambda tx: (tx.put_draft("bench", "x"), tx.log("DraftSaved", "bench", "rina"))))
    finally:
        register.close()
    return taken
