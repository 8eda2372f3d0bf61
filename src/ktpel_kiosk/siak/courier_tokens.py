"""What the gateway signed and a courier brought: receipts and statuses, verified with the same keys as those that come by line."""

from __future__ import annotations

from collections.abc import Callable

from ktpel_kiosk.domain.courier import SignedStatuses
from ktpel_kiosk.domain.errors import ReceiptInvalid
from ktpel_kiosk.domain.outbox import Receipt
from ktpel_kiosk.siak import courier_wire, wire
from ktpel_kiosk.siak.jws import BadToken
from ktpel_kiosk.siak.receipt_keys import KeySet

MAX_STATUS_CHARS = 512 * 1024


class GatewayTokens:
    """Implements :class:`ktpel_kiosk.ports.courier.CourierTokens`. Any thread.

    Args:
        keys: the keys in force now.
    """

    def __init__(self, keys: Callable[[], KeySet]) -> None:
        self._keys = keys

    def receipt(self, untrusted: str) -> Receipt:
        """Raises ReceiptInvalid ``courier.receipt_unsigned``."""
        try:
            return wire.receipt_of(self._keys().verify(untrusted, wire.RECEIPT_TYPE), untrusted)
        except BadToken as e:
            raise ReceiptInvalid("courier.receipt_unsigned", reason=str(e)) from e
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise ReceiptInvalid("courier.receipt_unsigned", reason="fields") from e

    def statuses(self, untrusted: str) -> SignedStatuses:
        """Raises ReceiptInvalid ``courier.status_unsigned``. Status words this version does not know are passed over."""
        try:
            payload = self._keys().verify(untrusted, wire.STATUS_TYPE, MAX_STATUS_CHARS)
            return courier_wire.statuses_of(payload)
        except BadToken as e:
            raise ReceiptInvalid("courier.status_unsigned", reason=str(e)) from e
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise ReceiptInvalid("courier.status_unsigned", reason="fields") from e
