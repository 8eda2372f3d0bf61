"""A really sealed packet over a real connection to a centre that really opens it."""

from __future__ import annotations

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.packet.keys import load_certificate, load_signing_key, make_demo_keys
from ktpel_kiosk.packet.open import packet_checker
from ktpel_kiosk.packet.seal import PacketSealer
from ktpel_kiosk.siak.http_gateway import HttpGateway, receipt_keys, tls_context
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys


def test_sealed_here_opened_there(content, tmp_path):
    demo_keys = make_demo_keys(tmp_path / "keys", SystemClock().now(), content.station)
    sealer = PacketSealer(
        tmp_path / "packets", load_signing_key(demo_keys.station_key.read_bytes()), load_certificate(demo_keys.station_cert.read_bytes()),
        [load_certificate(demo_keys.central_cert.read_bytes())],
    )
    sealed = sealer.seal(content)
    packet = Packet(content.packet_id, "p1", content.station, content.counter, content.previous_hash, sealed.sha256, sealed.size,
                    sealed.path, PacketState.SEALED, content.created_at)
    keys = SimulatorKeys(demo_keys.receipt_key.read_bytes(), demo_keys.receipt_kid, demo_keys.server_cert, demo_keys.server_key,
                         demo_keys.ca_cert)
    opener = packet_checker(demo_keys.central_key.read_bytes(), demo_keys.central_cert.read_bytes(), demo_keys.station_cert.read_bytes())
    simulator = GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=keys, behaviour=Behaviour(step_s=0.0), opener=opener)
    with simulator:
        gateway = HttpGateway(
            simulator.base_url, content.station, tls=tls_context(demo_keys.ca_cert, demo_keys.client_cert, demo_keys.client_key),
            receipt_keys=receipt_keys({demo_keys.receipt_kid: demo_keys.receipt_cert.read_bytes()}),
        )
        gateway.send_chunk(gateway.announce(packet).upload_url, 0, sealer.read(sealed.path))
        assert gateway.receipt(packet.packet_id).sha256 == sealed.sha256
        final = gateway.statuses(0, 1.0)[-1]
        gateway.close()
    assert (final.status, final.nik) == (StatusSiak.PRINT_READY_RECORD, content.penduduk.nik)
