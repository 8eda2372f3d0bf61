"""Penyerahan as it looks: the list of what waits, the steps of a handover, the question about a spoiled card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.handover import ACTIVATION_TRIES
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import phone_local
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.base import ApplicationHead, Page, footer, put_in, scroll
from ktpel_kiosk.ui.pages.cetak_spoil import SpoilForm
from ktpel_kiosk.ui.pages.penyerahan_parts import EyesArea, FingerArea, ReceiverArea, SightArea
from ktpel_kiosk.ui.presenters.cards import HandoverPresenter, HandoverView
from ktpel_kiosk.ui.presenters.work import WorkPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.scan_field import ScanField, receipt_judge
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.worklist import WorkList

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

LOW = 680
"""Height of the page, in design pixels, under which the head makes itself small."""
SPOIL = 5
"""Index of the spoil form among the areas."""
OFFICIAL = "Aktifkan kartu di alat KTP-el yang resmi. Di sini telunjuk pemohon dicocokkan dengan rekamannya."
NO_FINGER = "Sidik jari tidak dapat dicocokkan dengan kartu ini."
STAGES = (Stage.TERBIT_SURAT, Stage.AKTIVASI, Stage.SERAH_LOKET, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)
TITLES = {
    Stage.AKTIVASI: ("Aktivasi kartu", "Letakkan kartu di pembaca, lalu pemohon menempelkan telunjuk."),
    Stage.SERAH_LOKET: ("Serahkan ke loket", "Kartu sudah aktif. Serahkan kepada petugas loket, lalu tekan F9."),
    Stage.SERAH_PEMOHON: ("Serahkan kepada pemohon", "Penerima menandatangani bukti pengambilan."),
    Stage.TERBIT_SURAT: ("Terbitkan surat", "Surat Pengantar dan Surat Keterangan Perekaman diberi nomor dan disimpan."),
    Stage.SERAH_SURAT: ("Serahkan surat", "Penerima menandatangani bukti pengambilan surat."),
}


Areas = tuple[FingerArea, ReceiverArea, SightArea, EyesArea, SpoilForm]


def areas_of(window: OperatorWindow) -> Areas:
    return FingerArea(), ReceiverArea(), SightArea(), EyesArea(window.bridge, window.desk.devices), SpoilForm()


class PenyerahanView(Page):
    """Shows what stands; pressing and asking is the page's (:mod:`ktpel_kiosk.ui.pages.penyerahan`)."""

    def __init__(self, window: OperatorWindow, areas: Areas | None = None) -> None:
        super().__init__(window)
        self.presenter = HandoverPresenter(window.session)
        self.work = WorkPresenter(window.session, *STAGES)
        self.view: HandoverView | None = None
        self._chosen = ""
        self._png = b""
        self._eyes_skipped = self._spoiling = False
        self.pages = QStackedWidget()
        self.pages.addWidget(EmptyState("hand-helping", "Pindai tanda terima pemohon", "Atau pilih namanya di kiri."))
        self.pages.addWidget(self._build(areas or areas_of(window)))
        self.rest = self._put_areas()
        if areas is None:
            self.finish()
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self._left(), 27)
        line.addWidget(self.pages, 73)
        self.frame.addLayout(line, 1)
        self.keys = {"F7": self._clear}

    def _left(self) -> QWidget:
        left = QVBoxLayout()
        left.setSpacing(12)
        self.receipt = ScanField(judge=receipt_judge, sentence=self.session.sentence)
        self.scan = self.receipt.line
        left.addWidget(self.receipt)
        self.list = WorkList("Siap diambil", "hand-helping", "Belum ada yang siap", "Kartu yang sudah jadi tampil di sini.")
        left.addWidget(self.list, 1)
        self.survey = Button("Survei")
        self.survey.setToolTip("Tampilkan survei di layar pemohon untuk pemohon yang baru dilayani")
        self.survey.setEnabled(False)
        self.uncollected = Button("Belum diambil")
        more = QWidget()
        flow = Flow(8)
        more.setLayout(flow)
        flow.addWidget(self.survey)
        flow.addWidget(self.uncollected)
        policy = more.sizePolicy()
        policy.setHeightForWidth(True)
        more.setSizePolicy(policy)
        left.addWidget(more)
        holder = QWidget()
        holder.setMinimumWidth(300)
        left.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(left)
        return holder

    def _build(self, areas: Areas) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self.head = ApplicationHead(compact=True)
        layout.addWidget(self.head)
        card = Card(24, 10)
        self.title = label("", "title", weight="bold")
        self.text = label("", "body", tone="muted", wrap=True)
        card.body.addWidget(self.title)
        card.body.addWidget(self.text)
        self.areas = QStackedWidget()
        self.finger, self.taker, self.sight, self.eyes, self.spoil_area = areas
        self.taker.changed.connect(self._ready)
        self.sight.reason.changed.connect(self._ready)
        self.eyes.skip.clicked.connect(self._skip_eyes)
        for _later in range(SPOIL + 1):
            self.areas.addWidget(QWidget())
        card.body.addWidget(self.areas, 1)
        self.message = NoticeBar(closable=False)
        card.body.addWidget(self.message)
        layout.addWidget(card, 1)
        self.again = Button("Ulangi", icon="eraser", key="F7")
        self.again.setToolTip("Hapus tanda tangan dan minta lagi (F7)")
        self.again.clicked.connect(self._clear)
        self.spoil = Button("Kartu rusak", icon="ban")
        self.spoil.setToolTip("Kartu jadi yang tidak dapat dipakai: dicetak lagi dengan blangko lain")
        self.spoil.clicked.connect(self._ask_spoil)
        self.phone = label("", "small", tone="muted")
        self.primary = Button("", "primary", key="F9")
        layout.addLayout(footer([self.spoil, self.again], [self.phone, self.primary]))
        return holder

    def _put_areas(self) -> Iterator[None]:
        for at, area in ((0, self.finger), (1, self.taker), (3, self.sight), (4, self.eyes), (SPOIL, self.spoil_area)):
            put_in(self.areas, at, area if area in (self.finger, self.eyes) else scroll(area))
            self.areas.setCurrentIndex(0)
            yield

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.head.set_slim(self.height() < self.shell.theme.px(LOW))

    # -- what stands ----------------------------------------------------------------------------------------------------

    def _show(self, view: HandoverView) -> None:
        if view.dossier.permohonan.id != self._chosen:
            return
        fresh = self.view is None or (self.view.dossier.permohonan.id, self.view.stage) != (view.dossier.permohonan.id, view.stage)
        self.view = view
        if self._spoiling and not fresh:
            return
        p = view.dossier.permohonan
        if view.stage not in TITLES:
            self.pages.setCurrentIndex(0)
            self.view, self._chosen = None, ""
            return
        self.pages.setCurrentIndex(1)
        self.head.show_dossier(self.session, view.dossier)
        title, text = TITLES[view.stage]
        self.title.setText(title)
        self.text.setText(OFFICIAL if view.official and view.stage is Stage.AKTIVASI else text)
        self.phone.setText(f"HP {phone_local(p.nomor_hp)}" if p.nomor_hp and self.shell.theme.scale < 1.4 else "")
        signing = view.stage in (Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)
        if fresh:
            self._eyes_skipped = False
            self._close_spoil()
        self.spoil.setVisible(bool(view.job_id) and view.may_spoil)
        self._show_activation(view, 1 if signing else 2)
        self.again.setVisible(signing)
        self.taker.old_card.setVisible(view.withdraw_old and view.stage is Stage.SERAH_PEMOHON)
        self.taker.old_condition.setVisible(view.withdraw_old and view.stage is Stage.SERAH_PEMOHON)
        self.taker.proxy.setVisible(view.proxy_allowed)
        self.taker.ikd.setVisible(view.stage is Stage.SERAH_PEMOHON)  # with letters the book of pick-ups has no place for it
        if fresh:
            self.message.hide()
            self._clear()
            self.taker.reset()
            self.sight.clear()
        self.finger.tries.setText(f"Percobaan {min(view.attempts + 1, ACTIVATION_TRIES)} dari {ACTIVATION_TRIES}")
        if not self.work.may_act(p):
            self.message.show_text("info", f"Langkah ini milik {self.work.who_may(p)}.")
        self._ready()

    def _show_activation(self, view: HandoverView, otherwise: int) -> None:
        """The area of this step: finger, eyes, two officers; before all of them the question about a spoiled card."""
        if self._spoiling:
            self.areas.setCurrentIndex(SPOIL)
        elif view.stage is not Stage.AKTIVASI:
            self.areas.setCurrentIndex(otherwise)
        elif self._with_eyes(view):
            self.areas.setCurrentIndex(4)
            self.text.setText(f"{NO_FINGER} Pemohon melihat ke alat iris." if view.official else
                              f"{NO_FINGER} Letakkan kartu di pembaca; pemohon melihat ke alat iris.")
        elif view.by_sight:
            self.areas.setCurrentIndex(3)
            self.text.setText(f"{NO_FINGER} Dua petugas membandingkan wajah dengan foto di kartu." if view.official else
                              f"{NO_FINGER} Letakkan kartu di pembaca; dua petugas memeriksa wajah.")
        else:
            self.areas.setCurrentIndex(0)

    def _with_eyes(self, view: HandoverView) -> bool:
        return view.stage is Stage.AKTIVASI and view.by_iris and not self._eyes_skipped

    def _ask_spoil(self) -> None:
        """A finished card that cannot be used: why, and a second officer who saw it."""
        if self.view is None or self._spoiling:
            return
        self._spoiling = True
        self.title.setText("Kartu rusak")
        self.text.setText("Kartu ini tidak diserahkan. Permohonan kembali ke Cetak dan kartu baru dibuat dengan blangko lain.")
        self.again.hide()
        self.spoil.hide()
        self._show_activation(self.view, 2)
        self.spoil_area.reasons[0].setFocus()
        self._ready()

    def _close_spoil(self) -> None:
        self._spoiling = False
        self.spoil_area.clear()

    def back(self) -> bool:
        if self._spoiling and self.view is not None:
            self._close_spoil()
            self._show(self.view)
            return True
        return False

    def _skip_eyes(self) -> None:
        if self.view is not None:
            self._eyes_skipped = True
            self.message.hide()  # it named the way that is left now
            self._show_activation(self.view, 2)
            self.sight.reason.setFocus()
            self._ready()

    def _pad(self) -> bool:
        state = self.shell.header.states.get(DeviceKind.SIGNATURE)
        return state is not None and state.health in ("ready", "busy")

    def _ready(self) -> None:
        view = self.view
        if view is None:
            return
        words = {Stage.AKTIVASI: "Tempelkan jari", Stage.SERAH_LOKET: "Diterima loket", Stage.TERBIT_SURAT: "Terbitkan surat"}
        signing = view.stage in (Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)
        if self._spoiling:
            self.primary.set_text("Nyatakan rusak")
            self.primary.setEnabled(not self.busy)
            return
        if signing and not self._png:
            self.primary.set_text("Minta tanda tangan")
            ready = self._pad() or not self.taker.ink.is_empty() or self.shell.applicant is not None
        else:
            eyes = self._with_eyes(view)
            sight = view.stage is Stage.AKTIVASI and view.by_sight and not eyes
            self.primary.set_text("Cocokkan iris" if eyes else "Aktifkan" if sight else "Serahkan" if signing
                                  else words.get(view.stage or Stage.AKTIVASI, "Lanjut"))
            ready = not sight or bool(self.sight.reason.value())
        if signing and self._png:
            ready = self.taker.complete()
        self.taker.proxy_data.setVisible(view.proxy_allowed and self.taker.by_proxy)
        self.primary.setEnabled(ready and not self.busy and self.work.may_act(view.dossier.permohonan))

    def show_busy(self, on: bool) -> None:
        self._ready()

    def _clear(self) -> None:
        self._png = b""
        self.taker.ink.clear()
        self._ready()
