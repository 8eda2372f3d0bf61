"""Finding ``migrations/`` and ``resources/`` when nobody names them: beside the package, or at the root of a checkout."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def bundled_root() -> Path:
    """The folder that holds both (override: environment KTPEL_ROOT)."""
    override = os.environ.get("KTPEL_ROOT")
    candidates = [Path(override)] if override else [_PACKAGE / "_bundled", _PACKAGE.parents[1]]
    return next((c for c in candidates if (c / "migrations").is_dir()), candidates[-1])


def bundled_migrations() -> Path:
    return bundled_root() / "migrations"


def bundled_events() -> Path:
    return bundled_root() / "resources" / "audit" / "events.toml"
