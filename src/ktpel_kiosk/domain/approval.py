"""What a paraf, a validation or another officer's yes says, as the bytes the officer's key signs.

The message names the application, the stage, the kind, who signed in which role, the SHA-256 of exactly what was approved, the
note and the moment; a signature therefore cannot be carried over to another application, content, person or time.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from enum import StrEnum

FORMAT = "ktpel-approval-1"


class ApprovalState(StrEnum):
    """What a stored approval is worth now."""

    SAH = "sah"
    """The signature holds and the content is what was signed."""
    ISI_BERUBAH = "isi_berubah"
    """The signature holds, but for the content before a later change."""
    TANPA_TANDA = "tanpa_tanda"
    """Given before officers had keys: nothing to verify."""
    TIDAK_SAH = "tidak_sah"
    """No signature, a wrong one, or a key this officer never had."""


def approval_message(*, permohonan_id: str, stage: str, kind: str, officer: str, role: str, content_hash: str, note: str,
                     at: datetime) -> bytes:
    """Canonical bytes (UTF-8 JSON, sorted keys, no spaces, moment in UTC to the microsecond)."""
    body = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"), "content": content_hash, "format": FORMAT, "kind": str(kind),
        "note": note, "officer": officer, "permohonan": permohonan_id, "role": role, "stage": str(stage),
    }
    return json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def content_digest(**parts: str | int) -> str:
    """SHA-256 (hex) of the named parts an approval speaks of."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def fingerprint(public_key: str) -> str:
    """Short name of a public key as the audit and the screens show it: 16 hex digits of its SHA-256."""
    return hashlib.sha256(public_key.encode("ascii", "replace")).hexdigest()[:16]
