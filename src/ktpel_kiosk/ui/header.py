"""The line at the top: office, desk and officer, devices, connection, clock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import STYLE_EVENTS
from ktpel_kiosk.ui.widgets.base import Line, Painted, elided, label, text_width
from ktpel_kiosk.ui.widgets.buttons import IconButton, Pressable
from ktpel_kiosk.ui.widgets.menu import Entry, open_menu
from ktpel_kiosk.ui.widgets.status import HEALTH, ClockLabel, DeviceItem, LinePill, LogoTile
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QResizeEvent

    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.domain.line import LineReport
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.presenters.session import Session

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


SIDE, GAP, EXTRA = 20, 10, 6
SIGN_ONLY = " "
"""In the place of a trouble's words: the plate and its sign stay, nothing is written."""
LEVELS: tuple[frozenset[str], ...] = tuple(frozenset(parts.split()) for parts in (
    "", "role", "role surname", "role surname desk", "role surname desk line", "role surname desk line trouble",
    "role surname desk line trouble office", "role surname desk line trouble office number"))
"""What is given up, step by step, where the line is too short."""


class UserButton(Pressable):
    """Desk, officer and role; opens lock and sign-out."""

    def sizeHint(self):  # type: ignore[no-untyped-def]
        from PySide6.QtCore import QSize
        return QSize(min(self.theme.px(330), text_width(self.theme.font("body"), self.text()) + self.theme.px(38)),
                     max(48, self.theme.px(48)))

    def minimumSizeHint(self):  # type: ignore[no-untyped-def]
        from PySide6.QtCore import QSize
        return QSize(min(self.theme.px(80), self.sizeHint().width()), max(48, self.theme.px(48)))

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
        words = elided(font, self.text(), self.width() - theme.px(34))
        painter.drawText(QRectF(self.rect()).adjusted(theme.px(8), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
        side = theme.px(16)
        icons.draw(painter, "chevron-down", theme.color("muted"), theme.px(14) + text_width(font, words), (self.height() - side) / 2, side)
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
        self._who: tuple[str, ...] = ("",)
        self._line_words = ("Daring", "", "good", "wifi")
        self._level = -1
        self.divider: Painted = Line(vertical=True)
        self.divider.setFixedHeight(26)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SIDE, 3, SIDE, 4)
        layout.setSpacing(GAP)
        self.logo = LogoTile()
        for item in (self.logo, self.office, self.divider, self.user):
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
        layout.addSpacing(EXTRA)
        self.keyboard: IconButton | None = None
        self.practice: LinePill | None = None
        if window.desk.practice is not None:
            self.practice = LinePill()
            self.practice.set_state("Latihan", "attention", "triangle-alert")
            self.practice.setAccessibleName("Mode latihan: buka kendali perangkat simulasi")
            self.practice.setToolTip("Mode latihan: perangkat simulasi. Buka kendalinya (F12).")
            self.practice.clicked.connect(window.show_practice)
            layout.addWidget(self.practice)
        layout.addWidget(self.line)
        layout.addSpacing(EXTRA)
        layout.addWidget(self.clock)

    def show_user(self, place: str, actor: Actor) -> None:
        role = word("peran", next((r for r in ROLE_ORDER if r in actor.peran), "operator"))
        short = actor.nama.split(",")[0]
        first = short.split()[0] if short else ""
        self._who = (f"{place}  ·  {short}, {role}", f"{place}  ·  {short}", f"{place}  ·  {first}", first)
        self.user.setAccessibleName(f"{place}, {actor.nama}, {role}")
        self.user.setToolTip(f"{place}, {actor.nama}, {role}")
        self.fit()

    def _menu(self) -> None:
        window = self._window
        lines = [Entry("Kunci layar", window.lock, "lock"), Entry("Keluar", window.sign_out, "log-out")]
        if window.kiosk is not None:
            lines += [Entry(word("kiosk", how) + " …", partial(window.ask_to_leave, how), icon, apart=how == "tutup")
                      for icon, how in (("x", "tutup"), ("rotate-cw", "mulai_ulang"), ("ban", "matikan"))]
        open_menu(self.user, "Menu petugas", lines)

    def show_device(self, state: DeviceState) -> None:
        self.states[state.kind] = state
        if state.kind in self.devices:
            self._show_state(state)
            self.fit()

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
        words = (f"{waits} · {held}" if held else waits, number_text(self._unsent) if self._unsent else "",
                 "attention" if self._unsent or offline else "good", icon)
        server = self._window.desk.office_server
        if server is not None and server.state().alone:  # what this desk sealed before is not known here
            own = word("server", "paket_menunggu").format(jumlah=number_text(self._unsent)) if self._unsent else word("server", "menunggu")
            words = own, words[1], "attention", "wifi-off"
        if words != self._line_words:
            self._line_words = words
            self.fit()

    def show_time(self, session: Session) -> None:
        self.clock.set(session.time(session.now()), session.zona)

    # -- room ---------------------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Keep the line whole at any width and text size: what matters least gives way first, no device is ever cut.

        Role, surname, desk, then the words of the sending line and of devices in trouble (their signs stay), then the office's name.
        """
        if not self.width():
            return
        for level in range(len(LEVELS)):
            self._apply(level)
            if self._needed() <= self.width():
                return

    def add_keyboard(self, button: IconButton) -> None:
        """The button of the screen keyboard, before the clock, on desks that are touched."""
        self.keyboard = button
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(layout.count() - 3, button)

    def _needed(self) -> int:
        """Width of everything shown. Asked of the parts themselves: layouts inside layouts answer from memory."""
        single = [w for w in (self.logo, self.office, self.divider, self.user, self.practice, self.line, self.clock, self.keyboard)
                  if w is not None and not w.isHidden()]
        room = self.contentsMargins()
        around = 2 * SIDE + room.left() + room.right() + (len(single) + 1) * GAP + 2 * EXTRA
        return around + sum(w.sizeHint().width() for w in (*single, *self.devices.values()))

    def _apply(self, level: int) -> None:
        given_up = LEVELS[level]
        who = self._who[min(sum(part in given_up for part in ("role", "surname", "desk")), len(self._who) - 1)]
        if self.user.text() != who:
            self.user.setText(who)
        self.user.updateGeometry()
        self.user.update()
        full, number, tone, icon = self._line_words
        self.line.set_state("" if "number" in given_up else number if "line" in given_up else full, tone, icon)
        self.line.setAccessibleName(f"Antrean kirim: {full}")
        self.line.setToolTip(full)
        if self.practice is not None:
            self.practice.setText("" if "line" in given_up else "Latihan")
            self.practice.updateGeometry()
        if level != self._level:
            self._level = level
            self.office.setVisible("office" not in given_up)
            self.divider.setVisible("office" not in given_up)
        for kind in self.devices:
            if kind in self.states:
                self._show_state(self.states[kind], short="trouble" in given_up)

    def _show_state(self, state: DeviceState, *, short: bool = False) -> None:
        """The device's sign, and its words where there is room; the words are read aloud either way."""
        item, spoken = self.devices[state.kind], self._trouble_word(state)
        wanted = SIGN_ONLY if short and spoken else spoken
        if (item.health, item.word) != (state.health, wanted):
            item.set_state(state.health, wanted)
        if wanted is SIGN_ONLY:
            text = f"{item.name}: {spoken}"
            item.setAccessibleName(text)
            item.setToolTip(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in STYLE_EVENTS and hasattr(self, "clock"):
            QTimer.singleShot(0, self, self.fit)  # labels take their new size a moment later
