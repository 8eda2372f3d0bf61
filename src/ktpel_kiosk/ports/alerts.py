"""Who has to be gone after, asked of the register's indexes: no list of applications is loaded for it. Mixed into ``View``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs these protocols at its start, and only few of the values they speak of
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ktpel_kiosk.ports.register import ListItem


@dataclass(frozen=True, slots=True)
class Overdue:
    """Running applications whose promise or standard is exceeded.

    Attributes:
        now: the moment it is asked for.
        limits: SOP digest -> seconds of work its whole way may take, for SOPs that promise minutes and no day.
        done: stages from which the applicant is waited for, not the office.
        called_since: leaves out whose applicant was reached about it at or after that moment.
    """

    now: datetime
    called_since: datetime
    done: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


class AlertView(Protocol):
    def sop_digests(self) -> Sequence[str]:
        """Of every SOP version some application began with."""
        ...

    def overdue_list(self, wanted: Overdue, limit: int) -> Sequence[ListItem]:
        """Promised days first, the longest past first; of SOPs that promise minutes the oldest thousand under way are looked at."""
        ...

    def overdue_count(self, wanted: Overdue) -> int: ...
