"""Altered packets: none is accepted, each is one of our refusals. A few hundred here, thousands in the gates."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import golden_sessions
import pytest
from asn1crypto import cms as asn1
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.packet import birs, build, cms
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import _self_signed, load_certificate, load_rsa_key, load_signing_key
from ktpel_kiosk.packet.open import packet_checker

AT = golden_sessions.AT
OIDS = [bytes.fromhex(h) for h in (
    "06092a864886f70d010701", "06092a864886f70d010702", "06092a864886f70d010703", "060b2a864886f70d0109100117",  # data, signed, enveloped
    "0609608648016503040102", "060960864801650304012a", "0609608648016503040106", "060960864801650304012e",  # AES-128/256, CBC and GCM
    "06092a864886f70d010107", "06092a864886f70d010101",  # OAEP, RSA
    "0609608648016503040201", "06052b0e03021a", "06082a864886f70d0205",  # SHA-256, SHA-1, MD5
)]


class Case:
    """One sealed packet, its parts and its keys."""

    def __init__(self, keys: Any) -> None:
        self.key = load_signing_key(keys.station_key.read_bytes())
        self.station = load_certificate(keys.station_cert.read_bytes())
        self.central = load_certificate(keys.central_cert.read_bytes())
        self.recipients = [self.central, load_certificate(keys.next_cert.read_bytes())]
        self.entries = build.build_entries(golden_sessions.with_evidence())
        self.container = write_container(self.entries)
        self.sealed = cms.seal(self.container, self.key, self.station, AT, self.recipients)
        opener = load_rsa_key(keys.central_key.read_bytes())
        self.signed, self.infos = cms._decrypted(self.sealed, opener, self.central)
        self._check = packet_checker(keys.central_key.read_bytes(), keys.central_cert.read_bytes(), keys.station_cert.read_bytes())
        stranger = ec.generate_private_key(ec.SECP256R1())
        self.stranger = stranger, _self_signed("Stasiun DEMO desk-1", stranger, AT)[1]

    def accepted(self, data: bytes) -> bool:
        """Whether it opens. Anything but one of our refusals is an error of the reader, and fails the test."""
        try:
            self._check(data)
        except (SecurityRefusal, BadInput):
            return False
        return True

    def resealed(self, signed: bytes) -> bytes:
        """Anybody can encrypt to the centre."""
        return cms.encrypt(signed, self.recipients)


@pytest.fixture(scope="module")
def case(demo_keys):
    stub = golden_sessions.stub_encoders()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(birs, "encode_sample", stub.encode_sample)
        patch.setattr(build, "signature_png", stub.signature_png)
        patch.setattr(build, "signature_isf", stub.signature_isf)
        return Case(demo_keys)


# -- DER, read and written here without the program


def nodes(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """(start, body, end) of every element, depth first; what does not parse is left alone."""
    end = len(data) if end is None else end
    while at + 2 <= end:
        first = data[at + 1]
        width = first & 0x7F if first & 0x80 else 0
        if width > 4 or at + 2 + width > end:
            return
        body = at + 2 + width
        length = int.from_bytes(data[at + 2:body]) if width else first
        if body + length > end:
            return
        yield at, body, body + length
        if data[at] & 0x20:
            yield from nodes(data, body, body + length)
        at = body + length


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1)
    return bytes((tag, len(body))) + body if len(body) < 0x80 else bytes((tag, 0x80 | len(size))) + size + body


def with_replaced(data: bytes, start: int, end: int, new: bytes) -> bytes:
    """``new`` in place of one element, with the lengths of everything around it set right."""
    chain = [n for n in nodes(data) if n[0] <= start and end <= n[2] and (n[0], n[2]) != (start, end)]
    for s, b, e in reversed(chain):
        inner = data[b:start] + new + data[end:e]
        start, end, new = s, e, tlv(data[s], inner)
    return data[:start] + new + data[end:]


def mutate_der(data: bytes, rng: random.Random) -> bytes:
    found = list(nodes(data))
    s, b, e = rng.choice(found)
    kind = rng.randrange(8)
    if kind == 0:  # left out
        return with_replaced(data, s, e, b"")
    if kind == 1:  # twice
        return with_replaced(data, s, e, data[s:e] * 2)
    if kind == 2:  # another's place
        other = rng.choice(found)
        return with_replaced(data, s, e, data[other[0]:other[2]] if other[2] - other[0] < 5000 else b"\x05\x00")
    if kind == 3:  # another algorithm or type of the same length or not
        oids = [n for n in found if data[n[0]] == 6]
        s, _, e = rng.choice(oids)
        return with_replaced(data, s, e, rng.choice(OIDS))
    if kind == 4:  # another tag
        return data[:s] + bytes((rng.randrange(256),)) + data[s + 1:]
    if kind == 5:  # the same in BER: a length longer than needed
        size = (e - b).to_bytes(4)
        return with_replaced(data, s, e, data[s:s + 1] + b"\x84" + size + data[b:e])
    if kind == 6:  # an element more at the end of a structure
        s, b, e = rng.choice([n for n in found if data[n[0]] & 0x20])
        return with_replaced(data, s, e, tlv(data[s], data[b:e] + rng.choice([b"\x05\x00", b"\xa1\x02\x05\x00", b"\x02\x01\x01"])))
    siblings = [(x, y) for x in found for y in found if x[2] == y[0]][:50]  # two neighbours the other way round
    if not siblings:
        return data[:-1]
    x, y = rng.choice(siblings)
    return data[:x[0]] + data[y[0]:y[2]] + data[x[0]:x[2]] + data[y[2]:]


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data)) if rng.random() < 0.4 else rng.randrange(min(2500, len(data)))
    kind = rng.randrange(6)
    if kind < 2:
        return data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1:]
    if kind == 2:
        return data[:at]
    if kind == 3:
        return data[:at] + rng.randbytes(rng.randint(1, 40)) + data[at:]
    if kind == 4:
        return data[:at] + data[at + rng.randint(1, 40):]
    piece = rng.randint(1, 60)
    return data[:at] + data[at + piece:at + 2 * piece] + data[at:at + piece] + data[at + 2 * piece:]


def run(case: Case, count: int, seed: int) -> list[str]:
    """What was accepted of ``count`` altered packets; names how each was made."""
    rng, accepted = random.Random(seed), []
    for number in range(count):
        way = number % 5
        if way < 2:
            data = (mutate_bytes if way == 0 else mutate_der)(case.sealed, rng)
            if data == case.sealed:
                continue
        elif way < 4:
            signed = (mutate_bytes if way == 2 else mutate_der)(case.signed, rng)
            if signed == case.signed:
                continue
            data = case.resealed(signed)
        else:
            data = cms.seal(mutate_bytes(case.container, rng), *case.stranger, AT, case.recipients)
        if case.accepted(data):
            accepted.append(f"seed {seed}, number {number}, way {way}")
    return accepted


def test_200_altered_packets(case):
    assert case.accepted(case.sealed)
    assert run(case, 200, 6) == []


@pytest.mark.gate
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(5))
def test_3000_altered_packets(case, seed):
    assert run(case, 600, 100 + seed) == []


# -- what an attacker would think of


def _signed_data(case: Case, **changes: Any) -> bytes:
    info = asn1.ContentInfo.load(case.signed)
    for name, value in changes.items():
        info["content"][name] = value
    return info.dump(force=True)


def _signer(case: Case) -> Any:
    return asn1.ContentInfo.load(case.signed)["content"]["signer_infos"][0]


def _certificate(certificate: Any) -> Any:
    return asn1.CertificateChoices(name="certificate", value=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)))


def _unsigned(case: Case) -> bytes:
    return case.resealed(asn1.ContentInfo({"content_type": "data", "content": core.OctetString(case.container)}).dump())


def _bare(case: Case) -> bytes:
    return case.resealed(case.container)


def _no_signer(case: Case) -> bytes:
    return case.resealed(_signed_data(case, signer_infos=asn1.SignerInfos([])))


def _two_signers(case: Case) -> bytes:
    other = asn1.ContentInfo.load(cms.sign(case.container, *case.stranger, AT))["content"]["signer_infos"][0]
    return case.resealed(_signed_data(case, signer_infos=asn1.SignerInfos([_signer(case), other])))


def _detached(case: Case) -> bytes:
    return case.resealed(_signed_data(case, encap_content_info={"content_type": "data"}))


def _other_content(case: Case) -> bytes:
    return case.resealed(_signed_data(case, encap_content_info={"content_type": "data", "content": case.container + b"\0"}))


def _more_certificates(case: Case) -> bytes:
    both = asn1.CertificateSet([_certificate(case.station), _certificate(case.stranger[1])])
    return case.resealed(_signed_data(case, certificates=both))


def _stranger_s_certificate(case: Case) -> bytes:
    return case.resealed(_signed_data(case, certificates=asn1.CertificateSet([_certificate(case.stranger[1])])))


def _without_attributes(case: Case) -> bytes:
    signer = _signer(case)
    signer["signed_attrs"] = None
    return case.resealed(_signed_data(case, signer_infos=asn1.SignerInfos([signer])))


def _unsigned_attributes(case: Case) -> bytes:
    signer = _signer(case)
    signer["unsigned_attrs"] = asn1.CMSAttributes([{"type": "message_digest", "values": [b"\0" * 32]}])
    return case.resealed(_signed_data(case, signer_infos=asn1.SignerInfos([signer])))


def _stranger(case: Case) -> bytes:
    return cms.seal(case.container, *case.stranger, AT, case.recipients)


def _other_recipients(case: Case) -> bytes:
    """The same signed packet for other recipients than the station sealed it to."""
    return cms.encrypt(case.signed, [case.central])


def _recipient_twice(case: Case) -> bytes:
    s, _, e = next(n for n in nodes(case.sealed) if case.sealed[n[0]:n[2]] == case.infos)
    infos = case.infos
    first = list(nodes(infos))[1]
    return with_replaced(case.sealed, s, e, tlv(0x31, infos[first[0]:first[2]] + infos[first[1] - (first[1] - first[0]):]))


def _no_recipients(case: Case) -> bytes:
    s, _, e = next(n for n in nodes(case.sealed) if case.sealed[n[0]:n[2]] == case.infos)
    return with_replaced(case.sealed, s, e, b"\x31\x00")


def _only_ours(case: Case) -> bytes:
    s, _, e = next(n for n in nodes(case.sealed) if case.sealed[n[0]:n[2]] == case.infos)
    first = list(nodes(case.infos))[1]
    return with_replaced(case.sealed, s, e, tlv(0x31, case.infos[first[0]:first[2]]))


def _trailing(case: Case) -> bytes:
    return case.sealed + b"\0"


def _old_digest(case: Case) -> bytes:
    signer = _signer(case)
    signer["digest_algorithm"] = {"algorithm": "sha1"}
    return case.resealed(_signed_data(case, signer_infos=asn1.SignerInfos([signer])))


ATTACKS = [_unsigned, _bare, _no_signer, _two_signers, _detached, _other_content, _more_certificates, _stranger_s_certificate,
           _without_attributes, _unsigned_attributes, _stranger, _other_recipients, _recipient_twice, _no_recipients, _only_ours, _trailing,
           _old_digest]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__.strip("_"))
def test_attacks(case, attack: Callable[[Case], bytes]):
    data = attack(case)
    assert data != case.sealed
    assert not case.accepted(data)


def test_the_harness_can_see_acceptance(case):
    """The same tools with nothing changed give a packet that opens: a refusal above is not the harness's own."""
    s, _, e = next(n for n in nodes(case.sealed) if case.sealed[n[0]:n[2]] == case.infos)
    assert with_replaced(case.sealed, s, e, case.infos) == case.sealed
    assert _signed_data(case) == case.signed
    assert case.accepted(cms.seal(case.container, case.key, case.station, AT, case.recipients))
    # and re-encrypting is no refusal by itself: a packet that names no recipients (one sealed before that attribute) opens
    assert case.accepted(case.resealed(cms.sign(case.container, case.key, case.station, AT)))


# -- every entry, in every way


@pytest.mark.parametrize("index", range(9))
def test_each_entry_altered_removed_renamed_swapped_or_added_is_named(case, index):
    """Signed by the real station, so only the manifest speaks against it: the first wrong entry is named."""
    entries = case.entries
    assert len(entries) == 9
    name = entries[index][0]
    neighbour = entries[(index + 1) % len(entries)]
    swapped = [neighbour if e[0] == name else entries[index] if e[0] == neighbour[0] else e for e in entries]
    changes = {
        "altered": ([(n, d[:-1] + bytes((d[-1] ^ 1,)) if n == name else d) for n, d in entries], name),
        "longer": ([(n, d + b" " if n == name else d) for n, d in entries], name),
        "removed": ([e for e in entries if e[0] != name], name),
        "renamed": ([("renamed.json" if n == name else n, d) for n, d in entries], name),
        "added": ([*entries[:index + 1], ("extra.json", b"{}"), *entries[index + 1:]], "extra.json"),
        "swapped": (swapped, "manifest.json" if "manifest.json" in (name, neighbour[0]) else name),
    }
    for what, (changed, expected) in changes.items():
        sealed = cms.seal(write_container(changed), case.key, case.station, AT, case.recipients)
        with pytest.raises(SecurityRefusal) as refused:
            case._check(sealed)
        assert (what, refused.value.facts.get("entry")) == (what, expected)
