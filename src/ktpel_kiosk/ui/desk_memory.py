"""What this desk remembers of how its people work: the screen keyboard's switch, entries of lists used most. Never personal data.

One small JSON file beside the office's other settings; a damaged or missing one counts as empty, and losing it costs nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = "ui-desk.json"
RECENT = 8
"""Entries remembered per list."""


class DeskMemory:
    """``folder`` None: forgotten when the program ends."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = folder / FILE if folder is not None else None
        self._kept: dict[str, Any] | None = None

    def _read(self) -> dict[str, Any]:
        if self._kept is None:
            try:
                found = json.loads(self._path.read_text("utf-8")) if self._path is not None else {}
            except (OSError, ValueError, RecursionError):
                found = {}
            self._kept = found if isinstance(found, dict) else {}
        return self._kept

    def get(self, key: str, usual: str = "") -> str:
        found = self._read().get(key, usual)
        return found if isinstance(found, str) else usual

    def put(self, key: str, value: object) -> None:
        kept = self._read()
        if kept.get(key) == value:
            return
        kept[key] = value
        if self._path is not None:
            try:
                fresh = self._path.with_suffix(".new")
                fresh.write_text(json.dumps(kept, sort_keys=True), encoding="utf-8")
                fresh.replace(self._path)
            except OSError:
                return

    def used(self, listing: str) -> tuple[str, ...]:
        """Values of a list chosen here, the most used first; of equals the latest."""
        counts = self._counts(listing)
        order = list(counts)
        return tuple(sorted(counts, key=lambda v: (-counts[v], -order.index(v))))

    def use(self, listing: str, value: str) -> None:
        """``value`` was chosen from ``listing``; the least used of too many is forgotten, and old habits fade."""
        counts = self._counts(listing)
        count = counts.pop(value, 0) + 1
        if count > 99:
            counts = {v: c // 2 for v, c in counts.items() if c > 1}
            count //= 2
        while len(counts) >= RECENT:
            del counts[min(counts, key=lambda v: counts[v])]
        counts[value] = count
        self.put(f"dipakai.{listing}", dict(counts))

    def _counts(self, listing: str) -> dict[str, int]:
        found = self._read().get(f"dipakai.{listing}")
        if not isinstance(found, dict):
            return {}
        return {str(v): c for v, c in found.items() if isinstance(c, int) and c > 0}
