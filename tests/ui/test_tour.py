"""An applicant led through the real windows to the end, then the office's own work, on a fake desk, with a picture of every screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import audit
import pytest
from fakes import PASSWORD, FakeOffice
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui import tour
from ktpel_kiosk.ui.theme import screen_scale, text_scale
from ktpel_kiosk.ui.tour import Look, Tour, drive_tour

USUAL, LOW, LARGE = Look(1366, 768), Look(1280, 720), Look(1920, 1080)


def toured(name: str, out: Path, monkeypatch: pytest.MonkeyPatch, looks: Sequence[Look],
           text: str = "normal") -> tuple[FakeOffice, list[Path]]:
    """The office, and the pictures of the tour, once it is seen that none of them shows anything cut."""
    office = FakeOffice(name)
    cut: dict[str, str] = {}
    answered: set[str] = set()
    dress, shoot, current = Tour.dress, Tour.shoot, [""]

    def named(guide: Tour, name: str, *of: object, **more: object) -> None:
        current[0] = name
        shoot(guide, name, *of, **more)  # type: ignore[arg-type]

    def dressed(guide: Tour, target: QMainWindow, look: Look) -> None:
        dress(guide, target, look)
        guide.settle()
        for said in audit.cut(target, (look.width, look.height)):
            cut.setdefault(said, f"{current[0]} {look.suffix}")

    def centre() -> None:
        for k in office.register.packets(unsent_only=True):
            now = office.read(k.permohonan_id).current()
            if now is not None and now.stage is Stage.MENUNGGU_PRR and k.packet_id not in answered:
                answered.add(k.packet_id)
                office.prr(k.permohonan_id)

    def mishap(part: str) -> None:
        office.judge.slips = 1 if part == "jari" else 0

    monkeypatch.setattr(tour, "screen_scale", lambda wide, high: round(screen_scale(wide, high) * text_scale(text), 2))
    monkeypatch.setattr(Tour, "dress", dressed)
    monkeypatch.setattr(Tour, "shoot", named)
    object.__setattr__(office.desk, "wake_uploader", centre)
    office.judge.alike.add(office.to_stage(1, Stage.KIRIM).id)  # recorded before; the applicant's fingers will look like these
    files = drive_tour(office.desk, out, looks, password=PASSWORD, patience_s=20, mishap=mishap)
    assert not cut, "\n".join(f"{name}: {said}" for said, name in cut.items())
    return office, files


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["tempeh", pytest.param("kebakkramat", marks=pytest.mark.gate)])
def test_tour_leads_an_applicant_to_the_end(name: str, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, files = toured(name, tmp_path, monkeypatch, (USUAL,))
    assert len(files) >= 60 and all(f.stat().st_size > 5000 for f in files)
    seen = " ".join(f.name for f in files)
    for screen in ("loket-dikembalikan", "tindak-lanjut", "register-bulan", "register-ekspor", "laporan-", "pengaduan-baru",
                   "pengaturan-kalender", "pengaturan-petugas", "survei-profil", "siaga-1", "rekam-jari-ditolak",
                   "tindak-lanjut-jari-mirip"):
        assert screen in seen, screen
    assert (tmp_path / "lembar-pengembalian.pdf").exists()
    assert any(p.keadaan == "selesai" for p in office.register._p.values())


@pytest.mark.gate
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("text", ["normal", "besar", "lebih_besar", "terbesar"])
def test_nothing_of_the_tour_is_cut(text: str, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what stands on a screen in the midst of work: scores, notices, questions."""
    _office, files = toured("tempeh", tmp_path, monkeypatch, (USUAL, LARGE, LOW) if text == "normal" else (USUAL, LARGE), text)
    assert len(files) >= 120
