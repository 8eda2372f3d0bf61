"""Status and card material by NIK: signed, bounded, and really made of what the centre holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.office import SETTINGS, village_names
from ktpel_kiosk.app.residents import recorded_earlier, residents
from ktpel_kiosk.app.simulation import practice_residents
from ktpel_kiosk.app.sops import load
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import Offline, ReceiptInvalid, ServerRefused, ServerTrouble
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.services import CardMaterial
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.http_gateway import HttpGateway, receipt_keys
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

KANTOR = load("tempeh").kantor
PEOPLE = residents(KANTOR, village_names(KANTOR.kode_wilayah), 10)
RECORDED = next(w.penduduk for i, w in enumerate(PEOPLE) if recorded_earlier(i))
NEVER = next(w.penduduk for i, w in enumerate(PEOPLE) if not recorded_earlier(i))


class Known:
    """Residents with tiny parts."""

    portrait = b"\xff\x4fportrait"
    minutiae = ((Position.RIGHT_INDEX, b"FMR\0 right"), (Position.LEFT_INDEX, b"FMR\0 left"))

    def biodata(self, nik):
        return RECORDED if nik == RECORDED.nik else None

    def status(self, nik):
        return {RECORDED.nik: StatusSiak.PRINT_READY_RECORD, NEVER.nik: StatusSiak.UNREGISTERED}.get(nik)

    def material(self, nik):
        return CardMaterial(RECORDED, self.portrait, "image/jp2", b"ink", "image/png", self.minutiae)

    def of_packet(self, content):
        return None


@pytest.fixture
def centre(tmp_path: Path, demo_keys):
    known = Known()
    simulator = GatewaySimulator(tmp_path, clock=SystemClock(), keys=SimulatorKeys(demo_keys.receipt_key.read_bytes()), residents=known,
                                 behaviour=Behaviour(step_s=0.0))
    with simulator:
        gateway = HttpGateway(simulator.base_url, "desk-1", receipt_keys=receipt_keys({"receipt-1": demo_keys.receipt_cert.read_bytes()}))
        yield simulator, gateway, known
        gateway.close()


def test_status_by_nik(centre):
    _, gateway, _ = centre
    assert gateway.record_status(RECORDED.nik).status is StatusSiak.PRINT_READY_RECORD
    assert gateway.record_status(NEVER.nik).status is StatusSiak.UNREGISTERED
    assert gateway.record_status("3508051002900003") is None
    assert gateway.lookup(RECORDED.nik) == RECORDED


def test_material_comes_whole_and_signed(centre):
    _, gateway, known = centre
    found = gateway.card_material(RECORDED.nik)
    assert found == CardMaterial(RECORDED, known.portrait, "image/jp2", b"ink", "image/png", known.minutiae)


def test_material_only_of_a_record_that_may_be_printed(centre):
    _, gateway, _ = centre
    with pytest.raises(ServerRefused) as caught:
        gateway.card_material(NEVER.nik)
    assert caught.value.message_key == "gateway.not_print_ready"
    assert gateway.card_material("3508051002900003") is None


@pytest.mark.parametrize(("fault", "reason"), [("forge", "signature"), ("alter", "portrait")])
def test_false_material_is_refused(centre, fault, reason):
    simulator, gateway, _ = centre
    simulator.behaviour.faults.add("material", fault)
    with pytest.raises(ReceiptInvalid) as caught:
        gateway.card_material(RECORDED.nik)
    assert (caught.value.message_key, caught.value.facts["reason"]) == ("gateway.material", reason)
    assert gateway.card_material(RECORDED.nik) is not None


def test_too_large_a_portrait_is_refused(centre):
    _, gateway, known = centre
    known.portrait = b"x" * (wire.PART_LIMITS["portrait"] + 1)
    with pytest.raises(ReceiptInvalid):
        gateway.card_material(RECORDED.nik)
    known.portrait = b"x" * (2 * 1024 * 1024)
    with pytest.raises(ServerTrouble):  # the whole answer is bounded too
        gateway.card_material(RECORDED.nik)


@pytest.mark.parametrize(("status", "kind"), [(503, ServerTrouble), (401, ServerRefused)])
def test_troubles_are_the_known_ones(centre, status, kind):
    simulator, gateway, _ = centre
    simulator.behaviour.faults.add("record", "status", status)
    with pytest.raises(kind):
        gateway.record_status(RECORDED.nik)
    simulator.stop()
    with pytest.raises(Offline):
        gateway.record_status(RECORDED.nik)


@pytest.mark.parametrize("change", [
    lambda p: p | {"nik": NEVER.nik}, lambda p: p | {"status": "CARD_ISSUED"}, lambda p: p | {"biodata": p["biodata"] | {"nik": NEVER.nik}},
    lambda p: p | {"parts": {k: v for k, v in p["parts"].items() if not k.startswith("minutiae")}},
    lambda p: p | {"parts": p["parts"] | {"iris": p["parts"]["portrait"]}},
    lambda p: p | {"parts": p["parts"] | {"portrait": p["parts"]["portrait"] | {"media_type": "image/svg+xml"}}},
    lambda p: p | {"parts": p["parts"] | {"minutiae.nose": p["parts"]["minutiae.left_index"]}},
    lambda p: p | {"parts": p["parts"] | {"minutiae.face": p["parts"]["minutiae.left_index"]}},
    lambda p: {k: v for k, v in p.items() if k != "biodata"},
])
def test_a_signed_payload_that_does_not_fit_is_refused(change):
    payload, parts = wire.material_to_json(Known().material(""), StatusSiak.PRINT_READY_RECORD, SystemClock().now())
    assert wire.material_of(json.loads(json.dumps(payload)), parts, RECORDED.nik).penduduk == RECORDED
    with pytest.raises((wire.WrongPart, KeyError, ValueError)):
        wire.material_of(change(payload), parts, RECORDED.nik)


@pytest.fixture(scope="module")
def practice(tmp_path_factory, demo_keys):
    data = tmp_path_factory.mktemp("kantor")
    (data / SETTINGS).write_text(json.dumps({"office": "tempeh", "station": "desk-1"}))
    return practice_residents(data, demo_keys)


def test_residents_of_the_practice_world_bring_usable_material(practice):
    from ktpel_kiosk.biometrics.service import BiometricService
    from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
    from ktpel_kiosk.ports.devices import FingerCapture

    assert practice.status(RECORDED.nik) is StatusSiak.PRINT_READY_RECORD
    assert practice.material(NEVER.nik) is None
    made = practice.material(RECORDED.nik)
    assert len(made.portrait) <= wire.PART_LIMITS["portrait"]
    service = BiometricService()
    png = service.card_picture(made.portrait, made.portrait_type, "portrait")
    assert png.startswith(b"\x89PNG")
    assert service.card_picture(made.signature, made.signature_type, "signature").startswith(b"\x89PNG")
    body = SyntheticPerson(int(RECORDED.nik) % 2**31, RECORDED.tanggal_lahir.year, RECORDED.jenis_kelamin.value)
    touch = FingerCapture(None, ((Position.RIGHT_INDEX, body.finger(Position.RIGHT_INDEX, impression=2)),))
    live = service.assess_fingers(touch, (Position.RIGHT_INDEX,))[0].data
    templates = dict(made.minutiae)
    own = service.card_template(templates[Position.RIGHT_INDEX], "minutiae.right_index")
    assert service.compare_template(live, own) >= service.match_threshold
    assert service.compare_template(live, templates[Position.LEFT_INDEX]) < service.match_threshold


@pytest.mark.parametrize("bad", [b"", b"FMR\0 20\0", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"0" * 40])
def test_damaged_parts_never_become_card_material(bad):
    from ktpel_kiosk.biometrics.service import BiometricService
    from ktpel_kiosk.domain.errors import BadInput

    service = BiometricService()
    with pytest.raises(BadInput):
        service.card_picture(bad, "image/png", "portrait")
    with pytest.raises(BadInput):
        service.card_template(bad, "minutiae")
    with pytest.raises(BadInput):
        service.card_picture(bad, "image/svg+xml", "portrait")
