"""Every decoder of foreign bytes as a function of bytes, with its own refusals, its seeds in ``corpus/`` and its dictionary."""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
JSON_WORDS = (b"null", b"true", b"1e999", b"-0", b'"\\ud800"', b"[[[[", b"{}", b'{"a":', b"NaN", b"Infinity", b"9" * 400, b'"\\u0000"')
XML_WORDS = (b"<!DOCTYPE x>", b'<!ENTITY a SYSTEM "file:///etc/passwd">', b"&a;", b"<![CDATA[", b"]]>", b"<?x?>", b"<!--", b"xmlns=", b"\0")
TOML_WORDS = (b"[[a]]\n", b"[a.b]\n", b'"""', b"'''", b"=", b"1e400", b"{", b"[[[", b"1979-05-27T07:32:00Z", b"\\U0010FFFF", b"0x")
CSV_WORDS = (b'"', b'""', b";", b",", b"\t", b"\r", b"\n", b"\0", b"=cmd|' /C calc'!A0", b"\xff\xfe", b"\xef\xbb\xbf")
PEM_WORDS = (b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n", b"=", b"\0", b"\x30\x82\xff\xff")
PDF_WORDS = (b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"/Kids [2 0 R]", b"/Length -1", b"/Filter /FlateDecode",
             b"/Filter [/LZWDecode /LZWDecode]", b"/Count 999999999", b"/MediaBox [0 0 1e9 1e9]", b"/Parent 3 0 R", b"startxref\n0\n")
MARKERS = tuple(b"\xff" + bytes((m,)) for m in (0xA0, 0xA1, 0xA2, 0xA4, 0xA5, 0xC0, 0xC2, 0xC4, 0xD8, 0xDA, 0xDB, 0xDD, 0xE1, 0x51,
    0x52, 0x90))


@dataclass(frozen=True)
class Target:
    """``refusals``: the errors by which the decoder may refuse. ``sandboxed``: the product runs it in a limited child process."""

    run: Callable[[bytes], object]
    refusals: tuple[type[BaseException], ...] = ()
    sandboxed: bool = False
    words: Sequence[bytes] = ()
    needs: Sequence[str] = ()
    """Modules that are loaded before anything is forked, so that nothing is measured but the decoding."""


def _module(name: str) -> Any:
    return importlib.import_module(f"ktpel_kiosk.{name}")


def _call(module: str, *names: str, text: bool = False, more: tuple[Any, ...] = ()) -> Callable[[bytes], object]:
    """Functions of a module, called one after the other: each with what the one before gave."""
    def run(data: bytes) -> object:
        value: Any = data.decode("utf-8") if text else data
        for name in names:
            value = getattr(_module(module), name)(value, *more)
        return value
    return run


def _picture(media_type: str) -> Callable[[bytes], object]:
    def run(data: bytes) -> object:
        sandbox, worker = _module("biometrics.sandbox"), _module("biometrics.sandbox_worker")
        limit = _module("biometrics.images").MAX_PIXELS
        answer = worker.wsq(data, limit) if media_type == "image/x-wsq" else worker.picture(data, media_type, limit)
        return sandbox._parse(answer, 0, "berkas", limit)
    return run


def _inspected(data: bytes) -> object:
    inspection = _module("biometrics.inspection")
    return list(inspection.table(inspection.inspect(data, "berkas")))


def _transaction(data: bytes) -> object:
    an2k = _module("biometrics.an2k")
    return list(an2k.pictures(an2k.read(data)))


def _session(data: bytes) -> object:
    """Answers of a card, one after the other, each behind its length."""
    chip, records, wire = _module("cards.chip"), _module("cards.records"), _module("cards.wire")
    answers = []
    while data:
        answers.append(data[2:2 + int.from_bytes(data[:2])])
        data = data[2 + int.from_bytes(data[:2]):]

    class Reader:
        def transmit(self, apdu: bytes) -> bytes:
            return answers.pop(0) if len(answers) > 1 else answers[0] if answers else b""

    left = list(answers)
    try:
        return chip.read_public(Reader())
    except KioskErrors:
        answers[:] = left
        channel = wire.Channel(Reader())
        return channel.read_file(int(records.Ef.BIODATA))


def _chip_records(data: bytes) -> object:
    records = _module("cards.records")
    made = []
    for read in (lambda d: records.parse_biodata(d.decode("utf-8")), records.unpack_signature, records.unpack_minutiae,
                 records.unpack_binding, records.Control.parse):
        try:
            made.append(read(data))
        except (ValueError, *KioskErrors):
            continue
    return made


def _table(data: bytes) -> object:
    """A table as it is read from a disk; its child's work is done here, where it is measured."""
    population_file, worker = _module("app.population_file"), _module("app.xlsx_worker")
    lists = _module("domain.status_list")

    def in_this_process(path: Path, out: Any, unpacked: int) -> int:
        import os
        os.dup2(out.fileno(), 1)
        _memory, _cpu, most = population_file.limits(unpacked)
        import sys
        sys.stdout = io.TextIOWrapper(os.fdopen(os.dup(1), "wb"), encoding="utf-8")
        try:
            return worker.write(_rows(path), population_file.MAX_LINES, population_file.MAX_COLUMNS, most)
        except BaseException:  # the child would end with 1
            return 1
        finally:
            out.seek(0, io.SEEK_END)

    population_file._child = in_this_process
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(data)
        file.flush()
        rows = list(population_file.open_table(Path(file.name)).lines())
    for header in rows[:20]:
        if lists.is_header(header.cells):
            reader = lists.ListReader(header.cells, "daftar", header.number)
            for row in rows:
                try:
                    reader.line(row.cells)
                except lists.LineRefused:
                    continue
    return rows


def _rows(path: Path) -> Any:
    from python_calamine import CalamineWorkbook
    book = CalamineWorkbook.from_path(str(path))
    return book.get_sheet_by_name(book.sheet_names[0]).iter_rows()


def _device_config(data: bytes) -> object:
    return _module("app.device_config").parse(data, Path("devices.toml"))


def _setup_file(data: bytes) -> object:
    class Setup:
        def sops(self) -> tuple[Any, ...]:
            return ()

        def read_sop(self, path: Path) -> Any:
            raise _module("domain.errors").BadInput("sop.unreadable", path=path.name)

    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        return _module("app.setup_file").read_answers(Path(file.name), Setup())


def _kept_json(data: bytes) -> object:
    """Every small file the desk keeps for itself: a damaged one counts as none, or is said, and never ends the program."""
    import contextlib
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        answers, keycheck, office = _module("app.setup_answers"), _module("register.keycheck"), _module("app.office")
        anchor = _module("register.anchor").AnchorFile(place / "register.db", b"k" * 32)
        for path in (place / answers.FILE, place / "devices-history.json", place / office.SETTINGS, anchor.path,
                     keycheck.check_file(place / "register.db")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        answers.load(place)
        keycheck._known_check(place / "register.db")
        anchor.read()
        _module("hal.history").read_history(place / "devices-history.json", _module("app.clock").SystemClock().now)
        with contextlib.suppress(*KioskErrors):
            _module("app.office").settings_of(place)
        with contextlib.suppress(*KioskErrors):
            _module("domain.capture_rules").of_text(data.decode("utf-8", "replace"))
        return None


def _statement(data: bytes) -> object:
    jose, wire = _module("jose"), _module("siak.wire")
    told = jose.strict_object(data)
    for read in (wire.event_of, wire.record_status_of, lambda t: wire.receipt_of(t, "x"), lambda t: wire.material_of(t, t, ""),
                 _module("siak.receipt_keys").KeySet.from_json, wire.biodata_from_json):
        try:
            read(told)
        except (ValueError, TypeError, KeyError, AttributeError, wire.WrongPart, *KioskErrors):
            continue
    return told


def _token(data: bytes) -> object:
    return _module("siak.jws").verify_jws(data.decode("latin-1"), {}, "t")


def _sbi(data: bytes) -> object:
    from datetime import UTC, datetime
    jws, messages = _module("hal.drivers.sbi.jws"), _module("hal.drivers.sbi.messages")

    def now() -> datetime:
        return datetime(2026, 11, 26, tzinfo=UTC)

    reading = messages.Reading(jws.Trust((), True, now), _module("app.sbi_records").decode_record, frozenset({"127.0.0.1"}), "", now)
    try:
        return reading.devices(data, ("127.0.0.1", 4501))
    except KioskErrors:
        device = messages.DeviceInfo(_module("ports.devices").DeviceKind.FINGERPRINT, messages.digital_id({}), "1", "1.0", (1,),
            "Ready", "",
                                     ("127.0.0.1", 4501), "", None)
        thumbs = sorted(_module("domain.biometric").THUMBS)
        return reading.parts(data, device, thumbs, "t", "00" * 32, "Staging")


def _http(data: bytes) -> object:
    wire, frames = _module("hal.drivers.sbi.wire"), _module("hal.drivers.sbi.frames")
    for reader in (wire.BodyReader(), frames.FrameReader()):
        try:
            for at in range(0, len(data), 997):
                reader.feed(data[at:at + 997])
            reader.end()
        except wire.BadAnswer:
            continue
    frame = reader.take()
    return frames.picture(frame) if frame else None


def _pad(data: bytes) -> object:
    reports = _module("hal.drivers.stu_reports")
    made: list[object] = [reports.pen(data, mode) for mode in reports.PenMode]
    for read in (reports.information, reports.status, reports.text):
        try:
            made.append(read(data))
        except KioskErrors:
            continue
    return made


def _fargo(data: bytes) -> object:
    fargo = _module("hal.drivers.fargo_usb")
    return fargo.judge(fargo.parse(data))


def _frame(data: bytes) -> object:
    return _module("hal.pictures").decoded(data, max_side=4096)


def _worker_wire(data: bytes) -> object:
    return _module("hal.worker.serve").read_message(io.BytesIO(data))


def _wire_errors() -> tuple[type[BaseException], ...]:
    return (_module("hal.worker.serve").WireError,)


def _certificates(data: bytes) -> object:
    keys, receipts = _module("packet.keys"), _module("siak.receipt_keys")
    made = []
    def judged(d: bytes) -> object:
        certificate, rules = keys.load_certificate(d), _module("packet.certificates")
        for rule in (rules.check_recipient, rules.check_station):
            try:
                rule(certificate)
            except KioskErrors:
                continue
        return rules.vouched(certificate, [certificate], certificate.not_valid_before_utc)

    for read in (judged, keys.load_certificates, lambda d: receipts.key_from_certificate("k", d), _pinned):
        try:
            made.append(read(data))
        except KioskErrors:
            continue
    return made


def _pinned(data: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(data)
        file.flush()
        return _module("siak.tls").tls_context(Path(file.name), crl_file=Path(file.name))


def _paper(data: bytes) -> object:
    """A scanned page or foreign PDF on its way into the packet; a PDF is carried as it is and read by nobody here."""
    papers, ports = _module("packet.papers"), _module("domain.packet")
    return papers.as_pdf(ports.PacketDocument("berkas.kk", "image/jpeg" if data[:1] == b"\xff" else "application/pdf", data), "berkas")


def _own_paper(data: bytes) -> object:
    return _module("documents.page_pictures").page_picture(data, 0)


def _bundle(data: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        reading, returning = _module("packet.courier_read"), _module("packet.courier_return")
        (place / reading.MANIFEST).write_bytes(data)
        (place / returning.SENDING).write_bytes(data)
        return reading.Bundle(place, None).refused, returning.last_try(place)


def _packet(data: bytes) -> object:
    cms, container, checks = _module("packet.cms"), _module("packet.container"), _module("packet.checks")
    made = []
    for read in (cms.describe, cms.verify, lambda d: checks.check_entries(container.read_container(d))):
        try:
            made.append(read(data))
        except KioskErrors:
            continue
    return made


def _evidence(data: bytes) -> object:
    return _module("packet.mosip_evidence").proofs(data)


def _lines(data: bytes) -> object:
    return _module("domain.wilayah").parse_region_table(data.decode("utf-8"))


def _sop(data: bytes) -> object:
    return _module("domain.sop_file").parse_sop(data.decode("utf-8"))


KioskErrors: tuple[type[BaseException], ...] = (_module("domain.errors").KioskError,)
TEXT = (*KioskErrors, UnicodeDecodeError)
VALUE = (*KioskErrors, ValueError)

TARGETS: dict[str, Target] = {
    "jpeg": Target(_picture("image/jpeg"), KioskErrors, True, MARKERS, ("biometrics.sandbox", "biometrics.sandbox_worker",
        "biometrics.images")),
    "png": Target(_picture("image/png"), KioskErrors, True, (b"IHDR", b"PLTE", b"IDAT", b"acTL", b"fdAT", b"zTXt", b"iCCP", b"tRNS",
        b"eXIf")),
    "jp2": Target(_picture("image/jp2"), KioskErrors, True, (*MARKERS, b"ihdr", b"pclr", b"cmap", b"jp2c")),
    "wsq": Target(_picture("image/x-wsq"), KioskErrors, True, MARKERS),
    "frame": Target(_frame, (), False, MARKERS, ("hal.pictures",)),
    "bio": Target(_inspected, KioskErrors, False, (b"FIR\0", b"FMR\0", b"FAC\0", b"IIR\0", b"020\0", b"030\0"), ("biometrics.inspection",)),
    "cbeff": Target(_call("biometrics.cbeff", "parse"), KioskErrors, False, XML_WORDS, ("biometrics.cbeff",)),
    "an2k": Target(_transaction, KioskErrors, False, (b"\x1c", b"\x1d", b"\x1e", b"\x1f", b"1.001:", b"14.999:"), ("biometrics.an2k",)),
    "pen": Target(_call("biometrics.isf", "decode_isf"), KioskErrors, needs=("biometrics.isf",)),
    "paper": Target(_paper, KioskErrors, False, (*PDF_WORDS, *MARKERS), ("packet.papers",)),
    "own paper": Target(_own_paper, KioskErrors, False, PDF_WORDS, ("documents.page_pictures",)),
    "packet": Target(_packet, KioskErrors, False, (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\x30\x80", b"\x06\x09", b"\xa0\x84"),
                     ("packet.cms", "packet.container", "packet.checks")),
    "evidence": Target(_evidence, KioskErrors, False, JSON_WORDS, ("packet.mosip_evidence",)),
    "bundle": Target(_bundle, KioskErrors, False, (*JSON_WORDS, b".", b"==", b"eyJ"), ("packet.courier_read", "packet.courier_return")),
    "token": Target(_token, (_module("siak.jws").BadToken, *KioskErrors), False, (b".", b"..", b"eyJ", b"="), ("siak.jws",)),
    "gateway json": Target(_statement, VALUE, False, JSON_WORDS, ("jose", "siak.wire", "siak.receipt_keys")),
    "certificate": Target(_certificates, KioskErrors, False, PEM_WORDS, ("packet.keys", "siak.receipt_keys", "siak.tls")),
    "sbi json": Target(_sbi, KioskErrors, False, (*JSON_WORDS, b".", b"eyJ"), ("hal.drivers.sbi.messages", "app.sbi_records")),
    "sbi http": Target(_http, (_module("hal.drivers.sbi.wire").BadAnswer,), False,
                       (b"\r\n\r\n", b"Content-Length: 99999999999\r\n", b"chunked", b"ffffffff\r\n", b"--B", b"\xff\xd8", b"\xff\xd9"),
                       ("hal.drivers.sbi.frames",)),
    "ipp": Target(_call("hal.drivers.ipp.message", "decode"), VALUE, False, (b"\x34", b"\x37", b"\x4a", b"\x03", b"\x01\x47"),
                  ("hal.drivers.ipp.message",)),
    "pad": Target(_pad, KioskErrors, needs=("hal.drivers.stu_reports",)),
    "card printer": Target(_fargo, KioskErrors, False, (b"ER=", b"DH=0", b"\0", b"9" * 5000), ("hal.drivers.fargo_usb",)),
    "apdu": Target(_session, KioskErrors, False, (b"\x61\xff", b"\x6c\x00", b"\x90\x00", b"\xff\xff"), ("cards.chip",
        "cards.records", "cards.wire")),
    "chip record": Target(_chip_records, KioskErrors, needs=("cards.records",)),
    "barcode": Target(_call("domain.scanned", "scanned"), KioskErrors, False, (b"\x02", b"\x03", b"\xff", b"]C1", b"\x1d"),
        ("domain.scanned",)),
    "worker wire": Target(_worker_wire, _wire_errors(), False, JSON_WORDS, ("hal.worker.serve",)),
    "table": Target(_table, KioskErrors, False, (*CSV_WORDS, *XML_WORDS, b"PK\x01\x02"), ("app.population_file", "app.xlsx_worker",
        "domain.status_list")),
    "sop": Target(_sop, TEXT, False, TOML_WORDS, ("domain.sop_file",)),
    "devices": Target(_device_config, KioskErrors, False, TOML_WORDS, ("app.device_config",)),
    "setup file": Target(_setup_file, KioskErrors, False, TOML_WORDS, ("app.setup_file",)),
    "regions": Target(_lines, TEXT, False, CSV_WORDS, ("domain.wilayah",)),
    "kept json": Target(_kept_json, (), False, JSON_WORDS, ("app.setup_answers", "register.keycheck", "register.anchor",
        "hal.history", "app.office",
                                                            "domain.capture_rules")),
}
EXTERNAL = ("PIL.Image", "PIL.ImageOps", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.Jpeg2KImagePlugin", "_wsq", "cv2", "lxml.etree",
            "pypdfium2", "python_calamine", "cryptography.x509")


def load(names: Sequence[str]) -> None:
    for name in EXTERNAL:
        importlib.import_module(name)
    for name in names:
        for module in TARGETS[name].needs:
            _module(module)
        for seed in seeds_of(name)[:1]:
            if not TARGETS[name].sandboxed:
                try:
                    TARGETS[name].run(seed)  # whatever it imports on first use is there afterwards
                except TARGETS[name].refusals:
                    continue


def seeds_of(name: str) -> list[bytes]:
    return [p.read_bytes() for p in sorted((CORPUS / name.replace(" ", "-")).glob("seed-*"))]


def found_of(name: str) -> list[bytes]:
    """What once broke something."""
    return [p.read_bytes() for p in sorted((CORPUS / name.replace(" ", "-")).glob("found-*"))]
