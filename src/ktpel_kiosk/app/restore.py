"""Putting a copy in the register's place: prepared beside it, agreed by one small file, done when the folder is opened next.

``register.baru-<id>`` is a whole register folder: the copy, migrated, its numbers moved on, the restore audited and its chain's head
anchored. Only then ``pemulihan.json`` is written; from that moment the next opening moves ``register`` to ``register.lama-<id>`` (kept for
ever) and the new one in its place. Cut off anywhere there is the old register or the restored one, never none (docs/adr/0026).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.office import PENDING_RESTORE as PENDING
from ktpel_kiosk.app.office import settings_of
from ktpel_kiosk.domain.errors import BadInput, Corrupt, KeyUnavailable, KioskError
from ktpel_kiosk.domain.outbox import CHAIN_END, chain_end_text
from ktpel_kiosk.durable import durable_file, storage_trouble, sync_directory, sync_tree, write_durably

if TYPE_CHECKING:
    from ktpel_kiosk.app.clock import PracticeClock, SystemClock
    from ktpel_kiosk.app.copy_sets import CopySet
    from ktpel_kiosk.ports.register import Tx
    from ktpel_kiosk.ports.restore import Agreed
    from ktpel_kiosk.register.backup import CopyFacts
    from ktpel_kiosk.register.store import SqlRegister

NEW, OLD = "register.baru-", "register.lama-"
UNKNOWN_PACKETS = "paket-tanpa-catatan"
JUMP = 1000
"""How far packet counters move on when nobody knows the last one: the centre sees a gap and no number twice."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Present:
    """What the register in place says; ``None`` for one that cannot be read."""

    facts: CopyFacts | None


def present_of(data: Path, key: bytes) -> Present:
    """Of the register that is in place now. Never raises: whatever is wrong with it is why somebody restores."""
    from ktpel_kiosk.register.backup import facts_of

    path = data / "register" / "register.sqlite"
    try:
        return Present(facts_of(path, key) if path.exists() else None)
    except KioskError:
        return Present(None)


# -- preparing ----------------------------------------------------------------------------------------------------------------


def stage(copy: CopySet, key: bytes, folder: Path, clock: SystemClock | PracticeClock) -> SqlRegister:
    """The copy as an open register in ``folder``, which is new. Raises as ``SqlRegister``; DiskFull, IoFailure."""
    from ktpel_kiosk.app.clock import Uuid7
    from ktpel_kiosk.app.resources import migrations
    from ktpel_kiosk.register.store import SqlRegister

    path = folder / "register.sqlite"
    try:
        with copy.path.open("rb") as source, durable_file(path) as out:
            shutil.copyfileobj(source, out, _CHUNK)
    except OSError as error:
        raise storage_trouble(error, path) from error
    return SqlRegister(path, key, clock, Uuid7(clock), migrations=migrations())


def prepare(data: Path, copy: CopySet, key: bytes, agreed: Agreed, clock: SystemClock | PracticeClock,
            told: Callable[[str], None] = lambda _text: None, *, mark: str = "") -> None:
    """Everything up to the small file that makes it count. ``mark``: a file laid into the new register (an office that is not made yet).

    Raises:
        BadInput: ``restore.pending``, ``office_server.restore``, ``restore.no_reason``, ``restore.floor``, ``restore.floor_missing``.
            As :func:`copy_sets.proved`; DiskFull, IoFailure. The present register is as it was.
    """
    from ktpel_kiosk.app.copy_sets import proved
    from ktpel_kiosk.app.restore_aside import note_unknown

    if (data / PENDING).exists():
        raise BadInput("restore.pending")
    settings = settings_of(data)
    if settings is not None and settings.register_url:
        raise BadInput("office_server.restore")
    if not agreed.reason.strip():
        raise BadInput("restore.no_reason")
    clear_leftovers(data)
    facts, _info = proved(copy, key)
    told("Salinan diperiksa.")
    present = present_of(data, key)
    floors = floors_for(facts, present, agreed.floors)
    ident = secrets.token_hex(4)
    folder = data / f"{NEW}{ident}"
    try:
        _build(data, copy, key, folder, clock, (agreed, present, floors))
        told("Register baru disiapkan dan diperiksa.")
        if mark:
            write_durably(folder / mark, b"Kantor ini belum jadi.\n")
        _adopt_packets(data, copy)
        _sync_tree(folder)
        known = _known(folder, key, data)
        if present.facts is not None and note_unknown(data, key, present.facts, known, clock.now().isoformat()):
            told("Paket yang disegel sesudah salinan ini disisihkan untuk pusat.")
        write_durably(data / PENDING, json.dumps({"new": folder.name, "old": f"{OLD}{ident}", "known": known}).encode())
    except BaseException:
        if not (data / PENDING).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise
    told("Register lama disimpan di samping, tidak dihapus.")


def floors_for(facts: CopyFacts, present: Present, given: Mapping[str, int]) -> dict[tuple[str, int], int]:
    """Last number given of each series, by whoever knows it.

    Raises:
        BadInput: ``restore.floor_missing``, ``restore.floor`` (the book says less than the copy).
    """
    if present.facts is not None:
        known = dict(present.facts.numbers)
        return {s: max(n, facts.numbers.get(s, 0)) for s, n in {**facts.numbers, **known}.items()}
    floors = {}
    for series, last in facts.numbers.items():
        named = given.get(f"{series[0]}/{series[1]}")
        if named is None:
            raise BadInput("restore.floor_missing")
        if named < last:
            raise BadInput("restore.floor", found=str(named), expected=str(last))
        floors[series] = named
    for name, number in given.items():  # a series that began after the copy
        series_name, _, year = name.rpartition("/")
        if year.isdecimal() and (series_name, int(year)) not in floors:
            floors[series_name, int(year)] = max(0, number)
    return floors


def _build(data: Path, copy: CopySet, key: bytes, folder: Path, clock: SystemClock | PracticeClock,
           agreed: tuple[Agreed, Present, dict[tuple[str, int], int]]) -> None:
    who, present, floors = agreed
    register = stage(copy, key, folder, clock)
    try:
        before = present.facts

        def work(tx: Tx) -> None:
            moved = {f"{s}/{y}": n for (s, y), n in floors.items() if n and tx.raise_number(s, y, n)}
            end = _chain_end(tx, before)
            tx.put_setting(CHAIN_END, end)
            tx.log("RegisterRestored", "register", who.actor, entry=copy.path.name, second=who.second, reason=who.reason.strip()[:200],
                   count=before.length if before else None, digest=before.head if before else "")
            tx.log("NumbersAdvanced", "register", who.actor, found=",".join(sorted(moved)), number=int(end.split()[0]))

        register.write(work)
        register.accept_audit_head(who.actor, "pemulihan dari salinan")
    finally:
        register.close()
    _keys(data, copy, key, folder)


def _chain_end(tx: Tx, before: CopyFacts | None) -> str:
    """Counter and hash the next packet follows: the present register's last one, or far enough ahead."""
    last = tx.last_packet()
    counter, digest = (last.counter, last.sha256) if last else (0, "")
    if before is None:
        return chain_end_text(counter + JUMP, digest)
    return chain_end_text(before.last_counter, before.last_sha256) if before.last_counter > counter else chain_end_text(counter, digest)


def _keys(data: Path, copy: CopySet, key: bytes, folder: Path) -> None:
    """The wraps in force here where they are of this key, else those of the copy and a new key of this machine."""
    from ktpel_kiosk.register.keys import KeyStore

    here = data / "register"
    with suppress(KioskError, OSError):
        if KeyStore(here / "register.key").unlock_with_machine() == key:
            for name in ("register.key", "machine.key"):
                write_durably(folder / name, (here / name).read_bytes(), mode=0o600)
            return
    try:
        wraps = copy.key_file.read_bytes()
    except OSError as error:
        raise storage_trouble(error, copy.key_file) from error
    write_durably(folder / "register.key", wraps, mode=0o600)
    KeyStore(folder / "register.key").set_machine(key)


def _adopt_packets(data: Path, copy: CopySet) -> None:
    """Packets that lie with the copy and are missing here come back; a file that is there already is never touched."""
    beside, here = copy.path.parent / "packets", data / "packets"
    names = copy.info.packets if copy.info is not None else {}
    for name, sha256 in names.items():
        source, target = beside / Path(name).name, here / Path(name).name
        if target.exists() or not source.is_file():
            continue
        try:
            content = source.read_bytes()
        except OSError as error:
            raise storage_trouble(error, source) from error
        if hashlib.sha256(content).hexdigest() == sha256:
            write_durably(target, content)


def _known(folder: Path, key: bytes, data: Path) -> list[str]:
    """Packet files on this disk that the restored register has rows for."""
    from ktpel_kiosk.register import driver

    connection = driver.connect(folder / "register.sqlite", key)
    try:
        paths = {str(row[0]) for row in connection.execute("SELECT path FROM packet")}
    finally:
        connection.close()
    here = data / "packets"
    return sorted(p.name for p in here.iterdir() if p.name in paths) if here.is_dir() else []


def _sync_tree(folder: Path) -> None:
    try:
        sync_tree(folder)
        sync_directory(folder.parent)
    except OSError as error:
        raise storage_trouble(error, folder) from error


# -- taking effect ------------------------------------------------------------------------------------------------------------


def finish(data: Path) -> bool:
    """Do what ``pemulihan.json`` agreed, as far as it is not done; True when a register was put in place. Before any register is opened.

    Raises:
        Corrupt ``register.missing``: neither the prepared register nor another is there. DiskFull, IoFailure: try again.
    """
    note = data / PENDING
    try:
        agreed = json.loads(note.read_text("utf-8"))
        new, old = data / Path(agreed["new"]).name, data / Path(agreed["old"]).name
        known = frozenset(map(str, agreed["known"]))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt("register.corrupt", path=str(note)) from error
    here = data / "register"
    try:
        if new.is_dir():
            if here.exists() and not old.exists():
                os.replace(here, old)
                sync_directory(data)
            os.replace(new, here)
            sync_directory(data)
        _put_aside(data / "packets", old / UNKNOWN_PACKETS, known)
        if not (here / "register.sqlite").exists():
            raise Corrupt("register.missing", path=str(here))
        note.unlink(missing_ok=True)
        sync_directory(data)
    except OSError as error:
        raise storage_trouble(error, here) from error
    return True


def _put_aside(packets: Path, to: Path, known: frozenset[str]) -> None:
    """Sealed packets the restored register knows nothing of: sealed since the copy, they can still be taken to the centre."""
    if not packets.is_dir():
        return
    strange = [p for p in packets.iterdir() if p.suffix == ".ktpelpkt" and p.name not in known]
    if strange:
        to.mkdir(parents=True, exist_ok=True)
        for path in strange:
            os.replace(path, to / path.name)
        sync_directory(to)
        sync_directory(packets)


def clear_leftovers(data: Path) -> None:
    """Registers that were being prepared when somebody pulled the plug, before they counted."""
    if (data / PENDING).exists():
        return
    for folder in data.glob(f"{NEW}*"):
        shutil.rmtree(folder, ignore_errors=True)


def drill(copy: CopySet, key: bytes, room: Path, clock: SystemClock | PracticeClock) -> tuple[int, int]:
    """The copy put back in a folder of its own, checked to the last link, and thrown away; returns applications and audit links.

    Raises:
        As :func:`copy_sets.proved` and ``SqlRegister``; Corrupt ``register.audit_broken``.
    """
    from ktpel_kiosk.app.copy_sets import proved

    facts, _info = proved(copy, key)
    folder = room / f"latihan-pulih-{secrets.token_hex(4)}"
    try:
        with stage(copy, key, folder, clock) as register:
            register.accept_audit_head("latihan", "latihan pulih")
            register.integrity_check()
        return facts.applied, facts.length
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def opens_with_machine(data: Path) -> bytes | None:
    """This machine's key of the register in place; ``None`` when it does not open it."""
    from ktpel_kiosk.register.keys import KeyStore

    try:
        return KeyStore(data / "register" / "register.key").unlock_with_machine()
    except (KeyUnavailable, KioskError):
        return None

