"""What counts as a signature, a line, a thumb print; what is refused and what is only mentioned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bio_samples import sample

from ktpel_kiosk.biometrics import isf
from ktpel_kiosk.biometrics.quality import signature
from ktpel_kiosk.domain.biometric import PenPoint, SignatureKind
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.hal.simulators.synth import pen as synth_pen
from ktpel_kiosk.ports.devices import SignatureCapture

WIDTH, HEIGHT = 9600, 6000
SIGN, LINE, THUMB = SignatureKind.TANDA_TANGAN, SignatureKind.GARIS, SignatureKind.CAP_JEMPOL
Shape = list[tuple[float, float]]


def _capture(*shapes: Shape, pause_ms: int = 300, step_ms: int = 5) -> SignatureCapture:
    """Strokes given in shares of the pad's width, with the pen lifted between them."""
    points, now = [], 0
    for shape in shapes:
        for x, y in shape:
            points.append(PenPoint(round(x * WIDTH), round(y * WIDTH), 500, now))
            now += step_ms
        points.append(PenPoint(*(round(v * WIDTH) for v in shape[-1]), 0, now))
        now += pause_ms
    return SignatureCapture(tuple(points), WIDTH, HEIGHT)


def _line(x0: float, y0: float, x1: float, y1: float, count: int = 40) -> Shape:
    return [(x0 + (x1 - x0) * n / (count - 1), y0 + (y1 - y0) * n / (count - 1)) for n in range(count)]


def _name(count: int = 160) -> Shape:
    """Loops from left to right over the middle of the pad."""
    return [(0.2 + 0.4 * n / count + 0.02 * math.sin(n / 4), 0.3 + 0.05 * math.cos(n / 4)) for n in range(count)]


def _dot(x: float, y: float, count: int = 10) -> Shape:
    return [(x + 0.001 * (n % 3), y + 0.001 * (n % 2)) for n in range(count)]


def _blot(x: float, y: float) -> Shape:
    """The ball of a hand that lies on the pad for a second."""
    return [(x + 0.02 * math.sin(n), y + 0.015 * math.cos(1.7 * n)) for n in range(200)]


def _refused(capture: SignatureCapture, kind: SignatureKind) -> str:
    with pytest.raises(CaptureFailed) as caught:
        signature.assess(capture, kind)
    return caught.value.message_key


@pytest.mark.parametrize("kind", list(SignatureKind))
def test_empty_pads_and_touches_are_refused(kind: SignatureKind) -> None:
    assert _refused(SignatureCapture((), WIDTH, HEIGHT), kind) == "signature.empty"
    assert _refused(SignatureCapture(tuple(PenPoint(n, n, 0, n) for n in range(100)), WIDTH, HEIGHT), kind) == "signature.empty"
    assert _refused(_capture(_dot(0.1, 0.1, 50)), SIGN) == "signature.short"
    assert _refused(SignatureCapture((PenPoint(5, 5, 500, 0),), WIDTH, HEIGHT), kind) == "signature.short"


def test_taps_are_no_signature_however_many() -> None:
    close = _capture(*[_blot(0.3 + 0.05 * n, 0.3)[:25] for n in range(6)])
    assert _refused(_capture(*[_dot(0.1 + 0.04 * n, 0.3, 25) for n in range(20)]), SIGN) == "signature.taps"
    assert signature.assess(close, THUMB).measures["strokes"] == 6
    assert _refused(_capture(*[_dot(0.1 + 0.2 * n, 0.1 + 0.1 * n) for n in range(4)]), LINE) == "signature.short"


def test_a_straight_line_is_a_mark_but_no_signature() -> None:
    for length in (0.08, 0.5):
        line = _capture(_line(0.2, 0.3, 0.2 + length, 0.31))
        assert signature.assess(line, LINE).score == 100
        assert _refused(line, SIGN) == ("signature.short" if length < 0.1 else "signature.line")
    with_dot = _capture(_line(0.2, 0.3, 0.7, 0.31), _dot(0.75, 0.3))
    assert _refused(with_dot, SIGN) == "signature.line"
    cross = _capture(_line(0.3, 0.2, 0.4, 0.3), _line(0.4, 0.2, 0.3, 0.3))
    assert signature.assess(cross, LINE).score == 100
    assert signature.assess(cross, SIGN).score == 100  # a cross is what some people sign with


def test_a_name_with_its_dots_and_underline_has_nothing_stray() -> None:
    whole = _capture(_name(), _dot(0.45, 0.21), _line(0.2, 0.4, 0.62, 0.39))
    quality = signature.assess(whole, SIGN)
    assert (quality.score, quality.hints) == (100, ())
    assert quality.measures["stray"] == 0
    assert quality.measures["strokes"] == 3


@pytest.mark.parametrize("extra", [_dot(0.9, 0.55), _blot(0.85, 0.5), _line(0.02, 0.58, 0.95, 0.6)], ids=["dot", "hand", "line"])
@pytest.mark.parametrize("first", [True, False])
def test_accidental_strokes_are_mentioned_and_do_not_count(extra: Shape, first: bool) -> None:
    name = _name()
    quality = signature.assess(_capture(extra, name) if first else _capture(name, extra), SIGN)
    clean = signature.assess(_capture(name), SIGN)
    assert quality.hints == ("signature.stray",)
    assert quality.measures["stray"] == 1
    assert quality.measures["ink"] == clean.measures["ink"]
    assert quality.score == clean.score - 20


def test_a_stray_line_does_not_make_a_signature_of_a_tap() -> None:
    assert _refused(_capture(_blot(0.8, 0.5)[:12], _dot(0.1, 0.1)), SIGN) in ("signature.short", "signature.taps")


def test_lost_reports_refuse_it_and_the_edge_costs_score() -> None:
    whole = _capture(_name())
    assert signature.assess(whole, SIGN).score == 100
    for lost in (1, 20):
        assert _refused(SignatureCapture(whole.points, WIDTH, HEIGHT, lost=lost), SIGN) == "signature.lost_points"
    edge = _capture([(max(0.0, x - 0.21), y) for x, y in _name()])
    assert signature.assess(edge, SIGN).hints == ("signature.at_edge",)


def test_synthetic_signatures_are_whole() -> None:
    from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

    for seed in range(40):
        ink = SignatureCapture(SyntheticPerson(seed).signature(), synth_pen.PAD_WIDTH, synth_pen.PAD_HEIGHT)
        assert signature.assess(ink, SIGN).hints == ()


def test_a_vector_signature_of_nist_becomes_a_time_series() -> None:
    """Type-8: x, y in thousandths of an inch from the lower left, pressure; four points in this file."""
    data = sample("nbis-5.0.0/misc/an2kconvert/testdata/sign_vec.an2").read_bytes()
    record = data[data.index(b"\x1c") + 1 :]
    assert int.from_bytes(record[:4]) == len(record) == 32
    assert record[6] == 2  # vector
    rows = np.frombuffer(record[12:], np.dtype([("x", ">u2"), ("y", ">u2"), ("p", "u1")]))
    points = tuple(PenPoint(int(r["x"]), 0x2020 - int(r["y"]), int(r["p"]), 10 * n) for n, r in enumerate(rows))
    capture = SignatureCapture(points, 0x2020, 0x2020)
    encoded = isf.encode_isf(capture, units_per_mm=1000 / 25.4)
    assert isf.decode_isf(encoded) == capture
    assert isf.decode(encoded).channels[0].scale == pytest.approx(39.37, abs=0.02)
