"""One applicant per office, from an empty practice folder to the end of the office's SOP, by what is seen and with real keys and clicks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from one_applicant import applicant, register_of, verified
from person import Person
from stage import Stage, missing

from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Stage as SopStage
from ktpel_kiosk.ports.register import Query

OFFICES = ("pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin")
PATIENCE_S = 1500.0
pytestmark = [pytest.mark.gate, pytest.mark.timeout(3600), pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.mark.parametrize("office", OFFICES)
def test_one_applicant(office: str, tmp_path: Path) -> None:
    data, who, begun = tmp_path / "data", applicant(office), time.monotonic()
    with Stage(tmp_path) as stage:
        person = Person(stage, told=lambda text: print(f"{time.monotonic() - begun:6.0f} {text}", flush=True))
        stage.open_kiosk("--office", office, "--data", str(data))
        person.sign_in("rina")
        person.intake(who)
        person.serve(who.nama, PATIENCE_S)
        person.sign_out()
        person.sign_in("camat")
        person.close_program()
        assert stage.kiosk is not None
        assert stage.kiosk.wait(120) == 0
    print(f"{office}: {dict(person.events)} in {time.monotonic() - begun:.0f} s")
    assert "Traceback" not in (tmp_path / "kiosk.log").read_text("utf-8", "replace")
    assert verified(data)
    with register_of(data) as register:
        (row,) = [i for i in register.read(lambda v: v.list(Query(limit=1000))) if i.nama == who.nama]
        p = register.read(lambda v: v.permohonan(row.id))
        assert p.keadaan is Keadaan.SELESAI and p.current() is None, p.keadaan
        if any(t.stage is SopStage.KIRIM for t in p.tahap):
            packet = register.read(lambda v: v.packet_of(row.id))
            assert packet is not None and packet.received_at is not None, "the practice centre has received the packet"


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_only_a_supervisor_closes_the_program(hand: str, tmp_path: Path) -> None:
    """From an officer's seat: her own password is refused and the kiosk stays; the supervisor's ends it in good order."""
    begun = time.monotonic()
    with Stage(tmp_path) as stage:
        person = Person(stage, mouse=hand == "mouse", told=lambda text: print(f"{time.monotonic() - begun:6.0f} {text}", flush=True))
        stage.open_kiosk("--office", "tempeh", "--data", str(tmp_path / "data"))
        person.sign_in("rina")
        person.close_program("rina", let=False)
        assert stage.kiosk is not None and stage.kiosk.poll() is None
        person.close_program()
        assert stage.kiosk.wait(120) == 0
    assert "Traceback" not in (tmp_path / "kiosk.log").read_text("utf-8", "replace")
    assert verified(tmp_path / "data")


@pytest.mark.parametrize("hand", ["keyboard", "touch"])
def test_intake_with_one_kind_of_hand(hand: str, tmp_path: Path) -> None:
    """No mouse event at all; or no key but those of the keyboard on the screen."""
    data, who, begun = tmp_path / "data", applicant("tempeh"), time.monotonic()
    with Stage(tmp_path) as stage:
        if hand == "touch":  # this X server knows no touch screen: the desk is set to show its keyboard always
            data.mkdir()
            (data / "ui-desk.json").write_text('{"papan_ketik": "selalu"}', "utf-8")
        person = Person(stage, mouse=hand == "touch", keys=hand == "keyboard",
                        told=lambda text: print(f"{time.monotonic() - begun:6.0f} {text}", flush=True))
        stage.open_kiosk("--office", "tempeh", "--data", str(data))
        person.sign_in("rina")
        person.intake(who)
        stage.end_kiosk()
    print(f"{hand}: {dict(person.events)} in {time.monotonic() - begun:.0f} s")
    assert person.events["clicks" if hand == "keyboard" else "keys"] == 0
    assert verified(data)
    with register_of(data) as register:
        p = register.read(lambda v: v.open_for_nik(who.nik))
        assert p is not None and p.penduduk.nama == who.nama and p.nomor_register
