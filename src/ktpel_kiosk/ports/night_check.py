"""What the nightly check of the register found last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fault(StrEnum):
    """``value`` is the key of its words and what the audit says."""

    NONE = "utuh"
    DAMAGED = "rusak"      # a page is not what was written, or cannot be read
    ALTERED = "berubah"    # the audit, or a row it vouches for, is another
    BEHIND = "mundur"      # acknowledged work is not there any more


@dataclass(frozen=True, slots=True)
class Checked:
    at: datetime
    fault: Fault


@dataclass(slots=True)
class LastCheck:
    """In memory: a register that is damaged may not take the result."""

    known: Checked | None = None
