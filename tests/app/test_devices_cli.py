"""``ktpel-kiosk devices`` as a technician uses it, on the simulated desk and without an office."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from ktpel_kiosk.app import cli_devices
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.device_config import load
from ktpel_kiosk.app.device_trials import MARK
from ktpel_kiosk.app.office import OfficeSettings, write_settings
from ktpel_kiosk.app.wiring import HISTORY
from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import Jammed
from ktpel_kiosk.hal.history import HistoryKeeper
from ktpel_kiosk.hal.simulators.faults import Faults
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceKind

K = DeviceKind


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["devices", *arguments])


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "kantor"
    folder.mkdir()
    write_settings(folder, OfficeSettings("tempeh", "meja-1"))
    return folder


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """What the simulated devices of the command line suffer."""
    made = Faults()
    monkeypatch.setattr("ktpel_kiosk.hal.simulators.world.SimulatedWorld", lambda: SimulatedWorld(faults=made))
    return made


def test_list_of_an_office(office: Path) -> None:
    (office / "devices.toml").write_text('[camera]\nprefer = "SIM-camera-1"\n[iris]\ndrivers = []\n')
    result = call("list", "--json", "--data", str(office))
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert {k["kind"] for k in found["kinds"]} == set(DeviceKind)
    (camera,) = [d for d in found["devices"] if d["kind"] == "camera"]
    assert (camera["open"], camera["wanted"], camera["serial"]) == (True, True, "SIM-camera-1")
    assert not [d for d in found["devices"] if d["kind"] == "iris"]
    assert next(k for k in found["kinds"] if k["kind"] == "iris")["trouble"] == "device.not_configured"
    assert not (office / "perangkat").exists()  # looking counts for nothing


def test_list_shows_trouble_with_its_sentence_and_exit_code(office: Path, faults: Faults) -> None:
    faults.add("card_printer", "cover")
    result = call("list", "--data", str(office))
    assert result.exit_code == 1
    assert "bermasalah" in result.output
    assert "Penutup pencetak kartu terbuka" in result.output
    assert "SIM-camera-1" in result.output


def test_list_without_an_office_shows_real_drivers_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compose(*_args: object, **options: object) -> object:
        asked.append(options)
        return real(*_args, **{**options, "mode": "simulated"})

    from ktpel_kiosk.app import devices
    real = devices.compose
    monkeypatch.setattr(devices, "compose", compose)
    assert call("list", "--data", str(tmp_path)).exit_code == 0
    assert [o["mode"] for o in asked] == ["real"]


def test_a_wrong_file_is_one_line(office: Path) -> None:
    (office / "devices.toml").write_text("[toaster]\n")
    result = call("list", "--data", str(office))
    assert result.exit_code == 1
    assert "toaster" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("kind", "files"), [
    ("fingerprint", ["uji-jari-right_index.png"]), ("signature", ["uji-tanda-tangan.png"]),
    pytest.param("iris", ["uji-iris-left_eye.png", "uji-iris-right_eye.png"], marks=pytest.mark.gate),
    pytest.param("scanner", ["uji-pindai-01.png"], marks=pytest.mark.gate),
    pytest.param("camera", ["uji-kamera.png"], marks=pytest.mark.gate),
])
def test_captures_become_marked_pictures(office: Path, tmp_path: Path, kind: str, files: list[str]) -> None:
    out = tmp_path / "uji"
    result = call("test", kind, "--data", str(office), "--out", str(out), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["result"] == "baik"
    assert sorted(p.name for p in out.iterdir()) == files
    for name in files:
        with Image.open(out / name) as picture:
            assert picture.info["Comment"] == MARK
            assert min(picture.size) >= 100
            if kind == "fingerprint":
                assert picture.info["dpi"][0] == pytest.approx(500, abs=0.1)
                assert found["gambar"][0]["ppi"] == 500
    assert {p.name for p in office.iterdir()} == {"office.json"}


@pytest.mark.parametrize(("kind", "expected"), [
    ("card_reader", {"atr", "uid", "perintah", "jawaban"}), ("card_printer", {"media", "ukuran_mm", "dpi", "pita"}),
    ("document_printer", {"pekerjaan", "keadaan"}), ("receipt_printer", {"pekerjaan", "keadaan"}), ("barcode", {"kode"}),
])
def test_what_devices_say(office: Path, kind: str, expected: set[str]) -> None:
    result = call("test", kind, "--data", str(office), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert expected <= {k for k, v in found.items() if v not in ("", None)}
    assert found["files"] == []


def test_a_failed_test_is_told_and_leaves_no_file(office: Path, tmp_path: Path, faults: Faults) -> None:
    faults.add("scanner", "jam", times=0)
    result = call("test", "scanner", "--data", str(office), "--out", str(tmp_path / "uji"), "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["result"], told["kunci"]) == ("gagal", "scanner.jam")
    assert "Kertas tersangkut" in told["kalimat"]
    assert not (tmp_path / "uji").exists()


def test_a_failed_print_job_is_a_failed_test(office: Path, faults: Faults) -> None:
    faults.add("document_printer", "jam", times=0)
    result = call("test", "document_printer", "--data", str(office))
    assert result.exit_code == 1
    assert "Kertas tersangkut di pencetak" in result.output


def test_a_test_card_is_refused_in_an_office_that_counts_its_blanks(office: Path) -> None:
    refused = call("test", "card_printer", "--print", "--data", str(office))
    assert refused.exit_code == 1
    assert "devices.counted_blank" in refused.output


@pytest.mark.gate
def test_a_test_card_without_an_office(tmp_path: Path) -> None:
    printed = call("test", "card_printer", "--print", "--data", str(tmp_path / "tanpa"), "--devices", "simulated", "--json")
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.stdout)["keadaan"] == "done"


def test_only_the_wanted_device_is_tried(office: Path) -> None:
    good = call("test", "barcode", "--wanted", "SIM-barcode-1", "--data", str(office))
    assert good.exit_code == 0
    other = call("test", "barcode", "--wanted", "SN-LAIN", "--data", str(office))
    assert other.exit_code == 1
    assert "SN-LAIN tidak terlihat" in other.output
    assert "Simulator barcode" in other.output


@pytest.mark.parametrize("arguments", [("test", "toaster"), ("prefer", "toaster", "x")])
def test_unknown_kind(office: Path, arguments: tuple[str, ...]) -> None:
    result = call(*arguments, "--data", str(office))
    assert result.exit_code == 1
    assert "toaster" in result.output + result.stderr


def test_prefer_is_written_and_shown(office: Path, tmp_path: Path) -> None:
    assert call("prefer", "card_reader", "ACS ACR122U", "--data", str(office)).exit_code == 0
    assert load(office).prefer() == {K.CARD_READER: "ACS ACR122U"}
    assert call("prefer", "card_reader", "", "--data", str(office)).exit_code == 0
    assert load(office).prefer() == {}
    nowhere = call("prefer", "card_reader", "x", "--data", str(tmp_path / "kosong"))
    assert nowhere.exit_code == 1
    assert not (tmp_path / "kosong").exists()


def test_history_of_an_office(office: Path) -> None:
    assert call("history", "--data", str(office)).output.strip() == "Belum ada riwayat perangkat."
    kept = HistoryKeeper(office / HISTORY, SystemClock().now)
    identity = DeviceIdentity("HID", "HDP5000", "C1")
    kept.opened(K.CARD_PRINTER, identity, None)
    kept.called(K.CARD_PRINTER, identity, "submit", Jammed("card_printer.jam"), 0.0)
    kept.called(K.CARD_PRINTER, identity, "submit", None, 0.0)
    kept.close()
    (found,) = json.loads(call("history", "--json", "--data", str(office)).output)
    assert (found["calls"], found["failed"], found["failed_share_30d"]) == (2, 1, 0.5)
    text = call("history", "--data", str(office)).output
    assert "Pencetak kartu: HID HDP5000 C1" in text
    assert "2 pemakaian, 1 gagal, 1 diulang; 30 hari: gagal 50,0 %, tersedia -" in text
    assert "Kartu tersangkut" in text
    assert call("history", "--data", str(office / "lain")).exit_code == 1


@pytest.mark.gate
def test_history_and_preference_of_a_running_kiosk(tmp_path: Path) -> None:
    from ktpel_kiosk.app.wiring import open_practice_kiosk

    with open_practice_kiosk(tmp_path, "tempeh") as kiosk:
        assert kiosk.devices.settle(10)
        kiosk.devices.call(K.CAMERA, "uji", lambda d: d.identity(), 5).result(5)
        kiosk.devices.prefer(K.CAMERA, "SIM-camera-1")
        seen = {r.kind: r for r in kiosk.desk.device_history.records()}
        assert seen[K.CAMERA].calls == 1
    found = json.loads(call("history", "--json", "--data", str(tmp_path)).output)
    assert {r["kind"] for r in found} == set(DeviceKind)
    assert next(r for r in found if r["kind"] == "camera")["calls"] == 1
    assert "Simulated Camera SIM-camera-1 (simulasi)" in call("history", "--data", str(tmp_path)).output
    with open_practice_kiosk(tmp_path, "tempeh") as again:  # the preference survived
        assert again.devices.settle(10)
        assert [d.key for d in again.devices.inventory() if d.wanted] == ["simulated-camera"]
        assert again.desk.device_history.records()[0].opens == 2


def test_watch_tells_what_comes_and_goes(office: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulled once it was told; Ctrl+C once that was told too."""
    told: list[dict[str, Any]] = []
    echo = typer.echo

    def heard(text: str, **more: Any) -> None:
        told.append(json.loads(text))
        echo(text, **more)

    def waits(_seconds: float) -> None:
        of_code = [e for e in told if e["kind"] == "barcode"]
        if any(e["event"] == "seen" for e in of_code) and not faults.active("barcode", "unplugged"):
            faults.add("barcode", "unplugged")
        if any(e["event"] == "gone" for e in of_code) and any(e.get("health") == "missing" for e in of_code):
            raise KeyboardInterrupt
        time.sleep(0.05)

    monkeypatch.setattr(cli_devices.typer, "echo", heard)
    monkeypatch.setattr(cli_devices, "time", SimpleNamespace(sleep=waits, monotonic=time.monotonic))
    (office / "devices.toml").write_text("[deadlines]\ndiscovery.interval = 0.1\n")
    result = call("watch", "--seconds", "60", "--json", "--data", str(office))
    assert result.exit_code == 0
    events = [json.loads(line) for line in result.output.splitlines()]
    of_code = [e for e in events if e["kind"] == "barcode"]
    assert [e["event"] for e in of_code if e["event"] != "state"] == ["seen", "gone"]
    healths = [e["health"] for e in of_code if e["event"] == "state"]
    assert healths[0] == "ready" and healths[-1] == "missing"
    assert all(e["at"] for e in events)


def test_doctor_speaks_of_the_same_devices(office: Path) -> None:
    (office / "devices.toml").write_text('[camera]\ndrivers = []\n')
    from ktpel_kiosk.app.doctor import _devices
    told = {c.name: c for c in _devices(office)}
    assert told["perangkat barcode"].state == "baik"
    assert "perangkat camera" not in told
    (office / "devices.toml").write_text("[toaster]")
    (only,) = _devices(office)
    assert only.state == "gagal" and "toaster" in only.text


def test_every_kind_has_a_name_and_a_test() -> None:
    from ktpel_kiosk.app.device_trials import _TRIALS
    assert set(cli_devices.NAMES) == set(_TRIALS) == set(DeviceKind)
