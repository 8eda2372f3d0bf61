"""The migrated schema, the SQLModel rows and the checks agree; a later migration backs up first and is atomic."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from register_makers import KEY, ROOT, application, logged, open_register, sample, save
from sqlmodel import SQLModel

from ktpel_kiosk.domain.errors import BugError, Corrupt
from ktpel_kiosk.register import driver, rows
from ktpel_kiosk.register.backup import check_copy


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register made the real way, with an application and a sample in it."""
    folder = tmp_path_factory.mktemp("migrated")
    with open_register(folder) as register:
        p = save(register, application())
        logged(register, lambda tx: tx.add_sample(sample(p)))
    return folder / "register.sqlite"


@pytest.fixture
def connection(tmp_path: Path, migrated: Path) -> Any:
    made = driver.connect(Path(shutil.copy(migrated, tmp_path)), KEY, writer=True)
    yield made
    made.close()


def test_rows_and_schema_have_the_same_columns(connection: Any) -> None:
    stored = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'")}
    assert stored - {"alembic_version"} == set(SQLModel.metadata.tables)
    for name, table in SQLModel.metadata.tables.items():
        live = [(c[1], c[2], bool(c[3]), bool(c[5])) for c in connection.execute(f'PRAGMA table_info("{name}")')]
        ours = [(c.name, str(c.type), not c.nullable, c.primary_key) for c in table.columns]
        assert live == [(n, {"BLOB": "BLOB"}.get(t, t), r, k) for n, t, r, k in ours], name


def test_every_table_is_strict(connection: Any) -> None:
    strict = {row[1]: row[5] for row in connection.execute("PRAGMA table_list") if row[0] == "main" and not row[1].startswith("sqlite_")}
    assert [n for n, s in strict.items() if not s] == ["alembic_version"]


def test_the_code_knows_the_newest_migration() -> None:
    versions = sorted(int(p.name[:4]) for p in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    assert versions == list(range(1, driver.SCHEMA_VERSION + 1))


@pytest.mark.parametrize("statement", [
    "UPDATE permohonan SET nik = '1'", "UPDATE permohonan SET nik = '35080545020800A1'", "UPDATE permohonan SET keadaan = 'entah'",
    "UPDATE permohonan SET is_open = 0", "UPDATE permohonan SET penduduk = '{'", "UPDATE permohonan SET created_at = 'kemarin'",
    "UPDATE permohonan SET version = 0", "UPDATE permohonan SET note = NULL", "UPDATE tahap SET state = 'x'", "UPDATE sample SET best = 2",
    "UPDATE sample SET attempt = 0", "DELETE FROM permohonan", "INSERT INTO packet (packet_id) VALUES ('x')",
    "INSERT INTO audit VALUES (0, 1, '', '', '', '{}', '', '')", "INSERT INTO audit_head VALUES (2, '', 0, '')",
])
def test_the_database_refuses_what_the_rows_would_let_through(connection: Any, statement: str) -> None:
    with pytest.raises(driver.dbapi.IntegrityError):
        connection.execute(statement)


STAYING = {
    "withdrawn_card": "INSERT INTO withdrawn_card VALUES (1, 'k', '', '', 'rusak', '', '', 1, '', '')",
    "destruction": "INSERT INTO destruction VALUES ('b', '1', 1, '', '', '[]', '[]', '', 1, '')",
    "complaint": "INSERT INTO complaint VALUES ('c', '1', 1, 'email', '', 'ringan', '', 1, '', '', 0, 'diterima', '', NULL, NULL, 1)",
    "complaint_step": "INSERT INTO complaint_step VALUES (1, 'c', 1, '', 'diproses', '')",
    "letter": "INSERT INTO letter VALUES (1, '470/1', '', 1, '', '', '', '', '', '', '')",
    "blangko_move": "INSERT INTO blangko_move VALUES (1, 1, 'masuk', 1, '', '', '', '')",
    "blangko_day": "INSERT INTO blangko_day VALUES ('2026-11-20', 1, 2, 1, 0, 0, 2, 2, '', 1, '')",
    "contact": "INSERT INTO contact SELECT 1, id, 1, '', '', '', '' FROM permohonan",
    "month_lock": "INSERT INTO month_lock VALUES (1, 2026, 11, 'tutup', 1, '', '', '', '[]')",
    "survey": "INSERT INTO survey VALUES (zeroblob(16), '2026-11', '', 1, 2, 3, 4, 1, 2, 3, 4, 1, '', '', '', '', '')",
    "population_batch": "INSERT INTO population_batch VALUES (1, 'i', '', '', 1, '', 0, 0, 0, 0, 0)",
    "pause": "INSERT INTO pause SELECT 1, id, 0, 1, 'rekam', 'listrik', 1, 2 FROM permohonan",
}


def filled_books(connection: Any) -> None:
    for statement in STAYING.values():
        connection.execute(statement)


@pytest.mark.parametrize("table", [*STAYING, "search", "blangko_move"])
def test_no_book_ever_loses_a_row(connection: Any, table: str) -> None:
    filled_books(connection)
    with pytest.raises(driver.dbapi.IntegrityError, match="stays"):
        connection.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("statement", [
    "UPDATE letter SET perihal = 'lain'", "UPDATE destruction SET count = 5", "UPDATE blangko_move SET count = 5",
    "UPDATE blangko_day SET counted = 5", "UPDATE contact SET outcome = 'x'", "UPDATE month_lock SET action = 'buka'",
    "UPDATE survey SET waktu = 4", "UPDATE pause SET ended_at = 9", "UPDATE complaint SET nomor = '2'",
    "UPDATE complaint_step SET note = 'x'",
    "UPDATE withdrawn_card SET nama = 'x'", "UPDATE population_batch SET rows = 3", "UPDATE complaint SET status = 'entah'",
    "UPDATE complaint SET anonim = 1, nama = 'Tono'", "INSERT INTO population VALUES ('1', '', '', '', '{}')",
    "INSERT INTO survey VALUES (x'00', '2026-11', '', 1, 2, 3, 4, 1, 2, 3, 4, 1, '', '', '', '', '')",
    "INSERT INTO survey VALUES (zeroblob(16), '2026-11', '', 1, 2, 3, 4, 1, 2, 3, 4, 0, '', '', '', '', '')",
    "INSERT INTO blangko_day VALUES ('20-11-2026', 1, 2, 1, 0, 0, 2, 2, '', 1, '')",
    "INSERT INTO month_lock VALUES (2, 2026, 13, 'tutup', 1, '', '', '', '[]')",
])
def test_what_stands_in_a_book_is_not_rewritten(connection: Any, statement: str) -> None:
    filled_books(connection)
    with pytest.raises(driver.dbapi.IntegrityError):
        connection.execute(statement)


def test_a_letter_is_voided_once_and_a_card_burned_once(connection: Any) -> None:
    filled_books(connection)
    for statement in ("UPDATE letter SET void_reason = 'salah'", "UPDATE withdrawn_card SET destruction_id = 'b'"):
        connection.execute(statement)
        with pytest.raises(driver.dbapi.IntegrityError, match="stays"):
            connection.execute(statement.replace("'salah'", "''").replace("'b'", "''"))


def test_counters_never_go_back(connection: Any) -> None:
    connection.execute("INSERT INTO counter VALUES ('register', 2026, 5)")
    with pytest.raises(driver.dbapi.IntegrityError):
        connection.execute("UPDATE counter SET value = 4")


def test_sqlmodel_rows_alone_would_accept_anything() -> None:
    assert rows.PermohonanRow(nik="9" * 50).nik == "9" * 50, "why domain types are separate"


def next_migration(tmp_path: Path, body: str) -> Path:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"{NEXT:04d}_next.py").write_text(
        f'from alembic import op\nrevision = "{NEXT:04d}"\ndown_revision = "{NEXT - 1:04d}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        f"def upgrade():\n    op.execute('CREATE TABLE extra (a TEXT NOT NULL) STRICT')\n    {body}\n")
    return folder


NEXT = driver.SCHEMA_VERSION + 1
EVENTS = ROOT / "resources" / "audit" / "events.toml"


def test_an_upgrade_backs_up_encrypted_then_migrates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_register(tmp_path) as register:
        stored = save(register, application())
    monkeypatch.setattr(driver, "SCHEMA_VERSION", NEXT)
    with open_register(tmp_path, migrations=next_migration(tmp_path, "pass"), events=EVENTS) as register:
        assert register.read(lambda v: v.permohonan(stored.id)) == stored
        assert register.check_audit().whole
    copies = list((tmp_path / "backups").iterdir())
    assert len(copies) == 1 and re.fullmatch(rf"before-v{NEXT}-\d{{8}}T\d{{6}}Z-\d{{8}}\.sqlite", copies[0].name)
    assert check_copy(copies[0], KEY).version == NEXT - 1
    assert not copies[0].read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize(("body", "expected"), [
    ("raise RuntimeError('boom')", RuntimeError),
    ("op.execute('CREATE TABLE extra (a TEXT) STRICT')", BugError),
    ("op.execute('UPDATE sample SET permohonan_id = 1')", Corrupt),
])
def test_a_failing_upgrade_changes_nothing_and_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str,
                                                               expected: type[Exception]) -> None:
    with open_register(tmp_path) as register:
        p = save(register, application())
        logged(register, lambda tx: tx.add_sample(sample(p)))
    monkeypatch.setattr(driver, "SCHEMA_VERSION", NEXT)
    with pytest.raises(expected):
        open_register(tmp_path, migrations=next_migration(tmp_path, body), events=EVENTS)
    monkeypatch.setattr(driver, "SCHEMA_VERSION", NEXT - 1)
    with open_register(tmp_path) as register:
        register.integrity_check()
        assert register.read(lambda v: v.permohonan(p.id)) == p
    monkeypatch.setattr(driver, "SCHEMA_VERSION", NEXT)
    shutil.rmtree(tmp_path / "migrations")
    with open_register(tmp_path, migrations=next_migration(tmp_path, "pass"), events=EVENTS) as register:
        register.integrity_check()


FROZEN = {
    "0001_register.py": "6de0e75f8d882f463ac14cbb7ef6d852d19d25ba98705c6d6a9e353690fe57df",
    "0002_ledgers.py": "e762d40df69114fd19d808bb9a6d70c109cc9873c3e68370e2c13702a4d81140",
    "0003_templates.py": "428a1e11d21932570986fea4b22236ffb506185d671eb824e34c0a26fe3ecc41",
    "0004_handover.py": "a30d3e13ae19289eb732aa20934cc25f36375b39e887f9b25523497cf1ed395b",
    "0005_outbox.py": "400a144bc80cfab9f788e0be0862af27b243a742ca9338b85a67c92e609ce3e2",
    "0006_privacy.py": "1c431700e36618179e8889a6009d44dc4031055b6b44c57a2e50e69c9837f74e",
}


def test_a_migration_that_registers_were_made_by_never_changes() -> None:
    """A change of the schema is a new file."""
    import hashlib
    folder = ROOT / "migrations" / "versions"
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("[0-9]*.py")} == FROZEN


def test_alembic_command_line_knows_the_register(tmp_path: Path) -> None:
    import subprocess
    import sys

    from ktpel_kiosk.register.keys import KeyStore
    with open_register(tmp_path, KeyStore(tmp_path / "register.key").create(machine=True)) as register:
        save(register, application())
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(ROOT / "migrations" / "alembic.ini"), "-x", f"register={tmp_path}/register.sqlite",
         "current"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"{driver.SCHEMA_VERSION:04d} (head)" in done.stdout, done.stderr
