"""The written contract and the server say the same."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.simulator.routes import Routes
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.signed_status import CourierCounter
from ktpel_kiosk.siak.simulator.store import GatewayStore

CONTRACT = Path(__file__).parents[2] / "resources" / "siak-gateway.openapi.yaml"


def _written() -> set[tuple[str, str]]:
    """(path, METHOD) pairs; paths are keys at two spaces, methods at four."""
    found, path = set(), ""
    for line in CONTRACT.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"  (/v1/[^:]*):", line):
            path = match[1]
        elif match := re.fullmatch(r"    (get|post|put|patch|head|delete|options):", line):
            found.add((path, match[1].upper()))
    return found


def test_routes_are_the_written_ones(tmp_path):
    store = GatewayStore(tmp_path)
    routes = Routes(store, SystemClock(), Behaviour(), ec.generate_private_key(ec.SECP256R1()), "k", None, {},
                    counter=lambda ports: CourierCounter(tmp_path, ports, None)).routes()
    served = {(r.path, r.method) for r in routes}
    store.close()
    assert served == _written()
    assert len(served) == 15


def test_status_words_are_the_written_ones():
    words = re.search(r"enum: \[(UNREGISTERED[^\]]*)\]", CONTRACT.read_text("utf-8"))
    assert words is not None
    assert {w.strip() for w in words[1].split(",")} == {s.value for s in StatusSiak}
