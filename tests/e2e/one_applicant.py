"""Who comes to the counter in the end-to-end tests: invented, eighteen years old, of the office's own region."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from person import Applicant
from stage import KIOSK

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.register.store import SqlRegister

SERIAL = 9041


def applicant(office: str, today: date | None = None, nama: str = "SITI CONTOH LESTARI") -> Applicant:
    kantor = sops.load(office).kantor
    region = kantor.kode_wilayah.replace(".", "").ljust(6, "0")
    region = region if not region.endswith("00") else region[:4] + "01"
    now = today or date.today()
    born = date(now.year - 18, 2, 5)
    nik = f"{region}{born.day + 40:02d}{born:%m%y}{SERIAL:04d}"
    return Applicant(nik, {
        "Nomor HP": "081234567890", "Nama lengkap": nama, "Tempat lahir": kantor.kabupaten.title(), "Tanggal lahir": f"{born:%d-%m-%Y}",
        "Jenis kelamin": "Perempuan", "Golongan darah": "Tidak tahu", "Alamat": "DUSUN KRAJAN", "RT": "003", "RW": "007",
        "Desa/kelurahan": "KRAJAN", "Kecamatan": kantor.kecamatan or "BINUANG", "Agama": "Islam", "Status perkawinan": "Belum kawin",
        "Pekerjaan": "Pelajar/mahasiswa"})


def verified(data: Path) -> bool:
    """What ``ktpel-kiosk register verify`` says of a kiosk that is closed: chain whole, approvals unchanged and signed."""
    said = subprocess.run([str(KIOSK), "register", "verify", "--data", str(data), "--json"], capture_output=True, text=True, check=False,
                          timeout=300)
    assert said.returncode == 0, said.stdout + said.stderr
    found = json.loads(said.stdout)
    return bool(found["whole"]) and not found["approvals_changed"] and not found["approvals_invalid"]


@contextmanager
def register_of(data: Path) -> Iterator[SqlRegister]:
    """The register a closed kiosk has left."""
    clock = SystemClock()
    register = open_register(data, clock, Uuid7(clock))
    try:
        yield register
    finally:
        register.close()
