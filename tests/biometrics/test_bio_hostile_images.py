"""Odd and hostile pictures: taken where nothing is lost, refused with one clear reason otherwise; never a crash.

Most cases ask the child's own function in this process; the ways through the child are tested beside (one child costs 0.2 s).
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.biometrics import codecs, sandbox_worker
from ktpel_kiosk.biometrics.sandbox import decode_untrusted
from ktpel_kiosk.domain.errors import BadInput

GREY = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 30), dtype=np.uint8))
COLOUR = Image.merge("RGB", (GREY, GREY.point(lambda v: 255 - v), GREY))
LIMIT = 100_000
UPRIGHT, ON_ITS_SIDE = 1, 6


def saved(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def answer(data: bytes, media_type: str = codecs.PNG, limit: int = LIMIT) -> bytes:
    try:
        return sandbox_worker.picture(data, media_type, limit)
    except Exception:  # what main() does
        return b"E"


def pixels(data: bytes, media_type: str = codecs.PNG) -> tuple[tuple[int, int], int, bytes]:
    got = answer(data, media_type)
    assert got[:1] == b"O", got[:9]
    width, height, channels, _ppi = struct.unpack(">IIBI", got[1:14])
    return (width, height), channels, got[14:]


def wide(low: str) -> bytes:
    """16 bit grey PNG of GREY whose lower byte is zero, a copy of the upper one, or content."""
    high = np.asarray(GREY).astype(np.uint16)
    lower = {"zero": 0, "copy": high, "content": 7}[low]
    return saved(Image.fromarray((high << 8 | lower).astype(np.uint16)))


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG by hand, whatever its header claims."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_alpha(value: int) -> Image.Image:
    image = COLOUR.copy()
    image.putalpha(value)
    return image


@pytest.mark.parametrize(("data", "media_type", "same_as"), [
    (saved(GREY), codecs.PNG, GREY),
    (saved(COLOUR), codecs.PNG, COLOUR),
    (saved(GREY.convert("1")), codecs.PNG, GREY.convert("1").convert("L")),
    (saved(COLOUR.quantize(16)), codecs.PNG, COLOUR.quantize(16).convert("RGB")),
    (saved(with_alpha(255)), codecs.PNG, COLOUR),
    (saved(Image.merge("LA", (GREY, Image.new("L", GREY.size, 255)))), codecs.PNG, GREY),
    (wide("zero"), codecs.PNG, GREY),
    (wide("copy"), codecs.PNG, GREY),
    (saved(COLOUR, "JPEG2000"), codecs.JP2, COLOUR),
    (saved(with_alpha(255), "JPEG2000"), codecs.JP2, COLOUR),
])
def test_what_loses_nothing_is_taken(data: bytes, media_type: str, same_as: Image.Image) -> None:
    assert pixels(data, media_type) == (same_as.size, len(same_as.getbands()), same_as.tobytes())


@pytest.mark.parametrize(("data", "media_type", "said"), [
    (saved(with_alpha(128)), codecs.PNG, b"MRGBA"),
    (saved(COLOUR.quantize(16), transparency=3), codecs.PNG, b"MP"),
    (saved(GREY, transparency=5), codecs.PNG, b"ML"),
    (wide("content"), codecs.PNG, b"MI;16"),
    (raw_png(1, 1, 16, 2, bytes(7)), codecs.PNG, b"MRGB 16"),
    (saved(COLOUR.convert("CMYK"), "JPEG"), codecs.JPEG, b"MCMYK"),
    (saved(GREY, save_all=True, append_images=[GREY.rotate(180)], duration=9), codecs.PNG, b"A"),
    (saved(GREY)[:-30], codecs.PNG, b"E"),
    (saved(COLOUR, "JPEG")[:200], codecs.JPEG, b"E"),
    (saved(COLOUR, "JPEG2000")[:200], codecs.JP2, b"E"),
    (saved(COLOUR, "GIF"), codecs.PNG, b"E"),
    (b"", codecs.PNG, b"E"),
])
def test_what_would_lose_something_is_refused(data: bytes, media_type: str, said: bytes) -> None:
    assert answer(data, media_type) == said


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_picture_taken_with_the_camera_on_its_side_is_turned_upright(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = ON_ITS_SIDE
    size, channels, _ = pixels(saved(COLOUR, format, exif=exif), codecs.JPEG if format == "JPEG" else codecs.PNG)
    assert (size, channels) == (COLOUR.size[::-1], 3)
    if format == "PNG":
        assert pixels(saved(COLOUR, format, exif=exif))[2] == COLOUR.transpose(Image.Transpose.ROTATE_270).tobytes()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_formats_are_named_before_anything_is_decoded(format: str) -> None:
    data = saved(COLOUR, format)
    assert codecs.sniff(data) == codecs.RAW
    with pytest.raises(BadInput, match=r"image\.media_type"):
        codecs.decode(data, codecs.sniff(data), entry="foto")


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (0x7FFFFFFF, 1), (1, 0x7FFFFFFF), (LIMIT + 1, 1)])
def test_announced_size_is_believed_before_memory_is_spent(width: int, height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert answer(raw_png(width, height, 8, 2, b"\0" * 20)) == b"L"


FOUND = {b"A": "image.animated", b"L": "image.too_large", b"M": "image.mode", b"E": "image.damaged"}


@pytest.mark.parametrize("data", [
    saved(GREY, save_all=True, append_images=[GREY.rotate(180)], duration=9), saved(with_alpha(128)), saved(GREY)[:-30],
])
def test_the_child_says_the_same_in_a_sentence(data: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        decode_untrusted(data, codecs.PNG, entry="foto.png", max_pixels=LIMIT)
    assert caught.value.message_key == FOUND[answer(data)[:1]]
    assert "foto.png" in load_sentences().of(caught.value)


@pytest.mark.gate
def test_a_decoder_that_computes_for_ever_is_stopped_by_its_own_time(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="processor time limits exist on POSIX only")
    worker = tmp_path / "worker.py"
    worker.write_text(Path(sandbox_worker.__file__).read_text().replace("def wsq(data: bytes, max_pixels: int) -> bytes:\n",
                      "def wsq(data: bytes, max_pixels: int) -> bytes:\n    while True: pass\n", 1))
    with pytest.raises(BadInput, match="too_slow"):
        decode_untrusted(b"\xff\xa0", codecs.WSQ, cpu_s=1, timeout_s=60, worker=worker)


SEEDS = (saved(GREY), saved(COLOUR, "JPEG"), saved(COLOUR, "JPEG2000"))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8), st.booleans())
def test_damaged_bytes_end_in_an_answer(seed: bytes, changes: list[tuple[int, int]], cut: bool) -> None:
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data)] = value
    got = answer(bytes(data[: changes[0][0] % len(data)] if cut else data), codecs.sniff(seed))
    if got[:1] == b"O":
        width, height, channels, _ = struct.unpack(">IIBI", got[1:14])
        assert len(got) == 14 + width * height * channels <= 14 + 3 * LIMIT
    else:
        assert got[:1] in FOUND
