"""The ways of a version: from the command line's launcher, over the gateway's line, off a disk that is pulled in; by a system's service."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import update_kit as kit
from update_kit import GROWS, SAME

from ktpel_kiosk.app import update_launch as launch
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_store, update_trust, watchdog
from ktpel_kiosk.app.update_care import PARTS, FolderUpdates
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.ports.updates import Source, When
from ktpel_kiosk.siak.http_gateway import HttpGateway


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    return kit.make_mirror(tmp_path_factory.mktemp("pembuat"))


@pytest.fixture
def data(maker: tuple[Path, bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "kantor"
    folder.mkdir()
    update_trust.pin(update_store.trust_of(layout.store_of(folder)), maker[1])
    return folder


def _entry(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in (launch.LAUNCHED, *watchdog.SCREENS)}
    return subprocess.run([sys.executable, "-m", "ktpel_kiosk.app.entry", *arguments, "--data", str(data)], env=environment,
                          capture_output=True, text=True, timeout=120, check=False)


def test_every_command_goes_on_in_the_version_that_was_chosen(maker: tuple[Path, bytes], data: Path) -> None:
    update_store.bring_in(data, maker[0], SAME, None)
    layout.choose(data, layout.Choice(SAME))

    assert _entry(data, "nik", "check", "1").stdout.split()[:3] == ["mulai", SAME, "nik"]

    layout.choose(data, layout.Choice("9.9.9"))  # not there: the installed one answers
    done = _entry(data, "nik", "check", "1")
    assert "mulai" not in done.stdout
    assert done.returncode == 1


def test_from_any_version_the_way_leads_back_to_the_launcher(maker: tuple[Path, bytes], data: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    update_store.bring_in(data, maker[0], SAME, None)
    monkeypatch.setenv("PYTHONPATH", "/semula")
    monkeypatch.delenv("KTPEL_ROOT", raising=False)
    monkeypatch.delenv(launch.LAUNCHED, raising=False)
    python, environment = launch.command_of(data, SAME) or ("", {})
    seen: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *args: seen.append(args))
    monkeypatch.setattr(os, "environ", environment)

    launch.relaunch(["run"])

    assert seen[0][0] == python == sys.executable
    assert seen[0][1][-1] == "run"
    assert seen[0][2]["PYTHONPATH"] == "/semula"
    assert not {launch.LAUNCHED, "KTPEL_ROOT"} & set(seen[0][2])


def test_windows_of_a_version_on_probation_that_were_never_shown_lead_back_to_the_launcher(
        data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(launch, "relaunch", seen.append)
    arguments = ["run", "--data", str(data)]

    launch.anew(arguments)
    layout.choose(data, layout.Choice(SAME, probation=True))
    launch.anew(arguments)
    layout.healthy(data)
    launch.anew(arguments)

    assert seen == [arguments]


def test_the_watchdog_hands_over_where_the_windows_ended_for_an_update() -> None:
    lives = iter([watchdog.Death("selesai", watchdog.UPDATE, 5.0, True)])

    class Dog(watchdog.Watchdog):
        def _life(self, after: str, safe: bool) -> watchdog.Death | None:
            return next(lives)

    import signal
    held = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        assert Dog(watchdog.Limits()).run() == watchdog.UPDATE
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)


# -- the gateway's line -----------------------------------------------------------------------------------------------------------


class Web:
    """Any static web server; ``cut``: the next answer of a payload ends after so many bytes; ``plain``: it knows no ranges."""

    def __init__(self, folder: Path) -> None:
        self.cut, self.plain, self.asked = 0, False, []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, start = folder / self.path.removeprefix("/v1/updates/"), 0
                web.asked.append((self.path, self.headers.get("Range", "")))
                if not path.is_file():
                    self.send_error(404)
                    return
                body = path.read_bytes()
                if "Range" in self.headers and not web.plain:
                    start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                cut, web.cut = (web.cut, 0) if "tar.gz" in self.path else (0, web.cut)
                self.wfile.write(body[start:start + cut] if cut else body[start:])

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def gateway(self) -> HttpGateway:
        return HttpGateway(f"http://127.0.0.1:{self.server.server_port}", "uji-1", receipt_keys={})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def web(maker: tuple[Path, bytes]) -> Iterator[Web]:
    made = Web(maker[0])
    yield made
    made.close()


@pytest.mark.parametrize("plain", [False, True])
def test_a_version_comes_over_the_line_and_goes_on_where_it_broke_off(data: Path, web: Web, plain: bool) -> None:
    gateway = web.gateway
    care = FolderUpdates(data, lambda: gateway, disks=list)
    try:
        found = care.look(None)
        assert found is not None
        assert (found.source, found.version) == (Source.GATEWAY, "9.4.0")
        web.cut, web.plain = 200, plain
        with pytest.raises(KioskError) as broken:
            care.bring_in(found, None)
        assert broken.value.message_key.startswith("gateway.")
        kept = sum(p.stat().st_size for p in (data / layout.FOLDER / PARTS).iterdir())
        assert 0 < kept <= 200
        care.bring_in(found, None)
    finally:
        gateway.close()

    assert layout.manifest_of(layout.store_of(data), "9.4.0") is not None
    assert (web.asked[-1][1] or next(r for _p, r in reversed(web.asked) if r)) == f"bytes={kept}-"
    assert not (data / layout.FOLDER / PARTS).exists()


def test_a_part_of_another_file_does_not_stay(data: Path, web: Web) -> None:
    gateway = web.gateway
    care = FolderUpdates(data, lambda: gateway, disks=list)
    try:
        found = care.look(None)
        assert found is not None
        web.cut = 200
        with pytest.raises(KioskError):
            care.bring_in(found, None)
        part = next((data / layout.FOLDER / PARTS).iterdir())
        part.write_bytes(b"x" * part.stat().st_size)
        with pytest.raises(BadInput) as refused:
            care.bring_in(found, None)
        assert refused.value.message_key == "update.mismatch"
        care.bring_in(found, None)
    finally:
        gateway.close()
    assert layout.manifest_of(layout.store_of(data), "9.4.0") is not None


def test_the_reference_gateway_serves_the_mirror_and_nothing_beside_it(maker: tuple[Path, bytes]) -> None:
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.siak.simulator.face import Face
    from ktpel_kiosk.siak.simulator.update_files import update_files

    payload = next(p for p in (maker[0] / "targets").iterdir() if p.name.endswith(".tar.gz"))
    places = [f"targets/{payload.name}", "metadata/timestamp.json", "metadata/99.root.json", "staged/targets.json", "metadata/..",
              "metadata/%2e%2e"]

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=Face(update_files(maker[0]), SystemClock()))
        async with httpx.AsyncClient(transport=transport, base_url="http://gerbang") as client:
            found = [await client.get(f"/v1/updates/{place}") for place in places]
            return [*found, await client.get(f"/v1/updates/{places[0]}", headers={"Range": "bytes=100-"})]

    answers = asyncio.run(ask())

    assert [a.status_code for a in answers] == [200, 200, 404, 404, 404, 404, 206]
    assert answers[0].content == payload.read_bytes()
    assert answers[-1].content == payload.read_bytes()[100:]


# -- disks ------------------------------------------------------------------------------------------------------------------------


def test_a_disk_goes_before_the_gateway_and_one_that_is_refused_is_told(maker: tuple[Path, bytes], data: Path, tmp_path: Path) -> None:
    empty, good, bad = tmp_path / "kosong", tmp_path / "usb", tmp_path / "usb2"
    empty.mkdir()
    shutil.copytree(maker[0], good / "ktpel-pembaruan")
    shutil.copytree(maker[0], bad / "ktpel-pembaruan")
    (bad / "ktpel-pembaruan/metadata/timestamp.json").write_bytes(b"{}")
    disks = [empty, bad]
    care = FolderUpdates(data, disks=lambda: disks)

    with pytest.raises(BadInput) as refused:
        care.look(None)
    disks.append(good)
    found = care.look(None)

    assert refused.value.message_key == "update.damaged"
    assert found is not None
    assert (found.source, found.version, found.place) == (Source.USB, "9.4.0", good / "ktpel-pembaruan")
    care.bring_in(found, None)
    care.want(found.version, When.NIGHT, "camat")
    assert (care.state().wanted, care.state().when, care.forget(), care.state().wanted) == ("9.4.0", When.NIGHT, "9.4.0", "")
    assert care.state().trusted
    disks.clear()
    assert care.look(None) is None


def test_a_desk_that_may_not_write_the_store_asks_the_service(maker: tuple[Path, bytes], data: Path, tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "toko"
    (store / update_store.ASK).mkdir(parents=True)
    update_trust.pin(update_store.trust_of(store), maker[1])
    monkeypatch.setenv(layout.STORE, str(store))
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != store)
    care = FolderUpdates(data, disks=lambda: [maker[0]])
    found = care.look(None)
    assert found is not None
    assert not (store / "trust/metadata").exists(), "the desk keeps what it trusts in its own folder"

    served: list[object] = []
    real = update_store.ask
    monkeypatch.setattr(update_store, "ask", lambda *a: real(*a, wait=lambda _s: served.append(update_store.serve(store))))
    care.bring_in(found, None)
    assert served == [update_store.Answer("9.4.0")]
    assert not (store / update_store.ASK / "cermin").exists()
    shutil.rmtree(store / layout.VERSIONS)
    shutil.rmtree(store / "trust/metadata")  # a service that knows less than the desk
    old = os.umask(0o077)
    try:
        seen: list[int] = []
        monkeypatch.setattr(update_store, "ask", lambda place, mirror, *a: seen.extend(
            [p.stat().st_mode & 0o777 for p in mirror.rglob("*")]) or real(place, mirror, *a, wait=lambda _s: update_store.serve(store)))
        care.bring_in(found, None)
    finally:
        os.umask(old)
    assert set(seen) == {0o755, 0o644}, "whoever the service is can read it"
    assert layout.manifest_of(store, "9.4.0") is not None
    (maker[0] / "metadata/timestamp.json").rename(tmp_path / "t")
    try:
        with pytest.raises(BadInput) as refused:
            update_store.bring_in(data, maker[0], GROWS, None)
    finally:
        (tmp_path / "t").rename(maker[0] / "metadata/timestamp.json")
    assert refused.value.message_key == "update.incomplete"


def test_what_is_kept_of_an_update_goes_after_its_time(maker: tuple[Path, bytes], data: Path) -> None:
    for version in (SAME, GROWS):
        update_store.bring_in(data, maker[0], version, None)
    kept = data / f"register.sebelum-{SAME}-1"
    kept.mkdir()
    layout.choose(data, layout.Choice(SAME, kept=kept.name))
    now = datetime.now(UTC)

    assert update_store.forget_before(data, now + timedelta(days=29)) == [GROWS]
    assert update_store.forget_before(data, now + timedelta(days=31)) == [kept.name]
    assert not kept.exists()
    assert layout.choice_of(data) == layout.Choice(SAME)
    assert layout.manifest_of(layout.store_of(data), SAME) is not None
