"""The biodata form: the KTP-el's fields with code lists, problems shown beside each field."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ktpel_kiosk.ui.presenters.intake import LABELS, IntakePresenter
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField, Field, TextField

SEXES = (("L", "Laki-laki"), ("P", "Perempuan"))


class BiodataForm(QWidget):
    """Two columns; ``skip`` leaves fields out (the NIK stands above it at the counter)."""

    changed = Signal(str)

    def __init__(self, presenter: IntakePresenter, skip: Iterable[str] = ("nik",)) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(14)
        left_out = set(skip)
        cells: list[tuple[str, ...]] = [
            ("nama",), ("no_kk",), ("tempat_lahir",), ("tanggal_lahir",), ("jenis_kelamin",), ("golongan_darah",), ("alamat",),
            ("rt", "rw"), ("desa",), ("kecamatan",), ("agama",), ("status_perkawinan",), ("pekerjaan",), ("kewarganegaraan",),
            ("kabupaten",), ("provinsi",), ("berlaku_hingga",),
        ]
        place = 0
        for names in cells:
            if names[0] in left_out:
                continue
            made = [self._field(n, presenter) for n in names]
            if len(made) == 1:
                grid.addWidget(made[0], place // 2, place % 2)
            else:
                line = QHBoxLayout()
                line.setSpacing(10)
                for one in made:
                    line.addWidget(one, 1)
                grid.addLayout(line, place // 2, place % 2)
            place += 1
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.show_permit()

    def _field(self, name: str, presenter: IntakePresenter) -> Field:
        title = LABELS[name]
        made: Field
        if name == "tanggal_lahir":
            made = DateField(name, title)
        elif name == "berlaku_hingga":
            made = DateField(name, "Berlaku hingga (akhir ITAP)")
        elif name == "jenis_kelamin":
            made = ChoiceField(name, title, SEXES)
        elif name in ("golongan_darah", "agama", "status_perkawinan"):
            made = ChoiceField(name, title, [(c, t.title() if len(t) > 3 else t) for c, t in presenter.choices(name)])
        elif name == "pekerjaan":
            made = ChoiceField(name, title, [(c, t.title()) for c, t in presenter.choices(name)], searchable=True, empty="")
        elif name == "no_kk":
            made = TextField(name, title, placeholder="16 angka", limit=24)
        else:
            made = TextField(name, title, upper=True, limit=3 if name in ("rt", "rw") else 60)
        made.changed.connect(lambda name=name: self.changed.emit(name))
        self.fields[name] = made
        return made

    def values(self) -> dict[str, str]:
        return {n: f.value() for n, f in self.fields.items()}

    def set_values(self, values: dict[str, object]) -> None:
        for name, made in self.fields.items():
            if name in values:
                made.editor.blockSignals(True)
                made.set_value(values[name])
                made.editor.blockSignals(False)

    def show_permit(self) -> None:
        """The end of the ITAP is asked of foreigners only."""
        if "berlaku_hingga" in self.fields and "kewarganegaraan" in self.fields:
            self.fields["berlaku_hingga"].setVisible(self.fields["kewarganegaraan"].value().strip().upper() not in ("", "WNI"))

    def clear(self) -> None:
        for made in self.fields.values():
            made.editor.blockSignals(True)
            made.set_value("")
            made.say("")
            made.editor.blockSignals(False)

    def show_problems(self, problems: dict[str, str], only: Iterable[str] | None = None) -> Field | None:
        """Mark wrong fields (of ``only``, if given); returns the first one."""
        first = None
        shown = set(only) if only is not None else set(self.fields)
        for name, made in self.fields.items():
            if name in shown:
                made.say(problems.get(name, ""), "trouble" if name in problems else "")
                if name in problems and first is None:
                    first = made
        return first
