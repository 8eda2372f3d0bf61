"""What the assistant was told so far, kept in the folder of the office to be (``penyiapan.json``, 0600, never a password)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.ports.setup import NewOfficer, OfficeAnswers, SetupAnswers, SetupStage

FILE = "penyiapan.json"
MAX_BYTES = 4 << 20


def load(data: Path) -> SetupAnswers:
    """What was answered before; a fresh one when there is nothing or it cannot be read."""
    path = data / FILE
    try:
        if path.stat().st_size > MAX_BYTES:
            return SetupAnswers()
        return from_plain(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return SetupAnswers()


def keep(data: Path, answers: SetupAnswers) -> None:
    """Durably. Raises DiskFull, IoFailure."""
    write_durably(data / FILE, json.dumps(asdict(answers), ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass"), mode=0o600)


def from_plain(untrusted: Mapping[str, Any]) -> SetupAnswers:
    """Answers from plain tables; fields left out keep their first value.

    Raises:
        TypeError, ValueError: a field that is not known, or of another kind.
    """
    plain = dict(untrusted)
    office = _texts(OfficeAnswers, dict(plain.pop("office", {})), lists=("kop",))
    officers = tuple(_officer(dict(o)) for o in plain.pop("officers", ()))
    stage = SetupStage(plain.pop("stage", SetupStage.MODE))
    return SetupAnswers(stage=stage, office=OfficeAnswers(**office), officers=officers, **_texts(SetupAnswers, plain))


def _officer(plain: dict[str, Any]) -> NewOfficer:
    roles = tuple(Peran(r) for r in plain.pop("peran", ()))
    texts = {"jabatan": "", "nip": ""} | _texts(NewOfficer, plain)
    return NewOfficer(peran=roles, **texts)


def _texts(kind: Any, plain: dict[str, Any], lists: tuple[str, ...] = ()) -> dict[str, Any]:
    """Only texts, and lists of texts where they are expected."""
    known = {f.name for f in fields(kind)}
    made: dict[str, Any] = {}
    for key, value in plain.items():
        if key not in known:
            raise TypeError(key)
        if key in lists:
            if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
                raise TypeError(key)
            made[key] = tuple(value)
        elif isinstance(value, str):
            made[key] = value
        else:
            raise TypeError(key)
    return made
