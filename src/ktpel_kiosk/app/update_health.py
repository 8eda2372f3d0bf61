"""Is this version healthy on this machine, with this office's register? Asked on a copy, in a process of its own.

The register migrates, its audit is whole to the last link with every row it vouches for, both windows can be built and drawn. The answer
is one small file; nothing else of the office is written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ktpel_kiosk import __version__
from ktpel_kiosk.domain.errors import Corrupt, KioskError


def examine(data: Path, folder: Path | None) -> dict[str, Any]:
    """Schema and length of the audit. Raises the ``KioskError`` family; whatever a broken version raises."""
    from ktpel_kiosk.app.doctor import _libraries, _machine
    from ktpel_kiosk.register.driver import SCHEMA_VERSION

    for check in (*_machine(), *_libraries()):
        if check.state == "gagal":
            raise Corrupt("update.unhealthy", reason=f"{check.name}: {check.text}"[:120])
    found: dict[str, Any] = {"version": __version__, "schema": SCHEMA_VERSION, "length": 0, "windows": False}
    if folder is not None:
        found["length"] = _register(data, folder)
        found["windows"] = True
    return found


def _register(data: Path, folder: Path) -> int:
    from ktpel_kiosk.app.clock import SystemClock, Uuid7
    from ktpel_kiosk.app.resources import migrations
    from ktpel_kiosk.register.keys import KeyStore
    from ktpel_kiosk.register.store import SqlRegister

    clock = SystemClock()
    key = KeyStore(folder / "register.key").unlock_with_machine()
    register = SqlRegister(folder / "register.sqlite", key, clock, Uuid7(clock), migrations=migrations())
    try:
        register.integrity_check()
        check = register.check_audit()
        if not check.whole:
            raise Corrupt("register.audit_broken", sequence=check.broken_at)
        register.freeze()
        _windows(data, register)
        return int(check.length)
    finally:
        register.close()


def _windows(data: Path, register: Any) -> None:
    """Both windows, built and drawn where nobody sees them. No device, no line and no thread of theirs is started."""
    from ktpel_kiosk.app import sops
    from ktpel_kiosk.app.makers import practice_world
    from ktpel_kiosk.app.office import settings_of
    from ktpel_kiosk.app.wiring import compose
    from ktpel_kiosk.ui.app import make_windows

    settings = settings_of(data)
    if settings is None:
        return
    world = None if settings.production else practice_world(data)
    kiosk = compose(data, settings, sops.in_force(data, settings.office), register=register, world=world)
    windows = make_windows(kiosk.desk)
    try:
        windows.app.processEvents()
        for window in (windows.operator, windows.applicant):
            window.resize(1366, 768)
            if window.grab().isNull():
                raise Corrupt("update.unhealthy", reason="jendela")
    finally:
        windows.close()
        if world is not None:
            world.close()


def main(arguments: list[str]) -> int:
    value = dict(zip(arguments[::2], arguments[1::2], strict=False))
    out = Path(value["--out"])
    register = Path(value["--register"]) if "--register" in value else None
    try:
        said = examine(Path(value["--data"]), register)
    except KioskError as error:
        said = {"version": __version__, "problem": f"{error.message_key} {error.facts.get('reason', '')}".strip()}
    except Exception as error:
        import traceback

        traceback.print_exc()
        said = {"version": __version__, "problem": type(error).__name__}
    from ktpel_kiosk.durable import write_durably
    write_durably(out, json.dumps(said).encode())
    return 1 if "problem" in said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
