"""Bundles in the real register."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from register_makers import NOW, logged

from ktpel_kiosk.domain.courier import CourierBundle
from ktpel_kiosk.domain.errors import NotFound


def bundle(n: int = 1) -> CourierBundle:
    return CourierBundle(f"b-{n}", NOW + timedelta(hours=n), "rina", f"ktpel-kurir-meja-{n}", 3, 1000, "a" * 64)


def test_written_filled_in_and_listed_newest_first(register):
    for n in (1, 2, 3):
        logged(register, lambda tx, n=n: tx.add_courier_bundle(bundle(n)), "CourierExported")
    back = replace(bundle(2), imported_at=NOW + timedelta(days=1), receipts=3, statuses=7)
    logged(register, lambda tx: tx.save_courier_bundle(replace(back, packets=99, label="other")), "CourierImported")
    assert register.read(lambda v: v.courier_bundle("b-2")) == back   # what went out stays as it was
    assert [b.id for b in register.read(lambda v: v.courier_bundles())] == ["b-3", "b-2", "b-1"]
    assert [b.id for b in register.read(lambda v: v.courier_bundles(1))] == ["b-3"]
    assert register.read(lambda v: v.courier_bundle("b-9")) is None


def test_what_was_never_written_cannot_come_back(register):
    with pytest.raises(NotFound) as error:
        logged(register, lambda tx: tx.save_courier_bundle(bundle(9)), "CourierImported")
    assert error.value.message_key == "courier.bundle_unknown"
