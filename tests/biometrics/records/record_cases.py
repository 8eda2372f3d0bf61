"""The eight formats by name, strategies that build valid records of each, and a small fixed corpus out of our own encoders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bio_samples import NOW
from hypothesis import strategies as st

from ktpel_kiosk.biometrics.records import common, fac, fac2005, fir, fir2005, fmr, fmr2011, iir, iir2005
from ktpel_kiosk.biometrics.records.common import Certification, QualityBlock
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint


@dataclass(frozen=True)
class Format:
    magic: bytes
    encode: Callable[[Any], bytes]
    decode: Callable[..., Any]


FORMATS = {
    "FIR 010": Format(fir2005.MAGIC, fir2005.encode, fir2005.decode),
    "FIR 020": Format(fir.MAGIC_2011, fir.encode, fir.decode),
    "FMR 20": Format(fmr.MAGIC, fmr.encode, fmr.decode),
    "FMR 030": Format(fmr2011.MAGIC, fmr2011.encode, fmr2011.decode),
    "FAC 010": Format(fac2005.MAGIC, fac2005.encode, fac2005.decode),
    "FAC 030": Format(fac.MAGIC_2011, fac.encode, fac.decode),
    "IIR 010": Format(iir2005.MAGIC, iir2005.encode, iir2005.decode),
    "IIR 020": Format(iir.MAGIC_2011, iir.encode, iir.decode),
}

u8, u16 = st.integers(0, 255), st.integers(0, 0xFFFF)
side = st.integers(1, common.MAX_SIDE)
image = st.binary(min_size=1, max_size=12)
score, reported = st.sampled_from(common.SCORES), st.sampled_from(common.REPORTED_SCORES)
impression = st.sampled_from(common.IMPRESSIONS)
pose = st.binary(min_size=3, max_size=3).map(lambda b: bytes(v % 182 for v in b))
qualities = st.lists(st.builds(QualityBlock, score, u16, u16), max_size=3).map(tuple)
certifications = st.lists(st.builds(Certification, u16, u8), max_size=2).map(tuple)
capture = {
    "captured": st.binary(min_size=9, max_size=9), "technology": u8, "vendor": u16, "device": u16, "qualities": qualities,
}  # fmt: skip


def few(items: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, min_size=least, max_size=3).map(tuple)


segment = st.builds(fir.Segment, st.sampled_from(fir.FINGER_CODES), few(st.tuples(u16, u16), 2), reported, u8)
extension = st.one_of(
    st.builds(fir.Segmentation, few(segment, 0), u16, u16, reported, u16, u16),
    st.builds(fir.Annotations, few(st.builds(fir.Annotation, st.sampled_from(fir.FINGER_CODES), st.sampled_from((1, 2))), 0)),
    st.builds(fir.Comment, st.binary(max_size=9), st.integers(3, 255)),
    st.builds(fir.UnknownBlock, st.sampled_from((0, 256, 0xFFFF)), st.binary(max_size=9)),
)


@st.composite
def fir_2011(draw: st.DrawFn) -> fir.FingerRecord:
    certified = draw(st.integers(0, 1))
    one = st.builds(
        fir.FingerImage,
        st.sampled_from(fir.CODES), side, side, st.sampled_from(range(7)), image,
        **capture,
        certifications=certifications if certified else st.just(()),
        number=u8,
        scale_units=st.sampled_from((1, 2)),
        capture_x=u16, capture_y=u16, image_x=u16, image_y=u16,
        depth=st.integers(1, 16),
        impression=impression,
        extensions=few(extension, 0),
    )  # fmt: skip
    return fir.FingerRecord(draw(few(one)), draw(st.integers(1, 255)), certified)


fir_2005 = st.builds(
    fir2005.FingerRecord,
    few(st.builds(fir2005.FingerImage, st.sampled_from(fir2005.CODES), side, side, image, u8, u8, reported, impression)),
    st.sampled_from(range(6)), u16, u16, st.sampled_from((1, 2)), u16, u16, u16, u16, st.integers(1, 16),
)  # fmt: skip

person = {"gender": st.sampled_from(fac.GENDERS), "eye_colour": u8, "hair_colour": u8, "properties": st.integers(0, 0xFFFFFF)}
posed = {"expression": u16, "pose": pose, "pose_uncertainty": pose}


@st.composite
def face_2011(draw: st.DrawFn) -> fac.FaceImage:
    image_type = draw(st.sampled_from((*fac.IMAGE_TYPES_2D, *fac.IMAGE_TYPES_3D)))
    trailing = draw(st.binary(max_size=9)) if image_type in fac.IMAGE_TYPES_3D else b""
    landmark = st.builds(fac.Landmark, u8, u16, u16, u16, st.sampled_from((1, 2, 3)))
    rest = st.builds(
        fac.FaceImage, side, side, st.sampled_from(tuple(fac.MEDIA_2011)), image,
        **capture, **person, **posed,
        landmarks=few(landmark, 0), subject_height=u8, image_type=st.just(image_type), sampling=u8, post_processing=u16,
        cross_reference=u8, colour=u8, trailing=st.just(trailing),
    )  # fmt: skip
    return draw(rest)


fac_2005 = st.builds(
    fac2005.FaceRecord,
    few(
        st.builds(
            fac2005.FaceImage,
            side,
            side,
            st.sampled_from((0, 1)),
            image,
            **person,
            **posed,
            landmarks=few(st.builds(fac.Landmark, u8, u16, u16), 0),
            image_type=st.sampled_from(range(3)),
            colour=u8,
            source=u8,
            device=u16,
            quality=u16,
        )
    ),
)


@st.composite
def iris_2011(draw: st.DrawFn) -> iir.IrisImage:
    x, y, d = (tuple(sorted(draw(st.tuples(u16, u16)))) for _ in range(3))
    one = st.builds(
        iir.IrisImage,
        st.sampled_from((0, 1, 2)), side, side, st.sampled_from(tuple(iir.MEDIA_2011)), image,
        **capture,
        number=u16, image_type=st.sampled_from((1, 2, 3, 7)), properties=st.sampled_from(iir.PROPERTIES),
        depth=st.sampled_from(iir.DEPTHS), range=u16, roll=u16, roll_uncertainty=u16,
        centre=st.just((*x, *y)), diameter=st.just(d),
    )  # fmt: skip
    return draw(one)


iir_2005 = st.builds(
    iir2005.IrisRecord,
    st.lists(
        st.builds(iir2005.Eye, st.sampled_from((0, 1, 2)), few(st.builds(iir2005.IrisImage, image, u16, reported, u16, u16))),
        min_size=1, max_size=2,
    ).map(tuple),
    side, side, st.sampled_from(iir2005.FORMATS), u16, st.integers(0, 511), u16, st.sampled_from(iir.DEPTHS), u8,
    st.binary(min_size=16, max_size=16),
)  # fmt: skip


def points(width: int, height: int, quality: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[MinutiaPoint, ...]]:
    one = st.builds(MinutiaPoint, st.sampled_from((0, 1, 2)), st.integers(0, width - 1), st.integers(0, height - 1), u8, quality)
    return st.lists(one, max_size=6).map(tuple)


extended = st.binary(max_size=9)
ppcm, fmr_side = st.integers(99, 0xFFFF), st.integers(1, (1 << 14) - 1)
nibble, code = st.integers(0, 15), st.sampled_from(fmr.CODES)


@st.composite
def fmr_2005(draw: st.DrawFn) -> fmr.MinutiaeRecord:
    width, height = draw(fmr_side), draw(fmr_side)
    view = st.builds(fmr.FingerView, code, points(width, height, st.integers(0, 100)), nibble, nibble, st.integers(0, 100), extended)
    return fmr.MinutiaeRecord(width, height, draw(few(view)), draw(ppcm), draw(ppcm), draw(u16))


@st.composite
def fmr_2011(draw: st.DrawFn) -> fmr2011.MinutiaeRecord:
    certified = draw(st.integers(0, 1))
    views: list[fmr2011.FingerView] = []
    for finger in draw(st.lists(code, min_size=1, max_size=3)):
        width, height, octets = draw(fmr_side), draw(fmr_side), draw(st.sampled_from((5, 6)))
        view = st.builds(
            fmr2011.FingerView,
            st.just(finger), st.just(width), st.just(height), points(width, height, reported if octets == 6 else st.just(254)),
            **capture,
            certifications=certifications if certified else st.just(()),
            view=st.just(sum(v.code == finger for v in views)), x_ppcm=ppcm, y_ppcm=ppcm, impression=impression, octets=st.just(octets),
            ending_type=st.sampled_from((0, 1)), extended=extended,
        )  # fmt: skip
        views.append(draw(view))
    return fmr2011.MinutiaeRecord(tuple(views), certified)


STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "FIR 010": fir_2005,
    "FIR 020": fir_2011(),
    "FMR 20": fmr_2005(),
    "FMR 030": fmr_2011(),
    "FAC 010": fac_2005,
    "FAC 030": st.builds(fac.FaceRecord, few(face_2011()), u16),
    "IIR 010": iir_2005,
    "IIR 020": st.builds(iir.IrisRecord, few(iris_2011()), st.sampled_from((0, 1, 2))),
}

TIME = common.pack_time(NOW)
QUALITY = (QualityBlock(55, 0x0101, 0x39), QualityBlock(255, 1, 2))
CERTIFIED = (Certification(0x1234, 2), Certification(1, 3))
SEGMENTS = (
    fir.Segment(7, ((10, 20), (60, 90)), 70, 3),
    fir.Segment(8, ((70, 10), (99, 10), (99, 80), (70, 80)), 61),
)
BLOCKS: tuple[fir.Extension, ...] = (
    fir.Segmentation(SEGMENTS, 0x0101, 2, 88, 0x0101, 0x39),
    fir.Annotations((fir.Annotation(9, fir.AMPUTATED), fir.Annotation(10, fir.UNUSABLE))),
    fir.Comment(b"jari luka"),
    fir.UnknownBlock(0x4001, b"vendor"),
)
WSQ = b"\xff\xa0 not really"
POINTS = tuple(MinutiaPoint(1 + n % 2, n, 2 * n, (n * 7) % 256, n % 101) for n in range(60))
UNRATED = tuple(MinutiaPoint(m.kind, m.x, m.y, m.angle, 254) for m in POINTS[:9])
EYES = (fac.Landmark(fac.LEFT_EYE, 40, 30), fac.Landmark(fac.RIGHT_EYE, 20, 30))

SMALL: dict[str, tuple[Any, ...]] = {
    "FIR 010": (
        fir2005.FingerRecord((fir2005.FingerImage(7, 9, 9, bytes(81), quality=60),), 0),
        fir2005.FingerRecord((fir2005.FingerImage(13, 90, 80, WSQ, 1, 1), fir2005.FingerImage(6, 9, 9, WSQ)), 2, 77, 30),
    ),
    "FIR 020": (
        fir.FingerRecord((fir.FingerImage(7, 100, 120, 2, WSQ, TIME, qualities=QUALITY),)),
        fir.several([fir.FingerImage(14, 100, 90, 2, WSQ, TIME, 7, 1, 2, QUALITY, CERTIFIED, 2, extensions=BLOCKS)] * 2),
    ),
    "FMR 20": (
        fmr.MinutiaeRecord(300, 400, (fmr.FingerView(2, POINTS, quality=60),)),
        fmr.MinutiaeRecord(99, 99, (fmr.FingerView(0, POINTS[:3], 1, 8), fmr.FingerView(9, (), 2, 0, 9, b"\0\1\0\5x"))),
    ),
    "FMR 030": (
        fmr2011.MinutiaeRecord((fmr2011.FingerView(2, 300, 400, POINTS, TIME, 7, 1, 2, QUALITY),)),
        fmr2011.MinutiaeRecord(
            (
                fmr2011.FingerView(7, 99, 99, UNRATED, octets=5, ending_type=1, certifications=CERTIFIED),
                fmr2011.FingerView(7, 99, 99, POINTS[:4], view=1, extended=b"\0\2\0\5x"),
            ),
            certified=1,
        ),
    ),
    "FAC 010": (
        fac2005.FaceRecord((fac2005.FaceImage(60, 80, 0, b"\xff\xd8jpeg", EYES, 2, pose=fac.pack_pose(0, -4, 2)),)),
        fac2005.FaceRecord((fac2005.FaceImage(60, 80, 1, b"jp2"),) * 3),
    ),
    "FAC 030": (
        fac.FaceRecord((fac.FaceImage(60, 80, 1, b"jp2", TIME, qualities=QUALITY, landmarks=EYES, pose=fac.pack_pose(0, -4, 2)),)),
        fac.FaceRecord((fac.FaceImage(60, 80, 3, b"png"), fac.FaceImage(60, 80, 0, b"jpg", image_type=128, trailing=b"3d")), 1),
    ),
    "IIR 010": (
        iir2005.IrisRecord((iir2005.Eye(2, (iir2005.IrisImage(b"jp2", quality=80),)),), 64, 48, 0x0E),
        iir2005.IrisRecord((iir2005.Eye(1, (iir2005.IrisImage(b"r"),) * 2), iir2005.Eye(2, (iir2005.IrisImage(b"l"),))), 64, 48, 2),
    ),
    "IIR 020": (
        iir.IrisRecord((iir.IrisImage(2, 64, 48, 0x0A, b"jp2", TIME, centre=(1, 2, 3, 4), diameter=(5, 6)),)),
        iir.several([iir.IrisImage(1, 64, 48, 2, bytes(9), TIME, qualities=QUALITY), iir.IrisImage(2, 64, 48, 0x0E, b"png")]),
    ),
}
CORPUS = {name: tuple(FORMATS[name].encode(record) for record in records) for name, records in SMALL.items()}
