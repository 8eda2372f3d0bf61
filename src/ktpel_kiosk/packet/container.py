"""The inner ZIP of a packet: stored, fixed order, fixed timestamps, so that the same content gives the same bytes.

Reading is strict: only an archive that this module itself would have written byte for byte is accepted. That leaves no
room for hidden bytes, compression bombs, duplicate names or paths that climb out of the folder.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from ktpel_kiosk.domain.errors import BugError, SecurityRefusal

EPOCH = (1980, 1, 1, 0, 0, 0)
NAME = re.compile(r"(?:documents/|evidence/)?[a-z0-9][a-z0-9._-]{0,80}\.(?:json|jsonl|xml|png|isf|pdf|bin)")
MAX_ENTRIES = 200
Entry = tuple[str, bytes]


def write_container(entries: Sequence[Entry]) -> bytes:
    """ZIP bytes of ``entries`` in the given order."""
    names = [name for name, _ in entries]
    if len(set(names)) != len(names) or not all(NAME.fullmatch(n) for n in names) or len(names) > MAX_ENTRIES:
        raise BugError("packet.entry_name")
    return _zip(entries)


def _zip(entries: Sequence[Entry]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3
            info.external_attr = 0o100600 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def read_container(untrusted: bytes) -> Mapping[str, bytes]:
    """Entries of a container by name, in stored order.

    Raises:
        SecurityRefusal: ``packet.container``; fact ``entry`` names the first offending entry where there is one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(untrusted)) as archive:
            infos = archive.infolist()
            if not 1 <= len(infos) <= MAX_ENTRIES:
                raise SecurityRefusal("packet.container", count=len(infos))
            entries = [(info.filename, _read_one(archive, info, len(untrusted))) for info in infos]
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, UnicodeError) as e:
        raise SecurityRefusal("packet.container", reason=type(e).__name__) from e
    found = dict(entries)
    if len(found) != len(entries) or _zip(entries) != untrusted:
        raise SecurityRefusal("packet.container", reason="not canonical")
    return found


def _read_one(archive: zipfile.ZipFile, info: zipfile.ZipInfo, total: int) -> bytes:
    shown = info.filename[:80].encode("ascii", "replace").decode()
    if not NAME.fullmatch(info.filename) or info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        raise SecurityRefusal("packet.container", entry=shown)
    if info.file_size != info.compress_size or info.file_size > total:
        raise SecurityRefusal("packet.container", entry=shown)
    try:
        return archive.read(info)
    except zipfile.BadZipFile as e:
        raise SecurityRefusal("packet.container", entry=shown) from e
