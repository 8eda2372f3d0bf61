"""Raw biometrics go after a verified receipt and the retention time, never before; the record survives whatever happens to the files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from desk_office import build
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packets_office import (
    Killed,
    change,
    files,
    killed_before_commit,
    known_files,
    packet,
    packet_of,
    receive,
    sealed_quickly,
    signed,
    trusts_receipts,
)

from ktpel_kiosk.desk import daily, packet_files, purge_paper, resend, retention
from ktpel_kiosk.domain.errors import BadInput, BugError, IoFailure, NotAllowed, NotFound
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.sop import Peran

NEXT = count()
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = build(tmp_path_factory.mktemp("musnah") / "tempeh", "tempeh")
    trusts_receipts(made)
    yield made
    made.desk.register.close()


@pytest.fixture(autouse=True)
def nothing_hangs_over(office):
    yield
    retention.set_days(office.desk, office.actor(Peran.ADMIN), 30)
    for p in office.desk.register.read(lambda v: list(v.packets())):
        if p.purged_at is None:
            receive(office, p.packet_id) if p.unsent or p.receipt != signed(p) else None
    office.clock.advance(400 * 86_400)
    while retention.purge_due(office.desk):
        pass
    assert known_files(office) == files(office) == []


def sealed(office, number=1):
    return [packet_of(office, sealed_quickly(office, next(NEXT))) for _ in range(number)]


def boss(office):
    return office.actor(Peran.SUPERVISOR)


def test_a_purge_by_hand_leaves_a_record_and_nothing_else(office):
    old = [receive(office, p.packet_id) for p in sealed(office, 2)]
    unsent = sealed(office)[0]
    office.clock.advance(30 * 86_400)
    young = receive(office, sealed(office)[0].packet_id)
    run = retention.purge(office.desk, boss(office))
    assert (run.packets, run.first_counter, run.last_counter, run.days, run.officer) == (
        2, old[0].counter, old[1].counter, 30, boss(office).username)
    assert run.digest == retention.digest_of(old)
    assert run.bytes == sum(p.size for p in old) + sum(len(f"isi {p.packet_id}") for p in old)
    assert files(office) == sorted(n for p in (unsent, young) for n in (p.path, f"{p.packet_id}.isi"))
    for p in old:
        after = packet(office, p.packet_id)
        assert (after.purged_at, after.purge_id, after.receipt) == (run.at, run.id, p.receipt)
        assert office.desk.register.read(lambda v, p=p: v.spare(p.packet_id)) is None, "the key is forgotten"
    letter = office.desk.register.read(lambda v: v.letter(run.number))
    assert (letter.kind, "BAPD" in run.number) == ("ba_pemusnahan_data", True)
    link = office.desk.register.read(lambda v: v.audit(subject=run.number))[-1]
    assert (link.event, link.facts["count"], link.facts["digest"]) == ("PacketsPurged", 2, run.digest)
    assert office.desk.register.read(lambda v: [p.packet_id for p in v.packets_of_purge(run.id)]) == [p.packet_id for p in old]
    assert retention.purge(office.desk, boss(office)) is None
    again = purge_paper.place_again(office.desk, boss(office), run.id)
    assert again.name == f"BA-pemusnahan-data-{run.number.replace('/', '-')}.pdf" and again.is_file()
    with pytest.raises(NotFound):
        purge_paper.place_again(office.desk, boss(office), "x")


@pytest.mark.parametrize(("late_s", "gone"), [(-1, 0), (0, 1), (1, 1)])
def test_at_the_limit_itself_the_time_is_over(office, late_s, gone):
    receive(office, sealed(office)[0].packet_id)
    office.clock.advance(30 * 86_400 + late_s)
    assert retention.purge_due(office.desk) == gone


@pytest.mark.parametrize("forged", ["", "sah lain", "alg=none", "{old}"])
def test_a_receipt_that_does_not_verify_keeps_everything(office, forged):
    first, second = sealed(office, 2)
    receive(office, first.packet_id)
    receive(office, second.packet_id, receipt=forged.replace("{old}", signed(first)))
    office.clock.advance(100 * 86_400)
    due = retention.due(office.desk)
    assert ([p.packet_id for p in due.packets], [p.packet_id for p in due.held]) == ([first.packet_id], [second.packet_id])
    assert retention.purge(office.desk, boss(office)).packets == 1
    assert office.vault.exists(second.path, second.sha256)
    assert packet(office, second.packet_id).purged_at is None


def test_the_register_itself_refuses_to_mark_what_was_not_received(office):
    unsent = sealed(office)[0]
    with pytest.raises(BugError) as refused:
        change(office, unsent.packet_id, purged_at=office.clock.now())
    assert refused.value.facts["rule"] == "packet.purge_needs_receipt"


def test_a_row_made_to_look_received_is_not_purged(office):
    """Whoever writes into the register cannot sign for the centre."""
    unsent = sealed(office)[0]
    change(office, unsent.packet_id, state=PacketState.RECEIVED, received_at=office.clock.now(), receipt="ey..", server_sequence=1)
    office.clock.advance(365 * 86_400)
    assert retention.purge_due(office.desk) == 0
    assert office.vault.exists(unsent.path, unsent.sha256)


@pytest.mark.parametrize("said", [datetime(2019, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_a_server_with_a_wrong_clock_does_not_shorten_the_time(office, said):
    """The time runs from when this desk took the receipt in, whatever the server thinks the date is."""
    receive(office, sealed(office)[0].packet_id, at=said)
    office.clock.advance(29 * 86_400)
    assert retention.purge_due(office.desk) == 0
    office.clock.advance(2 * 86_400)
    assert retention.purge_due(office.desk) == 1


def test_a_clock_in_doubt_purges_nothing_by_itself(office, monkeypatch):
    receive(office, sealed(office)[0].packet_id)
    office.clock.advance(31 * 86_400)
    with monkeypatch.context() as patch:
        patch.setattr(office.clock, "jumped", lambda: True)
        assert retention.purge_due(office.desk) == 0
    daily.run_due(office.desk)
    receive(office, sealed(office)[0].packet_id)
    office.clock.advance(2 * 365 * 86_400)  # the battery of the board was empty: the clock starts somewhere else
    assert daily.run_due(office.desk).packets == 0
    office.clock.advance(86_400)
    assert daily.run_due(office.desk).packets == 2
    assert [retention.believable(x, date(2026, 11, 26)) for x in ("2026-11-25", "2026-10-12", "2026-10-11", "2026-11-27", "")] == [
        True, True, False, False, False]


def test_a_replaced_packet_waits_for_the_one_that_took_its_place(office):
    old = receive(office, sealed(office)[0].packet_id)
    new = resend.resend(office.desk, office.actor(Peran.OPERATOR), old.permohonan_id, "gagal enrol")
    office.clock.advance(60 * 86_400)
    assert retention.due(office.desk).packets == ()
    receive(office, new.packet_id, receipt="palsu")
    office.clock.advance(60 * 86_400)
    due = retention.due(office.desk)
    assert (due.packets, {p.packet_id for p in due.held}) == ((), {old.packet_id, new.packet_id})
    change(office, new.packet_id, receipt=signed(new))
    assert [p.packet_id for p in retention.due(office.desk).packets] == [old.packet_id, new.packet_id]


def test_killed_at_any_step_the_record_and_the_files_agree_in_the_end(office, monkeypatch):
    mine = receive(office, sealed(office)[0].packet_id)
    office.clock.advance(31 * 86_400)
    before = files(office)
    with killed_before_commit(office):
        retention.purge_due(office.desk)
    assert (packet(office, mine.packet_id).purged_at, files(office)) == (None, before)
    removed = []

    def dying(*paths):
        removed.append(paths)
        (office.vault.folder / mine.path).unlink()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(office.vault, "remove", dying)
        with pytest.raises(Killed):
            retention.purge(office.desk, boss(office))
    assert removed and packet(office, mine.packet_id).purged_at is not None
    assert files(office) == [f"{mine.packet_id}.isi"], "killed between the two files"
    assert retention.purge_due(office.desk) == 0
    assert packet_files.clear_leftovers(office.desk) == 1
    assert files(office) == []


def test_a_file_held_open_does_not_undo_the_record(office, monkeypatch):
    receive(office, sealed(office)[0].packet_id)
    office.clock.advance(31 * 86_400)

    def held(*paths):
        raise IoFailure("storage.io", path="x")

    with monkeypatch.context() as patch:
        patch.setattr(office.vault, "remove", held)
        assert retention.purge(office.desk, boss(office)).packets == 1
    assert packet_files.clear_leftovers(office.desk) == 2


def test_nightly_batches_have_a_record_each(office, monkeypatch):
    for p in sealed(office, 3):
        receive(office, p.packet_id)
    office.clock.advance(31 * 86_400)
    known = len(office.desk.register.read(lambda v: v.purges()))
    monkeypatch.setattr(retention, "BATCH", 2)
    assert retention.purge_due(office.desk) == 3
    runs = office.desk.register.read(lambda v: v.purges())[:-known or None]
    assert [(r.packets, r.number, r.officer) for r in runs] == [(1, "", "-"), (2, "", "-")]


@pytest.mark.parametrize(("days", "good"), [(6, False), (7, True), (365, True), (366, False)])
def test_the_time_is_the_offices_within_limits(office, days, good):
    if good:
        retention.set_days(office.desk, office.actor(Peran.ADMIN), days)
        assert office.desk.register.read(retention.days) == days
        return
    with pytest.raises(BadInput) as refused:
        retention.set_days(office.desk, office.actor(Peran.ADMIN), days)
    assert "7-365" in office.desk.sentences.of(refused.value)
    with pytest.raises(NotAllowed):
        retention.set_days(office.desk, office.actor(Peran.OPERATOR), 30)


def test_a_setting_nobody_could_have_made_falls_back_to_the_usual(office):
    for text in ("0", "-5", "abc", "²", "100000"):
        office.desk.register.write(lambda tx, text=text: (tx.put_setting(retention.SETTING, text), tx.log("SettingChanged", "x", "-")))
        assert office.desk.register.read(retention.days) == 30


def test_the_overview_says_what_is_kept_and_why(office):
    first, _unsent = sealed(office, 2)
    receive(office, first.packet_id)
    found = retention.overview(office.desk, boss(office))
    assert [(k.why, k.packets) for k in found.kept] == [("unsent", 1), ("received", 1)]
    assert sum(k.bytes for k in found.kept) == sum(f.stat().st_size for d in (office.vault.folder, office.vault.spares)
                                                    for f in d.iterdir())
    assert (found.days, found.due.packets) == (30, ())
    assert (found.free_bytes, found.each) == (50_000_000_000, retention.SMALLEST)
    assert abs(found.next_due - office.clock.now() - 30 * DAY) < timedelta(minutes=30)
    with pytest.raises(NotAllowed):
        retention.overview(office.desk, office.actor(Peran.LOKET))


STEPS = st.lists(st.sampled_from(["seal", "receive", "forge", "damage", "repair", "resend", "purge", "kill_purge", "kill_seal", "week"]),
                 min_size=4, max_size=14)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_nothing_goes_without_a_receipt(office, steps):
    any_order(office, steps)


@pytest.mark.gate
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_longer(office, steps):
    any_order(office, steps)


def any_order(office, steps):
    """Any order of events: files and rows agree after a start, one packet of an application is on its way, nothing unverified is purged."""
    from ktpel_kiosk.domain.outbox import WaitCause
    operator, mine = office.actor(Peran.OPERATOR), sealed(office)

    def newest():
        return packet_of(office, office.desk.register.read(lambda v: v.permohonan(mine[0].permohonan_id)))

    for step in steps:
        last = newest()
        if step == "seal":
            mine += sealed(office)
        elif step in ("receive", "forge") and last.unsent:
            receive(office, last.packet_id, receipt="palsu" if step == "forge" else None)
        elif step == "damage" and last.unsent:
            (office.vault.folder / last.path).unlink(missing_ok=True)
            packet_files.check_sizes(office.desk)
        elif step == "repair":
            resend.repair_damaged(office.desk)
        elif step == "kill_seal" and last.wait_cause is WaitCause.FILE:
            with killed_before_commit(office):
                resend.repair_damaged(office.desk)
        elif step == "resend" and not last.unsent and office.desk.register.read(lambda v: v.spare(newest().packet_id)):
            resend.resend(office.desk, operator, last.permohonan_id, "gagal")
        elif step == "purge":
            retention.purge_due(office.desk)
        elif step == "kill_purge":
            with killed_before_commit(office):
                retention.purge_due(office.desk)
        elif step == "week":
            office.clock.advance(16 * 86_400)
        packet_files.clear_leftovers(office.desk)
        rows = office.desk.register.read(lambda v: list(v.packets()))
        live = [p.permohonan_id for p in rows if p.unsent]
        assert len(live) == len(set(live))
        assert [p.counter for p in rows] == list(range(1, len(rows) + 1))
        by = {p.packet_id: p for p in rows}
        for p in rows:
            end = p
            while end.replaced_by:
                end = by[end.replaced_by]
            assert p.purged_at is None or end.receipt == signed(end)
            assert p.purged_at is not None or office.vault.size(f"{p.packet_id}.isi") > 0
        assert set(files(office)) <= set(known_files(office))
