"""A vendor's plug-in as a package of its own: counts minutiae that coincide after the best shift. Small, but it works.

It stands outside the product and knows only what a vendor would know: ISO/IEC 19794-2:2005 octets and the method names.
"""

from __future__ import annotations

import struct
from collections import Counter

CALLS: Counter[str] = Counter()


def _points(record: bytes) -> list[tuple[int, int, int]]:
    count = record[27]
    words = (struct.unpack_from(">HHB", record, 28 + 6 * i) for i in range(count))
    return [(x & 0x3FFF, y, angle) for x, y, angle in words]


class Acme:
    """Slot ``finger.match``."""

    def match(self, probe: bytes, reference: bytes) -> float:
        CALLS["match"] += 1
        a, b = _points(probe), _points(reference)
        if not a or not b:
            return 0.0
        votes = Counter(
            ((q[0] - p[0]) // 12, (q[1] - p[1]) // 12) for p in a for q in b if abs((p[2] - q[2] + 128) % 256 - 128) <= 12
        )
        best = max((sum(votes[dx + i, dy + j] for i in (0, 1) for j in (0, 1)) for dx, dy in list(votes)), default=0)
        return min(1.0, best / min(len(a), len(b)))
