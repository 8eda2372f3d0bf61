"""Functions of SQLite that the register's statements use and PostgreSQL lacks, and the two that triggers call.

Made by whoever makes the register on the server, before its first migration; made again (``OR REPLACE``) by a later version.
"""

from __future__ import annotations

from typing import Final

_FORMATS: Final = (("%Y-%m-%d", "YYYY-MM-DD"), ("%Y-%m", "YYYY-MM"), ("%H", "HH24"), ("%d", "DD"), ("%m", "MM"))
_CASES: Final = " ".join(f"WHEN '{theirs}' THEN '{ours}'" for theirs, ours in _FORMATS)

FUNCTIONS: Final = (
    """CREATE OR REPLACE FUNCTION json_valid(given text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN PERFORM given::json; RETURN true; EXCEPTION WHEN others THEN RETURN false; END $$""",
    """CREATE OR REPLACE FUNCTION json_numbers(given text) RETURNS TABLE (value bigint) LANGUAGE sql IMMUTABLE AS
    $$ SELECT v::bigint FROM json_array_elements_text(given::json) AS v $$""",
    """CREATE OR REPLACE FUNCTION json_texts(given text) RETURNS TABLE (key text, value text) LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        IF json_typeof(given::json) = 'object' THEN RETURN QUERY SELECT e.key, e.value FROM json_each_text(given::json) AS e;
        ELSE RETURN QUERY SELECT NULL::text, v FROM json_array_elements_text(given::json) AS v; END IF;
    END $$""",
    "CREATE OR REPLACE FUNCTION instr(hay text, needle text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT strpos(hay, needle) $$",
    f"""CREATE OR REPLACE FUNCTION strftime(form text, seconds bigint, kind text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT to_char(to_timestamp(seconds) AT TIME ZONE 'UTC', CASE form {_CASES} END) $$""",
    "CREATE OR REPLACE FUNCTION max(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT greatest(a, b) $$",
    "CREATE OR REPLACE FUNCTION max(a float8, b float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT greatest(a, b) $$",
    """CREATE OR REPLACE FUNCTION ktpel_add(so_far bigint, one boolean) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN one IS NULL THEN so_far ELSE coalesce(so_far, 0) + one::int END $$""",
    """CREATE OR REPLACE FUNCTION ktpel_least(so_far bigint, one boolean) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN one IS NULL THEN so_far ELSE least(coalesce(so_far, 1), one::int) END $$""",
    """CREATE OR REPLACE FUNCTION ktpel_most(so_far bigint, one boolean) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN one IS NULL THEN so_far ELSE greatest(coalesce(so_far, 0), one::int) END $$""",
    "CREATE OR REPLACE AGGREGATE sum(boolean) (sfunc = ktpel_add, stype = bigint)",
    "CREATE OR REPLACE AGGREGATE min(boolean) (sfunc = ktpel_least, stype = bigint)",
    "CREATE OR REPLACE AGGREGATE max(boolean) (sfunc = ktpel_most, stype = bigint)",
    """CREATE OR REPLACE FUNCTION ktpel_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_ARGV[0]; END $$""",
    # one writer at a time (connection.py), so that numbers have no gaps and go to nobody twice
    """CREATE OR REPLACE FUNCTION ktpel_number() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN EXECUTE format('SELECT coalesce(max(no), 0) + 1 FROM %I', TG_TABLE_NAME) INTO NEW.no; RETURN NEW; END $$""",
)
MARK: Final = """CREATE TABLE IF NOT EXISTS ktpel_register (
    one integer PRIMARY KEY CHECK (one = 1), mark text NOT NULL, key_check text NOT NULL)"""
"""Tells our database from a foreign one, and the right key from a wrong one (:func:`keycheck.key_check_value`)."""
