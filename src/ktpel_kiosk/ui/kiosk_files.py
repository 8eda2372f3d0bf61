"""Choosing a file or folder in a kiosk: the documents folder and disks that can be pulled out, never the rest of the machine.

A panel over the page, not a window of its own: there is nothing to close, move or lose behind another one. Ordinary windows (training,
tests) keep the system's dialog; :func:`kiosk_of` says which it is. The set-up assistant gives places of its own.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, QStandardPaths, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.kiosk_window import KioskWindow
from ktpel_kiosk.ui.pages.base import footer
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow
    from ktpel_kiosk.ui.operator_window import OperatorWindow

MOST = 500
OPEN, SAVE, FOLDER = "buka", "simpan", "folder"


@dataclass(frozen=True, slots=True)
class Root:
    """A place to begin at; nothing above it is ever shown."""

    title: str
    path: Path
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    path: Path
    folder: bool


def documents() -> Path:
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(found) if found else Path.home()


def roots_of(disks: Sequence[Disk]) -> list[Root]:
    """The documents folder first, then the disks as they are plugged in."""
    from ktpel_kiosk.domain.text import number_text

    found = [Root(word("berkas", "dokumen"), documents())]
    for disk in disks:
        left = word("berkas", "sisa").format(jumlah=number_text(disk.free_bytes // 2**20))
        found.append(Root(disk.label, Path(disk.path), left if disk.writable else word("berkas", "terkunci")))
    return found


def desk_places(shell: OperatorWindow) -> list[Root]:
    """Documents and removable disks, for whoever is signed in. Looks at mounts: on a worker."""
    from ktpel_kiosk.desk import places

    return roots_of(places.disks(shell.desk, shell.session.actor))


def inside(root: Path, path: Path) -> bool:
    """Whether ``path`` really lies in ``root``: links and ``..`` are followed first."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def entries(root: Path, folder: Path, patterns: Sequence[str]) -> list[Entry]:
    """Folders, then files of the wanted kinds, by name; hidden ones and whatever leads out of ``root`` are left out.

    Raises OSError when the disk is gone.
    """
    found = []
    for item in os.scandir(folder):
        path = Path(item.path)
        if item.name.startswith((".", "$")) or item.name == "System Volume Information" or not inside(root, path):
            continue
        is_folder = item.is_dir()
        if is_folder or any(fnmatch.fnmatch(item.name.lower(), p) for p in patterns):
            found.append(Entry(item.name, path, is_folder))
    return sorted(found, key=lambda e: (not e.folder, e.name.lower()))[:MOST]


def clean_name(name: str) -> str:
    """A file name that stays in its folder and can be written to a FAT disk."""
    kept = "".join("-" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name).strip(" .")
    return kept[:120]


def patterns_of(kinds: str) -> list[str]:
    """``Tabel (*.csv *.xlsx)`` -> ``["*.csv", "*.xlsx"]``."""
    return kinds[kinds.find("(") + 1:kinds.rfind(")")].lower().split() if "(" in kinds else ["*"]


def kiosk_of(widget: QWidget) -> OperatorWindow | None:
    """The kiosk's window around ``widget``; ``None`` where the system's dialog may be used."""
    window = widget.window()
    return window if isinstance(window, KioskWindow) and window.kiosk is not None else None  # type: ignore[return-value]


class FilePanel(QFrame):
    """Covers ``shell``; ``chosen(path)`` follows once, or nothing. Esc, F9 and Enter work.

    Args:
        how: ``buka`` an existing file, ``simpan`` under a name, or choose a ``folder``.
        kinds: Qt's filter text of the files shown.
        places: where one may begin, asked on a worker; left out, the documents and the disks that can be pulled out.
    """

    def __init__(self, shell: OperatorWindow | SetupWindow, how: str, title: str, chosen: Callable[[str], object], *, name: str = "",
                 kinds: str = "", places: Callable[[], Sequence[Root]] | None = None) -> None:
        super().__init__(shell)
        self._places = places or partial(desk_places, shell)  # type: ignore[arg-type]
        self._shell, self._how, self._chosen, self._patterns = shell, how, chosen, patterns_of(kinds) if how == OPEN else []
        self.root: Root | None = None
        self.folder = Path()
        self.setObjectName("berkas")
        self.setStyleSheet("#berkas { background: rgba(20, 33, 43, 90); }")
        card = Card(24, 12)
        theme = theme_of(shell)
        card.setFixedSize(min(theme.px(860), shell.width() - 80), min(theme.px(600), shell.height() - 60))
        card.body.addWidget(label(title, "title", weight="bold"))
        self.places = QHBoxLayout()
        self.places.setSpacing(8)
        card.body.addLayout(self.places)
        self.where = label("", "small", tone="muted")
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        self.list.setIconSize(QSize(theme.px(20), theme.px(20)))
        self.list.setStyleSheet(f"QListWidget {{ font-size: {theme.size('body')}px; }}"
                                f"QListWidget::item {{ padding-left: {theme.px(8)}px; }}"
                                f"QListWidget::item:selected {{ background: {theme.hex('accent_soft')}; color: {theme.hex('accent')}; }}")
        self.list.itemActivated.connect(self._open_item)
        self.list.itemClicked.connect(lambda _i: self._ready())
        self.list.currentRowChanged.connect(lambda _i: self._ready())
        self.message = NoticeBar(closable=False)
        self.name = TextField("file_name", word("berkas", "nama"), limit=120)
        self.name.set_value(clean_name(name))
        self.name.setVisible(how == SAVE)
        for item in (self.where, self.message):
            card.body.addWidget(item)
        card.body.addWidget(self.list, 1)
        card.body.addWidget(self.name)
        self.cancel, self.go_button = Button(word("berkas", "batal"), key="Esc"), Button(word("berkas", how), "primary", key="F9")
        self.up = Button(word("berkas", "naik"), icon="arrow-up")
        self.cancel.clicked.connect(self.leave)
        self.up.clicked.connect(lambda: self.show_folder(self.folder.parent))
        self.go_button.clicked.connect(self.accept)
        card.body.addLayout(footer([self.cancel, self.up], [self.go_button]))
        outer = QVBoxLayout(self)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self._before = shell.focusWidget()
        shell.installEventFilter(self)
        shell.overlay = self
        self.setGeometry(shell.rect())
        self.show()
        self.raise_()
        self.look()

    # -- places ---------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask which disks are there."""
        self._shell.bridge.run(self._places, self.show_roots, lambda _e: self.show_roots(roots_of(())), owner=self)

    def show_roots(self, roots: Sequence[Root]) -> None:
        clear_layout(self.places)
        for root in roots:
            chip = ChoiceChip(f"{root.title} · {root.note}" if root.note else root.title, str(root.path))
            chip.setAutoExclusive(True)
            chip.clicked.connect(partial(self.choose_root, root))
            self.places.addWidget(chip)
            if root is roots[-1]:  # whoever plugged a disk in means it
                chip.setChecked(True)
        again = Button(word("berkas", "cari"), "link")
        again.clicked.connect(self.look)
        self.places.addWidget(again)
        self.places.addStretch(1)
        self.choose_root(roots[-1])

    def choose_root(self, root: Root, _on: bool = True) -> None:
        self.root = root
        self.show_folder(root.path)

    def show_folder(self, folder: Path) -> None:
        root = self.root
        if root is None or not inside(root.path, folder):
            return

        def work() -> list[Entry] | None:
            try:
                return entries(root.path, folder, self._patterns)
            except OSError:
                return None

        self._shell.bridge.run(work, lambda found: self._show(root, folder, found), owner=self)

    def _show(self, root: Root, folder: Path, found: list[Entry] | None) -> None:
        if root is not self.root:
            return
        self.folder = folder
        below = "" if folder == root.path else f" › {' › '.join(folder.relative_to(root.path).parts)}"
        self.where.setText(f"{root.title}{below}")
        self.up.setEnabled(folder != root.path)
        self.list.clear()
        theme = theme_of(self)
        for entry in found or ():
            icon = icons.pixmap("folder-open" if entry.folder else "file-text", theme.hex("muted"), theme.px(20), self.devicePixelRatioF())
            item = QListWidgetItem(icon, entry.name)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            item.setSizeHint(QSize(0, theme.px(48)))
            self.list.addItem(item)
        if found is None:
            self.message.show_text("attention", word("berkas", "hilang"))
        elif not found and self._how == OPEN:
            self.message.show_text("info", word("berkas", "kosong").format(jenis=", ".join(self._patterns)))
        else:
            self.message.hide()
        self._ready()
        (self.name.editor if self._how == SAVE else self.list).setFocus()

    # -- choosing -------------------------------------------------------------------------------------------------------

    def _current(self) -> Entry | None:
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def path(self) -> Path | None:
        """What would be chosen now."""
        if self.root is None:
            return None
        if self._how == OPEN:
            entry = self._current()
            return entry.path if entry is not None and not entry.folder else None
        if self._how == FOLDER:
            return self.folder
        name = clean_name(self.name.value())
        return self.folder / name if name else None

    def _ready(self) -> None:
        entry = self._current()
        self.go_button.setEnabled(self.path() is not None or (entry is not None and entry.folder))

    def _open_item(self, item: QListWidgetItem) -> None:
        entry = item.data(Qt.ItemDataRole.UserRole)
        if entry.folder:
            self.show_folder(entry.path)
        elif self._how == OPEN:
            self.accept()

    def accept(self) -> None:
        entry, path = self._current(), self.path()
        if self._how == OPEN and entry is not None and entry.folder:
            self.show_folder(entry.path)
        elif path is not None and self.root is not None and inside(self.root.path, path):
            chosen = self._chosen
            self.leave()
            chosen(str(path))

    def leave(self) -> None:
        self._shell.overlay = None
        self._shell.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        if self._before is not None:
            self._before.setFocus()

    def press(self, key: str) -> None:
        """The shell's function keys while this panel is open."""
        if key == "Esc":
            self.leave()
        elif key == "F9" and self.go_button.isEnabled():
            self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._shell.rect())
        return False


def open_outside(widget: QWidget, path: Path) -> bool:
    """Show a finished paper in the system's viewer; False when there is none. A kiosk opens no other program: it shows papers itself and
    offers a copy of everything else."""
    shell = kiosk_of(widget)
    if shell is None:
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    if path.is_dir():
        shell.tell("info", str(path), bold=word("berkas", "tersimpan"))
        return True
    def offer() -> None:
        FilePanel(shell, SAVE, word("berkas", "salin"), partial(_copy, shell, path), name=path.name)

    if path.suffix.lower() != ".pdf":
        offer()
        return True
    from ktpel_kiosk.ui.paper_panel import look_at
    look_at(shell, path, offer)
    return True


def _copy(shell: OperatorWindow, path: Path, target: str) -> None:
    def work() -> str:
        shell.desk.spool.write_file(Path(target), path.read_bytes())
        return target

    shell.bridge.run(work, lambda where: shell.tell("good", where, bold=word("berkas", "tersalin")), shell.show_error)
