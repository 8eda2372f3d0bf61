"""The bundle on a computer that has a line: packets are read from it, receipts and signed statuses are laid into it."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.courier import BundleItem, BundleManifest
from ktpel_kiosk.domain.errors import IoFailure, ReceiptInvalid, SecurityRefusal, StorageTrouble
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.packet.canonical import canonical
from ktpel_kiosk.packet.courier import FILE_MODE, storage_of, trouble_of
from ktpel_kiosk.packet.courier_read import (
    KEYS,
    MAX_KEYS_BYTES,
    MAX_RECEIPT_BYTES,
    MAX_STATE_BYTES,
    MAX_STATUS_BYTES,
    RECEIPTS,
    SENDING,
    STATUS,
    STATUS_NAME,
    Bundle,
    Unreadable,
    read_within,
    real_folder,
)
from ktpel_kiosk.packet.manifest import stamp


class ReturningBundle(Bundle):
    """Implements :class:`ktpel_kiosk.ports.courier.SendingBundle`. Whoever signed the manifest, it was not changed since; who it was
    the gateway decides.

    Raises:
        SecurityRefusal: the manifest's message key, when it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, None)
        if self.manifest is None:
            raise SecurityRefusal(self.refused[0].key, entry=self.refused[0].entry, path=str(folder))
        self.listed: BundleManifest = self.manifest
        self._device = os.stat(folder).st_dev

    def receipt_of(self, item: BundleItem) -> str:
        try:
            text = read_within(self.folder / RECEIPTS, f"{item.packet_id}.jws", MAX_RECEIPT_BYTES).decode("ascii").strip()
        except (Unreadable, UnicodeDecodeError):
            return ""
        return text if self._speaks_of(text, item) else ""

    def keep_receipt(self, item: BundleItem, jws: str) -> None:
        if len(jws) > MAX_RECEIPT_BYTES - 1 or not self._speaks_of(jws, item):
            raise ReceiptInvalid("courier.receipt_other", packet_id=item.packet_id)
        self._put(f"{RECEIPTS}/{item.packet_id}.jws", jws.encode("ascii") + b"\n")

    def _speaks_of(self, jws: str, item: BundleItem) -> bool:
        said = payload_unverified(jws)
        return (said.get("packet_id"), said.get("sha256"), said.get("station")) == (item.packet_id, item.sha256, self.listed.station)

    def statuses_to(self) -> int:
        folder = self.folder / STATUS
        try:
            names = os.listdir(folder) if real_folder(folder) else []
        except OSError:
            names = []
        found = [int(m[2]) for m in map(STATUS_NAME.fullmatch, names) if m]
        return max([self.listed.status_after, *found])

    def keep_statuses(self, after: int, upto: int, jws: str) -> None:
        if not jws.isascii() or len(jws) > MAX_STATUS_BYTES - 1:
            raise ReceiptInvalid("courier.status_unsigned", reason="size")
        self._put(f"{STATUS}/{after}-{upto}.jws", jws.encode("ascii") + b"\n")

    def keep_key_statement(self, jws: str) -> int:
        number = payload_unverified(jws).get("sequence")
        fits = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 1_000_000_000 and len(jws) < MAX_KEYS_BYTES
        if not fits or not isinstance(number, int):
            return 0
        self._put(f"{KEYS}/{number}.jws", jws.encode("ascii") + b"\n")
        return number

    def keep_state(self, at: datetime, host: str, trouble: str) -> None:
        self._put(SENDING, canonical({"bundle": self.listed.bundle_id, "at": stamp(at), "host": host[:200], "trouble": trouble}))

    def _put(self, name: str, data: bytes) -> None:
        """Into the bundle on its own disk or not at all."""
        path = self.folder / name
        try:
            if path.parent != self.folder:
                path.parent.mkdir(exist_ok=True)   # not with parents: a bundle that vanished is not made anew elsewhere
            if not real_folder(path.parent) or os.stat(path.parent).st_dev != self._device:
                raise IoFailure("courier.disk_gone", path=str(self.folder))
            write_durably(path, data, mode=FILE_MODE)
        except OSError as e:
            raise trouble_of(e, self.folder) from e
        except StorageTrouble as e:
            raise storage_of(e, self.folder) from e


def last_try(folder: Path) -> Mapping[str, str]:
    """What a sending computer noted: ``at``, ``host``, ``trouble``. Unsigned, for people only; empty when there is nothing readable."""
    try:
        found = json.loads(read_within(folder, SENDING, MAX_STATE_BYTES))
    except (Unreadable, ValueError, RecursionError):
        return {}
    return {k: str(found.get(k, ""))[:200] for k in ("at", "host", "trouble")} if isinstance(found, dict) else {}


def payload_unverified(jws: str) -> Mapping[str, Any]:
    """What a token says, without looking at its signature: good enough to file it, never to believe it. Empty when it says nothing."""
    parts = jws.split(".")
    if len(parts) != 3 or not jws.isascii():
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
