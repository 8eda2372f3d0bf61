"""A desk whose office server goes away serves applicants on through its real use cases, and the others carry on with them afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "desk"))

from desk_office import PASSWORD, Office, build
from register_makers import KEY, give_back

from ktpel_kiosk.app.office import migrations
from ktpel_kiosk.desk import sign_in, sign_in_bound, users
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.register.alone import work_copy
from ktpel_kiosk.register.alone.local import OWN_SETTINGS, LocalRegister
from ktpel_kiosk.register.alone.merge import Merged, merge


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("KTPEL_TEST_REGISTER", "postgresql")
    made = build(tmp_path / "kantor", "tempeh")
    yield made
    made.desk.register.close()
    give_back(tmp_path / "kantor")


@pytest.mark.gate
def test_applicants_are_served_while_the_server_is_away(office: Office, tmp_path: Path) -> None:
    before = office.sealed(0)
    home, folder, clock, ids = office.desk.register, tmp_path / "sendiri", office.clock, office.desk.ids
    work_copy.make(home, folder, KEY, clock, ids, office.desk.station, 2026, migrations=migrations())  # type: ignore[arg-type]

    with LocalRegister(folder / work_copy.COPY_FILE, KEY, clock, ids, migrations=migrations()) as local:
        alone = replace(office, desk=replace(office.desk, register=local))
        assert sign_in.sign_in(alone.desk, "operator", PASSWORD).username == "operator"
        sealed, waiting = alone.sealed(1), alone.at(Stage.REKAM, 2)
        with pytest.raises(BadInput, match=r"office_server\.alone"):
            users.save_user(alone.desk, alone.actor(Peran.ADMIN), "baru", "Baru", (Peran.LOKET,), PASSWORD)
        assert local.check_audit().whole
        assert merge(local, home, office.desk.station) == Merged(2, 0, (), ())  # type: ignore[arg-type]

    assert home.check_audit().whole
    packets = [home.read(lambda v, p=p: v.packet_of(p.id)) for p in (before, sealed)]
    assert packets[1].counter == packets[0].counter + 1
    assert packets[1].previous_hash == packets[0].sha256, "one chain of packets"
    with pytest.raises(DuplicateRequest):
        office.begun(2)  # the same person again
    done = office.walk().advance(office.prr(sealed).id)
    assert done.keadaan is Keadaan.SELESAI, "printed and handed over at the office"
    assert office.walk().advance(waiting.id).current().stage is Stage.MENUNGGU_PRR, "recorded further at another desk"
    after = office.sealed(3)
    numbers = [home.read(lambda v, p=p: v.permohonan(p.id)).nomor_register for p in (before, sealed, waiting, after)]
    assert [int(n.split("/")[0]) for n in numbers] == [1, 2, 3, 22]
    assert home.check_audit().whole


def test_the_names_it_shares_with_the_desk_are_the_desks_own() -> None:
    assert work_copy.KEYS_OF == sign_in.KEY_SUBJECT
    assert {sign_in_bound.KEPT, sign_in_bound.ANSWERS} <= set(OWN_SETTINGS)
