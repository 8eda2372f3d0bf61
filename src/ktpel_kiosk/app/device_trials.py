"""Trying one device from the command line: what it says, and the pictures it takes, as files marked as a test.

Nothing here touches the office's register. The pictures go where the technician wants them and nowhere else.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.biometric import EYES, RIGHT_FOUR, Position, RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble, KioskError, OutcomeUnknown
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState

PERSON_S, PAGE_S, CARD_S, PRINT_S = 30.0, 60.0, 15.0, 60.0
GET_UID = bytes.fromhex("FFCA000000")
"""PC/SC part 3: answered by the reader for contactless cards."""
GET_CHALLENGE = bytes.fromhex("0084000008")
"""ISO/IEC 7816-4: harmless on every card."""
MARK = "UJI PERANGKAT KTP-el Kiosk. Bukan data pemohon."
K = DeviceKind


@dataclass(frozen=True, slots=True)
class Options:
    """``slap``: four fingers instead of one; ``print_it``: printers print, where that uses up a card."""

    slap: bool = False
    print_it: bool = False


@dataclass(slots=True)
class Trial:
    """``facts`` in the order to be shown; ``files`` by name, PNG or PDF."""

    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def run_trial(manager: DeviceManager, kind: DeviceKind, options: Options, say: Callable[[str], None] = lambda _text: None) -> Trial:
    """Try the device of this kind that is open now.

    Args:
        say: told what the person at the device has to do.

    Raises:
        DeviceTrouble: as the device says it. KioskError.
    """
    trial = Trial()
    identity = manager.call(kind, "identity", lambda d: d.identity(), 5.0).result()
    trial.facts.update(merek=identity.make, model=identity.model, nomor_seri=identity.serial, pengendali=identity.driver)
    began = time.monotonic()
    _TRIALS[kind](manager, trial, options, say)
    trial.facts["detik"] = round(time.monotonic() - began, 2)
    return trial


def save(trial: Trial, folder: Path) -> list[Path]:
    """Write the files of a trial. IoFailure or DiskFull."""
    paths = []
    for name, data in trial.files.items():
        write_durably(folder / name, data)
        paths.append(folder / name)
    return paths


# -- what is captured -----------------------------------------------------------------------------------------------------


def _camera(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    image = manager.call(K.CAMERA, "still", lambda d: d.still(), 15.0).result()
    _picture(trial, "uji-kamera.png", image)


def _fingers(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    positions = RIGHT_FOUR if options.slap else (Position.RIGHT_INDEX,)
    say("Tempelkan empat jari kanan." if options.slap else "Tempelkan telunjuk kanan.")
    capture = manager.call(K.FINGERPRINT, "capture", lambda d: d.capture(positions, PERSON_S, lambda _frame: None), PERSON_S + 5).result()
    if capture.slap is not None:
        _picture(trial, "uji-jari.png", capture.slap)
    for position, image in capture.fingers:
        _picture(trial, f"uji-jari-{position}.png", image)


def _iris(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    say("Lihat lurus ke alat iris.")
    capture = manager.call(K.IRIS, "capture", lambda d: d.capture(EYES, PERSON_S, lambda _frame: None), PERSON_S + 5).result()
    for position, image in capture.eyes:
        _picture(trial, f"uji-iris-{position}.png", image)


def _signature(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    from ktpel_kiosk.biometrics.ink import ink_png

    say("Coret bebas di pad, lalu tekan OK.")
    capture = manager.call(K.SIGNATURE, "capture", lambda d: d.capture("Uji pad: coret bebas, lalu tekan OK.", PERSON_S, lambda _p: None),
                           PERSON_S + 5).result()
    down = [p.t_ms for p in capture.points if p.down]
    span = (max(down) - min(down)) / 1000 if len(down) > 1 else 0.0
    trial.facts.update(titik=len(capture.points), hilang=capture.lost, lebar=capture.width, tinggi=capture.height,
                       titik_per_detik=round((len(down) - 1) / span) if span else 0)
    trial.files["uji-tanda-tangan.png"] = _marked(ink_png(capture))


def _scanner(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    pages = manager.call(K.SCANNER, "scan", lambda d: d.scan(PAGE_S), PAGE_S + 5).result()
    for number, page in enumerate(pages, 1):
        _picture(trial, f"uji-pindai-{number:02d}.png", page)


def _barcode(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    say("Dekatkan satu kode ke pemindai.")
    code = manager.call(K.BARCODE, "read", lambda d: d.read(PERSON_S), PERSON_S + 5).result()
    trial.facts.update(kode=code, panjang=len(code))


# -- cards and printers ---------------------------------------------------------------------------------------------------


def _card_reader(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    say("Letakkan satu kartu di pembaca.")

    def session(reader: Any) -> tuple[bytes, bytes, bytes]:
        atr = reader.connect(CARD_S)
        try:
            return atr, reader.transmit(GET_UID), reader.transmit(GET_CHALLENGE)
        finally:
            reader.disconnect()

    atr, uid, challenge = manager.call(K.CARD_READER, "apdu", session, CARD_S + 5).result()
    trial.facts.update(atr=atr.hex().upper(), uid=uid[:-2].hex().upper() if uid[-2:] == b"\x90\x00" else "",
                       perintah=GET_CHALLENGE.hex().upper(), jawaban=challenge[-2:].hex().upper(), bita=len(challenge) - 2)


def _card_printer(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    def look(printer: Any) -> Any:
        printer.healthy()
        return printer.media(), printer.supplies()

    media, supplies = manager.call(K.CARD_PRINTER, "supplies", look, 15.0).result()
    trial.facts.update(media=media.name, ukuran_mm=f"{media.width / 100:.2f} x {media.height / 100:.2f}", dpi=media.dpi,
                       resin=media.resin, dua_sisi=media.duplex,
                       pita=supplies.ribbon, film=supplies.film, kartu=supplies.cards, keluhan=list(supplies.reasons))
    if options.print_it:
        face = _specimen(media.dpi)
        job = manager.call(K.CARD_PRINTER, "submit", lambda p: p.submit(
            face.front, face.back if media.duplex else None, _title(), face.layers if media.resin else None), PRINT_S).result()
        _follow(manager, K.CARD_PRINTER, trial, job)


def _paper(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    pdf = _documents().printer_test(_page(trial))
    job = manager.call(K.DOCUMENT_PRINTER, "submit", lambda p: p.submit(pdf, _title()), PRINT_S).result()
    _follow(manager, K.DOCUMENT_PRINTER, trial, job)


def _receipt(manager: DeviceManager, trial: Trial, options: Options, say: Callable[[str], None]) -> None:
    pdf = _documents().printer_test_80mm(_page(trial))
    job = manager.call(K.RECEIPT_PRINTER, "submit", lambda p: p.submit(pdf, _title(), "80mm"), PRINT_S).result()
    _follow(manager, K.RECEIPT_PRINTER, trial, job)


def _follow(manager: DeviceManager, kind: DeviceKind, trial: Trial, job: PrintJob) -> None:
    """Ask until the job is over or a minute is gone.

    Raises:
        DeviceTrouble: with what the printer complained about.
    """
    until = time.monotonic() + PRINT_S
    while job.state in (PrintJobState.PENDING, PrintJobState.PRINTING) and time.monotonic() < until:
        time.sleep(0.4)
        job = manager.call(kind, "job", lambda p, id=job.job_id: p.job(id), 15.0).result()  # type: ignore[misc]
    trial.facts.update(pekerjaan=job.job_id, keadaan=str(job.state))
    if job.state is PrintJobState.FAILED:
        raise DeviceTrouble(job.trouble or "devices.print_failed", device_kind=str(kind), operation="submit", job=job.job_id)
    if job.state is PrintJobState.UNKNOWN:
        raise OutcomeUnknown(job.trouble or "devices.print_unknown", device_kind=str(kind), operation="submit", job=job.job_id)


def _specimen(dpi: int) -> Any:
    """A SPESIMEN card of nobody: a NIK of zeros belongs to no region and no birthday."""
    from ktpel_kiosk.app.resources import resources
    from ktpel_kiosk.cards.face import PillowCardRenderer
    from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk

    nobody = Penduduk("0" * 16, "UJI CETAK", "UJI CETAK", date(2000, 1, 1), JenisKelamin.LAKI_LAKI, 13, "KARTU UJI, BUKAN KTP-EL",
                      "000", "000", "UJI CETAK", "UJI CETAK", "UJI CETAK", "UJI CETAK", 1, 1, 1)
    today = SystemClock().now().astimezone().date()
    return PillowCardRenderer(resources()).render(nobody, _target(), b"", "UJI CETAK", today, ("", ""), dpi=dpi, specimen=True)


def _target() -> bytes:
    """In the place of the portrait: a grey ramp over three colours."""
    from PIL import Image

    image = Image.new("RGB", (300, 400))
    for step in range(10):
        image.paste((round(255 * step / 9),) * 3, (step * 30, 0, step * 30 + 30, 200))
    for place, colour in enumerate(((200, 16, 46), (27, 127, 75), (11, 87, 184))):
        image.paste(colour, (place * 100, 200, place * 100 + 100, 400))
    return _png(image)


def _documents() -> Any:
    from ktpel_kiosk.app.resources import resources
    from ktpel_kiosk.documents.office import OfficeDocuments
    return OfficeDocuments(resources())


def _page(trial: Trial) -> Any:
    from ktpel_kiosk.ports.papers import PrinterTestPaper

    device = " ".join(filter(None, (trial.facts["merek"], trial.facts["model"])))
    return PrinterTestPaper(("UJI PERANGKAT",), f"{SystemClock().now().astimezone():%d-%m-%Y %H:%M}", "teknisi",
                            (("Perangkat", device), ("Nomor seri", trial.facts["nomor_seri"] or "-")))


def _title() -> str:
    return f"uji-{SystemClock().now():%Y%m%d%H%M%S%f}"


# -- pictures -------------------------------------------------------------------------------------------------------------


def _picture(trial: Trial, name: str, image: RawImage) -> None:
    from PIL import Image

    picture = Image.frombytes("L" if image.channels == 1 else "RGB", (image.width, image.height), image.data)
    trial.files[name] = _png(picture, image.ppi)
    trial.facts.setdefault("gambar", []).append({"berkas": name, "lebar": image.width, "tinggi": image.height, "ppi": image.ppi,
                                                 "warna": image.channels == 3})


def _marked(png: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return _png(picture)


def _png(picture: Any, ppi: int = 0) -> bytes:
    """A PNG that says of itself that it is a test."""
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("Comment", MARK)
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=note, compress_level=3, **({"dpi": (ppi, ppi)} if ppi else {}))
    return out.getvalue()


_TRIALS: Mapping[DeviceKind, Callable[[DeviceManager, Trial, Options, Callable[[str], None]], None]] = {
    K.CAMERA: _camera, K.FINGERPRINT: _fingers, K.IRIS: _iris, K.SIGNATURE: _signature, K.SCANNER: _scanner, K.CARD_READER: _card_reader,
    K.CARD_PRINTER: _card_printer, K.DOCUMENT_PRINTER: _paper, K.RECEIPT_PRINTER: _receipt, K.BARCODE: _barcode,
}


def trouble_of(error: KioskError) -> dict[str, Any]:
    """An error for machines."""
    return {"kode": error.code, "kunci": error.message_key, "fakta": {k: v for k, v in error.facts.items() if v is not None}}
