"""Fixed sessions whose packets must be the same bytes for ever, on every Python: standard library and the program's own pure modules only.

Pictures are stood in for by fixed records: what the native encoders make of a picture is pinned elsewhere (test_golden.py). Run as a
program it prints the hashes as JSON; ``PYTHONPATH`` names the ``src`` folder.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

AT = datetime(2026, 3, 2, 1, 0, 7, 250_000, tzinfo=UTC)
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
JPEG = bytes.fromhex("ffd8ffc0000b080010000c010111 00ffda0008010100003f00d2ffd9".replace(" ", ""))
MAGIC = {"finger": b"FIR\x00020\x00", "iris": b"IIR\x00020\x00", "face": b"FAC\x00030\x00"}


def record_of(position: Any) -> bytes:
    """A stand-in ISO record: the right magic and 300 bytes that follow from the position."""
    seed = hashlib.sha512(position.value.encode()).digest()
    return MAGIC[position.modality.value] + (seed * 5)[:300]


def stub_encoders() -> types.ModuleType:
    """What packet.build and packet.birs take from biometrics.encode, without any native library."""
    from ktpel_kiosk.biometrics.cbeff import Bir

    module = types.ModuleType("ktpel_kiosk.biometrics.encode")

    def encode_sample(sample: Any) -> Any:
        q, d = sample.quality, sample.device
        bir = Bir(sample.id, sample.position, sample.captured_at, record_of(sample.position), q.score if q.score != 255 else None,
                  ("ktpel-kiosk", q.algorithm), (d.make, f"{d.model} {d.serial}".strip()))
        return types.SimpleNamespace(bir=bir)

    module.encode_sample = encode_sample  # type: ignore[attr-defined]
    module.signature_png = lambda sample: b"\x89PNG\r\n\x1a\n" + sample.data  # type: ignore[attr-defined]
    module.signature_isf = lambda sample: b"SDI\0" + sample.data  # type: ignore[attr-defined]
    return module


def links(count: int) -> tuple[Any, ...]:
    from ktpel_kiosk.domain.audit import GENESIS, AuditLink, link_digest

    found, previous = [], GENESIS
    for n, event in enumerate(["SampleAccepted"] * (count - 2) + ["ApplicantConfirmed", "OperatorSignedOff"], 1):
        facts: dict[str, Any] = {"step": n, "score": 41.5, "note": "baris\u2028aneh"}
        digest = link_digest(n, AT, "op1", event, "p1", facts, previous)
        found.append(AuditLink(n, AT, "op1", event, "p1", facts, previous, digest))
        previous = digest
    return tuple(found)


def plain() -> Any:
    """Nobody's fingers yet: what every packet has."""
    from ktpel_kiosk.domain.biodata import make_penduduk
    from ktpel_kiosk.domain.packet import PacketContent, PacketDocument

    person = make_penduduk(
        nik="3508051002900003", nama="BUDI CONTOH", tempat_lahir="LUMAJANG", tanggal_lahir=date(1990, 2, 10), jenis_kelamin="L",
        golongan_darah=13, alamat="DUSUN KRAJAN", rt="001", rw="002", desa="TEMPEH LOR", kecamatan="TEMPEH",
        kabupaten="KABUPATEN LUMAJANG", provinsi="JAWA TIMUR", agama=1, status_perkawinan=1, pekerjaan=9,
    )
    return PacketContent(
        packet_id="0195a1b2-0000-7000-8000-000000000001", station="desk-1", office_code="35.08.05", counter=1, previous_hash="0" * 64,
        process="baru_wni", sop_id="tempeh", sop_digest="a" * 64, register_number="0001/KTP/III/2026", created_at=AT, penduduk=person,
        samples=(), exceptions=(), documents=(PacketDocument("berkas.kk", "application/pdf", PDF),), audit=links(4), operator="op1",
    )


def sample(position: Any, **values: Any) -> Any:
    from ktpel_kiosk.domain.biometric import DeviceIdentity, Position, Quality, Sample

    number = list(Position).index(position)
    options: dict[str, Any] = {"attempt": 1 + number % 3, "media_type": "image/png", "data": b"", "forced": number == 4, **values}
    return Sample(
        id=f"0195a1b2-0000-7000-8000-{number:012d}", permohonan_id="p1", position=position, width=1, height=1, ppi=500,
        quality=Quality("NFIQ2 2.3.0", 40 + number, 0x0101, 0x39), device=DeviceIdentity("Make", "Model", "S1", "drv 1"), captured_at=AT,
        best=True, **options,
    )


def full(**changes: Any) -> Any:
    """Ten fingers, two eyes, a face, ink."""
    from ktpel_kiosk.domain.biometric import EYES, FINGERS, Position, SignatureKind

    ink = sample(Position.SIGNATURE, media_type="application/x-ktpel-pen", data=b"pen", signature_kind=SignatureKind.TANDA_TANGAN)
    samples = (*(sample(p) for p in (*FINGERS, *EYES, Position.FACE)), ink)
    return replace(plain(), samples=samples, attempts={"left_eye": 4}, **changes)


def with_exceptions() -> Any:
    from ktpel_kiosk.domain.biometric import BiometricException, ExceptionKind, Position

    content = full()
    out = {Position.RIGHT_THUMB: ExceptionKind.MISSING, Position.LEFT_EYE: ExceptionKind.LENS, Position.SIGNATURE: ExceptionKind.UNABLE}
    return replace(
        content, samples=tuple(s for s in content.samples if s.position not in out),
        exceptions=tuple(BiometricException(p, k, f"alasan {k.value}", "kasi1", "op1") for p, k in out.items()),
    )


def with_evidence() -> Any:
    """One answer for the right hand, another for both eyes."""
    from ktpel_kiosk.domain.biometric import EYES, RIGHT_FOUR

    content = full()
    answers = {**dict.fromkeys(RIGHT_FOUR, b'{"answer":"right hand"}\r\n'), **dict.fromkeys(EYES, b"\x00\xffeyes")}
    return replace(content, samples=tuple(replace(s, device_payload=answers.get(s.position, b"")) for s in content.samples))


def with_documents() -> Any:
    from ktpel_kiosk.domain.packet import PacketDocument

    kinds = ("berkas.kk", "berkas.f102", "berkas.f102", "berkas.Surat/../Kuasa")
    return replace(full(), documents=tuple(
        PacketDocument(k, "image/jpeg" if n % 2 else "application/pdf", JPEG if n % 2 else PDF) for n, k in enumerate(kinds)))


def without_pad() -> Any:
    from ktpel_kiosk.domain.biometric import Modality

    content = full()
    return replace(content, samples=tuple(s for s in content.samples if s.position.modality is not Modality.SIGNATURE))


def replaced() -> Any:
    content = full(packet_id="0195a1b2-0000-7000-8000-000000000009", counter=9, previous_hash="9" * 64, created_at=AT + timedelta(days=3))
    return replace(content, replaces="0195a1b2-0000-7000-8000-000000000001")


def clock_jump() -> Any:
    return full(clock_jumped=True, created_at=AT.replace(year=2019))


SESSIONS: dict[str, Callable[[], Any]] = {
    "plain": plain, "full": full, "exceptions": with_exceptions, "evidence": with_evidence, "documents": with_documents,
    "no-pad": without_pad, "replaced": replaced, "clock-jump": clock_jump,
}


def digests() -> dict[str, dict[str, str]]:
    """Per session the SHA-256 of the container and of each entry. Needs the stub encoders in place."""
    from ktpel_kiosk.packet.build import build_entries
    from ktpel_kiosk.packet.container import write_container

    found = {}
    for name, make in SESSIONS.items():
        entries = build_entries(make())
        found[name] = {"container": hashlib.sha256(write_container(entries)).hexdigest(),
                       **{entry: hashlib.sha256(data).hexdigest() for entry, data in entries}}
    return found


def manifest(name: str) -> bytes:
    from ktpel_kiosk.packet.build import build_entries

    return build_entries(SESSIONS[name]())[0][1]


if __name__ == "__main__":
    sys.modules["ktpel_kiosk.biometrics.encode"] = stub_encoders()
    print(json.dumps({
        "digests": digests(), "manifests": {n: base64.b64encode(manifest(n)).decode() for n in SESSIONS}, "version": sys.version.split()[0],
    }))
