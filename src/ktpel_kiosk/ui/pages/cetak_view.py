"""Cetak as it looks: the lists, the card and its steps, the panels beside it, the question about a spoiled card."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import Page, footer, put_in, scroll
from ktpel_kiosk.ui.pages.cetak_centre import CentrePanel, ComparePanel
from ktpel_kiosk.ui.pages.cetak_official import OfficialPanel
from ktpel_kiosk.ui.pages.cetak_spoil import SpoilForm
from ktpel_kiosk.ui.presenters.cards import CardPresenter, PrintView
from ktpel_kiosk.ui.presenters.print_watch import PrintWatch
from ktpel_kiosk.ui.presenters.work import WorkPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import CardPreview
from ktpel_kiosk.ui.widgets.card_flip import CardFlip
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.steplist import StepList
from ktpel_kiosk.ui.widgets.unsettled import UnsettledSection
from ktpel_kiosk.ui.widgets.worklist import WorkList

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

EMPTY, CARD, CENTRE, COMPARE, OFFICIAL = range(5)
PANELS = {CENTRE: "centre", COMPARE: "compare", OFFICIAL: "official"}


class CetakView(Page):
    """Shows what stands; asking the register and the devices is the page's (:mod:`ktpel_kiosk.ui.pages.cetak`)."""

    def __init__(self, window: OperatorWindow, section: UnsettledSection | None = None) -> None:
        super().__init__(window)
        self.presenter = CardPresenter(window.session)
        self.work = WorkPresenter(window.session, Stage.CEK_CETAK, Stage.CETAK_ENCODE)
        self.watch: PrintWatch | None = None
        self.view: PrintView | None = None
        self.section = section or UnsettledSection()
        self.frame.addWidget(self.section)
        self.list = WorkList("Siap cetak", "credit-card", "Belum ada yang siap cetak",
                             "Kartu muncul di sini setelah status PRR dari pusat.")
        self.waits = WorkList("Menunggu pusat", "clock", "Tidak ada yang menunggu", "")
        self.order = label("Kartu pertama lebih dulu, lalu penggantian; yang terlama di atas.", "small", tone="muted", wrap=True)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.list, 3)
        left.addWidget(self.order)
        left.addWidget(self.waits, 2)
        self.pages = QStackedWidget()
        self.nothing = EmptyState("credit-card", "Pilih kartu di kiri", "Kartu ditampilkan sebelum dicetak.")
        for page in (self.nothing, self._build(), QWidget(), QWidget(), QWidget()):
            self.pages.addWidget(page)
        line = QHBoxLayout()
        line.setSpacing(16)
        self.list.setMinimumWidth(280)
        line.addLayout(left, 27)
        line.addWidget(self.pages, 73)
        self.frame.addLayout(line, 1)
        self.keys = {"F8": self._f8}
        self.rest = self._put_spoil()
        if section is None:
            self.finish()

    def _put_spoil(self) -> Iterator[None]:
        self.spoil_area = SpoilForm()
        self.spoil_area.second.entered.connect(self._spoil)
        self.spoil_area.hide()
        yield
        self._asking = scroll(self.spoil_area)  # large letters need more than a low screen has
        self._asking.hide()
        self._card.body.insertWidget(self._asking_at, self._asking, 100)
        yield

    # panels beside the card, each built when it is first wanted

    @cached_property
    def centre(self) -> CentrePanel:
        panel = CentrePanel(self)
        put_in(self.pages, CENTRE, panel)
        return panel

    @cached_property
    def compare(self) -> ComparePanel:
        panel = ComparePanel(self)
        panel.taken.connect(self._taken)
        panel.returned.connect(self._hand_back)
        put_in(self.pages, COMPARE, panel)
        return panel

    @cached_property
    def official(self) -> OfficialPanel | None:
        if not self.presenter.elsewhere():
            return None
        panel = OfficialPanel(self)
        put_in(self.pages, OFFICIAL, panel)
        return panel

    def prepare(self) -> Iterator[None]:
        for name in PANELS.values():
            getattr(self, name)
            yield

    def _panel(self) -> CentrePanel | ComparePanel | OfficialPanel | None:
        """The panel in front, if one is."""
        name = PANELS.get(self.pages.currentIndex(), "")
        return getattr(self, name) if name else None

    def _build(self) -> QWidget:
        card = Card(24, 16)
        self.top_area = QWidget()
        top = QHBoxLayout(self.top_area)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(24)
        faces = QVBoxLayout()
        faces.setSpacing(8)
        self.face = CardPreview()
        faces.addWidget(self.face)
        self.flip = CardFlip(self.face)
        self.stock = label("", "small", tone="muted", wrap=True)
        under = QHBoxLayout()
        under.addWidget(self.stock, 1)
        under.addWidget(self.flip)
        faces.addLayout(under)
        top.addLayout(faces, 43)
        side = QVBoxLayout()
        side.setSpacing(10)
        side.addWidget(label("Cetak & encode", "title", weight="bold"))
        self.steps = StepList()
        side.addWidget(self.steps)
        self.inside = ChoiceChip("Tulis chip di dalam printer")
        self.inside.setToolTip("Untuk printer yang mempunyai pembaca chip: chip ditulis sebelum kartu dicetak.")
        self.inside.setVisible(self.presenter.may_set_chip())
        side.addWidget(self.inside, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        top.addLayout(side, 27)
        card.body.addWidget(self.top_area)
        self.fault = NoticeBar(closable=False)
        card.body.addWidget(self.fault)
        self._card, self._asking_at = card, card.body.count()
        card.body.addStretch(1)
        self.spoil = Button("Nyatakan rusak", icon="ban")
        self.not_printed = Button("Tidak tercetak")
        self.reread = Button("Baca ulang di meja", icon="scan-line")
        self.reread.hide()
        self.primary = Button("Cetak kartu", "primary", key="F9")
        self.cancel = Button("Batal", key="Esc")
        self.cancel.hide()
        card.body.addLayout(footer([self.spoil, self.cancel], [self.reread, self.not_printed, self.primary]))
        return card

    # what the page does

    def look_again(self) -> None:
        """Show the chosen application as it stands now."""
        raise NotImplementedError

    def show_checked(self, view: PrintView) -> None:
        """The centre was asked again about somebody whose card it stopped."""
        raise NotImplementedError

    def _spoil(self) -> None:
        raise NotImplementedError

    def _close_spoil(self) -> None:
        raise NotImplementedError

    def _taken(self, view: PrintView) -> None:
        raise NotImplementedError

    def _hand_back(self, reasons: tuple[str, ...], wanted: frozenset[str], note: str) -> None:
        raise NotImplementedError

    @staticmethod
    def no_blanks(view: PrintView) -> str:
        parts = [f"{number_text(n)} {what}" for n, what in ((view.first, "kartu pertama"), (view.later, "penggantian")) if n]
        return (f"{number_text(view.first + view.later)} permohonan menunggu ({', '.join(parts)}); waktunya dijeda sampai blangko "
                "dicatat masuk.")

    # -- keys ---------------------------------------------------------------------------------------------------------

    def show_busy(self, on: bool) -> None:
        waits = self.view is not None and self.view.watched and (self.watch is None or self.watch.main is None)
        self.primary.setEnabled(not on and self.view is not None and (not waits or not self.spoil_area.isHidden()))
        for name in PANELS.values():
            built = self.__dict__.get(name)
            if built is not None:
                built.show_busy(on)

    def scanned(self, code: str) -> bool:
        panel = self._panel()
        return isinstance(panel, OfficialPanel) and panel.scanned(code)

    def press(self, key: str) -> bool:
        panel = self._panel()
        button = panel.primary if panel is not None else None
        if key == "F9" and button is not None:
            if button.isVisible() and button.isEnabled():
                button.click()
            return True
        return super().press(key)

    def _f8(self) -> None:
        panel = self._panel()
        if isinstance(panel, ComparePanel):
            panel.again.click()
        elif isinstance(panel, OfficialPanel):
            panel.flip.click()
        elif self.pages.currentIndex() == CARD:
            self.flip.click()

    # -- a spoiled card -----------------------------------------------------------------------------------------------

    _before = ("", False)

    def _open_spoil(self, word: str) -> None:
        """The questions, and the main button that answers them."""
        self.spoil_area.show()
        self._room_for_spoil(True)
        self._before = self.primary.text(), self.primary.isEnabled()
        self.primary.set_text(word)
        self.primary.setEnabled(not self.busy)

    def _room_for_spoil(self, asking: bool) -> None:
        """The questions take the place of the card's picture: both do not fit on a 768 px screen."""
        self.top_area.setVisible(not asking)
        self._asking.setVisible(asking)
        self.spoil.setVisible(not asking)
        if asking:
            self.not_printed.hide()
            self.reread.hide()
        self.cancel.setVisible(asking)
        if asking:
            self.fault.hide()

    def back(self) -> bool:
        if self.pages.currentIndex() == COMPARE and self.compare.back():
            return True
        official = self.__dict__.get("official")
        if official is not None and official.back():
            return True
        if not self.spoil_area.isHidden():
            self._close_spoil()
            return True
        return False
