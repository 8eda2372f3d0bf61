"""Loket: service and kind, NIK with live check, biodata, checklist; tanda terima or return slip. Every change is a draft."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from ktpel_kiosk.desk.eligible import Override, may_override
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.loket_typing import LoketTyping
from ktpel_kiosk.ui.pages.loket_view import PAPERS, REASONS, SUBMIT, SUPERIOR
from ktpel_kiosk.ui.presenters.intake import OVERRIDABLE, CheckLine, Registered, Wanted, form_values, printed_words
from ktpel_kiosk.ui.widgets.menu import Entry, open_menu

if TYPE_CHECKING:
    from ktpel_kiosk.desk.queries import Dossier
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.biodata import BiodataForm
    from ktpel_kiosk.ui.pages.loket_papers import PapersCard

KEEP_MS = 700


class LoketPage(LoketTyping):
    """The counter. ``opened(new=True)`` starts a fresh form, ``opened(id=…)`` shows a received or returned application."""

    def __init__(self, window: OperatorWindow, form: BiodataForm | None = None, papers: PapersCard | None = None) -> None:
        super().__init__(window, form, papers)
        self._sending_back: tuple[tuple[str, ...], str] | None = None
        self._turns = count(1)
        self._save = QTimer(self)
        self._save.setSingleShot(True)
        self._save.setInterval(KEEP_MS)
        self._save.timeout.connect(self._keep)
        self.others.clicked.connect(self._menu)
        self.put_off.clicked.connect(self._put_off)
        self.drop.clicked.connect(self._drop)
        self.send_back.clicked.connect(self._ask_reasons)
        self.primary.clicked.connect(self._submit)
        self.ask(self.presenter.villages, self.form.fill_villages, lambda _e: None)

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
        if self.side.currentIndex() != PAPERS:
            self._close_side()
            return True
        return False

    def _close_side(self) -> None:
        self._sending_back = None
        self.side.setCurrentIndex(PAPERS)

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
        self.others.set_text(f"Draf ({total})")
        self.others.setVisible(bool(total))

    def closed(self) -> None:
        self._keep_now()

    def _reset(self) -> None:
        """An empty form; the draft is opened with the first key."""
        self._loading = True
        self.draft_key, self._resume_id, self._returned = "", "", False
        self._recorded = None
        self._close_side()
        self._present.clear()
        self._before, self._unwanted = {}, ""
        self.title.setText("Permohonan baru")
        self.nik.set_value("")
        self.nik.say("")
        self.phone.set_value("")
        self.phone.say("")
        self.recorded.has_card.setChecked(False)
        self.more.set_values()
        self.form.clear()
        self.form.set_values(dict(self.presenter.defaults()))
        self.warning.hide()
        self.saved.setText("")
        self.primary.set_text(SUBMIT)
        self.unfill.hide()
        self.papers.pages = {}
        self._lock(False)
        buttons = self.services.buttons()
        if buttons:
            buttons[0].setChecked(True)
        self._show_kinds()
        self._loading = False
        self.papers.show_lines([], {})
        self._show_checklist()
        self._show_scans()
        self.area.verticalScrollBar().setValue(0)
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
        lines = [Entry(f"Draf · {form.get('nama') or form.get('nik')}", partial(self._load_draft, key, form), "pen-line")
                 for key, form in found[0].items()]
        lines += [Entry(f"Dikembalikan · {item.nomor_register or 'belum bernomor'} · {item.nama}",
                        partial(self.opened, id=item.id), "undo-2") for item in found[1]]
        open_menu(self.others, "Permohonan lain", lines)

    def _resume_latest(self, drafts: dict[str, dict[str, object]], wanted: str = "") -> None:
        begun = self.draft_key or self.nik.value() or self.phone.value() or self._typed()
        if drafts and not begun:  # else somebody was quicker with the keys than the register with its drafts
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
        self._show_scans()

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
        returned = self._returned = p.keadaan == "dikembalikan"
        self._show_scans()
        if returned:
            from ktpel_kiosk.ui.words import word
            reasons = ", ".join(word("kembali", r).lower() for r in p.return_reasons)
            self.warning.show_text("attention", f"{reasons}. {p.note}".strip(), bold="Dikembalikan:")
        self.primary.set_text("Berkas dilengkapi, lanjutkan" if returned else "Beri nomor & cetak tanda terima")

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

    def _changed(self) -> None:
        super()._changed()
        if not self._loading and not self._resume_id and not self._save.isActive():
            self._save.start()  # also while somebody types without a pause

    def _keep(self) -> None:
        form, key, actor, turn = self._form(), self.named_draft(), self.session.actor, next(self._turns)

        def kept(at: str) -> None:
            if at and key == self.draft_key:
                self.saved.setText(f"Tersimpan {at}")

        self.ask(lambda: self.presenter.keep(key, form, actor, turn), kept)

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
        """An empty form; a slip of the finger costs nobody what was typed as long as the notice stands."""
        self._save.stop()
        key, form = self.draft_key, self._form()
        if key:
            self.ask(lambda: self.presenter.drop(key), lambda _r: self.refresh())
        self._reset()
        if form["nik"] or form["nama"]:
            self.shell.tell("info", "Isian dikosongkan.", action="Kembalikan isian", act=lambda: self._undrop(form))

    def _undrop(self, form: dict[str, object]) -> None:
        self.shell.notice.dismiss()
        self._load_draft("", form)
        self.saved.setText("Isian dikembalikan")
        self._changed()  # kept again, as a new draft

    def _submit(self) -> None:
        if self._resume_id:
            self._go_on()
            return
        if not self._right_or_told():
            return
        left = self.missing()
        if left:
            self.shell.tell("attention", left[0].told, bold=f"{len(left)} berkas kurang." if len(left) > 1 else "",
                            action="Kembalikan berkas", act=self._ask_reasons)
            self.to_first_missing()
            return
        self._save.stop()
        wanted = self._wanted()
        self.act(lambda: self.presenter.register(wanted), self._registered, self._refused)

    def _right_or_told(self) -> bool:
        """The form is right; else what is wrong stands beside the fields."""
        problems = {m.name: m.told for m in self.missing() if not m.paper}
        if self.more.kuasa() == "":
            self.more.receiver.say("Isi nama penerima kuasa.", "trouble")
            self.more.receiver.editor.setFocus()
        self.form.show_problems(problems)
        if "nik" in problems:
            self.nik.say(problems["nik"], "trouble")
        if "nomor_hp" in problems:
            self.phone.say(problems["nomor_hp"], "trouble")
        if problems:
            self.to_first_missing()
            self.shell.tell("attention", f"{len(problems)} isian perlu diperbaiki.", bold="Belum dapat didaftarkan.")
            self._complaint = self.shell.notice.plain()
        return not problems and self.more.kuasa() != ""

    def _refused(self, error: KioskError) -> None:
        """What a superior may lift is asked there; missing papers lead to the return slip."""
        if error.message_key in OVERRIDABLE:
            who = ", ".join(name for _u, name in self.presenter.superiors()) or "kepala seksi atau supervisor"
            self.superior.title.setText(f"Izin atasan: {OVERRIDABLE[error.message_key].lower()}")
            self.superior.ask(self.session.sentence(error), who, own=may_override(self.session.actor))
            self.side.setCurrentIndex(SUPERIOR)
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
        self.side.setCurrentIndex(REASONS)

    def _return(self, reasons: tuple[str, ...], _papers: frozenset[str], note: str) -> None:
        self._save.stop()
        self._sending_back = (reasons, note)
        wanted = self._wanted()
        self.act(lambda: self.presenter.send_back(wanted, reasons, note), self._sent_back, self._refused)

    def _sent_back(self, result: Registered) -> None:
        slip = "Lembar pengembalian"
        tone, text = printed_words(slip, result.printed, result.print_trouble)
        self.shell.tell(tone, f"{text} Dapat diajukan lagi lewat tombol Draf.",
                        bold=f"Berkas {result.permohonan.penduduk.nama} dikembalikan.")
        self._empty_soon()

    def _empty_soon(self) -> None:
        """In a turn of its own, the answer is seen first; nobody hands the same papers in again meanwhile."""
        self.busy = True
        self.shell.bridge.soon(self._emptied, self)

    def _emptied(self) -> None:
        self.busy = False
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
            self.shell.tell("good", f"{result.nomor_register} dilanjutkan dari langkah semula.", bold="Berkas diterima kembali.")
            self._empty_soon()

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
