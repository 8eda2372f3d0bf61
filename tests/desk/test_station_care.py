"""Certificates, address, copies and code of a production desk: who may, what is audited, what is lacking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from doubles import Care

from ktpel_kiosk.desk import restore, station_care
from ktpel_kiosk.desk.station_care import CODE, PLACE, Lack
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.restore import Opening
from ktpel_kiosk.ports.station_care import Copies


@pytest.fixture
def care(office) -> Care:
    made = Care()
    office.changed = []
    office.desk = replace(office.desk, station_care=made, gateway_address=lambda: made.address,
                          line_changed=lambda: office.changed.append("line"))
    return made


def lacks(office) -> tuple[Lack, ...]:
    return station_care.standing(office.desk, office.actor(Peran.OPERATOR)).lacks


def last(office) -> tuple[str, str, dict]:
    link = office.desk.register.read(lambda v: v.audit(limit=100_000))[-1]
    return link.event, link.actor, {k: v for k, v in link.facts.items() if k != "rows"}  # digests of the rows it changed


def test_what_is_lacking_gravest_first(office, care: Care) -> None:
    assert lacks(office) == (Lack.SEALING, Lack.ADDRESS, Lack.NO_PLACE)
    care.state = replace(care.state, missing=("receipt",))
    care.address, care.kept = "https://pusat.example", Copies("/x", False)
    assert lacks(office) == (Lack.SENDING, Lack.UNREACHABLE, Lack.CODE)
    care.complete()
    care.kept = Copies("/x", True, None, code="unproved")
    assert lacks(office) == (Lack.NO_COPY, Lack.CODE)
    now = office.desk.clock.now()
    care.kept = Copies("/x", True, now - timedelta(days=3), code="proved")
    assert lacks(office) == (Lack.OLD_COPY, Lack.DRILL)
    restore.drill(office.desk, office.actor(Peran.SUPERVISOR), care.back.found[0].path, Opening())
    assert lacks(office) == (Lack.OLD_COPY,)
    care.kept = Copies("/x", True, now - timedelta(days=2, hours=23), code="proved")
    assert lacks(office) == ()
    office.clock.advance(90 * 86_400)
    assert Lack.DRILL in lacks(office)


def test_every_change_is_audited_and_the_line_goes_on(office, care: Care) -> None:
    desk, boss = office.desk, office.actor(Peran.SUPERVISOR)
    assert station_care.write_request(desk, boss, Path("/usb")).name == "permintaan-uji" and care.wrote[0][0] == desk.sop.kantor.nama
    assert last(office) == ("CertificatesRequested", boss.username, {"entry": "permintaan-uji"})
    assert station_care.take_certificates(desk, boss, Path("/usb")).complete
    assert last(office)[0] == "CertificatesInstalled" and office.changed == ["line"]
    assert station_care.set_gateway_address(desk, boss, " https://pusat.example/api ") == "https://pusat.example/api"
    assert last(office)[2] == {"host": "pusat.example"} and office.changed == ["line", "line"]
    with pytest.raises(BadInput, match="gateway_url"):
        station_care.set_gateway_address(desk, boss, "http://pusat.example")
    assert care.address == "https://pusat.example/api"
    assert station_care.choose_place(desk, boss, Path("/media/cadangan")).problem == ""
    assert desk.register.read(lambda v: v.setting(PLACE)) == "/media/cadangan" and last(office)[0] == "SettingChanged"
    care.disks[0] = replace(care.disks[0], path=Path("/lain"), problem="Diska ini tidak dapat ditulis.")
    length = desk.register.read(lambda v: v.audit_length())
    assert station_care.choose_place(desk, boss, Path("/lain")).problem
    assert desk.register.read(lambda v: (v.setting(PLACE), v.audit_length())) == ("/media/cadangan", length)
    station_care.copy_now(desk, boss)
    assert care.copied == 1


def test_a_code_counts_only_when_typed_from_the_paper(office, care: Care) -> None:
    desk, boss = office.desk, office.actor(Peran.SUPERVISOR)
    code = station_care.new_code(desk, boss)
    with pytest.raises(BadInput, match="code_differs"):
        station_care.adopt_code(desk, boss, code, code[:-1])
    assert care.code == ""
    station_care.adopt_code(desk, boss, code, code.lower().replace("-", " "))
    assert care.code == station_care.plain_code(code) and last(office)[0] == "RecoveryCodeChanged"
    with pytest.raises(BadInput, match="code_wrong"):
        station_care.prove_code(desk, boss, "AAAAA")
    station_care.prove_code(desk, boss, code)
    assert last(office) == ("RecoveryCodeProved", boss.username, {}) and desk.register.read(lambda v: v.setting(CODE)) == "tanda"


def test_practice_has_none_of_it(office) -> None:
    assert not station_care.offered(office.desk)
    with pytest.raises(SopViolation, match=r"station\.practice"):
        station_care.standing(office.desk, office.actor(Peran.ADMIN))
