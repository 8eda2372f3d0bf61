"""How the machine key lies on the disk: bare with mode 0600 where file modes hold, under DPAPI on Windows.

On Windows the file is worth nothing on another machine or under another account: ``CryptProtectData`` of the account the kiosk runs under.
A bare key (written by an earlier version, or copied from another system) is still read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Protocol

from ktpel_kiosk.domain.errors import KeyUnavailable

MARK: Final = b"KTPDPAPI1"
PURPOSE: Final = b"ktpel-register-machine-key|1"


class MachineKeep(Protocol):
    """Raises KeyUnavailable."""

    def hide(self, key: bytes, path: Path) -> bytes:
        """What the file at ``path`` holds."""

    def show(self, stored: bytes, path: Path) -> bytes:
        """The key again."""


class Hider(Protocol):
    """DPAPI (:class:`ktpel_kiosk.win32_calls.Dpapi`). Raises OSError."""

    def hide(self, data: bytes, purpose: bytes) -> bytes: ...

    def show(self, hidden: bytes, purpose: bytes) -> bytes: ...


class BareKeep:
    """The file's mode is what protects it."""

    def hide(self, key: bytes, path: Path) -> bytes:
        return key

    def show(self, stored: bytes, path: Path) -> bytes:
        return stored


class DpapiKeep:
    """The account's own key of Windows protects it."""

    def __init__(self, dpapi: Hider) -> None:
        self._dpapi = dpapi

    def hide(self, key: bytes, path: Path) -> bytes:
        try:
            return MARK + self._dpapi.hide(key, PURPOSE)
        except OSError as error:
            raise KeyUnavailable("register.machine_key_wrong", path=str(path)) from error

    def show(self, stored: bytes, path: Path) -> bytes:
        if not stored.startswith(MARK):
            return stored
        try:
            return self._dpapi.show(stored[len(MARK):], PURPOSE)
        except OSError as error:
            raise KeyUnavailable("register.machine_key_wrong", path=str(path)) from error


def machine_keep() -> MachineKeep:
    """The one of this system."""
    if os.name != "nt":
        return BareKeep()
    from ktpel_kiosk.win32_calls import Dpapi, crypt32, kernel32
    return DpapiKeep(Dpapi(crypt32(), kernel32()))
