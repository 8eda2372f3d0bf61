"""The small stable launcher: which version of the code goes on from here. Standard library, and :mod:`update_layout`.

It runs at the head of every command of the installed version. Without an update it costs two looks at the disk. It never raises: when
anything is wrong with versions beside it, the version that is installed goes on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from ktpel_kiosk import __version__
from ktpel_kiosk.app import update_layout as layout

LAUNCHED = "KTPEL_LAUNCHED"
"""Environment variable of a version that was chosen: how to come back to the launcher."""
TRIAL_S = 6 * 3600.0
_KEPT = ("PYTHONPATH", "KTPEL_ROOT")
_ALONE = frozenset({"update-repository"})


def go(arguments: list[str]) -> None:
    """Return: this version goes on. Else the process becomes the chosen version."""
    if LAUNCHED in os.environ or not arguments or arguments[0] in _ALONE or "--help" in arguments:
        return
    with contextlib.suppress(Exception):
        data = data_folder(arguments)
        area = data / layout.FOLDER
        if not (area / layout.CHOICE).exists() and not (area / layout.WANTED).exists():
            return
        command = prepared(data, opening=arguments[0] == "run")
        if command is not None:
            python, environment = command
            sys.stdout.flush()
            sys.stderr.flush()
            os.execve(python, [python, "-P", "-m", "ktpel_kiosk.app.entry", *arguments], environment)


def data_folder(arguments: list[str]) -> Path:
    from ktpel_kiosk.app.watchdog import data_option

    given = data_option(arguments)
    if given:
        return Path(given)
    from ktpel_kiosk.app.resources import default_data
    return default_data()


def prepared(data: Path, *, opening: bool) -> tuple[str, dict[str, str]] | None:
    """Python and environment of the version that starts; ``None``: this one. ``opening``: the windows will be opened: a trial that is due
    is held first, and a version on probation is counted."""
    if opening:
        _try_wanted(data)
        _count(data)
    layout.settle(data)
    choice = layout.choice_of(data)
    return command_of(data, choice.version)


def command_of(data: Path, version: str) -> tuple[str, dict[str, str]] | None:
    """How a version is started; ``None``: it is this one, or older than this one, or not there."""
    if not layout.newer(version, __version__):
        return None
    folder = layout.store_of(data) / layout.VERSIONS / version
    manifest = layout.manifest_of(layout.store_of(data), version)
    if manifest is None:
        return None
    return version_command(folder, manifest)


def version_command(folder: Path, manifest: dict[str, object]) -> tuple[str, dict[str, str]]:
    tree = folder / layout.TREE
    import json

    own = str(manifest.get("python", ""))
    python = str(tree / own) if own else sys.executable
    back = {"python": sys.executable, "env": {name: os.environ.get(name) for name in _KEPT}}
    environment = {**os.environ, LAUNCHED: json.dumps(back), "PYTHONPATH": str(tree / "src"), "KTPEL_ROOT": str(tree)}
    return python, environment


def relaunch(arguments: list[str]) -> NoReturn:
    """From any version back to the launcher, in this same process: it decides anew what starts."""
    import json

    environment = dict(os.environ)
    python = sys.executable
    with contextlib.suppress(ValueError, KeyError, TypeError):
        back = json.loads(environment.pop(LAUNCHED))
        python = str(back["python"])
        for name, value in back["env"].items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(python, [python, "-P", "-m", "ktpel_kiosk.app.entry", *arguments], environment)


def anew(arguments: list[str]) -> None:
    """After windows that were never shown: where a version is on probation the launcher decides anew, else this returns."""
    with contextlib.suppress(Exception):
        if not layout.choice_of(data_folder(arguments)).probation:
            return
        relaunch(arguments)


_leaving: list[bool] = []


def leave() -> None:
    """Inside a window process: let the windows end, and the launcher decide anew. Any thread."""
    _leaving.append(True)
    signal.raise_signal(signal.SIGTERM)


def leaving() -> bool:
    return bool(_leaving)


def _try_wanted(data: Path) -> None:
    """Hold the trial that is due, by the version in force, in a process of its own: whatever becomes of it, something starts here.

    Not while that version has yet to show its windows: the next one would go back to it.
    """
    wanted = layout.wanted_of(data)
    if wanted is None or not due(wanted, time.strftime("%Y-%m-%d")) or layout.choice_of(data).probation:
        return
    if wanted.tries >= layout.TRIES:
        layout.want(data, None)
        choice = layout.choice_of(data)
        layout.choose(data, replace(choice, failed=(*choice.failed, wanted.version)))
        layout.note(data, "gagal", wanted.version, "terputus")
        return
    layout.want(data, replace(wanted, tries=wanted.tries + 1))
    _child(data, "try")


def due(wanted: layout.Wanted, today: str) -> bool:
    """A night that passed with the computer switched off is made up for at the next start."""
    return wanted.when == layout.NOW or wanted.asked < today


def _count(data: Path) -> None:
    """One more start on probation; after the last one the version before comes back."""
    choice = layout.choice_of(data)
    if not choice.probation:
        return
    if choice.starts >= layout.STARTS:
        _child(data, "back")
        return
    layout.choose(data, replace(choice, starts=choice.starts + 1))


def _child(data: Path, act: str) -> None:
    """``update_trial`` of the version that is in force (``try``) or that comes back (``back``)."""
    choice = layout.choice_of(data)
    command = command_of(data, choice.version if act == "try" else choice.before)
    python, environment = command or (sys.executable, dict(os.environ))
    import subprocess

    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([python, "-P", "-m", "ktpel_kiosk.app.update_trial", act, "--data", str(data.absolute())], env=environment,
                       check=False, timeout=TRIAL_S, stdin=subprocess.DEVNULL)
