"""Run by the system's Python: reads the tree of one accessible program over AT-SPI, presses one button, prints JSON. See test_atspi.py."""

from __future__ import annotations

import json
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

PATIENCE_S = 40.0


def walk(node, depth=0):
    """Every node below with role, name, states; Qt's own caches are asked once per node."""
    yield node
    if depth < 40:
        for i in range(node.get_child_count()):
            child = node.get_child_at_index(i)
            if child is not None:
                yield from walk(child, depth + 1)


def told(node):
    states = node.get_state_set()
    return {"role": node.get_role_name(), "name": node.get_name() or "", "text": node.get_description() or "",
            "shown": states.contains(Atspi.StateType.SHOWING), "enabled": states.contains(Atspi.StateType.ENABLED),
            "checked": states.contains(Atspi.StateType.CHECKED) or states.contains(Atspi.StateType.SELECTED),
            "focusable": states.contains(Atspi.StateType.FOCUSABLE)}


def find(program, press):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(i)
            if app is not None and program in (app.get_name() or ""):
                found = list(walk(app))
                if any(n.get_name() == press for n in found):
                    return app, found
        time.sleep(0.2)
    return None


def main() -> int:
    program, press = sys.argv[1:3]
    app, nodes = find(program, press) or (None, [])
    if app is None:
        print(json.dumps({"error": "no such program on the accessibility bus"}))
        return 1
    before = [told(n) for n in nodes]
    button = next(n for n in nodes if n.get_name() == press)
    done = button.get_action_iface().do_action(0)
    end = time.monotonic() + 10
    after = told(button)
    while not after["checked"] and time.monotonic() < end:
        time.sleep(0.1)
        after = told(button)
    print(json.dumps({"before": before, "pressed": bool(done), "after": after}))
    return 0


sys.exit(main())
