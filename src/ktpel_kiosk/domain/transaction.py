"""One person's recording as an interchange transaction (ANSI/NIST-ITL or CBEFF): what goes in, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from ktpel_kiosk.domain.biometric import BiometricException, Sample
from ktpel_kiosk.domain.penduduk import Penduduk

FORMATS = ("an2k", "an2k-type4", "cbeff")
"""``an2k``: fingers as Type-14; ``an2k-type4``: fingers as binary Type-4 for older readers; ``cbeff``: XML BIRs."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Attributes:
    number: unique control number of this transaction (TCN).
    created_at: aware; ``local_date`` is the office's own date then.
    samples: the best sample of each captured position; ``exceptions`` the excused positions.
    """

    number: str
    register_number: str
    office_code: str
    station: str
    created_at: datetime
    local_date: date
    penduduk: Penduduk
    samples: tuple[Sample, ...]
    exceptions: tuple[BiometricException, ...]


TransactionWriter = Callable[[Transaction, str], bytes]
"""Makes the file in one of :data:`FORMATS`. Raises BadInput naming a sample that cannot be encoded."""
