"""Child of :mod:`ofiq_plugin`: OFIQ in a process of its own. Run as a file, imports nothing of the house.

``ofiq_worker.py FOLDER CONFIG``. Standard input: pictures as width, height (u32 each) and RGB bytes; standard output: for the start and
for each picture a length (u32) and JSON: ``{"version"}``, ``{"measures"}``, ``{"refused"}`` (OFIQ's word about the picture) or
``{"error"}``. Ends with its input.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from typing import IO, Any

MOST_PIXELS = 16_000_000


def main() -> int:
    sys.path.pop(0)  # the house's folder, put there because this file lies in it
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the library prints must not get between the answers
    try:
        import numpy as np
        import ofiq  # type: ignore[import-not-found, unused-ignore]

        engine = ofiq.OFIQ(config_dir=sys.argv[1], config_file=sys.argv[2])
    except BaseException as trouble:
        _answer(out, {"error": f"{type(trouble).__name__}: {trouble}"})
        return 1
    _answer(out, {"version": str(getattr(ofiq, "__ofiq_version__", ""))})
    while True:
        head = sys.stdin.buffer.read(8)
        if len(head) < 8:
            return 0
        width, height = struct.unpack(">II", head)
        if not 0 < width * height <= MOST_PIXELS:
            return 1
        data = sys.stdin.buffer.read(width * height * 3)
        if len(data) < width * height * 3:
            return 0
        try:
            measures = engine.vector_quality(np.frombuffer(data, np.uint8).reshape(height, width, 3))
            _answer(out, {"measures": {str(k): None if v is None else float(v) for k, v in measures.items()}})
        except ofiq.QualityError as refusal:  # no face, no landmarks, cannot be segmented
            _answer(out, {"refused": f"{type(refusal).__name__}: {refusal}"})
        except Exception as trouble:
            _answer(out, {"error": f"{type(trouble).__name__}: {trouble}"})


def _answer(out: IO[bytes], answer: dict[str, Any]) -> None:
    text = json.dumps(answer).encode()
    out.write(struct.pack(">I", len(text)) + text)
    out.flush()


if __name__ == "__main__":
    raise SystemExit(main())
