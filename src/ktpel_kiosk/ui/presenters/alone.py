"""Signing in without the centre: how many days are left, in words for the sign-in page, Beranda and Pengaturan. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import sign_in_bound
from ktpel_kiosk.desk.sign_in_bound import FEWEST_DAYS, MOST_DAYS, Bound
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import datetime_long
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

SECTION = "masuk"
"""Key of the section of Pengaturan."""


@dataclass(frozen=True, slots=True)
class AloneView:
    """``value``, ``tone``: what is left; ``sentence``: what that means; ``days``: the number in force; ``last``: who extended, or empty."""

    value: str
    tone: str
    sentence: str
    days: str
    last: str


def state_of(bound: Bound) -> str:
    """Key of the words: ``habis``, ``hampir`` or ``cukup``."""
    return "habis" if bound.over else "hampir" if bound.warns else "cukup"


def sentence_at_sign_in(bound: Bound) -> str:
    """One sentence under the fields of the sign-in page; empty as long as nobody needs to care."""
    return "" if not (bound.over or bound.warns) else word("masuk_pusat", state_of(bound)).format(sisa=left_words(bound), hari=bound.days)


def left_words(bound: Bound) -> str:
    return f"{bound.days_left} hari"


class AlonePresenter:
    """Methods run on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may_extend(self) -> bool:
        return sign_in_bound.may_pass(self.session.actor)

    def may_set(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["change_settings"])

    def load(self) -> AloneView:
        desk = self.session.desk
        found, last = sign_in_bound.bound(desk), sign_in_bound.last_extension(desk)
        state = state_of(found)
        tone = {"habis": "trouble", "hampir": "attention", "cukup": "good"}[state]
        when = datetime_long(last.at, self.session.zona) if last is not None else ""
        told = f"Terakhir diperpanjang {when} oleh {last.officer}: {last.reason}" if last is not None else ""
        return AloneView("Habis" if found.over else left_words(found), tone, word("masuk_pusat_arti", state).format(hari=found.days),
                         str(found.days), told)

    def extend(self, reason: str) -> AloneView:
        """Raises BadInput ``sign_in.extend_reason``, NotAllowed."""
        sign_in_bound.extend(self.session.desk, self.session.actor, reason)
        return self.load()

    def set_days(self, text: str) -> AloneView:
        """Raises BadInput ``sign_in.bound_days``, NotAllowed."""
        text = text.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            raise BadInput("sign_in.bound_days", value=text[:12] or "(kosong)", expected=f"{FEWEST_DAYS}\u2013{MOST_DAYS}")
        sign_in_bound.set_days(self.session.desk, self.session.actor, int(text))
        return self.load()
