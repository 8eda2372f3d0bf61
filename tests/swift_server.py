"""OpenStack Swift with its S3 face: a real object store (rings, durable files, signatures), four processes on loopback.

Installed from PyPI into a virtual environment of its own (``requirements/s3.txt``; tools/setup.sh makes ``.venv-s3``). One replica on
one folder here; an operator of a region runs three. ``require()`` skips where it is not installed or the disk keeps no attributes.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VENV = Path(os.environ.get("KTPEL_S3_VENV", str(ROOT / ".venv-s3")))
ACCESS, SECRET = "kios:gateway", "rahasia-uji"
PARTS = ("account", "container", "object")

PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
log_name = proxy
log_address = {folder}/none
[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{nothing}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:slo]
use = egg:swift#slo
[filter:tempauth]
use = egg:swift#tempauth
user_kios_gateway = {secret} .admin
"""
STORAGE = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_name = {part}
log_address = {folder}/none
disable_fallocate = true
[pipeline:main]
pipeline = {part}-server
[app:{part}-server]
use = egg:swift#{part}
"""
RINGS = """
import sys
from swift.common.ring import RingBuilder
for name, port in (a.rsplit(":", 1) for a in sys.argv[1:]):
    ring = RingBuilder(4, 1, 0)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1.0, "meta": "",
                  "replication_ip": "127.0.0.1", "replication_port": int(port)})
    ring.rebalance()
    ring.get_ring().save(name)
"""
"""One process for all three rings: the ring builder's command starts a Python each."""


def missing(folder: Path = Path("/tmp")) -> str:
    """Why it cannot run here; empty when it can."""
    if not (VENV / "bin" / "swift-proxy-server").exists():
        return f"{VENV} is not there: OpenStack Swift is installed by tools/setup.sh"
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        try:
            os.setxattr(probe.name, b"user.swift", b"x")
        except (OSError, AttributeError):
            return f"{folder} keeps no extended attributes, which Swift needs"
    return ""


def require() -> None:
    reason = missing()
    if reason:
        pytest.skip(reason)


def _free() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@dataclass
class SwiftServer:
    """A running object store. ``crash`` kills all of it, ``start`` goes on over the same folder."""

    folder: Path
    ports: dict[str, int]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['proxy']}"

    def settings(self, bucket: str) -> dict[str, str]:
        """As ``S3Settings`` takes them."""
        return {"endpoint": self.endpoint, "bucket": bucket, "access_key": ACCESS, "secret_key": SECRET, "region": "us-east-1"}

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        for name in (*PARTS, "proxy"):
            self.processes.append(subprocess.Popen(
                [VENV / "bin" / f"swift-{name}-server", self.folder / f"{name}.conf"], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, "SWIFT_TEST_CONFIG_FILE": ""}))
        log.close()
        until = time.monotonic() + 90
        for name, port in self.ports.items():
            while not _answers(port):
                assert all(p.poll() is None for p in self.processes), (self.folder / "log").read_text()[-3000:]
                assert time.monotonic() < until, f"Swift's {name} did not start"
                time.sleep(0.05)

    def crash(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        for process in self.processes:
            process.send_signal(how)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.processes.clear()

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def start() -> SwiftServer:
    """A running store; the caller stops it."""
    folder = Path(tempfile.mkdtemp(prefix="ktpel-s3-", dir="/tmp"))
    held = {name: _free() for name in (*PARTS, "proxy", "nothing")}
    ports = {name: s.getsockname()[1] for name, s in held.items()}
    for s in held.values():
        s.close()
    nothing = ports.pop("nothing")
    (folder / "devices" / "d1").mkdir(parents=True)
    user = f"[swift-hash]\nswift_hash_path_suffix = {os.urandom(8).hex()}\n[storage-policy:0]\nname = one\ndefault = yes\n"
    (folder / "swift.conf").write_text(user)
    (folder / "proxy.conf").write_text(PROXY.format(port=ports["proxy"], folder=folder, nothing=nothing, secret=SECRET))
    for part in PARTS:
        (folder / f"{part}.conf").write_text(STORAGE.format(part=part, port=ports[part], folder=folder))
    rings = [f"{folder / part}.ring.gz:{ports[part]}" for part in PARTS]
    subprocess.run([VENV / "bin" / "python", "-c", RINGS, *rings], check=True, cwd=folder)
    made = SwiftServer(folder, ports)
    made.start()
    return made
