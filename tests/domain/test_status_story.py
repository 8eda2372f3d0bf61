"""Where an application stands depends on what was said, not on the order it came in."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.status import OtherStatus, StatusEntry, StatusEvent, StatusSiak, status_of, stored_status
from ktpel_kiosk.domain.status_guide import Act, Who, follows, guide, usual
from ktpel_kiosk.domain.status_story import standing, story

S = StatusSiak
T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def at(hour: float) -> datetime:
    return T0 + timedelta(hours=hour)


def packet(name: str, counter: int, sealed: float = 0, **more: str) -> Packet:
    return Packet(name, "p", "meja", counter, "", "", 1, "", PacketState.RECEIVED, at(sealed), **more)


def event(sequence: int, status: object, hour: float, of: str = "a") -> StatusEvent:
    return StatusEvent(sequence, of, "", status, at(hour))  # type: ignore[arg-type]


def entry(status: object, hour: float, entered: float | None = None, source: str = "manual") -> StatusEntry:
    return StatusEntry(f"e{hour}", "p", "", status, at(hour), "", source, "rina", at(hour if entered is None else entered))  # type: ignore[arg-type]


def shown(packets, events, entries=()):
    return standing(story(packets, events, entries)).last


@pytest.mark.parametrize(("word", "expected"), [
    ("PRINT_READY_RECORD", S.PRINT_READY_RECORD), (" prr ", S.PRINT_READY_RECORD), ("Print Ready Record", S.PRINT_READY_RECORD),
    ("sfe", S.SENT_FOR_ENROLLMENT), ("ADJUDICATE_RECORD_IN_PROCESS", S.ADJUDICATE_RECORD),
    ("DUPLICATE_RECORD (ONE_TO_MANY)", S.DUPLICATE_RECORD), ("PACKET_RETRY", OtherStatus("PACKET_RETRY")),
    ("status\x00lain\n!", OtherStatus("status lain !")), ("x" * 900, OtherStatus("x" * 60))])
def test_words_are_understood_in_usual_spellings_and_else_kept(word, expected):
    assert status_of(word) == expected
    assert stored_status(status_of(word).value) == expected


@pytest.mark.parametrize("word", ["", "  ", "--", "\x00"])
def test_what_is_no_word_is_refused(word):
    with pytest.raises(ValueError, match="status"):
        status_of(word)


def test_every_status_is_explained_to_both_and_says_who_acts():
    for status in S:
        g = guide(status)
        assert g.operator.endswith(".") and g.applicant.endswith(".") and g.next.endswith(".") and g.acts and g.who in Who
        assert g.tone in ("neutral", "accent", "good", "attention", "trouble")
        assert status.value not in g.applicant, "the applicant hears plain words"
    assert Act.RECORD_AGAIN not in guide(S.DUPLICATE_RECORD).acts and Act.RESEND not in guide(S.DUPLICATE_RECORD).acts
    other = guide(OtherStatus("PACKET_RETRY"))
    assert other.title == "PACKET_RETRY" and "PACKET_RETRY" in other.applicant and other.acts == (Act.ASK,)


def test_steps_of_the_table_are_usual_and_others_are_not():
    assert usual(None, S.CARD_ISSUED) and usual(S.RECEIVED_AT_CENTRAL, S.DUPLICATE_RECORD) and usual(S.PROCESSING, S.PROCESSING)
    assert not usual(S.UNREGISTERED, S.PRINT_READY_RECORD) and not usual(S.CARD_SHIPPED, S.PRINT_READY_RECORD)
    assert usual(S.PROCESSING, OtherStatus("X")) and usual(OtherStatus("X"), S.CARD_ISSUED)
    assert all(follows(s) for s in S) and follows(OtherStatus("X")) == frozenset()


def test_the_sequence_decides_within_a_packet_even_when_the_servers_clock_went_back():
    events = {"a": [event(3, S.RECEIVED_AT_CENTRAL, 9), event(5, S.PRINT_READY_RECORD, 2)]}
    assert shown([packet("a", 1)], events).status is S.PRINT_READY_RECORD


def test_a_late_event_does_not_move_back_what_an_officer_read_later():
    k, prr = packet("a", 1), entry(S.PRINT_READY_RECORD, 10)
    assert shown([k], {"a": [event(4, S.SENT_FOR_ENROLLMENT, 9)]}, [prr]).status is S.PRINT_READY_RECORD
    assert shown([k], {"a": [event(4, S.CARD_PRINTED, 10)]}, [prr]).status is S.CARD_PRINTED, "at the same moment the feed counts"
    assert shown([k], {"a": [event(4, S.CARD_PRINTED, 11)]}, [prr]).status is S.CARD_PRINTED


def test_ready_duplicate_and_taken_back():
    k = packet("a", 1)

    def after(*words: object):
        return standing(story([k], {"a": [event(n, w, n) for n, w in enumerate(words, 1)]}, ()))

    assert after(S.RECEIVED_AT_CENTRAL).ready is False
    assert after(S.DUPLICATE_RECORD, S.PRINT_READY_RECORD).ready and not after(S.DUPLICATE_RECORD, S.PRINT_READY_RECORD).duplicate
    assert after(S.PRINT_READY_RECORD, S.DUPLICATE_RECORD).duplicate and not after(S.PRINT_READY_RECORD, S.DUPLICATE_RECORD).ready
    assert not after(S.PRINT_READY_RECORD, S.ADJUDICATE_RECORD).ready
    assert after(S.PRINT_READY_RECORD, S.SENT_FOR_ENROLLMENT).ready, "nothing wrong was said"
    assert after(S.DUPLICATE_RECORD, OtherStatus("X")).duplicate, "a word nobody knows decides nothing"


def test_a_replaced_packet_that_fails_does_not_undo_the_newer_one():
    old, new = packet("a", 1, 0, replaced_by="b"), packet("b", 2, 5, replaces="a")
    before = {"a": [event(1, S.ENROLL_FAILURE_AT_CENTRAL, 4)]}
    assert shown([old, new], before).status is S.BIO_CAPTURED, "sealed again here, nothing said of it yet"
    ready = before | {"b": [event(7, S.PRINT_READY_RECORD, 8)]}
    late = {"a": [*before["a"], event(9, S.DUPLICATE_RECORD, 9), event(10, S.ENROLL_FAILURE_AT_CENTRAL, 10)], "b": ready["b"]}
    for events in (ready, late):
        now = standing(story([old, new], events, ()))
        assert now.ready and not now.duplicate and now.last.status is S.PRINT_READY_RECORD
    accepted = {"a": [event(1, S.PRINT_READY_RECORD, 6)]}
    assert standing(story([old, new], accepted, ())).ready, "accepted after all: the person need not wait for the newer packet"


def test_any_order_of_the_same_facts_tells_the_same_story():
    rng = random.Random(6)
    for _ in range(150):
        packets = [packet("a", 1, 0, replaced_by="b"), packet("b", 2, 5, replaces="a")]
        facts = [event(n, rng.choice([*S, OtherStatus("X")]), rng.uniform(0, 20), rng.choice("ab")) for n in range(1, 9)]
        entries = [replace(entry(rng.choice(list(S)), rng.randint(0, 20)), id=f"e{n}", entered_at=at(n)) for n in range(3)]

        def told(order, packets=packets, entries=entries):
            by: dict[str, list[StatusEvent]] = {}
            for e in order:
                by.setdefault(e.packet_id, []).append(e)
            return story(rng.sample(packets, 2), by, rng.sample(entries, 3))

        first = told(facts)
        assert all(told(rng.sample(facts, len(facts))) == first for _ in range(3))
