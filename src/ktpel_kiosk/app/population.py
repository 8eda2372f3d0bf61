"""Invented residents for demonstrations and practice: plausible, seeded, nobody's real data."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Kantor

_PEREMPUAN = ("SITI", "DEWI", "SRI", "RATNA", "INDAH", "NUR", "LILIS", "YULIANA", "AYU", "WULAN", "ENDANG", "FITRI", "RINA")
_LAKI = ("BUDI", "AHMAD", "JOKO", "TEGUH", "SLAMET", "AGUS", "HENDRA", "KHOIRUL", "BAYU", "WAHYU", "DIMAS", "FAJAR", "EKO", "RIZKY")
_KEDUA = ("CONTOH", "LESTARI", "SANTOSO", "PRASETYO", "WULANDARI", "MUT'ROF", "HIDAYAT", "RAHAYU", "SAPUTRA", "PERMATA", "ANGGRAENI",
          "SUSILO", "MAHARANI", "SETIAWAN", "HANDAYANI", "FIRMANSYAH")
_DUSUN = ("DUSUN KRAJAN", "DUSUN SUMBEREJO", "JALAN MAWAR NO. 7", "JALAN DIPONEGORO NO. 12", "DUSUN KARANGANYAR", "GANG MELATI III")


@dataclass(frozen=True, slots=True)
class Invented:
    """One invented applicant."""

    penduduk: Penduduk
    nomor_hp: str
    seed: int


def _district(region: str) -> tuple[str, tuple[str, ...]]:
    from ktpel_kiosk.app.niks import region_table

    table = region_table()
    return table.district(region).upper(), tuple(name.upper() for name in table.villages(region))


def invent(index: int, seed: int, kantor: Kantor, villages: tuple[str, ...], today: date) -> Invented:
    """The ``index``-th applicant of a day with ``seed``: between 17 and 60 years old, NIK of the office's own region."""
    rng = random.Random(f"{seed}:{kantor.kode_wilayah}:{index}")
    female = rng.random() < 0.5
    born = today - timedelta(days=rng.randint(17 * 366, 60 * 365))
    region = kantor.kode_wilayah.replace(".", "").ljust(6, "0")
    kecamatan = kantor.kecamatan
    if region.endswith("00"):  # a dinas serves all districts of its regency
        region = region[:4] + f"{rng.randint(1, 9):02d}"
        kecamatan, villages = _district(region)
    day = born.day + (40 if female else 0)
    nik = f"{region}{day:02d}{born:%m%y}{rng.randint(1, 9998):04d}"
    name = f"{rng.choice(_PEREMPUAN if female else _LAKI)} {rng.choice(_KEDUA)}"
    person = make_penduduk(
        nik=nik, nama=name, tempat_lahir=kantor.kabupaten.removeprefix("KABUPATEN ").removeprefix("KOTA "), tanggal_lahir=born,
        jenis_kelamin="P" if female else "L", golongan_darah=rng.choice((1, 2, 3, 4, 13)), alamat=rng.choice(_DUSUN),
        rt=f"{rng.randint(1, 12):03d}", rw=f"{rng.randint(1, 9):03d}", desa=rng.choice(villages) if villages else "KRAJAN",
        kecamatan=kecamatan or "KOTA", kabupaten=kantor.kabupaten, provinsi=kantor.provinsi, agama=rng.choice((1, 1, 1, 2, 3, 4)),
        status_perkawinan=rng.choice((1, 1, 2)), pekerjaan=rng.choice((3, 9, 15, 84, 88)),
        no_kk=f"{region}010115{rng.randint(1, 9998):04d}",
    )
    return Invented(person, f"0812{rng.randint(10_000_000, 99_999_999)}", rng.randrange(1, 2**31))
