"""Papers of practice mode: every page says that it is none of an office."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isfunction
from typing import Any

from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.documents.pen import MARK

TEXT = "LATIHAN · bukan dokumen resmi"


def _marked(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def made(*args: Any, **kwargs: Any) -> Any:
        before = MARK.set(TEXT)
        try:
            return work(*args, **kwargs)
        finally:
            MARK.reset(before)

    return made


class PracticeDocuments(OfficeDocuments):
    """The office's papers with :data:`TEXT` on every page of a PDF."""


for _name, _work in vars(OfficeDocuments).items():
    if isfunction(_work) and not _name.startswith("_"):
        setattr(PracticeDocuments, _name, _marked(_work))
