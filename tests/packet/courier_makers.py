"""Bundles small enough to make by the hundred."""

from __future__ import annotations

import hashlib
from pathlib import Path

from packet_values import AT

from ktpel_kiosk.domain.courier import BundleItem, BundlePlan
from ktpel_kiosk.packet.courier import CourierBundles
from ktpel_kiosk.packet.keys import DemoKeys, load_certificate, load_signing_key


def blob(number: int, size: int = 700) -> bytes:
    return hashlib.shake_256(f"paket {number}".encode()).digest(size)


def item(number: int, size: int = 700) -> BundleItem:
    data = blob(number, size)
    return BundleItem(f"0195a1b2-0000-7000-8000-{number:012d}", number, "0" * 64, len(data), hashlib.sha256(data).hexdigest())


def plan(count: int = 3, size: int = 700, bundle: str = "0195a1b2-0000-7000-8000-0000000000ff", first: int = 1) -> BundlePlan:
    items = tuple(item(n, size) for n in range(first, first + count))
    return BundlePlan(bundle, "desk-1", AT, "2026-03-02", items, 0, ("Kantor   : Kecamatan Uji", "Telepon  : (0334) 1"))


def read(wanted: BundleItem) -> bytes:
    return blob(wanted.counter, wanted.size)


def courier(keys: DemoKeys) -> CourierBundles:
    return CourierBundles(load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes()))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink()}
