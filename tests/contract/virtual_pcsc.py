"""A private pcscd with a virtual reader, and a card on its socket (ifd-vpcd protocol): real PC/SC, no hardware.

pcscd takes a socket handed over as by systemd, and the client library follows PCSCLITE_CSOCK_NAME, so nothing of the
machine's own service is touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path

from fixed_port import fixed_port
from stub_people import PlainCard

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], ["pcscd", "-f", "-c", sys.argv[3]])
"""


def missing() -> str:
    """Why it cannot run here, or empty."""
    if not sys.platform.startswith("linux"):
        return "pcscd stand-in runs on Linux only"
    if _pcscd() is None:
        return "package pcscd is not installed"
    return "" if DRIVER.exists() else "package vsmartcard-vpcd is not installed"


def _pcscd() -> str | None:
    return shutil.which("pcscd", path=os.environ.get("PATH", "") + ":/usr/sbin")


class PrivatePcscd:
    """The service on a socket and a configuration of its own; may be stopped and started again."""

    reader = "Kiosk Virtual 00 00"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.socket = folder / "pcscd.comm"
        self.port = 0
        (folder / "conf").mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    def _configure(self) -> None:
        """A port nobody has now; one that was ours may have gone to somebody else meanwhile."""
        self.port = fixed_port()
        (self._folder / "conf" / "vpcd").write_text(f'FRIENDLYNAME "Kiosk Virtual"\nDEVICENAME /dev/null:0x{self.port:X}\n'
                                   f"LIBPATH {DRIVER}\nCHANNELID 0x{self.port:X}\n")

    def start(self) -> None:
        self._configure()
        self.socket.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener, (self._folder / "log").open("ab") as log:
            listener.bind(str(self.socket))
            listener.listen(16)
            self._process = subprocess.Popen(
                [sys.executable, "-c", _HAND_OVER, str(listener.fileno()), str(_pcscd()), str(self._folder / "conf")],
                pass_fds=(listener.fileno(),), stdout=log, stderr=subprocess.STDOUT)
        self._wait_for_port()

    def _wait_for_port(self) -> None:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if self._process is not None and self._process.poll() is not None:
                raise OSError("pcscd ended: " + (self._folder / "log").read_text()[-300:])
            with contextlib.suppress(OSError), open("/proc/net/tcp") as table:
                if any(f":{self.port:04X} " in line and " 0A " in line for line in table):
                    return
            time.sleep(0.02)
        raise OSError("the virtual reader does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(5)
            self._process = None
        self.socket.unlink(missing_ok=True)


@cache
def of_this_process() -> PrivatePcscd:
    """One service for all test files of a process, on the socket that tests/conftest.py named."""
    return PrivatePcscd(Path(os.environ["PCSCLITE_CSOCK_NAME"]).parent)


class CardOnSocket:
    """Holds a card into the virtual reader until it is pulled away."""

    def __init__(self, port: int, card: PlainCard) -> None:
        self._card = card
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tear = False
        self._thread = threading.Thread(target=self._serve, daemon=True, name="virtual-card")
        self._thread.start()

    def tear_at_next_apdu(self) -> None:
        self._tear = True

    def pull(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                message = self._exactly(int.from_bytes(self._exactly(2), "big"))
                if len(message) > 1:
                    if self._tear:
                        self._socket.shutdown(socket.SHUT_RDWR)
                        return
                    self._answer(self._card.transmit(message))
                elif message == b"\x04":
                    self._answer(self._card.atr)

    def _answer(self, data: bytes) -> None:
        self._socket.sendall(len(data).to_bytes(2, "big") + data)

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            # the reader writes length and payload apart: without this each APDU waits 40 ms for a delayed ACK
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._socket.recv(count - len(got))
            if not part:
                raise EOFError
            got += part
        return got
