"""An authority and a centre for trying a production station out: it protects nothing and is never for people's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.packet.keys import DemoKeys, load_certificate, load_signing_key, make_demo_keys

CENTRE, BACK = "pusat", "kembalikan"
YEARS = 2


def answer_requests(requests: Path, out: Path, now: datetime, hosts: Sequence[str] = ("127.0.0.1", "localhost")) -> Path:
    """Sign the requests in ``requests``: ``<out>/kembalikan`` goes back to the station, ``<out>/pusat`` holds the centre's keys.

    Raises:
        BadInput: ``keys.no_csr``: the folder lacks one of the two requests, or one is damaged. DiskFull, IoFailure.
    """
    signing, line = (_request(requests, name) for name in ("stasiun", "sambungan"))
    station = str(signing.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    centre = make_demo_keys(out / CENTRE, now, station, hosts)
    back = out / BACK
    for request, name in ((signing, "stasiun"), (line, "sambungan")):
        write_durably(back / f"{name}.crt", _pem(_signed(request, centre, now)), mode=0o644)
    write_durably(centre.station_cert, (back / "stasiun.crt").read_bytes(), mode=0o644)  # the centre knows this station by it
    centre.station_key.unlink(missing_ok=True)
    for source, target in ((centre.ca_cert, "otoritas.crt"), (centre.central_cert, "pusat-1.crt"), (centre.next_cert, "pusat-2.crt"),
                           (centre.receipt_cert, f"{centre.receipt_kid}.crt")):
        write_durably(back / target, source.read_bytes(), mode=0o644)
    return back


def _request(folder: Path, name: str) -> x509.CertificateSigningRequest:
    found = sorted(folder.glob(f"*-{name}.csr"))
    try:
        request = x509.load_pem_x509_csr(found[0].read_bytes())
    except (IndexError, OSError, ValueError, x509.InvalidVersion) as error:
        raise BadInput("keys.no_csr", path=str(folder), entry=f"*-{name}.csr") from error
    if not request.is_signature_valid or not request.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        raise BadInput("keys.no_csr", path=str(folder), entry=found[0].name)
    return request


def _signed(request: x509.CertificateSigningRequest, centre: DemoKeys, now: datetime) -> x509.Certificate:
    """What was asked for, by the demonstration authority."""
    authority, key = load_certificate(centre.ca_cert.read_bytes()), load_signing_key(centre.ca_key.read_bytes())
    public = request.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise BadInput("keys.no_csr", path="", entry="P-256")
    builder = (
        x509.CertificateBuilder().subject_name(request.subject).issuer_name(authority.subject).public_key(public)
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS)).add_extension(x509.BasicConstraints(False, None), True)
    )
    for extension in request.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
