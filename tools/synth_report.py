"""Compare the synthetic people with the real samples: ``python tools/synth_report.py OUT [--people N] [--samples DIR]``.

Writes OUT/report.png (one chart a measure, real above synthetic), OUT/report.csv (every value), OUT/summary.csv (quartiles) and a
contact sheet of invented people only. Real images are measured, never drawn. About 4 s of CPU a person.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.iris import code as iris_code
from ktpel_kiosk.biometrics.nbis_engine import Extracted, NbisEngine
from ktpel_kiosk.biometrics.quality import iris as iris_quality
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.biometrics.segment import segment
from ktpel_kiosk.domain.biometric import EYES, FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, PenPoint, Position, RawImage
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = Path(os.environ.get("KTPEL_SHARED", ROOT.parent / "shared")) / "samples"
Grey = np.ndarray
Key = tuple[str, str]
"""Source of a print and which finger of that source it is; two prints with the same key are mates."""


class Values:
    """Numbers by measure and by side (``real`` or ``synthetic``)."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, float]] = []

    def add(self, measure: str, side: str, what: str, value: float) -> None:
        self.rows.append((measure, side, what, float(value)))

    def of(self, measure: str, side: str) -> np.ndarray:
        return np.array([v for m, s, _, v in self.rows if (m, s) == (measure, side)])


def ridge_period(grey: Grey) -> float:
    """Median ridge distance in pixels: strongest ring of the spectrum of blocks that hold ridges; 0 when there are none."""
    size, window, found = 64, np.hanning(64)[:, None] * np.hanning(64)[None, :], []
    fy, fx = np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij")
    radius = np.hypot(fy, fx)
    ring = (radius > 1 / 18) & (radius < 1 / 4)
    for y in range(0, grey.shape[0] - size, 24):
        for x in range(0, grey.shape[1] - size, 24):
            block = grey[y : y + size, x : x + size].astype(np.float32)
            if block.std() < 30:
                continue
            power = np.abs(np.fft.rfft2((block - block.mean()) * window)) ** 2 * ring
            peak = power > 0.35 * power.max()
            if power[peak].sum() > 0.3 * power.sum():
                found.append(1 / float((radius * power)[peak].sum() / power[peak].sum()))
    return float(np.median(found)) if found else 0.0


def at_500(image: RawImage) -> RawImage:
    grey = images.to_grey(image)
    if image.ppi and abs(image.ppi - 500) > 10:
        scale = 500 / image.ppi
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return images.from_array(np.ascontiguousarray(grey), 500)


def real_fingers(root: Path) -> Iterator[tuple[Key, RawImage]]:
    """Live-scan prints of the sample collection with who they belong to."""
    for session in ("Registration", "Auth"):
        for path in sorted((root / f"mosip-mock-services/MockMDS/Profile/Default/{session}").glob("*.iso")):
            if path.stem.replace("_", " ").split()[-1] in ("Thumb", "Index", "Middle", "Ring", "Little"):
                yield ("mosip", path.stem.lower()), to_raw(read_record(path.read_bytes(), path.name))
    for path in sorted((root / "nbis-rs").rglob("p?_?.png")):
        yield ("nbis-rs", path.stem.split("_")[0]), codecs.decode(path.read_bytes(), "image/png")
    folder = root / "sourceafis-java/src/test/resources/com/machinezoo/sourceafis"
    for name, who in (("probe", "a"), ("matching", "a"), ("nonmatching", "b")):
        if (folder / f"{name}.png").exists():
            yield ("sourceafis", who), codecs.decode((folder / f"{name}.png").read_bytes(), "image/png")
    yield from an2k_fingers(root / "nbis-5.0.0/misc/an2kconvert/testdata/valid1.8.an2")


def an2k_fingers(path: Path) -> Iterator[tuple[Key, RawImage]]:
    """Fingers cut from the live 4-4-2 slaps of an ANSI/NIST file."""
    if not path.exists():
        return
    import nistitl

    message = nistitl.Message()
    message.parse(path.read_bytes())
    for record in message.iter(14):
        slap = codecs.decode(bytes(record._999), codecs.sniff(bytes(record._999)))
        position = int(record._13)
        expected = 2 if position == 15 else 4
        tips = segment(images.to_grey(slap), expected)
        for number, tip in enumerate(tips if len(tips) == expected else ()):
            yield ("valid1.8", f"{position}-{number}"), images.from_array(tip.image, 500)


def synthetic_fingers(people: list[SyntheticPerson]) -> Iterator[tuple[Key, RawImage]]:
    for person in people:
        for position in FINGERS:
            for impression in (1, 2):
                yield (str(person.seed), position.value), person.finger(position, impression)


def fingers(values: Values, side: str, prints: Iterator[tuple[Key, RawImage]], engine: NbisEngine, most: int) -> None:
    """Quality, minutiae, ridge period; then mates and strangers by Bozorth3 and by the own matcher."""
    known: list[tuple[Key, object, object]] = []
    for key, raw in prints:
        image = at_500(raw)
        found = engine.extract(images.encode_png(image), image.width, image.height, quality=True)
        name = "/".join(key)
        if found.score is not None:
            values.add("NFIQ2", side, name, found.score)
        grey = images.to_grey(image)
        values.add("minutiae", side, name, len(found.points))
        values.add("minutiae per cm2 of ridges", side, name, density(grey, found))
        values.add("ridge period (px)", side, name, ridge_period(grey))
        known.append((key, engine.comparable(found.points, found.width, found.height), own_form(found)))
    pairs = list(itertools.combinations(range(len(known)), 2))
    mates = [(a, b) for a, b in pairs if known[a][0] == known[b][0]]
    strangers = [(a, b) for a, b in pairs if known[a][0] != known[b][0]]
    if len(strangers) > most:
        strangers = [strangers[k] for k in np.random.default_rng(1).choice(len(strangers), most, replace=False)]
    for label, some in (("mates", mates), ("strangers", strangers)):
        for a, b in some:
            name = "/".join(known[a][0]) + " - " + "/".join(known[b][0])
            values.add(f"Bozorth3 {label}", side, name, engine.compare(known[a][1], known[b][1]))
            values.add(f"MCC {label}", side, name, own_score(known[a][2], known[b][2]))


def density(grey: Grey, found: Extracted) -> float:
    """Minutiae per square centimetre of the hull of the ink."""
    spread = cv2.blur(cv2.absdiff(grey, cv2.blur(grey, (17, 17))), (17, 17)) > 14
    area = float(spread.sum()) * (2.54 / 500) ** 2
    return len(found.points) / area if area > 0.2 else 0.0


def own_form(found: Extracted) -> object:
    from ktpel_kiosk.biometrics.matching import mcc

    return mcc.comparable(mcc.cylinders(found.points))


def own_score(a: object, b: object) -> float:
    from ktpel_kiosk.biometrics.matching import relax

    return relax.score(a, b)  # type: ignore[arg-type]


def real_irises(root: Path) -> Iterator[tuple[Key, RawImage]]:
    """MOSIP's two sessions; its registration set is labelled the other way round than its authentication set."""
    for session, swap in (("Registration", True), ("Auth", False)):
        for side in ("Left", "Right"):
            path = root / f"mosip-mock-services/MockMDS/Profile/Default/{session}/{side}_Iris.iso"
            if path.exists():
                own = {"Left": "right", "Right": "left"}[side] if swap else side.lower()
                yield ("mosip", own), to_raw(read_record(path.read_bytes(), path.name))


def synthetic_irises(people: list[SyntheticPerson]) -> Iterator[tuple[Key, RawImage]]:
    for person in people:
        for eye in EYES:
            for impression in (1, 2):
                yield (str(person.seed), eye.value), person.iris(eye, impression)


def irises(values: Values, side: str, eyes: Iterator[tuple[Key, RawImage]]) -> None:
    known: list[tuple[Key, iris_code.IrisCode]] = []
    for key, raw in eyes:
        grey = images.to_grey(raw)
        try:
            eye = iris_quality.locate(grey)
        except KioskError:
            values.add("iris not found", side, "/".join(key), 1)
            continue
        for measure, value in iris_quality.measure(grey, eye).items():
            values.add(f"iris {measure}", side, "/".join(key), value)
        known.append((key, iris_code.encode(grey, eye)))
    for (a, x), (b, y) in itertools.combinations(known, 2):
        label = "mates" if a == b else "strangers"
        values.add(f"iris code distance {label}", side, "/".join(a) + " - " + "/".join(b), iris_code.distance(x, y))


def signatures(values: Values, side: str, series: Iterator[tuple[str, tuple[PenPoint, ...]]]) -> None:
    """Duration, pen-down share, speed and pressure of each signature."""
    for name, points in series:
        xy = np.array([(p.x, p.y) for p in points], float)
        down = np.array([p.down for p in points])
        seconds = np.array([p.t_ms for p in points]) / 1000
        speed = np.hypot(*np.diff(xy, axis=0).T) / np.maximum(np.diff(seconds), 1e-3) / 100
        written = down[1:] & down[:-1]
        values.add("signature duration (s)", side, name, seconds[-1] - seconds[0])
        values.add("signature pen down (share)", side, name, down.mean())
        values.add("signature median speed (mm/s)", side, name, np.median(speed[written]))
        values.add("signature top speed (mm/s)", side, name, np.percentile(speed[written], 95))
        values.add("signature median pressure", side, name, np.median([p.pressure for p in points if p.down]))


def summary(values: Values) -> list[tuple[str, str, int, float, float, float, float, float]]:
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for measure, side, _, value in values.rows:
        groups[measure, side].append(value)
    return [(measure, side, len(v), *(round(float(q), 3) for q in np.percentile(v, (0, 25, 50, 75, 100))))
            for (measure, side), v in groups.items()]


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = ROOT / "resources/fonts/Inter-Medium.otf"
    return ImageFont.truetype(str(path), size) if path.exists() else ImageFont.load_default(size)


INK, REAL, MADE, GRID = (23, 32, 42), (178, 84, 24), (24, 98, 168), (214, 220, 226)
CELL = (620, 236)


def panel(values: Values, measure: str) -> Image.Image:
    """Two histograms on one axis, each scaled to its own peak, with median and range."""
    sheet = Image.new("RGB", CELL, "white")
    d = ImageDraw.Draw(sheet)
    both = {side: values.of(measure, side) for side in ("real", "synthetic")}
    every = np.concatenate(list(both.values()))
    low, high = float(every.min()), float(every.max())
    high = high if high > low else low + 1
    left, right, bins = 24, CELL[0] - 24, 36
    d.text((left, 10), measure, fill=INK, font=font(19))
    for row, (side, colour) in enumerate((("real", REAL), ("synthetic", MADE))):
        base, top = 112 + row * 92, 50 + row * 92
        v = both[side]
        d.line((left, base, right, base), fill=GRID, width=2)
        if not v.size:
            d.text((left, base - 30), f"{side}: none", fill=colour, font=font(14))
            continue
        counts, _ = np.histogram(v, bins, (low, high))
        for k, count in enumerate(counts):
            if count:
                x0 = left + (right - left) * k / bins
                d.rectangle((x0 + 1, base - max(3, (base - top) * count / counts.max()), x0 + (right - left) / bins - 1, base), fill=colour)
        at = left + (right - left) * (float(np.median(v)) - low) / (high - low)
        d.line((at, top, at, base), fill=INK, width=2)
        words = f"{side}  n {v.size}   median {np.median(v):.4g}   {v.min():.4g} … {v.max():.4g}"
        d.text((left, base + 3), words, fill=colour, font=font(14))
    return sheet


def chart(values: Values) -> Image.Image:
    measures = list(dict.fromkeys(m for m, _, _, _ in values.rows))
    columns = 3
    rows = -(-len(measures) // columns)
    sheet = Image.new("RGB", (columns * CELL[0], 64 + rows * CELL[1]), "white")
    ImageDraw.Draw(sheet).text((24, 18), "Synthetic people beside real samples", fill=INK, font=font(26))
    for k, measure in enumerate(measures):
        sheet.paste(panel(values, measure), (k % columns * CELL[0], 64 + k // columns * CELL[1]))
    return sheet


def contact_sheet(people: list[SyntheticPerson]) -> Image.Image:
    """Portraits, thumbs, irises and one slap of the first people."""
    def tile(raw: RawImage, size: tuple[int, int]) -> Image.Image:
        return images.pil_image(raw).convert("RGB").resize(size, Image.Resampling.LANCZOS)

    some = people[:6]
    sheet = Image.new("RGB", (len(some) * 260, 1150), "white")
    for k, person in enumerate(some):
        for y, raw, size in ((0, person.portrait(("merah", "biru")[k % 2]), (240, 320)),
                             (330, person.finger(Position.RIGHT_THUMB, 1), (240, 300)),
                             (640, person.iris(Position.RIGHT_EYE, 1), (240, 180)),
                             (830, person.slap((RIGHT_FOUR, LEFT_FOUR, THUMBS)[k % 3], 1), (240, 150))):
            sheet.paste(tile(raw, size), (k * 260 + 10, y + 10))
    return sheet


def write(out: Path, values: Values, people: list[SyntheticPerson]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / "report.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("measure", "side", "what", "value"), *values.rows])
    with (out / "summary.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("measure", "side", "n", "least", "q1", "median", "q3", "most"), *summary(values)])
    chart(values).save(out / "report.png")
    contact_sheet(people).save(out / "people.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    parser.add_argument("--strangers", type=int, default=2000, help="impostor pairs at most, a side")
    chosen = parser.parse_args()
    people = [SyntheticPerson(7000 + k, 1950 + k * 7 % 56, "LP"[k % 2]) for k in range(chosen.people)]
    values, engine = Values(), NbisEngine()
    steps: list[Callable[[], None]] = [
        lambda: fingers(values, "real", real_fingers(chosen.samples), engine, chosen.strangers),
        lambda: fingers(values, "synthetic", synthetic_fingers(people), engine, chosen.strangers),
        lambda: irises(values, "real", real_irises(chosen.samples)),
        lambda: irises(values, "synthetic", synthetic_irises(people)),
        lambda: signatures(values, "synthetic", ((f"{p.seed}/{i}", p.signature(i)) for p in people for i in (1, 2))),
    ]
    for step in steps:
        step()
    write(chosen.out, values, people)
    for row in summary(values):
        print(*row, sep="  ")


if __name__ == "__main__":
    main()
