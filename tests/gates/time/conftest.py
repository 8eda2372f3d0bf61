"""The time gates use the office of the desk's own tests."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("desk", "register"):
    sys.path.append(str(Path(__file__).parents[2] / folder))
