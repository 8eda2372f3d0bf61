"""A damaged packet file never costs an enrolment: sealed again from the spare, at most one packet on its way, the chain whole."""

from __future__ import annotations

from itertools import count

import pytest
from desk_office import PASSWORD, build
from packets_office import change, damage, files, killed_before_commit, known_files, packet, packet_of, receive, sealed_quickly

from ktpel_kiosk.desk import packet_files, queries, resend, sealing, statuses
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.errors import BadInput, DiskFull, NotFound, SopViolation
from ktpel_kiosk.domain.outbox import CONTENTS_GONE, PacketState, WaitCause
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak

NEXT = count()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One office for all; each test has its own applicant."""
    made = build(tmp_path_factory.mktemp("kirim_ulang") / "tempeh", "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture(autouse=True)
def nothing_hangs_over(office):
    """Whatever a test left damaged is received, so that the next one finds only its own."""
    yield
    office.vault.kept, office.vault.trouble = True, None
    for p in office.desk.register.read(lambda v: list(v.packets(unsent_only=True))):
        receive(office, p.packet_id)


def sealed(office):
    return sealed_quickly(office, next(NEXT))


def chain(office, p):
    """The packets of one application; all packets are asserted whole: no gap, each naming the one before it, one at most on its way."""
    found = office.desk.register.read(lambda v: list(v.packets()))
    assert [x.counter for x in found] == list(range(1, len(found) + 1))
    previous = GENESIS
    for x in found:
        assert x.previous_hash == previous
        previous = x.sha256
    for application in {x.permohonan_id for x in found}:
        assert sum(x.unsent for x in found if x.permohonan_id == application) <= 1
    return list(office.desk.register.read(lambda v: v.packets_of(p.id)))


def set_aside(office, p, how="deleted"):
    """As the sender leaves a packet whose file it could not use."""
    old = packet_of(office, p)
    damage(office, old, how)
    return change(office, old.packet_id, state=PacketState.REFUSED, wait_cause=WaitCause.FILE, wait_detail="packet.file_missing")


@pytest.mark.parametrize("how", ["deleted", "truncated", "altered"])
def test_a_damaged_file_is_sealed_again_without_anybody(office, how):
    p = sealed(office)
    old = set_aside(office, p, how)
    done = resend.repair_damaged(office.desk)
    new, before = packet_of(office, p), packet(office, old.packet_id)
    assert (done.made, done.lost) == ((new,), ())
    assert (new.replaces, before.replaced_by, new.state) == (old.packet_id, new.packet_id, PacketState.SEALED)
    assert (before.unsent, new.unsent) == (False, True)
    assert office.vault.exists(new.path, new.sha256)
    assert office.vault.resealed[-1:] == [(old.packet_id, new.packet_id)]
    chain(office, p)
    link = [x for x in office.desk.register.read(lambda v: v.audit(subject=p.id)) if x.event == "PacketReplaced"][0]
    assert (link.actor, link.facts["replaces"], link.facts["sequence"]) == ("-", old.packet_id, new.counter)
    assert resend.repair_damaged(office.desk) == resend.Repairs()
    assert [x.packet_id for x in office.desk.register.read(lambda v: v.due_packets(office.clock.now(), 9))] == [new.packet_id]


def test_two_clicks_make_one_packet(office):
    p, operator = sealed(office), office.actor(Peran.OPERATOR)
    old = set_aside(office, p)
    first = resend.repair(office.desk, operator, old.packet_id)
    assert resend.repair(office.desk, operator, old.packet_id) == first
    assert resend.repair(office.desk, operator, first.packet_id).packet_id == first.packet_id, "whole: nothing to do"
    assert len(chain(office, p)) == 2


def test_a_file_put_back_from_a_backup_goes_on_as_it_is(office):
    p = sealed(office)
    old = packet_of(office, p)
    kept = (office.vault.folder / old.path).read_bytes()
    set_aside(office, p)
    (office.vault.folder / old.path).write_bytes(kept)
    back = resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    assert (back.packet_id, back.state, back.wait_cause) == (old.packet_id, PacketState.SEALED, WaitCause.NONE)
    assert len(chain(office, p)) == 1


def test_killed_between_file_and_commit_everything_is_as_before(office):
    p = sealed(office)
    old = set_aside(office, p)
    before, known = files(office), known_files(office)
    with killed_before_commit(office):
        resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    assert len(files(office)) == len(before) + 2 and known_files(office) == known
    assert packet_of(office, p) == old
    assert packet_files.clear_leftovers(office.desk) == 2
    assert files(office) == before
    resend.repair_damaged(office.desk)
    assert len(chain(office, p)) == 2


def test_killed_while_sealing_leaves_files_that_are_nobodys(office):
    p, operator = office.at(Stage.KIRIM, next(NEXT)), office.actor(Peran.OPERATOR)
    sealing.applicant_confirms(office.desk, operator, p.id)
    sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    known, on_disk = known_files(office), files(office)
    with killed_before_commit(office):
        sealing.seal_packet(office.desk, operator, p.id)
    assert (known_files(office), len(files(office))) == (known, len(on_disk) + 2)
    assert packet_files.clear_leftovers(office.desk) == 2
    assert files(office) == on_disk
    assert office.desk.register.read(lambda v: v.packet_of(p.id)) is None
    sealing.seal_packet(office.desk, operator, p.id)
    assert len(chain(office, p)) == 1


def test_what_the_centre_may_have_whole_is_never_replaced(office):
    p = sealed(office)
    old = packet_of(office, p)
    damage(office, old, "deleted")
    change(office, old.packet_id, state=PacketState.UPLOADED, offset=old.size)
    with pytest.raises(SopViolation) as refused:
        resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    assert refused.value.message_key == "packet.repair_sent"
    assert packet_files.check_sizes(office.desk) == 0
    assert resend.repair_damaged(office.desk) == resend.Repairs()
    receive(office, old.packet_id)
    with pytest.raises(SopViolation):
        resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)


def test_a_packet_with_the_courier_waits_for_a_person(office):
    p = sealed(office)
    old = set_aside(office, p)
    change(office, old.packet_id, courier_id="b-1", courier_at=office.clock.now())
    assert resend.repair_damaged(office.desk) == resend.Repairs()
    assert resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id).replaces == old.packet_id


def test_a_full_disk_is_tried_again_later(office):
    p = sealed(office)
    old = set_aside(office, p)
    office.vault.trouble = DiskFull("storage.disk_full", path="x")
    assert resend.repair_damaged(office.desk) == resend.Repairs()
    with pytest.raises(DiskFull):
        resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    assert packet_of(office, p) == old
    office.vault.trouble = None
    assert len(resend.repair_damaged(office.desk).made) == 1


@pytest.mark.parametrize("how", ["gone", "altered", "no_key"])
def test_without_the_spare_one_sentence_says_what_to_do(office, how):
    office.vault.kept = how != "no_key"
    p = sealed(office)
    old = set_aside(office, p)
    if how == "gone":
        (office.vault.spares / f"{old.packet_id}.isi").unlink()
    elif how == "altered":
        (office.vault.spares / f"{old.packet_id}.isi").write_bytes(b"isi lain")
    with pytest.raises(NotFound) as refused:
        resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    assert "rekam ulang" in office.desk.sentences.of(refused.value)
    done = resend.repair_damaged(office.desk)
    assert [x.packet_id for x in done.lost] == [old.packet_id]
    assert packet_of(office, p).wait_detail == CONTENTS_GONE and packet_files.beyond_repair(packet_of(office, p))
    length = office.desk.register.read(lambda v: v.audit_length())
    assert resend.repair_damaged(office.desk) == resend.Repairs(), "said once, not at every turn"
    assert office.desk.register.read(lambda v: v.audit_length()) == length


def test_recording_again_replaces_the_lost_packet(office):
    office.vault.kept = False
    p, operator = office.sealed(next(NEXT)), office.actor(Peran.OPERATOR)
    old = set_aside(office, p)
    opened = resend.record_again(office.desk, operator, p.id, "berkas rusak")
    assert opened.current().stage is Stage.REKAM
    again = office.walk().advance(p.id)
    new = packet_of(office, p)
    assert (again.current().stage, new.replaces, new.counter) == (Stage.MENUNGGU_PRR, old.packet_id, old.counter + 1)
    assert packet(office, old.packet_id).replaced_by == new.packet_id
    assert office.vault.contents[-1].replaces == old.packet_id
    kinds = [d.kind for d in office.desk.register.read(lambda v: v.documents(p.id)) if d.kind.startswith("kartu.")]
    assert len(kinds) == len(set(kinds)), "the old card material is gone"
    assert sealing.seal_packet(office.desk, operator, p.id) == new
    chain(office, p)


def test_nobody_is_invited_needlessly(office):
    p, operator = sealed(office), office.actor(Peran.OPERATOR)
    with pytest.raises(SopViolation) as refused:
        resend.record_again(office.desk, operator, p.id, "iseng")
    assert refused.value.message_key == "packet.record_needless"
    old = set_aside(office, p)
    with pytest.raises(SopViolation):
        resend.record_again(office.desk, operator, p.id, "spare is whole")
    change(office, old.packet_id, state=PacketState.UPLOADED, wait_cause=WaitCause.NONE)
    with pytest.raises(SopViolation) as refused:
        resend.record_again(office.desk, operator, p.id, "sudah terkirim")
    assert refused.value.message_key == "packet.repair_sent"


def test_the_centre_could_not_enrol_and_gets_the_session_again(office):
    p, operator = sealed(office), office.actor(Peran.OPERATOR)
    old = receive(office, packet_of(office, p).packet_id)
    office.prr(p, StatusSiak.ENROLL_FAILURE_AT_CENTRAL, sequence=1)
    with pytest.raises(BadInput):
        resend.resend(office.desk, operator, p.id, "  ")
    new = resend.resend(office.desk, operator, p.id, "gagal enrol, NIK 3508051002900003")
    assert resend.resend(office.desk, operator, p.id, "klik dua kali") == new
    assert office.read(p).current().pause_reason == "jaringan"
    assert "3508051002900003" not in str(office.desk.register.read(lambda v: v.audit(subject=p.id)))
    receive(office, new.packet_id)
    assert office.read(p).current().pause_reason == "menunggu_prr"
    assert [x.packet_id for x in chain(office, p)] == [old.packet_id, new.packet_id]
    with pytest.raises(SopViolation):
        resend.resend(office.desk, operator, office.at(Stage.REKAM, next(NEXT)).id, "belum dikirim")


@pytest.mark.parametrize("of", ["old", "new"])
def test_a_status_of_either_packet_reaches_the_application(office, of):
    p = sealed(office)
    old = receive(office, packet_of(office, p).packet_id)
    new = resend.resend(office.desk, office.actor(Peran.OPERATOR), p.id, "gagal")
    receive(office, new.packet_id)
    about = old if of == "old" else new
    statuses.apply_status(office.desk, StatusEvent(7, about.packet_id, p.penduduk.nik, StatusSiak.PRINT_READY_RECORD, office.clock.now()))
    assert office.read(p).current().stage is not Stage.MENUNGGU_PRR


def test_an_application_with_two_packets_counts_once(office):
    p, other = sealed(office), sealed(office)
    old = set_aside(office, p)
    new = resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    now = office.clock.now()

    def look(v):
        recorded = list(v.recordings_in(now.replace(day=1), now.replace(day=28)))
        return recorded, v.unsent_at(now.replace(day=28)), sum(w.count for w in v.packet_ages(now)), v.packets(unsent_only=True)

    recorded, unsent, waiting, listed = office.desk.register.read(look)
    mine = [r for r in recorded if r.permohonan.id in (p.id, other.id)]
    assert [r.permohonan.id for r in mine] == [p.id, other.id]
    assert mine[0].packet.packet_id == new.packet_id
    assert (unsent, waiting, len(listed)) == (2, 2, 2)
    assert queries.board(office.desk, now).unsent == 2
    office.prr(p, StatusSiak.PROCESSING, sequence=8)
    statuses.apply_status(office.desk, StatusEvent(9, old.packet_id, p.penduduk.nik, StatusSiak.BIO_CAPTURED, now))
    recorded, *_ = office.desk.register.read(look)
    events = next(r.events for r in recorded if r.permohonan.id == p.id)
    assert [(e.packet_id, e.sequence) for e in events] == [(new.packet_id, 8), (old.packet_id, 9)]


def test_a_finished_application_keeps_its_state(office):
    """Where the SOP ends with letters, the packet may still wait when the person is long home."""
    p = sealed(office)
    old = set_aside(office, p)
    before = office.read(p)
    resend.repair(office.desk, office.actor(Peran.OPERATOR), old.packet_id)
    after = office.read(p)
    assert (after.keadaan, after.current().stage) == (Keadaan.BERJALAN, before.current().stage)
