"""CBEFF XML (ISO/IEC 19785-3 edition 2 patron): one BIR per sample under one root, written and read back.

Element order is strict in the schema, and on reading. A position excused from capture is a BIR without BDB. Reading takes no DTD, no
entities, no network, no other encoding than UTF-8, one level of BIRs below the root, and no attribute of more than a few words.
Errors: BadInput ``record.*`` with ``entry``. Any thread.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from xml.sax.saxutils import escape

from ktpel_kiosk.domain.biometric import FINGERS, BiometricException, Modality, Position
from ktpel_kiosk.domain.errors import BadInput

NAMESPACE = "http://standards.iso.org/iso-iec/19785/-3/ed-2/"
SC37 = "257"
"""CBEFF organisation of ISO/IEC JTC 1/SC 37, owner of the record formats."""

FORMAT_TYPE = {Modality.FINGER: "7", Modality.FACE: "8", Modality.IRIS: "9"}
TYPE_NAME = {Modality.FINGER: "Finger", Modality.FACE: "Face", Modality.IRIS: "Iris"}
MAX_XML = 32 * 1024 * 1024
MAX_BIRS = 200
MAX_ATTRIBUTE = 1000
EXCEPTION_PHOTO = "ExceptionPhoto"
"""Type added by MOSIP: a picture that shows what is missing; no sample, left out on reading."""

_BIR_ORDER = ("Version", "CBEFFVersion", "BIRInfo", "BDBInfo", "SBInfo", "BIR", "BDB", "SB", "others", "Others")
_BDB_ORDER = (
    "ChallengeResponse", "Index", "Format", "Encryption", "CreationDate", "NotValidBefore", "NotValidAfter", "Type", "Subtype", "Level",
    "Product", "CaptureDevice", "FeatureExtractionAlgorithm", "ComparisonAlgorithm", "CompressionAlgorithm", "Purpose", "Quality",
)
_REPEATED = frozenset({"BIR", "others", "Others"})

_FINGER_WORDS = {
    "thumb": "Thumb",
    "index": "IndexFinger",
    "middle": "MiddleFinger",
    "ring": "RingFinger",
    "little": "LittleFinger",
}


@dataclass(frozen=True, slots=True)
class Bir:
    """One biometric information record.

    ``score`` 0..100, None when it could not be computed; ``algorithm`` and ``device`` are (organisation, type) pairs as registered
    or named. ``bdb`` None: excused from capture.
    """

    index: str
    position: Position
    created_at: datetime
    bdb: bytes | None
    score: int | None = None
    algorithm: tuple[str, str] | None = None
    device: tuple[str, str] | None = None


def subtype(position: Position) -> str:
    """``Right IndexFinger``, ``Left``, or empty for the face."""
    if position is Position.FACE:
        return ""
    side, word = position.value.split("_", 1)
    return side.capitalize() + (f" {_FINGER_WORDS[word]}" if position in FINGERS else "")


def excused(exception: BiometricException, index: str, created_at: datetime) -> Bir:
    """The BIR of a position that could not be captured; why stands in the manifest."""
    return Bir(index, exception.position, created_at, None)


def build(birs: Sequence[Bir], *, created_at: datetime, creator: str = "ktpel-kiosk") -> bytes:
    """The document, UTF-8. Equal input gives equal bytes."""
    children = "".join(_bir(b) for b in birs)
    info = f"<Creator>{escape(creator)}</Creator><Integrity>false</Integrity><CreationDate>{_time(created_at)}</CreationDate>"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<BIR xmlns="{NAMESPACE}">{_VERSIONS}<BIRInfo>{info}</BIRInfo>{children}</BIR>\n'.encode()


_VERSIONS = "<Version><Major>1</Major><Minor>1</Minor></Version><CBEFFVersion><Major>1</Major><Minor>1</Minor></CBEFFVersion>"


def _bir(b: Bir) -> str:
    modality = b.position.modality
    if modality not in FORMAT_TYPE:
        raise BadInput("record.format", entry=b.position.value, expected="finger, face, iris")
    if not _is_uuid(b.index) or (b.score is not None and not 0 <= b.score <= 100):
        raise BadInput("record.range", entry=b.position.value, field="Index" if not _is_uuid(b.index) else "Score", value=b.score)
    side = subtype(b.position)
    quality = ""
    if b.algorithm:
        value = f"<Score>{b.score}</Score>" if b.score is not None else "<QualityCalculationFailed>true</QualityCalculationFailed>"
        quality = f"<Quality><Algorithm>{_registry(b.algorithm)}</Algorithm>{value}</Quality>"
    info = "".join(
        (
            f"<Index>{escape(b.index)}</Index><Format>{_registry((SC37, FORMAT_TYPE[modality]))}</Format><Encryption>false</Encryption>",
            f"<CreationDate>{_time(b.created_at)}</CreationDate><Type>{TYPE_NAME[modality]}</Type>",
            f"<Subtype>{side}</Subtype>" if side else "",
            "<Level>Raw</Level>",
            f"<CaptureDevice>{_registry(b.device)}</CaptureDevice>" if b.device else "",
            "<Purpose>Enroll</Purpose>",
            quality,
        )
    )
    data = f"<BDB>{base64.b64encode(b.bdb).decode('ascii')}</BDB>" if b.bdb is not None else ""
    return f"<BIR>{_VERSIONS}<BIRInfo><Integrity>false</Integrity></BIRInfo><BDBInfo>{info}</BDBInfo>{data}</BIR>"


def _registry(pair: tuple[str, str]) -> str:
    organisation, kind = (escape("".join(c for c in part if c.isprintable())) for part in pair)
    return f"<Organization>{organisation}</Organization><Type>{kind}</Type>"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def parse(xml: bytes, entry: str = "biometrics.xml") -> tuple[Bir, ...]:
    """The child BIRs of a document, ours or another's of the same patron."""
    from lxml import etree

    if len(xml) > MAX_XML:
        raise BadInput("record.length", entry=entry, found=len(xml), limit=MAX_XML)
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or not xml.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BadInput("record.xml", entry=entry, line=1)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as trouble:
        raise BadInput("record.xml", entry=entry, line=getattr(trouble, "lineno", None)) from trouble
    info = root.getroottree().docinfo
    children = root.findall(_tag("BIR"))
    if info.doctype or (info.encoding or "UTF-8").upper() not in ("UTF-8", "ASCII", "US-ASCII") or root.tag != _tag("BIR"):
        raise BadInput("record.xml", entry=entry, line=1)
    if len(children) > MAX_BIRS:
        raise BadInput("record.length", entry=entry, found=len(children), limit=MAX_BIRS)
    for node in root.iter():
        if any(len(value) > MAX_ATTRIBUTE for value in node.attrib.values()):
            raise BadInput("record.xml", entry=entry, line=node.sourceline)
    _in_order(root, _BIR_ORDER, entry)
    read = (_read(child, entry, number) for number, child in enumerate(children, 1))
    return tuple(bir for bir in read if bir is not None)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _in_order(element: object, order: Sequence[str], entry: str) -> None:
    """Only the schema's children, each where it belongs; a foreign order is a damaged or forged document."""
    from lxml import etree

    node = cast("etree._Element", element)
    places = {_tag(name): place for place, name in enumerate(order)}
    last, seen = -1, set()
    for child in node:
        name = str(child.tag)
        place = places.get(name, -1)
        if place < last or place < 0 or (name in seen and name.rpartition("}")[2] not in _REPEATED):
            raise BadInput("record.xml", entry=entry, line=child.sourceline)
        seen.add(name)
        last = place


def _read(element: object, entry: str, number: int) -> Bir | None:
    from lxml import etree

    node = cast("etree._Element", element)

    def text(path: str) -> str:
        return (node.findtext("/".join(_tag(p) for p in path.split("/"))) or "").strip()

    def pair(path: str) -> tuple[str, str] | None:
        found = node.find("/".join(_tag(p) for p in path.split("/")))
        return (text(path + "/Organization"), text(path + "/Type")) if found is not None else None

    described = node.find(_tag("BDBInfo"))
    if described is None or node.find(_tag("BIR")) is not None:
        raise BadInput("record.xml", entry=entry, line=node.sourceline, count=number)
    _in_order(node, _BIR_ORDER, entry)
    _in_order(described, _BDB_ORDER, entry)
    if text("BDBInfo/Type") == EXCEPTION_PHOTO:
        return None
    try:
        position = _POSITIONS[text("BDBInfo/Type"), frozenset(text("BDBInfo/Subtype").split())]
        data = node.find(_tag("BDB"))
        bdb = base64.b64decode("".join((data.text or "").split()), validate=True) if data is not None else None
        created = datetime.fromisoformat(text("BDBInfo/CreationDate"))
        if created.tzinfo is None:
            raise ValueError("creation date without zone")
        score = _score(text("BDBInfo/Quality/Score"))
    except (KeyError, ValueError, binascii.Error) as trouble:
        raise BadInput("record.xml", entry=entry, line=node.sourceline, count=number) from trouble
    return Bir(text("BDBInfo/Index"), position, created, bdb, score, pair("BDBInfo/Quality/Algorithm"), pair("BDBInfo/CaptureDevice"))


def _score(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 100):
        raise ValueError("score")
    return int(text)


_POSITIONS = {(TYPE_NAME[p.modality], frozenset(subtype(p).split())): p for p in Position if p.modality in TYPE_NAME}
