"""Raw biometrics leave this desk once the centre certainly has them: receipt verified again, retention time over (docs/adr/0024).

A purge is first a commit (the run, the marks, the forgotten keys, the audit), then the deletion of files; killed in between, the files
are nobody's and go at the next start. Card material of people who have not collected their card yet is another matter
(:mod:`ktpel_kiosk.desk.sealing`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ktpel_kiosk.desk import purge_paper
from ktpel_kiosk.desk.access import in_doubt, no_doubt, require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, IoFailure, SopViolation, StorageTrouble
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.retention import DAYS_RANGE, DAYS_USUAL, Kept, PurgeRun
from ktpel_kiosk.ports.clock_watch import Moves
from ktpel_kiosk.ports.register import Tx, View

SETTING = "paket.simpan_hari"
SYSTEM = "-"
BATCH = 100
"""Packets of one nightly commit; between two the desk breathes."""
PAUSE_S = 0.2
NIGHTLY_MOST = 2000
BY_HAND_MOST = 10_000
USUAL, SMALLEST = 2_000_000, 100_000
"""Bytes a packet takes with its spare contents while none lies here to measure, and the least that is reckoned with."""
FARTHEST_S = 40 * 365 * 86_400.0
"""No receipt came longer ago."""
QUIET_DAYS = 45
"""A clock that says more days have passed since the last day's work is not believed by the nightly purge; the next day it is."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a purge would remove now.

    Attributes:
        held: packets old enough whose receipt does not verify: they stay, and somebody should look.
        more: there are further ones beyond what one run takes.
    """

    packets: tuple[Packet, ...]
    held: tuple[Packet, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """What is kept and why, and when it goes.

    Attributes:
        next_due: when the next received packet's time is over, ``None`` when none waits.
        free_bytes: room left on the disk; each: what one packet takes with its spare contents, for the forecast of recordings left.
    """

    days: int
    kept: tuple[Kept, ...]
    due: Due
    next_due: datetime | None
    runs: tuple[PurgeRun, ...]
    free_bytes: int
    each: int


def days(view: View) -> int:
    """How many days packet files are kept after the receipt."""
    text = view.setting(SETTING) or ""
    return int(text) if text.isascii() and text.isdigit() and DAYS_RANGE[0] <= int(text) <= DAYS_RANGE[1] else DAYS_USUAL


def set_days(desk: Desk, actor: Actor, wanted: int) -> None:
    """Raises BadInput ``retention.days``, NotAllowed."""
    require(actor, "change_settings")
    least, most = DAYS_RANGE
    if not least <= wanted <= most:
        raise BadInput("retention.days", value=str(wanted)[:12], limit=most, expected=f"{least}-{most}")

    def work(tx: Tx) -> None:
        tx.put_setting(SETTING, str(wanted))
        tx.log("SettingChanged", SETTING, actor.username, value=wanted)

    desk.register.write(work)


def due(desk: Desk, limit: int = BY_HAND_MOST) -> Due:
    """Old enough and certainly at the centre, lowest counter first. Verifies every receipt: not for the thread of the windows."""
    now = desk.clock.now()

    def look(view: View) -> Due:
        until, moves = now - timedelta(days=days(view)), Moves(desk.clock, view)
        found: list[Packet] = []
        held: list[Packet] = []
        for packet in _candidates(view):
            last = _successor(view, packet)
            if last is None:
                held.append(packet)
                continue
            since = _safe_since(view, last, now, until, moves)
            if since is None or since > until:
                continue
            if not desk.receipt_holds(last):
                held.append(packet)
            elif len(found) == limit:
                return Due(tuple(found), tuple(held), True)
            else:
                found.append(packet)
        return Due(tuple(found), tuple(held))

    return desk.register.read(look)


def _candidates(view: View) -> Iterator[Packet]:
    after = 0
    while page := view.purgeable(after, 500):
        yield from page
        after = page[-1].counter


def _successor(view: View, packet: Packet) -> Packet | None:
    """The packet that carries the session now: a replaced one goes with it, never before it. ``None`` when the rows do not lead there."""
    last = packet
    while last.replaced_by:
        following = view.packet(last.replaced_by)
        if following is None or following.counter <= last.counter:
            return None
        last = following
    return last


def _safe_since(view: View, packet: Packet, now: datetime, until: datetime, moves: Moves) -> datetime | None:
    """From when the retention time runs, on the clock of now; ``None`` while there is no receipt.

    Neither clock is believed alone: it is the latest of what the server says, what this desk noted, and the sealing; a moment that lies in
    the future tells nothing. What this desk noted moves with a clock that was set since.
    """
    if packet.state is not PacketState.RECEIVED or packet.received_at is None:
        return None
    said = [at for at in (packet.received_at, packet.sealed_at) if at <= now]
    if not said or max(said) <= until:  # only then is the journal worth asking
        said += _noted(view, packet, now, moves)
    return max(said, default=None)


def _noted(view: View, packet: Packet, now: datetime, moves: Moves) -> list[datetime]:
    """When this desk noted the receipt, on the clock of now; a moment still to come is a receipt that came just now."""
    noted = view.receipt_noted_at(packet)
    if noted is None:
        return []
    at, link = noted
    passed = (now - at).total_seconds() - moves.since(link)
    return [now - timedelta(seconds=min(max(0.0, passed), FARTHEST_S))]


def purge(desk: Desk, actor: Actor) -> PurgeRun | None:
    """All that is due (at most ``BY_HAND_MOST``) in one run with a berita acara; ``None`` when nothing is. Files go after the commit.

    A file that cannot be deleted now (held open by another program) goes at the next start; its contents are out of reach already.

    Raises:
        SopViolation: ``retention.changed``. ClockTrouble. NotAllowed.
    """
    require(actor, "purge_packets")
    no_doubt(desk)
    packets = due(desk).packets
    if not packets:
        return None
    run, files = desk.register.write(
        lambda tx: _mark(desk, tx, packets, actor.username, purge_paper.number(desk, tx, actor, len(packets))))
    for follow in (lambda: _remove_files(desk, files), lambda: purge_paper.keep(desk, run)):
        with suppress(StorageTrouble):  # the record stands; files go at the next start, the paper can be made again
            follow()
    return run


def purge_due(desk: Desk) -> int:
    """The nightly share: batches with a breath between them; returns how many packets went. Does nothing while the clock is in doubt."""
    if in_doubt(desk):
        return 0
    packets = due(desk, NIGHTLY_MOST).packets
    gone = 0
    for start in range(0, len(packets), BATCH):
        batch = packets[start:start + BATCH]
        try:
            run, files = desk.register.write(lambda tx, batch=batch: _mark(desk, tx, batch, SYSTEM, ""))  # type: ignore[misc]
            _remove_files(desk, files)
        except (SopViolation, IoFailure):  # somebody else purged meanwhile, or a file is held open: what is left is done next time
            break
        gone += run.packets
        if start + BATCH < len(packets):
            desk.clock.sleep(PAUSE_S)
    return gone


def believable(last_day: str, today: date) -> bool:
    """The day's work before this one was done recently enough for the clock to be right."""
    try:
        return 0 <= (today - date.fromisoformat(last_day)).days <= QUIET_DAYS
    except ValueError:
        return False


def _mark(desk: Desk, tx: Tx, packets: Sequence[Packet], by: str, number: str) -> tuple[PurgeRun, list[str]]:
    """Everything but the files, whose names are returned. What changed since it was found is not purged: the whole run is refused.

    Raises:
        SopViolation: ``retention.changed``.
    """
    now = desk.clock.now()
    id = desk.ids.new()
    size, files = 0, [p.path for p in packets]
    for packet in packets:
        current = tx.packet(packet.packet_id)
        if current is None or current.purged_at is not None or current.unsent or current.receipt != packet.receipt:
            raise SopViolation("retention.changed")
        spare = tx.spare(packet.packet_id)
        size += packet.size + (spare.size if spare else 0)
        files += [spare.path] if spare else []
        tx.save_packet(replace(current, purged_at=now, purge_id=id))
        tx.drop_spare(packet.packet_id)
    run = PurgeRun(id, now, number, by, len(packets), size, packets[0].counter, packets[-1].counter, days(tx), digest_of(packets))
    tx.add_purge(run)
    tx.log("PacketsPurged", number or id, by, count=run.packets, digest=run.digest, number=number, sequence=run.last_counter)
    return run, files


def digest_of(packets: Sequence[Packet]) -> str:
    """SHA-256 (hex) over ``packet_id sha256`` lines: which packets a run was about can be checked for ever."""
    return hashlib.sha256("".join(f"{p.packet_id} {p.sha256}\n" for p in packets).encode()).hexdigest()


def _remove_files(desk: Desk, files: Sequence[str]) -> None:
    for start in range(0, len(files), BATCH):
        if start:
            desk.clock.sleep(PAUSE_S)
        desk.sealer.remove(*files[start:start + BATCH])


def forecast(kept: Sequence[Kept]) -> int:
    """Bytes one more packet will take with its spare contents, by those that lie here."""
    packets, size = sum(k.packets for k in kept), sum(k.bytes for k in kept)
    return max(size // packets, SMALLEST) if packets else USUAL


def overview(desk: Desk, actor: Actor) -> Overview:
    """For the settings. NotAllowed."""
    require(actor, "verify_register")
    found, free = due(desk), desk.sealer.free_bytes()

    def look(view: View) -> Overview:
        kept, days_now, now = tuple(view.kept()), days(view), desk.clock.now()
        moves = Moves(desk.clock, view)
        since = (_safe_since(view, p, now, now, moves) for p in view.purgeable(0, 500) if not p.replaced_by)
        ends = [at + timedelta(days=days_now) for at in since if at is not None]
        return Overview(days_now, kept, found, min(ends, default=None), tuple(view.purges()), free, forecast(kept))

    return desk.register.read(look)
