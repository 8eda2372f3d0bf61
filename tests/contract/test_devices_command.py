"""``ktpel-kiosk devices`` as a technician runs it, against services nobody here wrote: pcscd, SANE, CUPS, and a camera and a receipt
printer on the network, all named in one ``devices.toml``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cups_service
import pytest
import sane_test
import virtual_pcsc
from escpos_standin import ReceiptPrinter
from mjpeg import MjpegServer
from PIL import Image
from stub_people import PlainCard

from ktpel_kiosk.app.office import OfficeSettings, write_settings

pytestmark = pytest.mark.gate


class Bench:
    """An office folder whose devices are the stand-ins, and the command in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_settings(folder, OfficeSettings("tempeh", "meja-1"))
        self.environment = {**os.environ}

    def describe(self, text: str) -> None:
        (self.folder / "devices.toml").write_text(text)

    def run(self, *arguments: str) -> tuple[int, dict]:  # type: ignore[type-arg]
        line = [sys.executable, "-m", "ktpel_kiosk.app.cli", "devices", *arguments, "--json", "--data", str(self.folder)]
        done = subprocess.run(line, capture_output=True, text=True, env=self.environment, timeout=120)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folder = tmp_path / "kantor"
    folder.mkdir()
    return Bench(folder)


OFF = "".join(f"[{kind}]\ndrivers = []\n" for kind in ("fingerprint", "iris", "signature", "barcode"))


def test_camera_and_receipt_printer_on_the_network(bench: Bench, tmp_path: Path) -> None:
    camera, printer = MjpegServer(), ReceiptPrinter()
    try:
        bench.describe(f'[camera]\ndrivers = ["opencv"]\n[camera.opencv]\nsources = ["{camera.address}"]\n'
                       f'[receipt_printer]\ndrivers = ["escpos"]\n[receipt_printer.escpos]\naddress = "{printer.address}"\n')
        code, told = bench.run("test", "camera", "--out", str(tmp_path / "uji"))
        assert (code, told["result"]) == (0, "baik")
        with Image.open(tmp_path / "uji" / "uji-kamera.png") as picture:
            assert picture.size == (320, 240)
        code, told = bench.run("test", "receipt_printer")
        assert (code, told["keadaan"]) == (0, "done")
        assert printer.wrong == [] and printer.bands > 3
        printer.cover = True
        code, told = bench.run("test", "receipt_printer")
        assert (code, told["kunci"]) == (1, "receipt_printer.cover")
    finally:
        camera.stop()
        printer.close()


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[virtual_pcsc.PrivatePcscd]:
    if reason := virtual_pcsc.missing():
        pytest.skip(reason)
    folder = tmp_path / "pcsc"
    folder.mkdir()
    service = virtual_pcsc.PrivatePcscd(folder)
    service.start()
    yield service
    service.stop()


def test_card_reader(bench: Bench, pcscd: virtual_pcsc.PrivatePcscd) -> None:
    bench.environment["PCSCLITE_CSOCK_NAME"] = str(pcscd.socket)
    bench.describe(OFF + '[card_reader]\ndrivers = ["pcsc"]\nprefer = "Kiosk Virtual 00 00"\n')
    card = virtual_pcsc.CardOnSocket(pcscd.port, PlainCard())
    try:
        code, told = bench.run("test", "card_reader")
        assert (code, told["result"]) == (0, "baik")
        assert told["atr"] == PlainCard.atr.hex().upper()
        assert told["jawaban"] == "9000"
        code, listed = bench.run("list")
        assert code == 0
        assert [(d["label"], d["open"], d["wanted"]) for d in listed["devices"] if d["kind"] == "card_reader"] == [
            ("Kiosk Virtual 00 00", True, True), ("Kiosk Virtual 00 01", False, False)]
    finally:
        card.pull()


@pytest.mark.skipif(bool(sane_test.missing()), reason=sane_test.missing() or "-")
def test_scanner(bench: Bench, tmp_path: Path) -> None:
    backend = sane_test.TestBackend(tmp_path / "sane")
    bench.describe(f'[scanner]\ndrivers = ["sane"]\n[scanner.sane]\nconfig_dir = "{backend.folder}"\nsource = "flatbed"\ndpi = 75\n')
    code, told = bench.run("test", "scanner", "--out", str(tmp_path / "uji"))
    assert (code, told["result"]) == (0, "baik"), told
    assert [p.name for p in (tmp_path / "uji").iterdir()] == ["uji-pindai-01.png"]
    backend.set("JAMMED")
    code, told = bench.run("test", "scanner", "--out", str(tmp_path / "uji2"))
    assert (code, told["kunci"]) == (1, "scanner.jam")


@pytest.mark.skipif(bool(cups_service.missing()), reason=cups_service.missing() or "-")
def test_printers(bench: Bench) -> None:
    cups = cups_service.PrivateCups()
    try:
        cups.start()
        cups.printer("card", cups_service.card_attributes(formats="application/pdf"))
        cups.printer("office")
        cups.queue("card")
        cups.queue("office")
        bench.describe(f'[card_printer]\ndrivers = ["cups"]\n[card_printer.cups]\nserver = "{cups.server}"\nqueue = "card"\n'
                       f'[document_printer]\ndrivers = ["cups"]\n[document_printer.cups]\nserver = "{cups.server}"\nqueue = "office"\n')
        code, told = bench.run("test", "card_printer")
        assert (code, told["ukuran_mm"]) == (0, "85.60 x 53.98"), told
        code, told = bench.run("test", "document_printer")
        assert (code, told["keadaan"]) == (0, "done"), told
        assert len(cups.wait_jobs("office", 1)) == 1
        code, told = bench.run("test", "card_printer", "--print")
        assert (code, told["kunci"]) == (1, "devices.counted_blank")
        (bench.folder / "office.json").unlink()  # a technician's bench: no office, the same devices
        code, told = bench.run("test", "card_printer", "--print")
        assert (code, told.get("keadaan")) == (0, "done"), told
        assert len(cups.wait_jobs("card", 1)) == 1
    finally:
        cups.stop()
