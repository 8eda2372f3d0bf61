"""Cetak: the PRR list, the card as it will be, the print steps, faults in plain words, good or spoiled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.pages.base import Page, footer
from ktpel_kiosk.ui.presenters.cards import CardPresenter, PrintStep, PrintView
from ktpel_kiosk.ui.presenters.unsettled import Question, UnsettledPresenter
from ktpel_kiosk.ui.presenters.work import WorkPresenter
from ktpel_kiosk.ui.widgets.base import Card, Painted, elided, label, text_width
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import CardPreview, to_qimage
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.unsettled import UnsettledSection
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class StepList(Painted):
    """Numbered lines: done, at hand, to do."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[PrintStep, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_steps(self, steps: tuple[PrintStep, ...]) -> None:
        self._steps = steps
        self.setAccessibleName("; ".join(f"{s.title}: {'selesai' if s.state == 'done' else s.detail or s.state}" for s in steps))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(260), self.theme.px(46) * max(1, len(self._steps)))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, high = theme.px(26), theme.px(46)
        for i, step in enumerate(self._steps):
            y = i * high
            disc = QRectF(1, y + (high - side) / 2, side, side)
            tone = {"done": "good", "active": "accent"}.get(step.state)
            painter.setPen(Qt.PenStyle.NoPen if tone else QPen(theme.color("field_line"), 1))
            painter.setBrush(theme.color(tone or "surface"))
            painter.drawEllipse(disc)
            if step.state == "done":
                inset = theme.px(6)
                icons.draw(painter, "check", theme.color("on_accent"), disc.left() + inset, disc.top() + inset, theme.px(14), 3.2)
            else:
                painter.setFont(theme.font("small", 600))
                painter.setPen(theme.color("on_accent" if tone else "muted"))
                painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(i + 1))
            small = theme.font("small")
            wide = text_width(small, step.detail)
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(self.width() - wide - 2, y, wide + 2, high), Qt.AlignmentFlag.AlignVCenter, step.detail)
            font = theme.font("body", 600 if step.state == "active" else 400)
            painter.setFont(font)
            painter.setPen(theme.color("ink"))
            room = self.width() - side - theme.px(14) - wide - theme.px(8)
            painter.drawText(QRectF(side + theme.px(14), y, room, high), Qt.AlignmentFlag.AlignVCenter, elided(font, step.title, room))


class CetakPage(Page):
    """One card at a time; the register holds the intent, printer and chip tell the truth."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = CardPresenter(window.session)
        self.work = WorkPresenter(window.session, Stage.CEK_CETAK, Stage.CETAK_ENCODE)
        self.view: PrintView | None = None
        self.unsettled = UnsettledPresenter(window.session)
        self._wanted = self._chosen = ""
        self._own: set[str] = set()
        self._questions: tuple[Question, ...] = ()
        self.section = UnsettledSection()
        self.section.answered.connect(self._settle)
        self.frame.addWidget(self.section)
        self.list = WorkList("Siap cetak", "credit-card", "Belum ada yang siap cetak",
                             "Kartu muncul di sini setelah status PRR dari pusat.")
        self.list.chosen.connect(self._choose)
        self.list.setFixedWidth(330)
        self.pages = QStackedWidget()
        self.pages.addWidget(EmptyState("credit-card", "Pilih kartu di kiri", "Kartu ditampilkan sebelum dicetak."))
        self.pages.addWidget(self._build())
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.list)
        line.addWidget(self.pages, 1)
        self.frame.addLayout(line, 1)
        self.keys = {"F8": self._flip}

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
        self.flip = Button("Lihat belakang", icon="rotate-ccw", key="F8")
        self.flip.clicked.connect(self._flip)
        self.stock = label("", "small", tone="muted")
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
        side.addStretch(1)
        top.addLayout(side, 27)
        card.body.addWidget(self.top_area)
        self.fault = NoticeBar(closable=False)
        card.body.addWidget(self.fault)
        self.spoil_area = QWidget()
        spoil = QVBoxLayout(self.spoil_area)
        spoil.setContentsMargins(0, 0, 0, 0)
        spoil.addWidget(label("Mengapa kartu ini rusak?", "strong", weight="semibold"))
        chips = QHBoxLayout()
        chips.setSpacing(8)
        self.reasons = [ChoiceChip(t) for t in ("Cetakan cacat", "Warna salah", "Chip tidak terbaca", "Kartu macet")]
        for chip in self.reasons:
            chip.clicked.connect(partial(self._reason, chip))
            chips.addWidget(chip)
        chips.addStretch(1)
        spoil.addLayout(chips)
        self.reason = TextField("reason", "Keterangan", limit=200)
        spoil.addWidget(self.reason)
        self.second = SecondPerson("Petugas kedua melihat kartunya", "Blangko rusak hanya tercatat bila petugas lain ikut memeriksa kartu.")
        self.second.entered.connect(self._spoil)
        spoil.addSpacing(4)
        spoil.addWidget(self.second)
        self.spoil_area.hide()
        card.body.addWidget(self.spoil_area)
        card.body.addStretch(1)
        self.spoil = Button("Nyatakan rusak", icon="ban")
        self.spoil.clicked.connect(self._spoil)
        self.not_printed = Button("Tidak tercetak")
        self.not_printed.clicked.connect(lambda: self._answer("not_printed"))
        self.primary = Button("Cetak kartu", "primary", key="F9")
        self.primary.clicked.connect(self._primary)
        self.cancel = Button("Batal", key="Esc")
        self.cancel.clicked.connect(self._close_spoil)
        self.cancel.hide()
        card.body.addLayout(footer([self.spoil], [self.cancel, self.not_printed, self.primary]))
        return card

    def opened(self, **args: Any) -> None:
        self._wanted = args.get("id", "") or self._wanted
        self.refresh()
        self._ask_unsettled()

    def refresh(self) -> None:
        self.ask_latest("items", self.work.items, self._listed)

    def _listed(self, rows: tuple[tuple[str, str, str, str, str], ...]) -> None:
        items = [WorkItem(r[0], r[1], r[2].split(" · ")[0] + " · " + r[2].split(" · ")[1], r[3], r[4]) for r in rows]
        ids = {i.id for i in items}
        if self.view is not None and self.view.dossier.permohonan.id not in ids:
            self.view, self._chosen = None, ""
            self.pages.setCurrentIndex(0)
        wanted = self._wanted if self._wanted in ids else ""
        if not wanted and items and self._chosen not in ids:
            wanted = items[0].id
        self.list.set_items(items, wanted or self._chosen)
        if wanted and wanted != self._chosen:
            self._choose(wanted)

    def _choose(self, pid: str) -> None:
        self._chosen = pid
        if pid == self._wanted:
            self._wanted = ""
        self.fault.hide()
        self._close_spoil()
        self.ask_latest("view", lambda: self.presenter.load(pid), self._show)
        self._ask_unsettled()

    def _ask_unsettled(self) -> None:
        """Cards whose outcome nobody said yet; the devices are asked first, so not at every commit."""
        own = frozenset(self._own)
        self.ask_latest("unsettled", lambda: self.unsettled.load(own), self._show_unsettled, lambda _e: None)

    def _show_unsettled(self, questions: tuple[Question, ...]) -> None:
        """The card on the panel is asked about there."""
        self._questions = questions
        shown = self.view.dossier.permohonan.id if self.view is not None else ""
        self.section.set_questions([q for q in questions if q.permohonan_id != shown], enabled=self.unsettled.may_answer())

    def _settle(self, job_id: str, verdict: str) -> None:
        name, secret = self.section.second.values()
        self.act(lambda: self.unsettled.answer(job_id, verdict, name, secret), self._settled, self._not_settled)

    def _not_settled(self, error: KioskError) -> None:
        if isinstance(error, SignInRefused | NotAllowed) and not self.section.second.isHidden():
            self.section.second.refuse(self.session.sentence(error))
        else:
            self.trouble(error)

    def _settled(self, text: str) -> None:
        self.shell.tell("good", text, bold="Dicatat.")
        self._ask_unsettled()
        self.refresh()

    def _show(self, view: PrintView) -> None:
        if view.dossier.permohonan.id != self._chosen:
            return
        self.view = view
        if view.job is not None and view.action == "good":
            self._own.add(view.job.id)
        self._show_unsettled(self._questions)
        self.pages.setCurrentIndex(1)
        self.face.set_image(to_qimage(view.face.front) if view.face else None)
        self.flip.set_text("Lihat belakang")
        self.steps.set_steps(view.steps)
        balance = view.blangko
        self.stock.setText(f"Blangko: {balance.stok} tersisa, {balance.baik} baik, {balance.rusak} rusak")
        self.primary.set_text(view.word)
        may = self.work.may_act(view.dossier.permohonan)
        empty = view.action == "send" and balance.stok == 0
        self.primary.setEnabled(may and not self.busy and not empty)
        self.spoil.setEnabled(may and view.job is not None)
        self.not_printed.setVisible(view.action == "answer")
        if view.differing:
            self.fault.show_text("attention", f"Berbeda dengan SIAK: {', '.join(view.differing)}. Perbaiki di SIAK sebelum mencetak.",
                                 bold="Data belum cocok.")
        elif view.unknown:
            self.fault.show_text("attention", "Printer tidak menjawab pasti. Lihat kartu di tangan Anda, lalu pilih: kartu ada dan baik, "
                                 "tidak tercetak, atau rusak.", bold="Hasil belum pasti.")
        elif empty:
            self.fault.show_text("attention", "Terima blangko baru di Pengaturan, lalu lanjutkan.", bold="Blangko habis.")
        elif not may:
            self.fault.show_text("info", f"Langkah ini milik {self.work.who_may(view.dossier.permohonan)}.")

    def show_busy(self, on: bool) -> None:
        self.primary.setEnabled(not on and self.view is not None)

    def _flip(self) -> None:
        if self.view is None or self.view.face is None:
            return
        front = self.flip.text() != "Lihat belakang"
        self.face.set_image(to_qimage(self.view.face.front if front else self.view.face.back))
        self.flip.set_text("Lihat belakang" if front else "Lihat depan")

    def _primary(self) -> None:
        view = self.view
        if view is None:
            return
        self.fault.hide()
        pid, job = view.dossier.permohonan.id, view.job
        if view.action == "check":
            self.act(lambda: self.presenter.check(pid), self._after, self._trouble)
        elif view.action == "send":
            self.fault.show_text("info", "Mengirim ke printer kartu …")
            self.act(lambda: self.presenter.send(pid), self._sent, self._trouble)
        elif view.action == "good" and job is not None:
            self.fault.show_text("info", "Letakkan kartu di pembaca. Menulis dan membaca ulang chip …")
            self.act(lambda: (self.presenter.good(pid, job.id), self.presenter.encode(pid, job.id))[1], self._made, self._trouble)
        elif view.action == "encode" and job is not None:
            self.fault.show_text("info", "Letakkan kartu di pembaca. Menulis dan membaca ulang chip …")
            self.act(lambda: self.presenter.encode(pid, job.id), self._made, self._trouble)
        else:
            self._answer("printed")

    def _answer(self, verdict: str) -> None:
        if self.view is not None and self.view.job is not None:
            pid, job_id = self.view.dossier.permohonan.id, self.view.job.id
            self.fault.hide()
            self.act(lambda: self.presenter.answer(pid, job_id, verdict), self._after, self._trouble)

    def _after(self, view: PrintView) -> None:
        self._show(view)
        self.refresh()

    def _sent(self, view: PrintView) -> None:
        self.fault.hide()
        self._show(view)
        if not view.unknown:
            self.fault.show_text("info", "Ambil kartu dari printer dan periksa depan dan belakang. Bila baik, letakkan di pembaca "
                                 "lalu tekan F9.", bold="Kartu dikirim ke printer.")

    def _made(self, view: PrintView) -> None:
        p = view.dossier.permohonan
        self.fault.hide()
        self.shell.tell("good", f"Chip tertulis dan terbaca ulang. {p.nomor_register} siap diaktivasi.",
                        bold=f"Kartu {p.penduduk.nama} jadi.")
        self._show(view)
        self.refresh()

    def _trouble(self, error: KioskError) -> None:
        """Say it on the card's own panel and look again where the job really stands."""
        view = self.view
        if view is None:
            self.trouble(error)
            return
        pid, text = view.dossier.permohonan.id, self.session.sentence(error)

        def shown(fresh: PrintView) -> None:
            self._show(fresh)
            self.fault.show_text("trouble", text, action="Coba lagi", act=self._primary)

        self.ask(lambda: self.presenter.load(pid), shown)

    def _reason(self, chip: ChoiceChip, _on: bool = True) -> None:
        for other in self.reasons:
            other.setChecked(other is chip)
        self.reason.set_value(chip.text())

    def _spoil(self) -> None:
        if self.view is None or self.view.job is None:
            return
        if self.spoil_area.isHidden():
            self.spoil_area.show()
            self._room_for_spoil(True)
            self.reasons[0].setFocus()
            self.spoil.kind = "danger"
            self.spoil.set_text("Nyatakan rusak sekarang")
            return
        reason = self.reason.value()
        if not reason:
            self.reason.say("Pilih atau tulis alasannya.", "attention")
            return
        if not self.second.ready():
            return
        pid, job_id = self.view.dossier.permohonan.id, self.view.job.id
        name, secret = self.second.values()
        self.act(lambda: self.presenter.spoil(pid, job_id, reason, name, secret), self._spoiled, self._spoil_refused)

    def _spoil_refused(self, error: KioskError) -> None:
        if isinstance(error, SignInRefused | NotAllowed | BadInput):
            self.second.refuse(self.session.sentence(error))
        else:
            self._trouble(error)

    def _spoiled(self, view: PrintView) -> None:
        self._close_spoil()
        self._show(view)
        self.shell.tell("info", "Blangko tercatat rusak. Kartu baru dapat dicetak dengan blangko berikutnya.")

    def _room_for_spoil(self, asking: bool) -> None:
        """The questions take the place of the card's picture: both do not fit on a 768 px screen."""
        self.top_area.setVisible(not asking)
        self.primary.setVisible(not asking)
        self.cancel.setVisible(asking)
        if asking:
            self.fault.hide()

    def _close_spoil(self) -> None:
        self.spoil_area.hide()
        self._room_for_spoil(False)
        self.second.clear()
        self.reason.set_value("")
        self.reason.say("")
        self.spoil.kind = "secondary"
        self.spoil.set_text("Nyatakan rusak")

    def back(self) -> bool:
        if not self.spoil_area.isHidden():
            self._close_spoil()
            return True
        return False
