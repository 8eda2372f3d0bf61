"""The statements of ``migrations/versions`` in PostgreSQL's words: tables, checks, indexes, and triggers that refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ktpel_kiosk.register.server.dialect import Held, translated

_TRIGGER = re.compile(
    r"\s*CREATE TRIGGER (?P<name>\w+) BEFORE (?P<act>.+?) ON (?P<table>\w+)(?: WHEN (?P<when>.+?))?"
    r" BEGIN SELECT RAISE\(ABORT, (?P<why>\x00\d+\x00)\); END\s*$", re.DOTALL)
_DROP_TRIGGER = re.compile(r"\s*DROP TRIGGER (\w+)\s*$")
_NUMBERED = re.compile(r"\(\s*no INTEGER NOT NULL PRIMARY KEY")
_TABLE = re.compile(r"\s*CREATE TABLE (\w+)")
_GLOB = re.compile(r"(\w+) (NOT )?GLOB (\x00\d+\x00)")
_RANDOM: Final = "lower(hex(randomblob(16)))"
_TYPES: Final = (
    # each station of the office counts its own packets, and chains them
    (re.compile(r"\bcounter INTEGER NOT NULL UNIQUE\b(.*)\)\s*STRICT\s*$"),
     r"counter INTEGER NOT NULL\1, UNIQUE (station, counter)) STRICT"),
    (re.compile(r"\)\s*STRICT(?:, WITHOUT ROWID)?\s*$"), ")"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"), (re.compile(r"\bREAL\b"), "DOUBLE PRECISION"), (re.compile(r"\bBLOB\b"), "BYTEA"),
    # bytes are compared, as SQLite does, whatever the server's language is
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"CHECK \((is_\w+) = \("), r"CHECK ((\1 = 1) = ("),
)


def translated_ddl(sql: str) -> list[str]:
    """What a migration's statement is on PostgreSQL: none (a setting of SQLite), one or several statements without parameters."""
    sql = " ".join(Held(sql).whole().split())  # comments end with their line
    if sql.startswith("PRAGMA"):
        return []
    held = Held(sql)
    trigger = _TRIGGER.match(held.code)
    if trigger:
        return list(_refusing(held, trigger))
    dropped = _DROP_TRIGGER.match(sql)
    if dropped:
        return [_drop(dropped[1])]
    if sql.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX")):
        return [re.sub(r", (CASE .+ END)\)", r", (\1))", _user(sql))]
    if sql.startswith(("CREATE TABLE", "ALTER TABLE")):
        return list(_table(held))
    return [translated(sql.replace(_RANDOM, "replace(gen_random_uuid()::text, '-', '')")).sql.replace("%%", "%")]


def _user(code: str) -> str:
    return re.sub(r"\b(TABLE|ON) user\b", r'\1 "user"', code)


def _table(held: Held) -> Iterator[str]:
    numbered, named = _NUMBERED.search(held.code), _TABLE.match(held.code)
    held.code = _GLOB.sub(lambda m: f"{m[1]} {'!~' if m[2] else '~'} {held.put(_pattern(held.part(m[3])))}", held.code)
    for pattern, becomes in _TYPES:
        held.code = pattern.sub(becomes, held.code)
    yield _user(held.whole())
    if numbered and named:
        yield f'CREATE TRIGGER a_number BEFORE INSERT ON "{named[1]}" FOR EACH ROW WHEN (NEW.no IS NULL) EXECUTE FUNCTION ktpel_number()'


def _pattern(glob: str) -> str:
    inner = glob.strip("'")
    return f"'{inner[1:-1]}'" if inner.startswith("*") and inner.endswith("*") else f"'^{inner}$'"


def _refusing(held: Held, found: re.Match[str]) -> Iterator[str]:
    name, act, table, why = found["name"], found["act"], found["table"], held.part(found["why"])
    when, condition = found["when"] or "", ""
    refuse = f"ktpel_refuse({why})"
    if when:
        held.code = when
        when = held.whole()
        if "SELECT" in when:  # a condition of PostgreSQL's triggers may not look into tables
            yield (f"CREATE FUNCTION {name}_() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} THEN"
                   f" RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = {why}; END IF; RETURN NEW; END $$")
            refuse = f"{name}_()"
        else:
            condition = f" WHEN ({when})"
    yield f'CREATE TRIGGER {name} BEFORE {act} ON "{table}" FOR EACH ROW{condition} EXECUTE FUNCTION {refuse}'
    if act == "DELETE":
        yield f'CREATE TRIGGER {name}_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION {refuse}'


def _drop(name: str) -> str:
    return (f"DO $$ DECLARE found text; BEGIN SELECT tgrelid::regclass::text INTO found FROM pg_trigger WHERE tgname = '{name}';"
            f" EXECUTE 'DROP TRIGGER {name} ON ' || found; END $$")
