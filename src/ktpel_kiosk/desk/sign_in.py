"""Signing in: Argon2id check, back-off that survives a restart and a moved clock, the signing key unlocked; everything audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ktpel_kiosk.desk import sign_in_bound
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.domain.approval import fingerprint
from ktpel_kiosk.domain.errors import SecurityRefusal, SignInRefused
from ktpel_kiosk.ports import clock_watch

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.actor import Actor, UserAccount
    from ktpel_kiosk.ports.register import Tx
    from ktpel_kiosk.ports.services import Signer

FREE_TRIES = 5
FIRST_WAIT_S = 15.0
MAX_WAIT_S = 3600.0
KEY_SUBJECT = "kunci:"
"""Audit subject of an officer's keys: apart from the thousands of sign-ins, so that looking them up stays cheap."""
MAX_PASSWORD = 1024
"""Longer secrets are wrong without being hashed: nobody types them, and hashing megabytes would stall the desk."""


def _wait_s(failed: int) -> float:
    """0 for the first free tries, then 15 s doubling, capped at an hour (RELIABILITY.md threat 1)."""
    return 0.0 if failed < FREE_TRIES else min(MAX_WAIT_S, FIRST_WAIT_S * 2.0 ** min(20, failed - FREE_TRIES))


def left_to_wait(desk: Desk, account: UserAccount) -> float:
    """Seconds until this account may be tried again, by the monotonic clock alone.

    The wall clock belongs to whoever sits at the machine, so it neither shortens nor lengthens a wait. A process that does not
    know when the wait began (after a restart) lets it begin anew: restarting and moving the clock wins nothing.
    """
    if account.locked_until is None:
        return 0.0
    now = desk.clock.monotonic()
    free_at = desk.seats.free_at(account.username)
    if free_at is None:
        free_at = now + _wait_s(account.failed)
        desk.seats.wait_until(account.username, free_at)
    return max(0.0, free_at - now)


def authenticate(desk: Desk, username: str, password: str) -> tuple[Actor, Signer | None]:
    """The officer and the unlocked signing key, without anybody being seated; one attempt at a time.

    The signer is None when the stored key cannot be opened although the password is right (damaged): approvals then say so.

    Raises:
        SignInRefused: ``sign_in.wait`` (fact wait_s) while backing off, ``sign_in.bound`` after too long without the centre,
            ``sign_in.wrong`` otherwise.
    """
    name = username.strip().lower()
    with desk.seats.trying:
        account = desk.register.read(lambda v: v.user(name)) if _encodable(name) else None
        left = left_to_wait(desk, account) if account else 0.0
        if left > 0:
            raise SignInRefused("sign_in.wait", wait_s=max(1, round(left)))
        if not _password_fits(desk, account, password):
            _failed(desk, name if account else "")
            raise SignInRefused("sign_in.wrong")
        assert account is not None
        _within_bound(desk, account)
        return _opened(desk, account, password)


def _within_bound(desk: Desk, account: UserAccount) -> None:
    """The right password is not enough at a desk that has not met the centre for too long; who sits there may finish the work."""
    if desk.seats.signer(account.username) is not None:
        return
    bound = sign_in_bound.bound(desk)
    if bound.over and not sign_in_bound.may_pass(account.actor()):

        def refused(tx: Tx) -> None:
            sign_in_bound.count(desk, tx)  # what was found to be over stays over, wherever the clock goes
            tx.log("SignInBoundMet", account.username, "-", days=bound.days)

        desk.register.write(refused)
        raise SignInRefused("sign_in.bound", limit=bound.days)


def _password_fits(desk: Desk, account: UserAccount | None, password: str) -> bool:
    if len(password) > MAX_PASSWORD or not _encodable(password):
        return False
    if account is None or not account.active:
        desk.hasher.hash(password)  # the same time is spent for an unknown name
        return False
    return desk.hasher.verify(account.password_hash, password)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _failed(desk: Desk, name: str) -> None:
    def work(tx: Tx) -> float:
        stored = tx.user(name)
        if stored is None:
            tx.log("SignInFailed", "-", "-", count=0)
            return 0.0
        failed = stored.failed + 1
        wait = _wait_s(failed)
        tx.save_user(replace(stored, failed=failed, locked_until=desk.clock.now() + timedelta(seconds=wait) if wait else None))
        tx.log("SignInFailed", stored.username, "-", count=failed)
        return wait

    wait = desk.register.write(work)
    if wait:
        desk.seats.wait_until(name, desk.clock.monotonic() + wait)


def _opened(desk: Desk, account: UserAccount, password: str) -> tuple[Actor, Signer | None]:
    """Unlock the key, or make the first one for an account from before keys; forget earlier failures."""
    signer: Signer | None = None
    fresh = ""
    if account.sealed_key:
        try:
            signer = desk.officer_keys.unlock(account.sealed_key, account.public_key, password)
        except SecurityRefusal:
            signer = None
    else:
        signer, fresh = desk.officer_keys.create(password)

    def work(tx: Tx) -> Actor:
        stored = tx.user(account.username)
        if stored is None or stored.password_hash != account.password_hash or not stored.active:
            raise SignInRefused("sign_in.wrong")
        changed = replace(stored, failed=0, locked_until=None)
        if fresh and signer is not None:
            changed = replace(changed, public_key=signer.public_key, sealed_key=fresh)
            log_new_key(tx, account.username, account.username, signer.public_key)
        if changed != stored:
            tx.save_user(changed)
        clock_watch.note(desk.clock, tx)
        sign_in_bound.count(desk, tx)
        tx.log("SignedIn", stored.username, stored.username, key="terbuka" if signer else "terkunci")
        return stored.actor()

    actor = desk.register.write(work)
    desk.seats.no_wait(account.username)
    return actor, signer


def log_new_key(tx: Tx, username: str, by: str, public_key: str) -> None:
    """The audit names every key an officer ever had; a key put in from the side is not among them."""
    tx.log("SignerCreated", f"{KEY_SUBJECT}{username}", by, digest=fingerprint(public_key))


def check_password(desk: Desk, username: str, password: str) -> Actor:
    """Verify a password with back-off and audit, without signing anybody in."""
    return authenticate(desk, username, password)[0]


def sign_in(desk: Desk, username: str, password: str) -> Actor:
    """The officer with all roles held; the signing key stays unlocked until :func:`sign_out` or :func:`lock`."""
    actor, signer = authenticate(desk, username, password)
    if signer is not None:
        desk.seats.take(actor.username, signer)
    return actor


def sign_out(desk: Desk, actor: Actor) -> None:
    lock(desk, actor)
    desk.register.write(lambda tx: tx.log("SignedOut", actor.username, actor.username))


def lock(desk: Desk, actor: Actor) -> None:
    """The window is locked or idle: the signing key is forgotten, drafts stay."""
    desk.seats.leave(actor.username)


def second_person(desk: Desk, actor: Actor, username: str, password: str, use_case: str) -> Actor:
    """Another officer who may approve ``use_case`` and is not the acting one (four eyes)."""
    return second_signer(desk, actor, username, password, use_case)[0]


def second_signer(desk: Desk, actor: Actor, username: str, password: str, use_case: str) -> tuple[Actor, Signer | None]:
    """As :func:`second_person`, with the key that signs this one approval; it is not kept.

    Raises:
        SignInRefused: the same officer, or the password is wrong or backing off. NotAllowed: no role for ``use_case``.
    """
    if username.strip().lower() == actor.username:
        raise SignInRefused("sign_in.same_person")
    other, signer = authenticate(desk, username, password)
    require(other, use_case)
    return other, signer
