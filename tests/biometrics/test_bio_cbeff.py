"""CBEFF XML: valid against the schemas, read back whole, safe against hostile documents."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pytest
import xmlschema
from bio_samples import NOW, sample
from hypothesis import given, settings
from hypothesis import strategies as st
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


BOTH = ["updatedcbeff.xsd", "mosip-cbeff.xsd"]


@lru_cache
def by_libxml2(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(sample(SCHEMAS + name))))


@lru_cache
def by_xmlschema(name: str) -> xmlschema.XMLSchema:
    """Pure Python, no code shared with libxml2."""
    return xmlschema.XMLSchema(str(sample(SCHEMAS + name)), defuse="always", allow="local")


@pytest.mark.parametrize("schema", BOTH)
def test_document_validates_by_two_independent_readers(schema: str) -> None:
    xml = cbeff.build(_birs(), created_at=NOW)
    by_libxml2(schema).assertValid(etree.fromstring(xml))
    by_xmlschema(schema).validate(xml.decode())


@pytest.mark.parametrize("schema", BOTH)
@pytest.mark.parametrize(("right", "wrong"), [
    (b"<Score>41</Score>", b"<Score>101</Score>"), (b"<Level>Raw</Level>", b"<Level>Roh</Level>"),
    (b"<Subtype>Right IndexFinger</Subtype>", b"<Subtype>Right Index</Subtype>"),
])
def test_the_schemas_would_notice(schema: str, right: bytes, wrong: bytes) -> None:
    xml = cbeff.build(_birs(), created_at=NOW)
    assert right in xml
    xml = xml.replace(right, wrong, 1)
    assert not by_libxml2(schema).validate(etree.fromstring(xml))
    assert not by_xmlschema(schema).is_valid(xml.decode())


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=20).map(lambda t: "".join(c for c in t if c.isprintable()).strip())
TIMES = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
PAIRS = st.one_of(st.none(), st.tuples(WORDS, WORDS))


@st.composite
def any_bir(draw: st.DrawFn) -> Bir:
    algorithm = draw(PAIRS)
    score = draw(st.one_of(st.none(), st.integers(0, 100))) if algorithm else None
    bdb = draw(st.one_of(st.none(), st.binary(min_size=1, max_size=50)))
    position = draw(st.sampled_from((Position.FACE, *FINGERS, *EYES)))
    return Bir(str(draw(st.uuids())), position, draw(TIMES), bdb, score, algorithm, draw(PAIRS))


@settings(max_examples=40, deadline=None)
@given(st.lists(any_bir(), max_size=3), TIMES)
def test_whatever_is_built_is_read_back_the_same(birs: list[Bir], at: datetime) -> None:
    xml = cbeff.build(birs, created_at=at)
    assert list(cbeff.parse(xml)) == birs
    if (sample(SCHEMAS)).is_dir():
        assert by_libxml2(BOTH[1]).validate(etree.fromstring(xml))


@pytest.mark.parametrize("bad", [Bir("1", FINGERS[0], NOW, b"x"), Bir(str(uuid.UUID(int=1)), FINGERS[0], NOW, b"x", 255, ("257", "1"))])
def test_what_the_schema_forbids_is_not_written(bad: Bir) -> None:
    with pytest.raises(BadInput, match="range"):
        cbeff.build([bad], created_at=NOW)


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
        b'<!DOCTYPE BIR [<!ENTITY %% x SYSTEM "http://127.0.0.1/x.dtd"> %%x;]><BIR xmlns="%s"/>',
        b'<BIR xmlns="%s" a="' + b"x" * 2000 + b'"/>',
        b"<BIR xmlns='%s'>" + b"<BIR>" * 300 + b"</BIR>" * 300 + b"</BIR>",
        b'<BIR xmlns="%s"><BIR><BDBInfo/><BIR/></BIR></BIR>',
        b'<BIR xmlns="%s"><BDB/><BIRInfo/></BIR>',
        b'<?xml version="1.0" encoding="UTF-16LE"?><BIR xmlns="%s"/>',
        b'\x00<BIR xmlns="%s"/>',
    ],
)
def test_hostile_documents_are_refused(evil: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        cbeff.parse(evil % cbeff.NAMESPACE.encode())
    assert caught.value.message_key == "record.xml"


def _changed(old: bytes, new: bytes) -> bytes:
    xml = cbeff.build(_birs(), created_at=NOW)
    assert old in xml
    return xml.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new"), [
    (b"<Score>41</Score>", b"<Score>101</Score>"), (b"<Score>41</Score>", "<Score>\u0664</Score>".encode()),
    (b"</Score>", b"x</Score>"),
    (b"<Type>Face</Type>", b"<Type>Face</Type><Type>Face</Type>"), (b"<Level>Raw</Level>", b"<Stufe>Raw</Stufe>"),
    (b"<Encryption>false</Encryption><CreationDate>", b"<Purpose>Enroll</Purpose><CreationDate>"),
    (b"<BDB>", b"<BDB>*"), (b"2026-11-21T08:30:15.123Z</CreationDate><Type>", b"2026-11-21T08:30:15</CreationDate><Type>"),
])
def test_documents_out_of_order_are_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(BadInput, match=r"record\.xml"):
        cbeff.parse(_changed(old, new))


def test_more_birs_than_a_person_has_are_refused() -> None:
    with pytest.raises(BadInput, match=r"record\.length"):
        cbeff.parse(b'<BIR xmlns="%s">%s</BIR>' % (cbeff.NAMESPACE.encode(), b"<BIR/>" * 300))


def test_exception_photo_is_no_sample_and_word_order_is_free() -> None:
    xml = _changed(b"<Subtype>Right IndexFinger</Subtype>", b"<Subtype>IndexFinger Right</Subtype>")
    assert [b.position for b in cbeff.parse(xml)] == [b.position for b in _birs()]
    xml = _changed(b"<Type>Face</Type>", b"<Type>ExceptionPhoto</Type>")
    assert len(cbeff.parse(xml)) == len(_birs()) - 1


def test_signature_has_no_place_in_this_file() -> None:
    with pytest.raises(BadInput):
        cbeff.build([Bir(str(uuid.UUID(int=1)), Position.SIGNATURE, NOW, b"")], created_at=NOW)
