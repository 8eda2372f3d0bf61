"""The vendor's library for Fargo printers: the client against a worker in Python, the bridge under mono against a stand-in library."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, Jammed, KioskError, MediaEmpty, NotConnected, Stalled
from ktpel_kiosk.hal.drivers import fargo_sdk
from ktpel_kiosk.hal.drivers.fargo_sdk import _NAMED, FargoSdk, FargoSdkFor, bridge_command, judge
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import PrinterSupplies

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
QUEUE = 'HDP5000 "Kartu" é'


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "printer.json"
    path.write_text("{}")
    return path


def say(script: Path, **values: Any) -> None:
    """Written whole, for the worker reads it at any time."""
    fresh = script.with_suffix(".fresh")
    fresh.write_text(json.dumps(values))
    fresh.replace(script)


def moves(script: Path) -> list[list[Any]]:
    log = Path(f"{script}.moves")
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def once_moved(log: Callable[[], list[Any]], act: Callable[[], object]) -> threading.Thread:
    """Do ``act`` as soon as a card was moved."""
    def wait() -> None:
        until = time.monotonic() + 8
        while not log() and time.monotonic() < until:
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def sdk(script: Path) -> Iterator[FargoSdk]:
    made = FargoSdk(QUEUE, (sys.executable, str(HERE / "fargo_worker.py"), str(script)), deadline_s=3, pace_s=0.02)
    yield made
    made.close()


# -- the client ----------------------------------------------------------------------------------------------------------------


def test_ready_printer_has_no_trouble_and_says_what_is_left(sdk: FargoSdk, script: Path) -> None:
    assert sdk.trouble() is None
    assert sdk.supplies() == PrinterSupplies(ribbon=63, film=40)
    assert sdk.read().idle


def test_card_goes_to_the_station_and_out(sdk: FargoSdk, script: Path) -> None:
    sdk.feed(10)
    assert moves(script) == [[QUEUE, "MIFARE", 0]]
    sdk.feed(10)
    assert len(moves(script)) == 1, "a card already there is not fed again"
    sdk.eject(True)
    sdk.eject(True)
    assert moves(script)[1:] == [[QUEUE, "Eject", 0]], "without a card inside nothing moves"
    sdk.feed(10)
    sdk.eject(False)
    assert moves(script)[-1] == [QUEUE, "Reject", 0]


@pytest.mark.parametrize(("activity", "station"), [("EncodeContact", ""), ("WaitingForEject", ""), ("Ready", "CardPresent")])
def test_card_left_inside_is_noticed_after_a_restart(sdk: FargoSdk, script: Path, activity: str, station: str) -> None:
    say(script, activity=activity, station=station)
    sdk.eject(False)
    assert moves(script) == [[QUEUE, "Reject", 0]]


@pytest.mark.parametrize(("error", "number", "kind", "key"), [
    ("CardFeed", 0, Jammed, "card_printer.feed"), ("CardJamFlipper", 0, Jammed, "card_printer.jam"),
    ("RibbonOut", 0, MediaEmpty, "card_printer.ribbon_empty"), ("HopperEmpty", 0, MediaEmpty, "card_printer.media_empty"),
    ("FilmOut", 0, MediaEmpty, "card_printer.film_empty"), ("Xyz", 93, DeviceTrouble, "card_printer.ribbon_wrong"),
    ("Xyz", 999, DeviceTrouble, "card_printer.error")])
def test_exception_names_what_is_wrong(sdk: FargoSdk, script: Path, error: str, number: int, kind: type[KioskError], key: str) -> None:
    say(script, activity="Exception", error=error, error_number=number)
    trouble = sdk.trouble()
    assert type(trouble) is kind and trouble.message_key == key
    with pytest.raises(kind):
        sdk.feed(5)
    assert moves(script) == []
    supplies = sdk.supplies()
    assert supplies is not None and supplies.reasons == (key,)


def test_trouble_on_the_way_ends_the_feed_and_the_card_can_be_rejected(sdk: FargoSdk, script: Path) -> None:
    say(script, arrives=1000)
    jam = once_moved(lambda: moves(script), lambda: say(script, activity="Exception", error="CardJamEncoder"))
    with pytest.raises(Jammed):
        sdk.feed(10)
    jam.join()
    say(script)
    sdk.eject(False)
    assert [m[1] for m in moves(script)] == ["MIFARE", "Reject"]


def test_card_that_never_arrives_stalls(sdk: FargoSdk, script: Path) -> None:
    say(script, arrives=10_000)
    with pytest.raises(Stalled) as raised:
        sdk.feed(0.4)
    assert raised.value.message_key in ("card_printer.feed_slow", "device.no_answer")


def test_feed_can_be_interrupted(sdk: FargoSdk, script: Path) -> None:
    say(script, arrives=10_000)
    threading.Timer(0.3, sdk.interrupt).start()
    began = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        sdk.feed(30)
    assert raised.value.message_key == "device.interrupted" and time.monotonic() - began < 5


def test_feed_is_interrupted_while_the_library_hangs(sdk: FargoSdk, script: Path) -> None:
    assert sdk.read().idle
    say(script, block=20)
    threading.Timer(0.3, sdk.interrupt).start()
    began = time.monotonic()
    with pytest.raises(CaptureFailed):
        sdk.feed(30)
    assert time.monotonic() - began < 5
    say(script)
    assert sdk.read().idle, "the bridge is started again at the next call"


def test_library_that_hangs_delays_nobody_and_is_left_alone_for_a_while(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fargo_sdk, "ANSWER_S", 0.1)
    monkeypatch.setattr("ktpel_kiosk.hal.worker.client.PATIENCE_S", 0.2)
    sdk = FargoSdk(QUEUE, (sys.executable, str(HERE / "fargo_worker.py"), str(script)), deadline_s=0.2, pace_s=0.02)
    try:
        say(script, block=30)
        began = time.monotonic()
        assert sdk.trouble() is None and sdk.supplies() is None
        assert time.monotonic() - began < 0.8
        until = time.monotonic() + 5
        while not sdk._quiet_until and time.monotonic() < until:
            time.sleep(0.02)
        say(script)
        began = time.monotonic()
        assert sdk.trouble() is None and sdk.supplies() is None
        assert time.monotonic() - began < 0.15, "it is not even asked"
    finally:
        sdk.close()


def test_what_the_bridge_refuses_is_told(sdk: FargoSdk, script: Path) -> None:
    say(script, refuse=["NotConnected", "card_printer.sdk_missing"])
    with pytest.raises(NotConnected) as raised:
        sdk.feed(5)
    assert raised.value.message_key == "card_printer.sdk_missing"
    assert sdk.trouble() is None and sdk.supplies() is None, "and keeps nobody from printing"


def test_without_a_bridge_there_is_no_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fargo_sdk, "BRIDGE", Path("none", "FargoBridge.exe"))
    with pytest.raises(NotConnected) as raised:
        bridge_command()
    assert raised.value.message_key == "card_printer.bridge_missing"
    assert FargoSdkFor()("HDP5000") is None
    made = FargoSdkFor((sys.executable, "-c", "pass"), station="iCLASS", hopper=1)("HDP5000")
    assert isinstance(made, FargoSdk)
    made.close()
    (tmp_path / "FargoBridge.exe").touch()
    monkeypatch.setattr(fargo_sdk, "BRIDGE", tmp_path / "FargoBridge.exe")
    assert bridge_command() == (str(tmp_path / "FargoBridge.exe"), str(tmp_path / "Fargo.PrinterSDK.dll"))


def test_answers_of_another_kind_do_no_harm() -> None:
    for said in ({}, {"activity": 7}, {"activity": "Exception\n", "error": "x y"}, {"activity": "Ready", "ribbon": True, "film": 400},
                 {"activity": "Exception", "error": None, "error_number": "110"}):
        status = judge(said)
        assert status.supplies.ribbon is None and status.supplies.film is None
    assert judge({"activity": "Unknown"}).trouble.message_key == "printer.offline"


def test_every_trouble_has_its_sentence() -> None:
    sentences = tomllib.loads((ROOT / "resources/i18n/id/errors/hal.toml").read_text(encoding="utf-8"))
    assert not {key for _, _, key in _NAMED} - set(sentences)
    bridge = (ROOT / "drivers/fargo/bridge/FargoBridge.cs").read_text(encoding="utf-8")
    import re

    keys = set(re.findall(r'"((?:card_printer|device)\.[a-z_]+)"', bridge))
    assert len(keys) >= 5 and not keys - set(sentences)


# -- the bridge, under mono ------------------------------------------------------------------------------------------------------

needs_mono = pytest.mark.skipif(not (shutil.which("mcs") and shutil.which("mono")), reason="mono (mcs, mono) is not installed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the bridge and the stand-in library, compiled as C# 5."""
    folder = tmp_path_factory.mktemp("bridge")
    for arguments in (["-target:library", f"-out:{folder}/Fargo.PrinterSDK.dll", str(HERE / "FakeFargoSdk.cs")],
                      [f"-out:{folder}/FargoBridge.exe", str(ROOT / "drivers/fargo/bridge/FargoBridge.cs")]):
        subprocess.run(["mcs", "-langversion:5", "-warnaserror", *arguments], check=True, capture_output=True)
    return folder


class Vendor:
    """The stand-in library's script."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set()

    def set(self, **values: object) -> None:
        fresh = self.path.with_suffix(".fresh")
        fresh.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        fresh.replace(self.path)

    def moves(self) -> list[str]:
        log = Path(f"{self.path}.moves")
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    path = tmp_path / "vendor.txt"
    monkeypatch.setenv("KTPEL_FAKE_FARGO", str(path))
    return Vendor(path)


@pytest.fixture
def bridged(built: Path, vendor: Vendor) -> Iterator[FargoSdk]:
    made = FargoSdk(QUEUE, ("mono", str(built / "FargoBridge.exe"), str(built / "Fargo.PrinterSDK.dll")), deadline_s=5, pace_s=0.05)
    yield made
    made.close()


@needs_mono
@pytest.mark.gate
def test_bridge_tells_the_state_of_the_printer(bridged: FargoSdk, vendor: Vendor) -> None:
    status = bridged.read()
    assert (status.idle, status.trouble, status.card_at_station) == (True, None, False)
    assert status.supplies == PrinterSupplies(ribbon=63, film=40)
    vendor.set(activity="Printing", ribbon=7, film=101)
    status = bridged.read()
    assert (status.idle, status.trouble, status.supplies) == (False, None, PrinterSupplies(ribbon=7))
    vendor.set(activity="Exception", error="CardJamFlipper")
    with pytest.raises(Jammed) as raised:
        bridged.feed(5)
    assert raised.value.message_key == "card_printer.jam"
    vendor.set(activity="Exception", error="RibbonOut")
    assert bridged.read().supplies.reasons == ("card_printer.ribbon_empty",)
    vendor.set(activity="Unknown")
    assert bridged.read().trouble.message_key == "printer.offline"


@needs_mono
@pytest.mark.gate
@pytest.mark.parametrize("model", ["HDP", "DTC"])
def test_bridge_moves_a_card(bridged: FargoSdk, vendor: Vendor, model: str) -> None:
    vendor.set(model=model)
    arrived = {"model": model, "station": "CardPresent"} if model == "HDP" else {"model": model, "activity": "EncodeContactless"}
    arrival = once_moved(vendor.moves, lambda: vendor.set(**arrived))
    bridged.feed(10)
    arrival.join()
    assert vendor.moves() == ["MIFARE 0"]
    bridged.eject(True)
    vendor.set(model=model)
    bridged.eject(False)
    assert vendor.moves() == ["MIFARE 0", "Eject 0"]


@needs_mono
@pytest.mark.gate
def test_bridge_under_a_library_that_throws_or_hangs(built: Path, bridged: FargoSdk, vendor: Vendor,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.set(throw="yes")
    with pytest.raises(DeviceTrouble) as raised:
        bridged.read()
    assert raised.value.message_key == "card_printer.sdk_failed"
    assert raised.value.facts["cause"] == "InvalidOperationException", "the name of the exception and never its text"
    vendor.set()
    assert bridged.read().idle, "one call that failed spoils nothing"
    other = FargoSdk("Someone else's", ("mono", str(built / "FargoBridge.exe"), str(built)))
    with pytest.raises(DeviceTrouble):
        other.read()
    other.close()
    monkeypatch.setattr(fargo_sdk, "ANSWER_S", 0.3)
    monkeypatch.setattr("ktpel_kiosk.hal.worker.client.PATIENCE_S", 0.3)
    vendor.set(block_ms=20_000)
    began = time.monotonic()
    with pytest.raises(Stalled):
        bridged.read()
    assert time.monotonic() - began < 3
    vendor.set()
    monkeypatch.setattr(fargo_sdk, "ANSWER_S", 10)
    assert bridged.read().idle, "a bridge that was ended is started again"


@needs_mono
@pytest.mark.gate
def test_bridge_without_its_library_or_with_another(built: Path, vendor: Vendor, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "broken.dll").write_bytes(b"no library")
    shutil.copy(built / "FargoBridge.exe", tmp_path / "another.dll")
    for library, key in ((empty, "card_printer.sdk_missing"), (tmp_path / "broken.dll", "card_printer.sdk_wrong"),
                         (tmp_path / "another.dll", "card_printer.sdk_wrong")):
        sdk = FargoSdk(QUEUE, ("mono", str(built / "FargoBridge.exe"), str(library)))
        with pytest.raises(DeviceTrouble) as raised:
            sdk.read()
        assert raised.value.message_key == key
        sdk.close()


@needs_mono
@pytest.mark.gate
def test_bridges_wire(built: Path, vendor: Vendor) -> None:
    worker = WorkerProcess(("mono", str(built / "FargoBridge.exe"), str(built / "Fargo.PrinterSDK.dll")), "bridge")
    try:
        assert worker.call("hello", 5).data == {"version": "2.1.0.0"}
        with pytest.raises(DeviceTrouble) as raised:
            worker.call("nothing", 5)
        assert raised.value.message_key == "device.worker"
        with pytest.raises(DeviceTrouble) as raised:
            worker.call("move", 5, {"printer": QUEUE, "station": "Nowhere", "hopper": 0})
        assert raised.value.facts["cause"] == "Station"
        data = worker.call("status", 5, {"printer": QUEUE, "station": "MIFARE", "more": [1, -2.5e3, None, True, {"a\u00e9\"": "\\\n"}]},
                           [b"x" * 100_000, b""]).data
        assert data == {"activity": "Ready", "error": "None", "error_number": 0, "ribbon": 63, "film": 40, "laminate": None, "cards": 1204,
                        "flipper": True, "station": "CardNotPresent"}
        worker.interrupt()
        assert worker.call("hello", 5).data
    finally:
        worker.close()
    hanging = subprocess.Popen(["mono", str(built / "FargoBridge.exe"), str(built)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    vendor.set(block_ms=60_000)
    from ktpel_kiosk.hal.worker.serve import write_message

    assert hanging.stdin is not None and hanging.stdout is not None
    write_message(hanging.stdin, {"id": 1, "op": "status", "args": {"printer": QUEUE}})
    time.sleep(0.5)
    hanging.stdin.close()
    assert hanging.wait(10) == 0, "the kiosk gone, the bridge ends, even while the library hangs"
    hanging.stdout.close()
