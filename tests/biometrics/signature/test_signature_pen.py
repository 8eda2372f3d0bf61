"""Signatures kept exactly, drawn, exported, and refused when there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.biometrics import images, pen
from ktpel_kiosk.biometrics.quality import signature
from ktpel_kiosk.domain.biometric import PenPoint, SignatureKind
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed
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


@given(st.lists(POINTS, max_size=20), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.integers(0, 100))
def test_stored_series_comes_back_exactly(points: list[PenPoint], width: int, height: int, lost: int) -> None:
    capture = SignatureCapture(tuple(points), width, height, lost)
    assert pen.decode(pen.encode(capture)) == capture


@given(st.data())
def test_damaged_series_is_refused_or_parsed(data: st.DataObject) -> None:
    for record, parse in ((pen.encode(_scribble(12)), pen.decode), (pen.encode_isf(_scribble(12)), pen.decode_isf)):
        broken = bytearray(record)
        for _ in range(data.draw(st.integers(1, 3))):
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
        for candidate in (bytes(broken), record[: data.draw(st.integers(0, len(record) - 1))]):
            try:
                parse(candidate)
            except BadInput as trouble:
                assert trouble.message_key.startswith("record.")


def test_iso_series_layout_and_return() -> None:
    capture = _scribble()
    record = pen.encode_isf(capture)
    assert record[:8] == b"SDI\x00 10\x00"
    assert int.from_bytes(record[8:10]) == 0b1100_0001_0100_0000  # X, Y, T, F
    assert pen.decode_isf(record) == capture


def test_iso_series_longer_than_a_minute_keeps_its_time_roughly() -> None:
    slow = SignatureCapture(tuple(PenPoint(p.x, p.y, p.pressure, p.t_ms * 60) for p in _scribble().points), 9600, 6000)
    back = pen.decode_isf(pen.encode_isf(slow))
    assert all(abs(a.t_ms - b.t_ms) <= 2 for a, b in zip(slow.points, back.points, strict=True))


def test_ink_is_black_on_white_and_breaks_where_the_pen_was_up() -> None:
    image = images.decode_png(pen.ink_png(_scribble()))
    ink = images.to_array(image) < 128
    assert image.width == 800
    assert 0.005 < ink.mean() < 0.3
    columns = np.flatnonzero(~ink.any(axis=0))
    assert any(300 < c < 500 for c in columns)


@pytest.mark.parametrize("kind", list(SignatureKind))
def test_empty_pads_and_touches_are_refused(kind: SignatureKind) -> None:
    nothing = SignatureCapture((), 9600, 6000)
    hover = SignatureCapture(tuple(PenPoint(n, n, 0, n) for n in range(100)), 9600, 6000)
    touch = SignatureCapture(tuple(PenPoint(500, 500 + n % 2, 300, n) for n in range(50)), 9600, 6000)
    for capture, key in ((nothing, "signature.empty"), (hover, "signature.empty"), (touch, "signature.short")):
        with pytest.raises(CaptureFailed) as caught:
            signature.assess(capture, kind)
        assert caught.value.message_key == key


def test_a_line_is_enough_for_who_cannot_write_but_is_no_signature() -> None:
    line = SignatureCapture(tuple(PenPoint(1000 + 25 * n, 3000, 300, n * 5) for n in range(30)), 9600, 6000)
    assert signature.assess(line, SignatureKind.GARIS).score == 100
    with pytest.raises(CaptureFailed):
        signature.assess(line, SignatureKind.TANDA_TANGAN)


def test_lost_reports_cost_score_and_are_said() -> None:
    whole, holed = (
        signature.assess(_scribble(), SignatureKind.TANDA_TANGAN),
        signature.assess(_scribble(lost=30), SignatureKind.TANDA_TANGAN),
    )
    assert whole.score == 100
    assert holed.score < 80
    assert "signature.lost_points" in holed.hints
