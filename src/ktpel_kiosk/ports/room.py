"""Room on the disk the office lies on, and the reserve kept on it for finishing what is under way when it is full."""

from __future__ import annotations

from typing import Protocol


class Room(Protocol):
    """Any thread."""

    def free_bytes(self) -> int:
        """What is left, the reserve not counted. Raises IoFailure."""
        ...

    def give(self) -> bool:
        """Free the reserve; False where there was none. Never raises: it is called when nothing else goes any more."""
        ...

    def keep(self) -> bool:
        """Set the reserve aside again once there is room for it. Returns whether it is there now; never raises."""
        ...


class Endless:
    """Of a desk that was told of no disk."""

    def free_bytes(self) -> int:
        return 1 << 50

    def give(self) -> bool:
        return False

    def keep(self) -> bool:
        return False
