"""Accounts of the officers: made, changed, switched off, passwords set; never removed, because the books name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.sign_in import authenticate, left_to_wait, log_new_key
from ktpel_kiosk.domain.actor import Actor, UserAccount
from ktpel_kiosk.domain.errors import BadInput, NotFound, SignInRefused
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.passwords import PRACTICE_LENGTH, PRODUCTION_LENGTH, password_problem, user_name
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.register import Tx

NAME_LENGTH = 80
NIP_LENGTH = 20

GIVEN = "sandi_diberi:"
"""Setting of an account whose password its holder did not choose."""


def users(desk: Desk, actor: Actor) -> tuple[UserAccount, ...]:
    """All accounts, for whoever looks after them; hashes and sealed keys are left out."""
    require(actor, "manage_users")
    found = desk.register.read(lambda v: tuple(v.users()))
    return tuple(replace(u, password_hash="", sealed_key="") for u in found)


def waits(desk: Desk, account: UserAccount) -> bool:
    """Whether the account backs off now after wrong passwords."""
    return left_to_wait(desk, account) > 0


def password_length(desk: Desk) -> int:
    """Shortest password of this office."""
    return PRACTICE_LENGTH if desk.specimen else PRODUCTION_LENGTH


def _checked_password(desk: Desk, username: str, password: str) -> str:
    problem = password_problem(username, password, length=password_length(desk), common=not desk.specimen)
    if problem:
        raise BadInput(f"user.{problem}", limit=password_length(desk))
    return password


def save_user(desk: Desk, actor: Actor | None, username: str, nama: str, peran: tuple[Peran, ...], password: str, *,
              nip: str = "", jabatan: str = "") -> None:
    """Make an account, or set an existing one anew, with a signing key of its own. ``actor`` is None only while the office is set up.

    Raises:
        BadInput: name, password or texts are refused. NotAllowed.
    """
    if actor is not None:
        require(actor, "manage_users")
    name = user_name(username)
    details = _details(nama, peran, nip, jabatan)
    _checked_password(desk, name, password)
    hashed = desk.hasher.hash(password)
    signer, sealed = desk.officer_keys.create(password)
    by = actor.username if actor else "-"

    def work(tx: Tx) -> None:
        _keep_an_admin(tx, name, peran)
        tx.save_user(UserAccount(name, details[0], peran, hashed, details[1], details[2], public_key=signer.public_key, sealed_key=sealed))
        tx.log("UserSaved", name, by, roles=",".join(peran))
        log_new_key(tx, name, by, signer.public_key)
        _mark(tx, name, given=by not in ("-", name))

    desk.register.write(work)
    desk.seats.leave(name)
    desk.seats.no_wait(name)


def _mark(tx: Tx, name: str, *, given: bool) -> None:
    wanted = "ya" if given else ""
    if (tx.setting(GIVEN + name) or "") != wanted:
        tx.put_setting(GIVEN + name, wanted)


def password_was_given(desk: Desk, actor: Actor) -> bool:
    """Whether somebody else chose the officer's password and the officer has not changed it since: until then that person could sign in
    in the officer's name. Practice passwords are everybody's."""
    require(actor, "change_own_password")
    return not desk.specimen and desk.register.read(lambda v: v.setting(GIVEN + actor.username)) == "ya"


def put_account(tx: Tx, account: UserAccount, by: str) -> bool:
    """Inside somebody's transaction: a whole account as its bundle brings it; of one that exists only name, roles, NIP and position, its
    password and key stay. Returns whether it is new. Raises BadInput ``user.last_admin``."""
    stored = tx.user(account.username)
    kept = account if stored is None else replace(stored, nama=account.nama, peran=account.peran, nip=account.nip, jabatan=account.jabatan)
    _keep_an_admin(tx, account.username, kept.peran if kept.active else ())
    if kept != stored:
        tx.save_user(kept)
        tx.log("UserSaved", account.username, by, roles=",".join(account.peran), key="penyediaan")
        if stored is None:
            log_new_key(tx, account.username, by, account.public_key)
            _mark(tx, account.username, given=by != account.username)
    return stored is None


def _details(nama: str, peran: tuple[Peran, ...], nip: str, jabatan: str) -> tuple[str, str, str]:
    if not peran:
        raise BadInput("user.roles")
    shown = free_text(nama, "nama", limit=NAME_LENGTH)
    if not shown:
        raise BadInput("user.shown_name")
    return shown, free_text(nip, "nip", limit=NIP_LENGTH), free_text(jabatan, "jabatan", limit=NAME_LENGTH)


def _keep_an_admin(tx: Tx, name: str, peran: tuple[Peran, ...]) -> None:
    """Refuse to take the last admin's role or account away: nobody could look after accounts any more."""
    before = tx.user(name)
    if before is None or not before.active or Peran.ADMIN not in before.peran or Peran.ADMIN in peran:
        return
    if not any(u.active and Peran.ADMIN in u.peran for u in tx.users() if u.username != name):
        raise BadInput("user.last_admin", username=name)


def _change(desk: Desk, actor: Actor, username: str, event: str, changed: Callable[[UserAccount], UserAccount], *,
            given: bool = False) -> UserAccount:
    require(actor, "manage_users")
    name = username.strip().lower()

    def work(tx: Tx) -> UserAccount:
        stored = tx.user(name)
        if stored is None:
            raise NotFound("user.unknown")
        account = changed(stored)
        _keep_an_admin(tx, name, account.peran if account.active else ())
        tx.save_user(account)
        tx.log("UserSaved", name, actor.username, roles=",".join(account.peran), key=event)
        if account.public_key != stored.public_key:
            log_new_key(tx, name, actor.username, account.public_key)
        if given:
            _mark(tx, name, given=name != actor.username)
        return account

    account = desk.register.write(work)
    if name != actor.username:
        desk.seats.leave(name)
    return account


def change_user(desk: Desk, actor: Actor, username: str, nama: str, peran: tuple[Peran, ...], *, nip: str = "", jabatan: str = "") -> None:
    """Name, position and roles of an account; the password and the key stay."""
    require(actor, "manage_users")
    details = _details(nama, peran, nip, jabatan)
    _change(desk, actor, username, "data", lambda u: replace(u, nama=details[0], peran=peran, nip=details[1], jabatan=details[2]))


def set_active(desk: Desk, actor: Actor, username: str, active: bool) -> None:
    """Switch an account off or on. Its rows in the books stay.

    Raises:
        BadInput: the own account, or that of the last admin.
    """
    require(actor, "manage_users")
    if not active and username.strip().lower() == actor.username:
        raise BadInput("user.own_account")
    _change(desk, actor, username, "aktif" if active else "nonaktif", lambda u: replace(u, active=active))


def reset_password(desk: Desk, actor: Actor, username: str, password: str) -> None:
    """A new password by the admin. The old key cannot be opened without the old one, so a new key is made; approvals signed with
    the old key stay valid, because each carries its own public key and the audit names both."""
    require(actor, "manage_users")
    name = username.strip().lower()
    _checked_password(desk, name, password)
    hashed = desk.hasher.hash(password)
    signer, sealed = desk.officer_keys.create(password)
    _change(desk, actor, name, "kata_sandi", lambda u: replace(
        u, password_hash=hashed, failed=0, locked_until=None, public_key=signer.public_key, sealed_key=sealed), given=True)
    desk.seats.leave(name)
    desk.seats.no_wait(name)


def change_own_password(desk: Desk, actor: Actor, old: str, new: str) -> None:
    """The officer's own change: the same key, sealed by the new password.

    Raises:
        SignInRefused: the old one is wrong or backing off. BadInput: the new one is refused.
    """
    require(actor, "change_own_password")
    if old == new:
        raise BadInput("user.password_same")
    _checked_password(desk, actor.username, new)
    who, signer = authenticate(desk, actor.username, old)
    fresh = signer is None
    if signer is None:
        signer, sealed = desk.officer_keys.create(new)
    else:
        sealed = desk.officer_keys.seal(signer, new)
    hashed, public = desk.hasher.hash(new), signer.public_key

    def work(tx: Tx) -> None:
        stored = tx.user(who.username)
        if stored is None or not stored.active:
            raise SignInRefused("sign_in.wrong")
        tx.save_user(replace(stored, password_hash=hashed, public_key=public, sealed_key=sealed))
        tx.log("UserSaved", who.username, who.username, roles=",".join(stored.peran), key="kata_sandi_sendiri")
        _mark(tx, who.username, given=False)
        if fresh:
            log_new_key(tx, who.username, who.username, public)

    desk.register.write(work)
    desk.seats.take(who.username, signer)
