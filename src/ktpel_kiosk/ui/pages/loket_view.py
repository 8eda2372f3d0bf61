"""The counter's page as it stands: form at the left, papers at the right, ways on below. What it does is in loket_typing and loket."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QButtonGroup, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.permohonan import RETURN_REASONS
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.ui.pages.base import Page, footer, put_in, scroll
from ktpel_kiosk.ui.pages.biodata import BiodataForm
from ktpel_kiosk.ui.pages.loket_papers import PapersCard
from ktpel_kiosk.ui.pages.loket_parts import KindChips, ServiceChip
from ktpel_kiosk.ui.presenters.intake import IntakePresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.fields import NikField, TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.keyboard_keys import press_tab
from ktpel_kiosk.ui.widgets.status import ChecklistRow, NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.loket_papers import ScanPanel
    from ktpel_kiosk.ui.widgets.decisions import ReasonPanel, SuperiorPanel

P = TypeVar("P", bound=QWidget)
PAPERS, REASONS, SUPERIOR, SCANS = range(4)
"""What stands at the right."""
DECIDING = (REASONS, SUPERIOR)
"""Panels with a button of their own that finishes; the page's own buttons step aside."""
LARGE = 1.4
"""From this text size on the buttons say only what is needed."""
SUBMIT = "Cetak tanda terima & lanjut"


class LoketView(Page):
    """Builds the widgets. Enter goes on, numbers choose the service."""

    def __init__(self, window: OperatorWindow, form: BiodataForm | None = None, papers: PapersCard | None = None) -> None:
        super().__init__(window)
        self.presenter = IntakePresenter(window.session)
        self.form = form or BiodataForm(self.presenter)
        self._whole = form is None
        self.papers = papers or PapersCard(self.presenter.standard())
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self._left(), 17)
        body.addWidget(self._right(), 10)
        self.frame.addLayout(body, 1)
        self.saved = label("", "small", tone="muted")
        self.put_off = Button("Simpan & tunda")
        self.drop = Button("Kosongkan", icon="trash-2")
        self.send_back = Button("Kembalikan berkas", icon="undo-2")
        self.primary = Button(SUBMIT, "primary", key="F9")
        line = footer([self.drop, self.send_back], [self.saved, self.put_off, self.primary])
        line.setContentsMargins(0, 0, 0, 0)
        self.foot = QWidget()
        self.foot.setLayout(line)
        self.frame.addWidget(self.foot)
        self.side.currentChanged.connect(lambda at: self.foot.setVisible(at not in DECIDING))

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        presenter = IntakePresenter(window.session)
        form = BiodataForm(presenter)
        yield None
        papers = PapersCard(presenter.standard())
        yield None
        yield cls(window, form, papers)

    def _left(self) -> QWidget:
        card = Card(0, 0)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(24, 14, 24, 16)
        form.setSpacing(12)
        form.addLayout(self._head())
        self.hours = NoticeBar(closable=False)
        form.addWidget(self.hours)
        form.addWidget(self._services())
        self.kinds = KindChips()
        form.addWidget(self.kinds)
        self.nik = NikField()
        self.phone = TextField("nomor_hp", "Nomor HP", placeholder="0812 …", limit=20)
        self.phone.line.setInputMethodHints(Qt.InputMethodHint.ImhDialableCharactersOnly)
        line = QHBoxLayout()
        line.setSpacing(14)
        line.addWidget(self.nik, 2, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.phone, 1, Qt.AlignmentFlag.AlignTop)
        form.addLayout(line)
        self.warning = NoticeBar(closable=False)
        form.addWidget(self.warning)
        if self._whole:
            form.addWidget(self.form)
        else:
            self.rest = self._put_form(form)
        form.addStretch(1)
        self.area = scroll(inner)
        card.body.addWidget(self.area)
        return card

    def _put_form(self, box: QVBoxLayout) -> Iterator[None]:
        box.insertWidget(box.count() - 1, self.form)
        yield

    def _head(self) -> QHBoxLayout:
        self.title = label("Permohonan baru", "title", weight="bold")
        self.title.setMinimumWidth(1)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.unfill = Button("", "link", icon="undo-2")
        self.unfill.hide()
        self.others = Button("Draf", icon="folder-open")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.unfill)
        head.addWidget(self.others)
        return head

    def _services(self) -> QWidget:
        chips = QWidget()
        chips.setAccessibleName("Jenis layanan")
        flow = Flow(8)
        chips.setLayout(flow)
        self.services = QButtonGroup(self)
        for i, (layanan, text) in enumerate(self.presenter.services(), 1):
            chip = ServiceChip(text, layanan, i)
            chip.wanted.connect(self.choose_service)
            self.services.addButton(chip)
            flow.addWidget(chip)
            if i <= 9:
                shortcut = QShortcut(QKeySequence(f"Alt+{i}"), self)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(lambda i=i: self.choose_service(str(i)))
        return chips

    def _right(self) -> QWidget:
        self.side = QStackedWidget()
        self.recorded, self.more = self.papers.recorded, self.papers.more
        self.side.addWidget(self.papers)
        for _later in (REASONS, SUPERIOR, SCANS):
            self.side.addWidget(QWidget())
        return self.side

    # what stands at the right now and then is built when it is first wanted

    @cached_property
    def back_panel(self) -> ReasonPanel:
        from ktpel_kiosk.ui.widgets.decisions import ReasonPanel
        panel = ReasonPanel("Mengapa berkas dikembalikan?", "Kembalikan & cetak", RETURN_REASONS)
        panel.decided.connect(self._return)
        panel.closed.connect(self._close_side)
        return self._place(REASONS, panel)

    @cached_property
    def superior(self) -> SuperiorPanel:
        from ktpel_kiosk.ui.widgets.decisions import SuperiorPanel
        panel = SuperiorPanel()
        panel.decided.connect(self._allowed)
        panel.closed.connect(self._close_side)
        return self._place(SUPERIOR, panel)

    @cached_property
    def scans(self) -> ScanPanel:
        from ktpel_kiosk.ui.pages.loket_papers import ScanPanel
        panel = ScanPanel()
        panel.closed.connect(lambda: self.side.setCurrentIndex(PAPERS))
        panel.more.connect(self.scan)
        panel.drop.connect(self._drop_scans)
        return self._place(SCANS, panel)

    def _place(self, at: int, panel: P) -> P:
        put_in(self.side, at, panel)
        return panel

    def prepare(self) -> Iterator[None]:
        for name in ("back_panel", "superior", "scans"):
            getattr(self, name)
            yield

    def _close_side(self) -> None:
        raise NotImplementedError

    def _return(self, reasons: tuple[str, ...], papers: frozenset[str], note: str) -> None:
        raise NotImplementedError

    def _allowed(self, reason: str, username: str, password: str) -> None:
        raise NotImplementedError

    def scan(self, kode: str) -> None:
        raise NotImplementedError

    def _drop_scans(self, kode: str) -> None:
        raise NotImplementedError

    @property
    def _rows(self) -> dict[str, ChecklistRow]:
        return self.papers.rows

    @property
    def layanan(self) -> Layanan:
        chosen = self.services.checkedButton()
        return chosen.value if chosen is not None else Layanan.BARU_WNI  # type: ignore[attr-defined]

    @property
    def varian(self) -> str:
        return self.kinds.value()

    def values(self) -> dict[str, str]:
        return {"nik": self.nik.value(), "nomor_hp": self.phone.value(), **self.form.values()}

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "primary") and self.primary is not None:
            large = self.shell.theme.scale >= LARGE
            self.send_back.set_text("Kembalikan" if large else "Kembalikan berkas")
            self.put_off.set_text("Tunda" if large else "Simpan & tunda")
            for button, icon in ((self.drop, "trash-2"), (self.send_back, "undo-2")):
                button.icon_name = "" if large else icon
                button.updateGeometry()
        super().changeEvent(event)

    def press(self, key: str) -> bool:
        """While a decision is asked for F9 is its button; nothing is registered behind its back."""
        if key == "F9" and self.side.currentIndex() in DECIDING:
            (self.back_panel if self.side.currentIndex() == REASONS else self.superior).confirm.click()
            return True
        return super().press(key)

    # -- keyboard -----------------------------------------------------------------------------------------------------

    def choose_service(self, typed: str) -> None:
        """By number, or the next one that begins with the letter."""
        chips = [b for b in self.services.buttons() if b.isEnabled()]
        if typed.isdigit():
            found = [b for b in chips if str(b.number) == typed]  # type: ignore[attr-defined]
        else:
            now = self.services.checkedButton()
            at = chips.index(now) + 1 if now in chips else 0
            found = [b for b in [*chips[at:], *chips[:at]] if b.text().lower().startswith(typed)]
        if found:
            among = QApplication.focusWidget() in chips
            found[0].setChecked(True)
            if among:
                found[0].setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or self.side.currentIndex() != PAPERS:
            super().keyPressEvent(event)
            return
        now = QApplication.focusWidget()
        if isinstance(now, ChecklistRow):
            now.setChecked(True)
        elif isinstance(now, QAbstractButton) and not isinstance(now, ServiceChip):
            now.click()
            return
        self.go_on_from(now)

    def go_on_from(self, now: QWidget | None) -> None:
        """To the next place that is empty or wrong; from the last one to the button that finishes."""
        stops = self.stops()
        at = next((i for i, (widget, _open) in enumerate(stops) if widget is now), -1)
        following = [widget for widget, still_open in stops[at + 1:] if still_open]
        if at < 0:
            press_tab()
        elif following:
            following[0].setFocus(Qt.FocusReason.TabFocusReason)
            self.show_up(following[0])
        else:
            self.primary.setFocus(Qt.FocusReason.TabFocusReason)

    def stops(self) -> list[tuple[QWidget, bool]]:
        """Every place Enter passes, in order, and whether it still needs somebody."""
        fields = [self.nik, self.phone, *self.form.fields.values()]
        seen = [(f.editor, not f.value() or f.editor.property("state") == "trouble") for f in fields
                if f.isVisibleTo(self) and f.isEnabled()]
        rows = [(r, not r.isChecked()) for r in self._rows.values() if not r.fixed and r.required]
        return [*seen, *rows]

    def show_up(self, widget: QWidget) -> None:
        """Scroll the form so that the field with its label is seen."""
        if self.area.isAncestorOf(widget):
            self.area.ensureWidgetVisible(widget, 0, self.shell.theme.px(40))
