"""Argon2id password hashing (RFC 9106)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher as _Argon2


class Argon2Hasher:
    """Argon2id with the library's RFC 9106 low-memory profile; imported at first use to keep start-up short."""

    @cached_property
    def _argon2(self) -> _Argon2:
        from argon2 import PasswordHasher
        from argon2.profiles import RFC_9106_LOW_MEMORY
        return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        from argon2.exceptions import Argon2Error, InvalidHashError
        try:
            return self._argon2.verify(hashed, password)
        except (Argon2Error, InvalidHashError):
            return False
