"""A small tus server of somebody else, in memory: creation, offsets, chunks, GET of what is finished, termination."""

from __future__ import annotations

import http.server
import itertools
import threading


class OtherTus:
    def __init__(self) -> None:
        self.uploads: dict[str, bytearray] = {}
        self.lengths: dict[str, int] = {}
        self.broken = False
        self.dropped: list[str] = []
        self.metadata: list[str] = []
        count = itertools.count(1)
        other = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args) -> None:
                pass

            def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(500 if other.broken else status)
                self.send_header("Tus-Resumable", "1.0.0")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_POST(self) -> None:
                name = f"u{next(count)}"
                other.uploads[name], other.lengths[name] = bytearray(), int(self.headers["Upload-Length"])
                other.metadata.append(self.headers["Upload-Metadata"])
                self._answer(201, Location=f"{self.path}/{name}")

            def do_HEAD(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                if name not in other.uploads:
                    return self._answer(404)
                return self._answer(200, Upload_Offset=str(len(other.uploads[name])), Upload_Length=str(other.lengths[name]))

            def do_PATCH(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                other.uploads[name] += self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(204, Upload_Offset=str(len(other.uploads[name])))

            def do_GET(self) -> None:
                self._answer(200, bytes(other.uploads[self.path.rsplit("/", 1)[-1]]))

            def do_DELETE(self) -> None:
                other.dropped.append(self.path.rsplit("/", 1)[-1])
                self._answer(204)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
