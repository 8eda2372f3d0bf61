"""Writes docs/manual/catatan-audit.md out of resources/audit/events.toml and of the code that writes the events.

What an event means stands in the catalogue; who causes it is read from the calls that log it: the officer whose right was asked for
in the same use case, the officer of the SOP step, or the kiosk itself. ``python tools/audit_page.py`` writes; ``--check`` compares.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
SRC = ROOT / "src" / "ktpel_kiosk"
CATALOGUE = ROOT / "resources" / "audit" / "events.toml"
PAGE = ROOT / "docs" / "manual" / "catatan-audit.md"

OFFICER, STEP, ITSELF = "petugas yang sedang masuk", "petugas tahap itu", "kiosk sendiri"
SECOND = "petugas kedua bila diminta"
APPLICANT, CONSOLE = "pemohon", "pengelola di baris perintah"
BY_TEXT = {"-": ITSELF, "sistem": ITSELF, "pemohon": APPLICANT}
BY_NAME = {"ACTOR": ITSELF, "SYSTEM": ITSELF, "NOBODY": ITSELF, "NIGHTLY": ITSELF, "CONSOLE": CONSOLE}
"""Who stands in the audit where it is no officer, as the calls write it."""
ROLES = {"loket": "loket", "verifikator": "verifikator", "validator": "validator", "operator": "operator", "penyerah": "penyerah",
         "kasi": "kasi", "camat": "camat",
         "supervisor": "supervisor", "admin": "administrator"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Written:
    """One event as the code writes it: the places, and who stands behind it there."""

    places: set[str] = field(default_factory=set)
    who: set[str] = field(default_factory=set)


def groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, [(event, description)]) in the order of the catalogue; the headings are its comments."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in CATALOGUE.read_text("utf-8").splitlines()[1:]:
        if line.startswith("# "):
            found.append((line[2:].strip(), []))
        elif entry := re.fullmatch(r'([A-Z][A-Za-z]+) = "(.*)"', line):
            found[-1][1].append((entry[1], entry[2]))
    return found


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Modules that log, or hand an event to one that does."""
    event = re.compile(r"\.log\(|\bevent: str\b|\"(?:" + "|".join(name for _, events in groups() for name, _ in events) + r")\"")
    for path in sorted(SRC.rglob("*.py")):
        if event.search(text := path.read_text("utf-8")):
            yield path, _tree(text)


@lru_cache(maxsize=2000)
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


def helpers() -> dict[str, int]:
    """Functions that log what they are handed: name -> place of their parameter ``event`` (without self)."""
    found = {}
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "log":
                names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
                if "event" in names and _is_text(node, "event"):
                    found[node.name] = names.index("event")
    return found


def _is_text(function: Function, name: str) -> bool:
    return any(a.arg == name and isinstance(a.annotation, ast.Name) and a.annotation.id == "str" for a in function.args.args)


def written() -> dict[str, Written]:
    """Every event name the code hands to ``log`` or to a helper that logs it."""
    found: dict[str, Written] = defaultdict(Written)
    by_helper, known = helpers(), {name for _, events in groups() for name, _ in events}
    for path, tree in trees():
        by_name: set[str] = set()
        _callers.clear()
        _callers.update(_calls_of(tree))
        _walk(tree, [], path, by_helper, found, by_name)
        for event in (_constants(tree) & known) if by_name else ():
            found[event].places.add(path.relative_to(ROOT).as_posix())
            found[event].who |= by_name
    return dict(found)


_callers: dict[str, list[Function]] = {}
"""In the module that is walked: function -> those that call it."""


def _calls_of(tree: ast.Module) -> dict[str, list[Function]]:
    found: dict[str, list[Function]] = defaultdict(list)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id != function.name:
                    found[node.func.id].append(function)
    return found


def _constants(tree: ast.Module) -> set[str]:
    """Texts a module gives a name to."""
    return {c.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for c in ast.walk(node.value) if isinstance(c, ast.Constant) and isinstance(c.value, str)}


def _walk(node: ast.AST, around: list[Function], path: Path, by_helper: dict[str, int], found: dict[str, Written],
          by_name: set[str]) -> None:
    """``by_name``: who stands behind the calls that log what a constant of the module holds."""
    inside = [*around, node] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else around
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        said: list[ast.expr] = []
        if name == "log" and node.args:
            said = [node.args[0]]
        elif name in by_helper:
            said = [*node.args[by_helper[name]:by_helper[name] + 1], *(k.value for k in node.keywords if k.arg == "event")]
        if any(isinstance(c, ast.Name) for part in said for c in ast.walk(part)):
            by_name |= _who(node, name, inside)
        for event in {c.value for part in said for c in ast.walk(part) if isinstance(c, ast.Constant) and isinstance(c.value, str)}:
            if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]*)+", event):
                found[event].places.add(path.relative_to(ROOT).as_posix())
                found[event].who |= _who(node, name, inside)
    for child in ast.iter_child_nodes(node):
        _walk(child, inside, path, by_helper, found, by_name)


def _who(call: ast.Call, name: str, inside: list[Function]) -> set[str]:
    third = call.args[2] if name == "log" and len(call.args) > 2 else None
    if name == "_log":  # of the register's own
        return {ITSELF}
    if isinstance(third, ast.Constant) and third.value in BY_TEXT:
        return {BY_TEXT[str(third.value)]}
    if isinstance(third, ast.Name | ast.Attribute) and (written_as := third.id if isinstance(third, ast.Name) else third.attr) in BY_NAME:
        return {BY_NAME[written_as]}
    rights, step, second = _asked(inside)
    for _ in range(2):
        if inside and not (rights or step):
            inside = [caller for function in inside for caller in _callers.get(function.name, ())]
            rights, step, second = _asked(inside)
    who = {role for right in rights for role in _roles(right)} or ({STEP} if step else {OFFICER})
    return who | ({SECOND} if second else set())


def _asked(inside: list[Function]) -> tuple[set[str], bool, bool]:
    """The rights asked for on the way to a call; whether the SOP step's officer is; whether a second officer has to agree.

    Where the function itself asks for nothing, those of its module that call it do.
    """
    rights: set[str] = set()
    step = second = False
    for function in inside:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in ("require", "may_judge_card") and isinstance(node.args[-1], ast.Constant):
                    rights.add(str(node.args[-1].value))
                step = step or node.func.id == "require_stage"
                second = second or node.func.id in ("second_signer", "second_person")
    return rights, step, second


def _roles(right: str) -> set[str]:
    from ktpel_kiosk.domain.permissions import PERMISSIONS

    return {ROLES.get(str(role), str(role)) for role in PERMISSIONS.get(right, ())}


def _words(who: set[str]) -> str:
    order = [APPLICANT, *ROLES.values(), STEP, OFFICER, SECOND, CONSOLE, ITSELF]
    named = [w for w in order if w in who] + sorted(who - set(order))
    roles = [w for w in named if w in ROLES.values()]
    if len(roles) == len(ROLES):
        named = [OFFICER, *(w for w in named if w in (SECOND, ITSELF))]
    return ", ".join(named)


HEAD = """# Catatan audit

Setiap perubahan pada register dicatat: kapan, oleh siapa, peristiwa apa, pada permohonan yang mana. Catatan itu berantai: baris yang
diubah, dihapus, atau ditukar ketahuan saat rantainya diperiksa. Data pribadi tidak ditulis di sini; nomor panjang dalam alasan ditutup.

**Lama simpan**: {lama}; {akhir}. Ini berlaku untuk semua peristiwa di bawah; dasarnya {dasar}.

Kolom *oleh* menyebut siapa yang dapat menyebabkannya. *Kiosk sendiri* berarti pekerjaan yang berjalan tanpa petugas, termasuk kabar dari
pusat; *petugas tahap itu* adalah petugas yang menurut SOP kantor mengerjakan tahap tersebut.

Halaman ini dibuat dari daftar peristiwa program (`python tools/audit_page.py`); jangan diubah dengan tangan.
"""


def page(code: dict[str, Written] | None = None) -> str:
    """The chapter. ``code``: what :func:`written` found, where it was asked already."""
    from ktpel_kiosk.domain.keeping import SIMPANAN

    kept = next(s for s in SIMPANAN if s.key == "audit")
    code = code or written()
    lines = HEAD.format(lama=_small(kept.lama), akhir=_small(kept.akhir), dasar=kept.basis).splitlines()
    lines.append("")
    for heading, events in groups():
        lines += [f"## {heading}", "", "| peristiwa | artinya | oleh |", "|---|---|---|"]
        lines += [f"| {name} | {text} | {_words(code[name].who) if name in code else '-'} |" for name, text in events]
        lines.append("")
    return "\n".join(lines)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text("utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
