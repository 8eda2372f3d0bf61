"""ISO/IEC 19794 records: what we write we read back byte for byte; what others wrote we read; what is broken we refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from bio_samples import NOW, ROOT, sample
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.biometrics.records import common, fac, fir, fmr, iir
from ktpel_kiosk.biometrics.records.common import Certification, QualityBlock
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.biometric import FINGERS, Modality, Position
from ktpel_kiosk.domain.errors import BadInput

TIME = common.pack_time(NOW)
QUALITY = (QualityBlock(55, 0x0101, 0x39), QualityBlock(255, 1, 2))
FIR = fir.encode(fir.FingerRecord((fir.FingerImage(7, 100, 120, 2, b"\xff\xa0wsq", TIME, qualities=QUALITY),)))
FIR_CERTIFIED = fir.encode(
    fir.FingerRecord(
        (fir.FingerImage(1, 9, 9, 0, bytes(81), certifications=(Certification(1, 2),), extensions=b"\0\x03\0\x06ok"),) * 2, 1, 1
    )
)
FAC = fac.encode(fac.FaceRecord((fac.FaceImage(60, 80, 1, b"jp2", TIME, qualities=QUALITY[:1], landmarks=bytes(16)),)))
IIR = iir.encode(iir.IrisRecord((iir.IrisImage(2, 64, 48, 0x0A, b"jp2", TIME, centre=(1, 2, 3, 4), diameter=(5, 6)),)))
POINTS = tuple(fmr.MinutiaPoint(1 + n % 2, n, 2 * n, (n * 7) % 256, n % 101) for n in range(60))
FMR = fmr.encode(fmr.MinutiaeRecord(300, 400, (fmr.FingerView(2, POINTS, quality=60),)))
ROUND_TRIPS: list[tuple[bytes, Callable[[bytes], bytes]]] = [
    (FIR, lambda d: fir.encode(fir.decode(d))),
    (FIR_CERTIFIED, lambda d: fir.encode(fir.decode(d))),
    (FAC, lambda d: fac.encode(fac.decode(d))),
    (IIR, lambda d: iir.encode(iir.decode(d))),
    (FMR, lambda d: fmr.encode(fmr.decode(d))),
]
PARSERS: list[Callable[[bytes], object]] = [
    fir.decode,
    fir.decode_2005,
    fac.decode,
    fac.decode_2005,
    iir.decode,
    iir.decode_2005,
    fmr.decode,
    read_record,
]


@pytest.mark.parametrize(("data", "again"), ROUND_TRIPS)
def test_round_trip_is_byte_equal(data: bytes, again: Callable[[bytes], bytes]) -> None:
    assert again(data) == data


def test_finger_record_layout() -> None:
    """Offsets of ISO/IEC 19794-4:2011 table by table."""
    assert FIR[:8] == b"FIR\x00020\x00"
    assert int.from_bytes(FIR[8:12]) == len(FIR)
    assert FIR[12:16] == b"\0\1\0\1"
    assert FIR[20:29] == bytes((2026 >> 8, 2026 & 255, 11, 21, 8, 30, 15, 0, 123))
    assert FIR[34] == 2  # quality blocks
    assert FIR[35:40] == bytes((55, 1, 1, 0, 0x39))
    assert FIR[45] == 7  # left index


def test_minutiae_record_layout() -> None:
    assert FMR[:8] == b"FMR\x00 20\x00"
    assert int.from_bytes(FMR[8:12]) == len(FMR) == 24 + 4 + 6 * 60 + 2
    assert FMR[18:22] == b"\0\xc5\0\xc5"
    assert FMR[-2:] == b"\0\0"


def test_read_record_says_what_it_found() -> None:
    found = read_record(FIR, "jari")
    assert (found.modality, found.position, found.media_type, found.ppi) == (Modality.FINGER, Position.LEFT_INDEX, "image/x-wsq", 500)
    assert found.quality == QUALITY[0]
    assert found.captured_at == NOW
    assert read_record(IIR).position is Position.LEFT_EYE
    assert read_record(FAC).position is Position.FACE


def test_several_fingers_in_one_record_are_refused_by_the_reader() -> None:
    with pytest.raises(BadInput) as caught:
        read_record(FIR_CERTIFIED)
    assert caught.value.message_key == "record.representations"


@pytest.mark.parametrize("data", [FIR, FIR_CERTIFIED, FAC, IIR, FMR])
def test_every_truncation_and_every_extra_byte_is_refused(data: bytes) -> None:
    parse = {b"FIR": fir.decode, b"FAC": fac.decode, b"IIR": iir.decode, b"FMR": fmr.decode}[data[:3]]
    for cut in range(len(data)):
        with pytest.raises(BadInput):
            parse(data[:cut])
    with pytest.raises(BadInput):
        parse(data + b"\0")


@given(st.data())
def test_mutations_raise_badinput_or_parse_and_never_anything_else(data: st.DataObject) -> None:
    record = bytearray(data.draw(st.sampled_from([FIR, FIR_CERTIFIED, FAC, IIR, FMR])))
    for _ in range(data.draw(st.integers(1, 4))):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    for parse in PARSERS:
        try:
            parse(bytes(record))
        except BadInput as trouble:
            assert trouble.message_key.startswith("record.")


@given(
    st.binary(max_size=200),
    st.sampled_from([fir.MAGIC_2011, fir.MAGIC_2005, fac.MAGIC_2011, fac.MAGIC_2005, iir.MAGIC_2011, iir.MAGIC_2005]),
)
def test_noise_behind_a_good_magic(noise: bytes, magic: bytes) -> None:
    size = len(magic) + len(noise) + 4
    with pytest.raises(BadInput):
        read_record(magic + size.to_bytes(4) + noise)


@given(st.integers(0, 255), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 300))
def test_minutiae_values_survive_or_are_refused(angle: int, x: int, y: int, quality: int) -> None:
    record = fmr.MinutiaeRecord(3001, 3001, (fmr.FingerView(1, (fmr.MinutiaPoint(1, x, y, angle, quality),)),))
    if quality > 255:
        with pytest.raises(BadInput):
            fmr.encode(record)
    elif quality > 100:
        with pytest.raises(BadInput):
            fmr.decode(fmr.encode(record))
    else:
        assert fmr.decode(fmr.encode(record)) == record


def test_size_in_header_must_be_that_of_the_image() -> None:
    raw = fir.FingerImage(1, 9, 9, 0, bytes(81))
    assert to_raw(read_record(fir.encode(fir.FingerRecord((raw,))))).ppi == 500
    for wrong in (replace(raw, width=10), replace(raw, image=bytes(80))):
        with pytest.raises(BadInput):
            to_raw(read_record(fir.encode(fir.FingerRecord((wrong,)))))


def _iso_files() -> list[str]:
    return sorted(str(p.relative_to(ROOT)) for folder in ("mosip-mock-services", "mosip-bio-utils") for p in (ROOT / folder).rglob("*.iso"))


@pytest.mark.parametrize("path", _iso_files() or ["mosip-mock-services"])
def test_records_of_others_decode_to_pixels(path: str) -> None:
    data = sample(path).read_bytes()
    record = read_record(data, path.rsplit("/", 1)[-1])
    image = to_raw(record)
    assert (image.width, image.height) == (record.width, record.height)
    if "UKNOWN" not in path and "MockMDS" in path and record.modality is Modality.FINGER:
        assert record.position in FINGERS
        assert path.rsplit("/", 1)[-1].lower().startswith(record.position.value)
    encoders: dict[bytes, Callable[[bytes], bytes]] = {
        fir.MAGIC_2011: lambda d: fir.encode(fir.decode(d)),
        fac.MAGIC_2011: lambda d: fac.encode(fac.decode(d)),
        iir.MAGIC_2011: lambda d: iir.encode(iir.decode(d)),
    }
    if data[:8] in encoders:
        assert encoders[data[:8]](data) == data


def test_icao_face_record_decodes() -> None:
    record = read_record(sample("libbiomeval/src/test/test_data/face01.iso2005").read_bytes())
    assert (record.format, to_raw(record).channels) == ("FAC 010", 3)
