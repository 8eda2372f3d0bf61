"""The gates of the disk use the stories of the crash tests and the makers of the register's."""

from __future__ import annotations

import sys
from pathlib import Path

for room in ("crash", "register"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / room))
