"""A migration that writes rows anew seals them anew: verification does not cry wolf, and what was changed before stays visible."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from register_makers import KEY, ROOT, application, logged, open_register, save

from ktpel_kiosk.register import driver, reseal

NEXT = '''"""A schema of the test."""
from alembic import op
revision, down_revision, branch_labels, depends_on = "{0:04d}", "{1:04d}", None, None


def upgrade() -> None:
    for statement in {2!r}:
        op.execute(statement)
'''
STATEMENTS = (
    "CREATE TABLE draft_new (key TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, more TEXT NOT NULL DEFAULT 'x') STRICT",
    "INSERT INTO draft_new (key, text) SELECT key, text || '!' FROM draft WHERE key <> 'lama'",
    "DROP TABLE draft", "ALTER TABLE draft_new RENAME TO draft", "INSERT INTO draft (key, text) VALUES ('baru', 't')",
    "UPDATE setting SET value = value || '.'", "ALTER TABLE letter ADD COLUMN more TEXT NOT NULL DEFAULT ''",
)


def next_schema(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    migrations = folder / "migrations"
    shutil.copytree(ROOT / "migrations", migrations, ignore=shutil.ignore_patterns("__pycache__"))
    now = driver.SCHEMA_VERSION
    (migrations / "versions" / f"{now + 1:04d}_test.py").write_text(NEXT.format(now + 1, now, STATEMENTS))
    monkeypatch.setattr(driver, "SCHEMA_VERSION", now + 1)
    return migrations


def written(folder: Path) -> None:
    with open_register(folder) as register:
        save(register, application(1))
        logged(register, lambda tx: [tx.put_draft(key, "isi") for key in ("lama", "a/b c", "x")])
        logged(register, lambda tx: tx.put_setting("s", "1"))


@pytest.mark.parametrize("at_once", [reseal.AT_ONCE, 2])
def test_rows_of_a_migration_are_sealed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(reseal, "AT_ONCE", at_once)
    written(tmp_path)
    migrations = next_schema(tmp_path, monkeypatch)
    with open_register(tmp_path, migrations=migrations) as register:
        check = register.check_audit()
        assert check.whole and check.unsealed == 0 and not register.behind
        made = [x for x in register.read(lambda v: v.audit(subject="register")) if x.event == "RowsResealed"]
        assert sum(int(x.facts["count"]) for x in made) == 5 and len(made) == (1 if at_once > 5 else 3)
        logged(register, lambda tx: tx.put_draft("x", "lagi"))
    with open_register(tmp_path, migrations=migrations) as register:
        assert register.check_audit().whole


def test_what_was_changed_before_a_migration_is_still_seen_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    other: Any = driver.connect(tmp_path / "register.sqlite", KEY, writer=True)
    other.execute("UPDATE setting SET value = '2'").close()
    other.execute("INSERT INTO setting (key, value) VALUES ('u', '3')").close()
    other.execute("UPDATE draft SET text = 'palsu' WHERE key = 'a/b c'").close()
    other.close()
    with open_register(tmp_path, migrations=next_schema(tmp_path, monkeypatch)) as register:
        faults = {(f.table, f.key, f.kind) for f in register.check_audit().faults}
        assert faults == {("setting", "s", "changed"), ("setting", "u", "extra"), ("draft", "a/b c", "changed")}
