"""CBEFF XML (ISO/IEC 19785-3 edition 2 patron): one BIR per sample under one root, written and read back.

Element order is strict in the schema. A position excused from capture is a BIR without BDB. Reading takes no entities, no
DTD and no network. Errors: BadInput ``record.*`` with ``entry``. Any thread.
"""

from __future__ import annotations

import base64
import binascii
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


def parse(xml: bytes, entry: str = "biometrics.xml") -> tuple[Bir, ...]:
    """The child BIRs of a document, ours or another's of the same patron."""
    from lxml import etree

    if len(xml) > MAX_XML:
        raise BadInput("record.length", entry=entry, found=len(xml), limit=MAX_XML)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as trouble:
        raise BadInput("record.xml", entry=entry, line=getattr(trouble, "lineno", None)) from trouble
    if root.getroottree().docinfo.doctype or root.tag != _tag("BIR"):
        raise BadInput("record.xml", entry=entry, line=1)
    return tuple(_read(child, entry, number) for number, child in enumerate(root.findall(_tag("BIR")), 1))


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _read(element: object, entry: str, number: int) -> Bir:
    from lxml import etree

    node = cast("etree._Element", element)

    def text(path: str) -> str:
        return (node.findtext("/".join(_tag(p) for p in path.split("/"))) or "").strip()

    def pair(path: str) -> tuple[str, str] | None:
        return (
            (text(path + "/Organization"), text(path + "/Type"))
            if node.find("/".join(_tag(p) for p in path.split("/"))) is not None
            else None
        )

    try:
        position = _POSITIONS[text("BDBInfo/Type"), text("BDBInfo/Subtype")]
        score = text("BDBInfo/Quality/Score")
        data = node.find(_tag("BDB"))
        bdb = base64.b64decode("".join((data.text or "").split()), validate=True) if data is not None else None
        created = datetime.fromisoformat(text("BDBInfo/CreationDate"))
        number_ = int(score) if score else None
    except (KeyError, ValueError, binascii.Error) as trouble:
        raise BadInput("record.xml", entry=entry, line=node.sourceline, count=number) from trouble
    return Bir(text("BDBInfo/Index"), position, created, bdb, number_, pair("BDBInfo/Quality/Algorithm"), pair("BDBInfo/CaptureDevice"))


_POSITIONS = {(TYPE_NAME[p.modality], subtype(p)): p for p in Position if p.modality in TYPE_NAME}
