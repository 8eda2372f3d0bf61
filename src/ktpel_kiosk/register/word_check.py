"""Whether the search finds every application by exactly its own words: an older page of the words put back would hide people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from sqlcipher3 import dbapi2

from ktpel_kiosk.ports.register import RowFault
from ktpel_kiosk.register.areas.search import chapter_of
from ktpel_kiosk.register.seals import rows_of
from ktpel_kiosk.register.words import words_of

_PEOPLE: Final = "SELECT no, created_at, nama, nik, nomor_register, nomor_hp, desa FROM search NOT INDEXED"
_WORDS: Final = "SELECT no, chapter, created_at, word FROM search_word"


def check_words(connection: Any, rest: Callable[[], object] = lambda: None) -> list[RowFault]:
    """Each application's words are summed up as one number, so that a register of any size is compared in two passes."""
    try:
        return [RowFault("search_word", str(no), "changed") for no, left in sorted(_balance(connection, rest).items()) if left]
    except (dbapi2.OperationalError, UnicodeDecodeError):  # text that is none: honest writing never leaves it
        return [RowFault("search_word", "?", "unreadable")]


def _balance(connection: Any, rest: Callable[[], object]) -> Counter[int]:
    """Of each application the words it should be found by less those it is found by."""
    balance: Counter[int] = Counter()
    for no, created_at, *found_by in rows_of(connection, _PEOPLE):
        rest()
        for word in words_of(*(text or "" for text in found_by)):
            balance[no] += hash((chapter_of(created_at), created_at, word))
    for no, chapter, created_at, word in rows_of(connection, _WORDS):
        rest()
        balance[no] -= hash((chapter, created_at, word))
    return balance
