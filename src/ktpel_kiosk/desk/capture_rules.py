"""The office's rules of recording: kept in the register with the moment each version began.

A recording keeps the version it began with (its first stored sample), so that a change never judges half a session by other rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain import capture_rules
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Sample
from ktpel_kiosk.domain.capture_rules import CaptureRules
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.register import Tx, View

SETTING = "perekaman.mutu"
KEPT_VERSIONS = 12
"""More changes than this while one applicant is being recorded do not happen."""


def current(desk: Desk) -> CaptureRules:
    """The rules a recording that begins now follows."""
    return desk.register.read(lambda v: of_session(desk, v, ()))


def of_session(desk: Desk, view: View, samples: Iterable[Sample]) -> CaptureRules:
    """The rules in force when the first of ``samples`` was stored; the newest where there is none yet."""
    versions = _parsed(view.setting(SETTING) or "[]")
    began = min((s.captured_at for s in samples), default=None)
    if began is None:
        return versions[-1][1] if versions else desk.capture_rules
    fitting = [rules for since, rules in versions if since <= began]
    return fitting[-1] if fitting else desk.capture_rules


def change(desk: Desk, actor: Actor, rules: CaptureRules) -> CaptureRules:
    """Set the office's rules for every recording that begins from now on.

    Raises:
        NotAllowed. BadInput ``rules.*`` naming what is out of its limits.
    """
    require(actor, "change_settings")
    capture_rules.checked(rules)

    def work(tx: Tx) -> None:
        before = of_session(desk, tx, ())
        versions = list(_parsed(tx.setting(SETTING) or "[]"))
        if not versions:  # recordings under way began with the built-in rules
            versions = [(datetime.fromtimestamp(0, UTC), desk.capture_rules)]
        now = max(desk.clock.now(), versions[-1][0] + timedelta(microseconds=1))
        kept = [*versions, (now, rules)][-KEPT_VERSIONS:]
        tx.put_setting(SETTING, json.dumps([[since.isoformat(), capture_rules.to_text(r)] for since, r in kept]))
        changed = "; ".join(capture_rules.differences(before, rules)) or "tetap"
        tx.log("SettingChanged", SETTING, actor.username, value=changed)
        if rules.keep_days < before.keep_days:
            purge_kept(tx, now - timedelta(days=rules.keep_days), rules.keep_days)

    desk.register.write(work)
    return rules


@lru_cache(maxsize=8)
def _parsed(text: str) -> tuple[tuple[datetime, CaptureRules], ...]:
    try:
        entries = [(datetime.fromisoformat(since), rules) for since, rules in json.loads(text)]
    except (ValueError, TypeError):
        raise BadInput("rules.damaged") from None
    return tuple((since, capture_rules.of_text(rules)) for since, rules in entries)


def purge_kept(tx: Tx, before: datetime, days: int) -> int:
    """Delete the fingers kept for the duplicate search before a moment, with a record. Returns how many went."""
    people, fingers = tx.drop_fingers_before(before)
    tx.log("TemplatesPurged", "-", "-", count=fingers, people=people, value=days)
    return fingers
