"""``doctor`` at an office server, over a socket and over a real TLS line with certificates on both sides."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import KEY, CountingIds, StillClock, application, save

from ktpel_kiosk.app.doctor_server import server_checks, work_copy_check
from ktpel_kiosk.app.office import OfficeSettings
from ktpel_kiosk.domain.errors import IoFailure
from ktpel_kiosk.register.server.address import server_address
from ktpel_kiosk.register.server.store import ServerRegister
from office_server import QUICK, OfficeServer, server

SETTINGS = OfficeSettings("tempeh", "meja-1")


def states(data: Path, url: str) -> dict[str, str]:
    return {c.name: c.state for c in server_checks(data, replace(SETTINGS, register_url=url))}


def test_a_desk_of_its_own_is_asked_nothing(tmp_path: Path) -> None:
    assert states(tmp_path, "") == {}


def test_a_server_that_forgets_and_one_that_is_away(tmp_path: Path) -> None:
    found = states(tmp_path, server().url(server().database()))
    assert found["server kantor"] in ("baik", "peringatan")  # a busy machine is slow
    assert found["disk server kantor"] == "gagal", "the tests' server runs without fsync"
    assert found["akun server kantor"] == "peringatan"
    assert states(tmp_path, f"postgresql+psycopg://desk@/x?host={tmp_path}") == {
        "server kantor": "gagal", "salinan kerja": "peringatan"}
    assert states(tmp_path, "postgresql+psycopg://desk:x@h/k")["server kantor"] == "gagal"


def test_whether_the_desk_could_go_on_alone(tmp_path: Path) -> None:
    now, folder = datetime.now(UTC), tmp_path / "register" / "sendiri"
    assert "belum ada" in work_copy_check(tmp_path, now).text
    folder.mkdir(parents=True)
    (folder / "register.sqlite").write_bytes(b"x")
    assert work_copy_check(tmp_path, now).state == "baik"
    assert "4 hari" in work_copy_check(tmp_path, now + timedelta(days=4, minutes=1)).text
    (folder / "sejak").write_text("2026-11-26T03:00:00+00:00")
    assert "jangan hapus" in work_copy_check(tmp_path, now).text


class Authority:
    """A small authority and what it vouches for."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA kantor")])
        self.own = self._made(self.name, self.key, ca=True)
        folder.mkdir(parents=True)
        (folder / "ca.pem").write_bytes(self.own.public_bytes(serialization.Encoding.PEM))
        self.folder = folder

    def _made(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool = False, host: str = "") -> x509.Certificate:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key()).serial_number(
            x509.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if host:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def issue(self, name: str, stem: str, host: str = "") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        (self.folder / f"{stem}.pem").write_bytes(self._made(subject, key, host=host).public_bytes(serialization.Encoding.PEM))
        private = self.folder / f"{stem}.key"
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))
        private.chmod(0o600)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        return int(made.getsockname()[1])


@pytest.mark.gate
def test_over_tls_both_sides_prove_themselves(tmp_path: Path) -> None:
    """A desk with its certificate works; one without, one of another office, and a server under another name are refused."""
    station = Authority(tmp_path / "keys" / "office-server")
    station.issue("desk", "client")
    station.issue("server", "server", host="localhost")
    port = free_port()
    made = OfficeServer({**QUICK})
    try:
        data = made.folder / "data"
        for name in ("ca.pem", "server.pem", "server.key"):
            (data / name).write_bytes((station.folder / name).read_bytes())
            if os.geteuid() == 0:
                os.chown(data / name, data.stat().st_uid, data.stat().st_gid)
            (data / name).chmod(0o600)
        database = made.database()
        made.stop()
        with (data / "postgresql.conf").open("a") as file:
            file.write(f"\nlisten_addresses='localhost'\nport={port}\nssl=on\nssl_cert_file='server.pem'\nssl_key_file='server.key'\n"
                       "ssl_ca_file='ca.pem'\n")
        (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all all cert\n")
        made.start(port)
        url = f"postgresql+psycopg://desk@localhost:{port}/{database}"

        def opened(keys: Path, where: str = url) -> None:
            address = server_address(where, keys)
            with ServerRegister(address, tmp_path / keys.parent.name / "kantor", KEY, StillClock(), CountingIds()) as register:
                save(register, application(len(list(tmp_path.iterdir()))))
                assert register.check_audit().faults == ()

        opened(station.folder)
        assert states(tmp_path, url)["disk server kantor"] == "gagal"
        assert "sambungan server kantor" not in states(tmp_path, url)
        other = Authority(tmp_path / "lain" / "office-server")
        other.issue("desk", "client")
        nobody = Authority(tmp_path / "tanpa" / "office-server")
        (nobody.folder / "ca.pem").write_bytes((station.folder / "ca.pem").read_bytes())
        (other.folder / "asing").mkdir()
        for keys in (other.folder, nobody.folder):
            with pytest.raises(IoFailure, match=r"office_server\.unreachable"):
                opened(keys)
        with pytest.raises(IoFailure, match=r"office_server\.unreachable"):
            opened(station.folder, url.replace("localhost", "127.0.0.1"))
    finally:
        made.remove()
