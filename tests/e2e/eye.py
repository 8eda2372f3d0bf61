"""Run by the system's Python: what a screen reader sees of the kiosk's windows, one JSON answer a line for each line asked.

``look``, or ``look officer`` for the officer's window alone: every showing
node as {role, name, text, value, x, y, w, h, enabled, checked, focused, window}.
"""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

State = Atspi.StateType
DEEPEST = 40
HOLDERS = ("filler", "scroll pane", "layered pane", "viewport", "separator")
LEAVES = ("label", "push button", "button", "page tab", "radio button", "check box", "text", "entry", "password text", "combo box")
PRESSED = ("push button", "button")
"""What holds others is passed through, what holds none is not asked for any: each question is a turn of the window's loop."""


def look(program, officer=False):
    desktop = Atspi.get_desktop(0)
    seen = []
    for i in range(desktop.get_child_count()):
        try:
            look_at(desktop.get_child_at_index(i), program, seen, officer)
        except Exception:  # a program that ended, or was too busy to answer, while it was looked at
            continue
    return seen


def look_at(app, program, seen, officer):
    if app is None or program not in (app.get_name() or ""):
        return
    app.clear_cache()
    for j in range(app.get_child_count()):
        window = app.get_child_at_index(j)
        if window is not None and not (officer and "Pemohon" in (window.get_name() or "")):
            walk(window, window.get_name() or "", seen, 0)


def walk(node, window, seen, depth):
    try:
        states = node.get_state_set()
        if not states.contains(State.SHOWING) and depth > 0:
            return
        role = node.get_role_name()
        if role in HOLDERS and depth > 0:
            look_inside(node, window, seen, depth)
            return
        box = node.get_extents(Atspi.CoordType.SCREEN)
        value = ""
        if role in ("text", "entry", "password text", "combo box"):
            asked = node.get_text_iface()
            value = asked.get_text(0, -1) if asked is not None else ""
        text = (node.get_description() or "") if role in PRESSED else ""
        seen.append({"role": role, "name": node.get_name() or "", "text": text, "value": value,
                     "x": box.x, "y": box.y, "w": box.width, "h": box.height, "enabled": states.contains(State.ENABLED),
                     "checked": states.contains(State.CHECKED) or states.contains(State.SELECTED),
                     "focused": states.contains(State.FOCUSED), "window": window})
        if depth < DEEPEST and role not in ("table", "tree table", *LEAVES):
            look_inside(node, window, seen, depth)
    except Exception:  # a node that went while it was looked at
        return


def look_inside(node, window, seen, depth):
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child is not None:
            walk(child, window, seen, depth + 1)


def main():
    program = sys.argv[1]
    for line in sys.stdin:
        if line.startswith("look"):
            print(json.dumps(look(program, "officer" in line)), flush=True)


main()
