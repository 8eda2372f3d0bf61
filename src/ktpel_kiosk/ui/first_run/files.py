"""Files and folders in the set-up assistant: the house's panel over the page, with the disks of this machine and all of its folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.first_run.facts import bytes_words
from ktpel_kiosk.ui.kiosk_files import FOLDER, OPEN, FilePanel, Root, documents
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ports.setup import OfficeSetup
    from ktpel_kiosk.ui.first_run.window import SetupWindow


def choose_folder(parent: QWidget, title: str, chosen: Callable[[str], object]) -> None:
    """Ask for an existing folder; ``chosen(path)`` follows."""
    _panel(parent, FOLDER, title, chosen)


def choose_file(parent: QWidget, title: str, kinds: str, chosen: Callable[[str], object]) -> None:
    """Ask for an existing file of ``kinds`` (Qt's filter text)."""
    _panel(parent, OPEN, title, chosen, kinds)


def machine_roots(setup: OfficeSetup) -> list[Root]:
    """The whole machine (the technician sets it up), the documents, then the disks; a disk that was plugged in is offered first."""
    roots = [Root(word("berkas", "komputer"), Path(Path.home().anchor)), Root(word("berkas", "dokumen"), documents())]
    for place in setup.backup_places():
        free = word("berkas", "kosong_disk").format(jumlah=bytes_words(place.free_bytes)) if place.free_bytes else ""
        roots.append(Root(place.title, place.path.parent, free))
    return roots


def _panel(parent: QWidget, how: str, title: str, chosen: Callable[[str], object], kinds: str = "") -> None:
    shell: SetupWindow = parent.window()  # type: ignore[assignment]
    if shell.overlay is None and not shell.busy:
        FilePanel(shell, how, title, chosen, kinds=kinds, places=lambda: machine_roots(shell.setup))
