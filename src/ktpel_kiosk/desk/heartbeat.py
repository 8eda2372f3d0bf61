"""The desk's daily sign of life for the Dinas: built once a day, signed, and kept until it went out. Only the newest waits.

Nobody asks for it and nobody has to be signed in: it goes beside the packets, as card reports do.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from ktpel_kiosk import __version__
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.station_care import DRILLED
from ktpel_kiosk.domain.errors import KioskError, TransportTrouble
from ktpel_kiosk.domain.heartbeat import DEVICES, HOURS, STATES, Heartbeat, Waiting
from ktpel_kiosk.domain.ledgers import BlangkoMoveKind
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Query, Tx, View

WAITING = "detak:"
KEY = f"{WAITING}terbaru"
DAY, SEQUENCE = "detak.hari", "detak.urut"
USE_DAYS = 30
LIST = 2000
"""Applications on the way that are looked at for lateness; a desk has a few hundred."""
RELEASES = 4


def make_due(desk: Desk) -> bool:
    """Build the day's heartbeat unless it was; it takes the place of one that still waits. True when one was made.

    A desk that cannot sign yet (no certificate) makes none and says so elsewhere.
    """
    line, day = desk.heartbeat, today(desk)
    if line is None or (desk.register.read(lambda v: v.setting(DAY)) or "") == day.isoformat():
        return False
    beat = build(desk)
    try:
        token = line.sign(beat)
    except KioskError:
        return False

    def keep(tx: Tx) -> None:
        tx.put_draft(KEY, token)
        tx.put_setting(DAY, day.isoformat())
        tx.put_setting(SEQUENCE, str(beat.sequence))
        tx.log("HeartbeatMade", "-", "-", sequence=beat.sequence)

    desk.register.write(keep)
    return True


def send_waiting(desk: Desk) -> bool:
    """Send what waits. True when it arrived. One the gateway will never take is dropped: tomorrow's tells more."""
    line = desk.heartbeat
    token = desk.register.read(lambda v: v.draft(KEY)) if line is not None else None
    if line is None or not token:
        return False
    reason = ""
    try:
        line.send(token)
    except TransportTrouble as error:
        if error.message_key not in ("gateway.packet_invalid", "gateway.refused", "gateway.too_large"):
            return False
        reason = error.message_key

    def done(tx: Tx) -> None:
        if tx.draft(KEY) == token:  # a newer one may have taken its place meanwhile
            tx.drop_draft(KEY)
            tx.log("HeartbeatSent", "-", "-", reason=reason)

    desk.register.write(done)
    return not reason


def build(desk: Desk) -> Heartbeat:
    """How this desk fares now. Numbers and fixed words only."""
    now = desk.clock.now()
    health: dict[str, str] = {str(s.kind.value): s.health.value for s in desk.devices.states() if s.kind.value in DEVICES}
    copies = desk.station_care.copies() if desk.station_care is not None else None
    checked = desk.last_check.known
    ends = [max(0, (end.at - now).days) for end in desk.certificate_ends()]
    with_register = desk.register.read(lambda v: _facts(v, now))
    waiting, blangko, days, running, overdue, worst, centre, drilled, length, head, before = with_register
    return Heartbeat(
        station=desk.station, wilayah=_digits(desk.sop.kantor.kode_wilayah), sequence=max(before + 1, int(now.timestamp() * 1000)),
        made_at=now, day=today(desk), release=_release(__version__), backlog=waiting, devices=health, trouble_pm=_trouble(desk),
        blangko=blangko, blangko_days=days, running=running, overdue=overdue, oldest_overdue_h=worst, centre=centre,
        copy_h=_hours(copies.last, now) if copies is not None and copies.last is not None else None,
        drill_d=_hours(drilled, now) // 24 if drilled is not None else None, certificate_d=min(ends, default=None),
        check=checked.fault.value if checked is not None else "belum", audit_length=length, audit_head=head,
        free_mb=_room(desk))


_Facts = tuple[dict[str, Waiting], int, int | None, int, int, int, int, datetime | None, int, str, int]


def _facts(view: View, now: datetime) -> _Facts:
    ages: dict[str, list[int]] = {}
    for packet in view.packets(unsent_only=True):
        if packet.state is not PacketState.RECEIVED and packet.state.value in STATES:
            ages.setdefault(packet.state.value, []).append(_hours(packet.sealed_at, now))
    waiting = {state: Waiting(len(found), max(found)) for state, found in ages.items()}
    stock = view.blangko_balance().stok
    lateness, running, centre = _late(view, now)
    text, length = view.setting(DRILLED), view.audit_length()
    links = view.audit(after=max(0, length - 1), limit=1)
    return (waiting, stock, _lasts(view, stock, now), running, len(lateness), max(lateness, default=0), centre,
            datetime.fromisoformat(text) if text else None, length, links[-1].digest if links else "0" * 64,
            int(view.setting(SEQUENCE) or 0))


def _late(view: View, now: datetime) -> tuple[list[int], int, int]:
    """(hours beyond their time of those that are late, all on the way, those that wait for SIAK)."""
    lateness, stages = [], Counter[str]()
    items = view.list(Query(keadaan=(Keadaan.BERJALAN,), limit=LIST, newest_first=False))
    for item in items:
        stages[item.stage] += 1
        if item.limit_s is not None:
            used = item.active_s + ((now - item.running_since).total_seconds() if item.running_since is not None else 0.0)
            if used > item.limit_s:
                lateness.append(min(HOURS, int((used - item.limit_s) // 3600)))
    return lateness, len(items), stages[Stage.MENUNGGU_PRR]


def _lasts(view: View, stock: int, now: datetime) -> int | None:
    """For how many days the blanks last at the use of the last ``USE_DAYS``; ``None`` when none was used."""
    used = sum(m.count for m in view.blangko_moves_in(now - timedelta(days=USE_DAYS), now + timedelta(seconds=1))
               if m.kind in (BlangkoMoveKind.BAIK, BlangkoMoveKind.RUSAK))
    return min(99_999, stock * USE_DAYS // used) if used > 0 else None


def _trouble(desk: Desk) -> dict[str, int]:
    """Failed of 1,000 calls in 30 days, the worst device of each kind."""
    found: dict[str, int] = {}
    for record in desk.device_history.records():
        if record.failed_share is not None and record.kind.value in DEVICES:
            found[record.kind.value] = max(found.get(record.kind.value, 0), min(1000, round(record.failed_share * 1000)))
    return found


def _room(desk: Desk) -> int:
    try:
        return max(0, desk.sealer.free_bytes() // 1_000_000)
    except KioskError:
        return 0


def _hours(since: datetime, now: datetime) -> int:
    return min(HOURS, max(0, int((now - since.astimezone(UTC)).total_seconds() // 3600)))


def _digits(code: str) -> str:
    """Six digits of the kecamatan, whatever points stand between them."""
    return "".join(c for c in code if c in "0123456789")[:6]


def _release(version: str) -> str:
    """Numbers of the version alone: a mark behind them is no number."""
    numbers = version.split("+")[0].split(".")[:RELEASES]
    return ".".join(n for n in numbers if n.isascii() and n.isdigit()) or "0.0"
