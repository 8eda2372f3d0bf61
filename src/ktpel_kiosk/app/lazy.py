"""Adapters that are made at their first use, so that start-up does not pay for imports nobody needs yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Lazy:
    def __init__(self, make: Callable[[], Any]) -> None:
        self.__dict__["_make"] = make
        self.__dict__["_lock"] = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        if "_made" not in state:
            with state["_lock"]:
                if "_made" not in state:
                    state["_made"] = state["_make"]()
        return getattr(state["_made"], name)


def lazily(make: Callable[[], T]) -> T:
    """Something that behaves like ``make()`` and calls it once, at the first attribute access. Thread-safe."""
    return cast("T", _Lazy(make))
