"""How KTP-el fields become fields of an ID schema: read from ``resources/mosip``, so that a country can bring its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.errors import BadInput

MAPPING, SCHEMA = "mapping.json", "id-schema.json"
SUB_PACKETS = ("id", "evidence", "optional")
_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "pvt": ("id",), "kyc": ("id",), "none": SUB_PACKETS, "evidence": ("evidence",), "optional": ("optional",),
}
_KINDS = frozenset({"plain", "words", "date", "sex", "code", "code_text"})
_SOURCES = frozenset({"biodata", "manifest"})


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """``field`` of the schema that takes a paper, and MOSIP's ``category`` for it."""

    field: str
    category: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The mapping, checked against the schema it speaks of.

    Attributes:
        version: IDSchemaVersion. language: of the words, ISO 639-2. biometrics: field of the CBEFF document. source: folder of the packet.
        processes, sexes, exceptions: from our words to MOSIP's.
        fields: (schema field, ``biodata.*`` or ``manifest.*``, kind). documents: by paper kind; ``others`` numbered 1..``others_count``.
        files: entry of our packet to document field. evidence: document field (numbered) of device answers that no BIR can prove.
    """

    version: float
    language: str
    biometrics: str
    source: str
    processes: Mapping[str, str]
    sexes: Mapping[str, str]
    exceptions: Mapping[str, str]
    fields: tuple[tuple[str, str, str], ...]
    documents: Mapping[str, DocumentRule]
    others: DocumentRule
    others_count: int
    files: Mapping[str, str]
    evidence: str
    evidence_count: int
    categories: Mapping[str, tuple[str, ...]]

    def homes(self, field: str) -> tuple[str, ...]:
        """The sub-packets a field belongs into."""
        return self.categories[field]


def load_profile(folder: Path) -> Profile:
    """The mapping and schema of ``folder``.

    Raises:
        BadInput: ``packet.mosip_profile``, naming the file, and the field the mapping gives that the schema lacks.
    """
    mapping, schema = _read(folder / MAPPING), _read(folder / SCHEMA)
    try:
        categories = {
            name: _CATEGORIES[described["fieldCategory"]] for name, described in schema["properties"]["identity"]["properties"].items()
        }
    except (KeyError, TypeError, AttributeError) as e:
        raise BadInput("packet.mosip_profile", path=SCHEMA, reason="fieldCategory") from e
    try:
        profile = _profile(mapping, categories)
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise BadInput("packet.mosip_profile", path=MAPPING, reason=str(e)[:60]) from e
    for field in _used(profile):
        if field not in categories:
            raise BadInput("packet.mosip_profile", path=SCHEMA, reason=field[:60])
    return profile


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as e:
        raise BadInput("packet.mosip_profile", path=path.name, reason="JSON") from e
    if not isinstance(found, dict):
        raise BadInput("packet.mosip_profile", path=path.name, reason="JSON")
    return found


def _profile(m: Mapping[str, Any], categories: Mapping[str, tuple[str, ...]]) -> Profile:
    fields = tuple((str(f["field"]), str(f["source"]), str(f["kind"])) for f in m["fields"])
    for name, source, kind in fields:
        if kind not in _KINDS or source.partition(".")[0] not in _SOURCES:
            raise ValueError(name)
    others = m["otherDocuments"]
    return Profile(
        float(m["idSchemaVersion"]), str(m["language"]), str(m["biometrics"]), str(m["source"]), dict(m["processes"]), dict(m["sex"]),
        dict(m["exceptions"]), fields, {str(d["kind"]): DocumentRule(str(d["field"]), str(d["category"])) for d in m["documents"]},
        DocumentRule(str(others["field"]), str(others["category"])), int(others["count"]), dict(m["files"]), str(m["evidence"]["field"]),
        int(m["evidence"]["count"]), categories,
    )


def _used(profile: Profile) -> list[str]:
    """Every schema field the mapping may fill."""
    return [
        "IDSchemaVersion", profile.biometrics, *(f for f, _, _ in profile.fields), *(d.field for d in profile.documents.values()),
        *(f"{profile.others.field}{n}" for n in range(1, profile.others_count + 1)), *profile.files.values(),
        *(f"{profile.evidence}{n}" for n in range(1, profile.evidence_count + 1)),
    ]
