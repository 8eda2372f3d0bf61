"""tus servers of other makers as processes of their own: started, killed and started again on the same files and port."""

from __future__ import annotations

import base64
import http.client
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from fixed_port import fixed_port

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "tus_peers"
NODE_MODULES = ROOT / ".venv-node"
NET_PYTHON = ROOT / ".venv-net" / "bin" / "python"
START_S = 60.0


def node() -> str:
    """The Node executable; skips where it or its packages are absent."""
    found = shutil.which("node")
    if found is None or not (NODE_MODULES / "node_modules" / "@tus" / "server").is_dir():
        pytest.skip("Node or its tus packages are not here (make setup installs them where npm is)")
    return found


def net_python() -> str:
    """The Python with other makers' network tools; skips where it could not be made."""
    if not NET_PYTHON.exists():
        pytest.skip(".venv-net is not here (make setup makes it where its wheels exist)")
    return str(NET_PYTHON)


class TusServer:
    """One server process; ``files`` is where finished uploads lie by their id."""

    def __init__(self, command: list[str], port: int, files: Path) -> None:
        self._command, self.port, self.files = command, port, files
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"{self._command[0]} ended with {self._process.returncode}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the tus server does not listen")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def create(self, packet_id: str, size: int) -> str:
        """An upload by the creation extension; its absolute URL."""
        known = {"packet_id": packet_id, "filename": f"{packet_id}.ktpelpkt", "filetype": "application/octet-stream"}
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in known.items())
        head = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Content-Length": "0", "Upload-Metadata": metadata}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request("POST", "/files", headers=head)
        answer = line.getresponse()
        answer.read()
        if answer.status in (307, 308):
            line.request("POST", answer.getheader("Location", ""), headers=head)
            answer = line.getresponse()
            answer.read()
        line.close()
        assert answer.status == 201, answer.status
        location = answer.getheader("Location", "")
        return location if location.startswith("http") else self.origin + location

    def content(self, url: str) -> bytes:
        """Bytes the server holds of an upload."""
        return (self.files / url.rsplit("/", 1)[1]).read_bytes()


def node_server(folder: Path) -> TusServer:
    """``@tus/server`` with its file store."""
    port = fixed_port()
    return TusServer([node(), str(PEERS / "server.mjs"), str(NODE_MODULES), str(port), str(folder)], port, folder)


def python_server(folder: Path) -> TusServer:
    """``tuspyserver``."""
    port = fixed_port()
    return TusServer([net_python(), str(PEERS / "server.py"), str(port), str(folder)], port, folder)
