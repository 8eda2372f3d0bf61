"""A packet made once more: a new name, the same session, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from packet_values import AT

from ktpel_kiosk.domain.errors import SecurityRefusal
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.checks import check_entries
from ktpel_kiosk.packet.renew import NewIdentity, renew

NEW = NewIdentity("0195a1b2-0000-7000-8000-000000000009", 9, "9" * 64, AT + timedelta(days=3), "0195a1b2-0000-7000-8000-000000000001")


def test_only_the_identity_changes(content):
    old = build_entries(content)
    new = renew(dict(old), NEW)
    assert new[1:] == old[1:] and [n for n, _ in new] == [n for n, _ in old]
    before, after = json.loads(old[0][1]), json.loads(new[0][1])
    assert "replaces" not in before
    assert {k for k in after if after[k] != before.get(k)} == {"packet_id", "counter", "previous_hash", "created_at", "replaces"}
    assert check_entries(dict(new))["replaces"] == content.packet_id


def test_it_is_what_the_builder_would_have_made(content):
    """No second way of writing a manifest: it equals the one built with the new identity from the start. (The CBEFF keeps its date.)"""
    built = build_entries(replace(content, packet_id=NEW.packet_id, counter=9, previous_hash="9" * 64, created_at=NEW.created_at,
                                  replaces=content.packet_id))
    def without_entries(manifest):
        return {k: v for k, v in json.loads(manifest).items() if k != "entries"}

    renewed = renew(dict(build_entries(content)), NEW)
    assert without_entries(renewed[0][1]) == without_entries(built[0][1])
    assert list(json.loads(renewed[0][1])) == list(json.loads(built[0][1]))


def test_entries_that_do_not_belong_together_are_not_made_anew(content):
    entries = dict(build_entries(content))
    entries["biodata.json"] += b" "
    with pytest.raises(SecurityRefusal) as refused:
        renew(entries, NEW)
    assert refused.value.facts["entry"] == "biodata.json"


@pytest.mark.parametrize("replaces", ["", "../x", 7, None])
def test_a_senseless_replaces_is_refused(content, replaces):
    from ktpel_kiosk.packet.canonical import canonical

    entries = dict(build_entries(content))
    entries["manifest.json"] = canonical(json.loads(entries["manifest.json"]) | {"replaces": replaces})
    with pytest.raises(SecurityRefusal) as refused:
        check_entries(entries)
    assert refused.value.facts["reason"] == "incomplete"
