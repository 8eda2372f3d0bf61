"""Draining a queue of 1,000 packets against a bare loop of the same PATCHes over the same shaped line.

The bare loop announced everything beforehand, keeps nothing, proves nothing and asks for no receipt: one connection, one PATCH after
another. Packets are a tenth of real ones (200 to 500 kB) and the line of 1 MB/s is ten times a 3G line, so that the benchmark ends in two
minutes; what comes once per packet weighs on the result as with real ones on the real line.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx
from sending_fixture import STATION, SendingDesk, ShapedLine, gateway_process, sending_desk

from ktpel_kiosk.app.clock import Uuid7
from ktpel_kiosk.siak.http_gateway import tls_context
from ktpel_kiosk.siak.network_thread import Rhythm, UploaderThread
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy

LIMIT = 1.15
PACKETS = 1000
BYTES_PER_S = 1_000_000.0
DELAY_S = 0.02
"""One way, so 40 ms there and back."""
PATIENCE_S = 170.0


def run() -> tuple[float, float, str]:
    """(seconds of the uploader / seconds of the bare loop, limit, figures)."""
    sizes = [random.Random(n).randint(20_000, 50_000) for n in range(PACKETS)]
    with tempfile.TemporaryDirectory() as name, sending_desk(Path(name), sizes) as desk, gateway_process(Path(name)) as port:
        line = ShapedLine(port, BYTES_PER_S, DELAY_S)
        bare = _bare(desk, port, line)
        ours, left = _ours(desk, line)
        line.close()
    if left:
        return 9.99, LIMIT, f"{left} of {PACKETS} packets still unsent after {ours:.0f} s"
    return ours / bare, LIMIT, (f"uploader {ours:.1f} s with announcements, receipts and register, bare PATCHes {bare:.1f} s, "
                                f"{PACKETS} packets of 20 to 50 kB, {BYTES_PER_S / 1e6:g} MB/s, {DELAY_S * 2000:.0f} ms there and back")


def _bare(desk: SendingDesk, port: int, line: ShapedLine) -> float:
    """Other packets of the same sizes, announced without the shaped line and outside the measured time."""
    ids = Uuid7(desk.clock)
    announcing = desk.connect(port)
    todo: list[tuple[str, bytes]] = []
    for packet in desk.packets:
        data = random.Random(-packet.counter).randbytes(packet.size)
        other = replace(packet, packet_id=ids.new(), counter=packet.counter + 10 * PACKETS, sha256=hashlib.sha256(data).hexdigest())
        todo.append((announcing.announce(other).upload_url, data))
    announcing.close()
    keys, chunk = desk.keys, UploadPolicy().largest_chunk
    tls = tls_context(keys.ca_cert, keys.client_cert, keys.client_key)
    head = {"Ktpel-Station": STATION, "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
    with httpx.Client(base_url=f"https://127.0.0.1:{line.port}", verify=tls, trust_env=False, headers=head, timeout=30.0) as client:
        began = time.monotonic()
        for url, data in todo:
            for offset in range(0, len(data), chunk):
                answer = client.patch(url, content=data[offset:offset + chunk], headers={"Upload-Offset": str(offset)})
                assert answer.status_code == 204, answer.status_code
        return time.monotonic() - began


def _ours(desk: SendingDesk, line: ShapedLine) -> tuple[float, int]:
    """(seconds until every packet has its receipt in the register, packets left)."""
    big, small = desk.connect(line.port), desk.connect(line.port)
    uploader = Uploader(desk.register, big, desk.sealer, desk.clock, random.Random(1), small=small)
    thread = UploaderThread(uploader, Rhythm(idle_s=0.5, status_wait_s=0.0))
    began = time.monotonic()
    thread.start()
    while (left := desk.register.read(lambda v: v.unsent_count())) and time.monotonic() - began < PATIENCE_S:
        time.sleep(0.05)
    took = time.monotonic() - began
    thread.stop()
    big.close()
    small.close()
    return took, left
