"""The bundle of a Dinas as one file (docs/adr/0042): signed outside, encrypted inside, nothing compressed.

    magic (16)  length of head (4, big-endian)  head (canonical JSON)  64 octets a signer (Ed25519 over magic and head)  sealed content

The head names size and SHA-256 of the sealed content, so that one signature covers every octet and nothing is decrypted, let alone written,
before it holds. The content key is wrapped by a passphrase (Argon2id) and bound to signer, number and station: whoever knows the
passphrase and finds it opens also knows that no other signer sealed it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.domain.provision import BundleHead, Holds
from ktpel_kiosk.jose import strict_object
from ktpel_kiosk.packet.canonical import SAFE_INTEGER, JsonValue, canonical
from ktpel_kiosk.ports.services import Signer

MAGIC = b"KTPELSEDIA\x00\x01\r\n\x1a\n"
SUFFIX = ".ktpelsedia"
PREFIX = "ktpel-sedia-"
MAX_HEAD = 64 * 1024
MAX_CONTENT = 256 * 1024 * 1024
MAX_SIGNERS = 2
SIGNATURE, CHUNK, TAG = 64, 1024 * 1024, 16
SALT, NONCE, KEY = 16, 12, 32
TIME, MEMORY_KIB, LANES = 3, 65536, 4
"""RFC 9106, second recommended set."""
MOST_TIME, MOST_MEMORY_KIB, MOST_LANES = 8, 1 << 18, 8
"""A head that asks for more was not written by us; 256 MB is what the smallest desk can give."""
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_ID = re.compile(r"[0-9a-f-]{16,40}")
_STATION = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,62}[a-z0-9])")
_OFFICE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_HEAD = frozenset({"id", "number", "made_at", "office", "name", "station", "place", "holds", "signers", "seal", "size", "sha256"})
_SEAL = frozenset({"kdf", "time", "memory_kib", "lanes", "salt", "nonce", "key"})


@dataclass(frozen=True, slots=True)
class Costs:
    """Of turning the passphrase into a key."""

    time: int = TIME
    memory_kib: int = MEMORY_KIB
    lanes: int = LANES


@dataclass(frozen=True, slots=True)
class Outside:
    """A bundle whose signatures hold. ``sealed``: the content as it lies there, its SHA-256 proved."""

    head: BundleHead
    costs: Costs
    salt: bytes
    nonce: bytes
    wrapped: bytes
    sealed: memoryview


def fingerprint(signers: Sequence[str]) -> bytes:
    """32 octets that stand for these signers, whatever their order; people compare the first of them as words."""
    return hashlib.sha256(b"ktpel-penanda-1\n" + "\n".join(sorted(signers)).encode()).digest()


# -- writing -----------------------------------------------------------------------------------------------------------------------


def seal(head: BundleHead, files: Mapping[str, bytes], passphrase: str, signers: Sequence[Signer], costs: Costs | None = None) -> bytes:
    """The whole file. ``head.signers`` and ``head.digest`` are filled in here. Raises BadInput ``provision.too_large``."""
    costs = costs or Costs()
    if not 1 <= len(signers) <= MAX_SIGNERS or len({s.public_key for s in signers}) != len(signers):
        raise ValueError("signers")
    head = replace(head, signers=tuple(s.public_key for s in signers))
    plain = pack(files)
    key, salt, nonce = os.urandom(KEY), os.urandom(SALT), os.urandom(NONCE)
    wrapped = ChaCha20Poly1305(_derive(passphrase, salt, costs)).encrypt(nonce, key, _bound(head))
    sealed = _encrypt(key, plain)
    table: dict[str, JsonValue] = {
        "id": head.bundle_id, "number": head.number, "made_at": head.made_at.astimezone(UTC).strftime(_STAMP),
        "office": head.office, "name": head.name,
        "station": head.station, "place": head.place, "holds": _holds_table(head.holds),
        "signers": list(head.signers),
        "seal": {"kdf": "argon2id", "time": costs.time, "memory_kib": costs.memory_kib, "lanes": costs.lanes,
                 "salt": salt.hex(), "nonce": nonce.hex(), "key": wrapped.hex()},
        "size": len(sealed), "sha256": hashlib.sha256(sealed).hexdigest(),
    }
    text = canonical(table)
    outside = MAGIC + len(text).to_bytes(4, "big") + text
    return b"".join([outside, *(bytes.fromhex(s.sign(outside)) for s in signers), sealed])


def pack(files: Mapping[str, bytes]) -> bytes:
    """Names, sizes, then the files one after the other; nothing is compressed, so nothing can unfold."""
    index = canonical({"files": [[name, len(data)] for name, data in files.items()]})
    if sum(map(len, files.values())) + len(index) + 4 > MAX_CONTENT:
        raise BadInput("provision.too_large", limit=MAX_CONTENT // 1_000_000)
    return b"".join([len(index).to_bytes(4, "big"), index, *files.values()])


def _encrypt(key: bytes, plain: bytes) -> bytes:
    """Pieces of 1 MiB, each with its number and whether it is the last: none can be left out, moved or added."""
    cipher, view = ChaCha20Poly1305(key), memoryview(plain)
    count = max(1, -(-len(view) // CHUNK))
    return b"".join(cipher.encrypt(_nonce(i, i == count - 1), bytes(view[i * CHUNK:(i + 1) * CHUNK]), None) for i in range(count))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(NONCE - 1, "big") + bytes([last])


def _bound(head: BundleHead) -> bytes:
    return canonical({"format": "ktpel-penyediaan-1", "id": head.bundle_id, "number": head.number, "station": head.station,
                      "signers": list(head.signers)})


def _holds_table(holds: Holds) -> dict[str, JsonValue]:
    return {"sop": holds.sop, "officers": holds.officers, "residents": holds.residents, "regions": holds.regions,
            "certificates": holds.certificates, "devices": holds.devices, "keys": holds.keys}


# -- reading -----------------------------------------------------------------------------------------------------------------------


def look(untrusted: bytes) -> Outside:
    """The outside, if every signature holds and no octet was changed, added or lost. Nothing inside is touched.

    Raises:
        BadInput: ``provision.not_one`` (another kind of file), ``provision.cut`` (the file ends too early), ``provision.too_large``.
        SecurityRefusal: ``provision.altered`` with ``reason``.
    """
    view = memoryview(untrusted)
    if bytes(view[:len(MAGIC)]) != MAGIC:
        raise BadInput("provision.not_one")
    at = len(MAGIC) + 4
    size = int.from_bytes(view[at - 4:at], "big")
    if len(view) < at or size > MAX_HEAD:
        raise _altered("kepala") if len(view) >= at else BadInput("provision.cut")
    text = bytes(view[at:at + size])
    if len(text) < size:
        raise BadInput("provision.cut")
    head, table = _head(text)
    at += size
    outside = bytes(view[:at])
    for public in head.signers:
        signature = bytes(view[at:at + SIGNATURE])
        if len(signature) < SIGNATURE:
            raise BadInput("provision.cut")
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, outside)
        except (InvalidSignature, ValueError) as error:
            raise _altered("tanda tangan") from error
        at += SIGNATURE
    # signed from here on: what the head says is what the signer said
    if table["size"] > MAX_CONTENT + MAX_CONTENT // CHUNK * TAG + TAG:
        raise BadInput("provision.too_large", limit=MAX_CONTENT // 1_000_000)
    sealed = view[at:]
    if len(sealed) < table["size"]:
        raise BadInput("provision.cut")
    if len(sealed) > table["size"] or hashlib.sha256(sealed).hexdigest() != table["sha256"]:
        raise _altered("isi")
    wrap = table["seal"]
    return Outside(replace(head, digest=hashlib.sha256(outside).hexdigest()), Costs(wrap["time"], wrap["memory_kib"], wrap["lanes"]),
                   bytes.fromhex(wrap["salt"]), bytes.fromhex(wrap["nonce"]), bytes.fromhex(wrap["key"]), sealed)


def unseal(outside: Outside, passphrase: str) -> dict[str, bytes]:
    """The files inside. Takes about 0.1 s for the passphrase.

    Raises:
        BadInput: ``provision.passphrase``. SecurityRefusal ``provision.altered``: signed, but not what its signer's program writes.
    """
    try:
        key = ChaCha20Poly1305(_derive(passphrase, outside.salt, outside.costs)).decrypt(
            outside.nonce, outside.wrapped, _bound(outside.head))
    except InvalidTag as error:
        raise BadInput("provision.passphrase") from error
    try:
        return unpack(_decrypt(key, outside.sealed))
    except (InvalidTag, ValueError) as error:
        raise _altered("isi") from error


def unpack(plain: bytes) -> dict[str, bytes]:
    """Inverse of :func:`pack`. Raises ValueError."""
    size = int.from_bytes(plain[:4], "big")
    text = plain[4:4 + size]
    if len(plain) < 4 or len(text) != size or size > MAX_HEAD:
        raise ValueError("index")
    index = strict_object(text)
    entries = index.get("files")
    if set(index) != {"files"} or not isinstance(entries, list):
        raise ValueError("index")
    files: dict[str, bytes] = {}
    at = 4 + size
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str) or not _count(entry[1]) or entry[0] in files:
            raise ValueError("index")
        files[entry[0]] = plain[at:at + entry[1]]
        if len(files[entry[0]]) != entry[1]:
            raise ValueError("size")
        at += entry[1]
    if at != len(plain):
        raise ValueError("size")
    return files


def _decrypt(key: bytes, sealed: memoryview) -> bytes:
    cipher, step = ChaCha20Poly1305(key), CHUNK + TAG
    count = max(1, -(-len(sealed) // step))
    return b"".join(cipher.decrypt(_nonce(i, i == count - 1), bytes(sealed[i * step:(i + 1) * step]), None) for i in range(count))


def _derive(passphrase: str, salt: bytes, costs: Costs) -> bytes:
    from argon2.low_level import Type, hash_secret_raw

    secret = plain_phrase(passphrase).encode("utf-8", "surrogatepass")
    return hash_secret_raw(secret or b"-", salt, costs.time, costs.memory_kib, costs.lanes, KEY, Type.ID)


def plain_phrase(typed: str) -> str:
    """Words as they were printed, however they were typed: capitals, dashes and blanks do not matter."""
    return " ".join(re.sub(r"[\s,.;_-]+", " ", typed).lower().split())


def _altered(what: str) -> SecurityRefusal:
    return SecurityRefusal("provision.altered", reason=what)


def _head(text: bytes) -> tuple[BundleHead, dict[str, Any]]:
    """Strictly what :func:`seal` writes, octet for octet."""
    try:
        table = strict_object(text)
        if canonical(table) != text or set(table) != _HEAD:
            raise ValueError("fields")
        return _typed(table), table
    except Exception as error:  # foreign text: whatever it does to a reader, it is no head
        raise _altered("kepala") from error


def _typed(table: dict[str, Any]) -> BundleHead:
    holds, seal_, signers = table["holds"], table["seal"], table["signers"]
    plain = Holds(**holds)
    counts = (plain.officers, plain.residents, plain.regions, plain.certificates)
    texts = (table["name"], table["place"], plain.sop)
    sound = (
        all(map(_count, counts)) and isinstance(plain.devices, bool) and isinstance(plain.keys, bool) and all(map(_line, texts))
        and set(seal_) == _SEAL and seal_["kdf"] == "argon2id" and _costs(seal_)
        and _octets(seal_["salt"], SALT) and _octets(seal_["nonce"], NONCE) and _octets(seal_["key"], KEY + TAG)
        and isinstance(signers, list) and 1 <= len(signers) <= MAX_SIGNERS and len(set(signers)) == len(signers)
        and all(_octets(s, 32) for s in signers) and _count(table["number"]) and _count(table["size"]) and _octets(table["sha256"], 32)
        and bool(_ID.fullmatch(table["id"])) and bool(_STATION.fullmatch(table["station"])) and bool(_OFFICE.fullmatch(table["office"])))
    if not sound:
        raise ValueError("values")
    made = datetime.strptime(table["made_at"], _STAMP).replace(tzinfo=UTC)
    if made.strftime(_STAMP) != table["made_at"]:
        raise ValueError("made_at")
    return BundleHead(table["id"], table["number"], made, table["office"], table["name"], table["station"], table["place"], plain,
                      tuple(signers))


def _count(value: object) -> bool:
    return type(value) is int and 0 <= value <= SAFE_INTEGER


def _costs(table: Mapping[str, Any]) -> bool:
    time, memory, lanes = table["time"], table["memory_kib"], table["lanes"]
    return (_count(time) and _count(memory) and _count(lanes) and 1 <= time <= MOST_TIME and 1 <= lanes <= MOST_LANES
            and 8 * lanes <= memory <= MOST_MEMORY_KIB)


def _octets(value: object, length: int) -> bool:
    return isinstance(value, str) and len(value) == 2 * length and bool(_HEX.fullmatch(value))


def _line(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 200 and value.isprintable()
