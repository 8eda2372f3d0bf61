"""What every register promises through ``ports.register``, whatever is underneath."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import (
    BOTH,
    NOW,
    application,
    finished,
    give_back,
    job,
    logged,
    nik,
    open_register,
    packet,
    person,
    sample,
    save,
    stages,
    status,
)

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.biometric import BiometricException, ExceptionKind, Position
from ktpel_kiosk.domain.cards import Blangko, BlangkoBalance, BlangkoState, JobState
from ktpel_kiosk.domain.errors import BadInput, BugError, DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.domain.permohonan import Keadaan, TahapState
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import OtherStatus, StatusEntry
from ktpel_kiosk.ports.register import Approval, Handover, Query, Register, ScannedDocument, Tx


@pytest.fixture(params=BOTH)
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    made = open_register(tmp_path, on=request.param)
    yield made
    made.close()
    give_back(tmp_path)


# -- transactions ----------------------------------------------------------------------------------------------------------


def test_a_change_without_audit_is_refused_and_undone(register: Register) -> None:
    with pytest.raises(BugError) as caught:
        register.write(lambda tx: tx.save_permohonan(application()))
    assert caught.value.message_key == "register.no_audit"
    with pytest.raises(NotFound):
        register.read(lambda v: v.permohonan(application().id))


def test_whatever_work_raises_comes_back_and_undoes_all(register: Register) -> None:
    class Own(Exception):
        pass

    def work(tx: Tx) -> None:
        tx.log("DraftSaved", "x", "rina")
        tx.put_draft("x", "y")
        raise Own

    with pytest.raises(Own):
        register.write(work)
    assert register.read(lambda v: (v.draft("x"), v.audit_length())) == (None, 0)


def test_an_event_outside_the_catalogue_is_refused(register: Register) -> None:
    with pytest.raises(BugError) as caught:
        register.write(lambda tx: tx.log("NeverHeardOf", "x", "rina"))
    assert caught.value.message_key == "register.unknown_event"


@pytest.mark.parametrize("fact", [float("nan"), float("inf"), b"bytes"])
def test_facts_that_json_cannot_hold_are_refused(register: Register, fact: float) -> None:
    with pytest.raises(BugError):
        register.write(lambda tx: tx.log("DraftSaved", "x", "rina", value=fact))


def test_a_view_kept_beyond_its_end_is_refused(register: Register) -> None:
    kept = register.read(lambda v: v)
    with pytest.raises(BugError):
        kept.users()
    kept_tx = logged(register, lambda tx: tx)
    with pytest.raises(BugError):
        kept_tx.users()


def test_a_transaction_sees_its_own_changes(register: Register) -> None:
    def work(tx: Tx) -> None:
        tx.log("IntakeRegistered", "a", "rina")
        stored = tx.save_permohonan(application())
        assert tx.permohonan(stored.id) == stored
        assert [x.event for x in tx.audit(subject="a")] == ["IntakeRegistered"]
        assert tx.count(Query(text="siti")) == 1

    register.write(work)


def test_listeners_hear_the_subjects_until_they_leave(register: Register) -> None:
    heard: list[frozenset[str]] = []
    leave = register.subscribe(heard.append)

    def two(tx: Tx) -> None:
        tx.log("DraftSaved", "a", "rina")
        tx.log("DraftSaved", "b", "rina")

    register.write(two)
    assert heard == [frozenset({"a", "b"})]
    leave()
    leave()
    register.write(two)
    assert len(heard) == 1


def test_a_failing_listener_harms_nobody(register: Register) -> None:
    heard: list[frozenset[str]] = []
    register.subscribe(lambda _s: 1 / 0)
    register.subscribe(heard.append)
    logged(register, lambda tx: tx.put_draft("a", "b"))
    assert heard and register.read(lambda v: v.draft("a")) == "b"


# -- applications ----------------------------------------------------------------------------------------------------------


def test_an_application_comes_back_exactly(register: Register) -> None:
    p = application()
    stored = save(register, p)
    assert stored == replace(p, version=1)
    assert register.read(lambda v: v.permohonan(p.id)) == stored


def test_every_act_grows_the_version_and_an_old_view_is_refused(register: Register) -> None:
    first = save(register, application())
    second = save(register, replace(first, note="dua"))
    assert second.version == 2
    with pytest.raises(StaleView):
        save(register, replace(first, note="lain"))
    with pytest.raises(StaleView):
        save(register, application())
    with pytest.raises(NotFound):
        save(register, replace(application(2), version=3))
    assert register.read(lambda v: v.permohonan(first.id)).note == "dua"


def test_stages_change_grow_and_shrink(register: Register) -> None:
    p = save(register, application())
    moved = replace(p, tahap=(p.tahap[0], replace(p.tahap[1], state=TahapState.AKTIF, running_since=NOW), *p.tahap[2:]))
    p = save(register, moved)
    assert register.read(lambda v: v.permohonan(p.id)) == p
    p = save(register, replace(p, tahap=p.tahap[:3]))
    assert register.read(lambda v: v.permohonan(p.id)).tahap == p.tahap
    p = save(register, replace(p, tahap=stages()))
    assert register.read(lambda v: v.permohonan(p.id)).tahap == stages()
    p = save(register, replace(p, tahap=()))
    assert register.read(lambda v: v.permohonan(p.id)).tahap == ()


@pytest.mark.parametrize("keadaan", [Keadaan.DRAF, Keadaan.BERJALAN, Keadaan.DIKEMBALIKAN, Keadaan.GANDA, Keadaan.MENUNGGU_USIA])
def test_one_open_application_per_nik(register: Register, keadaan: Keadaan) -> None:
    save(register, application(1, keadaan=keadaan))
    with pytest.raises(DuplicateRequest) as caught:
        save(register, application(2, penduduk=person(1)))
    assert (caught.value.message_key, caught.value.facts["number"]) == ("nik.open_application", "0001/KTP/XI/2026")


@pytest.mark.parametrize("keadaan", [Keadaan.SELESAI, Keadaan.BATAL, Keadaan.DITOLAK])
def test_a_closed_application_lets_the_next_begin(register: Register, keadaan: Keadaan) -> None:
    old = save(register, application(1))
    save(register, replace(old, keadaan=keadaan))
    new = save(register, application(2, penduduk=person(1)))
    assert register.read(lambda v: v.open_for_nik(nik(1))) == new
    with pytest.raises(DuplicateRequest):
        save(register, replace(register.read(lambda v: v.permohonan(old.id)), keadaan=Keadaan.BERJALAN))


def test_an_application_without_number_is_still_named(register: Register) -> None:
    save(register, application(1, nomor_register=""))
    save(register, application(2, nomor_register=""))
    with pytest.raises(DuplicateRequest) as caught:
        save(register, application(3, penduduk=person(1)))
    assert caught.value.facts["number"]


def test_a_register_number_is_given_once(register: Register) -> None:
    save(register, application(1))
    with pytest.raises(DuplicateRequest) as caught:
        save(register, application(2, nomor_register="0001/KTP/XI/2026"))
    assert caught.value.message_key == "register.number_taken"
    assert register.read(lambda v: v.by_number("0001/KTP/XI/2026")) == replace(application(1), version=1)
    assert register.read(lambda v: (v.by_number(""), v.by_number("9"))) == (None, None)


def test_numbers_run_without_gaps_also_after_a_failure(register: Register) -> None:
    def fails(tx: Tx) -> None:
        tx.log("DraftSaved", "x", "rina")
        tx.next_number("register", 2026)
        raise NotFound("permohonan.not_found")

    given = []
    for n in range(6):
        if n % 2:
            with pytest.raises(NotFound):
                register.write(fails)
        given.append(logged(register, lambda tx: tx.next_number("register", 2026)))
    assert given == [1, 2, 3, 4, 5, 6]
    assert logged(register, lambda tx: (tx.next_number("register", 2027), tx.next_number("surat", 2026))) == (1, 1)


def test_recorded_before_is_the_last_sealing(register: Register) -> None:
    p = save(register, application())
    assert register.read(lambda v: v.recorded_before(nik(1))) is None
    logged(register, lambda tx: tx.add_packet(packet(p, 1)))
    logged(register, lambda tx: tx.add_packet(packet(p, 2)))
    assert register.read(lambda v: v.recorded_before(nik(1))) == NOW + timedelta(minutes=2)


# -- recording -------------------------------------------------------------------------------------------------------------


def test_samples_come_back_exactly_oldest_first(register: Register) -> None:
    p = save(register, application())
    one, two = sample(p), sample(p, attempt=2, captured_at=NOW - timedelta(days=1))
    logged(register, lambda tx: (tx.add_sample(one), tx.add_sample(two)))
    assert register.read(lambda v: v.samples(p.id)) == [replace(one, best=False), two]
    without = register.read(lambda v: v.samples(p.id, with_data=False))
    assert [s.data for s in without] == [b"", b""] and [s.id for s in without] == [one.id, two.id]
    assert without[0].quality == one.quality


def test_best_moves_within_a_position_only(register: Register) -> None:
    p = save(register, application())
    logged(register, lambda tx: [tx.add_sample(s) for s in (
        sample(p), sample(p, Position.LEFT_INDEX), sample(p, attempt=2, best=False), sample(p, attempt=3))])
    best = {(s.position, s.attempt) for s in register.read(lambda v: v.samples(p.id)) if s.best}
    assert best == {(Position.RIGHT_INDEX, 3), (Position.LEFT_INDEX, 1)}


def test_forcing_and_purging(register: Register) -> None:
    p, q = save(register, application(1)), save(register, application(2))
    logged(register, lambda tx: (tx.add_sample(sample(p)), tx.add_sample(sample(q))))
    logged(register, lambda tx: tx.mark_forced(sample(p).id))
    assert [s.forced for s in register.read(lambda v: v.samples(p.id))] == [True]
    with pytest.raises(NotFound):
        logged(register, lambda tx: tx.mark_forced("nobody"))
    assert logged(register, lambda tx: tx.drop_samples(p.id)) == 1
    assert logged(register, lambda tx: tx.drop_samples(p.id)) == 0
    assert register.read(lambda v: (len(v.samples(p.id)), len(v.samples(q.id)))) == (0, 1)


def test_what_hangs_on_nothing_is_refused(register: Register) -> None:
    for act in (lambda tx: tx.add_sample(sample(application())), lambda tx: tx.add_packet(packet(application())),
                lambda tx: tx.add_card_job(job(application()))):
        with pytest.raises(NotFound):
            logged(register, act)
    assert register.read(lambda v: v.audit_length()) == 0


def test_exceptions_replace_and_vanish(register: Register) -> None:
    p = save(register, application())
    first = BiometricException(Position.LEFT_INDEX, ExceptionKind.BANDAGED, "dibalut", "kasi", "rina")
    second = replace(first, kind=ExceptionKind.MISSING, reason="tidak ada")
    other = replace(first, position=Position.LEFT_EYE)
    logged(register, lambda tx: [tx.put_exception(p.id, e) for e in (first, second, other)])
    assert register.read(lambda v: v.exceptions(p.id)) == [second, other]
    logged(register, lambda tx: tx.drop_exception(p.id, Position.LEFT_INDEX))
    assert register.read(lambda v: v.exceptions(p.id)) == [other]


def test_documents_with_and_without_bytes_and_purged_by_kind(register: Register) -> None:
    p = save(register, application())
    kept = [ScannedDocument(f"d{i}", p.id, kind, "application/pdf", b"%PDF" + bytes([i]), NOW, "Judul")
            for i, kind in enumerate(("berkas.kk", "kartu.portret", "kartu_lain", "kartu.tanda_tangan"))]
    logged(register, lambda tx: [tx.add_document(d) for d in kept])
    assert register.read(lambda v: v.documents(p.id)) == kept
    assert register.read(lambda v: v.documents(p.id, with_data=False)) == [replace(d, data=b"") for d in kept]
    assert logged(register, lambda tx: tx.drop_documents(p.id, "kartu.")) == 2
    assert [d.kind for d in register.read(lambda v: v.documents(p.id))] == ["berkas.kk", "kartu_lain"]


def test_approvals_and_the_one_handover(register: Register) -> None:
    p = save(register, application())
    approvals = [Approval(f"a{i}", p.id, Stage.VERIFIKASI, "paraf", "anton", "verifikator", "c" * 64, NOW, "ya", bool(i)) for i in (0, 1)]
    proof = Handover(p.id, "kartu", "SITI", "ybs", "rina", NOW, b"\x89PNG", "04A1", True, True, "0001/BP/2026")
    logged(register, lambda tx: ([tx.add_approval(a) for a in approvals], tx.put_handover(proof)))
    assert register.read(lambda v: (v.approvals(p.id), v.handover(p.id))) == (approvals, proof)
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.put_handover(replace(proof, receiver_name="LAIN")))
    assert register.read(lambda v: v.handover(p.id)) == proof


# -- outbox ----------------------------------------------------------------------------------------------------------------


def test_packets_in_order_and_due(register: Register) -> None:
    p = save(register, application())
    made = [packet(p, n) for n in (1, 2, 3, 4, 5)]
    logged(register, lambda tx: [tx.add_packet(m) for m in reversed(made)])
    changed = [
        replace(made[0], state=PacketState.RECEIVED, receipt="jws", received_at=NOW, server_sequence=9),
        replace(made[1], state=PacketState.REFUSED, wait_cause=WaitCause.DATA, wait_detail="packet.bad"),
        replace(made[2], attempts=3, next_try_at=NOW + timedelta(hours=1), wait_cause=WaitCause.SERVER),
        replace(made[3], state=PacketState.ANNOUNCED, upload_url="http://127.0.0.1/u", offset=400, next_try_at=NOW),
    ]
    logged(register, lambda tx: [tx.save_packet(c) for c in changed])
    assert register.read(lambda v: v.packets()) == [*changed, made[4]]
    assert register.read(lambda v: v.packets(unsent_only=True)) == [*changed[1:], made[4]]
    assert register.read(lambda v: v.due_packets(NOW, 10)) == [changed[3], made[4]]
    assert register.read(lambda v: v.due_packets(NOW, 1)) == [changed[3]]
    assert register.read(lambda v: v.due_packets(NOW + timedelta(hours=1), 10)) == [changed[2], changed[3], made[4]]
    in_2019 = NOW - timedelta(days=2500)
    assert register.read(lambda v: v.due_packets(in_2019, 10)) == [changed[2], changed[3], made[4]], "a clock set back keeps none waiting"
    assert register.read(lambda v: v.due_packets(NOW - timedelta(minutes=50), 10)) == [made[4]]
    assert register.read(lambda v: (v.last_packet(), v.packet_of(p.id), v.packet("packet-2"), v.packet("x"))) == (
        made[4], made[4], changed[1], None)


def test_a_counter_is_used_once_and_a_packet_never_twice(register: Register) -> None:
    p = save(register, application())
    logged(register, lambda tx: tx.add_packet(packet(p, 1)))
    with pytest.raises(DuplicateRequest) as caught:
        logged(register, lambda tx: tx.add_packet(replace(packet(p, 1), packet_id="other")))
    assert caught.value.message_key == "packet.counter_taken"
    with pytest.raises(DuplicateRequest) as caught:
        logged(register, lambda tx: tx.add_packet(replace(packet(p, 1), counter=2)))
    assert caught.value.message_key == "packet.exists"
    with pytest.raises(NotFound):
        logged(register, lambda tx: tx.save_packet(packet(p, 7)))


def test_a_received_packet_stays_received(register: Register) -> None:
    p = save(register, application())
    done = replace(packet(p, 1), state=PacketState.RECEIVED)
    logged(register, lambda tx: (tx.add_packet(packet(p, 1)), tx.save_packet(done)))
    with pytest.raises(BugError):
        logged(register, lambda tx: tx.save_packet(packet(p, 1)))
    assert register.read(lambda v: v.packet("packet-1")) == done


def test_every_status_event_is_kept_once_in_the_order_of_the_gateway(register: Register) -> None:
    p = save(register, application())
    logged(register, lambda tx: tx.add_packet(packet(p, 1)))
    said = [logged(register, lambda tx, s=s: tx.add_status(status("packet-1", s))) for s in (5, 5, 3, 7, 6, 3)]
    assert said == [True, False, True, True, True, False]
    assert [e.sequence for e in register.read(lambda v: v.status_events("packet-1"))] == [3, 5, 6, 7]
    other = replace(status("packet-1", 9, source="courier"), status=OtherStatus("PACKET_RETRY"))
    logged(register, lambda tx: tx.add_status(other))
    assert register.read(lambda v: v.status_events("packet-1"))[-1] == other, "a word nobody knows comes back as it went in"


def test_what_is_shown_is_said_once_and_kept(register: Register) -> None:
    p = save(register, application())
    assert register.read(lambda v: v.shown_status(p.id)) == ""
    logged(register, lambda tx: tx.show_status(p.id, "PRINT_READY_RECORD", NOW))
    found = register.read(lambda v: v.list(Query()))[0]
    assert (found.status_siak, found.status_at, register.read(lambda v: v.shown_status(p.id))) == (
        "PRINT_READY_RECORD", NOW, "PRINT_READY_RECORD")
    entry = StatusEntry("e1", p.id, p.penduduk.nik, OtherStatus("MISSING BIOMETRIC"), NOW, "", "manual", "rina", NOW)
    assert logged(register, lambda tx: tx.add_status_entry(entry)) is True
    assert logged(register, lambda tx: tx.add_status_entry(replace(entry, id="e2"))) is False, "the same of the same moment and source"
    assert register.read(lambda v: v.status_entries(p.id)) == [entry]


def test_the_cursor_follows_the_gateways_feed_only(register: Register) -> None:
    assert register.read(lambda v: v.status_cursor()) == 0
    logged(register, lambda tx: tx.add_status(status("foreign", 40, source="courier")))
    assert register.read(lambda v: v.status_cursor()) == 0
    assert logged(register, lambda tx: tx.add_status(status("foreign", 12))) is True
    assert register.read(lambda v: v.status_cursor()) == 12, "an event older than a courier's is read all the same"
    logged(register, lambda tx: tx.add_status(status("foreign", 11)))
    assert register.read(lambda v: v.status_cursor()) == 12


# -- cards -----------------------------------------------------------------------------------------------------------------


def test_one_live_card_per_credential(register: Register) -> None:
    p = save(register, application())
    logged(register, lambda tx: tx.add_card_job(job(p, 1)))
    for state in (JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.PRINTED, JobState.ENCODING, JobState.CONFIRMED):
        current = replace(job(p, 1), state=state, printer_job="p1", chip_uid="04")
        logged(register, lambda tx, c=current: tx.save_card_job(c))
        with pytest.raises(DuplicateRequest) as caught:
            logged(register, lambda tx: tx.add_card_job(job(p, 2)))
        assert caught.value.message_key == "card.live"
        assert register.read(lambda v: v.live_card_job(f"{p.id}:1")) == current
    spoiled = replace(job(p, 1), state=JobState.SPOILED, spoil_reason="tergores")
    logged(register, lambda tx: (tx.save_card_job(spoiled), tx.add_card_job(job(p, 2))))
    assert register.read(lambda v: v.card_jobs(p.id)) == [spoiled, job(p, 2)]
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.save_card_job(job(p, 1)))


def test_one_blank_carries_one_live_card(register: Register) -> None:
    p, q = save(register, application(1)), save(register, application(2))
    logged(register, lambda tx: tx.add_card_job(job(p, 1)))
    with pytest.raises(DuplicateRequest) as caught:
        logged(register, lambda tx: tx.add_card_job(job(q, 2, blangko="00001")))
    assert caught.value.message_key == "card.blangko_taken"


def test_jobs_to_reconcile(register: Register) -> None:
    made = [save(register, application(n)) for n in range(1, 9)]
    jobs = [job(p, n, state=state) for n, (p, state) in enumerate(zip(made, JobState, strict=True), start=1)]
    logged(register, lambda tx: [tx.add_card_job(j) for j in jobs])
    assert {j.state for j in register.read(lambda v: v.jobs_to_reconcile())} == {
        JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.ENCODING}
    assert register.read(lambda v: v.card_job("job-1")) == jobs[0]
    with pytest.raises(NotFound):
        logged(register, lambda tx: tx.save_card_job(replace(jobs[0], id="x")))


def test_the_ledger_of_blanks(register: Register) -> None:
    assert register.read(lambda v: (v.next_blangko(), v.blangko_balance())) == (None, BlangkoBalance(0, 0, 0, 0, 0, 0))
    assert logged(register, lambda tx: tx.add_blangko(["9", "1", "5"], "BAST-1", NOW)) == 3
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.add_blangko(["7", "1"], "BAST-2", NOW))
    first = register.read(lambda v: v.next_blangko())
    assert first == Blangko("9", BlangkoState.STOK, "BAST-1")
    logged(register, lambda tx: tx.save_blangko(Blangko("9", BlangkoState.RUSAK, "", "job-1")))
    logged(register, lambda tx: tx.save_blangko(Blangko("1", BlangkoState.DIPAKAI, "", "job-2")))
    assert register.read(lambda v: v.next_blangko()) == Blangko("5", BlangkoState.STOK, "BAST-1")
    balance = register.read(lambda v: v.blangko_balance())
    assert balance == BlangkoBalance(3, 1, 1, 0, 1, 0) and balance.balanced
    with pytest.raises(NotFound):
        logged(register, lambda tx: tx.save_blangko(Blangko("404", BlangkoState.BAIK, "")))


# -- office ----------------------------------------------------------------------------------------------------------------


def test_accounts(register: Register) -> None:
    account = UserAccount("rina", "Rina", (Peran.LOKET, Peran.OPERATOR), "$argon2id$x", "1973", "Operator", 2, NOW, True)
    logged(register, lambda tx: (tx.save_user(account), tx.save_user(UserAccount("anton", "Anton", (), "h", active=False))))
    assert register.read(lambda v: v.user("rina")) == account
    logged(register, lambda tx: tx.save_user(replace(account, failed=0, locked_until=None)))
    assert [u.username for u in register.read(lambda v: v.users())] == ["anton", "rina"]
    assert register.read(lambda v: (v.user("rina"), v.user("x"))) == (replace(account, failed=0, locked_until=None), None)


def test_drafts_by_prefix(register: Register) -> None:
    logged(register, lambda tx: [tx.put_draft(k, k.upper()) for k in ("loket:rina:1", "loket:rina:2", "loket:rinai:1", "lapor:1")])
    assert register.read(lambda v: v.drafts("loket:rina:")) == {"loket:rina:1": "LOKET:RINA:1", "loket:rina:2": "LOKET:RINA:2"}
    assert len(register.read(lambda v: v.drafts(""))) == 4
    logged(register, lambda tx: (tx.drop_draft("lapor:1"), tx.drop_draft("nobody"), tx.put_draft("loket:rina:1", "baru")))
    assert register.read(lambda v: (v.draft("lapor:1"), v.draft("loket:rina:1"))) == (None, "baru")


def test_settings_and_sop_texts(register: Register) -> None:
    logged(register, lambda tx: (tx.put_setting("a", "1"), tx.put_setting("a", "2"), tx.put_sop("d1", "tempeh", "not toml [")))
    logged(register, lambda tx: tx.put_sop("d1", "tempeh", "another text"))
    assert register.read(lambda v: (v.setting("a"), v.setting("b"), v.sop_text("d1"), v.sop_text("d2"))) == ("2", None, "not toml [", None)


def test_text_that_cannot_be_stored_is_bad_input(register: Register) -> None:
    with pytest.raises(BadInput):
        logged(register, lambda tx: tx.put_draft("x", "\ud800"))
    with pytest.raises(BadInput):
        logged(register, lambda tx: tx.next_number("x", 1 << 70))
    nul = "\0" if type(register).__name__ == "SqlRegister" else ""  # PostgreSQL's text holds none, and says so
    logged(register, lambda tx: tx.put_draft("x", f"nul {nul} ' \" ; -- 漢 \U0001f600"))
    assert register.read(lambda v: v.draft("x")) == f"nul {nul} ' \" ; -- 漢 \U0001f600"


def test_the_audit_reads_in_pages_and_by_subject(register: Register) -> None:
    for n in range(5):
        logged(register, lambda tx, n=n: tx.put_draft("k", str(n)), subject="a" if n % 2 else "b")
    assert [x.sequence for x in register.read(lambda v: v.audit(after=1, limit=2))] == [2, 3]
    assert [x.sequence for x in register.read(lambda v: v.audit(subject="a"))] == [2, 4]
    assert [x.sequence for x in register.read(lambda v: v.audit(subject="a", after=2))] == [4]
    assert register.read(lambda v: v.audit_length()) == 5
    check = register.check_audit()
    assert check.whole and check.length == 5 and check.head == register.read(lambda v: v.audit())[-1].digest


def test_finished_times_are_those_of_the_whole_way(register: Register) -> None:
    p = save(register, application())
    running = register.read(lambda v: v.list(Query()))[0]
    assert (running.stage, running.step_no, running.tahap_state, running.active_s, running.petugas) == (
        "agenda_register", 1, "belum", 41.25, "rina")
    save(register, finished(p))
    done = register.read(lambda v: v.list(Query()))[0]
    assert (done.stage, done.step_no, done.tahap_state, done.active_s, done.keadaan) == ("", 0, "selesai", 80.0, "selesai")
