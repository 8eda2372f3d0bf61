"""Tokens to style: colours, type, sizes of one window; style sheet, palette and fonts are generated from tokens.toml.

Each top-level window carries its own :class:`Theme` (the applicant's screen may be larger and its text bigger), so
painted widgets ask :func:`theme_of` when they paint or measure. GUI thread only.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from ktpel_kiosk.ui.resources import resource_root

FAMILY = "Inter"
WEIGHTS = ("Regular", "Medium", "SemiBold", "Bold")


@lru_cache(maxsize=1)
def tokens() -> dict[str, Any]:
    """The parsed token file."""
    with (resource_root() / "theme" / "tokens.toml").open("rb") as f:
        return tomllib.load(f)


@lru_cache(maxsize=1)
def load_fonts() -> str:
    """Register the Inter faces with Qt once; returns the family to use (the system's sans where they are absent)."""
    found = ""
    for weight in WEIGHTS:
        path = next(iter(sorted((resource_root() / "fonts").glob(f"Inter-{weight}.*"))), None)
        if path is not None:
            handle = QFontDatabase.addApplicationFont(str(path))
            found = found or next(iter(QFontDatabase.applicationFontFamilies(handle)), "")
    return found or QFont().family()


@dataclass(frozen=True)
class Theme:
    """One look: ``contrast`` is ``light`` or ``contrast``; ``scale`` multiplies every size (text size and screen size)."""

    contrast: str = "light"
    scale: float = 1.0
    _colors: dict[str, QColor] = field(default_factory=dict, compare=False, repr=False)
    _fonts: dict[tuple[int, int], QFont] = field(default_factory=dict, compare=False, repr=False)

    def hex(self, name: str) -> str:
        return str(tokens()[self.contrast][name])

    def color(self, name: str) -> QColor:
        if name not in self._colors:
            self._colors[name] = QColor(self.hex(name))
        return self._colors[name]

    def px(self, value: float) -> int:
        """A design size in this window's pixels."""
        return round(value * self.scale)

    def radius(self, name: str) -> int:
        """A named corner radius in this window's pixels."""
        return self.px(tokens()["radius"][name])

    def space(self, name: str) -> int:
        """A named gap in this window's pixels."""
        return self.px(tokens()["space"][name])

    def height(self, name: str) -> int:
        """A named control height in this window's pixels; never under the 48 a finger needs."""
        return max(tokens()["height"]["control"], self.px(tokens()["height"][name]))

    def size(self, name: str) -> int:
        """Pixel size of a named type step."""
        return self.px(tokens()["type"][name])

    def font(self, size: str | float = "body", weight: int = 400) -> QFont:
        """Inter with tabular figures; ``size`` is a type step or design pixels."""
        pixels = self.size(size) if isinstance(size, str) else self.px(size)
        key = (pixels, weight)
        if key not in self._fonts:
            font = QFont(load_fonts())
            font.setPixelSize(max(6, pixels))
            font.setWeight(QFont.Weight(weight))
            font.setFeature(QFont.Tag("tnum"), 1)
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            self._fonts[key] = font
        return self._fonts[key]

    def palette(self) -> QPalette:
        roles = QPalette.ColorRole
        table = {
            roles.Window: "canvas", roles.WindowText: "ink", roles.Base: "surface", roles.AlternateBase: "canvas",
            roles.Text: "ink", roles.Button: "surface", roles.ButtonText: "ink", roles.Highlight: "accent",
            roles.HighlightedText: "on_accent", roles.PlaceholderText: "faint", roles.ToolTipBase: "ink",
            roles.ToolTipText: "surface", roles.Link: "accent",
        }
        palette = QPalette()
        for role, name in table.items():
            palette.setColor(role, self.color(name))
        return palette

    def style_sheet(self) -> str:
        """QSS for the standard widgets; everything else paints itself from the same tokens."""
        c, p = tokens()[self.contrast], self.px
        radius = p(tokens()["radius"]["control"])
        ring = 2 if self.contrast == "light" else 3
        sizes = "\n".join(f'QLabel[step="{n}"] {{ font-size: {self.size(n)}px; }}' for n in tokens()["type"])
        tones = "\n".join(f'QLabel[tone="{n}"] {{ color: {c[n]}; }}' for n in
                          ("muted", "faint", "accent", "good", "attention", "trouble", "on_accent"))
        return f"""
        QWidget {{ color: {c['ink']}; }}
        QLabel {{ font-size: {self.size('body')}px; background: transparent; }}
        {sizes}
        {tones}
        QLabel[weight="medium"] {{ font-weight: 500; }}
        QLabel[weight="semibold"] {{ font-weight: 600; }}
        QLabel[weight="bold"] {{ font-weight: 700; }}
        QMainWindow, QWidget[surface="canvas"] {{ background: {c['canvas']}; }}
        QWidget[surface="plain"] {{ background: {c['surface']}; }}
        QWidget[surface="clear"], QScrollArea, QStackedWidget {{ background: transparent; }}
        QLineEdit, QPlainTextEdit, QComboBox {{
            background: {c['surface']}; border: 1px solid {c['field_line']}; border-radius: {radius}px;
            padding: 0 {p(13)}px; font-size: {self.size('body')}px; selection-background-color: {c['accent']};
            min-height: {p(46)}px; color: {c['ink']}; placeholder-text-color: {c['faint']}; }}
        QLineEdit:hover, QPlainTextEdit:hover, QComboBox:hover {{ border-color: {c['ink']}; }}
        QPlainTextEdit {{ min-height: {p(30)}px; padding: {self.space('s')}px {self.space('m')}px; }}
        QLineEdit[big="true"] {{ font-size: {self.size('entry')}px; font-weight: 600; }}
        QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{
            border: {ring}px solid {c['focus']}; padding: 0 {p(13) - ring + 1}px; min-height: {p(46) - 2 * (ring - 1)}px; }}
        QPlainTextEdit:focus {{ min-height: {p(30)}px; padding: {self.space('s') - ring + 1}px {self.space('m') - ring + 1}px; }}
        QLineEdit[state="trouble"], QComboBox[state="trouble"] {{ border-color: {c['trouble']}; background: {c['surface']}; }}
        QLineEdit[state="attention"] {{ border-color: {c['attention']}; }}
        QLineEdit:disabled, QComboBox:disabled, QLineEdit:read-only {{ background: {c['canvas']}; color: {c['muted']}; }}
        QMenu {{ background: {c['surface']}; border: 1px solid {c['field_line']}; padding: {p(6)}px; font-size: {self.size('body')}px; }}
        QMenu::item {{ min-height: {p(48)}px; padding: 0 {p(24)}px 0 {p(14)}px; border-radius: {radius}px; color: {c['ink']}; }}
        QMenu::item:selected {{ background: {c['accent_soft']}; color: {c['accent']}; }}
        QMenu::icon {{ padding-left: {p(14)}px; }}
        QMenu::separator {{ height: 1px; margin: {p(6)}px {p(8)}px; background: {c['line']}; }}
        QComboBox::drop-down {{ border: none; width: {p(36)}px; }}
        QComboBox::down-arrow {{ image: none; }}
        QComboBox QAbstractItemView {{ background: {c['surface']}; border: 1px solid {c['field_line']}; outline: none;
            selection-background-color: {c['accent_soft']}; selection-color: {c['accent']}; font-size: {self.size('body')}px; }}
        QComboBox QAbstractItemView::item {{ min-height: {p(40)}px; padding-left: {p(8)}px; }}
        QTableView, QListView, QTextBrowser, QScrollArea {{ border: {ring}px solid transparent; border-radius: {radius}px; }}
        QTableView:focus, QListView:focus, QTextBrowser:focus, QScrollArea:focus {{ border-color: {c['focus']}; }}
        QListView[ring="row"]:focus {{ border-color: transparent; }}
        QTableView {{ background: {c['surface']}; gridline-color: transparent; outline: none;
            selection-background-color: {c['accent_soft']}; selection-color: {c['ink']}; font-size: {self.size('row')}px; }}
        QHeaderView {{ background: {c['surface']}; border: none; }}
        QHeaderView::section {{ background: {c['surface']}; color: {c['muted']}; border: none;
            border-bottom: 1px solid {c['line']}; padding: 0 {p(14)}px; height: {p(42)}px;
            font-size: {self.size('small')}px; font-weight: 600; }}
        QListView {{ background: transparent; outline: none; }}
        QScrollBar:vertical {{ background: transparent; width: {p(10)}px; margin: 2px; }}
        QScrollBar::handle:vertical {{ background: {c['thumb']}; border-radius: {p(3)}px; min-height: {p(36)}px; }}
        QScrollBar:horizontal {{ background: transparent; height: {p(10)}px; margin: 2px; }}
        QScrollBar::handle:horizontal {{ background: {c['thumb']}; border-radius: {p(3)}px; min-width: {p(36)}px; }}
        QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
        QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
        QToolTip {{ background: {c['ink']}; color: {c['surface']}; border: none; padding: {p(6)}px {p(8)}px;
            font-size: {self.size('small')}px; }}
        """


_default = Theme()


def set_theme(window: QWidget, theme: Theme) -> None:
    """Give a top-level window its look; may be called again to change it while it is shown."""
    window.setProperty("ktpel_theme", None)
    window._ktpel_theme = theme  # type: ignore[attr-defined]
    window.setFont(theme.font("body"))
    window.setPalette(theme.palette())
    window.setStyleSheet(theme.style_sheet())


def theme_of(widget: QWidget) -> Theme:
    """The look of the window this widget stands in; the plain one while it has no window yet."""
    return getattr(widget.window(), "_ktpel_theme", _default)


def text_scale(name: str) -> float:
    """Factor of one of the four text sizes (``normal``, ``besar``, ``lebih_besar``, ``terbesar``)."""
    return float(tokens()["text_sizes"].get(name, 1.0))


def screen_scale(width: int, height: int) -> float:
    """How much larger everything is drawn on a bigger screen: 1.0 at 1366x768, 1.25 at 1920x1080."""
    room = min(width / 1366, height / 768)
    return 1.0 if room < 1.15 else min(1.6, round(1.0 + (room - 1.0) * 0.62, 2))


STYLE_EVENTS = (QEvent.Type.StyleChange, QEvent.Type.FontChange, QEvent.Type.ParentChange)


def remeasure(widget: QWidget, event: QEvent) -> None:
    """Call from ``changeEvent`` of painted widgets: the look changed, so the size may have."""
    if event.type() in STYLE_EVENTS:
        widget.updateGeometry()
        widget.update()


def prepare_application(app: QApplication) -> None:
    """Once per process: the neutral Fusion style and the house font."""
    from ktpel_kiosk.ui import accessible
    accessible.install()
    if app.style().name() != "fusion":
        app.setStyle("Fusion")
    app.setFont(_default.font("body"))
    app.setPalette(_default.palette())
