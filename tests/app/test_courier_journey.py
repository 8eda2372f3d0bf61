"""A kiosk without a line, a USB disk, another computer, the real gateway: processes of their own, over mutual TLS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "packet"))
sys.path.insert(0, str(Path(__file__).parents[1] / "register"))
from packet_values import AT
from register_makers import application

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk
from ktpel_kiosk.desk import retention, statuses
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.domain.permohonan import TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.siak.uploader import Uploader

pytestmark = pytest.mark.gate
runner = CliRunner()


def sealed(kiosk: Kiosk, number: int) -> Packet:
    """A really sealed packet, and its application waiting for the centre."""
    now = kiosk.clock.now()
    p = application(number, sop_digest=kiosk.desk.sop.digest, sop_id=kiosk.desk.sop.id)
    here = next(t.index for t in p.tahap if t.stage is Stage.MENUNGGU_PRR)
    wait = {"state": TahapState.JEDA, "started_at": now, "paused_since": now, "pause_reason": "jaringan"}
    done = {"state": TahapState.SELESAI, "started_at": now, "finished_at": now}
    tahap = tuple(replace(t, **done) if t.index < here else replace(t, **wait) if t.index == here else t for t in p.tahap)
    last = kiosk.register.read(lambda v: v.last_packet())
    counter, previous = (last.counter + 1, last.sha256) if last else (1, GENESIS)
    made = kiosk.desk.sealer.seal(PacketContent(
        packet_id=kiosk.desk.ids.new(), station=kiosk.desk.station, office_code="35.08.05", counter=counter, previous_hash=previous,
        process="baru_wni", sop_id="tempeh", sop_digest="a" * 64, register_number=p.nomor_register, created_at=AT, penduduk=p.penduduk,
        samples=(), exceptions=(), documents=(), audit=(), operator="rina"))
    packet = Packet(made.packet_id, p.id, kiosk.desk.station, counter, previous, made.sha256, made.size, made.path, PacketState.SEALED, now)

    def work(tx: Tx) -> None:
        tx.save_permohonan(replace(p, tahap=tahap))
        tx.add_packet(packet)
        tx.log("PacketSealed", p.id, "-")

    kiosk.register.write(work)
    return packet


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kiosk") / "data"
    with open_practice_kiosk(folder, "tempeh") as kiosk:
        for number in (1, 2, 3):
            sealed(kiosk, number)
    return folder


class Gateway:
    """``ktpel-kiosk gateway`` as a process; ``kill`` ends it without a word."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = 0
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ktpel_kiosk.app.cli", "gateway", "--data", str(self.data), "--port", str(self.port), "--while-stdin"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("https://"))
        self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def gateway(office) -> Iterator[Gateway]:
    made = Gateway(office)
    yield made
    made.kill()


@pytest.fixture
def elsewhere(office, tmp_path) -> Path:
    """The courier's computer: an empty home and the three files the office gave along."""
    home = tmp_path / "komputer-kurir"
    home.mkdir()
    for name in ("gateway-ca.crt", "gateway-client.crt", "gateway-client.key"):
        shutil.copy(office / "keys" / name, home / name)
    return home


def send(usb: Path, url: str, home: Path, *more: str) -> tuple[int, list[dict]]:
    done = subprocess.run(
        [sys.executable, "-m", "ktpel_kiosk.app.cli", "courier", "send", str(usb), "--gateway", url, "--ca", str(home / "gateway-ca.crt"),
         "--cert", str(home / "gateway-client.crt"), "--key", str(home / "gateway-client.key"), "--json", *more],
        capture_output=True, text=True, cwd=home, env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home)}, timeout=150)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("[") else [{"error": done.stderr}]


def call(office: Path, *arguments: str) -> tuple[int, object]:
    done = runner.invoke(app, ["courier", *arguments, "--data", str(office), "--json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout.strip() else done.stderr


def rows(office: Path) -> list[Packet]:
    with open_practice_kiosk(office, "tempeh") as kiosk:
        return list(kiosk.register.read(lambda v: v.packets()))


def test_the_whole_journey_and_then_the_line_returns(office, gateway, elsewhere, tmp_path):
    usb = tmp_path / "USB"
    usb.mkdir()
    url = gateway.url
    gateway.kill()
    code, made = call(office, "export", str(usb))
    assert (code, made["packets"], made["left"]) == (0, 3, 0)

    # no line on the courier's computer either: it says why and can be started again
    code, (report,) = send(usb, url, elsewhere, "--patience", "1")
    assert (code, report["received"], report["missing"], report["trouble"]) == (1, 0, 3, "gateway.offline")
    shown = json.loads(runner.invoke(app, ["courier", "show", str(usb), "--json"]).stdout)[0]
    assert (shown["trouble"], shown["receipts"], shown["refused"]) == ("gateway.offline", 0, [])

    gateway.start()
    code, (report,) = send(usb, url, elsewhere)
    assert (code, report["received"], report["trouble"], report["refused"]) == (0, 3, "", [])
    assert report["status_pages"] >= 1
    assert sorted(p.name for p in elsewhere.iterdir()) == ["gateway-ca.crt", "gateway-client.crt", "gateway-client.key"]

    assert all(p.state is PacketState.SEALED and p.courier_id for p in rows(office))
    code, (back,) = call(office, "import", str(usb))
    assert (code, back["ours"], back["receipts"], back["refused"]) == (0, True, 3, [])
    assert back["statuses"] >= 3

    with open_practice_kiosk(office, "tempeh") as kiosk:
        packets = list(kiosk.register.read(lambda v: v.packets()))
        assert all(p.state is PacketState.RECEIVED and kiosk.desk.receipt_holds(p) for p in packets)
        assert all(kiosk.register.read(lambda v, p=p: v.receipt_noted_at(p)) is not None for p in packets)
        assert retention.due(kiosk.desk).packets == ()
        assert len(retention.due(replace(kiosk.desk, clock=Later(400))).packets) == 3
        for p in packets:
            now = kiosk.register.read(lambda v, p=p: v.permohonan(p.permohonan_id)).current()
            assert now is not None
            assert now.stage is not Stage.MENUNGGU_PRR   # PRINT_READY_RECORD came on the disk
        # the line is back: nothing is sent, nothing is counted again
        before = kiosk.register.read(lambda v: v.audit_length())
        line = _line(kiosk, url)
        try:
            result = line.run_once()
            assert (result.tried, result.received) == (0, 0)
            line.pull_statuses()
        finally:
            kiosk.desk.gateway.close()
        links = [x.event for x in kiosk.register.read(lambda v: list(v.audit()))][before:]
        assert set(links) <= {"StatusApplied"}
        assert list(kiosk.register.read(lambda v: v.packets())) == packets
    code, (again,) = call(office, "import", str(usb))
    assert (again["receipts"], again["receipts_had"], again["statuses"]) == (0, 3, 0)


class Later(SystemClock):
    """So many days from now, which really passed: the computer ran on all the while."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self._days = days

    def now(self) -> datetime:
        return super().now() + timedelta(days=self._days)

    def running(self) -> tuple[str, float]:
        start, seconds = super().running()
        return start, seconds + self._days * 86400


def _line(kiosk: Kiosk, url: str) -> Uploader:
    import random

    from ktpel_kiosk.siak.http_gateway import HttpGateway, tls_context
    keys = kiosk.keys
    gateway = HttpGateway(url, kiosk.desk.station, receipt_keys=kiosk.key_keeper.ring,
                          tls=tls_context(keys.ca_cert, keys.client_cert, keys.client_key))
    object.__setattr__(kiosk.desk, "gateway", gateway)
    return Uploader(kiosk.register, gateway, kiosk.desk.sealer, kiosk.clock, random.Random(1),
                    on_received=lambda packet_id: statuses.note_receipt(kiosk.desk, packet_id),
                    on_status=lambda event: statuses.apply_status(kiosk.desk, event))


def test_a_stranger_as_gateway_gets_nothing(office, gateway, elsewhere, tmp_path):
    with open_practice_kiosk(office, "tempeh") as kiosk:
        sealed(kiosk, 9)
    usb = tmp_path / "USB"
    usb.mkdir()
    assert call(office, "export", str(usb))[0] == 0
    other = tmp_path / "lain.crt"
    shutil.copy(office / "keys" / "station.crt", other)   # not the authority of this gateway
    shutil.copy(other, elsewhere / "gateway-ca.crt")
    code, (report,) = send(usb, gateway.url, elsewhere)
    assert code == 1
    assert report["trouble"].startswith("gateway.tls")
    assert report["received"] == 0


def test_words_of_the_commands(office, tmp_path):
    empty = runner.invoke(app, ["courier", "show", str(tmp_path)])
    assert empty.exit_code == 1
    assert "courier.none" in empty.stderr
    plain = runner.invoke(app, ["courier", "send", str(tmp_path), "--gateway", "https://x"])
    assert plain.exit_code == 1
