"""Kept fingers and the searches over them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from register_makers import NOW, application, logged, open_register, save

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BugError, NotFound, StaleView
from ktpel_kiosk.domain.ganda import DuplicateCheck, DuplicateHit, FingerLikeness, KeptFinger, Putusan
from ktpel_kiosk.register.store import SqlRegister

LEFT, RIGHT = Position.LEFT_INDEX, Position.RIGHT_INDEX


def people(register: SqlRegister, count: int) -> list[str]:
    ids = []
    for n in range(1, count + 1):
        p = save(register, application(n))
        at = NOW + timedelta(days=n)
        logged(register, lambda tx, p=p, at=at, n=n: tx.keep_fingers([KeptFinger(p.id, s, bytes([n]), at) for s in (LEFT, RIGHT)]))
        ids.append(p.id)
    return ids


def test_fingers_are_read_by_position_and_by_application(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        ids = people(register, 3)
        assert register.read(lambda v: [(f.permohonan_id, f.form) for f in v.kept_fingers(LEFT)]) == [
            (id, bytes([n])) for n, id in enumerate(ids, 1)]
        assert register.read(lambda v: [f.position for f in v.kept_fingers_of(ids[1])]) == [LEFT, RIGHT]
        assert register.read(lambda v: v.kept_people()) == 3
        assert register.read(lambda v: list(v.kept_fingers(Position.LEFT_THUMB))) == []


def test_a_finger_is_kept_once_and_never_changed(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        (id,) = people(register, 1)
        with pytest.raises(BugError):
            logged(register, lambda tx: tx.keep_fingers([KeptFinger(id, LEFT, b"other", NOW)]))
        assert register.read(lambda v: v.kept_fingers_of(id))[0].form == b"\x01"


def test_what_is_older_than_the_rule_goes_and_leaves_no_byte(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        ids = people(register, 3)
        assert logged(register, lambda tx: tx.drop_fingers_before(NOW + timedelta(days=2))) == (1, 2)
        assert logged(register, lambda tx: tx.drop_fingers_before(NOW + timedelta(days=2))) == (0, 0)
        assert logged(register, lambda tx: tx.drop_fingers_of(ids[1])) == 2
        assert register.read(lambda v: v.kept_people()) == 1


def test_a_search_is_decided_once(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        one, other = people(register, 2)
        hit = DuplicateHit(other, 1.75, (FingerLikeness(LEFT, LEFT, 0.8), FingerLikeness(RIGHT, RIGHT, 0.7)))
        logged(register, lambda tx: tx.add_duplicate_check(DuplicateCheck("a", one, NOW, 1)))
        logged(register, lambda tx: tx.add_duplicate_check(DuplicateCheck("b", one, NOW, 1, (hit,))))
        assert [c.id for c in register.read(lambda v: v.duplicate_checks_open())] == ["b"]
        assert [c.open for c in register.read(lambda v: v.duplicate_checks(one))] == [False, True]
        done = logged(register, lambda tx: tx.decide_duplicate("b", Putusan.ORANG_LAIN, "kasi", NOW, "saudara kembar"))
        assert done.hits == (hit,) and done.decision is Putusan.ORANG_LAIN and not done.open
        with pytest.raises(StaleView):
            logged(register, lambda tx: tx.decide_duplicate("b", Putusan.ORANG_SAMA, "rina", NOW, ""))
        with pytest.raises(NotFound):
            logged(register, lambda tx: tx.decide_duplicate("c", Putusan.ORANG_SAMA, "rina", NOW, ""))
        assert register.read(lambda v: v.duplicate_checks_open()) == []
