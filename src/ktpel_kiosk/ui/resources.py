"""Where the window's own files lie: fonts, icons, tokens, texts."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def resource_root() -> Path:
    """The ``resources`` folder: ``KTPEL_RESOURCES``, the checkout, the bundle, or the installed share folder."""
    named = os.environ.get("KTPEL_RESOURCES")
    candidates = [Path(named)] if named else []
    candidates += [
        Path(__file__).resolve().parents[3] / "resources",
        Path(__file__).resolve().parents[1] / "resources",
        Path(getattr(sys, "_MEIPASS", sys.prefix)) / "resources",
        Path(sys.prefix) / "share" / "ktpel-kiosk" / "resources",
    ]
    return next((c for c in candidates if (c / "theme" / "tokens.toml").is_file()), candidates[0])
