"""Which keys a receipt may be signed with, how the next key comes in, and that nobody else can bring one."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ktpel_kiosk.domain.errors import BadInput, ReceiptInvalid
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.http_gateway import HttpGateway
from ktpel_kiosk.siak.jws import BadToken, UnknownKey, sign_jws
from ktpel_kiosk.siak.key_keeper import SETTING, KeyKeeper
from ktpel_kiosk.siak.receipt_keys import TOLERANCE, KeyRing, KeySet, ReceiptKey, key_from_certificate, statement
from ktpel_kiosk.siak.simulator.keys import ReceiptKeyChain

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make_key(kid, start=T0, end=T0 + 365 * DAY, private=None):
    private = private or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kid)])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
                   .serial_number(7).not_valid_before(start).not_valid_after(end).sign(private, hashes.SHA256()))
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    return SimpleNamespace(kid=kid, private=private, pem=pem, key=key_from_certificate(kid, pem))


A, B, C = make_key("a"), make_key("b", T0 + 200 * DAY, T0 + 600 * DAY), make_key("c")
PINNED = KeySet.pinned({"a": A.pem})


def receipt(signer, at=T0 + DAY, typ=wire.RECEIPT_TYPE, **changes):
    payload = wire.receipt_payload("p", "f" * 64, "desk-1", 1, at) | changes
    return sign_jws(payload, signer.private, signer.kid, typ)


def announced(by, listed, number=1, at=T0 + 250 * DAY, revoked=(), **changes):
    whole = KeySet({k.kid: k.key for k in listed}, 0, {})
    payload = statement(whole, number, at) | {"revoked": [{"kid": r, "at": wire.stamp(at)} for r in revoked]} | changes
    return sign_jws(payload, by.private, by.kid, wire.KEYS_TYPE)


@pytest.mark.parametrize(("at", "good"), [
    (T0 - TOLERANCE, True), (T0 - TOLERANCE - timedelta(seconds=1), False),
    (T0 + 365 * DAY + TOLERANCE, True), (T0 + 365 * DAY + TOLERANCE + timedelta(seconds=1), False),
])
def test_a_receipt_counts_in_the_time_of_its_key(at, good):
    if good:
        assert PINNED.verify(receipt(A, at), wire.RECEIPT_TYPE)["packet_id"] == "p"
    else:
        with pytest.raises(BadToken, match="key_time"):
            PINNED.verify(receipt(A, at), wire.RECEIPT_TYPE)


def test_a_receipt_without_a_time_or_zone_does_not_count():
    for at in ("2026-03-02T00:00:00", "yesterday", 5, None):
        with pytest.raises(BadToken, match="time"):
            PINNED.verify(receipt(A, received_at=at), wire.RECEIPT_TYPE)


def test_the_next_key_comes_in_signed_by_the_one_in_force_and_the_old_one_goes_on_verifying():
    with pytest.raises(UnknownKey):
        PINNED.verify(receipt(B, T0 + 300 * DAY), wire.RECEIPT_TYPE)
    both = PINNED.adopt(announced(A, [A, B]))
    assert both.sequence == 1
    for signer in (A, B):
        assert both.verify(receipt(signer, T0 + 300 * DAY), wire.RECEIPT_TYPE)
    later = both.adopt(announced(B, [B], 2, T0 + 400 * DAY))
    assert later.verify(receipt(A), wire.RECEIPT_TYPE)
    assert later.keys["a"].retired
    with pytest.raises(ReceiptInvalid) as refused:
        later.adopt(announced(A, [A, C], 3, T0 + 300 * DAY))
    assert refused.value.facts["reason"] == "signer"


@pytest.mark.parametrize(("token", "reason"), [
    (announced(B, [A, B]), "key"),                                       # the new key vouches for itself
    (announced(SimpleNamespace(kid="a", private=C.private), [A, C]), "signature"),
    (announced(A, [A, B], 0), "fields"), (announced(A, [A, B], sequence=True), "fields"),
    (announced(A, [], 1), "no_key_left"),
    (announced(A, [B], 1, T0 + 10 * DAY), "no_key_left"),                # B is not in force yet
    (announced(A, [A, B], 1, revoked=["a"]), "signer_revoked"),
    (announced(C, [C], 1, revoked=["a"]), "key"),                        # a stranger revokes
    (announced(A, [A, B], 1, revoked=["b"]), "revived"),
    (announced(A, [A, make_key("a2")], 1, T0 + 500 * DAY), "key_time"),  # signed after its own end
    (announced(A, [make_key("a")], 1), "key_changed"),
    (announced(A, [A, B], keys=[{"kid": "a"}]), "fields"), (announced(A, [A, B], keys="a"), "fields"),
    (receipt(A), "header"),
    (sign_jws(statement(KeySet({"a": A.key}), 1, T0), A.private, "a", wire.RECEIPT_TYPE), "header"),
])
def test_no_other_statement_is_adopted(token, reason):
    with pytest.raises(ReceiptInvalid) as refused:
        PINNED.adopt(token)
    assert (refused.value.message_key, refused.value.facts["reason"]) == ("gateway.keys", reason)


def test_statements_only_go_forward():
    first, second = announced(A, [A, B]), announced(A, [A, B, C], 2)
    newest = PINNED.adopt(first).adopt(second)
    for old in (first, second):
        with pytest.raises(ReceiptInvalid) as refused:
            newest.adopt(old)
        assert refused.value.facts["reason"] == "sequence"


def test_a_revoked_key_never_counts_again():
    without = PINNED.adopt(announced(A, [A, B])).adopt(announced(B, [B], 2, revoked=["a"]))
    with pytest.raises(BadToken, match="key_revoked"):
        without.verify(receipt(A), wire.RECEIPT_TYPE)
    with pytest.raises(ReceiptInvalid) as refused:
        without.adopt(announced(B, [A, B], 3))
    assert refused.value.facts["reason"] == "revived"
    forgetful = without.adopt(announced(B, [B], 3))   # a later statement that no longer mentions it changes nothing
    with pytest.raises(BadToken, match="key_revoked"):
        forgetful.verify(receipt(A), wire.RECEIPT_TYPE)
    with pytest.raises(BadInput):
        forgetful.with_key(A.key)


def test_a_statement_does_not_take_back_the_past_of_a_key():
    narrowed = sign_jws({
        "sequence": 1, "issued_at": wire.stamp(T0 + 20 * DAY), "revoked": [],
        "keys": [{"kid": "a", "certificate": A.pem.decode(), "from": wire.stamp(T0 + 10 * DAY), "until": wire.stamp(T0 + 30 * DAY)}],
    }, A.private, "a", wire.KEYS_TYPE)
    after = PINNED.adopt(narrowed)
    assert KeySet.from_json(after.to_json()) == after
    renewed = make_key("a", T0 + 50 * DAY, T0 + 900 * DAY, A.private)   # the same key in a newer certificate
    longer = PINNED.adopt(announced(A, [renewed], 1, T0 + 60 * DAY))
    assert KeySet.from_json(longer.to_json()).verify(receipt(A, T0 + DAY), wire.RECEIPT_TYPE)
    assert after.verify(receipt(A, T0 + DAY), wire.RECEIPT_TYPE)
    with pytest.raises(BadToken, match="key_time"):
        after.verify(receipt(A, T0 + 31 * DAY), wire.RECEIPT_TYPE)


def test_certificates_that_cannot_verify_receipts_are_refused():
    p384 = make_key("x", private=ec.generate_private_key(ec.SECP256R1()))
    other = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    for key in (other, rsa.generate_private_key(65537, 2048)):
        certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
                       .not_valid_before(T0).not_valid_after(T0 + DAY).sign(key, hashes.SHA256()))
        with pytest.raises(BadInput):
            key_from_certificate("x", certificate.public_bytes(serialization.Encoding.PEM))
    for bad in (b"", b"rubbish", p384.pem[:200]):
        with pytest.raises(BadInput):
            key_from_certificate("x", bad)
    with pytest.raises(BadInput):
        key_from_certificate("x", p384.pem, T0, T0 + 9999 * DAY)


def test_json_round_trip_keeps_everything():
    keys = PINNED.adopt(announced(A, [A, B])).adopt(announced(B, [B], 2, revoked=["a"]))
    assert KeySet.from_json(json.loads(json.dumps(keys.to_json()))) == keys
    with pytest.raises(BadInput):
        KeySet.from_json({"keys": [{}]})


# -- mutations


def _mutants(token: str, rng: random.Random, count: int):
    """Changed tokens: characters, JSON members renamed, repeated or dropped, parts swapped, lengths changed."""
    head, body, signature = token.split(".")

    def text(part):
        return base64.urlsafe_b64decode(part + "==").decode()

    def packed(value):
        return base64.urlsafe_b64encode(value.encode()).rstrip(b"=").decode()

    def character():
        at = rng.randrange(len(token))
        return token[:at] + rng.choice("ABCxyz019-_.=") + token[at + 1:]

    def json_change():
        part = rng.choice([0, 1])
        value = text([head, body][part])
        at = rng.randrange(1, len(value))
        changed = rng.choice([
            value[:at] + rng.choice('019azAZ",:{}[] ') + value[at + 1:], value[:-1] + ',"sequence":99}', value[:-1] + ',"kid":"b"}',
            value[:-1] + ',"alg":"none"}', " " + value, value + " ", value.replace('"', "'", 1),
        ])
        return ".".join([packed(changed), body, signature] if part == 0 else [head, packed(changed), signature])

    def shape():
        cut = rng.randrange(len(signature))
        return rng.choice([
            f"{head}.{body}.{signature[:cut]}", f"{head}.{body}.", f"{body}.{head}.{signature}", f"{head}.{body}.{signature}=",
            f"{head}.{body}.{signature}.{signature}", f"{head}.{body}.{signature}\n", token + "A", token[:-rng.randrange(1, 90)],
            f"{head}.{body}.{packed(chr(rng.randrange(1, 127)) * 64)}",
        ])

    made = 0
    while made < count:
        changed = rng.choice([character, character, json_change, shape])()
        if changed != token:
            made += 1
            yield changed


def test_of_two_thousand_changed_receipts_and_statements_none_counts():
    rng = random.Random(22)
    keys = PINNED.adopt(announced(A, [A, B]))
    good, next_one = receipt(A), announced(A, [A, B, C], 2)
    assert keys.verify(good, wire.RECEIPT_TYPE)
    assert keys.adopt(next_one).sequence == 2
    refused = 0
    for token in _mutants(good, rng, 1200):
        with pytest.raises(BadToken):
            keys.verify(token, wire.RECEIPT_TYPE)
        refused += 1
    for token in _mutants(next_one, rng, 800):
        with pytest.raises(ReceiptInvalid):
            keys.adopt(token)
        refused += 1
    assert refused == 2000


# -- keeping and asking


class Drawer:
    """A register as far as settings and the audit go; a write that fails leaves nothing."""

    def __init__(self):
        self.settings, self.audit, self.broken = {}, [], False

    def setting(self, key):
        return self.settings.get(key)

    def put_setting(self, key, value):
        self.pending[key] = value

    def log(self, event, subject, actor, **facts):
        self.lines.append((event, facts))

    def read(self, work):
        return work(self)

    def write(self, work):
        self.pending, self.lines = {}, []
        work(self)
        if self.broken:
            raise OSError("disk full")
        self.settings |= self.pending
        self.audit += self.lines


def test_adopted_keys_survive_a_restart_and_stand_in_the_audit():
    drawer, chain = Drawer(), [announced(A, [A, B]), announced(B, [B], 2, T0 + 300 * DAY)]
    keeper = KeyKeeper(drawer, PINNED)
    assert keeper.refresh(lambda after: chain[after:])
    assert not keeper.refresh(lambda after: chain[after:])
    assert [event for event, _ in drawer.audit] == ["ReceiptKeyAdopted", "ReceiptKeyAdopted"]
    again = KeyKeeper(drawer, PINNED).ring.keys
    assert (again.sequence, set(again.keys)) == (2, {"a", "b"})
    assert again.verify(receipt(A), wire.RECEIPT_TYPE)


def test_a_refused_statement_changes_nothing_and_is_audited_once():
    drawer, forged = Drawer(), announced(C, [C])
    keeper = KeyKeeper(drawer, PINNED)
    for _ in range(3):
        with pytest.raises(ReceiptInvalid):
            keeper.refresh(lambda after: [forged])
    assert drawer.audit == [("ReceiptKeyRefused", {"reason": "key"})]
    assert keeper.ring.keys is PINNED
    assert SETTING not in drawer.settings


def test_what_the_register_could_not_keep_is_not_used():
    drawer = Drawer()
    keeper, drawer.broken = KeyKeeper(drawer, PINNED), True
    with pytest.raises(OSError, match="disk full"):
        keeper.refresh(lambda after: [announced(A, [A, B])][after:])
    assert keeper.ring.keys is PINNED


def test_a_key_installed_by_hand():
    drawer = Drawer()
    keeper = KeyKeeper(drawer, PINNED)
    keeper.add(C.key, "admin")
    assert KeyKeeper(drawer, PINNED).ring.keys.verify(receipt(C), wire.RECEIPT_TYPE)
    with pytest.raises(BadInput) as taken:
        keeper.add(ReceiptKey("c", A.key.public, T0, T0 + DAY, A.pem.decode()), "admin")
    assert taken.value.message_key == "gateway.receipt_key_taken"


def test_daily_question_is_asked_once_and_trouble_is_quiet():
    asked = []
    keeper = KeyKeeper(Drawer(), PINNED)

    def fetch(after):
        asked.append(after)
        raise ReceiptInvalid("gateway.keys", reason="x")

    keeper.refresh_daily(fetch)
    keeper.refresh_daily(fetch)
    assert asked == [0]


# -- with the reference server


def test_the_centre_changes_its_key_and_a_kiosk_that_was_away_follows_the_chain(tmp_path, simulator, receipt_signer, office):
    packet = office.add(200)
    ring_keys = KeySet.bare({"receipt-1": receipt_signer.public_key()})
    gateway = HttpGateway(simulator.base_url, "desk-1", receipt_keys={})
    drawer = Drawer()
    keeper = KeyKeeper(drawer, ring_keys)
    gateway._ring = keeper.ring
    assert gateway.key_statements(0) == []
    assert simulator.receipt_keys.rotate() == "receipt-2"
    assert simulator.receipt_keys.rotate() == "receipt-3"
    simulator.receipt_keys.retire("receipt-2")
    gateway.send_chunk(gateway.announce(packet).upload_url, 0, office.sealer.files[packet.path])
    with pytest.raises(ReceiptInvalid) as unknown:
        gateway.receipt(packet.packet_id)
    assert unknown.value.facts["reason"] == "key"
    gateway.on_unknown_key = lambda: keeper.refresh(gateway.key_statements)
    got = gateway.receipt(packet.packet_id)
    assert (got.packet_id, keeper.ring.keys.sequence) == (packet.packet_id, 3)
    assert keeper.ring.keys.keys["receipt-2"].retired
    assert len(drawer.audit) == 3
    gateway.close()


def test_another_process_changes_the_key_of_a_running_centre(tmp_path):
    first, clock = ec.generate_private_key(ec.SECP256R1()), SimpleNamespace(now=T0 + DAY)
    running, command = (ReceiptKeyChain(tmp_path / "k.json", first, "receipt-1", lambda: clock.now) for _ in range(2))
    assert running.signer() == (first, "receipt-1")
    command.rotate(overlap=7 * DAY)
    assert running.signer()[1] == "receipt-1"
    assert len(running.statements(0)) == 1
    clock.now += 7 * DAY
    assert running.signer()[1] == "receipt-2"
    command.revoke("receipt-1")
    with pytest.raises(BadInput):
        command.revoke("receipt-2")
    keys = KeySet.bare({"receipt-1": first.public_key()})
    for token in running.statements(0):
        keys = keys.adopt(token)
    assert set(keys.revoked) == {"receipt-1"}
    assert running.statements(2) == []


def test_ring_gives_whole_sets():
    ring = KeyRing(PINNED)
    later = PINNED.with_key(C.key)
    ring.replace(later)
    assert ring.keys is later
