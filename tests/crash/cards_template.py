"""A warmed process that forks printing desks over one register; the test kills them at random moments.

Protocol on stdin, one command a line: ``prepare`` makes the office, ``run <seed>`` forks a desk with several threads that print and
settle whatever they find until it is killed, ``finish`` one that brings everything to an end, ``describe`` writes what register and
printer hold. ``pid <n>`` is answered at once, ``exit <n> <status>`` when a child is gone; several may run side by side.

The printer is a folder: a job is a file under its title, a printed card another one, made a moment later. What is in the folder is
the truth an honest operator sees.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import pickle
import pkgutil
import random
import sys
import threading
import time
import traceback
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "desk"))

from card_bench import SECOND, face  # noqa: E402
from desk_office import PASSWORD, build  # noqa: E402
from doubles import Judge, Line, Press, QuickHasher, Vault  # noqa: E402

from ktpel_kiosk.app import sops  # noqa: E402
from ktpel_kiosk.app.clock import PracticeClock, Uuid7  # noqa: E402
from ktpel_kiosk.app.niks import region_table  # noqa: E402
from ktpel_kiosk.app.office import open_register  # noqa: E402
from ktpel_kiosk.app.officer_keys import QUICK_KEYS  # noqa: E402
from ktpel_kiosk.app.sentences import load_sentences  # noqa: E402
from ktpel_kiosk.app.spool import FileSpool  # noqa: E402
from ktpel_kiosk.desk import encoding, printing, reconcile, sign_in  # noqa: E402
from ktpel_kiosk.desk.card_acts import CardActs  # noqa: E402
from ktpel_kiosk.desk.context import Desk  # noqa: E402
from ktpel_kiosk.domain.cards import UNWRITTEN, JobState  # noqa: E402
from ktpel_kiosk.domain.errors import CardRefused, KioskError, OutcomeUnknown  # noqa: E402
from ktpel_kiosk.domain.sop import Peran  # noqa: E402
from ktpel_kiosk.domain.sop_file import parse_sop  # noqa: E402
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState, PrintMedia  # noqa: E402
from ktpel_kiosk.ports.register import Query  # noqa: E402
from ktpel_kiosk.ports.services import ChipContent  # noqa: E402

BLANKS, THREADS = 4000, 4
SOP = sops.load("tempeh")


class FolderPrinter:
    """A card printer that outlives every desk: ``queue/<title>.<n>`` was handed over, ``cards/<title>.<n>`` came out."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.queue, self.cards = folder / "queue", folder / "cards"
        self.rng = rng
        for place in (self.queue, self.cards):
            place.mkdir(parents=True, exist_ok=True)

    def _moment(self) -> None:
        time.sleep(self.rng.choice((0.0, 0.0, 0.001, 0.004)))

    def healthy(self) -> None:
        return None

    def media(self) -> PrintMedia:
        return PrintMedia("CR80", 8560, 5398)

    def submit(self, front: Any, back: Any, title: str, layers: Any = None) -> PrintJob:
        self._moment()
        name = f"{title}.{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"
        (self.queue / name).touch()
        self._moment()
        if self.rng.random() < 0.05:
            raise OutcomeUnknown("card_printer.lost", device_kind="card_printer", operation="submit")
        return PrintJob(name, PrintJobState.PENDING)

    def find(self, title: str) -> PrintJob | None:
        found = sorted(self.queue.glob(f"{title}.*"))
        return self.job(found[-1].name) if found else None

    def job(self, job_id: str) -> PrintJob:
        card = self.cards / job_id
        if (self.queue / job_id).exists() and not card.exists():
            temp = self.cards / f".{job_id}.{os.getpid()}-{threading.get_ident()}"  # forked programs share thread numbers
            temp.write_text(json.dumps({"uid": hashlib.sha256(job_id.encode()).hexdigest()[:14].upper()}))
            with contextlib.suppress(FileExistsError):  # somebody else saw it come out first
                os.link(temp, card)
            temp.unlink()
        return PrintJob(job_id, PrintJobState.DONE if card.exists() else PrintJobState.UNKNOWN)

    def out(self, title: str) -> list[Path]:
        """What came out under this title."""
        for waiting in self.queue.glob(f"{title}.*"):
            self.job(waiting.name)
        return sorted(self.cards.glob(f"{title}.*"))


class Reader:
    """Over one card file; each thread of the desk has its own pair of hands and its own reader."""

    def __init__(self) -> None:
        self.card: Path | None = None

    def connect(self, timeout_s: float) -> bytes:
        return b""


class FolderChips:
    """Chips as JSON in the card's file, replaced whole."""

    def uid(self, reader: Reader) -> str:
        assert reader.card is not None
        return str(json.loads(reader.card.read_text())["uid"])

    def write(self, reader: Reader, data: Any) -> str:
        assert reader.card is not None
        digest = hashlib.sha256(repr(data).encode()).hexdigest()
        held = {"uid": self.uid(reader), "credential": data.credential, "face": data.face_hash, "digest": digest}
        time.sleep(0.001)
        temp = reader.card.with_name(f".{reader.card.name}.{os.getpid()}-{threading.get_ident()}")
        temp.write_text(json.dumps(held))
        temp.rename(reader.card)
        return digest

    def read(self, reader: Reader) -> ChipContent:
        assert reader.card is not None
        held = json.loads(reader.card.read_text())
        if "digest" not in held:
            raise CardRefused("chip.empty", device_kind="card_reader", operation="read", status="-")
        return ChipContent(held["uid"], held["credential"], held["face"], held["digest"], ())


class Hands(threading.local):
    def __init__(self) -> None:
        self.reader = Reader()


class FolderDevices:
    def __init__(self, printer: FolderPrinter) -> None:
        self.printer, self.hands = printer, Hands()

    def call(self, kind: DeviceKind, operation: str, work: Any, deadline_s: float) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(self.printer if kind is DeviceKind.CARD_PRINTER else self.hands.reader))
        except Exception as error:
            future.set_exception(error)
        return future


def prepare(folder: Path) -> None:
    office = build(folder / "tempeh", "tempeh")
    office.press.render = face
    pattern = office.prr(office.sealed(0))
    papers = office.desk.register.read(lambda v: [d for d in v.documents(pattern.id) if d.kind.startswith("kartu.")])
    others = [replace(pattern, id=office.desk.ids.new(), version=0, nomor_register=f"{index + 1:04d}/KTP/XI/2026",
                      penduduk=office.person(index)) for index in range(1, int(sys.argv[2]))]

    def work(tx: Any) -> None:
        for fresh in others:
            p = tx.save_permohonan(fresh)
            for paper in papers:
                tx.add_document(replace(paper, id=office.desk.ids.new(), permohonan_id=p.id))
            tx.log("IntakeRegistered", p.id, "-")

    office.desk.register.write(work)
    printing.receive_blangko(office.desk, office.actor(Peran.SUPERVISOR), [f"K{n:06d}" for n in range(BLANKS)], "BAST-K")
    office.desk.register.close()
    (folder / "orang.json").write_text(json.dumps([pattern.id, *(p.id for p in others)]))
    desk, actor, devices = open_desk(folder, 0)
    for _ in range(4):
        with contextlib.suppress(KioskError):
            act(desk, actor, devices, pattern.id, random.Random(1))
    desk.register.close()


def open_desk(folder: Path, seed: int) -> tuple[Desk, Any, FolderDevices]:
    data, rng = folder / "tempeh", random.Random(seed)
    clock = PracticeClock(__import__("desk_office").NOW)
    ids = Uuid7(clock)
    devices = FolderDevices(FolderPrinter(folder / "dunia", rng))
    press, line = Press(), Line()
    press.render = face
    desk = Desk(
        register=open_register(data, clock, ids), devices=devices, biometrics=Judge(), sealer=Vault(data / "packets"),  # type: ignore[arg-type]
        documents=press, renderer=press, personaliser=FolderChips(), gateway=line, hasher=QuickHasher(),  # type: ignore[arg-type]
        officer_keys=QUICK_KEYS, spool=FileSpool(data / "documents"), clock=clock, ids=ids, sop=SOP,
        parse_sop=lambda text: parse_sop(text, name="register"), regions=region_table, holidays=frozenset, station="tempeh-uji",
        sentences=load_sentences(), card_acts=CardActs(data / "kartu.lock"))
    return desk, sign_in.sign_in(desk, "operator", PASSWORD), devices


def act(desk: Desk, actor: Any, devices: FolderDevices, pid: str, rng: random.Random) -> None:
    """One click of an honest operator about one applicant."""
    job = desk.register.read(lambda v: v.live_card_job(pid))
    if job is None or rng.random() < 0.25:
        printing.start_card(desk, actor, pid)  # also a click too many
        return
    out = devices.printer.out(job.id)
    if job.state in (JobState.PRINTED, JobState.ENCODING):
        assert out, "called good, and there is no card"
        devices.hands.reader.card = out[0]
        if job.state is JobState.PRINTED and rng.random() < 0.1:
            printing.spoil_card(desk, actor, job.id, "uji", **SECOND, seen=JobState.PRINTED)
        elif job.state is JobState.PRINTED:
            encoding.encode_card(desk, actor, job.id)
        else:
            reconcile.answer(desk, actor, job.id, "printed")
    elif job.state is JobState.CONFIRMED:
        return
    else:
        question = reconcile.question_of(desk, job.id)
        if question is not None and not desk.card_acts.busy(job.id):
            reconcile.answer(desk, actor, job.id, "printed" if devices.printer.out(job.id) else "not_printed", **SECOND)


def run(folder: Path, seed: int) -> None:
    desk, actor, devices = open_desk(folder, seed)
    people = json.loads((folder / "orang.json").read_text())

    def work(number: int) -> None:
        rng = random.Random(seed * 100 + number)
        while True:
            try:
                act(desk, actor, devices, _next(desk, people, rng), rng)
            except KioskError:
                time.sleep(0.003)

    threads = [threading.Thread(target=_guarded, args=(work, n)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _next(desk: Desk, people: list[str], rng: random.Random) -> str:
    """Mostly the card under way, sometimes anybody."""
    under_way = desk.register.read(lambda v: [j.credential for j in v.card_jobs_in_state(*UNWRITTEN)]) if rng.random() < 0.8 else []
    return rng.choice(under_way or people)


def _guarded(work: Any, number: int) -> None:
    try:
        work(number)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(4)


def finish(folder: Path) -> None:
    desk, actor, devices = open_desk(folder, 999)
    people = [i.id for i in desk.register.read(lambda v: v.list(Query(limit=1000)))]
    unwritten = desk.register.read(lambda v: [j.credential for j in v.jobs_to_reconcile()] + [
        j.credential for j in v.card_jobs_in_state(JobState.PRINTED)])
    rng = random.Random(5)
    for pid in (*unwritten, *people):
        for _ in range(200):
            job = desk.register.read(lambda v, pid=pid: v.live_card_job(pid))
            if job is not None and job.state is JobState.CONFIRMED:
                break
            with contextlib.suppress(KioskError):
                act(desk, actor, devices, pid, rng)
        else:
            raise RuntimeError(f"{pid} is not made: {job}")
    desk.register.close()


def describe(folder: Path) -> None:
    desk, _actor, devices = open_desk(folder, 998)
    people = [i.id for i in desk.register.read(lambda v: v.list(Query(limit=1000)))]
    jobs = [j for pid in people for j in desk.register.read(lambda v, pid=pid: v.card_jobs(pid))]
    chips = {path.name: json.loads(path.read_text()) for path in devices.printer.cards.iterdir() if not path.name.startswith(".")}
    handed = [path.name.split(".")[0] for path in devices.printer.queue.iterdir()]
    b = desk.register.read(lambda v: v.blangko_balance())
    end = {"jobs": [(j.id, j.credential, j.state.value, j.chip_uid, j.readback_hash, j.face_hash) for j in jobs], "chips": chips,
           "handed": handed, "balance": (b.masuk, b.stok, b.dipakai, b.baik, b.rusak), "people": people,
           "audit": desk.register.check_audit().whole}
    (folder / "end.pickle").write_bytes(pickle.dumps(end))
    desk.register.close()


def main() -> None:
    folder = Path(sys.argv[1])
    import alembic.command
    import sqlalchemy.dialects.sqlite.pysqlite

    import ktpel_kiosk.register

    assert alembic.command and sqlalchemy.dialects.sqlite.pysqlite
    for info in pkgutil.walk_packages(ktpel_kiosk.register.__path__, "ktpel_kiosk.register."):
        importlib.import_module(info.name)  # a desk that lives a tenth of a second has no time for imports
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "prepare":  # in this process: what it warms every desk inherits
            prepare(folder)
            print("ok", flush=True)
            continue
        if command == "wait":
            pid, status = os.waitpid(int(argument), 0)
            print(f"exit {pid} {status}", flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                {"finish": finish, "describe": describe, "run": lambda f: run(f, int(argument))}[command](folder)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(f"pid {pid}", flush=True)


if __name__ == "__main__":
    main()
