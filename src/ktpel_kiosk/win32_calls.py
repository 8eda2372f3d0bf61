"""The few calls of Windows that Python has no name for, in plain data: job objects, DPAPI, renaming through to the disk.

Structures use types of fixed width, not ``ctypes.wintypes``: those follow the C types of the machine they are on. The tests compare these
layouts with those a Windows compiler makes, on Linux (tests/windows/test_win32_layout.py). Each class takes the library it calls, so that a
test can stand in for it; nothing here touches Windows at import.
"""
from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_byte, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p, c_wchar_p, sizeof
from typing import Any, Final

JOB_EXTENDED_LIMIT: Final = 9
LIMIT_PROCESS_TIME, LIMIT_PROCESS_MEMORY = 0x2, 0x100
LIMIT_DIE_ON_UNHANDLED, LIMIT_KILL_ON_CLOSE = 0x400, 0x2000
TICKS_PER_S: Final = 10_000_000
REPLACE_EXISTING, WRITE_THROUGH = 0x1, 0x8
CRYPT_UI_FORBIDDEN: Final = 0x1
CRYPT_LOCAL_MACHINE: Final = 0x4


class BasicLimit(Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (("PerProcessUserTimeLimit", c_int64), ("PerJobUserTimeLimit", c_int64), ("LimitFlags", c_uint32),
                ("MinimumWorkingSetSize", c_size_t), ("MaximumWorkingSetSize", c_size_t), ("ActiveProcessLimit", c_uint32),
                ("Affinity", c_size_t), ("PriorityClass", c_uint32), ("SchedulingClass", c_uint32))


class IoCounters(Structure):
    """IO_COUNTERS."""

    _fields_ = tuple((name, c_uint64) for name in ("ReadOperationCount", "WriteOperationCount", "OtherOperationCount",
                                                   "ReadTransferCount", "WriteTransferCount", "OtherTransferCount"))


class ExtendedLimit(Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (("BasicLimitInformation", BasicLimit), ("IoInfo", IoCounters), ("ProcessMemoryLimit", c_size_t),
                ("JobMemoryLimit", c_size_t), ("PeakProcessMemoryUsed", c_size_t), ("PeakJobMemoryUsed", c_size_t))


class DataBlob(Structure):
    """DATA_BLOB (CRYPT_INTEGER_BLOB)."""

    _fields_ = (("cbData", c_uint32), ("pbData", POINTER(c_byte)))


def trouble(what: str) -> OSError:
    """The last error of this thread as Python's, with the number Windows gave."""
    number = int(getattr(ctypes, "get_last_error", lambda: 0)())
    made = getattr(ctypes, "WinError", None)
    return made(number, what) if made is not None else OSError(number, f"{what}: {number}")


def kernel32() -> Any:
    """kernel32 with the types of what is called here; Windows only."""
    library: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    for name, result, arguments in (
        ("CreateJobObjectW", c_void_p, (c_void_p, c_wchar_p)),
        ("SetInformationJobObject", c_int32, (c_void_p, c_int32, c_void_p, c_uint32)),
        ("AssignProcessToJobObject", c_int32, (c_void_p, c_void_p)),
        ("CloseHandle", c_int32, (c_void_p,)),
        ("MoveFileExW", c_int32, (c_wchar_p, c_wchar_p, c_uint32)),
        ("LocalFree", c_void_p, (c_void_p,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def crypt32() -> Any:
    """crypt32 with the types of DPAPI; Windows only."""
    library: Any = ctypes.WinDLL("crypt32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    for name in ("CryptProtectData", "CryptUnprotectData"):
        function = getattr(library, name)
        function.restype = c_int32
        function.argtypes = (POINTER(DataBlob), c_void_p, POINTER(DataBlob), c_void_p, c_void_p, c_uint32, POINTER(DataBlob))
    return library


class Job:
    """A job object with limits for one child; whoever is in it ends when this object goes.

    Args:
        memory_bytes: most committed memory of the process; cpu_s: most user time.
    Raises OSError.
    """

    def __init__(self, kernel: Any, memory_bytes: int, cpu_s: int) -> None:
        self._kernel = kernel
        self._handle = kernel.CreateJobObjectW(None, None)
        if not self._handle:
            raise trouble("CreateJobObject")
        limit = ExtendedLimit()
        limit.BasicLimitInformation.LimitFlags = (LIMIT_PROCESS_TIME | LIMIT_PROCESS_MEMORY | LIMIT_DIE_ON_UNHANDLED
                                                  | LIMIT_KILL_ON_CLOSE)
        limit.BasicLimitInformation.PerProcessUserTimeLimit = cpu_s * TICKS_PER_S
        limit.ProcessMemoryLimit = memory_bytes
        if not kernel.SetInformationJobObject(self._handle, JOB_EXTENDED_LIMIT, byref(limit), sizeof(limit)):
            error = trouble("SetInformationJobObject")
            self.close()
            raise error

    def take(self, process: int) -> Job:
        """Put the process with this handle into the job. Raises OSError; the job is closed then."""
        if not self._kernel.AssignProcessToJobObject(self._handle, process):
            error = trouble("AssignProcessToJobObject")
            self.close()
            raise error
        return self

    def close(self) -> None:
        if self._handle:
            self._kernel.CloseHandle(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.close()


def replace_through(kernel: Any, source: str, target: str) -> None:
    """Rename over what is there and come back when the disk has it (``os.replace`` comes back earlier). Raises OSError."""
    if not kernel.MoveFileExW(source, target, REPLACE_EXISTING | WRITE_THROUGH):
        raise trouble("MoveFileEx")


class Dpapi:
    """CryptProtectData: bytes that only the same account (or machine) of Windows can read again. Never asks the user. Thread-safe.

    Args:
        machine: any account of this machine may read them; otherwise only the one that hid them.
    """

    def __init__(self, crypt: Any, kernel: Any, *, machine: bool = False) -> None:
        self._crypt, self._kernel = crypt, kernel
        self._flags = CRYPT_UI_FORBIDDEN | (CRYPT_LOCAL_MACHINE if machine else 0)

    def hide(self, data: bytes, purpose: bytes) -> bytes:
        """Raises OSError."""
        return self._call("CryptProtectData", data, purpose, self._flags)

    def show(self, hidden: bytes, purpose: bytes) -> bytes:
        """Raises OSError: another account, another machine, another purpose, or damaged."""
        return self._call("CryptUnprotectData", hidden, purpose, CRYPT_UI_FORBIDDEN)

    def _call(self, name: str, data: bytes, purpose: bytes, flags: int) -> bytes:
        given, _keep = _blob(data)
        entropy, _keep_too = _blob(purpose)
        answer = DataBlob()
        if not getattr(self._crypt, name)(byref(given), None, byref(entropy), None, None, flags, byref(answer)):
            raise trouble(name)
        try:
            return ctypes.string_at(answer.pbData, answer.cbData)
        finally:
            ctypes.memset(answer.pbData, 0, answer.cbData)  # it may be the key
            self._kernel.LocalFree(answer.pbData)


def _blob(data: bytes) -> tuple[DataBlob, Any]:
    """The blob and the buffer it points at, which the caller keeps alive."""
    buffer = (c_byte * max(1, len(data))).from_buffer_copy(data or b"\0")
    return DataBlob(len(data), ctypes.cast(buffer, POINTER(c_byte))), buffer
