"""A rogue officer: any use case of the desk, by any role, under hostile conditions. Nothing forbidden may happen or leave a trace.

Who may do what comes from the hand-written ``TABLE``; what the conditions forbid stands here by hand.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from access_office import CALLS, Dry, Prepared, prepare
from desk_office import PASSWORD
from test_access_matrix import TABLE

from ktpel_kiosk.desk import sign_in, users
from ktpel_kiosk.desk.approvals import UNSIGNED_KINDS
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.domain.sop import Peran

FOUR_EYES: Mapping[str, str] = {  # what needs a second officer who comes to the desk, and the event that names both
    "recording.record_exception": "ExceptionRecorded", "recording.keep_refused": "CaptureKept", "printing.spoil_card": "CardSpoiled",
    "official_card.record_spoiled": "CardSpoiled", "books.export_register full_nik": "RegisterExported",
    "closing.reopen_month": "MonthReopened", "transaction.export_recording": "RecordingExported",
    "device_tests.print_test_card": "TestCardIntent", "breach.notice": "BreachNoticed",
    "restore.restore": "RestorePrepared", "restore.make_sheets": "KeySharesMade",
}
ELSEWHERE: Mapping[str, str] = {  # may need a second officer, but not as the prepared office calls it
    "handover.activate_by_sight": "only with the written card on the reader: tests/desk/test_printing.py",
    "reconcile.answer": "only when the answer is that the card is spoiled: tests/desk/test_official_card.py",
    "intake.register_intake": "only for somebody the rules exclude: tests/desk/test_branches.py",
}
OWN_PASSWORD = frozenset({"sealing.sign_off", "users.change_own_password"})
"""Ask for the acting officer's own password again, so a window left open is worth nothing there."""
FINDS_ITSELF = frozenset({"resend.repair"})
"""Calls of the test that look their packet up by the prepared application; ids of another office end in the test itself."""
SECOND_FACTS = ("second", "at", "approved_by")
"""Where an event names the second officer."""
CONDITIONS = ("plain", "plain", "locked", "same", "off", "weak", "stale_second", "foreign", "switched_off")


@dataclass
class Seen:
    """What a rehearsed call would have written: audit links and approvals."""

    links: list[Any] = field(default_factory=list)
    approvals: list[Any] = field(default_factory=list)


class _Tx:
    """A transaction that remembers the approvals put in."""

    def __init__(self, tx: Any, seen: Seen) -> None:
        self._tx, self._seen = tx, seen

    def add_approval(self, approval: Any) -> None:
        self._seen.approvals.append(approval)
        self._tx.add_approval(approval)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


class Watched(Dry):
    """Rolls back as :class:`Dry` does, and remembers what would have lasted."""

    def __init__(self, real: Any, seen: Seen) -> None:
        super().__init__(real)
        self._seen = seen

    def write(self, work: Any) -> Any:
        def run(tx: Any) -> Any:
            before = tx.audit_length()
            result = work(_Tx(tx, self._seen))
            self._seen.links += tx.audit(after=before)
            return result

        return super().write(run)


class _Ear:
    """The hasher, which remembers whether a password was compared."""

    def __init__(self, hasher: Any) -> None:
        self._hasher, self.heard = hasher, False

    def verify(self, hashed: str, password: str) -> bool:
        self.heard = True
        return bool(self._hasher.verify(hashed, password))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasher, name)


class _Foreign(dict[str, Any]):
    """Ids of another office; remembers whether anybody asked for one."""

    used = False

    def __missing__(self, key: str) -> str:
        self.used = True
        return "00000000-0000-7000-8000-000000000000"


@dataclass
class Outcome:
    """``forbidden``: the call may not have done anything. ``wrong``: what it did all the same, else empty."""

    forbidden: bool
    wrong: str = ""


class Rogue:
    """One prepared office. :meth:`command` gives one command and judges what happened."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.made = prepare(self.folder)
        self.desk: Desk = self.made.office.desk
        self.second: tuple[bool, tuple[Peran, ...]] = (True, (Peran.KASI, Peran.SUPERVISOR, Peran.VERIFIKATOR))

    def close(self) -> None:
        try:
            assert self.desk.register.check_audit().whole
        finally:
            self.desk.register.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def random(self, rng: random.Random, role: str) -> Outcome:
        return self.command(role, rng.choice(NAMES), rng.choice(CONDITIONS))

    def command(self, role: str, name: str, condition: str) -> Outcome:
        if condition == "foreign" and name in FINDS_ITSELF:
            condition = "plain"
        if role not in TABLE[name].split():
            return self._without_role(role, name, condition)
        if condition in ("same", "off", "weak", "stale_second") and name not in FOUR_EYES:
            condition = "plain"
        return getattr(self, f"_{condition}")(role, name)

    # -- who may not ---------------------------------------------------------------------------------------------------

    def _without_role(self, role: str, name: str, condition: str) -> Outcome:
        """On the real register: refused by role before anything is looked at or written, however the rest stands."""
        actor = self.made.actors[role]
        made = self._foreign_office() if condition == "foreign" else self.made
        before = self._length()
        try:
            CALLS[name](made, self.desk, actor)
        except NotAllowed:
            pass
        except KioskError as error:
            if condition != "foreign":  # an application that is not here is told before who may work on it
                return Outcome(True, f"{name} by {role or 'nobody'}: past the permission to {error.message_key}")
        else:
            return Outcome(True, f"{name} by {role or 'nobody'} was done")
        return Outcome(True, "" if self._length() == before else f"{name} by {role or 'nobody'} left a trace although it was refused")

    # -- who may, under conditions ---------------------------------------------------------------------------------------

    def _plain(self, role: str, name: str) -> Outcome:
        """Allowed: rehearsed. What would be written names the officer, and two officers where two are needed."""
        seen, _error = self.rehearse(name, self.made.actors[role])
        return Outcome(False, self._eyes(name, role, seen))

    def _locked(self, role: str, name: str) -> Outcome:
        """The window is locked or idle and somebody still holds the officer: no signature in that name."""
        return self._unseated(name, self.made.actors[role])

    def _switched_off(self, role: str, name: str) -> Outcome:
        """The account was switched off while its officer was away: the key is forgotten, the password opens nothing."""
        actor, admin = self.made.actors[role], self.made.office.actor(Peran.ADMIN)
        users.set_active(self.desk, admin, actor.username, False)
        try:
            if self.desk.seats.signer(actor.username) is not None:
                return Outcome(True, f"{actor.username} was switched off and still signs")
            outcome = self._unseated(name, actor, password_fits=False)
            before = self._length()
            try:
                sign_in.sign_in(self.desk, actor.username, PASSWORD)
            except SignInRefused:
                return outcome if self._length() == before + 1 else Outcome(True, "a refused sign-in is one link")
            return Outcome(True, f"{actor.username} was switched off and came in")
        finally:
            users.set_active(self.desk, admin, actor.username, True)
            sign_in.sign_in(self.desk, actor.username, PASSWORD)

    def _unseated(self, name: str, actor: Actor, *, password_fits: bool = True) -> Outcome:
        seen, error = self.rehearse(name, actor, unseated=True)
        signed = [a for a in seen.approvals if a.officer == actor.username and a.kind not in UNSIGNED_KINDS and a.signature]
        if signed and not (name in OWN_PASSWORD and password_fits):
            return Outcome(True, f"{name}: signed as {actor.username} who does not sit here")
        if name in OWN_PASSWORD and not password_fits and error is None:
            return Outcome(True, f"{name}: the password of an account that is switched off opened something")
        return Outcome(True)

    def _same(self, role: str, name: str) -> Outcome:
        """The second person is the first."""
        actor = Actor("dua", "Petugas Kedua", frozenset({Peran(role)}))
        return self._must_refuse(name, actor, "approved itself")

    def _off(self, role: str, name: str) -> Outcome:
        self._set_second(active=False)
        return self._must_refuse(name, self.made.actors[role], "was approved by an account that is switched off")

    def _weak(self, role: str, name: str) -> Outcome:
        """The second person lost the role that may approve."""
        self._set_second(roles=(Peran.LOKET,))
        return self._must_refuse(name, self.made.actors[role], "was approved by an officer without the role")

    def _stale_second(self, role: str, name: str) -> Outcome:
        """The second person's password was changed by the admin: the old one approves nothing."""
        self._set_second()
        users.reset_password(self.desk, self.made.office.actor(Peran.ADMIN), "dua", "sandi yang baru")
        try:
            return self._must_refuse(name, self.made.actors[role], "was approved by an old password")
        finally:
            users.reset_password(self.desk, self.made.office.actor(Peran.ADMIN), "dua", PASSWORD)

    def _must_refuse(self, name: str, actor: Actor, how: str) -> Outcome:
        seen, error = self.rehearse(name, actor)
        self._set_second()
        told = [link.event for link in seen.links if link.event not in ("SignInFailed", "SignedIn")]
        if error is None or told or seen.approvals:
            return Outcome(True, f"{name} {how}: {told}")
        return Outcome(True)

    def _foreign(self, role: str, name: str) -> Outcome:
        """Ids of another office's register: refused or empty, never something written about them."""
        made = self._foreign_office()
        seen, error = self.rehearse(name, self.made.actors[role], made=made)
        used = made.p.used or made.jobs.used or made.ids.used  # type: ignore[attr-defined]
        if used and error is None and (seen.links or seen.approvals):
            return Outcome(True, f"{name} wrote {[link.event for link in seen.links]} about what is not here")
        return Outcome(used)

    def ask_for_a_password(self) -> set[str]:
        """Use cases that compare somebody's password, found by trying each."""
        asking = set()
        for name in NAMES:
            ear = _Ear(self.desk.hasher)
            with suppress(KioskError):
                CALLS[name](self.made, replace(self.made.dry(), hasher=ear), self.made.actors[TABLE[name].split()[-1]])
            if ear.heard:
                asking.add(name)
        return asking

    # -- how -----------------------------------------------------------------------------------------------------------

    def rehearse(self, name: str, actor: Actor, *, unseated: bool = False, made: Prepared | None = None) -> tuple[Seen, KioskError | None]:
        seen = Seen()
        dry = self.made.dry()
        if unseated:
            dry.seats.leave(actor.username)
        else:
            signer = self.desk.seats.signer(actor.username)
            if signer is not None:
                dry.seats.take(actor.username, signer)
        try:
            CALLS[name](made or self.made, replace(dry, register=Watched(self.desk.register, seen)), actor)
        except KioskError as error:
            return seen, error
        return seen, None

    def _eyes(self, name: str, role: str, seen: Seen) -> str:
        """Where four eyes are needed the audit names two different officers."""
        event = FOUR_EYES.get(name)
        for link in seen.links:
            if event is None or link.event != event:
                continue
            others = {str(link.facts[k]) for k in SECOND_FACTS if link.facts.get(k)}
            others |= {a.officer for a in seen.approvals}
            if not others - {self.made.actors[role].username}:
                return f"{name}: {event} names one officer"
        return ""

    def _set_second(self, *, active: bool = True, roles: tuple[Peran, ...] = (Peran.KASI, Peran.SUPERVISOR, Peran.VERIFIKATOR)) -> None:
        if self.second == (active, roles):
            return
        admin = self.made.office.actor(Peran.ADMIN)
        if self.second[0] != active:
            users.set_active(self.desk, admin, "dua", active)
        if self.second[1] != roles:
            users.change_user(self.desk, admin, "dua", "Petugas Kedua", roles)
        self.second = (active, roles)

    def _foreign_office(self) -> Prepared:
        return replace(self.made, p=_Foreign(), jobs=_Foreign(), ids=_Foreign())

    def _length(self) -> int:
        return int(self.desk.register.read(lambda v: v.audit_length()))


NAMES = sorted(TABLE)
