"""Files on disk against the register: damaged ones are found early, nobody's files go, and a file being registered never does."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import count

import pytest
from desk_office import PASSWORD, build
from packets_office import change, damage, files, packet, packet_of, receive, sealed_quickly

from ktpel_kiosk.desk import packet_files, resend, sealing
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.domain.sop import Peran, Stage

NEXT = count()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = build(tmp_path_factory.mktemp("berkas") / "tempeh", "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture(autouse=True)
def nothing_hangs_over(office):
    yield
    for p in office.desk.register.read(lambda v: list(v.packets(unsent_only=True))):
        receive(office, p.packet_id)


def sealed(office):
    return packet_of(office, sealed_quickly(office, next(NEXT)))


@pytest.mark.parametrize(("how", "by_size"), [("deleted", True), ("truncated", True), ("altered", False)])
def test_damage_is_found_before_the_line_is_up(office, how, by_size):
    good, bad, sent = sealed(office), sealed(office), sealed(office)
    for p in (bad, sent):
        damage(office, p, how)
    change(office, sent.packet_id, state=PacketState.UPLOADED)
    assert packet_files.check_sizes(office.desk) == int(by_size)
    check = packet_files.SlowCheck(count=100)
    assert check.step(office.desk) == int(not by_size)
    found = packet(office, bad.packet_id)
    assert (found.state, found.wait_cause, found.wait_detail) == (
        PacketState.REFUSED, WaitCause.FILE, "packet.file_missing" if how == "deleted" else "packet.file_damaged")
    assert [packet(office, p.packet_id).state for p in (good, sent)] == [PacketState.SEALED, PacketState.UPLOADED]
    assert (packet_files.check_sizes(office.desk), packet_files.SlowCheck().step(office.desk)) == (0, 0), "said once"
    assert len(resend.repair_damaged(office.desk).made) == 1


def test_the_slow_check_goes_round_a_few_at_a_time(office, monkeypatch):
    made = [sealed(office) for _ in range(3)]
    asked = []
    real = office.vault.exists
    monkeypatch.setattr(office.vault, "exists", lambda path, sha256: asked.append(path) or real(path, sha256))
    check = packet_files.SlowCheck(count=2, every_s=60)
    check.step(office.desk)
    check.step(office.desk)
    assert asked == [p.path for p in made[:2]], "not yet time for more"
    for _ in range(2):
        office.clock.advance(61)
        check.step(office.desk)
    assert asked == [p.path for p in (*made, *made[:2])]


def test_files_of_work_the_open_register_does_not_know_are_never_swept(office):
    """A desk that works alone has a register of an hour in front of a folder of months; after it there may be work that waits."""
    class Server:
        knows = False

        def everything_known(self):
            return self.knows

    server, theirs = Server(), office.vault.folder / "lain.ktpelpkt"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_bytes(b"sealed on the office server")
    desk = replace(office.desk, office_server=server)
    assert packet_files.strays(desk) == 1
    assert packet_files.clear_leftovers(desk) == 0
    assert theirs.read_bytes() == b"sealed on the office server"
    server.knows = True
    assert packet_files.clear_leftovers(desk) == 1
    assert not theirs.exists()


def test_a_file_whose_commit_is_under_way_is_no_leftover(office):
    """The look through the folder sees the new file before its row; before deleting, the register is asked again."""
    p, operator = office.at(Stage.KIRIM, next(NEXT)), office.actor(Peran.OPERATOR)
    sealing.applicant_confirms(office.desk, operator, p.id)
    sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    written, go_on = threading.Event(), threading.Event()
    real = office.vault.seal

    def slow(content):
        made = real(content)
        written.set()
        assert go_on.wait(30)
        return made

    office.vault.seal = slow
    sealer = threading.Thread(target=lambda: sealing.seal_packet(office.desk, operator, p.id))
    sealer.start()
    assert written.wait(30)
    removed = []
    sweeper = threading.Thread(target=lambda: removed.append(packet_files.clear_leftovers(office.desk)))
    sweeper.start()
    go_on.set()
    sealer.join(30)
    sweeper.join(30)
    office.vault.seal = real
    assert removed == [0]
    assert office.vault.exists(packet_of(office, p).path, packet_of(office, p).sha256)


def test_what_nobody_knows_goes_and_the_rest_stays(office):
    sealed(office)
    before = files(office)
    (office.vault.folder / "waisenkind.ktpelpkt").write_bytes(b"x")
    (office.vault.spares / "waisenkind.isi").write_bytes(b"x")
    assert packet_files.strays(office.desk) == 2
    assert packet_files.clear_leftovers(office.desk) == 2
    assert (files(office), packet_files.clear_leftovers(office.desk)) == (before, 0)


def test_the_whole_check_says_what_to_do(office):
    whole, mendable, lost, sent = (sealed(office) for _ in range(4))
    for p in (mendable, lost, sent):
        damage(office, p, "deleted")
    (office.vault.spares / f"{lost.packet_id}.isi").write_bytes(b"lain")
    receive(office, sent.packet_id)
    said = {f.packet.packet_id: (f.file, f.spare, f.advice) for f in packet_files.check_all(office.desk, office.actor(Peran.SUPERVISOR))}
    assert [said[p.packet_id] for p in (whole, mendable, lost, sent)] == [
        ("whole", "whole", "nothing"), ("missing", "whole", "repair"), ("missing", "damaged", "record_again"),
        ("missing", "whole", "nothing")]
    assert packet(office, mendable.packet_id).state is PacketState.SEALED, "nothing was changed"
