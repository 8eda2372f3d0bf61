"""Sheets of a shared key: the field against values of another implementation, every subset, typing, and each way in taken away."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import BadInput, KeyUnavailable
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.share_words import WORDS
from ktpel_kiosk.register.shares import Share, combine, interpolate, qr_text, read_share, split, words_of

CHEAP = SecretCost(1, 64, 1)
A, B, C = bytes(range(16)), bytes(range(100, 116)), bytes(range(16, 32))


def test_the_field_is_that_of_slip39() -> None:
    """Values computed with shamir-mnemonic 0.3.0."""
    assert interpolate([(0, A), (1, B), (2, C)], 5).hex() == "09080b0a4544474601000302dddcdfde"
    assert interpolate([(3, A), (7, B), (9, C)], 0).hex() == "46474445474645444e4f4c4d45444746"


@pytest.mark.parametrize(("needed", "count"), [(2, 2), (2, 3), (3, 5), (4, 9)])
def test_any_needed_sheets_open_and_fewer_say_nothing(needed: int, count: int) -> None:
    made = split(A, needed, count)
    for some in combinations(made, needed):
        assert combine(some) == A
    for few in combinations(made, needed - 1):
        with pytest.raises(BadInput, match="too_few"):
            combine(few)
        for other in (A, B, C):  # every secret is as possible as the true one: a last sheet exists that gives it
            x = next(n for n in range(1, 16) if n not in {s.number for s in few})
            last = interpolate([(0, other), *((s.number, s.value) for s in few)], x)
            assert interpolate([(x, last), *((s.number, s.value) for s in few)], 0) == other


def test_numbers_that_cannot_be() -> None:
    for needed, count in ((1, 3), (4, 3), (2, 10), (0, 0)):
        with pytest.raises(BadInput, match="numbers"):
            split(A, needed, count)


def test_sheets_of_different_sets_or_a_forged_twin() -> None:
    one, two = split(A, 2, 3), split(A, 2, 3)
    while one[0].set_id == two[0].set_id:
        two = split(A, 2, 3)
    with pytest.raises(BadInput, match="mixed"):
        combine([one[0], two[1]])
    with pytest.raises(BadInput, match="mixed"):
        combine([one[0], Share(one[0].set_id, 2, 1, B), one[1]])
    with pytest.raises(BadInput, match="too_few"):
        combine([one[0], one[0]])


def test_words_are_unlike_each_other() -> None:
    assert len(WORDS) == len({w[:4] for w in WORDS}) == 256 and all(w.isalpha() and w.islower() and len(w) >= 3 for w in WORDS)


def test_what_is_typed_or_scanned_is_the_sheet() -> None:
    for share in split(A, 2, 3):
        words = words_of(share)
        assert len(words) == 21
        assert read_share(" ".join(words)) == read_share("\n".join(w[:4].upper() for w in words)) == read_share(qr_text(share)) == share


def test_every_wrong_word_is_noticed() -> None:
    words = words_of(split(A, 2, 3)[0])
    chance, missed = random.Random(8), 0
    for place in range(21):
        for _ in range(12):
            wrong = list(words)
            wrong[place] = chance.choice([w for w in WORDS if w != words[place]])
            try:
                read_share(" ".join(wrong))
                missed += 1
            except BadInput as error:
                assert error.message_key == "shares.typo"
    assert missed <= 1, "two bytes of check let one in 65,536 pass"
    for text, key in (("abc " + " ".join(words[1:]), "word"), (" ".join(words[:20]), "length"), ("KTPEL-KUNCI:XY", "typo"), ("", "length")):
        with pytest.raises(BadInput, match=rf"shares\.{key}"):
            read_share(text)


# -- one loss locks nobody out ---------------------------------------------------------------------------------------------

CODE = "ABCDEFGH"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "register.key", cost=CHEAP)


@pytest.mark.parametrize("kept", ["machine", "code", "shares"])
def test_each_way_alone_opens_and_makes_the_others_anew(store: KeyStore, tmp_path: Path, kept: str) -> None:
    key = store.create(secret=CODE, machine=True)
    sheets = store.set_shares(key, 2, 3)
    if kept != "machine":
        (tmp_path / "machine.key").unlink()
        with pytest.raises(KeyUnavailable, match="machine_key_missing"):
            store.unlock_with_machine()
    if kept != "code":
        with pytest.raises(KeyUnavailable, match="wrong_secret"):
            store.unlock_with_secret("lupa")
    opened = {"machine": store.unlock_with_machine, "code": lambda: store.unlock_with_secret(CODE),
              "shares": lambda: store.unlock_with_shares(sheets[1:])}[kept]()
    assert opened == key
    store.set_machine(opened)
    store.set_secret(opened, "BARU")
    fresh = store.set_shares(opened, 2, 3)
    assert store.unlock_with_machine() == store.unlock_with_secret("BARU") == store.unlock_with_shares(fresh[:2]) == key
    if fresh[0].set_id != sheets[0].set_id:
        with pytest.raises(KeyUnavailable, match="shares_void"):
            store.unlock_with_shares(sheets[:2])


def test_a_former_set_is_void_even_under_the_same_number(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    key = store.create(machine=True)
    monkeypatch.setattr("ktpel_kiosk.register.shares.secrets.randbelow", lambda _n: 7)
    old = store.set_shares(key, 2, 3)
    new = store.set_shares(key, 2, 3)
    with pytest.raises(KeyUnavailable, match="shares_wrong"):
        store.unlock_with_shares(old[:2])
    assert store.unlock_with_shares(new[1:]) == key
    state = store.shares_state()
    assert state is not None and (state.set_id, state.needed, state.count) == (7, 2, 3)


def test_sheets_are_a_way_in_that_lets_the_machine_be_forgotten(store: KeyStore) -> None:
    key = store.create(machine=True)
    sheets = store.set_shares(key, 2, 2)
    store.forget_machine()
    assert store.unlock_with_shares(sheets) == key


def test_sheets_that_no_printer_took_change_nothing(store: KeyStore) -> None:
    key = store.create(machine=True)
    former = store.set_shares(key, 2, 3)

    def no_paper(made: object) -> None:
        state = store.shares_state()
        assert state is not None and state.set_id == former[0].set_id, f"{made} not in force before it is printed"
        raise OSError("kertas habis")

    with pytest.raises(OSError, match="kertas"):
        store.set_shares(key, 2, 3, no_paper)
    assert store.unlock_with_shares(former[:2]) == key
