"""kernel32 and crypt32 as far as :mod:`ktpel_kiosk.win32_calls` goes: they look at the bytes they are given, as Windows would.

Structures are read with :mod:`struct` at the offsets of the Windows headers, never through the classes under test.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import struct
from typing import Any

EXTENDED_SIZE = 144
"""sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) on 64-bit Windows; test_win32_layout asks a Windows compiler."""


def _memory(given: Any, size: int) -> bytes:
    return ctypes.string_at(ctypes.addressof(given._obj), size)


class Kernel32:
    """Keeps what was asked; ``refuse``: names of calls that fail."""

    def __init__(self, *refuse: str) -> None:
        self.refuse = set(refuse)
        self.limits: dict[int, bytes] = {}
        self.inside: dict[int, int] = {}
        self.closed: list[int] = []
        self.moved: list[tuple[str, str, int]] = []
        self.freed: list[int] = []
        self.kept: list[Any] = []

    def CreateJobObjectW(self, attributes: None, name: None) -> int:
        assert attributes is None and name is None  # a named job could be opened by others
        return 0 if "CreateJobObjectW" in self.refuse else 71

    def SetInformationJobObject(self, job: int, kind: int, information: Any, size: int) -> int:
        assert (job, kind, size) == (71, 9, EXTENDED_SIZE)
        self.limits[job] = _memory(information, size)
        return "SetInformationJobObject" not in self.refuse

    def AssignProcessToJobObject(self, job: int, process: int) -> int:
        assert job in self.limits  # limits first: the process must never be in a job without
        self.inside[process] = job
        return "AssignProcessToJobObject" not in self.refuse

    def CloseHandle(self, handle: int) -> int:
        self.closed.append(handle)
        return 1

    def MoveFileExW(self, source: str, target: str, flags: int) -> int:
        self.moved.append((source, target, flags))
        if "MoveFileExW" in self.refuse:
            return 0
        os.replace(source, target)
        return 1

    def LocalFree(self, pointer: Any) -> int:
        self.freed.append(ctypes.cast(pointer, ctypes.c_void_p).value or 0)
        return 0


class Crypt32:
    """A DPAPI of one account: what it hides, another ``account`` or purpose does not read. Not secret at all."""

    def __init__(self, kernel: Kernel32, account: str = "kios") -> None:
        self._kernel, self._account = kernel, account
        self.flags: list[int] = []
        self.handed: list[Any] = []

    def CryptProtectData(self, given: Any, text: None, entropy: Any, _r: None, prompt: None, flags: int, out: Any) -> int:
        assert text is None and prompt is None
        plain = self._read(given)
        self.flags.append(flags)
        return self._hand(out, self._seal(self._read(entropy), plain) + bytes(b ^ 0x5A for b in plain))

    def CryptUnprotectData(self, given: Any, text: None, entropy: Any, _r: None, prompt: None, flags: int, out: Any) -> int:
        assert text is None and prompt is None and flags & 1
        hidden = self._read(given)
        plain = bytes(b ^ 0x5A for b in hidden[32:])
        return self._hand(out, plain) if hidden[:32] == self._seal(self._read(entropy), plain) else 0

    def _seal(self, purpose: bytes, plain: bytes) -> bytes:
        return hashlib.sha256(self._account.encode() + b"|" + purpose + b"|" + plain).digest()

    @staticmethod
    def _read(blob: Any) -> bytes:
        size, _pad, pointer = struct.unpack("<IIQ", _memory(blob, 16))
        return ctypes.string_at(pointer, size)

    def _hand(self, out: Any, data: bytes) -> int:
        buffer = ctypes.create_string_buffer(data, len(data))
        self.handed.append(buffer)
        ctypes.memmove(ctypes.addressof(out._obj), struct.pack("<IIQ", len(data), 0, ctypes.addressof(buffer)), 16)
        return 1
