"""Small choices of this desk that mean nothing outside of it (automatic picture, mirror): kept in one file, losing it costs nothing."""

from __future__ import annotations

import json
from pathlib import Path

FILE = "pilihan.json"
USUAL = {"foto_otomatis": True, "jari_otomatis": True, "cermin": False}
"""Every choice there is, and how it stands on a new desk."""


class Choices:
    """GUI thread. ``folder``: the office's; without one the choices last as long as the program."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = folder / FILE if folder is not None else None
        self._chosen: dict[str, bool] = {}
        try:
            found = json.loads(self._path.read_text("utf-8")) if self._path is not None else {}
        except (OSError, ValueError, RecursionError):
            found = {}
        if isinstance(found, dict):
            self._chosen = {k: v for k, v in found.items() if k in USUAL and isinstance(v, bool)}

    def get(self, name: str) -> bool:
        return self._chosen.get(name, USUAL[name])

    def set(self, name: str, on: bool) -> None:
        if on == self.get(name):
            return
        self._chosen[name] = on
        if self._path is not None:
            try:
                self._path.write_text(json.dumps(self._chosen), encoding="utf-8")
            except OSError:
                return
