"""Face check of one preview frame at VGA, hint included: against the 25 ms that leave a live picture smooth.

CPU time of one thread's calls, median of frames with a person near, far, aside and leaned, and of an empty room. The ratio is our
slower case (with the neural models where installed) to the budget. The named baseline in the detail is bare OpenCV: the Haar cascade
``frontalface_alt2`` on the same frame at full size, which only says where a face is. Without models Haar does our work as well; its
figure stands beside.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("src", "tests/biometrics/face")]

BUDGET_MS = 25.0
ROUNDS = 15


def spent_ms(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return 1000 * median(taken)


def run() -> tuple[float, float, str]:
    import cv2
    import numpy as np
    from face_scenes import frame_of

    from ktpel_kiosk.biometrics.face import models
    from ktpel_kiosk.biometrics.quality import face

    cv2.setNumThreads(1)  # so that CPU time is the time of the picture's thread
    frames = {"near": frame_of(), "far": frame_of(scale=0.6, dy=0), "aside": frame_of(dx=-200), "leaned": frame_of(turn=12),
              "empty": np.full((480, 640, 3), 90, np.uint8)}
    cascade = cv2.CascadeClassifier(str(face.CASCADES / "haarcascade_frontalface_alt2.xml"))
    bare = spent_ms(lambda: cascade.detectMultiScale(cv2.cvtColor(frames["near"], cv2.COLOR_RGB2GRAY), 1.1, 3, minSize=(60, 60)))
    said = []
    ways: dict[str, float] = {}
    installed = models.files
    try:
        for way in ("models", "Haar"):
            if way == "models" and not models.available():
                continue
            if way == "Haar":
                models.files = lambda: ({}, "switched off")  # type: ignore[assignment]
            each = {name: spent_ms(lambda f=frame: face.preview(f, "merah")) for name, frame in frames.items()}  # type: ignore[misc]
            ways[way] = max(each.values())
            said.append(f"{way}: " + ", ".join(f"{name} {ms:.1f}" for name, ms in each.items()) + " ms")
    finally:
        models.files = installed
    worst = ways.get("models", ways["Haar"])
    return worst / BUDGET_MS, 1.0, f"{'; '.join(said)}; bare Haar detection {bare:.1f} ms ({worst / bare:.2f}x); budget {BUDGET_MS:g} ms"


if __name__ == "__main__":
    print(run())
