"""``ktpel-kiosk packet open``, ``packet export`` and ``packet verify-chain``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import BadInput, KioskError

if TYPE_CHECKING:
    from ktpel_kiosk.packet.chain import Finding, Link


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


@dataclass(frozen=True, slots=True)
class MosipOptions:
    """Files and numbers of one export. ``profile``: a folder with another mapping and schema."""

    key: Path
    cert: Path
    station: Path | None
    recipient: Path
    signer: Path
    centre: str
    machine: str
    request: str = ""
    profile: Path | None = None


def export_mosip(file: Path, form: str, options: MosipOptions, out: Path) -> dict[str, object]:
    """Open ``file`` and write the same session below ``out`` as a MOSIP registration packet; returns what to announce.

    Raises:
        BadInput: another form, wrong keys, a file of that name already there. SecurityRefusal: the packet is not whole. IoFailure.
    """
    from ktpel_kiosk.app.resources import resources
    from ktpel_kiosk.durable import write_durably
    from ktpel_kiosk.packet.keys import load_certificate, load_rsa_key
    from ktpel_kiosk.packet.mosip import MosipDesk, export
    from ktpel_kiosk.packet.mosip_profile import load_profile
    from ktpel_kiosk.packet.open import packet_reader

    if form != "mosip":
        raise BadInput("packet.export_format", found=form[:20])
    read = packet_reader(read_input(options.key), read_input(options.cert), read_input(options.station) if options.station else None)
    desk = MosipDesk(options.centre, options.machine, load_certificate(read_input(options.recipient)),
                     load_rsa_key(read_input(options.signer)))
    made = export(read(read_input(file)), load_profile(options.profile or resources() / "mosip"), desk, request=options.request)
    target = out / made.path
    if target.exists():
        raise BadInput("packet.export_exists", path=target.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_durably(target, made.data)
    return {"file": str(target), **made.announcement}


def verify_chain(folder: Path, keys: Sequence[Path], certs: Sequence[Path], station: Path | None) -> dict[str, Any]:
    """Open every packet of ``folder`` with the first pair of keys that fits, and check each station's chain.

    Returns:
        ``packets`` (count), ``findings`` (one dict each), ``lines`` (a sentence each).

    Raises:
        BadInput: no packets, or not one certificate for each key.
    """
    from ktpel_kiosk.packet import chain
    from ktpel_kiosk.packet.open import packet_checker

    files = sorted(folder.glob("*.ktpelpkt"))
    if not files or not keys or len(keys) != len(certs):
        raise BadInput("packet.chain_input", path=folder.name, count=len(files))
    expected = read_input(station) if station else None
    checks = [packet_checker(read_input(k), read_input(c), expected) for k, c in zip(keys, certs, strict=True)]
    links: list[Link] = []
    findings: list[Finding] = []
    for file in files:
        link = _link(file, checks)
        if link is None:
            findings.append(chain.Finding(chain.Break.UNREADABLE, file.name))
        else:
            links.append(link)
    findings += chain.verify_chain(links)
    told = [{"what": f.what.value, "file": f.file, "station": f.station, "counter": f.counter, "other": f.other, "missing": list(f.missing)}
            for f in findings]
    return {"packets": len(files), "findings": told, "lines": [_chain_line(f) for f in findings] or ["Rantai utuh."]}


def _link(file: Path, checks: Sequence[Callable[[bytes], dict[str, str]]]) -> Link | None:
    from ktpel_kiosk.packet.chain import Link

    data = read_input(file)
    for check in checks:
        try:
            m = check(data)
        except KioskError:
            continue
        return Link(file.name, m["packet_id"], m["station"], int(m["counter"]), m["previous_hash"], hashlib.sha256(data).hexdigest(),
                    m["created_at"])
    return None


def _chain_line(f: Finding) -> str:
    first, last = f.missing
    gap = f"nomor {first}" if first == last else f"nomor {first} sampai {last}"
    return {
        "twice": f"{f.file}: paket yang sama dengan {f.other}; simpan satu saja.",
        "same_number": f"{f.file}: nomor {f.counter} juga dipakai {f.other}; periksa apakah dua meja memakai satu kunci stasiun.",
        "fork": f"{f.file}: mengikuti paket yang sama dengan {f.other}; rantai bercabang, tanyakan kepada kantor pengirim.",
        "gap": f"{f.file}: paket {gap} dari stasiun {f.station} tidak ada; minta kantor pengirim mengirimkannya.",
        "other": f"{f.file}: tidak mengikuti {f.other or 'awal rantai'}; paket di antaranya diganti atau disegel ulang dari cadangan.",
        "order": f"{f.file}: waktu atau nomornya tidak menyambung pada {f.other}, paket sebelumnya; periksa jam stasiun {f.station}.",
        "unreadable": f"{f.file}: tidak terbuka dengan kunci yang diberikan, atau rusak; periksa file dan kuncinya.",
    }[f.what.value]
