"""Passwords back off and the wait survives a restart and a moved clock; keys are unlocked by signing in; all audited."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from desk_office import PASSWORD, build

from ktpel_kiosk.app.passwords import Argon2Hasher
from ktpel_kiosk.desk import recording, sign_in, users, verification
from ktpel_kiosk.desk.approvals import known_keys
from ktpel_kiosk.domain.actor import Actor, UserAccount
from ktpel_kiosk.domain.approval import fingerprint
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, NotFound, SignInRefused
from ktpel_kiosk.domain.passwords import COMMON
from ktpel_kiosk.domain.sop import Peran, Stage


class HandClock:
    """Wall clock and monotonic clock moved by hand, one without the other."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
        self.mono = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return "", self.monotonic()

    def sleep(self, seconds: float) -> None:
        self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds


def fail(office, name="kasi", times=1):
    for _ in range(times):
        with pytest.raises(SignInRefused):
            sign_in.sign_in(office.desk, name, "salah")


def waits(office, name="kasi"):
    """The wait the desk names for the right password; 0 when it lets the officer in."""
    try:
        sign_in.sign_in(office.desk, name, PASSWORD)
    except SignInRefused as refused:
        assert refused.message_key == "sign_in.wait"
        return refused.facts["wait_s"]
    return 0


def with_hand_clock(office):
    clock = HandClock()
    object.__setattr__(office.desk, "clock", clock)
    return clock


# -- backing off ------------------------------------------------------------------------------------------------------


def test_five_free_tries_then_doubling_waits(office):
    for _ in range(5):
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(office.desk, "kasi", "salah")
        assert caught.value.message_key == "sign_in.wrong"
    seen = []
    for _ in range(3):
        seen.append(waits(office))
        office.clock.advance(float(seen[-1]) + 1)
        fail(office)
    assert seen == [pytest.approx(15, abs=1), pytest.approx(30, abs=1), pytest.approx(60, abs=1)]
    assert office.desk.register.read(lambda v: v.user("kasi")).failed == 8
    office.clock.advance(10_000)
    assert sign_in.sign_in(office.desk, "kasi", PASSWORD).username == "kasi"
    assert office.desk.register.read(lambda v: v.user("kasi")).failed == 0


def reopened(folder, first):
    """The same register in a new process: the desk knows nothing but what is stored."""
    from dataclasses import replace

    from ktpel_kiosk.app.office import open_register
    from ktpel_kiosk.desk.seats import Seats

    first.desk.register.close()
    register = open_register(folder, first.desk.clock, first.desk.ids)
    return replace(first, desk=replace(first.desk, register=register, seats=Seats()))


def test_the_wait_survives_a_restart(tmp_path):
    first = build(tmp_path / "a", "tempeh")
    fail(first, times=7)
    again = reopened(tmp_path / "a", first)
    try:
        assert waits(again) == 15, "the sixth and seventh try were refused by the wait itself and count nothing"
        again.clock.advance(16)
        assert waits(again) == 0
    finally:
        again.desk.register.close()


def test_moving_the_wall_clock_neither_ends_nor_stretches_a_wait(office):
    clock = with_hand_clock(office)
    fail(office, times=5)
    clock.wall += timedelta(days=30)
    assert waits(office) == 15
    clock.wall -= timedelta(days=300)
    assert waits(office) == 15
    clock.pass_time(10)
    assert waits(office) == 5
    clock.pass_time(6)
    assert waits(office) == 0


def test_restart_with_the_clock_moved_forward_waits_anew(tmp_path):
    first = build(tmp_path / "a", "tempeh")
    clock = with_hand_clock(first)
    fail(first, times=5)
    clock.wall += timedelta(days=1)
    clock.mono = 3.0
    again = reopened(tmp_path / "a", first)
    try:
        assert waits(again) == 15
        clock.pass_time(15.1)
        assert waits(again) == 0
    finally:
        again.desk.register.close()


def test_a_thousand_jumps_bypass_no_wait(office):
    """RELIABILITY.md threat 9: whatever the wall clock does, a try is judged only after the wait on the monotonic clock."""
    clock = with_hand_clock(office)
    rng = random.Random(9)
    fail(office, times=5)
    free_at = clock.mono + 15
    refused = 0
    for _ in range(1000):
        clock.wall = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=rng.uniform(-1e8, 1e8))
        clock.mono += rng.uniform(0, 0.005)
        assert clock.mono < free_at
        refused += waits(office) > 0
    assert refused == 1000


def test_tries_side_by_side_are_counted_one_by_one(office):
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_n):
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(office.desk, "kasi", "salah")
        return caught.value.message_key

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(attempt, range(24)))
    assert keys.count("sign_in.wrong") == 5
    assert keys.count("sign_in.wait") == 19


def test_unknown_name_wrong_password_and_switched_off_account_look_the_same(office):
    users.set_active(office.desk, office.actor(Peran.ADMIN), "operator", False)
    said = set()
    for name, secret in (("siapa", PASSWORD), ("kasi", "salah"), ("operator", PASSWORD), ("", ""), ("kasi", "x" * 100_000),
                         ("kasi", "\ud800")):
        with pytest.raises(SignInRefused) as refused:
            sign_in.sign_in(office.desk, name, secret)
        said.add(office.desk.sentences.of(refused.value))
    assert len(said) == 1
    assert office.desk.register.check_audit().whole


def test_argon2_hashes_are_argon2id_and_verify():
    hashed = Argon2Hasher().hash("tiga kata panjang")
    assert hashed.startswith("$argon2id$")
    assert Argon2Hasher().verify(hashed, "tiga kata panjang")
    assert not Argon2Hasher().verify(hashed, "tiga kata pendek")


# -- accounts ---------------------------------------------------------------------------------------------------------


def test_only_an_admin_makes_accounts(office):
    admin = office.actor(Peran.ADMIN)
    with pytest.raises(NotAllowed):
        users.save_user(office.desk, office.actor(Peran.LOKET), "baru", "Baru", (Peran.LOKET,), "rahasia")
    for name, nama, roles, secret in (("ba ru", "Baru", (Peran.LOKET,), "rahasia"), ("baru", "Baru", (Peran.LOKET,), "abc"),
                                      ("baru", "Baru", (), "rahasia"), ("baru", " ", (Peran.LOKET,), "rahasia"),
                                      ("baru", "B" * 81, (Peran.LOKET,), "rahasia"), ("bar\u0000", "Baru", (Peran.LOKET,), "rahasia"),
                                      ("кaси", "Baru", (Peran.LOKET,), "rahasia"), ("baru1", "Baru", (Peran.LOKET,), "baru1\n")):
        with pytest.raises(BadInput):
            users.save_user(office.desk, admin, name, nama, roles, secret)
    users.save_user(office.desk, admin, "baru", "Baru", (Peran.LOKET, Peran.OPERATOR), "rahasia")
    assert sign_in.sign_in(office.desk, "baru", "rahasia").peran == {Peran.LOKET, Peran.OPERATOR}


def test_production_wants_eight_signs_and_nothing_common(office):
    object.__setattr__(office.desk, "specimen", False)
    admin = office.actor(Peran.ADMIN)
    for secret, key in (("rahasia", "password_short"), ("kecamatan", "password_common"), ("aaaaaaaa", "password_common"),
                        ("verifikator", "password_name"), ("x" * 129, "password_long")):
        with pytest.raises(BadInput) as caught:
            users.save_user(office.desk, admin, "verifikator", "Anton", (Peran.VERIFIKATOR,), secret)
        assert caught.value.message_key == f"user.{key}"
    users.save_user(office.desk, admin, "verifikator", "Anton", (Peran.VERIFIKATOR,), "kopi hujan pasar")
    assert all(len(secret) >= 8 for secret in COMMON), "shorter ones are refused by length already"


def test_switched_off_and_on(office):
    admin = office.actor(Peran.ADMIN)
    users.set_active(office.desk, admin, "operator", False)
    with pytest.raises(SignInRefused):
        sign_in.sign_in(office.desk, "operator", PASSWORD)
    users.set_active(office.desk, admin, "operator", True)
    office.clock.advance(60)
    assert sign_in.sign_in(office.desk, "operator", PASSWORD).username == "operator"
    with pytest.raises(BadInput):
        users.set_active(office.desk, admin, "camat", False)
    with pytest.raises(NotFound):
        users.set_active(office.desk, admin, "siapa", False)


def test_the_last_admin_stays(office):
    admin = office.actor(Peran.ADMIN)
    with pytest.raises(BadInput) as caught:
        users.change_user(office.desk, admin, "camat", "Camat", (Peran.CAMAT,))
    assert caught.value.message_key == "user.last_admin"
    users.change_user(office.desk, admin, "kasi", "Kasi", (Peran.KASI, Peran.ADMIN))
    users.change_user(office.desk, admin, "camat", "Camat", (Peran.CAMAT,))
    assert sign_in.sign_in(office.desk, "camat", PASSWORD).peran == {Peran.CAMAT}


def test_changing_roles_and_name_keeps_password_and_key(office):
    before = office.desk.register.read(lambda v: v.user("periksa"))
    users.change_user(office.desk, office.actor(Peran.ADMIN), "periksa", "Anton P.", (Peran.VERIFIKATOR, Peran.LOKET), jabatan="Staf")
    after = office.desk.register.read(lambda v: v.user("periksa"))
    assert (after.password_hash, after.sealed_key) == (before.password_hash, before.sealed_key)
    assert sign_in.sign_in(office.desk, "periksa", PASSWORD).jabatan == "Staf"


def test_the_list_of_accounts_holds_no_secret(office):
    for account in users.users(office.desk, office.actor(Peran.ADMIN)):
        assert not account.password_hash
        assert not account.sealed_key
        assert account.public_key


# -- signing keys -----------------------------------------------------------------------------------------------------


def test_without_an_unlocked_key_nobody_signs(office):
    p = office.at(Stage.VERIFIKASI)
    actor = office.actor(Peran.VERIFIKATOR)
    sign_in.lock(office.desk, actor)
    before = office.desk.register.read(lambda v: v.audit_length())
    with pytest.raises(SignInRefused) as caught:
        verification.verify(office.desk, actor, p.id)
    assert caught.value.message_key == "sign_in.key_locked"
    assert "masuk lagi" in office.desk.sentences.of(caught.value)
    assert office.desk.register.read(lambda v: v.audit_length()) == before
    again = sign_in.sign_in(office.desk, actor.username, PASSWORD)
    assert verification.verify(office.desk, again, p.id).current().stage != "verifikasi"


def test_signing_out_forgets_the_key(office):
    actor = office.actor(Peran.VERIFIKATOR)
    assert office.desk.seats.signer(actor.username) is not None
    sign_in.sign_out(office.desk, actor)
    assert office.desk.seats.signer(actor.username) is None


def test_an_account_from_before_keys_gets_one_at_its_first_sign_in(office):
    hashed = office.desk.hasher.hash("lama sekali")
    office.desk.register.write(lambda tx: (
        tx.save_user(UserAccount("lama", "Petugas Lama", (Peran.VERIFIKATOR,), hashed)), tx.log("UserSaved", "lama", "-")))
    sign_in.sign_in(office.desk, "lama", "lama sekali")
    account = office.desk.register.read(lambda v: v.user("lama"))
    assert account.public_key
    assert account.sealed_key
    assert fingerprint(account.public_key) in office.desk.register.read(lambda v: known_keys(v, "lama"))
    sign_in.sign_in(office.desk, "lama", "lama sekali")
    assert office.desk.register.read(lambda v: v.user("lama")).public_key == account.public_key


def test_a_password_somebody_gave_is_known_until_its_holder_changes_it(office):
    admin, desk = office.actor(Peran.ADMIN), replace(office.desk, specimen=False)

    def given(name: str) -> bool:
        return users.password_was_given(desk, Actor(name, name, frozenset({Peran.VERIFIKATOR})))

    assert not given("periksa"), "chosen while the office was set up"
    users.save_user(desk, admin, "sari", "Sari Contoh", (Peran.VERIFIKATOR,), "kuda lewat pagar biru")
    users.reset_password(desk, admin, "periksa", "kuda lewat pagar hijau")
    users.save_user(desk, admin, admin.username, "Admin Sendiri", (Peran.ADMIN,), "kuda lewat pagar kuning")
    assert given("sari") and given("periksa") and not given(admin.username)
    assert not users.password_was_given(office.desk, admin), "practice passwords are everybody's"
    sari = sign_in.sign_in(desk, "sari", "kuda lewat pagar biru")
    users.change_user(desk, admin, "sari", "Sari C.", (Peran.VERIFIKATOR,))
    assert given("sari"), "another name is no other password"
    users.change_own_password(desk, sari, "kuda lewat pagar biru", "sapi lewat pagar merah")
    assert not given("sari") and given("periksa")
    account = desk.register.read(lambda v: v.user("sari"))
    desk.register.write(lambda tx: users.put_account(tx, replace(account, username="budi"), admin.username))
    desk.register.write(lambda tx: users.put_account(tx, replace(account, nama="Sari D."), admin.username))
    assert given("budi") and not given("sari"), "a bundle leaves the password of an account that is there"


def test_own_change_keeps_the_key_and_the_reset_makes_a_new_one(office):
    desk, actor = office.desk, office.actor(Peran.VERIFIKATOR)
    first = desk.register.read(lambda v: v.user("periksa"))
    with pytest.raises(SignInRefused):
        users.change_own_password(desk, actor, "bukan ini", "sandi baru")
    with pytest.raises(BadInput):
        users.change_own_password(desk, actor, PASSWORD, PASSWORD)
    users.change_own_password(desk, actor, PASSWORD, "sandi baru")
    second = desk.register.read(lambda v: v.user("periksa"))
    assert second.public_key == first.public_key
    assert second.sealed_key != first.sealed_key
    with pytest.raises(SignInRefused):
        sign_in.sign_in(desk, "periksa", PASSWORD)
    sign_in.sign_in(desk, "periksa", "sandi baru")
    users.reset_password(desk, office.actor(Peran.ADMIN), "periksa", "diatur admin")
    third = desk.register.read(lambda v: v.user("periksa"))
    assert third.public_key != first.public_key
    assert desk.seats.signer("periksa") is None, "whoever sits there signs in again"
    assert len(desk.register.read(lambda v: known_keys(v, "periksa"))) == 2
    sign_in.sign_in(desk, "periksa", "diatur admin")


def test_a_reset_ends_a_wait(office):
    fail(office, times=5)
    users.reset_password(office.desk, office.actor(Peran.ADMIN), "kasi", "baru lagi")
    assert sign_in.sign_in(office.desk, "kasi", "baru lagi").username == "kasi"


def test_a_damaged_key_lets_the_officer_in_but_not_sign(office):
    p = office.at(Stage.VERIFIKASI)

    def damage(tx):
        from dataclasses import replace
        account = tx.user("periksa")
        tx.save_user(replace(account, sealed_key=account.sealed_key[:-8] + "AAAAAAA="))
        tx.log("UserSaved", "periksa", "-")

    office.desk.register.write(damage)
    sign_in.sign_out(office.desk, office.actor(Peran.VERIFIKATOR))
    actor = sign_in.sign_in(office.desk, "periksa", PASSWORD)
    with pytest.raises(SignInRefused) as caught:
        verification.verify(office.desk, actor, p.id)
    assert "admin" in office.desk.sentences.of(caught.value)


def test_the_second_person_is_another_officer_with_the_role(office):
    from ktpel_kiosk.domain.biometric import ExceptionKind, Position

    p = office.at(Stage.REKAM)
    recording.confirm_data(office.desk, office.actor(Peran.OPERATOR), p.id)
    operator = office.actor(Peran.OPERATOR)

    def excuse(name, secret):
        return recording.record_exception(office.desk, operator, p.id, Position.LEFT_THUMB, ExceptionKind.MISSING, "sejak lahir", name,
                                          secret)

    for name, secret, kind in (("operator", PASSWORD, SignInRefused), ("OPERATOR ", PASSWORD, SignInRefused),
                               ("loket", PASSWORD, NotAllowed), ("kasi", "salah", SignInRefused), ("siapa", PASSWORD, SignInRefused)):
        with pytest.raises(kind):
            excuse(name, secret)
    assert excuse("kasi", PASSWORD).of(Position.LEFT_THUMB).state == "exception"
