"""The audit: append-only by the database, and every edit, deletion, reorder, truncation and rollback is found."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from register_makers import KEY, logged, open_register

from ktpel_kiosk.domain.audit import link_digest
from ktpel_kiosk.domain.errors import Corrupt
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.anchor import AnchorFile
from ktpel_kiosk.register.codecs import moment

LINKS = 30
TRIGGERS = ("audit_no_update", "audit_no_delete", "audit_no_replace", "audit_head_no_delete", "audit_head_forward")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    with open_register(folder) as register:
        for n in range(LINKS):
            logged(register, lambda tx, n=n: tx.put_draft("k", str(n)), subject=f"s{n % 3}")
    return folder


def tampered(original: Path, folder: Path, act: Callable[[Any], None]) -> Path:
    """A copy of the office changed by ``act(connection)`` by somebody who has the key and drops the triggers."""
    shutil.copytree(original, folder)
    connection = driver.connect(folder / "register.sqlite", KEY, writer=True)
    for trigger in TRIGGERS:
        connection.execute(f"DROP TRIGGER {trigger}")
    act(connection)
    connection.close()
    return folder


def broken_at(folder: Path) -> int | None:
    with open_register(folder) as register:
        return register.check_audit().broken_at


def rechain(connection: Any, first: int) -> None:
    """What a careful forger does: all digests from ``first`` on made to fit, the register's own head too."""
    rows = connection.execute("SELECT sequence, at, actor, event, subject, facts FROM audit ORDER BY sequence").fetchall()
    previous = "0" * 64
    for number, (sequence, at, actor, event, subject, facts) in enumerate(rows, start=1):
        digest = link_digest(number, moment(at), actor, event, subject, json.loads(facts), previous)
        if sequence >= first:
            connection.execute("UPDATE audit SET sequence=?, previous=?, digest=? WHERE sequence=?", (number, previous, digest, sequence))
        previous = digest
    connection.execute("UPDATE audit_head SET length=?, head=?", (len(rows), previous))


def test_untouched_is_whole(original: Path, tmp_path: Path) -> None:
    assert broken_at(tampered(original, tmp_path / "o", lambda c: None)) is None


@pytest.mark.parametrize("statement", [
    "UPDATE audit SET actor='x' WHERE sequence=3", "DELETE FROM audit WHERE sequence=3", "DELETE FROM audit",
    "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence=3", "DELETE FROM audit_head", "UPDATE audit_head SET length=1",
])
def test_the_database_itself_refuses(original: Path, tmp_path: Path, statement: str) -> None:
    shutil.copytree(original, tmp_path / "o")
    connection = driver.connect(tmp_path / "o" / "register.sqlite", KEY, writer=True)
    with pytest.raises(driver.dbapi.Error, match="append_only"):
        connection.execute(statement)
    connection.close()
    assert broken_at(tmp_path / "o") is None


@pytest.mark.parametrize(("column", "value"), [
    ("at", 1), ("actor", "'x'"), ("event", "'SignedIn'"), ("subject", "'x'"), ("facts", "'{\"a\":1}'"), ("facts", "'{ }'"),
    ("previous", f"'{'1' * 64}'"), ("digest", f"'{'1' * 64}'"),
])
def test_an_edit_of_any_column_is_found_where_it_is(original: Path, tmp_path: Path, column: str, value: object) -> None:
    folder = tampered(original, tmp_path / "o", lambda c: c.execute(f"UPDATE audit SET {column} = {value} WHERE sequence = 7"))
    assert broken_at(folder) == 7


@pytest.mark.parametrize("at", [1, 15, LINKS])
def test_a_deletion_is_found(original: Path, tmp_path: Path, at: int) -> None:
    assert broken_at(tampered(original, tmp_path / "o", lambda c: c.execute("DELETE FROM audit WHERE sequence = ?", (at,)))) == at


@pytest.mark.parametrize("keep", [0, 1, LINKS - 1])
def test_a_truncation_is_found(original: Path, tmp_path: Path, keep: int) -> None:
    assert broken_at(tampered(original, tmp_path / "o", lambda c: c.execute("DELETE FROM audit WHERE sequence > ?", (keep,)))) == keep + 1


def test_a_swap_is_found(original: Path, tmp_path: Path) -> None:
    def swap(c: Any) -> None:
        c.execute("UPDATE audit SET sequence = 999 WHERE sequence = 4")
        c.execute("UPDATE audit SET sequence = 4 WHERE sequence = 9")
        c.execute("UPDATE audit SET sequence = 9 WHERE sequence = 999")

    assert broken_at(tampered(original, tmp_path / "o", swap)) == 4


def test_an_insertion_is_found(original: Path, tmp_path: Path) -> None:
    folder = tampered(original, tmp_path / "o", lambda c: c.execute(
        "INSERT INTO audit SELECT ?, at, actor, event, subject, facts, previous, digest FROM audit WHERE sequence=?", (LINKS + 1, LINKS)))
    assert broken_at(folder) == LINKS + 1


@pytest.mark.parametrize("forge", [
    lambda c: (c.execute("UPDATE audit SET actor='x' WHERE sequence=5"), rechain(c, 5)),
    lambda c: (c.execute("DELETE FROM audit WHERE sequence=5"), rechain(c, 5)),
    lambda c: (c.execute("DELETE FROM audit WHERE sequence>20"), rechain(c, 21)),
    lambda c: (c.execute("DELETE FROM audit"), rechain(c, 1)),
])
def test_a_forger_who_rebuilds_the_chain_is_found_by_the_anchor(original: Path, tmp_path: Path, forge: Callable[[Any], None]) -> None:
    folder = tampered(original, tmp_path / "o", forge)
    assert broken_at(folder) is not None
    with open_register(folder) as register:
        logged(register, lambda tx: tx.put_draft("k", "after"))
    assert broken_at(folder) is not None, "going on working must not cover it up"


def test_random_tampering_is_always_found(original: Path, tmp_path: Path) -> None:
    rng = random.Random(7)
    columns = ("at", "actor", "event", "subject", "facts", "previous", "digest")
    undetected = []
    shutil.copytree(original, tmp_path / "o")
    path = tmp_path / "o" / "register.sqlite"
    connection = driver.connect(path, KEY, writer=True)
    for trigger in TRIGGERS:
        connection.execute(f"DROP TRIGGER {trigger}")
    from ktpel_kiosk.register.chain import check_chain
    from ktpel_kiosk.register.tx import SqlView
    anchor = AnchorFile(path, KEY).read()
    for n in range(250):
        connection.execute("BEGIN")
        first, second = rng.sample(range(1, LINKS + 1), 2)
        kind = rng.choice(("edit", "delete", "swap", "truncate", "copy"))
        if kind == "edit":
            column = rng.choice(columns)
            value = {"at": rng.randrange(1 << 40), "facts": json.dumps({"n": n}), "previous": f"{rng.getrandbits(256):064x}",
                     "digest": f"{rng.getrandbits(256):064x}"}.get(column, f"v{n}")
            connection.execute(f"UPDATE audit SET {column} = ? WHERE sequence = ?", (value, first))
        elif kind == "delete":
            connection.execute("DELETE FROM audit WHERE sequence = ?", (first,))
        elif kind == "truncate":
            connection.execute("DELETE FROM audit WHERE sequence >= ?", (first,))
        elif kind == "swap":
            for source, target in ((first, 9999), (second, first), (9999, second)):
                connection.execute("UPDATE audit SET sequence = ? WHERE sequence = ?", (target, source))
        else:
            connection.execute("UPDATE audit SET (actor, event, subject, facts, previous, digest) = (SELECT actor, event, subject, facts,"
                               " previous, digest FROM audit WHERE sequence = ?) WHERE sequence = ?", (second, first))
        if check_chain(SqlView(connection), anchor).whole:
            undetected.append((kind, first, second))
        connection.execute("ROLLBACK")
    connection.close()
    assert undetected == []


def test_yesterdays_file_put_back_is_found(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        logged(register, lambda tx: tx.put_draft("k", "1"))
    yesterday = (tmp_path / "register.sqlite").read_bytes()
    with open_register(tmp_path) as register:
        logged(register, lambda tx: tx.put_draft("k", "2"))
    (tmp_path / "register.sqlite").write_bytes(yesterday)
    assert broken_at(tmp_path) == 2
    with open_register(tmp_path) as register:
        logged(register, lambda tx: tx.put_draft("k", "3"), subject="today")
        logged(register, lambda tx: tx.put_draft("k", "4"))
    assert broken_at(tmp_path) == 2


@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b""), lambda p: p.write_text(
    p.read_text().replace('"length": 2', '"length": 1'))])
def test_a_lost_or_forged_anchor_is_found(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    with open_register(tmp_path) as register:
        logged(register, lambda tx: tx.put_draft("k", "1"))
        logged(register, lambda tx: tx.put_draft("k", "2"))
    damage(tmp_path / "register.sqlite.anchor")
    assert broken_at(tmp_path) == 3


def test_an_administrator_may_accept_the_head_after_a_rollback_but_not_a_broken_chain(tmp_path: Path, original: Path) -> None:
    with open_register(tmp_path / "a") as register:
        logged(register, lambda tx: tx.put_draft("k", "1"))
    (tmp_path / "a" / "register.sqlite.anchor").unlink()
    with open_register(tmp_path / "a") as register:
        assert not register.check_audit().whole
        register.accept_audit_head("camat", "cadangan dipulihkan")
        assert register.check_audit().whole
        assert [x.event for x in register.read(lambda v: v.audit())][-1] == "AuditHeadAccepted"
    assert broken_at(tmp_path / "a") is None
    folder = tampered(original, tmp_path / "b", lambda c: c.execute("UPDATE audit SET actor='x' WHERE sequence=5"))
    with open_register(folder) as register, pytest.raises(Corrupt):
        register.accept_audit_head("camat", "tidak boleh")


def test_the_anchor_moves_while_the_register_is_open(tmp_path: Path) -> None:
    with open_register(tmp_path, anchor_every=3) as register:
        anchor = AnchorFile(tmp_path / "register.sqlite", KEY)
        seen = []
        for n in range(7):
            logged(register, lambda tx, n=n: tx.put_draft("k", str(n)))
            register.read(lambda v: v.users())
            found = anchor.read()
            assert found is not None
            seen.append(found.length)
        assert max(seen) >= 3 and seen == sorted(seen)
    found = anchor.read()
    assert found is not None and found.length == 7


def test_two_processes_on_one_register_keep_one_chain(tmp_path: Path) -> None:
    with open_register(tmp_path) as first, open_register(tmp_path) as second:
        for n in range(6):
            logged(first if n % 2 else second, lambda tx, n=n: tx.put_draft("k", str(n)))
        assert first.check_audit().whole and second.check_audit().length == 6
    assert broken_at(tmp_path) is None


def test_references_of_a_digest_are_exactly_the_domains(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        register.write(lambda tx: tx.log("StageFinished", "ä☃", "rina", active_s=0.1 + 0.2, step=3, ok=True, note=None, text="é\"\\"))
        link = register.read(lambda v: v.audit())[0]
        assert link.facts == {"active_s": 0.1 + 0.2, "step": 3, "ok": True, "note": None, "text": "é\"\\", "rows": "*"}
        assert link.digest == link_digest(1, link.at, "rina", "StageFinished", "ä☃", link.facts, "0" * 64)
