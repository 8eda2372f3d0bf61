"""The catalogue holds every event the program logs, each with an Indonesian description, and needs no other library."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from register_makers import ROOT

from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.register.catalogue import load_events


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_page", ROOT / "tools" / "audit_page.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["audit_page"] = made
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def code(tool: ModuleType) -> dict[str, Any]:
    return dict(tool.written())


def test_every_event_that_is_written_is_declared_and_the_other_way_round(tool: ModuleType, code: dict[str, Any]) -> None:
    written, declared = set(code), set(load_events())
    assert {name for _, group in tool.groups() for name, _ in group} == declared
    assert written - declared == set(), "written, and the catalogue does not know it"
    assert declared - written == set(), "in the catalogue, and nobody writes it"


def test_a_stray_event_is_seen_both_ways(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper's argument, a call of log and a named constant are writing; a name somewhere else is not."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(
        "KIND = ('SignedIn', 'Teks lain')\n"
        "def step(tx, event: str):\n    tx.log(event, '-', '-')\n"
        "def a(tx, actor):\n    require(actor, 'close_month')\n    step(tx, 'StrayHelper')\n    tx.log('StrayCall', '-', actor.username)\n"
        "    tx.log(KIND[0], '-', '-')\n    raise ValueError('NotAnEvent')\n")
    monkeypatch.setattr(tool, "SRC", tmp_path / "src")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    found = tool.written()
    assert set(found) == {"SignedIn", "StrayHelper", "StrayCall"}
    assert (found["SignedIn"].who, found["StrayCall"].who) == ({tool.ITSELF}, {"supervisor", "kasi"})


def test_the_page_of_the_manual_is_current(tool: ModuleType, code: dict[str, Any]) -> None:
    assert tool.PAGE.read_text("utf-8") == tool.page(code), "python tools/audit_page.py"
    rows = re.findall(r"^\| ([A-Z]\w+) \| .+ \| (.+) \|$", tool.PAGE.read_text("utf-8"), re.MULTILINE)
    assert [name for name, _ in rows] == list(load_events())
    assert all(who != "-" for _, who in rows)


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
