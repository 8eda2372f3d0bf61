"""The device page: states in words, live tests that keep nothing, the test card, history, berita acara; all by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import PASSWORD, raw
from pagekit import PageBench, bench
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import CaptureFailed, CardRefused, Jammed, Stalled
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.device_history import DeviceDay, DeviceRecord, TroubleSeen
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceSeen, DeviceState, PrinterSupplies, PrintJobState
from ktpel_kiosk.ui.pages.device_tests import nobody_came, side_by_side
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.pages.settings_devices import ICONS, TABS
from ktpel_kiosk.ui.presenters.devices import DevicePresenter
from ktpel_kiosk.ui.words import has_word


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


def opened(kit: PageBench, kind: DeviceKind, tab: str = "keadaan", role: Peran = Peran.OPERATOR) -> Any:
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[role], section="perangkat", device=kind, tab=tab)
    kit.wait()
    return page.section("perangkat")


def facts(section: Any) -> dict[str, str]:
    grid = section.panel("uji").facts
    return {grid.itemAtPosition(i, 0).widget().text(): grid.itemAtPosition(i, 1).widget().text()
            for i in range(grid.rowCount()) if grid.itemAtPosition(i, 0) is not None and grid.itemAtPosition(i, 0).widget().isVisible()}


def run(kit: PageBench, section: Any) -> Any:
    """F9, and the test is over."""
    kit.press("F9")
    panel = section.panel("uji")
    kit.qtbot.waitUntil(lambda: panel.running is None, timeout=8000)
    kit.wait()
    return panel


def events(kit: PageBench) -> list[str]:
    return [link.event for link in kit.office.register.read(lambda v: v.audit(limit=10_000))]


def test_every_kind_has_icon_words_and_a_row_that_speaks(kit):
    section = opened(kit, DeviceKind.CAMERA)
    assert set(ICONS) == set(DeviceKind) == set(section.rows)
    for kind, row in section.rows.items():
        assert all(has_word(part, kind) for part in ("perangkat", "perangkat_saran", "uji_perangkat", "uji_tombol", "uji_tunggu"))
        assert "Siap" in row.accessibleName()
        assert row.height() >= 48


def test_a_device_that_fails_says_what_to_do(kit):
    section = opened(kit, DeviceKind.CARD_PRINTER)
    kit.office.devices.change(DeviceKind.CARD_PRINTER, DeviceHealth.MISSING)
    kit.wait()
    state = section.panel("keadaan")
    assert "Tidak terpasang" in section.rows[DeviceKind.CARD_PRINTER].accessibleName()
    assert "pita" in state.advice.plain()
    assert not state.test.isEnabled()
    kit.office.devices.change(DeviceKind.CARD_PRINTER, DeviceHealth.TROUBLE, "card_printer.jam")
    kit.wait()
    assert (state.advice.kind, "tersangkut" in state.advice.plain()) == ("trouble", True)


def test_the_strip_says_what_to_do_and_leads_to_the_device(kit):
    section = opened(kit, DeviceKind.CAMERA)
    window = section.page.shell
    window.go("beranda")
    kit.office.devices.change(DeviceKind.SIGNATURE, DeviceHealth.MISSING)
    kit.wait()
    window.header.devices[DeviceKind.SIGNATURE].click()
    assert "Sambungkan pad" in kit.notice()
    window.notice._action.click()
    kit.wait()
    assert (window.current, section.kind, section.name.text()) == ("pengaturan", DeviceKind.SIGNATURE, "Pad tanda tangan")
    assert not window.notice.isVisible()


def test_keys_alone_move_through_the_kinds_and_tabs(kit):
    section = opened(kit, DeviceKind.CAMERA)
    section.rows[DeviceKind.CAMERA].setFocus()
    QTest.keyClick(section.rows[DeviceKind.CAMERA], Qt.Key.Key_Down)
    assert section.kind is DeviceKind.FINGERPRINT
    assert section.rows[DeviceKind.FINGERPRINT].isChecked()
    QTest.keyClick(section.rows[DeviceKind.FINGERPRINT], Qt.Key.Key_Up)
    QTest.keyClick(section.rows[DeviceKind.CAMERA], Qt.Key.Key_Up)
    assert section.kind is list(DeviceKind)[-1]
    for _ in TABS[1:]:
        QTest.keyClick(section.tabs, Qt.Key.Key_Right)
    kit.wait()
    assert section.tabs.current == TABS[-1][0]
    kit.press("Esc")
    assert section.tabs.current == "keadaan"
    kit.press("F9")
    assert section.tabs.current == "uji"


# -- live tests -----------------------------------------------------------------------------------------------------------


TOLD: dict[DeviceKind, dict[str, str]] = {
    DeviceKind.CAMERA: {"Ukuran": "480 x 640 titik"}, DeviceKind.FINGERPRINT: {"Ukuran": "160 x 240 titik, 500 ppi"},
    DeviceKind.IRIS: {"Mutu kanan": "63 dari 100 (uji 1)"}, DeviceKind.SIGNATURE: {"Titik hilang": "tidak ada"},
    DeviceKind.SCANNER: {"Ukuran": "800 x 1.100 titik"}, DeviceKind.CARD_READER: {"UID chip": "04A1 B2C3 D4E5 F6", "ATR": "3B80 01"},
    DeviceKind.CARD_PRINTER: {"Media": "cr80, 85,6 x 54,0 mm", "Pita": "80 % · cukup"}, DeviceKind.DOCUMENT_PRINTER: {"Keadaan": "selesai"},
    DeviceKind.RECEIPT_PRINTER: {"Keadaan": "selesai"}, DeviceKind.BARCODE: {"Isi kode": "0042/KTP/XI/2026"},
}


def test_f9_tests_every_kind_and_keeps_nothing(kit):
    section = opened(kit, DeviceKind.CAMERA, "uji")
    assert set(TOLD) == set(DeviceKind)
    for kind, told in TOLD.items():
        section.choose(kind)
        panel = run(kit, section)
        assert panel.result.kind == "good", panel.result.plain()
        found = facts(section)
        assert all(found[name].startswith(value) for name, value in told.items()), found
        link = kit.office.register.read(lambda v, kind=kind: v.audit(subject=f"perangkat:{kind}"))[-1]
        assert (link.event, link.facts["reason"]) == ("DeviceTested", "baik")
    assert not kit.office.register._documents
    assert not kit.office.spool.kept


def test_a_failed_test_says_what_to_do_and_leads_to_the_report(kit):
    section = opened(kit, DeviceKind.SCANNER, "uji")
    kit.office.devices.trouble[DeviceKind.SCANNER] = Jammed("scanner.jam", device_kind="scanner")
    panel = run(kit, section)
    assert panel.result.kind == "trouble"
    assert "tersangkut" in panel.result.plain()
    panel.report.click()
    kit.wait()
    assert section.panel("kerusakan").fields["symptom"].value() == "Kertas tersangkut di pemindai."


def test_esc_cancels_a_waiting_test_and_the_late_answer_is_thrown_away(kit):
    waiting = kit.office.devices.waiting[DeviceKind.FINGERPRINT] = threading.Event()
    section = opened(kit, DeviceKind.FINGERPRINT, "uji")
    panel = section.panel("uji")
    section.primary.click()
    assert panel.running is not None
    assert panel.stop.isVisible()
    assert not panel.start.isEnabled()
    kit.press("Esc")
    assert waiting.is_set()
    assert panel.running is None
    assert section.tabs.current == "uji"
    assert (panel.result.plain(), panel.start.isEnabled()) == ("", True)
    assert "DeviceTested" not in events(kit)


def test_leaving_the_page_ends_a_test_and_clears_the_picture(kit):
    section = opened(kit, DeviceKind.FINGERPRINT, "uji")
    panel = run(kit, section)
    assert panel.preview.has_frame()
    section.page.shell.go("beranda")
    assert not panel.preview.has_frame()


def test_the_live_picture_stops_when_the_page_is_left(kit):
    section = opened(kit, DeviceKind.CAMERA, "uji")
    panel = section.panel("uji")
    panel.live.click()
    kit.qtbot.waitUntil(panel.preview.has_frame, timeout=3000)
    assert DeviceKind.CAMERA in kit.office.devices.started
    section.page.shell.go("beranda")
    kit.wait()
    assert DeviceKind.CAMERA not in kit.office.devices.started


def test_reading_a_card_asks_for_the_purpose_and_shows_the_photo_only_here(kit):
    section = opened(kit, DeviceKind.CARD_READER, "uji")
    panel = section.panel("uji")
    panel.read.click()
    assert panel.purpose.message()
    assert "PublicCardRead" not in events(kit)
    panel.purpose.set_value("kartu temuan")
    panel.read.click()
    kit.wait()
    assert panel.photo.isVisible()
    assert panel.photo._image is not None and not panel.photo._image.isNull()
    assert facts(section)["UID chip"] == "04A1 B2C3 D4E5 F6"
    assert "PublicCardRead" in events(kit)
    section.tabs.choose("riwayat")
    assert panel.photo._image is None


def test_a_card_that_is_no_ktp_is_told_apart(kit):
    def refuse(_reader: object) -> Any:
        raise CardRefused("chip.not_ktp", status="6A82")

    object.__setattr__(kit.office.desk, "read_public_card", refuse)
    section = opened(kit, DeviceKind.CARD_READER, "uji")
    panel = section.panel("uji")
    panel.purpose.set_value("uji")
    panel.read.click()
    kit.wait()
    assert "KTP-el" in panel.result.plain()
    assert not panel.photo.isVisible()


def test_an_admin_alone_reads_no_cards_and_prints_no_test_card(kit):
    section = opened(kit, DeviceKind.CARD_READER, "uji")
    kit.office.actors[Peran.ADMIN] = replace(kit.office.rina, peran=frozenset({Peran.ADMIN}))
    section.page.shell.session.actor = kit.office.actors[Peran.ADMIN]
    section.choose(DeviceKind.CARD_READER)
    assert not section.panel("uji").public.isVisible()
    section.choose(DeviceKind.CARD_PRINTER)
    assert not section.panel("uji").card_button.isVisible()


def test_a_test_card_asks_twice_and_uses_one_blank(kit):
    before = kit.office.register.blangko_balance()
    section = opened(kit, DeviceKind.CARD_PRINTER, "uji")
    panel = section.panel("uji")
    panel.card_button.click()
    kit.press("F9")
    assert panel.reason.message()
    panel.reason.set_value("pita baru")
    kit.press("F9")
    assert panel.second.username.message()
    panel.second.username.set_value("kasi")
    panel.second.password.set_value("salah")
    run(kit, section)
    assert panel.pages.currentIndex() == 1
    assert kit.office.register.blangko_balance() == before
    panel.second.password.set_value(PASSWORD)
    kit.office.devices.printer_says = PrintJobState.DONE
    run(kit, section)
    after = kit.office.register.blangko_balance()
    assert (after.stok, after.rusak, after.balanced) == (before.stok - 1, before.rusak + 1, True)
    assert (panel.pages.currentIndex(), facts(section)["Blangko terpakai"]) == (0, "00001")
    panel.card_button.click()
    kit.press("Esc")
    assert panel.pages.currentIndex() == 0
    assert section.tabs.current == "uji"


def test_two_pictures_stand_side_by_side():
    small, tall = raw(Image.new("L", (10, 20), 200)), raw(Image.new("L", (30, 40), 90))
    made = side_by_side((small, tall))
    assert (made.width(), made.height()) == (20 + 30 + 12, 40)
    assert made.pixelColor(1, 1).red() == 200
    assert made.pixelColor(made.width() - 1, 1).red() == 90


# -- which device, supplies, history ------------------------------------------------------------------------------------


def test_the_supervisor_chooses_among_several_devices(kit):
    kit.office.devices.inventory = lambda: [
        DeviceSeen(DeviceKind.CAMERA, "opencv", "v0", "Logitech C920", "A91", True),
        DeviceSeen(DeviceKind.CAMERA, "opencv", "v1", "Webcam")]
    section = opened(kit, DeviceKind.CAMERA, role=Peran.SUPERVISOR)
    state = section.panel("keadaan")
    rows = [state.seen.itemAt(i).widget() for i in range(state.seen.count())]
    button = next(b for r in rows for b in r.findChildren(type(state.test)) if "Webcam" in b.accessibleName())
    button.click()
    kit.wait()
    assert kit.office.devices.wanted[DeviceKind.CAMERA] == "v1"
    assert "Webcam" in kit.notice()
    assert not opened(kit, DeviceKind.CAMERA).panel("keadaan").seen.itemAt(0).widget().findChildren(type(state.test))


def test_supplies_are_told_with_words():
    presenter = DevicePresenter(None)  # type: ignore[arg-type]
    rows = presenter.supply_rows(PrinterSupplies(0, 12, None))
    assert [(r.title, r.tone) for r in rows] == [("Pita", "trouble"), ("Film", "attention"), ("Blangko di wadah", "muted")]
    assert "habis" in rows[0].text and "hampir habis" in rows[1].text


def record(kit: PageBench) -> DeviceRecord:
    now = kit.office.clock.now()
    days = tuple(DeviceDay((now - timedelta(days=i)).date(), 3600, 60, 1, 10, 1, 2) for i in range(40))
    return DeviceRecord(DeviceKind.CARD_PRINTER, "Simulasi", "card_printer", "1", True, now - timedelta(days=90), now, 1, 1, 1, 400, 40, 80,
                        (("card_printer.jam", 14), ("device.no_answer", 5)),
                        (TroubleSeen(now, "card_printer.jam", "x"), TroubleSeen(now - timedelta(days=2), "device.no_answer", "x", 75.0)),
                        days, 0.1, 0.86)


def test_history_is_told_in_words(kit):
    section = opened(kit, DeviceKind.CARD_PRINTER, "riwayat")
    assert "Belum ada catatan" in section.panel("riwayat").sentence.text()
    found = record(kit)
    object.__setattr__(kit.office.desk, "device_history", type("Kept", (), {"records": lambda _self: (found,)})())
    view = section.presenter.history(section.card)
    assert [f[1] for f in view.figures] == ["86 %", "10,0 %", "60"]
    assert view.figures[1][2] == "30 dari 300"
    assert view.errors == (("Kartu tersangkut di pencetak", 14), ("Perangkat tidak menjawab", 5))
    assert view.troubles == (("hari ini 09.15", "Kartu tersangkut di pencetak", "belum selesai"),
                             ("18/11 09.15", "Perangkat tidak menjawab", "1 menit"))
    assert section.presenter.history(replace(section.card, serial="lain")).figures == ()


# -- berita acara ---------------------------------------------------------------------------------------------------------


def test_a_report_points_at_what_is_missing_and_is_listed_afterwards(kit):
    section = opened(kit, DeviceKind.SIGNATURE, "kerusakan")
    panel = section.panel("kerusakan")
    assert panel.fields["model"].value() == "signature"
    kit.press("F9")
    assert panel.fields["symptom"].message()
    panel.fields["symptom"].set_value("Pena tidak terbaca.")
    kit.press("F9")
    assert panel.fields["impact"].message()
    panel.fields["impact"].set_value("Tanda tangan di layar.")
    panel.fields["since"].set_value("kemarin dulu")
    kit.press("F9")
    assert panel.fields["since"].message()
    assert "DeviceDamageReported" not in events(kit)
    panel.fields["since"].set_value("18-11-2026")
    kit.press("F9")
    assert "BAK" in kit.notice()
    assert panel.earlier.count() == 1
    assert panel.fields["symptom"].value() == ""
    assert [p for p in kit.office.spool.kept if "BA-kerusakan" in p]
    section.choose(DeviceKind.CAMERA)
    kit.wait()
    assert panel.earlier.count() == 0


def test_the_paper_finds_the_history_of_a_maker_with_a_long_name(kit):
    identity = DeviceIdentity("Hitachi Omron", "DTC 1500", "B7", "cups")
    found = replace(record(kit), make="Hitachi Omron", model="DTC 1500", serial="B7")
    object.__setattr__(kit.office.desk, "device_history", type("Kept", (), {"records": lambda _self: (found,)})())
    kit.office.devices.states = lambda: [DeviceState(DeviceKind.CARD_PRINTER, DeviceHealth.TROUBLE, identity, "card_printer.jam")]
    papers = []
    kit.office.desk.documents.damage_report = lambda paper: papers.append(paper) or b"%PDF"
    section = opened(kit, DeviceKind.CARD_PRINTER, "kerusakan")
    panel = section.panel("kerusakan")
    assert (panel.fields["make"].value(), panel.fields["model"].value()) == ("Hitachi Omron", "DTC 1500")
    assert panel.fields["symptom"].value() == "Kartu tersangkut di pencetak."
    panel.fields["impact"].set_value("Kartu tidak dapat dicetak.")
    kit.press("F9")
    assert dict(papers[0].riwayat)["Gagal"] == "30 dari 300 pekerjaan"


def test_nobody_in_front_of_the_device_is_no_fault_of_it():
    assert nobody_came(Stalled("card_reader.no_card")) and nobody_came(CaptureFailed("finger.none"))
    assert not nobody_came(Stalled("device.stalled")) and not nobody_came(Jammed("scanner.jam"))


def test_what_was_typed_stays_while_looking_at_another_tab(kit):
    section = opened(kit, DeviceKind.SIGNATURE, "kerusakan")
    panel = section.panel("kerusakan")
    panel.fields["symptom"].set_value("Pena tidak terbaca.")
    section.tabs.choose("riwayat")
    section.tabs.choose("kerusakan")
    kit.wait()
    assert panel.fields["symptom"].value() == "Pena tidak terbaca."
