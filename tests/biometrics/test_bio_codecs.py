"""Images, codecs and the sandbox: nothing lost, nothing decoded before its size is known, nothing hangs."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import bio_synth
import numpy as np
import pytest
from bio_samples import sample
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.sandbox import decode_untrusted
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput

PRINT = images.from_array(bio_synth.finger(1), 500)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.sampled_from([0, 72, 500, 1000]), st.randoms())
def test_png_gives_back_every_pixel_and_the_resolution(width: int, height: int, channels: int, ppi: int, random: object) -> None:
    data = bytes(random.getrandbits(8) for _ in range(width * height * channels))  # type: ignore[attr-defined]
    image = RawImage(width, height, channels, data, ppi)
    assert images.decode_png(images.encode_png(image)) == image


def test_png_announcing_too_much_is_refused_before_decoding() -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 20
    with pytest.raises(BadInput) as caught:
        images.decode_png(bomb, entry="foto")
    assert caught.value.message_key == "image.too_large"
    assert caught.value.facts["entry"] == "foto"


def test_cut_png_is_damaged() -> None:
    with pytest.raises(BadInput, match="damaged"):
        images.decode_png(images.encode_png(PRINT)[:-200])


def test_wsq_keeps_size_resolution_and_ridges() -> None:
    wsq = codecs.encode_wsq(PRINT)
    assert codecs.wsq_size(wsq) == (PRINT.width, PRINT.height)
    back = codecs.decode_wsq(wsq)
    assert (back.width, back.height, back.ppi) == (PRINT.width, PRINT.height, 500)
    error = np.abs(images.to_array(back).astype(int) - images.to_array(PRINT)).mean()
    assert error < 12
    assert len(PRINT.data) / len(wsq) > 7


def test_wsq_is_for_500_ppi_grey_only() -> None:
    with pytest.raises(BadInput, match="wsq_input"):
        codecs.encode_wsq(RawImage(PRINT.width, PRINT.height, 1, PRINT.data, 1000))


def test_wsq_decodes_as_the_reference_decoder_does() -> None:
    folder = "sourceafis-java/src/test/resources/com/machinezoo/sourceafis/"
    found = codecs.decode_wsq(sample(folder + "wsq-original.wsq").read_bytes())
    with Image.open(sample(folder + "wsq-converted.png")) as reference:
        assert found.data == reference.convert("L").tobytes()


def test_jp2_lossless_is_lossless_and_lossy_meets_its_rate() -> None:
    assert codecs.decode_jp2(codecs.encode_jp2(PRINT)).data == PRINT.data
    lossy = codecs.encode_jp2(PRINT, 10)
    assert len(lossy) <= len(PRINT.data) / 10 * 1.1
    colour = RawImage(30, 20, 3, bytes(range(256)) * 7 + bytes(8))
    assert codecs.decode_jp2(codecs.encode_jp2(colour)).data == colour.data


@pytest.mark.parametrize(
    ("encode", "media_type"), [(codecs.encode_wsq, codecs.WSQ), (codecs.encode_jp2, codecs.JP2), (images.encode_png, codecs.PNG)]
)
def test_sandbox_decodes_what_this_process_decodes(encode: object, media_type: str) -> None:
    data = encode(PRINT)  # type: ignore[operator]
    assert codecs.decode(data, media_type).data == codecs.decode(data, media_type, trusted=True).data


@settings(deadline=None)
@given(st.data())
def test_wsq_header_walk_survives_anything(data: st.DataObject) -> None:
    noise = b"\xff\xa0" + data.draw(st.binary(max_size=60))
    try:
        codecs.wsq_size(noise)
    except BadInput as trouble:
        assert trouble.message_key.startswith("image.")


def test_damaged_wsq_costs_one_file_only() -> None:
    good = bytearray(codecs.encode_wsq(PRINT))
    for at in (40, 200, len(good) // 2):
        bad = bytes(good[:at]) + bytes(255 - b for b in good[at : at + 60]) + bytes(good[at + 60 :])
        try:
            decoded = codecs.decode(bad, codecs.WSQ, entry="jari")
            assert decoded.width * decoded.height == len(decoded.data)
        except BadInput as trouble:
            assert trouble.message_key.startswith("image.")


def test_sandbox_refuses_more_pixels_than_agreed() -> None:
    with pytest.raises(BadInput, match="too_large"):
        decode_untrusted(images.encode_png(PRINT), codecs.PNG, max_pixels=1000)


def test_sandbox_kills_a_decoder_that_hangs(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(BadInput, match="too_slow"):
        decode_untrusted(b"\xff\xa0", codecs.WSQ, timeout_s=0.3, worker=worker)


@pytest.mark.parametrize(
    "body",
    [
        "import os; os._exit(11)",
        "import sys; sys.stdout.buffer.write(b'O' + bytes(40))",
        "import sys\nwhile True: sys.stdout.buffer.write(bytes(65536))",
    ],
)
def test_sandbox_believes_nothing_its_child_says(tmp_path: Path, body: str) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(body + "\n")
    with pytest.raises(BadInput) as caught:
        decode_untrusted(b"\xff\xa0", codecs.WSQ, max_pixels=100, timeout_s=5, worker=worker)
    assert caught.value.message_key == "image.damaged"


def test_sandbox_memory_is_limited() -> None:
    pytest.importorskip("resource", reason="address space limits exist on POSIX only")
    big = images.encode_png(RawImage(3000, 3000, 3, bytes(27_000_000)))
    assert decode_untrusted(big, codecs.PNG, timeout_s=20).width == 3000
    with pytest.raises(BadInput, match="damaged"):
        decode_untrusted(big, codecs.PNG, memory_bytes=60 * 1024 * 1024, timeout_s=20)
