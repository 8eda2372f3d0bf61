"""The line at the top: office, desk and officer, devices, connection, clock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.widgets.base import Line, Painted, elided, label, text_width
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.status import HEALTH, ClockLabel, DeviceItem, LinePill, LogoTile
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from ktpel_kiosk.domain.line import LineReport
    from ktpel_kiosk.ui.operator_window import OperatorWindow

STRIP: tuple[tuple[DeviceKind, str], ...] = (
    (DeviceKind.CAMERA, "camera"), (DeviceKind.FINGERPRINT, "fingerprint-pattern"), (DeviceKind.IRIS, "eye"),
    (DeviceKind.SIGNATURE, "pen-line"), (DeviceKind.CARD_READER, "id-card"), (DeviceKind.CARD_PRINTER, "printer"),
)

LURING = "Luring"
HELD: dict[WaitCause, str] = {WaitCause.OFFLINE: LURING, WaitCause.DNS: LURING, WaitCause.PORTAL: LURING,
                              WaitCause.SERVER: "server terganggu", WaitCause.HOURS: "di luar jam kirim"}
"""Words of the pill for a line that does not send; the queue page says more."""

ROLE_ORDER = (Peran.CAMAT, Peran.KASI, Peran.SUPERVISOR, Peran.OPERATOR, Peran.VALIDATOR, Peran.VERIFIKATOR, Peran.LOKET,
              Peran.PENYERAH, Peran.ADMIN)


class UserButton(Pressable):
    """Desk, officer and role; opens lock and sign-out."""

    def sizeHint(self):  # type: ignore[no-untyped-def]
        from PySide6.QtCore import QSize
        return QSize(min(self.theme.px(330), text_width(self.theme.font("body"), self.text()) + self.theme.px(16)),
                     max(48, self.theme.px(48)))

    def minimumSizeHint(self):  # type: ignore[no-untyped-def]
        from PySide6.QtCore import QSize
        return QSize(self.theme.px(80), max(48, self.theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        from PySide6.QtCore import QRectF, Qt
        from PySide6.QtGui import QPainter
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0, theme.px(8), 0, -theme.px(8))
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("canvas"))
            painter.drawRoundedRect(rect, theme.radius("plate"), theme.radius("plate"))
        font = theme.font("body")
        painter.setFont(font)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(self.rect()).adjusted(theme.px(8), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter,
                         elided(font, self.text(), self.width() - theme.px(12)))
        self.ring(painter, rect, theme.px(8), theme)


class Header(QFrame):
    """56 px at the top of the operator window."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__()
        self._window = window
        self.setProperty("surface", "plain")
        self.states: dict[str, DeviceState] = {}
        self._remarks: dict[str, str] = {}
        self._unsent = 0
        self.office = label(window.desk.sop.kantor.nama, "body", weight="bold")
        self.user = UserButton("")
        self.user.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.user.clicked.connect(self._menu)
        self.devices: dict[str, DeviceItem] = {}
        self.line = LinePill()
        self.line.clicked.connect(lambda: window.go("antrean"))
        self.clock = ClockLabel()
        divider: Painted = Line(vertical=True)
        divider.setFixedHeight(26)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 3, 20, 4)
        layout.setSpacing(10)
        for item in (LogoTile(), self.office, divider, self.user):
            layout.addWidget(item)
        layout.addStretch(1)
        strip = QHBoxLayout()
        strip.setSpacing(0)
        for kind, icon in STRIP:
            made = DeviceItem(word("perangkat", kind), icon)
            made.clicked.connect(lambda _on=False, kind=kind: window.device_help(kind))
            strip.addWidget(made)
            self.devices[kind] = made
        layout.addLayout(strip)
        layout.addSpacing(6)
        self.practice: LinePill | None = None
        if window.desk.practice is not None:
            self.practice = LinePill()
            self.practice.set_state("Latihan", "attention", "triangle-alert")
            self.practice.setAccessibleName("Mode latihan: buka kendali perangkat simulasi")
            self.practice.setToolTip("Mode latihan: perangkat simulasi. Buka kendalinya (F12).")
            self.practice.clicked.connect(window.show_practice)
            layout.addWidget(self.practice)
        layout.addWidget(self.line)
        layout.addSpacing(6)
        layout.addWidget(self.clock)

    def show_user(self, place: str, actor: Actor) -> None:
        role = word("peran", next((r for r in ROLE_ORDER if r in actor.peran), "operator"))
        short = actor.nama.split(",")[0]
        self.user.setText(f"{place}  ·  {short}, {role}")
        self.user.setAccessibleName(f"{place}, {actor.nama}, {role}")
        self.user.setToolTip(f"{actor.nama}, {role}")
        self.user.updateGeometry()
        self.user.update()

    def _menu(self) -> None:
        menu = QMenu(self)
        menu.addAction("Kunci layar", self._window.lock)
        menu.addAction("Keluar", self._window.sign_out)
        if self._window.kiosk is not None:
            menu.addSeparator()
            for how in ("tutup", "mulai_ulang", "matikan"):
                menu.addAction(word("kiosk", how) + " …", partial(self._window.ask_to_leave, how))
        menu.popup(self.user.mapToGlobal(self.user.rect().bottomLeft()))

    def show_device(self, state: DeviceState) -> None:
        self.states[state.kind] = state
        item = self.devices.get(state.kind)
        if item is not None:
            item.set_state(state.health, self._trouble_word(state))

    def remark(self, kind: str, text: str) -> None:
        """Something to know about a device that works: said when it is clicked. Empty: nothing any more."""
        self._remarks[kind] = text
        item = self.devices.get(kind)
        if item is not None:
            item.set_remark(text)

    def _trouble_word(self, state: DeviceState) -> str:
        if state.health is not DeviceHealth.TROUBLE:
            return ""
        short = {"media": "Pita habis", "ribbon": "Pita habis", "jam": "Macet", "stall": "Tidak menjawab", "busy": "Sibuk"}
        return next((text for part, text in short.items() if part in state.trouble.lower()), "Bermasalah")

    def explain(self, kind: str) -> tuple[str, str, str]:
        """Title, health and one sentence on what to do for a device."""
        state = self.states.get(kind)
        health = state.health if state else DeviceHealth.MISSING
        title = f"{word('perangkat', kind)} {HEALTH[health][1]}."
        if health in (DeviceHealth.READY, DeviceHealth.BUSY) and state is not None:
            identity = state.identity
            if self._remarks.get(kind):
                return title, health, self._remarks[kind]
            return title, health, f"{identity.make} {identity.model}, siap digunakan." if identity else "Siap digunakan."
        if state is not None and state.trouble:
            return title, health, self._window.desk.sentences.text(state.trouble, **dict(state.facts))
        return title, health, word("perangkat_saran", kind)

    def show_queue(self, unsent: int) -> None:
        self._unsent = unsent
        self.show_line(self._window.desk.line_report())

    def show_line(self, report: LineReport) -> None:
        """What waits and whether the line works, in one pill."""
        held = HELD.get(report.cause, "tertahan") if report.cause is not WaitCause.NONE else ""
        waits = f"{number_text(self._unsent)} belum terkirim" if self._unsent else "Semua terkirim"
        offline = held == LURING
        icon = "wifi-off" if offline else "cloud-upload" if self._unsent else "check"
        self.line.set_state(f"{waits} · {held}" if held else waits, "attention" if self._unsent or offline else "good", icon)

    def show_time(self, session: Session) -> None:
        self.clock.set(session.time(session.now()), session.zona)


