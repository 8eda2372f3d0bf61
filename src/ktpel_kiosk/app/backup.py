"""Copies of an office at set-up, once a day and by hand: the register, checked, with its wrapped key and what is known of it beside it
(:mod:`ktpel_kiosk.app.copy_sets`), and the packets not yet received. Putting one back: :mod:`ktpel_kiosk.app.restore`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import copy_sets, sops
from ktpel_kiosk.app.backup_places import reachable
from ktpel_kiosk.app.copy_sets import INFO, KEEP_SETTING, KEY, Keep, parse_keep
from ktpel_kiosk.app.office import OfficeSettings, settings_of
from ktpel_kiosk.desk.station_care import CODE, PLACE, plain_code
from ktpel_kiosk.domain.errors import BadInput, IoFailure, KioskError
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.durable import storage_trouble, write_durably
from ktpel_kiosk.ports.register import Register, Tx
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.register.backup import CopyFacts

__all__ = ["PLACE", "choose_place", "code_noted", "copies_in", "copy_by_hand", "daily_copy", "keep_of", "make_copy", "new_code", "place_of",
           "plain_code", "set_keep"]

NOBODY = "-"
DAY = timedelta(hours=20)
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
GROUPS, GROUP = 5, 5


def new_code() -> str:
    """A recovery code people can copy by hand: 25 letters and digits that look like nothing else, some 122 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def place_of(register: Register) -> str:
    return register.read(lambda v: v.setting(PLACE)) or ""


def code_noted(register: Register, mark: str, actor: str) -> None:
    """Somebody said to have the recovery code with this mark on paper."""
    def work(tx: Tx) -> None:
        tx.put_setting(CODE, mark)
        tx.log("RecoveryCodeProved", "stasiun", actor)

    register.write(work)


def choose_place(register: Register, folder: Path, actor: str) -> None:
    def work(tx: Tx) -> None:
        tx.put_setting(PLACE, str(folder))
        tx.log("SettingChanged", PLACE, actor)

    register.write(work)


def keep_of(register: Register) -> Keep:
    """How many copies stay: what the office chose, else seven days, four weeks, twelve months."""
    chosen = register.read(lambda v: v.setting(KEEP_SETTING)) or ""
    with suppress(BadInput):
        return parse_keep(chosen)
    return Keep()


def set_keep(register: Register, text: str, actor: str) -> Keep:
    """Raises BadInput ``backup.keep``."""
    keep = parse_keep(text)

    def work(tx: Tx) -> None:
        tx.put_setting(KEEP_SETTING, f"{keep.daily},{keep.weekly},{keep.monthly}")
        tx.log("SettingChanged", KEEP_SETTING, actor)

    register.write(work)
    return keep


def make_copy(register: SqlRegister, data: Path, folder: Path, actor: str, *, gentle: bool = False,
              settings: OfficeSettings | None = None, sop: str = "") -> Path:
    """A checked copy of the register in ``folder``, its wrapped key, what is known of it, and every packet without a receipt.

    Args:
        data: the office folder whose ``register`` and ``packets`` lie there. gentle: rest in between, for a desk that serves people.
        settings, sop: of an office that is being made and has no ``office.json`` yet.

    Raises:
        DiskFull, IoFailure, Corrupt: no copy was made. Cut off anywhere, what lies there is not taken for one.
    """
    packets = list(register.read(lambda v: v.packets(unsent_only=True)))
    copied = [p for p in packets if _copy_packet(data / "packets" / p.path, folder / "packets" / p.path, p)]
    settings, sop = settings or settings_of(data), sop or _sop_text(data)

    def beside(final: Path, facts: CopyFacts) -> None:
        _beside(register, data / "register" / "register.key", final, facts, (settings, sop, copied))

    made = register.backup(folder, actor, beside=beside, gentle=gentle)
    _drop_received(register, folder / "packets")
    return made


def _sop_text(data: Path) -> str:
    """Text of the SOP in force; empty where the folder is no office yet."""
    settings = settings_of(data)
    with suppress(KioskError):
        return sops.in_force(data, settings.office).source_text if settings is not None else ""
    return ""


def _beside(register: SqlRegister, key_file: Path, final: Path, facts: CopyFacts,
            office: tuple[OfficeSettings | None, str, Sequence[Packet]]) -> None:
    """Key and info of a copy, before it gets its name. ``office``: settings, SOP text, packets copied."""
    settings, sop, packets = office
    at = copy_sets.made_at(final)
    try:
        wraps = key_file.read_bytes()
    except OSError as error:
        raise storage_trouble(error, key_file) from error
    if at is None:
        raise IoFailure("storage.io", path=str(final))
    info = copy_sets.info_of(facts, at, settings.station if settings else "", settings.office if settings else "",
                             final.with_suffix(".part"), asdict(settings) if settings else {}, sop, packets)
    write_durably(final.with_suffix(KEY), wraps, mode=0o600)
    write_durably(final.with_suffix(INFO), register.sealed_note(lambda key: copy_sets.info_bytes(info, key)), mode=0o600)


def _copy_packet(source: Path, target: Path, packet: Packet) -> bool:
    """Sealed packets never change; one that is there already is read back, not written again. False: it is missing or damaged here, which
    is somebody else's report."""
    if _holds(target, packet.sha256):
        return True
    try:
        content = source.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise IoFailure("storage.io", path=str(source), errno=error.errno) from error
    if hashlib.sha256(content).hexdigest() != packet.sha256:
        return False
    write_durably(target, content)
    if not _holds(target, packet.sha256):
        raise IoFailure("storage.io", path=str(target))
    return True


def _holds(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _drop_received(register: Register, folder: Path) -> None:
    """Packets whose receipt this register has need no copy any more; those of other stations on the same disk stay."""
    names = {p.name for p in folder.glob("*.ktpelpkt")} if folder.is_dir() else set()
    ids = {name: name.partition(".")[0] for name in names}
    known = register.read(lambda v: {name: v.packet(packet_id) for name, packet_id in ids.items()})
    for name, packet in known.items():
        if packet is not None and packet.state is PacketState.RECEIVED and packet.receipt:
            with suppress(OSError):
                (folder / name).unlink()


def daily_copy(register: SqlRegister, data: Path, now: datetime) -> Path | None:
    """A copy a day into the chosen place when it is there and its newest one is old; ``None`` when nothing was due. Older ones go by
    :func:`keep_of`, and only after the new one was proved readable.

    Raises:
        DiskFull, IoFailure, Corrupt.
    """
    place = place_of(register)
    if not place or not reachable(Path(place)):
        return None
    folder = Path(place)
    newest = max((at for at, _ in copies_in(folder, now)), default=None)
    if newest is not None and now - newest < DAY:
        return None
    made = make_copy(register, data, folder, NOBODY, gentle=True)
    thin_out(register, folder, now, made)
    return made


def thin_out(register: Register, folder: Path, now: datetime, proved: Path) -> int:
    """Remove copies of this register nobody wants to keep; ``proved``, just made and read back, is never among them. Returns how many."""
    own = copy_sets.read_info(proved.with_suffix(INFO))
    sets = copy_sets.sets_in(folder, now, own.register_id if own is not None else "")
    stays = set(copy_sets.kept((c.at for c in sets), keep_of(register)))
    stays -= {c.at for c in sets if c.path == proved}
    gone = []
    for copy in (c for c in sets if c.path != proved):
        if copy.at in stays:
            stays.remove(copy.at)  # of two made in one second one is enough
        else:
            gone.append(copy)
    for copy in gone:
        copy_sets.drop(copy)
    copy_sets.sweep(folder, now)
    return len(gone)


def copies_in(folder: Path, now: datetime) -> list[tuple[datetime, Path]]:
    """Whole copies with their times."""
    return [(c.at, c.path) for c in copy_sets.sets_in(folder, now)]


def copy_by_hand(register: SqlRegister, data: Path, to: Path | None, actor: str) -> Path:
    """Into ``to``, which becomes the office's place, or into the place chosen before. Raises BadInput ``backup.none``."""
    chosen = str(to.absolute()) if to is not None else place_of(register)
    if not chosen:
        raise BadInput("backup.none")
    made = make_copy(register, data, Path(chosen), actor)
    if to is not None:
        choose_place(register, Path(chosen), actor)
    return made
