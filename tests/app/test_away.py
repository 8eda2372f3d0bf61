"""What a desk of a shared register opens, what it sweeps and what it notices. The office server is a register in a file here; the real one
is in ``test_away_offices.py``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import StillClock, application, save

from ktpel_kiosk.app import away, office_server
from ktpel_kiosk.app.away import COPY_FOLDER, SINCE, AwayServer, Ways, open_shared
from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import OfficeSettings, migrations, write_settings
from ktpel_kiosk.domain import desk_return
from ktpel_kiosk.domain.desk_return import Apart, DeskReturn
from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.register.alone.local import LocalRegister
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.store import SqlRegister

URL = "postgresql+psycopg://meja@server.kantor/ktpel"
STATION = "meja-2"


@dataclass
class Site:
    """A desk's folder and its office server. ``lost_at``: the server goes away with its so-manieth write of a merge."""

    data: Path
    folder: Path
    key: bytes
    up: bool = True
    lost_at: int = 0

    def ways(self) -> Ways:
        return Ways(lambda _address: self.up, self._on_server)

    def _on_server(self, _data: Path, _settings: OfficeSettings, key: bytes, clock: Any, ids: Any, *, late: bool = False) -> SqlRegister:
        made = SqlRegister(self.folder / "kantor.sqlite", key, clock, ids, migrations=migrations(), late=late)
        if self.lost_at:
            self._fail_later(made)
        return made

    def _fail_later(self, register: SqlRegister) -> None:
        whole, left = register.write, [self.lost_at]

        def write(work: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise IoFailure("office_server.unreachable", host="server.kantor")
            return whole(work)

        register.write = write  # type: ignore[method-assign]

    def open(self) -> AwayServer:
        found = open_shared(self.data, ways=self.ways())
        assert found is not None
        return found

    def office(self) -> SqlRegister:
        clock = SystemClock()
        return SqlRegister(self.folder / "kantor.sqlite", self.key, clock, Uuid7(clock), migrations=migrations())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    data = tmp_path / "meja"
    (data / "register").mkdir(parents=True)
    key = KeyStore(data / "register" / "register.key", cost=SecretCost(1, 64, 1)).create(machine=True)
    write_settings(data, OfficeSettings("tempeh", STATION, register_url=URL))
    return Site(data, tmp_path, key)


@pytest.fixture
def prepared(site: Site) -> Site:
    """It was open on the server once, and made its work copy."""
    with site.open().register as register:
        register.write(lambda tx: tx.log("DeskJoined", STATION, "-"))
        assert copy_of(site).renew(register, 2026) is None
    return site


def copy_of(site: Site) -> away.WorkCopy:
    return away.WorkCopy(site.data / "register" / COPY_FOLDER, site.key, SystemClock(), STATION)


def test_a_desk_of_its_own_asks_nobody(site: Site) -> None:
    write_settings(site.data, OfficeSettings("tempeh", STATION))
    assert open_shared(site.data, ways=Ways(lambda _a: pytest.fail("asked"), lambda: None)) is None
    assert open_shared(site.folder / "kosong", ways=site.ways()) is None


def test_without_server_and_work_copy_it_waits_and_says_so(site: Site) -> None:
    site.up = False
    found = site.open()
    state = found.state()
    assert (state.alone, state.answers, state.prepared, state.host) == (False, False, False, "server.kantor")
    assert state.since is not None
    site.up = True
    assert found.ask() and found.wait() and found.state().since is None
    found.register.close()


def test_alone_then_back_once(prepared: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site, (beats, beat) = prepared, os.pipe()
    monkeypatch.setenv("KTPEL_BEAT_FD", str(beat))
    site.up = False
    first = site.open()
    assert isinstance(first.register, LocalRegister) and first.state().alone and not first.everything_known()
    p = save(first.register, application(1))
    assert (first.waiting().applications, first.waiting().numbers) == (1, 20)
    first.register.close()
    again = site.open()  # the program was started anew meanwhile
    assert again.state().since == first.state().since
    assert again.ask() is False
    site.up = True
    assert again.ask() and again.state().alone and again.state().answers, "offered: it goes on alone until somebody says so"
    again.register.close()

    back = site.open()
    assert os.read(beats, 10) == b"e", "the watchdog hears of it"
    os.close(beats)
    os.close(beat)
    assert not back.state().alone and back.everything_known()
    assert back.register.read(lambda v: v.permohonan(p.id)) == p
    events = [link.event for link in back.register.read(lambda v: v.audit(limit=10_000))]
    assert [events.count(e) for e in ("DeskWorksAlone", "DeskCameBack", "DeskReturnNoted")] == [1, 1, 1]
    told = back.register.read(lambda v: desk_return.read(v.setting(desk_return.SETTING)))
    assert [(r.joined, r.closed, r.held) for r in told] == [(1, (), ())]
    assert back.renew(), "and a fresh work copy"
    back.register.close()
    with site.open().register as register:
        assert register.check_audit().whole


def test_the_server_goes_while_merging_and_the_desk_stays_alone(prepared: Site) -> None:
    site = prepared
    site.up = False
    with site.open().register as local:
        saved = [save(local, application(n)) for n in (1, 2, 3)]
    site.up, site.lost_at = True, 2
    found = site.open()
    assert found.state().alone and isinstance(found.register, LocalRegister)
    found.register.close()
    with site.office() as office:
        assert [p.id for p in saved[:2]] == [i.id for i in reversed(office.read(lambda v: v.list(_every())))]
    site.lost_at = 0
    with site.open().register as register:
        assert register.read(lambda v: v.count(_every())) == 3


def _every() -> Any:
    from ktpel_kiosk.ports.register import Query
    return Query()


def test_what_cannot_be_merged_stays_and_is_named(prepared: Site) -> None:
    site = prepared
    with site.office() as office:
        save(office, application(50, nomor_register="0001/KTP/XI/2026"))
    site.up = False
    with site.open().register as local:
        save(local, application(1))
        save(local, application(2))
    site.up = True
    for _ in range(2):
        found = site.open()
        assert not found.state().alone and not found.everything_known()
        assert not found.renew(), "the work copy must stay"
        told = found.register.read(lambda v: desk_return.read(v.setting(desk_return.SETTING)))
        assert [(r.joined, r.held) for r in told] == [(1, (Apart("0001/KTP/XI/2026", "register.number_taken"),))]
        found.register.close()
    assert (site.data / "register" / COPY_FOLDER / SINCE).exists()


def test_a_work_copy_that_cannot_be_read_keeps_nobody_from_working(prepared: Site) -> None:
    site = prepared
    site.up = False
    with site.open().register as local:
        save(local, application(1))
    file = site.data / "register" / COPY_FOLDER / "register.sqlite"
    file.write_bytes(b"\0" * file.stat().st_size)
    for left in file.parent.glob("register.sqlite-*"):
        left.unlink()
    site.up = True
    found = site.open()
    assert not found.state().alone and not found.everything_known() and not found.renew()
    assert file.exists()
    found.register.close()
    site.up = False
    found = site.open()
    assert not found.state().alone and not found.state().prepared, "it waits for the server, and says so"
    found.register.close()
    assert file.exists()


def test_a_lost_mark_is_no_reason_to_sweep_or_to_make_a_new_copy(prepared: Site) -> None:
    site = prepared
    site.up = False
    with site.open().register as local:
        save(local, application(1))
    (site.data / "register" / COPY_FOLDER / SINCE).unlink()
    site.up = True
    found = site.open()
    assert not found.everything_known() and not found.renew()
    found.register.close()


def test_the_watch_says_gone_only_when_asked_twice(prepared: Site) -> None:
    site = prepared
    answers = iter([False, True, False, False, False, True])
    found = AwayServer(site.office(), copy_of(site), "server.kantor", lambda: next(answers), alone=False, answers=True, since=None,
                       now=StillClock().now)
    assert found.ask() and found.state().since is None
    assert not found.ask() and found.state().since is not None
    since = found.state().since
    assert not found.ask() and found.state().since == since
    assert found.ask() and found.state().since is None
    found.register.close()


def test_server_answers_never_waits_longer_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from ktpel_kiosk.register.server import connection
    from ktpel_kiosk.register.server.address import server_address

    hangs = threading.Event()
    monkeypatch.setattr(connection, "ServerConnection", lambda *_a, **_k: hangs.wait(60))
    assert away.server_answers(server_address(URL), 0.05) is False
    hangs.set()


def test_numbers_of_a_withdrawn_desk_are_struck_from_another_one(prepared: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from ktpel_kiosk.register.alone import numbers

    monkeypatch.setattr(office_server, "_opened", lambda *_a, **_k: prepared.office())
    with pytest.raises(BadInput, match=r"office_server\.own_numbers"):
        office_server.strike(prepared.data, STATION, "diganti")
    write_settings(prepared.data, OfficeSettings("tempeh", "meja-1", register_url=URL))
    with pytest.raises(BadInput, match=r"office_server\.strike_reason"):
        office_server.strike(prepared.data, STATION, "  ")
    assert office_server.strike(prepared.data, STATION, "komputer diganti") == 20
    with prepared.office() as office:
        assert office.read(lambda v: numbers.block_of(v, STATION)) is None
        [link] = office.read(lambda v: v.audit(subject="nomor-register"))
        assert (link.actor, link.facts["first"], link.facts["last"], link.facts["reason"]) == ("konsol", 1, 20, "komputer diganti")
    with pytest.raises(BadInput, match=r"office_server\.no_numbers"):
        office_server.strike(prepared.data, STATION, "lagi")


def test_the_report_reads_itself_and_nothing_else() -> None:
    at = SystemClock().now()
    one = DeskReturn("m", "a" * 32, at, 3, (Apart("0001", "nik.open_application", "0099"),), (Apart("0002", "permohonan.stale"),))
    assert desk_return.read(desk_return.as_text([one])) == (one,)
    for broken in ("x", "[1]", "{}", '[{"copy":"a"}]', '[{"copy":"a","at":"x","joined":1,"closed":[],"held":[]}]', None, ""):
        assert desk_return.read(broken) == ()
    assert desk_return.with_it((one,), one) == (one,)
    assert len(desk_return.with_it((one,), DeskReturn("m", "b" * 32, at, 1))) == 2


@pytest.fixture(autouse=True)
def quiet_and_quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import logging
    monkeypatch.setattr(away, "MISSED_S", 0.0)
    logging.getLogger("ktpel_kiosk.app.away").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("ktpel_kiosk.app.away").setLevel(logging.NOTSET)


def test_renewing_over_work_is_refused(prepared: Site) -> None:
    copy = copy_of(prepared)
    with copy.open() as local:
        copy.begin(local)
    with prepared.office() as office, pytest.raises(BadInput, match=r"office_server\.alone_work"):
        copy.renew(office, 2026)
