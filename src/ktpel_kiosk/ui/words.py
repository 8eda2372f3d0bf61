"""Words of the windows by section and code, from ``resources/i18n/id/ui.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.ui.resources import resource_root

if TYPE_CHECKING:
    from ktpel_kiosk.domain.messages import Sentences


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


def position_word(code: object) -> str:
    """A finger or eye inside a sentence: ``jari manis kanan``, ``mata kiri``."""
    text = word("posisi", code).lower()
    return f"jari {text}" if text.startswith(("tengah", "manis")) else text


def position_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a sentence with positions in words."""
    known = words("posisi")
    return {k: position_word(v) if k in ("position", "found") and v in known else v for k, v in facts.items()}


def told(sentences: Sentences, key: str, facts: Mapping[str, Any]) -> str:
    """The sentence of ``key``; positions among its facts are named as people call them."""
    text = sentences.text(key, **position_words(facts))
    return text[:1].upper() + text[1:]
