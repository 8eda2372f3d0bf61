"""Where the person ends and the cloth begins: a soft matte, and another cloth behind the person.

The rough mask comes from the person network where its file is present, from GrabCut around the head otherwise. It is refined by a
colour guided filter (He, Sun, Tang 2010) on the picture itself, so that it follows hair; colours of the old cloth that shine through
the hair are taken out by estimating fore- and background around each half-covered pixel (blur fusion; Forte 2021). Both are written
from the papers. RGB uint8 pictures, mattes float32 0..1 of the same size. Any thread; deterministic.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.face import models

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]

CLOTH: dict[str, tuple[int, int, int]] = {"merah": (201, 22, 34), "biru": (15, 82, 186)}
"""Colours that replace a background: the red and blue of the cloths, sRGB."""

MATTE_WIDTH = 600
"""The filter works at this width, that of a portrait, at most."""

LEAST_CLOTH = 0.08
"""Share of a portrait that is cloth at least; less means that the mask swallowed it."""

LEAST_PERSON = 0.25
"""Head and shoulders fill a good half."""

ALIKE, REACH = 9.0, 0.12
"""CIELAB distance up to which a pixel has the cloth's colour, and how far from the mask's edge (share of the width) it may be taken
from the person: a shirt of the cloth's colour must not be eaten."""

SURE, CHOKE = 0.98, 0.22
"""From the one on a pixel is wholly the person's, up to the other wholly the cloth's: the matte is drawn in by half a pixel, because
a missing hair is not seen and a red rim is."""


def f32(values: NDArray[Any]) -> F32:
    return np.asarray(values, np.float32)


def person_mask(picture: RGB, head: tuple[float, float, float, float]) -> F32:
    """Rough matte of the person whose head box (x, y, width, height in pixels) is given."""
    if models.available():
        rough = cv2.resize(models.person(picture), (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(rough, 0, 1), np.float32)
    return _grab_cut(picture, head)


def _grab_cut(picture: RGB, head: tuple[float, float, float, float]) -> F32:
    """Iterated graph cuts at 150 px width; head and breast are certain, the corners beside the head are cloth."""
    height, width = picture.shape[:2]
    f = 150 / width
    small = cv2.resize(picture, (150, max(8, round(height * f))), interpolation=cv2.INTER_AREA)
    x, y, w, h = (v * f for v in head)
    marks = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    cx, cy = x + w / 2, y + h / 2
    cv2.ellipse(marks, ((cx, cy - 0.05 * h), (1.5 * w, 1.8 * h), 0), cv2.GC_PR_FGD, -1)
    shoulders = np.array([[cx - 0.45 * w, y + h], [cx + 0.45 * w, y + h], [cx + 1.3 * w, y + 1.75 * h], [cx + 1.5 * w, y + 4 * h],
                          [cx - 1.5 * w, y + 4 * h], [cx - 1.3 * w, y + 1.75 * h]])
    cv2.fillPoly(marks, [shoulders.round().astype(np.int32)], cv2.GC_PR_FGD)
    cv2.ellipse(marks, ((cx, cy), (0.62 * w, 0.8 * h), 0), cv2.GC_FGD, -1)
    cv2.rectangle(marks, (round(cx - 0.2 * w), round(cy)), (round(cx + 0.2 * w), round(y + 1.7 * h)), cv2.GC_FGD, -1)
    margin = 3
    beside, low = round(0.85 * w), min(marks.shape[0], max(margin, round(y + 0.6 * h)))
    marks[:low, :margin], marks[:low, -margin:] = cv2.GC_BGD, cv2.GC_BGD
    marks[:margin, : max(0, round(cx) - beside)], marks[:margin, round(cx) + beside :] = cv2.GC_BGD, cv2.GC_BGD
    if not (marks == cv2.GC_BGD).any() or not (marks == cv2.GC_FGD).any():
        return np.ones((height, width), np.float32)
    cv2.setRNGSeed(1)  # GrabCut's k-means is seeded from it: the same picture gives the same mask
    colours = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    cv2.grabCut(colours, marks, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    inside = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    inside = _largest(inside)
    soft = cv2.resize(inside.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(soft, np.float32)


def _largest(inside: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest piece with its holes filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    if count > 2:
        inside = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    edges, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(inside.copy(), edges, -1, 1, -1), np.uint8)


def clean_cut(picture: RGB, alpha: F32, *, strict: bool) -> bool:
    """Whether the matte may be used: there is a person and a background, and (``strict``, for mattes that know colours only) what lies
    outside looks like cloth, that is, has the few colours of the upper side edges. Hair or a shoulder that was cut off has others.
    """
    if not LEAST_CLOTH <= float((alpha < 0.02).mean()) <= 1 - LEAST_PERSON:
        return False
    if not strict:
        return True
    f = 150 / picture.shape[1]
    size = (150, max(8, round(picture.shape[0] * f)))
    lab = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    outside = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) < 0.02
    outside = cv2.erode(outside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    edges = np.zeros_like(outside)
    edges[: size[1] // 3, :12], edges[: size[1] // 3, -12:] = True, True
    known = lab[edges & outside]
    if len(known) < 40:
        return False
    shades = np.quantile(known, np.linspace(0.05, 0.95, 5), axis=0).astype(np.float32)
    samples = np.concatenate([shades, known[:: max(1, len(known) // 40)]])
    apart = np.linalg.norm(lab[outside][:, None] - samples[None], axis=-1).min(axis=1)
    return float((apart > 18).mean()) < 0.04


def matte(picture: RGB, rough: F32) -> F32:
    """The rough mask drawn onto the picture's edges; hair becomes half transparent."""
    height, width = rough.shape
    f = min(1.0, MATTE_WIDTH / width)
    size = (max(1, round(width * f)), max(1, round(height * f)))
    guide = f32(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)) / np.float32(255)
    start = f32(np.clip((cv2.resize(rough, size, interpolation=cv2.INTER_AREA) - 0.5) * 4 + 0.5, 0, 1))  # doubt: the picture decides
    start = _given_back(guide, start)
    alpha = _guided(guide, start, max(2, round(size[0] / 60)), 1e-4)
    # only near the rough edge may the filter decide: inside, a shirt of the cloth's colour stays the person's
    reach = 2 * max(2, round(size[0] / 60)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    certain = (start > 0.5).astype(np.uint8)
    inner, outer = cv2.erode(certain, kernel, borderType=cv2.BORDER_REPLICATE), cv2.dilate(certain, kernel)
    alpha = f32(np.where(inner > 0, 1.0, np.where(outer == 0, 0.0, alpha)))
    alpha = _without_rim(guide, f32(np.clip((alpha - CHOKE) / (SURE - CHOKE), 0, 1)))
    return np.asarray(np.clip(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def _given_back(guide: F32, start: F32) -> F32:
    """Takes out of the mask what has the colour of the cloth next to it, hangs together with the cloth and lies near the edge: the
    network draws plain cloth under an arm or above a veil to the person."""
    height, width = start.shape
    size = (max(8, width // 2), max(8, height // 2))
    lab = cv2.cvtColor(cv2.resize(guide, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    cover = cv2.resize(start, size, interpolation=cv2.INTER_AREA)
    cloth = cv2.erode((cover < 0.02).astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    side = (size[0] // 4 | 1, size[0] // 4 | 1)
    share = cv2.blur(cloth.astype(np.float32), side)
    near = cv2.blur(lab * cloth[:, :, None].astype(np.float32), side) / (share[:, :, None] + 1e-5)
    alike = (np.linalg.norm(lab - near, axis=-1) < ALIKE) & (share > 0.004)
    reach = 2 * max(2, round(REACH * size[0])) + 1
    band = cv2.dilate(cloth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0
    _, labels = cv2.connectedComponents(((alike & band) | (cloth > 0)).astype(np.uint8), connectivity=4)
    joined = np.isin(labels, np.unique(labels[cloth > 0])) & (cloth == 0) & alike & band
    back = cv2.resize(joined.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return f32(np.minimum(start, 1 - back))


def _without_rim(guide: F32, alpha: F32) -> F32:
    """Takes pixels of the outermost rim back by as much as their colour lies between the person's and the cloth's nearby."""
    radius = max(4, guide.shape[1] // 40)
    rim = max(2, guide.shape[1] // 150)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    inside = cv2.erode((alpha > 0.9).astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    outside = (cv2.dilate(alpha, kernel) < 0.02).astype(np.float32)
    side = (2 * radius + 1, 2 * radius + 1)
    weights = [cv2.blur(m, side) for m in (inside, outside)]
    front, back = (cv2.blur(guide * m[:, :, None], side) / (w[:, :, None] + 1e-5) for m, w in zip((inside, outside), weights, strict=True))
    between = back - front
    length = (between**2).sum(axis=-1)
    share = ((guide - front) * between).sum(axis=-1) / (length + 1e-5)
    coloured = back.max(axis=-1) - back.min(axis=-1) > 0.3  # a rim of a grey wall is not seen, an ear that was nibbled at is
    told = (inside < 1) & (weights[0] > 0.02) & (weights[1] > 0.02) & (length > 0.03) & coloured
    ours = np.clip(1.15 - 1.3 * share, 0, 1)  # a tenth is grain and light, not cloth
    return np.asarray(np.where(told, np.minimum(alpha, ours), alpha), np.float32)


def _guided(guide: F32, source: F32, radius: int, eps: float) -> F32:
    """Colour guided filter: in each window ``source`` is explained as a linear function of the guide's three channels."""
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(image: F32) -> F32:
        return np.asarray(cv2.blur(image, side, borderType=cv2.BORDER_REFLECT), np.float32)

    m, ms = mean(guide), mean(source)
    cross = mean(guide * source[:, :, None]) - m * ms[:, :, None]
    pairs = {(i, j): mean(guide[:, :, i] * guide[:, :, j]) - m[:, :, i] * m[:, :, j] for i in range(3) for j in range(i, 3)}
    for i in range(3):
        pairs[i, i] = pairs[i, i] + np.float32(eps)
    a, b, c, d, e, f = (pairs[k] for k in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    inverse = ((d * f - e * e, c * e - b * f, b * e - c * d), (c * e - b * f, a * f - c * c, b * c - a * e),
               (b * e - c * d, b * c - a * e, a * d - b * b))
    determinant = a * inverse[0][0] + b * inverse[0][1] + c * inverse[0][2]
    slope = np.stack([sum(inverse[i][j] * cross[:, :, j] for j in range(3)) / determinant for i in range(3)], axis=-1).astype(np.float32)
    offset = ms - (slope * m).sum(axis=-1)
    return np.asarray((mean(slope) * guide).sum(axis=-1) + mean(np.asarray(offset, np.float32)), np.float32)


def person_colours(picture: RGB, alpha: F32) -> F32:
    """Colours 0..255 of the person alone, also where the cloth shines through."""
    image = picture.astype(np.float32)
    colours, cloth = _fused(image, image, image, alpha, max(5, picture.shape[1] // 8))
    colours, _ = _fused(image, colours, cloth, alpha, max(3, picture.shape[1] // 100))
    return np.asarray(np.clip(colours, 0, 255), np.float32)


def _fused(image: F32, front: F32, back: F32, alpha: F32, radius: int) -> tuple[F32, F32]:
    """Fore- and background estimates averaged around each pixel, the foreground corrected so that both explain the picture."""
    side = (2 * radius + 1, 2 * radius + 1)
    a = alpha[:, :, None]
    weight, rest = cv2.blur(alpha, side)[:, :, None], cv2.blur(1 - alpha, side)[:, :, None]
    mean_front = cv2.blur(front * a, side) / (weight + 1e-5)
    mean_back = cv2.blur(back * (1 - a), side) / (rest + 1e-5)
    fixed = mean_front + a * (image - a * mean_front - (1 - a) * mean_back)
    return np.asarray(np.clip(fixed, 0, 255), np.float32), np.asarray(mean_back, np.float32)


def replace_background(picture: RGB, alpha: F32, latar: str) -> RGB:
    """The person of ``picture`` before a plain ``merah`` or ``biru`` cloth. KeyError for another cloth."""
    wanted = np.asarray(CLOTH[latar], np.float32)
    a = alpha[:, :, None]
    composed = person_colours(picture, alpha) * a + wanted * (1 - a)
    composed = np.where(a >= 1, picture, composed)
    return np.asarray(np.clip(composed + 0.5, 0, 255), np.uint8)
