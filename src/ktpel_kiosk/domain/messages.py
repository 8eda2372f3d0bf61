"""From an error to the one sentence people read: what happened, what it means, what to do now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ktpel_kiosk.domain.errors import Fact, KioskError

FALLBACK = "Terjadi kesalahan yang belum dikenal ({key}). Data yang sudah tersimpan aman. Beri tahu pengelola dengan kode ini."


class _Missing(dict[str, Fact]):
    def __missing__(self, name: str) -> str:
        return "-"


class _Number(float):
    """Written as Indonesians write it: 2 for 2.0, 2,5 for 2.5."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec) if spec else f"{float(self):g}".replace(".", ",")


class Sentences:
    """Sentences by message key (all ``resources/i18n/id/errors/*.toml`` merged)."""

    def __init__(self, table: Mapping[str, str] | Callable[[], Mapping[str, str]]) -> None:
        """``table`` may be a function: it is then read at the first sentence."""
        self._source = table
        self._read: Mapping[str, str] | None = None

    @property
    def _table(self) -> Mapping[str, str]:
        if self._read is None:
            self._read = self._source() if callable(self._source) else self._source
        return self._read

    def keys(self) -> frozenset[str]:
        return frozenset(self._table)

    def text(self, key: str, /, **facts: Fact) -> str:
        """The sentence of ``key`` with its facts filled in; a fact that is not there becomes ``-``."""
        template = self._table.get(key)
        if template is None:
            return FALLBACK.format(key=key)
        return template.format_map(_Missing({k: _Number(v) if isinstance(v, float) else v for k, v in facts.items()}))

    def of(self, error: KioskError) -> str:
        return self.text(error.message_key, **error.facts)
