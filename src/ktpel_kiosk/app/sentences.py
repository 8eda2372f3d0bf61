"""Loading the Indonesian error sentences of all rooms."""

from __future__ import annotations

import tomllib
from functools import cache

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.messages import Sentences


@cache
def load_sentences() -> Sentences:
    """All ``resources/i18n/id/errors/*.toml`` merged; a key must stand in one file only."""
    return Sentences(_read_all)


def _read_all() -> dict[str, str]:
    table: dict[str, str] = {}
    for path in sorted((resources() / "i18n" / "id" / "errors").glob("*.toml")):
        table.update({k: str(v) for k, v in tomllib.loads(path.read_text("utf-8")).items()})
    return table
