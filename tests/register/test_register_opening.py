"""Opening: every pragma in force, and each way to fail has its own name and changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from register_makers import KEY, CountingIds, StillClock, application, open_register, save
from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.errors import BugError, Corrupt, IoFailure, KeyUnavailable, KioskError, TooNew
from ktpel_kiosk.register import driver, keycheck
from ktpel_kiosk.register.store import SqlRegister

OTHER = bytes(32)


def made(folder: Path) -> Path:
    with open_register(folder) as register:
        save(register, application())
    return folder / "register.sqlite"


def refusal(folder: Path, key: bytes = KEY) -> KioskError:
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    with pytest.raises(KioskError) as caught:
        open_register(folder, key)
    after = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and p.suffix != ".sqlite-shm" and not p.name.endswith("-shm")}
    assert {n: d for n, d in after.items() if n in before} == {n: d for n, d in before.items() if n in after}, "a refused file was changed"
    return caught.value


def on_file(path: Path, *statements: str) -> None:
    connection = driver.connect(path, KEY, writer=True)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_every_setting_of_the_design_is_in_force(tmp_path: Path) -> None:
    path = made(tmp_path)
    for writer in (True, False):
        connection = driver.connect(path, KEY, writer=writer)
        read = {n: driver.scalar(connection, f"PRAGMA {n}") for n in (
            "journal_mode", "synchronous", "foreign_keys", "trusted_schema", "secure_delete", "temp_store", "busy_timeout", "mmap_size",
            "query_only", "application_id", "user_version")}
        connection.close()
        assert read == {
            "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "secure_delete": 1, "temp_store": 2,
            "busy_timeout": 5000, "mmap_size": 0, "query_only": 0 if writer else 1, "application_id": driver.APPLICATION_ID,
            "user_version": driver.SCHEMA_VERSION,
        }


def test_wrong_key(tmp_path: Path) -> None:
    made(tmp_path)
    error = refusal(tmp_path, OTHER)
    assert (type(error), error.message_key) == (KeyUnavailable, "register.wrong_key")


def test_wrong_key_without_the_check_file(tmp_path: Path) -> None:
    keycheck.check_file(made(tmp_path)).unlink()
    assert refusal(tmp_path, OTHER).message_key == "register.wrong_key"
    with open_register(tmp_path) as register:
        assert register.check_audit().whole
    assert keycheck.check_file(tmp_path / "register.sqlite").exists(), "the right key makes it again"


def test_a_plain_sqlite_file_is_not_a_register(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite"
    connection = dbapi2.connect(str(path))
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    error = refusal(tmp_path)
    assert (type(error), error.message_key) == (Corrupt, "register.plain")


@pytest.mark.parametrize("damage", [lambda d: os.urandom(len(d)), lambda d: d[:5000], lambda d: d[:16] + bytes(200) + d[216:],
                                    lambda d: d[:10], lambda d: b"\0" * len(d)])
def test_a_damaged_file_is_corrupt_not_a_wrong_key(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = made(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    error = refusal(tmp_path)
    assert (type(error), error.message_key) == (Corrupt, "register.corrupt")


def test_a_newer_register_is_refused_and_kept(tmp_path: Path) -> None:
    path = made(tmp_path)
    on_file(path, f"PRAGMA user_version = {driver.SCHEMA_VERSION + 1}")
    error = refusal(tmp_path)
    assert (type(error), error.message_key) == (TooNew, "register.too_new")
    on_file(path, f"PRAGMA user_version = {driver.SCHEMA_VERSION}")
    with open_register(tmp_path) as register:
        assert register.read(lambda v: v.permohonan(application().id)).penduduk == application().penduduk


def test_another_programs_encrypted_database_is_refused(tmp_path: Path) -> None:
    on_file(tmp_path / "register.sqlite", "CREATE TABLE a (b)", "PRAGMA user_version = 1")
    error = refusal(tmp_path)
    assert (type(error), error.message_key) == (Corrupt, "register.foreign")


def test_a_vanished_register_is_not_silently_begun_anew(tmp_path: Path) -> None:
    made(tmp_path).unlink()
    assert refusal(tmp_path).message_key == "register.missing"
    (tmp_path / "register.sqlite").write_bytes(b"")
    assert refusal(tmp_path).message_key == "register.missing"


def test_an_empty_file_left_by_a_crash_at_creation_is_begun(tmp_path: Path) -> None:
    (tmp_path / "register.sqlite").write_bytes(b"")
    with open_register(tmp_path) as register:
        save(register, application())


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(IoFailure) as caught:
        open_register(tmp_path / "file" / "below")
    assert caught.value.facts["path"]
    (tmp_path / "register.sqlite").mkdir()
    with pytest.raises(IoFailure):
        open_register(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(IoFailure) as caught:
        open_register(folder)
    assert caught.value.message_key == "storage.unwritable" and str(folder) in str(caught.value.facts["path"])


def test_missing_migrations_are_named(tmp_path: Path) -> None:
    with pytest.raises(IoFailure) as caught:
        open_register(tmp_path, migrations=tmp_path / "none")
    assert caught.value.message_key == "register.migrations_missing"


def test_a_key_of_the_wrong_length_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(BugError):
        open_register(tmp_path, b"short")


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbapi2, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(BugError) as caught:
        open_register(tmp_path)
    assert caught.value.message_key == "register.sqlite_old"


def test_an_up_to_date_register_opens_without_alembic_and_before_sqlmodel(tmp_path: Path) -> None:
    made(tmp_path)
    script = (
        "import sys, pathlib\n"
        "from register_makers import CountingIds, StillClock, KEY\n"
        "from ktpel_kiosk.register.store import SqlRegister\n"
        "assert 'sqlmodel' not in sys.modules and 'sqlalchemy' not in sys.modules\n"
        "r = SqlRegister(pathlib.Path(sys.argv[1]), KEY, StillClock(), CountingIds())\n"
        "assert r.read(lambda v: v.users()) == []\n"
        "assert 'alembic' not in sys.modules\n"
        "r.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "register.sqlite")], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})
    assert done.returncode == 0, done.stderr


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        save(register, application())
        if os.name == "posix":
            assert all(p.stat().st_mode & 0o077 == 0 for p in tmp_path.iterdir() if p.is_file())


def test_implements_the_port(tmp_path: Path) -> None:
    from ktpel_kiosk.ports.register import Register
    register: Register = SqlRegister(tmp_path / "r.sqlite", KEY, StillClock(), CountingIds())
    register.close()
    register.close()
