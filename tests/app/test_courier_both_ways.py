"""Line and courier at once, in any order, with kills on both sides: each packet is stored once, receipted once, counted once.

The real register, the real uploader and sender, the real gateway simulator over HTTP, real folders as disks.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "desk"))
from courier_centre import CENTRE, STATION, FoundDisks, _waiting
from desk_office import Office, build
from doubles import Vault

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import courier, statuses
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.packet.courier import CourierBundles
from ktpel_kiosk.packet.courier_manifest import manifest_checker
from ktpel_kiosk.packet.courier_return import ReturningBundle
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.siak.courier_send import CourierLine, Sender, SendPolicy
from ktpel_kiosk.siak.courier_tokens import GatewayTokens
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway
from ktpel_kiosk.siak.receipt_keys import KeyRing, KeySet
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy

QUICK = GatewayTimeouts(connect_s=2.0, read_s=5.0, write_s=5.0, answer_s=15.0)
KEYS = KeySet.bare({"receipt-1": CENTRE.public_key()})
KEYS_RING = KeyRing(KEYS)
POLICY = SendPolicy(first_chunk=400, largest_chunk=400, smallest_chunk=400)
ACTS = ("line", "line_dies", "export", "send", "send_dies", "import", "import_old", "import_dies", "restart")
CHUNK = 400


class Dies(BaseException):
    """The process ends here: nothing on the way may swallow it."""


@dataclass
class World:
    """One kiosk, one gateway, a pocket of disks."""

    folder: Path
    office: Office
    gateway: GatewaySimulator
    clock: SystemClock = field(default_factory=SystemClock)
    disks: list[Path] = field(default_factory=list)
    sent: list[tuple[str, int]] = field(default_factory=list)
    """(upload, bytes) of every chunk the gateway took."""

    def line(self, dies_after: int = -1) -> None:
        http = HttpGateway(self.gateway.base_url, self.office.desk.station, receipt_keys=KEYS_RING, timeouts=QUICK)
        mortal = Mortal(http, self.sent, dies_after)
        up = Uploader(self.office.desk.register, mortal, self.office.vault, self.clock, random.Random(1),
                      policy=UploadPolicy(first_chunk=CHUNK, largest_chunk=CHUNK, smallest_chunk=CHUNK),
                      on_received=lambda packet_id: statuses.note_receipt(self.office.desk, packet_id),
                      on_status=lambda event: statuses.apply_status(self.office.desk, event))
        try:
            up.run_once()
            up.pull_statuses()
        except Dies:
            self.restart()
        finally:
            http.close()

    def export(self) -> None:
        disk = self.folder / f"usb-{len(self.disks)}"
        disk.mkdir()
        try:
            courier.export_bundle(self.office.desk, self.office.actor(Peran.OPERATOR), disk)
        except BadInput:   # nothing waits
            disk.rmdir()
            return
        self.disks.append(disk)

    def send(self, dies_after: int = -1) -> None:
        if not self.disks:
            return
        (folder,) = self.disks[-1].iterdir()
        bundle = ReturningBundle(folder)
        line = CourierLine(self.gateway.base_url, bundle.listed.station, receipt_keys={}, timeouts=QUICK)
        mortal = Mortal(line, self.sent, dies_after)
        try:
            Sender(bundle, mortal, self.clock, policy=POLICY).run()  # type: ignore[arg-type]
        except Dies:
            pass
        finally:
            line.close()

    def take_back(self, disk: int, dies_after: int = -1) -> None:
        if not self.disks:
            return
        count = [0]

        def step(_done: int) -> None:
            count[0] += 1
            if count[0] == dies_after:
                raise Dies
        try:
            courier.import_bundles(self.office.desk, self.office.actor(Peran.OPERATOR), self.disks[disk], on_progress=step)
        except Dies:
            self.restart()

    def restart(self) -> None:
        """A new process over the same register."""
        self.office.desk.register.close()
        register = open_register(self.folder / "tempeh", self.office.clock, Uuid7(self.office.clock))
        self.office.desk = replace(self.office.desk, register=register)

    def act(self, name: str, at: int) -> None:
        if name == "line":
            self.line()
        elif name == "line_dies":
            self.line(at)
        elif name == "export":
            self.export()
        elif name == "send":
            self.send()
        elif name == "send_dies":
            self.send(at)
        elif name == "import":
            self.take_back(-1)
        elif name == "import_old":
            self.take_back(0)
        elif name == "import_dies":
            self.take_back(-1, 1 + at % 3)
        else:
            self.restart()

    def packets(self) -> list[Packet]:
        return list(self.office.desk.register.read(lambda v: v.packets()))


class Mortal:
    """A gateway client whose process ends after so many calls, before or after the call took effect."""

    def __init__(self, inner: HttpGateway, sent: list[tuple[str, int]], dies_after: int) -> None:
        self._inner, self._sent, self._left = inner, sent, dies_after

    def __getattr__(self, name: str):
        found = getattr(self._inner, name)
        if not callable(found) or name in ("close", "say", "use_proxy"):
            return found

        def call(*arguments, **options):
            self._left -= 1
            if self._left == 0:
                raise Dies
            answer = found(*arguments, **options)
            if name == "send_chunk":
                self._sent.append((arguments[0], len(arguments[2])))
            self._left -= 1
            if self._left == 0:
                raise Dies
            return answer
        return call


@pytest.fixture(scope="module")
def furnished(tmp_path_factory) -> tuple[Path, Office]:
    """Three packets wait in an office that is made once."""
    folder = tmp_path_factory.mktemp("kantor") / "tempeh"
    made = build(folder, "tempeh")
    for index in range(3):
        _waiting(made, index)
    made.desk.register.close()
    return folder, made


@pytest.fixture(scope="module")
def worlds(furnished, tmp_path_factory) -> Callable[[], World]:
    folder, made = furnished
    pem = CENTRE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def fresh() -> World:
        here = tmp_path_factory.mktemp("dunia")
        shutil.copytree(folder, here / "tempeh")
        vault = Vault(here / "tempeh" / "packets")
        tokens = GatewayTokens(lambda: KEYS)
        desk = replace(made.desk, register=open_register(here / "tempeh", made.clock, Uuid7(made.clock)), sealer=vault,
                       courier=Courier(CourierBundles(*STATION), tokens, FoundDisks()))
        gateway = GatewaySimulator(here / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=0.0),
                                   manifests=manifest_checker({made.desk.station: STATION[1]}))
        gateway.start()
        return World(here, replace(made, desk=desk, vault=vault), gateway)

    return fresh


def check(world: World) -> None:
    """The end: a good line, a last look at every disk; then register, queue and gateway agree."""
    for _ in range(3):
        world.line()
    for number in range(len(world.disks)):
        try:
            world.take_back(number)
        except KioskError as error:   # a bundle whose writing was cut off
            assert error.message_key == "courier.none"
    packets, held = world.packets(), {h.packet_id: h for h in world.gateway.holdings()}
    assert set(held) == {p.packet_id for p in packets}
    given = {packet_id: sequence for sequence, packet_id in world.gateway.receipts()}
    assert len(given) == len(world.gateway.receipts()) == len(packets)
    for p in packets:
        assert p.state is PacketState.RECEIVED
        assert held[p.packet_id].complete
        assert p.server_sequence == given[p.packet_id]
        application = world.office.desk.register.read(lambda v, p=p: v.permohonan(p.permohonan_id))
        assert application.current().pause_reason != "jaringan"
    links = world.office.desk.register.read(lambda v: list(v.audit()))
    received = [x.facts["packet_id"] for x in links if x.event == "PacketReceived"]
    assert sorted(received) == sorted(p.packet_id for p in packets)   # each counted once
    assert world.office.desk.register.check_audit().whole
    assert sum(n for _, n in world.sent) <= sum(p.size for p in packets)   # nothing the gateway had was sent again


def play(worlds, schedule: list[tuple[str, int]]) -> None:
    world = worlds()
    try:
        for name, at in schedule:
            world.act(name, at)
        check(world)
    finally:
        world.gateway.stop()
        world.office.desk.register.close()
        shutil.rmtree(world.folder, ignore_errors=True)


SCHEDULES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 14)), min_size=1, max_size=8)


@pytest.mark.parametrize("schedule", [
    pytest.param([("export", 1), ("line", 1), ("send", 1), ("import", 1)], marks=pytest.mark.gate),
    [("export", 1), ("send_dies", 7), ("line_dies", 5), ("export", 1), ("send", 1), ("import_dies", 1), ("import_old", 1)],
    pytest.param([("line_dies", 4), ("export", 1), ("send", 1), ("line", 1), ("import", 1), ("restart", 1), ("import", 1)],
                 marks=pytest.mark.gate),
], ids=["line-first", "all-die", "half-by-line"])
def test_both_ways_at_once_count_once(worlds, schedule):
    play(worlds, schedule)


@pytest.mark.gate
@pytest.mark.timeout(1800)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink))
@given(schedule=SCHEDULES)
def test_any_order_of_line_courier_and_kills_counts_once(worlds, schedule):
    play(worlds, schedule)
