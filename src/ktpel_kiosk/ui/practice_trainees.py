"""Pemohon latihan: who waits at the counter, their kartu keluarga to type from, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.codes import AGAMA, GOLONGAN_DARAH, PEKERJAAN, STATUS_PERKAWINAN
from ktpel_kiosk.domain.text import date_card
from ktpel_kiosk.ports.practice import Lesson, PracticeControls, Trainee
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.widgets.base import Painted, clear_layout, elided, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.fields import Choice
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

SIGNS = {"done": ("circle-check", "good"), "wrong": ("circle-alert", "trouble"), "todo": ("circle", "muted")}


class FamilyCard(Painted):
    """The kartu keluarga as it lies on the counter, marked as an invented one."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[tuple[str, str], ...] = ()
        self._number = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_person(self, trainee: Trainee) -> None:
        p = trainee.person
        sex = "PEREMPUAN" if p.jenis_kelamin.value == "P" else "LAKI-LAKI"
        self._number = p.no_kk
        self._rows = (
            ("Nama", p.nama), ("NIK", p.nik), ("Jenis kelamin", sex), ("Tempat lahir", p.tempat_lahir),
            ("Tanggal lahir", date_card(p.tanggal_lahir)), ("Golongan darah", GOLONGAN_DARAH.text(p.golongan_darah)),
            ("Agama", AGAMA.text(p.agama)), ("Pekerjaan", PEKERJAAN.text(p.pekerjaan)),
            ("Status", STATUS_PERKAWINAN.text(p.status_perkawinan)), ("Alamat", p.alamat), ("RT/RW", f"{p.rt}/{p.rw}"),
            ("Desa/kelurahan", p.desa), ("Kecamatan", p.kecamatan), ("Kabupaten/kota", p.kabupaten), ("Provinsi", p.provinsi),
            ("Nomor HP", trainee.phone),
        )
        self.setAccessibleName(f"Kartu keluarga nomor {self._number}. " + ". ".join(f"{k}: {v}" for k, v in self._rows))
        self.setToolTip("\n".join(f"{k}: {v}" for k, v in self._rows))
        self.updateGeometry()
        self.update()

    def rows(self) -> tuple[tuple[str, str], ...]:
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(300), self.theme.px(76 + 21 * len(self._rows)))

    def paintEvent(self, event: QEvent) -> None:
        theme, p = self.theme, self.theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sheet = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("field_line"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRect(sheet)
        painter.save()  # the mark across the sheet
        painter.translate(sheet.center())
        painter.rotate(-32)
        painter.setOpacity(0.10)
        painter.setFont(theme.font("watermark", 700))
        painter.setPen(theme.color("attention"))
        painter.drawText(QRectF(-500, -100, 1000, 200), Qt.AlignmentFlag.AlignCenter, "LATIHAN")
        painter.restore()
        painter.setPen(theme.color("ink"))
        painter.setFont(theme.font("body", 700))
        painter.drawText(QRectF(0, p(10), self.width(), p(22)), Qt.AlignmentFlag.AlignCenter, "KARTU KELUARGA")
        painter.setFont(theme.font("body", 600))
        painter.drawText(QRectF(0, p(31), self.width(), p(22)), Qt.AlignmentFlag.AlignCenter, f"No. {self._number}")
        painter.fillRect(QRectF(p(14), p(58), self.width() - p(28), 1), theme.color("line"))
        small, strong = theme.font("small"), theme.font("small", 600)
        left, value = p(14), p(124)
        for i, (title, text) in enumerate(self._rows):
            y = p(64) + i * p(21)
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(left, y, value - left, p(21)), Qt.AlignmentFlag.AlignVCenter, title)
            painter.setFont(strong)
            painter.setPen(theme.color("ink"))
            room = self.width() - value - p(12)
            painter.drawText(QRectF(value, y, room, p(21)), Qt.AlignmentFlag.AlignVCenter, elided(strong, text, room))


class LessonLine(QWidget):
    """One thing to get right, with a sign of its own."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__()
        text = label(lesson.text, "body", wrap=True, tone="" if lesson.state == "done" else SIGNS[lesson.state][1])
        self.setAccessibleName(f"{lesson.text}: {word('pelajaran', lesson.state)}")
        self.setLayout(row(_Sign(*SIGNS[lesson.state]), text, spacing=10))
        box = self.layout()
        if box is not None:
            box.setAlignment(text, Qt.AlignmentFlag.AlignVCenter)


class _Sign(Painted):
    def __init__(self, icon: str, tone: str) -> None:
        super().__init__()
        self._icon, self._tone = icon, tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(20), self.theme.px(22))

    def paintEvent(self, event: QEvent) -> None:
        icons.draw(QPainter(self), self._icon, self.theme.color(self._tone), 0, self.theme.px(1), self.theme.px(20))


class TraineesPart(QWidget):
    """A part of the trainer's panel; asks the register off the GUI thread."""

    def __init__(self, window: OperatorWindow, controls: PracticeControls) -> None:
        super().__init__()
        self._window, self._controls = window, controls
        self._all: dict[str, Trainee] = {}
        self._asked = 0
        self.cases = Choice()
        self.cases.setAccessibleName("Pemohon latihan")
        self.says = label("", "body", wrap=True)
        self.family = FamilyCard()
        self.papers = label("", "small", tone="muted", wrap=True)
        self.next = Button("Pemohon lain", icon="refresh-cw")
        self.next.clicked.connect(self.another)
        self.lessons = QVBoxLayout()
        self.lessons.setSpacing(4)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        for item in (self.cases, self.says, self.family, self.papers):
            box.addWidget(item)
        box.addWidget(label("Sudah benar?", "body", weight="semibold"))
        box.addLayout(self.lessons)
        box.addWidget(self.next, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.cases.currentIndexChanged.connect(lambda _i: self._show())
        window.bridge.register_changed.connect(lambda _subjects: self.look())

    def opened(self) -> None:
        """Fill the list the first time; then look how it went."""
        if self._all:
            self.look()
        else:
            self._window.bridge.run(self._controls.trainees, self._fill, lambda _e: None, owner=self)

    def current(self) -> Trainee | None:
        return self._all.get(str(self.cases.currentData()))

    def _fill(self, found: Sequence[Trainee]) -> None:
        self._all = {t.key: t for t in found}
        self.cases.fill((t.key, t.title) for t in found)
        self._show()

    def another(self) -> None:
        """The next person of this case."""
        trainee = self.current()
        if trainee is not None:
            key = trainee.key
            self._window.bridge.run(lambda: self._controls.another(key), self._came, lambda _e: None, owner=self)

    def _came(self, trainee: Trainee) -> None:
        self._all[trainee.key] = trainee
        self._show()

    def _show(self) -> None:
        trainee = self.current()
        if trainee is None:
            return
        self.says.setText(f"\u201c{trainee.says}\u201d")
        self.family.show_person(trainee)
        brought = f"Dibawa: {', '.join(trainee.papers)}." if trainee.papers else "Tidak membawa berkas."
        self.papers.setText(brought + (f" Tidak dibawa: {', '.join(trainee.lacking)}." if trainee.lacking else ""))
        self.look()

    def look(self) -> None:
        """Ask what came of the chosen one; an older answer is dropped."""
        trainee = self.current()
        if trainee is None or not self.isVisible():
            return
        key, number = trainee.key, self._asked + 1
        self._asked = number
        self._window.bridge.run(lambda: self._controls.lessons(key), lambda found: self._told(found, number), lambda _e: None, owner=self)

    def _told(self, found: Sequence[Lesson], number: int) -> None:
        if number != self._asked:
            return
        clear_layout(self.lessons)
        for lesson in found:
            self.lessons.addWidget(LessonLine(lesson))
