"""The bottom line of a recording session: what can be pressed now, and the words on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.pages.base import footer
from ktpel_kiosk.ui.presenters.record_view import PART_TITLES, RecordView
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.decisions import pause_menu
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage
    from ktpel_kiosk.ui.pages.rekam_part import Part

ASKING = ("data", "tanda_tangan", "tinjau")
"""Parts that wait for an answer of the applicant."""


class SessionFooter:
    """The buttons and their line; :meth:`show` after every change of the session, the part or a capture."""

    def __init__(self, page: PerekamanPage) -> None:
        self.page = page
        self.excuse = Button("Pengecualian", icon="hand", key="F6")
        self.excuse.clicked.connect(lambda: page.ask_exception(None))
        self.repeat = Button("Ulangi", icon="rotate-ccw", key="F7")
        self.repeat.clicked.connect(page.repeat_capture)
        self.force = Button("Terima apa adanya", "danger")
        self.force.clicked.connect(page.take_as_it_is)
        self.again = Button(word("layar_pemohon", "lagi"), icon="refresh-cw")
        self.again.setToolTip(word("layar_pemohon", "lagi_teks"))
        self.again.clicked.connect(self._ask_again)
        self.cancel = Button("Batal", key="Esc")
        self.cancel.clicked.connect(lambda: page.close_panel())
        self.cancel.hide()
        self.put_off = Button("Simpan & tunda")
        self.put_off.setToolTip("Setiap hasil sudah tersimpan; waktu dijeda dengan alasan")
        self.put_off.clicked.connect(lambda: pause_menu(self.put_off, page.put_off))
        self.shoot = Button("Ambil", icon="camera", key="F8")
        self.shoot.clicked.connect(page.capture_now)
        self.primary = Button("Lanjut", "primary", key="F9")
        self.primary.clicked.connect(page.go_on)
        self._pressed: Callable[[], None] = page.go_on
        self.line = footer([self.excuse, self.repeat, self.force, self.again], [self.put_off, self.shoot, self.cancel, self.primary])

    def show(self, view: RecordView, part: Part, *, large: bool) -> None:
        """``large``: large letters, so that the buttons say only what is needed."""
        device = part.key not in ("data", "tinjau")
        recording, still = view.stage is Stage.REKAM, not part.capturing
        low = [s for s in view.of_part(part.key) if s.state == "low"] if device else []
        self.put_off.setVisible(self.page.work.may_act(view.permohonan))
        self.put_off.set_text("Tunda" if large else "Simpan & tunda")
        for button, icon in ((self.repeat, "rotate-ccw"), (self.shoot, "camera"), (self.excuse, "hand"), (self.again, "refresh-cw")):
            button.icon_name = "" if large else icon
            button.updateGeometry()
        self.shoot.setVisible(device and recording)
        self.shoot.set_text(part.capture_word or "Ambil")
        self.shoot.setEnabled(still and view.confirmed and (part.key == "foto" or not view.part_done(part.key)))
        self.repeat.setVisible(device and recording)
        tried = part.asks() or any(s.attempts for s in view.of_part(part.key))
        self.repeat.setEnabled(still and view.confirmed and tried)
        self.excuse.setVisible(recording and part.key in ("jari", "iris", "tanda_tangan"))
        self.force.setVisible(bool(low) and all(s.tries_left == 0 for s in low))
        applicant = self.page.applicant
        self.again.setVisible(applicant is not None and applicant.put_away and part.key in ASKING and not view.part_done(part.key))
        self.primary.set_text(self._primary_word(view, part))
        self.primary.setEnabled(not self.page.busy and still and self._primary_ready(view, part))

    def _primary_word(self, view: RecordView, part: Part) -> str:
        if part.key == "data" and not view.confirmed:
            return "Simpan perbaikan" if view.permohonan.corrections else "Pemohon membenarkan"
        if part.key == "tinjau":
            return "Sahkan & segel" if view.stage is Stage.KIRIM else "Selesai merekam"
        return f"Lanjut: {PART_TITLES[view.following(part.key)]}"

    def _primary_ready(self, view: RecordView, part: Part) -> bool:
        if part.key == "tinjau":
            return view.applicant_agreed if view.stage is Stage.KIRIM else view.status.complete
        return part.key == "data" or view.part_done(part.key)

    def _ask_again(self) -> None:
        if self.page.applicant is not None:
            self.page.applicant.ask_again()

    def show_panel(self, act: str, save: Callable[[], None]) -> None:
        """A panel stands over the part: only ``act`` and the way back."""
        for button in (self.excuse, self.repeat, self.force, self.again, self.put_off, self.shoot):
            button.hide()
        self.cancel.show()
        self.primary.set_text(act)
        self.primary.setEnabled(True)
        self._press(save)

    def hide_panel(self) -> None:
        """The part is in front again; :meth:`show` follows."""
        self.cancel.hide()
        self._press(self.page.go_on)

    def _press(self, act: Callable[[], None]) -> None:
        self.primary.clicked.disconnect(self._pressed)
        self._pressed = act
        self.primary.clicked.connect(act)
