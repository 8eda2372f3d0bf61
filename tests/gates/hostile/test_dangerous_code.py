"""Code that turns bytes or texts into actions stands nowhere in what is shipped, or with a reason beside it. Read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_walk import SRC, dotted

ROOT = SRC.parents[1]
FILES = [p for folder in ("src", "tools", "drivers", "migrations") for p in sorted((ROOT / folder).rglob("*.py"))]
LOADERS = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "jsonpickle", "yaml", "xml.etree", "xml.sax.expatreader", "xml.dom"}
FORBIDDEN = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp", "os.execvp", "os.spawnvp",
    "np.load", "numpy.load",
             "subprocess.getoutput", "subprocess.getstatusoutput", "pd.read_pickle", "ssl._create_unverified_context"}
REASONS = {("src/ktpel_kiosk/hal/drivers/ipp/client.py", "ssl._create_unverified_context"):
           "office printers sign their own certificates (RFC 8010); nothing is trusted because of that line but the printer's own address"}
START = {"subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output"}

BY_NAME = {
    "tools/mutations.py": "git, by the developer's own PATH; not shipped",
    "tools/windows_wheels.py": "uv, by the developer's own PATH; not shipped",
    "tools/paper_gallery.py": "pdftoppm, by the developer's own PATH; not shipped",
}
"""Programs started by bare name, with the reason."""
SQL_BUILT = {
    "register": "names of tables and columns come from constants of the code, values are always bound",
    "siak/simulator": "the practice gateway's own table names; values are always bound",
    "migrations": "fixed statements; no value of a person is in them",
    "app/rescue.py": "names of tables and columns read from the copy's own schema, quoted",
}
"""Places where SQL text is put together, with the reason."""


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield name, node


def dangers(name: str, node: ast.AST) -> Iterator[str]:
    """What is forbidden in this node."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        yield from (f"import {m}" for m in modules for bad in LOADERS if m == bad or m.startswith(f"{bad}."))
    if not isinstance(node, ast.Call):
        return
    called = dotted(node.func)
    if called in FORBIDDEN and (name, called) not in REASONS:
        yield called
    given = {k.arg: k.value for k in node.keywords}
    for argument, bad in (("shell", True), ("verify", False), ("allow_pickle", True), ("resolve_entities", True), ("load_dtd", True)):
        value = given.get(argument)
        if isinstance(value, ast.Constant) and value.value is bad:
            yield f"{called}({argument}={bad})"
    if called.endswith("XMLParser") and not (isinstance(given.get("resolve_entities"),
        ast.Constant) and isinstance(given.get("no_network"), ast.Constant)):
        yield "an XML parser that says nothing of entities and network"
    if called in START and node.args:
        yield from _program(name, node.args[0])
    if called.split(".")[-1] in ("execute", "executescript", "executemany", "text") and node.args:
        yield from _statement(name, called, node.args[0])


def _program(name: str, command: ast.expr) -> Iterator[str]:
    """A list (or a name that holds one); its program is no bare name."""
    if isinstance(command, ast.Constant | ast.JoinedStr | ast.BinOp):
        yield "a command that is one text"
    first = command.elts[0] if isinstance(command, ast.List) and command.elts else None
    if isinstance(first, ast.Constant) and not str(first.value).startswith("/") and name not in BY_NAME:
        yield f"a program by bare name: {first.value}"


def _statement(name: str, called: str, statement: ast.expr) -> Iterator[str]:
    built = isinstance(statement, ast.JoinedStr) or (isinstance(statement, ast.BinOp) and isinstance(statement.op, ast.Mod | ast.Add))
    built = built or (isinstance(statement, ast.Call) and dotted(statement.func).endswith("format"))
    words = ast.unparse(statement).upper()
    sql = any(f"{w} " in words for w in ("SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA", "CREATE", "DROP", "ATTACH", "VACUUM", "ALTER"))
    if built and sql and not any(f"/{place}" in f"/{name}" for place in SQL_BUILT):
        yield f"{called} of SQL that was put together"


def test_nothing_dangerous_in_what_is_shipped() -> None:
    found = [f"{name}:{getattr(node, 'lineno', 0)} {what}" for name, node in nodes() for what in dangers(name, node)]
    assert not found, "\n".join(found)
    assert len(FILES) > 500


@pytest.mark.parametrize("code", [
    "import pickle", "from marshal import loads", "import yaml", "eval('1')", "exec(x)", "subprocess.run('ls', shell=True)",
        "os.system('x')",
    "subprocess.run(f'ls {x}')", "subprocess.Popen(['ls'])", "tempfile.mktemp()", "httpx.get(u, verify=False)", "etree.XMLParser()",
    "connection.execute(f'SELECT * FROM a WHERE b = {x}')", "tx.execute('DELETE FROM a WHERE b = ' + x)", "np.load(f, allow_pickle=True)",
    "etree.XMLParser(resolve_entities=True, no_network=True)",
])
def test_each_kind_is_seen(code: str) -> None:
    assert [what for node in ast.walk(ast.parse(code)) for what in dangers("src/x.py", node)], code


def test_reasons_are_still_needed() -> None:
    names = {p.relative_to(ROOT).as_posix() for p in FILES}
    assert set(BY_NAME) <= names
    assert all(any(f"/{place}" in f"/{n}" for n in names) for place in SQL_BUILT)
    assert Path(__file__).exists()
