"""Run by the package's own Python in a provisioned office: one applicant, from the counter to the card in the hand.

    serve_one.py DATA CENTRE PASSWORDS.json

Only code of the package; the devices are its simulated ones, everything behind them is the office's: the judges of pictures, the
register, the keys, the packet. CENTRE holds the keys the packet is opened with, as the centre would; the made card comes from the
official machine, as at every desk without the ministry's SAM.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.kiosk import Kiosk
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.walk import Officers, Walk
from ktpel_kiosk.app.wiring import open_office
from ktpel_kiosk.desk import handover, intake, official_card, population, printing, sign_in, statuses
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.packet.keys import DemoKeys
from ktpel_kiosk.packet.open import open_packet

SEED = 7


def serve(data: Path, centre: DemoKeys, passwords: dict[str, str], spare: Path) -> dict[str, Any]:
    world = SimulatedWorld(seed=5, out_dir=spare / "perangkat", hands_free=True)
    with open_office(data, given=world.drivers()) as kiosk:
        kiosk.devices.settle(60.0)
        desk = kiosk.desk
        officers = Officers({role: actor for name, password in passwords.items()
                             for actor in [sign_in.sign_in(desk, name, password)] for role in actor.peran}, passwords)
        who = invent(3, SEED, desk.sop.kantor, ("ROWOKANGKUNG",), intake.today(desk))
        born, sex = who.penduduk.tanggal_lahir.year, who.penduduk.jenis_kelamin.value
        walk = Walk(desk, officers, lambda _p: world.seat(SEED, born, sex), lambda _j: None, rng=random.Random(1))
        known = population.find(desk, "3508080201900001") is not None
        p = walk.advance(walk.intake(who, Layanan.BARU_WNI).id)
        opened = sent(kiosk, data, p, centre, spare)
        handed = card(kiosk, p, officers)
        return {"production": kiosk.settings.production, "station": kiosk.settings.station, "knows_residents": known,
                "samples_left": len(kiosk.register.read(lambda v: v.samples(p.id))), "opened": opened, **handed,
                "audit_whole": kiosk.register.check_audit().whole}


def at(kiosk: Kiosk, p: Permohonan) -> Stage | None:
    tahap = kiosk.register.read(lambda v: v.permohonan(p.id)).current()
    return tahap.stage if tahap else None


def sent(kiosk: Kiosk, data: Path, p: Permohonan, centre: DemoKeys, spare: Path) -> bool:
    """The centre opens the sealed packet and says the card may be printed."""
    packet = kiosk.register.read(lambda v: v.packet_of(p.id))
    if packet is None or at(kiosk, p) is not Stage.MENUNGGU_PRR:
        return False
    opened = open_packet(data / "packets" / packet.path, centre.central_key.read_bytes(), centre.central_cert.read_bytes(), spare / "isi",
                         centre.station_cert.read_bytes())
    nik = kiosk.register.read(lambda v: v.permohonan(p.id)).penduduk.nik
    statuses.apply_status(kiosk.desk, StatusEvent(1, packet.packet_id, nik, StatusSiak.PRINT_READY_RECORD, kiosk.desk.clock.now()))
    return opened.packet_id == packet.packet_id and "biometrics.xml" in str(opened.entries)


def card(kiosk: Kiosk, p: Permohonan, officers: Officers) -> dict[str, Any]:
    """Recorded, activated against this office's own recording, handed over."""
    desk, acting = kiosk.desk, officers.actors
    operator = acting[Peran.OPERATOR]
    printing.receive_blangko(desk, acting[Peran.SUPERVISOR], ["A-0001"], "BAST-1")
    official_card.record_made(desk, operator, p.id, "A-0001", looked_at=True)
    matched = any(handover.activate(desk, operator, p.id).matched for _ in range(3))
    while at(kiosk, p) is Stage.SERAH_LOKET:
        handover.move_to_counter(desk, operator, p.id)
    done = handover.hand_over(desk, acting[Peran.PENYERAH], p.id, handover.sign_for_card(desk, p.id))
    proof = kiosk.register.read(lambda v: v.handover(p.id))
    return {"matched": matched, "state": done.keadaan.value, "handed_over": proof is not None and proof.activated}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(serve(Path(sys.argv[1]), DemoKeys(Path(sys.argv[2])), json.loads(Path(sys.argv[3]).read_text("utf-8")),
                               Path(folder))))
