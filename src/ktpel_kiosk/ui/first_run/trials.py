"""One live test per kind of device before there is a desk: what it takes is shown and forgotten. Blocks; call from a worker.

Raises what the device raises (:mod:`ktpel_kiosk.domain.errors`, ``DeviceTrouble``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from time import perf_counter
from typing import Any

from ktpel_kiosk.domain.biometric import EYES, PenPoint, Position, Quality
from ktpel_kiosk.domain.errors import CaptureFailed, KioskError
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.devices import DeviceKind, Devices, PrintJob, PrintJobState
from ktpel_kiosk.ports.services import Assessed, Biometrics
from ktpel_kiosk.ui.presenters.devices import JOB_WORDS, TestView, quality_text, spaced

STILL_S, PERSON_S, READER_S, CODE_S, SCAN_S, PRINTER_S = 10.0, 20.0, 15.0, 20.0, 60.0, 15.0
ASK_AGAIN_S, ASKS = 0.4, 60
GET_UID = bytes.fromhex("FFCA000000")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a test needs. ``judge`` gives the biometrics that measure quality, where there are any; ``page``: PDF of the test sheet for
    a printer."""

    devices: Devices
    judge: Callable[[], Biometrics] | None
    page: bytes = b""


def run(bench: Bench, kind: DeviceKind, cancelled: Callable[[], bool], on_point: Callable[[PenPoint], None]) -> TestView:
    """The test of this kind of device."""
    if kind in (DeviceKind.DOCUMENT_PRINTER, DeviceKind.RECEIPT_PRINTER):
        return _printed(bench, kind, cancelled)
    if kind is DeviceKind.SIGNATURE:
        return _ink(bench, on_point)
    return _TESTS[kind](bench)


def _call(bench: Bench, kind: DeviceKind, operation: str, work: Callable[[Any], Any], seconds: float) -> tuple[Any, float]:
    began = perf_counter()
    return bench.devices.call(kind, operation, work, seconds).result(), perf_counter() - began


def _took(seconds: float) -> tuple[str, str]:
    return "Waktu", f"{number_text(seconds, 1)} detik"


def _camera(bench: Bench) -> TestView:
    image, took = _call(bench, DeviceKind.CAMERA, "camera.still", lambda c: c.still(), STILL_S)
    facts = (("Ukuran", f"{number_text(image.width)} x {number_text(image.height)} titik"), _took(took))
    if min(image.width, image.height) < 480:
        text = "Gambar diterima, tetapi terlalu kecil untuk foto KTP-el. Pakai kamera paling sedikit 640 x 480."
        return TestView("attention", text, facts, (image,))
    return TestView("good", "Gambar diterima. Periksa ketajaman dan cahayanya.", facts, (image,))


def _finger(bench: Bench) -> TestView:
    position = Position.RIGHT_INDEX
    capture, took = _call(bench, DeviceKind.FINGERPRINT, "fingerprint.capture",
                          lambda s: s.capture((position,), PERSON_S, lambda _frame: None), PERSON_S + 5)
    images = (capture.slap,) if capture.slap is not None else tuple(image for _p, image in capture.fingers)
    judged, reason = _judged(bench, lambda b: b.assess_fingers(capture, (position,)))
    return _person("Jari terbaca.", images, judged, reason, took, ("",))


def _iris(bench: Bench) -> TestView:
    capture, took = _call(bench, DeviceKind.IRIS, "iris.capture", lambda c: c.capture(EYES, PERSON_S, lambda _frame: None), PERSON_S + 5)
    judged, reason = _judged(bench, lambda b: [b.assess_iris(eye, image) for eye, image in capture.eyes])
    return _person("Kedua mata terbaca.", tuple(image for _e, image in capture.eyes), judged, reason, took, (" kanan", " kiri"))


def _judged(bench: Bench, assess: Callable[[Biometrics], Sequence[Assessed]]) -> tuple[tuple[Quality, ...], bool]:
    """Qualities, and whether the picture could not be measured; a house without biometrics at hand measures nothing."""
    if bench.judge is None:
        return (), False
    try:
        return tuple(a.quality for a in assess(bench.judge())), False
    except CaptureFailed:
        return (), True


def _person(text: str, images: tuple[Any, ...], judged: tuple[Quality, ...], unmeasured: bool, took: float,
            sides: tuple[str, ...]) -> TestView:
    facts = (*((f"Mutu{side}", quality_text(q)) for q, side in zip(judged, sides, strict=False)), _took(took))
    if unmeasured:
        return TestView("attention", f"{text} Mutunya belum dapat diukur: coba sekali lagi, tempelkan lebih rata.", facts, images)
    return TestView("good", text, facts, images)


def _ink(bench: Bench, on_point: Callable[[PenPoint], None]) -> TestView:
    capture, _took_s = _call(bench, DeviceKind.SIGNATURE, "signature.capture",
                             lambda pad: pad.capture("Uji pad: coret bebas, lalu tekan OK.", PERSON_S * 2, on_point), PERSON_S * 2 + 5)
    down = [p for p in capture.points if p.down]
    facts = (("Titik", number_text(len(capture.points))), ("Titik hilang", number_text(capture.lost) if capture.lost else "tidak ada"))
    if not down:
        return TestView("attention", "Pad menjawab, tetapi tidak ada coretan. Coret di pad, lalu tekan OK.", facts, ink=capture)
    if capture.lost:
        return TestView("attention", "Ada titik yang hilang. Pasang pad langsung ke komputer, tanpa hub.", facts, ink=capture)
    return TestView("good", "Coretan terbaca utuh.", facts, ink=capture)


def _scan(bench: Bench) -> TestView:
    pages, took = _call(bench, DeviceKind.SCANNER, "scanner.scan", lambda s: tuple(s.scan(SCAN_S)), SCAN_S + 5)
    return TestView("good", f"{len(pages)} halaman terpindai.", (_took(took),), pages[:2])


def _card(bench: Bench) -> TestView:
    def ask(reader: Any) -> tuple[bytes, bytes]:
        atr = reader.connect(READER_S)
        try:
            return atr, reader.transmit(GET_UID)
        finally:
            reader.disconnect()

    (atr, answer), _took_s = _call(bench, DeviceKind.CARD_READER, "card_reader.apdu", ask, READER_S + 5)
    uid = answer[:-2].hex().upper() if answer[-2:] == b"\x90\x00" else ""
    facts = (("ATR", spaced(atr.hex().upper())), ("UID chip", spaced(uid) or "tidak diberikan"))
    if not uid:
        return TestView("attention", "Pembaca dan kartu menjawab, tetapi kartu ini tidak memberikan UID.", facts)
    return TestView("good", "Pembaca dan kartu menjawab.", facts)


def _card_printer(bench: Bench) -> TestView:
    def look(printer: Any) -> tuple[Any, Any]:
        printer.healthy()
        return printer.media(), printer.supplies()

    (media, left), _took_s = _call(bench, DeviceKind.CARD_PRINTER, "card_printer.supplies", look, PRINTER_S)
    size = f"{media.width / 100:.1f} x {media.height / 100:.1f} mm".replace(".", ",")
    facts = (("Media", f"{media.name}, {size}"), ("Resolusi", f"{media.dpi} dpi"), ("Dua sisi", "ya" if media.duplex else "tidak"),
             ("Pita", "tidak diberitahukan" if left.ribbon is None else f"{left.ribbon} %"))
    return TestView("good", "Printer menjawab. Tidak ada yang dicetak.", facts)


def _code(bench: Bench) -> TestView:
    code, _took_s = _call(bench, DeviceKind.BARCODE, "barcode.read", lambda s: str(s.read(CODE_S)), CODE_S + 5)
    return TestView("good", "Kode terbaca.", (("Panjang", f"{len(code)} huruf"),))


def _printed(bench: Bench, kind: DeviceKind, cancelled: Callable[[], bool]) -> TestView:
    pdf, media = bench.page, "A4" if kind is DeviceKind.DOCUMENT_PRINTER else "80mm"
    job, _took_s = _call(bench, kind, f"{kind}.page", lambda p: p.submit(pdf, "Halaman uji", media), PRINTER_S)
    pause = Event()
    for _ in range(ASKS):
        if job.state not in (PrintJobState.PENDING, PrintJobState.PRINTING) or cancelled():
            break
        pause.wait(ASK_AGAIN_S)
        try:
            job, _took_s = _call(bench, kind, f"{kind}.job", partial(_ask, job.job_id), PRINTER_S)
        except KioskError as trouble:
            job = PrintJob(job.job_id, PrintJobState.UNKNOWN, trouble.message_key)
    facts = (("Keadaan", JOB_WORDS[job.state]),)
    if job.state is PrintJobState.DONE:
        return TestView("good", "Printer menyelesaikan pekerjaan. Periksa hasilnya: lurus, tajam, tidak bergaris.", facts)
    if job.state is PrintJobState.FAILED:
        return TestView("trouble", "Printer menolak halaman uji. Periksa kertas dan penutupnya, lalu coba lagi.", facts)
    return TestView("attention", "Printer menerima pekerjaan dan belum selesai. Lihat printernya.", facts)


def _ask(job_id: str, printer: Any) -> Any:
    return printer.job(job_id)


_TESTS: dict[DeviceKind, Callable[[Bench], TestView]] = {
    DeviceKind.CAMERA: _camera, DeviceKind.FINGERPRINT: _finger, DeviceKind.IRIS: _iris, DeviceKind.SCANNER: _scan,
    DeviceKind.CARD_READER: _card, DeviceKind.CARD_PRINTER: _card_printer, DeviceKind.BARCODE: _code,
}
