"""A network camera as a program of its own: 1280x720 MJPEG over HTTP at 30 frames a second, a person before the cloth, and in every frame
the time at which it was made (``time.monotonic`` in ms as black and white fields), so that whoever sees the pixels knows their age.

``python mjpeg_source.py`` prints its port and serves one client after another until its input ends.
"""

from __future__ import annotations

import socket
import sys
import threading
import time

BITS = 32
CELL_W, CELL_H = 16, 24
LEFT, TOP = 1280 // 2 - BITS * CELL_W // 2, 28
FPS = 30


def stamp(pixels, milliseconds):
    """Draw ``milliseconds`` into a 1280x720 picture, highest bit first."""
    for n in range(BITS):
        x = LEFT + n * CELL_W
        pixels[TOP:TOP + CELL_H, x:x + CELL_W] = 255 if milliseconds >> (BITS - 1 - n) & 1 else 0


def read_stamp(levels):
    """The time from the ``BITS`` levels (0..255) seen in the middle of the fields."""
    value = 0
    for level in levels:
        value = value << 1 | (level > 127)
    return value


def pictures():
    """A person who breathes and sways a little."""
    import numpy as np

    from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
    person, out = SyntheticPerson(4, 1990, "P"), []
    noise = np.random.default_rng(1).integers(0, 6, (720, 1280, 3), np.uint8)
    for n in range(8):
        raw = person.camera_frame("biru", n / 4)
        frame = np.frombuffer(raw.data, np.uint8).reshape(raw.height, raw.width, 3)[:, :, ::-1]
        out.append(np.ascontiguousarray(np.clip(frame, 0, 249) + np.roll(noise, n * 37, axis=1)))
    return out


def serve(listener, frames):
    import cv2
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
            due, number = time.monotonic(), 0
            while True:
                due = max(due + 1 / FPS, time.monotonic() - 1 / FPS)
                time.sleep(max(0.0, due - time.monotonic()))
                number += 1
                picture = frames[number // 4 % len(frames)]
                stamp(picture, int(time.monotonic() * 1000) & 0xFFFFFFFF)
                data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
                client.sendall(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data + b"\r\n")
        except OSError:
            client.close()


def main():
    import cv2
    cv2.setNumThreads(1)
    frames = pictures()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=serve, args=(listener, frames), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
