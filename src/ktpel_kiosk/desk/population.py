"""The office's population list: looked up at the loket, villages for its forms."""

from __future__ import annotations

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.nik import normalise_nik
from ktpel_kiosk.domain.population import PopulationEntry


def find(desk: Desk, nik: str) -> PopulationEntry | None:
    """The resident with this NIK in the imported list, for prefilling a form; None when the list does not know them.

    ``entry.recorded`` tells whether the list says that biometrics are at the centre already (None: it says nothing).
    """
    digits = normalise_nik(nik)
    if len(digits) != 16:
        return None
    return desk.register.read(lambda v: v.population(digits))


def villages(desk: Desk) -> tuple[str, ...]:
    """Village names offered at the loket, upper case, by name: those of the office's district and those of the imported list."""
    kantor = desk.sop.kantor
    regions = desk.regions()
    own = [name.upper() for name in regions.villages(kantor.kode_wilayah)]
    if kantor.jenis == "dinas":
        own = [v.upper() for d in regions.children(kantor.kode_wilayah) for v in regions.villages(d.code)]
    listed = desk.register.read(lambda v: v.population_villages())
    return tuple(sorted({*own, *(name.upper() for name in listed)}))
