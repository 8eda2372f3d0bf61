"""Trying a device out: one picture, one touch, one page, one card. Nothing a test takes is kept; the audit holds what was tested by
whom and what came of it, and the berita acara kerusakan (:mod:`ktpel_kiosk.desk.damage`) tells it from there.

Every function blocks; call it from a worker thread. :func:`cancel` ends a test that waits for a person.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from threading import Event
from time import perf_counter
from typing import Any, TypeVar

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.desk.waiting import settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import EYES, DeviceIdentity, PenPoint, Position, Quality, RawImage
from ktpel_kiosk.domain.cards import Blangko, BlangkoState
from ktpel_kiosk.domain.errors import (
    BadInput,
    CaptureFailed,
    CardRefused,
    DeviceTrouble,
    KioskError,
    MediaEmpty,
    NotConnected,
    OutcomeUnknown,
    SopViolation,
)
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.ledgers import BlangkoMove, BlangkoMoveKind
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.text import datetime_long
from ktpel_kiosk.ports.devices import (
    CardPrinter,
    CardReader,
    DeviceKind,
    PrinterSupplies,
    PrintJob,
    PrintJobState,
    PrintMedia,
    SignatureCapture,
)
from ktpel_kiosk.ports.papers import PrinterTestPaper
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.services import Assessed

T = TypeVar("T")
SUBJECT = "perangkat:"
"""Audit subject of a device kind: ``perangkat:camera``."""
GOOD = "baik"
AT_PRINTER = "kartu_uji"
"""Draft that names the blank of a test card while the printer has it: serial, job, officer."""
STILL_S, READER_S, CODE_S, SCAN_S, PRINTER_S = 10.0, 15.0, 20.0, 60.0, 15.0
FOLLOW_S, ASK_AGAIN_S = 60.0, 0.4
GET_UID = bytes.fromhex("FFCA000000")
"""PC/SC part 3: any contactless card answers it, and nothing on the card changes."""
TESTS: dict[str, str] = {
    "camera.still": "Gambar kamera", "fingerprint.capture": "Satu sentuhan jari", "iris.capture": "Gambar kedua mata",
    "signature.capture": "Coretan di pad", "scanner.scan": "Satu lembar dipindai", "card_reader.apdu": "Kartu dan perintah uji",
    "card_reader.public": "Baca KTP-el", "card_printer.supplies": "Keadaan dan isi printer", "card_printer.card": "Kartu uji",
    "document_printer.page": "Halaman uji", "receipt_printer.slip": "Struk uji", "barcode.read": "Satu kode dibaca",
}


@dataclass(frozen=True, slots=True)
class Tested:
    """One test of the past: ``result`` is :data:`GOOD` or the message key of what was wrong."""

    at: datetime
    test: str
    result: str
    officer: str

    @property
    def good(self) -> bool:
        return self.result == GOOD


def history(desk: Desk, actor: Actor, kind: DeviceKind, limit: int = 10) -> tuple[Tested, ...]:
    """The last tests of a kind of device, newest first. NotAllowed."""
    require(actor, "test_device")
    links = desk.register.read(lambda v: v.audit(subject=f"{SUBJECT}{kind}", limit=100_000))
    found = [Tested(x.at, str(x.facts.get("key", "")), str(x.facts.get("reason", "")), x.actor) for x in links if x.event == "DeviceTested"]
    return tuple(reversed(found[-limit:]))


def told(desk: Desk, key: str) -> str:
    """The sentence of a trouble of the past, whose facts nobody knows any more."""
    return desk.sentences.text(key, device="ini").replace(" (-)", "")


def cancel(desk: Desk, kind: DeviceKind) -> None:
    """End the test that waits on this device; it raises CaptureFailed ``device.interrupted``."""
    desk.devices.interrupt(kind)


def prefer_device(desk: Desk, actor: Actor, kind: DeviceKind, wanted: str) -> None:
    """Use this device (its serial, key or label) whenever it is there; empty: the first that works.

    Raises:
        BadInput: ``device_test.unknown``: no such device is seen now. NotAllowed.
    """
    require(actor, "change_settings")
    seen = [d for d in desk.devices.inventory() if d.kind is kind]
    if wanted and not any(wanted in (d.serial, d.key, d.label) for d in seen):
        raise BadInput("device_test.unknown", device_kind=str(kind))
    desk.devices.prefer(kind, wanted)
    desk.register.write(lambda tx: tx.log("SettingChanged", f"{SUBJECT}{kind}", actor.username, value=bool(wanted)))


def _tried(desk: Desk, actor: Actor, kind: DeviceKind, test: str, work: Callable[[Any], T], deadline_s: float, *,
           over: bool = True) -> T:
    """Run ``work`` on the device and put the outcome into the audit. A test the officer cancelled says nothing of the device.

    Args:
        over: the test ends with this; otherwise :func:`_follow` tells how it ended.
    """
    require(actor, "test_device")
    try:
        result = desk.devices.call(kind, test, work, deadline_s).result()
    except KioskError as trouble:
        if trouble.message_key != "device.interrupted":
            _log(desk, actor, kind, test, trouble.message_key)
        raise
    if over:
        _log(desk, actor, kind, test, GOOD)
    return result


def _log(desk: Desk, actor: Actor, kind: DeviceKind, test: str, result: str) -> None:
    desk.register.write(lambda tx: tx.log("DeviceTested", f"{SUBJECT}{kind}", actor.username, key=test, reason=result))


# -- what is captured ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shot:
    """Pictures of one test in memory. ``took_s``: seconds from the request to the picture. ``judged``: quality where the office can
    measure it, by picture; ``hint``: why it could not be measured."""

    identity: DeviceIdentity
    images: tuple[RawImage, ...]
    took_s: float
    judged: tuple[Quality, ...] = ()
    hint: str = ""


def camera_still(desk: Desk, actor: Actor) -> Shot:
    """One picture at full resolution. Raises DeviceTrouble, NotAllowed; so do all tests here."""
    def shoot(camera: Any) -> Shot:
        began = perf_counter()
        image = camera.still()
        return Shot(camera.identity(), (image,), perf_counter() - began)

    return _tried(desk, actor, DeviceKind.CAMERA, "camera.still", shoot, STILL_S)


def finger_touch(desk: Desk, actor: Actor, position: Position = Position.RIGHT_INDEX) -> Shot:
    """One touch of one finger, with its quality."""
    def touch(scanner: Any) -> tuple[DeviceIdentity, Any, float]:
        began = perf_counter()
        capture = scanner.capture((position,), desk.capture_timeout_s, lambda _frame: None)
        return scanner.identity(), capture, perf_counter() - began

    identity, capture, took = _tried(desk, actor, DeviceKind.FINGERPRINT, "fingerprint.capture", touch, desk.capture_timeout_s + 5)
    images = (capture.slap,) if capture.slap is not None else tuple(image for _position, image in capture.fingers)
    judged, hint = _judged(lambda: desk.biometrics.assess_fingers(capture, (position,)))
    return Shot(identity, images, took, judged, hint)


def iris_look(desk: Desk, actor: Actor) -> Shot:
    """Both eyes once, each with its quality; right, then left."""
    def look(camera: Any) -> tuple[DeviceIdentity, Any, float]:
        began = perf_counter()
        capture = camera.capture(EYES, desk.capture_timeout_s, lambda _frame: None)
        return camera.identity(), capture, perf_counter() - began

    identity, capture, took = _tried(desk, actor, DeviceKind.IRIS, "iris.capture", look, desk.capture_timeout_s + 5)
    judged, hint = _judged(lambda: [desk.biometrics.assess_iris(eye, image) for eye, image in capture.eyes])
    return Shot(identity, tuple(image for _eye, image in capture.eyes), took, judged, hint)


def _judged(assess: Callable[[], Sequence[Assessed]]) -> tuple[tuple[Quality, ...], str]:
    """A picture nobody can measure is no fault of the test: it is shown, with the reason."""
    try:
        return tuple(a.quality for a in assess()), ""
    except CaptureFailed as failed:
        return (), failed.message_key


@dataclass(frozen=True, slots=True)
class InkTest:
    identity: DeviceIdentity
    capture: SignatureCapture
    per_second: float
    """Reports per second while the pen was down; 0 for an empty test."""


def pad_ink(desk: Desk, actor: Actor, on_point: Callable[[PenPoint], None] = lambda _point: None) -> InkTest:
    """One signature of the officer's own; ``on_point`` gets the ink as it comes, on the device's thread."""
    def sign(pad: Any) -> tuple[DeviceIdentity, SignatureCapture]:
        return pad.identity(), pad.capture("Uji pad: coret bebas, lalu tekan OK.", desk.capture_timeout_s, on_point)

    identity, capture = _tried(desk, actor, DeviceKind.SIGNATURE, "signature.capture", sign, desk.capture_timeout_s + 5)
    down = [p.t_ms for p in capture.points if p.down]
    span = (max(down) - min(down)) / 1000 if len(down) > 1 else 0.0
    return InkTest(identity, capture, (len(down) - 1) / span if span else 0.0)


def scan_page(desk: Desk, actor: Actor) -> Shot:
    """Whatever lies in the scanner."""
    def scan(scanner: Any) -> Shot:
        began = perf_counter()
        pages = tuple(scanner.scan(SCAN_S))
        return Shot(scanner.identity(), pages, perf_counter() - began)

    return _tried(desk, actor, DeviceKind.SCANNER, "scanner.scan", scan, SCAN_S + 5)


def read_code(desk: Desk, actor: Actor) -> str:
    """The next code that is scanned."""
    return _tried(desk, actor, DeviceKind.BARCODE, "barcode.read", lambda scanner: str(scanner.read(CODE_S)), CODE_S + 5)


# -- cards --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApduTest:
    """A card on the reader: its answer to reset, and one command with its answer (status word included)."""

    identity: DeviceIdentity
    atr: bytes
    command: bytes
    answer: bytes
    took_s: float

    @property
    def uid(self) -> str:
        """Hex; empty when the card or the reader gives none."""
        return self.answer[:-2].hex().upper() if self.answer[-2:] == b"\x90\x00" else ""


def card_apdu(desk: Desk, actor: Actor) -> ApduTest:
    """Connect the card and ask its UID; changes nothing on it."""
    def ask(reader: CardReader) -> ApduTest:
        atr = reader.connect(READER_S)
        try:
            began = perf_counter()
            answer = reader.transmit(GET_UID)
            return ApduTest(reader.identity(), atr, GET_UID, answer, perf_counter() - began)
        finally:
            reader.disconnect()

    return _tried(desk, actor, DeviceKind.CARD_READER, "card_reader.apdu", ask, READER_S + 5)


@dataclass(frozen=True, slots=True)
class PublicRead:
    """UID, size of the card control file and the photo as a PNG of our own making; for the screen only."""

    uid: str
    control: bytes
    photo_png: bytes


def read_public(desk: Desk, actor: Actor, purpose: str) -> PublicRead:
    """What a real KTP-el shows without a secret. The purpose goes into the audit, the photo stays in memory.

    Raises:
        BadInput: ``device_test.purpose``, ``image.*``. CardRefused ``chip.not_ktp``, ``chip.damaged``,
            ``device_test.no_photo``: an empty card. CardRemoved. NotAllowed.
    """
    require(actor, "read_public_card")
    purpose = free_text(purpose, "keperluan", limit=120)
    if not purpose:
        raise BadInput("device_test.purpose")
    subject = f"{SUBJECT}{DeviceKind.CARD_READER}"
    desk.register.write(lambda tx: tx.log("PublicCardRead", subject, actor.username, reason=for_audit(purpose)))

    def read(reader: CardReader) -> Any:
        reader.connect(READER_S)
        try:
            return desk.read_public_card(reader)
        finally:
            reader.disconnect()

    try:
        found = _tried(desk, actor, DeviceKind.CARD_READER, "card_reader.public", read, READER_S + 15)
    except CardRefused as refused:
        if refused.message_key == "chip.status":  # the application is there, its open files are not
            raise CardRefused("device_test.no_photo", **refused.facts) from refused
        raise
    photo = desk.biometrics.card_picture(found.photo, found.photo_type, "foto KTP-el") if found.photo else b""
    return PublicRead(found.uid, found.control, photo)


@dataclass(frozen=True, slots=True)
class PrinterLook:
    identity: DeviceIdentity
    media: PrintMedia
    supplies: PrinterSupplies


def card_printer_look(desk: Desk, actor: Actor) -> PrinterLook:
    """Media and what is left; prints nothing."""
    def look(printer: CardPrinter) -> PrinterLook:
        printer.healthy()
        return PrinterLook(printer.identity(), printer.media(), printer.supplies())

    return _tried(desk, actor, DeviceKind.CARD_PRINTER, "card_printer.supplies", look, PRINTER_S)


def supplies(desk: Desk) -> PrinterSupplies | None:
    """What is left in the card printer, for the page; ``None`` while it cannot be asked."""
    settle_test_card(desk)
    try:
        found: PrinterSupplies = desk.devices.call(
            DeviceKind.CARD_PRINTER, "card_printer.supplies", lambda p: p.supplies(), PRINTER_S).result()
        return found
    except DeviceTrouble:
        return None


@dataclass(frozen=True, slots=True)
class TestCard:
    """``blangko`` is used up. ``job`` as the printer last told, UNKNOWN when it never answered."""

    __test__ = False  # not a test class

    blangko: str
    job: PrintJob


def print_test_card(desk: Desk, actor: Actor, reason: str, *, second_username: str, second_password: str,
                    cancelled: Callable[[], bool] = lambda: False) -> TestCard:
    """Print a SPESIMEN card of nobody. It uses up one blank, which leaves the ledger as spoiled; a second officer agrees, as with every
    spoiled blank. Only a printer that certainly did not take the card gives the blank back.

    Args:
        cancelled: stops waiting for the printer, not the card.

    Raises:
        BadInput: ``device_test.reason``. SopViolation: ``device_test.no_blank``. SignInRefused. DeviceTrouble: the blank is back in stock.
    """
    require(actor, "print_test_card")
    reason = free_text(reason, "alasan", limit=200)
    if not reason:
        raise BadInput("device_test.reason")
    second = second_person(desk, actor, second_username, second_password, "approve_spoil")
    settle_test_card(desk)
    face = desk.renderer.render(_nobody(desk), _target(), b"", "UJI CETAK", local_time(desk, desk.clock.now()).date(),
                                desk.sop.kantor.header_kartu, specimen=True)
    job_id = desk.ids.new()

    def take(tx: Tx) -> Blangko:
        blank = tx.next_blangko()
        if blank is None:
            raise SopViolation("device_test.no_blank")
        tx.save_blangko(Blangko(blank.serial, BlangkoState.DIPAKAI, blank.batch, job_id))
        tx.put_draft(AT_PRINTER, f"{blank.serial}\n{job_id}\n{actor.username}")
        tx.log("TestCardIntent", f"{SUBJECT}{DeviceKind.CARD_PRINTER}", actor.username, job=job_id, blangko=blank.serial,
               reason=for_audit(reason), second=second.username)
        settle_stock(desk, tx)
        return blank

    blank = desk.register.write(take)

    def submit(printer: CardPrinter) -> PrintJob:
        printer.media()
        return printer.submit(face.front, face.back, f"uji-{job_id}", face.layers)

    def used(job: PrintJob) -> TestCard:
        desk.register.write(lambda tx: _used(desk, tx, actor.username, blank.serial, job_id))
        return TestCard(blank.serial, job)

    try:
        job = _tried(desk, actor, DeviceKind.CARD_PRINTER, "card_printer.card", submit, desk.print_timeout_s, over=False)
    except OutcomeUnknown as unknown:
        return used(PrintJob("", PrintJobState.UNKNOWN, unknown.message_key))
    except DeviceTrouble as trouble:
        if not isinstance(trouble, NotConnected | MediaEmpty) and trouble.code in ("DEVICE_STALLED", "DEVICE"):
            return used(PrintJob("", PrintJobState.UNKNOWN, trouble.message_key))
        _give_back(desk, actor, blank, job_id)
        raise
    except KioskError:
        _give_back(desk, actor, blank, job_id)
        raise
    made = used(job)
    return TestCard(made.blangko, _follow(desk, actor, DeviceKind.CARD_PRINTER, "card_printer.card", job, cancelled))


def settle_test_card(desk: Desk) -> str:
    """A blank that was on its way to the printer when the kiosk ended counts as used up. Returns its serial, or empty."""
    if not desk.register.read(lambda v: v.draft(AT_PRINTER)):
        return ""

    def work(tx: Tx) -> str:
        left = tx.draft(AT_PRINTER)
        if not left:
            return ""
        serial, job_id, officer = left.split("\n")
        _used(desk, tx, officer, serial, job_id)
        return serial

    return desk.register.write(work)


def _used(desk: Desk, tx: Tx, officer: str, serial: str, job_id: str) -> None:
    tx.save_blangko(Blangko(serial, BlangkoState.RUSAK, "", job_id))
    tx.add_blangko_move(BlangkoMove(desk.clock.now(), BlangkoMoveKind.RUSAK, 1, officer, serial=serial, job_id=job_id))
    tx.drop_draft(AT_PRINTER)
    tx.log("TestCardPrinted", f"{SUBJECT}{DeviceKind.CARD_PRINTER}", officer, job=job_id, blangko=serial)


def _give_back(desk: Desk, actor: Actor, blank: Blangko, job_id: str) -> None:
    def work(tx: Tx) -> None:
        tx.save_blangko(Blangko(blank.serial, BlangkoState.STOK, blank.batch, ""))
        tx.drop_draft(AT_PRINTER)
        tx.log("TestCardCancelled", f"{SUBJECT}{DeviceKind.CARD_PRINTER}", actor.username, job=job_id, blangko=blank.serial)
        settle_stock(desk, tx)

    desk.register.write(work)


def _nobody(desk: Desk) -> Penduduk:
    """Biodata nobody has: a NIK of zeros belongs to no region and no birthday."""
    kantor = desk.sop.kantor
    return Penduduk("0" * 16, "UJI CETAK", "UJI CETAK", date(2000, 1, 1), JenisKelamin.LAKI_LAKI, 13, "KARTU UJI, BUKAN KTP-EL",
                    "000", "000", "UJI CETAK", kantor.kecamatan or "UJI CETAK", kantor.kabupaten, kantor.provinsi, 1, 1, 1)


@cache
def _target() -> bytes:
    """In the place of the portrait: grey ramp, the three colours, fine lines. A PNG of 300 x 400."""
    wide, high = 300, 400
    rows = bytearray()
    for y in range(high):
        rows.append(0)
        for x in range(wide):
            if y < 200:
                grey = round(255 * (x * 10 // wide) / 9)
                rows += bytes((grey, grey, grey))
            elif y < 320:
                rows += bytes(((200, 16, 46), (27, 127, 75), (11, 87, 184))[x * 3 // wide])
            else:
                rows += b"\0\0\0" if x % (2 + 2 * (x * 4 // wide)) == 0 else b"\xff\xff\xff"

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")


# -- paper --------------------------------------------------------------------------------------------------------------


def print_page(desk: Desk, actor: Actor, kind: DeviceKind = DeviceKind.DOCUMENT_PRINTER,
               cancelled: Callable[[], bool] = lambda: False) -> PrintJob:
    """A test page on A4, or a test slip on any other printer of papers; waits until the printer has it behind itself."""
    require(actor, "test_device")
    state = next((s for s in desk.devices.states() if s.kind is kind), None)
    identity = state.identity if state is not None else None
    kantor, now = desk.sop.kantor, local_time(desk, desk.clock.now())
    facts = (("Printer", f"{identity.make} {identity.model}".strip()), ("Nomor seri", identity.serial or "-"),
             ("Driver", identity.driver or "-")) if identity is not None else (("Printer", "-"),)
    paper = PrinterTestPaper(kantor.kop, datetime_long(now, kantor.zona_waktu), actor.nama, (*facts, ("Stasiun", desk.station)))
    a4 = kind is DeviceKind.DOCUMENT_PRINTER
    test = "document_printer.page" if a4 else "receipt_printer.slip"
    pdf = desk.documents.printer_test(paper) if a4 else desk.documents.printer_test_80mm(paper)
    media = "A4" if a4 else "80mm"
    job = _tried(desk, actor, kind, test, lambda printer: printer.submit(pdf, "Uji cetak", media), desk.print_timeout_s, over=False)
    return _follow(desk, actor, kind, test, job, cancelled)


def _follow(desk: Desk, actor: Actor, kind: DeviceKind, test: str, job: PrintJob, cancelled: Callable[[], bool]) -> PrintJob:
    """Ask the printer until the job is over, the officer has waited enough, or :data:`FOLLOW_S` are gone; that ends the test."""
    pause = Event()
    for _ in range(round(FOLLOW_S / ASK_AGAIN_S)):
        if job.state not in (PrintJobState.PENDING, PrintJobState.PRINTING) or cancelled():
            break
        pause.wait(ASK_AGAIN_S)
        try:
            job = desk.devices.call(kind, f"{kind}.job", lambda p, id=job.job_id: p.job(id), PRINTER_S).result()  # type: ignore[misc]
        except DeviceTrouble as trouble:
            job = PrintJob(job.job_id, PrintJobState.FAILED, trouble.message_key)
        except KioskError as forgotten:
            job = PrintJob(job.job_id, PrintJobState.UNKNOWN, forgotten.message_key)
    lost = job.state in (PrintJobState.FAILED, PrintJobState.UNKNOWN)
    _log(desk, actor, kind, test, (job.trouble or "device_test.failed") if lost else GOOD)
    return job
