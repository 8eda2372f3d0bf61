"""The applicant's languages: one folder each in ``resources/i18n``; a word a pack lacks is said in Indonesian.

A pack names itself in ``[bahasa]`` (``nama``, and ``suara``: the voice of the speech program). Values stay as the card bears them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui.resources import resource_root
from ktpel_kiosk.ui.words import has_word, word, words

INDONESIAN = "id"
HINTS = ("petunjuk_pemohon", "petunjuk")


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Codes of the packs on disk, Indonesian first."""
    found = sorted(p.parent.name for p in (resource_root() / "i18n").glob("*/ui.toml"))
    return tuple(sorted(found, key=lambda code: (code != INDONESIAN, code)))


@lru_cache(maxsize=1)
def _hint_keys() -> dict[str, str]:
    """Key of a hint by its Indonesian words: the desk sends words, not keys."""
    return {text: key for section in HINTS for key, text in words(section).items()}


def hint_key(text: str) -> str:
    """``face.too_far`` of ``Maju sedikit``; empty for words nobody knows."""
    return _hint_keys().get(text, "")


@dataclass(frozen=True, slots=True)
class Tongue:
    """The words of one language."""

    code: str = INDONESIAN

    def __call__(self, key: str, **facts: object) -> str:
        """A word of the section ``pemohon``."""
        text = self._of("pemohon", key)
        return text.format(**facts) if facts else text

    def _of(self, section: str, key: str) -> str:
        """Of this pack, else of the Indonesian one; empty where neither has it."""
        for code in dict.fromkeys((self.code, INDONESIAN)):
            found = word(section, key, code)
            if found != key.replace("_", " ").replace(".", " "):
                return found
        return word(section, key) if has_word(section, key) else ""

    @property
    def name(self) -> str:
        return word("bahasa", "nama", self.code)

    @property
    def voice(self) -> str:
        """What the speech program calls this language."""
        return word("bahasa", "suara", self.code)

    def position(self, position: Position) -> str:
        """``telunjuk kiri``."""
        text = self._of("posisi", position.value).lower()
        return f"jari {text}" if self.code == INDONESIAN and text.startswith(("tengah", "manis")) else text

    def hint(self, text: str) -> str:
        """What the applicant can do about a hint of the desk; a hint meant for the officer alone is empty."""
        key = hint_key(text)
        if not key:
            return text
        if key.startswith("face.") and not has_word("petunjuk_pemohon", key):
            return ""
        return self._of("petunjuk_pemohon", key) or text

    def field(self, name: str, title: str) -> str:
        """Title of a line of data."""
        found = self._of("data_pemohon", name) if self.code != INDONESIAN else ""
        return found or title
