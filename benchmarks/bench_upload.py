"""Bytes on the wire against bytes of packets, on a line that drops every connection after 200 kB: TLS, headers, questions, lost chunks.

Both lanes of the uploader, the real register, real files, mutual TLS to the gateway in a process of its own.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from sending_fixture import gateway_process, sending_desk

from ktpel_kiosk.siak.network_thread import Rhythm, UploaderThread
from ktpel_kiosk.siak.simulator.tcp_line import BadLine
from ktpel_kiosk.siak.uploader import Uploader

LIMIT = 1.05
PACKETS = 60
DROP = 200_000
PATIENCE_S = 170.0


def run() -> tuple[float, float, str]:
    """(bytes towards the server / bytes of packets, limit, figures)."""
    sizes = [random.Random(n).randint(200_000, 500_000) for n in range(PACKETS)]
    with tempfile.TemporaryDirectory() as name, sending_desk(Path(name), sizes) as desk, gateway_process(Path(name)) as port:
        line = BadLine(port)
        line.cut_each_after(DROP)
        big, small = desk.connect(line.port), desk.connect(line.port)
        uploader = Uploader(desk.register, big, desk.sealer, desk.clock, random.Random(1), small=small)
        thread = UploaderThread(uploader, Rhythm(idle_s=0.5, status_every_s=15.0, status_wait_s=0.0))
        began = time.monotonic()
        thread.start()
        while desk.register.read(lambda v: v.unsent_count()) and time.monotonic() - began < PATIENCE_S:
            time.sleep(0.05)
        took, left = time.monotonic() - began, desk.register.read(lambda v: v.unsent_count())
        thread.stop()
        for client in (big, small):
            client.close()
        wire = line.sent
        line.close()
    if left:
        return 9.99, LIMIT, f"{left} of {PACKETS} packets still unsent after {took:.0f} s"
    total = sum(sizes)
    return wire / total, LIMIT, (f"{PACKETS} packets, {total / 1e6:.1f} MB, {wire / 1e6:.2f} MB on the wire with TLS and headers, "
                                 f"a drop every {DROP // 1000} kB, {took:.0f} s")
