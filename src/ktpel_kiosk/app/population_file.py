"""Reading tables people bring: CSV of any usual make, XLSX through a child process with limits. Implements ``ports.tables``.

The file is looked at whole before the first line is given out, so that a mixed encoding or a damaged workbook is known before
anything is done with it. Nothing is repaired by guessing.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ktpel_kiosk import child as children
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.tables import TableLine

MAX_BYTES = 200_000_000
MAX_LINES = 1_048_576
MAX_CELL = 2000
MAX_COLUMNS = 200
MAX_LINE = MAX_COLUMNS * (MAX_CELL + 3)
"""Signs of one line: the most that its columns may hold, with their quotes."""
MAX_UNPACKED = 1_500_000_000
MAX_PARTS = 2000
XLSX_TIMEOUT_S = 180.0
"""Longest that a workbook of the largest size may take; a small one has 20 s and 2 s of processor time."""
XLSX_MEMORY = 2_500_000_000
XLSX_BASE_MEMORY = 500_000_000
MAX_PACK = 300
"""A sheet of empty cells packs about a hundred to one."""
DELIMITERS = (";", ",", "\t")

_WORKER = Path(__file__).with_name("xlsx_worker.py")
_ZIP = b"PK\x03\x04"
_ZIP_PART = b"PK\x01\x02"


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A file found readable; ``lines`` may be asked for more than once."""

    name: str
    sha256: str
    encoding: str
    _text: str = field(repr=False)
    _delimiter: str = ","

    def lines(self) -> Iterator[TableLine]:
        """Every line that is not empty. Raises BadInput ``table.quotes``, ``table.too_large`` with the line."""
        for at, line in enumerate(io.StringIO(self._text, newline=""), start=1):
            if at > MAX_LINES:
                raise BadInput("table.too_large", path=self.name, count=at, unit="baris", limit=MAX_LINES, line=at)
            try:  # each line by itself: a quote left open, or a line of a million signs, never gathers the rest of the file
                row = next(csv.reader((line,), delimiter=self._delimiter, strict=True), []) if len(line) <= MAX_LINE else [line]
            except csv.Error as error:
                raise BadInput("table.quotes", path=self.name, line=at) from error
            if len(row) > MAX_COLUMNS or max(map(len, row), default=0) > MAX_CELL:
                raise BadInput("table.quotes", path=self.name, line=at)
            if any(row) and any(c.strip() for c in row):
                yield TableLine(at, tuple(row))


def open_table(path: Path) -> OpenTable:
    """The table in a CSV or XLSX file. Raises BadInput ``table.*`` (see :class:`ktpel_kiosk.ports.tables.TableReader`)."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadInput("table.too_large", path=path.name, count=size, unit="bita", limit=MAX_BYTES)
        data = path.read_bytes()
    except OSError as error:
        raise BadInput("table.missing", path=path.name) from error
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(_ZIP):
        return OpenTable(path.name, digest, "xlsx", _workbook_text(path, data), "\t")
    text, encoding = decode(data, path.name)
    if "\0" in text or not data.strip():
        raise BadInput("table.kind", path=path.name)
    return OpenTable(path.name, digest, encoding, text, _delimiter(text))


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Text and the encoding found: UTF-8 (with or without BOM), UTF-16 (with BOM, or plainly so), else cp1252 as Excel writes it.

    Raises:
        BadInput: ``table.encoding`` with the line that cannot be read; ``table.mixed`` when some lines are UTF-8 and others are not.
    """
    for bom, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(bom):
            return _strict(data[len(bom):], encoding, name), encoding
    head = data[:4000]
    if len(head) > 3 and head[1::2].count(0) > len(head) // 3:
        return _strict(data, "utf-16-le", name), "utf-16-le"
    if len(head) > 3 and head[0::2].count(0) > len(head) // 3:
        return _strict(data, "utf-16-be", name), "utf-16-be"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    first_wrong, has_utf8 = 0, False
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            has_utf8 = True
        except UnicodeDecodeError:
            first_wrong = first_wrong or number
    if has_utf8:
        raise BadInput("table.mixed", path=name, line=first_wrong)
    return _strict(data, "cp1252", name), "cp1252"


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[:error.start].decode(encoding, "ignore").count("\n") + 1
        raise BadInput("table.encoding", path=name, line=line, expected=encoding.upper()) from error


def _delimiter(text: str) -> str:
    """The sign that stands most often in the first lines, outside quotes."""
    head = "\n".join(text.splitlines()[:20])
    bare = "".join(part for i, part in enumerate(head.split('"')) if i % 2 == 0)
    return max(DELIMITERS, key=bare.count)


def _workbook_text(path: Path, data: bytes) -> str:
    """The first sheet as tab-separated text, made by a child process that is killed on time or memory limits."""
    if data.count(_ZIP_PART) > MAX_PARTS:  # counted before zipfile makes an object of each
        raise BadInput("table.too_large", path=path.name, count=data.count(_ZIP_PART), unit="bagian", limit=MAX_PARTS)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadInput("table.damaged", path=path.name) from error
    names = {p.filename.replace("\\", "/").lower() for p in parts}
    if "xl/workbook.xml" not in names:
        raise BadInput("table.kind", path=path.name)
    unpacked = sum(p.file_size for p in parts)
    if unpacked > MAX_UNPACKED or unpacked > 10_000_000 + MAX_PACK * len(data):
        raise BadInput("table.too_large", path=path.name, count=unpacked, unit="bita setelah dibuka", limit=MAX_UNPACKED)
    with tempfile.TemporaryFile() as out:
        seconds, code = _seconds(unpacked), _child(path, out, unpacked)
        if code is None:
            raise BadInput("table.slow", path=path.name, limit=int(seconds))
        if code != 0 or out.tell() > MAX_BYTES * 2:
            raise BadInput("table.damaged", path=path.name)
        out.seek(0)
        return out.read().decode("utf-8")


def _seconds(unpacked: int) -> float:
    return min(XLSX_TIMEOUT_S, 20.0 + unpacked / 2_000_000)


def limits(unpacked: int) -> tuple[int, int, int]:
    """Memory (bytes), processor time (s) and output (bytes) of a workbook whose parts say they unfold to ``unpacked`` bytes.

    They grow with it, so that a small file that lies about itself gets a small file's share.
    """
    return min(XLSX_MEMORY, XLSX_BASE_MEMORY + 10 * unpacked), 2 + int(_seconds(unpacked) - 20.0), MAX_BYTES * 2


def _child(path: Path, out: IO[bytes], unpacked: int) -> int | None:
    """Exit code of the reader, or None when it had to be killed for its slowness."""
    memory, cpu_s, most = limits(unpacked)
    bounds = (str(n) for n in (memory, cpu_s, most, MAX_LINES, MAX_COLUMNS))
    command = [*children.python("-I", "-B"), str(_WORKER), str(path.absolute()), *bounds]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                             creationflags=children.NO_WINDOW)
    timer = threading.Timer(_seconds(unpacked), child.kill)
    timer.start()
    try:
        held = children.hold(child, memory, cpu_s)
        code = child.wait()
        del held
    except OSError:  # it cannot be bound: it does not run
        child.kill()
        code = child.wait()
    finally:
        slow = not timer.is_alive()
        timer.cancel()
    out.seek(0, io.SEEK_END)
    return None if (slow and code != 0) or children.out_of_time(code) else code
