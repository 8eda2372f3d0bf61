"""Pen series kept exactly, drawn as ink, and exported as ISO/IEC 19794-7."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.biometrics import images, ink, isf, pen
from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import SignatureCapture

# -- signature ---------------------------------------------------------------------------------------------------------------------


def _scribble(count: int = 300, width: int = 9600, height: int = 6000, lost: int = 0) -> SignatureCapture:
    points = []
    for n in range(count):
        t = n / count
        down = t < 0.45 or t > 0.5
        points.append(PenPoint(round(width * (0.15 + 0.7 * t)), round(height * (0.5 + 0.2 * math.sin(40 * t))), 400 if down else 0, n * 5))
    return SignatureCapture(tuple(points), width, height, lost)


POINTS = st.builds(PenPoint, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 1023), st.integers(0, 2**32 - 1))


def test_the_scale_of_the_pad_is_stored_and_reaches_the_standard_record() -> None:
    capture = replace(_scribble(12), units_per_mm=100.0)
    stored = pen.encode(capture)
    assert pen.decode(stored) == capture
    assert isf.decode(isf.encode_isf(pen.decode(stored))).channels[0].scale == 100
    assert pen.decode(pen.encode(_scribble(12))).units_per_mm == 0.0
    with pytest.raises(BadInput):
        pen.decode(stored[:19])


@given(st.lists(POINTS, max_size=20), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.integers(0, 100))
def test_stored_series_comes_back_exactly(points: list[PenPoint], width: int, height: int, lost: int) -> None:
    capture = SignatureCapture(tuple(points), width, height, lost)
    assert pen.decode(pen.encode(capture)) == capture


def test_iso_series_layout_and_return() -> None:
    capture = _scribble()
    record = isf.encode_isf(capture)
    assert record[:8] == b"SDI\x00 10\x00"
    assert int.from_bytes(record[8:10]) == 0b1100_0001_0100_0000  # X, Y, T, F
    assert record[10:15] == bytes((0x60, 0x80, 0x00)) + (9600 + 0x8000).to_bytes(2)  # X: minimum 0, maximum 9600
    assert record[15:20] == bytes((0x60, 0x80, 0x00)) + (6000 + 0x8000).to_bytes(2)
    assert record[20:23] == b"\x80" + ((9 + 16) << 11 | round((1000 / 512 - 1) * 2048)).to_bytes(2)  # T: 1000 a second
    assert record[23:28] == bytes((0x60, 0, 0, 1023 >> 8, 1023 & 255))
    assert record[28:33] == bytes((0, 0)) + len(capture.points).to_bytes(3)  # reserved, no extended data, points
    assert len(record) == 33 + 8 * len(capture.points)
    assert isf.decode_isf(record) == capture


def test_scaling_values_are_those_of_the_standard() -> None:
    """(1 + F / 2048) * 2 ** (E - 16)."""
    assert isf.scaling(1) == 16 << 11
    assert isf.scaling(100) == (16 + 6) << 11 | round((100 / 64 - 1) * 2048)
    for value in (0.013, 1, 2.5, 39.37, 100, 200, 1000, 65000):
        assert isf.scale_of(isf.scaling(value)) == pytest.approx(value, rel=2**-12)
    for value in (0, 70_000):
        with pytest.raises(BadInput):
            isf.scaling(value)


def test_a_pad_of_known_size_carries_units_per_millimetre() -> None:
    record = isf.decode(isf.encode_isf(_scribble(), units_per_mm=100))
    assert [round(c.scale) for c in record.channels if c.bit in (isf.X, isf.Y)] == [100, 100]
    assert isf.decode_isf(isf.encode(record)) == _scribble()


def test_constant_time_steps_leave_the_channel_out_of_the_points() -> None:
    """As other makers write it: X and Y with a scaling value, DT constant, F."""
    channels = (
        isf.Channel(isf.X, 0xA0, (isf.scaling(100), 9600 + 0x8000)),
        isf.Channel(isf.Y, 0xA0, (isf.scaling(100), 6000 + 0x8000)),
        isf.Channel(isf.DT, 0x84, (isf.scaling(200),)),
        isf.Channel(isf.F, 0x60, (0, 1023)),
    )
    values = tuple((0x8000 + 10 * n, 0x8000 + 6000, 300) for n in range(5))
    back = isf.decode_isf(isf.encode(isf.SignatureRecord(channels, values)))
    assert [p.t_ms for p in back.points] == [0, 5, 10, 15, 20]
    assert [(p.x, p.y) for p in back.points] == [(10 * n, 0) for n in range(5)]


def test_second_edition_layout() -> None:
    """Offsets of a public implementation: technology 13, channels 19 after the general header; then points, then extended data."""
    channels = (
        isf.Channel(isf.X, 0x60, (4000, 4000)),
        isf.Channel(isf.Y, 0x60, (4000, 4000)),
        isf.Channel(isf.T, 0, ()),
        isf.Channel(isf.F, 0x60, (0, 1)),
    )
    record = isf.SignatureRecord(channels, ((33968, 34868, 1200, 1),), 2014, technology=1)
    data = isf.encode(record)
    assert data[:8] == b"SDI\x00020\x00"
    assert data[8:15] == len(data).to_bytes(4) + b"\0\x01\0"
    body = data[15:]
    assert int.from_bytes(body[:4]) == len(body) == 50
    assert body[13] == 1
    assert int.from_bytes(body[19:21]) == 0b1100_0001_0100_0000
    assert int.from_bytes(body[37:40]) == 1
    assert isf.decode(data) == record


CHANNELS = st.sets(st.sampled_from([15, 14, 13, 9, 8, 7, 6, 5, 0]), min_size=1)


@given(st.data(), CHANNELS, st.sampled_from([2007, 2014]), st.binary(max_size=12))
def test_any_record_comes_back_byte_for_byte(data: st.DataObject, bits: set[int], edition: int, extended: bytes) -> None:
    channels = []
    for bit in sorted(bits, reverse=True):
        preamble = data.draw(st.integers(0, 127)) * 2
        count = bin(preamble & 0xF8).count("1")
        channels.append(isf.Channel(bit, preamble, tuple(data.draw(st.lists(st.integers(0, 65535), min_size=count, max_size=count)))))
    wide = sum(not c.constant for c in channels)
    if not wide:
        return
    rows = data.draw(st.lists(st.tuples(*[st.integers(0, 65535)] * wide), min_size=1, max_size=4))
    qualities = ((80, 0, 0),) if edition == 2014 else ()
    record = isf.SignatureRecord(tuple(channels), tuple(rows), edition, qualities=qualities, extended=extended)
    encoded = isf.encode(record)
    assert isf.decode(encoded) == record
    assert isf.encode(isf.decode(encoded)) == encoded


def _damaged(record: bytes, rng: np.random.Generator) -> bytes:
    """A few octets changed, cut out, doubled, or the end torn off."""
    broken = bytearray(record)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(0, len(broken)))
        act = rng.integers(0, 4)
        if act == 0:
            broken[at] = int(rng.integers(0, 256))
        elif act == 1:
            broken[at] = int(rng.choice([0, 0x7F, 0x80, 0xFF]))
        elif act == 2:
            del broken[at : at + int(rng.integers(1, 5))]
        else:
            broken[at:at] = broken[at : at + int(rng.integers(1, 5))]
        if not broken:
            return b""
    return bytes(broken[: int(rng.integers(0, len(broken) + 1))] if rng.random() < 0.2 else broken)


def _fuzz(rounds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = isf.encode_isf(_scribble(12), units_per_mm=100)
    second = isf.encode(replace(isf.decode(first), edition=2014, qualities=((77, 1, 2),), extended=b"abc"))
    cases = ((pen.encode(_scribble(12)), (pen.decode,)), (first, (isf.decode, isf.decode_isf)), (second, (isf.decode, isf.decode_isf)))
    for _ in range(rounds):
        for record, parsers in cases:
            candidate = _damaged(record, rng)
            for parse in parsers:
                try:
                    parse(candidate)
                except BadInput as trouble:
                    assert trouble.message_key.startswith("record."), trouble.message_key


def test_damaged_records_are_refused_in_one_way() -> None:
    _fuzz(300, 1)


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_damaged_records() -> None:
    _fuzz(100_000, 2)


def test_announced_sizes_cost_no_memory() -> None:
    record = bytearray(isf.encode_isf(_scribble(12)))
    record[30:33] = b"\xff\xff\xff"
    with pytest.raises(BadInput) as caught:
        isf.decode(bytes(record))
    assert caught.value.message_key == "record.range"
    stored = bytearray(pen.encode(_scribble(12)))
    stored[17:21] = b"\xff\xff\xff\xff"
    with pytest.raises(BadInput):
        pen.decode(bytes(stored))


def test_iso_series_longer_than_a_minute_keeps_its_time_roughly() -> None:
    slow = SignatureCapture(tuple(PenPoint(p.x, p.y, p.pressure, p.t_ms * 60) for p in _scribble().points), 9600, 6000)
    back = isf.decode_isf(isf.encode_isf(slow))
    assert all(abs(a.t_ms - b.t_ms) <= 2 for a, b in zip(slow.points, back.points, strict=True))


def _ink(capture: SignatureCapture) -> images.Grey:
    return images.to_array(images.decode_png(ink.ink_png(capture)))


def test_ink_is_black_on_white_and_breaks_where_the_pen_was_up() -> None:
    picture = _ink(_scribble())
    dark = picture < 128
    assert picture.shape[1] == 800
    assert picture[0].min() == 255
    assert picture.min() == 0
    assert 0.005 < dark.mean() < 0.3
    assert any(300 < c < 500 for c in np.flatnonzero(~dark.any(axis=0)))


def test_ink_is_thicker_where_pressed_harder_and_thinner_where_faster() -> None:
    def line(pressures: tuple[int, int], times: tuple[int, int] = (10, 10)) -> tuple[float, float]:
        points, now = [], 0
        for n in range(200):
            now += times[n >= 100]
            points.append(PenPoint(1000 + 35 * n, 3000, pressures[n >= 100], now))
        columns = (_ink(SignatureCapture(tuple(points), 9600, 6000)) < 128).sum(axis=0)
        return float(columns[150:300].mean()), float(columns[500:650].mean())

    soft, hard = line((250, 1000))
    assert hard > 1.5 * soft
    slow, fast = line((600, 600), (20, 5))
    assert fast < 0.9 * slow


def test_ink_of_a_curve_has_no_corners() -> None:
    """Eight reports a turn: a polygon would cut the circle by 15 px, a spline by two."""
    ring = [PenPoint(round(4000 + 1500 * math.cos(a)), round(3000 + 1500 * math.sin(a)), 500, n * 20)
            for n, a in enumerate(np.arange(17) * math.pi / 4)]
    picture = _ink(SignatureCapture(tuple(ring), 9600, 6000))
    ys, xs = np.nonzero(picture < 128)
    radius = np.hypot(xs - picture.shape[1] / 2 + 0.5, ys - picture.shape[0] / 2 + 0.5)
    assert radius.max() - radius.min() < 16


def test_one_report_is_a_dot_and_no_report_is_refused() -> None:
    assert (_ink(SignatureCapture((PenPoint(5, 5, 300, 0),), 9600, 6000)) < 128).sum() > 4
    with pytest.raises(BadInput) as caught:
        ink.ink_png(SignatureCapture((PenPoint(5, 5, 0, 0),), 9600, 6000))
    assert caught.value.message_key == "signature.empty"


def test_ink_of_damaged_times_and_far_points_is_bounded() -> None:
    wild = tuple(PenPoint(2**32 - 1 if n % 2 else 0, 2**32 - 1 if n % 3 else 0, 1023, (7919 * n) % 100) for n in range(3000))
    assert _ink(SignatureCapture(wild, 9600, 6000)).shape[1] <= 800
