"""Officers' signing keys: Ed25519, the private half sealed by the password (Argon2id, then ChaCha20-Poly1305).

The sealed text carries its own costs, so that a later version may raise them and still open old keys. Without the password
nobody signs for an officer, not even who holds the register's key.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import SecurityRefusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from ktpel_kiosk.ports.services import Signer

SCHEME = "ed25519-argon2id-chacha20poly1305-1"
SALT, NONCE, KEY = 16, 12, 32
MAX_MEMORY_KIB, MAX_TIME, MAX_LANES = 1 << 20, 64, 16
"""A sealed text that asks for more than this was not written by us."""


class Ed25519Signer:
    """An unlocked key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._public = private.public_key().public_bytes_raw().hex()

    @property
    def public_key(self) -> str:
        return self._public

    def sign(self, message: bytes) -> str:
        return self._private.sign(message).hex()

    def raw(self) -> bytes:
        return self._private.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519Signer({self._public[:8]})"


@dataclass(frozen=True, slots=True)
class Ed25519Keys:
    """``ports.services.OfficerKeys``. The defaults are RFC 9106's low-memory profile; libraries load at first use."""

    time: int = 3
    memory_kib: int = 65536
    lanes: int = 4

    def create(self, password: str) -> tuple[Signer, str]:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        signer = Ed25519Signer(Ed25519PrivateKey.generate())
        return signer, self.seal(signer, password)

    def seal(self, signer: Signer, password: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        assert isinstance(signer, Ed25519Signer)
        salt, nonce = os.urandom(SALT), os.urandom(NONCE)
        wrapping = _derive(password, salt, self.time, self.memory_kib, self.lanes)
        sealed = ChaCha20Poly1305(wrapping).encrypt(nonce, signer.raw(), _bound_to(signer.public_key))
        costs = f"{self.time},{self.memory_kib},{self.lanes}"
        return "$".join((SCHEME, costs, *(base64.b64encode(part).decode() for part in (salt, nonce, sealed))))

    def unlock(self, sealed: str, public_key: str, password: str) -> Signer:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        try:
            costs, salt, nonce, body = _parse(sealed)
            raw = ChaCha20Poly1305(_derive(password, salt, *costs)).decrypt(nonce, body, _bound_to(public_key))
            signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(raw))
        except (InvalidTag, ValueError) as error:
            raise SecurityRefusal("officer_key.unopened") from error
        if signer.public_key != public_key:
            raise SecurityRefusal("officer_key.unopened")
        return signer

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


QUICK_KEYS = Ed25519Keys(time=1, memory_kib=64, lanes=1)
"""For tests that sign people in by the hundred; opens and verifies what any costs have sealed."""


def _bound_to(public_key: str) -> bytes:
    return f"{SCHEME}:{public_key}".encode()


def _parse(sealed: str) -> tuple[tuple[int, int, int], bytes, bytes, bytes]:
    """Costs, salt, nonce and body. Raises ValueError."""
    scheme, costs_text, *parts = sealed.split("$")
    if scheme != SCHEME or len(parts) != 3:
        raise ValueError("scheme")
    time, memory, lanes = (int(x) for x in costs_text.split(","))
    if not (1 <= time <= MAX_TIME and 8 * lanes <= memory <= MAX_MEMORY_KIB and 1 <= lanes <= MAX_LANES):
        raise ValueError("costs")
    salt, nonce, body = (base64.b64decode(p, validate=True) for p in parts)
    if len(salt) != SALT or len(nonce) != NONCE:
        raise ValueError("sizes")
    return (time, memory, lanes), salt, nonce, body


def _derive(password: str, salt: bytes, time: int, memory_kib: int, lanes: int) -> bytes:
    from argon2.low_level import Type, hash_secret_raw

    secret = password.encode("utf-8", "surrogatepass")
    return hash_secret_raw(secret, salt, time, memory_kib, lanes, KEY, Type.ID)
