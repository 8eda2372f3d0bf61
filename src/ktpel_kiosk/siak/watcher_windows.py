"""Windows tells of interfaces and addresses through the IP Helper API (NotifyIpInterfaceChange, NotifyUnicastIpAddressChange)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from ktpel_kiosk.siak.watcher import SETTLE_S, Debounce

_ANY_FAMILY = 0        # AF_UNSPEC
_DELETED = 2           # MIB_NOTIFICATION_TYPE: parameter 0, added 1, deleted 2, initial 3
_FUNCTION = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
CALLBACK = _FUNCTION(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
"""``void (context, row, notification type)``."""


def ip_helper() -> Any:
    """iphlpapi.dll with the signatures used here. Windows only."""
    library = ctypes.WinDLL("iphlpapi")  # type: ignore[attr-defined,unused-ignore]
    for name in ("NotifyIpInterfaceChange", "NotifyUnicastIpAddressChange"):
        function = getattr(library, name)
        function.argtypes = [ctypes.c_ushort, CALLBACK, ctypes.c_void_p, ctypes.c_ubyte, ctypes.POINTER(ctypes.c_void_p)]
        function.restype = ctypes.c_ulong
    library.CancelMibChangeNotify2.argtypes = [ctypes.c_void_p]
    library.CancelMibChangeNotify2.restype = ctypes.c_ulong
    return library


class WindowsWatcher:
    """A :class:`~ktpel_kiosk.siak.watcher.NetworkWatcher`.

    Args:
        library: from :func:`ip_helper`.
    """

    def __init__(self, library: Any, settle_s: float = SETTLE_S) -> None:
        self._library, self._settle_s = library, settle_s
        self._callback: Any = None
        self._handles: list[ctypes.c_void_p] = []
        self._debounce: Debounce | None = None

    def start(self, on_change: Callable[[], object]) -> None:
        debounce = self._debounce = Debounce(on_change, self._settle_s)

        def told(_context: Any, _row: Any, kind: int) -> None:
            if kind != _DELETED:
                debounce.note()

        self._callback = CALLBACK(told)   # kept: the system calls it until the handles are cancelled
        for name in ("NotifyIpInterfaceChange", "NotifyUnicastIpAddressChange"):
            handle = ctypes.c_void_p()
            if getattr(self._library, name)(_ANY_FAMILY, self._callback, None, 0, ctypes.byref(handle)) == 0:
                self._handles.append(handle)

    def stop(self) -> None:
        """Cancelling waits for a call under way; the callback never takes a lock that is held here."""
        while self._handles:
            self._library.CancelMibChangeNotify2(self._handles.pop())
        if self._debounce is not None:
            self._debounce.stop()
