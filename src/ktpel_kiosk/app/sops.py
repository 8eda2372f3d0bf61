"""Finding and loading SOP files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.durable import write_durably

if TYPE_CHECKING:
    from ktpel_kiosk.domain.sop import Sop
    from ktpel_kiosk.domain.sop_check import SopFinding


def folder() -> Path:
    return resources() / "sop"


def names(data: Path | None = None) -> list[str]:
    """SOPs shipped with the kiosk and the office's own in ``<data>/sop``."""
    own = (data / "sop").glob("*.toml") if data is not None else ()
    return sorted({p.stem for p in (*folder().glob("*.toml"), *own)})


def load(name: str, data: Path | None = None) -> Sop:
    """By name (``tempeh``; the office's own in ``<data>/sop`` first) or by path of a TOML file.

    Raises:
        BadInput: no such SOP (``sop.unknown``) or a fault in the file, with its line.
    """
    own = data / "sop" / f"{name.lower()}.toml" if data is not None else None
    shipped = folder() / f"{name.lower()}.toml"
    path = Path(name) if name.endswith(".toml") else own if own is not None and own.is_file() else shipped
    if not path.is_file():
        raise BadInput("sop.unknown", value=name, expected=", ".join(names(data)))
    try:
        text = path.read_text("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise BadInput("sop.unreadable", path=str(path)) from error
    return parse_sop(text, name=path.name)


IN_FORCE_FILE = "sop-berlaku.toml"
"""In the office folder: the text in force, beside the register's own, so that a start need not wait for the register."""


def in_force(data: Path, office: str) -> Sop:
    """The version ``office`` had in force when it last ran here, else its file (the register has the last word).

    Raises:
        BadInput: as :func:`load`.
    """
    path = data / IN_FORCE_FILE
    try:
        found = parse_sop(path.read_text("utf-8"), name=path.name) if path.is_file() else None
    except (BadInput, UnicodeDecodeError, OSError):
        found = None
    if found is not None and found.id == office.lower():
        return found
    chosen = load(office, data)
    return found if found is not None and found.id == chosen.id else chosen


def keep(data: Path, sop: Sop) -> None:
    write_durably(data / IN_FORCE_FILE, sop.source_text.encode())


def load_all(data: Path | None = None) -> list[Sop]:
    return [load(n, data) for n in names(data)]


def check(name: str, data: Path | None = None) -> list[SopFinding]:
    from ktpel_kiosk.domain.sop_check import check_sop

    return list(check_sop(load(name, data)))


def table_text(sop: Sop) -> str:
    """The SOP as the flow table officers know, in plain text of 160 columns."""
    from ktpel_kiosk.domain.sop_flow import flow_table

    return flow_table(sop)
