"""Seeded damage that knows a little of what it damages: bits, cuts, splices, lengths, words of a dictionary, repetition."""

from __future__ import annotations

import random
from collections.abc import Sequence

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
LONGEST = 400_000


def _bits(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _octets(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    for _ in range(rng.choice((1, 2, 4))):
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x20, 0x22, 0x2C, 0x30, 0x7F, 0x80, 0xFE, 0xFF))


def _length(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    """A field of one to four octets, either way round: where it is a length or a count, a lie."""
    size, order = rng.choice((1, 2, 2, 4)), rng.choice(("big", "little"))
    at = rng.randrange(max(1, len(data) - size))
    old = int.from_bytes(data[at:at + size], order)
    new = rng.choice((*EXTREMES, old + 1, old - 1, old * 2, len(data), len(data) - at))
    data[at:at + size] = (new % (1 << 8 * size)).to_bytes(size, order)


def _cut(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data)):]


def _out(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    del data[at:at + rng.choice((1, 2, 4, 16, 64))]


def _twice(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    at, size = rng.randrange(len(data)), rng.choice((1, 2, 4, 16, 64, 512))
    data[at:at] = bytes(data[at:at + size]) * rng.choice((1, 1, 2, 50, 400))


def _word(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at + rng.choice((0, 0, 1, 4))] = rng.choice(words) if words else rng.randbytes(4)


def _noise(data: bytearray, rng: random.Random, words: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.choice((1, 2, 16)))


WAYS = (_bits, _bits, _octets, _length, _length, _cut, _out, _twice, _word, _word, _noise)


def damaged(seeds: Sequence[bytes], rng: random.Random, words: Sequence[bytes] = ()) -> bytes:
    """One damaged file; one in eight is spliced from two."""
    data = bytearray(rng.choice(seeds))
    if rng.random() < 0.125:
        other = rng.choice(seeds)
        data[rng.randrange(len(data) + 1):] = other[rng.randrange(len(other) + 1):]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if data:
            rng.choice(WAYS)(data, rng, words)
    return bytes(data[:LONGEST])
