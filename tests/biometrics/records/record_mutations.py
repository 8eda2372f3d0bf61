"""Seeded, structure-aware damage: bit flips, lies in length and count fields, truncation, splices, duplicates, huge counts."""

from __future__ import annotations

import random

EXTREMES = (0, 1, 2, 3, 4, 5, 0x7F, 0x80, 0xFE, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def _flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 4))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 3))):
        data[rng.randrange(len(data))] = rng.choice((0, 1, 3, 100, 101, 127, 128, 254, 255))


def _lie(data: bytearray, rng: random.Random) -> None:
    """A field of one to four octets set to an extreme, or moved a little: where it is a length or count, a lie."""
    size = rng.choice((1, 2, 2, 4))
    at = rng.randrange(max(1, len(data) - size))
    old = int.from_bytes(data[at : at + size])
    new = rng.choice((*EXTREMES, old + 1, old - 1, old + 4, old - 4, len(data), len(data) - at))
    data[at : at + size] = (new % (1 << 8 * size)).to_bytes(size)


def _truncate(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 4, 6, 8, 14))]


def _duplicate(data: bytearray, rng: random.Random) -> None:
    at, size = rng.randrange(len(data)), rng.choice((1, 2, 4, 6, 8, 14, 64))
    data[at:at] = bytes(data[at : at + size]) * rng.choice((1, 1, 2, 50))


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 16)))


MUTATORS = (_flip, _set, _lie, _lie, _truncate, _remove, _duplicate, _insert)


def mutate(corpus: tuple[bytes, ...], rng: random.Random, length_size: int) -> bytes:
    """One damaged record. Half of them get a true record length again, so that the damage is met further in;
    one in ten is spliced from two records."""
    data = bytearray(rng.choice(corpus))
    if rng.random() < 0.1:
        other = rng.choice(corpus)
        data[rng.randrange(8, len(data)) :] = other[rng.randrange(8, len(other)) :]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if data:
            rng.choice(MUTATORS)(data, rng)
    if rng.random() < 0.5 and len(data) >= 8 + length_size:
        data[8 : 8 + length_size] = len(data).to_bytes(length_size)
        data[:8] = corpus[0][:8]
    return bytes(data)
