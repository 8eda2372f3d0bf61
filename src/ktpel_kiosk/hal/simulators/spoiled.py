"""What a broken, badly set or badly used device does to a picture: light, focus, mirror, noise. Pictures in, pictures out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from ktpel_kiosk.domain.biometric import RawImage

U8 = npt.NDArray[np.uint8]


def pixels(image: RawImage) -> U8:
    shape = (image.height, image.width) if image.channels == 1 else (image.height, image.width, image.channels)
    return np.frombuffer(image.data, np.uint8).reshape(shape)


def like(image: RawImage, changed: npt.NDArray[np.generic]) -> RawImage:
    """A picture of the kind of ``image`` with other pixels."""
    held = np.ascontiguousarray(np.clip(changed, 0, 255).astype(np.uint8))
    return RawImage(held.shape[1], held.shape[0], image.channels, held.tobytes(), image.ppi)


def dark(image: RawImage) -> RawImage:
    return like(image, pixels(image).astype(np.float32) * 0.13)


def overexposed(image: RawImage) -> RawImage:
    return like(image, pixels(image).astype(np.float32) * 1.9 + 40)


def uneven_light(image: RawImage) -> RawImage:
    """Light from the left only."""
    fall = 1.15 - 1.0 / (1 + np.exp(-(np.linspace(-1, 1, image.width, dtype=np.float32)) * 14))
    return like(image, pixels(image) * (fall[None, :, None] if image.channels > 1 else fall[None, :]))


def blurred(image: RawImage) -> RawImage:
    return like(image, np.asarray(cv2.GaussianBlur(pixels(image), (0, 0), image.height / 80)))


def moved(image: RawImage) -> RawImage:
    """Smeared sideways, as when the person moves."""
    return like(image, np.asarray(cv2.blur(pixels(image), (15, 1))))


def upside_down(image: RawImage) -> RawImage:
    return like(image, pixels(image)[::-1, ::-1])


def mirrored(image: RawImage) -> RawImage:
    return like(image, pixels(image)[:, ::-1])


def noise(image: RawImage) -> RawImage:
    shape = pixels(image).shape
    return like(image, np.random.default_rng(len(image.data)).integers(0, 256, shape, dtype=np.uint8))


def with_lens(image: RawImage) -> RawImage:
    """A cosmetic lens: rings of printed dots over the iris, the same whoever wears it."""
    grey = pixels(image).copy()
    inner = cv2.threshold(cv2.GaussianBlur(grey, (0, 0), 3), 40, 255, cv2.THRESH_BINARY_INV)[1]
    inner[: image.height // 4] = 0
    spot = cv2.moments(np.asarray(inner, np.uint8), binaryImage=True)
    cx, cy = (spot["m10"] / spot["m00"], spot["m01"] / spot["m00"]) if spot["m00"] else (image.width / 2, image.height / 2)
    for ring, radius in enumerate(range(image.height * 62 // 480, image.height * 112 // 480, 8)):
        for k in range(48):
            angle = 2 * np.pi * (k + ring % 2 / 2) / 48
            at = (round(cx + radius * np.cos(angle)), round(cy + radius * np.sin(angle)))
            if 0 <= at[0] < image.width and 0 <= at[1] < image.height and 60 < grey[at[1], at[0]] < 170:
                cv2.circle(grey, at, 2, 58, -1, cv2.LINE_AA)
    return like(image, grey)


def beside(image: RawImage, other: RawImage) -> RawImage:
    """Two people in one picture: the middles side by side, or both half as large where the picture is narrow."""
    a, b = pixels(image), pixels(other)
    if image.width > image.height:
        quarter = image.width // 4
        return like(image, np.hstack([a[:, quarter:-quarter], b[:, quarter:-quarter]]))
    half = (image.width // 2, image.height // 2)
    out = np.empty_like(a)
    out[:] = a[4, 4]
    out[half[1]:] = np.hstack([np.asarray(cv2.resize(v, half, interpolation=cv2.INTER_AREA)) for v in (a, b)])[: image.height - half[1]]
    return like(image, out)


CAMERA: Mapping[str, Callable[[RawImage], RawImage]] = {
    "dark": dark, "overexposed": overexposed, "uneven_light": uneven_light, "blurred": blurred, "upside_down": upside_down,
    "mirrored": mirrored, "noise": noise,
}
PLATEN: Mapping[str, Callable[[RawImage], RawImage]] = {"upside_down": upside_down, "mirrored": mirrored, "noise": noise}
IRIS: Mapping[str, Callable[[RawImage], RawImage]] = {"blurred": moved, "lens": with_lens, "upside_down": upside_down, "noise": noise}
