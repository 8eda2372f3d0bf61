"""``ktpel-kiosk packet open``."""

from __future__ import annotations

from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput


def read_input(path: Path) -> bytes:
    """A file the user named.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path)) from error


def find_packet(file: Path, data: Path) -> Path:
    """The file as named, or the packet of that name (with or without its ending) in the office's packet folder."""
    if file.exists():
        return file
    folder = data / "packets"
    return next((p for p in (folder / file.name, folder / f"{file.name}.ktpelpkt") if p.is_file()), file)


def open_to_folder(file: Path, key: Path, cert: Path, out: Path, station: Path | None) -> dict[str, object]:
    """Decrypt, verify and extract; returns a short description."""
    from ktpel_kiosk.packet.open import open_packet

    opened = open_packet(file, read_input(key), read_input(cert), out, read_input(station) if station else None)
    return {"packet_id": opened.packet_id, "signer": opened.signer, "entries": len(opened.entries), "out": str(out)}
