"""The gallery as a book: a page per group, theme and text size as PNG, and one HTML index over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.ui.gallery.kit import Exhibit, Specimen, Stage, exhibits
from ktpel_kiosk.ui.theme import Theme, prepare_application, set_theme, text_scale, tokens
from ktpel_kiosk.ui.widgets.base import Line, label
from ktpel_kiosk.ui.widgets.flow import Flow

WIDTH = 1366
THEMES = ("light", "contrast")
THEME_WORDS = {"light": "Terang", "contrast": "Kontras tinggi"}
SIZE_WORDS = {"normal": "normal", "besar": "besar", "lebih_besar": "lebih besar", "terbesar": "terbesar"}


class GalleryPage(QWidget):
    """One group under one theme: a heading per exhibit, its specimens in lines below, each with its caption."""

    def __init__(self, group: str, shown: Sequence[Exhibit], stage: Stage, theme: Theme) -> None:
        super().__init__()
        self.setProperty("surface", "plain")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.specimens: list[Specimen] = []
        set_theme(self, theme)
        page = self.page = QVBoxLayout(self)
        page.setContentsMargins(*(theme.space("xl"),) * 4)
        page.setSpacing(theme.space("l"))
        page.addWidget(label(group, "title", weight="bold"))
        for one in shown:
            page.addWidget(Line())
            page.addWidget(label(one.title, "body", weight="semibold"))
            holder = QWidget()
            line = Flow(theme.space("l"))
            holder.setLayout(line)
            for specimen in one.make(stage):
                line.addWidget(self._cell(specimen, theme))
                self.specimens.append(specimen)
            page.addWidget(holder)
        page.addStretch(1)

    def _cell(self, specimen: Specimen, theme: Theme) -> QWidget:
        cell = QWidget()
        box = QVBoxLayout(cell)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.space("xs"))
        room = WIDTH - 2 * theme.space("xl")
        widget = specimen.widget
        if specimen.width:
            widget.setFixedWidth(min(room, theme.px(specimen.width)))
        if specimen.height:
            widget.setFixedHeight(theme.px(specimen.height))
        box.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
        widget.setVisible(True)
        box.addWidget(label(specimen.caption, "tiny", tone="muted"))
        box.addStretch(1)
        specimen.pose()
        return cell

    def picture(self) -> QPixmap:
        """The page at its full height; specimens that need the keyboard get it one after another while they are painted."""
        self.setFixedWidth(WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.show()
        self.setFocus()
        for _ in range(2):
            QApplication.processEvents()
            self.setFixedHeight(max(1, self.page.totalHeightForWidth(WIDTH)))
        QApplication.processEvents()
        result = self.grab()
        ratio = result.devicePixelRatioF()
        for specimen in self.specimens:
            wanted = specimen.to_focus()
            if wanted is None:
                continue
            self.activateWindow()
            wanted.setFocus(Qt.FocusReason.TabFocusReason)
            QApplication.processEvents()
            place = QRect(specimen.widget.mapTo(self, QPoint(0, 0)), specimen.widget.size())
            focused = self.grab(place)
            focused.setDevicePixelRatio(ratio)
            painter = QPainter(result)
            painter.drawPixmap(place.topLeft(), focused)
            painter.end()
        self.setFocus()
        return result


def pages(stage: Stage, theme: Theme) -> list[tuple[str, Callable[[], GalleryPage]]]:
    """Groups in order, each with what builds its page."""
    groups: dict[str, list[Exhibit]] = {}
    for one in exhibits():
        groups.setdefault(one.group, []).append(one)
    return [(group, lambda group=group, shown=shown: GalleryPage(group, shown, stage, theme))  # type: ignore[misc]
            for group, shown in groups.items()]


def write_gallery(sop: Sop, out: Path, themes: Sequence[str] = THEMES, sizes: Sequence[str] = (), only: str = "") -> list[Path]:
    """Save every page below ``out`` and ``index.html``; returns the pictures in order. Any platform of Qt will do.

    Args:
        only: begin of a group's name; empty for all.

    Raises:
        BadInput: ``gallery.unknown``, no such group.
    """
    groups = list(dict.fromkeys(e.group for e in exhibits()))
    if not any(g.lower().startswith(only.lower()) for g in groups):
        raise BadInput("gallery.unknown", field="--group", value=only, expected=", ".join(groups))
    app = QApplication.instance() or QApplication(["gallery"])
    assert isinstance(app, QApplication)
    prepare_application(app)
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for contrast in themes:
        for size in sizes or tuple(tokens()["text_sizes"]):
            for number, (group, make) in enumerate(pages(Stage(sop), Theme(contrast, text_scale(size))), 1):
                if not group.lower().startswith(only.lower()):
                    continue
                page = make()
                file = out / f"{contrast}-{size}-{number:02d}-{slug(group)}.png"
                page.picture().save(str(file))
                files.append(file)
                page.close()
                page.deleteLater()
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    (out / "index.html").write_text(_index(files), encoding="utf-8")
    return files


def slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _index(files: Sequence[Path]) -> str:
    """One page over all pictures: a row of links per theme and text size, the pictures below."""
    c, space = tokens()["light"], tokens()["space"]
    books: dict[tuple[str, str], list[Path]] = {}
    for file in files:
        contrast, size, _rest = file.name.split("-", 2)
        books.setdefault((contrast, size), []).append(file)
    links = " · ".join(f'<a href="#{t}-{s}">{THEME_WORDS[t]}, huruf {SIZE_WORDS[s]}</a>' for t, s in books)
    parts = [f'<h2 id="{t}-{s}">{THEME_WORDS[t]}, huruf {SIZE_WORDS[s]}</h2>'
             + "".join(f'<p><a href="{escape(f.name)}"><img loading="lazy" src="{escape(f.name)}" alt="{escape(f.stem)}"></a></p>'
                       for f in found) for (t, s), found in books.items()]
    style = (f"body{{font-family:Inter,sans-serif;margin:{space['xl']}px;color:{c['ink']};background:{c['canvas']}}}"
             f"img{{max-width:100%;border:1px solid {c['line']}}}a{{color:{c['accent']}}}")
    return ("<!doctype html><html lang=id><meta charset=utf-8><title>Galeri KTP-el Kiosk</title>"
            f"<style>{style}</style><h1>Galeri komponen</h1><p>{links}</p>{''.join(parts)}</html>\n")
