"""What the gateway signed and a courier brought: receipts and statuses, verified with the same keys as those that come by line."""

from __future__ import annotations

from collections.abc import Callable

from ktpel_kiosk.domain.courier import SignedStatuses
from ktpel_kiosk.domain.errors import ReceiptInvalid
from ktpel_kiosk.domain.outbox import Receipt
from ktpel_kiosk.siak import courier_wire, wire
from ktpel_kiosk.siak.jws import BadToken
from ktpel_kiosk.siak.key_keeper import Fetch
from ktpel_kiosk.siak.receipt_keys import KeySet

MAX_STATUS_CHARS = 512 * 1024


class GatewayTokens:
    """Implements :class:`ktpel_kiosk.ports.courier.CourierTokens`. Any thread.

    Args:
        keys: the keys in force now.
        refresh: asks for statements with the function given to it and adopts them (:meth:`ktpel_kiosk.siak.key_keeper.KeyKeeper.refresh`).
    """

    def __init__(self, keys: Callable[[], KeySet], refresh: Callable[[Fetch], bool] = lambda fetch: False) -> None:
        self._keys, self._refresh = keys, refresh

    def learn(self, number: int, untrusted: str) -> bool:
        """Raises ReceiptInvalid ``courier.keys_unsigned``."""
        if number <= self._keys().sequence:
            return False
        offered = [untrusted]
        try:
            return self._refresh(lambda after: [offered.pop()] if offered else [])
        except ReceiptInvalid as e:
            raise ReceiptInvalid("courier.keys_unsigned", reason=e.facts.get("reason")) from e

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
