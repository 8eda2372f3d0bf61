"""Where the windows' own files lie: fonts, icons, tokens, texts."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=1)
def resource_root() -> Path:
    """The ``resources`` folder, beside ``src`` in a checkout and beside the package when installed (override: KTPEL_ROOT)."""
    override = os.environ.get("KTPEL_ROOT")
    candidates = [Path(override)] if override else [_PACKAGE / "_bundled", _PACKAGE.parents[1]]
    return next((c / "resources" for c in candidates if (c / "resources").is_dir()), candidates[-1] / "resources")
