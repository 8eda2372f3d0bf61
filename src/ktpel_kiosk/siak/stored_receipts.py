"""A receipt the register holds, checked once more before anything that depends on it is destroyed."""

from __future__ import annotations

from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import BadToken
from ktpel_kiosk.siak.receipt_keys import KeySet


def receipt_holds(packet: Packet, keys: KeySet) -> bool:
    """The signature verifies with a pinned key, and it speaks of this very packet, its bytes, its station and the stored sequence.

    A row somebody altered (another receipt, another state, another hash) is therefore not taken for received.
    """
    if not packet.receipt:
        return False
    try:
        receipt = wire.receipt_of(keys.verify(packet.receipt, wire.RECEIPT_TYPE), packet.receipt)
    except (BadToken, KeyError, TypeError, ValueError, OverflowError):
        return False
    said = (receipt.packet_id, receipt.sha256, receipt.station, receipt.server_sequence, receipt.received_at)
    return said == (packet.packet_id, packet.sha256, packet.station, packet.server_sequence, packet.received_at)
