"""Which version of the code starts in an office folder, and what is agreed about the next one. Standard library only: every start reads it.

``<data>/pembaruan/pilihan.json`` is the one pointer, replaced by an atomic rename. Versions lie side by side in the store; the version the
package installed has the empty name. See docs/adr/0043.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FOLDER, CHOICE, WANTED, HISTORY = "pembaruan", "pilihan.json", "pasang.json", "riwayat.jsonl"
STORE = "KTPEL_VERSIONS"
"""Environment variable: where versions lie, instead of the places of :func:`store_of`."""
SYSTEM_STORE = Path("/var/lib/ktpel-update")
VERSIONS, MANIFEST, TREE = "versions", "manifest.json", "tree"
STARTS = 3
"""So often a version on probation may be started without ever having shown its windows."""
TRIES = 2
"""So often a trial may be begun; one that ends with the power twice is not begun a third time."""
NOW, NIGHT = "now", "night"
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){1,3}")
_READ_LIMIT = 64 * 1024

on_step: Callable[[str], object] | None = None
"""Called at each step that must survive a power cut; tests end the process there."""


def step(name: str) -> None:
    if on_step is not None:
        on_step(name)


def parts(version: str) -> tuple[int, ...]:
    """``1.10.0`` as numbers that compare; empty for what is no version."""
    return tuple(map(int, version.split("."))) if _VERSION.fullmatch(version) else ()


def newer(version: str, than: str) -> bool:
    """Versions only grow: what is no version is newer than nothing."""
    a, b = parts(version), parts(than)
    width = max(len(a), len(b))
    return bool(a) and a + (0,) * (width - len(a)) > b + (0,) * (width - len(b))


@dataclass(frozen=True, slots=True)
class Choice:
    """What starts.

    Attributes:
        version: empty: what the package installed. before: what to go back to.
        probation: it has not yet shown its windows; ``starts``: how often it was started since.
        new, old: register folders still to be swapped: ``new`` becomes the register, the register becomes ``old``.
        kept: folder with the register as it was before this version; empty: it did not change the schema.
        head: digest of the audit's last link when this version took over: another one, and going back would lose work.
        failed: versions that were tried here and did not stay.
    """

    version: str = ""
    before: str = ""
    probation: bool = False
    starts: int = 0
    new: str = ""
    old: str = ""
    kept: str = ""
    head: str = ""
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version somebody wants to be tried. ``when``: ``now`` or ``night``; ``asked``: ISO date; ``tries``: trials begun."""

    version: str
    when: str = NOW
    by: str = ""
    asked: str = ""
    tries: int = 0


def choice_of(data: Path) -> Choice:
    """What cannot be read counts as the package's own version: something starts."""
    found = _object(data / FOLDER / CHOICE)
    if found is None:
        return Choice()
    try:
        made = Choice(**{**_known(found, Choice), "failed": tuple(map(str, found.get("failed", ())))})
        names = (made.version, made.before)
        return made if all(not name or parts(name) for name in names) else Choice()
    except TypeError:
        return Choice()


def _known(found: dict[str, Any], kind: type) -> dict[str, Any]:
    """A later version may have written more than this one knows; the launcher is the oldest of all."""
    return {name: value for name, value in found.items() if name in kind.__slots__}  # type: ignore[attr-defined]


def choose(data: Path, choice: Choice) -> None:
    """The one step that decides. Raises DiskFull, IoFailure: the former choice stands."""
    _write(data / FOLDER / CHOICE, asdict(choice))


def wanted_of(data: Path) -> Wanted | None:
    found = _object(data / FOLDER / WANTED)
    try:
        made = Wanted(**_known(found, Wanted)) if found is not None else None
    except TypeError:
        return None
    return made if made is not None and parts(made.version) else None


def want(data: Path, wanted: Wanted | None) -> None:
    """Raises DiskFull, IoFailure."""
    path = data / FOLDER / WANTED
    if wanted is None:
        path.unlink(missing_ok=True)
        return
    _write(path, asdict(wanted))


def note(data: Path, what: str, version: str, reason: str = "") -> None:
    """One line of the history: ``dipasang``, ``gagal``, ``dikembalikan``; the next healthy start puts it into the audit."""
    import json

    line = json.dumps({"pada": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "apa": what, "versi": version, "sebab": reason})
    path = data / FOLDER / HISTORY
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def history(data: Path) -> list[dict[str, Any]]:
    """Lines of the history, the oldest first; one that was cut off is passed over."""
    import json

    try:
        lines = (data / FOLDER / HISTORY).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            read = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(read, dict):
            found.append(read)
    return found


def healthy(data: Path) -> bool:
    """The windows are there: probation ends. False: there was none."""
    choice = choice_of(data)
    if not choice.probation:
        return False
    choose(data, replace(choice, probation=False, starts=0))
    return True


# -- the store ----------------------------------------------------------------------------------------------------------------


def store_of(data: Path) -> Path:
    """Of this machine where a service of the system looks after it, else of this folder."""
    given = os.environ.get(STORE, "")
    if given:
        return Path(given)
    return SYSTEM_STORE if SYSTEM_STORE.is_dir() else data / FOLDER / "versi"


def manifest_of(store: Path, version: str) -> dict[str, Any] | None:
    """Of a version that lies whole in the store; ``None`` for any other."""
    if not parts(version):
        return None
    found = _object(store / VERSIONS / version / MANIFEST, 32 * 1024 * 1024)
    return found if found is not None and found.get("version") == version else None


def settle(data: Path) -> None:
    """Do the swap of registers the choice agreed, as far as it is not done. Raises OSError: try again; DiskFull, IoFailure."""
    choice = choice_of(data)
    if not choice.new:
        return
    here, new, old = data / "register", data / Path(choice.new).name, data / Path(choice.old).name
    for _ in range(2):  # two starts at once: the second finds the work of the first
        try:
            if new.is_dir():
                if here.exists() and not old.exists():
                    step("settle.aside")
                    os.replace(here, old)
                    _sync(data)
                step("settle.place")
                os.replace(new, here)
                _sync(data)
            break
        except FileNotFoundError:
            continue
    step("settle.done")
    choose(data, replace(choice_of(data), new="", old=""))


def _sync(folder: Path) -> None:
    from ktpel_kiosk.durable import sync_directory

    sync_directory(folder)


def _write(path: Path, value: dict[str, Any]) -> None:
    import json

    from ktpel_kiosk.durable import write_durably

    write_durably(path, json.dumps(value).encode())


def _object(path: Path, limit: int = _READ_LIMIT) -> dict[str, Any] | None:
    import json

    try:
        with path.open("rb") as file:
            text = file.read(limit + 1)
        found = json.loads(text) if len(text) <= limit else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
