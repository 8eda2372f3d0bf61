"""Passwords and signing keys of an office cost what RFC 9106 asks for (the other tests of this folder make them cheap)."""

from __future__ import annotations

from pathlib import Path

from ktpel_kiosk.app.office import PRACTICE_PASSWORD
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import sign_in


def test_an_office_hashes_and_seals_at_the_real_costs(tmp_path: Path) -> None:
    with open_practice_kiosk(tmp_path, "tempeh") as kiosk:
        users = kiosk.register.read(lambda v: v.users())
        assert users
        for user in users:
            assert user.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
            assert user.sealed_key.split("$")[1] == "3,65536,4"
        assert sign_in.sign_in(kiosk.desk, "rina", PRACTICE_PASSWORD).username == "rina"
