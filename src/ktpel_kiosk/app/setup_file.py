"""Answers of an unattended set-up: one TOML file.

    sop = "tempeh"                    # one of the five, or a path of an own file (beside this one)
    place = "Meja 1"
    station = ""                      # empty: made of region code and place
    gateway_url = ""
    backup = "/media/cadangan"

    [office]                          # what differs from the SOP's [kantor]
    nama = "Kecamatan Rowokangkung"
    kop = ["PEMERINTAH KABUPATEN LUMAJANG", "KECAMATAN ROWOKANGKUNG"]

    [[officers]]
    username = "siti"
    nama = "Siti Aminah"
    peran = ["loket", "operator"]
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.setup_answers import MAX_BYTES, from_plain
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.toml_text import parse_toml
from ktpel_kiosk.ports.setup import OfficeSetup, SetupAnswers


def read_answers(path: Path, setup: OfficeSetup) -> SetupAnswers:
    """The answers in ``path``; what the file does not say is the SOP's own proposal.

    Raises:
        BadInput: ``setup.no_answers`` with the reason; ``sop.*`` of an own SOP.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput("setup.no_answers", path=path.name, reason="terlalu besar")
        plain: dict[str, Any] = parse_toml(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput("setup.no_answers", path=path.name, reason=f"bukan TOML yang terbaca: {error}"[:160]) from error
    wanted = str(plain.pop("sop", ""))
    choice = (setup.read_sop(path.parent / wanted) if wanted.endswith(".toml")
              else next((c for c in setup.sops() if c.id == wanted), None))
    if choice is None:
        raise BadInput("setup.no_answers", path=path.name, reason=f"sop {wanted[:40]!r} tidak ada")
    try:
        office = asdict(setup.proposal(choice.text)) | dict(plain.pop("office", {}))
        answers = from_plain({**plain, "office": office, "sop_id": choice.id, "sop_text": choice.text})
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise BadInput("setup.no_answers", path=path.name, reason=f"isian {error}"[:120]) from error
    return answers
