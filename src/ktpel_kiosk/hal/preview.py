"""Latest-frame slots: a slow screen misses frames, it never delays the device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ktpel_kiosk.domain.biometric import Position, RawImage


class LatestFrame:
    """Implements ports.devices.PreviewSlot; any thread may put or read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._serial = 0
        self._frame: RawImage | None = None
        self._listeners: tuple[Callable[[], None], ...] = ()

    def put(self, frame: RawImage) -> None:
        with self._lock:
            self._serial += 1
            self._frame = frame
            listeners = self._listeners
        for listener in listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._forget(listener)

    def _forget(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners = tuple(known for known in self._listeners if known is not listener)

    def clear(self) -> None:
        """Forget the frame, so that nobody sees the last applicant's face; serials go on counting."""
        with self._lock:
            self._frame = None

    def latest(self, after: int) -> tuple[int, RawImage] | None:
        with self._lock:
            if self._frame is None or self._serial <= after:
                return None
            return self._serial, self._frame


class PreviewTap:
    """A scanner or iris camera whose previews also go into the kind's slot; everything else passes through."""

    def __init__(self, device: Any, slot: LatestFrame) -> None:
        self._device = device
        self._slot = slot

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> Any:
        def both(frame: RawImage) -> None:
            self._slot.put(frame)
            on_preview(frame)

        return self._device.capture(positions, timeout_s, both)
