"""Aggregates behind the reports, computed inside the register so that ten years of an office need no walk through every row.

Mixed into ``View`` of :mod:`ktpel_kiosk.ports.register`.
"""

from __future__ import annotations

from typing import Protocol


class StatisticsView(Protocol):
    """Counts and distributions of a period."""
