"""The counter while somebody types: what the NIK says, what the lists know (and taking it back), what is still missing, scans."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer

from ktpel_kiosk.desk import paper_scans
from ktpel_kiosk.desk.eligible import RecordedBefore
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import date_long, parse_date
from ktpel_kiosk.ui.pages.loket_view import PAPERS, SCANS, SUBMIT, LoketView
from ktpel_kiosk.ui.presenters.intake import CheckLine, Missing, NikFeedback

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.biodata import BiodataForm
    from ktpel_kiosk.ui.pages.loket_papers import PapersCard

LIST, NIK = "dari daftar", "dari NIK"
"""Where a value came from, said beside its label."""


class LoketTyping(LoketView):
    """Everything between two key strokes. Subclasses keep and finish."""

    def __init__(self, window: OperatorWindow, form: BiodataForm | None = None, papers: PapersCard | None = None) -> None:
        super().__init__(window, form, papers)
        self.draft_key = ""
        self._resume_id = ""
        self._returned = False
        self._present: dict[str, bool] = {}
        self._feedback = NikFeedback("", "")
        self._recorded: RecordedBefore | None = None
        self._before: dict[str, object] = {}
        self._unwanted = ""
        self._loading = False
        self._complaint = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._count_missing)
        self.services.buttonToggled.connect(self._service_toggled)
        self.kinds.changed.connect(self._kind_changed)
        self.nik.changed.connect(self._nik_changed)
        self.phone.changed.connect(self._phone_changed)
        self.phone.line.editingFinished.connect(self._phone_left)
        self.recorded.changed.connect(self._stated)
        self.form.changed.connect(self._field_changed)
        self.form.left.connect(self._field_left)
        self.unfill.clicked.connect(self.take_back)
        self.papers.ticked.connect(self._ticked)
        self.papers.scan.connect(self.scan)
        self.papers.look.connect(self._look)
        self.papers.missing.clicked.connect(self.to_first_missing)
        self.papers.more.changed.connect(self._changed)
        self.papers.more.proxy_changed.connect(self._show_checklist)

    def _changed(self) -> None:
        """Something was typed."""
        if not self._loading:
            self._soon.start()

    # -- service and kind ---------------------------------------------------------------------------------------------

    def _show_kinds(self, chosen: str = "") -> None:
        self.kinds.show_kinds(self.presenter.variants(self.layanan), chosen)
        self._offer()

    def _offer(self) -> None:
        """What the chosen service and kind allow besides papers."""
        self.more.offer(records=self.presenter.records(self.layanan, self.varian), proxy=self.presenter.proxy_allowed(self.layanan))
        self._show_recorded()

    def _service_toggled(self, _button: object, on: bool) -> None:
        if on and not self._loading:
            self._show_kinds()
            self._changed()
            self._show_checklist()

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
        self.recorded.show_line("" if unknown else text, tone, ask)

    # -- fields -------------------------------------------------------------------------------------------------------

    def _field_changed(self, name: str) -> None:
        if self._loading:
            return
        self._changed()
        if name not in ("tanggal_lahir", "berlaku_hingga"):
            self.form.fields[name].say("")
        if name == "kewarganegaraan":
            self.form.show_permit()
        if name in ("tanggal_lahir", "status_perkawinan", "kewarganegaraan"):
            self._show_checklist()

    def _field_left(self, name: str) -> None:
        """What is wrong with a filled field is said when the cursor leaves it, not while it is typed."""
        field = self.form.fields[name]
        told = "" if self._loading else self.presenter.problem_of(name, self.values())
        if told and not field.message():
            field.say(told, "trouble")
        born = self._feedback.born
        if name == "tanggal_lahir" and born and not told and field.value()[:6] + field.value()[-2:] != born[:6] + born[-2:]:
            field.say(f"NIK menunjukkan {date_long(parse_date(born))}. Cocokkan dengan KK.", "attention")

    def _phone_changed(self) -> None:
        self.phone.say("")
        self._changed()

    def _phone_left(self) -> None:
        shown = self.presenter.phone_shown(self.phone.value())
        if shown != self.phone.value():
            self.phone.set_value(shown)
        told = self.presenter.problem_of("nomor_hp", self.values())
        if told:
            self.phone.say(told, "trouble")

    # -- NIK ----------------------------------------------------------------------------------------------------------

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
        whole = len(digits) == 16
        if whole and not feedback.blocked and feedback.recorded is None:
            self.ask_latest("siak", lambda: self.presenter.ask_siak(digits), partial(self._siak_says, digits), lambda _e: None)
        if whole and digits != self._unwanted:
            self._fill_in(feedback)
        self._count_missing()

    def _fill_in(self, feedback: NikFeedback) -> None:
        """What the population list or the NIK itself knows, into fields nobody typed in; what an earlier NIK filled goes."""
        typed = self._typed()
        known = {n: v for n, v in feedback.prefill.items() if n in self.form.fields and n not in typed}
        hints: dict[str, object] = {n: v for n, v in (("tanggal_lahir", feedback.born), ("jenis_kelamin", feedback.sex),
                                                            ("kecamatan", feedback.district))
                                    if v and n not in known and n not in typed}
        stale: dict[str, object] = {n: self.presenter.defaults().get(n, "") for n, f in self.form.fields.items()
                                    if f.origin and n not in known and n not in hints}
        if not (known or hints or stale):
            return
        if not any(f.origin for f in self.form.fields.values()):
            self._before = dict(self.form.values())
        self._loading = True
        self.form.set_values(stale)
        self.form.set_values(known, LIST)
        self.form.set_values(hints, NIK)
        self._loading = False
        self.form.show_permit()
        self._show_unfill()
        self._changed()
        self._show_checklist()

    def _typed(self) -> set[str]:
        """Fields somebody filled; the office's own defaults and what was filled in by itself do not count."""
        defaults = self.presenter.defaults()
        return {n for n, v in self.form.values().items() if v and v != defaults.get(n) and not self.form.fields[n].origin}

    def _show_unfill(self) -> None:
        count = sum(1 for f in self.form.fields.values() if f.origin == LIST)
        self.unfill.setVisible(bool(count))
        self.unfill.set_text(f"Urungkan {count} isian")
        self.unfill.setToolTip("Kosongkan lagi isian yang diambil dari daftar penduduk")

    def take_back(self) -> None:
        """What was filled in goes; what stood there before comes back. This NIK fills nothing any more."""
        back = {n: self._before.get(n, "") for n, f in self.form.fields.items() if f.origin}
        self._unwanted = self.nik.value()
        self._loading = True
        self.form.set_values(back)
        self._loading = False
        self._show_unfill()
        self._changed()
        self._show_checklist()
        self.form.fields["nama"].editor.setFocus()

    def _siak_says(self, digits: str, found: RecordedBefore | None) -> None:
        if digits == self.nik.value() and self._recorded is None and found is not None:
            self._recorded = found
            self._show_recorded()

    # -- papers -------------------------------------------------------------------------------------------------------

    def _show_checklist(self) -> None:
        if self._resume_id:
            return
        layanan, values, varian, kuasa = self.layanan, self.values(), self.varian, self.more.kuasa() is not None
        self.ask_latest("checklist", lambda: self.presenter.checklist(layanan, values, varian, kuasa),
                        lambda lines: self._fill(list(lines)), lambda _e: None)

    def _fill(self, lines: list[CheckLine]) -> None:
        self.papers.show_lines(lines, self._present)
        self._count_missing()

    def _ticked(self, kode: str, on: bool) -> None:
        self._present[kode] = on
        self._changed()

    def _ada(self) -> frozenset[str]:
        return self.papers.ticked_codes()

    # -- what is missing ----------------------------------------------------------------------------------------------

    def missing(self) -> tuple[Missing, ...]:
        """What stands between the form and its tanda terima."""
        if self._resume_id:
            return tuple(m for m in self.presenter.missing(self.values(), self.papers.left()) if m.paper)
        return self.presenter.missing(self.values(), self.papers.left())

    def _count_missing(self) -> None:
        left = self.missing()
        if not left:
            self.papers.missing.set("Lengkap", "good", "")
        elif not self.nik.value():
            self.papers.missing.set("Mulai dari NIK", "accent", "Ke NIK (F9)")
        else:
            self.papers.missing.set(f"{len(left)} kurang", "attention", f"Ke {left[0].title} (F9)")
        if not self._resume_id:
            fields = any(not m.paper for m in left)
            self.primary.set_text("Ke yang masih kurang" if fields else SUBMIT)
            if not fields and self._complaint:
                if self.shell.notice.plain() == self._complaint:
                    self.shell.notice.dismiss()  # what was wrong is right now
                self._complaint = ""

    def to_first_missing(self) -> None:
        """The cursor to the first thing that is missing, with a word what it needs."""
        left = self.missing()
        if not left:
            return
        first = left[0]
        if self.side.currentIndex() == SCANS:
            self.side.setCurrentIndex(PAPERS)
        if first.paper:
            row = self._rows[first.name]
            row.setFocus(Qt.FocusReason.TabFocusReason)
            return
        field = {"nik": self.nik, "nomor_hp": self.phone}.get(first.name) or self.form.fields[first.name]
        field.say(first.told, "trouble")
        field.editor.setFocus(Qt.FocusReason.TabFocusReason)
        self.show_up(field)

    # -- scans --------------------------------------------------------------------------------------------------------

    def _scan_key(self) -> str:
        """Where pictures lie until the papers are taken in: beside the draft, or for a returned application in a place of their own."""
        return paper_scans.returned_key(self.session.actor, self._resume_id) if self._returned else self.draft_key

    def named_draft(self) -> str:
        """The draft of this form, named at once: a page scanned while the first typing is being kept lies in the same one."""
        self.draft_key = self.draft_key or self.presenter.new_draft()
        return self.draft_key

    def scan(self, kode: str) -> None:
        """Scan what lies in the scanner as this paper; a scanned paper is there."""
        from ktpel_kiosk.ui.pictures import page_jpeg
        new = not self._resume_id
        if new:
            self.named_draft()
        desk, actor, key = self.shell.desk, self.session.actor, self._scan_key()
        self.papers.show_scanning(kode)

        def work() -> int:
            if new:  # the draft stands before its pages do
                self.presenter.open_draft(key, actor)
            return paper_scans.scan_paper(desk, actor, key, kode, page_jpeg)

        def done(count: int) -> None:
            mine = key == self._scan_key()  # else another applicant's papers by now; the page lies with its draft
            if mine:
                self.papers.pages[kode] = count
            self.papers.show_scanning("")
            if not mine:
                return
            if kode in self._rows:
                self._rows[kode].setChecked(True)
            if self.side.currentIndex() == SCANS:
                self._look(kode)

        def failed(error: KioskError) -> None:
            self.papers.show_scanning("")
            self.trouble(error)

        self.act(work, done, failed)

    def _look(self, kode: str) -> None:
        from ktpel_kiosk.ui.pictures import images
        desk, actor, key = self.shell.desk, self.session.actor, self._scan_key()

        def shown(pages: list[QImage]) -> None:
            self.scans.show_pages(kode, self._rows[kode].text() if kode in self._rows else kode, pages)
            self.side.setCurrentIndex(SCANS)

        self.ask(lambda: images(paper_scans.pages_of_draft(desk, actor, key, kode)), shown)

    def _drop_scans(self, kode: str) -> None:
        desk, actor, key = self.shell.desk, self.session.actor, self._scan_key()

        def done(_result: None) -> None:
            self.papers.pages.pop(kode, None)
            self.papers.show_pages(self.papers.pages)
            self.side.setCurrentIndex(PAPERS)

        self.act(lambda: paper_scans.drop_pages(desk, actor, key, kode), done)

    def _show_scans(self) -> None:
        """After a draft or a returned application was opened: is there a scanner, what is scanned already."""
        desk, actor, key = self.shell.desk, self.session.actor, self._scan_key()

        def shown(found: tuple[bool, dict[str, int]]) -> None:
            self.papers.scanner = found[0] and (self._returned or not self._resume_id)
            self.papers.show_pages(found[1])

        self.ask_latest("scans", lambda: (paper_scans.scanner_here(desk), paper_scans.counts(desk, actor, key) if key else {}), shown,
                        lambda _e: None)
