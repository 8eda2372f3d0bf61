"""The manual inside the windows: Markdown of ``docs/manual`` in the house's own type, pictures as wide as there is room."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QImageReader,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QTextBrowser

from ktpel_kiosk.ui.resources import resource_root
from ktpel_kiosk.ui.theme import Theme, theme_of

START = "operator"
"""The chapter that leads through one applicant."""
SIZES = {1: ("title", 700), 2: ("strong", 700), 3: ("body", 700)}
MOST_WIDE = 880


def manual_root() -> Path:
    """Folder of the chapters, beside ``resources``."""
    return resource_root().parent / "docs" / "manual"


def chapters() -> tuple[tuple[str, str], ...]:
    """(name, title) of every chapter: the one to begin with, then by title."""
    found = [(p.stem, title_of(p.read_text("utf-8"))) for p in manual_root().glob("*.md")]
    return tuple(sorted(found, key=lambda c: (c[0] != START, c[1])))


def title_of(text: str) -> str:
    return next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), "")


def hits(wanted: str) -> list[tuple[str, str, str]]:
    """(chapter, heading, line) where all words stand in one paragraph, at most 40, in the order of the chapters."""
    words = wanted.casefold().split()
    found: list[tuple[str, str, str]] = []
    for name, title in chapters() if words else ():
        heading = title
        for part in re.split(r"\n\s*\n|\n(?=\||#|- |\d+\. )", (manual_root() / f"{name}.md").read_text("utf-8")):
            if part.lstrip().startswith("#"):
                heading = part.lstrip("# \n").splitlines()[0].strip()
            if all(w in part.casefold() for w in words):
                found.append((name, heading, _around(part, words[0])))
                if len(found) == 40:
                    return found
    return found


def _around(part: str, word: str) -> str:
    """The words of a paragraph without its marks, beginning a little before ``word``."""
    plain = " ".join(re.sub(r"[|*`#]|\]\([^)]*\)|!?\[", " ", part).split())
    at = max(0, plain.casefold().find(word))
    start = plain.rfind(" ", 0, max(0, at - 24)) + 1 if at > 30 else 0
    return ("… " if start else "") + plain[start:start + 160]


class ManualView(QTextBrowser):
    """One chapter at a time. ``turned``: another chapter is shown now (by a link)."""

    turned = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.chapter = ""
        self._heading = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Panduan")
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(120)
        self._soon.timeout.connect(self._again)
        self._wide = 0
        self._due: list[tuple[QUrl, str, QSize]] = []
        self._pictures = QTimer(self)
        self._pictures.setSingleShot(True)
        self._pictures.setInterval(0)
        self._pictures.timeout.connect(self._next_picture)

    def show_chapter(self, name: str, heading: str = "") -> None:
        """``heading``: begins of a heading's words, to be scrolled to. An unknown chapter shows the first one."""
        if not (manual_root() / f"{name}.md").is_file():
            name = START
        changed = name != self.chapter
        self.chapter, self._heading = name, heading
        self._fill()
        if changed:
            self.turned.emit(name)

    def _again(self) -> None:
        if self.chapter and self.viewport().width() != self._wide:
            share = self.verticalScrollBar().value() / max(1, self.verticalScrollBar().maximum())
            self._heading = ""
            self._fill()
            self.verticalScrollBar().setValue(round(share * self.verticalScrollBar().maximum()))

    def _fill(self) -> None:
        self._wide = self.viewport().width()
        document = self.document()
        document.clear()
        self._due.clear()
        document.setBaseUrl(QUrl.fromLocalFile(f"{manual_root()}/"))
        theme = theme_of(self)
        document.setDefaultFont(theme.font("body"))
        document.setDocumentMargin(theme.px(8))
        document.setMarkdown((manual_root() / f"{self.chapter}.md").read_text("utf-8"), QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        whole = QTextCursor(document)
        whole.beginEditBlock()  # laid out once, not after every paragraph
        self._dress(document, theme)
        whole.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if self._heading:
            self._scroll_to(self._heading)

    def _dress(self, document: QTextDocument, theme: Theme) -> None:
        block = document.begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            shape = QTextBlockFormat()
            shape.setLineHeight(132.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            in_table = QTextCursor(block).currentTable() is not None
            shape.setBottomMargin(0 if in_table else theme.px(8))
            if level:
                shape.setTopMargin(theme.px(6 if level == 1 else 18))
            cursor = QTextCursor(block)
            cursor.mergeBlockFormat(shape)
            if level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                step, weight = SIZES.get(level, SIZES[3])
                inked = cursor.charFormat()
                inked.clearProperty(QTextFormat.Property.FontSizeAdjustment.value)  # Markdown enlarges headings by itself
                inked.setFont(theme.font(step, weight))
                cursor.setCharFormat(inked)
            block = block.next()
        self._dress_code_and_links(document, theme)
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._dress_table(frame, theme)

    @staticmethod
    def _dress_code_and_links(document: QTextDocument, theme: Theme) -> None:
        block = document.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                shape = piece.charFormat()
                if shape.isAnchor() or shape.fontFixedPitch():
                    cursor = QTextCursor(document)
                    cursor.setPosition(piece.position())
                    cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
                    if shape.isAnchor():
                        shape.setForeground(QBrush(theme.color("accent")))
                    else:
                        shape.setFont(theme.font("body", 500))
                        shape.setBackground(QBrush(theme.color("soft")))
                    cursor.setCharFormat(shape)
                pieces += 1
            block = block.next()

    @staticmethod
    def _dress_table(table: QTextTable, theme: Theme) -> None:
        shape = table.format()
        shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        shape.setBorder(1)
        shape.setBorderCollapse(True)
        shape.setBorderBrush(QBrush(theme.color("line")))
        shape.setCellPadding(theme.px(7))
        shape.setCellSpacing(0)
        shape.setTopMargin(theme.px(4))
        shape.setBottomMargin(theme.px(12))
        table.setFormat(shape)
        for column in range(table.columns()):
            cell = table.cellAt(0, column)
            inked = cell.format().toTableCellFormat()
            inked.setBackground(QBrush(QColor(theme.color("canvas"))))
            cell.setFormat(inked)

    def _scroll_to(self, heading: str) -> None:
        wanted = heading.casefold()
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and block.text().casefold().startswith(wanted):
                self.setTextCursor(QTextCursor(block))
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(max(0, round(top) - 8))
                return
            block = block.next()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Pictures no wider than the page; one that is missing leaves its caption."""
        name = QUrl(name)
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        path = str(manual_root() / name.toString().removeprefix("./"))
        size = QImageReader(path).size()
        if size.isEmpty():
            return QImage(1, 1, QImage.Format.Format_RGB32)
        ratio = self.devicePixelRatioF()
        room = min(MOST_WIDE * theme_of(self).scale, self.viewport().width() - 3 * theme_of(self).px(8)) * ratio
        if size.width() > room > 0:
            size = QSize(round(room), max(1, round(size.height() * room / size.width())))
        if name not in (due[0] for due in self._due):
            self._due.append((name, path, size))
            self._pictures.start()
        return _sized(QImage(size, QImage.Format.Format_RGB32), ratio, QColor(theme_of(self).color("line")))

    def _next_picture(self) -> None:
        """Reading and scaling one takes 10 ms and more, and a chapter has many: the words stand first, with room for the pictures."""
        if not self._due:
            return
        name, path, size = self._due.pop(0)
        image = QImage(path).scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        self.document().addResource(QTextDocument.ResourceType.ImageResource.value, name, _sized(image, self.devicePixelRatioF()))
        self.viewport().update()
        if self._due:
            self._pictures.start()

    def _follow(self, link: QUrl) -> None:
        """Chapters only: a kiosk opens no web page."""
        text = link.toString()
        name, _, heading = text.partition("#")
        if name.endswith(".md"):
            self.show_chapter(name.rsplit("/", 1)[-1].removesuffix(".md"), heading.replace("-", " "))
        elif not name and heading:
            self._scroll_to(heading.replace("-", " "))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and self.chapter:
            self._wide = 0
            self._soon.start()
        super().changeEvent(event)


def _sized(image: QImage, ratio: float, filled: QColor | None = None) -> QImage:
    if filled is not None:
        image.fill(filled)
    image.setDevicePixelRatio(ratio)
    return image
