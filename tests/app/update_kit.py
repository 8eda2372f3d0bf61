"""A small office and versions of the code that are nothing but their health check: what the trial sees of a version."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_pack, update_store, update_trust
from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import PRODUCTION, OfficeSettings, open_register, write_settings
from ktpel_kiosk.app.update_attacks import release
from ktpel_kiosk.app.update_repository import Repository
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.keys import KeyStore

SAME, GROWS, SICK, DIES, FORGETS = "9.0.1", "9.1.0", "9.2.0", "9.3.0", "9.4.0"
"""Versions: keeps the schema, changes it, says it is sick, dies while it migrates, loses the end of the audit."""
NEXT = driver.SCHEMA_VERSION + 1

HEALTH = '''
import json, os, signal, sys
from pathlib import Path
value = dict(zip(sys.argv[1::2], sys.argv[2::2]))
def said(**facts):
    Path(value["--out"]).write_text(json.dumps({"version": VERSION, **facts}))
if VERSION == SICK:
    said(problem="jendela tidak terbuka")
    sys.exit(1)
from sqlcipher3 import dbapi2
file = Path(value["--register"]) / "register.sqlite"
db = dbapi2.connect(str(file), isolation_level=None)
db.execute("PRAGMA key = " + chr(34) + "x'" + os.environ["KTPEL_UJI_KUNCI"] + "'" + chr(34)).close()
if SCHEMA > OLD:
    db.execute("BEGIN")
    db.execute("CREATE TABLE baru (x TEXT)")
    if VERSION == DIES:
        os.kill(os.getpid(), signal.SIGKILL)
    db.execute(f"PRAGMA user_version = {SCHEMA}")
    db.execute("COMMIT")
if VERSION == FORGETS:
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("DELETE FROM audit WHERE sequence = (SELECT MAX(sequence) FROM audit)")
db.close()
said(schema=SCHEMA)
'''
ENTRY = "import sys\nfrom ktpel_kiosk import __version__\nprint('mulai', __version__, *sys.argv[1:], flush=True)\n"


def make_tree(place: Path, version: str) -> Path:
    tree = place / f"pohon-{version}"
    schema = NEXT if version in (GROWS, DIES) else driver.SCHEMA_VERSION
    facts = (f"VERSION, SCHEMA, OLD = {version!r}, {schema}, {driver.SCHEMA_VERSION}\n"
             f"SICK, DIES, FORGETS = {SICK!r}, {DIES!r}, {FORGETS!r}\n")
    for name, text in (("__init__.py", f'__version__ = "{version}"\n'), ("register/driver.py", f"SCHEMA_VERSION: Final = {schema}\n"),
                       ("app/__init__.py", ""), ("app/entry.py", ENTRY), ("app/update_health.py", facts + HEALTH)):
        path = tree / "src/ktpel_kiosk" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tree


def make_mirror(place: Path) -> tuple[Path, bytes]:
    """A maker with all these versions; the mirror and its first root."""
    keys = [CryptoSigner(Ed25519PrivateKey.generate()) for _ in range(3)]
    repository = Repository(place / "cermin", CryptoSigner(Ed25519PrivateKey.generate()))
    root = repository.init(keys).read_bytes()
    for version in (SAME, GROWS, SICK, DIES, FORGETS):
        tree = make_tree(place, version)
        described = update_pack.describe(tree, {})
        release(repository, keys[:2], update_pack.pack(tree, described, place / "paket.tar.gz"), described)
    return place / "cermin", root


def make_office(data: Path) -> None:
    write_settings(data, OfficeSettings("tempeh", "uji-1", PRODUCTION))
    register = work(data, "awal")
    register.close()


def work(data: Path, value: str) -> object:
    """The register, open, after one acknowledged act."""
    clock = SystemClock()
    register = open_register(data, clock, Uuid7(clock))

    def act(tx: object) -> None:
        tx.put_setting("uji", value)  # type: ignore[attr-defined]
        tx.log("SettingChanged", "uji", "-")  # type: ignore[attr-defined]

    register.write(act)
    return register


def key_of(data: Path) -> bytes:
    return KeyStore(data / "register" / "register.key").unlock_with_machine()


def facts(data: Path) -> tuple[int, int, str]:
    """Schema, length of the audit and the one setting, by a bare connection: any schema."""
    connection = driver.connect(data / "register" / "register.sqlite", key_of(data))
    try:
        row = connection.execute("SELECT value FROM setting WHERE key = 'uji'").fetchone()
        assert connection.execute("PRAGMA cipher_integrity_check").fetchall() == []
        return (int(driver.scalar(connection, "PRAGMA user_version")), int(driver.scalar(connection, "SELECT MAX(sequence) FROM audit")),
                str(row[0]))
    finally:
        connection.close()


def bring_in(data: Path, mirror: Path, root: bytes, version: str) -> None:
    """Without compiling: a process for each of so many versions, and none of them has anything to compile."""
    update_trust.pin(update_store.trust_of(layout.store_of(data)), root)
    with pytest.MonkeyPatch.context() as here:
        here.setattr(update_pack, "_compile", lambda _part, _release: None)
        update_store.bring_in(data, mirror, version, None)


def killed_at(step: str, work: Callable[[], object], nth: int = 1) -> bool:
    """``work`` in a forked process that is killed at the ``nth`` time it comes to ``step``; False: it never came there, and ended well."""
    pid = os.fork()
    if pid == 0:
        left = [nth]

        def stop(name: str) -> None:
            left[0] -= name == step
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        layout.on_step = stop
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    _pid, status = os.waitpid(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0


def steps_of(work: Callable[[], object]) -> list[str]:
    """The steps ``work`` comes to."""
    found: list[str] = []
    layout.on_step = found.append
    try:
        work()
    finally:
        layout.on_step = None
    return found
