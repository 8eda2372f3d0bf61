"""``keys`` on the command line, and a kiosk that follows its centre's change of key without anybody's help."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.office import open_central_keys
from ktpel_kiosk.app.simulation import practice_gateway
from ktpel_kiosk.app.wiring import open_practice_kiosk

runner = CliRunner()
PAST = datetime(2025, 3, 12, 2, 0, tzinfo=UTC)


class Quick:
    """Argon2 is not what is tested here."""

    def hash(self, password):
        return password

    def verify(self, hashed, password):
        return hashed == password


def call(*arguments):
    return runner.invoke(app, [str(a) for a in arguments])


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "kantor"
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(PAST), hasher=Quick()):
        pass
    return data


def _certificate(path, start):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pusat")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(3)
            .not_valid_before(start).not_valid_after(start + timedelta(days=20)).sign(key, hashes.SHA256()))
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def test_keys_are_listed_and_one_is_installed_by_hand(folder, tmp_path):
    first = json.loads(call("keys", "receipts", "--data", folder, "--json").output)
    assert [(k["kid"], k["state"]) for k in first] == [("receipt-1", "berlaku")]
    old = _certificate(tmp_path / "lama.pem", PAST)
    added = call("keys", "receipts", "--data", folder, "--add", old, "--kid", "pusat-2025")
    assert added.exit_code == 0
    assert "pusat-2025" in added.output
    assert "di luar masa berlaku" in added.output
    other = call("keys", "receipts", "--data", folder, "--add", _certificate(tmp_path / "lain.pem", PAST), "--kid", "pusat-2025")
    assert (other.exit_code, "gateway.receipt_key_taken" in other.output) == (1, True)
    for bad in (tmp_path / "none.pem", tmp_path):
        refused = call("keys", "receipts", "--data", folder, "--add", bad)
        assert (refused.exit_code, "gateway.receipt_key" in refused.output) == (1, True)
    (tmp_path / "rubbish.pem").write_text("-----BEGIN CERTIFICATE-----")
    assert call("keys", "receipts", "--data", folder, "--add", tmp_path / "rubbish.pem").exit_code == 1
    audit = json.loads(call("register", "verify", "--data", folder, "--json").output)
    assert audit["whole"]


@pytest.mark.gate
def test_a_kiosk_follows_the_practice_centre(folder):
    announced = call("keys", "practice-rotate", "--data", folder)
    assert (announced.exit_code, "receipt-2" in announced.output) == (0, True)
    assert call("keys", "practice-rotate", "--data", folder, "--revoke", "receipt-1").exit_code == 0
    refused = call("keys", "practice-rotate", "--data", folder, "--revoke", "receipt-2")
    assert (refused.exit_code, "gateway.receipt_key" in refused.output) == (1, True)
    clock = PracticeClock(PAST)
    with practice_gateway(folder / "gateway", open_central_keys(folder), clock) as centre, \
            open_practice_kiosk(folder, "tempeh", clock=clock, hasher=Quick()) as kiosk:
        kiosk.gateway_url = centre.base_url
        assert kiosk.desk.gateway.statuses(0, 0) == []
        assert kiosk.network.first is not None
        kiosk.key_keeper.refresh_daily(kiosk.network.first.key_statements)
        keys = kiosk.key_keeper.ring.keys
    assert (keys.sequence, set(keys.revoked)) == (2, {"receipt-1"})
    listed = {k["kid"]: k["state"] for k in json.loads(call("keys", "receipts", "--data", folder, "--json").output)}
    assert listed == {"receipt-1": "dicabut", "receipt-2": "berlaku"}
