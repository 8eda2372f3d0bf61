"""``register export`` and ``register verify`` on an office folder: the person at the console acts as its supervisor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ktpel_kiosk.app.office import settings_of
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk
from ktpel_kiosk.desk import approvals, books
from ktpel_kiosk.desk.approvals import ApprovalCheck
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.register import AuditCheck

CONSOLE = Actor("konsol", "Konsol", frozenset({Peran.SUPERVISOR, Peran.ADMIN}))
"""Whoever can run commands on this machine with its key already holds the register; the audit says it was the console."""


@contextmanager
def opened(data: Path) -> Iterator[Kiosk]:
    """The office in this folder.

    Raises:
        BadInput: there is none.
    """
    found = settings_of(office_folder(data))
    if found is None:
        raise BadInput("office.none", path=str(data))
    with open_practice_kiosk(office_folder(data), found.office) as kiosk:
        yield kiosk


def office_folder(data: Path) -> Path:
    """The folder itself, or the office inside the results of a demonstration."""
    inner = data / "kantor"
    return inner if settings_of(data) is None and inner.is_dir() else data


def export_book(data: Path, book: str, format: str, out: Path, year: int | None, month: int | None) -> str:
    with opened(data) as kiosk:
        return books.export_register(kiosk.desk, CONSOLE, book, format, out, year=year, month=month)


def verify(data: Path) -> tuple[AuditCheck, ApprovalCheck]:
    """The audit chain, and every approval's signature."""
    with opened(data) as kiosk:
        return books.verify_register(kiosk.desk, CONSOLE), approvals.check_all(kiosk.desk, CONSOLE)
