"""Decodes images from outside in a child process that is killed on time, memory or output limits.

The NIST coder is C code of the nineties and OpenJPEG has had its share of reports: a crash there must cost one file, not the
desk. Limits: ``cpu_s`` processor time and ``memory_bytes`` (by the child itself; on Windows a job object, :mod:`ktpel_kiosk.child`),
``timeout_s`` wall clock and the size of the output (everywhere). The wall clock is generous: a busy machine must not call a good picture
bad. What the child turns into 8 bit grey or RGB without loss (palette, bilevel, opaque alpha, 16 bit grey whose lower byte says nothing,
EXIF orientation) is taken; CMYK, real transparency, 16 bit content and animations are refused. Errors: BadInput ``image.*``. Any thread;
each call has its own child.
"""

from __future__ import annotations

import struct
import subprocess
import threading
from pathlib import Path

from ktpel_kiosk import child as children
from ktpel_kiosk.biometrics.images import MAX_PIXELS
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput

DECODE_TIMEOUT_S = 10.0
DECODE_CPU_S = 2
DECODE_MEMORY = 512 * 1024 * 1024
MAX_INPUT = 32 * 1024 * 1024

_WORKER = Path(__file__).with_name("sandbox_worker.py")
_HEADER = struct.Struct(">IIBI")


def decode_untrusted(
    data: bytes,
    media_type: str,
    *,
    entry: str = "image",
    max_pixels: int = MAX_PIXELS,
    timeout_s: float = DECODE_TIMEOUT_S,
    memory_bytes: int = DECODE_MEMORY,
    cpu_s: int = DECODE_CPU_S,
    worker: Path = _WORKER,
) -> RawImage:
    """Pixels of a foreign WSQ, JPEG 2000, JPEG or PNG file, or BadInput.

    ``image.too_slow`` when the time ran out, ``image.too_large`` when the announced size exceeds ``max_pixels``,
    ``image.damaged`` for everything else, a crash of the child included.
    """
    if len(data) > MAX_INPUT:
        raise BadInput("image.too_large", entry=entry, found=len(data), limit=MAX_INPUT)
    command = [*children.python("-I", "-B"), str(worker), media_type, str(max_pixels), str(memory_bytes), str(cpu_s)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=children.NO_WINDOW,
    ) as child:
        held = _held(child, memory_bytes, cpu_s)
        answer = _talk(child, data, _HEADER.size + 3 * max_pixels + 1, timeout_s)
    if answer is None:
        raise BadInput("image.too_slow", entry=entry, limit=timeout_s)
    del held
    if not answer and children.out_of_time(child.returncode):
        raise BadInput("image.too_slow", entry=entry, limit=cpu_s)
    return _parse(answer, child.returncode, entry, max_pixels)


def _held(child: subprocess.Popen[bytes], memory_bytes: int, cpu_s: int) -> object | None:
    """Bound before it is fed; a child that cannot be bound is not used."""
    try:
        return children.hold(child, memory_bytes, cpu_s)
    except OSError:
        child.kill()
        return None


def _talk(child: subprocess.Popen[bytes], data: bytes, limit: int, timeout_s: float) -> bytes | None:
    """Feed and read with a bound on both time and bytes; None when the child had to be killed for its slowness."""
    answer: list[bytes] = []
    assert child.stdin is not None
    assert child.stdout is not None
    source, sink = child.stdin, child.stdout

    def feed() -> None:
        try:
            source.write(data)
            source.close()
        except OSError:
            pass  # the child died first; its answer says enough

    def read() -> None:
        answer.append(sink.read(limit))

    threads = [threading.Thread(target=feed, name="sandbox-feed"), threading.Thread(target=read, name="sandbox-read")]
    for thread in threads:
        thread.start()
    threads[1].join(timeout_s)
    slow = threads[1].is_alive()
    child.kill()
    for thread in threads:
        thread.join()
    child.wait()
    return None if slow else answer[0] if answer else b""


def _parse(answer: bytes, returncode: int, entry: str, max_pixels: int) -> RawImage:
    if answer[:1] == b"L":
        raise BadInput("image.too_large", entry=entry, limit=max_pixels)
    if answer[:1] == b"A":
        raise BadInput("image.animated", entry=entry)
    if answer[:1] == b"M":
        raise BadInput("image.mode", entry=entry, found=answer[1:9].decode("ascii", "replace"))
    if answer[:1] != b"O" or len(answer) < 1 + _HEADER.size:
        raise BadInput("image.damaged", entry=entry, cause="decoder stopped" if not answer else "decoder refused")
    width, height, channels, ppi = _HEADER.unpack_from(answer, 1)
    pixels = answer[1 + _HEADER.size :]
    if channels not in (1, 3) or not 0 < width * height <= max_pixels or len(pixels) != width * height * channels:
        raise BadInput("image.damaged", entry=entry, cause="decoder answer", status=str(returncode))
    return RawImage(width, height, channels, pixels, ppi if ppi < 10_000 else 0)
