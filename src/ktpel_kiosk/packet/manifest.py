"""The manifest: what the packet is, who made it, and the size and SHA-256 of every other entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ktpel_kiosk.domain.audit import AuditLink
from ktpel_kiosk.domain.biometric import BiometricException, Sample
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.packet.canonical import JsonValue, canonical
from ktpel_kiosk.packet.container import Entry

FORMAT = "ktpel-packet"
MANIFEST = "manifest.json"
VERSION = 1
_MEDIA = {
    "json": "application/json", "jsonl": "application/jsonl", "xml": "application/xml", "png": "image/png",
    "isf": "application/x-iso-19794-7", "pdf": "application/pdf", "bin": "application/octet-stream",
}


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_manifest(content: PacketContent, entries: Sequence[Entry], homes: Mapping[str, str]) -> bytes:
    """Canonical JSON over ``entries`` (all but the manifest itself).

    Args:
        homes: per sample id where its data is, ``entry`` or ``entry#index``.
    """
    evidence = evidence_names(content)
    manifest: dict[str, JsonValue] = {
        "format": FORMAT, "version": VERSION, "packet_id": content.packet_id, "station": content.station,
        "office_code": content.office_code, "counter": content.counter, "previous_hash": content.previous_hash,
        "process": content.process, "sop": {"id": content.sop_id, "digest": content.sop_digest},
        "register_number": content.register_number, "created_at": stamp(content.created_at), "operator": content.operator,
        "clock_jumped": content.clock_jumped,
        "entries": [
            {"name": name, "size": len(data), "media_type": _MEDIA[name.rsplit(".", 1)[1]],
             "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in entries
        ],
        "samples": [_sample(s, content, homes[s.id], evidence.get(s.id)) for s in content.samples],
        "exceptions": [_exception(e) for e in content.exceptions],
    }
    if content.replaces:
        manifest["replaces"] = content.replaces
    return canonical(manifest)


def evidence_names(content: PacketContent) -> dict[str, str]:
    """Per sample id the entry with its evidence. What came in one answer of the device (a whole hand) is one entry, named after the
    first position: ten copies would not fit into a packet."""
    first: dict[bytes, str] = {}
    for sample in content.samples:
        if sample.device_payload:
            first.setdefault(sample.device_payload, f"evidence/{sample.position.value}.bin")
    return {s.id: first[s.device_payload] for s in content.samples if s.device_payload}


def _sample(s: Sample, content: PacketContent, home: str, evidence: str | None) -> dict[str, JsonValue]:
    return {
        "id": s.id, "position": s.position.value, "modality": s.position.modality.value, "data": home,
        "captured_at": stamp(s.captured_at), "attempt": s.attempt,
        "attempts": content.attempts.get(s.position.value, s.attempt), "forced": s.forced,
        "signature_kind": s.signature_kind.value if s.signature_kind else None,
        "quality": {"algorithm": s.quality.algorithm, "score": s.quality.score},
        "device": {
            "make": s.device.make, "model": s.device.model, "serial": s.device.serial, "driver": s.device.driver,
            "simulated": s.device.simulated,
        },
        "evidence": evidence,
    }


def _exception(e: BiometricException) -> dict[str, JsonValue]:
    return {
        "position": e.position.value, "kind": e.kind.value, "reason": e.reason, "recorded_by": e.recorded_by,
        "approved_by": e.approved_by,
    }


def audit_lines(links: Sequence[AuditLink]) -> bytes:
    """One JSON object per line; numbers written as :func:`ktpel_kiosk.domain.audit.link_digest` writes them."""
    lines = [
        json.dumps(
            {"sequence": x.sequence, "at": x.at.isoformat(), "actor": x.actor, "event": x.event, "subject": x.subject,
             "facts": x.facts, "previous": x.previous, "digest": x.digest},
            sort_keys=True, separators=(",", ":"), ensure_ascii=False,
        )
        for x in links
    ]
    return "".join(f"{line}\n" for line in lines).encode()
