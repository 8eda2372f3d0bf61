"""One office with the real register and doubles for everything else around the desk."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from doubles import Bench, Chips, Judge, Line, Press, QuickHasher, Vault

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import PracticeClock, Uuid7
from ktpel_kiosk.app.niks import region_table
from ktpel_kiosk.app.office import migrations, open_register
from ktpel_kiosk.app.officer_keys import QUICK_KEYS
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.spool import FileSpool
from ktpel_kiosk.app.walk import Officers, Walk
from ktpel_kiosk.cards.chip import PublicData
from ktpel_kiosk.desk import printing, sign_in, users
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.register.store import SqlRegister

NOW = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
PASSWORD = "rahasia"
PUBLIC = PublicData("04A1B2C3", b"control", b"\xff\xd8\xff photo")
ROLES = {
    "loket": (Peran.LOKET, Peran.PENYERAH), "periksa": (Peran.VERIFIKATOR,), "kasi": (Peran.KASI, Peran.VALIDATOR),
    "camat": (Peran.CAMAT, Peran.SUPERVISOR, Peran.ADMIN), "operator": (Peran.OPERATOR,),
}


@dataclass
class Office:
    """What a test of the desk needs at hand."""

    desk: Desk
    clock: PracticeClock
    bench: Bench
    judge: Judge
    vault: Vault
    press: Press
    chips: Chips
    line: Line
    officers: Officers

    def actor(self, role: Peran) -> Actor:
        return self.officers.actors[role]

    def person(self, index: int = 0, **changes: object) -> Penduduk:
        return replace(invent(index, 7, self.desk.sop.kantor, ("TEMPEH LOR",), date(2026, 11, 20)).penduduk, **changes)  # type: ignore[arg-type]

    def walk(self) -> Walk:
        return Walk(self.desk, self.officers, seat=lambda _p: None, card_to_reader=lambda _j: None, work_for=self.clock.advance)

    def begun(self, index: int = 0, layanan: Layanan = Layanan.BARU_WNI) -> Permohonan:
        """An application whose papers were received."""
        who = invent(index, 7, self.desk.sop.kantor, ("TEMPEH LOR",), date(2026, 11, 20))
        return self.walk().intake(who, layanan)

    def sealed(self, index: int = 0) -> Permohonan:
        """An application led to the point where it waits for the centre (or is finished without a card)."""
        return self.walk().advance(self.begun(index).id)

    def at(self, stage: Stage, index: int = 0, layanan: Layanan = Layanan.BARU_WNI) -> Permohonan:
        """An application that stands at ``stage``."""
        p, walk = self.begun(index, layanan), self.walk()
        while (tahap := p.current()) is not None and tahap.stage is not stage:
            if tahap.stage is Stage.MENUNGGU_PRR:
                p = self.prr(p, sequence=index + 1)
                continue
            walk.do(self.officers.for_roles(stage_roles(self.desk.sop_of(p.sop_digest), tahap)), p)
            p = self.read(p)
        assert tahap is not None
        return p

    def prr(self, p: Permohonan, status: StatusSiak = StatusSiak.PRINT_READY_RECORD, sequence: int = 1) -> Permohonan:
        from ktpel_kiosk.desk import statuses
        packet = self.desk.register.read(lambda v: v.packet_of(p.id))
        assert packet is not None
        statuses.apply_status(self.desk, StatusEvent(sequence, packet.packet_id, p.penduduk.nik, status, self.clock.now()))
        return self.read(p)

    def read(self, p: Permohonan) -> Permohonan:
        return self.desk.register.read(lambda v: v.permohonan(p.id))

    def events(self, p: Permohonan) -> list[str]:
        return [link.event for link in self.desk.register.read(lambda v: v.audit(subject=p.id))]


def on_server(folder: Path, clock: PracticeClock, ids: Uuid7, office: str) -> SqlRegister:
    """The same office with its register on a server: ``KTPEL_TEST_REGISTER=postgresql`` runs any test of the desk so."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))
    from register_makers import open_on_server

    folder.mkdir(parents=True, exist_ok=True)
    return open_on_server(folder, clock=clock, ids=ids, station=f"{office}-uji", migrations=migrations())


def build(folder: Path, office: str) -> Office:
    clock = PracticeClock(NOW)
    ids = Uuid7(clock)
    register = on_server(folder, clock, ids, office) if os.environ.get("KTPEL_TEST_REGISTER") == "postgresql" else open_register(
        folder, clock, ids)
    bench, judge, vault, press, line = Bench(), Judge(), Vault(folder / "packets"), Press(), Line()
    chips = Chips(bench)
    desk = Desk(
        register=register, devices=bench, biometrics=judge, sealer=vault, documents=press, renderer=press,  # type: ignore[arg-type]
        personaliser=chips, gateway=line, hasher=QuickHasher(), officer_keys=QUICK_KEYS,  # type: ignore[arg-type]
        spool=FileSpool(folder / "documents"), clock=clock, ids=ids,
        sop=sops.load(office), parse_sop=lambda text: parse_sop(text, name="register"), regions=region_table,
        holidays=frozenset, station=f"{office}-uji", sentences=load_sentences(),
        read_public_card=lambda reader: PUBLIC,
        write_transaction=lambda content, format: f"{format} {content.register_number} {len(content.samples)}".encode(),
    )
    actors: dict[Peran, Actor] = {}
    for name, roles in ROLES.items():
        users.save_user(desk, None, name, name.title(), roles, PASSWORD)
        signed_in = sign_in.sign_in(desk, name, PASSWORD)
        for role in roles:
            actors[role] = signed_in
    printing.receive_blangko(desk, actors[Peran.SUPERVISOR], [f"{n:05d}" for n in range(1, 11)], "BAST-1")
    return Office(desk, clock, bench, judge, vault, press, chips, line, Officers(actors, dict.fromkeys(ROLES, PASSWORD)))
