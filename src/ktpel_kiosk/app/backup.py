"""Copies of an office at set-up, once a day and by hand: the register, checked, with the wrapped key beside it, and the packets not yet
received. Putting one back is another chapter (docs/limits.md).
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ktpel_kiosk.app.backup_places import reachable
from ktpel_kiosk.desk.station_care import CODE, PLACE, plain_code
from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.durable import storage_trouble, write_durably
from ktpel_kiosk.ports.register import Register, Tx
from ktpel_kiosk.register.store import SqlRegister

__all__ = ["PLACE", "choose_place", "code_noted", "copies_in", "copy_by_hand", "daily_copy", "make_copy", "new_code", "place_of",
           "plain_code"]

NOBODY = "-"
DAY, KEPT = timedelta(hours=20), 14
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


def daily_copy(register: SqlRegister, data: Path, now: datetime) -> Path | None:
    """A copy a day into the chosen place when it is there and its newest one is old; ``None`` when nothing was due. The newest ``KEPT``
    stay: older ones go only after the new one was proved readable.

    Raises:
        DiskFull, IoFailure, Corrupt.
    """
    place = place_of(register)
    if not place or not reachable(Path(place)):
        return None
    newest = max((at for at, _ in copies_in(Path(place), now)), default=None)
    if newest is not None and now - newest < DAY:
        return None
    made = make_copy(register, data, Path(place), NOBODY)
    for _, old in sorted(copies_in(Path(place), now))[:-KEPT]:
        for path in (old, old.with_suffix(".key")):
            with suppress(OSError):  # what cannot be removed stays
                path.unlink(missing_ok=True)
    return made


def _made_at(copy: Path) -> datetime | None:
    """The time in a copy's name; ``None`` for a file of another kind."""
    try:
        return datetime.strptime(copy.name.split("-")[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return None


def copies_in(folder: Path, now: datetime) -> list[tuple[datetime, Path]]:
    """Copies with their times. One that a wrong clock dated into the future counts for nothing and is left alone."""
    dated = ((_made_at(path), path) for path in folder.glob("register-*.sqlite"))
    return [(at, path) for at, path in dated if at is not None and at <= now + timedelta(minutes=5)]


def copy_by_hand(register: SqlRegister, data: Path, to: Path | None, actor: str) -> Path:
    """Into ``to``, which becomes the office's place, or into the place chosen before. Raises BadInput ``backup.none``."""
    chosen = str(to.absolute()) if to is not None else place_of(register)
    if not chosen:
        raise BadInput("backup.none")
    made = make_copy(register, data, Path(chosen), actor)
    if to is not None:
        choose_place(register, Path(chosen), actor)
    return made
