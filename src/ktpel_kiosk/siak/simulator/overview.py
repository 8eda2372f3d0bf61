"""What arrived, for people: totals, stations with their gaps and forks, the newest packets and card events, the rate of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.ledger import Ledger

NEWEST = 100
MINUTES = 60
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Totals:
    packets: int
    complete: int
    bytes_held: int
    quota_bytes: int
    unopened: int
    planned: int
    events: int
    cards: int
    listeners: int


@dataclass(frozen=True, slots=True)
class StationView:
    """``gaps``: counters below the highest that never came, as (first, last). ``forks``: counters whose previous hash is another one."""

    station: str
    packets: int
    backlog: int
    backlog_bytes: int
    highest: int
    last_contact: datetime | None
    gaps: tuple[tuple[int, int], ...]
    forks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PacketView:
    packet_id: str
    station: str
    counter: int
    size: int
    received: int
    receipt: int | None
    at: datetime | None
    nik: str
    status: str
    failure: str
    replaces: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One picture of the gateway. ``per_minute``: packets completed in each of the last ``MINUTES`` minutes, oldest first."""

    at: datetime
    totals: Totals
    stations: tuple[StationView, ...]
    packets: tuple[PacketView, ...]
    cards: tuple[tuple[str, str, str, str, str], ...]
    faults: tuple[tuple[str, str, float, int], ...]
    scenario: str
    chosen: Mapping[str, str]
    per_minute: tuple[int, ...]


def facts(core: Core) -> Ledger:
    """The ledger of the one-machine store; the trainer's door is no part of a gateway of many nodes."""
    ledger = core.store.ledger
    assert isinstance(ledger, Ledger)
    return ledger


def overview(core: Core) -> Overview:
    """The picture now; reads committed facts only and holds nobody up."""
    ledger, now, behaviour = facts(core), core.clock.now(), core.behaviour
    return Overview(
        now, _totals(core), tuple(stations(core)), tuple(_packets(core)),
        tuple((c.at, c.event, c.station, c.packet_id, c.nik) for c in reversed(ledger.card_events(limit=NEWEST))),
        tuple((operation, fault.kind.value, fault.value, times) for operation, fault, times in behaviour.faults.waiting()),
        behaviour.choices.default, dict(behaviour.choices.chosen), _per_minute(ledger, now),
    )


def _totals(core: Core) -> Totals:
    ledger = facts(core)
    packets, complete, unopened = ledger.one(
        "SELECT count(*), coalesce(sum(complete), 0), coalesce(sum(complete AND NOT opened), 0) FROM packets")
    planned, events, cards = (ledger.one(f"SELECT count(*) FROM {table}")[0] for table in ("plans", "events", "cards"))
    return Totals(packets, complete, ledger.held_bytes, core.behaviour.quota_bytes, unopened, planned, events, cards, core.listeners)


def stations(core: Core) -> Iterable[StationView]:
    """Every station that ever announced a packet or asked for something, by name."""
    ledger = facts(core)
    rows = ledger.rows("SELECT station, counter, previous_hash, sha256, complete, size, max(announced_at, received_at) FROM packets "
                       "ORDER BY station, counter")
    found: dict[str, list[tuple[int, str, str, int, int, str]]] = {name: [] for name in core.seen}
    for station, *rest in rows:
        found.setdefault(str(station), []).append((rest[0], rest[1], rest[2], rest[3], rest[4], rest[5]))
    for station in sorted(found):
        yield _station(station, found[station], core.seen.get(station))


def _station(name: str, rows: list[tuple[int, str, str, int, int, str]], seen: datetime | None) -> StationView:
    gaps, forks = chain_faults([(counter, previous, sha256) for counter, previous, sha256, *_ in rows])
    waiting = [size for _, _, _, complete, size, _ in rows if not complete]
    stamps = [at for *_, at in rows if at]
    last = seen or (wire.moment(max(stamps)) if stamps else None)
    return StationView(name, len(rows), len(waiting), sum(waiting), rows[-1][0] if rows else 0, last, gaps, forks)


def chain_faults(rows: Iterable[tuple[int, str, str]]) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Gaps and forks of one station's (counter, previous hash, hash), in order of the counter.

    A counter whose forerunner is not here is a gap, not a fork: what it names cannot be held against anything.
    """
    gaps: list[tuple[int, int]] = []
    forks: list[int] = []
    expected, before = 1, GENESIS
    for counter, previous, sha256 in rows:
        if counter > expected:
            gaps.append((expected, counter - 1))
        elif previous != before:
            forks.append(counter)
        expected, before = counter + 1, sha256
    return tuple(gaps), tuple(forks)


def _packets(core: Core) -> Iterable[PacketView]:
    rows = facts(core).rows(
        "SELECT p.packet_id, p.station, p.counter, p.size, p.upload_id, p.complete, r.sequence, "
        "max(p.announced_at, p.received_at), p.nik, p.failure, p.replaces, "
        "coalesce((SELECT status FROM events e WHERE e.packet_id = p.packet_id ORDER BY sequence DESC LIMIT 1), '') "
        "FROM packets p LEFT JOIN receipts r USING (packet_id) ORDER BY p.rowid DESC LIMIT ?", (NEWEST,))
    for packet_id, station, counter, size, upload_id, complete, receipt, at, nik, failure, replaces, status in rows:
        holding = None if complete else core.store.by_upload(upload_id)
        received = size if complete else holding.received if holding is not None else 0
        yield PacketView(packet_id, station, counter, size, received, receipt, wire.moment(at) if at else None, nik, status, failure,
                         replaces)


def _per_minute(ledger: Ledger, now: datetime) -> tuple[int, ...]:
    first = now - timedelta(minutes=MINUTES - 1)
    rows = dict(ledger.rows("SELECT substr(received_at, 1, 16), count(*) FROM packets WHERE received_at >= ? GROUP BY 1",
                            (wire.stamp(first)[:16],)))
    return tuple(int(rows.get(wire.stamp(first + timedelta(minutes=m))[:16], 0)) for m in range(MINUTES))


def masked(nik: str) -> str:
    """A NIK as a page may show it: region and last two digits."""
    return f"{nik[:6]}{'•' * 8}{nik[-2:]}" if len(nik) == 16 else ""
