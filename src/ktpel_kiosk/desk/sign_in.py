"""Signing in: Argon2id check, back-off that survives a restart, everything audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor, UserAccount
from ktpel_kiosk.domain.errors import BadInput, SignInRefused
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.register import Tx

FREE_TRIES = 5
FIRST_WAIT_S = 15.0
MAX_WAIT_S = 3600.0


def _wait_s(failed: int) -> float:
    """0 for the first free tries, then 15 s doubling, capped at an hour (RELIABILITY.md threat 1)."""
    return 0.0 if failed < FREE_TRIES else min(MAX_WAIT_S, FIRST_WAIT_S * 2.0 ** min(20, failed - FREE_TRIES))


def check_password(desk: Desk, username: str, password: str) -> Actor:
    """Verify a password with back-off and audit, without signing anybody in (used for second persons too).

    Raises:
        SignInRefused: ``sign_in.wait`` (fact wait_s) while backing off, ``sign_in.wrong`` otherwise.
    """
    now = desk.clock.now()
    account = desk.register.read(lambda v: v.user(username))
    if account and account.locked_until and account.locked_until > now:
        raise SignInRefused("sign_in.wait", wait_s=round((account.locked_until - now).total_seconds()))
    good = desk.hasher.verify(account.password_hash, password) if account and account.active else False
    if account is None:
        desk.hasher.hash(password)  # the same time is spent for an unknown name

    def work(tx: Tx) -> Actor | None:
        stored = tx.user(username)
        if stored is None or not good:
            failed = stored.failed + 1 if stored else 0
            if stored:
                wait = _wait_s(failed)
                tx.save_user(replace(stored, failed=failed, locked_until=now + timedelta(seconds=wait) if wait else None))
            tx.log("SignInFailed", username if stored else "-", "-", count=failed)
            return None
        tx.save_user(replace(stored, failed=0, locked_until=None))
        tx.log("SignedIn", username, username)
        return stored.actor()

    actor = desk.register.write(work)
    if actor is None:
        raise SignInRefused("sign_in.wrong")
    return actor


def sign_in(desk: Desk, username: str, password: str) -> Actor:
    """The officer with all roles held."""
    return check_password(desk, username.strip().lower(), password)


def sign_out(desk: Desk, actor: Actor) -> None:
    desk.register.write(lambda tx: tx.log("SignedOut", actor.username, actor.username))


def second_person(desk: Desk, actor: Actor, username: str, password: str, use_case: str) -> Actor:
    """Another officer who may approve ``use_case`` and is not the acting one (four eyes)."""
    name = username.strip().lower()
    if name == actor.username:
        raise SignInRefused("sign_in.same_person")
    other = check_password(desk, name, password)
    require(other, use_case)
    return other


def save_user(desk: Desk, actor: Actor | None, username: str, nama: str, peran: tuple[Peran, ...], password: str, *,
              nip: str = "", jabatan: str = "") -> None:
    """Create or change an account. ``actor`` is None only while the office is being set up."""
    if actor is not None:
        require(actor, "manage_users")
    name = username.strip().lower()
    if not name.isidentifier() or len(name) > 32:
        raise BadInput("user.name", value=name[:32])
    if len(password) < 6:
        raise BadInput("user.password_short", limit=6)
    hashed = desk.hasher.hash(password)

    def work(tx: Tx) -> None:
        tx.save_user(UserAccount(name, nama, peran, hashed, nip, jabatan))
        tx.log("UserSaved", name, actor.username if actor else "-", roles=",".join(peran))

    desk.register.write(work)
