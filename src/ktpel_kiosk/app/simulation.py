"""The gateway simulator as practice mode uses it: mutual TLS on loopback, packets really opened with the central key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.clock import PracticeClock, SystemClock
from ktpel_kiosk.app.office import PRACTICE_STATION, settings_of, village_names
from ktpel_kiosk.app.residents import PracticeResidents
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.packet.courier_manifest import manifest_checker
from ktpel_kiosk.packet.keys import DemoKeys, load_certificate
from ktpel_kiosk.packet.open import packet_checker, packet_reader
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys


def practice_gateway(folder: Path, keys: DemoKeys, clock: SystemClock | PracticeClock, *, port: int = 0, step_s: float = 0.0,
                     behaviour: Behaviour | None = None, admin_port: int | None = None) -> GatewaySimulator:
    """A gateway over a durable store in ``folder``; ``step_s`` seconds lie between two statuses of a packet.

    ``admin_port``: also serve the page and the faults on demand there (0: any port); ``None``: not at all.
    """
    return GatewaySimulator(
        folder, clock=clock, port=port, admin_port=admin_port, behaviour=behaviour or Behaviour(step_s=step_s),
        keys=SimulatorKeys(keys.receipt_key.read_bytes(), keys.receipt_kid, keys.server_cert, keys.server_key, keys.ca_cert),
        opener=packet_checker(keys.central_key.read_bytes(), keys.central_cert.read_bytes()),
        residents=practice_residents(folder.parent, keys),
        manifests=manifest_checker({PRACTICE_STATION: load_certificate(keys.station_cert.read_bytes())}),
    )


def practice_residents(data: Path, keys: DemoKeys) -> PracticeResidents:
    """Whom the practice centre knows: the invented residents of the office in ``data``, and everybody whose packet it holds."""
    def office() -> tuple[Kantor, tuple[str, ...]]:
        from ktpel_kiosk.app import sops

        settings = settings_of(data)
        kantor = sops.load(settings.office if settings is not None else "tempeh", data).kantor
        return kantor, village_names(kantor.kode_wilayah)

    return PracticeResidents(office, packet_reader(keys.central_key.read_bytes(), keys.central_cert.read_bytes()))


def holdings_summary(simulator: GatewaySimulator) -> Mapping[str, Any]:
    """What the gateway holds, for ``summary.json``."""
    held = simulator.holdings()
    return {
        "packets": [{"packet_id": h.packet_id, "counter": h.counter, "size": h.size, "sha256": h.sha256, "complete": h.complete}
                    for h in held],
        "complete": sum(h.complete for h in held), "receipts": len(simulator.receipts()),
        "card_events": [event for _, event in simulator.cards()],
    }
