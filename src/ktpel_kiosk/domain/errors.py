"""The errors of the house: what the operator can act on, what the world did to us, what smells of tampering.

``str()`` of an error never contains personal data: facts are allow-listed by name, everything else is dropped
before the exception exists. Screens turn ``message_key`` and the facts into an Indonesian sentence
(``resources/i18n/id/errors.toml``); logs print ``code`` and the facts.
"""

from __future__ import annotations

from typing import ClassVar

Fact = str | int | float | bool | None

ALLOWED_FACTS: frozenset[str] = frozenset({
    "rule", "stage", "step", "state", "expected", "found", "limit", "value", "unit", "field", "count", "attempt",
    "device", "device_kind", "operation", "deadline_s", "path", "line", "column", "key", "format", "office", "book",
    "number", "year", "month", "role", "roles", "use_case", "service", "version", "host", "status", "cause", "entry",
    "packet_id", "sequence", "serial", "blangko", "modality", "position", "score", "threshold", "free_bytes",
    "need_bytes", "wait_s", "errno", "digest", "reason", "next_try_s", "sample", "username", "at", "job",
})


class KioskError(Exception):
    """Base of all known errors.

    Args:
        message_key: key of the sentence shown to people, e.g. ``"nik.length"``.
        facts: values for the sentence and the log; a name outside ``ALLOWED_FACTS`` is a programming error.
    """

    code: ClassVar[str] = "KIOSK"

    def __init__(self, message_key: str, **facts: Fact) -> None:
        unknown = set(facts) - ALLOWED_FACTS
        if unknown:
            raise TypeError(f"facts not allow-listed: {sorted(unknown)}")
        self.message_key = message_key
        self.facts: dict[str, Fact] = dict(facts)
        super().__init__(message_key)

    def __str__(self) -> str:
        shown = " ".join(f"{k}={v!r}" for k, v in sorted(self.facts.items()))
        return f"{self.code} {self.message_key}" + (f" ({shown})" if shown else "")


class UserFacing(KioskError):
    """The person at the desk can act on it."""

    code = "USER"


class BadInput(UserFacing):
    """A value, file or argument that came from outside is wrong; says what, where and what to do."""

    code = "BAD_INPUT"


class NotAllowed(UserFacing):
    """The signed-in officer does not hold the role the SOP or the rule asks for."""

    code = "NOT_ALLOWED"


class SignInRefused(UserFacing):
    """Wrong name or password, or the account is backing off (fact ``wait_s``)."""

    code = "SIGN_IN"


class SopViolation(UserFacing):
    """The act does not fit where the application stands in its SOP."""

    code = "SOP"


class QualityTooLow(UserFacing):
    """A sample below threshold cannot be accepted without tries or force."""

    code = "QUALITY"


class DuplicateRequest(UserFacing):
    """The NIK already has an open application (fact ``number``), or the same act was already done."""

    code = "DUPLICATE"


class StaleView(UserFacing):
    """Somebody else changed the application meanwhile: reload and look again."""

    code = "STALE"


class NotFound(UserFacing):
    """No such application, packet, card or document."""

    code = "NOT_FOUND"


class EnvironmentTrouble(KioskError):
    """Not our bug: the machine, a device or the line."""

    code = "ENVIRONMENT"


class DeviceTrouble(EnvironmentTrouble):
    """A device refused, vanished or lied. Facts: ``device_kind``, ``device``, ``operation``."""

    code = "DEVICE"


class NotConnected(DeviceTrouble):
    code = "DEVICE_NOT_CONNECTED"


class Stalled(DeviceTrouble):
    """No answer within the named deadline (facts ``operation``, ``deadline_s``)."""

    code = "DEVICE_STALLED"


class Busy(DeviceTrouble):
    code = "DEVICE_BUSY"


class Jammed(DeviceTrouble):
    code = "DEVICE_JAMMED"


class MediaEmpty(DeviceTrouble):
    """Ribbon, film, blank cards or paper ran out."""

    code = "DEVICE_MEDIA_EMPTY"


class CaptureFailed(DeviceTrouble):
    """The device answered, but with nothing usable (no finger, truncated frame, wrong count)."""

    code = "DEVICE_CAPTURE"


class CardRemoved(DeviceTrouble):
    """The card left the field while it was being read or written."""

    code = "CARD_REMOVED"


class CardRefused(DeviceTrouble):
    """The card answered with a status word that means no (fact ``status`` as four hex digits)."""

    code = "CARD_REFUSED"


class OutcomeUnknown(DeviceTrouble):
    """The order went out and no answer came back: ask the device, then the operator."""

    code = "OUTCOME_UNKNOWN"


class StorageTrouble(EnvironmentTrouble):
    code = "STORAGE"


class DiskFull(StorageTrouble):
    code = "DISK_FULL"


class IoFailure(StorageTrouble):
    code = "IO_FAILURE"


class Corrupt(StorageTrouble):
    code = "CORRUPT"


class TooNew(StorageTrouble):
    """The register was written by a newer version; it is refused, never wiped."""

    code = "TOO_NEW"


class KeyUnavailable(StorageTrouble):
    """The key does not open the register, or cannot be reached."""

    code = "KEY_UNAVAILABLE"


class TransportTrouble(EnvironmentTrouble):
    code = "TRANSPORT"


class Offline(TransportTrouble):
    """No way to the server at all; the only one that is shown as 'tidak ada jaringan'."""

    code = "OFFLINE"


class TlsRejected(TransportTrouble):
    code = "TLS_REJECTED"


class ServerTrouble(TransportTrouble):
    """The server answered that it cannot now (5xx, 429): retry later."""

    code = "SERVER_TROUBLE"


class ServerRefused(TransportTrouble):
    """The server understood and said no (4xx); somebody has to act."""

    code = "SERVER_REFUSED"


class AnnounceAgain(TransportTrouble):
    """The server no longer knows this upload; announcing again is enough."""

    code = "ANNOUNCE_AGAIN"


class ReceiptInvalid(TransportTrouble):
    """A receipt that does not verify or speaks of another packet; the packet stays queued."""

    code = "RECEIPT_INVALID"


class ClockTrouble(EnvironmentTrouble):
    """Wall clock jumped by more than the limit."""

    code = "CLOCK"


class SecurityRefusal(KioskError):
    """Tampering suspected: audited, and what was offered is not used."""

    code = "SECURITY"


class BugError(KioskError):
    """Everything else; becomes a crash report without personal data."""

    code = "BUG"
