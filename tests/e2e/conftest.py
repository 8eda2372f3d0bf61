"""End to end: the doubles of the window tests are at hand for the monkey that lives inside the program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for folder in (Path(__file__).parent, Path(__file__).parents[1] / "ui"):
    sys.path.insert(0, str(folder))
