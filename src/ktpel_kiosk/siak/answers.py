"""What every answer of the gateway means: one table, nothing decided elsewhere.

The table has two halves: an HTTP status (per operation) or a failed exchange becomes an error of the TransportTrouble family, and such an
error becomes what the queue does next and who can help. What needs a second look is looked at in :mod:`ktpel_kiosk.siak.diagnose`.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

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
from ktpel_kiosk.siak.connections import ResolverSilent
from ktpel_kiosk.siak.tls import tls_cause, tls_key


class Operation(StrEnum):
    ANNOUNCE = "announce"
    CREATE = "create"
    ABILITIES = "abilities"
    OFFSET = "offset"
    CHUNK = "chunk"
    RECEIPT = "receipt"
    STATUS = "status"
    LOOKUP = "lookup"
    CARD = "card"
    RECORD = "record"
    MATERIAL = "material"
    KEYS = "keys"
    UPDATE = "update"
    HEARTBEAT = "heartbeat"


UPLOAD: frozenset[Operation] = frozenset({Operation.OFFSET, Operation.CHUNK})
TUS: frozenset[Operation] = UPLOAD | {Operation.CREATE, Operation.ABILITIES}


class OffsetMoved(ServerTrouble):
    """409, 423 or 460 on a chunk: ask the server for its offset and go on from there."""

    code = "OFFSET_MOVED"


class ChunkTooLarge(OffsetMoved):
    """413 on a chunk (a web server in front often takes 1 MB only): the next one is smaller."""

    code = "CHUNK_TOO_LARGE"


class LineCut(ServerTrouble):
    """Connected, then the line broke or fell silent: what arrived is known only to the server."""

    code = "LINE_CUT"


class NameNotFound(TransportTrouble):
    """There is a line, but nobody says where the server is."""

    code = "NAME_NOT_FOUND"


class PortalSeen(TransportTrouble):
    """Somebody else answers in the server's place and wants a person to sign in."""

    code = "PORTAL"


class ProxyTrouble(TransportTrouble):
    """The office's own proxy refuses, or is not there."""

    code = "PROXY"


class StationRefused(ServerRefused):
    """The server does not know or accept this station; no packet is at fault."""

    code = "STATION_REFUSED"


@dataclass(frozen=True, slots=True)
class Rule:
    error: type[TransportTrouble]
    message_key: str


_ANY: frozenset[Operation] = frozenset(Operation)
_STATUS_TABLE: tuple[tuple[frozenset[Operation], frozenset[int], Rule], ...] = (
    # tus 1.0.0: an upload that is not there (any more) is 404, 410 or 403; a station that is refused hears so when it announces
    (UPLOAD, frozenset({403, 404, 410}), Rule(AnnounceAgain, "gateway.upload_forgotten")),
    (frozenset({Operation.CHUNK}), frozenset({409, 423, 460}), Rule(OffsetMoved, "gateway.offset_moved")),
    (frozenset({Operation.CHUNK}), frozenset({413}), Rule(ChunkTooLarge, "gateway.chunk_too_large")),
    (TUS, frozenset({409, 423}), Rule(ServerTrouble, "gateway.busy")),
    (TUS, frozenset({412, 415}), Rule(ServerTrouble, "gateway.tus_version")),
    (frozenset({Operation.RECEIPT}), frozenset({404, 410}), Rule(AnnounceAgain, "gateway.packet_forgotten")),
    (frozenset({Operation.RECEIPT}), frozenset({202, 409}), Rule(ServerTrouble, "gateway.receipt_not_ready")),
    (frozenset({Operation.ANNOUNCE}), frozenset({409}), Rule(ServerRefused, "gateway.packet_conflict")),
    (frozenset({Operation.MATERIAL}), frozenset({409}), Rule(ServerRefused, "gateway.not_print_ready")),
    (_ANY, frozenset({401, 403}), Rule(StationRefused, "gateway.not_authorised")),
    (_ANY, frozenset({407}), Rule(ProxyTrouble, "gateway.proxy")),
    (_ANY, frozenset({408, 425, 429}), Rule(ServerTrouble, "gateway.busy")),
    (_ANY, frozenset({413}), Rule(ServerRefused, "gateway.too_large")),
    (_ANY, frozenset({400, 422}), Rule(ServerRefused, "gateway.packet_invalid")),
    (_ANY, frozenset({507}), Rule(ServerTrouble, "gateway.server_full")),
)
_REST: tuple[tuple[range, Rule], ...] = (
    (range(500, 600), Rule(ServerTrouble, "gateway.server_error")),
    (range(400, 500), Rule(ServerRefused, "gateway.refused")),
    # a page or a redirect from the holder of the gateway's own certificate: the line works, the gateway is not behind it
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


def unreadable(operation: Operation) -> ServerTrouble:
    """Success, said in words that are not the contract's."""
    return ServerTrouble("gateway.not_the_gateway", operation=operation.value)


_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, 10051, 10050, 10049})   # the last three: Windows
_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), 11001, 11004})


def error_of(operation: Operation, trouble: httpx.TransportError, host: str, *, proxied: bool = False) -> TransportTrouble:
    """The error for a request that got no answer, as far as the failure itself tells."""
    facts = {"operation": operation.value, "host": host}
    if isinstance(trouble, httpx.ProxyError):
        return _proxy_answer(str(trouble), facts)
    tls = tls_cause(trouble)
    if tls is not None:
        key = tls_key(tls)
        return (StationRefused if key == "gateway.station_certificate" else TlsRejected)(key, **facts)
    if isinstance(trouble, httpx.ConnectError | httpx.ConnectTimeout):
        return _no_connection(trouble, facts, proxied)
    if isinstance(trouble, httpx.TimeoutException):
        return LineCut("gateway.slow", **facts)
    if isinstance(trouble, httpx.RemoteProtocolError) and not str(trouble).startswith(("Server disconnected", "peer closed")):
        return unreadable(operation)
    return LineCut("gateway.cut", **facts)


def _proxy_answer(text: str, facts: Mapping[str, str]) -> TransportTrouble:
    """The proxy answered CONNECT with something else than yes; httpx gives its status line."""
    code = text.split(" ", 1)[0]
    status = int(code) if code.isascii() and code.isdigit() else 0
    if status in (401, 407):   # tinyproxy says 401 to a wrong password
        return ProxyTrouble("gateway.proxy", status=status, **facts)
    if status >= 500:
        return Offline("gateway.proxy_no_way", status=status, **facts)
    return ProxyTrouble("gateway.proxy_refused", status=status, **facts)


def _no_connection(trouble: BaseException, facts: Mapping[str, str], proxied: bool) -> TransportTrouble:
    system = next((e for e in _chain(trouble) if isinstance(e, OSError)), None)
    if system is not None and system.errno in _NO_ROUTE and not isinstance(system, socket.gaierror):
        return Offline("gateway.no_network", **facts)
    if proxied:
        return ProxyTrouble("gateway.proxy_unreachable", **facts)
    if isinstance(system, ResolverSilent):
        return NameNotFound("gateway.dns_silent", **facts)
    if isinstance(system, socket.gaierror):
        return NameNotFound("gateway.dns_unknown" if system.errno in _UNKNOWN_NAME else "gateway.dns_silent", **facts)
    return Offline("gateway.offline", **facts)


def _chain(trouble: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while trouble is not None:
        found.append(trouble)
        trouble = trouble.__cause__ or trouble.__context__
    return found


class Action(StrEnum):
    """What the queue does after an error."""

    WAIT_FOR_LINE = "wait_for_line"      # all items wait, one probe at a time
    RETRY = "retry"                      # this item waits with back-off
    ANNOUNCE_AGAIN = "announce_again"
    REFUSE = "refuse"                    # this item needs a person


_BY_KEY: Mapping[str, tuple[Action, WaitCause]] = MappingProxyType({
    # the server as a whole is set up wrongly; no single packet is at fault
    "gateway.foreign_upload": (Action.WAIT_FOR_LINE, WaitCause.SERVER),
    "gateway.tus_version": (Action.WAIT_FOR_LINE, WaitCause.SERVER),
    "gateway.server_full": (Action.WAIT_FOR_LINE, WaitCause.SERVER),
    "gateway.clock": (Action.WAIT_FOR_LINE, WaitCause.CLOCK),
    "gateway.tls_not_yet_valid": (Action.WAIT_FOR_LINE, WaitCause.CLOCK),
    "keys.no_gateway": (Action.WAIT_FOR_LINE, WaitCause.SETUP),
    "keys.line_missing": (Action.WAIT_FOR_LINE, WaitCause.SETUP),
    "packet.file_missing": (Action.REFUSE, WaitCause.FILE),
    "packet.file_damaged": (Action.REFUSE, WaitCause.FILE),
})
_ACTIONS: tuple[tuple[type[KioskError], Action, WaitCause], ...] = (
    (Offline, Action.WAIT_FOR_LINE, WaitCause.OFFLINE),
    (NameNotFound, Action.WAIT_FOR_LINE, WaitCause.DNS),
    (PortalSeen, Action.WAIT_FOR_LINE, WaitCause.PORTAL),
    (ProxyTrouble, Action.WAIT_FOR_LINE, WaitCause.PROXY),
    (TlsRejected, Action.WAIT_FOR_LINE, WaitCause.TLS),
    (StationRefused, Action.WAIT_FOR_LINE, WaitCause.STATION),
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
    by_key = _BY_KEY.get(error.message_key)
    if by_key is not None:
        return by_key
    found = next(((a, c) for kind, a, c in _ACTIONS if isinstance(error, kind)), None)
    return found or (Action.RETRY, WaitCause.DATA)
