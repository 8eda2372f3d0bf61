"""devices.toml: strictly read, safely changed; the drivers of a desk as it and the mode say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.app import device_config, devices
from ktpel_kiosk.app.device_config import CHOICES, FILE, SBI_PARAMS, SIMULATED, Choice, DeviceConfig, load, parse, real_names, remember
from ktpel_kiosk.app.devices import UnavailableDriver, compose, compose_office, real_drivers
from ktpel_kiosk.app.run import wanted_devices
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble
from ktpel_kiosk.hal.drivers.folder_printer import FolderPrinterDriver
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind

K = DeviceKind
FULL = """
# meja 2
[camera]
drivers = ["opencv", "simulated"]
prefer = "Logitech \\"C920\\""    # yang di tripod

[camera.opencv]
sources = ["auto"]

[scanner]
drivers = []

[card_printer]
drivers = ["cups"]
[card_printer.cups]
queue = "HDP5000"
resin = true
status = "fargo_usb"

[document_printer.folder]
folder = "cetakan"

[sbi]
ports = [4501, 4510]
trust = ["sbi.pem"]

[deadlines]
"actor.open" = 20
discovery.interval = 1.5
"""


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


def config(text: str, folder: Path = Path("kantor")) -> DeviceConfig:
    return parse(text.encode(), folder / FILE)


def names(made: devices.Composition, kind: DeviceKind) -> list[str]:
    return [d.name for d in made.drivers if d.kind is kind]


# -- reading --------------------------------------------------------------------------------------------------------------


def test_a_whole_file() -> None:
    read = config(FULL)
    assert read.of(K.CAMERA).drivers == ("opencv", "simulated")
    assert read.prefer() == {K.CAMERA: 'Logitech "C920"'}
    assert read.of(K.SCANNER).drivers == ()
    assert read.of(K.IRIS).drivers is None
    assert read.of(K.DOCUMENT_PRINTER).params == {"folder": {"folder": Path("kantor/cetakan")}}
    assert read.sbi == {"ports": (4501, 4510), "trust": ["sbi.pem"]}
    assert read.deadlines == {"actor.open": 20.0, "discovery.interval": 1.5}


def test_no_file_is_an_empty_one(tmp_path: Path) -> None:
    assert load(tmp_path) == DeviceConfig(path=tmp_path / FILE)


@pytest.mark.parametrize(("text", "key", "fact"), [
    ("[toaster]", "devices.unknown_key", "toaster"),
    ("[camera]\ndriver = []", "devices.unknown_key", "camera.driver"),
    ("[camera.pcsc]\nwanted = []", "devices.unknown_key", "camera.pcsc"),
    ("[camera.opencv]\nsource = []", "devices.unknown_key", "camera.opencv.source"),
    ("[sbi]\nport = 1", "devices.unknown_key", "sbi.port"),
    ('[camera]\ndrivers = ["pcsc"]', "devices.unknown_driver", "pcsc"),
    ('[camera]\ndrivers = ["opencv", "opencv"]', "devices.value", "camera.drivers"),
    ('[camera]\ndrivers = "opencv"', "devices.value", "camera.drivers"),
    ("[camera]\nprefer = 7", "devices.value", "camera.prefer"),
    ("camera = 7", "devices.value", "camera"),
    ("[scanner.sane]\ndpi = true", "devices.value", "scanner.sane.dpi"),
    ("[scanner.sane]\ndpi = -1", "devices.value", "scanner.sane.dpi"),
    ('[scanner.sane]\nsource = "left"', "devices.value", "scanner.sane.source"),
    ('[card_printer.cups]\nresin = "yes"', "devices.value", "card_printer.cups.resin"),
    ('[card_printer.cups]\nstatus = "fargo_sdk"', "devices.value", "none, fargo_usb"),
    ("[sbi]\nports = [4510, 4501]", "devices.value", "sbi.ports"),
    ("[sbi]\nports = [1, true]", "devices.value", "sbi.ports"),
    ('[receipt_printer]\ndrivers = ["escpos"]', "devices.needs", "receipt_printer.escpos.address"),
    ('[iris.vendor]\ncommand = ["x"]', "devices.needs", "iris.vendor.name"),
    ('[iris.vendor]\ncommand = []\nname = "x"', "devices.value", "iris.vendor.command"),
    ('[deadlines]\n"actor.open" = "long"', "devices.value", "deadlines.actor.open"),
    ("[deadlines]\nactor.opened = 3", "deadline.unknown", "actor.opened"),
    ('[deadlines]\n"actor.open" = 1e9', "deadline.value", "actor.open"),
    ("[camera\n", "devices.syntax", "1"),
    ("\n\n[camera]\n[camera]\n", "devices.syntax", "4"),
])
def test_what_is_wrong_is_named_with_a_sentence(text: str, key: str, fact: str) -> None:
    with pytest.raises(BadInput) as refused:
        config(text)
    assert refused.value.message_key == key
    sentence = load_sentences().of(refused.value)
    assert fact in sentence
    assert " -" not in sentence  # every fact of the sentence is there


@pytest.mark.parametrize("raw", [b"\xff", b"#" * ((1 << 20) + 1)])
def test_not_a_text(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(BadInput, match=r"devices\.unreadable"):
        load(tmp_path)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(BadInput, match=r"devices\.unreadable"):
        load(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        config(text)
    except BadInput as refused:
        assert "-)" not in load_sentences().of(refused)
        assert refused.message_key.startswith(("devices.", "deadline."))
    except UnicodeEncodeError:
        pass


# -- remembering ----------------------------------------------------------------------------------------------------------


def test_a_preference_keeps_everything_else_and_the_comments(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(FULL)
    after = remember(tmp_path, K.CAMERA, "SN 7")
    text = (tmp_path / FILE).read_text()
    assert text == FULL.replace('prefer = "Logitech \\"C920\\""    # yang di tripod', 'prefer = "SN 7"')
    assert load(tmp_path) == after
    remember(tmp_path, K.IRIS, "x")
    remember(tmp_path, K.SCANNER, "y")
    remember(tmp_path, K.CAMERA, "")
    read = load(tmp_path)
    assert read.prefer() == {K.IRIS: "x", K.SCANNER: "y"}
    assert read.of(K.SCANNER).drivers == ()
    assert read.of(K.CAMERA).params == {"opencv": {"sources": ["auto"]}}
    assert "# meja 2" in (tmp_path / FILE).read_text()


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_every_name_comes_back_as_it_was(wanted: str) -> None:
    import tempfile
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            remember(folder, K.CAMERA, wanted)
        except BadInput:
            assert any(0xD800 <= ord(c) <= 0xDFFF for c in wanted)
            return
        assert load(folder).of(K.CAMERA).prefer == wanted


@pytest.mark.parametrize("text", [
    '[deadlines]\nactor.open = 20\n["camera"]\ndrivers = ["opencv"]\n', "[ camera ]  # kamera\n", "[camera.opencv]\nsources = []\n",
    '[camera]\r\nprefer = "a"\r\n', '[card_reader]\nprefer = "b"',
])
def test_unusual_spellings(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, newline="")
    before = load(tmp_path)
    assert remember(tmp_path, K.CAMERA, "new").of(K.CAMERA).prefer == "new"
    after = load(tmp_path)
    assert after.deadlines == before.deadlines
    assert after.of(K.CAMERA).drivers == before.of(K.CAMERA).drivers
    assert after.of(K.CARD_READER) == before.of(K.CARD_READER)


def test_what_cannot_be_changed_safely_is_left_alone(tmp_path: Path) -> None:
    text = 'camera = {prefer = "a"}\n'
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadInput):
        remember(tmp_path, K.CAMERA, "b")
    assert (tmp_path / FILE).read_text() == text
    (tmp_path / FILE).write_text("[camera\n")
    with pytest.raises(BadInput):
        remember(tmp_path, K.CAMERA, "b")
    assert (tmp_path / FILE).read_text() == "[camera\n"


# -- composing ------------------------------------------------------------------------------------------------------------


def test_practice_without_a_file_is_the_simulated_desk(world: SimulatedWorld) -> None:
    made = compose(DeviceConfig(), simulated=world.drivers())
    assert [d.name for d in made.drivers] == [f"simulated-{k}" for k in DeviceKind]
    assert made.deadlines["camera.frame"] == 8.0
    assert made.disabled == ()


def test_a_mixture_in_practice(world: SimulatedWorld) -> None:
    made = compose(config('[card_reader]\ndrivers = ["pcsc", "simulated"]\nprefer = "ACS"\n[scanner]\ndrivers = []'),
                   simulated=world.drivers())
    assert names(made, K.CARD_READER) == ["pcsc", "simulated-card_reader"]
    assert names(made, K.CAMERA) == ["simulated-camera"]
    assert names(made, K.SCANNER) == []
    assert made.prefer == {K.CARD_READER: "ACS"}


def test_a_named_device_goes_before_the_file(world: SimulatedWorld, tmp_path: Path) -> None:
    printer = FolderPrinterDriver(tmp_path)
    made = compose(config('[document_printer]\ndrivers = ["simulated"]'), simulated=world.drivers(), given=[printer])
    assert names(made, K.DOCUMENT_PRINTER) == [printer.name]
    assert names(made, K.CAMERA) == ["simulated-camera"]


def test_modes(world: SimulatedWorld) -> None:
    file = config('[camera]\ndrivers = ["simulated"]\n[card_reader]\ndrivers = ["pcsc"]\n[card_reader.pcsc]\nwanted = ["ACS"]')
    real = compose(file, simulated=world.drivers(), mode="real")
    assert not [d for d in real.drivers if d.name.startswith("simulated")]
    assert "opencv-camera" in names(real, K.CAMERA)
    assert names(real, K.CARD_READER) == ["pcsc"]
    assert real.deadlines["camera.frame"] == 2.0
    simulated = compose(file, simulated=world.drivers(), mode="simulated")
    assert {d.name for d in simulated.drivers} == {f"simulated-{k}" for k in DeviceKind}


@pytest.mark.parametrize(("text", "mode", "key"), [
    ('[camera]\ndrivers = ["opencv", "simulated"]', "", "devices.simulated"), ("", "simulated", "devices.simulated"),
    ("[sbi]\nallow_unsigned = true", "", "devices.unsigned"),
])
def test_production_refuses(world: SimulatedWorld, text: str, mode: str, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        compose(config(text), simulated=world.drivers(), production=True, mode=mode)
    assert refused.value.message_key == key


def test_production_without_a_file_uses_real_devices_only(world: SimulatedWorld) -> None:
    made = compose(DeviceConfig(), simulated=world.drivers(), production=True)
    assert "opencv-camera" in names(made, K.CAMERA)
    assert not [d for d in made.drivers if "simulated" in d.name]


def test_a_missing_library_disables_its_driver_and_nothing_else(monkeypatch: pytest.MonkeyPatch, world: SimulatedWorld) -> None:
    monkeypatch.setitem(sys.modules, "ktpel_kiosk.hal.drivers.pcsc_reader", None)
    quiet = compose(DeviceConfig(), mode="real")
    assert names(quiet, K.CARD_READER) == []
    (off,) = [d for d in quiet.disabled if d.kind is K.CARD_READER]
    assert "pcsc" in load_sentences().of(off.trouble)
    asked = compose(config('[card_reader]\ndrivers = ["pcsc", "simulated"]'), simulated=world.drivers())
    manager = DeviceManager(asked.drivers, asked.deadlines)
    try:
        assert manager.settle(10)
        state = next(s for s in manager.states() if s.kind is K.CARD_READER)
        assert state.health is DeviceHealth.READY  # the simulated one serves
    finally:
        world.close()
        manager.close()


def test_a_driver_the_file_names_says_why_it_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ktpel_kiosk.hal.drivers.pcsc_reader", None)
    made = compose(config('[card_reader]\ndrivers = ["pcsc"]'), production=True)
    manager = DeviceManager([d for d in made.drivers if d.kind is K.CARD_READER])
    try:
        assert manager.settle(5)
        state = next(s for s in manager.states() if s.kind is K.CARD_READER)
        assert state.trouble == "devices.library"
        error = manager.call(K.CARD_READER, "x", lambda d: d, 1).exception(1)
        assert isinstance(error, DeviceTrouble)
        assert error.message_key == "devices.library"
    finally:
        manager.close()


def test_a_library_that_throws_while_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(_target: str) -> object:
        raise OSError("cannot load")

    monkeypatch.setattr(devices, "_named", explode)
    made = compose(DeviceConfig(), mode="real")
    assert made.drivers == ()
    assert {d.trouble.message_key for d in made.disabled} == {"devices.library"}


def test_a_driver_of_another_system_says_so() -> None:
    made = compose(config('[scanner]\ndrivers = ["wia"]'), platform="linux")
    assert [d.trouble.message_key for d in made.disabled if d.kind is K.SCANNER] == ["devices.platform"]


def test_a_wrong_file_stops_no_kiosk(tmp_path: Path, world: SimulatedWorld) -> None:
    (tmp_path / FILE).write_text("[toaster]")
    made = compose_office(tmp_path, simulated=world.drivers())
    assert all(isinstance(d, UnavailableDriver) for d in made.drivers)
    manager = DeviceManager(made.drivers, made.deadlines)
    try:
        assert manager.settle(5)
        assert {s.trouble for s in manager.states()} == {"devices.unknown_key"}
        error = manager.call(K.CAMERA, "still", lambda d: d, 1).exception(1)
        assert "toaster" in load_sentences().of(error)
    finally:
        manager.close()


def test_modes_of_the_command_line_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTPEL_DEVICES", "real")
    assert wanted_devices("") == "real"
    assert wanted_devices("simulated") == "simulated"
    with pytest.raises(BadInput, match=r"devices\.mode"):
        wanted_devices("other")


EVERY = [(kind, name) for name, choice in CHOICES.items() for kind in choice.kinds if name != SIMULATED]
NEEDED = {
    "folder": 'folder = "cetakan"', "escpos": 'address = "tcp://127.0.0.1:9"', "camera_qr": 'source = "0"',
    "vendor": 'command = ["/bin/true"]\nname = "contoh"', "cups": 'queue = "uji"\nserver = "127.0.0.1:9"', "windows": 'queue = "uji"',
}


@pytest.mark.parametrize(("kind", "name"), EVERY, ids=[f"{k}-{n}" for k, n in EVERY])
def test_every_driver_is_imported_and_made(kind: DeviceKind, name: str, tmp_path: Path) -> None:
    text = f'[{kind}]\ndrivers = ["{name}"]\n' + (f"[{kind}.{name}]\n{NEEDED[name]}\n" if name in NEEDED else "")
    platform = CHOICES[name].platforms[0] if CHOICES[name].platforms else sys.platform
    made = compose(config(text, tmp_path), platform=platform, production=True)
    off = [d for d in made.disabled if d.kind is kind]
    cause = str(off[0].trouble.facts.get("cause")) if off else ""
    if cause in ("gphoto2", "win32com", "pythoncom", "win32print", "pywintypes", "winreg"):
        pytest.skip(f"library {cause} is not installed here")
    assert not off, load_sentences().of(off[0].trouble)
    (driver,) = [d for d in made.drivers if d.kind is kind]
    assert not isinstance(driver, UnavailableDriver)
    assert driver.name
    assert callable(driver.discover) and callable(driver.open)


@pytest.mark.parametrize(("name", "platform", "status"), [
    ("cups", "linux", "fargo_usb"), ("windows", "win32", "fargo_usb"), ("windows", "win32", "fargo_sdk"),
])
def test_status_sources_beside_a_queue(name: str, platform: str, status: str, tmp_path: Path) -> None:
    text = f'[card_printer]\ndrivers = ["{name}"]\n[card_printer.{name}]\nqueue = "uji"\nstatus = "{status}"\nserial = "X1"'
    made = compose(config(text, tmp_path), platform=platform, production=True)
    assert not [load_sentences().of(d.trouble) for d in made.disabled if d.kind is K.CARD_PRINTER]
    (driver,) = [d for d in made.drivers if d.kind is K.CARD_PRINTER]
    source = driver._status("uji")  # type: ignore[attr-defined]
    if source is not None:  # the bridge of the vendor's library is not installed here
        assert source.trouble() is None
        source.close()


def test_the_three_devices_of_a_service_share_it() -> None:
    made = compose(config('[sbi]\nports = [4501, 4502]\n[camera]\ndrivers = ["sbi"]'), mode="real")
    scanners = {id(d.scanner) for d in made.drivers if d.name.startswith("sbi-")}  # type: ignore[attr-defined]
    assert len([d for d in made.drivers if d.name.startswith("sbi-")]) == 3
    assert len(scanners) == 1


def test_every_kind_of_this_platform_has_a_real_driver_or_needs_an_address() -> None:
    for kind in DeviceKind:
        for platform in ("linux", "win32"):
            assert real_names(kind, DeviceConfig(), platform) or kind is K.RECEIPT_PRINTER, (kind, platform)


def test_real_drivers_look_without_harm() -> None:
    before = set(threading.enumerate())
    from ktpel_kiosk.app.cli_devices import look_once
    looks = look_once([d for d in real_drivers().drivers if d.kind in (K.CAMERA, K.CARD_READER, K.SIGNATURE)], 10.0)
    assert {look.kind for look in looks} == {K.CAMERA, K.CARD_READER, K.SIGNATURE}
    assert not [t for t in set(threading.enumerate()) - before if t.name.startswith("look-") and t.is_alive()]


def test_a_driver_that_hangs_while_looking_is_named() -> None:
    from ktpel_kiosk.app.cli_devices import look_once
    release = threading.Event()

    class Hangs(FolderPrinterDriver):
        def discover(self):  # type: ignore[no-untyped-def]
            release.wait(5)
            return ()

    (look,) = look_once([Hangs(Path("x"))], 0.1)
    assert look.trouble is not None and look.trouble.message_key == "device.discovery_stuck"
    release.set()


def test_nothing_of_this_is_imported_on_the_way_to_the_window() -> None:
    code = ("import sys; import ktpel_kiosk.app.run, ktpel_kiosk.app.wiring; "
            "late = [m for m in sys.modules if m.startswith(('ktpel_kiosk.app', 'ktpel_kiosk.hal')) and m.split('.')[-1] in "
            "('devices', 'device_config', 'cli_devices', 'device_trials', 'history', 'actor', 'manager') ]; print(late)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert out.stdout.strip() == "[]"


def test_choices_are_consistent() -> None:
    for name, choice in CHOICES.items():
        assert isinstance(choice, Choice) and choice.kinds
        assert name == SIMULATED or all(choice.factory.get(str(k)) or choice.factory.get("*") for k in choice.kinds)
        assert name not in (*DeviceKind, device_config.SBI) or name == device_config.SBI


def test_the_printer_of_windows_with_its_reader_inside() -> None:
    text = ('[card_printer]\ndrivers = ["windows"]\n[card_printer.windows]\nqueue = "HDP5000"\nresin = true\nreader = "HDP"\n'
            'status = "fargo_usb"')
    made = compose(config(text), platform="win32", production=True)
    (driver,) = [d for d in made.drivers if d.kind is K.CARD_PRINTER]
    assert driver.name == "windows-card"
    with pytest.raises(DeviceTrouble):  # no reader of this name here
        driver._reader()  # type: ignore[attr-defined]


# -- what the papers say --------------------------------------------------------------------------------------------------

DRIVERS = Path(__file__).parents[2] / "drivers"


@pytest.mark.parametrize("path", sorted(DRIVERS.rglob("README.md")), ids=lambda p: p.parent.name)
def test_examples_in_the_papers_are_valid(path: Path) -> None:
    for block in re.findall(r"```toml\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
        config(textwrap.dedent(block))
    for block in re.findall(r"(?m)^ {3}```toml\n(.*?)^ {3}```", path.read_text("utf-8"), re.DOTALL):
        config(textwrap.dedent(block))


def test_the_table_of_drivers_is_complete() -> None:
    rows = {m[1]: m[0] for m in re.finditer(r"(?m)^\| `(\w+)` \|.*$", (DRIVERS / "README.md").read_text("utf-8"))}
    assert set(rows) == set(CHOICES)
    for name, choice in CHOICES.items():
        missing = [word for word in (*choice.params, *(SBI_PARAMS if name == "sbi" else ())) if f"`{word}`" not in rows[name]]
        assert not missing, (name, missing)
        if name not in (SIMULATED,):
            assert all(str(kind) in rows[name] for kind in choice.kinds), name


def test_every_family_has_a_row_and_a_folder() -> None:
    text = (DRIVERS / "README.md").read_text("utf-8")
    families = set(re.findall(r"(?m)^\| ([a-z0-9_-]+) \|", text)) - {"driver", "folder"}
    assert {p.name for p in DRIVERS.iterdir() if p.is_dir()} <= families
