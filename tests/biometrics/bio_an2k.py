"""Just enough ANSI/NIST-ITL to take finger images out of test files: tagged Type-14 and binary Type-4 records."""

from __future__ import annotations

from pathlib import Path

FS, GS, US = b"\x1c", b"\x1d", b"\x1f"


def _tagged(record: bytes) -> dict[str, bytes]:
    fields: dict[str, bytes] = {}
    at = 0
    while at < len(record):
        colon = record.index(b":", at)
        tag = record[at:colon].decode().split(".")[1].lstrip("0") or "0"
        if tag == "999":
            fields[tag] = record[colon + 1 : -1]
            break
        end = min(x for x in (record.find(GS, colon), record.find(FS, colon)) if x >= 0)
        fields[tag] = record[colon + 1 : end]
        at = end + 1
    return fields


def finger_images(path: Path) -> list[tuple[int, int, int, bytes]]:
    """(finger position code, width, height, compressed image) of each Type-14 and Type-4 record, in file order."""
    data = path.read_bytes()
    first = data[: data.index(FS) + 1]
    content = _tagged(first)["3"].split(b"\x1e")[1:]
    at, found = len(first), []
    for item in content:
        kind = int(item.split(US)[0])
        if kind in (3, 4, 5, 6, 7, 8):
            length = int.from_bytes(data[at : at + 4])
            if kind == 4:
                head = data[at : at + 18]
                found.append((head[6], int.from_bytes(head[13:15]), int.from_bytes(head[15:17]), data[at + 18 : at + length]))
        else:
            length = int(data[data.index(b":", at) + 1 : data.index(GS, at)])
            if kind == 14:
                f = _tagged(data[at : at + length])
                found.append((int(f["13"].split(US)[0]), int(f.get("6", b"0")), int(f.get("7", b"0")), f.get("999", b"")))
        at += length
    return found
