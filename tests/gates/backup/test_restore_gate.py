"""Row 16: putting a copy back loses nothing but what came after it, numbers nothing twice, and is whole however it is cut off."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from restore_office import CHEAP, CODE, SERIES, Small, numbers

from ktpel_kiosk.app import copy_sets, restore
from ktpel_kiosk.app.office import PENDING_RESTORE
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.outbox import CHAIN_END, chain_end
from ktpel_kiosk.ports.restore import Agreed
from ktpel_kiosk.register.keys import KeyStore

Reached = Callable[..., None]
AGREED = Agreed("camat", "kasi", "diska rusak")


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_a_restore_with_the_present_register_readable(small: Small) -> None:
    with small.open() as register:
        small.serve(register, 5)
        copy = small.copy(register)
        small.serve(register, 3)
    key = small.key
    restore.prepare(small.data, copy, key, AGREED, small.clock)
    assert (small.data / PENDING_RESTORE).exists()
    with small.open() as register:
        assert numbers(register) == [f"{n:04d}/KTP/XI/2026" for n in range(1, 6)]
        assert small.serve(register, 1, seal=False) == [9], "numbers go on after those given since the copy"
        assert register.check_audit().whole, "a declared restore is no rollback"
        events = {x.event: x for x in register.read(lambda v: v.audit(limit=10_000))}
        assert events["RegisterRestored"].facts["second"] == "kasi" and events["RegisterRestored"].actor == "camat"
        counter, _hash = register.read(lambda v: chain_end(v.last_packet(), v.setting(CHAIN_END), "0" * 64))
        assert counter == 8
    olds = list(small.data.glob(f"{restore.OLD}*"))
    assert len(olds) == 1 and (olds[0] / "register.sqlite").exists() and not (small.data / PENDING_RESTORE).exists()
    assert len(list((olds[0] / restore.UNKNOWN_PACKETS).glob("*.ktpelpkt"))) == 3, "packets sealed since can still be carried to the centre"
    assert len(list((small.data / "packets").glob("*.ktpelpkt"))) == 5


def test_a_silent_restore_is_found(small: Small) -> None:
    with small.open() as register:
        small.serve(register, 5)
        copy = small.copy(register)
        small.serve(register, 3)
    shutil.copyfile(copy.path, small.data / "register" / "register.sqlite")
    with small.open() as register:
        assert not register.check_audit().whole


def test_without_the_present_register_the_book_is_asked(small: Small) -> None:
    with small.open() as register:
        small.serve(register, 5)
        copy = small.copy(register)
        small.serve(register, 3)
    key = small.key
    (small.data / "register" / "register.sqlite").write_bytes(os.urandom(40_960))
    with pytest.raises(BadInput, match="floor_missing"):
        restore.prepare(small.data, copy, key, AGREED, small.clock)
    with pytest.raises(BadInput, match=r"restore\.floor"):
        restore.prepare(small.data, copy, key, Agreed("camat", "kasi", "x", {f"{SERIES}/2026": 4}), small.clock)
    assert not list(small.data.glob(f"{restore.NEW}*"))
    restore.prepare(small.data, copy, key, Agreed("camat", "kasi", "x", {f"{SERIES}/2026": 8, "surat/2026": 3}), small.clock)
    with small.open() as register:
        assert small.serve(register, 1, seal=False) == [9]
        assert register.write(lambda tx: (tx.log("SettingChanged", "x", "-"), tx.next_number("surat", 2026))[1]) == 4
        counter, _hash = register.read(lambda v: chain_end(v.last_packet(), v.setting(CHAIN_END), "0" * 64))
        assert counter == 5 + restore.JUMP, "nobody knows the last packet: far enough that none is numbered twice"


def test_a_frozen_register_takes_nothing_more(small: Small) -> None:
    with small.open() as register:
        small.serve(register, 1)
        register.freeze()
        with pytest.raises(BadInput, match="pending"):
            small.serve(register, 1)
        register.freeze(False)
        assert small.serve(register, 1) == [2]


def test_on_a_new_machine_by_code_and_by_sheets(small: Small) -> None:
    with small.open() as register:
        small.serve(register, 4)
        sheets = KeyStore(small.data / "register" / "register.key", cost=CHEAP).set_shares(small.key, 2, 3)
        copy = small.copy(register)
    from ktpel_kiosk.register.shares import qr_text, words_of
    typed = (" ".join(words_of(sheets[0])), qr_text(sheets[2]))
    assert copy_sets.key_of(copy, code=CODE.lower()) == copy_sets.key_of(copy, shares=typed) == small.key
    with pytest.raises(BadInput, match="code_wrong"):
        copy_sets.key_of(copy, code="SALAH")
    with pytest.raises(BadInput, match="keys_no_way"):
        copy_sets.key_of(copy)
    new = small.root / "baru"
    new.mkdir()
    restore.prepare(new, copy, copy_sets.key_of(copy, code=CODE), Agreed("-", "", "komputer baru", {f"{SERIES}/2026": 4}), small.clock)
    restore.finish(new)
    assert KeyStore(new / "register" / "register.key").unlock_with_machine() == small.key, "this machine opens it from now on"
    assert len(list((new / "packets").glob("*"))) == 4, "packets without a receipt came along"


def test_a_drill_changes_nothing(small: Small) -> None:
    with small.open() as register:
        small.serve(register, 4)
        copy = small.copy(register)
        before = tree(small.root)
        applied, acts = restore.drill(copy, small.key, small.root, small.clock)
        assert applied == 4 and acts == 8 and tree(small.root) == before
        damage = bytearray(copy.path.read_bytes())
        damage[len(damage) // 2] ^= 1
        copy.path.write_bytes(damage)
        with pytest.raises(KioskError):
            restore.drill(copy, small.key, small.root, small.clock)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and "-shm" not in p.name}


# -- cut off anywhere -----------------------------------------------------------------------------------------------------


DIED, LIVED = 9, 0


def die_before(step: int) -> None:
    """The process ends instead of its ``step``-th sync or rename, on whichever thread that happens. SQLite's own syncs do not count
    here: they are the storage gate's matter."""
    count = itertools.count(1)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **settings: Any) -> Any:
            if next(count) == step:
                os._exit(DIED)
            return real(*args, **settings)

        return act

    os.fsync, os.replace = counted(os.fsync), counted(os.replace)


def in_a_process(step: int, work: Callable[[], object]) -> bool:
    """``work`` in a process of its own that dies at ``step``; whether it got to the end."""
    child = os.fork()
    if not child:
        try:
            die_before(step)
            work()
            os._exit(LIVED)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (DIED, LIVED), status
    return status == LIVED


def prepared(root: Path) -> Small:
    small = Small(root)
    with small.open() as register:
        small.serve(register, 3)
        small.copy(register)
        small.serve(register, 2)
    return small


def restored_or_old(small: Small) -> str:
    """Which register a start finds; it is whole either way."""
    with small.open() as register:
        assert register.check_audit().whole
        found = numbers(register)
        register.integrity_check()
        following = small.serve(register, 1, seal=False)
    assert following == [6], "no number twice"
    assert len(found) in (3, 5)
    return "lama" if len(found) == 5 else "pulih"


def cut_restore(root: Path, step: int, template: Path) -> str:
    """A restore cut at ``step`` of preparing or taking effect; returns what a later start found, empty when it got by."""
    shutil.copytree(template, root)
    small = Small(root)
    copy, key = small.copies()[0], small.key
    done = in_a_process(step, lambda: (restore.prepare(small.data, copy, key, AGREED, small.clock), restore.finish(small.data)))
    found = restored_or_old(small)
    assert not done or found == "pulih"
    return "" if done else found


def cuts(tmp_path: Path, steps: range) -> dict[str, int]:
    template = tmp_path / "mula"
    prepared(template)
    found = {"lama": 0, "pulih": 0}
    for step in steps:
        outcome = cut_restore(tmp_path / f"s{step}", step, template)
        shutil.rmtree(tmp_path / f"s{step}")
        if not outcome:
            break
        found[outcome] += 1
    return found


def test_a_restore_cut_at_a_few_steps_is_old_or_new(tmp_path: Path) -> None:
    template = tmp_path / "mula"
    prepared(template)
    outcomes = [cut_restore(tmp_path / f"s{step}", step, template) for step in (1, 9, 33)]
    assert outcomes == ["lama", "lama", "pulih"]


@pytest.mark.gate
def test_a_restore_cut_at_any_sync_or_rename_is_old_or_new(tmp_path: Path, reached: Reached) -> None:
    found = cuts(tmp_path, range(1, 200))
    reached(16, asked=30, got=sum(found.values()), what="restores killed at each sync and rename: the old register or the restored one")
    assert found["lama"] >= 5 and found["pulih"] >= 4, found


# -- damaged copies -------------------------------------------------------------------------------------------------------


def damaged(copy: copy_sets.CopySet, chance: random.Random) -> None:
    """One way a disk or a hand spoils a copy."""
    files = (copy.path, copy.path.with_suffix(copy_sets.INFO), copy.key_file)
    target = files[chance.choices((0, 1, 2), (8, 2, 2))[0]]
    data = bytearray(target.read_bytes())
    how = chance.randrange(5)
    at = chance.randrange(len(data))
    if how == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif how == 1:
        del data[at:]
    elif how == 2:
        data[at:at + 4096] = os.urandom(len(data[at:at + 4096]))
    elif how == 3:
        data += os.urandom(1 + chance.randrange(5000))
    else:
        data[at:at + 4096] = bytes(len(data[at:at + 4096])) if any(data[at:at + 4096]) else b"\1"
    target.write_bytes(data)


def refused(small: Small, copy: copy_sets.CopySet, seed: int) -> bool:
    """The damaged copy is refused, or what was damaged says nothing (white space of a wrap file) and it is whole indeed."""
    files = (copy.path, copy.path.with_suffix(copy_sets.INFO), copy.key_file)
    whole = [f.read_bytes() for f in files]
    before = tree(small.data)
    try:
        damaged(copy, random.Random(seed))
        try:
            restore.prepare(small.data, copy, copy_sets.key_of(copy, code=CODE), AGREED, small.clock)
        except KioskError:
            assert tree(small.data) == before
            return True
        (small.data / PENDING_RESTORE).unlink()
        restore.clear_leftovers(small.data)
        return copy.path.read_bytes() == whole[0] and copy_sets.read_info(files[1], small.key) == copy.info
    finally:
        for path, content in zip(files, whole, strict=True):
            path.write_bytes(content)


def refusals(root: Path, count: int) -> int:
    small = prepared(root)
    copy = small.copies()[0]
    return sum(refused(small, copy, seed) for seed in range(count))


def test_some_damaged_copies_are_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, 8) == 8


@pytest.mark.gate
def test_a_hundred_damaged_copies_are_refused(tmp_path: Path, reached: Reached) -> None:
    got = refusals(tmp_path, 100)
    reached(16, asked=100, got=got, what="damaged copies refused, nothing changed by them")
    assert got == 100
