"""What 468 landmarks say about a head: eyes, mouth, size and pose. Pure geometry in pixels of the frame; degrees for angles.

Numbering of the points and the canonical head (centimetres, x right, y up, z towards the camera) follow MediaPipe's face model
(Google, Apache-2.0). Left and right are the picture's, not the person's. Any thread; raises nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Point = tuple[float, float]

_LEFT_CORNERS, _RIGHT_CORNERS = (33, 133), (362, 263)
_LEFT_LIDS = ((160, 144), (159, 145), (158, 153))
_RIGHT_LIDS = ((385, 380), (386, 374), (387, 373))
_LIPS = ((82, 87), (13, 14), (312, 317))
_MOUTH_CORNERS, _NOSE, _CHIN, _SIDES = (61, 291), 1, 152, (234, 454)
_BROWS_AND_JAW = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378,
                  379, 365, 397, 288, 361, 323, 454)
"""Face without forehead: hair and veils do not count as skin."""

_RIGID: dict[int, tuple[float, float, float]] = {
    33: (-4.446, 2.664, 3.173), 133: (-1.856, 2.585, 3.758), 362: (1.856, 2.585, 3.758), 263: (4.446, 2.664, 3.173),
    168: (0.0, 3.271, 5.236), 6: (0.0, 2.473, 5.789), 1: (0.0, -1.127, 7.476), 2: (0.0, -2.089, 6.058), 10: (0.0, 8.262, 4.482),
    61: (-2.456, -4.343, 4.284), 291: (2.456, -4.343, 4.284), 234: (-7.664, 0.673, -2.436), 454: (7.664, 0.673, -2.436),
}
"""Points that hardly move with the expression."""

FOCAL_LENGTHS = 1.2
"""Focal length assumed, in longer sides of the frame: a desk camera of about 45 degrees. Angles hardly depend on it."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. Yaw positive: the nose points to the picture's right; pitch positive: chin up; roll positive: leans to the
    picture's right (clockwise)."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Landmarks:
    """``points``: (468, 3) x, y, z of the mesh; ``frame_size``: (width, height) it was found in."""

    points: F32
    frame_size: tuple[int, int]

    def _at(self, index: int) -> Point:
        return (float(self.points[index, 0]), float(self.points[index, 1]))

    def _mean(self, indexes: tuple[int, int]) -> Point:
        (ax, ay), (bx, by) = self._at(indexes[0]), self._at(indexes[1])
        return ((ax + bx) / 2, (ay + by) / 2)

    @cached_property
    def left_eye(self) -> Point:
        """Middle of the eye's corners, like OFIQ's."""
        return self._mean(_LEFT_CORNERS)

    @cached_property
    def right_eye(self) -> Point:
        return self._mean(_RIGHT_CORNERS)

    @cached_property
    def eye_middle(self) -> Point:
        (lx, ly), (rx, ry) = self.left_eye, self.right_eye
        return ((lx + rx) / 2, (ly + ry) / 2)

    @property
    def eye_distance(self) -> float:
        return math.dist(self.left_eye, self.right_eye)

    @cached_property
    def mouth(self) -> Point:
        return self._mean(_MOUTH_CORNERS)

    @property
    def five(self) -> NDArray[np.float64]:
        """Left eye, right eye, nose, left and right mouth corner: what pictures are aligned by."""
        return np.array([self.left_eye, self.right_eye, self._at(_NOSE), *(self._at(i) for i in _MOUTH_CORNERS)], np.float64)

    @property
    def chin(self) -> Point:
        return self._at(_CHIN)

    @property
    def eyes_to_chin(self) -> float:
        """The T of ISO/IEC 29794-5; a head from chin to crown is about twice as high."""
        return math.dist(self.eye_middle, self.chin)

    @property
    def head_width(self) -> float:
        """Between the ears' roots."""
        return math.dist(self._at(_SIDES[0]), self._at(_SIDES[1]))

    @property
    def eyes_open(self) -> float:
        """Widest lid gap of the less open eye as share of T."""
        return min(self._gap(_LEFT_LIDS), self._gap(_RIGHT_LIDS)) / max(1e-6, self.eyes_to_chin)

    @property
    def mouth_open(self) -> float:
        """Widest gap between the lips' inner edges as share of T."""
        return self._gap(_LIPS) / max(1e-6, self.eyes_to_chin)

    def _gap(self, pairs: tuple[tuple[int, int], ...]) -> float:
        return max(math.dist(self._at(a), self._at(b)) for a, b in pairs)

    @property
    def hull(self) -> NDArray[np.float32]:
        """Convex outline (n, 2) of the face below the brows."""
        return np.asarray(cv2.convexHull(self.points[list(_BROWS_AND_JAW), :2]).reshape(-1, 2), np.float32)

    def pose(self) -> Pose:
        """Angles of the canonical head that explains the points best (``cv2.solvePnP``)."""
        width, height = self.frame_size
        focal = FOCAL_LENGTHS * max(width, height)
        camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], np.float64)
        head = np.array(list(_RIGID.values()), np.float64) * (1, -1, -1)  # camera axes: y down, z away
        seen = self.points[list(_RIGID), :2].astype(np.float64)
        distance = focal * 15.3 / max(1.0, self.head_width)
        start = np.array([[(self.eye_middle[0] - width / 2) * distance / focal], [(self.eye_middle[1] - height / 2) * distance / focal],
                          [distance]], np.float64)
        found, turn, shift = cv2.solvePnP(head, seen, camera, None, np.zeros((3, 1)), start, useExtrinsicGuess=True,
                                          flags=cv2.SOLVEPNP_ITERATIVE)
        if not found or not np.isfinite(turn).all():
            return Pose(0.0, 0.0, self.eye_roll)
        turned = cv2.Rodrigues(turn)[0]
        forward = _against_sight(np.asarray(shift, np.float64).ravel()) @ turned @ np.array([0.0, 0.0, -1.0])  # out of the face
        yaw = math.degrees(math.atan2(forward[0], -forward[2]))
        pitch = math.degrees(math.atan2(-forward[1], math.hypot(forward[0], forward[2])))
        return Pose(yaw, pitch, self.eye_roll)

    @property
    def eye_roll(self) -> float:
        (lx, ly), (rx, ry) = self.left_eye, self.right_eye
        return math.degrees(math.atan2(ry - ly, rx - lx))


def _against_sight(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation that brings the line of sight to the head onto the optical axis: a head at the frame's edge that looks into the
    camera is frontal."""
    sight = shift / (np.linalg.norm(shift) + 1e-9)
    axis = np.cross(sight, (0.0, 0.0, 1.0))
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3)
    angle = math.atan2(sine, float(sight[2]))
    return np.asarray(cv2.Rodrigues(axis / sine * angle)[0], np.float64)
