"""The end of a certificate is announced before it stops anything: read from the key folder, told by doctor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.app import certificates
from ktpel_kiosk.app.certificates import KnownEnds, certificate_ends
from ktpel_kiosk.app.doctor import _certificate, _certificates
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.certificates import CertificateEnd, Holder, Urgency, announced
from ktpel_kiosk.packet.keys import DemoKeys

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def write(file: Path, ends: datetime) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "uji")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(1)
            .not_valid_before(ends - timedelta(days=900)).not_valid_after(ends).sign(KEY, hashes.SHA256()))
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def keys(tmp_path: Path) -> DemoKeys:
    made = DemoKeys(tmp_path / "kantor" / "keys")
    made.folder.mkdir(parents=True)
    for file, days in ((made.station_cert, 20), (made.central_cert, -3), (made.next_cert, 400), (made.client_cert, 59)):
        write(file, NOW + timedelta(days=days))
    return made


def test_the_end_of_each_holder_and_of_several_the_last(keys: DemoKeys) -> None:
    ends = {e.holder: e.at for e in certificate_ends(keys)}
    assert {holder: (at - NOW).days for holder, at in ends.items()} == {Holder.STATION: 20, Holder.CENTRE: 400, Holder.LINE: 59}
    keys.station_cert.write_bytes(b"bukan sertifikat")
    keys.client_cert.unlink()
    assert [e.holder for e in certificate_ends(keys)] == [Holder.CENTRE], "whatever needs the others says so itself"


@pytest.mark.parametrize(("days", "expected"), [(61, Urgency.NONE), (60, Urgency.EARLY), (31, Urgency.EARLY), (30, Urgency.SOON),
                                                (7, Urgency.LAST), (0, Urgency.LAST), (-1, Urgency.ENDED)])
def test_the_closer_the_more_urgent(days: int, expected: Urgency) -> None:
    end = CertificateEnd(Holder.STATION, NOW + timedelta(days=days))
    assert end.urgency(NOW) is expected
    assert announced([end], NOW) == ((end,) if expected else ())


def test_screens_may_ask_often(keys: DemoKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, at = [], [0.0]
    monkeypatch.setattr(certificates, "certificate_ends", lambda k: asked.append(k) or ())
    known = KnownEnds(lambda: keys, lambda: at[0])
    for moment in (0.0, 1.0, 599.0, 600.0, 601.0):
        at[0] = moment
        known()
    assert len(asked) == 2


def test_every_end_has_its_sentences_that_say_who_acts() -> None:
    table = load_sentences()
    for holder in Holder:
        for days in (10, -1):
            title, what = CertificateEnd(holder, NOW + timedelta(days=days)).message_keys(NOW)
            assert "6 Desember 2026" in table.text(title, at="6 Desember 2026")
            assert "administrator" in table.text(what) and "{" not in table.text(what)


def test_doctor_names_what_is_good_what_ends_and_what_has_ended(keys: DemoKeys) -> None:
    found = {c.name: c for c in (_certificate(e, NOW) for e in certificate_ends(keys))}
    assert (found["sertifikat pusat"].state, found["sertifikat pusat"].text) == ("baik", "berlaku sampai 31 Desember 2027")
    assert found["sertifikat stasiun"].state == "peringatan" and "16 Desember 2026" in found["sertifikat stasiun"].text
    ended = _certificate(CertificateEnd(Holder.STATION, NOW - timedelta(days=2)), NOW)
    assert ended.state == "gagal" and "sudah berakhir 24 November 2026" in ended.text and "tidak perlu datang lagi" in ended.text


def test_doctor_reads_the_folder_of_the_office(keys: DemoKeys) -> None:
    assert {c.name for c in _certificates(keys.folder.parent)} == {"sertifikat stasiun", "sertifikat pusat", "sertifikat sambungan"}
    assert list(_certificates(keys.folder.parent / "kosong")) == []
