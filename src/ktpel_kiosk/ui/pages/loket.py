"""Loket: service and kind, NIK with live check, biodata, checklist; tanda terima or return slip. Every change is a draft."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.eligible import Override, RecordedBefore, may_override
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.permohonan import RETURN_REASONS
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.ui.pages.base import Page, footer, scroll
from ktpel_kiosk.ui.pages.biodata import BiodataForm
from ktpel_kiosk.ui.pages.loket_parts import ASK_CARD, KindChips, MoreOptions, RecordedLine
from ktpel_kiosk.ui.presenters.intake import (
    OVERRIDABLE,
    CheckLine,
    IntakePresenter,
    NikFeedback,
    Registered,
    Wanted,
    form_values,
    printed_words,
)
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.decisions import ReasonPanel, SuperiorPanel
from ktpel_kiosk.ui.widgets.fields import NikField, TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.status import ChecklistRow, NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.desk.queries import Dossier
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.ui.operator_window import OperatorWindow

KEEP_MS = 700


class LoketPage(Page):
    """The counter. ``opened(new=True)`` starts a fresh form, ``opened(id=…)`` shows a received or returned application."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = IntakePresenter(window.session)
        self.draft_key = ""
        self._resume_id = ""
        self._present: dict[str, bool] = {}
        self._rows: dict[str, ChecklistRow] = {}
        self._feedback = NikFeedback("", "")
        self._recorded: RecordedBefore | None = None
        self._sending_back: tuple[tuple[str, ...], str] | None = None
        self._loading = False
        self._save = QTimer(self)
        self._save.setSingleShot(True)
        self._save.setInterval(KEEP_MS)
        self._save.timeout.connect(self._keep)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self._left(), 23)
        body.addWidget(self._right(), 20)
        self.frame.addLayout(body, 1)
        self.saved = label("", "small", tone="muted")
        self.put_off = Button("Simpan & tunda")
        self.put_off.clicked.connect(self._put_off)
        self.drop = Button("Kosongkan", icon="trash-2")
        self.drop.clicked.connect(self._drop)
        self.send_back = Button("Kembalikan berkas", icon="undo-2")
        self.send_back.clicked.connect(self._ask_reasons)
        self.primary = Button("Cetak tanda terima & lanjut", "primary", key="F9")
        self.primary.clicked.connect(self._submit)
        self.frame.addLayout(footer([self.drop, self.send_back], [self.saved, self.put_off, self.primary]))

    # -- building -----------------------------------------------------------------------------------------------------

    def _left(self) -> QWidget:
        card = Card(0, 0)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(24, 20, 24, 20)
        form.setSpacing(14)
        self.title = label("Permohonan baru", "title", weight="bold")
        self.others = Button("Draf", icon="folder-open")
        self.others.clicked.connect(self._menu)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.others)
        form.addLayout(head)
        chips = QWidget()
        flow = Flow(8)
        chips.setLayout(flow)
        self.services = QButtonGroup(self)
        for layanan, text in self.presenter.services():
            chip = ChoiceChip(text, layanan)
            self.services.addButton(chip)
            flow.addWidget(chip)
        self.services.buttonToggled.connect(self._service_toggled)
        self.hours = NoticeBar(closable=False)
        form.addWidget(self.hours)
        form.addLayout(column(label("Jenis layanan", "small", weight="medium"), chips, spacing=6))
        self.kinds = KindChips()
        self.kinds.changed.connect(self._kind_changed)
        form.addWidget(self.kinds)
        self.nik = NikField()
        self.nik.changed.connect(self._nik_changed)
        self.phone = TextField("nomor_hp", "Nomor HP", placeholder="0812 …", limit=20)
        self.phone.changed.connect(self._changed)
        line = QHBoxLayout()
        line.setSpacing(14)
        line.addWidget(self.nik, 7, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.phone, 5, Qt.AlignmentFlag.AlignTop)
        form.addLayout(line)
        self.warning = NoticeBar(closable=False)
        form.addWidget(self.warning)
        self.recorded = RecordedLine()
        self.recorded.changed.connect(self._stated)
        form.addWidget(self.recorded)
        self.form = BiodataForm(self.presenter)
        self.form.changed.connect(self._field_changed)
        form.addWidget(self.form)
        form.addStretch(1)
        card.body.addWidget(scroll(inner))
        return card

    def _right(self) -> QWidget:
        self.side = QStackedWidget()
        self.side.addWidget(self._papers())
        self.back_panel = ReasonPanel("Mengapa berkas dikembalikan?", "Kembalikan & cetak", RETURN_REASONS)
        self.back_panel.closed.connect(self._close_side)
        self.back_panel.decided.connect(self._return)
        self.side.addWidget(self.back_panel)
        self.superior = SuperiorPanel()
        self.superior.closed.connect(self._close_side)
        self.superior.decided.connect(self._allowed)
        self.side.addWidget(self.superior)
        return self.side

    def _papers(self) -> QWidget:
        card = Card(24, 8)
        self.missing = Chip("", "attention")
        head = QHBoxLayout()
        head.addWidget(label("Kelengkapan", "title", weight="bold"), 1)
        head.addWidget(self.missing)
        card.body.addLayout(head)
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(0)
        card.body.addWidget(scroll(inner), 1)
        self.more = MoreOptions()
        self.more.changed.connect(self._changed)
        self.more.proxy_changed.connect(self._show_checklist)
        card.body.addWidget(self.more)
        card.body.addWidget(label(self.presenter.standard(), "small", tone="muted", wrap=True))
        return card

    # -- opening ------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        if args.get("id"):
            self._keep_now()
            self.ask(lambda: self.presenter.dossier(args["id"]), self._show_existing)
        elif args.get("new"):
            self._keep_now()
            self._reset()
        elif not self.draft_key:
            self._reset()
            self.ask(self.presenter.drafts, lambda drafts: self._resume_latest(drafts, str(args.get("draft", ""))))
        self.refresh()

    def place(self) -> dict[str, str]:
        return {"id": self._resume_id} if self._resume_id else {"draft": self.draft_key} if self.draft_key else {}

    def back(self) -> bool:
        if self.side.currentIndex():
            self._close_side()
            return True
        return False

    def _close_side(self) -> None:
        self._sending_back = None
        self.side.setCurrentIndex(0)

    def _show_hours(self) -> None:
        closed = self.presenter.closed()
        if closed:
            self.hours.show_text("attention", closed.partition(", ")[2].capitalize(), bold="Loket tutup.")
        else:
            self.hours.hide()

    def refresh(self) -> None:
        self._show_hours()
        self.ask(lambda: (len(self.presenter.drafts()), len(self.presenter.returned())), self._count_others)

    def _count_others(self, counts: tuple[int, int]) -> None:
        total = sum(counts)
        self.others.set_text(f"Draf & dikembalikan ({total})")
        self.others.setVisible(bool(total))

    def closed(self) -> None:
        self._keep_now()

    def _reset(self) -> None:
        """An empty form; the draft is opened with the first key."""
        self._loading = True
        self.draft_key, self._resume_id = "", ""
        self._recorded = None
        self._close_side()
        self._present.clear()
        self.title.setText("Permohonan baru")
        self.nik.set_value("")
        self.nik.say("")
        self.phone.set_value("")
        self.recorded.has_card.setChecked(False)
        self.more.set_values()
        self.form.clear()
        self.form.set_values(dict(self.presenter.defaults()))
        self.warning.hide()
        self.saved.setText("")
        self.primary.set_text("Cetak tanda terima & lanjut")
        self._lock(False)
        buttons = self.services.buttons()
        if buttons:
            buttons[0].setChecked(True)
        self._show_kinds()
        self._loading = False
        self._show_checklist()
        self.nik.editor.setFocus()

    def _lock(self, on: bool) -> None:
        for part in (self.nik, self.phone, self.form, self.recorded, self.more, self.kinds, *self.services.buttons()):
            part.setEnabled(not on)
        self.send_back.setVisible(not on)
        self.put_off.setVisible(not on)
        self.drop.setVisible(not on)

    def _menu(self) -> None:
        self.ask(lambda: (self.presenter.drafts(), self.presenter.returned()), self._popup)

    def _popup(self, found: tuple[dict[str, dict[str, object]], tuple[Any, ...]]) -> None:
        menu = QMenu(self)
        for key, form in found[0].items():
            menu.addAction(f"Draf · {form.get('nama') or form.get('nik')}", partial(self._load_draft, key, form))
        for item in found[1]:
            menu.addAction(f"Dikembalikan · {item.nomor_register or 'belum bernomor'} · {item.nama}", partial(self.opened, id=item.id))
        menu.popup(self.others.mapToGlobal(self.others.rect().bottomLeft()))

    def _resume_latest(self, drafts: dict[str, dict[str, object]], wanted: str = "") -> None:
        if drafts and not self.draft_key and not self.nik.value():
            key = wanted if wanted in drafts else max(drafts)
            self._load_draft(key, drafts[key])

    def _load_draft(self, key: str, form: dict[str, object]) -> None:
        self._reset()
        self._loading = True
        self.draft_key = key
        for button in self.services.buttons():
            if str(button.value) == form.get("layanan"):  # type: ignore[attr-defined]
                button.setChecked(True)
        self._show_kinds(str(form.get("varian", "")))
        self.recorded.has_card.setChecked(form.get("sudah_rekam") == "kartu")
        self.more.set_values(form.get("tempat", ""), form.get("kuasa", ""))
        present = form.get("ada")
        self._present = {str(k): True for k in present} if isinstance(present, list) else {}
        self.phone.set_value(form.get("nomor_hp", ""))
        self.form.set_values(form)
        self._loading = False
        self.nik.set_value(form.get("nik", ""))
        self.saved.setText("Draf dibuka kembali")
        self._show_checklist()

    def _show_existing(self, dossier: Dossier) -> None:
        """A received application without number, or one that came back."""
        p = dossier.permohonan
        self._reset()
        self._loading = True
        self._resume_id = p.id
        self.title.setText(p.nomor_register or "Belum bernomor")
        for button in self.services.buttons():
            if button.value is p.layanan:  # type: ignore[attr-defined]
                button.setChecked(True)
        self._show_kinds(p.varian)
        self.form.set_values(form_values(p.penduduk))
        self.form.show_permit()
        self.more.set_values(p.mobile_place)
        self.phone.set_value(p.nomor_hp)
        self.nik.edit.set_digits(p.penduduk.nik)
        self._present = {i.kode: i.ada for i in p.kelengkapan}
        self._loading = False
        self._lock(True)
        self._fill([CheckLine(i.kode, i.teks, i.wajib, present=i.ada) for i in p.kelengkapan])
        returned = p.keadaan == "dikembalikan"
        if returned:
            from ktpel_kiosk.ui.words import word
            reasons = ", ".join(word("kembali", r).lower() for r in p.return_reasons)
            self.warning.show_text("attention", f"{reasons}. {p.note}".strip(), bold="Dikembalikan:")
        self.primary.set_text("Berkas dilengkapi, lanjutkan" if returned else "Beri nomor & cetak tanda terima")

    # -- while typing -------------------------------------------------------------------------------------------------

    @property
    def layanan(self) -> Layanan:
        chosen = self.services.checkedButton()
        return chosen.value if chosen is not None else Layanan.BARU_WNI  # type: ignore[attr-defined]

    @property
    def varian(self) -> str:
        return self.kinds.value()

    def _show_kinds(self, chosen: str = "") -> None:
        self.kinds.show_kinds(self.presenter.variants(self.layanan), chosen)
        self._offer()

    def _offer(self) -> None:
        """What the chosen service and kind allow besides papers."""
        self.more.offer(records=self.presenter.records(self.layanan, self.varian), proxy=self.presenter.proxy_allowed(self.layanan))
        self._show_recorded()

    def _kind_changed(self) -> None:
        if not self._loading:
            self._offer()
            self._changed()
            self._show_checklist()

    def _stated(self) -> None:
        self._show_recorded()
        self._changed()

    def _show_recorded(self) -> None:
        stated = self.recorded.has_card.isChecked()
        text, tone, ask = self.presenter.recording_line(self.layanan, self.varian, self._recorded, stated)
        unknown = ask and not stated and len(self.nik.value()) < 16
        self.recorded.show_line(ASK_CARD if unknown else text, tone, ask)

    def values(self) -> dict[str, str]:
        return {"nik": self.nik.value(), "nomor_hp": self.phone.value(), **self.form.values()}

    def _service_toggled(self, _button: object, on: bool) -> None:
        if on and not self._loading:
            self._show_kinds()
            self._changed()
            self._show_checklist()

    def _changed(self) -> None:
        if not self._loading and not self._resume_id:
            self._save.start()

    def _field_changed(self, name: str) -> None:
        if self._loading:
            return
        self._changed()
        self.form.fields[name].say("")
        if name == "kewarganegaraan":
            self.form.show_permit()
        if name in ("tanggal_lahir", "status_perkawinan", "kewarganegaraan"):
            self._show_checklist()

    def _nik_changed(self) -> None:
        if self._loading:
            return
        self._changed()
        digits = self.nik.value()
        self._recorded = None
        self._show_recorded()
        self.ask(lambda: self.presenter.check_nik(digits), partial(self._show_nik, digits))

    def _show_nik(self, digits: str, feedback: NikFeedback) -> None:
        if digits != self.nik.value() or self._resume_id:
            return
        self._feedback = feedback
        self.nik.say(feedback.line, feedback.state)
        if feedback.warning:
            go = partial(self.opened, id=feedback.open_id)
            self.warning.show_text("trouble" if feedback.blocked else "attention", feedback.warning, bold=feedback.warning_bold,
                                   action="Buka" if feedback.open_id else "", act=go if feedback.open_id else None)
        else:
            self.warning.hide()
        self._recorded = feedback.recorded
        self._show_recorded()
        if len(digits) == 16 and not feedback.blocked and feedback.recorded is None:
            self.ask_latest("siak", lambda: self.presenter.ask_siak(digits), partial(self._siak_says, digits), lambda _e: None)
        empty = {n: v for n, v in feedback.prefill.items() if n in self.form.fields and n not in self._typed()}
        fill: dict[str, object] = {**empty}
        if feedback.born and "tanggal_lahir" not in fill and not self.form.fields["tanggal_lahir"].value():
            fill["tanggal_lahir"] = feedback.born
        if feedback.sex and "jenis_kelamin" not in fill and not self.form.fields["jenis_kelamin"].value():
            fill["jenis_kelamin"] = feedback.sex
        if fill:
            self.form.set_values(fill)
            self.form.show_permit()
            self._show_checklist()

    def _typed(self) -> set[str]:
        """Fields somebody already filled; the office's own defaults do not count."""
        defaults = self.presenter.defaults()
        return {n for n, v in self.form.values().items() if v and v != defaults.get(n)}

    def _siak_says(self, digits: str, found: RecordedBefore | None) -> None:
        if digits == self.nik.value() and self._recorded is None and found is not None:
            self._recorded = found
            self._show_recorded()

    def _show_checklist(self) -> None:
        if self._resume_id:
            return
        layanan, values, varian, kuasa = self.layanan, self.values(), self.varian, self.more.kuasa() is not None
        self.ask_latest("checklist", lambda: self.presenter.checklist(layanan, values, varian, kuasa),
                        lambda lines: self._fill(list(lines)), lambda _e: None)

    def _fill(self, lines: list[CheckLine]) -> None:
        clear_layout(self._list)
        self._rows = {}
        for line in lines:
            made = ChecklistRow(line.text, required=line.required, fixed=line.fixed, detail=line.detail)
            made.setChecked(line.present or (not line.fixed and self._present.get(line.kode, False)))
            made.toggled.connect(partial(self._ticked, line.kode))
            self._list.addWidget(made)
            self._rows[line.kode] = made
        self._list.addStretch(1)
        self._count_missing()

    def _ticked(self, kode: str, on: bool) -> None:
        self._present[kode] = on
        self._count_missing()
        self._changed()

    def _count_missing(self) -> None:
        left = sum(1 for r in self._rows.values() if r.required and not r.isChecked())
        self.missing.set(f"{left} kurang" if left else "lengkap", "attention" if left else "good")

    def _ada(self) -> frozenset[str]:
        return frozenset(k for k, r in self._rows.items() if r.isChecked() and not r.fixed)

    # -- keeping and finishing ----------------------------------------------------------------------------------------

    def _form(self) -> dict[str, object]:
        return {**self.values(), "layanan": str(self.layanan), "ada": sorted(self._ada()), "varian": self.varian,
                "sudah_rekam": "kartu" if self.recorded.has_card.isChecked() else "", "tempat": self.more.where(),
                "kuasa": self.more.kuasa() or ""}

    def _wanted(self, override: Override | None = None) -> Wanted:
        stated = "kartu" if self.recorded.stated() else ""
        source = self._recorded.source if self._recorded is not None and self._recorded.source == "siak" else stated
        return Wanted(self.layanan, self.values(), self._ada(), self.draft_key, self.varian, source,
                      self.more.where(), self.more.kuasa() or "", override)

    def _keep(self) -> None:
        form, key, actor = self._form(), self.draft_key, self.session.actor

        def work() -> tuple[str, str]:
            real = key or self.presenter.begin(actor)
            return real, self.presenter.keep(real, form, actor)

        self.ask(work, self._kept)

    def _kept(self, result: tuple[str, str]) -> None:
        self.draft_key = self.draft_key or result[0]
        self.saved.setText(f"Tersimpan {result[1]}")

    def _keep_now(self) -> None:
        if self._save.isActive():
            self._save.stop()
            self._keep()

    def _put_off(self) -> None:
        self._keep_now()
        self.draft_key = ""
        self._reset()
        self.shell.tell("info", "Draf tersimpan. Buka lagi lewat tombol Draf di halaman ini.")
        self.refresh()

    def _drop(self) -> None:
        self._save.stop()
        key = self.draft_key
        if key:
            self.ask(lambda: self.presenter.drop(key), lambda _r: self.refresh())
        self._reset()

    def _submit(self) -> None:
        if self._resume_id:
            self._go_on()
            return
        if not self._right_or_told():
            return
        self._save.stop()
        wanted = self._wanted()
        self.act(lambda: self.presenter.register(wanted), self._registered, self._refused)

    def _right_or_told(self) -> bool:
        """The form is right; else what is wrong stands beside the fields."""
        values = self.values()
        problems = self.presenter.problems(values)
        if self.more.kuasa() == "":
            self.more.receiver.say("Isi nama penerima kuasa.", "trouble")
            problems["kuasa"] = ""
        first = self.form.show_problems(problems)
        if "nik" in problems:
            self.nik.say(problems["nik"], "trouble")
            first = self.nik
        if "nomor_hp" in problems:
            self.phone.say(problems["nomor_hp"], "trouble")
        if problems:
            (first or self.phone).editor.setFocus()
            self.shell.tell("attention", f"{len(problems)} isian perlu diperbaiki.", bold="Belum dapat didaftarkan.")
        return not problems

    def _refused(self, error: KioskError) -> None:
        """What a superior may lift is asked there; missing papers lead to the return slip."""
        if error.message_key in OVERRIDABLE:
            who = ", ".join(name for _u, name in self.presenter.superiors()) or "kepala seksi atau supervisor"
            self.superior.title.setText(f"Izin atasan: {OVERRIDABLE[error.message_key].lower()}")
            self.superior.ask(self.session.sentence(error), who, own=may_override(self.session.actor))
            self.side.setCurrentIndex(2)
            return
        if error.message_key == "papers.missing":
            self.shell.tell("attention", self.session.sentence(error), action="Kembalikan berkas", act=self._ask_reasons)
            return
        self.trouble(error)

    def _allowed(self, reason: str, username: str, password: str) -> None:
        wanted = self._wanted(Override(reason, username, password))
        back = self._sending_back

        def refused(error: KioskError) -> None:
            self.superior.second.refuse(self.session.sentence(error))

        if back is not None:
            self.act(lambda: self.presenter.send_back(wanted, *back), self._sent_back, refused)
        else:
            self.act(lambda: self.presenter.register(wanted), self._registered, refused)

    def _ask_reasons(self) -> None:
        if not self._right_or_told():
            return
        left = [k for k, r in self._rows.items() if r.required and not r.isChecked() and not r.fixed]
        self.back_panel.ask(("berkas_tidak_lengkap",) if left else ())
        self.side.setCurrentIndex(1)

    def _return(self, reasons: tuple[str, ...], _papers: frozenset[str], note: str) -> None:
        self._save.stop()
        self._sending_back = (reasons, note)
        wanted = self._wanted()
        self.act(lambda: self.presenter.send_back(wanted, reasons, note), self._sent_back, self._refused)

    def _sent_back(self, result: Registered) -> None:
        slip = "Lembar pengembalian"
        tone, text = printed_words(slip, result.printed, result.print_trouble)
        self.shell.tell(tone, f"{text} Dapat diajukan lagi lewat tombol Draf & dikembalikan.",
                        bold=f"Berkas {result.permohonan.penduduk.nama} dikembalikan.")
        self._reset()
        self.refresh()

    def _go_on(self) -> None:
        pid, ada = self._resume_id, self._ada()

        def work() -> Permohonan | Registered:
            p = self.presenter.dossier(pid).permohonan
            return self.presenter.resubmit(pid, ada) if p.keadaan == "dikembalikan" else self.presenter.number(p)

        def done(result: Permohonan | Registered) -> None:
            if isinstance(result, Registered):
                self._registered(result)
                return
            self._reset()
            self.shell.tell("good", f"{result.nomor_register} dilanjutkan dari langkah semula.", bold="Berkas diterima kembali.")
            self.refresh()

        self.act(work, done)

    def _registered(self, result: Registered) -> None:
        p = result.permohonan
        if result.numbered:
            tone, text = printed_words("Tanda terima", result.printed, result.print_trouble)
            self.shell.tell(tone, text, bold=f"Nomor {p.nomor_register} untuk {p.penduduk.nama}.")
            if self.shell.applicant is not None:
                self.shell.applicant.thanks(p.nomor_register, p.penduduk.nama, "")
        else:
            self.shell.tell("good", "Nomor register diberikan oleh petugas agenda.", bold="Berkas diterima.")
        self._reset()
        self.refresh()
