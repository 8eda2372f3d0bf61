"""Copies of an office by hand and at set-up: the register, checked, with the wrapped key beside it, and the packets not yet received.

Regular copies and putting one back are another chapter (docs/limits.md).
"""

from __future__ import annotations

import secrets
from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.durable import storage_trouble, write_durably
from ktpel_kiosk.ports.register import Register, Tx
from ktpel_kiosk.register.store import SqlRegister

PLACE = "cadangan.tempat"
"""Setting of the register: the folder chosen for copies."""
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
GROUPS, GROUP = 5, 5


def new_code() -> str:
    """A recovery code people can copy by hand: 25 letters and digits that look like nothing else, some 122 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def plain_code(typed: str) -> str:
    """The code as it opens the key, however it was typed."""
    return "".join(c for c in typed.upper() if c.isalnum())


def place_of(register: Register) -> str:
    return register.read(lambda v: v.setting(PLACE)) or ""


def choose_place(register: Register, folder: Path, actor: str) -> None:
    def work(tx: Tx) -> None:
        tx.put_setting(PLACE, str(folder))
        tx.log("SettingChanged", PLACE, actor)

    register.write(work)


def make_copy(register: SqlRegister, data: Path, folder: Path, actor: str) -> Path:
    """A checked copy of the register in ``folder``, its wrapped key (``<copy>.key``) and every packet without a receipt.

    Args:
        data: the office folder whose ``register`` and ``packets`` lie there.

    Raises:
        DiskFull, IoFailure, Corrupt. A copy without its key file is no copy: it is written before the copy counts as done.
    """
    made = register.backup(folder, actor)
    try:
        write_durably(made.with_suffix(".key"), (data / "register" / "register.key").read_bytes(), mode=0o600)
    except OSError as error:
        raise storage_trouble(error, made) from error
    for packet in register.read(lambda v: list(v.packets(unsent_only=True))):
        _copy_packet(data / "packets" / packet.path, folder / "packets" / packet.path, packet.size)
    return made


def _copy_packet(source: Path, target: Path, size: int) -> None:
    """Sealed packets never change; one that is there already is not written again, one that is missing here is somebody else's report."""
    try:
        if target.exists() and target.stat().st_size == size:
            return
        content = source.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise IoFailure("storage.io", path=str(source), errno=error.errno) from error
    write_durably(target, content)


def copy_by_hand(register: SqlRegister, data: Path, to: Path | None, actor: str) -> Path:
    """Into ``to``, which becomes the office's place, or into the place chosen before. Raises BadInput ``backup.none``."""
    chosen = str(to.absolute()) if to is not None else place_of(register)
    if not chosen:
        raise BadInput("backup.none")
    made = make_copy(register, data, Path(chosen), actor)
    if to is not None:
        choose_place(register, Path(chosen), actor)
    return made
