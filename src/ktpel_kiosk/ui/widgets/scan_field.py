"""Waiting for a code: says that the scanner may be used, takes typing as well, tells what came, explains a wrong one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.scanned import scanned
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.accessible import announce
from ktpel_kiosk.ui.motion import less_motion
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.field import Field

WAITING = "Pindai QR, atau ketik nomor"
K = Qt.Key


class ScanEdit(QLineEdit):
    """The line with the scanner's sign, which breathes while it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = True
        self.setPlaceholderText(WAITING)
        self.setClearButtonEnabled(False)
        self._phase = 0
        self._breath = QTimer(self)
        self._breath.setInterval(600)
        self._breath.timeout.connect(self._breathe)
        self._indent()

    def _indent(self) -> None:
        self.setTextMargins(theme_of(self).px(30), 0, 0, 0)

    def _breathe(self) -> None:
        self._phase = 1 - self._phase
        self.update()

    def wait(self, on: bool) -> None:
        """Show, or stop showing, that a code is waited for."""
        self.waiting = on
        if on and self.isVisible() and not less_motion():
            self._breath.start()
        else:
            self._breath.stop()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._indent()
        super().changeEvent(event)

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.wait(self.waiting)

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._breath.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = theme_of(self)
        side = theme.px(20)
        painter = QPainter(self)
        tone = "accent" if self.waiting else "muted"
        if self.waiting and self._phase:
            painter.setOpacity(0.55)
        icons.draw(painter, "scan-line", theme.color(tone), theme.px(14), (self.height() - side) / 2, side)


class ScanField(Field):
    """A code from the scanner or the keyboard.

    Args:
        judge: says what a code is: a sentence why it is not the wanted one, empty when it is.

    ``scanned`` carries each good code. Scanners that type and those that do not reach it through the page's ``scanned``, which calls
    :meth:`take`; typing ends with Enter.
    """

    scanned = Signal(str)

    def __init__(self, name: str = "kode", title: str = "Kode tanda terima", *, judge: Callable[[str], str] | None = None,
                 sentence: Callable[[KioskError], str] = str) -> None:
        self.line = ScanEdit()
        super().__init__(name, title, self.line)
        self._judge = judge or (lambda _code: "")
        self._sentence = sentence
        self._code = ""
        self.line.returnPressed.connect(lambda: self.take(self.line.text()))
        self.line.textEdited.connect(self._typed)

    def _typed(self, text: str) -> None:
        self._code = ""
        self.say("")
        self.line.wait(not text)
        self.changed.emit()

    def take(self, text: str) -> bool:
        """A code came; True when it is one of those waited for."""
        try:
            code = scanned(text)
        except KioskError as error:
            self._refuse(text, self._sentence(error) if text.strip() else "Belum ada kode. Pindai, atau ketik nomornya.")
            return False
        told = self._judge(code)
        if told:
            self._refuse(code, told)
            return False
        self._code = code
        self.line.setText(code)
        self.line.wait(False)
        self.say(f"Terbaca: {code}", "good")
        announce(self.line, f"Terbaca {code}")
        self.scanned.emit(code)
        return True

    def refuse(self, told: str) -> None:
        """The page found that the code taken last leads nowhere here."""
        self._refuse(self.line.text(), told)

    def _refuse(self, text: str, told: str) -> None:
        """What came stays to be read, chosen so that the next code takes its place."""
        self._code = ""
        self.line.setText("".join(c for c in text.strip()[:60] if c.isprintable()))
        self.line.selectAll()
        self.line.wait(True)
        self.say(told, "trouble")
        announce(self.line, told, urgent=True)

    def value(self) -> str:
        """The good code, else empty."""
        return self._code

    def set_value(self, value: object) -> None:
        self._code = str(value or "")
        self.line.setText(self._code)
        self.line.wait(not self._code)
        self.say("")


def receipt_judge(code: str) -> str:
    """For the office's receipts: codes of other papers are named instead of being called unknown."""
    digits = "".join(c for c in code if c.isdigit())
    if code.isdigit() and len(digits) == 16:
        return "Itu NIK, bukan nomor tanda terima. Cari NIK lewat Register (F3)."
    if code.lower().startswith(("http://", "https://")):
        return "Itu QR dari situs lain. Pindai QR pada tanda terima kantor ini."
    if code.startswith(("WIFI:", "BEGIN:")):
        return "Itu QR dari ponsel, bukan tanda terima. Pindai QR pada tanda terima kantor ini."
    if code.isdigit() and len(digits) in (8, 12, 13):
        return "Itu kode barang, bukan tanda terima. Pindai QR pada tanda terima kantor ini."
    return ""
