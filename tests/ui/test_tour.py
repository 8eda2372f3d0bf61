"""An applicant led through the real windows to the end, then the office's own work, on a fake desk, with a picture of every screen."""

from __future__ import annotations

from pathlib import Path

import audit
import pytest
from fakes import PASSWORD, FakeOffice
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.tour import Tour, drive_tour


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["tempeh", pytest.param("kebakkramat", marks=pytest.mark.gate)])
def test_tour_leads_an_applicant_to_the_end(name: str, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: dict[str, str] = {}
    shoot = Tour.shoot

    def look(tour: Tour, name: str, window: QMainWindow | None = None, **of: object) -> None:
        shoot(tour, name, window, **of)  # type: ignore[arg-type]
        target = window or tour.windows.operator
        for said in audit.cut(target, (target.width(), target.height())):
            cut.setdefault(said, name)

    monkeypatch.setattr(Tour, "shoot", look)
    office = FakeOffice(name)

    def centre(_subjects: object) -> None:
        for k in office.register.packets(unsent_only=True):
            current = office.read(k.permohonan_id).current()
            if current is not None and current.stage is Stage.MENUNGGU_PRR and k.packet_id not in answered:
                answered.add(k.packet_id)
                office.prr(k.permohonan_id)

    answered: set[str] = set()
    object.__setattr__(office.desk, "wake_uploader", lambda: centre(None))
    office.judge.alike.add(office.to_stage(1, Stage.KIRIM).id)  # recorded before; the applicant's fingers will look like these

    def mishap(part: str) -> None:
        office.judge.slips = 1 if part == "jari" else 0

    files = drive_tour(office.desk, tmp_path, password=PASSWORD, patience_s=20, mishap=mishap)
    assert not cut, "\n".join(f"{name}: {said}" for said, name in cut.items())
    assert len(files) >= 60 and all(f.stat().st_size > 5000 for f in files)
    seen = " ".join(f.name for f in files)
    for screen in ("loket-dikembalikan", "tindak-lanjut", "register-bulan", "register-ekspor", "laporan-", "pengaduan-baru",
                   "pengaturan-kalender", "pengaturan-petugas", "survei-profil", "siaga-1", "rekam-jari-ditolak",
                   "tindak-lanjut-jari-mirip"):
        assert screen in seen, screen
    assert (tmp_path / "lembar-pengembalian.pdf").exists()
    assert any(p.keadaan == "selesai" for p in office.register._p.values())
