"""Passwords back off and the wait survives a restart; everything is audited without names."""

from __future__ import annotations

import pytest
from desk_office import PASSWORD, build

from ktpel_kiosk.desk import sign_in, users
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, SignInRefused
from ktpel_kiosk.domain.sop import Peran


def test_five_free_tries_then_doubling_waits_that_survive_a_restart(tmp_path):
    office = build(tmp_path / "a", "tempeh")
    for _ in range(5):
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(office.desk, "kasi", "salah")
        assert caught.value.message_key == "sign_in.wrong"
    waits = []
    for _ in range(3):
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(office.desk, "kasi", PASSWORD)
        assert caught.value.message_key == "sign_in.wait"
        waits.append(caught.value.facts["wait_s"])
        office.clock.advance(float(waits[-1]) + 1)
        with pytest.raises(SignInRefused):
            sign_in.sign_in(office.desk, "kasi", "salah")
    assert waits == [pytest.approx(15, abs=1), pytest.approx(30, abs=1), pytest.approx(60, abs=1)]
    account = office.desk.register.read(lambda v: v.user("kasi"))
    assert account.failed == 8
    office.clock.advance(10_000)
    assert sign_in.sign_in(office.desk, "kasi", PASSWORD).username == "kasi"
    assert office.desk.register.read(lambda v: v.user("kasi")).failed == 0
    office.desk.register.close()


def test_unknown_name_and_wrong_password_look_the_same(office):
    with pytest.raises(SignInRefused) as a:
        sign_in.sign_in(office.desk, "siapa", PASSWORD)
    with pytest.raises(SignInRefused) as b:
        sign_in.sign_in(office.desk, "kasi", "salah")
    assert office.desk.sentences.of(a.value) == office.desk.sentences.of(b.value)


def test_only_an_admin_makes_accounts(office):
    with pytest.raises(NotAllowed):
        users.save_user(office.desk, office.actor(Peran.LOKET), "baru", "Baru", (Peran.LOKET,), "rahasia")
    with pytest.raises(BadInput):
        users.save_user(office.desk, office.actor(Peran.ADMIN), "ba ru", "Baru", (Peran.LOKET,), "rahasia")
    with pytest.raises(BadInput):
        users.save_user(office.desk, office.actor(Peran.ADMIN), "baru", "Baru", (Peran.LOKET,), "abc")
    users.save_user(office.desk, office.actor(Peran.ADMIN), "baru", "Baru", (Peran.LOKET,), "rahasia")
    assert sign_in.sign_in(office.desk, "baru", "rahasia").peran == {Peran.LOKET}
