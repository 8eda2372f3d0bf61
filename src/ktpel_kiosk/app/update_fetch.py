"""Where a mirror is read from: a folder (USB disk) or the gateway's line; bounded in size by the caller and in time here.

Addresses inside the updater are ``mirror:///metadata/...`` and ``mirror:///targets/...``; nothing in metadata can name another place.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface  # type: ignore[attr-defined]

BASE = "mirror://"
_PLACE = re.compile(r"mirror:/+(metadata|targets)/([A-Za-z0-9][A-Za-z0-9._%+-]{0,199})")
_CHUNK = 256 * 1024
SLOWEST, PATIENCE_S = 2_000, 60.0
"""Bytes a second below which a mirror stands still, after so many seconds: an office's line is slow, an attacker is slower."""


class Line(Protocol):
    """A connection that answers for ``metadata/x`` and ``targets/y`` below the gateway's updates."""

    def file(self, place: str) -> Iterator[bytes]:
        """Raises FileNotFoundError; the ``KioskError`` family for whatever the line does."""
        ...


class MirrorFetcher(FetcherInterface):
    """One mirror.

    Args:
        source: a folder, or a line. clock: monotonic seconds.
        keep: folder that gets a copy of each file as it came, so that somebody else can verify it again.
    """

    def __init__(self, source: Path | Line, *, clock: Callable[[], float] = time.monotonic, keep: Path | None = None) -> None:
        self._source, self._clock, self._keep = source, clock, keep
        self.trouble: Exception | None = None
        """What the line or the disk said, where a download ended with it."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        place = _PLACE.fullmatch(url)
        if place is None:
            raise DownloadError(f"no place of a mirror: {url[:80]}")
        name = f"{place[1]}/{place[2]}"
        chunks = self._bounded(self._chunks(name))
        first = next(chunks, b"")  # so that a file that is not there is told here, as the updater expects
        return self._kept(name, first, chunks)

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            if isinstance(self._source, Path):
                yield from read_folder(self._source, name)
            else:
                yield from self._source.file(name)
        except FileNotFoundError as error:
            raise DownloadHTTPError(f"not there: {name}", 404) from error
        except DownloadError:
            raise
        except Exception as error:
            self.trouble = error
            raise DownloadError(f"not read: {name}") from error

    def _bounded(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        began, got = self._clock(), 0
        for chunk in chunks:
            got += len(chunk)
            if (waited := self._clock() - began) > PATIENCE_S and got < SLOWEST * waited:
                raise SlowRetrievalError("a mirror that stands still")
            yield chunk

    def _kept(self, name: str, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        if self._keep is None:
            yield first
            yield from rest
            return
        target = self._keep / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temp = target.with_name(f".{target.name}.part")
        with temp.open("wb") as out:  # not durable: whoever reads it verifies it
            out.write(first)
            yield first
            for chunk in rest:
                out.write(chunk)
                yield chunk
        os.replace(temp, target)


def read_folder(folder: Path, name: str) -> Iterator[bytes]:
    """A plain file of a disk somebody put in: no link, no pipe, no device is opened."""
    path = folder / name
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise DownloadError(f"no plain file: {name}")
        while chunk := os.read(handle, _CHUNK):
            yield chunk
    finally:
        os.close(handle)


def mirror_in(place: Path) -> Path | None:
    """The mirror on a disk: in its own folder ``ktpel-pembaruan``, or right there."""
    for folder in (place / "ktpel-pembaruan", place):
        if (folder / "metadata" / "timestamp.json").is_file():
            return folder
    return None
