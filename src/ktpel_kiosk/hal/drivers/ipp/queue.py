"""What a print queue says about itself, read into the house's words: media, resolution, complaints, supplies, jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ktpel_kiosk.domain.errors import DeviceTrouble, Jammed, MediaEmpty
from ktpel_kiosk.hal.drivers.ipp.message import Attributes, Resolution, number, text, texts
from ktpel_kiosk.ports.devices import CARD_SIZE, PrinterSupplies, PrintJob, PrintJobState

CARD_TOLERANCE = 100
"""In hundredths of a millimetre, as all sizes here."""
PAPER_TOLERANCE = 200
PAPERS: Mapping[str, tuple[int, int]] = {
    "A3": (29700, 42000), "A4": (21000, 29700), "A5": (14800, 21000), "A6": (10500, 14800),
    "F4": (21000, 33000), "FOLIO": (21000, 33000), "F4-215": (21500, 33000), "LETTER": (21590, 27940), "LEGAL": (21590, 35560),
}
"""Width and height as people here name them; F4 is sold as 210 or 215 mm wide."""
ALSO: Mapping[str, tuple[str, ...]] = {"F4": ("F4", "F4-215"), "FOLIO": ("F4", "F4-215")}

MEDIA_ATTRIBUTES = ("media-col-database", "media-supported", "media-size-supported", "printer-resolution-default",
                    "printer-resolution-supported", "sides-supported", "job-creation-attributes-supported", "print-color-mode-supported")
STATE_ATTRIBUTES = ("printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "device-uri")
IDENTITY_ATTRIBUTES = ("printer-name", "printer-info", "printer-make-and-model", "printer-type", "printer-is-temporary",
                       "printer-error-policy")
MARKER_ATTRIBUTES = ("marker-names", "marker-types", "marker-levels")
JOB_ATTRIBUTES = ("job-id", "job-name", "job-state", "job-state-reasons", "time-at-processing", "number-of-documents", "media",
                  "job-printer-state-reasons")

REASONS: tuple[tuple[str, str, type[DeviceTrouble]], ...] = (
    ("media-jam", "jam", Jammed),
    ("cover-open", "cover", DeviceTrouble), ("door-open", "cover", DeviceTrouble), ("interlock-open", "cover", DeviceTrouble),
    ("media-empty", "media_empty", MediaEmpty), ("media-needed", "media_empty", MediaEmpty),
    ("input-tray-missing", "media_empty", MediaEmpty),
    ("marker-supply-empty", "ribbon_empty", MediaEmpty), ("toner-empty", "ribbon_empty", MediaEmpty),
    ("marker-supply-missing", "ribbon_empty", MediaEmpty),
    ("output-area-full", "output_full", DeviceTrouble),
)
"""Keyword of ``printer-state-reasons`` (RFC 8011, PWG 5100.9) without its severity, the key after the device kind, the error."""
QUEUE_REASONS: tuple[tuple[str, str], ...] = (
    ("offline", "printer.offline"), ("shutdown", "printer.offline"), ("timed-out", "printer.offline"),
    ("cups-missing-filter", "printer.driver_missing"), ("cups-insecure-filter", "printer.driver_missing"),
    ("paused", "printer.paused"),
)
STOPPED = 5
HELD, PROCESSING_JOB, STOPPED_JOB, CANCELED, ABORTED, COMPLETED = 4, 5, 6, 7, 8, 9
FORGOTTEN = "cups-ipp-missing-job-history"
_SEVERITY = re.compile(r"-(error|warning|report)$")


@dataclass(frozen=True, slots=True)
class Size:
    """A media of the queue in hundredths of a millimetre, as it is fed; ``name`` is what a job asks for it by, or empty."""

    name: str
    width: int
    height: int


def sizes(attributes: Attributes) -> list[Size]:
    """Every fixed size the queue has. Ranges of custom sizes are no media one could run out of, and are left out."""
    named: dict[tuple[int, int], str] = {}
    for name in texts(attributes, "media-supported"):
        dimensions = media_size(name)
        if dimensions is not None and not name.startswith(("custom_min_", "custom_max_")):
            named.setdefault(dimensions, name)
    found: dict[tuple[int, int], Size] = {}
    stated = [member.get("media-size") for member in attributes.get("media-col-database", ()) if isinstance(member, dict)]
    for size in [*stated, *attributes.get("media-size-supported", ())]:
        if isinstance(size, dict) and type(x := size.get("x-dimension")) is int and type(y := size.get("y-dimension")) is int:
            found.setdefault((x, y), Size(_nearest(named, x, y), x, y))
    if not found:
        found = {key: Size(name, *key) for key, name in named.items()}
    return list(found.values())


def _nearest(named: Mapping[tuple[int, int], str], x: int, y: int) -> str:
    close = [(abs(w - x) + abs(h - y), name) for (w, h), name in named.items() if abs(w - x) <= 20 and abs(h - y) <= 20]
    return min(close)[1] if close else ""


def media_size(name: str) -> tuple[int, int] | None:
    """Size of a PWG 5101.1 self-describing media name."""
    match = re.search(r"_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)$", name)
    if match is None:
        return None
    unit = 100 if match[3] == "mm" else 2540
    return round(float(match[1]) * unit), round(float(match[2]) * unit)


def _fits(size: Size, wanted: tuple[int, int], tolerance: int) -> bool:
    return any(abs(size.width - w) <= tolerance and abs(size.height - h) <= tolerance for w, h in (wanted, wanted[::-1]))


def card_size(attributes: Attributes) -> Size | None:
    """The queue's card, the closest to ISO when it has several."""
    cards = [size for size in sizes(attributes) if _fits(size, CARD_SIZE, CARD_TOLERANCE)]
    return min(cards, key=lambda s: abs(max(s.width, s.height) - CARD_SIZE[0]) + abs(min(s.width, s.height) - CARD_SIZE[1]), default=None)


def has_paper(attributes: Attributes) -> bool:
    """It prints sheets larger than a hand."""
    return any(min(size.width, size.height) >= 10000 for size in sizes(attributes))


def paper_size(attributes: Attributes, media: str) -> Size | None:
    """The queue's media for a paper by its common name, or ``80mm`` for a roll of that width."""
    known = sizes(attributes)
    roll = re.fullmatch(r"(\d+)\s*mm", media.strip().lower())
    if roll:
        width = int(roll[1]) * 100
        rolls = [size for size in known if abs(size.width - width) <= PAPER_TOLERANCE]
        return max(rolls, key=lambda size: size.height, default=None)
    name = media.strip().upper()
    for wanted in (PAPERS[n] for n in ALSO.get(name, (name,)) if n in PAPERS):
        for size in known:
            if _fits(size, wanted, PAPER_TOLERANCE):
                return size
    return None


def resolution(attributes: Attributes) -> int:
    """Dots per inch of the queue's standard mode; 300 where it does not say."""
    for name in ("printer-resolution-default", "printer-resolution-supported"):
        for value in attributes.get(name, ()):
            if isinstance(value, Resolution) and 150 <= value.x <= 1200:
                return value.x
    return 300


def has_resin(description: str) -> bool:
    """The queue's PPD sends pure black to a panel of its own (colour model with a separate black plane) as it is set now."""
    match = re.search(r"^\*DefaultColorModel:\s*(\S+)", description, re.MULTILINE)
    return match is not None and match[1].upper() in ("RGBW", "RGBK")


def is_rastered(description: str) -> bool:
    """The queue makes dots of a PDF before its printer gets it (its PPD takes only raster formats)."""
    sources = re.findall(r'^\*cupsFilter2?:\s*"(\S+)', description, re.MULTILINE)
    return bool(sources) and not any(source.endswith("pdf") for source in sources)


def complaint(reasons: Iterable[str], kind: str) -> DeviceTrouble | None:
    """The gravest of ``printer-state-reasons`` that keeps it from printing."""
    plain = {_SEVERITY.sub("", reason) for reason in reasons if not reason.endswith("supply-low-warning")}
    for reason, key, error in REASONS:
        if reason in plain:
            return error(f"{kind}.{key}", device_kind=kind)
    for reason, key in QUEUE_REASONS:
        if reason in plain:
            return DeviceTrouble(key, device_kind=kind)
    return None


def state_trouble(attributes: Attributes, kind: str) -> DeviceTrouble | None:
    """What the queue itself says keeps it from printing: its reasons, then its state."""
    found = complaint(texts(attributes, "printer-state-reasons"), kind)
    return found or closed_queue(attributes, kind)


def closed_queue(attributes: Attributes, kind: str) -> DeviceTrouble | None:
    """Paused or rejecting: somebody has to open the queue, whatever the printer does."""
    if attributes.get("printer-is-accepting-jobs") == [False]:
        return DeviceTrouble("printer.rejecting", device_kind=kind)
    if number(attributes, "printer-state") == STOPPED:
        return DeviceTrouble("printer.paused", device_kind=kind)
    return None


def supplies(attributes: Attributes, kind: str) -> PrinterSupplies:
    """Levels by the words in their names; one marker alone is the ribbon."""
    names, types = texts(attributes, "marker-names"), texts(attributes, "marker-types")
    levels = [value for value in attributes.get("marker-levels", ()) if type(value) is int]
    found: dict[str, int] = {}
    for i, level in enumerate(levels):
        words = " ".join((*names[i:i + 1], *types[i:i + 1])).lower()
        place = ("film" if re.search(r"film|transfer-unit|retransfer", words) else "cards" if re.search(r"card|kartu|hopper", words)
                 else "ribbon" if re.search(r"ribbon|pita|ymc|toner|ink|thermal", words) or len(levels) == 1 else "")
        if place and 0 <= level <= 100:
            found[place] = min(level, found.get(place, 100))
    reasons = []
    for reason in texts(attributes, "printer-state-reasons"):
        trouble = complaint((reason,), kind)
        if trouble is not None:
            reasons.append(trouble.message_key)
        elif reason.startswith(("marker-supply-low", "toner-low")):
            reasons.append(f"{kind}.ribbon_low")
        elif reason.startswith("media-low"):
            reasons.append(f"{kind}.media_low")
    return PrinterSupplies(found.get("ribbon"), found.get("film"), found.get("cards"), tuple(dict.fromkeys(reasons)))


def is_over(job: Attributes) -> bool:
    return number(job, "job-state") > STOPPED_JOB


def is_doubtful(job: Attributes, kind: str) -> bool:
    """Called completed, but: the printer complained (CUPS says completed of jobs their printer gave up, and of a hopper just emptied),
    or CUPS found no trace of it at the printer (which was restarted in mid-job; this mark then stays on the queue)."""
    told = texts(job, "job-printer-state-reasons")
    return number(job, "job-state") == COMPLETED and (FORGOTTEN in told or complaint(told, kind) is not None)


def job_of(attributes: Attributes, now: DeviceTrouble | None, kind: str, verdict: int = 0) -> PrintJob:
    """A job as the kiosk tells it.

    Args:
        now: what keeps the printer from printing, for a job that is not over. What became of one that is, stands in the job itself:
            the queue's reasons may be another job's by then.
        verdict: the job's state by the printer's own word, where it was asked (:func:`is_doubtful`).
    """
    job_id = str(number(attributes, "job-id"))
    state = number(attributes, "job-state")
    began = isinstance(next(iter(attributes.get("time-at-processing", ())), None), int)
    if is_over(attributes):
        return PrintJob(job_id, *_end(attributes, state, began, kind, verdict))
    if state in (PROCESSING_JOB, STOPPED_JOB):
        return PrintJob(job_id, PrintJobState.PRINTING, now.message_key if now else "printer.job_stopped" if state == STOPPED_JOB else "")
    if began:  # tried before and put back: the queue would print it again by itself
        return PrintJob(job_id, PrintJobState.PENDING, now.message_key if now else "printer.retrying")
    held = state == HELD and "job-incoming" not in texts(attributes, "job-state-reasons")
    return PrintJob(job_id, PrintJobState.PENDING, now.message_key if now else "printer.held" if held else "")


def _end(attributes: Attributes, state: int, began: bool, kind: str, verdict: int) -> tuple[PrintJobState, str]:
    trouble = complaint(texts(attributes, "job-printer-state-reasons"), kind)
    if state == COMPLETED:
        if verdict == COMPLETED or not is_doubtful(attributes, kind):
            return PrintJobState.DONE, ""
        failed = verdict in (CANCELED, ABORTED)
        key = trouble.message_key if trouble else f"{kind}.failed" if failed else "printer.forgotten"
        return (PrintJobState.FAILED if failed else PrintJobState.UNKNOWN), key
    if state == CANCELED and not began:
        return PrintJobState.FAILED, f"{kind}.cancelled"
    if state == CANCELED and (trouble is None or "job-canceled-by-user" in texts(attributes, "job-state-reasons")):
        return PrintJobState.UNKNOWN, f"{kind}.cancelled_late"
    return PrintJobState.FAILED, trouble.message_key if trouble else f"{kind}.failed"


def distinct(queues: Sequence[Attributes]) -> list[Attributes]:
    """Each printer once: network discovery makes second queues of the same printer (``ktp_a4`` beside ``ktp-a4``)."""
    def by_hand(queue: Attributes) -> int:
        made = number(queue, "printer-type") & 0x1000000 or queue.get("printer-is-temporary") == [True]
        return 1 if made or text(queue, "device-uri").startswith("implicitclass:") else 0

    seen: set[str] = set()
    kept = []
    for queue in sorted(queues, key=by_hand):
        name, device = text(queue, "printer-name"), text(queue, "device-uri")
        marks = {re.sub(r"[^a-z0-9]", "_", name.lower())} | ({device} if device and not device.startswith("implicitclass:") else set())
        if name and not (by_hand(queue) and marks & seen):
            kept.append(queue)
        seen |= marks
    return kept
