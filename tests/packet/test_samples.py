"""Samples in a packet: every image once, as the records want it; exceptions, evidence and attempts in the manifest."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from packet_values import AT

from ktpel_kiosk.biometrics import cbeff, pen
from ktpel_kiosk.biometrics.images import encode_png
from ktpel_kiosk.biometrics.records.read import read_record
from ktpel_kiosk.domain.biometric import BiometricException, DeviceIdentity, ExceptionKind, Position, Quality, Sample, SignatureKind
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.open import open_packet
from ktpel_kiosk.ports.devices import SignatureCapture


def _sample(position, image=None, **values):
    data = encode_png(image) if image is not None else values.pop("data")
    width, height, ppi = (image.width, image.height, image.ppi) if image is not None else (9600, 6000, 0)
    values.setdefault("media_type", "image/png")
    return Sample(
        id=f"0195a1b2-0000-7000-8000-{list(Position).index(position):012d}", permohonan_id="p1", position=position, attempt=2, data=data,
        width=width, height=height, ppi=ppi, quality=Quality("NFIQ2 2.3.0", 62, 0x0101, 0x39), device=DeviceIdentity("Make", "Model", "S1"),
        captured_at=AT, best=True, **values,
    )


@pytest.fixture(scope="module")
def samples():
    person = SyntheticPerson(3)
    ink = pen.encode(SignatureCapture(person.signature(), 9600, 6000))
    return (
        _sample(Position.RIGHT_INDEX, person.finger(Position.RIGHT_INDEX), forced=True, device_payload=b"header..\x00signature"),
        _sample(Position.LEFT_EYE, person.iris(Position.LEFT_EYE)),
        _sample(Position.FACE, person.portrait("biru")),
        _sample(Position.SIGNATURE, data=ink, media_type=pen.MEDIA_TYPE, signature_kind=SignatureKind.TANDA_TANGAN),
    )


@pytest.fixture(scope="module")
def full(content, samples):
    return replace(
        content, samples=samples, attempts={"right_index": 3},
        exceptions=(BiometricException(Position.RIGHT_THUMB, ExceptionKind.MISSING, "amputasi", "kasi1", "op1"),),
    )


@pytest.fixture(scope="module")
def entries(full):
    """Compressed once for all tests that only look."""
    return build_entries(full)


def test_order_of_entries(entries):
    assert [n for n, _ in entries] == [
        "manifest.json", "biodata.json", "biometrics.xml", "signature.png", "signature.isf", "evidence/right_index.bin",
        "documents/01-kk.pdf", "audit.jsonl",
    ]


def test_records_and_exceptions_read_back(entries):
    birs = cbeff.parse(dict(entries)["biometrics.xml"])
    assert [b.position for b in birs] == [Position.RIGHT_INDEX, Position.LEFT_EYE, Position.FACE, Position.RIGHT_THUMB]
    assert [b.bdb[:4] if b.bdb else None for b in birs] == [b"FIR\0", b"IIR\0", b"FAC\0", None]
    assert read_record(birs[0].bdb).position is Position.RIGHT_INDEX


def test_manifest_tells_how_each_sample_came_about(full, entries):
    manifest = json.loads(dict(entries)["manifest.json"])
    finger, _, _, signature = manifest["samples"]
    assert (finger["attempt"], finger["attempts"], finger["forced"]) == (2, 3, True)
    assert finger["quality"] == {"algorithm": "NFIQ2 2.3.0", "score": 62}
    assert finger["device"]["serial"] == "S1"
    assert finger["data"] == f"biometrics.xml#{full.samples[0].id}"
    assert (signature["data"], signature["signature_kind"]) == ("signature.isf", "tanda_tangan")
    assert manifest["exceptions"] == [{"position": "right_thumb", "kind": "tidak_ada", "reason": "amputasi", "recorded_by": "op1",
                                       "approved_by": "kasi1"}]


def test_device_evidence_survives_byte_for_byte(full, sealer, demo_keys, tmp_path):
    path = tmp_path / "packets" / sealer.seal(full).path
    open_packet(path, demo_keys.central_key.read_bytes(), demo_keys.central_cert.read_bytes(), tmp_path / "out")
    assert (tmp_path / "out" / "evidence" / "right_index.bin").read_bytes() == b"header..\x00signature"


def test_evidence_of_several_fingers_is_kept_once(full):
    """A slap scanner signs a whole hand in one answer; ten copies of it would burst the packet."""
    finger, iris, face, *rest = full.samples
    changed = replace(full, samples=(finger, replace(iris, device_payload=b"sendiri"), replace(face, device_payload=finger.device_payload),
                                     *rest))
    found = dict(build_entries(changed))
    assert [n for n in found if n.startswith("evidence/")] == ["evidence/right_index.bin", f"evidence/{iris.position.value}.bin"]
    assert [s["evidence"] for s in json.loads(found["manifest.json"])["samples"]] == [
        "evidence/right_index.bin", f"evidence/{iris.position.value}.bin", "evidence/right_index.bin", None]


def test_same_samples_same_bytes(full, entries):
    assert build_entries(full) == entries


def test_a_sample_that_cannot_be_encoded_is_named(changed):
    bad = _sample(Position.LEFT_RING, data=b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(BadInput) as refused:
        build_entries(changed(samples=(bad,)))
    assert refused.value.facts["entry"] == "left_ring"
