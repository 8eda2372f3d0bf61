"""Who acts: the signed-in officer and the roles held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.domain.sop import Peran


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in officer. ``username`` is what the audit holds."""

    username: str
    nama: str
    peran: frozenset[Peran]
    nip: str = ""
    jabatan: str = ""

    def holds(self, *roles: Peran) -> bool:
        return bool(self.peran.intersection(roles))


@dataclass(frozen=True, slots=True)
class UserAccount:
    """Stored account. ``password_hash`` is an Argon2id string; ``failed``/``locked_until`` survive a restart.

    ``public_key`` (hex) verifies the officer's approvals; ``sealed_key`` is the private half, wrapped by the password.
    """

    username: str
    nama: str
    peran: tuple[Peran, ...]
    password_hash: str
    nip: str = ""
    jabatan: str = ""
    failed: int = 0
    locked_until: datetime | None = None
    active: bool = True
    public_key: str = ""
    sealed_key: str = ""

    def actor(self) -> Actor:
        return Actor(self.username, self.nama, frozenset(self.peran), self.nip, self.jabatan)
