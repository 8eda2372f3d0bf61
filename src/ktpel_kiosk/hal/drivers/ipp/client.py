"""One request to a print server at a time, over its local socket or TCP, each with one deadline for all of it.

Every request has a connection of its own and none is ever repeated: whoever asks must know what reached the server.
"""

from __future__ import annotations

import contextlib
import getpass
import http.client
import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.drivers.ipp.message import Attributes, Op, Reply, Spec, Tag, decode, encode

DEFAULT_SOCKETS = ("/run/cups/cups.sock", "/var/run/cups/cups.sock")
CLIENT_CONF = ("~/.cups/client.conf", "/etc/cups/client.conf")
MAX_REPLY = 8_000_000
QUESTION_S = 4.0
"""A server asked about itself; it answers from memory in milliseconds."""
HAND_OVER_S = 15.0
"""A document of some megabytes into the server's spool."""
DEVICE_S = 1.0
"""A network printer asked beside its queue; what it does not say in that time it does not say."""
FORBIDDEN = (0x0401, 0x0402, 0x0403)
NOT_POSSIBLE, NOT_FOUND, NOT_ACCEPTING = 0x0404, 0x0406, 0x0506


class Refused(Exception):
    """The server answered no, with this IPP status; nothing was done."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


def find_server(wanted: str = "") -> str:
    """Path of a socket or ``host[:port]`` as the CUPS programs find it; empty when this machine has none."""
    if wanted:
        return wanted
    if sys.platform == "win32":
        return ""
    for candidate in (os.environ.get("CUPS_SERVER", ""), *_configured()):
        if candidate:
            return candidate
    return next((path for path in DEFAULT_SOCKETS if os.path.exists(path)), "")


def _configured() -> list[str]:
    found = []
    for path in CLIENT_CONF:
        with contextlib.suppress(OSError, RuntimeError):
            for line in Path(path).expanduser().read_text(errors="replace").splitlines():
                words = line.split()
                if len(words) == 2 and words[0].lower() == "servername":
                    found.append(words[1].split("/version=")[0])
    return found


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket path; ``timeout`` is for each step."""

    def __init__(self, server: str, timeout: float) -> None:
        self.path = server if server.startswith("/") else ""
        host, _, port = ("localhost", "", "") if self.path else server.rpartition(":") if server.count(":") == 1 else (server, "", "")
        super().__init__(host, int(port) if port.isdigit() else 631, timeout=timeout)

    def connect(self) -> None:
        if not self.path:
            super().connect()
            return
        family = getattr(socket, "AF_UNIX", None)
        if family is None:
            raise FileNotFoundError(self.path)
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    """A print server.

    Args:
        server: as :func:`find_server` gives it.
        kind: device kind, for errors.
    """

    def __init__(self, server: str, kind: str) -> None:
        self.server = server
        self.user = _user()
        self._kind = kind

    def ask(self, operation: Op, specs: Sequence[Spec], job: Sequence[Spec] = (), *, queue: str = "", document: bytes = b"",
            deadline_s: float = QUESTION_S) -> Reply:
        """One request about ``queue`` (empty: the server).

        Raises:
            Refused: answered with an error status.
            NotConnected: ``printer.service`` the server is not there, or went away.
            Stalled: no whole answer in ``deadline_s``.
            DeviceTrouble: ``printer.protocol`` it does not speak IPP.
        """
        about: list[Spec] = [("printer-uri", Tag.URI, uri(queue))] if queue else []
        path = f"/printers/{quote(queue)}" if queue else "/"
        connection = _Connection(self.server, deadline_s)
        return self._ask(connection, path, operation, encode(operation, [*about, *specs], job), document, deadline_s)

    def _ask(self, connection: http.client.HTTPConnection, path: str, operation: Op, body: bytes, document: bytes,
             deadline_s: float) -> Reply:
        name = operation.name.lower()
        status, raw = self._exchange(connection, "POST", path, body, document, name, deadline_s)
        if status in (401, 403):
            raise Refused(0x0403)
        if status != 200:
            raise DeviceTrouble("printer.protocol", device_kind=self._kind, operation=name, status=str(status))
        try:
            reply = decode(raw)
        except ValueError as error:
            raise DeviceTrouble("printer.protocol", device_kind=self._kind, operation=name) from error
        if reply.status >= 0x0100:
            raise Refused(reply.status)
        return reply

    def device(self, device_uri: str, wanted: Sequence[str]) -> Attributes | None:
        """Attributes of a network printer, asked beside its queue; ``None`` where it cannot be asked like that.

        Raises:
            NotConnected, Stalled: it could be, but is not there.
        """
        reply = self._ask_device(device_uri, Op.GET_PRINTER_ATTRIBUTES, [("requested-attributes", Tag.KEYWORD, list(wanted))])
        return None if reply is None else reply.first(Tag.PRINTER)

    def device_jobs(self, device_uri: str, wanted: Sequence[str]) -> list[Attributes]:
        """Finished jobs a network printer itself remembers; raises as :meth:`device`."""
        reply = self._ask_device(device_uri, Op.GET_JOBS, [("which-jobs", Tag.KEYWORD, "completed"), (
            "requested-attributes", Tag.KEYWORD, list(wanted))])
        return [] if reply is None else reply.all(Tag.JOB)

    def _ask_device(self, device_uri: str, operation: Op, specs: Sequence[Spec]) -> Reply | None:
        parts = urlsplit(device_uri)
        host = parts.hostname or ""
        if parts.scheme not in ("ipp", "ipps") or not host or "._" in host:
            return None
        try:
            port = parts.port or 631
        except ValueError:
            return None
        if parts.scheme == "ipps":
            import ssl

            # printers sign their own certificates; only its complaints are read here, nothing is sent to it
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=DEVICE_S,
                                                                                 context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=DEVICE_S)
        body = encode(operation, [("printer-uri", Tag.URI, f"{parts.scheme}://{host}:{port}{parts.path}"), *specs])
        try:
            return self._ask(connection, parts.path or "/", operation, body, b"", DEVICE_S)
        except Refused:
            return None

    def description(self, queue: str) -> str:
        """The queue's printer description (PPD); empty when it has none."""
        connection = _Connection(self.server, QUESTION_S)
        status, raw = self._exchange(connection, "GET", f"/printers/{quote(queue)}.ppd", b"", b"", "description", QUESTION_S)
        return raw.decode("latin-1") if status == 200 else ""

    def _exchange(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes, document: bytes, operation: str,
                  deadline_s: float) -> tuple[int, bytes]:
        until = time.monotonic() + deadline_s
        facts = {"device_kind": self._kind, "operation": operation}
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            connection.putheader("Connection", "close")
            if isinstance(connection, _Connection) and connection.path and self.user:
                connection.putheader("Authorization", f"PeerCred {self.user}")
            if method == "POST":
                connection.putheader("Content-Type", "application/ipp")
                connection.putheader("Content-Length", str(len(body) + len(document)))
            connection.endheaders()
            for part in (body, document):
                if part:
                    connection.send(part)
            connection.sock.settimeout(max(0.001, until - time.monotonic()))
            response = connection.getresponse()
            raw = bytearray()
            while part := response.read1(65536):
                raw += part
                if len(raw) > MAX_REPLY:
                    raise DeviceTrouble("printer.protocol", **facts)
                if time.monotonic() > until:
                    raise TimeoutError
            if response.length:
                raise http.client.IncompleteRead(bytes(raw), response.length)
            return response.status, bytes(raw)
        except TimeoutError as error:
            raise Stalled("device.no_answer", deadline_s=deadline_s, **facts) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotConnected("printer.service", **facts) from error
        finally:
            connection.close()


def uri(queue: str) -> str:
    return f"ipp://localhost/printers/{quote(queue)}"


def _user() -> str:
    """The name the server knows this process by; jobs are found and cancelled by their owner."""
    try:
        if hasattr(os, "geteuid"):
            import pwd

            return pwd.getpwuid(os.geteuid()).pw_name
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
