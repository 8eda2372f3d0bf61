"""An opened packet seen as a MOSIP registration: fields, papers, samples with their proofs, audit. No I/O; any thread."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ktpel_kiosk.biometrics import cbeff
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.packet.birs import XML
from ktpel_kiosk.packet.checks import check_entries
from ktpel_kiosk.packet.mosip_cbeff import Part
from ktpel_kiosk.packet.mosip_evidence import proofs
from ktpel_kiosk.packet.mosip_profile import DocumentRule, Profile

_PAPER = re.compile(r"documents/\d{2}-(.+)\.pdf")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document field with its file ``<field>.<format>``; ``kind`` is what the office calls it, ``category`` MOSIP's word."""

    field: str
    category: str
    kind: str
    format: str
    data: bytes

    @property
    def file(self) -> str:
        return f"{self.field}.{self.format}"


@dataclass(frozen=True, slots=True)
class Session:
    """What one packet tells. ``fields``: values of the identity by schema field; ``audit``: the lines of the audit, in order."""

    manifest: Mapping[str, Any]
    fields: Mapping[str, Any]
    parts: tuple[Part, ...]
    papers: tuple[Paper, ...]
    audit: tuple[str, ...]


def read_session(entries: Mapping[str, bytes], profile: Profile) -> Session:
    """``entries`` of an opened packet, or of spare contents.

    Raises:
        SecurityRefusal: ``packet.entry_wrong``: the entries do not belong together.
        BadInput: ``record.*``; ``packet.mosip_documents``: more papers than the schema has fields for.
    """
    manifest = check_entries(entries)
    biodata = json.loads(entries["biodata.json"])
    parts, unproven = _parts(entries, manifest)
    lines = entries["audit.jsonl"].decode("utf-8").removesuffix("\n")
    return Session(
        manifest, dict(_fields(profile, {"biodata": biodata, "manifest": manifest})), parts,
        (*_scans(entries, profile), *_others(entries, profile, unproven)), tuple(lines.split("\n")) if lines else (),
    )


def _fields(profile: Profile, sources: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Filled fields only: an empty postcode is left out, not written as empty."""
    for field, source, kind in profile.fields:
        table, _, name = source.partition(".")
        value = sources[table].get(name)
        if value in (None, ""):
            continue
        if kind in ("code", "code_text") and isinstance(value, Mapping):
            value = str(value["code" if kind == "code" else "text"])
        elif kind == "sex":
            value = profile.sexes.get(str(value), str(value))
        elif kind == "date":
            value = date.fromisoformat(str(value)).strftime("%Y/%m/%d")
        words = kind in ("words", "sex", "code_text")
        yield field, [{"language": profile.language, "value": str(value)}] if words else str(value)


def _parts(entries: Mapping[str, bytes], manifest: Mapping[str, Any]) -> tuple[tuple[Part, ...], list[str]]:
    """The samples, and the evidence entries that no proof could be made of for every position that names them."""
    told = {s["id"]: s for s in manifest["samples"]}
    answers = {s["evidence"]: proofs(entries[s["evidence"]]) for s in told.values() if s["evidence"]}
    unproven: dict[str, None] = {}
    parts = []
    for bir in cbeff.parse(entries[XML], XML):
        sample = told.get(bir.index)
        if sample is None:
            parts.append(Part(bir))
            continue
        proof = answers[sample["evidence"]].get(bir.position) if sample["evidence"] else None
        if sample["evidence"] and proof is None:
            unproven.setdefault(sample["evidence"])
        parts.append(Part(bir, proof, int(sample["attempts"]), bool(sample["forced"])))
    for sample in told.values():  # a signature pad's own evidence has no BIR at all
        if sample["evidence"] and sample["position"] == Position.SIGNATURE.value:
            unproven.setdefault(sample["evidence"])
    return tuple(parts), list(unproven)


def _scans(entries: Mapping[str, bytes], profile: Profile) -> Iterator[Paper]:
    """Each scan in its field; a second one of a kind, and a kind nobody mapped, in the numbered ones."""
    used: set[str] = set()
    for name, data in entries.items():
        found = _PAPER.fullmatch(name)
        if not found:
            continue
        rule = profile.documents.get(found[1])
        if rule is None or rule.field in used:
            number = sum(f.startswith(profile.others.field) for f in used) + 1
            if number > profile.others_count:
                raise BadInput("packet.mosip_documents", limit=profile.others_count)
            rule = DocumentRule(f"{profile.others.field}{number}", profile.others.category)
        used.add(rule.field)
        yield Paper(rule.field, rule.category, found[1], "pdf", data)


def _others(entries: Mapping[str, bytes], profile: Profile, unproven: list[str]) -> Iterator[Paper]:
    """What MOSIP has no place for, byte for byte: signature, source manifest, device answers without a proof."""
    for name, field in profile.files.items():
        if name in entries:
            yield Paper(field, profile.others.category, name.rpartition(".")[0], name.rpartition(".")[2], entries[name])
    for number, name in enumerate(unproven, 1):
        if number > profile.evidence_count:
            raise BadInput("packet.mosip_documents", limit=profile.evidence_count)
        yield Paper(f"{profile.evidence}{number}", profile.others.category, name.removeprefix("evidence/").removesuffix(".bin"), "bin",
                    entries[name])
