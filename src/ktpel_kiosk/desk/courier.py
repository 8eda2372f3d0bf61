"""No line at all: packets go out on a USB disk, signed receipts and statuses come back on it.

A packet that travels stays in the queue: the line may return first, and whichever way the receipt comes, the register counts it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.courier_back import Imported, read_to, take_back
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.courier import BundleItem, BundlePlan, CourierBundle, Disk
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.courier import Written
from ktpel_kiosk.ports.register import Tx, View

BATCH = 200
"""Packets marked in one transaction."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an export would take. ``carried``: how many of them an earlier disk holds already; ``aside``: refused ones, which stay here."""

    packets: int = 0
    bytes: int = 0
    carried: int = 0
    carried_bytes: int = 0
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished bundle. ``damaged``: packet ids whose file was not the sealed one; ``left``, ``left_bytes``: what needs another disk."""

    bundle: CourierBundle
    folder: Path
    damaged: tuple[str, ...] = ()
    left: int = 0
    left_bytes: int = 0


def disks(desk: Desk, actor: Actor) -> Sequence[Disk]:
    """Removable disks of this machine. Run on a worker: a sleeping disk takes its time."""
    require(actor, "courier")
    return desk.courier.disks.removable()


def waiting(desk: Desk, actor: Actor) -> Waiting:
    require(actor, "courier")

    def look(view: View) -> Waiting:
        unsent = view.packets(unsent_only=True)
        going = [p for p in unsent if _may_go(desk, p)]
        carried = [p for p in going if p.courier_id]
        return Waiting(len(going), sum(p.size for p in going), len(carried), sum(p.size for p in carried), len(unsent) - len(going))

    return desk.register.read(look)


def _may_go(desk: Desk, p: Packet) -> bool:
    return p.state is not PacketState.REFUSED and p.station == desk.station


def export_bundle(desk: Desk, actor: Actor, root: Path, *, limit_bytes: int = 0, only_new: bool = False,
                  besides: frozenset[str] = frozenset(),
                  on_progress: Callable[[int, int], object] = lambda done, planned: None) -> Exported:
    """Write the waiting packets, oldest first, as one bundle below ``root``.

    Args:
        limit_bytes: largest bundle, 0 for as much as the disk takes.
        only_new: leave out what any earlier disk holds. besides: leave out what these bundles hold (the disks before this one).
        on_progress: (bytes written, bytes planned).

    Raises:
        BadInput ``courier.nothing_waits``, ``courier.nothing``. DiskFull, IoFailure: no bundle was made. NotAllowed.
    """
    require(actor, "courier")

    def choose(view: View) -> tuple[list[Packet], int]:
        found = [p for p in view.packets(unsent_only=True) if _may_go(desk, p)]
        return [p for p in found if not (only_new and p.courier_id) and p.courier_id not in besides - {""}], read_to(view)

    chosen, after = desk.register.read(choose)
    if not chosen:
        raise BadInput("courier.nothing_waits")
    plan = _plan(desk, actor, chosen, after)
    paths = {p.packet_id: p.path for p in chosen}
    written = desk.courier.disk.write(root, plan, lambda item: desk.sealer.read(paths[item.packet_id]), limit_bytes=limit_bytes,
                                      on_progress=on_progress)
    bundle = _record(desk, actor, written, chosen)
    return Exported(bundle, written.folder, tuple(i.packet_id for i in written.damaged), len(written.left),
                    sum(i.size for i in written.left))


def _plan(desk: Desk, actor: Actor, packets: Sequence[Packet], after: int) -> BundlePlan:
    now = desk.clock.now()
    day = local_time(desk, now).date()
    kantor = desk.sop.kantor
    said = (("Kantor", kantor.nama), ("Alamat", kantor.alamat), ("Telepon", kantor.telepon), ("Petugas", actor.nama),
            ("Tanggal", date_long(day)))
    notes = [f"{title:9}: {value}" for title, value in said if value]
    items = tuple(BundleItem(p.packet_id, p.counter, p.previous_hash, p.size, p.sha256, p.replaces) for p in packets)
    return BundlePlan(desk.ids.new(), desk.station, now, day.isoformat(), items, after, tuple(notes))


def _record(desk: Desk, actor: Actor, written: Written, chosen: Sequence[Packet]) -> CourierBundle:
    """The bundle's row and a mark on each packet; a crash in between leaves a bundle that is recorded when it comes back."""
    manifest = written.manifest
    bundle = CourierBundle(manifest.bundle_id, manifest.created_at, actor.username, written.folder.name, len(manifest.items),
                           manifest.bytes, manifest.digest)

    def first(tx: Tx) -> None:
        tx.add_courier_bundle(bundle)
        tx.log("CourierExported", bundle.id, actor.username, count=bundle.packets, bytes=bundle.bytes, digest=bundle.digest,
               label=bundle.label)
        for item in written.damaged:
            packet = tx.packet(item.packet_id)
            tx.log("PacketFileDamaged", packet.permohonan_id if packet else "-", actor.username, packet_id=item.packet_id)

    desk.register.write(first)
    for some in _batches(manifest.items, BATCH):
        desk.register.write(lambda tx, some=some: _mark(tx, actor, bundle, some))  # type: ignore[misc]
    return bundle


def _mark(tx: Tx, actor: Actor, bundle: CourierBundle, items: Iterable[BundleItem]) -> None:
    for item in items:
        packet = tx.packet(item.packet_id)
        if packet is None:
            continue
        if packet.unsent:
            tx.save_packet(replace(packet, courier_at=bundle.at, courier_id=bundle.id))
        tx.log("PacketExported", packet.permohonan_id, actor.username, packet_id=item.packet_id, key=bundle.id)


def _batches(items: Sequence[BundleItem], size: int) -> Iterable[Sequence[BundleItem]]:
    return (items[i:i + size] for i in range(0, len(items), size))


def import_bundles(desk: Desk, actor: Actor, root: Path, *,
                   on_progress: Callable[[int], object] = lambda done: None) -> tuple[Imported, ...]:
    """Take receipts and statuses back in from the bundles on a disk, by name.

    Whatever is unsigned, foreign, altered or older is refused by name and audited; the rest is taken. Nothing is written outside the
    register. May be repeated, also with an older disk after a newer one.

    Raises:
        BadInput ``courier.none``. NotAllowed.
    """
    require(actor, "courier")
    return tuple(take_back(desk, actor.username, desk.courier.disk.open(folder), on_progress) for folder in desk.courier.disk.find(root))


def bundles(desk: Desk, actor: Actor, limit: int = 100) -> Sequence[CourierBundle]:
    """Exports of this desk and what came back of each, newest first."""
    require(actor, "courier")
    return desk.register.read(lambda v: v.courier_bundles(limit))
