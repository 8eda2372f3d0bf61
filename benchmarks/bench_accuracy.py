"""Accuracy of the own matcher beside Bozorth3 of nbis-py, on the same MINDTCT minutiae: FNMR at FMR 0.1 %, and a ROC chart.

500 synthetic fingers x 4 touches (two normal, one partial, one dry; see finger_bank): all 3,000 genuine pairs, 20,000 impostor pairs
drawn evenly from all touches, half of them of the same finger position. And, where they are at hand, the real samples (../shared/samples):
mostly live scans of few people, so only the gap between the worst genuine and the best impostor pair is said.

The ratio is the own FNMR over Bozorth3's at FMR 0.1 %. Fingers of the generator are not the population: the chart compares matchers,
it does not promise an error rate at the desk. ``bench_accuracy.py --out FILE.png`` draws the chart.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import finger_bank
import numpy as np
from numpy.typing import NDArray

FMR = 1e-3
IMPOSTORS = 20_000
SAMPLES = Path(os.environ.get("KTPEL_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "samples"
Scores = NDArray[np.float64]


def fnmr_at(genuine: Scores, impostor: Scores, fmr: float) -> tuple[float, float]:
    """(FNMR, threshold): the lowest threshold whose share of accepted impostors is at most ``fmr``."""
    allowed = int(fmr * len(impostor))
    threshold = float(np.nextafter(np.sort(impostor)[len(impostor) - 1 - allowed], np.inf))
    return float((genuine < threshold).mean()), threshold


def eer(genuine: Scores, impostor: Scores) -> float:
    at = np.unique(np.concatenate([genuine, impostor]))
    fnmr = np.searchsorted(np.sort(genuine), at) / len(genuine)
    fmr = 1 - np.searchsorted(np.sort(impostor), at) / len(impostor)
    near = int(np.argmin(np.abs(fnmr - fmr)))
    return float(fnmr[near] + fmr[near]) / 2


def pairs(keys: list[Any]) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]:
    """Genuine and impostor pairs of (finger, touch)."""
    touches = [name for name, _, _ in finger_bank.TOUCHES]
    genuine = [((k, a), (k, b)) for k in keys for a, b in itertools.combinations(touches, 2)]
    rng = random.Random(2026)
    places: dict[Any, list[Any]] = {}
    for key in keys:
        places.setdefault(key[1], []).append(key)
    impostor = []
    while len(impostor) < IMPOSTORS:
        one = rng.choice(keys)
        other = rng.choice(places[one[1]] if len(impostor) % 2 else keys)
        if one != other:
            impostor.append(((one, rng.choice(touches)), (other, rng.choice(touches))))
    return genuine, impostor


def scored(which: list[tuple[Any, Any]], made: dict[Any, Any], score: Callable[[Any, Any], float]) -> Scores:
    return np.array([score(made[a], made[b]) for a, b in which])


def measure() -> dict[str, Any]:
    """Scores of both matchers on the synthetic fingers, with CPU seconds per comparison and per preparation."""
    from ktpel_kiosk.biometrics.match import MOST_MINUTIAE, BozorthScorer, CylinderScorer
    from ktpel_kiosk.biometrics.nbis_engine import NbisEngine, best_minutiae

    fingers = finger_bank.bank()
    keys = sorted(fingers, key=lambda k: (k[0], k[1].value))
    genuine, impostor = pairs(keys)
    found: dict[str, Any] = {"pairs": genuine, "fingers": len(keys)}
    for scorer in (CylinderScorer(), BozorthScorer(NbisEngine())):
        begin = time.process_time()
        made = {(k, t): scorer.prepare(best_minutiae(p, MOST_MINUTIAE), 400, 500) for k in keys for t, p in fingers[k].items()}
        between = time.process_time()
        result = scored(genuine, made, scorer.score), scored(impostor, made, scorer.score)
        end = time.process_time()
        found[scorer.name] = (*result, (between - begin) / len(made) * 1e3, (end - between) / (len(genuine) + len(impostor)) * 1e3)
    return found


def real() -> dict[str, tuple[float, float, int, int]]:
    """Worst genuine and best impostor likeness of the real samples for each matcher; empty where the samples are not there."""
    if not SAMPLES.exists():
        return {}
    from PIL import Image

    from ktpel_kiosk.biometrics import images
    from ktpel_kiosk.biometrics.match import MOST_MINUTIAE, BozorthScorer, CylinderScorer
    from ktpel_kiosk.biometrics.nbis_engine import NbisEngine, best_minutiae
    from ktpel_kiosk.biometrics.records.read import read_record, to_raw
    from ktpel_kiosk.domain.biometric import FINGERS

    engine, points = NbisEngine(), {}

    def add(finger: str, touch: str, grey: Any) -> None:
        png = images.encode_png(images.from_array(np.ascontiguousarray(grey), 500))
        points[finger, touch] = best_minutiae(engine.extract(png, grey.shape[1], grey.shape[0], quality=False).points, MOST_MINUTIAE)

    for person, touch in itertools.product(("p1", "p2"), "123"):
        with Image.open(SAMPLES / f"nbis-rs/test_data/{person}/{person}_{touch}.png") as picture:
            add(person, touch, np.asarray(picture.convert("L")))
    folder = SAMPLES / "sourceafis-java/src/test/resources/com/machinezoo/sourceafis"
    for finger, touch in (("a", "probe"), ("a", "matching"), ("b", "nonmatching")):
        with Image.open(folder / f"{touch}.png") as picture:
            add(finger, touch, np.asarray(picture.convert("L")))
    folder = SAMPLES / "mosip-mock-services/MockMDS/Profile/Default"
    for touch, position in itertools.product(("Registration", "Auth"), FINGERS):
        add(position.value, touch, images.to_grey(to_raw(read_record((folder / touch / f"{position.value.title()}.iso").read_bytes()))))
    for number in range(1, 6):
        with Image.open(SAMPLES / f"NFIQ2/examples/images/SFinGe_Test0{number}.pgm") as picture:
            add(f"sfinge {number}", "1", np.asarray(picture.convert("L")))
    answer = {}
    for scorer in (CylinderScorer(), BozorthScorer(engine)):
        made = {k: scorer.prepare(p, 600, 600) for k, p in points.items()}
        same, other = [], []
        for a, b in itertools.combinations(made, 2):
            (same if a[0] == b[0] else other).append(scorer.score(made[a], made[b]))
        answer[scorer.name] = (min(same), max(other), len(same), len(other))
    return answer


def by_kind(found: dict[str, Any], name: str, threshold: float) -> str:
    """FNMR of each pair of touches at a threshold."""
    kinds: dict[str, list[bool]] = {}
    for (a, b), score in zip(found["pairs"], found[name][0], strict=True):
        kinds.setdefault(f"{a[1]}/{b[1]}", []).append(score < threshold)
    return ", ".join(f"{k} {np.mean(v):.2%}" for k, v in kinds.items())


def run() -> tuple[float, float, str]:
    from ktpel_kiosk.biometrics.match import MCC_NAME
    from ktpel_kiosk.biometrics.nbis_engine import NBIS_NAME

    found = measure()
    (own, own_at), (bozorth, bozorth_at) = (fnmr_at(*found[n][:2], FMR) for n in (MCC_NAME, NBIS_NAME))
    for name, (low, high, same, other) in real().items():
        print(f"  real samples, {name}: worst of {same} genuine {low:.3f}, best of {other} impostors {high:.3f} (decision 0.5)", flush=True)
    for name, at in ((MCC_NAME, own_at), (NBIS_NAME, bozorth_at)):
        genuine, impostor, prepare, compare = found[name]
        decided = f"FNMR {(genuine < 0.5).mean():.2%}, FMR {(impostor >= 0.5).mean():.3%} at its decision 0.5"
        print(f"  {name}: EER {eer(genuine, impostor):.2%}; {decided}; prepare {prepare:.1f} ms, compare {compare:.2f} ms", flush=True)
        print(f"    FNMR at FMR 0.1 % (similarity {at:.3f}): {by_kind(found, name, at)}", flush=True)
    if "--out" in sys.argv:
        out = Path(sys.argv[sys.argv.index("--out") + 1])
        chart({n: found[n][:2] for n in (MCC_NAME, NBIS_NAME)}, found["fingers"], out)
        print(f"  chart: {out}", flush=True)
    detail = f"{found['fingers']} fingers x {len(finger_bank.TOUCHES)}: FNMR at FMR 0.1 % {own:.2%} against Bozorth3's {bozorth:.2%}"
    return own / bozorth if bozorth else (1.0 if not own else float("inf")), 0.999, detail


def chart(curves: dict[str, tuple[Scores, Scores]], fingers: int, out: Path) -> None:
    """ROC: genuine accepted over impostors accepted (log), drawn at double size and brought down."""
    from PIL import Image, ImageDraw, ImageFont

    fonts = Path(__file__).resolve().parents[1] / "resources/fonts/pdf"
    width, height, scale = 880, 600, 2
    left, right, top, bottom = 92, 36, 84, 74
    picture = Image.new("RGB", (width * scale, height * scale), "#ffffff")
    draw = ImageDraw.Draw(picture)

    def font(size: int, weight: str = "Regular") -> Any:
        return ImageFont.truetype(str(fonts / f"Inter-{weight}.ttf"), size * scale)

    low = min(0.8, *(float(np.floor((1 - fnmr_at(g, i, 1e-4)[0]) * 20) / 20) for g, i in curves.values()))

    def at(fmr: float, accepted: float) -> tuple[float, float]:
        x = left + (width - left - right) * (np.log10(max(fmr, 1e-4)) + 4) / 4
        y = top + (height - top - bottom) * (1 - (accepted - low) / (1 - low))
        return x * scale, y * scale

    draw.text((left * scale, 22 * scale), "Genuine pairs accepted over impostors accepted", font=font(19, "SemiBold"), fill="#16212c")
    draw.text((left * scale, 50 * scale), f"{fingers} synthetic fingers x 4 touches (two normal, one partial, one dry), MINDTCT minutiae",
              font=font(13), fill="#5b6875")
    for power in range(-4, 1):
        x, y = at(10.0**power, low)
        draw.line([at(10.0**power, 1), (x, y)], fill="#e3e8ed", width=scale)
        label = f"{10.0**power:.0%}" if power >= -2 else f"{10.0**power * 100:g} %".replace(" ", "")
        draw.text((x, y + 8 * scale), label, font=font(13), fill="#5b6875", anchor="ma")
    step = 0.05 if 1 - low <= 0.4 else 0.1
    for k in range(round((1 - low) / step) + 1):
        accepted = low + k * step
        x, y = at(1e-4, accepted)
        draw.line([(x, y), at(1, accepted)], fill="#e3e8ed", width=scale)
        draw.text((x - 10 * scale, y), f"{accepted:.0%}", font=font(13), fill="#5b6875", anchor="rm")
    draw.text(((left + (width - left - right) / 2) * scale, (height - 16) * scale), "false match rate (log)", font=font(13, "Medium"),
              fill="#16212c", anchor="ms")
    for (name, (genuine, impostor)), colour in zip(curves.items(), ("#0b6e4f", "#c2571a"), strict=False):
        order = np.sort(impostor)[::-1]
        line = []
        for fmr in np.logspace(-4, 0, 400):
            threshold = order[min(len(order) - 1, int(fmr * len(order)))]
            line.append(at(float(fmr), float((genuine > threshold).mean()) if fmr < 1 else 1.0))
        draw.line(line, fill=colour, width=3 * scale, joint="curve")
        n = list(curves).index(name)
        y = (height - bottom - 58 + 26 * n) * scale
        draw.line([((width - right - 330) * scale, y), ((width - right - 300) * scale, y)], fill=colour, width=3 * scale)
        draw.text(((width - right - 290) * scale, y), f"{name}: {1 - fnmr_at(genuine, impostor, FMR)[0]:.2%} at FMR 0.1%",
                  font=font(13, "Medium"), fill="#16212c", anchor="lm")
    picture.resize((width, height), Image.Resampling.LANCZOS).save(out)


if __name__ == "__main__":
    ratio, limit, detail = run()
    print(f"accuracy ratio={ratio:.3f} limit={limit:g}  # {detail}")
