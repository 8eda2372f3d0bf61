"""Where each value stands in the octets, and what the standards forbid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from bio_samples import NOW
from hypothesis import given
from hypothesis import strategies as st
from record_cases import BLOCKS, CERTIFIED, CORPUS, EYES, POINTS, QUALITY, SMALL, UNRATED, WSQ

from ktpel_kiosk.biometrics.records import common, fac, fac2005, fir, fir2005, fmr, fmr2011, iir, iir2005
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint
from ktpel_kiosk.biometrics.records.read import read_minutiae, read_record, to_raw
from ktpel_kiosk.domain.biometric import Modality, Position
from ktpel_kiosk.domain.errors import BadInput

FIR, SLAP = CORPUS["FIR 020"]


def refused(work: Callable[[], object], field: str = "") -> None:
    with pytest.raises(BadInput) as caught:
        work()
    assert caught.value.message_key.startswith("record.")
    assert field in ("", caught.value.facts.get("field"))


def test_finger_record_2011() -> None:
    """Offsets of ISO/IEC 19794-4:2011 table by table."""
    assert FIR[:8] == b"FIR\x00020\x00"
    assert int.from_bytes(FIR[8:12]) == len(FIR)
    assert FIR[12:16] == b"\0\1\0\1"
    assert int.from_bytes(FIR[16:20]) == len(FIR) - 16
    assert FIR[20:29] == bytes((2026 >> 8, 2026 & 255, 11, 21, 8, 30, 15, 0, 123))
    assert FIR[34] == 2  # quality blocks
    assert FIR[35:40] == bytes((55, 1, 1, 0, 0x39))
    assert FIR[45] == 7  # left index
    assert FIR[56:59] == bytes((8, 2, 0))  # depth, WSQ, live plain
    assert FIR[59:67] == bytes((0, 100, 0, 120, 0, 0, 0, len(WSQ)))


def test_extended_blocks_2011() -> None:
    """Segmentation, annotation, comment and a vendor's block behind the image, each {id, length with these four octets, data}."""
    tail = SLAP[SLAP.rindex(WSQ) + len(WSQ) :]
    assert tail[:4] == bytes((0, 1, 0, 4 + 10 + 3 + 8 + 1 + 3 + 16 + 1))
    assert tail[4:14] == bytes((1, 1, 0, 2, 88, 1, 1, 0, 0x39, 2))
    assert tail[14:26] == bytes((7, 70, 2, 0, 10, 0, 20, 0, 60, 0, 90, 3))
    assert tail[46:55] == bytes((0, 2, 0, 9, 2, 9, 1, 10, 2))
    assert tail[55:] == b"\0\3\0\x0djari luka\x40\1\0\x0avendor"
    assert fir.decode(SLAP).images[1].extensions == BLOCKS
    assert (fir.decode(SLAP).positions, fir.decode(SLAP).certified) == (1, 1)


@pytest.mark.parametrize(
    "block",
    [
        fir.Annotations((fir.Annotation(9, 3),)),
        fir.Annotations((fir.Annotation(11, 1),)),
        fir.Segmentation((fir.Segment(7, ((1, 2),)),)),
        fir.Segmentation((fir.Segment(13, ((1, 2), (3, 4))),)),
        fir.Segmentation((), quality=101),
        fir.Comment(b"x", 2),
        fir.Comment(b"x", 256),
        fir.UnknownBlock(1, b""),
        fir.UnknownBlock(7, b""),
    ],
)
def test_an_extended_block_the_standard_does_not_know_is_not_written(block: fir.Extension) -> None:
    refused(lambda: fir.encode(fir.FingerRecord((fir.FingerImage(13, 9, 9, 2, b"x", extensions=(block,)),))))


@pytest.mark.parametrize(
    "raw",
    [
        b"\0\3\0\3",  # shorter than its own head
        b"\0\2\0\x07\1\x09\3",  # neither amputated nor unusable
        b"\0\2\0\x08\1\x09\1\0",  # an octet too many inside
        b"\0\1\0\x12" + bytes(4) + b"\x64" + bytes(4) + b"\1\7\x64\1\0",  # one corner
        b"\0\3\0",
    ],
)
def test_a_damaged_extended_block_is_not_read(raw: bytes) -> None:
    good = fir.encode(fir.FingerRecord((fir.FingerImage(13, 9, 9, 2, b"x"),)))
    bad = good[:8] + (len(good) + len(raw)).to_bytes(4) + good[12:16] + (len(good) - 16 + len(raw)).to_bytes(4) + good[20:] + raw
    refused(lambda: fir.decode(bad))


def test_finger_record_2005() -> None:
    data = CORPUS["FIR 010"][0]
    assert data[:8] == b"FIR\x00010\x00"
    assert int.from_bytes(data[8:14]) == len(data) == 32 + 14 + 81
    assert data[14:32] == bytes((0, 0, 0, 31, 1, 1, 1, 244, 1, 244, 1, 244, 1, 244, 8, 0, 0, 0))
    assert data[32:46] == bytes((0, 0, 0, 95, 7, 1, 1, 60, 0, 0, 9, 0, 9, 0))


def test_minutiae_record_2005() -> None:
    data = CORPUS["FMR 20"][0]
    assert data[:8] == b"FMR\x00 20\x00"
    assert int.from_bytes(data[8:12]) == len(data) == 24 + 4 + 6 * 60 + 2
    assert data[18:24] == b"\0\xc5\0\xc5\1\0"
    assert data[24:34] == bytes((2, 0, 60, 60, 0x40, 0, 0, 0, 0, 0))
    assert data[34:40] == bytes((0x80, 1, 0, 2, 7, 1))
    assert data[-2:] == b"\0\0"


def test_minutiae_record_2011() -> None:
    data = CORPUS["FMR 030"][1]
    assert data[:8] == b"FMR\x00030\x00"
    assert int.from_bytes(data[8:12]) == len(data)
    assert data[12:15] == b"\0\2\1"
    first = 4 + 9 + 5 + 1 + 1 + 6 + 11 + 1 + 1 + 5 * 9 + 2
    assert int.from_bytes(data[15:19]) == first
    assert data[34:41] == bytes((2, 0x12, 0x34, 2, 0, 1, 3))  # certification list
    assert data[41:52] == bytes((7, 0, 0, 0xC5, 0, 0xC5, 0, 0, 99, 0, 99))
    assert data[52:54] == bytes((0x51, 9))  # five octets a minutia, ridge end points
    assert data[59:64] == bytes((0x80, 1, 0, 2, 7))


def test_minutiae_of_2011_keep_to_their_standard() -> None:
    good = fmr2011.FingerView(7, 99, 99, UNRATED, octets=5)
    for view, field in (
        (replace(good, minutiae=POINTS[:3]), "quality"),
        (replace(good, octets=4), "octets"),
        (replace(good, ending_type=2), "octets"),
        (replace(good, view=1), "view"),
        (replace(good, x_ppcm=98), "x_ppcm"),
        (replace(good, width=1 << 14), "width"),
        (replace(good, code=13), "code"),
        (replace(good, certifications=CERTIFIED), ""),
        (replace(good, octets=6, minutiae=(MinutiaPoint(1, 99, 0, 0, 5),)), "x"),
        (replace(good, octets=6, minutiae=(MinutiaPoint(1, 0, 0, 256, 5),)), "angle"),
        (replace(good, octets=6, minutiae=(MinutiaPoint(3, 0, 0, 0, 5),)), "kind"),
    ):
        refused(lambda view=view: fmr2011.encode(fmr2011.MinutiaeRecord((view,))), field)  # type: ignore[misc]
    twice = fmr2011.encode(fmr2011.MinutiaeRecord((good, replace(good, code=8))))
    at = len(twice) - (len(twice) - 15) // 2 + 4 + 9 + 5 + 1
    assert twice[at] == 8
    refused(lambda: fmr2011.decode(twice[:at] + b"\7" + twice[at + 1 :]), "view")


@given(st.integers(0, 255), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 300))
def test_minutiae_values_survive_or_are_refused(angle: int, x: int, y: int, quality: int) -> None:
    record = fmr.MinutiaeRecord(3001, 3001, (fmr.FingerView(1, (MinutiaPoint(1, x, y, angle, quality),)),))
    if quality > 100:
        refused(lambda: fmr.encode(record), "quality")
    else:
        assert fmr.decode(fmr.encode(record)) == record


def test_a_buffer_with_anything_but_zeros_behind_the_record_stays_as_it_is() -> None:
    data = CORPUS["FMR 20"][0]
    assert fmr.from_buffer(data + bytes(100)) == data
    for other in (data, data + bytes(5) + b"\1", data[:9], b"", CORPUS["FMR 030"][0] + bytes(4)):
        assert fmr.from_buffer(other) == other


def test_a_claimed_octet_that_is_not_there_is_carried_only_at_the_end() -> None:
    last = fmr.FingerView(1, POINTS[:2], extended=b"\0\2\0\5", overstated=1)
    record = fmr.MinutiaeRecord(99, 99, (fmr.FingerView(2, ()), last))
    assert fmr.decode(fmr.encode(record)) == record
    for views in ((last, last), (replace(last, overstated=2),), (replace(last, extended=b""),)):
        refused(lambda views=views: fmr.encode(fmr.MinutiaeRecord(99, 99, views)), "overstated")  # type: ignore[misc]


def test_minutiae_of_either_edition_are_read_as_2005() -> None:
    old = CORPUS["FMR 20"][0]
    assert read_minutiae(old) == read_minutiae(old + bytes(50)) == fmr.decode(old)
    (view,) = read_minutiae(CORPUS["FMR 030"][0]).views
    assert (view.position, view.quality, view.view) == (Position.RIGHT_INDEX, 55, 0)
    assert [replace(m, quality=0) for m in view.minutiae] == [replace(m, quality=0) for m in POINTS]
    assert [m.quality for m in view.minutiae] == [max(1, m.quality) for m in POINTS]
    unrated = fmr2011.FingerView(7, 99, 99, UNRATED, octets=5, impression=29, extended=b"x", qualities=QUALITY[1:])
    (view,) = read_minutiae(fmr2011.encode(fmr2011.MinutiaeRecord((unrated,)))).views
    assert {m.quality for m in view.minutiae} == {0}
    assert (view.quality, view.impression, view.extended) == (0, 0, b"")
    assert fmr.decode(fmr.encode(fmr.MinutiaeRecord(99, 99, (view,)))).views == (view,)
    refused(lambda: read_minutiae(CORPUS["FMR 030"][1]))


def test_face_record_2011() -> None:
    data = CORPUS["FAC 030"][0]
    assert data[:8] == b"FAC\x00030\x00"
    assert data[12:17] == b"\0\1\0\0\0"
    at = 17 + 4 + 9 + 5 + 1 + 10
    assert data[at : at + 17] == bytes((0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 179, 2, 0, 0, 0))
    assert data[at + 17 : at + 25] == bytes((1, 0xC1, 0, 40, 0, 30, 0, 0))
    assert data[at + 33 : at + 48] == bytes((1, 1, 0, 60, 0, 80, 0, 0, 0, 0, 1, 0, 0, 0, 3))


def test_face_record_2005() -> None:
    data = CORPUS["FAC 010"][0]
    assert data[:8] == b"FAC\x00010\x00"
    assert int.from_bytes(data[8:12]) == len(data) == 14 + 20 + 16 + 12 + 6
    assert data[18:34] == bytes((0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 179, 2, 0, 0, 0))
    assert data[42:50] == bytes((1, 0xC2, 0, 20, 0, 30, 0, 0))
    assert data[50:62] == bytes((1, 0, 0, 60, 0, 80, 1, 0, 0, 0, 0, 0))


def test_face_records_keep_to_their_standard() -> None:
    good = fac.FaceImage(60, 80, 1, b"jp2", landmarks=EYES)
    for image, field in (
        (replace(good, trailing=b"3d"), "trailing"),
        (replace(good, image_type=4), "image_type"),
        (replace(good, data_type=4), "data_type"),
        (replace(good, gender=3), "gender"),
        (replace(good, pose=b"\0\0\xb6"), "pose"),
        (replace(good, pose=b"\0\0"), "pose"),
        (replace(good, landmarks=(fac.Landmark(1, 2, 3, type=4),)), "type"),
        (replace(good, image=b""), "image"),
        (replace(good, width=0), "width"),
    ):
        refused(lambda image=image: fac.encode(fac.FaceRecord((image,))), field)  # type: ignore[misc]
    data = CORPUS["FAC 030"][0]
    refused(lambda: fac.decode(data[:14] + b"\1" + data[15:]), "certified")
    three_d = fac2005.FaceImage(60, 80, 0, b"j", (fac.Landmark(1, 2, 3, type=fac.ANTHROPOMETRIC_3D),))
    refused(lambda: fac2005.encode(fac2005.FaceRecord((three_d,))), "type")
    old = CORPUS["FAC 010"][0]
    refused(lambda: fac2005.decode(old[:49] + b"\1" + old[50:]), "reserved")


@given(st.tuples(*[st.none() | st.integers(-180, 180)] * 3))
def test_pose_angles_come_back_within_a_degree(angles: tuple[int | None, ...]) -> None:
    packed = fac.pack_pose(*angles)
    for given_, found in zip(angles, fac.unpack_pose(packed), strict=True):
        if given_ is None or found is None:
            assert given_ is found
        else:
            assert min(abs(given_ - found), 360 - abs(given_ - found)) <= 1
    assert fac.pack_uncertainty(0, 5, None) == b"\x01\x06\0"
    assert fac.pack_uncertainty(-5, 400, None) == b"\x06\xb5\0"


def test_iris_record_2011() -> None:
    data = CORPUS["IIR 020"][0]
    assert data[:8] == b"IIR\x00020\x00"
    assert data[12:16] == b"\0\1\0\1"
    at = 16 + 4 + 9 + 5 + 1
    assert data[at : at + 17] == bytes((0, 1, 2, 1, 0x0A, 0x45, 0, 64, 0, 48, 8, 0, 0, 255, 255, 255, 255))
    assert data[at + 17 : at + 33] == bytes((0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 0, 0, 3))


def test_iris_record_2005() -> None:
    data = CORPUS["IIR 010"][0]
    assert data[:8] == b"IIR\x00010\x00"
    assert int.from_bytes(data[8:12]) == len(data) == 45 + 3 + 11 + 3
    assert data[12:29] == bytes((0, 0, 1, 0, 45, 0, 0, 0, 0, 0, 14, 0, 64, 0, 48, 8, 0))
    assert data[45:59] == bytes((2, 0, 1, 0, 1, 80, 255, 255, 255, 255, 0, 0, 0, 3))


def test_iris_records_keep_to_their_standard() -> None:
    good = iir.IrisImage(1, 64, 48, 0x0A, b"jp2", qualities=QUALITY)
    for image, field in (
        (replace(good, label=3), "label"),
        (replace(good, image_type=4), "image_type"),
        (replace(good, format=6), "format"),
        (replace(good, properties=3), "properties"),
        (replace(good, depth=17), "depth"),
        (replace(good, centre=(9, 8, 1, 1)), "centre_x"),
        (replace(good, centre=(9, 9, 2, 1)), "centre_y"),
        (replace(good, diameter=(2, 1)), "diameter"),
    ):
        refused(lambda image=image: iir.encode(iir.IrisRecord((image,))), field)  # type: ignore[misc]
    assert iir.decode(iir.encode(iir.IrisRecord((good,), short=5))).short == 5
    for short, images in ((4, (good,)), (10, (good,)), (5, (good, good)), (5, (replace(good, qualities=()),))):
        refused(lambda short=short, images=images: iir.encode(iir.IrisRecord(images, short=short)), "representation_length")  # type: ignore[misc]
    refused(lambda: iir2005.encode(iir2005.IrisRecord((), 9, 9, 2)), "eyes")
    refused(lambda: iir2005.encode(replace(SMALL["IIR 010"][0], unit=b"x")), "unit")


@pytest.mark.parametrize("at", [30, 31, 45])
def test_reserved_octets_of_2005_are_zero(at: int) -> None:
    data = CORPUS["FIR 010"][0]
    refused(lambda: fir2005.decode(data[:at] + b"\1" + data[at + 1 :]), "reserved")


def test_ansi_templates_are_named() -> None:
    """Both editions of INCITS 378 share the magic of ours; sizes as the standard counts them."""
    view = bytes((7, 0, 90, 1)) + POINTS_RAW + b"\0\0"
    head = bytes(4) + b"\0\0" + bytes((0, 99, 0, 99, 0, 197, 0, 197, 1, 0))
    for size in (2, 6):
        total = 8 + size + len(head) + len(view)
        announced_in = total.to_bytes(2) if size == 2 else b"\0\0" + total.to_bytes(4)
        with pytest.raises(BadInput) as caught:
            fmr.decode(b"FMR\x00 20\x00" + announced_in + head + view, "templat")
        assert (caught.value.message_key, caught.value.facts["found"]) == ("record.other_format", "ANSI INCITS 378-2004")
    view = bytes((7, 0, 0, 90, 0, 0, 0, 0, 0, 99, 0, 99, 0, 197, 0, 197, 1)) + POINTS_RAW + b"\0\0"
    data = b"FMR\x00030\x00" + (20 + len(view)).to_bytes(4) + bytes(6) + b"\1\0" + view
    with pytest.raises(BadInput) as caught:
        fmr2011.decode(data, "templat")
    assert (caught.value.message_key, caught.value.facts["found"]) == ("record.other_format", "ANSI INCITS 378-2009")


POINTS_RAW = bytes((0x40, 9, 0, 9, 7, 50))


def test_read_record_says_what_it_found() -> None:
    found = read_record(FIR, "jari")
    assert (found.modality, found.position, found.media_type, found.ppi) == (Modality.FINGER, Position.LEFT_INDEX, "image/x-wsq", 500)
    assert found.quality == QUALITY[0]
    assert found.captured_at == NOW
    assert read_record(CORPUS["IIR 020"][0]).position is Position.LEFT_EYE
    assert read_record(CORPUS["FAC 030"][0]).position is Position.FACE
    old = read_record(CORPUS["FIR 010"][0])
    assert (old.format, old.position, old.ppi) == ("FIR 010", Position.LEFT_INDEX, 500)
    assert old.quality == common.QualityBlock(60)
    assert read_record(CORPUS["FAC 010"][0]).quality is None
    eye = read_record(CORPUS["IIR 010"][0])
    assert (eye.position, eye.quality) == (Position.LEFT_EYE, common.QualityBlock(80))


@pytest.mark.parametrize("name", ["FIR 010", "FIR 020", "FAC 010", "FAC 030", "IIR 010", "IIR 020"])
def test_the_reader_takes_one_image_a_record(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_record(CORPUS[name][1])
    assert caught.value.message_key == "record.representations"


def test_compressions_nobody_here_decodes_are_refused_by_the_reader() -> None:
    packed = fir.encode(fir.FingerRecord((fir.FingerImage(1, 9, 9, 1, b"x"),)))
    assert fir.decode(packed).images[0].compression == 1
    refused(lambda: read_record(packed), "compression")
    jpeg_ls = iir2005.encode(replace(SMALL["IIR 010"][0], format=0x0A))
    refused(lambda: read_record(jpeg_ls), "format")


def test_size_in_header_must_be_that_of_the_image() -> None:
    raw = fir.FingerImage(1, 9, 9, 0, bytes(81))
    assert to_raw(read_record(fir.encode(fir.FingerRecord((raw,))))).ppi == 500
    for wrong in (replace(raw, width=10), replace(raw, image=bytes(80)), replace(raw, depth=16)):
        with pytest.raises(BadInput):
            to_raw(read_record(fir.encode(fir.FingerRecord((wrong,)))))


def test_colour_irises_of_2005_open() -> None:
    image = iir2005.IrisImage(bytes(range(48)))
    record = iir2005.IrisRecord((iir2005.Eye(1, (image,)),), 4, 4, 4, depth=24)
    found = to_raw(read_record(iir2005.encode(record)))
    assert (found.channels, found.data) == (3, image.image)
