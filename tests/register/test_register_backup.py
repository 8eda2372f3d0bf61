"""Copies are encrypted, proved, complete; putting one back is possible, kept apart, and seen by the audit."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from register_makers import KEY, application, logged, open_register, sample, save

from ktpel_kiosk.domain.errors import BadInput, Corrupt, KeyUnavailable, KioskError
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.backup import check_copy, restore_register


def test_a_copy_made_while_writing_is_one_whole_snapshot(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        p = save(register, application())
        for n in range(1, 20):
            logged(register, lambda tx, n=n: tx.add_sample(sample(p, attempt=n, size=30000)))
        stop = threading.Event()

        def busy() -> None:
            while not stop.is_set():
                logged(register, lambda tx: tx.put_draft("k", "v"))

        thread = threading.Thread(target=busy)
        thread.start()
        try:
            made = register.backup(tmp_path / "usb", "camat")
        finally:
            stop.set()
            thread.join()
        assert made.parent == tmp_path / "usb" and [x.name for x in made.parent.iterdir()] == [made.name]
        assert "BackupMade" in {x.event for x in register.read(lambda v: v.audit(after=20, limit=100_000))}
    assert check_copy(made, KEY).version == driver.SCHEMA_VERSION
    with pytest.raises(KeyUnavailable):
        check_copy(made, bytes(32))
    (tmp_path / "fresh").mkdir()
    restore_register(made, tmp_path / "fresh" / "register.sqlite", KEY)
    with open_register(tmp_path / "fresh") as register:
        assert len(register.read(lambda v: v.samples(p.id))) == 19


def test_restoring_keeps_the_replaced_files_and_the_audit_says_so(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        save(register, application(1))
        made = register.backup(tmp_path / "copies")
        save(register, application(2))
    restore_register(made, tmp_path / "register.sqlite", KEY)
    assert (tmp_path / "register.sqlite.replaced-1").exists()
    with open_register(tmp_path) as register:
        assert register.read(lambda v: v.by_number("0002/KTP/XI/2026")) is None
        assert not register.check_audit().whole, "a file put back is a file put back, whoever did it"
        register.accept_audit_head("camat", "diska rusak")
        assert register.check_audit().whole


@pytest.mark.parametrize("seed", range(6))
def test_a_flipped_byte_is_found_by_the_nightly_check_and_a_copy_is_refused(tmp_path: Path, seed: int) -> None:
    import random
    with open_register(tmp_path) as register:
        p = save(register, application())
        logged(register, lambda tx: tx.add_sample(sample(p, size=60000)))
    path = tmp_path / "register.sqlite"
    data = bytearray(path.read_bytes())
    data[random.Random(seed).randrange(4096, len(data))] ^= 0x40
    path.write_bytes(data)
    with pytest.raises(KioskError) as caught:
        check_copy(path, KEY)
    assert caught.value.message_key in ("register.copy_damaged", "register.corrupt")
    try:
        register = open_register(tmp_path)
    except Corrupt:
        return
    try:
        with pytest.raises(Corrupt):
            register.integrity_check()
        try:
            made = register.backup(tmp_path / "copies")
        except Corrupt:
            assert not list((tmp_path / "copies").iterdir())
        else:  # the damage lay in an index, which a copy makes anew
            check_copy(made, KEY)
    finally:
        register.close()


def test_unusable_copies_change_nothing(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        save(register, application())
    path = tmp_path / "register.sqlite"
    before = path.read_bytes()
    (tmp_path / "junk").write_bytes(b"junk" * 5000)
    (tmp_path / "empty").write_bytes(b"")
    for copy in (tmp_path / "junk", tmp_path / "empty", tmp_path / "none", path):
        with pytest.raises((Corrupt, KeyUnavailable, BadInput)):
            restore_register(copy, path, KEY)
    assert path.read_bytes() == before
    with open_register(tmp_path) as register:
        register.quick_check()
        assert register.check_audit().whole
