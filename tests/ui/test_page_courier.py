"""The courier dialog over a real register and real folders as disks."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeOffice, Vault
from pagekit import PageBench, bench
from PySide6.QtCore import Qt

sys.path.insert(0, str(Path(__file__).parents[1] / "desk"))
from courier_centre import CENTRE, STATION, STRANGER, FoundDisks, page, put, receipt

from ktpel_kiosk.desk.courier import Exported, Waiting
from ktpel_kiosk.desk.courier_back import Imported
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.courier import CourierBundle, Disk, Refused
from ktpel_kiosk.domain.errors import DiskFull
from ktpel_kiosk.domain.packet import SealedPacket
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.packet.courier import CourierBundles
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.siak.courier_tokens import GatewayTokens
from ktpel_kiosk.siak.receipt_keys import KeySet
from ktpel_kiosk.ui.pages.antrean import AntreanPage
from ktpel_kiosk.ui.pages.antrean_courier import CourierDialog
from ktpel_kiosk.ui.presenters.courier import CourierPresenter, DiskRow, OutDone, OutView, disk_text
from ktpel_kiosk.ui.presenters.session import Session


@pytest.fixture
def kit(qtbot, tmp_path) -> Iterator[PageBench]:
    yield from bench(qtbot, folder=tmp_path / "kantor")


class Bytes(Vault):
    """Packets whose bytes can be read again."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def seal(self, content: Any) -> SealedPacket:
        data = content.packet_id.encode() * 100
        name = f"{content.packet_id}.ktpelpkt"
        self.files[name] = data
        return SealedPacket(content.packet_id, name, hashlib.sha256(data).hexdigest(), len(data))

    def read(self, path: str) -> bytes:
        return self.files[path]


@pytest.fixture
def disks(kit) -> FoundDisks:
    found = FoundDisks()
    tokens = GatewayTokens(lambda: KeySet.bare({"receipt-1": CENTRE.public_key()}))
    kit.office.desk = replace(kit.office.desk, sealer=Bytes(), courier=Courier(CourierBundles(*STATION), tokens, found))
    return found


@pytest.fixture
def usb(tmp_path, disks) -> Path:
    folder = tmp_path / "KINGSTON"
    folder.mkdir()
    disks.found = [Disk(str(folder), "KINGSTON", 14_000_000_000, 16_000_000_000)]
    return folder


def opened(kit: PageBench) -> CourierDialog:
    if not kit.windows:
        kit.open("antrean", AntreanPage)
    dialog = CourierDialog(kit.windows[-1][0])
    kit.qtbot.addWidget(dialog)
    dialog.open()
    kit.wait()
    return dialog


def test_out_and_back_by_keyboard(kit, usb):
    kit.office.to_stage(0, Stage.MENUNGGU_PRR)
    (packet,) = kit.office.register.read(lambda v: list(v.packets()))
    dialog = opened(kit)
    assert "Semua 1 paket" in dialog.fits.text()
    assert dialog.only_new.isHidden()
    assert not dialog.dim.isHidden()
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    kit.wait()
    assert dialog.views.currentWidget() is dialog.sent
    assert "1 paket" in dialog.sent_notice.plain()
    assert dialog.next_disk.isHidden()
    (folder,) = usb.iterdir()
    put(folder, f"receipts/{packet.packet_id}.jws", receipt(packet))
    put(folder, "receipts/lain.jws", receipt(packet, key=STRANGER))
    put(folder, "status/0-1.jws", page(packet.station, 0, [(1, packet.packet_id, StatusSiak.PRINT_READY_RECORD)]))
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    assert dialog.isHidden()
    assert dialog.dim.isHidden()

    dialog = opened(kit)
    assert not dialog.only_new.isHidden()
    dialog.only_new.click()
    assert not dialog.go.isEnabled()   # everything is on a disk already
    dialog.tabs.choose("kembali")
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    kit.wait()
    assert dialog.views.currentWidget() is dialog.taken
    assert [t.value for t in dialog.taken_figures] == ["1", "1", "1"]
    assert not dialog.taken_card.isHidden()
    dialog.tabs.choose("riwayat")
    kit.wait()
    assert dialog.past_rows.rows.rowCount() == 1
    kit.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isHidden()


def test_disks_come_and_go_and_any_folder_will_do(kit, disks, tmp_path):
    dialog = opened(kit)
    assert not dialog.disks.empty.isHidden()
    assert not dialog.read.isEnabled()
    disks.found = [Disk("/media/a", "A", 1, 2, writable=False), Disk("/media/b", "B", 10_000_000_000, 20_000_000_000)]
    dialog.look_for_disks()
    kit.wait()
    assert dialog.disks.path() == "/media/a"
    assert "terkunci tulis" in dialog.fits.text()
    assert not dialog.go.isEnabled()
    dialog.disks.table.choose("/media/b")
    dialog.disks.take_folder(str(tmp_path))
    assert dialog.disks.path() == str(tmp_path)
    disks.found = []
    dialog.look_for_disks()
    kit.wait()
    assert dialog.disks.path() == str(tmp_path)   # a folder chosen by hand stays


@pytest.fixture
def light(qtbot, tmp_path, monkeypatch) -> Iterator[PageBench]:
    """No register behind it: five packets wait, says the desk."""
    def load(self: CourierPresenter) -> OutView:
        disk = DiskRow(str(tmp_path), "A", "", "", "", "", True)
        return OutView((("Menunggu", "5", "", "muted"),) * 3, Waiting(5, 5_000_000, 2), (disk,))
    monkeypatch.setattr(CourierPresenter, "load", load)
    monkeypatch.setattr(CourierPresenter, "disks", lambda self: load(self).disks)
    yield from bench(qtbot)


def test_trouble_is_said_and_the_choice_stays(light, monkeypatch):
    dialog = opened(light)

    def full(*_a, **_k):
        raise DiskFull("courier.no_room", path="/media/a")
    monkeypatch.setattr(dialog.presenter, "export", full)
    dialog.go.click()
    assert not dialog.close_button.isEnabled()
    light.qtbot.keyClick(dialog, Qt.Key.Key_Escape)   # never closed while a disk is written
    assert not dialog.isHidden()
    light.wait()
    assert "USB penuh" in dialog.notice.plain()
    assert dialog.views.currentWidget() is dialog.out
    assert dialog.close_button.isEnabled()
    assert dialog.go.isEnabled()


def test_a_disk_that_was_too_small_is_followed_by_the_next(light, monkeypatch):
    dialog, asked = opened(light), []

    def some(root: str, *, only_new: bool, besides: frozenset[str]) -> OutDone:
        asked.append(besides)
        return OutDone("4 paket", ("langkah",), ("1 paket belum muat",) if len(asked) == 1 else (), 2 - len(asked), f"b{len(asked)}")
    monkeypatch.setattr(dialog.presenter, "export", some)
    dialog.go.click()
    light.wait()
    assert not dialog.next_disk.isHidden()
    dialog.next_disk.click()
    light.wait()
    dialog.go.click()
    light.wait()
    assert dialog.next_disk.isHidden()
    assert asked == [frozenset(), frozenset({"b1"})]
    dialog.finish.click()
    dialog.open()
    light.wait()
    dialog.go.click()
    light.wait()
    assert asked[2] == frozenset()   # another journey


@pytest.fixture
def presenter() -> CourierPresenter:
    office = FakeOffice()
    return CourierPresenter(Session(office.desk, office.rina))


def test_words(presenter):
    waits = Waiting(10, 10_000_000, 4, 4_000_000)
    say = presenter.fits
    assert say(waits, 1 << 40, only_new=False) == ("good", "Semua 10 paket (10,0 MB) muat di USB ini.")
    assert say(waits, 1 << 40, only_new=True)[1].startswith("Semua 6 paket (6,0 MB)")
    assert say(waits, 7_300_000, only_new=False)[0] == "attention"
    assert "4 dari 10" in say(waits, 7_300_000, only_new=False)[1]
    assert say(waits, 1_000_000, only_new=False)[0] == "trouble"
    assert say(waits, -1, only_new=False)[0] == "muted"
    assert say(Waiting(), 1 << 40, only_new=False)[1] == "Tidak ada paket yang perlu dibawa."
    assert (disk_text(14_200_000_000), disk_text(6_000_000)) == ("14,2 GB", "6,0 MB")


@pytest.mark.parametrize(("counts", "kind", "title"), [
    ((2, 0, 1, 0, ()), "good", "Sudah dibaca."), ((2, 0, 0, 0, ("a",)), "info", "Sudah dibaca."),
    ((0, 3, 0, 1, ()), "info", "Tidak ada yang baru."), ((0, 0, 0, 0, ("a",)), "attention", "Tidak ada yang baru."),
    ((0, 0, 0, 0, ()), "info", "Belum ada tanda terima di USB ini."),
])
def test_the_verdict(presenter, counts, kind, title):
    *numbers, names = counts
    made = presenter.back_told([Imported("l", True, *numbers, refused=tuple(Refused(n, "courier.status_older") for n in names))])
    assert (made.kind, made.title) == (kind, title)
    assert [n for n, _ in made.refused] == list(names)


def test_a_disk_full_of_rubbish_is_told_briefly(presenter):
    many = tuple(Refused(f"receipts/{n}.jws", "courier.receipt_unsigned") for n in range(250))
    made = presenter.back_told([Imported("l", True, refused=many)])
    assert len(made.refused) == 250
    assert len(made.shown) == 101
    assert made.shown[-1][0] == "dan 150 lainnya"


def test_notes_and_history(presenter):
    now = presenter.session.now()
    bundle = CourierBundle("b", now, "rina", "ktpel-kurir-meja-1", 2, 900_000, "0" * 64)
    told = presenter.told(Exported(bundle, Path("/x"), ("p1",), 3, 1_000_000))
    assert len(told.steps) == 3
    assert ["3 paket" in told.notes[0], "1 berkas" in told.notes[1]] == [True, True]
    waiting = presenter._history_row(bundle)
    assert (waiting.back, waiting.tone, waiting.label) == ("belum kembali", "attention", "meja-1")
    assert presenter._history_row(replace(bundle, imported_at=now + timedelta(1), receipts=2)).tone == "good"


def test_only_those_who_may(presenter):
    assert presenter.may()
    presenter.session.actor = Actor("kasi", "K", frozenset({Peran.KASI}))
    assert not presenter.may()


def test_the_lock_takes_the_dialog_away(kit, usb):
    """It would stand over the sign-in page with the former officer's packets, and outlive the page it belongs to."""
    page = kit.open("antrean", AntreanPage)
    page._courier()
    dialog = page.dialog
    assert dialog is not None and dialog.isVisible()
    kit.windows[-1][0].lock()
    kit.wait()
    assert dialog.isHidden() and page.dialog is None
