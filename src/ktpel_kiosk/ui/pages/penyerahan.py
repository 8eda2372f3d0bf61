"""Penyerahan: finger against the card, the card to the counter, signature, handover; letters for letter offices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.handover import ACTIVATION_TRIES, Activation
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import phone_local
from ktpel_kiosk.ports.devices import DeviceKind, SignatureCapture
from ktpel_kiosk.ui.pages.base import ApplicationHead, Page, footer, put_in, scroll
from ktpel_kiosk.ui.pages.cetak_spoil import SpoilForm
from ktpel_kiosk.ui.pages.penyerahan_parts import EyesArea, FingerArea, ReceiverArea, SightArea
from ktpel_kiosk.ui.presenters.cards import HandoverPresenter, HandoverView
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, printed_words
from ktpel_kiosk.ui.presenters.work import WorkPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.scan_field import ScanField, receipt_judge
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList

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


def _areas(window: OperatorWindow) -> Areas:
    return FingerArea(), ReceiverArea(), SightArea(), EyesArea(window.bridge, window.desk.devices), SpoilForm()


class PenyerahanPage(Page):
    """A scanned receipt QR (or a typed number) opens the application."""

    def __init__(self, window: OperatorWindow, areas: Areas | None = None) -> None:
        super().__init__(window)
        self.presenter = HandoverPresenter(window.session)
        self.slips = IntakePresenter(window.session)
        self.work = WorkPresenter(window.session, *STAGES)
        self.view: HandoverView | None = None
        self._wanted = self._chosen = ""
        self._png = b""
        self._eyes_skipped = self._spoiling = False
        left = QVBoxLayout()
        left.setSpacing(12)
        self.receipt = ScanField(judge=receipt_judge, sentence=window.session.sentence)
        self.receipt.scanned.connect(self._find)
        self.scan = self.receipt.line
        left.addWidget(self.receipt)
        self.list = WorkList("Siap diambil", "hand-helping", "Belum ada yang siap", "Kartu yang sudah jadi tampil di sini.")
        self.list.chosen.connect(self._choose)
        left.addWidget(self.list, 1)
        self._served = ""
        self.survey = Button("Survei")
        self.survey.setToolTip("Tampilkan survei di layar pemohon untuk pemohon yang baru dilayani")
        self.survey.setEnabled(False)
        self.survey.clicked.connect(self._survey)
        self.uncollected = Button("Belum diambil")
        self.uncollected.clicked.connect(lambda: window.go("tugas", which="belum_diambil"))
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
        self.pages = QStackedWidget()
        self.pages.addWidget(EmptyState("hand-helping", "Pindai tanda terima pemohon", "Atau pilih namanya di kiri."))
        self.pages.addWidget(self._build(areas or _areas(window)))
        self.rest = self._put_areas()
        if areas is None:
            self.finish()
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(holder, 27)
        line.addWidget(self.pages, 73)
        self.frame.addLayout(line, 1)
        self.keys = {"F7": self._clear}
        if window.applicant is not None:
            window.applicant.signed.connect(self._signed)

    def dropped(self) -> None:
        if self.shell.applicant is not None:
            self.shell.applicant.signed.disconnect(self._signed)

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        areas = _areas(window)
        yield None
        yield cls(window, areas)

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
        self.sight.second.entered.connect(self._primary)
        self.eyes.skip.clicked.connect(self._skip_eyes)
        self.spoil_area.second.entered.connect(self._primary)
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
        self.primary.clicked.connect(self._primary)
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

    # -- opening ------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        self._wanted = args.get("id", "") or self._wanted
        self.refresh()
        self.scan.setFocus()

    def closed(self) -> None:
        self.eyes.stop()

    def place(self) -> dict[str, str]:
        return {"id": self._chosen} if self._chosen else {}

    def refresh(self) -> None:
        self.ask_latest("items", self.work.items, self._listed)

    def _listed(self, rows: tuple[tuple[str, str, str, str, str], ...]) -> None:
        items = [WorkItem(*r) for r in rows]
        ids = {i.id for i in items}
        if self.view is not None and self.view.dossier.permohonan.id not in ids:
            self.view, self._chosen = None, ""
            self.pages.setCurrentIndex(0)
        wanted = self._wanted if self._wanted in ids else ""
        self.list.set_items(items, wanted or self._chosen)
        if wanted and wanted != self._chosen:
            self._choose(wanted)

    def scanned(self, code: str) -> bool:
        self.receipt.take(code)
        return True

    def _find(self, code: str) -> None:
        self.ask(lambda: self.presenter.find(code), self._found)

    def _found(self, pid: str) -> None:
        if pid and pid in self.list.ids():
            self.list.choose(pid)
            self.receipt.set_value("")
        else:
            self.receipt.refuse("Belum siap diambil di sini. Periksa nomornya, atau cari lewat Register (F3).")

    def _choose(self, pid: str) -> None:
        self._chosen = pid
        if pid == self._wanted:
            self._wanted = ""
        self.ask_latest("view", lambda: (self.work.open(pid), self.presenter.load(pid))[1], self._show)

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

    def _spoil_now(self, view: HandoverView) -> None:
        if not self.spoil_area.ready():
            return
        reason, name, secret = self.spoil_area.values()
        self.act(lambda: self.presenter.spoil(view.job_id, reason, name, secret), lambda _none: self._spoiled(view), self._spoil_refused)

    def _spoil_refused(self, error: KioskError) -> None:
        self.spoil_area.second.refuse(self.session.sentence(error))
        self._ready()

    def _spoiled(self, view: HandoverView) -> None:
        self._close_spoil()
        self.view, self._chosen = None, ""
        self.pages.setCurrentIndex(0)
        self.shell.tell("info", f"{view.dossier.permohonan.nomor_register} kembali ke Cetak.", bold="Kartu tercatat rusak.")
        self.refresh()

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

    # -- acting -------------------------------------------------------------------------------------------------------

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

    def _primary(self) -> None:
        view = self.view
        if view is None:
            return
        pid = view.dossier.permohonan.id
        if self._spoiling:
            self._spoil_now(view)
        elif self._with_eyes(view):
            self.message.show_text("info", "Membaca kartu, lalu iris …")
            if self.shell.applicant is not None:
                self.shell.applicant.eyes()
            self.eyes.watch()
            self.act(lambda: self.presenter.activate_by_iris(pid), self._looked, self._failed)
        elif view.stage is Stage.AKTIVASI and view.by_sight:
            if self.sight.second.ready():
                reason, second = self.sight.reason.value(), self.sight.second.values()
                self.message.show_text("info", "Membaca kartu …")
                self.act(lambda: self.presenter.activate_by_sight(pid, reason, second), self._seen, self._not_seen)
        elif view.stage is Stage.AKTIVASI:
            self.message.show_text("info", "Membaca kartu dan sidik jari …")
            finger = self.finger.finger
            if self.shell.applicant is not None:
                self.shell.applicant.hands({finger: "target"}, (finger,), 0.4)
            self.act(lambda: self.presenter.activate(pid, finger), self._activated, self._failed)
        elif view.stage is Stage.SERAH_LOKET:
            self.act(lambda: self.presenter.to_counter(pid), self._moved)
        elif view.stage is Stage.TERBIT_SURAT:
            self.act(lambda: self.presenter.letters(pid), self._moved)
        elif not self._png:
            self._ask_signature()
        else:
            self._give(pid)

    def _seen(self, result: Activation) -> None:
        self.sight.second.clear()
        self.message.show_text("good", "Diperiksa dua petugas; tercatat.", bold="Kartu aktif.")
        self._reload(result.permohonan)

    def _looked(self, result: Activation) -> None:
        self._idle()
        if result.matched:
            self.message.show_text("good", "Kartu aktif.", bold="Iris cocok.")
        else:
            self.message.show_text("attention", "Minta pemohon membuka mata lebar dan melihat lurus, lalu ulangi; atau dua petugas "
                                   "membandingkan wajah.", bold="Iris belum cocok.")
        self._reload(result.permohonan)

    def _not_seen(self, error: KioskError) -> None:
        self.message.hide()
        self.sight.second.refuse(self.session.sentence(error))

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("trouble", self.session.sentence(error), action="Coba lagi", act=self._primary)
        self._idle()

    def _idle(self) -> None:
        self.eyes.stop()
        if self.shell.applicant is not None:
            self.shell.applicant.idle()

    def _activated(self, result: Activation) -> None:
        if result.matched:
            self.message.show_text("good", "Kartu aktif.", bold="Sidik jari cocok.")
        else:
            left = ACTIVATION_TRIES - result.attempt
            self.finger.other()
            self.message.show_text("attention", f"Bersihkan kaca dan jari, coba telunjuk lain. Sisa {left} percobaan."
                                   if left else "Percobaan habis.", bold="Belum cocok.")
        self._idle()
        self._reload(result.permohonan, over=not result.matched and result.attempt >= ACTIVATION_TRIES)

    def _reload(self, p: Permohonan, *, over: bool = False) -> None:
        """Show it as it stands now under the same message. ``over``: no finger is asked any more; the message names the next way."""
        shown = self.message.plain()

        def again(view: HandoverView) -> None:
            kind = self.message.kind
            self._show(view)
            if over:
                self.message.show_text(kind, "Percobaan sidik jari habis. " + (
                    "Cocokkan iris pemohon." if self._with_eyes(view) else "Petugas kedua membandingkan wajah dengan kartu."))
            elif shown:
                self.message.show_text(kind, shown)

        self.ask_latest("view", lambda: (self.work.open(p.id), self.presenter.load(p.id))[1], again)

    def _moved(self, view: HandoverView) -> None:
        self.shell.tell("good", TITLES[view.stage][1] if view.stage in TITLES else "",
                        bold=f"{view.dossier.permohonan.nomor_register} lanjut.")
        self._reload(view.dossier.permohonan)

    def _ask_signature(self) -> None:
        ink: SignatureCapture | None = None
        if not self._pad():
            if self.taker.ink.is_empty():
                if self.shell.applicant is not None:
                    self.shell.applicant.serve(self.view.dossier.permohonan.nomor_register if self.view else "")
                    self.shell.applicant.sign(handover=True)
                self.message.show_text("info", "Pemohon menandatangani di layar pemohon, atau di bidang ini.")
                return
            ink = self.taker.ink.capture()
        self._take(ink)

    def _take(self, ink: SignatureCapture | None) -> None:
        self.message.show_text("info", "Menunggu tanda tangan …")
        pid = self.view.dossier.permohonan.id if self.view is not None else ""
        self.act(lambda: self.presenter.sign(pid, ink), self._have_png, self._failed)

    def _signed(self, ink: object) -> None:
        if self.isVisible() and self.view is not None and not self._png and isinstance(ink, SignatureCapture):
            self._take(ink)

    def _have_png(self, png: bytes) -> None:
        self._png = png
        self.message.hide()
        image = QImage.fromData(png)
        if not image.isNull():
            self.taker.ink.show_picture(image)
        self._idle()
        self._ready()

    def _clear(self) -> None:
        self._png = b""
        self.taker.ink.clear()
        self._ready()

    def _give(self, pid: str) -> None:
        png = self._png
        taker = self.taker
        receiver, old = taker.who(), taker.old_card.isChecked()
        condition, ikd = str(taker.old_condition.currentData()), str(taker.ikd.currentData())

        def work() -> tuple[Permohonan, tuple[bool, str] | None]:
            p = self.presenter.give(pid, png, receiver, old, condition, ikd)
            return p, self.slips.print_slip(pid, "bukti_pengambilan")

        self.act(work, self._given, self._failed)

    def _given(self, result: tuple[Permohonan, tuple[bool, str] | None]) -> None:
        p, slip = result
        tone, text = printed_words("Bukti pengambilan", *slip) if slip is not None else ("good", "Bukti pengambilan tersimpan.")
        self.shell.tell(tone, text, bold=f"{p.penduduk.nama} selesai. Terima kasih.")
        self.view, self._chosen = None, ""
        self._png = b""
        self.pages.setCurrentIndex(0)
        self._thank(p)
        self.refresh()

    def _thank(self, p: Permohonan) -> None:
        """Thanks and the survey on the applicant's window; the button offers it once more to who wants it."""
        self._served = str(p.layanan)
        self.survey.setEnabled(self.shell.applicant is not None)
        if self.shell.applicant is not None:
            card = any(t.stage is Stage.SERAH_PEMOHON for t in p.tahap)
            self.shell.applicant.after_handover(self._served, card)

    def _survey(self) -> None:
        """By hand, for the applicant served last."""
        if self.shell.applicant is not None and self._served:
            self.shell.applicant.ask_survey(self._served)
