"""Words of the feed: known ones in any usual form, others kept as they are, none at all passed over."""

from __future__ import annotations

import pytest

from ktpel_kiosk.domain.status import OtherStatus, StatusSiak
from ktpel_kiosk.siak import wire

EVENT = {"sequence": 7, "packet_id": "p", "nik": "", "at": "2026-11-20T01:00:00Z", "reason": ""}


@pytest.mark.parametrize(("word", "status"), [
    ("PRINT_READY_RECORD", StatusSiak.PRINT_READY_RECORD), ("ADJUDICATE_RECORD_IN_PROCESS", StatusSiak.ADJUDICATE_RECORD),
    ("PACKET_RETRY", OtherStatus("PACKET_RETRY")), (17, OtherStatus("17"))])
def test_an_event_keeps_its_word(word, status):
    event = wire.event_of(EVENT | {"status": word})
    assert event is not None and event.status == status
    assert wire.event_of(wire.event_to_json(event)) == event


def test_an_event_without_a_word_is_passed_over():
    assert wire.event_of(EVENT | {"status": " "}) is None


def test_an_answer_about_a_nik_keeps_its_word():
    found = wire.record_status_of({"nik": "3508054502080001", "status": "MISSING_BIOMETRIC_EXCEPTION", "at": "2026-11-20T01:00:00Z"})
    assert found.status == OtherStatus("MISSING_BIOMETRIC_EXCEPTION")
    with pytest.raises(ValueError, match="status"):
        wire.record_status_of({"nik": "", "status": "", "at": "2026-11-20T01:00:00Z"})
