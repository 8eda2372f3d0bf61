"""The register's key: 256 random bits, never stored bare, wrapped for a person and (where unattended start is wanted) a machine.

``register.key`` is one JSON file with up to three wraps, each AES-256-GCM over the key: one under Argon2id of a secret on paper, one
under the contents of a machine key file (mode 0600; under DPAPI on Windows), one under a secret shared between several sheets
(:mod:`ktpel_kiosk.register.shares`). Any one of them opens the register, and whoever has opened it may make the others anew. The file is
replaced whole or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ktpel_kiosk.domain.errors import KeyUnavailable
from ktpel_kiosk.durable import storage_trouble, write_durably
from ktpel_kiosk.register.driver import KEY_BYTES
from ktpel_kiosk.register.machine_key import MachineKeep, machine_keep

if TYPE_CHECKING:
    from ktpel_kiosk.register.shares import Share

FORMAT: Final = "ktpel-register-key"
_SECRET, _MACHINE, _SHARES = "secret", "machine", "shares"
_MAX_MEMORY_KIB: Final = 1024 * 1024
_MAX_PASSES: Final = 16


@dataclass(frozen=True, slots=True)
class SecretCost:
    """Argon2id cost (RFC 9106, second recommendation): ``passes`` over ``memory_kib`` by ``lanes``."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class SharesState:
    """The set of sheets in force: any ``needed`` of ``count``; ``set_id`` is printed on each."""

    set_id: int
    needed: int
    count: int


class KeyStore:
    """The key file at ``path``. ``machine_key`` defaults to ``machine.key`` in the same folder.

    Thread-safe as far as the file system is: writers are administrators, one at a time.
    """

    def __init__(self, path: Path, *, machine_key: Path | None = None, cost: SecretCost | None = None,
                 keep: MachineKeep | None = None) -> None:
        self._path = path
        self._machine_key = machine_key or path.with_name("machine.key")
        self._cost = cost or SecretCost()
        self._keep = keep or machine_keep()

    def exists(self) -> bool:
        return self._path.exists()

    def create(self, *, secret: str | None = None, machine: bool = False) -> bytes:
        """Make a new key, wrap it and store the wraps durably; returns the key.

        Raises:
            KeyUnavailable: ``register.key_exists`` (a key is never overwritten), ``register.key_no_wrap`` (neither asked).
            DiskFull, IoFailure.
        """
        if self.exists():
            raise KeyUnavailable("register.key_exists", path=str(self._path))
        if not secret and not machine:
            raise KeyUnavailable("register.key_no_wrap", path=str(self._path))
        key, key_id = secrets.token_bytes(KEY_BYTES), secrets.token_hex(8)
        wraps = []
        if secret:
            wraps.append(self._wrap_secret(key, key_id, secret))
        if machine:
            wraps.append(self._wrap_machine(key, key_id))
        self._store(key_id, wraps)
        return key

    def unlock_with_secret(self, secret: str) -> bytes:
        """The key, opened by the operator's secret (about 0.1 s).

        Raises:
            KeyUnavailable: ``register.wrong_secret``, ``register.key_missing``, ``register.key_damaged``,
                ``register.key_no_wrap`` (no secret was set).
        """
        key_id, wraps = self._load()
        wrap = self._find(wraps, _SECRET)
        try:
            cost = SecretCost(int(wrap["passes"]), int(wrap["memory_kib"]), int(wrap["lanes"]))
            salt = base64.b64decode(wrap["salt"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged() from error
        within = 1 <= cost.passes <= _MAX_PASSES and 8 * cost.lanes <= cost.memory_kib <= _MAX_MEMORY_KIB and 1 <= cost.lanes <= 16
        if not within or len(salt) < 8:
            raise self._damaged()
        return self._open(wrap, key_id, _derive(secret, salt, cost), "register.wrong_secret")

    def unlock_with_machine(self) -> bytes:
        """The key, opened by this machine's key file.

        Raises:
            KeyUnavailable: ``register.machine_key_missing``, ``register.machine_key_wrong``, ``register.key_missing``,
                ``register.key_damaged``, ``register.key_no_wrap``.
        """
        key_id, wraps = self._load()
        wrap = self._find(wraps, _MACHINE)
        return self._open(wrap, key_id, self._read_machine_key(), "register.machine_key_wrong")

    def set_secret(self, key: bytes, secret: str) -> None:
        """Wrap the same key under a new secret; the old one stops working."""
        key_id, wraps = self._load()
        self._store(key_id, [*(w for w in wraps if w.get("kind") != _SECRET), self._wrap_secret(key, key_id, secret)])

    def secret_mark(self) -> str:
        """Tells one secret from the next without telling it; empty where none is set. Raises KeyUnavailable, IoFailure."""
        _key_id, wraps = self._load()
        return next((str(w.get("salt", "")) for w in wraps if w.get("kind") == _SECRET), "")

    def set_machine(self, key: bytes) -> None:
        """Let this machine start unattended."""
        key_id, wraps = self._load()
        self._store(key_id, [*(w for w in wraps if w.get("kind") != _MACHINE), self._wrap_machine(key, key_id)])

    def set_shares(self, key: bytes, needed: int, count: int,
                   handed: Callable[[Sequence[Share]], None] = lambda _made: None) -> Sequence[Share]:
        """A new set of sheets; those of the former set open nothing from now on (copies made before still open with them).

        ``handed`` gets them before they are in force: what it raises (the printer is out of paper) leaves the former set in force.

        Raises:
            BadInput: ``shares.numbers``. KeyUnavailable, DiskFull, IoFailure: the former set is still in force.
        """
        from ktpel_kiosk.register.shares import SECRET_BYTES, split

        key_id, wraps = self._load()
        secret = secrets.token_bytes(SECRET_BYTES)
        made = split(secret, needed, count)
        wrap = _wrap(key, _shared(secret), key_id, _SHARES) | {"set": made[0].set_id, "needed": needed, "count": count}
        handed(made)
        self._store(key_id, [*(w for w in wraps if w.get("kind") != _SHARES), wrap])
        return made

    def unlock_with_shares(self, shares: Sequence[Share]) -> bytes:
        """The key, opened by enough sheets of the set in force.

        Raises:
            BadInput: ``shares.mixed``, ``shares.too_few``. KeyUnavailable: ``register.shares_void`` (sheets of a former set),
                ``register.shares_wrong``, ``register.key_missing``, ``register.key_damaged``, ``register.key_no_wrap``.
        """
        from ktpel_kiosk.register.shares import combine

        key_id, wraps = self._load()
        wrap = self._find(wraps, _SHARES)
        secret = combine(shares)
        if shares[0].set_id != wrap.get("set"):
            raise KeyUnavailable("register.shares_void", path=str(self._path))
        return self._open(wrap, key_id, _shared(secret), "register.shares_wrong")

    def shares_state(self) -> SharesState | None:
        """The set in force. Raises KeyUnavailable, IoFailure."""
        _key_id, wraps = self._load()
        wrap = next((w for w in wraps if w.get("kind") == _SHARES), None)
        try:
            return SharesState(int(wrap["set"]), int(wrap["needed"]), int(wrap["count"])) if wrap is not None else None
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged() from error

    def forget_machine(self) -> None:
        """From now on only secret or sheets open the register.

        Raises:
            KeyUnavailable: ``register.key_no_wrap`` when neither secret nor sheets are there: the register would be lost.
        """
        key_id, wraps = self._load()
        if not any(w.get("kind") == _SHARES for w in wraps):
            self._find(wraps, _SECRET)
        self._store(key_id, [w for w in wraps if w.get("kind") != _MACHINE])
        self._machine_key.unlink(missing_ok=True)

    def _wrap_secret(self, key: bytes, key_id: str, secret: str) -> dict[str, Any]:
        salt = secrets.token_bytes(16)
        wrap = _wrap(key, _derive(secret, salt, self._cost), key_id, _SECRET)
        return wrap | {"kdf": "argon2id", "passes": self._cost.passes, "memory_kib": self._cost.memory_kib, "lanes": self._cost.lanes,
                       "salt": base64.b64encode(salt).decode()}

    def _wrap_machine(self, key: bytes, key_id: str) -> dict[str, Any]:
        if not self._machine_key.exists():
            write_durably(self._machine_key, self._keep.hide(secrets.token_bytes(KEY_BYTES), self._machine_key), mode=0o600)
        return _wrap(key, self._read_machine_key(), key_id, _MACHINE)

    def _read_machine_key(self) -> bytes:
        try:
            if os.name == "posix" and self._machine_key.stat().st_mode & 0o077:
                self._machine_key.chmod(0o600)
            machine = self._keep.show(self._machine_key.read_bytes(), self._machine_key)
        except FileNotFoundError as error:
            raise KeyUnavailable("register.machine_key_missing", path=str(self._machine_key)) from error
        except OSError as error:
            raise storage_trouble(error, self._machine_key) from error
        if len(machine) != KEY_BYTES:
            raise KeyUnavailable("register.machine_key_wrong", path=str(self._machine_key))
        return machine

    def _open(self, wrap: Mapping[str, Any], key_id: str, wrapping: bytes, wrong: str) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            nonce = base64.b64decode(wrap["nonce"], validate=True)
            sealed = base64.b64decode(wrap["wrapped"], validate=True)
            key = AESGCM(wrapping).decrypt(nonce, sealed, _binding(key_id, str(wrap["kind"])))
        except InvalidTag as error:
            raise KeyUnavailable(wrong, path=str(self._path)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged() from error
        if len(key) != KEY_BYTES:
            raise self._damaged()
        return key

    def _find(self, wraps: list[dict[str, Any]], kind: str) -> dict[str, Any]:
        found = next((w for w in wraps if w.get("kind") == kind), None)
        if found is None:
            raise KeyUnavailable("register.key_no_wrap", path=str(self._path))
        return found

    def _load(self) -> tuple[str, list[dict[str, Any]]]:
        try:
            document = json.loads(self._path.read_text("utf-8"))
            if document["format"] != FORMAT or document["version"] != 1:
                raise self._damaged()
            key_id, wraps = document["key_id"], document["wraps"]
        except FileNotFoundError as error:
            raise KeyUnavailable("register.key_missing", path=str(self._path)) from error
        except OSError as error:
            raise storage_trouble(error, self._path) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._damaged() from error
        if not isinstance(key_id, str) or not isinstance(wraps, list) or not all(isinstance(w, dict) for w in wraps):
            raise self._damaged()
        return key_id, wraps

    def _store(self, key_id: str, wraps: list[dict[str, Any]]) -> None:
        document = {"format": FORMAT, "version": 1, "key_id": key_id, "wraps": wraps}
        write_durably(self._path, json.dumps(document, indent=1).encode(), mode=0o600)

    def _damaged(self) -> KeyUnavailable:
        return KeyUnavailable("register.key_damaged", path=str(self._path))


def _binding(key_id: str, kind: str) -> bytes:
    return f"{FORMAT}|1|{key_id}|{kind}".encode()


def _wrap(key: bytes, wrapping: bytes, key_id: str, kind: str) -> dict[str, Any]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    sealed = AESGCM(wrapping).encrypt(nonce, key, _binding(key_id, kind))
    return {"kind": kind, "nonce": base64.b64encode(nonce).decode(), "wrapped": base64.b64encode(sealed).decode()}


def _shared(secret: bytes) -> bytes:
    """The wrapping key of 16 shared bytes, which are random: nothing slow is needed."""
    return hashlib.sha256(b"ktpel-register-shares|1|" + secret).digest()


def _derive(secret: str, salt: bytes, cost: SecretCost) -> bytes:
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(secret.encode("utf-8", "surrogatepass"), salt, time_cost=cost.passes, memory_cost=cost.memory_kib,
                           parallelism=cost.lanes, hash_len=KEY_BYTES, type=Type.ID)
