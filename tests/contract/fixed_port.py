"""Ports for services that are stopped and started again: none that the system hands out to others meanwhile."""

from __future__ import annotations

import random
import socket

LOW, HIGH = 20000, 30000
"""Below the range Linux gives to sockets that name no port (32768 and up)."""


def fixed_port() -> int:
    """A loopback port nobody has now and no ``bind(0)`` will take."""
    while True:
        port = random.SystemRandom().randrange(LOW, HIGH)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
