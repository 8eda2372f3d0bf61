"""Choosing a file to read; does not block."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from ktpel_kiosk.ui.kiosk_files import OPEN, FilePanel, kiosk_of


def choose_to_open(parent: QWidget, title: str, kinds: str, chosen: Callable[[str], None]) -> None:
    """Ask for an existing file of ``kinds`` (Qt's filter text); ``chosen(path)`` follows."""
    shell = kiosk_of(parent)
    if shell is not None:
        FilePanel(shell, OPEN, title, chosen, kinds=kinds)
        return
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([kinds, "Semua berkas (*)"])
    places = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    if places:
        dialog.setDirectory(places)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(chosen)
    dialog.open()
