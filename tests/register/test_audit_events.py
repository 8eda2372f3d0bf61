"""The catalogue holds every event the program logs, each with an Indonesian description, and needs no other library."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from register_makers import ROOT

from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.register.catalogue import load_events

EVENT = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")


def strings_in_log_calls(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "log" and node.args:
            found |= {n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def test_every_logged_event_is_declared() -> None:
    events = load_events()
    texts = [(path, path.read_text("utf-8")) for path in (ROOT / "src").rglob("*.py")]
    missing = {
        (path.name, name) for path, text in texts if ".log(" in text
        for name in strings_in_log_calls(ast.parse(text)) if EVENT.fullmatch(name) and name not in events
    }
    assert missing == set()


def test_descriptions_are_sentences() -> None:
    events = load_events()
    assert len(events) >= 62 and len(set(events.values())) == len(events)
    assert all(d.endswith(".") and d[0].isupper() and 10 < len(d) < 100 for d in events.values())


@pytest.mark.parametrize("text", ["kecil = 'x'", "Besar = 3", "Besar = ''", "Besar = [", "\"DROP TABLE\" = 'x'"])
def test_a_wrong_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.toml").write_text(text)
    with pytest.raises(BadInput):
        load_events(tmp_path / "e.toml")
    with pytest.raises(IoFailure):
        load_events(tmp_path / "none.toml")


def test_loading_needs_the_standard_library_only() -> None:
    script = ("import sys; from ktpel_kiosk.register.catalogue import load_events; load_events();"
              "bad = {m.split('.')[0] for m in sys.modules} & {'sqlalchemy', 'sqlmodel', 'sqlcipher3', 'pydantic', 'cryptography'};"
              "assert not bad, bad")
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_every_message_of_the_register_has_a_sentence() -> None:
    import tomllib
    sentences: dict[str, str] = {}
    for path in (ROOT / "resources" / "i18n" / "id" / "errors").glob("*.toml"):
        sentences |= tomllib.loads(path.read_text("utf-8"))
    used = set()
    key = re.compile(r'"((?:register|storage|audit|packet|permohonan|sample|handover|card|blangko|nik)\.[a-z_]+)"')
    for path in (ROOT / "src" / "ktpel_kiosk" / "register").rglob("*.py"):
        used |= set(key.findall(path.read_text()))
    assert used - set(sentences) - {"register.key", "register.sqlite"} == set()
