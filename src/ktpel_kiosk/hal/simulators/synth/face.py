"""Renders a synthetic person before the red or blue cloth: portraits and a live camera picture.

The person is painted once per size (open and closed eyes) and kept; a frame is one warp, one blend and some noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_kiosk.hal.simulators.synth.canvas import Canvas, points, scaled
from ktpel_kiosk.hal.simulators.synth.dress import (
    hijab_opening,
    paint_back_hair,
    paint_hijab,
    paint_long_hair,
    paint_neck,
    paint_shirt,
    paint_short_hair,
)
from ktpel_kiosk.hal.simulators.synth.head import paint_eyes, paint_face
from ktpel_kiosk.hal.simulators.synth.looks import looks_of
from ktpel_kiosk.hal.simulators.synth.noise import F32, U8, f32, smooth_field, stream

CLOTH: dict[str, tuple[int, int, int]] = {"merah": (0xC8, 0x10, 0x2E), "biru": (0x0B, 0x57, 0xB8)}
FRAME_WIDTH, FRAME_HEIGHT = 1280, 720
PORTRAIT_WIDTH, PORTRAIT_HEIGHT = 960, 1280
FRAME_EYES, FRAME_SCALE = (640.0, 318.0), 112.0
PORTRAIT_EYES, PORTRAIT_SCALE = (480.0, 585.0), 222.0
PAINTED = 0.75
FRAME_PART = slice(220, 1060)
"""Columns the person can reach."""

EYE_BAND = points((-0.85, -0.24), (0.85, 0.26))
"""The part of the face a blink changes, in face units; neither hair nor cloth covers it."""

BLINK_S = 0.16

LOOKS = ("plain", "eyes_closed", "head_turned", "mouth_open")
TURNED, OPENED = 0.5, 0.28
"""How far a turned head moves its features sideways, and how far a mouth opens, in face units."""


@dataclass(frozen=True, slots=True)
class Who:
    """The key of a rendering."""

    seed: int
    birth_year: int
    sex: str


def paint_person(who: Who, width: int, height: int, eyes: tuple[float, float], scale: float) -> tuple[U8, U8]:
    """The person as premultiplied RGBA, once with open and once with closed eyes."""
    looks = looks_of(who.seed, who.birth_year, who.sex)
    canvas = Canvas(width, height, eyes, scale)

    def rng(part: str) -> np.random.Generator:
        return stream(who.seed, "paint", part)

    if looks.hair in ("long", "bun"):
        paint_back_hair(canvas, looks)
    paint_neck(canvas, looks)
    if looks.hair == "hijab":
        canvas.fill(hijab_opening(looks), scaled(looks.veil, 0.42))
    else:
        paint_shirt(canvas, looks, rng("shirt"))
    band = canvas.window(EYE_BAND, 0.0)
    eyes_only = canvas.part(band)
    paint_face(eyes_only, looks, rng("face"), "lids")
    paint_eyes(eyes_only, looks, 0.0)
    asleep = canvas.rgb[band].copy()
    paint_face(canvas, looks, rng("face"))
    paint_eyes(canvas, looks, 1.0)
    if looks.hair == "hijab":
        paint_hijab(canvas, looks, rng("hijab"))
    elif looks.hair in ("long", "bun"):
        paint_long_hair(canvas, looks, rng("hair"))
    else:
        paint_short_hair(canvas, looks, rng("hair"))
    awake = premultiplied(canvas)
    canvas.rgb[band] = asleep
    return awake, premultiplied(canvas)


def premultiplied(canvas: Canvas) -> U8:
    cover = np.clip(canvas.alpha, 0, 1)[..., None]
    return np.asarray(np.clip(np.dstack([canvas.rgb * cover, cover * 255]), 0, 255), dtype=np.uint8)


def cloth(latar: str, seed: int, width: int, height: int) -> F32:
    """The backdrop: even colour, light falling off a little to the corners. Raises KeyError for another name."""
    colour = f32(CLOTH[latar])
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    away = ((xs / width - 0.5) ** 2 + (ys / height - 0.45) ** 2) * 4
    light = 1.012 - 0.028 * away + 0.006 * smooth_field(stream(seed, "cloth"), height, width, 240)
    return f32(colour * light[..., None])


@lru_cache(maxsize=8)
def frame_sprites(who: Who) -> tuple[U8, U8]:
    """The person at frame size with open and with closed eyes, cut to ``FRAME_PART``."""
    eyes = (FRAME_EYES[0] - FRAME_PART.start, FRAME_EYES[1])
    return paint_person(who, FRAME_PART.stop - FRAME_PART.start, FRAME_HEIGHT, eyes, FRAME_SCALE)


@lru_cache(maxsize=4)
def frame_cloth(latar: str, seed: int) -> U8:
    return np.asarray(np.clip(cloth(latar, seed, FRAME_WIDTH, FRAME_HEIGHT), 0, 255), dtype=np.uint8)


@lru_cache(maxsize=2)
def portrait_cloth(latar: str, seed: int) -> U8:
    return np.asarray(np.clip(cloth(latar, seed, PORTRAIT_WIDTH, PORTRAIT_HEIGHT), 0, 255), dtype=np.uint8)


@lru_cache(maxsize=1)
def sensor_noise() -> tuple[U8, U8]:
    """Brighter and darker grains, larger than a picture so that every one takes another cut; repeated downwards for a portrait."""
    rng = stream(0, "sensor")
    grains = np.tile(rng.standard_normal((FRAME_HEIGHT, FRAME_WIDTH + 64, 3), dtype=np.float32) * 1.6, (2, 1, 1))
    return np.asarray(np.clip(grains, 0, 255), dtype=np.uint8), np.asarray(np.clip(-grains, 0, 255), dtype=np.uint8)


def over(back: U8, person: U8) -> U8:
    """Premultiplied RGBA over an opaque picture."""
    rest = cv2.merge([cv2.bitwise_not(person[..., 3])] * 3)
    return np.asarray(cv2.add(cv2.multiply(back, rest, scale=1 / 255), np.ascontiguousarray(person[..., :3])), dtype=np.uint8)


def with_noise(picture: U8, index: int) -> U8:
    brighter, darker = sensor_noise()
    height, width = picture.shape[:2]
    dy, dx = (index * 37) % 64, (index * 23) % 61
    cut = (slice(dy, dy + height), slice(dx, dx + width))
    return np.asarray(cv2.subtract(cv2.add(picture, brighter[cut]), darker[cut]), dtype=np.uint8)


def blinking(seed: int, t: float) -> bool:
    """Once in every few seconds, at the person's own rhythm."""
    pace = 3.1 + (seed % 7) * 0.31
    turn = int(np.floor(t / pace))
    start = turn * pace + float(stream(seed, "blink", turn).uniform(0.8, pace - BLINK_S))
    return start <= t < start + BLINK_S


def smooth(t: F32) -> F32:
    """0 below 0, 1 above 1, soft in between."""
    t = np.clip(t, 0, 1)
    return f32(t * t * (3 - 2 * t))


def expressed(person: U8, look: str, eyes: tuple[float, float], scale: float) -> U8:
    """The sprite with the head turned or the mouth open: features drawn aside within the skull, the jaw drawn down."""
    height, width = person.shape[:2]
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x, y = (xs - eyes[0]) / scale, (ys - eyes[1]) / scale
    if look == "head_turned":
        half = 1.08 - 0.34 * np.clip((y - 0.2) / 1.4, 0, 1.1) ** 1.4  # the skull narrows to the chin, and its edge stays where it is
        within = np.clip(1 - (x / half) ** 2, 0, 1) * np.clip(1 - ((y - 0.1) / 2.1) ** 4, 0, 1)
        return np.asarray(cv2.remap(person, xs - f32(TURNED * scale * within), ys, cv2.INTER_LINEAR), dtype=np.uint8)
    jaw = OPENED * np.clip((1.15 - np.abs(x)) / 0.6, 0, 1) * (1 - smooth((y - 1.75) / 1.1))
    corner = smooth((np.abs(x) - 0.12) / 0.3)
    down = (1 - corner) * np.clip(y - 1.115, 0, jaw) + corner * jaw * smooth((y - 0.8) / 0.8)
    drawn = np.asarray(cv2.remap(person, xs, ys - f32(scale * down), cv2.INTER_LINEAR), dtype=np.uint8)
    hole = np.clip((1 - (x / 0.29) ** 2 - ((y - 1.125 - 0.46 * OPENED) / (0.5 * OPENED)) ** 2) * 5, 0, 1)[..., None]
    drawn[..., :3] = drawn[..., :3] * (1 - hole) + f32((46, 20, 20)) * hole
    return drawn


@lru_cache(maxsize=2)
def expressed_frame(who: Who, look: str) -> U8:
    return expressed(frame_sprites(who)[0], look, (FRAME_EYES[0] - FRAME_PART.start, FRAME_EYES[1]), FRAME_SCALE)


def camera_frame(who: Who, latar: str, t: float, look: str = "plain") -> U8:
    """The live picture at ``t`` seconds, RGB ``FRAME_HEIGHT`` x ``FRAME_WIDTH``. Below 15 ms once painted."""
    back = frame_cloth(latar, who.seed)
    if look in ("head_turned", "mouth_open"):
        person = expressed_frame(who, look)
    else:
        person = frame_sprites(who)[1 if look == "eyes_closed" or blinking(who.seed, t) else 0]
    phase = float(stream(who.seed, "sway").uniform(0, 6.28))
    sway = 7.0 * np.sin(0.62 * t + phase) + 2.5 * np.sin(1.57 * t + 2 * phase)
    nod = 3.0 * np.sin(0.83 * t + phase * 1.7)
    foot, eyes = float(FRAME_HEIGHT), FRAME_EYES[1]
    shear = -sway / (foot - eyes)
    turn = np.array([[1.0, shear, -shear * foot], [0.0, 1.0 - nod / (foot - eyes), nod / (foot - eyes) * foot]])
    moved = cv2.warpAffine(person, turn, (person.shape[1], person.shape[0]), flags=cv2.INTER_LINEAR,
                           borderMode=cv2.BORDER_REPLICATE)
    frame = back.copy()
    frame[:, FRAME_PART] = over(np.ascontiguousarray(back[:, FRAME_PART]), np.asarray(moved, dtype=np.uint8))
    return with_noise(frame, round(t * 30))


@lru_cache(maxsize=4)
def portrait_sprite(who: Who) -> tuple[U8, U8]:
    """Eyes open and closed. Painted at ``PAINTED`` of its size, which is still finer than the card's portrait, and enlarged."""
    small = paint_person(who, round(PORTRAIT_WIDTH * PAINTED), round(PORTRAIT_HEIGHT * PAINTED),
                         (PORTRAIT_EYES[0] * PAINTED, PORTRAIT_EYES[1] * PAINTED), PORTRAIT_SCALE * PAINTED)
    awake, asleep = (cv2.resize(p, (PORTRAIT_WIDTH, PORTRAIT_HEIGHT), interpolation=cv2.INTER_CUBIC) for p in small)
    return np.asarray(awake, dtype=np.uint8), np.asarray(asleep, dtype=np.uint8)


def portrait(who: Who, latar: str, jitter: int, look: str = "plain") -> U8:
    """A frontal portrait, RGB ``PORTRAIT_HEIGHT`` x ``PORTRAIT_WIDTH``; ``jitter`` moves the head a little, 0 not at all."""
    person = portrait_sprite(who)[1 if look == "eyes_closed" else 0]
    if look in ("head_turned", "mouth_open"):
        person = expressed(person, look, PORTRAIT_EYES, PORTRAIT_SCALE)
    if jitter:
        rng = stream(who.seed, "jitter", jitter)
        turn = cv2.getRotationMatrix2D(PORTRAIT_EYES, float(rng.normal(0, 1.0)), float(rng.normal(1.0, 0.012)))
        turn[:, 2] = turn[:, 2] + rng.normal(0, 7, 2)
        person = np.asarray(cv2.warpAffine(person, turn, (PORTRAIT_WIDTH, PORTRAIT_HEIGHT), flags=cv2.INTER_LINEAR,
                                           borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
    return with_noise(over(portrait_cloth(latar, who.seed), person), jitter)
