"""IPP on the wire: what is sent reads back, what is cut or made up is one error."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.hal.drivers.ipp.message import Op, Reply, Resolution, Tag, decode, encode, number, text, texts


def test_a_request_is_bytes_of_rfc_8010() -> None:
    raw = encode(Op.GET_JOBS, [("printer-uri", Tag.URI, "ipp://localhost/printers/a"), ("limit", Tag.INTEGER, 1)])
    assert raw == (b"\x02\x00\x00\x0a\x00\x00\x00\x01\x01"
                   b"\x47\x00\x12attributes-charset\x00\x05utf-8"
                   b"\x48\x00\x1battributes-natural-language\x00\x02en"
                   b"\x45\x00\x0bprinter-uri\x00\x1aipp://localhost/printers/a"
                   b"\x21\x00\x05limit\x00\x04\x00\x00\x00\x01\x03")


def test_values_of_every_kind_read_back() -> None:
    raw = encode(Op.CREATE_JOB, [("job-name", Tag.NAME, "kartu é"), ("ipp-attribute-fidelity", Tag.BOOLEAN, True)], [
        ("copies", Tag.INTEGER, -1), ("job-sheets", Tag.NAME, ["none", "none"]),
        ("printer-resolution", Tag.RESOLUTION, Resolution(300, 600)),
        ("media-col", Tag.COLLECTION, [("media-size", Tag.COLLECTION, [("x-dimension", Tag.INTEGER, 5398),
                                                                       ("y-dimension", Tag.INTEGER, 8560)]),
                                       ("media-type", Tag.KEYWORD, "auto")])])
    reply = decode(raw)
    assert reply.status == Op.CREATE_JOB
    operation, job = reply.first(Tag.OPERATION), reply.first(Tag.JOB)
    assert operation["job-name"] == ["kartu é"] and operation["ipp-attribute-fidelity"] == [True]
    assert job == {"copies": [-1], "job-sheets": ["none", "none"], "printer-resolution": [Resolution(300, 600)],
                   "media-col": [{"media-size": {"x-dimension": 5398, "y-dimension": 8560}, "media-type": "auto"}]}
    assert (number(job, "copies"), text(job, "absent", "x"), texts(job, "job-sheets")) == (-1, "x", ("none", "none"))
    assert reply.all(Tag.PRINTER) == []


def field(tag: int, name: bytes, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


def test_rarer_answers_are_understood() -> None:
    raw = b"\x02\x00\x00\x01\x00\x00\x00\x01\x04" + b"".join((
        field(Tag.RANGE, b"copies-supported", struct.pack(">ii", 1, 99)),
        field(Tag.RESOLUTION, b"metric", struct.pack(">iib", 118, 118, 4)),
        field(Tag.NAME_LANG, b"printer-info", b"\x00\x02id\x00\x05kartu"),
        field(0x13, b"time-at-processing", b""), field(Tag.DATE, b"when", b"\x07\xea"),
        field(Tag.BOOLEAN, b"accepting", b"\x00"))) + b"\x05" + field(Tag.KEYWORD, b"media", b"a4") + b"\x03"
    reply = decode(raw)
    assert reply.first(Tag.PRINTER) == {
        "copies-supported": [range(1, 100)], "metric": [Resolution(300, 300)], "printer-info": ["kartu"], "time-at-processing": [None],
        "when": [b"\x07\xea"], "accepting": [False]}
    assert reply.first(Tag.UNSUPPORTED) == {"media": ["a4"]}


WHOLE = encode(Op.CREATE_JOB, [("job-name", Tag.NAME, "x")], [("media-col", Tag.COLLECTION, [("a", Tag.INTEGER, 1)]), ("b", Tag.ENUM, 3)])


def test_a_message_cut_anywhere_is_refused() -> None:
    decode(WHOLE)
    for end in range(len(WHOLE)):
        with pytest.raises(ValueError):
            decode(WHOLE[:end])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_made_up_bytes_are_a_message_or_a_value_error(noise: bytes, at: int) -> None:
    for data in (noise, WHOLE[:at] + noise, WHOLE[:at] + noise + WHOLE[at:]):
        with contextlib.suppress(ValueError):
            assert isinstance(decode(data), Reply)
