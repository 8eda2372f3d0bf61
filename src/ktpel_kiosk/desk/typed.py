"""What an officer typed and has not finished yet, outside the counter's own form: kept in the encrypted register, given back after a crash.

``where`` names the form and what it is about (page and ids); the texts never leave the register.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.register import Tx

PREFIX = "ketik:"
KEPT = timedelta(hours=36)
"""Typing that nobody came back to: over a night and a day, then it is dropped."""
MAX_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class Typed:
    """Unfinished typing of one form: field -> text."""

    where: str
    values: Mapping[str, str]
    at: datetime


def _key(actor: Actor, where: str) -> str:
    return f"{PREFIX}{actor.username}:{where}"


def keep(desk: Desk, actor: Actor, where: str, values: Mapping[str, str]) -> None:
    """Replace what is kept for this form; empty ``values`` drop it. One commit.

    Raises:
        NotAllowed: nobody is signed in. BadInput: ``typed.too_long``.
    """
    require(actor, "keep_typing")
    if sum(map(len, values.values())) > MAX_CHARACTERS:
        raise BadInput("typed.too_long", limit=MAX_CHARACTERS)
    key = _key(actor, where)

    def work(tx: Tx) -> None:
        if values:
            tx.put_draft(key, json.dumps({"at": desk.clock.now().isoformat(), "values": dict(values)}, ensure_ascii=False, sort_keys=True))
        elif tx.draft(key) is None:
            return
        else:
            tx.drop_draft(key)
        tx.log("DraftSaved", key, actor.username, dropped=not values)

    if values or desk.register.read(lambda v: v.draft(key)) is not None:
        desk.register.write(work)


def kept(desk: Desk, actor: Actor) -> tuple[Typed, ...]:
    """This officer's unfinished typing; what is older than :data:`KEPT` is dropped meanwhile.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, "keep_typing")
    prefix, oldest = _key(actor, ""), desk.clock.now() - KEPT
    found = []
    for key, text in desk.register.read(lambda v: dict(v.drafts(prefix))).items():
        one = _read(key.removeprefix(prefix), text)
        if one is None or one.at < oldest:
            keep(desk, actor, key.removeprefix(prefix), {})
        else:
            found.append(one)
    return tuple(found)


def _read(where: str, text: str) -> Typed | None:
    try:
        stored = json.loads(text)
        return Typed(where, {str(k): str(v) for k, v in stored["values"].items()}, datetime.fromisoformat(stored["at"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
