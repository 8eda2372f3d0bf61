"""The trainer's door: a page that shows everything and executes nothing, commands that need the token, nothing in production."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.simulator.admin import ADMIN_FILE, read_address
from ktpel_kiosk.siak.simulator.overview import overview
from ktpel_kiosk.siak.simulator.page import render
from ktpel_kiosk.siak.simulator.script import Behaviour, Step
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='x", "{{7*7}}", "</table></section>", "&lt;b&gt;",
           "\u202eevil", "x" * 64]
HTTP = httpx.Client(trust_env=False, verify=False)
NIK = "3508051002900003"
VOID = {"meta", "rect", "line"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "span", "h1", "h2", "time", "small", "main", "section", "article",
           "p", "div", "i", "b", "svg", "rect", "line", "code", "table", "thead", "tbody", "tr", "th", "td"}


class Strict(HTMLParser):
    """Well-formed, only known elements, no scripts, no links out."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.rows = 0

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in ("src", "href"), name
            assert value is None or "javascript" not in value
        self.rows += tag == "tr"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def read(page: str) -> Strict:
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture
def running(tmp_path, receipt_signer):
    pem = receipt_signer.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    simulator = GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=0.0),
                                 admin_port=0)
    with simulator:
        yield simulator


def fill(simulator: GatewaySimulator, names=HOSTILE) -> None:
    """One complete and one open packet per name, straight into the store: the contract itself would refuse such names."""
    store, sha256 = simulator._opened(), hashlib.sha256(b"hello").hexdigest()
    for n, name in enumerate(names):
        for counter, nik in ((1, NIK), (4, "")):
            packet_id = f"{name}-{counter}"
            holding, _ = store.announce(packet_id, name, counter, "0" * 64, 5, sha256,
                                        replaces=name, at="2026-11-26T01:00:00Z")
            if counter == 1:
                store.add_chunk(holding.upload_id, 0, b"hello")
                store.finish(packet_id, lambda h, s: "jws", "2026-11-26T01:00:00Z")
                store.plan(packet_id, nik, [Step(0.0, StatusSiak.DUPLICATE_RECORD)], 0.0, failure=name)
        store.add_card(f"e{n}", "spoiled", {"nik": NIK, "packet_id": name}, name, "2026-11-26T01:00:00Z")
    store.release_due(10.0, "2026-11-26T01:00:00Z")
    simulator.behaviour.faults.add("chunk", "status", 503, 3)


def test_the_page_shows_everything_and_executes_nothing(running):
    fill(running)
    answer = HTTP.get(running.admin_url)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = read(answer.text)
    text = " ".join(page.text)
    for name in HOSTILE:
        assert name in text
    assert "celah 2\u2060–\u20603" in text
    assert "jawab 503" in text
    assert "DUPLICATE_RECORD" in text
    assert "350805••••••••03" in text
    assert NIK not in answer.text
    assert not re.search(r"https?://", answer.text)
    assert page.rows == 3 + 1 + 2 * len(HOSTILE) + len(HOSTILE) + 1 + len(HOSTILE)


def test_an_empty_gateway_has_a_page_too(running):
    page = read(HTTP.get(running.admin_url).text)
    assert "Belum ada paket yang diumumkan." in page.text
    assert page.rows == 0


def test_lists_are_bounded(running):
    fill(running, [f"desk-{n}" for n in range(55)])
    seen = overview(running._running[1].core)
    assert (len(seen.packets), len(seen.stations), seen.totals.packets) == (100, 55, 110)
    assert len(render(seen)) < 120_000


def test_the_state_masks_every_nik(running):
    fill(running)
    HTTP.post(f"{running.admin_url}/api/scenarios", json={"scenario": "stuck", "packet": NIK}, headers=token(running))
    answer = HTTP.get(f"{running.admin_url}/api/state")
    assert answer.json()["totals"]["complete"] == len(HOSTILE)
    assert NIK not in answer.text


def token(simulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {read_address(simulator._folder)['token']}"}


@pytest.mark.parametrize("path", ["faults", "statuses", "scenarios", "quota"])
def test_changes_need_the_token_and_this_machines_name(running, path):
    url = f"{running.admin_url}/api/{path}"
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer é".encode()}):
        assert HTTP.post(url, json={}, headers=headers).status_code == 401
    assert HTTP.post(url, json={}, headers={**token(running), "Host": "evil.example:80"}).status_code == 403
    assert HTTP.post(url, json={}, headers=token(running)).status_code == 422


def test_the_page_is_not_for_other_names(running):
    assert HTTP.get(running.admin_url, headers={"Host": "evil.example"}).status_code == 403


def test_the_address_goes_with_the_server(running):
    assert (running._folder / ADMIN_FILE).stat().st_mode & 0o077 == 0
    running.stop()
    assert read_address(running._folder) == {}


def test_commands_reach_the_running_server(running):
    fill(running, ["desk-1"])
    running.behaviour.faults.clear()
    data = ["--data", str(running._folder.parent)]

    def call(*arguments):
        found = CliRunner().invoke(app, ["gateway", *arguments, *data])
        return found.exit_code, found.output

    assert call("fault", "receipt", "late", "--value", "2.5", "--times", "3")[0] == 0
    assert [(o, f.kind.value, f.value, n) for o, f, n in running.behaviour.faults.waiting()] == [("receipt", "late", 2.5, 3)]
    assert call("tell", NIK, "PRINT_READY_RECORD", "--reason", "Sudah dihapus")[0] == 0
    assert [e.status.value for e in running._opened().events("desk-1", 0, 9)] == ["DUPLICATE_RECORD", "PRINT_READY_RECORD"]
    assert "dijalankan sekarang" in call("scenario", "search-failure", "--for", "desk-1-1")[1]
    assert call("quota", "1000")[0] == 0
    assert running.behaviour.quota_bytes == 1000
    assert "desk-1-1" in call("list")[1]
    assert json.loads(call("list", "--json")[1])["totals"]["packets"] == 2
    for wrong in (("fault", "receipt", "melt"), ("fault", "x", "late"), ("tell", "nobody", "CARD_ISSUED"), ("tell", NIK, "GONE"),
                  ("scenario", "x"), ("fault", "chunk", "status", "--value", "99")):
        code, output = call(*wrong)
        assert (code, output.count("\n")) == (1, 1), wrong
    assert call("clear")[0] == 0
    running.stop()
    assert "Tidak ada gateway simulasi yang berjalan" in call("list")[1]


def test_options_become_behaviour(tmp_path):
    from ktpel_kiosk.app.gateway import ServeOptions, behaviour_of

    file = tmp_path / "s.toml"
    file.write_text('default = "stuck"\nspeed = 60\n')
    made = behaviour_of(ServeOptions(file=file, shares=("duplicate=0.5",), realistic=True))
    assert (made.choices.default, made.speed, made.choices.shares) == ("stuck", 60.0, {"duplicate": 0.5})
    for bad in (ServeOptions(shares=("duplicate",)), ServeOptions(shares=("x=0.1",)), ServeOptions(scenario="x"),
                ServeOptions(shares=("duplicate=0.9", "stuck=0.9")), ServeOptions(file=tmp_path / "none")):
        with pytest.raises(BadInput):
            behaviour_of(bad)


@pytest.mark.gate
@pytest.mark.parametrize("size", ["1366,768", "1920,1080", "480,900"])
def test_a_browser_draws_the_page(running, tmp_path, size):
    """Headless Chromium; the picture is not empty and nothing sticks out at the side."""
    import cv2

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    fill(running)
    picture = tmp_path / "page.png"
    subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                    f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}",
                    f"--screenshot={picture}", running.admin_url], check=True, capture_output=True, timeout=120)
    image = cv2.imread(str(picture))
    width, height = (int(n) for n in size.split(","))
    assert image.shape[:2] == (height, width)
    white = (image.min(axis=2) >= 254).mean()
    dark = (image.max(axis=2) < 90).mean()
    assert 0.2 < white < 0.95
    assert 0.005 < dark < 0.2
    margin = abs(image[200:, -6:].astype(int) - (0xF8, 0xF6, 0xF4)).max(axis=(1, 2)) < 6
    assert margin.mean() > 0.98, "something sticks out at the right edge"
