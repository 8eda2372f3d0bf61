from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from packet_values import AT

from ktpel_kiosk.domain.audit import GENESIS, AuditLink, link_digest
from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.packet import PacketContent, PacketDocument
from ktpel_kiosk.packet.keys import DemoKeys, load_certificate, load_signing_key, make_demo_keys
from ktpel_kiosk.packet.seal import PacketSealer

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def _audit(count: int) -> tuple[AuditLink, ...]:
    links, previous = [], GENESIS
    for n in range(1, count + 1):
        facts = {"step": n, "score": 41.5, "note": "baris\u2028aneh"}
        digest = link_digest(n, AT, "op1", "SampleAccepted", "p1", facts, previous)
        links.append(AuditLink(n, AT, "op1", "SampleAccepted", "p1", facts, previous, digest))
        previous = digest
    return tuple(links)


@pytest.fixture(scope="session")
def demo_keys(tmp_path_factory: pytest.TempPathFactory) -> DemoKeys:
    return make_demo_keys(tmp_path_factory.mktemp("keys"), AT, "desk-1")


@pytest.fixture(scope="session")
def content() -> PacketContent:
    """A packet without samples: what every packet has."""
    person = make_penduduk(
        nik="3508051002900003", nama="BUDI CONTOH", tempat_lahir="LUMAJANG", tanggal_lahir=date(1990, 2, 10), jenis_kelamin="L",
        golongan_darah=13, alamat="DUSUN KRAJAN", rt="001", rw="002", desa="TEMPEH LOR", kecamatan="TEMPEH",
        kabupaten="KABUPATEN LUMAJANG", provinsi="JAWA TIMUR", agama=1, status_perkawinan=1, pekerjaan=9,
    )
    return PacketContent(
        packet_id="0195a1b2-0000-7000-8000-000000000001", station="desk-1", office_code="35.08.05", counter=1, previous_hash="0" * 64,
        process="baru_wni", sop_id="tempeh", sop_digest="a" * 64, register_number="0001/KTP/III/2026", created_at=AT, penduduk=person,
        samples=(), exceptions=(), documents=(PacketDocument("berkas.kk", "application/pdf", PDF),), audit=_audit(3), operator="op1",
    )


@pytest.fixture
def sealer(tmp_path: Path, demo_keys: DemoKeys) -> PacketSealer:
    return make_sealer(tmp_path / "packets", demo_keys)


def make_sealer(folder: Path, keys: DemoKeys, **options: Any) -> PacketSealer:
    return PacketSealer(
        folder, load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes()),
        [load_certificate(keys.central_cert.read_bytes()), load_certificate(keys.next_cert.read_bytes())], **options,
    )


@pytest.fixture
def changed(content: PacketContent) -> Callable[..., PacketContent]:
    return lambda **values: replace(content, **values)
