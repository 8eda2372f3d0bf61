"""What the operator does about an error code of the service (SBI specification, error codes; MOSIP registration families 6xx, 7xx)."""

from __future__ import annotations

from collections.abc import Mapping

from ktpel_kiosk.domain.errors import Busy, CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.ports.devices import DeviceKind

NOTHING: Mapping[DeviceKind, str] = {
    DeviceKind.FINGERPRINT: "finger.none", DeviceKind.IRIS: "iris.none", DeviceKind.CAMERA: "sbi.no_face",
}
TIMED_OUT = "701"
STREAM_STOPPED = "700"

_Row = tuple[type[DeviceTrouble], str]
_REQUEST: _Row = (DeviceTrouble, "sbi.request")
_GONE: _Row = (NotConnected, "sbi.gone")
_BUSY: _Row = (Busy, "sbi.busy")

TABLE: Mapping[str, _Row] = {
    # try again, with a word to the applicant
    "101": (CaptureFailed, ""), "608": (CaptureFailed, ""), TIMED_OUT: (CaptureFailed, ""), "609": (CaptureFailed, ""),
    "102": (CaptureFailed, "sbi.unclear"), "105": (CaptureFailed, "sbi.placement"),
    "707": (CaptureFailed, "sbi.unclear"), "708": (CaptureFailed, "sbi.unclear"),
    STREAM_STOPPED: (CaptureFailed, "sbi.preview_stopped"), "702": (CaptureFailed, "sbi.preview_stopped"),
    # plug it in again
    "106": _GONE, "202": _GONE, "503": _GONE, "605": _GONE, "705": _GONE,
    # wait
    "110": (DeviceTrouble, "sbi.not_ready"), "111": _BUSY, "607": _BUSY, "703": _BUSY,
    # call the administrator
    "100": (DeviceTrouble, "sbi.not_registered"), "103": (DeviceTrouble, "sbi.tampered"), "104": (DeviceTrouble, "sbi.server"),
    "107": (DeviceTrouble, "sbi.key"), "108": (DeviceTrouble, "sbi.key"),
    "115": (DeviceTrouble, "sbi.environment"), "601": (DeviceTrouble, "sbi.purpose"), "606": (DeviceTrouble, "sbi.purpose"),
    "706": (DeviceTrouble, "sbi.purpose"), "709": (DeviceTrouble, "sbi.purpose"), "121": (DeviceTrouble, "sbi.purpose"),
    **dict.fromkeys(("109", "112", "113", "114", "116", "117", "118", "119", "120", "122", "500", "501", "502", "604", "704"), _REQUEST),
}


def of(error: object) -> str:
    """The code of an ``error`` member; empty for success. One that cannot be read counts as unknown, 999."""
    if error is None or error == "" or error == {}:
        return ""
    code = error.get("errorCode") if isinstance(error, dict) else None
    text = str(code).strip() if isinstance(code, (str, int)) and not isinstance(code, bool) else "999" if code is not None else ""
    if text in ("", "0") or text.lstrip("0") == "":
        return ""
    return text[:8] if text.isascii() and text.isalnum() else "999"


def trouble(code: str, kind: DeviceKind) -> DeviceTrouble:
    """The error for a code; an unknown one says its number."""
    made, key = TABLE.get(code, (DeviceTrouble, "sbi.failed"))
    return made(key or NOTHING[kind], status=code)
