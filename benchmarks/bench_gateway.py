"""500 kiosks that upload at once to the reference server, against the same requests answered by a bare uvicorn app that only appends
each chunk to a file and syncs it.

Both servers are processes of their own on this machine. The bare one checks nothing, knows no packet, has no database, and answers
fixed words; ours also verifies chunk checksums and the whole SHA-256, keeps unique keys, signs receipts and makes every answer
durable before it is given.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk_crowd import Outcome, parcels, send

LIMIT = 2.1
ROUNDS = 5
KIOSKS, SIZE = 500, 300 * 1024


@contextmanager
def server(kind: str) -> Iterator[int]:
    """The port of a server in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([sys.executable, __file__, kind, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(30)
            process.stdout.close()


def once(kind: str, seed: int) -> Outcome:
    rows = parcels(KIOSKS, 1, SIZE, seed)
    with server(kind) as port:
        return send(port, rows)


def run() -> tuple[float, float, str]:
    """(ratio, limit, detail); the ratio is the median of rounds in which both ran one after the other, in changing order."""
    outcomes: list[dict[str, Outcome]] = []
    for seed in range(ROUNDS):
        order = ("bare", "ours") if seed % 2 else ("ours", "bare")
        outcomes.append({kind: once(kind, seed) for kind in order})
    ratio = statistics.median(o["ours"].seconds / o["bare"].seconds for o in outcomes)
    bare, ours = (min((o[kind] for o in outcomes), key=lambda o: o.seconds) for kind in ("bare", "ours"))
    return ratio, LIMIT, (
        f"{KIOSKS} kiosks at once, {ours.size / ours.packets / 1024:.0f} kB each: {ours.packets / ours.seconds:.0f} packets/s, "
        f"{ours.size / ours.seconds / 1e6:.0f} MB/s, {len(ours.latencies_s) / ours.seconds:.0f} requests/s, "
        f"p50 {ours.late(0.5) * 1000:.0f} ms, p95 {ours.late(0.95) * 1000:.0f} ms; "
        f"bare app {bare.packets / bare.seconds:.0f} packets/s, p95 {bare.late(0.95) * 1000:.0f} ms"
    )


def _serve_ours(folder: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.siak.simulator.script import Behaviour
    from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    slow = Behaviour(step_s=3600.0)
    with GatewaySimulator(folder / "gateway", clock=SystemClock(), keys=SimulatorKeys(key), behaviour=slow) as simulator:
        print(simulator.port, flush=True)
        sys.stdin.read()


def _serve_bare(folder: Path) -> None:
    import asyncio
    import itertools
    import os
    import socket
    import threading

    import uvicorn

    names = itertools.count()

    def keep(name: str, parts: list[bytes]) -> None:
        fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for part in parts:
            os.write(fd, part)
        os.fdatasync(fd)
        os.close(fd)

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        status, body = 200, b'{"receipt": "x"}'
        if scope["method"] == "PATCH":
            await asyncio.get_running_loop().run_in_executor(None, keep, scope["path"].rsplit("/", 1)[-1], parts)
            status, body = 204, b""
        elif scope["method"] == "POST":
            status, body = 201, b'{"upload_url": "/v1/uploads/%d", "offset": 0}' % next(names)
        headers = [(b"content-length", str(len(body)).encode())] if status != 204 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    running = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", http="h11",
                                            proxy_headers=False))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()
    running.should_exit = True
    thread.join(10)


if __name__ == "__main__":
    {"ours": _serve_ours, "bare": _serve_bare}[sys.argv[1]](Path(sys.argv[2]))
