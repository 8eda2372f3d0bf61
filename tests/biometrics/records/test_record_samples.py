"""Every record of the sample collection: what it is, that it decodes, that it comes back octet for octet, that its picture opens.

The table is complete both ways: a file not in it fails, an entry without a file fails.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bio_samples import ROOT, sample
from record_cases import FORMATS

from ktpel_kiosk.biometrics.records import fac, fac2005, fir, fmr, iir
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.biometric import FINGERS
from ktpel_kiosk.domain.errors import BadInput

MAGICS = tuple(form.magic[:4] for form in FORMATS.values())
SUFFIXES = (".iso", ".iso2005", ".iso2011", ".ansi2004", ".ansi2007", ".dat", ".fmr", ".fir", ".fac", ".iir")
MOCK = "mosip-mock-services/MockMDS/Profile/Default/Registration/"

# Image records: format, finger or eye code, medium, size. Minutiae records: format, then finger code:minutiae of each view.
TABLE = {
    "libbiomeval/src/test/test_data": {
        "face01.iso2005": "FAC 010 0 jpeg 280x320",
        "fmr.ansi2004": "ANSI INCITS 378-2004",
        "fmr.ansi2007": "ANSI INCITS 378-2009",
        "fmr.iso2005": "FMR 20 7:27 2:22",
        "iris01.iso2011": "IIR 020 2 png 76x47",
    },
    "mosip-bio-utils/kernel-cbeffutil-api/src/main/resources/images": {
        "FingerPrintLeft_Index.iso": "FIR 010 7 jp2 252x427",
        "FingerPrintLeft_Little.iso": "FIR 010 10 jp2 189x343",
        "FingerPrintLeft_Middle.iso": "FIR 010 8 jp2 273x441",
        "FingerPrintLeft_Ring.iso": "FIR 010 9 jp2 245x448",
        "FingerPrintLeft_Thumb.iso": "FIR 010 6 jp2 336x420",
        "FingerPrintRight_Index.iso": "FIR 010 2 jp2 266x378",
        "FingerPrintRight_Little.iso": "FIR 010 5 jp2 259x322",
        "FingerPrintRight_Middle.iso": "FIR 010 3 jp2 280x399",
        "FingerPrintRight_Ring.iso": "FIR 010 4 jp2 273x343",
        "FingerPrintRight_Thumb.iso": "FIR 010 1 jp2 413x385",
        "ISOImage.iso": "FIR 010 0 octet-stream 316x354",
        "Sample_IRIS.iso": "IIR 010 2 jp2 640x480",
    },
    "mosip-bio-utils/test/BiometricInfo/Face": {
        "info_face_auth.iso": "FAC 030 0 jp2 240x320",
        "info_face_registration.iso": "FAC 030 0 jp2 240x320",
    },
    "mosip-bio-utils/test/BiometricInfo/Finger": {
        "info_left_index_auth_jp2000.iso": "FIR 020 0 jp2 280x448",
        "info_left_index_registration_jp2000.iso": "FIR 020 7 jp2 280x448",
        "info_left_thumb_auth_wsq.iso": "FIR 020 0 x-wsq 545x622",
    },
    "mosip-bio-utils/test/BiometricInfo/Iris": {
        "info_left_auth.iso": "IIR 020 2 jp2 391x293",
        "info_right_registration.iso": "IIR 020 1 jp2 380x284",
    },
    "mosip-mock-services/MockMDS/Profile/Default/Auth": {
        "Face.iso": "FAC 030 0 jp2 240x320",
        "Finger_UKNOWN.iso": "FIR 020 0 jp2 280x448",
        "Finger_UKNOWN_wsq.iso": "FIR 020 0 x-wsq 280x448",
        "Iris_UNKNOWN.iso": "IIR 020 0 jp2 401x301",
        "Left_Index.iso": "FIR 020 7 jp2 280x448",
        "Left_Index_wsq.iso": "FIR 020 7 x-wsq 280x448",
        "Left_Iris.iso": "IIR 020 2 jp2 391x293",
        "Left_Little.iso": "FIR 020 10 jp2 259x441",
        "Left_Little_wsq.iso": "FIR 020 10 x-wsq 259x441",
        "Left_Middle.iso": "FIR 020 8 jp2 287x434",
        "Left_Middle_wsq.iso": "FIR 020 8 x-wsq 287x434",
        "Left_Ring.iso": "FIR 020 9 jp2 252x462",
        "Left_Ring_wsq.iso": "FIR 020 9 x-wsq 252x462",
        "Left_Thumb.iso": "FIR 020 6 jp2 350x427",
        "Left_Thumb_wsq.iso": "FIR 020 6 x-wsq 350x427",
        "Right_Index.iso": "FIR 020 2 jp2 308x413",
        "Right_Index_wsq.iso": "FIR 020 2 x-wsq 308x413",
        "Right_Iris.iso": "IIR 020 1 jp2 401x301",
        "Right_Little.iso": "FIR 020 5 jp2 273x399",
        "Right_Little_wsq.iso": "FIR 020 5 x-wsq 273x399",
        "Right_Middle.iso": "FIR 020 3 jp2 238x357",
        "Right_Middle_wsq.iso": "FIR 020 3 x-wsq 238x357",
        "Right_Ring.iso": "FIR 020 4 jp2 273x504",
        "Right_Ring_wsq.iso": "FIR 020 4 x-wsq 273x504",
        "Right_Thumb.iso": "FIR 020 1 jp2 357x504",
        "Right_Thumb_wsq.iso": "FIR 020 1 x-wsq 357x504",
    },
    "mosip-mock-services/MockMDS/Profile/Default/Registration": {
        "Exception_Photo.iso": "FAC 030 0 jp2 600x400",
        "Face.iso": "FAC 030 0 jp2 240x320",
        "Left_Index.iso": "FIR 020 7 jp2 280x448",
        "Left_Iris.iso": "IIR 020 2 jp2 417x313",
        "Left_Little.iso": "FIR 020 10 jp2 259x441",
        "Left_Middle.iso": "FIR 020 8 jp2 287x434",
        "Left_Ring.iso": "FIR 020 9 jp2 252x462",
        "Left_Thumb.iso": "FIR 020 6 jp2 350x427",
        "Right_Index.iso": "FIR 020 2 jp2 308x413",
        "Right_Iris.iso": "IIR 020 1 jp2 423x317",
        "Right_Little.iso": "FIR 020 5 jp2 273x399",
        "Right_Middle.iso": "FIR 020 3 jp2 238x357",
        "Right_Ring.iso": "FIR 020 4 jp2 273x504",
        "Right_Thumb.iso": "FIR 020 1 jp2 357x504",
    },
    "sourceafis-java/src/test/resources/com/machinezoo/sourceafis": {
        "gray-matching.dat": "no record",
        "gray-nonmatching.dat": "no record",
        "gray-probe.dat": "no record",
        "iso-matching.dat": "FMR 20 0:38",
        "iso-nonmatching.dat": "FMR 20 0:39",
        "iso-probe.dat": "FMR 20 0:38",
    },
}
ENTRIES = [(f"{folder}/{name}", what) for folder, files in TABLE.items() for name, what in files.items()]
IMAGES = [path for path, what in ENTRIES if what[:3] in ("FIR", "FAC", "IIR")]
SANDBOXED = {what.split()[3]: path for path, what in ENTRIES if path in IMAGES}.values()
"""One picture a medium goes through the child process; a child for each of sixty would only cost time."""


def _is_record(path: Path) -> bool:
    if path.suffix in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(4) in MAGICS


def test_the_table_names_every_record_of_the_collection() -> None:
    sample("MANIFEST.csv")
    found = {str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and _is_record(p)}
    assert found == {path for path, _ in ENTRIES}


@pytest.mark.parametrize(("path", "what"), ENTRIES)
def test_each_is_what_the_table_says_and_comes_back_octet_for_octet(path: str, what: str) -> None:
    data = sample(path).read_bytes()
    form = next((f for f in FORMATS.values() if f.magic == data[:8]), None)
    if what == "no record":
        assert form is None
        return
    assert form is not None
    if what.startswith("ANSI"):
        with pytest.raises(BadInput) as caught:
            form.decode(data, path)
        assert (caught.value.message_key, caught.value.facts["found"]) == ("record.other_format", what)
        return
    record = fmr.from_buffer(data)
    decoded = form.decode(record, path)
    assert form.encode(decoded) == record
    if isinstance(decoded, fmr.MinutiaeRecord):
        assert what == "FMR 20 " + " ".join(f"{v.code}:{len(v.minutiae)}" for v in decoded.views)
    else:
        r = read_record(data, path)
        assert what == f"{r.format} {r.code} {r.media_type.split('/')[1]} {r.width}x{r.height}"


@pytest.mark.parametrize("path", IMAGES)
def test_each_picture_opens(path: str) -> None:
    record = read_record(sample(path).read_bytes(), path)
    image = to_raw(record, trusted=path not in SANDBOXED)
    assert (image.width, image.height) == (record.width, record.height)
    name = path.rsplit("/", 1)[-1].lower()
    if record.position in FINGERS and "MockMDS" in path:
        assert name.startswith(record.position.value)


def test_extended_blocks_of_the_mock_device() -> None:
    """Segmentation of the whole image, two fingers said to be amputated, a comment, certificates of two laboratories."""
    (image,) = fir.decode(sample(MOCK + "Left_Index.iso").read_bytes()).images
    segmentation, annotations, comment = image.extensions
    assert segmentation == fir.Segmentation((fir.Segment(7, ((0, 0), (280, 448)), 57, 64),), 64, 1, 57, 64, 15)
    assert annotations == fir.Annotations((fir.Annotation(1, fir.AMPUTATED), fir.Annotation(10, fir.UNUSABLE)))
    assert comment == fir.Comment(b"This is of Finger (7)")
    assert [(c.authority, c.scheme) for c in image.certifications] == [(64, 2), (64, 2)]


def test_landmarks_of_the_icao_face() -> None:
    """Points 3.6 and 3.5 (pupils), 9.3 (nose tip), 11.5 (top of the head): odd minor numbers are the person's left."""
    (image,) = fac2005.decode(sample("libbiomeval/src/test/test_data/face01.iso2005").read_bytes()).images
    assert [(m.code, m.x, m.y) for m in image.landmarks] == [(0x36, 95, 117), (0x35, 168, 109), (0x93, 139, 133), (0xB5, 136, 50)]
    assert (image.gender, fac.unpack_pose(image.pose)) == (2, (8, 18, 28))


def test_the_two_samples_whose_lengths_are_wrong_say_so() -> None:
    """NIST's iris record counts one quality block of two; its minutiae record claims an octet that is not there."""
    iris = iir.decode(sample("libbiomeval/src/test/test_data/iris01.iso2011").read_bytes())
    assert (iris.short, len(iris.images[0].qualities)) == (5, 2)
    last = fmr.decode(sample("libbiomeval/src/test/test_data/fmr.iso2005").read_bytes()).views[-1]
    assert (last.overstated, len(last.extended)) == (1, 41)
