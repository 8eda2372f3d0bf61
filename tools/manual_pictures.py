"""Pictures of the manual from a tour: those the chapters ask for, 1100 pixels wide, few colours.

``python tools/manual_pictures.py TOUR_DIR``: TOUR_DIR holds pictures of ``ktpel-kiosk tour --size 1366x768 --theme light --out TOUR_DIR``.
A chapter asks with ``![caption](gambar/NAME.png)``; NAME is the tour's name of the screen without number and size.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

MANUAL = Path(__file__).resolve().parents[1] / "docs" / "manual"
WIDE, COLOURS = 1100, 160


def asked() -> list[str]:
    """Names of all pictures the chapters show."""
    texts = [p.read_text("utf-8") for p in MANUAL.glob("*.md")]
    return sorted({name for text in texts for name in re.findall(r"!\[[^\]]*\]\(gambar/([\w-]+)\.png\)", text)})


def find(tour: Path, name: str) -> Path | None:
    return next((p for p in sorted(tour.glob("*.png")) if re.fullmatch(rf"\d+-{re.escape(name)}(-1366x768)?", p.stem)), None)


def main(tour: Path) -> int:
    out = MANUAL / "gambar"
    out.mkdir(exist_ok=True)
    wanted, missing = asked(), []
    for old in out.glob("*.png"):
        if old.stem not in wanted:
            old.unlink()
    for name in wanted:
        source = find(tour, name)
        if source is None:
            missing.append(name)
            continue
        with Image.open(source) as image:
            small = image.convert("RGB").resize((WIDE, round(image.height * WIDE / image.width)), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(out / f"{name}.png", optimize=True)
    print(f"{len(wanted) - len(missing)} pictures in {out}" + (f"; the tour has no {', '.join(missing)}" if missing else ""))
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
