"""Penyerahan: finger against the card, the card to the counter, signature, handover; letters for letter offices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from ktpel_kiosk.desk.handover import ACTIVATION_TRIES, Activation
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.pages.penyerahan_view import TITLES, Areas, PenyerahanView, areas_of
from ktpel_kiosk.ui.presenters.cards import HandoverView
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, printed_words
from ktpel_kiosk.ui.widgets.worklist import WorkItem

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class PenyerahanPage(PenyerahanView):
    """A scanned receipt QR (or a typed number) opens the application."""

    def __init__(self, window: OperatorWindow, areas: Areas | None = None) -> None:
        super().__init__(window, areas)
        self.slips = IntakePresenter(window.session)
        self._wanted = self._served = ""
        self.receipt.scanned.connect(self._find)
        self.list.chosen.connect(self._choose)
        self.survey.clicked.connect(self._survey)
        self.uncollected.clicked.connect(lambda: window.go("tugas", which="belum_diambil"))
        for pressed in (self.primary.clicked, self.sight.second.entered, self.spoil_area.second.entered):
            pressed.connect(self._primary)
        if window.applicant is not None:
            window.applicant.signed.connect(self._signed)

    def dropped(self) -> None:
        if self.shell.applicant is not None:
            self.shell.applicant.signed.disconnect(self._signed)

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        areas = areas_of(window)
        yield None
        yield cls(window, areas)

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

    # -- acting -------------------------------------------------------------------------------------------------------

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
