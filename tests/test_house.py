"""Rules of the house that no linter knows: every error has its sentence, every event its entry, clocks stay where they belong."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain import errors

SRC = Path(__file__).parents[1] / "src" / "ktpel_kiosk"
FILES = sorted(SRC.rglob("*.py"))
ERROR_NAMES = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.KioskError)}


def calls(name_of):
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield path, node.lineno, first.value


def test_every_error_raised_has_an_indonesian_sentence():
    known = load_sentences().keys()
    missing = sorted({
        f"{key} ({path.relative_to(SRC)}:{line})"
        for path, line, key in calls(lambda f: getattr(f, "id", getattr(f, "attr", "")) in ERROR_NAMES)
        if key not in known
    })
    assert not missing, "\n".join(missing)


def test_every_error_key_stands_in_one_file_only():
    folder = SRC.parents[1] / "resources" / "i18n" / "id" / "errors"
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        for key in tomllib.loads(path.read_text("utf-8")):
            assert key not in seen, f"{key} in {seen.get(key)} and {path.name}"
            seen[key] = path.name
    assert len(seen) > 100


def test_every_audit_event_is_in_the_catalogue():
    catalogue = (SRC.parents[1] / "resources" / "audit" / "events.toml").read_text("utf-8")
    names = set(re.findall(r"\b([A-Z][A-Za-z]+)\b", catalogue))
    used = {event for _, _, event in calls(lambda f: isinstance(f, ast.Attribute) and f.attr == "log" and
                                           getattr(f.value, "id", "") in ("tx", "self"))}
    assert used
    assert not used - names


@pytest.mark.parametrize("banned", ["datetime.now(", "datetime.utcnow(", "time.time(", "date.today("])
def test_wall_clock_only_in_the_clock(banned):
    # besides the clock: how long a machine slept and how old a kept place is are questions to the machine, not to the office's time
    allowed = {"app/clock.py", "app/demo.py", "ui/kiosk_sleep.py", "ui/kiosk_place.py"}
    found = [str(p.relative_to(SRC)) for p in FILES if banned in p.read_text("utf-8")]
    assert set(found) <= allowed


def test_no_pickle_eval_or_shell():
    banned = re.compile(r"\bpickle\b|\beval\(|\bexec\(|shell=True|os\.system")
    found = [str(p.relative_to(SRC)) for p in FILES if banned.search(p.read_text("utf-8").replace("app.exec(", "").replace(".exec()", ""))]
    assert found == []


def test_sentences_fill_their_facts():
    table = load_sentences()
    for key in sorted(table.keys()):
        text = table.text(key)
        assert "{" not in text, key
        assert text.strip() == text


def test_names_of_tests_are_their_own():
    """pytest imports them by their bare names: two of one name stop the whole run, and only where both are collected."""
    names = [p.name for p in Path(__file__).parent.rglob("*.py") if p.name != "conftest.py"]
    assert sorted(n for n in set(names) if names.count(n) > 1) == []
