"""Saving what can be saved from a machine whose register will not open: sealed packets, each looked into, and a list of everything.

Needs no key of the register and changes nothing in the office folder: files are read, never opened for writing, links are not followed. A
packet cannot be opened here (only the centre can); what is checked is its envelope (structure, recipients, sizes) and its hash, and where a
copy of the register lies on a disk at hand, that hash against the copy's note.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.durable import write_durably

if TYPE_CHECKING:
    from io import FileIO

    from cryptography import x509

    from ktpel_kiosk.app.copy_sets import CopyInfo
    from ktpel_kiosk.packet.keys import SigningKey

LIST, TEXT, SIGNED = "daftar.json", "BACA-SAYA.txt", "daftar.p7"
PACKETS, DOUBTFUL, OTHERS = "packets", "meragukan", "lainnya"
SUFFIX = ".ktpelpkt"
READABLE = ("office.json", "sop-berlaku.toml", "ui.json", "devices.toml")
REGISTER = ("register.sqlite", "register.sqlite-wal", "register.sqlite.check", "register.sqlite.anchor", "register.key")
"""Saved as they are: encrypted, for whoever repairs them elsewhere. ``machine.key`` is never among them: it would open the rest."""
LARGEST = 256 << 20


@dataclass(frozen=True, slots=True)
class Saved:
    """One packet. ``state``: ``whole`` (a packet's envelope), ``known`` (and the hash a copy's note gives), ``damaged``, ``unreadable``."""

    name: str
    size: int
    sha256: str
    state: str
    why: str = ""
    recipients: int = 0


@dataclass(frozen=True, slots=True)
class Rescue:
    """What was saved. ``missing``: packets a note names that are nowhere; ``others``: register and settings saved as they are;
    ``bundle``: folder of a courier's bundle, where the station's key and a copy's note allowed one."""

    at: str
    packets: tuple[Saved, ...]
    missing: tuple[str, ...]
    others: tuple[str, ...]
    failed: tuple[str, ...]
    signed: bool = False
    bundle: str = ""

    @property
    def good(self) -> int:
        return sum(p.state in ("whole", "known") for p in self.packets)


def rescue(data: Path, out: Path, copies: Sequence[Path] = ()) -> Rescue:
    """Everything of worth in ``data`` into ``out``, which is new or empty and not inside ``data``.

    Args:
        copies: folders of copies at hand; packets lying there are saved too, and their notes say what should be there.

    Raises:
        BadInput: ``rescue.inside``, ``rescue.not_empty``, ``office.none``. DiskFull, IoFailure: of ``out``; damage in ``data`` raises
            nothing.
    """
    from ktpel_kiosk.app.restore import OLD

    _require_apart(data, out)
    noted = [data, *sorted(data.glob(f"{OLD}*")), *copies]
    notes = _notes(noted)
    found: dict[str, Saved] = {}
    failed: list[str] = []
    for path in _packet_files(data, copies):
        saved = _packet(path, notes, out, failed)
        if saved is not None and (path.name not in found or found[path.name].state not in ("whole", "known")):
            found[path.name] = saved
    others = tuple(_others(data, out, failed))
    missing = tuple(sorted(name for name in notes if name not in found))
    made = Rescue(_now().isoformat(timespec="seconds"), tuple(found[n] for n in sorted(found)), missing, others, tuple(failed))
    return _list(replace(made, bundle=_bundle(made, data, out, noted)), data, out)


def _bundle(made: Rescue, data: Path, out: Path, noted: Sequence[Path]) -> str:
    """A courier's bundle of the packets whose place in the chain a note tells; its folder's name, empty where none could be made."""
    from ktpel_kiosk.app.clock import SystemClock, Uuid7
    from ktpel_kiosk.domain.courier import BundleItem, BundlePlan
    from ktpel_kiosk.packet.courier import CourierBundles

    signer, infos = _signer(data), _infos(noted)
    links = {Path(n).name: link for info in infos for n, link in info.links.items()}
    items = [BundleItem(p.name.removesuffix(SUFFIX), int(links[p.name][0]), str(links[p.name][1]), p.size, p.sha256, str(links[p.name][2]))
             for p in made.packets if p.state == "known" and p.name in links]
    if signer is None or not items:
        return ""
    now = _now()
    plan = BundlePlan(Uuid7(SystemClock()).new(), infos[-1].station, now, now.date().isoformat(),
                      tuple(sorted(items, key=lambda i: i.counter)), 0, ("Diselamatkan dari komputer yang registernya tidak terbuka.",))
    try:
        return CourierBundles(*signer).write(out, plan, lambda i: (out / PACKETS / f"{i.packet_id}{SUFFIX}").read_bytes()).folder.name
    except KioskError:  # no room for both: the packets themselves are there
        return ""


def _now() -> datetime:
    from ktpel_kiosk.app.clock import SystemClock
    return SystemClock().now()


def _require_apart(data: Path, out: Path) -> None:
    if not data.is_dir():
        raise BadInput("office.none", path=str(data))
    inside, outside = data.resolve(), out.resolve()
    if outside == inside or inside in outside.parents:
        raise BadInput("rescue.inside", path=str(out))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput("rescue.not_empty", path=str(out))


def _packet_files(data: Path, copies: Sequence[Path]) -> Iterator[Path]:
    """Wherever packets lie: the office's folder, what a restore put aside, copies."""
    from ktpel_kiosk.app.restore import OLD, UNKNOWN_PACKETS

    folders = [data / "packets", *sorted(data.glob(f"{OLD}*/{UNKNOWN_PACKETS}")), *(c / "packets" for c in copies)]
    for folder in folders:
        yield from _files(folder, SUFFIX)


def _files(folder: Path, suffix: str) -> Iterator[Path]:
    """Regular files; a folder that cannot be read holds none."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = folder / name
        try:
            if name.endswith(suffix) and stat.S_ISREG(os.lstat(path).st_mode):
                yield path
        except OSError:
            continue


def _infos(folders: Sequence[Path]) -> list[CopyInfo]:
    from ktpel_kiosk.app.copy_sets import INFO, read_info

    return [info for folder in folders for path in _files(folder, INFO) if (info := read_info(path)) is not None]


def _notes(folders: Sequence[Path]) -> Mapping[str, str]:
    """Packet file -> SHA-256, as the notes beside copies say (their MAC needs the key: they are a help, not a proof)."""
    return {Path(name).name: digest for info in _infos(folders) for name, digest in info.packets.items()}


def _packet(path: Path, notes: Mapping[str, str], out: Path, failed: list[str]) -> Saved | None:
    content, whole = _read(path)
    if content is None:
        failed.append(str(path))
        return Saved(path.name, 0, "", "unreadable", "tidak terbaca dari diska")
    saved = _judged(path.name, content, notes.get(path.name, ""))
    if not whole:
        saved = replace(saved, state="damaged", why="sebagian tidak terbaca dari diska")
    good = saved.state in ("whole", "known")
    target = out / (PACKETS if good else DOUBTFUL) / path.name
    if not target.exists():
        write_durably(target, content)
    return saved


def _judged(name: str, content: bytes, noted: str) -> Saved:
    """What an envelope shows without a key."""
    from ktpel_kiosk.packet import cms

    digest = hashlib.sha256(content).hexdigest()
    try:
        envelope = cms.describe(content)
    except KioskError as error:
        return Saved(name, len(content), digest, "damaged", f"bukan amplop paket yang utuh ({error.message_key})")
    if noted and noted != digest:
        return Saved(name, len(content), digest, "damaged", "isinya bukan yang tercatat di salinan", len(envelope.recipients))
    return Saved(name, len(content), digest, "known" if noted else "whole", "", len(envelope.recipients))


def _read(path: Path) -> tuple[bytes | None, bool]:
    """Content and whether it is all of it: behind a bad sector the rest is read in pieces."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return None, False
    with os.fdopen(fd, "rb", buffering=0) as file:
        pieces = list(_pieces(file, min(os.fstat(file.fileno()).st_size, LARGEST)))
    return b"".join(piece for piece, _given in pieces), all(given for _piece, given in pieces)


def _pieces(file: FileIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """The first ``size`` octets in pieces: what the disk gave, or zeros and False."""
    for at in range(0, size, 1 << 16):
        length = min(1 << 16, size - at)
        try:
            file.seek(at)
            yield file.read(length), True
        except OSError:
            yield bytes(length), False


def _others(data: Path, out: Path, failed: list[str]) -> Iterator[str]:
    """Settings, and the register as it lies there, for whoever tries to repair it."""
    for path in (*(data / n for n in READABLE), *(data / "register" / n for n in REGISTER)):
        if not path.is_file():
            continue
        target = out / OTHERS / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if _stream(path, target):
            yield path.name
        else:
            failed.append(str(path))


def _stream(path: Path, target: Path) -> bool:
    """Copy in pieces, zeros where the disk gives none; False when any piece was lost."""
    try:
        source = path.open("rb", buffering=0)
    except OSError:
        return False
    whole = True
    with source, target.open("wb") as out:
        for piece, given in _pieces(source, os.fstat(source.fileno()).st_size):
            out.write(piece)
            whole = whole and given
        out.flush()
        os.fsync(out.fileno())
    return whole


def _list(made: Rescue, data: Path, out: Path) -> Rescue:
    """The list, signed by the station where its key can be read; its hash on the sheet either way."""
    signer = _signer(data)
    made = replace(made, signed=signer is not None)
    text = json.dumps(asdict(made), ensure_ascii=False, indent=1, sort_keys=True).encode()
    write_durably(out / LIST, text)
    if signer is not None:
        from ktpel_kiosk.packet import cms
        write_durably(out / SIGNED, cms.sign(text, signer[0], signer[1], _now()))
    write_durably(out / TEXT, _sheet(made, hashlib.sha256(text).hexdigest()).encode())
    return made


def _signer(data: Path) -> tuple[SigningKey, x509.Certificate] | None:
    from ktpel_kiosk.packet.keys import load_certificate, load_signing_key

    keys = data / "keys"
    try:
        return load_signing_key((keys / "station.key").read_bytes()), load_certificate((keys / "station.crt").read_bytes())
    except (KioskError, OSError, ValueError):
        return None


def _sheet(made: Rescue, digest: str) -> str:
    bad = [p for p in made.packets if p.state not in ("whole", "known")]
    lines = ["Penyelamatan paket KTP-el", f"Dibuat: {made.at}", f"Paket utuh: {made.good} (folder {PACKETS})",
             f"Paket meragukan: {len(bad)} (folder {DOUBTFUL})",
             f"Tercatat di salinan tetapi tidak ditemukan: {len(made.missing)}",
             f"Berkas yang tidak terbaca: {len(made.failed)}", f"SHA-256 {LIST}: {digest}",
             f"Daftar ditandatangani stasiun ({SIGNED})." if made.signed
             else "Daftar tidak ditandatangani: kunci stasiun tidak terbaca.", "",
             "Bawa folder ini kepada pengelola. Paket di folder packets tersegel untuk pusat dan dapat diserahkan apa adanya.",
             "Folder kantor di komputer asal tidak diubah."]
    return "\r\n".join(lines) + "\r\n"
