"""Keeps the receipt keys of this machine: in the register, changed only together with their line in the audit (docs/adr/0022)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence

from ktpel_kiosk.domain.errors import KioskError, ReceiptInvalid
from ktpel_kiosk.ports.register import Register, Tx
from ktpel_kiosk.siak.receipt_keys import KeyRing, KeySet, ReceiptKey

SETTING = "siak.receipt_keys"
DAY_S = 24 * 3600.0
NOBODY = "-"
Fetch = Callable[[int], Sequence[str]]
"""Statements above a number, oldest first: :meth:`HttpGateway.key_statements`."""


class KeyKeeper:
    """Any thread.

    Args:
        pinned: keys installed with this machine. What the register holds goes before them; only ids it does not know are added.

    Raises:
        BadInput: ``gateway.receipt_key``, when the register's keys are unreadable.
    """

    def __init__(self, register: Register, pinned: KeySet) -> None:
        self._register, self._lock = register, threading.Lock()
        self.ring = KeyRing(self._stored(pinned))
        self._asked: float | None = None
        self._refused: set[str] = set()

    def _stored(self, pinned: KeySet) -> KeySet:
        text = self._register.read(lambda v: v.setting(SETTING))
        if text is None:
            return pinned
        keys = KeySet.from_json(json.loads(text))
        for kid, key in pinned.keys.items():
            if kid not in keys.keys and kid not in keys.revoked:
                keys = keys.with_key(key)
        return keys

    def pin(self, pinned: KeySet) -> None:
        """Keys that were installed with this machine after it started; what the register holds goes before them. Raises as the maker."""
        with self._lock:
            self.ring.replace(self._stored(pinned))

    def refresh(self, fetch: Fetch) -> bool:
        """Ask for statements and adopt them one by one; True when the keys changed. One that is refused ends it, audited once.

        Raises:
            ReceiptInvalid: ``gateway.keys``. TransportTrouble.
        """
        with self._lock:
            self._asked = time.monotonic()
            before = self.ring.keys
            while statements := list(fetch(self.ring.keys.sequence)):
                for token in statements:
                    self._adopt(token)
            return self.ring.keys is not before

    def refresh_daily(self, fetch: Fetch) -> None:
        """For the network thread: :meth:`refresh` once a day; a trouble is somebody else's to report."""
        if self._asked is not None and time.monotonic() - self._asked < DAY_S:
            return
        try:
            self.refresh(fetch)
        except KioskError:
            return

    def _adopt(self, token: str) -> None:
        try:
            after = self.ring.keys.adopt(token)
        except ReceiptInvalid as error:
            reason = str(error.facts.get("reason"))
            if reason not in self._refused:
                self._refused.add(reason)
                self._register.write(lambda tx: tx.log("ReceiptKeyRefused", NOBODY, NOBODY, reason=reason))
            raise
        self._keep(after, NOBODY, ",".join(sorted(set(after.keys) - set(self.ring.keys.keys))) or "-")

    def add(self, key: ReceiptKey, actor: str) -> None:
        """A key installed by hand. Raises BadInput ``gateway.receipt_key_taken``."""
        with self._lock:
            self._keep(self.ring.keys.with_key(key), actor, key.kid)

    def _keep(self, keys: KeySet, actor: str, named: str) -> None:
        def work(tx: Tx) -> None:
            tx.put_setting(SETTING, json.dumps(keys.to_json(), separators=(",", ":")))
            tx.log("ReceiptKeyAdopted", NOBODY, actor, key=named, sequence=keys.sequence)

        self._register.write(work)
        self.ring.replace(keys)
