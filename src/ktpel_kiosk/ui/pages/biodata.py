"""The biodata form: the KTP-el's fields with code lists, problems shown beside each field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ktpel_kiosk.ui.presenters.intake import LABELS, IntakePresenter
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField, Field, TextField
from ktpel_kiosk.ui.widgets.picker import PickField

SEXES = (("L", "Laki-laki"), ("P", "Perempuan"))
CELLS: tuple[tuple[str, ...], ...] = (
    ("nama",), ("tempat_lahir",), ("tanggal_lahir",), ("jenis_kelamin",), ("golongan_darah",), ("alamat",), ("rt", "rw"), ("desa",),
    ("kecamatan",), ("agama",), ("status_perkawinan",), ("pekerjaan",), ("no_kk",), ("kewarganegaraan",), ("kabupaten",), ("provinsi",),
    ("berlaku_hingga",),
)
"""The order of the KTP-el, so that it is copied line by line; what the office's own residents share stands last."""
WIDE = 600
"""Design pixels from which three columns fit."""


class BiodataForm(QWidget):
    """Two columns, three where there is room; ``skip`` leaves fields out (the NIK stands above it at the counter)."""

    changed = Signal(str)
    left = Signal(str)
    """The cursor left a field."""

    def __init__(self, presenter: IntakePresenter, skip: Iterable[str] = ("nik",)) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(12)
        left_out = set(skip)
        self._cells: list[QWidget] = [self._cell(names, presenter) for names in CELLS if names[0] not in left_out]
        self._columns = 0
        self._arrange(2)
        self.show_permit()

    def _cell(self, names: Sequence[str], presenter: IntakePresenter) -> QWidget:
        made = [self._field(n, presenter) for n in names]
        if len(made) == 1:
            return made[0]
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        for one in made:
            line.addWidget(one, 1)
        return holder

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for cell in self._cells:
            self._grid.removeWidget(cell)
        for place, cell in enumerate(self._cells):
            self._grid.addWidget(cell, place // columns, place % columns, Qt.AlignmentFlag.AlignTop)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(3 if self.width() >= theme_of(self).px(WIDE) else 2)

    def _field(self, name: str, presenter: IntakePresenter) -> Field:
        title = LABELS[name]
        made: Field
        if name == "tanggal_lahir":
            made = DateField(name, title, birth=True, brief=True)
        elif name == "berlaku_hingga":
            made = DateField(name, "Berlaku hingga (akhir ITAP)", brief=True)
        elif name == "jenis_kelamin":
            made = ChoiceField(name, title, SEXES)
        elif name == "status_perkawinan":
            made = ChoiceField(name, title, [(c, t.capitalize()) for c, t in presenter.choices(name)])
        elif name in ("golongan_darah", "agama"):
            made = PickField(name, title, [(c, t.title() if len(t) > 3 else t) for c, t in presenter.choices(name)], placeholder="Pilih …")
        elif name == "pekerjaan":
            made = PickField(name, title, [(c, t.title()) for c, t in presenter.choices(name)], listing=name)
        elif name == "desa":
            made = PickField(name, title, listing=name, free=True, placeholder="Ketik atau pilih")
        elif name == "no_kk":
            made = TextField(name, title, placeholder="16 angka", limit=24)
        else:
            made = TextField(name, title, upper=True, limit=3 if name in ("rt", "rw") else 60)
        if name in ("no_kk", "rt", "rw"):
            made.editor.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        made.changed.connect(lambda name=name: self._changed(name))
        line = getattr(made, "line", None)
        if line is not None:
            line.editingFinished.connect(lambda name=name: self.left.emit(name))
        self.fields[name] = made
        return made

    def _changed(self, name: str) -> None:
        self.fields[name].mark("")
        self.changed.emit(name)

    def fill_villages(self, names: Iterable[str]) -> None:
        """The villages offered; others may be typed."""
        field = self.fields.get("desa")
        if isinstance(field, PickField):
            field.fill((n, n) for n in names)

    def values(self) -> dict[str, str]:
        return {n: f.value() for n, f in self.fields.items()}

    def set_values(self, values: dict[str, object], origin: str = "") -> None:
        """Fill fields; ``origin`` is said beside their labels."""
        for name, made in self.fields.items():
            if name in values:
                made.editor.blockSignals(True)
                made.set_value(values[name])
                made.editor.blockSignals(False)
                if values[name] and made.editor.property("state") == "trouble":
                    made.say("")  # what was missing is there now
                made.mark(origin if values[name] else "")

    def show_permit(self) -> None:
        """The end of the ITAP is asked of foreigners only."""
        if "berlaku_hingga" in self.fields and "kewarganegaraan" in self.fields:
            self.fields["berlaku_hingga"].setVisible(self.fields["kewarganegaraan"].value().strip().upper() not in ("", "WNI"))

    def clear(self) -> None:
        for made in self.fields.values():
            made.editor.blockSignals(True)
            made.set_value("")
            made.say("")
            made.mark("")
            made.editor.blockSignals(False)

    def show_problems(self, problems: dict[str, str], only: Iterable[str] | None = None) -> Field | None:
        """Mark wrong fields (of ``only``, if given); returns the first one."""
        first = None
        shown = set(only) if only is not None else set(self.fields)
        for name, made in self.fields.items():
            if name in shown:
                if name in problems or made.editor.property("state") == "trouble":
                    made.say(problems.get(name, ""), "trouble" if name in problems else "")
                if name in problems and first is None:
                    first = made
        return first
