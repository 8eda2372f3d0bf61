"""Small stand-ins for the ports around the desk; the register in these tests is the real one.

Each double keeps what it was asked, so that a test can look, and can be told to fail.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import DeviceIdentity, PenPoint, Position, Quality, RawImage, SignatureKind
from ktpel_kiosk.domain.errors import BadInput, Corrupt, KioskError, NotConnected, OutcomeUnknown
from ktpel_kiosk.domain.packet import PacketContent, SealedPacket
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.provision import Taken
from ktpel_kiosk.domain.retention import Spare
from ktpel_kiosk.domain.status import StatusSiak
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
from ktpel_kiosk.ports.papers import Book
from ktpel_kiosk.ports.restore import Agreed, CopyReport, Drill, FoundCopy, Opening, Series, SheetRead
from ktpel_kiosk.ports.services import Assessed, Candidate, CardFace, CardMaterial, ChipContent, ChipData, Conflict, RecordStatus
from ktpel_kiosk.ports.setup import BackupPlace, FoundBundle, KeyState
from ktpel_kiosk.ports.station_care import Copies, Sheet, Sheets
from ktpel_kiosk.ports.updates import NewVersion, Source, UpdateState, When

GREY = RawImage(8, 8, 1, bytes(64), 500)
COLOUR = RawImage(8, 8, 3, bytes(192))
INK = SignatureCapture((PenPoint(0, 0, 5, 0), PenPoint(900, 500, 9, 5)), 9600, 6000)


class Bench:
    """All devices at once; ``trouble[kind]`` raises instead of answering."""

    def __init__(self) -> None:
        self.trouble: dict[DeviceKind, KioskError] = {}
        self.touches: list[tuple[Position, ...]] = []
        self.jobs: dict[str, PrintJobState] = {}
        self.titles: dict[str, str] = {}
        self.chip: bytes = b"UID00001"
        self.wanted: dict[DeviceKind, str] = {}
        self.interrupted: list[DeviceKind] = []
        self.ending = PrintJobState.DONE

    def states(self) -> list[DeviceState]:
        return [DeviceState(k, DeviceHealth.READY, DeviceIdentity("Uji", k.value, "1", "double", True)) for k in DeviceKind]

    def inventory(self) -> list[DeviceSeen]:
        return [DeviceSeen(k, "double", f"key-{k.value}", f"Uji {k.value}", "1", True) for k in DeviceKind]

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        self.wanted[kind] = wanted

    def interrupt(self, kind: DeviceKind) -> None:
        self.interrupted.append(kind)

    def call(self, kind: DeviceKind, operation: str, work: Callable[[Any], Any], deadline_s: float) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            if kind in self.trouble and not isinstance(self.trouble[kind], OutcomeUnknown):
                raise self.trouble[kind]
            future.set_result(work(_Device(self, kind)))
        except Exception as error:
            future.set_exception(error)
        return future


class _Device:
    def __init__(self, bench: Bench, kind: DeviceKind) -> None:
        self.bench, self.kind = bench, kind

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("Uji", self.kind.value, "1", "double", True)

    def still(self) -> RawImage:
        return COLOUR

    def capture(self, *args: Any) -> Any:
        if self.kind is DeviceKind.FINGERPRINT:
            self.bench.touches.append(tuple(args[0]))
            return FingerCapture(GREY)
        if self.kind is DeviceKind.IRIS:
            return IrisCapture(tuple((eye, GREY) for eye in args[0]))
        return INK

    def scan(self, timeout_s: float) -> list[RawImage]:
        return [COLOUR, COLOUR]

    def read(self, timeout_s: float) -> str:
        return "0042/KTP/XI/2026"

    def healthy(self) -> None:
        return None

    def transmit(self, apdu: bytes) -> bytes:
        return b"\x04\xa1\xb2\xc3\x90\x00" if apdu[:2] == b"\xff\xca" else b"\x6d\x00"

    def disconnect(self) -> None:
        return None

    def media(self) -> PrintMedia:
        return PrintMedia("cr80", 8560, 5398)

    def submit(self, front: RawImage, back: RawImage | None, title: str, layers: Any = None) -> PrintJob:
        """Each card has a chip of its own, and the newest one lies on the reader."""
        if self.kind in self.bench.trouble:  # only an unknown outcome gets this far
            raise self.bench.trouble[self.kind]
        self.bench.chip = f"UID{len(self.bench.jobs) + 1:05d}".encode()
        job_id = f"p-{len(self.bench.jobs) + 1}"
        self.bench.jobs[job_id] = self.bench.ending
        self.bench.titles[title] = job_id
        return PrintJob(job_id, PrintJobState.PRINTING)

    def job(self, job_id: str) -> PrintJob:
        return PrintJob(job_id, self.bench.jobs.get(job_id, PrintJobState.UNKNOWN))

    def find(self, title: str) -> PrintJob | None:
        job_id = self.bench.titles.get(title)
        return self.job(job_id) if job_id else None

    def supplies(self) -> PrinterSupplies:
        return PrinterSupplies(ribbon=80)

    def connect(self, timeout_s: float) -> bytes:
        return b"\x3b\x80\x01"


@dataclass
class Judge:
    """Biometrics with the scores a test sets; default 80 for everything."""

    scores: dict[Position, list[int]] = field(default_factory=dict)
    hints: dict[Position, tuple[str, ...]] = field(default_factory=dict)
    failures: list[KioskError] = field(default_factory=list)
    algorithm: str = "uji 1"
    replaced: list[bool] = field(default_factory=list)
    same: set[frozenset[Position]] = field(default_factory=set)
    activation_score: float = 0.9
    all_alike: bool = False
    print_of_another: bool = False
    match_threshold: float = 0.5

    def _assessed(self, position: Position, mime: str = "image/png") -> Assessed:
        queue = self.scores.get(position)
        score = (queue.pop(0) if len(queue) > 1 else queue[0]) if queue else 80
        quality = Quality(self.algorithm, score, hints=self.hints.get(position, ()))
        return Assessed(position, mime, position.value.encode() * 50, 8, 8, 500, quality)

    def assess_face(self, frame: RawImage, latar: str, *, replace_background: bool = False) -> Assessed:
        self.replaced.append(replace_background)
        made = self._assessed(Position.FACE)
        if replace_background:
            made = replace(made, quality=replace(made.quality, measures={"background_replaced": 1.0}))
        return made

    def assess_fingers(self, capture: FingerCapture, positions: Sequence[Position]) -> list[Assessed]:
        if self.failures:
            raise self.failures.pop(0)
        return [self._assessed(p) for p in positions]

    def assess_iris(self, position: Position, image: RawImage) -> Assessed:
        return self._assessed(position)

    def assess_signature(self, capture: SignatureCapture, kind: SignatureKind) -> Assessed:
        return self._assessed(Position.SIGNATURE, "application/x-ktpel-pen")

    def assess_thumbprint(self, capture: FingerCapture, position: Position = Position.LEFT_THUMB) -> Assessed:
        return self._assessed(Position.SIGNATURE)

    def finger_conflicts(self, new: Sequence[tuple[Position, bytes]], accepted: Sequence[tuple[Position, bytes]]) -> list[Conflict]:
        return [Conflict(p, q, 1.0) for i, (p, _) in enumerate(new) for q, _ in [*accepted, *new[:i]]
                if p is not q and frozenset((p, q)) in self.same]

    iris_conflicts = finger_conflicts

    iris_threshold: float = 0.4
    iris_score: float = 0.9

    def iris_form(self, png: bytes) -> bytes:
        return b"IRC1" + png[:8]

    def compare_iris(self, probe_png: bytes, form: bytes) -> float:
        return self.iris_score

    def iris_hints(self, eyes: Sequence[tuple[Position, Quality]]) -> tuple[str, ...]:
        return ()

    def compare_fingers(self, probe_png: bytes, reference_png: bytes) -> float:
        names = frozenset(Position(png[: len(png) // 50].decode()) for png in (probe_png, reference_png))
        if Position.SIGNATURE in names:
            return 0.1 if self.print_of_another else 0.9
        return 1.0 if names in self.same else 0.0

    def template(self, png: bytes) -> bytes:
        return b"FMR\0" + png[:8]

    def compare_template(self, probe_png: bytes, template: bytes) -> float:
        return self.activation_score

    def retained_form(self, png: bytes) -> bytes:
        return b"FORM" + png[:40]

    def identify(self, probes: Mapping[Position, bytes], gallery: Iterable[Sequence[tuple[str, Position, bytes]]],
                 cancelled: Callable[[], bool] = lambda: False, *, any_position: bool = False) -> list[Candidate]:
        """Everybody whose form is byte for byte the same on two fingers, unless the test says all alike."""
        alike: dict[str, list[tuple[Position, Position, float]]] = {}
        for chunk in gallery:
            for person, position, form in chunk:
                if self.all_alike and form == probes.get(position):
                    alike.setdefault(person, []).append((position, position, 0.8))
        return [Candidate(person, 1.6, tuple(fingers)) for person, fingers in alike.items() if len(fingers) > 1]

    def signature_png(self, data: bytes) -> bytes:
        return b"\x89PNG" + data[:8]

    def chip_portrait(self, png: bytes) -> bytes:
        return png[:16]

    def card_picture(self, untrusted: bytes, media_type: str, entry: str) -> bytes:
        if untrusted.startswith(b"bad"):
            raise BadInput("image.damaged", entry=entry)
        return b"\x89PNG" + untrusted

    def card_template(self, untrusted: bytes, entry: str) -> bytes:
        return untrusted

    def ready(self) -> Mapping[str, str]:
        return {"uji": "ok"}


class Vault:
    """A sealer that writes recognisable files and can be told to fail. ``kept``: whether it leaves spare contents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spares = folder.parent / "simpanan"
        self.contents: list[PacketContent] = []
        self.resealed: list[tuple[str, str]] = []
        self.trouble: KioskError | None = None
        self.kept = True

    def seal(self, content: PacketContent) -> SealedPacket:
        if self.trouble:
            raise self.trouble
        self.contents.append(content)
        return self._write(content.packet_id, content.packet_id.encode(), content.created_at)

    def reseal(self, spare: Spare, *, packet_id: str, counter: int, previous_hash: str, created_at: datetime) -> SealedPacket:
        if self.trouble:
            raise self.trouble
        if not self.spare_opens(spare):
            raise Corrupt("packet.spare_damaged", packet_id=spare.packet_id)
        self.resealed.append((spare.packet_id, packet_id))
        return self._write(packet_id, f"{packet_id} {counter} {previous_hash} {spare.packet_id}".encode(), created_at)

    def _write(self, packet_id: str, data: bytes, at: datetime) -> SealedPacket:
        name, inside, key = f"{packet_id}.ktpelpkt", b"isi " + packet_id.encode(), bytes(32)
        self.folder.mkdir(exist_ok=True)
        self.spares.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(data)
        spare = None
        if self.kept:
            spare = Spare(packet_id, f"{packet_id}.isi", len(inside), hashlib.sha256(inside).hexdigest(), at, key)
            (self.spares / spare.path).write_bytes(inside)
        return SealedPacket(packet_id, name, hashlib.sha256(data).hexdigest(), len(data), spare=spare)

    def read(self, path: str) -> bytes:
        return self._place(path).read_bytes()

    def exists(self, path: str, sha256: str) -> bool:
        place = self._place(path)
        return place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == sha256

    def size(self, path: str) -> int:
        place = self._place(path)
        return place.stat().st_size if place.is_file() else -1

    def spare_opens(self, spare: Spare) -> bool:
        return self.exists(spare.path, spare.sha256)

    def leftovers(self, known: frozenset[str]) -> Iterator[str]:
        folders = [f for f in (self.folder, self.spares) if f.exists()]
        return (p.name for f in folders for p in sorted(f.iterdir()) if p.name not in known)

    def free_bytes(self) -> int:
        return 50_000_000_000

    def remove(self, *paths: str) -> None:
        for path in paths:
            self._place(path).unlink(missing_ok=True)

    def _place(self, path: str) -> Path:
        return (self.spares if ".isi" in path else self.folder) / path


class Press:
    """Documents and card faces as tiny recognisable bytes."""

    def __init__(self) -> None:
        self.books: list[Book] = []
        self.burned: list[Any] = []
        self.letters: list[Any] = []

    def page(self, pdf: bytes, number: int) -> Any:
        from ktpel_kiosk.documents.page_pictures import page_picture
        return page_picture(pdf, number)

    def receipt(self, paper: Any) -> bytes:
        return b"%PDF receipt " + paper.nomor_register.encode()

    def checklist(self, paper: Any) -> bytes:
        return b"%PDF checklist " + paper.nomor_register.encode()

    def verification(self, paper: Any) -> bytes:
        return b"%PDF verification " + paper.keputusan.encode()

    def return_slip(self, paper: Any, reasons: Sequence[str]) -> bytes:
        return b"%PDF return " + ",".join(reasons).encode()

    def handover(self, paper: Any) -> bytes:
        return b"%PDF handover " + paper.number.encode()

    def receipt_80mm(self, paper: Any) -> bytes:
        return b"%PDF roll " + paper.nomor_register.encode()

    def return_slip_80mm(self, paper: Any, reasons: Sequence[str]) -> bytes:
        return b"%PDF roll return " + ",".join(reasons).encode()

    def handover_80mm(self, paper: Any) -> bytes:
        return b"%PDF roll handover " + f"{paper.number} {paper.tanggal_cetak}".encode()

    def f102(self, paper: Any) -> bytes:
        return b"%PDF f102 " + f"{paper.nik} {paper.layanan} {sorted(paper.lampiran)} {paper.berkas_lain}".encode()

    def key_sheets(self, paper: Any) -> bytes:
        return b"%PDF sheets " + f"{len(paper.sheets)}".encode()

    def quick_card(self, paper: Any) -> bytes:
        return b"%PDF quick " + " ".join(title for _n, title, _limit, _parts in paper.steps).encode()

    def standard(self, paper: Any) -> bytes:
        return b"%PDF standard " + f"{len(paper.komponen)} {paper.maklumat[0]}".encode()

    def letter(self, paper: Any) -> bytes:
        self.letters.append(paper)
        return b"%PDF " + paper.jenis.encode() + b" " + paper.nomor.encode()

    def book(self, book: Book, format: str) -> bytes:
        self.books.append(book)
        out = io.StringIO()
        for row in book.rows:
            out.write(";".join(map(str, row.cells)) + "\n")
        return out.getvalue().encode()

    def write_book(self, book: Book, format: str, sink: BinaryIO, *, tmpdir: Path | None = None) -> str:
        sink.write(self.book(book, format))
        return self.content_hash(book)

    def content_hash(self, book: Book) -> str:
        rows = [(row.void, row.cells) for row in book.rows]
        return hashlib.sha256(repr((book.title, book.period, book.columns, rows)).encode()).hexdigest()

    def data_purge(self, paper: Any) -> bytes:
        return b"%PDF data purge " + paper.nomor.encode()

    def destruction(self, paper: Any) -> bytes:
        self.burned.append(paper)
        return b"%PDF destruction " + paper.nomor.encode()

    def statement(self, paper: Any) -> bytes:
        return b"%PDF statement " + paper.judul.encode()

    def complaint(self, paper: Any) -> bytes:
        return b"%PDF complaint"

    def damage_report(self, paper: Any) -> bytes:
        self.letters.append(paper)
        return b"%PDF damage " + paper.nomor.encode()

    def printer_test(self, paper: Any) -> bytes:
        return b"%PDF test " + paper.petugas.encode()

    def printer_test_80mm(self, paper: Any) -> bytes:
        return b"%PDF roll test " + paper.petugas.encode()

    def report(self, paper: Any) -> bytes:
        return b"%PDF report"

    def report_hash(self, paper: Any) -> str:
        return hashlib.sha256(repr(paper).encode()).hexdigest()

    def render(self, penduduk: Penduduk, portrait_png: bytes, signature_png: bytes, place: str, issued_on: date,
               header: tuple[str, str], *, dpi: int = 300, specimen: bool = True) -> CardFace:
        return CardFace(COLOUR, COLOUR, hashlib.sha256(penduduk.nik.encode() + portrait_png).hexdigest())


class Chips:
    """Chips by UID; ``corrupt`` makes the read back differ, ``foreign`` claims another credential."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.written: dict[str, ChipData] = {}
        self.corrupt = False
        self.tear: KioskError | None = None

    def uid(self, reader: Any) -> str:
        return self.bench.chip.hex()

    def write(self, reader: Any, data: ChipData) -> str:
        if self.tear:
            tear, self.tear = self.tear, None
            raise tear
        self.written[self.uid(reader)] = data
        return self._digest(data)

    def read(self, reader: Any) -> ChipContent:
        data = self.written.get(self.uid(reader))
        if data is None:
            raise NotConnected("chip.empty", device_kind="card_reader")
        digest = "0" * 64 if self.corrupt else self._digest(data)
        return ChipContent(self.uid(reader), data.credential, data.face_hash, digest, data.minutiae)

    @staticmethod
    def _digest(data: ChipData) -> str:
        return hashlib.sha256(repr(data).encode()).hexdigest()


class Line:
    """A gateway that remembers card events; ``trouble`` makes it fail."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, str]]] = []
        self.refuses: dict[str, KioskError] = {}
        self.biodata: dict[str, Penduduk] = {}
        self.statuses: dict[str, StatusSiak] = {}
        self.portrait = b"portrait"
        self.trouble: KioskError | None = None

    def record_status(self, nik: str) -> RecordStatus | None:
        if self.trouble:
            raise self.trouble
        status = self.statuses.get(nik)
        return RecordStatus(nik, status, datetime(2026, 1, 5, tzinfo=UTC)) if status else None

    def card_material(self, nik: str) -> CardMaterial | None:
        """Of whoever has biodata here."""
        if self.trouble:
            raise self.trouble
        person = self.biodata.get(nik)
        if person is None:
            return None
        fingers = ((Position.RIGHT_INDEX, b"FMR\0right"), (Position.LEFT_INDEX, b"FMR\0left"))
        return CardMaterial(person, self.portrait, "image/jp2", b"ink", "image/png", fingers)

    def lookup(self, nik: str) -> Penduduk | None:
        if self.trouble:
            raise self.trouble
        return self.biodata.get(nik)

    def report_card(self, event: str, facts: Mapping[str, str]) -> None:
        if self.trouble:
            raise self.trouble
        if facts["event_id"] in self.refuses:
            raise self.refuses[facts["event_id"]]
        self.events.append((event, dict(facts)))


class QuickHasher:
    """Not Argon2: these tests are about what happens around the hash."""

    def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode()).hexdigest()

    def verify(self, hashed: str, password: str) -> bool:
        return self.hash(password) == hashed


class Back:
    """Copies to be put back, in memory. ``trouble[name]``: the next call of that name raises it."""

    AT = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)

    def __init__(self) -> None:
        place = Path("/media/cadangan")
        self.found = [FoundCopy(place / f"register-202611{day}T180000Z-1.sqlite", self.AT.replace(day=day), "Kecamatan Tempeh",
                                "3508050-meja-1", 1200 + day) for day in (25, 24, 23)]
        series = (Series("register", 2026, 1225, 1231), Series("surat", 2026, 40, 40))
        self.report = CopyReport(self.found[0], 1225, 1180, series, 6, 5, 61, 4)
        self.trouble: dict[str, KioskError] = {}
        self.agreed: list[tuple[Path, Opening, Agreed]] = []

    def _raise(self, name: str) -> None:
        if name in self.trouble:
            raise self.trouble.pop(name)

    def copies(self, folder: Path) -> list[FoundCopy]:
        return self.found

    def examine(self, copy: Path, opening: Opening) -> CopyReport:
        self._raise("examine")
        return replace(self.report, copy=next(c for c in self.found if c.path == copy))

    def restore(self, copy: Path, opening: Opening, agreed: Agreed, told: Callable[[str], None]) -> None:
        self._raise("restore")
        told("Salinan diperiksa.")
        self.agreed.append((copy, opening, agreed))

    def read_sheet(self, typed: str) -> SheetRead:
        """Any 21 words; the first says the number."""
        if len(typed.split()) != 21 and not typed.startswith("KTPEL-KUNCI:"):
            raise BadInput("shares.length", count=len(typed.split()), expected="21")
        return SheetRead(4821, 2 if typed.startswith("KTPEL-KUNCI:") else 1, 2)

    def drill(self, copy: Path, opening: Opening) -> Drill:
        self._raise("drill")
        return Drill(next(c for c in self.found if c.path == copy), 1225, 18_400, 41.0)


FOUND = NewVersion("1.4.0", ("Antrean lebih cepat dibuka.", "Daftar libur 2027."), date(2026, 11, 20), 3_400_000,
                   datetime(2027, 2, 18, tzinfo=UTC), Source.USB, Path("/media/usb/ktpel-pembaruan"))


class NewVersions:
    """New versions in memory. ``trouble[name]``: the next call of that name raises it."""

    def __init__(self, found: NewVersion | None = FOUND) -> None:
        self.found, self.kept = found, UpdateState("1.3.2")
        self.trouble: dict[str, KioskError] = {}
        self.brought: list[str] = []
        self.floors: list[datetime | None] = []
        self.restarts = 0

    def _raise(self, name: str) -> None:
        if name in self.trouble:
            raise self.trouble.pop(name)

    def state(self) -> UpdateState:
        return self.kept

    def look(self, floor: datetime | None) -> NewVersion | None:
        self.floors.append(floor)
        self._raise("look")
        return self.found

    def bring_in(self, found: NewVersion, floor: datetime | None) -> None:
        self._raise("bring_in")
        self.brought.append(found.version)

    def want(self, version: str, when: When, by: str) -> None:
        self.kept = replace(self.kept, wanted=version, when=when)

    def forget(self) -> str:
        before = self.kept.wanted
        self.kept = replace(self.kept, wanted="")
        return before

    def restart(self) -> None:
        self.restarts += 1


class Care:
    """A production desk's own care in memory. ``trouble[name]``: the next call of that name raises it."""

    ROLES = ("station", "centre", "receipt", "line_ca", "line")

    def __init__(self) -> None:
        self.state = KeyState("permintaan-uji", {}, self.ROLES)
        self.kept, self.address, self.code, self.copied = Copies(), "", "", 0
        self.disks = [BackupPlace(Path("/media/cadangan"), "Cadangan", 58_200_000_000, True)]
        self.trouble: dict[str, KioskError] = {}
        self.wrote: list[tuple[str, Path]] = []
        self.set = Sheets()
        self.back = Back()

    def restoring(self) -> Back:
        return self.back

    def sheets(self) -> Sheets:
        return self.set

    def make_sheets(self, needed: int, count: int, handed: Callable[[list[Sheet]], None]) -> Sheets:
        self._raise("make_sheets")
        made = Sheets(self.set.set_id + 1, needed, count)
        words = tuple(("abad abang abu acar adat adik agung " * 3).split())
        handed([Sheet(made.set_id, n, needed, count, words, f"KTPEL-KUNCI:{n}") for n in range(1, count + 1)])
        self.set = made
        return made

    def _raise(self, name: str) -> None:
        if name in self.trouble:
            raise self.trouble.pop(name)

    def keys(self) -> KeyState:
        return self.state

    def complete(self) -> KeyState:
        self.state = replace(self.state, found=dict.fromkeys(self.ROLES, "kantor uji, berlaku sampai 3 Maret 2028"), missing=())
        return self.state

    def write_request(self, office: str, folder: Path) -> Path:
        self._raise("write_request")
        self.wrote.append((office, folder))
        return folder / "permintaan-uji"

    def take_certificates(self, source: Path) -> KeyState:
        self._raise("take_certificates")
        return self.complete()

    def set_gateway_address(self, url: str) -> None:
        if url and not url.startswith("https://"):
            raise BadInput("setup.gateway_url")
        self.address = url

    sticks: tuple[FoundBundle, ...] = ()

    def bundles(self) -> tuple[FoundBundle, ...]:
        return self.sticks

    def look_at_bundle(self, path: Path) -> FoundBundle:
        return FoundBundle(path, None, (), f"{path.name} bukan bundel penyediaan.")

    def take_bundle(self, actor: Actor, path: Path, passphrase: str) -> Taken:
        self._raise("take_bundle")
        if passphrase != "gitar bubur kapal":
            raise BadInput("provision.passphrase")
        return Taken(1, 2, 50_000, 3, True)

    def copies(self, *, fresh: bool = False) -> Copies:
        return self.kept

    def copy_now(self, officer: str) -> Path:
        self._raise("copy_now")
        if not self.kept.place:
            raise BadInput("backup.none")
        self.copied += 1
        return Path(self.kept.place) / "register-20261126T010000Z-1.sqlite"

    def places(self) -> list[BackupPlace]:
        return self.disks

    def try_place(self, path: Path) -> BackupPlace:
        self._raise("try_place")
        found = next((d for d in self.disks if d.path == path), None) or BackupPlace(path, path.name, 0, False)
        if not found.problem:
            self.kept = replace(self.kept, place=str(path), reachable=True, free_bytes=found.free_bytes)
        return found

    def new_code(self) -> str:
        return "ABCDE-FGHJK-MNPQR-STVWX-YZ234"

    def use_code(self, code: str) -> str:
        self.code, self.kept = code, replace(self.kept, code="proved")
        return "tanda"

    def prove_code(self, typed: str) -> str:
        if typed != self.code:
            raise BadInput("backup.code_wrong")
        self.kept = replace(self.kept, code="proved")
        return "tanda"
