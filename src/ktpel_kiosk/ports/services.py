"""What else the desk asks of the world: quality, sealing, the gateway, papers, the card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from ktpel_kiosk.domain.biometric import Position, Quality, RawImage, SignatureKind
from ktpel_kiosk.ports.devices import CardLayers, CardReader, FingerCapture, SignatureCapture

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from ktpel_kiosk.domain.outbox import Packet, Receipt
    from ktpel_kiosk.domain.packet import PacketContent, SealedPacket
    from ktpel_kiosk.domain.penduduk import Penduduk
    from ktpel_kiosk.domain.retention import Spare
    from ktpel_kiosk.domain.status import Status, StatusEvent
    from ktpel_kiosk.ports.papers import (
        Book,
        ChecklistPaper,
        ComplaintPaper,
        DamagePaper,
        DataPurgePaper,
        DestructionPaper,
        F102Paper,
        HandoverPaper,
        KeySheetsPaper,
        LetterPaper,
        PagePicture,
        PrinterTestPaper,
        QuickCardPaper,
        ReceiptPaper,
        ReportPaper,
        StandardPaper,
        StatementPaper,
        VerificationPaper,
    )


@dataclass(frozen=True, slots=True)
class Assessed:
    """A capture turned into a storable sample: lossless PNG (or pen series) plus its quality."""

    position: Position
    media_type: str
    data: bytes
    width: int
    height: int
    ppi: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class Conflict:
    """A new sample that equals one of another position: ``position`` the new one, ``found`` what it equals, likeness 0..1."""

    position: Position
    found: Position
    similarity: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A retained person who resembles the one asked about: a warning to look at, never a decision.

    ``score`` is the fused likeness (above 1 warns, larger is more alike); ``fingers`` names probe position, position in the gallery
    and likeness 0..1 (0.5 is the 1:1 decision point) of each finger that counted, most alike first.
    """

    person: str
    score: float
    fingers: tuple[tuple[Position, Position, float], ...]


class Biometrics(Protocol):
    """Assessment and comparison. CPU-heavy; call from a worker thread. Raises CaptureFailed for unusable input."""

    def assess_face(self, frame: RawImage, latar: str, *, replace_background: bool = False) -> Assessed:
        """Crop to the KTP-el portrait (3:4), measure; ``latar`` is the required cloth, ``merah`` or ``biru``.

        With ``replace_background`` (only where the office allows it) a wrong or uneven cloth becomes the plain colour of ``latar``; the
        picture then says so: ``measures["background_replaced"] == 1``. 0 with the hint ``face.background_kept``: the person could not
        be cut out cleanly. A fitting cloth is left alone and says nothing.
        """
        ...

    def preview_face(self, frame: RawImage, latar: str) -> Quality:
        """Cheap live measures and one hint at a time; under 25 ms at VGA.

        To draw over the preview, as shares 0..1 of the frame as the camera sees it (not mirrored), where a face was found:
        ``face_x``, ``face_y``, ``face_w``, ``face_h`` (box, upper left corner and size), ``eye_left_x``, ``eye_left_y``,
        ``eye_right_x``, ``eye_right_y`` (left and right in the picture) and ``crop_x``, ``crop_y``, ``crop_w``, ``crop_h`` (the portrait).
        """
        ...

    def assess_fingers(self, capture: FingerCapture, positions: Sequence[Position]) -> Sequence[Assessed]:
        """Segment the slap, one result per asked position. Raises CaptureFailed ``finger.count`` when tips != positions."""
        ...

    def assess_iris(self, position: Position, image: RawImage) -> Assessed: ...
    def assess_signature(self, capture: SignatureCapture, kind: SignatureKind) -> Assessed: ...
    def assess_thumbprint(self, capture: FingerCapture, position: Position = Position.LEFT_THUMB) -> Assessed:
        """CAP JEMPOL: one finger on the scanner as the signature: ``Position.SIGNATURE``, PNG at 500 ppi, quality of the finger,
        ``measures["finger"]`` its ISO code. Raises what :meth:`assess_fingers` raises."""
        ...

    def compare_fingers(self, probe_png: bytes, reference_png: bytes) -> float:
        """Similarity 0..1; at least ``match_threshold`` means same finger."""
        ...

    def template(self, png: bytes) -> bytes:
        """ISO/IEC 19794-2:2005 minutiae record of one finger image."""
        ...

    def compare_template(self, probe_png: bytes, template: bytes) -> float: ...
    def finger_conflicts(self, new: Sequence[tuple[Position, bytes]],
                         accepted: Sequence[tuple[Position, bytes]]) -> Sequence[Conflict]:
        """New fingers (PNG) that equal another new one or an accepted one of another position, most alike first."""
        ...

    @property
    def match_threshold(self) -> float: ...
    def retained_form(self, png: bytes) -> bytes:
        """What the office may keep of a finger to find duplicates: versioned, below 4 kB, no image; minutiae still, so protect it."""
        ...

    def identify(self, probes: Mapping[Position, bytes], gallery: Iterable[Sequence[tuple[str, Position, bytes]]],
                 cancelled: Callable[[], bool] = lambda: False, *, any_position: bool = False) -> Sequence[Candidate]:
        """Retained persons whose fingers resemble the probes' (retained forms), most alike first.

        ``gallery`` is streamed once, chunk by chunk (person, position, retained form); a chunk is held only while it is searched.
        One finger alone never makes a candidate. ``any_position`` also compares across positions, for when a hand may have been
        swapped; it costs ten times as much. Answers an empty list soon after ``cancelled`` says so. BadInput ``record.*`` names a
        damaged probe; damaged gallery forms are passed over. Seconds; call from a background thread.
        """
        ...

    def iris_conflicts(self, new: Sequence[tuple[Position, bytes]],
                       accepted: Sequence[tuple[Position, bytes]]) -> Sequence[Conflict]:
        """New eyes (PNG) that equal another new one (one eye served twice) or an accepted one of the other side (swapped), most
        alike first. An image without a readable eye conflicts with nothing."""
        ...

    def iris_form(self, png: bytes) -> bytes:
        """What is kept of one eye until the card is handed over: its code, no picture. Raises CaptureFailed."""
        ...

    def compare_iris(self, probe_png: bytes, form: bytes) -> float:
        """Likeness 0..1 of a fresh picture and a kept code; at least ``iris_threshold`` means the same eye."""
        ...

    @property
    def iris_threshold(self) -> float: ...
    def iris_hints(self, eyes: Sequence[tuple[Position, Quality]]) -> Sequence[str]:
        """Hints about both eyes of one person together: ``iris.maybe_swapped`` when the anatomy of both speaks for the other side."""
        ...

    def signature_png(self, data: bytes) -> bytes:
        """A stored signature, pen series or thumb print, as PNG: black on white."""
        ...

    def chip_portrait(self, png: bytes) -> bytes:
        """The portrait as a small JPEG 2000 for the chip."""
        ...

    def card_picture(self, untrusted: bytes, media_type: str, entry: str) -> bytes:
        """A foreign portrait or ink as a PNG of our own making, decoded in the limited child. BadInput ``image.*``, ``record.*``."""
        ...

    def card_template(self, untrusted: bytes, entry: str) -> bytes:
        """A foreign minutiae record, checked and written anew. BadInput ``record.*``."""
        ...

    def ready(self) -> Mapping[str, str]:
        """Self-test: algorithm -> ``ok`` or why it is missing."""
        ...


class Sealer(Protocol):
    """Makes the packet file, which this station cannot open again, and beside it the spare contents that only its register can open."""

    def seal(self, content: PacketContent) -> SealedPacket:
        """Write ``<packet_id>.ktpelpkt`` and its spare durably. Sealing the same packet_id again replaces unregistered leftover files.

        Raises:
            DiskFull, IoFailure, BadInput (a sample that cannot be encoded; names it).
        """
        ...

    def reseal(self, spare: Spare, *, packet_id: str, counter: int, previous_hash: str, created_at: datetime) -> SealedPacket:
        """The same session as a new packet that replaces ``spare.packet_id``: every entry byte for byte, only the manifest made anew.

        Raises:
            Corrupt: ``packet.spare_damaged``: the spare is missing, altered or another packet's. DiskFull, IoFailure.
        """
        ...

    def read(self, path: str) -> bytes: ...
    def exists(self, path: str, sha256: str) -> bool:
        """The packet file is there and has this SHA-256 (hex)."""
        ...

    def size(self, path: str) -> int:
        """Bytes of a packet or spare file; -1 when it is not there."""
        ...

    def spare_opens(self, spare: Spare) -> bool:
        """The spare is there, unaltered, and opens with its key."""
        ...

    def leftovers(self, known: frozenset[str]) -> Iterator[str]:
        """Packet, spare and temp files that are not in ``known``, one after another: the folders may hold a hundred thousand."""
        ...

    def free_bytes(self) -> int:
        """Room left on the disk of the packet folder."""
        ...

    def remove(self, *paths: str) -> None:
        """Delete packet or spare files; those already gone are fine. IoFailure."""
        ...


@dataclass(frozen=True, slots=True)
class Announced:
    upload_url: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """Status of a person's record at the centre."""

    nik: str
    status: Status
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CardMaterial:
    """Biodata, portrait, ink and two fingers' minutiae of a record that may be printed. Bytes are untrusted."""

    penduduk: Penduduk
    portrait: bytes
    portrait_type: str
    signature: bytes
    signature_type: str
    minutiae: tuple[tuple[Position, bytes], ...]


class Gateway(Protocol):
    """The SIAK gateway over HTTP. Every method may raise the TransportTrouble family; nothing else."""

    def announce(self, packet: Packet) -> Announced: ...
    def offset(self, upload_url: str) -> int:
        """Server's offset (tus HEAD); AnnounceAgain when the server forgot the upload."""
        ...

    def send_chunk(self, upload_url: str, offset: int, chunk: bytes) -> int:
        """PATCH with checksum; returns the new server offset."""
        ...

    def receipt(self, packet_id: str) -> Receipt:
        """Verified receipt; ReceiptInvalid when signature, packet or hash do not fit."""
        ...

    def statuses(self, after: int, wait_s: float) -> Sequence[StatusEvent]: ...
    def lookup(self, nik: str) -> Penduduk | None: ...
    def record_status(self, nik: str) -> RecordStatus | None:
        """Where the centre's record of this NIK stands; ``None`` when it knows no such NIK."""
        ...

    def card_material(self, nik: str) -> CardMaterial | None:
        """What a card of a PRINT_READY record is made of, signed by the centre; pictures and templates stay untrusted.

        ServerRefused ``gateway.not_print_ready`` while the record may not be printed, ReceiptInvalid ``gateway.material`` when
        signature, hashes or the NIK do not fit. ``None``: no such NIK.
        """
        ...

    def report_card(self, event: str, facts: Mapping[str, str]) -> None:
        """Card event: printed, encoded, activated, handed_over, spoiled, destroyed. Idempotent by ``facts['event_id']``."""
        ...


@dataclass(frozen=True, slots=True)
class CardFace:
    """Rendered sides at the printer's resolution; ``digest`` is SHA-256 (hex) of the front pixels. ``layers``: the same card for a
    printer with a resin panel."""

    front: RawImage
    back: RawImage
    digest: str
    layers: CardLayers | None = None


class CardRenderer(Protocol):
    def render(self, penduduk: Penduduk, portrait_png: bytes, signature_png: bytes, place: str, issued_on: date,
               header: tuple[str, str], *, dpi: int = 300, specimen: bool = True) -> CardFace: ...


@dataclass(frozen=True, slots=True)
class ChipData:
    """What is written to the chip."""

    credential: str
    penduduk: Penduduk
    portrait_jp2: bytes
    signature_png: bytes
    minutiae: tuple[tuple[Position, bytes], ...]
    face_hash: str


@dataclass(frozen=True, slots=True)
class ChipContent:
    """What was read back; ``digest`` covers all files in order."""

    uid: str
    credential: str
    face_hash: str
    digest: str
    minutiae: tuple[tuple[Position, bytes], ...] = ()


class SamPort(Protocol):
    """The security module that only Ditjen Dukcapil issues; it holds every key, the desk none. On the actor thread of its own reader.

    Raises CardRefused ``sam.*``, CardRemoved.
    """

    def authenticate(self, control: bytes, uid: bytes, challenge: bytes) -> bytes:
        """Cryptogram (40 bytes) for the card's EXTERNAL AUTHENTICATE, from its control file, UID and challenge."""
        ...

    def complete(self, answer: bytes) -> None:
        """Check the card's answer (40 bytes) to the cryptogram; the secure channel stands then."""
        ...

    def wrap(self, command: bytes) -> bytes:
        """A command as it goes over the secure channel."""
        ...

    def unwrap(self, answer: bytes) -> bytes:
        """The card's protected answer in the clear, with its status word."""
        ...


class CardPersonaliser(Protocol):
    """Chip of the specimen card. ``reader`` is already connected. Runs on the reader's actor thread."""

    def uid(self, reader: CardReader) -> str: ...
    def write(self, reader: CardReader, data: ChipData) -> str:
        """Write all files; returns the digest that a read back must give. Raises CardRemoved, CardRefused."""
        ...

    def read(self, reader: CardReader) -> ChipContent: ...


class PublicCard(Protocol):
    """What any KTP-el shows without a secret; ``photo`` is untrusted, ``photo_type`` its media type by its first bytes or empty."""

    @property
    def uid(self) -> str: ...
    @property
    def control(self) -> bytes: ...
    @property
    def photo(self) -> bytes: ...
    @property
    def photo_type(self) -> str: ...


PublicCardReader = Callable[[CardReader], PublicCard]
"""Reads UID, card control and photo by the public commands; ``reader`` is connected. Raises CardRefused ``chip.*``, CardRemoved."""


class Documents(Protocol):
    """Papers as bytes. All return complete files (PDF, XLSX, CSV with BOM).

    Content never makes them fail: a sign the printed face does not have is shown as U+FFFD. Raises BadInput only for a picture
    that cannot be read (``document.image``), an unknown kind (``document.*``) and books no format can hold (``book.*``).
    """

    def receipt(self, paper: ReceiptPaper) -> bytes: ...
    def receipt_80mm(self, paper: ReceiptPaper) -> bytes: ...
    def return_slip(self, paper: ReceiptPaper, reasons: Sequence[str]) -> bytes: ...
    def return_slip_80mm(self, paper: ReceiptPaper, reasons: Sequence[str]) -> bytes: ...
    def checklist(self, paper: ChecklistPaper) -> bytes: ...
    def verification(self, paper: VerificationPaper) -> bytes: ...
    def handover(self, paper: HandoverPaper) -> bytes: ...
    def handover_80mm(self, paper: HandoverPaper) -> bytes: ...
    def letter(self, paper: LetterPaper) -> bytes: ...
    def destruction(self, paper: DestructionPaper) -> bytes: ...
    def data_purge(self, paper: DataPurgePaper) -> bytes: ...
    def damage_report(self, paper: DamagePaper) -> bytes: ...
    def printer_test(self, paper: PrinterTestPaper) -> bytes: ...
    def printer_test_80mm(self, paper: PrinterTestPaper) -> bytes: ...
    def f102(self, paper: F102Paper) -> bytes: ...
    def report(self, paper: ReportPaper) -> bytes: ...
    def report_hash(self, paper: ReportPaper) -> str:
        """SHA-256 (hex) of what the report says; stands in its footer."""
        ...

    def standard(self, paper: StandardPaper) -> bytes: ...
    def quick_card(self, paper: QuickCardPaper) -> bytes: ...
    def key_sheets(self, paper: KeySheetsPaper) -> bytes: ...
    def page(self, pdf: bytes, number: int) -> PagePicture:
        """A page (from 0) of a finished paper as a picture. Raises BadInput ``document.not_pdf``."""
        ...

    def complaint(self, paper: ComplaintPaper) -> bytes: ...
    def statement(self, paper: StatementPaper) -> bytes: ...
    def book(self, book: Book, format: str) -> bytes:
        """``format``: ``xlsx``, ``csv`` or ``pdf``; for small books. See :meth:`write_book`."""
        ...

    def write_book(self, book: Book, format: str, sink: BinaryIO, *, tmpdir: Path | None = None) -> str:
        """Write a book row by row into ``sink`` and return its content hash (not that of the file).

        Memory does not grow with the rows. XLSX and PDF pass plaintext through a private folder (0700) made in ``tmpdir`` and
        removed before this returns; let it lie in the office's data folder. Raises BadInput ``book.*``; ``sink`` is then
        half written and must be thrown away.
        """
        ...

    def content_hash(self, book: Book) -> str: ...


class PasswordHasher(Protocol):
    def hash(self, password: str) -> str: ...
    def verify(self, hashed: str, password: str) -> bool: ...


class Signer(Protocol):
    """An unlocked signing key of one officer; lives in memory only."""

    @property
    def public_key(self) -> str:
        """Hex of the raw public half."""
        ...

    def sign(self, message: bytes) -> str:
        """Hex signature."""
        ...


class OfficerKeys(Protocol):
    """Signing keys of officers: made once, kept sealed by the officer's own password. Each method that takes a password costs
    as much as checking one."""

    def create(self, password: str) -> tuple[Signer, str]:
        """A fresh key and its private half sealed by ``password``."""
        ...

    def unlock(self, sealed: str, public_key: str, password: str) -> Signer:
        """Raises SecurityRefusal ``officer_key.unopened``: wrong password, damaged, or not the half of ``public_key``."""
        ...

    def seal(self, signer: Signer, password: str) -> str:
        """The same key sealed by another password."""
        ...

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        """Never raises; anything malformed is False."""
        ...
