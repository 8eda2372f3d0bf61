"""The real OFIQ as the quality algorithm of portraits, where an office has installed it: slot ``face.quality``, name ``ofiq``.

Needs the package ``python-ofiq`` (UNICEF, MIT) and a folder with OFIQ's configuration and models (about 400 MB; ``OFIQ_DATA_DIR`` or the
argument). Neither comes with the kiosk, and nothing is ever downloaded from here. OFIQ runs in a child process that is kept: it is not
thread-safe, holds its models in memory and is native code, whose crash must cost one score and not the desk. The protocol was tested
against a stand-in of the same interface (0.3.x, 0.4.x), not against the real library.

Thread-safe (one image at a time). Raises EnvironmentError for a missing package or folder, RuntimeError when the child stops or answers
nonsense, TimeoutError when it is too slow; :class:`~ktpel_kiosk.biometrics.plugins.Plugins` then falls back to the built-in measures.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import Position, Quality, RawImage

NAME = "ofiq"
VENDOR_ID = 0x0101
"""ISO/IEC JTC 1/SC 37 as biometric organisation."""

UNIFIED_ID = 0x41
"""UnifiedQualityScore; the components 0x42..0x5C travel as measures."""

CONFIG = "ofiq_config.jaxn"
START_TIMEOUT_S, IMAGE_TIMEOUT_S = 120.0, 30.0
MOST_ANSWER = 64 * 1024
FAILED = 255
_WORKER = Path(__file__).with_name("ofiq_worker.py")
_SIZE = struct.Struct(">I")


class OfiqQuality:
    """``folder``: OFIQ's data folder; empty: environment variable ``OFIQ_DATA_DIR``."""

    def __init__(self, folder: str | Path = "", *, start_timeout_s: float = START_TIMEOUT_S,
                 image_timeout_s: float = IMAGE_TIMEOUT_S) -> None:
        place = str(folder) or os.environ.get("OFIQ_DATA_DIR", "")
        if not place or not (Path(place) / CONFIG).is_file():
            raise OSError(f"OFIQ_DATA_DIR: no {CONFIG} in {place or 'an empty setting'}")
        if importlib.util.find_spec("ofiq") is None:
            raise OSError("package python-ofiq is not installed")
        self._folder = place
        self._start_timeout_s, self._image_timeout_s = start_timeout_s, image_timeout_s
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._version = ""

    def quality(self, image: RawImage, position: Position) -> Quality:
        """Unified score and components; score 255 where OFIQ finds no face or cannot assess the picture."""
        if position is not Position.FACE:
            raise ValueError("OFIQ judges faces")
        data = image.data if image.channels == 3 else b"".join(bytes((v,)) * 3 for v in image.data)
        with self._lock:
            answer = self._ask(struct.pack(">II", image.width, image.height) + data)
        if "refused" in answer:
            return Quality(f"OFIQ {self._version}", FAILED, VENDOR_ID, UNIFIED_ID)
        scores = {str(k)[:60]: round(float(v), 2) for k, v in answer["measures"].items() if v is not None and math.isfinite(float(v))}
        unified = scores.get("UnifiedQualityScore")
        score = FAILED if unified is None else max(0, min(100, math.floor(unified + 0.5)))
        return Quality(f"OFIQ {self._version}", score, VENDOR_ID, UNIFIED_ID, {f"ofiq.{k}": v for k, v in scores.items()})

    def close(self) -> None:
        """Ends the child; the next picture starts another one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            child.wait()

    def _ask(self, message: bytes) -> dict[str, Any]:
        try:
            if self._child is None:
                self._start()
            return self._talk(message, self._image_timeout_s)
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, str(_WORKER), self._folder, CONFIG], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        hello = self._talk(b"", self._start_timeout_s)
        self._version = str(hello.get("version", ""))[:20]

    def _talk(self, message: bytes, timeout_s: float) -> dict[str, Any]:
        """Send and read one answer; a timer kills a child that takes too long, which ends the read."""
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise RuntimeError("OFIQ is not running")
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(timeout_s, stop)
        timer.start()
        try:
            if message:
                child.stdin.write(message)
                child.stdin.flush()
            head = child.stdout.read(_SIZE.size)
            size = _SIZE.unpack(head)[0] if len(head) == _SIZE.size else 0
            text = child.stdout.read(size) if 0 < size <= MOST_ANSWER else b""
        except OSError:
            text = b""
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError(f"OFIQ took longer than {timeout_s:g} s")
        if not text:
            raise RuntimeError(f"OFIQ stopped (status {child.poll()})")
        answer = json.loads(text)
        if not isinstance(answer, dict) or "error" in answer:
            raise RuntimeError(f"OFIQ: {str(answer.get('error') if isinstance(answer, dict) else answer)[:150]}")
        return answer
