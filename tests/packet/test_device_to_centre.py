"""From a signing device to both encodings of the packet: what the device said arrives byte for byte, and its signature still verifies."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import golden_sessions
import mosip_reader
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ktpel_kiosk.biometrics.images import encode_png
from ktpel_kiosk.domain.biometric import RIGHT_FOUR, Position
from ktpel_kiosk.packet import cms, mosip
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import _self_signed, load_certificate, load_signing_key
from ktpel_kiosk.packet.mosip_profile import load_profile
from ktpel_kiosk.packet.open import open_packet, packet_reader
from ktpel_kiosk.ports.devices import evidence_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "contract"))
from sbi_desk import CAMERA, FINGERPRINT, ignore, opened
from sbi_service import SbiService, b64url, sample_records

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def session():
    """Right hand and face as the driver took them, and the service's answers as it sent them."""
    records = sample_records()
    with SbiService(**({"records": records} if records else {})) as service:
        scanner, camera = opened(service, FINGERPRINT), opened(service, CAMERA)
        hand = scanner.capture(RIGHT_FOUR, 5.0, ignore)
        hand_answer = service.answers[-1]
        portrait = camera.still()
        face_answer = service.answers[-1]
        evidence = evidence_of(camera)
        scanner.close()
        camera.close()
        delivered = dict(service.records)
    samples = [
        golden_sessions.sample(position, data=encode_png(image), device_payload=hand.payload) for position, image in hand.fingers
    ]
    samples.append(golden_sessions.sample(Position.FACE, data=encode_png(portrait), device_payload=evidence))
    return replace(golden_sessions.plain(), samples=tuple(samples)), hand_answer, face_answer, delivered


def test_evidence_goes_from_the_device_into_both_packets(session, demo_keys, tmp_path):
    content, hand_answer, face_answer, delivered = session
    entries = build_entries(content)
    path = tmp_path / "p.ktpelpkt"
    station = load_signing_key(demo_keys.station_key.read_bytes()), load_certificate(demo_keys.station_cert.read_bytes())
    central = load_certificate(demo_keys.central_cert.read_bytes())
    path.write_bytes(cms.seal(write_container(entries), *station, content.created_at, [central]))
    keys = demo_keys.central_key.read_bytes(), demo_keys.central_cert.read_bytes()
    open_packet(path, *keys, tmp_path / "out")
    assert (tmp_path / "out/evidence/right_index.bin").read_bytes() == hand_answer
    assert (tmp_path / "out/evidence/face.bin").read_bytes() == face_answer

    platform, machine = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    certificate = _self_signed("Platform", platform, golden_sessions.AT)[1]
    desk = mosip.MosipDesk("10001", "10077", certificate, machine)
    made = mosip.export(packet_reader(*keys)(path.read_bytes()), load_profile(ROOT / "resources" / "mosip"), desk)
    found = mosip_reader.read(Path(made.path).name, made.data, platform, certificate, machine.public_key())
    assert len(found.biometrics) == 5 and all(b.device_signed for b in found.biometrics)
    for b in found.biometrics:
        assert b.record == delivered[b.subtype or "Face"]
        payload = b.others["PAYLOAD"].replace("<bioValue>", b64url(b.record))
        assert b64url(payload.encode()).encode() in (face_answer if b.kind == "Face" else hand_answer)
