"""Finding ``resources/`` and ``migrations/``: in a checkout beside ``src``, in an installation beside the package; and the data folder."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource_root() -> Path:
    """Folder that holds ``resources`` and ``migrations`` (override: environment KTPEL_ROOT)."""
    override = os.environ.get("KTPEL_ROOT")
    candidates = [Path(override)] if override else [_PACKAGE / "_bundled", _PACKAGE.parents[1]]
    return next((c for c in candidates if (c / "resources").is_dir()), candidates[-1])


def resources() -> Path:
    return resource_root() / "resources"


def migrations() -> Path:
    return resource_root() / "migrations"


def default_data() -> Path:
    """The data folder where none is named: environment KTPEL_DATA (set by an installer for the whole machine), else this user's."""
    told = os.environ.get("KTPEL_DATA")
    if told:
        return Path(told)
    from platformdirs import user_data_path
    return user_data_path("ktpel-kiosk", appauthor=False)
