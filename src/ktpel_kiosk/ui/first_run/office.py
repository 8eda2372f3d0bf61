"""Kantor dan kop surat: three small forms one after the other, the sheet beside them as it will be printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.setup import OfficeAnswers, SetupStage
from ktpel_kiosk.ui.first_run.answers import station_of
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.parts import SheetPicture
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.extra import Tabs, chosen_value
from ktpel_kiosk.ui.widgets.fields import Field, NoteField, TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

WAIT_MS = 350
PARTS: tuple[tuple[str, str], ...] = (("kantor", "Kantor dan wilayah"), ("kop", "Kop surat"), ("layanan", "Jam dan penanda tangan"))
FIELDS: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    # name, title, example, share of the line (2: whole)
    "kantor": (("nama", "Nama kantor", "Kecamatan Tempeh", 2), ("place", "Nama meja ini", "Meja 1", 1),
               ("kode_wilayah", "Kode wilayah", "35.08.05", 1), ("provinsi", "Provinsi", "JAWA TIMUR", 1),
               ("kabupaten", "Kabupaten / kota", "LUMAJANG", 1), ("kecamatan", "Kecamatan", "TEMPEH", 1), ("unit", "Unit kerja", "", 1)),
    "kop": (("pemda", "Pemerintah daerah", "Pemerintah Kabupaten Lumajang", 2), ("kop", "Baris kop surat", "", 2),
            ("alamat", "Alamat", "Jalan Raya Tempeh Nomor 1", 2), ("telepon", "Telepon", "", 1), ("email", "Surel", "", 1)),
    "layanan": (("jam_buka", "Jam buka", "08.00", 1), ("jam_tutup", "Jam tutup", "15.00", 1),
                ("penandatangan_jabatan", "Jabatan penanda tangan", "Camat Tempeh", 2),
                ("penandatangan_nama", "Nama penanda tangan", "", 2), ("penandatangan_nip", "NIP", "18 angka", 1),
                ("unit_surat", "Kode unit di nomor surat", "427.92", 1)),
}
CAPITALS = frozenset({"provinsi", "kabupaten", "kecamatan"})
ZONES = ("WIB", "WITA", "WIT")


class OfficePage(SetupPage):
    stage = SetupStage.OFFICE
    fields: dict[str, Field]

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, "Kantor dan kop surat", "Isian awal diambil dari SOP. Periksa satu per satu; contoh suratnya tampil di "
                         "sebelah.", scrolls=False)
        self.fields = {}
        self.zones = QButtonGroup(self)
        self._filling = False
        self._asked = 0
        self.tabs = Tabs(PARTS, "Bagian isian", wrap=True)
        self.tabs.chosen.connect(self._chosen)
        self.body.addWidget(self.tabs)
        self.forms = QStackedWidget()
        for key, _title in PARTS:
            self.forms.addWidget(self._form(key))
        self.sheet = SheetPicture("Contoh kop surat")
        self.sheet.set_waiting("Contoh kop surat sedang dibuat …")
        beside = QVBoxLayout()
        beside.setSpacing(6)
        beside.addWidget(label("Begini surat kantor nanti", "small", tone="muted"))
        beside.addWidget(self.sheet, 1)
        both = QHBoxLayout()
        both.setSpacing(24)
        both.addWidget(self.forms, 11)
        both.addLayout(beside, 9)
        self.body.addLayout(both, 1)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._look)

    # -- building -----------------------------------------------------------------------------------------------------

    def _form(self, part: str) -> QWidget:
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(2, 4, 12, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(12)
        line = column = 0
        for name, title, example, share in FIELDS[part]:
            field = self._field(name, title, example)
            if share == 2 and column:
                line, column = line + 1, 0
            grid.addWidget(field, line, column, 1, share, Qt.AlignmentFlag.AlignTop)
            column += share
            if column >= 2:
                line, column = line + 1, 0
        if part == "layanan":
            grid.addWidget(self._zone_line(), line + 1, 0, 1, 2)
        grid.setRowStretch(line + 2, 1)
        return scroll(inner)

    def _field(self, name: str, title: str, example: str) -> Field:
        field: Field
        if name == "kop":
            field = NoteField(name, title, placeholder="Satu baris per baris kop", lines=3)
        else:
            field = TextField(name, title, placeholder=example, upper=name in CAPITALS, limit=160)
            field.line.returnPressed.connect(self.focusNextChild)
        field.changed.connect(lambda name=name: self._typed(name))
        self.fields[name] = field
        return field

    def _zone_line(self) -> QWidget:
        line = QWidget()
        box = QHBoxLayout(line)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(label("Zona waktu", "small", weight="medium"))
        for zone in ZONES:
            chip = ChoiceChip(zone, zone)
            chip.setAccessibleName(f"Zona waktu {zone}")
            chip.clicked.connect(lambda _on=False: self._typed("zona_waktu"))
            self.zones.addButton(chip)
            box.addWidget(chip)
        box.addStretch(1)
        return line

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self._filling = True
        self._tall()
        office = self.progress.answers.office
        for name, field in self.fields.items():
            value: Any = self.progress.answers.place if name == "place" else getattr(office, name)
            field.set_value("\n".join(value) if name == "kop" else value)
            field.say("")
        for chip in self.zones.buttons():
            chip.setChecked(isinstance(chip, ChoiceChip) and chip.value == office.zona_waktu)
        self._filling = False
        self._part("kantor")
        self._look()

    def _tall(self) -> None:
        """The letterhead's lines are all seen, at any size of letters."""
        kop = self.fields["kop"]
        if isinstance(kop, NoteField):
            kop.text.setFixedHeight(theme_of(self).px(23) * 3 + 26)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and "kop" in getattr(self, "fields", ()):
            self._tall()

    def closed(self) -> None:
        if self._wait.isActive():
            self._wait.stop()
            self._keep()

    def _part(self, key: str) -> None:
        self.tabs.choose(key)
        self._chosen(key)

    def _chosen(self, key: str) -> None:
        at = [k for k, _t in PARTS].index(key)
        self.forms.setCurrentIndex(at)
        self.lead("Lanjut" if at == len(PARTS) - 1 else f"Lanjut: {PARTS[at + 1][1]}")
        first = self.fields[FIELDS[key][0][0]]
        first.editor.setFocus()

    def _typed(self, name: str) -> None:
        if not self._filling:
            if name in self.fields and name != "kode_wilayah":
                self.fields[name].say("")
            self._wait.start()

    # -- keeping and looking ------------------------------------------------------------------------------------------

    def values(self) -> tuple[OfficeAnswers, str]:
        """What stands in the fields now, and the desk's name."""
        texts = {name: f.value() for name, f in self.fields.items()}
        place = texts.pop("place") or "Meja 1"
        kop = tuple(x.strip() for x in texts.pop("kop").splitlines() if x.strip())
        return OfficeAnswers(**texts, kop=kop, zona_waktu=chosen_value(self.zones) or "WIB"), place

    def _keep(self) -> OfficeAnswers:
        office, place = self.values()
        self.progress.set(office=office, place=place, station=station_of(office, place))
        return office

    def _look(self) -> None:
        """Keep what is typed; name the region; draw the sheet. Answers of an older question are dropped."""
        office, text = self._keep(), self.progress.answers.sop_text
        number = self._asked = self._asked + 1
        self.ask(lambda: self.setup.region_name(office.kode_wilayah), lambda name: self._region(name) if number == self._asked else None)
        self.ask(lambda: self.setup.letterhead(text, office), lambda png: self._sheet(png) if number == self._asked else None,
                 lambda error: self._no_sheet(error) if number == self._asked else None)

    def _region(self, name: str) -> None:
        field = self.fields["kode_wilayah"]
        if name:
            field.say(name, "good")
        elif field.value():
            field.say("Kode ini tidak ada di tabel wilayah. Periksa angkanya.", "attention")
        else:
            field.say("")

    def _sheet(self, png: bytes) -> None:
        self.sheet.set_png(png)

    def _no_sheet(self, error: KioskError) -> None:
        self.sheet.set_waiting(self.progress.sentence(error))

    # -- going on -----------------------------------------------------------------------------------------------------

    def can_step_back(self) -> bool:
        return self.forms.currentIndex() > 0

    def back(self) -> bool:
        if self.forms.currentIndex():
            self._part(PARTS[self.forms.currentIndex() - 1][0])
            return True
        return False

    def forward(self) -> None:
        self._wait.stop()
        office, text, at = self._keep(), self.progress.answers.sop_text, self.forms.currentIndex()
        self._look()
        answers = self.progress.answers

        def check() -> Mapping[str, str]:
            desk = self.setup.check_desk(answers)
            return {**self.setup.check_office(text, office), **{k: v for k, v in desk.items() if k in ("place", "station")}}

        self.ask(check, lambda problems: self._checked(problems, at))

    def _checked(self, problems: Mapping[str, str], at: int) -> None:
        """Sentences at the fields; the first part with one is opened. Parts not reached yet are not scolded."""
        last = at == len(PARTS) - 1
        concerned = [key for i, (key, _t) in enumerate(PARTS) if last or i <= at]
        names = [name for key in concerned for name, *_rest in FIELDS[key]]
        for name in names:
            if name in problems:
                self.fields[name].say(problems[name], "trouble")
            elif name != "kode_wilayah":
                self.fields[name].say("")
        wrong = next((name for name in names if name in problems), "")
        if wrong:
            part = next(key for key in concerned if wrong in [n for n, *_r in FIELDS[key]])
            self._part(part)
            self.fields[wrong].editor.setFocus()
            return
        others = [text for name, text in problems.items() if name not in self.fields]
        if last and others:
            self.message.show_text("attention", others[0])
        elif last:
            self.shell.next()
        else:
            self._part(PARTS[at + 1][0])
