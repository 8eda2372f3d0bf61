"""Gate: 100,000 damaged transactions and BIR documents each end in a value or in BadInput, and in bounded memory."""

from __future__ import annotations

import random
import tracemalloc
import uuid
from collections.abc import Callable, Iterator

import pytest
from bio_samples import NOW, ROOT
from test_bio_an2k import small

from ktpel_kiosk.biometrics import an2k, cbeff
from ktpel_kiosk.biometrics.inspection import inspect, table
from ktpel_kiosk.domain.biometric import EYES, FINGERS, Position
from ktpel_kiosk.domain.errors import BadInput

COUNT, WATCHED = 100_000, 2_000
MARKS = (b"\x1c", b"\x1d", b"\x1e", b"\x1f", b":", b".", b"9", b"0", b"\xff\xff\xff\xff", b"<", b">", b"</BIR>", b"<BIR>", b"&#0;", b"&x;",
         b"\xc3")


def damaged(seeds: list[bytes], count: int, rng: random.Random) -> Iterator[bytes]:
    """Bytes changed, inserted, cut out, doubled and cut off, with a liking for separators."""
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data) + 1)
            match rng.randrange(5):
                case 0:
                    data[at : at + 1] = bytes((rng.randrange(256),))
                case 1:
                    data[at:at] = rng.choice(MARKS)
                case 2:
                    del data[at : at + rng.randint(1, 9)]
                case 3:
                    data[at:at] = data[at : at + rng.randint(1, 40)]
                case 4:
                    data = data[:at] or data
        yield bytes(data)


def transactions() -> list[bytes]:
    """Ours, and the heads of the real ones (their images are pixels, not structure)."""
    real = [p.read_bytes() for p in sorted(ROOT.rglob("*.an2*")) if p.stat().st_size < 9000] if ROOT.is_dir() else []
    return [small(), *real]


def documents() -> list[bytes]:
    birs = [cbeff.Bir(str(uuid.UUID(int=n)), p, NOW, b"FIR\x00020\x00" if n % 3 else None, n, ("257", "57"), ("a", "b"))
            for n, p in enumerate((Position.FACE, *FINGERS[:3], *EYES), 1)]
    return [cbeff.build(birs[i : i + 2], created_at=NOW) for i in range(0, 6, 2)]


def read_transaction(data: bytes) -> None:
    list(an2k.pictures(an2k.read(data)))
    list(table(inspect(data, "x")))


@pytest.mark.gate
@pytest.mark.parametrize(("seeds", "read"), [(transactions, read_transaction), (documents, cbeff.parse)], ids=["an2k", "cbeff"])
def test_damage_ends_in_a_value_or_bad_input(seeds: Callable[[], list[bytes]], read: Callable[[bytes], object]) -> None:
    rng, known = random.Random(7), seeds()
    tracemalloc.start()  # counting every allocation is slow, so memory is watched on the first part only
    refused = sum(refuses(read, data) for data in damaged(known, WATCHED, rng))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    refused += sum(refuses(read, data) for data in damaged(known, COUNT - WATCHED, rng))
    assert refused > COUNT // 4
    assert peak < 20_000_000


def refuses(read: Callable[[bytes], object], data: bytes) -> bool:
    try:
        read(data)
    except BadInput:
        return True
    return False
