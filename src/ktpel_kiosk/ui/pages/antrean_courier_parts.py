"""Parts of the courier dialog: the disks to choose from, a bar, the shade behind it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QStandardPaths, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui.kiosk_files import FOLDER, FilePanel, kiosk_of
from ktpel_kiosk.ui.presenters.courier import DiskRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Painted, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Stat
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow


class Bar(Painted):
    """How far it is, 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0
        self.setFixedHeight(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set(self, share: float) -> None:
        self.share = max(0.0, min(1.0, share))
        self.setAccessibleName(f"{self.share:.0%}")
        self.update()

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("soft"))
        whole = QRectF(self.rect())
        painter.drawRoundedRect(whole, 4, 4)
        if self.share:
            painter.setBrush(self.theme.color("accent"))
            painter.drawRoundedRect(QRectF(0, 0, whole.width() * self.share, whole.height()), 4, 4)


class Dim(QWidget):
    """Puts the window behind the dialog into the shade."""

    def paintEvent(self, event: QEvent) -> None:
        shade = theme_of(self).color("stage")
        shade.setAlpha(110)
        QPainter(self).fillRect(self.rect(), shade)


class DiskChoice(QWidget):
    """The removable disks of this machine, or any folder. ``changed``: another one is chosen; ``again``: look for disks now."""

    changed = Signal()
    again = Signal()

    def __init__(self, title: str, *, reading: bool = False) -> None:
        super().__init__()
        self._reading = reading
        self._rows: dict[str, DiskRow] = {}
        self._folder = ""
        self.table = GrowingRows("USB yang terpasang", ("USB", "Tempat", "Bebas", "Ukuran", "Keterangan"), (190, 200, 100, 100, 130),
                                 (2, 3, 1, 1, 1))
        self.table.selectionModel().currentRowChanged.connect(lambda _a, _b: self.changed.emit())
        self.empty = EmptyState("usb", "Belum ada USB", "Pasang USB; daftar ini berubah sendiri. Atau pilih folder.")
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty, 1)
        again = Button("Cari lagi", icon="refresh-cw")
        again.clicked.connect(lambda: self.again.emit())
        choose = Button("Pilih folder …", icon="folder-open")
        choose.clicked.connect(self._ask)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addLayout(row(label(title, "body", weight="semibold"), None, again, choose))
        box.addWidget(card, 1)
        self.show_rows(())

    def show_rows(self, rows: tuple[DiskRow, ...]) -> None:
        found = {r.path: r for r in rows}
        if self._folder and self._folder not in found:
            found[self._folder] = DiskRow(self._folder, Path(self._folder).name or self._folder, "", "", "folder", "neutral", True)
        if found == self._rows:
            return
        self._rows = found
        self.table.set_rows([TableRow(r.path, (Cell(r.name, bold=True), Cell(r.path, muted=True), Cell(r.free), Cell(r.size),
                                               Cell(*self._note(r)))) for r in found.values()])
        if not self.table.current_key():
            self.table.choose_first()
        self.table.setVisible(bool(found))
        self.empty.setVisible(not found)
        self.changed.emit()

    def _note(self, row: DiskRow) -> tuple[str, str]:
        """A disk that is locked against writing can be read all the same."""
        return ("siap", "good") if self._reading and not row.usable else (row.note, row.tone)

    def path(self) -> str:
        """The chosen place; empty when none, or when it cannot be written to."""
        chosen = self._rows.get(self.table.current_key())
        return chosen.path if chosen else ""

    def free_bytes(self) -> int:
        """-1 when not known."""
        chosen = self._rows.get(self.table.current_key())
        return chosen.free_bytes if chosen is not None else -1

    def writable(self) -> bool:
        chosen = self._rows.get(self.table.current_key())
        return chosen is not None and chosen.usable

    def take_folder(self, path: str) -> None:
        self._folder = path
        self.show_rows(tuple(r for r in self._rows.values() if r.note != "folder"))
        self.table.choose(path)
        self.changed.emit()

    def _ask(self) -> None:
        shell = kiosk_of(self)
        if shell is not None:
            FilePanel(shell, FOLDER, "Pilih USB atau folder", self.take_folder)
            return
        dialog = QFileDialog(self, "Pilih USB atau folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)
        if home:
            dialog.setDirectory(home)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take_folder)
        dialog.open()


def three_figures() -> tuple[list[Stat], QHBoxLayout]:
    tiles = [Stat() for _ in range(3)]
    line = QHBoxLayout()
    line.setSpacing(12)
    for tile in tiles:
        line.addWidget(tile, 1)
    return tiles, line


def stacked(*items: QWidget | QHBoxLayout) -> QWidget:
    view = QWidget()
    box = QVBoxLayout(view)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(14)
    for item in items:
        if isinstance(item, QWidget):
            box.addWidget(item, 1 if isinstance(item, Card | DiskChoice) else 0)
        else:
            box.addLayout(item)
    return view


def numbered(number: str, text: str, tone: str) -> QHBoxLayout:
    mark = label(number, "strong", tone=tone, weight="bold")
    mark.setFixedWidth(24)
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(label(text, "body", wrap=True), 1)
    return line
