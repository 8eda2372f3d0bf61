"""A stored receipt is checked again before data is destroyed: any change of the row or the token, and nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.receipt_keys import KeySet
from ktpel_kiosk.siak.stored_receipts import receipt_holds

AT = datetime(2026, 11, 20, 3, 4, 5, 678000, tzinfo=UTC)
KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
KEYS = KeySet.bare({"k1": KEY.public_key()})


def token(key=KEY, kid="k1", typ=wire.RECEIPT_TYPE, **changes):
    payload = wire.receipt_payload("p-1", "ab" * 32, "meja-1", 7, AT)
    return sign_jws({**payload, **changes}, key, kid, typ)


def received(**changes):
    made = Packet("p-1", "a-1", "meja-1", 3, "0" * 64, "ab" * 32, 1000, "p-1.ktpelpkt", PacketState.RECEIVED, AT, receipt=token(),
                  received_at=AT, server_sequence=7)
    return replace(made, **changes)


def test_the_receipt_of_this_very_packet_holds():
    assert receipt_holds(received(), KEYS)
    assert receipt_holds(received(purged_at=AT, replaced_by="p-2"), KEYS)


@pytest.mark.parametrize("changes", [
    {"packet_id": "p-2"}, {"sha256": "ac" * 32}, {"station": "meja-2"}, {"server_sequence": 8}, {"received_at": AT - timedelta(days=40)},
    {"received_at": None}, {"receipt": ""}, {"receipt": "x"}, {"receipt": "a.b.c"}, {"receipt": token(OTHER)}, {"receipt": token(kid="k2")},
    {"receipt": token(typ=wire.MATERIAL_TYPE)}, {"receipt": token(packet_id="p-9")}, {"receipt": token(sha256="cd" * 32)},
    {"receipt": token(sequence=True)}, {"receipt": token(sequence="7")}, {"receipt": token(received_at="kemarin")},
    {"receipt": token()[:-4] + "AAAA"}, {"receipt": token().replace(".", "..", 1)}, {"receipt": "é" * 50},
])
def test_anything_else_does_not(changes):
    assert not receipt_holds(received(**changes), KEYS)


def test_no_flipped_character_is_taken():
    good = token()
    for i in range(0, len(good), 3):
        bad = good[:i] + ("A" if good[i] != "A" else "B") + good[i + 1:]
        assert not receipt_holds(received(receipt=bad), KEYS), i
