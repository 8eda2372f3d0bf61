"""The audit event catalogue: which events may stand in the audit, and what each means.

Standard library only, so that the manual and the checks of other rooms can read it without the register.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.register.bundled import bundled_events

_NAME = re.compile(r"[A-Z][A-Za-z]{2,39}")


def load_events(path: Path | None = None) -> Mapping[str, str]:
    """Event name -> Indonesian description.

    Raises:
        IoFailure: the file is not there. BadInput: ``audit.catalogue`` with the entry that is wrong.
    """
    return _load(path or bundled_events())


@lru_cache(maxsize=4)
def _load(path: Path) -> Mapping[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise IoFailure("audit.catalogue_missing", path=str(path), errno=error.errno) from error
    except ValueError as error:
        raise BadInput("audit.catalogue", path=str(path), entry="-") from error
    for name, description in table.items():
        if not _NAME.fullmatch(name) or not isinstance(description, str) or not description.strip():
            raise BadInput("audit.catalogue", path=str(path), entry=name[:40])
    return MappingProxyType(table)
