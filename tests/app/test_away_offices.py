"""Two desks of one office lose their server, serve applicants on, and come back: the real PostgreSQL, the real start, the real use cases.

Devices and the judge of pictures are doubles (an applicant costs a second instead of a minute); register, sealing, files, merging and
sending are the program's own. The server is killed (SIGKILL), and so is one desk in the middle of coming back.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from setup_office import PASSWORDS, another_disk, answers_of
from test_setup_desk import Pictures, officers

import office_server
from desk.doubles import Bench
from ktpel_kiosk.app import run
from ktpel_kiosk.app.away import AwayServer, open_shared
from ktpel_kiosk.app.office_server import join, move
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.simulation import practice_gateway
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import Kiosk, open_office
from ktpel_kiosk.desk import duplicates, intake, packet_files, users
from ktpel_kiosk.domain import desk_return
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.packet import demo_authority
from ktpel_kiosk.packet.keys import DemoKeys
from ktpel_kiosk.register.keys import KeyStore

pytestmark = [pytest.mark.gate, pytest.mark.timeout(600)]
FIRST, SECOND = "3508080-meja-1", "3508080-meja-2"
PATIENCE_S = 180.0
ALONE_EACH = 6


def until(what: Callable[[], object], why: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.1)


def desk_folder(folder: Path, station: str) -> tuple[Path, Path]:
    """A production desk with its certificates; and the centre's keys, the same for each desk of ``folder``."""
    made = FolderSetup(folder / station, same_disk=another_disk)
    answers = replace(answers_of(made), station=station)
    requests = made.write_request(station, answers.office, folder / f"permintaan-{station}")
    back = demo_authority.answer_requests(requests, folder / "otoritas", made._clock.now())
    made.finish(answers, PASSWORDS, lambda _t: None)
    made.take_certificates(station, back)
    made.close()
    return made.data, folder / "otoritas" / demo_authority.CENTRE


@dataclass
class Open:
    """A desk as ``ktpel-kiosk run`` has it open, without its windows."""

    kiosk: Kiosk
    shared: AwayServer
    walk: Walk

    def record(self, number: int, *, stop_at: Stage | None = None) -> Permohonan:
        """An applicant from the papers until the packet is sealed, or until ``stop_at``."""
        desk = self.walk.desk
        p = self.walk.intake(invent(number, 7, desk.sop.kantor, ("ROWOKANGKUNG",), intake.today(desk)), Layanan.BARU_WNI)
        if stop_at is None:
            return self.walk.advance(p.id)
        while (tahap := p.current()) is not None and tahap.stage is not stop_at:
            from ktpel_kiosk.desk.access import stage_roles
            self.walk.do(self.walk.officers.for_roles(stage_roles(desk.sop_of(p.sop_digest), tahap)), p)
            p = desk.register.read(lambda v, p=p: v.permohonan(p.id))
        return p

    def packets(self) -> list[Packet]:
        return self.kiosk.register.read(lambda v: list(v.packets()))


@contextmanager
def opened(data: Path, gateway: str = "") -> Iterator[Open]:
    shared = open_shared(data)
    assert shared is not None
    with open_office(data, shared=shared, settle=False) as kiosk:
        kiosk.gateway_url = gateway
        behind = run.Behind(kiosk)
        behind.start()
        if shared.state().answers or shared.alone:
            behind._thread.join(PATIENCE_S)
        desk = replace(kiosk.desk, devices=Bench(), biometrics=Pictures())
        try:
            yield Open(kiosk, shared, Walk(desk, officers(kiosk), lambda _p: None, lambda _j: None, rng=random.Random(1)))
        finally:
            behind.stop()


def files_of(data: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((data / "packets").glob("*.ktpelpkt"))}


COMING_BACK = """
import sys
from pathlib import Path
from ktpel_kiosk.app.away import open_shared
print("go", flush=True)
found = open_shared(Path(sys.argv[1]))
assert not found.alone
found.register.close()
"""


def killed_while_coming_back(data: Path, server: office_server.OfficeServer, database: str, at_each: Sequence[int]) -> list[int]:
    """The desk's process is killed (SIGKILL) when so many of its applications have arrived; how many had, each time."""
    arrived = []
    with psycopg.connect(f"host={server.folder} user=desk dbname={database}", autocommit=True) as looking:
        def there() -> int:
            found = looking.execute("SELECT count(*) FROM permohonan").fetchone()
            return int(found[0]) if found else 0

        base = there()
        for at in at_each:
            desk = subprocess.Popen([sys.executable, "-c", COMING_BACK, str(data)], stdout=subprocess.PIPE, text=True)
            assert desk.stdout is not None and desk.stdout.readline() == "go\n"
            while desk.poll() is None and there() < base + at:
                pass
            desk.kill()
            desk.wait()
            arrived.append(there() - base)
    return arrived


@pytest.fixture
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "warm", lambda _kiosk: None)  # the biometric libraries: doubles here
    monkeypatch.setattr(run, "compare_joined", lambda _desk, _server: None)


def test_two_desks_lose_the_server_and_come_back(tmp_path: Path, quick_start: None) -> None:
    one, centre = desk_folder(tmp_path, FIRST)
    two, _centre = desk_folder(tmp_path, SECOND)
    with office_server.running() as server:
        database = server.database()
        url = server.url(database)
        move(one, url)
        join(two, url, one / "register" / "register.key", lambda _k: KeyStore(one / "register" / "register.key").unlock_with_machine())

        recorded: dict[str, list[Permohonan]] = {FIRST: [], SECOND: []}
        with opened(one) as a, opened(two) as b:  # the morning: both prepare their work copies, then seal on the server
            until(lambda: a.shared.state().prepared and b.shared.state().prepared, "no work copy")
            recorded[FIRST] += [a.record(0), a.record(1)]
            recorded[SECOND] += [b.record(2)]
            chair = a.record(5, stop_at=Stage.REKAM)  # sits there when the server goes
            until(lambda: a.shared.followed, "the work copy does not follow")
            server.stop(signal.SIGKILL)
            until(lambda: not a.shared.state().answers and not b.shared.state().answers, "nobody noticed")
            with pytest.raises(Exception, match=r"office_server\.unreachable"):
                a.record(3)
        before = {data: files_of(data) for data in (one, two)}
        assert [len(f) for f in before.values()] == [2, 1]

        twice = 40
        with opened(one) as a, opened(two) as b:
            assert a.shared.alone and b.shared.alone and a.shared.state().since is not None
            assert a.kiosk.network._thread is None, "alone nothing is sent, polled, checked at night"
            with pytest.raises(BadInput, match=r"office_server\.alone"):
                users.save_user(a.walk.desk, a.walk.officers.actors[Peran.ADMIN], "baru", "Baru", (Peran.LOKET,), "sandi baru sekali")
            recorded[FIRST].append(a.walk.advance(chair.id))
            for n in range(ALONE_EACH):
                stop = Stage.REKAM if n % 3 == 2 else None
                recorded[FIRST].append(a.record(10 + n, stop_at=stop))
                recorded[SECOND].append(b.record(20 + n, stop_at=stop))
            recorded[FIRST].append(a.record(twice))
            recorded[SECOND].append(b.record(twice, stop_at=Stage.REKAM))
            assert packet_files.clear_leftovers(a.walk.desk) == 0
            assert (a.shared.waiting().applications, a.shared.waiting().numbers) == (ALONE_EACH + 2, 20 - ALONE_EACH - 1)
        with opened(one) as a:  # the computer was started anew in between
            assert a.shared.alone
            recorded[FIRST].append(a.record(16))
        alone = {data: files_of(data) for data in (one, two)}
        for data in (one, two):
            assert before[data].items() <= alone[data].items(), "a sealed file went while the desk was alone"

        start_again(server)
        arrived = killed_while_coming_back(two, server, database, (1, 2, 4))
        assert len({n for n in arrived if 0 < n < ALONE_EACH + 1}) >= 2, f"killed too late: {arrived}"
        gateway = practice_gateway(tmp_path / "gerbang", DemoKeys(centre), a.kiosk.clock)
        gateway.start()
        try:
            with opened(one, gateway.base_url) as a, opened(two, gateway.base_url) as b:
                assert not a.shared.alone and not b.shared.alone
                check_everything(a, b, recorded)
                for data in (one, two):
                    assert files_of(data).keys() >= alone[data].keys(), "a sealed file went after the desk came back"
                until(lambda: not a.kiosk.register.read(lambda v: v.unsent_count()), "not sent")
                until(lambda: not b.kiosk.register.read(lambda v: v.unsent_count()), "not sent")
                sent = [p for p in (*a.packets(), *b.packets()) if p.state is PacketState.RECEIVED]
                assert len(sent) == len({p.packet_id for p in sent}) == sum(len(f) for f in alone.values())
                until(lambda: a.shared.everything_known() and b.shared.everything_known(), "something waits")
                waiting = a.kiosk.register.read(lambda v: desk_return.read_ids(v.setting(desk_return.FINGERS)))
                assert len(waiting) == 2 * ALONE_EACH + 4, "all who were recorded alone are compared with everybody"
                duplicates.search_joined(a.walk.desk)
                assert not a.kiosk.register.read(lambda v: v.setting(desk_return.FINGERS))
                after = a.record(60), b.record(61)
                numbers = [number_of(p) for own in recorded.values() for p in own]
                assert {number_of(p) for p in after}.isdisjoint(numbers)
        finally:
            gateway.stop()


def start_again(server: office_server.OfficeServer) -> None:
    """Its processes notice one after the other that their first one was killed; until then it does not start again."""
    for _ in range(60):
        try:
            server.start()
        except AssertionError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError("the server does not start again")


def number_of(p: Permohonan) -> int:
    return int(p.nomor_register.split("/")[0])


def check_everything(a: Open, b: Open, recorded: dict[str, list[Permohonan]]) -> None:
    register = a.kiosk.register
    every = [p for own in recorded.values() for p in own]
    numbers = [number_of(p) for p in every]
    assert len(numbers) == len(set(numbers)), "a number twice"
    from ktpel_kiosk.ports.register import Query
    listed = register.read(lambda v: v.list(Query(limit=1000)))
    assert sorted(i.id for i in listed) == sorted(p.id for p in every), "each application once"
    assert {i.nomor_register for i in listed} == {p.nomor_register for p in every}
    check = register.check_audit()
    assert check.whole and not check.faults, check
    told = register.read(lambda v: desk_return.read(v.setting(desk_return.SETTING)))
    closed = [c for r in told for c in r.closed]
    assert len(closed) == 1 and not [h for r in told for h in r.held]
    links = register.read(lambda v: v.audit(limit=100_000))
    for p in every:
        events = [link.event for link in links if link.subject == p.id]
        assert events.count("IntakeRegistered") == 1, events
    assert sum(link.event == "DeskCameBack" for link in links) == 2
    nothing_lost(links, set(numbers))
    by_station: dict[str, list[Packet]] = {}
    for packet in (*a.packets(), *b.packets()):
        by_station.setdefault(packet.station, []).append(packet)
    for station, packets in by_station.items():
        packets.sort(key=lambda p: p.counter)
        assert [p.counter for p in packets] == list(range(1, len(packets) + 1)), (station, "counters")
        assert all(later.previous_hash == earlier.sha256 for earlier, later in pairwise(packets)), "one chain"
    assert {r.station: r.joined for r in told} == {FIRST: ALONE_EACH + 3, SECOND: ALONE_EACH + 1}
    voided = next(p for p in every if p.nomor_register == closed[0].number)
    assert register.read(lambda v: v.permohonan(voided.id)).keadaan is Keadaan.BATAL
    assert closed[0].other in {p.nomor_register for p in every}


def nothing_lost(links: list[Any], given: set[int]) -> None:
    """Every number up to the last one taken from the series was given, or is set aside for a desk."""
    aside = {n for link in links if link.event == "NumbersSetAside" for n in range(int(link.facts["first"]), int(link.facts["last"]) + 1)}
    assert given | aside >= set(range(1, max(given | aside) + 1)), sorted(set(range(1, max(given | aside) + 1)) - given - aside)



class Officer:
    """Somebody at the real windows: a step at each turn of their loop, from when they are shown until they are gone for good."""

    def __init__(self, steps: Iterator[Callable[[], object]]) -> None:
        from PySide6.QtCore import QTimer

        self._steps, self._now, self.told = steps, next(steps), 0
        self._timer, self._until = QTimer(), time.monotonic() + PATIENCE_S
        self._timer.timeout.connect(self._turn)
        self._timer.start(50)

    def _turn(self) -> None:
        from PySide6.QtWidgets import QApplication

        try:
            if not self._now():
                assert time.monotonic() < self._until, f"stuck at step {self.told}: {state_now()}"
                return
            self._until = time.monotonic() + PATIENCE_S
            self.told += 1
            following = next(self._steps, None)
            if following is None:
                self._timer.stop()
            else:
                self._now = following
        except BaseException as error:
            self._timer.stop()
            self.failed = error
            QApplication.exit(3)

    failed: BaseException | None = None


def window_now() -> Any:
    """The operator window that is shown, if any."""
    from PySide6.QtWidgets import QApplication

    from ktpel_kiosk.ui.operator_window import OperatorWindow
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, OperatorWindow) and w.isVisible()), None)


def state_now() -> Any:
    window = window_now()
    return window.desk.office_server.state() if window is not None and window.desk.office_server is not None else None


def signs_in(username: str) -> Iterator[Callable[[], object]]:
    yield lambda: window_now() is not None and window_now().current == "masuk"

    def enter() -> bool:
        page = window_now().page("masuk")
        page.username.set_value(username)
        page.password.set_value(PASSWORDS[username])
        page._enter()
        return True

    yield enter
    yield lambda: window_now().session.actor.username == username


class Gone:
    """The server dies (SIGKILL), or all of it hangs as behind a pulled cable: it takes connections and answers nothing."""

    def __init__(self, server: office_server.OfficeServer, hangs: bool) -> None:
        self._server, self._hangs = server, hangs

    def begin(self) -> None:
        if self._hangs:
            self._all(signal.SIGSTOP)
        else:
            self._server.stop(signal.SIGKILL)

    def end(self) -> None:
        if self._hangs:
            self._all(signal.SIGCONT)
        else:
            start_again(self._server)

    def _all(self, what: signal.Signals) -> None:
        first = int((self._server.folder / "data" / "postmaster.pid").read_text().split()[0])
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError, ValueError):
                pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
                if pid == first or int(rest[1]) == first:
                    os.kill(pid, what)


def at_the_windows(gone: Gone, made: list[Permohonan], seen: list[str]) -> Iterator[Callable[[], object]]:
    def pressed(what: str) -> bool:
        strip = window_now().away
        if strip.isHidden() or strip.bar._action.text() != what:
            window_now().desk.office_server.look()
            return False
        seen.append(strip.bar.plain())
        strip.bar._action.click()
        return True

    def record() -> bool:
        desk = replace(window_now().desk, devices=Bench(), biometrics=Pictures())
        walk = Walk(desk, _signed(desk), lambda _p: None, lambda _j: None, rng=random.Random(1))
        p = walk.intake(invent(70, 7, desk.sop.kantor, ("ROWOKANGKUNG",), intake.today(desk)), Layanan.BARU_WNI)
        made.append(intake.assign_number(desk, walk.officers.actors[Peran.LOKET], p.id))
        return True

    yield lambda: state_now() is not None and state_now().answers and state_now().prepared
    yield lambda: gone.begin() is None
    yield lambda: state_now() is not None and pressed("Bekerja sendiri")
    yield lambda: state_now() is not None and state_now().alone
    yield from signs_in("siti")
    yield record
    yield lambda: "1 permohonan menunggu digabungkan, 19 nomor" in window_now().away.bar.plain()
    yield lambda: gone.end() is None
    yield lambda: pressed("Gabungkan")
    yield lambda: state_now() is not None and not state_now().alone
    yield from signs_in("joko")
    yield lambda: "1 permohonan digabungkan." in " ".join(n.plain() for n in window_now().page("beranda").notices)
    yield lambda: window_now().close() is not None


def _signed(desk: Any) -> Any:
    from ktpel_kiosk.app.walk import Officers
    from ktpel_kiosk.desk import sign_in

    return Officers({role: actor for name, password in PASSWORDS.items() for actor in [sign_in.sign_in(desk, name, password)]
                     for role in actor.peran}, PASSWORDS)


@pytest.mark.parametrize("hangs", [False, True], ids=["dead", "hangs"])
def test_from_the_real_windows(tmp_path: Path, quick_start: None, monkeypatch: pytest.MonkeyPatch, hangs: bool) -> None:
    """``ktpel-kiosk run``: its windows tell of the lost server, go on alone when asked, tell that it is back, and merge when asked."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    one, _centre = desk_folder(tmp_path, FIRST)
    made: list[Permohonan] = []
    seen: list[str] = []
    with office_server.running() as server:
        move(one, server.url(server.database()))
        from PySide6.QtWidgets import QApplication
        _app = QApplication.instance() or QApplication([])
        gone = Gone(server, hangs)
        officer = Officer(at_the_windows(gone, made, seen))
        try:
            code = run.run_windows("", one, windowed=True)
        finally:
            if officer.failed is not None and hangs:
                gone.end()
        if officer.failed is not None:
            raise officer.failed
        assert code == 0
        with opened(one) as a:
            assert a.kiosk.register.read(lambda v: v.permohonan(made[0].id)).nomor_register == made[0].nomor_register
            assert a.kiosk.register.check_audit().whole
    assert ["tidak terjangkau" in seen[0], "terjangkau lagi" in seen[1]] == [True, True]
