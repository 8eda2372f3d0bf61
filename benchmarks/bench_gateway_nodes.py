"""One gateway node on PostgreSQL and real S3 (OpenStack Swift), on PostgreSQL and a folder, and the one-machine store, in one run.

Each node, database and object store are processes of their own on this machine; what is compared is the processor time of the node
itself a request, which is what the number of nodes follows from. The object store's own time is told beside it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk_crowd import Outcome, parcels, send

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
LIMIT = 6.0
ROUNDS = 3
KIOSKS, SIZE = 60, 300 * 1024
KINDS = ("local", "postgres", "postgres+s3")


@dataclass(frozen=True)
class Run:
    outcome: Outcome
    cpu_s: float

    @property
    def cpu_ms(self) -> float:
        return self.cpu_s * 1000 / len(self.outcome.latencies_s)


def cpu_of(pid: int) -> float:
    """Seconds of processor time, user and kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def node(kind: str, about: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """(port, pid) of a gateway in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([sys.executable, __file__, kind, folder, json.dumps(about)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.stdin.close()
            process.wait(30)
            process.stdout.close()


def once(kind: str, about: dict[str, Any], seed: int) -> Run:
    rows = parcels(KIOSKS, 1, SIZE, seed)
    with node(kind, about) as (port, pid):
        before = cpu_of(pid)
        outcome = send(port, rows)
        return Run(outcome, cpu_of(pid) - before)


def run() -> tuple[float, float, str]:
    """(ratio, limit, detail): processor time a request on PostgreSQL and S3 over that of the one-machine store; 0: they are not here."""
    import postgres_server
    import swift_server

    reason = postgres_server.missing() or swift_server.missing()
    if reason:
        return 0.0, LIMIT, f"not measured: {reason}"
    with ExitStack() as servers:
        database, store = postgres_server.start(), swift_server.start()
        servers.callback(database.stop)
        servers.callback(store.stop)
        found: dict[str, list[Run]] = {kind: [] for kind in KINDS}
        for seed in range(ROUNDS):
            for kind in KINDS:
                found[kind].append(once(kind, {"conninfo": database.fresh(), "s3": store.settings(f"bench{seed}")}, seed))
    ratio = statistics.median(s.cpu_ms / o.cpu_ms for s, o in zip(found["postgres+s3"], found["local"], strict=True))
    return ratio, LIMIT, f"{KIOSKS} kiosks at once, {SIZE / 1024:.0f} kB each: " + "; ".join(_told(kind, found[kind]) for kind in KINDS)


def _told(kind: str, runs: list[Run]) -> str:
    best = min(runs, key=lambda r: r.outcome.seconds)
    o = best.outcome
    request = statistics.median(r.cpu_ms for r in runs)
    packet = statistics.median(r.cpu_s * 1000 / r.outcome.packets for r in runs)
    return (f"{kind} {o.packets / o.seconds:.1f} packets/s, p95 {o.late(0.95) * 1000:.0f} ms, node {request:.2f} ms of processor a "
            f"request, {packet:.1f} ms a packet")


def _serve(kind: str, folder: Path, about: dict[str, Any]) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.siak.simulator.objects import FolderObjects, Objects
    from ktpel_kiosk.siak.simulator.pg import Database
    from ktpel_kiosk.siak.simulator.s3_objects import S3Objects, S3Settings
    from ktpel_kiosk.siak.simulator.script import Behaviour
    from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
    from ktpel_kiosk.siak.simulator.shared_store import SharedStore

    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    more: dict[str, Any] = {}
    if kind != "local":
        objects: Objects = FolderObjects(folder / "objects")
        if kind == "postgres+s3":
            objects = s3 = S3Objects(S3Settings(**about["s3"]))
            s3.make_bucket()
        more = {"open_store": lambda: SharedStore(Database(about["conninfo"]), objects), "papers": objects}
    with GatewaySimulator(folder, clock=SystemClock(), keys=SimulatorKeys(key), behaviour=Behaviour(step_s=3600.0), **more) as simulator:
        print(simulator.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
