"""What ``biometrics inspect`` says of each kind of file, of every sample, and of bytes that are nothing."""

from __future__ import annotations

import contextlib
import io
import uuid

import bio_synth
import pytest
from bio_samples import NOW, ROOT, sample
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ktpel_kiosk.biometrics import cbeff, codecs, images, isf
from ktpel_kiosk.biometrics.inspection import Line, inspect, table
from ktpel_kiosk.domain.biometric import PenPoint, Position
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import SignatureCapture

GREY = images.from_array(bio_synth.eye(1))
NBIS, MOSIP = "nbis-5.0.0/misc/an2kconvert/testdata/", "mosip-bio-utils/kernel-cbeffutil-api/src/main/resources/"
MOCK = "mosip-mock-services/MockMDS/Profile/Default/"


@pytest.mark.parametrize(("data", "format", "size"), [
    (images.encode_png(GREY), "PNG", "640x480"), (codecs.encode_jp2(GREY), "JPEG 2000", "640x480"),
    (codecs.encode_jpeg(GREY), "JPEG", "640x480"), (codecs.encode_wsq(images.from_array(bio_synth.finger(1), 500)), "WSQ", "300x420"),
])
def test_bare_pictures(data: bytes, format: str, size: str) -> None:
    report = inspect(data, "x")
    assert (report.format, report.lines[0].size, report.lines[0].length) == (format, size, len(data))


def test_bare_codestream() -> None:
    out = io.BytesIO()
    Image.new("L", (33, 21)).save(out, "JPEG2000", no_jp2=True)
    assert inspect(out.getvalue(), "x").lines[0].size == "33x21"


def test_signature_series() -> None:
    data = isf.encode_isf(SignatureCapture((PenPoint(1, 2, 3, 0), PenPoint(5, 6, 7, 9)), 9600, 6000))
    report = inspect(data, "x")
    assert (report.format, report.lines[0].size, report.lines[0].note) == ("ISO/IEC 19794-7:2007", "9600x6000", "2 titik")


@pytest.mark.parametrize(("path", "format", "lines"), [
    (NBIS + "valid1.8.an2", "ANSI/NIST-ITL (AN2K)", (
        Line("Type-1", "kepala transaksi", length=150, note="11 isian"), Line("Type-2", "biodata", length=167, note="15 isian"),
        Line("Type-14", "empat jari kanan", "1800x1000", 500, "WSQ20", 60152, note="gambar sebenarnya 1600x976"),
        Line("Type-14", "empat jari kiri", "1800x1000", 500, "WSQ20", 60626, note="gambar sebenarnya 1600x976"),
        Line("Type-14", "kedua ibu jari", "1800x900", 500, "WSQ20", 61321, note="gambar sebenarnya 1600x800"))),
    (NBIS + "valid1.7.an2", "ANSI/NIST-ITL (AN2K)", (
        Line("Type-1", "kepala transaksi", length=138, note="11 isian"), Line("Type-2", "biodata", length=183, note="16 isian"),
        Line("Type-14", "kode 19", "388x336", 96, "JPEGB", 28930, note="isi bukan JPEGB"))),
    (MOCK + "Registration/Left_Iris.iso", "ISO/IEC 19794-6:2011 (IIR)", (
        Line("iris", "mata kiri", "417x313", 0, "JPEG 2000", 55362, "96"),)),
    (MOCK + "Auth/Right_Index_wsq.iso", "ISO/IEC 19794-4:2011 (FIR)", None),
    (MOSIP + "images/FingerPrintLeft_Ring.iso", "ISO/IEC 19794-4:2005 (FIR)", None),
    (MOSIP + "images/Sample_IRIS.iso", "ISO/IEC 19794-6:2005 (IIR)", None),
])
def test_real_files(path: str, format: str, lines: tuple[Line, ...] | None) -> None:
    report = inspect(sample(path).read_bytes(), path)
    assert report.format == format
    assert lines is None or report.lines == lines


def test_every_sample_is_known_or_refused_in_one_sentence() -> None:
    """All readable formats of the collection; schemas, tables and grey maps are no biometric files."""
    sample("MANIFEST.csv")
    known = {".iso", ".an2", ".an2k", ".wsq", ".jp2", ".png", ".jpg", ".jpeg", ".xml"}
    files = [p for p in ROOT.rglob("*") if p.suffix in known]
    assert len(files) > 80
    for path in files:
        assert list(table(inspect(path.read_bytes(), path.name)))[1:], path


def test_bir_that_names_another_finger_than_its_record() -> None:
    xml = sample(MOSIP + "schema/createCbeffLatest2.xml").read_bytes()
    right = inspect(xml, "x.xml").lines[0]
    assert (right.what, right.part, right.quality, right.note) == ("BIR FIR", "telunjuk kanan", "100", "")
    swapped = inspect(xml.replace(b"Right IndexFinger", b"Left Thumb", 1), "x.xml").lines[0]
    assert swapped.note == "BIR menyebut ibu jari kiri"


def test_excused_position_and_foreign_block() -> None:
    birs = [cbeff.Bir(str(uuid.UUID(int=n)), p, NOW, b) for n, (p, b) in enumerate([(Position.LEFT_EYE, None), (Position.FACE, b"??")], 1)]
    lines = inspect(cbeff.build(birs, created_at=NOW), "x").lines
    assert [(x.part, x.note, x.length) for x in lines] == [("mata kiri", "dikecualikan", 0), ("wajah", "", 2)]


def test_a_strangers_words_do_not_steer_the_terminal() -> None:
    data = sample(NBIS + "valid1.15.an2").read_bytes().replace(b"1.07:NY0303000", b"1.07:\x1b[2J\x07x000")
    assert not any("\x1b" in line or "\x07" in line for line in table(inspect(data, "x")))


@pytest.mark.parametrize("data", [
    b"", b"x", b"GIF89a" + bytes(20), b"\xff\xa0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"<html/>", b"FIR\x00099\x00"])
def test_other_bytes_are_one_error(data: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        inspect(data, "berkas")
    assert caught.value.facts["entry"] == "berkas"


HEADS = (b"FIR\x00020\x00", b"FAC\x00030\x00", b"IIR\x00020\x00", b"FMR\x00 20\x00", b"SDI\x00 10\x00", b"1.001:60\x1d", b"\xff\xd8\xff",
         b"<BIR", b"\xff\xa0", b"\xff\x4f\xff\x51")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(HEADS), st.binary(max_size=80))
def test_nothing_but_bad_input(head: bytes, rest: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert all(table(inspect(head + rest, "x")))
