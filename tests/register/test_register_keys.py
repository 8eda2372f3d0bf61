"""The key is random, never bare on disk, and every wrong way to it has its own name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import IoFailure, KeyUnavailable, StorageTrouble
from ktpel_kiosk.register.keys import KeyStore, SecretCost

CHEAP = SecretCost(1, 64, 1)
SECRET = "kata sandi kantor"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "register.key", cost=CHEAP)


def refused(act: object, *args: object) -> str:
    with pytest.raises(StorageTrouble) as caught:
        act(*args)  # type: ignore[operator]
    return caught.value.message_key


def test_both_wraps_open_the_same_random_key(store: KeyStore, tmp_path: Path) -> None:
    key = store.create(secret=SECRET, machine=True)
    assert len(key) == 32 and store.unlock_with_secret(SECRET) == store.unlock_with_machine() == key
    assert KeyStore(tmp_path / "other.key", machine_key=tmp_path / "m2", cost=CHEAP).create(machine=True) != key


def test_nothing_on_disk_holds_the_key_and_files_are_private(store: KeyStore, tmp_path: Path) -> None:
    key = store.create(secret=SECRET, machine=True)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert key not in data and key.hex().encode() not in data and SECRET.encode() not in data
        if os.name == "posix":
            assert path.stat().st_mode & 0o077 == 0


def test_wrong_secret_is_refused(store: KeyStore) -> None:
    store.create(secret=SECRET)
    assert refused(store.unlock_with_secret, SECRET + " ") == "register.wrong_secret"
    assert refused(store.unlock_with_secret, "") == "register.wrong_secret"


def test_a_key_is_never_overwritten(store: KeyStore) -> None:
    key = store.create(machine=True)
    assert refused(store.create, ) == "register.key_exists"
    assert store.unlock_with_machine() == key


def test_a_key_nobody_could_open_is_not_made(store: KeyStore) -> None:
    assert refused(store.create) == "register.key_no_wrap"
    assert not store.exists()


def test_asking_for_a_wrap_that_was_not_made(store: KeyStore) -> None:
    store.create(machine=True)
    assert refused(store.unlock_with_secret, SECRET) == "register.key_no_wrap"


def test_missing_and_damaged_files_have_their_own_names(store: KeyStore, tmp_path: Path) -> None:
    assert refused(store.unlock_with_machine) == "register.key_missing"
    store.create(machine=True)
    (tmp_path / "machine.key").write_bytes(os.urandom(32))
    assert refused(store.unlock_with_machine) == "register.machine_key_wrong"
    (tmp_path / "machine.key").write_bytes(b"short")
    assert refused(store.unlock_with_machine) == "register.machine_key_wrong"
    (tmp_path / "machine.key").unlink()
    assert refused(store.unlock_with_machine) == "register.machine_key_missing"
    for damage in (b"", b"{}", b"[]", b"\xff\xfe", b'{"format": "ktpel-register-key", "version": 1, "key_id": 3, "wraps": {}}'):
        (tmp_path / "register.key").write_bytes(damage)
        assert refused(store.unlock_with_machine) == "register.key_damaged"


def test_every_changed_byte_of_the_wraps_is_noticed(store: KeyStore, tmp_path: Path) -> None:
    key = store.create(machine=True)
    path = tmp_path / "register.key"
    good = path.read_bytes()
    for index in range(len(good)):
        changed = bytearray(good)
        changed[index] ^= 1
        path.write_bytes(changed)
        try:
            assert store.unlock_with_machine() == key  # only where the change says nothing, such as in spaces
        except KeyUnavailable:
            continue


def test_absurd_costs_in_the_file_are_refused_not_paid(store: KeyStore, tmp_path: Path) -> None:
    store.create(secret=SECRET)
    path = tmp_path / "register.key"
    document = json.loads(path.read_text())
    document["wraps"][0]["memory_kib"] = 1 << 40
    path.write_text(json.dumps(document))
    assert refused(store.unlock_with_secret, SECRET) == "register.key_damaged"


def test_secret_can_be_changed_and_the_machine_forgotten(store: KeyStore, tmp_path: Path) -> None:
    key = store.create(secret=SECRET, machine=True)
    store.set_secret(key, "baru sekali")
    assert refused(store.unlock_with_secret, SECRET) == "register.wrong_secret"
    assert store.unlock_with_secret("baru sekali") == key
    store.forget_machine()
    assert not (tmp_path / "machine.key").exists()
    assert refused(store.unlock_with_machine) == "register.key_no_wrap"
    store.set_machine(key)
    assert store.unlock_with_machine() == key


def test_the_last_way_in_is_not_given_up(store: KeyStore) -> None:
    key = store.create(machine=True)
    assert refused(store.forget_machine) == "register.key_no_wrap"
    assert store.unlock_with_machine() == key


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(IoFailure):
        KeyStore(tmp_path / "locked" / "register.key", cost=CHEAP).create(machine=True)
