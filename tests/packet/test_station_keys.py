"""A production station's keys: made here, asked for, and certificates wrong in each way refused before any is taken."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.packet import keys as demo
from ktpel_kiosk.packet.demo_authority import CENTRE, answer_requests
from ktpel_kiosk.packet.keys import DemoKeys, load_certificate, load_signing_key
from ktpel_kiosk.packet.office_sealer import OfficeSealer
from ktpel_kiosk.packet.station_intake import take
from ktpel_kiosk.packet.station_keys import JOURNAL, ROLES, StationKeys

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Keys folder of a station before its certificates, and what its authority answered."""
    folder = tmp_path_factory.mktemp("stasiun")
    requests = StationKeys(folder / "keys").write_requests("3508080-meja-1", "Kecamatan Rowokangkung", folder)
    return folder, answer_requests(requests, folder / "otoritas", NOW)


@pytest.fixture
def station(asked: tuple[Path, Path], tmp_path: Path) -> StationKeys:
    made = StationKeys(tmp_path / "keys")
    made.folder.mkdir()
    for name in ("station.key", "gateway-client.key", "stasiun-sendiri"):
        (made.folder / name).write_bytes((asked[0] / "keys" / name).read_bytes())
    return made


@pytest.fixture
def back(asked: tuple[Path, Path], tmp_path: Path) -> Path:
    copy = tmp_path / "kembali"
    copy.mkdir()
    for path in asked[1].iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def certificate(public: object, signer: object, *, name: str = "uji", issuer: x509.Name | None = None, days: tuple[int, int] = (-1, 400),
                sign: bool = True, encipher: bool = False, authority: bool = False, purpose: x509.ObjectIdentifier | None = None) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(sign, False, encipher, False, False, authority, False, False, False)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(public).serial_number(7)
               .not_valid_before(NOW + timedelta(days=days[0])).not_valid_after(NOW + timedelta(days=days[1]))
               .add_extension(x509.BasicConstraints(authority, None), True).add_extension(usage, True))
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_own_keys_are_private_and_never_replaced(tmp_path: Path) -> None:
    keys = StationKeys(tmp_path / "keys")
    assert keys.own() is None and keys.missing() == ROLES
    requests = keys.write_requests("meja-1", "Kantor Uji", tmp_path / "usb")
    first = keys.files.station_key.read_bytes()
    assert requests.name == "permintaan-meja-1" and keys.write_requests("meja-1", "Kantor Uji", tmp_path / "usb") == requests
    assert keys.files.station_key.read_bytes() == first
    if os.name == "posix":
        assert {keys.files.station_key.stat().st_mode & 0o777, keys.files.client_key.stat().st_mode & 0o777} == {0o600}
        assert keys.folder.stat().st_mode & 0o777 == 0o700
    written = {p.name: p.read_bytes() for p in requests.iterdir()}
    assert set(written) == {"meja-1-stasiun.csr", "meja-1-sambungan.csr", "BACA-SAYA.txt"}
    assert not any(b"PRIVATE" in data for data in written.values())
    request = x509.load_pem_x509_csr(written["meja-1-sambungan.csr"])
    assert request.is_signature_valid and "clientAuth" in str(request.extensions)
    assert demo.public_bytes(request.public_key()) == demo.public_bytes(load_signing_key(keys.files.client_key.read_bytes()).public_key())


def test_everything_comes_in_and_serves(station: StationKeys, back: Path) -> None:
    take(station, back, NOW)
    assert station.missing() == () and station.files.receipt_kid == "receipt-1"
    found = station.certificates()
    assert len(found["centre"]) == 2 and not list(station.folder.glob("central*.key"))
    assert OfficeSealer(station.folder.parent / "packets", station)._keyed() is not None


def test_one_file_with_all_certificates_is_enough(station: StationKeys, back: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "tanda-terima-semua.pem"
    bundle.write_bytes(b"".join(p.read_bytes() for p in sorted(back.iterdir())))
    take(station, bundle, NOW)
    assert station.missing() == ()


def test_parts_may_come_one_after_the_other(station: StationKeys, back: Path) -> None:
    for name in ("pusat-2.crt", "sambungan.crt", "stasiun.crt", "otoritas.crt", "pusat-1.crt", "receipt-1.crt"):
        take(station, back / name, NOW)
    assert station.missing() == () and len(station.certificates()["centre"]) == 2


KEY = ec.generate_private_key(ec.SECP256R1())
Change = Callable[[Path, StationKeys, Path], None]


def _other_station(back: Path, _s: StationKeys, _a: Path) -> None:
    (back / "stasiun.crt").write_bytes(certificate(KEY.public_key(), KEY, name="3508080-meja-2"))


def _own(back: Path, station: StationKeys, name: str, key: Path, **how: object) -> None:
    (back / f"{name}.crt").write_bytes(certificate(load_signing_key(key.read_bytes()).public_key(), KEY, **how))  # type: ignore[arg-type]


def _issued_by_ca(back: Path, station: StationKeys, asked: Path, **how: object) -> None:
    centre = DemoKeys(asked / "otoritas" / CENTRE)
    ca, key = load_certificate(centre.ca_cert.read_bytes()), load_signing_key(centre.ca_key.read_bytes())
    public = load_signing_key(station.files.client_key.read_bytes()).public_key()
    (back / "sambungan.crt").write_bytes(certificate(public, key, issuer=ca.subject, **how))  # type: ignore[arg-type]


def _centre(back: Path, bits: int, **how: object) -> None:
    key = rsa.generate_private_key(65537, bits) if bits < 3072 else demo.rsa.generate_private_key(65537, bits)
    (back / "pusat-1.crt").write_bytes(certificate(key.public_key(), key, **how))  # type: ignore[arg-type]


WRONG: dict[str, tuple[str, Change]] = {
    "another station's": ("keys.stranger", _other_station),
    "ended": ("keys.ended", lambda b, s, a: _own(b, s, "stasiun", s.files.station_key, days=(-400, -1))),
    "not begun": ("keys.not_begun", lambda b, s, a: _own(b, s, "stasiun", s.files.station_key, days=(3, 400))),
    "station cannot sign": ("keys.station_usage", lambda b, s, a: _own(b, s, "stasiun", s.files.station_key, sign=False, encipher=True)),
    "line for servers": ("keys.line_usage", lambda b, s, a: _issued_by_ca(b, s, a, purpose=x509.ExtendedKeyUsageOID.SERVER_AUTH)),
    "line of another authority": ("keys.chain", lambda b, s, a: _own(b, s, "sambungan", s.files.client_key)),
    "a foreign authority": ("keys.chain", lambda b, s, a: [(b / "otoritas.crt").write_bytes(
        certificate(KEY.public_key(), KEY, name="CA lain", sign=False, authority=True))]),
    "weak centre": ("keys.centre_weak", lambda b, s, a: _centre(b, 2048, sign=False, encipher=True)),
    "centre that signs": ("keys.centre_usage", lambda b, s, a: _centre(b, 3072)),
    "server certificate for the centre": ("keys.stranger", lambda b, s, a: _centre(
        b, 3072, encipher=True, purpose=x509.ExtendedKeyUsageOID.SERVER_AUTH)),
    "two stations": ("keys.twice", lambda b, s, a: _own(b, s, "stasiun-2", s.files.station_key)),
    "receipt that cannot sign": ("keys.receipt_usage", lambda b, s, a: [(b / "receipt-1.crt").write_bytes(
        certificate(KEY.public_key(), KEY, sign=False, encipher=True))]),
    "a private key": ("keys.private", lambda b, s, a: [(b / "pusat-1.pem").write_bytes(s.files.station_key.read_bytes())]),
    "no certificate": ("keys.unreadable", lambda b, s, a: [(b / "pusat-1.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n")]),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_wrong_certificate_and_none_is_taken(case: str, station: StationKeys, back: Path, asked: tuple[Path, Path]) -> None:
    from ktpel_kiosk.app.sentences import load_sentences

    expected, change = WRONG[case]
    before = sorted(p.name for p in station.folder.iterdir())
    change(back, station, asked[0])
    with pytest.raises(BadInput) as caught:
        take(station, back, NOW)
    assert caught.value.message_key == expected
    assert sorted(p.name for p in station.folder.iterdir()) == before and station.missing() == ROLES
    sentence = load_sentences().of(caught.value)
    assert ".crt" in sentence or ".pem" in sentence
    assert "{" not in sentence and sentence.endswith("elum ada yang dipasang.")


def test_an_empty_folder_and_a_station_that_never_asked(station: StationKeys, back: Path, tmp_path: Path) -> None:
    for source, keys, key in ((tmp_path / "kosong", station, "keys.none_found"), (back, StationKeys(tmp_path / "baru"), "keys.no_request")):
        with pytest.raises(BadInput) as caught:
            take(keys, source, NOW)
        assert caught.value.message_key == key


def test_an_installation_that_was_cut_off_is_finished(station: StationKeys, back: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ktpel_kiosk.packet import station_keys

    real, calls = station_keys.write_durably, []

    def cut(path: Path, data: bytes, **how: object) -> None:
        calls.append(path.name)
        if len(calls) == 4:
            raise KeyboardInterrupt
        real(path, data, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(station_keys, "write_durably", cut)
    with pytest.raises(KeyboardInterrupt):
        take(station, back, NOW)
    monkeypatch.setattr(station_keys, "write_durably", real)
    assert calls[0] == JOURNAL and (station.folder / JOURNAL).exists()
    assert StationKeys(station.folder).missing() == () and not (station.folder / JOURNAL).exists()


def test_a_journal_installs_nothing_else(station: StationKeys) -> None:
    (station.folder / JOURNAL).write_text(json.dumps({"../x.crt": "a", "station.key": "b"}))
    before = station.files.station_key.read_bytes()
    station.settle()
    assert station.files.station_key.read_bytes() == before and not (station.folder.parent / "x.crt").exists()


def test_a_renewed_centre_takes_the_place_of_the_old_one(station: StationKeys, back: Path, asked: tuple[Path, Path]) -> None:
    take(station, back, NOW)
    centre = DemoKeys(asked[0] / "otoritas" / CENTRE)
    old = load_certificate(centre.central_cert.read_bytes())
    key = demo.load_rsa_key(centre.central_key.read_bytes())
    renewed = back / "pusat-baru.crt"
    renewed.write_bytes(certificate(key.public_key(), key, name="Pusat", days=(0, 4000), sign=False, encipher=True))
    take(station, renewed, NOW)
    found = station.certificates()["centre"]
    assert len(found) == 2 and old not in found
    assert {demo.public_bytes(c.public_key()) for c in found} >= {demo.public_bytes(key.public_key())}
