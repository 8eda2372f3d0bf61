"""A desk for the tests of the windows: register in memory, devices that answer at once with drawn pictures."""

from __future__ import annotations

import hashlib
import io
import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from memory import MemoryRegister
from PIL import Image, ImageDraw

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import PracticeClock, Uuid7
from ktpel_kiosk.app.niks import region_table
from ktpel_kiosk.app.officer_keys import QUICK_KEYS
from ktpel_kiosk.app.population import Invented, invent
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.walk import Officers, Walk
from ktpel_kiosk.cards.chip import PublicData
from ktpel_kiosk.desk import handover, intake, letters, printing, sign_in, statuses, users, verification
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import open_work
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import DeviceIdentity, PenPoint, Position, Quality, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, CardRefused, KioskError, OutcomeUnknown
from ktpel_kiosk.domain.packet import SealedPacket
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.ports.devices import (
    DeviceHealth,
    DeviceKind,
    DeviceSeen,
    DeviceState,
    FingerCapture,
    IrisCapture,
    PrinterSupplies,
    PrintJob,
    PrintJobState,
    PrintMedia,
    SignatureCapture,
)
from ktpel_kiosk.ports.services import Assessed, Candidate, CardFace, CardMaterial, ChipContent, Conflict, RecordStatus

NOW = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
PASSWORD = "praktik"
USERS = (
    ("rina", "Rina Wulandari", (Peran.LOKET, Peran.OPERATOR, Peran.PENYERAH)),
    ("kasi", "Sri Hartati, S.Sos", (Peran.KASI, Peran.VALIDATOR, Peran.VERIFIKATOR)),
    ("camat", "Bambang Sutrisno, S.STP", (Peran.CAMAT, Peran.SUPERVISOR, Peran.ADMIN)),
)


def raw(image: Image.Image, ppi: int = 0) -> RawImage:
    image = image if image.mode == "L" else image.convert("RGB")
    return RawImage(image.width, image.height, 1 if image.mode == "L" else 3, image.tobytes(), ppi)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def portrait(latar: str = "biru") -> Image.Image:
    image = Image.new("RGB", (480, 640), "#0B57B8" if latar == "biru" else "#C8102E")
    d = ImageDraw.Draw(image)
    d.ellipse((60, 500, 420, 800), fill="#E9EEF3")
    d.rectangle((195, 420, 285, 540), fill="#C69774")
    d.ellipse((110, 90, 370, 460), fill="#2B2320")
    d.ellipse((130, 150, 350, 480), fill="#D8AA86")
    for x in (180, 270):
        d.ellipse((x, 285, x + 32, 303), fill="#2B2320")
    d.arc((200, 350, 280, 400), 20, 160, fill="#8E4A3E", width=7)
    return image


def finger(seed: int) -> Image.Image:
    image = Image.new("L", (160, 240), 20)
    d = ImageDraw.Draw(image)
    for r in range(4, 78, 7):
        d.ellipse((80 - r + seed, 100 - r * 1.3, 80 + r + seed, 100 + r * 1.45), outline=190, width=2)
    return image


def eye() -> Image.Image:
    image = Image.new("L", (640, 480), 150)
    d = ImageDraw.Draw(image)
    d.ellipse((200, 120, 440, 360), fill=90)
    for a in range(0, 360, 6):
        d.line((320, 240, 320 + 118 * math.cos(math.radians(a)), 240 + 118 * math.sin(math.radians(a))), fill=110)
    d.ellipse((275, 195, 365, 285), fill=12)
    return image


def ink() -> SignatureCapture:
    points = [PenPoint(1200 + t * 60, round(3000 - 1500 * math.sin(t / 7) * math.exp(-t / 90)), 600 if t < 118 else 0, t * 8)
              for t in range(120)]
    return SignatureCapture(tuple(points), 9600, 6000)


class FakeDevices:
    """The device manager; ``trouble[kind]`` makes a device fail, ``hold`` lets a test see the busy state."""

    def __init__(self) -> None:
        self.trouble: dict[DeviceKind, KioskError] = {}
        self.latar = "biru"
        self.jobs: dict[str, PrintJobState] = {}
        self.titles: dict[str, str] = {}
        self.complaint = ""
        self.waiting: dict[DeviceKind, threading.Event] = {}  # a capture waits for this and was then interrupted
        self.wanted: dict[DeviceKind, str] = {}
        self.chips: dict[str, Any] = {}
        self.chip = "04A1B2C3"
        self.printer_says = PrintJobState.DONE
        self._listeners: list[Callable[[DeviceState], None]] = []
        self.health = dict.fromkeys(DeviceKind, DeviceHealth.READY)
        self.started: list[DeviceKind] = []
        self.watching: list[tuple[DeviceKind, Callable[[], None]]] = []

    def states(self) -> list[DeviceState]:
        return [DeviceState(k, h, DeviceIdentity("Simulasi", k.value, "1", "sim", True)) for k, h in self.health.items()]

    def inventory(self) -> list[DeviceSeen]:
        return [DeviceSeen(k, "sim", f"sim-{k.value}", f"Simulasi {k.value}", "1", h is not DeviceHealth.MISSING, self.wanted.get(k) == "1")
                for k, h in self.health.items()]

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        self.wanted[kind] = wanted

    def change(self, kind: DeviceKind, health: DeviceHealth, trouble: str = "") -> None:
        self.health[kind] = health
        for listener in list(self._listeners):
            listener(DeviceState(kind, health, None, trouble))

    def interrupt(self, kind: DeviceKind) -> None:
        if kind in self.waiting:
            self.waiting[kind].set()

    def look_now(self) -> None:
        self.looked = True

    def subscribe(self, listener: Callable[[DeviceState], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def call(self, kind: DeviceKind, operation: str, work: Callable[[Any], Any], deadline_s: float) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            if kind in self.trouble and not isinstance(self.trouble[kind], OutcomeUnknown):
                raise self.trouble[kind]
            future.set_result(work(_Device(self, kind)))
        except Exception as error:
            future.set_exception(error)
        return future

    def preview(self, kind: DeviceKind) -> Any:
        devices = self

        class Slot:
            def latest(self, after: int) -> tuple[int, RawImage] | None:
                return (after + 1, raw(portrait(devices.latar))) if kind in devices.started else None

            def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
                devices.watching.append((kind, listener))
                return lambda: devices.watching.remove((kind, listener))

        return Slot()

    def frame_comes(self, kind: DeviceKind = DeviceKind.CAMERA) -> None:
        """Another frame of a running preview."""
        for wanted, listener in list(self.watching):
            if wanted is kind:
                listener()

    def start_preview(self, kind: DeviceKind) -> None:
        self.started.append(kind)
        self.frame_comes(kind)

    def stop_preview(self, kind: DeviceKind) -> None:
        if kind in self.started:
            self.started.remove(kind)

    def close(self) -> None:
        self._listeners.clear()


class _Device:
    def __init__(self, owner: FakeDevices, kind: DeviceKind) -> None:
        self.owner, self.kind = owner, kind

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("Simulasi", self.kind.value, "1", "sim", True)

    def still(self) -> RawImage:
        return raw(portrait(self.owner.latar))

    def capture(self, *args: Any) -> Any:
        if self.kind in self.owner.waiting:
            self.owner.waiting[self.kind].wait(5)
            raise CaptureFailed("device.interrupted", device_kind=str(self.kind))
        if self.kind is DeviceKind.FINGERPRINT:
            return FingerCapture(raw(finger(0), 500))
        if self.kind is DeviceKind.IRIS:
            return IrisCapture(tuple((e, raw(eye())) for e in args[0]))
        return ink()

    def scan(self, timeout_s: float) -> list[RawImage]:
        return [raw(Image.new("RGB", (800, 1100), "white"))]

    def media(self) -> PrintMedia:
        return PrintMedia("cr80", 8560, 5398)

    def find(self, title: str) -> PrintJob | None:
        job_id = self.owner.titles.get(title)
        return self.job(job_id) if job_id else None

    def supplies(self) -> PrinterSupplies:
        return PrinterSupplies(ribbon=80)

    def healthy(self) -> None:
        return None

    def cancel(self, job_id: str) -> PrintJob:
        if self.owner.jobs.get(job_id) is PrintJobState.PENDING:
            self.owner.jobs[job_id] = PrintJobState.FAILED
        return self.job(job_id)

    def submit(self, front: Any, back: Any, title: str = "", media: Any = None) -> PrintJob:
        if self.kind in self.owner.trouble:  # only an unknown outcome gets this far
            raise self.owner.trouble[self.kind]
        self.owner.chip = f"04A1B2{len(self.owner.jobs):02X}"
        job_id = f"p-{len(self.owner.jobs) + 1}"
        self.owner.jobs[job_id] = self.owner.printer_says
        self.owner.titles[title] = job_id
        return PrintJob(job_id, PrintJobState.PRINTING)

    def job(self, job_id: str) -> PrintJob:
        state = self.owner.jobs.get(job_id, PrintJobState.UNKNOWN)
        return PrintJob(job_id, state, self.owner.complaint if state is PrintJobState.FAILED else "")

    def connect(self, timeout_s: float) -> bytes:
        return b"\x3b\x80\x01"

    def transmit(self, apdu: bytes) -> bytes:
        return bytes.fromhex("04A1B2C3D4E5F69000")

    def disconnect(self) -> None:
        return None

    def read(self, timeout_s: float) -> str:
        return "0042/KTP/XI/2026"


class Judge:
    """Biometrics with fixed, changeable scores."""

    match_threshold = 0.5

    def __init__(self) -> None:
        self.scores: dict[Position, list[int]] = {}
        self.same: set[frozenset[Position]] = set()
        self.slips = 0
        self.alike: set[str] = set()
        self.failures: list[KioskError] = []
        self.nbis = "ok"
        self.likeness = 0.9

    def _made(self, position: Position, image: Image.Image, mime: str = "image/png", data: bytes = b"") -> Assessed:
        queue = self.scores.get(position)
        score = (queue.pop(0) if len(queue) > 1 else queue[0]) if queue else 60 + (len(position.value) * 7) % 30
        hints = ("finger.too_light",) if score < 30 else ()
        measures = {"background": 96.0, "head_size": 72.0, "roll": 2.0, "sharpness": 91.0, "evenness": 84.0} \
            if position is Position.FACE else {}
        return Assessed(position, mime, data or png(image), image.width, image.height, 500,
                        Quality("uji 1", score, measures=measures, hints=hints))

    def assess_face(self, frame: RawImage, latar: str, *, replace_background: bool = False) -> Assessed:
        return self._made(Position.FACE, portrait(latar))

    def preview_face(self, frame: RawImage, latar: str) -> Quality:
        return Quality("uji 1", 55, hints=("face.chin_up",), measures={"background": 96.0, "head_size": 72.0})

    def assess_fingers(self, capture: Any, positions: Any) -> list[Assessed]:
        if self.failures:
            raise self.failures.pop(0)
        return [self._made(p, finger(i * 3)) for i, p in enumerate(positions)]

    def assess_iris(self, position: Position, image: RawImage) -> Assessed:
        return self._made(position, eye())

    def assess_signature(self, capture: SignatureCapture, kind: Any) -> Assessed:
        return self._made(Position.SIGNATURE, Image.new("L", (4, 4)), "application/x-ktpel-pen", repr(capture.points).encode())

    def assess_thumbprint(self, capture: Any, position: Position = Position.LEFT_THUMB) -> Assessed:
        return self._made(Position.SIGNATURE, finger(3))

    def finger_conflicts(self, new: Any, accepted: Any) -> list[Conflict]:
        if self.slips and len(new) > 1:  # so many touches with the first finger placed twice
            self.slips -= 1
            return [Conflict(new[1][0], new[0][0], 0.93)]
        return [Conflict(p, q, 0.87) for i, (p, _) in enumerate(new) for q, _ in [*accepted, *new[:i]]
                if p is not q and frozenset((p, q)) in self.same]

    def retained_form(self, data: bytes) -> bytes:
        return b"FORM" + data[:40]

    def identify(self, probes: Any, gallery: Any, cancelled: Any = None, *, any_position: bool = False) -> list[Candidate]:
        """Whom a test named in ``alike``, where their fingers are kept."""
        people = {person for chunk in gallery for person, _position, _form in chunk}
        index = Position.RIGHT_INDEX
        return [Candidate(person, 1.7, ((index, index, 0.9), (Position.LEFT_INDEX, Position.LEFT_INDEX, 0.8)))
                for person in sorted(people & self.alike)]

    def iris_conflicts(self, new: Any, accepted: Any) -> list[Any]:
        return []

    iris_threshold = 0.4
    iris_score = 0.9

    def iris_form(self, png: Any) -> bytes:
        return b"IRC1"

    def compare_iris(self, probe: Any, form: Any) -> float:
        return self.iris_score

    def iris_hints(self, eyes: Any) -> tuple[str, ...]:
        return ()

    def compare_fingers(self, a: bytes, b: bytes) -> float:
        return self.likeness

    def template(self, data: bytes) -> bytes:
        return b"FMR\0" + data[:8]

    def compare_template(self, probe: bytes, template: bytes) -> float:
        return 0.92

    def signature_png(self, data: bytes) -> bytes:
        image = Image.new("L", (600, 220), 255)
        d = ImageDraw.Draw(image)
        d.line([(40 + t * 4, 110 - 70 * math.sin(t / 7) * math.exp(-t / 90)) for t in range(120)], fill=0, width=5)
        return png(image)

    def card_picture(self, data: bytes, media_type: str, what: str) -> bytes:
        return png(portrait()) if what in ("portrait", "foto KTP-el") else self.signature_png(data)

    def card_template(self, data: bytes, what: str) -> bytes:
        return data

    def chip_portrait(self, data: bytes) -> bytes:
        return data[:16]

    def ready(self) -> dict[str, str]:
        return {"uji": "ok", "NFIQ2 2.3.0": self.nbis}


class Vault:
    def free_bytes(self) -> int:
        return 50_000_000_000

    def remove(self, *paths: str) -> None:
        """Nothing lies on a disk here."""

    def seal(self, content: Any) -> SealedPacket:
        data = content.packet_id.encode()
        return SealedPacket(content.packet_id, f"{content.packet_id}.ktpelpkt", hashlib.sha256(data).hexdigest(), 412_000)


class Press:
    """Documents and the card face, drawn simply."""

    def __getattr__(self, name: str) -> Callable[..., bytes]:
        return lambda *_a, **_k: b"%PDF " + name.encode()

    def page(self, pdf: bytes, number: int) -> Any:
        from ktpel_kiosk.documents.page_pictures import page_picture
        return page_picture(pdf, number)

    def write_book(self, book: Any, format: str, sink: Any, *, tmpdir: Any = None) -> str:
        sink.write(repr([row.cells for row in book.rows]).encode())
        return self.content_hash(book)

    def content_hash(self, book: Any) -> str:
        return hashlib.sha256(repr((book.title, book.period, [(r.void, r.cells) for r in book.rows])).encode()).hexdigest()

    def render(self, penduduk: Any, portrait_png: bytes, signature_png: bytes, place: str, issued: date, header: Any, *,
               dpi: int = 300, specimen: bool = True) -> CardFace:
        front = Image.new("RGB", (1011, 638), "#CFE4F5")
        d = ImageDraw.Draw(front)
        d.text((300, 30), " ".join(header), fill="black")
        d.text((60, 120), f"NIK : {penduduk.nik}\n{penduduk.nama}", fill="black")
        front.paste(Image.open(io.BytesIO(portrait_png)).resize((200, 267)), (760, 150))
        return CardFace(raw(front), raw(Image.new("RGB", (1011, 638), "#DDE")), hashlib.sha256(front.tobytes()).hexdigest())


class Chips:
    def __init__(self, devices: FakeDevices) -> None:
        self.devices = devices

    def uid(self, reader: Any) -> str:
        return self.devices.chip

    def write(self, reader: Any, data: Any) -> str:
        self.devices.chips[self.devices.chip] = data
        return hashlib.sha256(repr(data).encode()).hexdigest()

    def read(self, reader: Any) -> ChipContent:
        data = self.devices.chips.get(self.devices.chip)
        if data is None:
            raise CardRefused("chip.empty", device_kind="card_reader", operation="read", status="-")
        digest = hashlib.sha256(repr(data).encode()).hexdigest()
        return ChipContent(self.devices.chip, data.credential, data.face_hash, digest, data.minutiae)


class Line:
    """A gateway that knows what a test tells it."""

    def __init__(self) -> None:
        self.statuses: dict[str, StatusSiak] = {}
        self.biodata: dict[str, Penduduk] = {}
        self.trouble: KioskError | None = None

    def lookup(self, nik: str) -> Penduduk | None:
        return self.biodata.get(nik)

    def record_status(self, nik: str) -> RecordStatus | None:
        if self.trouble:
            raise self.trouble
        return RecordStatus(nik, self.statuses[nik], NOW) if nik in self.statuses else None

    def card_material(self, nik: str) -> CardMaterial | None:
        """Of whoever has biodata here."""
        if self.trouble:
            raise self.trouble
        if nik not in self.biodata:
            return None
        return CardMaterial(self.biodata[nik], png(portrait()), "image/png", b"ink", "image/png", ((Position.RIGHT_INDEX, b"FMR"),))

    def report_card(self, event: str, facts: Any) -> None:
        return None


class Hasher:
    def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode()).hexdigest()

    def verify(self, hashed: str, password: str) -> bool:
        return self.hash(password) == hashed


class Spool:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, name: str, data: bytes, folder: str = "") -> Path:
        path = self.place(name, folder)
        self.kept[str(path)] = data
        return path

    def place(self, name: str, folder: str = "") -> Path:
        return Path(folder, name)

    @contextmanager
    def sink(self, path: Path) -> Iterator[io.BytesIO]:
        out = io.BytesIO()
        yield out
        self.kept[str(path)] = out.getvalue()

    def scratch(self) -> None:
        return None

    def older(self, before: object) -> list[str]:
        return []

    def remove(self, names: object) -> None:
        return None

    def write_file(self, path: Path, data: bytes) -> None:
        self.kept[str(path)] = data


class FakeOffice:
    """A desk with people: ``walk`` leads invented applicants to where a test or a screen needs them."""

    def __init__(self, office: str = "tempeh", register: Callable[[PracticeClock], Any] | None = None,
                 clock: PracticeClock | None = None) -> None:
        self.clock = clock or PracticeClock(NOW)
        self.devices, self.judge, self.spool = FakeDevices(), Judge(), Spool()
        self.register: Any = MemoryRegister() if register is None else register(self.clock)
        sop = sops.load(office)
        press = Press()
        self.desk = Desk(
            register=self.register, devices=self.devices, biometrics=self.judge, sealer=Vault(), documents=press,  # type: ignore[arg-type]
            renderer=press, personaliser=Chips(self.devices), gateway=Line(), hasher=Hasher(),  # type: ignore[arg-type]
            officer_keys=QUICK_KEYS, spool=self.spool,  # type: ignore[arg-type]
            clock=self.clock, ids=Uuid7(self.clock), sop=sop, parse_sop=lambda t: parse_sop(t, name="register"),
            read_public_card=lambda _reader: PublicData("04A1B2C3D4E5F6", bytes.fromhex("010203040506"), png(portrait())),
            regions=region_table, holidays=frozenset, station=f"{office}-1", sentences=load_sentences(), seal_lock=threading.Lock(),
        )
        self.register.limits = {s.nomor: s.limit_s for s in sop.langkah}
        self.actors: dict[Peran, Actor] = {}
        for username, nama, roles in USERS:
            users.save_user(self.desk, None, username, nama, roles, PASSWORD)
            actor = sign_in.sign_in(self.desk, username, PASSWORD)
            for role in roles:
                self.actors.setdefault(role, actor)
        printing.receive_blangko(self.desk, self.actors[Peran.SUPERVISOR], [f"{n:05d}" for n in range(1, 144)], "BAST-1")
        self.officers = Officers(self.actors, dict.fromkeys((u[0] for u in USERS), PASSWORD))

    @property
    def rina(self) -> Actor:
        return self.actors[Peran.OPERATOR]

    def person(self, index: int) -> Invented:
        return invent(index, 7, self.desk.sop.kantor, ("TEMPEH LOR", "PULO", "JOKARTO"), date(2026, 11, 20))

    def walk(self) -> Walk:
        return Walk(self.desk, self.officers, seat=lambda _p: None, card_to_reader=lambda _j: None, work_for=self.clock.advance)

    def begun(self, index: int, layanan: Layanan = Layanan.BARU_WNI) -> Permohonan:
        return self.walk().intake(self.person(index), layanan)

    def to_stage(self, index: int, stage: Stage) -> Permohonan:
        """An application led until its current stage is ``stage``."""
        p, walk = self.begun(index), self.walk()
        one, kasi = self.rina, self.actors[Peran.KASI]
        steps: dict[Stage, Callable[[Permohonan], object]] = {
            Stage.AGENDA_REGISTER: lambda q: intake.assign_number(self.desk, one, q.id),
            Stage.VERIFIKASI: lambda q: verification.verify(self.desk, kasi, q.id),
            Stage.VALIDASI: lambda q: verification.validate(self.desk, kasi, q.id),
            Stage.REKAM: lambda q: walk._record(one, q), Stage.KIRIM: lambda q: walk._seal(one, q),
            Stage.MENUNGGU_PRR: lambda q: self.prr(q.id), Stage.CETAK_ENCODE: lambda q: walk._print(one, q),
            Stage.CEK_CETAK: lambda q: printing.check_before_print(self.desk, one, q.id),
            Stage.AKTIVASI: lambda q: walk._activate(one, q), Stage.SERAH_LOKET: lambda q: handover.move_to_counter(self.desk, one, q.id),
            Stage.TERBIT_SURAT: lambda q: letters.issue_letters(self.desk, one, q.id),
        }
        while (t := self.read(p.id).current()) is not None and t.stage is not stage:
            actor = kasi if t.stage in (Stage.VERIFIKASI, Stage.VALIDASI) else one
            if t.stage is not Stage.MENUNGGU_PRR:
                open_work(self.desk, actor, p.id)
                self.clock.advance(24 + 7 * (index % 5))
            steps[t.stage](self.read(p.id))
        return self.read(p.id)

    def prr(self, pid: str) -> None:
        packet = self.register.read(lambda v: v.packet_of(pid))
        p = self.read(pid)
        sequence = self.register.read(lambda v: v.status_cursor()) + 1
        statuses.apply_status(self.desk, StatusEvent(sequence, packet.packet_id, p.penduduk.nik, StatusSiak.PRINT_READY_RECORD,
                                                     self.clock.now()))

    def read(self, pid: str) -> Permohonan:
        return self.register.read(lambda v: v.permohonan(pid))

    def rename(self, pid: str, nama: str) -> None:
        p = self.read(pid)
        self.register._p[pid] = replace(p, penduduk=replace(p.penduduk, nama=nama))
