"""What every answer of the gateway means: one table, nothing decided elsewhere.

The table has two halves: an HTTP status (per operation) becomes an error of the TransportTrouble family, and such an error
becomes what the queue does next and who can help. "Tidak ada jaringan" is only said by :class:`Offline`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum

import httpx

from ktpel_kiosk.domain.errors import (
    AnnounceAgain,
    ClockTrouble,
    KioskError,
    Offline,
    ReceiptInvalid,
    ServerRefused,
    ServerTrouble,
    TlsRejected,
    TransportTrouble,
    UserFacing,
)
from ktpel_kiosk.domain.outbox import WaitCause


class Operation(StrEnum):
    ANNOUNCE = "announce"
    OFFSET = "offset"
    CHUNK = "chunk"
    RECEIPT = "receipt"
    STATUS = "status"
    LOOKUP = "lookup"
    CARD = "card"
    RECORD = "record"
    MATERIAL = "material"


UPLOAD: frozenset[Operation] = frozenset({Operation.OFFSET, Operation.CHUNK})


class OffsetMoved(ServerTrouble):
    """409 or 460 on a chunk: ask the server for its offset and go on from there."""

    code = "OFFSET_MOVED"


class LineCut(ServerTrouble):
    """Connected, then the line broke or fell silent: what arrived is known only to the server."""

    code = "LINE_CUT"


@dataclass(frozen=True, slots=True)
class Rule:
    error: type[TransportTrouble]
    message_key: str


_ANY: frozenset[Operation] = frozenset(Operation)
_STATUS_TABLE: tuple[tuple[frozenset[Operation], frozenset[int], Rule], ...] = (
    (UPLOAD, frozenset({404, 410}), Rule(AnnounceAgain, "gateway.upload_forgotten")),
    (frozenset({Operation.CHUNK}), frozenset({409, 423, 460}), Rule(OffsetMoved, "gateway.offset_moved")),
    (frozenset({Operation.RECEIPT}), frozenset({404, 410}), Rule(AnnounceAgain, "gateway.packet_forgotten")),
    (frozenset({Operation.RECEIPT}), frozenset({202, 409}), Rule(ServerTrouble, "gateway.receipt_not_ready")),
    (frozenset({Operation.ANNOUNCE}), frozenset({409}), Rule(ServerRefused, "gateway.packet_conflict")),
    (frozenset({Operation.MATERIAL}), frozenset({409}), Rule(ServerRefused, "gateway.not_print_ready")),
    (_ANY, frozenset({401, 403}), Rule(ServerRefused, "gateway.not_authorised")),
    (_ANY, frozenset({407}), Rule(ServerRefused, "gateway.proxy")),
    (_ANY, frozenset({408, 425, 429}), Rule(ServerTrouble, "gateway.busy")),
    (_ANY, frozenset({413}), Rule(ServerRefused, "gateway.too_large")),
    (_ANY, frozenset({400, 422}), Rule(ServerRefused, "gateway.packet_invalid")),
)
_REST: tuple[tuple[range, Rule], ...] = (
    (range(500, 600), Rule(ServerTrouble, "gateway.server_error")),
    (range(400, 500), Rule(ServerRefused, "gateway.refused")),
    # a captive portal or a wrong address answers with a page or a redirect: the line works, the gateway is not behind it
    (range(100, 400), Rule(ServerTrouble, "gateway.not_the_gateway")),
)


def error_for(operation: Operation, status: int, retry_after_s: int | None = None) -> TransportTrouble:
    """The error for an HTTP status that is not the operation's success."""
    rule = next((r for operations, codes, r in _STATUS_TABLE if operation in operations and status in codes), None)
    if rule is None:
        rule = next((r for codes, r in _REST if status in codes), Rule(ServerTrouble, "gateway.not_the_gateway"))
    if retry_after_s is not None and issubclass(rule.error, ServerTrouble):
        return rule.error(rule.message_key, operation=operation.value, status=status, wait_s=retry_after_s)
    return rule.error(rule.message_key, operation=operation.value, status=status)


_NOT_YET_VALID, _EXPIRED = 9, 10   # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


def error_of(operation: Operation, trouble: httpx.TransportError, host: str) -> TransportTrouble:
    """The error for a request that got no answer."""
    tls = _tls_cause(trouble)
    if tls is not None:
        key = {_NOT_YET_VALID: "gateway.tls_not_yet_valid", _EXPIRED: "gateway.tls_expired"}.get(
            getattr(tls, "verify_code", 0), "gateway.tls",
        )
        return TlsRejected(key, operation=operation.value, host=host)
    if isinstance(trouble, httpx.ConnectError | httpx.ConnectTimeout):
        return Offline("gateway.offline", operation=operation.value, host=host)
    if isinstance(trouble, httpx.TimeoutException):
        return LineCut("gateway.slow", operation=operation.value, host=host)
    return LineCut("gateway.cut", operation=operation.value, host=host)


def _tls_cause(trouble: BaseException) -> ssl.SSLError | None:
    """The TLS error behind it. A connection that merely ended while TLS ran is a cut line, not a rejection."""
    seen: BaseException | None = trouble
    while seen is not None:
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


class Action(StrEnum):
    """What the queue does after an error."""

    WAIT_FOR_LINE = "wait_for_line"      # all items wait, one probe at a time
    RETRY = "retry"                      # this item waits with back-off
    ANNOUNCE_AGAIN = "announce_again"
    REFUSE = "refuse"                    # this item needs a person


_STATION_LEVEL: frozenset[str] = frozenset({"gateway.not_authorised", "gateway.proxy"})
_ACTIONS: tuple[tuple[type[KioskError], Action, WaitCause], ...] = (
    (Offline, Action.WAIT_FOR_LINE, WaitCause.OFFLINE),
    (TlsRejected, Action.WAIT_FOR_LINE, WaitCause.TLS),
    (AnnounceAgain, Action.ANNOUNCE_AGAIN, WaitCause.SERVER),
    (ReceiptInvalid, Action.RETRY, WaitCause.RECEIPT),
    (ServerTrouble, Action.RETRY, WaitCause.SERVER),
    (ServerRefused, Action.REFUSE, WaitCause.DATA),
    (ClockTrouble, Action.RETRY, WaitCause.CLOCK),
    (TransportTrouble, Action.RETRY, WaitCause.SERVER),
    (UserFacing, Action.REFUSE, WaitCause.DATA),
)


def action_for(error: KioskError) -> tuple[Action, WaitCause]:
    """What to do and the cause to show. Refusals of the station as a whole stop the line, never a single packet."""
    if error.message_key in _STATION_LEVEL:
        return Action.WAIT_FOR_LINE, WaitCause.SERVER
    if error.message_key == "gateway.tls_not_yet_valid":
        return Action.WAIT_FOR_LINE, WaitCause.CLOCK
    found = next(((a, c) for kind, a, c in _ACTIONS if isinstance(error, kind)), None)
    return found or (Action.RETRY, WaitCause.DATA)
