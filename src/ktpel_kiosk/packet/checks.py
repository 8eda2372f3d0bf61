"""Whether the entries of a packet belong together: the manifest speaks of exactly these bytes, and every audit line is whole.

The first thing that is wrong is named (fact ``entry``), in the order in which the entries stand. No I/O; any thread.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ktpel_kiosk.domain.audit import link_digest
from ktpel_kiosk.domain.errors import BugError, SecurityRefusal
from ktpel_kiosk.packet.canonical import canonical
from ktpel_kiosk.packet.manifest import FORMAT, MANIFEST, VERSION

REQUIRED = ("biodata.json", "biometrics.xml", "audit.jsonl")
_TEXTS = ("packet_id", "station", "office_code", "previous_hash", "process", "register_number", "created_at", "operator")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,79}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_entries(entries: Mapping[str, bytes]) -> dict[str, Any]:
    """The parsed manifest of ``entries`` (in stored order), after everything it says was found true.

    Raises:
        SecurityRefusal: ``packet.entry_wrong`` with ``entry`` and ``reason`` (missing, unreadable, version, incomplete, canonical,
            order, size, hash, unlisted, link).
    """
    manifest = _manifest(entries)
    _compare(manifest, entries)
    _check_audit(entries["audit.jsonl"])
    return manifest


def wrong(entry: str, reason: str, **facts: int) -> SecurityRefusal:
    """The refusal of one entry."""
    return SecurityRefusal("packet.entry_wrong", entry=entry[:80], reason=reason, **facts)


def _manifest(entries: Mapping[str, bytes]) -> dict[str, Any]:
    """The parsed manifest; it must be the first entry, canonical and of a version this reader knows."""
    if next(iter(entries), None) != MANIFEST:
        raise wrong(MANIFEST, "missing")
    try:
        manifest = json.loads(entries[MANIFEST])
        known = manifest["format"] == FORMAT and type(manifest["version"]) is int and manifest["version"] == VERSION
    except (ValueError, TypeError, KeyError, RecursionError) as e:
        raise wrong(MANIFEST, "unreadable") from e
    if not known:
        raise wrong(MANIFEST, "version")
    if not _complete(manifest):
        raise wrong(MANIFEST, "incomplete")
    try:
        same = canonical(manifest) == entries[MANIFEST]
    except (BugError, RecursionError):
        same = False
    if not same:
        raise wrong(MANIFEST, "canonical")
    return dict(manifest)


def _complete(manifest: Mapping[str, Any]) -> bool:
    """Every field a reader relies on is there and of its kind."""
    texts = all(isinstance(manifest.get(name), str) for name in _TEXTS)
    listed, counter, replaces = manifest.get("entries"), manifest.get("counter"), manifest.get("replaces")
    if not texts or type(counter) is not int or counter < 1 or not _ID.fullmatch(manifest["packet_id"]):
        return False
    if not _SHA256.fullmatch(manifest["previous_hash"]):
        return False
    if "replaces" in manifest and not (isinstance(replaces, str) and _ID.fullmatch(replaces) and replaces != manifest["packet_id"]):
        return False
    return isinstance(listed, list) and bool(listed) and all(_is_line(e) for e in listed)


def _is_line(entry: object) -> bool:
    return (
        isinstance(entry, dict) and isinstance(entry.get("name"), str) and type(entry.get("size")) is int
        and isinstance(entry.get("sha256"), str)
    )


def _compare(manifest: Mapping[str, Any], entries: Mapping[str, bytes]) -> None:
    """Every listed entry is there with its size and hash, in order; nothing else is there."""
    found = [name for name in entries if name != MANIFEST]
    listed = [str(e["name"]) for e in manifest["entries"]]
    for line in manifest["entries"]:
        name, data = line["name"], entries.get(line["name"])
        if data is None or name == MANIFEST:
            raise wrong(name, "missing")
        if len(data) != line["size"]:
            raise wrong(name, "size")
        if hashlib.sha256(data).hexdigest() != line["sha256"]:
            raise wrong(name, "hash")
    for name in found:
        if name not in listed:
            raise wrong(name, "unlisted")
    for name, expected in zip(listed, [*found, ""], strict=False):
        if name != expected:
            raise wrong(name, "order")
    for required in REQUIRED:
        if required not in entries:
            raise wrong(required, "missing")


def _check_audit(lines: bytes) -> None:
    """Each link carries the digest of its own content; links of other applications lie between, so no chain here."""
    try:
        for number, line in enumerate(lines.removesuffix(b"\n").split(b"\n") if lines else (), 1):
            x = json.loads(line)
            good = link_digest(x["sequence"], datetime.fromisoformat(x["at"]), x["actor"], x["event"], x["subject"],
                               x["facts"], x["previous"])
            if good != x["digest"]:
                raise wrong("audit.jsonl", "link", line=number)
    except (ValueError, TypeError, KeyError, RecursionError) as e:
        raise wrong("audit.jsonl", "unreadable") from e
