"""What the nightly check finds in a register: a damaged page, another row, words that hide people, a lost end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from register_makers import KEY, application, logged, open_register, sample, save
from sqlcipher3 import dbapi2

from ktpel_kiosk.app import night_check as nightly
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ports.night_check import Fault
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.gently import Gently, Stopped

PAGE = 4096


def test_a_damaged_page_is_found_at_night(tmp_path: Path) -> None:
    """Also one of an index, which neither the audit nor any row needs."""
    with open_register(tmp_path, KEY) as register:
        p = save(register, application(1))
        logged(register, lambda tx: tx.add_sample(sample(p, Position.FACE, size=40_000)))
        assert nightly.check(register, Gently()) is Fault.NONE
        register._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        number = driver.scalar(register._writing, "SELECT rootpage FROM sqlite_schema WHERE name = 'audit_subject'")
        path = tmp_path / "register.sqlite"
        whole = path.read_bytes()
        for at in ((number - 1) * PAGE + 700, len(whole) - PAGE // 2):
            data = bytearray(whole)
            data[at] ^= 4
            path.write_bytes(data)
            assert nightly.check(register, Gently()) is Fault.DAMAGED
        path.write_bytes(whole)
        assert nightly.check(register, Gently()) is Fault.NONE


def test_a_row_changed_past_the_kiosk_and_a_lost_end_are_found_at_night(tmp_path: Path) -> None:
    with open_register(tmp_path, KEY) as register:
        save(register, application(1))
    early = {p: p.read_bytes() for p in tmp_path.glob("register.sqlite*") if p.suffix == ".sqlite"}
    with open_register(tmp_path, KEY) as register:
        logged(register, lambda tx: tx.put_draft("k", "v"))
        other = driver.connect(tmp_path / "register.sqlite", KEY, writer=True)
        other.execute("UPDATE draft SET text = 'w'").close()
        other.close()
        assert nightly.check(register, Gently()) is Fault.ALTERED
    for path, data in early.items():
        path.write_bytes(data)
    with open_register(tmp_path, KEY) as register:
        assert register.behind and nightly.check(register, Gently()) is Fault.BEHIND



def test_words_people_are_found_by_are_checked(tmp_path: Path) -> None:
    with open_register(tmp_path, KEY) as register:
        save(register, application(1))
        other = driver.connect(tmp_path / "register.sqlite", KEY, writer=True)
        other.execute("DELETE FROM search_word WHERE word = (SELECT min(word) FROM search_word)").close()
        other.close()
        assert [(f.table, f.kind) for f in register.check_audit().faults] == [("search_word", "changed")]


def test_a_check_stops_when_the_kiosk_closes(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    gently = Gently(stop)
    gently._began -= 1
    with open_register(tmp_path, KEY) as register:
        save(register, application(1))
        with pytest.raises(Stopped):
            register.check_audit(gently)
        connection = driver.connect(tmp_path / "register.sqlite", KEY)
        gently.within(connection)
        with pytest.raises(dbapi2.OperationalError, match="interrupt"):
            connection.execute("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 9000000) SELECT sum(x) FROM n")
        connection.close()
