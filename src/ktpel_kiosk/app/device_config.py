"""``devices.toml`` of an office folder: which drivers serve which kind of device, with what parameters, and which device is wanted.

    [card_printer]
    drivers = ["cups"]            # in order of preference; absent: what this mode uses anyway; []: the desk has no such device
    prefer = "C1234567"           # serial, key or label, as `devices list` shows them

    [card_printer.cups]           # parameters of one driver
    queue = "HDP5000"

    [sbi]                         # of the service that serves fingerprint, iris and camera together
    ports = [4501, 4510]

    [deadlines]
    "actor.open" = 20.0

Nothing that is not known is accepted. The schema for people stands in drivers/README.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.toml_text import parse_toml
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.ports.devices import DeviceKind

FILE = "devices.toml"
SIMULATED = "simulated"
SBI = "sbi"
MAX_BYTES = 1 << 20

K = DeviceKind


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. ``type``: ``text``, ``texts``, ``number``, ``flag``, ``port_range``, ``path``, ``command`` (a list of words) or
    ``table`` (names to plain values). ``among``: the only values allowed."""

    type: str = "text"
    required: bool = False
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A driver as the file names it.

    Attributes:
        factory: ``module:name`` below ``ktpel_kiosk.hal.drivers``, by kind where they differ (``*``: every kind).
        platforms: beginnings of ``sys.platform`` where it can work at all; empty: everywhere.
        optional, optional_for: not among the drivers a desk has without being asked to, at all or for these kinds.
    """

    kinds: tuple[DeviceKind, ...]
    factory: Mapping[str, str]
    params: Mapping[str, Param] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    optional: bool = False
    optional_for: tuple[DeviceKind, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(name for name, param in self.params.items() if param.required)

    def works_here(self, platform: str = sys.platform) -> bool:
        return not self.platforms or platform.startswith(self.platforms)


TEXT, TEXTS, NUMBER, FLAG, PATH, TABLE = Param(), Param("texts"), Param("number"), Param("flag"), Param("path"), Param("table")
SOURCE = Param(among=("auto", "feeder", "flatbed"))
STATUS = ("none", "fargo_usb", "fargo_sdk")
"""The printer's own word beside its queue; ``serial`` says which printer on USB, ``station`` where the vendor's library finds the chip."""

CHOICES: Mapping[str, Choice] = {
    SIMULATED: Choice(tuple(DeviceKind), {}),
    SBI: Choice((K.CAMERA, K.FINGERPRINT, K.IRIS), {"*": "sbi:sbi_drivers"}),
    "gphoto2": Choice((K.CAMERA,), {"*": "gphoto_camera:GphotoCameraDriver"}, platforms=("linux", "darwin")),
    "opencv": Choice((K.CAMERA,), {"*": "opencv_camera:OpenCvCameraDriver"}, {
        "sources": TEXTS, "size": TEXT, "still_size": TEXT, "rotate": NUMBER, "mirrored": FLAG, "lock_exposure": FLAG}),
    "fprint": Choice((K.FINGERPRINT,), {"*": "fprint_reader:FprintDriver"}, {"ppi": TABLE}, ("linux",)),
    "wacom_stu": Choice((K.SIGNATURE,), {"*": "wacom_stu:WacomStuDriver"}),
    "sane": Choice((K.SCANNER,), {"*": "sane_scanner:SaneScannerDriver"}, {
        "device": TEXT, "dpi": NUMBER, "source": SOURCE, "duplex": FLAG, "backends": TEXTS,
        "config_dir": PATH, "max_pages": NUMBER, "options": TABLE}, ("linux", "darwin", "freebsd")),
    "wia": Choice((K.SCANNER,), {"*": "wia_scanner:WiaScannerDriver"}, {
        "device": TEXT, "dpi": NUMBER, "source": SOURCE, "duplex": FLAG, "max_pages": NUMBER}, ("win32",)),
    "pcsc": Choice((K.CARD_READER,), {"*": "pcsc_reader:PcscReaderDriver"}, {"wanted": TEXTS, "unwanted": TEXTS}),
    "cups": Choice((K.CARD_PRINTER, K.DOCUMENT_PRINTER), {
        "card_printer": "ipp:CupsCardPrinterDriver", "document_printer": "ipp:CupsDocumentPrinterDriver"},
        {"queue": TEXT, "server": TEXT, "resin": FLAG, "back_turned": FLAG, "status": Param(among=STATUS[:2]), "serial": TEXT},
        ("linux", "darwin", "freebsd")),
    "windows": Choice((K.CARD_PRINTER, K.DOCUMENT_PRINTER, K.RECEIPT_PRINTER), {
        "card_printer": "windows_printer:WindowsCardPrinterDriver", "*": "windows_printer:WindowsDocumentPrinterDriver"},
        {"queue": TEXT, "resin": FLAG, "back_turned": FLAG, "status": Param(among=STATUS), "serial": TEXT, "station": TEXT,
         "reader": TEXT}, ("win32",),
        optional_for=(K.RECEIPT_PRINTER,)),
    "folder": Choice((K.DOCUMENT_PRINTER,), {"*": "folder_printer:FolderPrinterDriver"},
                     {"folder": Param("path", required=True), "create": FLAG}, optional=True),
    "escpos": Choice((K.RECEIPT_PRINTER,), {"*": "escpos_printer:EscPosPrinterDriver"},
                     {"address": Param(required=True), "width_mm": NUMBER}),
    "serial": Choice((K.BARCODE,), {"*": "barcode_serial:SerialBarcodeDriver"}, {"port": TEXT, "baud": NUMBER}),
    "camera_qr": Choice((K.BARCODE,), {"*": "barcode_camera:CameraBarcodeDriver"}, {"source": Param(required=True)}, optional=True),
    "vendor": Choice((K.FINGERPRINT, K.IRIS, K.SIGNATURE), {"*": "vendor_process:VendorDriver"},
                     {"command": Param("command", required=True), "name": Param(required=True), "env": TABLE}, optional=True),
}
"""Every driver, in order of preference within a kind."""

SBI_PARAMS: Mapping[str, Param] = {
    "host": TEXT, "ports": Param("port_range"), "trust": Param("texts"), "environment": TEXT, "allow_unsigned": FLAG,
}


@dataclass(frozen=True, slots=True)
class KindConfig:
    """``drivers``: ``None`` where the file leaves them to the mode."""

    drivers: tuple[str, ...] | None = None
    prefer: str = ""
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    kinds: Mapping[DeviceKind, KindConfig] = field(default_factory=dict)
    sbi: Mapping[str, Any] = field(default_factory=dict)
    deadlines: Mapping[str, float] = field(default_factory=dict)
    path: Path | None = None

    def of(self, kind: DeviceKind) -> KindConfig:
        return self.kinds.get(kind, KindConfig())

    def prefer(self) -> dict[DeviceKind, str]:
        return {kind: c.prefer for kind, c in self.kinds.items() if c.prefer}


def real_names(kind: DeviceKind, config: DeviceConfig, platform: str = sys.platform) -> tuple[str, ...]:
    """The real drivers of a kind that can work on this platform and need no parameter that the file does not give."""
    given = config.of(kind).params
    return tuple(name for name, choice in CHOICES.items()
                 if name != SIMULATED and kind in choice.kinds and choice.works_here(platform)
                 and (name in given or not (choice.optional or choice.needs or kind in choice.optional_for)))


def load(folder: Path) -> DeviceConfig:
    """The file of this office folder; an absent one is an empty one.

    Raises:
        BadInput: ``devices.*`` or ``deadline.*``: what is wrong, where, and what to do.
    """
    path = folder / FILE
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return DeviceConfig(path=path)
    except OSError as error:
        raise BadInput("devices.unreadable", path=str(path)) from error
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> DeviceConfig:
    """See :func:`load`; relative paths are taken from the folder of the file."""
    if len(raw) > MAX_BYTES:
        raise BadInput("devices.unreadable", path=str(path))
    try:
        table = parse_toml(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadInput("devices.unreadable", path=str(path)) from error
    except ValueError as error:
        found = re.search(r"line (\d+)", str(error))
        raise BadInput("devices.syntax", path=str(path), line=found[1] if found else "terakhir") from error
    reader = _Reader(path)
    reader.only(table, "", [*DeviceKind, SBI, "deadlines"])
    kinds = {kind: reader.kind(kind, table[kind]) for kind in DeviceKind if kind in table}
    return DeviceConfig(kinds, reader.params(table.get(SBI, {}), SBI, SBI_PARAMS), reader.deadlines(table.get("deadlines", {})), path)


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def refuse(self, what: str, key: str, **facts: str) -> BadInput:
        return BadInput(f"devices.{what}", path=str(self.path), key=key, **facts)

    def table(self, value: object, key: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.refuse("value", key, expected="tabel")
        return value

    def only(self, table: Mapping[str, Any], key: str, allowed: Sequence[str]) -> None:
        for name in table:
            if name not in allowed:
                where = f"{key}.{name}" if key else name
                raise self.refuse("unknown_key", where[:80], expected=", ".join(allowed))

    def kind(self, kind: DeviceKind, value: object) -> KindConfig:
        table = self.table(value, kind)
        serving = [name for name, choice in CHOICES.items() if kind in choice.kinds]
        self.only(table, kind, ["drivers", "prefer", *(n for n in serving if CHOICES[n].params)])
        names = table.get("drivers")
        if names is not None:
            names = self.value(names, f"{kind}.drivers", TEXTS)
            for name in names:
                if name not in serving:
                    raise self.refuse("unknown_driver", f"{kind}.drivers", value=name[:40], expected=", ".join(serving))
            if len(set(names)) != len(names):
                raise self.refuse("value", f"{kind}.drivers", expected="nama yang berbeda-beda")
        prefer = self.value(table.get("prefer", ""), f"{kind}.prefer", TEXT)
        params = {n: self.params(table[n], f"{kind}.{n}", CHOICES[n].params) for n in serving if n in table}
        for name in names or ():
            missing = [need for need in CHOICES[name].needs if need not in params.get(name, {})]
            if missing:
                raise self.refuse("needs", f"{kind}.{name}.{missing[0]}")
        for name, given in params.items():
            missing = [need for need in CHOICES[name].needs if need not in given]
            if missing:
                raise self.refuse("needs", f"{kind}.{name}.{missing[0]}")
        return KindConfig(None if names is None else tuple(names), prefer, params)

    def params(self, value: object, key: str, known: Mapping[str, Param]) -> dict[str, Any]:
        table = self.table(value, key)
        self.only(table, key, list(known))
        return {name: self.value(given, f"{key}.{name}", known[name]) for name, given in table.items()}

    def value(self, value: Any, key: str, param: Param) -> Any:
        plain = (str, int, float, bool)
        match param.type:
            case "text":
                good, expected = isinstance(value, str) and len(value) <= 500, "teks"
            case "texts" | "command":
                good, expected = isinstance(value, list) and all(isinstance(v, str) and 0 < len(v) <= 500 for v in value), "daftar teks"
                good = good and (param.type == "texts" or bool(value))
            case "number":
                good, expected = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 1_000_000, "bilangan bulat positif"
            case "flag":
                good, expected = isinstance(value, bool), "true atau false"
            case "port_range":
                good = (isinstance(value, list) and len(value) == 2 and all(type(v) is int and 0 < v < 65536 for v in value)
                        and value[0] <= value[1] and value[1] - value[0] < 1000)
                expected = "[port pertama, port terakhir]"
            case "path":
                good, expected = isinstance(value, str) and 0 < len(value) <= 500 and "\0" not in value, "nama folder atau berkas"
            case _:
                good, expected = isinstance(value, dict) and all(isinstance(v, plain) for v in value.values()), "tabel nilai sederhana"
        if good and param.among and value not in param.among:
            good, expected = False, ", ".join(param.among)
        if not good:
            raise self.refuse("value", key, expected=expected)
        if param.type == "path":
            return self.path.parent / value
        return tuple(value) if param.type == "port_range" else value

    def deadlines(self, value: object) -> dict[str, float]:
        """``"actor.open" = 20`` and ``actor.open = 20`` alike."""
        from ktpel_kiosk.hal.deadlines import Deadlines

        flat: dict[str, float] = {}
        for name, given in self.table(value, "deadlines").items():
            inner = {f"{name}.{k}": v for k, v in given.items()} if isinstance(given, Mapping) else {name: given}
            for key, seconds in inner.items():
                if isinstance(seconds, bool) or not isinstance(seconds, int | float):
                    raise self.refuse("value", f"deadlines.{key}"[:80], expected="detik")
                flat[key] = float(seconds)
        Deadlines(flat)
        return flat


# -- remembering the wanted device ----------------------------------------------------------------------------------------

_PREFER = re.compile(r"^[ \t]*prefer[ \t]*=.*$")
_HEADER = re.compile(r"^[ \t]*\[[ \t]*([^\[\]]+?)[ \t]*\][ \t]*(#.*)?$")


def remember(folder: Path, kind: DeviceKind, wanted: str) -> DeviceConfig:
    """Write the wanted device of a kind (empty: none) into the file, durably; everything else in it stays as it is, comments too.

    Raises:
        BadInput: the file as it stands is not valid; nothing is written. DiskFull, IoFailure: nothing changed.
    """
    before = load(folder)
    path = folder / FILE
    if len(wanted) > 500 or any(0xD800 <= ord(char) <= 0xDFFF for char in wanted):
        raise BadInput("devices.value", path=str(path), key=f"{kind}.prefer", expected="nama atau nomor seri perangkat")
    text = path.read_bytes().decode("utf-8") if path.exists() else ""
    fresh = _with_prefer(text, kind, wanted)
    expected = DeviceConfig({**before.kinds, kind: KindConfig(before.of(kind).drivers, wanted, before.of(kind).params)},
                            before.sbi, before.deadlines, path)
    after = parse(fresh.encode(), path)
    if after != expected:  # an unusual way to write TOML: better no change than a wrong one
        raise BadInput("devices.prefer", path=str(path), key=f"{kind}.prefer")
    if fresh != text:
        write_durably(path, fresh.encode())
    return after


def _with_prefer(text: str, kind: DeviceKind, wanted: str) -> str:
    lines = text.splitlines()
    header = next((i for i, line in enumerate(lines) if (m := _HEADER.match(line)) and m[1].strip("\"' ") == kind), None)
    entry = f"prefer = {_quoted(wanted)}"
    if header is None:
        return f"{text.rstrip()}\n\n[{kind}]\n{entry}\n".lstrip("\n")
    end = next((i for i in range(header + 1, len(lines)) if lines[i].lstrip().startswith("[") and _HEADER.match(lines[i])), len(lines))
    place = next((i for i in range(header + 1, end) if _PREFER.match(lines[i])), None)
    if place is None:
        lines.insert(header + 1, entry)
    else:
        lines[place] = entry
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string."""
    def one(char: str) -> str:
        if char in '"\\':
            return "\\" + char
        return char if char.isprintable() or ord(char) > 0xFFFF else f"\\u{ord(char):04X}"
    return f'"{"".join(one(c) for c in text)}"'
