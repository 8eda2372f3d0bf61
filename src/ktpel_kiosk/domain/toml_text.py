"""TOML from people and disks, without what makes ``tomllib`` work without end.

A key of a hundred thousand dots (200 kB of text) makes it take gigabytes, and numbers and nesting leave it as errors of other kinds.
"""

from __future__ import annotations

import tomllib
from typing import Any

MOST_DOTS = 100
"""Of one line that is no comment: keys have a few, texts of the house at most a sentence's worth."""


def parse_toml(text: str) -> dict[str, Any]:
    """The tables in ``text``.

    Raises:
        ValueError: it is no TOML, or one that no person writes; the message ends with ``(at line …, column …)`` where known.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS and not line.lstrip().startswith("#"):
            raise ValueError(f"Too many dots (at line {number}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("Nesting too deep") from error
