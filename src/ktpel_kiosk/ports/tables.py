"""Tables that come from outside as files: CSV of any usual make, XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line: ``number`` as a text editor or spreadsheet counts it (from 1), the cells as text.

    Dates of a spreadsheet arrive as ISO text. A number too long to be kept exactly (15 digits) arrives in scientific notation,
    which no rule accepts: its last digits are lost.
    """

    number: int
    cells: tuple[str, ...]


class TableFile(Protocol):
    """A file that was found readable."""

    @property
    def name(self) -> str:
        """File name without its folder."""
        ...

    @property
    def sha256(self) -> str: ...

    def lines(self) -> Iterator[TableLine]:
        """Every line that is not empty, in order. Raises BadInput ``table.*`` with the line where the file turns unreadable."""
        ...


class TableReader(Protocol):
    def __call__(self, path: Path) -> TableFile:
        """Look at the file: kind, encoding, limits.

        Raises:
            BadInput: ``table.*``: missing, not a table, too large, mixed encodings (with the line).
        """
        ...
