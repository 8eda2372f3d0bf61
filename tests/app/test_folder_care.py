"""An office's own folder looked after while its desk runs: certificates, address, copies, the code on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from setup_office import PASSWORDS, another_disk, answered, answers_of

from ktpel_kiosk.app import backup_places, sops
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import day_start
from ktpel_kiosk.app.kiosk import Kiosk
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.station_care import FolderCare
from ktpel_kiosk.app.wiring import open_office
from ktpel_kiosk.desk import restore, sign_in, station_care
from ktpel_kiosk.desk.station_care import Lack
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.restore import Opening
from ktpel_kiosk.register.keys import KeyStore
from ktpel_kiosk.siak.answers import StationRefused

STATION = "3508080-meja-1"


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    monkeypatch.setattr(backup_places, "on_same_disk", another_disk)
    clock = PracticeClock(day_start(sops.load("tempeh").kantor))
    setup = FolderSetup(tmp_path / "data", clock=clock, same_disk=another_disk)
    answers = answers_of(setup)
    answered(setup, tmp_path, answers)
    setup.recovery_code()
    setup.finish(answers, PASSWORDS, lambda _t: None)
    setup.close()
    with open_office(tmp_path / "data", clock=clock) as made:
        yield made


@pytest.mark.gate
def test_a_running_desk_is_completed_step_by_step(kiosk: Kiosk, tmp_path: Path) -> None:
    desk = kiosk.desk
    boss = sign_in.sign_in(desk, "camat", PASSWORDS["camat"])
    found = station_care.standing(desk, boss)
    assert found.lacks == (Lack.SEALING, Lack.ADDRESS, Lack.NO_PLACE) and found.copies.code == "unproved"
    requested = station_care.write_request(desk, boss, tmp_path)
    assert {p.name for p in requested.iterdir()} >= {f"{STATION}-stasiun.csr", f"{STATION}-sambungan.csr"}
    with pytest.raises(BadInput, match="none_found"):
        station_care.take_certificates(desk, boss, requested)
    assert desk.certificate_ends() == ()
    with pytest.raises(StationRefused, match="no_gateway"):
        desk.gateway.lookup("3508080101000001")
    state = station_care.take_certificates(desk, boss, tmp_path / "otoritas" / "kembalikan")
    assert state.complete and {e.holder.value for e in desk.certificate_ends()} == {"station", "centre", "line"}, "known at once"
    with pytest.raises(BadInput, match="gateway_url"):
        station_care.set_gateway_address(desk, boss, "pusat")
    station_care.set_gateway_address(desk, boss, "https://127.0.0.1:9")
    assert desk.gateway_address() == kiosk.settings.gateway_url == "https://127.0.0.1:9"
    assert station_care.standing(desk, boss).lacks == (Lack.NO_PLACE,)
    copies_and_code(kiosk, boss, tmp_path)


def copies_and_code(kiosk: Kiosk, boss: object, tmp_path: Path) -> None:
    desk, usb = kiosk.desk, tmp_path / "usb"
    with pytest.raises(BadInput, match=r"backup\.none"):
        station_care.copy_now(desk, boss)  # type: ignore[arg-type]
    assert station_care.choose_place(desk, boss, usb).problem == ""  # type: ignore[arg-type]
    assert station_care.standing(desk, boss).lacks == (Lack.NO_COPY, Lack.CODE)  # type: ignore[arg-type]
    made = station_care.copy_now(desk, boss)  # type: ignore[arg-type]
    found = station_care.standing(desk, boss).copies  # type: ignore[arg-type]
    assert made.parent == usb and found.count == 1 and found.free_bytes > 0 and found.last is not None and not found.problem
    with pytest.raises(BadInput, match="code_wrong"):
        station_care.prove_code(desk, boss, "AAAAA-BBBBB")  # type: ignore[arg-type]
    code = station_care.new_code(desk, boss)  # type: ignore[arg-type]
    station_care.adopt_code(desk, boss, code, code.lower())  # type: ignore[arg-type]
    station_care.prove_code(desk, boss, code)  # type: ignore[arg-type]
    assert station_care.standing(desk, boss).lacks == (Lack.DRILL,)  # type: ignore[arg-type]
    found_copy = restore.copies(desk, boss)[0]  # type: ignore[arg-type]
    done = restore.drill(desk, boss, found_copy.path, Opening())  # type: ignore[arg-type]
    assert done.acts > 5 and found_copy.office == desk.sop.kantor.nama and found_copy.station == STATION
    assert station_care.standing(desk, boss).lacks == ()  # type: ignore[arg-type]
    store = KeyStore(kiosk.data / "register" / "register.key")
    assert store.unlock_with_secret(station_care.plain_code(code)) == store.unlock_with_machine()
    kiosk.clock.advance(timedelta(days=4).total_seconds())  # type: ignore[union-attr]
    assert station_care.standing(desk, boss).lacks == (Lack.OLD_COPY,)  # type: ignore[arg-type]
    usb.rename(tmp_path / "dicabut")
    assert station_care.standing(desk, boss, fresh=True).lacks == (Lack.UNREACHABLE,)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="unwritable"):
        station_care.copy_now(desk, boss)  # type: ignore[arg-type]


@pytest.mark.gate
def test_the_tick_of_the_assistant_counts_until_the_code_changes(tmp_path: Path) -> None:
    setup = FolderSetup(tmp_path / "data", same_disk=another_disk)
    answers = replace(answers_of(setup), backup=str(tmp_path / "usb"))
    setup.recovery_code()
    setup.finish(answers, PASSWORDS, lambda _t: None)
    setup.code_noted()
    setup.close()
    with open_office(tmp_path / "data") as made:
        care = FolderCare(made)
        assert care.copies().code == "proved"
        care.use_code("LAIN")
        assert care.copies().code == "unproved"
