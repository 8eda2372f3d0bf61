"""The centre's receipt keys in the simulator: which one signs now, the statements that announce the next, all of it in one durable file.

A command in another process may change the file while a gateway runs; it is read again when it was replaced.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.receipt_keys import KeySet, key_from_certificate, statement

KEY_DAYS = 3650
PAGE = 50
"""Most statements in one answer; the rest is asked for again."""


class ReceiptKeyChain:
    """Keys and statements of one simulated centre. Any thread; several processes as long as one changes at a time.

    Args:
        path: the file; made at the first change.
        first: key the kiosks were given at installation, with its id.
    """

    def __init__(self, path: Path, first: ec.EllipticCurvePrivateKey, kid: str, now: Callable[[], datetime]) -> None:
        self._path, self._first, self._first_kid, self._now = path, first, kid, now
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._state: dict[str, Any] = {}
        self._private: dict[str, ec.EllipticCurvePrivateKey] = {}

    def signer(self) -> tuple[ec.EllipticCurvePrivateKey, str]:
        """The key that signs now: the newest whose turn has come."""
        with self._lock:
            state, now = self._read(), self._now()
            if not state:
                return self._first, self._first_kid
            kid = next((t["kid"] for t in reversed(state["turns"]) if wire.moment(t["at"]) <= now), self._first_kid)
            return self._private[kid], kid

    def statements(self, after: int) -> list[str]:
        """Statements numbered above ``after``, oldest first."""
        with self._lock:
            found: list[str] = self._read().get("statements", [])
            return found[max(0, after):][:PAGE]

    def rotate(self, overlap: timedelta = timedelta(0)) -> str:
        """Announce a new key, which signs after ``overlap``; returns its id. The old ones stay in force."""
        def change(keys: KeySet, state: dict[str, Any]) -> KeySet:
            kid = f"receipt-{len(state['private']) + 1}"
            key = ec.generate_private_key(ec.SECP256R1())
            state["private"][kid] = _pem(key)
            state["turns"].append({"kid": kid, "at": wire.stamp(self._now() + overlap)})
            return keys.with_key(key_from_certificate(kid, _certificate(kid, key, self._now())))

        self._change(change)
        return str(self._state["turns"][-1]["kid"])

    def retire(self, kid: str) -> None:
        """Say that a key signs nothing new. Raises BadInput for the one that signs now."""
        self._change(lambda keys, _s: replace(keys, keys={**keys.keys, kid: replace(keys.keys[kid], retired=True)}), not_signing=kid)

    def revoke(self, kid: str) -> None:
        """Say that a key is in wrong hands. Raises BadInput for the one that signs now."""
        self._change(lambda keys, _s: replace(keys, revoked={**keys.revoked, kid: self._now()}), not_signing=kid)

    def _change(self, change: Callable[[KeySet, dict[str, Any]], KeySet], not_signing: str = "") -> None:
        private, kid = self.signer()
        with self._lock:
            state = json.loads(json.dumps(self._read())) or self._fresh()
            keys = KeySet.from_json(state["keys"])
            if not_signing and (not_signing == kid or not_signing not in keys.keys):
                raise BadInput("gateway.receipt_key", key=not_signing)
            keys = replace(change(keys, state), sequence=keys.sequence + 1)
            state["keys"] = keys.to_json()
            state["statements"].append(sign_jws(statement(keys, keys.sequence, self._now()), private, kid, wire.KEYS_TYPE))
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, json.dumps(state).encode())
            self._read()

    def _fresh(self) -> dict[str, Any]:
        kid, now = self._first_kid, self._now()
        first = KeySet({kid: key_from_certificate(kid, _certificate(kid, self._first, now))})
        turns = [{"kid": kid, "at": wire.stamp(now)}]
        return {"keys": first.to_json(), "private": {kid: _pem(self._first)}, "turns": turns, "statements": []}

    def _read(self) -> dict[str, Any]:
        """The state in the file, empty when nothing was ever changed."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return self._state
        stamp = (found.st_ino, found.st_mtime_ns)
        if stamp != self._stamp:
            self._state = json.loads(self._path.read_bytes())
            self._private = {kid: _key(pem) for kid, pem in self._state["private"].items()}
            self._stamp = stamp
        return self._state


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Tanda terima DEMO {name}")])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=KEY_DAYS)).sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ).decode("ascii")


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode("ascii"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
