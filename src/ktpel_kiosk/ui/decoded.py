"""Pictures of samples, decoded on the worker that read them and kept while their session is open.

A portrait of 3 megapixels takes 100 ms to decode on a weak machine; the session shows it after every change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtGui import QImage

from ktpel_kiosk.domain.biometric import Sample

KEPT = 32
"""Best and earlier tries of one applicant that a screen shows."""
_kept: OrderedDict[str, QImage] = OrderedDict()
_lock = threading.Lock()


def decode(samples: Iterable[Sample]) -> None:
    """Make their pictures ready; on a worker."""
    for sample in samples:
        picture_of(sample)


def picture_of(sample: Sample | None) -> QImage | None:
    """The sample as a picture; None for what is none (pen strokes, nothing captured)."""
    if sample is None or not sample.data or not sample.media_type.startswith("image/"):
        return None
    with _lock:
        found = _kept.get(sample.id)
        if found is not None:
            _kept.move_to_end(sample.id)
            return found
    image = QImage.fromData(sample.data)
    if image.isNull():
        return None
    with _lock:
        _kept[sample.id] = image
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return image


def forget() -> None:
    """The session is over: no picture of the applicant stays in memory."""
    with _lock:
        _kept.clear()
