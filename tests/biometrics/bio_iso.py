"""FAC 030 and IIR 020 read straight from the tables of ISO/IEC 19794-5:2011 and 19794-6:2011, for tests: no line shared with the product.

No maintained Python package reads these two (iso19794 0.1.0 cuts the FAC 030 header short), hence this second reading of the standard.
"""

from __future__ import annotations

import struct
from typing import Any


def _capture(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    """Length, date, device, quality records: the same beginning in both parts."""
    length, year, month, day, hour, minute, second, ms, technology, vendor, device, scores = struct.unpack_from(">IHBBBBBHBHHB", data, at)
    at += 19
    qualities = []
    for _ in range(scores):
        qualities.append(struct.unpack_from(">BHH", data, at))
        at += 5
    return {"length": length, "captured": (year, month, day, hour, minute, second, ms), "device": (technology, vendor, device),
            "qualities": qualities}, at


def read_fac(data: bytes) -> dict[str, Any]:
    """The only image of a FAC 030."""
    magic, version, total, count, certified, temporal = struct.unpack_from(">4s4sIHBH", data)
    assert (magic, version, total, count, certified) == (b"FAC\0", b"030\0", len(data), 1, 0)
    found, at = _capture(data, 17)
    assert found["length"] == len(data) - 17
    points, gender, eyes, hair, height, mask, expression = struct.unpack_from(">HBBBB3sH", data, at)
    at += 11
    pose = struct.unpack_from(">6B", data, at)
    at += 6
    landmarks = [struct.unpack_from(">BBHHH", data, at + 8 * i) for i in range(points)]
    at += 8 * points
    image_type, coding, width, high, sampling, processing, reference, colour, length = struct.unpack_from(">BBHHBHBBI", data, at)
    at += 15
    image = data[at : at + length]
    assert at + length == len(data)
    return found | {"temporal": temporal, "person": (gender, eyes, hair, height, mask, expression), "pose": pose, "landmarks": landmarks,
                    "image_type": image_type, "coding": coding, "size": (width, high), "sampling": sampling, "processing": processing,
                    "reference": reference, "colour": colour, "image": image}


def read_iir(data: bytes) -> dict[str, Any]:
    """The only image of an IIR 020."""
    magic, version, total, count, certified, eyes = struct.unpack_from(">4s4sIHBB", data)
    assert (magic, version, total, count, certified, eyes) == (b"IIR\0", b"020\0", len(data), 1, 0, 1)
    found, at = _capture(data, 16)
    assert found["length"] == len(data) - 16
    head = struct.unpack_from(">HBBBBHHBHHH", data, at)
    number, label, image_type, coding, properties, width, height, depth, distance, roll, unsure = head
    at += 17
    centre, diameter = struct.unpack_from(">4H", data, at), struct.unpack_from(">2H", data, at + 8)
    (length,) = struct.unpack_from(">I", data, at + 12)
    at += 16
    assert at + length == len(data)
    return found | {"number": number, "label": label, "image_type": image_type, "coding": coding, "properties": properties,
                    "size": (width, height), "depth": depth, "range": distance, "roll": (roll, unsure), "centre": centre,
                    "diameter": diameter, "image": data[at:]}
