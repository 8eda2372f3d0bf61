"""Whose keys count: the central key changes, authorities issue stations, what is expired, weak or made for something else is refused."""

from __future__ import annotations

import functools
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from packet_values import AT

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.certificates import vouched
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import _name, _usage, load_rsa_key
from ktpel_kiosk.packet.open import open_packet, packet_checker
from ktpel_kiosk.packet.seal import PacketSealer

YEAR = timedelta(days=365)
DECRYPT = "openssl cms -decrypt -binary -inform DER -in P -inkey K -recip C -out s.p7s"
VERIFY = "openssl cms -verify -binary -inform DER -in s.p7s -CAfile A -purpose any -out packet.zip"


def certificate(key: Any, name: str = "x", *, usage: x509.KeyUsage | None = None, until: timedelta = YEAR, ca: bool = False,
                issuer: tuple[Any, x509.Certificate] | None = None, begins: timedelta = -timedelta(days=1)) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder().subject_name(_name(name)).issuer_name(issuer[1].subject if issuer else _name(name))
        .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(AT + begins).not_valid_after(AT + until)
        .add_extension(x509.BasicConstraints(ca, None), True)
    )
    if usage is not None:
        builder = builder.add_extension(usage, True)
    return builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def pem(key: Any) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def centre(demo_keys) -> list[tuple[Any, x509.Certificate]]:
    """Three central keys, one after the other."""
    made = [load_rsa_key(f.read_bytes()) for f in (demo_keys.central_key, demo_keys.next_key)]
    keys = [*made, rsa.generate_private_key(65537, 3072)]
    return [(k, certificate(k, f"Pusat {n}", usage=_usage(encipher=True))) for n, k in enumerate(keys, 1)]


@pytest.fixture(scope="module")
def station() -> tuple[Any, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(key, "Stasiun", usage=_usage(sign=True))


def sealed(folder: Path, content: Any, station: tuple[Any, x509.Certificate], recipients: list[x509.Certificate]) -> bytes:
    sealer = PacketSealer(folder / "packets", *station, recipients)
    return sealer.read(sealer.seal(content).path)


@functools.cache
def checker(key: Any, own: x509.Certificate, anchor: x509.Certificate | None) -> Any:
    """Loading a private key takes longer than opening a packet."""
    return packet_checker(pem(key), own.public_bytes(Encoding.PEM), anchor.public_bytes(Encoding.PEM) if anchor else None)


def opens(data: bytes, pair: tuple[Any, x509.Certificate], anchor: x509.Certificate | None = None) -> str:
    """The packet id, or the key of the refusal."""
    try:
        return str(checker(*pair, anchor)(data)["packet_id"])
    except (BadInput, SecurityRefusal) as refused:
        return refused.message_key


def test_the_central_key_changes_and_nothing_is_lost(tmp_path, content, station, centre):
    """Before: sealed for keys 1 and 2. The centre switches to 2; desks learn of 3 at different times. After: 2 and 3."""
    (_, one), (_, two), (_, three) = centre
    before = sealed(tmp_path, replace(content, packet_id="before"), station, [one, two])
    after = sealed(tmp_path, replace(content, packet_id="after"), station, [two, three])
    # before the change the centre works with key 1, during it with 2, long after with 3 and the old keys in the safe
    assert opens(before, centre[0]) == opens(before, centre[1]) == "before"
    assert opens(after, centre[1]) == opens(after, centre[2]) == "after"
    # a desk that was offline all the time still seals for 1 and 2: what it brings opens with the key in force during the change
    assert opens(before, centre[2]) == "packet.not_recipient"
    assert opens(after, centre[0]) == "packet.not_recipient"
    # the old key is kept: old packets open for ever
    assert [opens(p, k) for p in (before, after) for k in centre].count("packet.not_recipient") == 2


def test_the_next_key_may_begin_later_and_an_expired_one_is_left_out(tmp_path, content, station, centre):
    (key1, one), (key2, _) = centre[0], centre[1]
    future = certificate(key2, "Pusat nanti", usage=_usage(encipher=True), begins=timedelta(days=100))
    assert opens(sealed(tmp_path, content, station, [one, future]), (key2, future)) == content.packet_id
    stale = certificate(key1, "Pusat lama", usage=_usage(encipher=True), until=-timedelta(hours=1))
    data = sealed(tmp_path, content, station, [stale, future])
    assert opens(data, (key2, future)) == content.packet_id
    assert opens(data, (key1, stale)) == "packet.not_recipient"
    with pytest.raises(BadInput) as refused:
        sealed(tmp_path, content, station, [stale])
    assert (refused.value.message_key, refused.value.facts["at"]) == ("packet.recipient_expired", "02-03-2026")
    assert [p for p in (tmp_path / "packets").iterdir() if p.suffix == ".tmp"] == []


def test_the_last_second_of_a_certificate_still_counts(tmp_path, content, centre):
    key = ec.generate_private_key(ec.SECP256R1())
    last = certificate(key, until=timedelta(days=3))
    at = last.not_valid_after_utc
    assert sealed(tmp_path, replace(content, created_at=at), (key, last), [centre[0][1]])
    with pytest.raises(BadInput, match="station_expired"):
        sealed(tmp_path, replace(content, created_at=at + timedelta(seconds=1)), (key, last), [centre[0][1]])


def test_weak_and_wrong_certificates_are_refused_in_one_sentence(tmp_path, content, station, centre):
    from ktpel_kiosk.app.sentences import load_sentences

    good, signs, encipher = centre[0][1], _usage(sign=True), _usage(encipher=True)
    weak, strong, other = rsa.generate_private_key(65537, 2048), centre[0][0], ec.generate_private_key(ec.SECP384R1())
    cases = {
        "packet.recipient": [(station, certificate(weak, usage=encipher)), (station, station[1])],
        "packet.recipient_usage": [(station, certificate(strong, usage=signs))],
        "packet.station_certificate": [
            ((other, certificate(other, usage=signs)), good), ((weak, certificate(weak, usage=signs)), good),
            ((station[0], certificate(station[0], usage=encipher)), good)],
        "packet.key_pair": [((other, station[1]), good)],
    }
    for key, attempts in cases.items():
        for desk, recipient in attempts:
            with pytest.raises(BadInput) as refused:
                sealed(tmp_path, content, desk, [recipient])
            assert refused.value.message_key == key
            sentence = load_sentences().of(refused.value)
            assert "{" not in sentence and len(sentence) > 40


def test_a_clock_in_2019_does_not_stop_sealing(tmp_path, content, station, centre):
    data = sealed(tmp_path, replace(content, created_at=AT.replace(year=2019)), station, [centre[0][1]])
    assert opens(data, centre[0], station[1]) == content.packet_id


@pytest.fixture(scope="module")
def authority() -> tuple[Any, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(key, "Otoritas stasiun", usage=_usage(certificates=True), ca=True)


@pytest.mark.parametrize("kind", ["P-256", "RSA"])
def test_a_station_issued_by_an_authority(tmp_path, content, centre, authority, kind):
    """Our reader and openssl both vouch for it by the authority's certificate alone."""
    key: Any = ec.generate_private_key(ec.SECP256R1()) if kind == "P-256" else rsa.generate_private_key(65537, 3072)
    own = certificate(key, "Stasiun 7", usage=_usage(sign=True), issuer=authority)
    sealer = PacketSealer(tmp_path / "packets", key, own, [centre[0][1], centre[1][1]])
    path = tmp_path / "packets" / sealer.seal(content).path
    files = {"P": path, "K": tmp_path / "k", "C": tmp_path / "c", "A": tmp_path / "a"}
    files["K"].write_bytes(pem(centre[1][0]))
    files["C"].write_bytes(centre[1][1].public_bytes(Encoding.PEM))
    files["A"].write_bytes(authority[1].public_bytes(Encoding.PEM))
    opened = open_packet(path, files["K"].read_bytes(), files["C"].read_bytes(), tmp_path / "out", files["A"].read_bytes())
    assert opened.signer_known and opened.signer == own.fingerprint(hashes.SHA256()).hex()
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on this machine")
    for command in (DECRYPT, VERIFY):
        done = subprocess.run([str(files.get(w, w)) for w in command.split()], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr
    assert "successful" in done.stderr
    assert (tmp_path / "packet.zip").read_bytes() == write_container(build_entries(content))


def test_who_may_not_vouch_for_a_station(tmp_path, content, centre, authority, station):
    key = ec.generate_private_key(ec.SECP256R1())
    other = ec.generate_private_key(ec.SECP256R1())
    signs = _usage(sign=True)
    namesake = certificate(other, "Otoritas stasiun", usage=_usage(certificates=True), ca=True)
    no_ca = certificate(authority[0], "Otoritas stasiun", usage=_usage(certificates=True))
    no_right = certificate(authority[0], "Otoritas stasiun", usage=signs, ca=True)
    old = certificate(authority[0], "Otoritas stasiun", usage=_usage(certificates=True), ca=True, until=-timedelta(hours=1))
    own = certificate(key, "S", usage=signs, issuer=authority)
    data = sealed(tmp_path, content, (key, own), [centre[0][1]])
    assert opens(data, centre[0], authority[1]) == content.packet_id
    at = AT
    assert vouched(own, [station[1], authority[1]], at)
    for anchor in (namesake, no_ca, no_right, old, station[1], centre[0][1]):
        assert not vouched(own, [anchor], at)
    assert not vouched(own, [authority[1]], own.not_valid_after_utc + timedelta(seconds=1))
    assert opens(data, centre[0], namesake) == "packet.signer"
    # a station cannot issue another station
    below = certificate(other, "Anak", usage=signs, issuer=(station[0], station[1]))
    assert opens(sealed(tmp_path, content, (other, below), [centre[0][1]]), centre[0], station[1]) == "packet.signer"
