"""The audit's head, kept outside the register, so that an older register put back is noticed.

SQLCipher authenticates each page but not which age it has. The anchor file holds length, head and register id under an HMAC of
the register's key; it is written durably after the commits it speaks of and therefore never runs ahead of an honest register.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.durable import write_durably

_PURPOSE = b"ktpel-kiosk audit anchor 1"


@dataclass(frozen=True, slots=True)
class Anchor:
    """State of the chain at some commit."""

    register_id: str
    length: int
    head: str


class AnchorFile:
    """``<register>.anchor``. Thread-safe; an older anchor written last is still a true one."""

    def __init__(self, register: Path, key: bytes) -> None:
        self.path = register.with_name(f"{register.name}.anchor")
        self._key = hmac.new(key, _PURPOSE, hashlib.sha256).digest()
        self._lock = threading.Lock()

    def read(self) -> Anchor | None:
        """The stored anchor; None when it is missing, damaged or not made with this key."""
        try:
            data = json.loads(self.path.read_text("utf-8"))
            found = Anchor(str(data["register"]), int(data["length"]), str(data["head"]))
            good = hmac.compare_digest(self._mac(found), str(data["mac"]))
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            return None
        return found if good else None

    def write(self, anchor: Anchor) -> None:
        """Raises DiskFull, IoFailure; the old anchor stays then, which is still true."""
        body = {"register": anchor.register_id, "length": anchor.length, "head": anchor.head, "mac": self._mac(anchor)}
        with self._lock:
            write_durably(self.path, json.dumps(body).encode())

    def _mac(self, anchor: Anchor) -> str:
        text = f"{anchor.register_id}|{anchor.length}|{anchor.head}"
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
