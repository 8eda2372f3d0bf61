"""AN2K: what every real sample holds, byte-exact transactions, foreign and hostile files end in one clear error."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, date, datetime
from pathlib import Path

import bio_an2k
import bio_synth
import nistitl
import pytest
from bio_samples import NOW, ROOT, sample, stored
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.biometrics import an2k, an2k_write, codecs, images, pen
from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.biometric import (
    LEFT_FOUR,
    RIGHT_FOUR,
    THUMBS,
    BiometricException,
    ExceptionKind,
    Modality,
    PenPoint,
    Position,
    Quality,
    Sample,
    SignatureKind,
)
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.transaction import Transaction
from ktpel_kiosk.ports.devices import SignatureCapture

NBIS, EVAL = "nbis-5.0.0/misc/an2kconvert/testdata/", "libbiomeval/src/test/test_data/"
WVU = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 13, 12, 11)

HOLDS: dict[str, tuple[str, tuple[int, ...], tuple[tuple[object, ...], ...]]] = {
    # version, record types, pictures as (type, code, width, height, ppi, algorithm)
    EVAL + "type3.an2k": ("0400", (1, 2, 3), ((3, 2, 402, 376, 250, "NONE"),)),
    EVAL + "type4-slaps.an2k": ("0400", (1, 2, 4, 4, 4, 4), (
        (4, 14, 1608, 1000, 500, "WSQ20"), (4, 12, 412, 1000, 500, "WSQ20"), (4, 11, 392, 1000, 500, "WSQ20"),
        (4, 13, 1572, 1000, 500, "WSQ20"))),
    EVAL + "type9-13.an2k": ("0300", (1, 2, 9, 13), ((13, 19, 191, 357, 500, "NONE"),)),
    EVAL + "type9-efs.an2k": ("0500", (1, *(9,) * 8), ()),
    EVAL + "type9.an2k": ("0300", (1, 9), ()),
    NBIS + "face_jpb_DOM_GMT_DCS.an2": ("0400", (1, 10), ((10, 0, 768, 1024, 500, "JPEGB"),)),
    NBIS + "sign_raw.an2": ("0400", (1, 8), ((8, 0, 256, 64, 0, "RASTER"),)),
    NBIS + "sign_vec.an2": ("0400", (1, 8), ((8, 0, 0, 0, 0, "VEKTOR"),)),
    NBIS + "type_5_wvu.an2": ("0201", (1, 2, *(5,) * 14), tuple(
        (5, c, 400 if c < 11 else 800 if c > 12 else 200, 375 if c < 11 else 475 if c > 12 else 388, 500, "NONE") for c in WVU)),
    NBIS + "type_6_wvu.an2": ("0201", (1, 2, *(6,) * 14), tuple(
        (6, c, 800 if c < 11 else 1600 if c > 12 else 400, 750 if c < 11 else 950 if c > 12 else 776, 500, "CA1") for c in WVU)),
    NBIS + "valid1.1.an2": ("0201", (1, 2, 4), ((4, 10, 512, 512, 500, "WSQ20"),)),
    NBIS + "valid1.14.an2": ("0201", (1, 2, 4, 9), ((4, 1, 784, 1133, 500, "WSQ20"),)),
    NBIS + "valid1.15.an2": ("0201", (1, 2, 9), ()),
    NBIS + "valid1.2.an2": ("0201", (1, 2, 4, 6), ((4, 10, 512, 512, 500, "WSQ20"), (6, 0, 800, 800, 500, "NONE"))),
    NBIS + "valid1.4.an2": ("0201", (1, 2, 13), ((13, 20, 451, 698, 100, "JPEGB"),)),
    NBIS + "valid1.5.an2": ("0201", (1, 2, 13), ((13, 19, 800, 800, 500, "JPEGB"),)),
    NBIS + "valid1.7.an2": ("0201", (1, 2, 14), ((14, 19, 388, 336, 96, "JPEGB"),)),
    NBIS + "valid1.8.an2": ("0201", (1, 2, 14, 14, 14), (
        (14, 13, 1800, 1000, 500, "WSQ20"), (14, 14, 1800, 1000, 500, "WSQ20"), (14, 15, 1800, 900, 500, "WSQ20"))),
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_every_sample_holds(name: str) -> None:
    file = an2k.read(sample(name).read_bytes(), name)
    found = tuple((p.kind, p.code, p.width, p.height, p.ppi, p.algorithm) for p in an2k.pictures(file))
    assert (file.version, tuple(r.kind for r in file.records), found) == HOLDS[name]


def test_no_sample_is_left_out() -> None:
    sample(NBIS)
    there = {str(p.relative_to(ROOT)) for p in ROOT.rglob("*.an2*")}
    assert there == set(HOLDS)


@pytest.mark.parametrize("name", [EVAL + "type4-slaps.an2k", NBIS + "valid1.8.an2"])
def test_pictures_are_those_an_independent_reader_finds(name: str) -> None:
    path = sample(name)
    ours = [(p.code, p.width, p.height, p.image) for p in an2k.pictures(an2k.read(path.read_bytes()))]
    assert ours == bio_an2k.finger_images(path)


def test_slaps_name_their_fingers_and_a_bogus_segmentation_is_not_believed() -> None:
    file = an2k.read(sample(NBIS + "valid1.8.an2").read_bytes())
    assert [p.positions for p in an2k.pictures(file)] == [RIGHT_FOUR, LEFT_FOUR, THUMBS]
    assert [an2k.segments(r) for r in file.records if r.kind == 14] == [(), (), ()]  # 7 31 31 31 31: boxes without area
    wsq = next(an2k.pictures(file)).image
    assert codecs.wsq_size(wsq) == (1600, 976)  # the header says 1800 x 1000: the image's own size counts


# -- our own transactions ----------------------------------------------------------------------------------------------

PERSON = make_penduduk(
    nik="3508051002900003", nama="BUDI CONTOH", tempat_lahir="LUMAJANG", tanggal_lahir=date(1990, 2, 10), jenis_kelamin="L",
    golongan_darah=13, alamat="DUSUN KRAJAN", rt="001", rw="002", desa="TEMPEH LOR", kecamatan="TEMPEH",
    kabupaten="KABUPATEN LUMAJANG", provinsi="JAWA TIMUR", agama=1, status_perkawinan=1, pekerjaan=9,
)
INK = SignatureCapture((PenPoint(0, 6000, 1023, 0), PenPoint(9600, 0, 512, 8), PenPoint(9600, 0, 0, 16), PenPoint(4800, 3000, 1, 24)),
                       9600, 6000)
NFIQ2 = Quality("NFIQ2 2.3.0", 62, 0x0101, 0x39)
EXCUSED = (
    BiometricException(Position.RIGHT_THUMB, ExceptionKind.MISSING, "amputasi", "kasi1", "op1"),
    BiometricException(Position.LEFT_RING, ExceptionKind.BANDAGED, "dibalut", "kasi1", "op1"),
    BiometricException(Position.RIGHT_EYE, ExceptionKind.BLIND, "buta", "kasi1", "op1"),
)
FACE = images.from_array(bio_synth.eye(4).repeat(3, axis=1).reshape(480, 640, 3))


@pytest.fixture(scope="module")
def samples() -> tuple[Sample, ...]:
    finger = images.encode_png(images.from_array(bio_synth.finger(1), 500))
    return (
        stored(Position.FACE, images.encode_png(FACE), Quality("ktpel-face 1", 70)),
        *(stored(p, finger, NFIQ2, ppi=500) for p in (Position.RIGHT_INDEX, Position.LEFT_LITTLE)),
        stored(Position.LEFT_EYE, images.encode_png(images.from_array(bio_synth.eye(2))), Quality("ktpel-iris 1", 255)),
        stored(Position.SIGNATURE, pen.encode(INK), Quality("ktpel-signature 1", 80), media_type=pen.MEDIA_TYPE),
    )


@pytest.fixture(scope="module")
def content(samples: tuple[Sample, ...]) -> Transaction:
    return Transaction("0195a1b2-0001", "0001/KTP/III/2026", "35.08.05", "desk-1", NOW, date(2026, 11, 21), PERSON, samples, EXCUSED)


@pytest.fixture(scope="module")
def made(content: Transaction) -> bytes:
    return an2k_write.build(content)


def test_first_record_byte_by_byte(made: bytes) -> None:
    listed = b"1\x1f9" + b"".join(b"\x1e%d\x1f%02d" % pair for pair in (
        (2, 0), (10, 1), (14, 2), (14, 3), (14, 4), (14, 5), (17, 6), (17, 7)))
    body = (b"1.002:0500\x1d1.003:" + listed + b"\x1e8\x1f8\x1d1.004:KTPEL\x1d1.005:20261121\x1d1.007:ID-SIAK\x1d1.008:35.08.05\x1d"
            b"1.009:0195a1b2-0001\x1d1.011:19.69\x1d1.012:19.69\x1d1.013:KTPEL-KIOSK\x1f1\x1d1.014:20261121083015Z\x1c")
    whole = b"1.001:%d\x1d" % (len(body) + 10) + body
    assert made.startswith(whole + b"2.001:")
    assert len(whole) == len(body) + 10


def test_lengths_and_separators_walked_by_an_independent_reader(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.an2"
    path.write_bytes(made)
    fingers = bio_an2k.finger_images(path)
    assert [f[0] for f in fingers if f[3]] == [2, 10]
    assert all(f[3][:2] == b"\xff\xa0" and (f[1], f[2]) == (300, 420) for f in fingers if f[3])


def test_nistitl_reads_it_back(made: bytes, content: Transaction) -> None:
    message = nistitl.Message()
    message.parse(made)
    assert [r.type for r in message] == [1, 2, 10, 14, 14, 14, 14, 17, 17, 8]
    assert (message[1]._18, message[1]._100, message[1]._22) == ("BUDI CONTOH", "3508051002900003", "19900210")
    face = message[2]
    assert (face.IMT, face.HLL, face.VLL, face.CGA, face.CSP, face.SAP, face.POS) == ("FACE", "640", "480", "JP2", "SRGB", "0", "F")
    assert codecs.decode(face.DATA, codecs.JP2, trusted=True).width == 640
    assert face._904 == [["Simulator", "X1", "007"]]
    assert message[4].FQM == [["2", "62", "0101", "57"]]
    assert (message[4].SLC, message[4].THPS, message[4].TVPS, message[4].CGA, message[4].BPX) == ("1", "500", "500", "WSQ20", "8")
    again = nistitl.Message()
    again.parse(message.NIST)
    assert str(again) == str(message)


def test_exceptions_say_why_and_carry_no_image(made: bytes) -> None:
    found = {p.positions[0]: p for p in an2k.pictures(an2k.read(made)) if not p.image}
    assert {p: f.excused for p, f in found.items()} == {
        Position.RIGHT_THUMB: "XX", Position.LEFT_RING: "UP", Position.RIGHT_EYE: "UC"}


def test_own_reader_gets_positions_scores_and_hashes(made: bytes) -> None:
    shown = [p for p in an2k.pictures(an2k.read(made)) if p.image]
    assert [p.positions[0] for p in shown] == [
        Position.FACE, Position.RIGHT_INDEX, Position.LEFT_LITTLE, Position.LEFT_EYE, Position.SIGNATURE]
    assert [p.score for p in shown] == [None, 62, 62, None, None]  # own measures hold no registered number
    assert [p.hash_ok for p in shown] == [True, True, True, True, None]
    assert all(codecs.sniff(p.image) == p.media_type for p in shown if p.modality is not Modality.SIGNATURE)


def test_signature_as_vector_ends_with_the_pen_lifted(made: bytes) -> None:
    record = next(r for r in an2k.read(made).records if r.kind == 8)
    assert record.head == bytes((0, 2, 0, 0, 0, 0, 0))
    assert list(struct.iter_unpack(">HHB", record.data)) == [
        (0, 0, 254), (3780, 2362, 127), (3780, 2362, 0), (1890, 1181, 1), (1890, 1181, 0)]


def test_type_4_variant_has_binary_fingers(content: Transaction) -> None:
    data = an2k_write.build(content, type4=True, jpeg_face=True)
    file = an2k.read(data)
    assert [r.kind for r in file.records] == [1, 2, 10, 4, 4, 17, 17, 8]
    assert file.records[1].items(84) == (("1", "XX"), ("9", "UP"))
    at = data.index(file.records[3].data) - 18
    length = len(file.records[3].data) + 18
    assert data[at : at + 18] == struct.pack(">IBB6BBHHB", length, 2, 0, 2, 255, 255, 255, 255, 255, 0, 300, 420, 1)
    face = next(p for p in an2k.pictures(file) if p.kind == 10)
    assert (face.algorithm, codecs.sniff(face.image)) == ("JPEGB", codecs.JPEG)
    message = nistitl.Message()
    message.parse(data)
    assert len(message) == 8


def test_text_beyond_ascii_is_utf_8_and_declared(content: Transaction) -> None:
    from dataclasses import replace

    odd = replace(PERSON, alamat="JL. GARUDA \x1c\x1d 3 É")
    file = an2k.read(an2k_write.build(replace(content, penduduk=odd, samples=(), exceptions=())))
    assert file.first.items(15) == (("003", "UTF-8"),)
    assert file.records[1].text(102) == "JL. GARUDA    3 É"


def test_local_day_and_universal_time_are_two_fields(content: Transaction) -> None:
    from dataclasses import replace

    late = replace(content, created_at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC), local_date=date(2026, 11, 22), samples=(), exceptions=())
    first = an2k.read(an2k_write.build(late)).first
    assert (first.text(5), first.text(14)) == ("20261122", "20261121233000Z")


def test_cap_jempol_is_no_signature_record(content: Transaction) -> None:
    from dataclasses import replace

    thumb = replace(stored(Position.SIGNATURE, images.encode_png(FACE), NFIQ2), signature_kind=SignatureKind.CAP_JEMPOL)
    file = an2k.read(an2k_write.build(replace(content, samples=(thumb,), exceptions=())))
    assert [r.kind for r in file.records] == [1, 2]


# -- hostile -----------------------------------------------------------------------------------------------------------


def small() -> bytes:
    """One Type-4, one Type-14 and one Type-2, all tiny."""
    fourteen = (b"14.002:02\x1d14.003:0\x1d14.013:2\x1d14.006:30\x1d14.007:40\x1d14.008:1\x1d14.009:500\x1d14.011:WSQ20\x1d"
                b"14.999:\xff\xa0\x1d\x1c\x1c")
    four = struct.pack(">IBB6BBHHB", 22, 1, 0, 7, 255, 255, 255, 255, 255, 0, 30, 40, 1) + b"\xff\xa0\x1c\x1d"
    head = b"1.002:0500\x1d1.003:1\x1f3\x1e2\x1f00\x1e4\x1f01\x1e14\x1f02\x1d1.004:X\x1d1.012:19.69\x1c"
    return tagged(1, head) + tagged(2, b"2.002:00\x1d2.034:a\x1d2.034:b\x1c") + four + tagged(14, fourteen)


def tagged(kind: int, body: bytes) -> bytes:
    length = next(n for n in range(len(body), len(body) + 20) if len(b"%d.001:%d\x1d" % (kind, n)) + len(body) == n)
    return b"%d.001:%d\x1d" % (kind, length) + body


def test_separators_inside_an_image_are_pixels() -> None:
    four, fourteen = an2k.pictures(an2k.read(small()))
    assert (four.image, four.positions, fourteen.image) == (b"\xff\xa0\x1c\x1d", (Position.LEFT_INDEX,), b"\xff\xa0\x1d\x1c")


@pytest.mark.parametrize(("old", "new"), [
    (b"1.003:1\x1f3", b"1.003:1\x1f4"), (b"\x1e4\x1f01", b"\x1e3\x1f02"), (b"\x1e14\x1f02", b"\x1e14\x1f03"),
    (b"\x1e4\x1f01", b"\x1e4\x1fx1"),
    (b"\x00\x00\x00\x16\x01", b"\xff\xff\xff\xff\x01"), (b"\x00\x00\x00\x16\x01", b"\x00\x00\x00\x05\x01"), (b"14.013:2", b"13.013:2"),
    (b"14.013:2", b"14.013:x"), (b"14.006:30", b"14.013:30"), (b"14.011:WSQ20", b"14.011:GIF89"), (b"14.002:02", b"14.002:-2"),
    (b"2.002:00", b"2.003:00"), (b"1.002:0500", b"1.002:05\x1c0"), (b"14.001:", b"14.001:9"), (b"2.034:a\x1d", b"2.034:a\x1c"),
])
def test_wrong_bytes_are_one_error_that_names_the_record(old: bytes, new: bytes) -> None:
    data = small()
    assert old in data
    with pytest.raises(BadInput) as caught:
        list(an2k.pictures(an2k.read(data.replace(old, new, 1), "berkas")))
    assert caught.value.message_key == "record.an2k"
    assert caught.value.facts["entry"] == "berkas"
    assert 1 <= int(str(caught.value.facts["count"])) <= 4


@pytest.mark.parametrize("data", [b"", b"1.001:", b"FIR\x00020\x00", b"\x00" * 40, b"2.001:10\x1d2.002:0\x1c"])
def test_what_is_no_transaction(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"record\.format"):
        an2k.read(data)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6), st.integers(0, 5000), st.binary(max_size=20))
def test_any_damage_ends_in_bad_input(changes: list[tuple[int, int]], cut: int, more: bytes) -> None:
    data = bytearray(small())
    for at, value in changes:
        data[at % len(data)] = value
    try:
        for picture in an2k.pictures(an2k.read(bytes(data[: cut % (2 * len(data))]) + more)):
            assert len(picture.image) <= len(data) + 20
    except BadInput as trouble:
        assert trouble.message_key in ("record.an2k", "record.format", "record.length")


def test_a_wrong_hash_is_noticed(made: bytes) -> None:
    image = next(p for p in an2k.pictures(an2k.read(made)) if p.code == 2).image
    stated = hashlib.sha256(image).hexdigest().upper().encode()
    changed = an2k.read(made.replace(stated, b"0" * 64))
    assert [p.hash_ok for p in an2k.pictures(changed) if p.image][:4] == [True, False, False, True]  # both fingers are one picture here
