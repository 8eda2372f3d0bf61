"""Durable commit of an accepted sample: the register (encrypted, audited, indexed) against the same bytes into plain SQLite.

Both with WAL and ``synchronous=FULL`` on the same disk, taken in turns; medians of one commit each.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.domain.biometric import FINGERS, DeviceIdentity, Quality, Sample
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, Tahap, TahapState
from ktpel_kiosk.domain.sop import STAGE_ORDER, Layanan
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.register.store import SqlRegister

LIMIT = 3.0
ROUNDS = 200
SAMPLE_BYTES = 60_000
"""A finger image as PNG; already compressed, so as good as random."""
PLAIN_SCHEMA = "CREATE TABLE sample (id TEXT PRIMARY KEY, permohonan_id TEXT, position TEXT, captured_at TEXT, data BLOB)"


def run() -> tuple[float, float, str]:
    """(ratio of medians, limit, both medians in ms)."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KTPEL_BENCH_DIR")) as name:
        folder = Path(name)
        clock = SystemClock()
        ids = Uuid7(clock)
        plain = _plain(folder / "plain.sqlite")
        with SqlRegister(folder / "register.sqlite", os.urandom(32), clock, ids) as register:
            p = register.write(lambda tx: _begin(tx, ids.new(), clock.now()))
            ours, theirs = [], []
            for n in range(ROUNDS + 10):
                sample = _sample(ids.new(), p.id, n, clock.now())
                started = time.perf_counter()
                _commit_plain(plain, sample)
                between = time.perf_counter()
                _commit_register(register, p, sample)
                ended = time.perf_counter()
                if n >= 10:
                    theirs.append(between - started)
                    ours.append(ended - between)
        plain.close()
    mine, base = statistics.median(ours), statistics.median(theirs)
    detail = f"register {mine * 1000:.2f} ms, plain SQLite {base * 1000:.2f} ms, {SAMPLE_BYTES // 1000} kB, {ROUNDS} commits"
    return mine / base, LIMIT, detail


def _plain(path: Path) -> Any:
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(PLAIN_SCHEMA)
    return connection


def _commit_plain(connection: Any, sample: Sample) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO sample VALUES (?, ?, ?, ?, ?)", (
        sample.id, sample.permohonan_id, sample.position.value, sample.captured_at.isoformat(), sample.data))
    connection.execute("COMMIT")


def _commit_register(register: SqlRegister, p: Permohonan, sample: Sample) -> None:
    """What accepting a capture stores: the sample with its place among the tries, and its audit link."""
    def work(tx: Tx) -> None:
        tx.add_sample(sample)
        tx.log("SampleAccepted", p.id, "operator", position=sample.position.value, attempt=sample.attempt, score=sample.quality.score)

    register.write(work)


def _begin(tx: Tx, id: str, now: datetime) -> Permohonan:
    tx.log("IntakeRegistered", id, "operator")
    person = Penduduk(
        "3508054502080001", "SITI AMINAH", "LUMAJANG", date(2008, 2, 5), JenisKelamin.PEREMPUAN, 13, "DUSUN KRAJAN", "001", "002",
        "TEMPEH LOR", "TEMPEH", "LUMAJANG", "JAWA TIMUR", 1, 1, 3)
    stages = tuple(Tahap(i, i + 1, stage, TahapState.BELUM) for i, stage in enumerate(STAGE_ORDER))
    return tx.save_permohonan(Permohonan(
        id, Layanan.BARU_WNI, person, "tempeh", "0" * 64, Keadaan.BERJALAN, stages, (), now, now, "operator",
        nomor_register="0001/KTP/XI/2026"))


def _sample(id: str, permohonan_id: str, n: int, now: datetime) -> Sample:
    return Sample(
        id, permohonan_id, FINGERS[n % 10], n // 10 + 1, "image/png", b"\x89PNG" + os.urandom(SAMPLE_BYTES - 4), 400, 500, 500,
        Quality("NFIQ2 2.3.0", 60, measures={"area": 0.8}), DeviceIdentity("Uji", "Pemindai", "1"), now.astimezone(UTC), best=True)
