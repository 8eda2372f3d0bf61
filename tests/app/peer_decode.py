"""Run by `.venv-peers/bin/python`: every file named is opened by Pillow 10.0 with the decoders of iso19794 and wsq; JSON on stdout.

Nothing of this project is imported here.
"""

import hashlib
import json
import sys

import iso19794  # noqa: F401  registers FIR and FAC with Pillow
import PIL
import wsq  # noqa: F401  registers the WSQ decoder
from PIL import Image


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "_asdict"):
        return {k: plain(v) for k, v in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value if isinstance(value, (int, str, bool, type(None))) else str(value)


def main():
    found = {"pillow": PIL.__version__}
    for path in sys.argv[1:]:
        with Image.open(path) as image:
            image.load()
            header = getattr(image, "header", {})
            found[path] = {
                "format": image.format, "mode": image.mode, "size": image.size, "pixels": hashlib.sha256(image.tobytes()).hexdigest(),
                "header": {k: plain(v) for k, v in dict(header).items()},
            }
    json.dump(found, sys.stdout)


main()
