"""The office server is gone, this desk is alone, the server is back, what was joined: what officers see, and that nothing is forced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.domain.desk_return import SETTING, Apart, DeskReturn, as_text, read
from ktpel_kiosk.domain.errors import IoFailure
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.away import ServerState, Waiting
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ui.pages.beranda import BerandaPage
from ktpel_kiosk.ui.pages.loket import LoketPage
from ktpel_kiosk.ui.pages.masuk import MasukPage
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.presenters.board import BoardPresenter

AT = datetime(2026, 11, 20, 3, 42, tzinfo=UTC)
TOLD = (
    DeskReturn("meja-2", "a" * 32, AT, 7, (Apart("0012/KTP/XI/2026", "nik.open_application", "0034/KTP/XI/2026"),)),
    DeskReturn("meja-3", "b" * 32, AT, 2, (), (Apart("0041/KTP/XI/2026", "register.number_taken"), Apart("0042/KTP/XI/2026", "lain.lagi"))),
)


class Server:
    """The office server as a test wants it."""

    def __init__(self) -> None:
        self.now = ServerState("server.kantor")
        self.left, self.asked, self.reopened = Waiting(3, 17), 0, 0

    def state(self) -> ServerState:
        return self.now

    def look(self) -> None:
        self.asked += 1

    def waiting(self) -> Waiting:
        return self.left

    def everything_known(self) -> bool:
        return not self.now.alone

    def reopen(self) -> None:
        self.reopened += 1


@pytest.fixture
def kit(qtbot: Any) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, office_server=Server())
        yield made


def server(kit: PageBench) -> Server:
    found = kit.office.desk.office_server
    assert isinstance(found, Server)
    return found


def strip(kit: PageBench) -> Any:
    window = kit.windows[-1][0]
    assert window.away is not None
    window.away.look()
    kit.wait()
    return window.away


def told_in(kit: PageBench) -> None:
    kit.office.register.write(lambda tx: (tx.log("DeskReturnNoted", "x", "-"), tx.put_setting(SETTING, as_text(TOLD)))[0])


def test_nothing_is_seen_while_all_is_well_and_one_sentence_when_it_is_not(kit: PageBench) -> None:
    kit.open("beranda", BerandaPage)
    assert strip(kit).isHidden()
    server(kit).now = ServerState("server.kantor", answers=False, since=AT, prepared=False)
    bar = strip(kit).bar
    assert bar.plain().startswith("Server kantor tidak terjangkau sejak 10.42. Meja ini belum punya salinan kerja")
    assert bar._action.isHidden()
    server(kit).now = ServerState("server.kantor", answers=False, since=AT)
    assert "dapat bekerja sendiri" in strip(kit).bar.plain() and not bar._action.isHidden()
    server(kit).now = ServerState("server.kantor")
    assert strip(kit).isHidden()


def test_alone_the_strip_and_the_header_say_so(kit: PageBench) -> None:
    server(kit).now = ServerState("server.kantor", alone=True, answers=False, since=AT)
    kit.open("beranda", BerandaPage)
    bar = strip(kit).bar
    assert bar.plain().startswith("Meja ini bekerja sendiri sejak 10.42. 3 permohonan menunggu digabungkan, 17 nomor register tersisa.")
    assert (bar.kind, bar._action.isHidden()) == ("info", True)
    assert "Menunggu server kantor" in kit.windows[-1][0].header.line.toolTip()
    server(kit).left = Waiting(15, 5)
    kit.office.register.write(lambda tx: tx.log("DraftSaved", "x", "rina"))
    kit.qtbot.waitUntil(lambda: bar.plain().count("tinggal 5 nomor") == 1, timeout=5000)
    assert bar.kind == "attention"


def test_switching_is_offered_asks_again_where_somebody_is_served_and_never_interrupts_a_device(kit: PageBench) -> None:
    server(kit).now = ServerState("server.kantor", alone=True, since=AT)
    kit.open("loket", LoketPage)
    window, ended = kit.windows[-1][0], []
    window.reopen = lambda: ended.append(True)  # type: ignore[method-assign]
    found = strip(kit)
    assert found.bar.plain().startswith("Server kantor terjangkau lagi. Selesaikan dulu pemohon")
    found.bar._action.click()
    kit.wait()
    assert not server(kit).reopened and kit.notice().startswith("Masih ada pemohon")
    kit.office.devices.health[DeviceKind.CAMERA] = DeviceHealth.BUSY
    window.notice._action.click()
    kit.wait()
    assert not server(kit).reopened and "Perangkat meja ini masih bekerja" in kit.notice()
    kit.office.devices.health[DeviceKind.CAMERA] = DeviceHealth.READY
    found.switch()
    kit.wait()
    assert (server(kit).reopened, ended) == (1, [True])
    server(kit).now = ServerState("server.kantor")
    found.switch()
    kit.wait()
    assert server(kit).reopened == 1 and "Tidak ada yang perlu diganti" in kit.notice()


def test_nobody_signed_in_sees_it_too_and_a_missed_step_asks_the_server_at_once(kit: PageBench) -> None:
    server(kit).now = ServerState("server.kantor", answers=False, since=AT)
    kit.open("masuk", MasukPage)
    window = kit.windows[-1][0]
    window.lock()
    found = strip(kit)
    assert found.isVisible() and "dapat bekerja sendiri" in found.bar.plain()
    window.show_error(IoFailure("storage.io", path="x"))
    assert server(kit).asked == 0
    window.show_error(IoFailure("office_server.unreachable", host="server.kantor"))
    assert server(kit).asked == 1


def test_beranda_tells_everybody_and_the_superior_settles_the_list(kit: PageBench) -> None:
    told_in(kit)
    notice = BoardPresenter(kit.session()).load().notices[0]
    assert (notice.tone, notice.bold) == ("trouble", "meja-2, meja-3 tersambung lagi, 9 permohonan digabungkan.")
    assert notice.args == (("section", "server"),)

    page = kit.open("pengaturan", PengaturanPage, section="server")
    section = page.section("server")
    kit.wait()
    assert section.done.isHidden(), "an operator reads, a superior settles"
    page = kit.open("pengaturan", PengaturanPage, actor=kit.office.actors[Peran.KASI], section="server")
    section = page.section("server")
    kit.wait()
    rows = section.presenter.load().rows
    assert [(r.number, r.tone) for r in rows] == [
        ("", "good"), ("0041/KTP/XI/2026", "trouble"), ("0042/KTP/XI/2026", "trouble"), ("", "good"), ("0012/KTP/XI/2026", "attention")]
    assert "nomor 0034/KTP/XI/2026" in rows[-1].text and "meja-3" in rows[2].text
    section.done.click()
    kit.wait()
    assert read(kit.office.register.read(lambda v: v.setting(SETTING))) == () and section.done.isHidden()
    assert [link.event for link in kit.office.register.read(lambda v: v.audit(subject="a" * 32))] == ["DeskReturnRead"]


def test_alone_the_list_waits_and_figures_tell(kit: PageBench) -> None:
    told_in(kit)
    server(kit).now = ServerState("server.kantor", alone=True, answers=False, since=AT)
    page = kit.open("pengaturan", PengaturanPage, actor=kit.office.actors[Peran.KASI], section="server")
    kit.wait()
    view = page.section("server").presenter.load()
    assert [f[1] for f in view.figures] == ["Putus", "3", "17"] and view.rows == () and not view.open
