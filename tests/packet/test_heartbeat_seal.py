"""Signs of life: the schema holds no text a person could stand in, the signature is the station's, and nobody else's counts."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.domain.heartbeat import Heartbeat, Waiting, heartbeat_of, payload_of
from ktpel_kiosk.packet.heartbeat_seal import heartbeat_checker, sign_heartbeat
from ktpel_kiosk.packet.keys import make_demo_keys

NOW = datetime(2026, 11, 26, 4, 30, tzinfo=UTC)
BEAT = Heartbeat("praktik-1", "350801", 7, NOW, date(2026, 11, 26), "0.1.0", {"sealed": Waiting(2, 30)}, {"card_printer": "trouble"},
                 {"card_printer": 40}, 12, 3, 9, 1, 5, 4, 20, None, 300, "utuh", 812, hashlib.sha256(b"x").hexdigest(), 60_000)
MARKER = "SITI AMINAH 3508014107900001"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return [make_demo_keys(tmp_path_factory.mktemp(name), NOW, name) for name in ("praktik-1", "praktik-2")]


def own(demo):
    return (serialization.load_pem_private_key(demo.station_key.read_bytes(), None),
            x509.load_pem_x509_certificate(demo.station_cert.read_bytes()))


def test_what_is_signed_is_read_back(keys):
    key, certificate = own(keys[0])
    assert heartbeat_checker({"praktik-1": certificate})(sign_heartbeat(BEAT, key, certificate)) == BEAT


def test_another_station_cannot_speak_for_this_one(keys):
    (key, certificate), (other_key, other) = own(keys[0]), own(keys[1])
    check = heartbeat_checker({"praktik-1": certificate, "praktik-2": other})
    with pytest.raises(SecurityRefusal, match=r"heartbeat\.foreign"):
        check(sign_heartbeat(BEAT, other_key, other))
    with pytest.raises(SecurityRefusal, match=r"heartbeat\.foreign"):
        heartbeat_checker({"praktik-2": other})(sign_heartbeat(BEAT, key, certificate))
    with pytest.raises(SecurityRefusal, match=r"heartbeat\.altered"):
        check(sign_heartbeat(BEAT, other_key, certificate))


def test_a_certificate_of_the_authority_counts_for_the_station_in_its_name(keys):
    authority = x509.load_pem_x509_certificate(keys[0].ca_cert.read_bytes())
    certificate = x509.load_pem_x509_certificate(keys[0].client_cert.read_bytes())
    key = serialization.load_pem_private_key(keys[0].client_key.read_bytes(), None)
    check = heartbeat_checker({}, [authority])
    assert check(sign_heartbeat(BEAT, key, certificate)) == BEAT
    with pytest.raises(SecurityRefusal, match=r"heartbeat\.foreign"):
        check(sign_heartbeat(replace(BEAT, station="praktik-2"), key, certificate))


def test_a_changed_letter_is_refused(keys):
    key, certificate = own(keys[0])
    token, check = sign_heartbeat(BEAT, key, certificate), heartbeat_checker({"praktik-1": certificate})
    for at in range(0, len(token), 97):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
        with pytest.raises(SecurityRefusal):
            check(changed)


@pytest.mark.parametrize("name", [f.name for f in fields(Heartbeat)])
def test_no_field_takes_a_name_or_a_nik(keys, name):
    """A marker of a person is put into every field in turn: nothing of it is ever signed."""
    key, certificate = own(keys[0])
    for marker in (MARKER, MARKER.split()[-1], {MARKER: MARKER}, {"card_printer": MARKER}, {"sealed": Waiting(MARKER, MARKER)}, [MARKER]):
        if name in ("made_at", "day"):
            marker = type("Said", (), {"isoformat": lambda self, *a, **k: MARKER, "astimezone": lambda self, *a: self})()
        with pytest.raises((BadInput, AttributeError, TypeError)):
            sign_heartbeat(replace(BEAT, **{name: marker}), key, certificate)


def test_no_field_more_and_none_less():
    payload = payload_of(BEAT)
    with pytest.raises(ValueError, match="fields"):
        heartbeat_of({**payload, "catatan": "bebas"})
    for name in payload:
        with pytest.raises(ValueError, match="fields"):
            heartbeat_of({k: v for k, v in payload.items() if k != name})


@given(st.dictionaries(st.sampled_from(sorted(payload_of(BEAT))), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.dictionaries(st.text(), st.text())),
    max_size=3))
def test_whatever_is_sent_either_fits_or_is_refused(changes):
    try:
        found = heartbeat_of({**payload_of(BEAT), **changes})
    except (ValueError, OverflowError):
        return
    assert payload_of(found)["station"] == found.station
