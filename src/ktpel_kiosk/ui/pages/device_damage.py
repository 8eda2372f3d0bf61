"""Berita acara: what is known is filled in, the officer tells the rest; earlier ones can be opened again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.device_state import DevicePanel
from ktpel_kiosk.ui.presenters.devices import DeviceCard, ReportRow
from ktpel_kiosk.ui.widgets.base import clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, IconButton
from ktpel_kiosk.ui.widgets.fields import DateField, NoteField, TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.settings_devices import DevicesSection

WHERE = {"damage.device": "make", "damage.symptom": "symptom", "damage.impact": "impact", "damage.since": "since", "text.date": "since"}
"""Which field a refusal is about."""


class EarlierReport(QWidget):
    """Number, day and device of an earlier one, and the way to see it."""

    def __init__(self, row: ReportRow) -> None:
        super().__init__()
        self.open = IconButton(f"Buka berita acara {row.nomor}", "eye")
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(label(row.title, "body", weight="medium", wrap=True))
        text.addWidget(label(row.detail, "small", tone="muted", wrap=True))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 2, 0, 2)
        line.setSpacing(4)
        line.addLayout(text, 1)
        line.addWidget(self.open, 0, Qt.AlignmentFlag.AlignTop)


class DamagePanel(DevicePanel):
    def __init__(self, section: DevicesSection) -> None:
        super().__init__(section)
        self.kind: DeviceKind | None = None
        self.fields: dict[str, TextField | NoteField] = {
            "make": TextField("make", "Merek", limit=60), "model": TextField("model", "Tipe", limit=60),
            "serial": TextField("serial", "Nomor seri", limit=60), "since": DateField("since", "Rusak sejak"),
            "symptom": NoteField("symptom", "Apa yang terjadi", placeholder="misalnya: kartu macet, printer berbunyi keras", lines=2),
            "tried": NoteField("tried", "Apa yang sudah dicoba", placeholder="misalnya: kabel diganti, dimulai ulang", lines=2),
            "impact": NoteField("impact", "Dampak pada pelayanan", placeholder="misalnya: kartu tidak dapat dicetak", lines=1),
            "request": NoteField("request", "Permintaan", lines=1),
        }
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 10, 4)
        box.setSpacing(10)
        for names in (("make", "model"), ("serial", "since"), ("symptom",), ("impact",), ("tried",), ("request",)):
            line = QHBoxLayout()
            line.setSpacing(12)
            for name in names:
                line.addWidget(self.fields[name], 1)
            box.addLayout(line)
        box.addWidget(label("Hasil uji dan catatan perangkat sejak tanggal itu ikut tercantum.", "small", tone="muted", wrap=True))
        box.addStretch(1)
        self.earlier_title = label("", "body", weight="semibold", wrap=True)
        self.earlier = QVBoxLayout()
        self.earlier.setSpacing(4)
        rest = QWidget()
        side = QVBoxLayout(rest)
        side.setContentsMargins(0, 0, 6, 0)
        side.setSpacing(8)
        side.addWidget(self.earlier_title)
        side.addLayout(self.earlier)
        side.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(18)
        both.addWidget(scroll(inner), 8)
        both.addWidget(scroll(rest), 5)
        self.make = Button("Buat berita acara", "primary", icon="file-text", key="F9")
        self.make.clicked.connect(self._make)
        self.primary = self.make
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.make, 0, Qt.AlignmentFlag.AlignRight)
        self.frame.addLayout(both, 1)
        self.frame.addLayout(foot)

    def opened(self, card: DeviceCard) -> None:
        if card.kind is not self.kind:  # what was typed stays while only the tab changes
            self.kind = card.kind
            self._clear()
            self.page.ask_latest("usulan", lambda: self.presenter.proposal(card), self._propose)
        self._list(())
        self.page.ask_latest("berita acara", lambda: self.presenter.reports(card.kind), self._list)

    def _clear(self) -> None:
        for field in self.fields.values():
            field.set_value("")
            field.say("")

    def _propose(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            if not self.fields[name].value():
                self.fields[name].set_value(value)

    def _make(self) -> None:
        kind = self.section.kind
        values = {name: field.value() for name, field in self.fields.items()}
        for field in self.fields.values():
            field.say("")
        self.page.act(lambda: self.presenter.report(kind, values), self._made, self._refused)

    def _made(self, made: tuple[str, Path]) -> None:
        nomor, path = made
        self.kind = None
        self.opened(self.section.card)
        self.page.shell.tell("good", f"Berita acara {nomor} tersimpan di {path.name}. Cetak, tanda tangani, lalu kirim ke Dinas.",
                             action="Buka", act=lambda: self._open(path))

    def _refused(self, error: KioskError) -> None:
        field = self.fields.get(WHERE.get(error.message_key, ""))
        if field is None:
            self.page.trouble(error)
            return
        field.say(self.page.shell.session.sentence(error), "attention")
        field.editor.setFocus()

    def _list(self, rows: tuple[ReportRow, ...]) -> None:
        clear_layout(self.earlier)
        self.earlier_title.setText("Berita acara terdahulu" if rows else "Belum ada berita acara untuk perangkat ini")
        for row in rows:
            made = EarlierReport(row)
            made.open.clicked.connect(lambda _on=False, nomor=row.nomor: self._again(nomor))
            self.earlier.addWidget(made)

    def _again(self, nomor: str) -> None:
        self.page.ask(lambda: self.presenter.report_file(nomor), self._open)

    def _open(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("info", f"Berita acara tersimpan di {path}.")
