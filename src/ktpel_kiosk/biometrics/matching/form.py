"""Retained form: the cylinders of one finger as a small versioned blob, what the office may keep to find duplicates.

No image is in it, but minutiae are; it deserves the protection of a template. Octets, big-endian::

    "KTPM" | version u8 = 1 | n u8 | n x { x u16 | y u16 | angle u8 } | n x cells (33) | n x valid (7) | CRC-32 u32

Cells and valid are bits, column by column, the last octet filled with zeros. Minutiae stand in rising order of (x, y, angle), so that
equal fingers give equal forms. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

import zlib

import numpy as np

from ktpel_kiosk.biometrics.matching import mcc
from ktpel_kiosk.biometrics.matching.mcc import Cylinders
from ktpel_kiosk.domain.errors import BadInput

MAGIC = b"KTPM\x01"
MOST = 90
"""Most cylinders kept, so that a form stays below 4096 octets."""

PLACE_OCTETS = 5
CELL_OCTETS = -(-mcc.CELL_COUNT // 8)
VALID_OCTETS = -(-mcc.COLUMN_COUNT // 8)
EACH = PLACE_OCTETS + CELL_OCTETS + VALID_OCTETS
HEAD, TAIL = 6, 4
_FAR = 1 << 14


def encode(found: Cylinders) -> bytes:
    """Raises ValueError for more than MOST cylinders."""
    n = len(found)
    if n > MOST:
        raise ValueError(f"{n} cylinders, at most {MOST}")
    places = np.empty((n, PLACE_OCTETS), np.uint8)
    places[:, 0], places[:, 1], places[:, 2], places[:, 3] = found.x >> 8, found.x & 255, found.y >> 8, found.y & 255
    places[:, 4] = found.angle
    body = MAGIC + bytes((n,)) + places.tobytes() + np.packbits(found.cells, axis=1).tobytes() + np.packbits(found.valid, axis=1).tobytes()
    return body + zlib.crc32(body).to_bytes(TAIL)


def count(form: bytes, entry: str) -> int:
    """Cylinders in a form whose frame is whole: magic, length and check sum."""
    if len(form) < HEAD + TAIL or not form.startswith(MAGIC[:4]):
        raise BadInput("record.format", entry=entry, expected="KTPM")
    if form[4] != MAGIC[4]:
        raise BadInput("record.range", entry=entry, field="version", value=form[4])
    n = form[5]
    if n > MOST or len(form) != HEAD + n * EACH + TAIL:
        raise BadInput("record.length", entry=entry, expected=HEAD + n * EACH + TAIL, found=len(form))
    if zlib.crc32(form[:-TAIL]) != int.from_bytes(form[-TAIL:]):
        raise BadInput("record.range", entry=entry, field="checksum", value=form[-TAIL:].hex())
    return n


def decode(form: bytes, entry: str = "retained form") -> Cylinders:
    """The cylinders, everything checked that :func:`encode` promises."""
    n = count(form, entry)
    at = HEAD + n * PLACE_OCTETS
    places = np.frombuffer(form, np.uint8, n * PLACE_OCTETS, HEAD).reshape(n, PLACE_OCTETS).astype(np.int16)
    x, y, angle = places[:, 0] << 8 | places[:, 1], places[:, 2] << 8 | places[:, 3], places[:, 4]
    cells = _bits(form, at, n, CELL_OCTETS)
    valid = _bits(form, at + n * CELL_OCTETS, n, VALID_OCTETS)
    order = np.stack([x, y, angle]).astype(np.int64)
    rank = (order[0] << 24) + (order[1] << 8) + order[2]
    fine = {
        "x": bool(((x >= 0) & (x < _FAR)).all()),
        "y": bool(((y >= 0) & (y < _FAR)).all()),
        "order": bool((np.diff(rank) > 0).all()),
        "cells": not cells[:, mcc.CELL_COUNT :].any(),
        "valid": not valid[:, mcc.COLUMN_COUNT :].any(),
    }
    cells, valid = cells[:, : mcc.CELL_COUNT], valid[:, : mcc.COLUMN_COUNT]
    outside = ~np.repeat(valid, mcc.SECTIONS, axis=1)
    fine["cells"] = fine["cells"] and not (cells & outside).any()
    fine["valid"] = fine["valid"] and bool((valid.sum(axis=1) >= mcc.LEAST_VALID * mcc.COLUMN_COUNT).all())
    for field, good in fine.items():
        if not good:
            raise BadInput("record.range", entry=entry, field=field, value="-")
    return Cylinders(x, y, angle, cells, valid)


def _bits(form: bytes, at: int, n: int, octets: int) -> mcc.B:
    packed = np.frombuffer(form, np.uint8, n * octets, at).reshape(n, octets)
    return np.unpackbits(packed, axis=1).astype(np.bool_)
