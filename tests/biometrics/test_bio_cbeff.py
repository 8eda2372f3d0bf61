"""CBEFF XML: valid against the schemas, read back whole, safe against hostile documents."""

from __future__ import annotations

import uuid

import pytest
from bio_samples import NOW, sample
from lxml import etree

from ktpel_kiosk.biometrics import cbeff
from ktpel_kiosk.biometrics.cbeff import Bir
from ktpel_kiosk.biometrics.records.read import read_record
from ktpel_kiosk.domain.biometric import EYES, FINGERS, BiometricException, ExceptionKind, Position
from ktpel_kiosk.domain.errors import BadInput

SCHEMAS = "mosip-bio-utils/kernel-cbeffutil-api/src/main/resources/schema/"


def _birs() -> list[Bir]:
    made = [
        Bir(str(uuid.UUID(int=n)), p, NOW, b"record" * n, 40 + n, ("257", "57"), ("Toko <&>", "X 1"))
        for n, p in enumerate((Position.FACE, *FINGERS[1:], EYES[0]), 1)
    ]
    failed = Bir(str(uuid.UUID(int=90)), EYES[1], NOW, b"x", None, ("ktpel-kiosk", "ktpel-iris 1"))
    gone = BiometricException(FINGERS[0], ExceptionKind.MISSING, "amputasi", "b", "a")
    return [*made, failed, cbeff.excused(gone, str(uuid.UUID(int=91)), NOW)]


@pytest.mark.parametrize("schema", ["updatedcbeff.xsd", "mosip-cbeff.xsd"])
def test_document_validates(schema: str) -> None:
    xsd = etree.XMLSchema(etree.parse(str(sample(SCHEMAS + schema))))
    xsd.assertValid(etree.fromstring(cbeff.build(_birs(), created_at=NOW)))


def test_parse_gives_back_what_was_built() -> None:
    assert list(cbeff.parse(cbeff.build(_birs(), created_at=NOW))) == _birs()
    assert cbeff.build(_birs(), created_at=NOW) == cbeff.build(_birs(), created_at=NOW)


def test_excused_position_has_no_data() -> None:
    last = cbeff.parse(cbeff.build(_birs(), created_at=NOW))[-1]
    assert (last.position, last.bdb) == (Position.RIGHT_THUMB, None)


def test_document_of_another_maker_is_read() -> None:
    birs = cbeff.parse(sample(SCHEMAS + "createCbeffLatest2.xml").read_bytes())
    fingers = [b for b in birs if b.position in FINGERS]
    assert len(fingers) == 10
    assert all(read_record(b.bdb).position is b.position for b in fingers if b.bdb)


@pytest.mark.parametrize(
    "evil",
    [
        b'<!DOCTYPE BIR [<!ENTITY x SYSTEM "file:///etc/passwd">]><BIR xmlns="%s"><BIR>&x;</BIR></BIR>',
        b'<!DOCTYPE BIR [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><BIR xmlns="%s">&b;</BIR>',
        b'<BIR xmlns="%s"><BIR><BDBInfo><Type>Palm</Type></BDBInfo></BIR></BIR>',
        b'<BIR xmlns="%s"><BIR>',
        b'<Other xmlns="%s"/>',
    ],
)
def test_hostile_documents_are_refused(evil: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        cbeff.parse(evil % cbeff.NAMESPACE.encode())
    assert caught.value.message_key == "record.xml"


def test_signature_has_no_place_in_this_file() -> None:
    with pytest.raises(BadInput):
        cbeff.build([Bir(str(uuid.UUID(int=1)), Position.SIGNATURE, NOW, b"")], created_at=NOW)
