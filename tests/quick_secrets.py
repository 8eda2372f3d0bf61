"""Practice offices whose passwords cost next to nothing: real Argon2id and real sealed keys, at the lowest costs.

An office signs four officers in, which is sixteen derivations of 64 MiB; tests open some forty offices and each desk that is
killed at random signs everybody in again. ``app/test_secrets.py`` keeps the real costs.
"""

from __future__ import annotations

from functools import cached_property

from argon2 import PasswordHasher

from ktpel_kiosk.app import wiring
from ktpel_kiosk.app.officer_keys import QUICK_KEYS
from ktpel_kiosk.app.passwords import Argon2Hasher

REAL = (wiring.Argon2Hasher, wiring.Ed25519Keys)


class QuickArgon2(Argon2Hasher):
    @cached_property
    def _argon2(self) -> PasswordHasher:
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def use() -> None:
    """From now on every office this process opens has them."""
    wiring.Argon2Hasher, wiring.Ed25519Keys = QuickArgon2, lambda: QUICK_KEYS  # type: ignore[assignment, misc]


def back() -> None:
    wiring.Argon2Hasher, wiring.Ed25519Keys = REAL  # type: ignore[misc]
