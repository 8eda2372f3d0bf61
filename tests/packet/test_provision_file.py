"""The file of a bundle: round trip, and every octet changed, cut, added or told otherwise is refused before anything is opened."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gates.hostile.hostile_mutate import damaged
from ktpel_kiosk.domain.errors import BadInput, KioskError, SecurityRefusal
from ktpel_kiosk.domain.provision import BundleHead, Holds, Pinned, refuse_foreign
from ktpel_kiosk.jose import strict_object
from ktpel_kiosk.packet import provision
from ktpel_kiosk.packet.canonical import canonical
from ktpel_kiosk.packet.provision import CHUNK, MAGIC, Costs, fingerprint, look, pack, seal, unpack, unseal

PHRASE = "gitar bubur kapal"
CHEAP = Costs(1, 64, 1)
HEAD = BundleHead("0123456789abcdef", 202611260800, datetime(2026, 11, 26, 1, tzinfo=UTC), "rowokangkung", "Kecamatan Rowokangkung",
                  "3508080-meja-1", "Meja 1", Holds("SOP", 3, 3), ())
FILES = {"isi.json": b"{}", "penduduk.csv": b"NIK;NAMA\n" * 50, "kosong": b""}


class Key:
    """A signing key as the house's own, without a password."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        return self._private.sign(message).hex()


DINAS, SECOND = Key(), Key()
WHOLE = seal(HEAD, FILES, PHRASE, [DINAS], CHEAP)


def test_what_was_sealed_comes_out_also_in_many_pieces_and_by_two_people() -> None:
    big = {"a": random.Random(1).randbytes(2 * CHUNK + 5), "b": b"x"}
    for files, signers in ((FILES, [DINAS]), (big, [DINAS, SECOND]), ({}, [SECOND])):
        outside = look(seal(HEAD, files, PHRASE, signers, CHEAP))
        assert unseal(outside, " GITAR-bubur,  Kapal ") == files
        assert replace(outside.head, digest="", signers=()) == HEAD and outside.head.signers == tuple(s.public_key for s in signers)
    assert fingerprint([DINAS.public_key, SECOND.public_key]) == fingerprint([SECOND.public_key, DINAS.public_key])
    with pytest.raises(BadInput, match=r"provision\.passphrase"):
        unseal(look(WHOLE), "gitar bubur")


def test_the_real_costs_are_those_of_the_head() -> None:
    assert look(seal(HEAD, {}, PHRASE, [DINAS])).costs == Costs(3, 65536, 4)


def test_hundreds_of_damaged_files_open_nothing() -> None:
    rng, refused = random.Random(9), 0
    for _ in range(600):
        data = damaged([WHOLE], rng, (b'"number":', b"argon2id", MAGIC, DINAS.public_key.encode()))
        if data == WHOLE:
            continue
        with pytest.raises(KioskError) as caught:
            look(data)
        assert caught.value.message_key in ("provision.not_one", "provision.cut", "provision.altered", "provision.too_large")
        refused += 1
    assert refused > 500


@pytest.mark.gate
def test_every_single_bit_counts_and_every_length() -> None:
    for at in range(len(WHOLE) * 8):
        data = bytearray(WHOLE)
        data[at // 8] ^= 1 << at % 8
        with pytest.raises(KioskError):
            look(bytes(data))
    for length in range(len(WHOLE)):
        with pytest.raises(KioskError):
            look(WHOLE[:length])


def signed(change: Callable[[dict[str, object]], object], tail: bytes | None = None) -> bytes:
    """A head as an attacker would write it, properly signed by a key of his own."""
    size = int.from_bytes(WHOLE[16:20], "big")
    table = strict_object(WHOLE[20:20 + size])
    table["signers"] = [SECOND.public_key]
    change(table)
    text = canonical(table)  # type: ignore[arg-type]
    outside = MAGIC + len(text).to_bytes(4, "big") + text
    return outside + bytes.fromhex(SECOND.sign(outside)) + (WHOLE[20 + size + 64:] if tail is None else tail)


@pytest.mark.parametrize("change", [
    lambda t: t["seal"].update(memory_kib=1 << 30), lambda t: t["seal"].update(time=10**6), lambda t: t["seal"].update(lanes=0),
    lambda t: t["seal"].update(kdf="none"), lambda t: t.update(number=-1), lambda t: t.update(number="3"), lambda t: t.update(size=True),
    lambda t: t.update(station="../../etc"), lambda t: t.update(office=""), lambda t: t.update(name="x\u202ey" * 90),
    lambda t: t.pop("holds"),
    lambda t: t.update(extra=1), lambda t: t["holds"].update(officers="3"), lambda t: t.update(made_at="2026-1-2T3:4:5Z"),
    lambda t: t.update(signers=[SECOND.public_key] * 2), lambda t: t.update(signers=[]), lambda t: t.update(id="/"),
    lambda t: t["holds"].update(keys=0), lambda t: t.update(place="a\nb"),
])
def test_a_signed_head_says_nothing_beyond_what_the_program_writes(change: Callable[[dict[str, object]], object]) -> None:
    with pytest.raises(SecurityRefusal, match=r"provision\.altered"):
        look(signed(change))


def test_an_announced_giant_and_a_bomb_stay_shut() -> None:
    with pytest.raises(BadInput, match=r"provision\.too_large"):
        look(signed(lambda t: t.update(size=2**50)))
    with pytest.raises(BadInput, match=r"provision\.cut"):
        look(MAGIC + b"\x00\x00\xff\xff{")
    with pytest.raises(SecurityRefusal):
        look(MAGIC + b"\xff\xff\xff\xff" + b"{" * 100)
    with pytest.raises(SecurityRefusal):
        look(MAGIC + (5000).to_bytes(4, "big") + b"[" * 5000)
    moved = look(signed(lambda t: None))  # another's signature over our sealed content: the passphrase vouches for its own signer
    with pytest.raises(BadInput, match=r"provision\.passphrase"):
        unseal(moved, PHRASE)


@pytest.mark.parametrize("plain", [
    b"", b"\x00\x00\x00\x05{", pack({"a": b"1"}) + b"x", pack({"a": b"12"})[:-1], b"\x00\x00\x00\x02[]", b"\xff\xff\xff\xff",
    len(t := canonical({"files": [["a", 1], ["a", 0]]})).to_bytes(4, "big") + t + b"x",
    len(t := canonical({"files": [["a", -1]]})).to_bytes(4, "big") + t,
    len(t := canonical({"files": [[1, 1]]})).to_bytes(4, "big") + t + b"x",
    len(t := canonical({"files": {}})).to_bytes(4, "big") + t, len(t := canonical({"files": [["a", 2**50]]})).to_bytes(4, "big") + t,
])
def test_an_index_that_lies_is_refused(plain: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(plain)


def test_trust_is_by_signer_desk_and_number() -> None:
    head = replace(HEAD, signers=("b", "a"), digest="d")
    assert head.signer == "a+b"
    for pinned in (Pinned(), Pinned("a+b", HEAD.number - 1, "x"), Pinned("a+b", HEAD.number, "d"), Pinned("a+b", HEAD.number + 5, "d")):
        refuse_foreign(head, pinned, head.office, head.station)
    for pinned, office, station, key in (
            (Pinned("a", 1, "x"), head.office, head.station, "stranger"), (Pinned("a+b+c", 1, "x"), head.office, head.station, "stranger"),
            (Pinned(), "tempeh", head.station, "other_office"), (Pinned(), head.office, "3508080-meja-2", "other_office"),
            (Pinned("a+b", HEAD.number, "x"), head.office, head.station, "older"),
            (Pinned("a+b", HEAD.number + 1, "x"), head.office, head.station, "older")):
        with pytest.raises(KioskError) as caught:
            refuse_foreign(head, pinned, office, station)
        assert caught.value.message_key == f"provision.{key}"


def test_limits_are_kept_when_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "MAX_CONTENT", 100)
    with pytest.raises(BadInput, match=r"provision\.too_large"):
        seal(HEAD, {"a": bytes(100)}, PHRASE, [DINAS], CHEAP)
