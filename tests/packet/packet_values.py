"""Values several packet tests share."""

from datetime import UTC, datetime

AT = datetime(2026, 3, 2, 1, 0, 7, 250_000, tzinfo=UTC)
