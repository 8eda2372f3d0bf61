"""A network camera on the loopback: multipart JPEG at 50 frames a second, whose picture the test decides."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np


class MjpegServer:
    def __init__(self) -> None:
        self.mode = "live"
        self.level = 60
        self._leaving = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                while not owner._leaving.wait(0.02):
                    number += 1
                    picture = owner.picture(number)
                    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
                    try:
                        self.wfile.write(head + picture + b"\r\n")
                    except OSError:
                        return

            def log_message(self, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/stream.mjpg"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def picture(self, number: int) -> bytes:
        if self.mode == "black":
            pixels = np.zeros((240, 320, 3), np.uint8)
        else:
            pixels = np.full((240, 320, 3), self.level, np.uint8)
            seed = 1 if self.mode == "frozen" else number
            pixels[::2] += np.random.default_rng(seed).integers(0, 40, (120, 320, 3), np.uint8)
        ok, data = cv2.imencode(".jpg", pixels)
        assert ok
        return data.tobytes()

    def stop(self) -> None:
        self._leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2)
