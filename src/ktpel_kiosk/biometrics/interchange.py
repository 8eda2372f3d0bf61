"""A recording as one file for another system, in the format asked for. Any thread. Errors: BadInput naming the sample."""

from __future__ import annotations

import uuid

from ktpel_kiosk.biometrics import an2k_write, cbeff
from ktpel_kiosk.biometrics.encode import encode_sample
from ktpel_kiosk.domain.biometric import Modality
from ktpel_kiosk.domain.transaction import Transaction


def write(content: Transaction, format: str) -> bytes:
    """The file's bytes in one of :data:`ktpel_kiosk.domain.transaction.FORMATS` (the desk has checked it); equal content gives
    equal bytes. CBEFF carries no biodata and no signature, AN2K carries both."""
    writers = {
        "an2k": lambda: an2k_write.build(content),
        "an2k-type4": lambda: an2k_write.build(content, type4=True),
        "cbeff": lambda: cbeff.build(birs_of(content), created_at=content.created_at),
    }
    return writers[format]()


def birs_of(content: Transaction) -> list[cbeff.Bir]:
    """Captured positions first, in the order given, then the excused ones."""
    encoded = (encode_sample(s).bir for s in content.samples if s.position.modality is not Modality.SIGNATURE)
    excused = (
        cbeff.excused(e, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{content.number}/{e.position.value}")), content.created_at)
        for e in content.exceptions if e.position.modality is not Modality.SIGNATURE
    )
    return [*(b for b in encoded if b is not None), *excused]
