"""Only what the receipt key really signed is a receipt."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.siak.jws import BadToken, sign_jws, verify_jws

KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = {"k": KEY.public_key()}
TOKEN = sign_jws({"a": 1, "b": "é"}, KEY, "k", "t")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_round_trip():
    assert verify_jws(TOKEN, KEYS, "t") == {"a": 1, "b": "é"}


@pytest.mark.parametrize("typ_or_keys", [("other", KEYS), ("t", {}), ("t", {"k": ec.generate_private_key(ec.SECP256R1()).public_key()})])
def test_wrong_type_or_key(typ_or_keys):
    with pytest.raises(BadToken):
        verify_jws(TOKEN, typ_or_keys[1], typ_or_keys[0])


@pytest.mark.parametrize("header", [
    {"alg": "none", "kid": "k", "typ": "t"}, {"alg": "HS256", "kid": "k", "typ": "t"},
    {"alg": "ES256", "kid": "k", "typ": "t", "crit": ["x"]},
])
def test_other_algorithms_are_not_even_tried(header):
    head, body = _b64(json.dumps(header).encode()), TOKEN.split(".")[1]
    mac = hmac.HMAC(b"k" * 32, hashes.SHA256())
    mac.update(f"{head}.{body}".encode())
    for signature in ("", _b64(mac.finalize()), TOKEN.split(".")[2]):
        with pytest.raises(BadToken):
            verify_jws(f"{head}.{body}.{signature}", KEYS, "t")


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABab01-_.=+ "))
def test_any_changed_character_is_noticed(at, character):
    changed = TOKEN[:at] + character + TOKEN[at + 1:]
    if changed != TOKEN:
        with pytest.raises(BadToken):
            verify_jws(changed, KEYS, "t")


@given(st.text(max_size=200))
def test_rubbish_is_only_ever_a_bad_token(text):
    with pytest.raises(BadToken):
        verify_jws(text, KEYS, "t")
