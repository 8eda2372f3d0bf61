"""A desk without its office server: what it may record, which numbers it gives, and how all of it comes home once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from register_makers import (
    KEY,
    ROOT,
    CountingIds,
    StillClock,
    application,
    finished,
    give_back,
    logged,
    open_on_server,
    open_register,
    packet,
    person,
    sample,
    save,
)

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ganda import DuplicateCheck, Putusan
from ktpel_kiosk.domain.outbox import CHAIN_END
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.register import Approval, Query, ScannedDocument
from ktpel_kiosk.register.alone import numbers, work_copy
from ktpel_kiosk.register.alone.carry import carry
from ktpel_kiosk.register.alone.local import LocalRegister
from ktpel_kiosk.register.alone.merge import Merged, merge
from ktpel_kiosk.register.store import SqlRegister
from office_server import server

YEAR, DESK = 2026, "meja-2"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[SqlRegister]:
    """The office's register on a server, with one account, a setting, five numbers given and one packet of the desk."""
    made = open_on_server(tmp_path, station=DESK)
    furnish(made)
    yield made
    made.close()
    give_back(tmp_path)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[SqlRegister]:
    """The same where the database makes no difference."""
    with open_register(tmp_path, on="sqlite") as made:
        furnish(made)
        yield made


def furnish(register: SqlRegister) -> None:
    def work(tx: Any) -> None:
        tx.log("UserSaved", "rina", "-")
        tx.save_user(UserAccount("rina", "Rina Wulandari", frozenset({Peran.OPERATOR}), "-"))
        tx.put_setting("kantor.catatan", "x")
        tx.raise_number("register", YEAR, 5)
        p = tx.save_permohonan(finished(application(900)))
        tx.add_packet(packet(p, 7, packet_id="lama", station=DESK))

    register.write(work)


def copy_of(home: SqlRegister, folder: Path, count: int = 20, year: int = YEAR) -> Path:
    work_copy.make(home, folder / "sendiri", KEY, StillClock(), CountingIds(), DESK, year, numbers=count)
    return folder / "sendiri" / work_copy.COPY_FILE


def alone(file: Path) -> LocalRegister:
    return LocalRegister(file, KEY, StillClock(), CountingIds())


def recorded(local: SqlRegister, n: int, *, sealed: bool) -> Permohonan:
    """An applicant as the use cases write one: number, samples with pixels, papers, sign-off, and the packet where ``sealed``."""
    def intake(tx: Any) -> Permohonan:
        number = f"{tx.next_number('register', YEAR):04d}/KTP/XI/2026"
        tx.log("IntakeRegistered", application(n).id, "rina", number=number)
        return tx.save_permohonan(replace(application(n), nomor_register=number))

    p = local.write(intake)

    def record(tx: Any) -> None:
        tx.log("SampleAccepted", p.id, "rina")
        for position in tuple(Position)[:2]:
            tx.add_sample(sample(p, position))
        tx.add_document(ScannedDocument(f"d{n}", p.id, "berkas.kk", "image/png", b"kk" * 50, p.created_at))
        tx.add_approval(Approval(f"a{n}", p.id, Stage.KIRIM, "pengesahan_operator", "rina", "operator", "d" * 64, p.created_at))

    local.write(record)

    def seal(tx: Any) -> None:
        end = int(tx.setting(CHAIN_END).split()[0])
        counter = max(end, tx.last_packet().counter if tx.last_packet() else 0) + 1
        tx.log("PacketSealed", p.id, "rina", sequence=counter)
        tx.add_packet(packet(p, counter, packet_id=f"paket-{n}", station=DESK))
        tx.drop_samples(p.id)

    if sealed:
        local.write(seal)
    return p


def all_of(register: SqlRegister, *ids: str) -> Any:
    return register.read(lambda v: [(v.permohonan(id), v.samples(id), v.documents(id), v.approvals(id), v.packet_of(id)) for id in ids])


def test_what_was_recorded_alone_comes_home_whole_and_once(home: SqlRegister, tmp_path: Path) -> None:
    file = copy_of(home, tmp_path)
    meanwhile = logged(home, lambda tx: tx.next_number("register", YEAR))
    with alone(file) as local:
        assert local.read(lambda v: (v.user("rina").nama, v.setting("kantor.catatan"))) == ("Rina Wulandari", "x")
        one, two = recorded(local, 1, sealed=True), recorded(local, 2, sealed=False)
        local.write(lambda tx: (tx.log("DraftSaved", "loket:rina:1", "rina"), tx.put_draft("loket:rina:1", "{}"))[0])
        before = all_of(local, one.id, two.id)
        assert merge(local, home, DESK) == Merged(2, 0, (), ())
        assert all_of(home, one.id, two.id) == before
        length = home.check_audit().length
        assert merge(local, home, DESK) == Merged(0, 2, (), ())
        assert home.check_audit().length == length, "once"
    assert home.check_audit().whole
    assert (one.nomor_register, two.nomor_register, meanwhile) == ("0006/KTP/XI/2026", "0007/KTP/XI/2026", 26)
    assert [i.id for i in home.read(lambda v: v.list(Query(text="siti 0007")))] == [two.id], "found by its words"
    assert home.read(lambda v: (v.draft("loket:rina:1"), v.last_packet().counter)) == ("{}", 8)
    links = home.read(lambda v: v.audit(subject=one.id))
    assert [link.event for link in links] == ["IntakeRegistered", "SampleAccepted", "PacketSealed"]
    assert links[0].actor == "rina" and str(links[0].facts["waktu_asal"]).startswith("2026-11-20T")
    assert home.read(lambda v: numbers.block_of(v, DESK)) == numbers.NumberBlock(YEAR, ((8, 25),)), "the unused ones stay this desk's"
    save(home, home.read(lambda v: v.permohonan(two.id)))  # goes on at any desk


class Killed(BaseException):
    """The desk's process ended here."""


class Dying:
    """The office server as seen by a desk that is killed before its ``at``-th question there, or after its ``at``-th commit."""

    def __init__(self, office: SqlRegister, at: int, after: bool) -> None:
        self._office, self._at, self._after, self.count = office, at, after, 0

    def write(self, work: Callable[[Any], Any]) -> Any:
        self.count += not self._after
        if self.count == self._at:
            raise Killed
        result = self._office.write(work)
        self.count += self._after
        if self._after and self.count == self._at:
            raise Killed
        return result


@pytest.mark.parametrize(("after", "at_each"), [(False, (1, 2, 3, 4)), (True, (1, 1, 1, 1))])
def test_killed_at_any_commit_and_begun_again_nothing_is_doubled_or_lost(plain: SqlRegister, tmp_path: Path, after: bool,
                                                                         at_each: tuple[int, ...]) -> None:
    file = copy_of(plain, tmp_path)
    with alone(file) as local:
        ids = [recorded(local, n, sealed=n != 3).id for n in (1, 2, 3)]
        before = all_of(local, *ids)
    for at in at_each:  # each time it begins again, it comes one commit further
        with alone(file) as local, pytest.raises(Killed):
            merge(local, Dying(plain, at, after), DESK)  # type: ignore[arg-type]
    with alone(file) as local:
        merge(local, plain, DESK)
        merge(local, plain, DESK)
    assert all_of(plain, *ids) == before
    assert plain.check_audit().whole
    events = [link.event for link in plain.read(lambda v: v.audit())]
    assert (events.count("IntakeRegistered"), events.count("PacketSealed"), events.count("DeskCameBack")) == (3, 2, 1)


def test_the_same_person_served_at_another_desk_is_told_and_kept(home: SqlRegister, tmp_path: Path) -> None:
    file = copy_of(home, tmp_path)
    save(home, replace(application(50), penduduk=person(1), nomor_register="0099/KTP/XI/2026"))
    with alone(file) as local:
        one, two = recorded(local, 1, sealed=True), recorded(local, 2, sealed=False)
        found = merge(local, home, DESK)
        assert (found.taken, found.held) == (2, ())
        assert [(c.number, c.other) for c in found.closed] == [("0006/KTP/XI/2026", "0099/KTP/XI/2026")]
        assert merge(local, home, DESK) == Merged(0, 2, (), ())
    kept = home.read(lambda v: v.permohonan(one.id))
    assert kept.keadaan is Keadaan.BATAL and "0099/KTP/XI/2026" in kept.note
    assert home.read(lambda v: (v.packet_of(one.id).counter, len(v.documents(one.id)))) == (8, 1), "all of it is there"
    assert home.read(lambda v: v.permohonan(two.id)).keadaan is Keadaan.BERJALAN
    assert home.check_audit().whole


def test_a_number_that_is_taken_holds_one_back_and_not_the_others(plain: SqlRegister, tmp_path: Path) -> None:
    """As after a server that was put back to before it set the numbers aside."""
    file = copy_of(plain, tmp_path)
    save(plain, replace(application(50), nomor_register="0006/KTP/XI/2026"))
    with alone(file) as local:
        one, two = recorded(local, 1, sealed=False), recorded(local, 2, sealed=False)
        found = merge(local, plain, DESK)
        assert [(c.number, c.key) for c in found.held] == [("0006/KTP/XI/2026", "register.number_taken")]
        assert found.taken == 1
        assert local.read(lambda v: v.permohonan(one.id)) == one, "it stays in the work copy"
    assert plain.read(lambda v: v.permohonan(two.id)).nomor_register == "0007/KTP/XI/2026"
    assert not [link for link in plain.read(lambda v: v.audit()) if link.event == "DeskCameBack"], "not finished"
    with pytest.raises(BadInput, match=r"office_server\.alone_work"):
        copy_of(plain, tmp_path)
    assert file.exists()


def test_work_that_went_on_alone_after_it_was_merged_goes_on_at_the_office(home: SqlRegister, tmp_path: Path) -> None:
    """The server was back for a moment: what it has of an application is renewed, as long as nobody touched it there."""
    file = copy_of(home, tmp_path)
    with alone(file) as local:
        one, two = recorded(local, 1, sealed=False), recorded(local, 2, sealed=False)
        merge(local, home, DESK)
        save(home, home.read(lambda v: v.permohonan(two.id)))

        def later(tx: Any) -> None:
            tx.log("SampleAccepted", one.id, "rina")
            tx.add_sample(sample(one, Position.LEFT_THUMB))
            tx.save_permohonan(replace(tx.permohonan(one.id), nomor_hp="+628999"))
            tx.add_duplicate_check(DuplicateCheck("g1", one.id, one.created_at, 2, ()))

        def decided(tx: Any) -> None:
            tx.log("DuplicateDecided", one.id, "rina")
            tx.decide_duplicate("g1", Putusan.ORANG_LAIN, "rina", one.created_at, "kembar")

        def seal(tx: Any) -> None:
            tx.log("PacketSealed", one.id, "rina", sequence=8)
            tx.add_packet(packet(one, 8, packet_id="paket-1", station=DESK))
            tx.drop_samples(one.id)

        for act in (later, decided, seal):
            local.write(act)
            found = merge(local, home, DESK)
            assert (found.taken, found.held) == (1, ())
            assert all_of(home, one.id) == all_of(local, one.id)
        assert home.check_audit().whole
        assert [i.id for i in home.read(lambda v: v.list(Query(text="siti 0006")))] == [one.id]
        assert [link.event for link in home.read(lambda v: v.audit(subject=one.id))] == [
            "IntakeRegistered", "SampleAccepted", "SampleAccepted", "DuplicateDecided", "PacketSealed"]
        assert home.read(lambda v: v.duplicate_checks(one.id)) == local.read(lambda v: v.duplicate_checks(one.id))
        save(local, local.read(lambda v: v.permohonan(two.id)))
        found = merge(local, home, DESK)
        assert [(c.number, c.key) for c in found.held] == [(two.nomor_register, "permohonan.stale")], "another desk went on with it"


def test_what_stood_at_the_desk_is_finished_alone_and_taken_back_if_nobody_went_on_with_it(home: SqlRegister, tmp_path: Path) -> None:
    file = copy_of(home, tmp_path)

    def begun(n: int) -> Permohonan:
        p = save(home, application(n, nomor_register=""))
        return home.write(lambda tx: (tx.log("SampleAccepted", p.id, "rina"), tx.add_sample(sample(p)))[0]) or p

    mine, theirs, looked, done = (begun(n) for n in (31, 32, 33, 34))
    with alone(file) as local:
        assert not carry(home, local, "rina", begins=True) and not carry(home, local, mine.id, begins=False)
        for p in (mine, theirs, looked, done):
            assert carry(home, local, p.id, begins=True) and carry(home, local, p.id, begins=False)
        assert all_of(local, mine.id, done.id) == all_of(home, mine.id, done.id)

        def seal(tx: Any) -> None:
            tx.log("PacketSealed", done.id, "rina", sequence=8)
            tx.add_packet(packet(done, 8, packet_id="di-kantor", station=DESK))
            tx.drop_samples(done.id)

        home.write(seal)
        assert carry(home, local, done.id, begins=False), "sealed at the office meanwhile: it must not look open here"
        assert all_of(local, done.id) == all_of(home, done.id)
        logged(home, lambda tx: tx.save_permohonan(tx.permohonan(theirs.id)), "StageFinished", theirs.id)
        home.write(lambda tx: tx.log("PersonDataViewed", looked.id, "kasi"))
        assert work_copy.is_waiting(home, file.parent, KEY, StillClock(), CountingIds()) is False, "nothing was done alone yet"

        def number(p: Permohonan) -> Permohonan:
            def work(tx: Any) -> Permohonan:
                n = tx.next_number("register", YEAR)
                tx.log("StageFinished", p.id, "rina")
                tx.add_sample(sample(p, Position.LEFT_THUMB))
                return tx.save_permohonan(replace(tx.permohonan(p.id), nomor_register=f"{n:04d}/KTP/XI/2026"))
            return local.write(work)

        one, two, three = (number(p) for p in (mine, theirs, looked))
        found = merge(local, home, DESK)
        assert (found.taken, found.there, found.closed) == (2, 0, ()), "what nobody touched alone is not asked for"
        assert [(c.number, c.key) for c in found.held] == [(two.nomor_register, "permohonan.stale")]
        assert all_of(home, one.id, three.id) == all_of(local, one.id, three.id)
        assert merge(local, home, DESK).taken == 0
    assert home.check_audit().whole
    assert [link.event for link in home.read(lambda v: v.audit(subject=mine.id))] == ["IntakeRegistered", "SampleAccepted", "StageFinished"]
    assert [i.id for i in home.read(lambda v: v.list(Query(text=f"siti {one.nomor_register[:4]}")))] == [one.id]


def test_alone_only_intake_and_recording_are_written(plain: SqlRegister, tmp_path: Path) -> None:
    with alone(copy_of(plain, tmp_path)) as local:
        account = local.read(lambda v: v.user("rina"))
        length = local.read(lambda v: v.audit_length())
        for event, act in (
            ("SettingChanged", lambda tx: tx.put_setting("kantor.catatan", "y")),
            ("UserSaved", lambda tx: tx.save_user(replace(account, nama="Lain"))),
            ("BlangkoReceived", lambda tx: tx.add_blangko(["00001"], "b", account_at())),
            ("LetterNumbered", lambda tx: tx.next_number("surat", YEAR)),
        ):
            with pytest.raises(BadInput, match=r"office_server\.alone$"):
                local.write(lambda tx, e=event, a=act: (tx.log(known(local, e), "x", "rina"), a(tx))[1])
        assert local.read(lambda v: (v.audit_length(), v.setting("kantor.catatan"), v.user("rina").nama)) == (length, "x", account.nama)
        local.write(lambda tx: (tx.log("SignInFailed", "rina", "-"), tx.save_user(replace(account, failed=1)))[0])


def known(register: SqlRegister, event: str) -> str:
    return event if event in register._events else "DraftSaved"


def account_at() -> Any:
    return StillClock().now()


def test_numbers_end_with_the_block_and_with_the_year(plain: SqlRegister, tmp_path: Path) -> None:
    with alone(copy_of(plain, tmp_path, 2)) as local:
        assert [logged(local, lambda tx: tx.next_number("register", YEAR)) for _ in range(2)] == [6, 7]
        for year in (YEAR, YEAR + 1):
            with pytest.raises(BadInput, match=r"office_server\.numbers_used"):
                logged(local, lambda tx, y=year: tx.next_number("register", y))
        merge(local, plain, DESK)
    assert logged(plain, lambda tx: tx.next_number("register", YEAR)) == 8, "no gap"
    with alone(copy_of(plain, tmp_path, 4)) as local:
        assert logged(local, lambda tx: tx.next_number("register", YEAR)) == 9
        merge(local, plain, DESK)
    logged(plain, lambda tx: tx.next_number("register", YEAR))
    with alone(copy_of(plain, tmp_path, 10)) as local:  # three are left of the block, seven are new
        got = [logged(local, lambda tx: tx.next_number("register", YEAR)) for _ in range(10)]
        assert got == [10, 11, 12, 14, 15, 16, 17, 18, 19, 20]
        merge(local, plain, DESK)


def test_numbers_of_a_year_gone_by_are_struck_on_record(plain: SqlRegister, tmp_path: Path) -> None:
    copy_of(plain, tmp_path, 3)
    copy_of(plain, tmp_path, 3, YEAR + 1)
    struck = [link.facts for link in plain.read(lambda v: v.audit()) if link.event == "NumbersStruck"]
    assert [(f["first"], f["last"], f["station"], f["year"]) for f in struck] == [(6, 8, DESK, YEAR)]
    assert plain.read(lambda v: numbers.block_of(v, DESK)) == numbers.NumberBlock(YEAR + 1, ((1, 3),))
    assert logged(plain, lambda tx: numbers.strike(tx, DESK, "meja ditarik", "camat")) == 3
    assert plain.read(lambda v: numbers.block_of(v, DESK)) is None


MERGING = """
import sys; sys.path[:0] = {path!r}
from test_alone import *
from ktpel_kiosk.register.server.address import server_address
from ktpel_kiosk.register.server.store import ServerRegister
home = ServerRegister(server_address({url!r}), Path({beside!r}), KEY, StillClock(), CountingIds(), station=DESK)
with alone(Path({file!r})) as local, home:
    print("go", flush=True)
    print(merge(local, home, DESK), flush=True)
"""


@pytest.mark.gate
def test_killed_while_merging_on_the_server_nothing_is_doubled_or_lost(home: SqlRegister, tmp_path: Path) -> None:
    """The desk's process is really killed (SIGKILL) at a random moment of the merging, again and again, until one run comes through."""
    file, rng, kills, rounds = copy_of(home, tmp_path, 40), random.Random(11), 0, 0
    with alone(file) as local:
        ids = [recorded(local, n, sealed=n % 3 != 0).id for n in range(1, 31)]
        before = all_of(local, *ids)
    code = MERGING.format(path=[str(ROOT / "tests"), str(ROOT / "tests" / "register")], file=str(file), beside=str(tmp_path / "kantor2"),
                          url=server().url((tmp_path / "basis-data").read_text()))
    while rounds < 60:
        rounds += 1
        desk = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert desk.stdout is not None and desk.stdout.readline() == "go\n"
        try:
            desk.wait(rng.uniform(0.02, 0.35) if kills < 12 else None)
        except subprocess.TimeoutExpired:
            desk.kill()
            kills += 1
        if desk.wait() == 0:
            break
    assert desk.returncode == 0
    with alone(file) as local:
        assert merge(local, home, DESK) == Merged(0, 30, (), ()), "nothing is left to do"
    assert all_of(home, *ids) == before
    assert home.check_audit().whole
    events = [link.event for link in home.read(lambda v: v.audit(limit=10_000))]
    assert [events.count(e) for e in ("IntakeRegistered", "SampleAccepted", "PacketSealed", "DeskCameBack")] == [30, 30, 20, 1]
    assert kills >= 5, "the machine is too fast for this test"
