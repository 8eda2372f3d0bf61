"""A warmed process that forks one desk after another; the test kills them at random moments.

Protocol on stdin: ``first <seed>`` forks a desk that serves three applicants (and fills the memories), ``run <seed>`` one that
goes on until it is killed, ``finish <seed>`` one that takes nobody new; the pid is printed, then
``exit <status>`` when it is gone. ``describe`` writes what the register holds.
The desk does what an office does after a power cut: check what was acknowledged, clear leftovers, answer open questions
about cards by looking into the hopper, go on with every open application, then take new ones, until it is killed or
``applicants`` are finished.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from forked_child import do_and_end
from lasting import LastingWorld, remember

import quick_secrets
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import sign_everybody_in
from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.app.population import Invented, invent
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk, pump
from ktpel_kiosk.desk import packet_files, reconcile, reports
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import DONE_STATES, Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.ports.services import Assessed

DAY = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
SEED = 11
WANTED = {"first": 3, "run": -1, "finish": 0}
"""How many applications each command works towards; ``run`` takes the number from the command line."""


class RememberedBiometrics:
    """The real service, remembering its answers on disk: the same simulated touch is judged once for all desks."""

    def __init__(self, folder: Path) -> None:
        from ktpel_kiosk.biometrics.service import BiometricService
        self._real = BiometricService()
        self._folder = folder

    def _remember(self, name: str, key: Any, work: Callable[[], Any]) -> Any:
        return remember(self._folder, (name, key), work)

    def assess_face(self, frame: Any, latar: str, *, replace_background: bool = False) -> Assessed:
        assessed = self._remember("face", (frame, latar, replace_background),
                                  lambda: self._real.assess_face(frame, latar, replace_background=replace_background))
        return assessed  # type: ignore[no-any-return]

    def assess_fingers(self, capture: Any, positions: Sequence[Position]) -> Any:
        return self._remember("fingers", (capture, tuple(positions)), lambda: list(self._real.assess_fingers(capture, positions)))

    def assess_iris(self, position: Position, image: Any) -> Any:
        return self._remember("iris", (position, image), lambda: self._real.assess_iris(position, image))

    def finger_conflicts(self, new: Any, accepted: Any) -> Any:
        return self._remember("conflicts", (tuple(new), tuple(accepted)), lambda: list(self._real.finger_conflicts(new, accepted)))

    def iris_conflicts(self, new: Any, accepted: Any) -> Any:
        return self._remember("eyes", (tuple(new), tuple(accepted)), lambda: list(self._real.iris_conflicts(new, accepted)))

    def iris_form(self, png: bytes) -> Any:
        return self._remember("iris form", png, lambda: self._real.iris_form(png))

    def template(self, png: bytes) -> Any:
        return self._remember("template", png, lambda: self._real.template(png))

    def retained_form(self, png: bytes) -> Any:
        return self._remember("retained", png, lambda: self._real.retained_form(png))

    def compare_template(self, probe_png: bytes, template: bytes) -> Any:
        return self._remember("card", (probe_png, template), lambda: self._real.compare_template(probe_png, template))

    def chip_portrait(self, png: bytes) -> Any:
        return self._remember("portrait", png, lambda: self._real.chip_portrait(png))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Acks:
    """What the desk said is done; survives a kill because the kernel holds what was written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, what: str, permohonan_id: str) -> None:
        with self._path.open("a", encoding="ascii") as out:
            out.write(f"{permohonan_id} {what}\n")

    def all(self) -> list[tuple[str, str]]:
        if not self._path.exists():
            return []
        lines = self._path.read_text("ascii").splitlines()
        return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def lost(kiosk: Kiosk, acks: Acks) -> list[str]:
    """Acknowledged acts the register does not hold any more; empty is the promise."""
    missing = []
    for permohonan_id, what in acks.all():
        if not kiosk.register.read(lambda v, i=permohonan_id, w=what: _holds(kiosk, v, i, w)):
            missing.append(f"{permohonan_id} {what}")
    if not kiosk.register.check_audit().whole:
        missing.append("audit chain")
    return missing


def _holds(kiosk: Kiosk, view: Any, permohonan_id: str, what: str) -> bool:
    kind, _, rest = what.partition(":")
    p = view.permohonan(permohonan_id)
    packet = view.packet_of(permohonan_id)
    if kind == "stage":
        return p.tahap[int(rest)].state in DONE_STATES
    if kind == "sample":
        return packet is not None or any(s.id == rest for s in view.samples(permohonan_id, with_data=False))
    if kind == "packet":
        path = kiosk.data / "packets" / packet.path
        return packet.packet_id == rest and hashlib.sha256(path.read_bytes()).hexdigest() == packet.sha256
    if kind == "printed":
        return view.card_job(rest).state in (JobState.PRINTED, JobState.ENCODING, JobState.CONFIRMED, JobState.SPOILED)
    if kind == "handover":
        return view.handover(permohonan_id) is not None
    return kind in ("intake", "confirmed")


class Desk:
    """One life of the desk, from start-up until it is killed or everything is done."""

    def __init__(self, folder: Path, url: str, applicants: int, seed: int) -> None:
        self.folder, self.applicants = folder, applicants
        self.clock = PracticeClock(DAY + timedelta(seconds=seed))
        self.world = LastingWorld(folder / "dunia")
        self.kiosk = open_practice_kiosk(folder / "kantor", "tempeh", clock=self.clock, world=self.world)
        object.__setattr__(self.kiosk.desk, "biometrics", RememberedBiometrics(folder.parent / "ingatan"))
        self.kiosk.gateway_url = url
        self.acks = Acks(folder / "acks")
        self.people: dict[str, Invented] = {}

    def live(self) -> None:
        missing = lost(self.kiosk, self.acks)
        if missing:
            (self.folder / "lost").write_text("\n".join(missing))
            os._exit(3)
        packet_files.clear_leftovers(self.kiosk.desk)
        self.kiosk.devices.settle(5.0)
        officers = sign_everybody_in(self.kiosk)
        operator = officers.actors[next(r for r in officers.actors if r.value == "operator")]
        for question in reconcile.open_questions(self.kiosk.desk):
            here = question.job.state is JobState.ENCODING or self.world.holds(question.job.id)
            gone = "spoiled" if question.job.state is JobState.SENT else "not_printed"
            reconcile.answer(self.kiosk.desk, operator, question.job.id, "printed" if here else gone, second_username="kasi",
                             second_password=officers.passwords["kasi"])
        walk = Walk(self.kiosk.desk, officers, seat=self._seat, card_to_reader=self._card_to_reader,
                    work_for=self.clock.advance, acknowledge=self.acks.add, rng=random.Random(1))
        self._work(walk)

    def _work(self, walk: Walk) -> None:
        villages = village_names(self.kiosk.desk.sop.kantor.kode_wilayah)
        index = 0
        while True:
            listed = self.kiosk.register.read(lambda v: v.list(Query(limit=1000, newest_first=False)))
            for item in listed:
                if item.keadaan == Keadaan.BERJALAN:
                    self._lead(walk, item.id)
            if len(listed) >= self.applicants:
                break
            known = {i.nik for i in listed}
            while True:
                who = invent(index, SEED, self.kiosk.desk.sop.kantor, villages, DAY.date())
                index += 1
                if who.penduduk.nik not in known:
                    break
            walk.intake(who, Layanan.BARU_WNI)
        while self.kiosk.register.read(lambda v: v.packets(unsent_only=True)):
            pump(self.kiosk)
            self.clock.advance(20)
        reports.send_reports(self.kiosk.desk, limit=10_000)

    def _lead(self, walk: Walk, permohonan_id: str) -> None:
        p = walk.advance(permohonan_id)
        for _ in range(200):
            if not _waits(p):
                break
            pump(self.kiosk)
            p = walk.advance(permohonan_id)
            self.clock.advance(20)
        if p.keadaan is not Keadaan.SELESAI:
            raise RuntimeError(f"{permohonan_id} stands at {p.current()}")

    def _seat(self, p: Permohonan) -> None:
        seed = int(p.penduduk.nik[-4:])
        self.world.seat(seed % 2, p.penduduk.tanggal_lahir.year, p.penduduk.jenis_kelamin.value)

    def _card_to_reader(self, job_id: str) -> None:
        self.world.lay_on_reader(job_id)


def _waits(p: Permohonan) -> bool:
    tahap = p.current()
    return tahap is not None and tahap.stage is Stage.MENUNGGU_PRR


def describe(folder: Path, url: str) -> dict[str, Any]:
    """The end: what the register holds, for the final assertions."""
    desk = Desk(folder, url, 0, 9_000)
    kiosk = desk.kiosk
    try:
        packets = kiosk.register.read(lambda v: v.packets())
        listed = kiosk.register.read(lambda v: v.list(Query(limit=1000, newest_first=False)))
        cards = {i.id: [j.state.value for j in kiosk.register.read(lambda v, i=i: v.card_jobs(i.id))] for i in listed}
        return {
            "lost": lost(kiosk, desk.acks), "states": [i.keadaan for i in listed], "cards": cards,
            "numbers": sorted(i.nomor_register for i in listed),
            "packets": {p.packet_id: p.sha256 for p in packets}, "counters": sorted(p.counter for p in packets),
            "received": all(p.state is PacketState.RECEIVED for p in packets),
            "balanced": kiosk.register.read(lambda v: v.blangko_balance()).balanced,
            "files": sorted(f.name for folder in ("packets", "simpanan") for f in (kiosk.data / folder).iterdir()),
            "paths": sorted([*(p.path for p in packets), *kiosk.register.read(lambda v: v.spare_paths())]),
        }
    finally:
        kiosk.close()


def main() -> None:
    folder, url, applicants = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    _preload()
    quick_secrets.use()  # every life signs four officers in
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        pid = os.fork()
        if pid == 0:
            if command in WANTED:
                wanted = applicants if command == "run" else WANTED[command]
                do_and_end(lambda: _run(folder, url, wanted, int(argument)))
            else:
                do_and_end(lambda: (folder / "end.pickle").write_bytes(pickle.dumps(describe(folder, url))) and None)
        print(f"pid {pid}", flush=True)
        _, status = os.waitpid(pid, 0)
        print(f"exit {status}", flush=True)


def _run(folder: Path, url: str, applicants: int, seed: int) -> None:
    desk = Desk(folder, url, applicants, seed)
    desk.live()
    desk.kiosk.close()


def _preload() -> None:
    """Import what every desk needs; nothing here may start a thread."""
    import alembic.command
    import cv2
    import reportlab.pdfgen.canvas
    import sqlmodel

    import ktpel_kiosk.biometrics.service
    import ktpel_kiosk.cards.chip
    import ktpel_kiosk.cards.face
    import ktpel_kiosk.documents.office
    import ktpel_kiosk.hal.simulators.synth.person
    import ktpel_kiosk.packet.seal
    import ktpel_kiosk.siak.http_gateway
    import ktpel_kiosk.siak.uploader  # noqa: F401

    assert alembic.command
    assert reportlab.pdfgen.canvas
    assert sqlmodel
    cv2.setNumThreads(1)


if __name__ == "__main__":
    main()
