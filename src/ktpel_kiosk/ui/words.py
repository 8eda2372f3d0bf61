"""Words of the windows by section and code, from ``resources/i18n/id/ui.toml``."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import Any

from ktpel_kiosk.ui.resources import resource_root


@lru_cache(maxsize=4)
def _table(language: str) -> dict[str, Any]:
    with (resource_root() / "i18n" / language / "ui.toml").open("rb") as f:
        return tomllib.load(f)


def word(section: str, code: object, language: str = "id") -> str:
    """The word for a code; a code nobody named shows as itself, readable."""
    found = _table(language).get(section, {}).get(str(code))
    return str(found) if found is not None else str(code).replace("_", " ").replace(".", " ")


def has_word(section: str, code: object) -> bool:
    return str(code) in _table("id").get(section, {})


def words(section: str) -> dict[str, str]:
    """All codes of a section in file order."""
    return dict(_table("id").get(section, {}))
