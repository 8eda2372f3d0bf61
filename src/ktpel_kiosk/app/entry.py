"""The program's entry: straight to the windows for ``run`` with plain options, the full command line for everything else.

The command parser costs a third of a bare window's start; nobody who opens the kiosk in the morning needs it.
"""

from __future__ import annotations

import os
import sys

from ktpel_kiosk.app import update_launch, watchdog
from ktpel_kiosk.app.hidden import hide_process

QUICK = {"--office": "office", "--data": "data", "--camera": "camera", "--reader": "reader", "--devices": "devices"}


def quick_options(arguments: list[str]) -> dict[str, str | bool] | None:
    """Options of a plain ``run``; ``None`` when anything else is there and the full parser has to look."""
    if not arguments or arguments[0] != "run":
        return None
    found: dict[str, str | bool] = {}
    rest = iter(arguments[1:])
    for word in rest:
        if word == "--windowed":
            found["windowed"] = True
        elif word in QUICK:
            value = next(rest, None)
            if value is None or value.startswith("-"):
                return None
            found[QUICK[word]] = value
        else:
            return None
    return found


def main() -> None:
    hide_process()
    arguments = sys.argv[1:]
    update_launch.go(arguments)  # a newer version may go on from here
    if watchdog.watched(arguments):  # this process stays small and watches; a copy of it goes on below
        code, safe = watchdog.keep(arguments)
        if code is not None:
            raise SystemExit(code)
        from ktpel_kiosk.app.watchdog_life import catch_stacks
        catch_stacks(watchdog.data_option(arguments))
        if safe:
            from ktpel_kiosk.app.safe_mode import run_safe_mode
            raise SystemExit(run_safe_mode(watchdog.data_option(arguments)))
    options = quick_options(arguments)
    if options is None:
        from ktpel_kiosk.app import cli
        cli.main()
        return
    from ktpel_kiosk.app.run import run_from_options
    code = run_from_options(options)
    if code == watchdog.UPDATE and watchdog.BEAT_FD not in os.environ:  # nobody watches: this process itself tries what waits
        update_launch.relaunch(arguments)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
