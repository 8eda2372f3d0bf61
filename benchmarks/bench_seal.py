"""Sealing a full applicant against its unavoidable part: compressing the images, SHA-256 and AES-256-GCM of what comes out.

The seal side also reads the stored PNG, draws the signature, builds records, XML, manifest and ZIP, signs, wraps the key
for two recipients and writes durably.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from real_samples import sizes

from ktpel_kiosk.biometrics import codecs, pen
from ktpel_kiosk.biometrics.encode import FACE_RATIO, IRIS_RATIO
from ktpel_kiosk.biometrics.images import encode_png
from ktpel_kiosk.domain.audit import GENESIS, AuditLink, link_digest
from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.biometric import EYES, FINGERS, DeviceIdentity, Modality, Position, Quality, RawImage, Sample
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
from ktpel_kiosk.packet.keys import load_certificate, load_signing_key, make_demo_keys
from ktpel_kiosk.packet.seal import PacketSealer
from ktpel_kiosk.ports.devices import SignatureCapture

LIMIT = 1.3
ROUNDS = 7
REAL_PACKETS = 11
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DEVICE = DeviceIdentity("KTPEL", "Simulated", "1", simulated=True)


def pictures(person: SyntheticPerson) -> dict[Position, RawImage]:
    found = {p: person.finger(p) for p in FINGERS} | {p: person.iris(p) for p in EYES}
    found[Position.FACE] = person.portrait("biru")
    return found


def applicant(person: SyntheticPerson, images: dict[Position, RawImage]) -> PacketContent:
    """Ten fingers, two irises, portrait, signature; a session's audit."""
    samples = [_sample(p, "image/png", encode_png(i), i.width, i.height, 500 if p in FINGERS else 0) for p, i in images.items()]
    ink = pen.encode(SignatureCapture(person.signature(), 9600, 6000))
    samples.append(_sample(Position.SIGNATURE, pen.MEDIA_TYPE, ink, 9600, 6000, 0))
    links, previous = [], GENESIS
    for n in range(1, 41):
        digest = link_digest(n, AT, "op1", "SampleAccepted", "p1", {"step": n}, previous)
        links.append(AuditLink(n, AT, "op1", "SampleAccepted", "p1", {"step": n}, previous, digest))
        previous = digest
    resident = make_penduduk(
        nik="3508051002900003", nama="BUDI CONTOH", tempat_lahir="LUMAJANG", tanggal_lahir="1990-02-10", jenis_kelamin="L",
        golongan_darah=13, alamat="DUSUN KRAJAN", rt="001", rw="002", desa="TEMPEH LOR", kecamatan="TEMPEH",
        kabupaten="KABUPATEN LUMAJANG", provinsi="JAWA TIMUR", agama=1, status_perkawinan=1, pekerjaan=9,
    )
    return PacketContent(
        packet_id="0195a1b2-0000-7000-8000-000000000001", station="desk-1", office_code="35.08.05", counter=1, previous_hash="0" * 64,
        process="baru_wni", sop_id="tempeh", sop_digest="a" * 64, register_number="0001/KTP/III/2026", created_at=AT, penduduk=resident,
        samples=tuple(samples), exceptions=(), documents=(), audit=tuple(links), operator="op1",
    )


def _sample(position: Position, media_type: str, data: bytes, width: int, height: int, ppi: int) -> Sample:
    return Sample(f"0195a1b2-0000-7000-8000-{list(Position).index(position):012d}", "p1", position, 1, media_type, data, width, height, ppi,
                  Quality("NFIQ2 2.3.0", 60), DEVICE, AT, best=True)


def unavoidable(images: dict[Position, RawImage]) -> int:
    """Compress each picture as the records want it, hash and encrypt the result; bytes that came out."""
    parts = []
    for position, image in images.items():
        if position.modality is Modality.FINGER:
            parts.append(codecs.encode_wsq(image))
        else:
            parts.append(codecs.encode_jp2(image, FACE_RATIO if position is Position.FACE else IRIS_RATIO))
    data = b"".join(parts)
    hashlib.sha256(data).digest()
    return len(AESGCM(os.urandom(32)).encrypt(os.urandom(12), data, None))


def run() -> tuple[float, float, str]:
    """(ratio, limit, detail); best of interleaved rounds on both sides."""
    person = SyntheticPerson(7)
    images = pictures(person)
    content = applicant(person, images)
    with tempfile.TemporaryDirectory() as folder:
        keys = make_demo_keys(Path(folder) / "keys", AT, "desk-1")
        sealer = PacketSealer(
            Path(folder) / "packets", load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes()),
            [load_certificate(keys.central_cert.read_bytes()), load_certificate(keys.next_cert.read_bytes())],
        )
        size = sealer.seal(content).size
        unavoidable(images)
        raw_s, seal_s = [], []
        for _ in range(ROUNDS):
            raw_s.append(_seconds(lambda: unavoidable(images)))
            seal_s.append(_seconds(lambda: sealer.seal(content)))
    seal, raw = min(seal_s), min(raw_s)
    told = f"seal {seal * 1000:.0f} ms, compression+SHA-256+AES-GCM {raw * 1000:.0f} ms, packet {size / 1024:.0f} kB"
    return seal / raw, LIMIT, f"{told}; {real_sizes(content, images[Position.FACE])}"


def real_sizes(content: PacketContent, portrait: RawImage) -> str:
    """Packet sizes for real pictures where the sample collection is present."""
    def sample(position: Position, image: RawImage) -> Sample:
        return _sample(position, "image/png", encode_png(image), image.width, image.height, 500 if position in FINGERS else 0)

    found = [(name, sizes(content, sample, REAL_PACKETS, face)) for name, face in (("their faces", None), ("a kiosk portrait", portrait))]
    if not found[0][1]:
        return "no real samples here"
    return "real fingers and irises: " + ", ".join(
        f"with {name} median {s[len(s) // 2] / 1024:.0f} kB, p95 {s[math.ceil(len(s) * 0.95) - 1] / 1024:.0f} kB" for name, s in found)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
