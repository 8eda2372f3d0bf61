"""A new version tried on a whole copy of the register before it may touch the register; and the way back.

The register is only ever opened by code that has proved itself on a copy of it. Until ``pilihan.json`` is replaced nothing has changed;
from then on the new version starts, with the copy it migrated. Run in a process of its own: ``python -m ktpel_kiosk.app.update_trial``.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ktpel_kiosk.app import update_launch, update_pack, update_store
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app.office import PENDING_RESTORE, settings_of
from ktpel_kiosk.domain.errors import BadInput, Corrupt, DiskFull, KioskError
from ktpel_kiosk.durable import make_folder, storage_trouble, sync_directory, sync_tree
from ktpel_kiosk.register import driver

TRIED, BEFORE, FAILED = "register.uji-", "register.sebelum-", "register.gagal-"
LOG = "uji.log"
HEALTH_S = 3 * 3600.0
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """Schema and audit's head of the copy, after the new version was healthy on it."""

    schema: int = 0
    head: str = ""


# -- forward ------------------------------------------------------------------------------------------------------------------


def try_wanted(data: Path) -> bool:
    """Try the version somebody wants; True: it starts from now on. False: what started before does, with the register as it was.

    Raises BadInput ``restore.desk_open``: windows are open; the wish stays.
    """
    from ktpel_kiosk.app.desk_lock import desk_closed

    wanted = layout.wanted_of(data)
    if wanted is None:
        return False
    with desk_closed(data):
        layout.settle(data)
        clear_leftovers(data)
        layout.step("try.begin")
        try:
            _try(data, wanted.version)
        except KioskError as error:
            _failed(data, wanted.version, error.message_key)
            return False
        layout.want(data, None)
        layout.note(data, "dipasang", wanted.version)
        layout.step("try.done")
        return True


def _try(data: Path, version: str) -> None:
    if not layout.newer(version, update_store.newest_here(data)):
        raise BadInput("update.not_newer", version=version)
    store = layout.store_of(data)
    manifest = layout.manifest_of(store, version)
    folder = store / layout.VERSIONS / version
    if manifest is None or not update_pack.whole(folder, update_pack.read_release(manifest)):
        raise BadInput("update.not_there", version=version)
    if (data / PENDING_RESTORE).exists():
        raise BadInput("restore.pending")
    settings = settings_of(data)
    if settings is not None and settings.register_url and manifest["schema"] != driver.SCHEMA_VERSION:
        raise BadInput("update.shared_register", version=version)  # other desks use it with the version they have
    if settings is None or not (data / "register" / "register.sqlite").exists():
        verdict = _health(folder, manifest, data, None)
        _commit(data, version, verdict, "", "")
        return
    _require_room(data)
    _copy_to_place(data)
    tried = data / f"{TRIED}{secrets.token_hex(4)}"
    try:
        with _still(data) as facts:
            layout.step("try.still")
            _copy_register(data, tried)
            layout.step("try.copied")
            schema = _prove(tried, facts)
            verdict = _health(folder, manifest, data, tried)
            layout.step("try.healthy")
            verdict = replace(verdict, head=_head_after(tried, facts, version))
            sync_tree(tried)
        if verdict.schema == schema:  # the register needs nothing of the new version: it stays the very file it was
            shutil.rmtree(tried)
            _commit(data, version, replace(verdict, head=facts[2]), "", "")
        else:
            _commit(data, version, verdict, tried.name, f"{BEFORE}{version}-{tried.name[-8:]}")
            layout.settle(data)
    except BaseException:
        if not layout.choice_of(data).new:
            shutil.rmtree(tried, ignore_errors=True)
        raise


def _commit(data: Path, version: str, verdict: Verdict, new: str, old: str) -> None:
    """The step that decides."""
    now = layout.choice_of(data)
    layout.step("try.before_choice")
    layout.choose(data, layout.Choice(version, now.version, probation=True, new=new, old=old, kept=old, head=verdict.head,
                                      failed=tuple(v for v in now.failed if v != version)))
    layout.step("try.chosen")


def _failed(data: Path, version: str, reason: str) -> None:
    layout.note(data, "gagal", version, reason)
    choice = layout.choice_of(data)
    layout.choose(data, replace(choice, failed=(*(v for v in choice.failed if v != version), version)))
    layout.want(data, None)


def clear_leftovers(data: Path) -> None:
    """Copies that were being tried when somebody pulled the plug."""
    agreed = layout.choice_of(data).new
    for folder in data.glob(f"{TRIED}*"):
        if folder.name != agreed:
            shutil.rmtree(folder, ignore_errors=True)


# -- the copy -----------------------------------------------------------------------------------------------------------------


def _require_room(data: Path) -> None:
    """The copy, and a migration's own copy inside it, and what a migration needs. Raises DiskFull ``update.room``."""
    size = sum(p.stat().st_size for p in (data / "register").iterdir() if p.is_file())
    needed, free = 3 * size + update_store.SPARE, shutil.disk_usage(data).free
    if free < needed:
        raise DiskFull("update.room", free_bytes=free, need_bytes=needed)


def _copy_to_place(data: Path) -> None:
    """The office's own copy in the place it chose, where that is there now; the copy beside the register is made in any case."""
    from ktpel_kiosk.app.backup import make_copy, place_of
    from ktpel_kiosk.app.backup_places import reachable
    from ktpel_kiosk.app.clock import SystemClock, Uuid7
    from ktpel_kiosk.app.office import open_register

    clock = SystemClock()
    register = open_register(data, clock, Uuid7(clock))
    try:
        place = place_of(register)
        if place and reachable(Path(place)):
            make_copy(register, data, Path(place), "-")
    finally:
        register.close()
    layout.step("try.backed_up")


@contextmanager
def _still(data: Path) -> Iterator[tuple[int, int, str]]:
    """Nobody writes the register meanwhile, and all of it is in its one file. Gives its schema, length and head of its audit."""
    from sqlcipher3 import dbapi2

    path = data / "register" / "register.sqlite"
    connection = driver.connect(path, _key(data), writer=True)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("BEGIN IMMEDIATE").close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise BadInput("update.busy")
        yield (int(driver.scalar(connection, "PRAGMA user_version")), *audit_end(connection))
        connection.execute("ROLLBACK").close()
    except dbapi2.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()


def audit_end(connection: Any) -> tuple[int, str]:
    """Length and head, of a register of any schema."""
    row = connection.execute("SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


def _key(data: Path) -> bytes:
    from ktpel_kiosk.register.keys import KeyStore

    return KeyStore(data / "register" / "register.key").unlock_with_machine()


def _copy_register(data: Path, to: Path) -> None:
    """Byte for byte, with the files beside it; journals are empty now and stay away."""
    here = data / "register"
    try:
        make_folder(to, mode=0o700)
        for path in sorted(here.iterdir()):
            if not path.is_file() or path.name.endswith(("-wal", "-shm")):
                continue
            target = to / path.name
            with path.open("rb") as source, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                shutil.copyfileobj(source, out, _CHUNK)
                out.flush()
                os.fsync(out.fileno())
        sync_directory(to)
    except OSError as error:
        raise storage_trouble(error, to) from error


def _head_after(tried: Path, facts: tuple[int, int, str], version: str) -> str:
    """The copy has every link it had, whatever the new version says of itself. Raises Corrupt ``update.lost_audit``."""
    from sqlcipher3 import dbapi2

    from ktpel_kiosk.register.keys import KeyStore

    path = tried / "register.sqlite"
    connection = driver.connect(path, KeyStore(tried / "register.key").unlock_with_machine())
    try:
        known = connection.execute("SELECT digest FROM audit WHERE sequence = ?", (facts[1],)).fetchone()
        if facts[1] and (known is None or known[0] != facts[2]):
            raise Corrupt("update.lost_audit", version=version)
        return audit_end(connection)[1]
    except dbapi2.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()


def _prove(tried: Path, facts: tuple[int, int, str]) -> int:
    """The copy is whole: it is what is put back, and what is tried. Returns its schema. Raises Corrupt ``register.copy_damaged``."""
    from ktpel_kiosk.register.backup import check_copy
    from ktpel_kiosk.register.keys import KeyStore

    found = check_copy(tried / "register.sqlite", KeyStore(tried / "register.key").unlock_with_machine())
    if (found.version, found.length, found.head) != facts:
        raise Corrupt("register.copy_damaged", path=str(tried), reason="audit")
    return found.version


def _health(folder: Path, manifest: dict[str, Any], data: Path, tried: Path | None) -> Verdict:
    """Ask the new version, in a process of its own. Raises Corrupt ``update.unhealthy`` with what it said."""
    python, environment = update_launch.version_command(folder, manifest)
    out = data / layout.FOLDER / f"sehat-{secrets.token_hex(4)}.json"
    make_folder(out.parent)
    command = [python, "-P", "-m", "ktpel_kiosk.app.update_health", "--data", str(data), "--out", str(out),
               *(["--register", str(tried)] if tried is not None else [])]
    layout.step("try.health")
    try:
        with (data / layout.FOLDER / LOG).open("wb") as log:
            done = subprocess.run(command, env={**environment, "QT_QPA_PLATFORM": "offscreen"}, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, timeout=HEALTH_S, check=False)
        said = layout._object(out) or {}
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Corrupt("update.unhealthy", reason=type(error).__name__) from error
    finally:
        out.unlink(missing_ok=True)
    problem = str(said.get("problem", "")) or ("" if done.returncode == 0 and said.get("version") == manifest["version"] else
                                               f"berhenti dengan kode {done.returncode}")
    if problem or not isinstance(said.get("schema"), int) or said["schema"] != manifest["schema"]:
        raise Corrupt("update.unhealthy", reason=(problem or "skema")[:120])
    return Verdict(int(said["schema"]))


# -- back ---------------------------------------------------------------------------------------------------------------------


def go_back(data: Path, reason: str) -> bool:
    """To the version before, with the register as it was before it; False: that would lose work, the version in force stays.

    Raises BadInput ``restore.desk_open``, ``update.no_way_back``.
    """
    from ktpel_kiosk.app.desk_lock import desk_closed

    with desk_closed(data):
        layout.settle(data)
        choice = layout.choice_of(data)
        if not choice.version:
            raise BadInput("update.no_way_back")
        layout.step("back.begin")
        new = old = ""
        if choice.kept:
            if not (data / choice.kept).is_dir():
                raise BadInput("update.no_way_back")
            if _head_now(data) != choice.head:
                layout.note(data, "tetap", choice.version, "update.work_since")
                layout.choose(data, replace(choice, probation=False, starts=0))
                return False
            new, old = choice.kept, f"{FAILED}{choice.version}-{secrets.token_hex(4)}"
        layout.step("back.before_choice")
        layout.choose(data, layout.Choice(choice.before, new=new, old=old, failed=(*choice.failed, choice.version)))
        layout.step("back.chosen")
        layout.settle(data)
        layout.note(data, "dikembalikan", choice.version, reason)
        layout.step("back.done")
        return True


def _head_now(data: Path) -> str:
    """Of the register in place, whatever its schema. Raises IoFailure, Corrupt."""
    from sqlcipher3 import dbapi2

    path = data / "register" / "register.sqlite"
    connection = driver.connect(path, _key(data))
    try:
        return audit_end(connection)[1]
    except dbapi2.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()


def _try_in_sight(data: Path) -> bool:
    """The trial, with where it stands on the screens."""
    from ktpel_kiosk.app.update_shown import shown

    with shown(data) as layout.on_step:
        return try_wanted(data)


def main(arguments: list[str]) -> int:
    from ktpel_kiosk.app.hidden import hide_process

    hide_process()
    act, data = arguments[0], Path(arguments[arguments.index("--data") + 1])
    with suppress(BrokenPipeError):
        try:
            done = _try_in_sight(data) if act == "try" else go_back(data, "tidak pernah sehat")
        except KioskError as error:
            print(json.dumps({"key": error.message_key}), file=sys.stderr)
            return 1
        return 0 if done else 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
