"""What typing, deleting and pasting do to sixteen digits shown 6-6-4. Counts in digits; the gaps are only paint. Qt-free."""

from __future__ import annotations

import re
from dataclasses import dataclass

LENGTH = 16
GROUPS = (6, 12)
"""Digits before each gap."""
GAP = "  "
_WHOLE = re.compile(r"(?<!\d)(?:\d[\s.\-\u2010-\u2015_/]*){15}\d(?!\d)")


def nik_digits(text: str) -> str:
    """The ASCII digits of ``text``."""
    return "".join(c for c in text if c.isascii() and c.isdigit())


def group_nik(digits: str) -> str:
    """As shown: ``350805  450208  0001``."""
    return GAP.join(part for part in (digits[:6], digits[6:12], digits[12:LENGTH]) if part)


def shown_at(digits: int) -> int:
    """Place in the shown text after so many digits; at a group's end before the gap."""
    return digits + len(GAP) * sum(digits > g for g in GROUPS)


def digits_before(text: str, place: int) -> int:
    """How many digits stand before a place of the shown text."""
    return len(nik_digits(text[:place]))


@dataclass(frozen=True, slots=True)
class NikState:
    """Digits and the selection from ``anchor`` to ``caret`` (equal: none), both counted in digits."""

    digits: str = ""
    caret: int = 0
    anchor: int = 0

    @property
    def selected(self) -> tuple[int, int]:
        return min(self.caret, self.anchor), max(self.caret, self.anchor)

    @classmethod
    def at(cls, digits: str, caret: int) -> NikState:
        return cls(digits, caret, caret)

    def insert(self, text: str) -> NikState:
        """Type or paste: the digits go in as far as there is room; a whole NIK in the text takes the place of everything."""
        whole = _WHOLE.search(text)
        if whole is not None:
            return NikState.at(nik_digits(whole[0]), LENGTH)
        start, end = self.selected
        chunk = nik_digits(text)[:LENGTH - len(self.digits) + end - start]
        if not chunk:
            return self
        return NikState.at(self.digits[:start] + chunk + self.digits[end:], start + len(chunk))

    def delete(self, *, forward: bool = False, group: bool = False) -> NikState:
        """The selection; else one digit back or ``forward``; ``group``: to the group's edge."""
        start, end = self.selected
        if start == end:
            if forward:
                end = self._edge(1) if group else min(len(self.digits), end + 1)
            else:
                start = self._edge(-1) if group else max(0, start - 1)
        return NikState.at(self.digits[:start] + self.digits[end:], start)

    def move(self, by: int, *, keep: bool = False, group: bool = False) -> NikState:
        """The caret by one digit, or to the ``group``'s edge; ``keep``: the selection grows."""
        start, end = self.selected
        if start != end and not keep and not group:
            return NikState.at(self.digits, end if by > 0 else start)
        caret = self._edge(by) if group else min(max(self.caret + by, 0), len(self.digits))
        return NikState(self.digits, caret, self.anchor if keep else caret)

    def _edge(self, by: int) -> int:
        edges = [e for e in (0, *GROUPS, LENGTH) if e < len(self.digits)] + [len(self.digits)]
        ahead = [e for e in edges if (e > self.caret if by > 0 else e < self.caret)]
        return (ahead[0] if by > 0 else ahead[-1]) if ahead else self.caret


class History:
    """Undo and redo over states; digits typed one after the other are one step per group."""

    def __init__(self) -> None:
        self._past: list[NikState] = []
        self._future: list[NikState] = []

    def clear(self) -> None:
        self._past.clear()
        self._future.clear()

    def note(self, before: NikState, after: NikState) -> None:
        """``before`` was left for ``after``."""
        typed_on = len(after.digits) == len(before.digits) + 1 and after.caret == before.caret + 1 and before.caret not in (0, *GROUPS)
        if not (typed_on and self._past and self._past[-1].digits == before.digits[:len(self._past[-1].digits)]):
            self._past.append(before)
        self._future.clear()
        del self._past[:-100]

    def undo(self, now: NikState) -> NikState:
        if not self._past:
            return now
        self._future.append(now)
        return self._past.pop()

    def redo(self, now: NikState) -> NikState:
        if not self._future:
            return now
        self._past.append(now)
        return self._future.pop()
