"""One day of a kecamatan without a line, told through the real windows: what the operator, the courier and the technician see and do.

Real register, real network threads, real client, the reference gateway over HTTP, ``courier send`` as its own command. Only the cable is a
double (what a dead network looks like from the socket is told in tests/siak), and the biometrics.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from fakes import FakeOffice
from pagekit import PageBench
from PySide6.QtCore import Qt
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "desk"))

from courier_centre import CENTRE, STATION, FoundDisks
from doubles import Vault

from ktpel_kiosk.app.clock import Uuid7
from ktpel_kiosk.app.network import Network
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import queries
from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.domain.errors import Offline
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.packet.courier import CourierBundles
from ktpel_kiosk.packet.courier_manifest import manifest_checker
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.siak.courier_tokens import GatewayTokens
from ktpel_kiosk.siak.http_gateway import HttpGateway
from ktpel_kiosk.siak.network_thread import Rhythm
from ktpel_kiosk.siak.receipt_keys import KeyRing, KeySet
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.ui.pages.antrean import AntreanPage
from ktpel_kiosk.ui.pages.beranda import BerandaPage
from ktpel_kiosk.ui.pages.tugas import TugasPage

KEYS = KeySet.bare({"receipt-1": CENTRE.public_key()})
PATIENCE_MS = 60_000
NEVER_S = 1e7
"""Between two statuses of the centre: it says only what this story lets it say."""


class Cable:
    """The client of the gateway behind a cable that can be pulled out."""

    def __init__(self, inner: HttpGateway, plugged: Callable[[], bool]) -> None:
        self._inner, self._plugged = inner, plugged

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or name in ("close", "use_proxy"):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            if not self._plugged():
                raise Offline("gateway.no_network", host="siak.contoh.go.id")
            return found(*arguments, **options)
        return call


class Kecamatan:
    """The office, its line, the centre, and the hands at the window."""

    def __init__(self, qtbot: Any, folder: Path) -> None:
        self.plugged = False
        self.office = FakeOffice("tempeh", lambda clock: open_register(folder / "kantor", clock, Uuid7(clock)))
        office = self.office
        pem = CENTRE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.centre = GatewaySimulator(folder / "pusat", clock=office.clock, keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=NEVER_S),
                                       manifests=manifest_checker({office.desk.station: STATION[1]}))
        self.centre.start()
        self.network = Network(office.register, office.clock, self._connect, lambda: office.desk)  # type: ignore[arg-type, return-value]
        self.disks = FoundDisks()
        office.desk = replace(
            office.desk, sealer=Vault(folder / "kantor" / "packets"), gateway=self.network.gateway,
            courier=Courier(CourierBundles(*STATION), GatewayTokens(lambda: KEYS), self.disks),
            wake_uploader=self.network.wake, line_report=self.network.report, line_changed=self.network.changed)
        self.kit = PageBench(qtbot, office)
        self.usb = folder / "USB"
        self.usb.mkdir()

    def _connect(self, _proxy: str) -> Cable:
        return Cable(HttpGateway(self.centre.base_url, self.office.desk.station, receipt_keys=KeyRing(KEYS), now=self.office.clock.now),
                     lambda: self.plugged)

    def close(self) -> None:
        self.network.stop()
        self.kit.close()
        self.network.close()
        self.centre.stop()
        self.office.register.close()

    # -- looking ------------------------------------------------------------------------------------------------------

    def until(self, seen: Callable[[], bool], what: str) -> None:
        """Lets the windows live until it can be seen."""
        self.kit.qtbot.waitUntil(seen, timeout=PATIENCE_MS)
        self.kit.wait()
        assert seen(), what

    def page(self, key: str, **args: Any) -> Any:
        """The page as somebody opens it, come to rest."""
        window = self.kit.windows[-1][0]
        window.go(key, **args)
        self.kit.wait()
        return window.page(key)

    @property
    def pill(self) -> str:
        return str(self.kit.windows[-1][0].header.line.accessibleName()).removeprefix("Antrean kirim: ")

    def states(self) -> list[PacketState]:
        return [k.state for k in self.office.register.read(lambda v: v.packets())]

    def received(self) -> int:
        return sum(s is PacketState.RECEIVED for s in self.states())

    def says(self, p: Permohonan, status: StatusSiak, reason: str = "") -> None:
        """The centre tells a status of the packet that is on its way now."""
        packet = self.office.register.read(lambda v: v.packet_of(p.id))
        self.centre.tell(packet.packet_id, p.penduduk.nik, status, reason)


@pytest.fixture
def place(qtbot: Any, tmp_path: Path) -> Iterator[Kecamatan]:
    made = Kecamatan(qtbot, tmp_path)
    yield made
    made.close()


@pytest.mark.gate
@pytest.mark.timeout(400)
def test_a_dead_line_a_courier_and_all_calm_again(place: Kecamatan) -> None:
    office, kit = place.office, place.kit
    # the line is dead; four people are recorded all the same
    people = [office.to_stage(n, Stage.MENUNGGU_PRR) for n in range(4)]
    place.network.start(lambda: None, lambda: None, Rhythm(idle_s=0.3, status_every_s=0.3, status_wait_s=0.3))
    queue: AntreanPage = kit.open("antrean", AntreanPage)
    place.until(lambda: "Luring" in place.pill, "the pill")
    assert place.pill == "4 belum terkirim · Luring"
    place.until(lambda: queue.line_chip.text() == "Luring", "the queue")
    kit.press("F9")  # an impatient officer
    queue.refresh()
    kit.wait()
    rows = [queue.rows.known[queue.rows.rows.key(n)] for n in range(queue.rows.rows.rowCount())]
    assert [r.reason for r in rows] == ["Tidak ada jaringan"] * 4 and {r.next_try for r in rows} == {"begitu tersambung"}
    assert queue.detail.fixer.text() == "Operator" and "kabel" in queue.detail.advice.text()

    # a day later Beranda says so
    office.clock.advance(25 * 3600)
    home: BerandaPage = place.page("beranda")
    assert any(b.isVisible() and "4 paket belum terkirim lebih dari 24 jam" in b.plain() for b in home.notices)
    assert home._tiles[1].figure.value == "4"

    # three are enough for the courier's way: export, another computer, import
    place.disks.found = [Disk(str(place.usb), "KINGSTON", 14_000_000_000, 16_000_000_000)]
    queue = place.page("antrean")
    queue.courier.click()
    kit.wait()
    dialog = queue.dialog
    assert "Semua 4 paket" in dialog.fits.text()
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    place.until(lambda: dialog.views.currentWidget() is dialog.sent, "written")
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    late = office.to_stage(4, Stage.MENUNGGU_PRR)  # recorded after the disk left
    from ktpel_kiosk.app.cli import app
    sent = CliRunner().invoke(app, ["courier", "send", str(place.usb), "--gateway", place.centre.base_url])
    assert sent.exit_code == 0, sent.output
    assert place.received() == 0, "nothing counts before its receipt is here"
    queue.courier.click()
    kit.wait()
    dialog = queue.dialog
    dialog.tabs.choose("kembali")
    kit.wait()
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    place.until(lambda: dialog.views.currentWidget() is dialog.taken, "read")
    assert dialog.taken_figures[0].value == "4" and dialog.taken_figures[2].value == "0"
    kit.qtbot.keyClick(dialog, Qt.Key.Key_F9)
    assert place.received() == 4
    place.until(lambda: place.pill == "1 belum terkirim · Luring", "what the courier brought is counted")
    queue.refresh()
    place.until(lambda: queue.rows.rows.rowCount() == 1, "one row is left")

    # the line returns: the rest drains, and nothing the courier brought is sent again
    place.plugged = True
    kit.press("F9")
    place.until(lambda: place.received() == 5, "drained")
    place.until(lambda: place.pill == "Semua terkirim", "calm")
    queue.refresh()
    place.until(lambda: not queue.empty.isHidden(), "nothing waits")
    assert len(place.centre.receipts()) == len({i for _n, i in place.centre.receipts()}) == 5

    # statuses arrive; one failed and opens its task
    for p in people[1:]:
        place.says(p, StatusSiak.PRINT_READY_RECORD)
    place.says(people[0], StatusSiak.ENROLL_FAILURE_AT_CENTRAL, "mutu iris rendah")
    place.says(late, StatusSiak.PRINT_READY_RECORD)
    place.network.wake()

    def stage(p: Permohonan) -> Stage | None:
        current = office.read(p.id).current()
        return current.stage if current else None

    place.until(lambda: all(stage(p) is not Stage.MENUNGGU_PRR for p in (*people[1:], late)), "print ready")
    place.until(lambda: office.register.read(lambda v: v.shown_status(people[0].id)) == "ENROLL_FAILURE_AT_CENTRAL", "failed")
    home = place.page("beranda")
    place.until(lambda: any(b.isVisible() and "1 permohonan tertahan di pusat" in b.plain() for b in home.notices), "the notice")
    tasks: TugasPage = place.page("tugas", which="pusat")
    (task,) = tasks.list.ids()
    tasks.list.choose(task)
    kit.wait()
    panel = tasks.statuses
    place.until(lambda: "mutu iris rendah" in " ".join(w.text() for w in panel.history.findChildren(type(panel.what))), "why")
    panel.chips["kirim_ulang"].click()
    assert not panel.primary.isEnabled(), "a reason is asked for"
    panel.reason.set_value("diminta Disdukcapil")
    kit.wait()
    kit.press("F9")

    # the new packet goes by itself, is accepted, and all is calm
    place.until(lambda: place.received() == 6, "sent again")
    place.says(people[0], StatusSiak.PRINT_READY_RECORD)
    place.network.wake()
    place.until(lambda: stage(people[0]) is not Stage.MENUNGGU_PRR, "print ready at last")
    home = place.page("beranda")
    place.until(lambda: not any(b.isVisible() for b in home.notices), "no notice is left")
    place.until(lambda: place.pill == "Semua terkirim", "the pill is calm")
    tasks = place.page("tugas", which="pusat")
    assert not tasks.list.ids()
    assert queries.board(office.desk, kit.session().day_start()).unsent == 0
    assert office.register.check_audit().whole
    received = [a.facts["packet_id"] for a in office.register.read(lambda v: list(v.audit())) if a.event == "PacketReceived"]
    assert len(received) == len(set(received)) == 6
