"""The applicant's pages while served: privacy, data, photo, hands, eyes, signature, review, waiting, thanks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.ui.applicant.parts import CENTER, ApplicantPage, IconLabel, fact, qr_image
from ktpel_kiosk.ui.speech import Voice
from ktpel_kiosk.ui.widgets.base import Painted, clear_layout, column, label, set_tone
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.capture import HandMap, Picture, PreviewView
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.widgets.tables import DataRow
from ktpel_kiosk.ui.words import word


def _w(key: str) -> str:
    return word("pemohon", key)


class PrivacyPage(ApplicantPage):
    """Pemberitahuan pemrosesan data (UU 27/2022 Ps 21): what, why, who, rights, contact."""

    understood = Signal()

    def __init__(self, sop: Sop) -> None:
        super().__init__()
        self.head(_w("privasi_judul"), _w("privasi_kecil"))
        self.frame.addSpacing(44)
        contact = sop.kantor.dpo_kontak or sop.kantor.telepon or sop.kantor.nama
        grid = QGridLayout()
        grid.setHorizontalSpacing(56)
        grid.setVerticalSpacing(48)
        facts = (("fingerprint-pattern", "privasi_apa"), ("id-card", "privasi_untuk"), ("lock", "privasi_siapa"),
                 ("user", "privasi_hak"))
        for i, (icon, key) in enumerate(facts):
            grid.addLayout(fact(icon, _w(key), _w(f"{key}_teks").format(kontak=contact)), i // 2, i % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.frame.addLayout(grid)
        self.frame.addStretch(1)
        self.aloud = Button(_w("bacakan"), large=True, icon="volume-2")
        self.aloud.clicked.connect(lambda: Voice.shared().say(". ".join(
            f"{_w(k)}: {_w(f'{k}_teks')}" for _i, k in facts).format(kontak=contact)))
        self.aloud.setVisible(Voice.shared().available)
        self.go = Button(_w("mengerti"), "primary", large=True, icon="arrow-right", icon_after=True)
        self.go.clicked.connect(self.understood)
        line = QHBoxLayout()
        line.addWidget(self.aloud)
        line.addStretch(1)
        line.addWidget(self.go)
        self.frame.addLayout(line)

    def focus_first(self) -> None:
        self.go.setFocus()


class DataPage(ApplicantPage):
    """Is this you? Every line can be pointed at."""

    answered = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.head(_w("data_judul"), _w("data_kecil"))
        self.frame.addSpacing(8)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(0)
        holder = QWidget()
        holder.setLayout(self._grid)
        self.frame.addWidget(holder)
        self.frame.addStretch(1)
        self.rows: list[DataRow] = []
        self.aloud = Button(_w("bacakan"), large=True, icon="volume-2")
        self.aloud.clicked.connect(self._read)
        self.aloud.setVisible(Voice.shared().available)
        self.go = Button(_w("sudah_benar"), "primary", large=True, icon="arrow-right", icon_after=True)
        self.go.clicked.connect(lambda: self.answered.emit(self.wrong()))
        line = QHBoxLayout()
        line.addWidget(self.aloud)
        line.addStretch(1)
        line.addWidget(self.go)
        self.frame.addLayout(line)

    def show_rows(self, rows: Sequence[tuple[str, str, str]]) -> None:
        clear_layout(self._grid)
        self.rows = []
        for i, (name, title, value) in enumerate(rows):
            made = DataRow(name, title, value)
            made.toggled.connect(lambda _on: self._changed())
            self._grid.addWidget(made, i // 2, i % 2)
            self.rows.append(made)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._changed()

    def wrong(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for r in self.rows if r.isChecked() for n in r.name.split("+")))

    def _changed(self) -> None:
        count = sum(r.isChecked() for r in self.rows)
        self.subtitle.setText(_w("data_salah").format(jumlah=count) if count else _w("data_kecil"))
        self.go.set_text(_w("ada_salah" if count else "sudah_benar"))

    def _read(self) -> None:
        Voice.shared().say(_w("data_judul") + ". " + ". ".join(f"{r.text()}: {r.value}" for r in self.rows))

    def focus_first(self) -> None:
        self.go.setFocus()


class PhotoPage(ApplicantPage):
    """The live portrait, mirrored as people know themselves."""

    def __init__(self) -> None:
        super().__init__(centred=True)
        self.head(_w("foto_judul"), _w("foto_kecil"))
        self.view = PreviewView(oval=True, radius=18, mirrored=True)
        self.view.set_waiting(_w("tunggu_judul"))
        holder = QHBoxLayout()
        holder.addStretch(1)
        holder.addWidget(self.view, 2)
        holder.addStretch(1)
        self.frame.addSpacing(8)
        self.frame.addLayout(holder, 1)

    def show_frame(self, image: QImage | None, hint: str) -> None:
        self.view.set_frame(image)
        self.show_state(hint)

    def show_state(self, hint: str, countdown: float | None = None, seconds: str = "") -> None:
        self.view.set_countdown(countdown, seconds)
        self.view.set_hint(hint, "info" if hint else "", "good" if countdown is not None else "")


class ProgressBar(Painted):
    """A thick calm bar, 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set(self, share: float) -> None:
        self._share = max(0.0, min(1.0, share))
        self.setAccessibleName(f"{round(self._share * 100)} persen")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(560), self.theme.px(16))

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        painter.setBrush(self.theme.color("soft"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        if self._share > 0:
            rect.setWidth(max(rect.height(), rect.width() * self._share))
            painter.setBrush(self.theme.color("accent"))
            painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)


class HandsPage(ApplicantPage):
    """Two hands; the fingers to place are lit."""

    def __init__(self) -> None:
        super().__init__(centred=True)
        self.head("", _w("jari_kecil"))
        self.hands = HandMap(large=True)
        self.bar = ProgressBar()
        self.frame.addSpacing(12)
        self.frame.addWidget(self.hands, 1)
        self.frame.addSpacing(20)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.bar, 2)
        line.addStretch(1)
        self.frame.addLayout(line)
        self.frame.addSpacing(12)

    def show_hands(self, states: dict[Position, str], positions: tuple[Position, ...], share: float, done: bool, hint: str = "") -> None:
        self.hands.set_states(states)
        self.bar.set(share)
        self.title.setText(_w("jari_selesai") if done else hand_title(positions))
        self.subtitle.setText(_w("jari_selesai_kecil") if done else hint or _w("jari_kecil"))
        set_tone(self.subtitle, "attention" if hint and not done else "muted")


def hand_title(positions: tuple[Position, ...]) -> str:
    """``Letakkan empat jari kanan``, ``Letakkan telunjuk kiri``."""
    if set(positions) == set(RIGHT_FOUR):
        return _w("jari_kanan")
    if set(positions) == set(LEFT_FOUR):
        return _w("jari_kiri")
    if len(positions) == 2 and all("thumb" in p.value for p in positions):
        return _w("jari_jempol")
    return _w("jari_satu").format(jari=" dan ".join(word("posisi", p).lower() for p in positions))


class EyesPicture(Painted):
    """Two open eyes looking straight ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Gambar dua mata terbuka")

    def paintEvent(self, event: QEvent) -> None:
        from PySide6.QtGui import QPainterPath
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = min(self.width() / 8.4, self.height() / 3.0)
        for side in (-1, 1):
            c = QPointF(self.width() / 2 + side * unit * 2.1, self.height() / 2)
            path = QPainterPath(QPointF(c.x() - 1.7 * unit, c.y()))
            path.quadTo(c.x(), c.y() - 1.75 * unit, c.x() + 1.7 * unit, c.y())
            path.quadTo(c.x(), c.y() + 1.75 * unit, c.x() - 1.7 * unit, c.y())
            painter.setPen(QPen(theme.color("accent"), theme.px(4)))
            painter.setBrush(theme.color("surface"))
            painter.drawPath(path)
            painter.setBrush(theme.color("accent_soft"))
            painter.drawEllipse(c, 0.78 * unit, 0.78 * unit)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("ink"))
            painter.drawEllipse(c, 0.34 * unit, 0.34 * unit)
            painter.setBrush(theme.color("surface"))
            painter.drawEllipse(c + QPointF(0.14 * unit, -0.14 * unit), 0.1 * unit, 0.1 * unit)


class EyesPage(ApplicantPage):
    """Look ahead."""

    def __init__(self) -> None:
        super().__init__(centred=True)
        self.frame.addSpacing(24)
        self.head(_w("mata_judul"), _w("mata_kecil"))
        self.frame.addWidget(EyesPicture(), 1)

    def show_hint(self, hint: str) -> None:
        self.subtitle.setText(hint or _w("mata_kecil"))
        set_tone(self.subtitle, "attention" if hint else "muted")


class SignPage(ApplicantPage):
    """What is being signed, and the area to sign in."""

    signed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.head(_w("ttd_judul"), _w("ttd_kecil"))
        self.ink = SignatureField()
        self.ink.changed.connect(self._changed)
        self.frame.addSpacing(4)
        self.frame.addWidget(self.ink, 1)
        self.frame.addSpacing(8)
        self.again = Button(_w("ulangi"), large=True, icon="eraser")
        self.again.clicked.connect(self.ink.clear)
        self.go = Button(_w("selesai"), "primary", large=True, icon="check", icon_after=True)
        self.go.clicked.connect(lambda: self.signed.emit(self.ink.capture()))
        line = QHBoxLayout()
        line.addWidget(self.again)
        line.addStretch(1)
        line.addWidget(self.go)
        self.frame.addLayout(line)

    def ask(self, sentence: str) -> None:
        self.subtitle.setText(sentence)
        self.ink.clear()
        self._changed()

    def _changed(self) -> None:
        self.go.setEnabled(not self.ink.is_empty())


class ReviewPage(ApplicantPage):
    """Everything is there: agree that it is sent."""

    agreed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.head(_w("tinjau_judul"), _w("tinjau_kecil"))
        self.frame.addSpacing(16)
        self.portrait = Picture(QSize(210, 280))
        self.signature = Picture(QSize(400, 150), fill=False)
        self.name = label("", "applicant_button", weight="semibold", wrap=True)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(10)
        body = QHBoxLayout()
        body.setSpacing(40)
        body.addWidget(self.portrait, 0, Qt.AlignmentFlag.AlignTop)
        side = column(self.name, spacing=16)
        side.addLayout(self.lines)
        side.addWidget(self.signature)
        side.addStretch(1)
        body.addLayout(side, 1)
        self.frame.addLayout(body, 1)
        self.go = Button(_w("setuju"), "primary", large=True, icon="check", icon_after=True)
        self.go.clicked.connect(self.agreed)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.go)
        self.frame.addLayout(line)

    def show_review(self, name: str, portrait: QImage | None, signature: QImage | None, lines: Sequence[str]) -> None:
        self.name.setText(name)
        self.portrait.set_image(portrait)
        self.signature.set_image(signature)
        clear_layout(self.lines)
        for text in lines:
            line = QHBoxLayout()
            line.setSpacing(12)
            line.addWidget(IconLabel("check", "good", 24))
            line.addWidget(label(text, "applicant_body"), 1)
            self.lines.addLayout(line)

    def focus_first(self) -> None:
        self.go.setFocus()


class WaitPage(ApplicantPage):
    """The officer is busy with something."""

    def __init__(self) -> None:
        super().__init__(centred=True)
        self.frame.addStretch(1)
        self.frame.addWidget(IconLabel("clock", "accent", 72), 0, CENTER)
        self.frame.addSpacing(12)
        self.head(_w("tunggu_judul"), _w("tunggu_kecil"))
        self.frame.addStretch(1)


class ThanksPage(ApplicantPage):
    """The receipt's number and its QR."""

    def __init__(self) -> None:
        super().__init__(centred=True)
        self.head(_w("terima_judul"), _w("terima_kecil"))
        self.code = Picture(QSize(260, 260), fill=False)
        self.number = label("", "applicant_title", weight="bold", align=CENTER)
        self.detail = label("", "applicant_body", tone="muted", align=CENTER, wrap=True)
        self.frame.addStretch(1)
        self.frame.addWidget(self.code, 0, CENTER)
        self.frame.addSpacing(12)
        self.frame.addWidget(self.number)
        self.frame.addWidget(self.detail)
        self.frame.addStretch(1)

    def show_receipt(self, nomor: str, name: str, estimate: str) -> None:
        self.code.set_image(qr_image(nomor))
        self.code.setAccessibleName(f"Kode QR nomor {nomor}")
        self.number.setText(nomor)
        self.detail.setText(f"{name}. {estimate}" if estimate else name)
