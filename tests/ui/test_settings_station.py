"""Pengaturan of a serving desk: certificates in and out, the address, copies and the code; Beranda tells what is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pagekit import PageBench, bench
from PySide6.QtWidgets import QApplication, QFileDialog

from desk.doubles import Care
from ktpel_kiosk.desk.station_care import Lack
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.station_care import Copies
from ktpel_kiosk.ui import kiosk_files
from ktpel_kiosk.ui.pages.pengaturan import SECTIONS, PengaturanPage, sections
from ktpel_kiosk.ui.presenters.board import BoardPresenter
from ktpel_kiosk.ui.presenters.station_care import StationCarePresenter


@pytest.fixture
def care() -> Care:
    return Care()


@pytest.fixture
def serving(qtbot: Any, care: Care) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, station_care=care, gateway_address=lambda: care.address)
        yield made


def open_section(made: PageBench, key: str, role: Peran = Peran.SUPERVISOR) -> Any:
    page: PengaturanPage = made.open("pengaturan", PengaturanPage, made.office.actors[role], section=key)
    return page.section(key)


def panel_of(made: PageBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, click: Any) -> None:
    """The button opens the house's panel; the documents folder is chosen in it."""
    monkeypatch.setattr(kiosk_files, "documents", lambda: tmp_path)
    click.click()
    made.wait()
    assert made.windows[-1][0].overlay is not None
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog)]
    made.press("F9")


def test_certificates_go_out_and_come_in_by_the_house_panel(serving: PageBench, care: Care, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    section = open_section(serving, "kunci")
    assert section.chip.text() == "5 belum ada" and "Menyegel" in section.missing.text() and section.rows.count() == 5
    panel_of(serving, tmp_path, monkeypatch, section.write)
    assert care.wrote == [(serving.office.desk.sop.kantor.nama, tmp_path)] and "permintaan-uji" in section.written.text()
    care.trouble["take_certificates"] = BadInput("keys.private", path="rahasia.pem")
    panel_of(serving, tmp_path, monkeypatch, section.take)
    assert "rahasia.pem" in section.taken.text() and section.chip.text() == "5 belum ada"
    panel_of(serving, tmp_path, monkeypatch, section.take)
    assert "lengkap" in section.taken.text() and section.chip.text() == "lengkap" and section.missing.isHidden()
    section.address.line.setText("http://pusat.example")
    section.save.click()
    serving.wait()
    assert "https://" in section.address.message() and care.address == ""
    section.address.line.setText("https://pusat.example")
    section.save.click()
    serving.wait()
    assert care.address == "https://pusat.example" and section.address.value() == care.address and section.saved.isVisible()


@pytest.mark.gate
def test_a_copy_now_another_place_and_the_code_from_paper(serving: PageBench, care: Care) -> None:
    section = open_section(serving, "cadangan")
    assert section.chip.text() == "belum dipilih" and not section.now.isEnabled() and section.typed.isHidden()
    section.other.click()
    serving.wait()
    section.places.list.items[str(care.disks[0].path)].click()
    serving.wait()
    assert care.kept.place == "/media/cadangan" and section.places.isHidden() and section.chip.text() == "belum ada"
    serving.press("F9")
    assert care.copied == 1 and "utuh" in section.message.plain()
    section.new.click()
    serving.wait()
    code = section.fresh.text()
    assert code and section.fresh.isVisible() and care.code == ""
    section.typed.set_value(code[:-2] + "99")
    section.prove.click()
    serving.wait()
    assert "belum sama" in section.typed.message() and care.code == ""
    section.typed.set_value(code.lower())
    section.prove.click()
    serving.wait()
    assert care.code == code.replace("-", "") and section.fresh.isHidden() and section.code_chip.text() == "ada di kertas"
    section.new.click()
    serving.wait()
    assert section.back() and section.fresh.text() == "", "a code on the screen goes with Esc"


@pytest.mark.gate
def test_who_may_not_change_settings_only_looks(serving: PageBench) -> None:
    section = open_section(serving, "kunci", Peran.OPERATOR)
    assert section.rows.count() == 5 and not section.take.isVisible() and not section.save.isVisible()
    assert not section.address.editor.isEnabled()


def test_the_board_names_the_gravest_of_each_and_leads_there(serving: PageBench, care: Care) -> None:
    def notices(role: Peran) -> list[tuple[str, str, str]]:
        found = BoardPresenter(serving.session(serving.office.actors[role])).load().notices
        return [(n.bold, n.action, dict(n.args).get("section", "")) for n in found]

    assert notices(Peran.SUPERVISOR) == [("Sertifikat belum terpasang.", "Pasang", "kunci"),
                                         ("Tempat cadangan belum dipilih.", "Buka cadangan", "cadangan")]
    assert notices(Peran.OPERATOR)[0] == ("Sertifikat belum terpasang.", "Lihat", "kunci")
    care.complete()
    care.address = "https://pusat.example"
    now = serving.office.desk.clock.now()
    care.kept = Copies("/x", True, now, 3, 1, "", "unproved")
    assert notices(Peran.SUPERVISOR) == [("Kode pemulihan belum dipastikan ada di kertas.", "Buka cadangan", "cadangan")]
    assert notices(Peran.OPERATOR) == [], "only whoever can act is reminded of the paper"
    care.kept = Copies("/x", True, now - timedelta(days=4), 3, 1, "", "proved")
    assert notices(Peran.OPERATOR) == [("Cadangan terakhir sudah lebih dari 3 hari.", "Lihat", "cadangan")]
    care.kept = Copies("/x", False, code="proved")
    assert notices(Peran.OPERATOR)[0][0] == "Tempat cadangan tidak terjangkau."


def test_every_lack_has_words_and_practice_shows_none_of_it(serving: PageBench) -> None:
    from ktpel_kiosk.ui.words import has_word

    assert all(has_word(part, lack) for part in ("stasiun_judul", "stasiun_kurang") for lack in Lack)
    assert [key for key, _ in sections(serving.session())][-2:] == ["kunci", "cadangan"]
    serving.office.desk = replace(serving.office.desk, station_care=None)
    assert sections(serving.session()) == SECTIONS
    assert BoardPresenter(serving.session()).load().notices == ()
    assert not StationCarePresenter(serving.session()).may()
