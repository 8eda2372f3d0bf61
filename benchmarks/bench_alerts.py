"""Alerts, tasks and figures of Beranda with 20,000 applications under way, against the same counted by bare SQLite without an index.

A backlog of months: half of them wait without any status, the others under every one of them. What is timed is what the desk does at
every refresh (alerts, the summary of the tasks) and when the page of tasks is opened; the baseline reads the same rows of ``search``
once per question. Above 60 ms for the refresh the benchmark fails whatever the ratio.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from register_fixture import KEY, LAST_DAY, big_register, opened, practice_sop

from ktpel_kiosk.desk import followups, status_tasks
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.codecs import micros

APPLICATIONS = 20_000
LIMIT = 1.0
REFRESH_MS = 60.0
TIMES = 9


def backlog(folder: Path) -> None:
    """Every application waits for the centre; statuses drawn with a fixed seed, held for up to 90 days."""
    rng = random.Random(6)
    words = ["" if rng.random() < 0.5 else rng.choice([*(s.value for s in StatusSiak), "PACKET_RETRY"]) for _ in range(APPLICATIONS)]
    connection = driver.connect(folder / "register.sqlite", KEY, writer=True)
    try:
        connection.execute("BEGIN")
        connection.executemany(
            "UPDATE search SET keadaan = 'berjalan', stage = 'menunggu_prr', tahap_state = 'jeda', pause_reason = :why, "
            "status_siak = :word, status_at = :at WHERE no = :no", (
                {"no": no, "word": word, "why": "jaringan" if not word and rng.random() < 0.5 else "menunggu_prr",
                 "at": micros(LAST_DAY - timedelta(hours=rng.randrange(2160)))} for no, word in enumerate(words, 1)))
        connection.execute("COMMIT")
    finally:
        connection.close()


def timed(work: Callable[[], Any]) -> float:
    """Median milliseconds."""
    found = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return statistics.median(found)


def run() -> tuple[float, float, str]:
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room) / "r"
        shutil.copytree(big_register(APPLICATIONS), folder)
        backlog(folder)
        with opened(folder) as register:
            sop = practice_sop()
            desk: Any = SimpleNamespace(register=register, clock=SimpleNamespace(now=lambda: LAST_DAY), sop=sop, sop_of=lambda _d: sop,
                                        holidays=frozenset, extra_open=frozenset)
            refresh = timed(lambda: status_tasks.alerts(desk, followups.summary(desk)))
            page = timed(lambda: followups.tasks(desk))
            found = status_tasks.alerts(desk)
            questions = [status_tasks.wanted(k, LAST_DAY) for k in status_tasks.StatusTask]
            whole = timed(lambda: [register.read(lambda v, q=q: v.status_list(replace(q, not_asked_since=None), 10**6)) for q in questions])
    detail = (f"refresh {refresh:.1f} ms, page of tasks {page:.1f} ms, loading them all {whole:.1f} ms; {APPLICATIONS} under way, "
              f"{found.trouble} in trouble, {found.sfe_warn} long at SFE, {found.silent} silent")
    return (refresh / whole if refresh <= REFRESH_MS else 99.0), LIMIT, detail
