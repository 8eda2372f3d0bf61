"""Another office in an SOP text: values of single keys change, everything else stays byte for byte, comments included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import time

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.toml_lines import TomlLines
from ktpel_kiosk.domain.toml_text import parse_toml

Value = str | tuple[str, ...]
"""What can be written: a text, or a list of texts (one line each in a long list)."""


def with_values(text: str, table: str, values: Mapping[str, Value]) -> str:
    """``text`` with these keys of ``[table]`` set (``""``: keys of the document itself). A key that says so already is not touched.

    Raises:
        BadInput: ``sop.no_table`` when keys have to be added and the table is not written as ``[table]``.
    """
    parsed = parse_toml(text)
    held = parsed.get(table, {}) if table else parsed
    lines = TomlLines(text)
    path = (table,) if table else ()
    replaced: list[tuple[int, int, str]] = []
    added: list[str] = []
    for key, value in values.items():
        if _same(held.get(key), value):
            continue
        span = lines.span(*path, key)
        if span is not None:
            replaced.append((*span, _written(value)))
        elif value:
            added.append(f"{key} = {_written(value)}\n")
    if added:
        at = _room(text, lines, table, held)
        replaced.append((at, at, "".join(added)))
    for begin, end, new in sorted(replaced, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def proved(text: str, expected: Mapping[str, Value], *, name: str = "sop.toml") -> Sop:
    """The SOP in an edited text, when its [kantor] really says what was meant. Raises BadInput as :func:`parse_sop`, ``sop.edit``."""
    sop = parse_sop(text, name=name)
    held = parse_toml(text)["kantor"]
    wrong = next((key for key, value in expected.items() if value and not _same(held.get(key), value)), None)
    if wrong is not None:
        raise BadInput("sop.edit", path=name, key=wrong)
    return sop


def _same(held: object, value: Value) -> bool:
    if held is None:
        return not value
    if isinstance(held, time):
        held = held.strftime("%H.%M")
    return (tuple(held) if isinstance(held, list) else held) == value


def _written(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    short = f"[{', '.join(map(_quoted, value))}]"
    return short if len(short) <= 100 else "[\n" + "".join(f"    {_quoted(v)},\n" for v in value) + "]"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _room(text: str, lines: TomlLines, table: str, held: Mapping[str, object]) -> int:
    """The beginning of the line after the table's last own key."""
    ends = [span[1] for key in held if (span := lines.span(*((table,) if table else ()), key)) is not None]
    start = text.split("\n")[lines.line(table) - 1].lstrip() if table else "["
    if not ends or not start.startswith("["):
        raise BadInput("sop.no_table", key=table)
    newline = text.find("\n", max(ends))
    if newline < 0:
        raise BadInput("sop.no_table", key=table)
    return newline + 1
