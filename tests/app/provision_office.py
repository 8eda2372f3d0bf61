"""A Dinas for tests: a plan with one office, its signing keys, bundles made cheaply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ktpel_kiosk.app.officer_keys import QUICK_KEYS
from ktpel_kiosk.app.provision_make import MadeBundle, make_bundles
from ktpel_kiosk.app.provision_plan import read_plan
from ktpel_kiosk.packet.provision import Costs
from ktpel_kiosk.ports.services import Signer

CHEAP = Costs(1, 64, 1)
DAY = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
HEADER = "NIK;NO_KK;NAMA_LGKP;JENIS_KLMIN;TMPT_LHR;TGL_LHR;GOL_DRH;AGAMA;STAT_KWN;JENIS_PKRJN;ALAMAT;NO_RT;NO_RW;DESA;EKTP_STATUS"
OFFICE = """
[[offices]]
sop = "{sop}"
{more}
[offices.office]
nama = "Kecamatan Rowokangkung"
kode_wilayah = "35.08.08"
kecamatan = "ROWOKANGKUNG"
kop = ["PEMERINTAH KABUPATEN LUMAJANG", "KECAMATAN ROWOKANGKUNG"]
alamat = "Jalan Raya 1"
telepon = "(0334) 390001"
email = ""
penandatangan_nama = "Dewi Lestari, M.Si"
"""
SITI = '[[offices.officers]]\nusername = "siti"\nnama = "Siti Aminah"\nperan = ["loket", "operator", "penyerah"]\n'
JOKO = '[[offices.officers]]\nusername = "joko"\nnama = "Joko Santoso"\nperan = ["kasi", "verifikator", "validator"]\n'
CAMAT = '[[offices.officers]]\nusername = "camat"\nnama = "Dewi Lestari, M.Si"\nperan = ["camat", "supervisor", "admin"]\n'
EVERYBODY = SITI + JOKO + CAMAT
DEVICES = '[card_printer]\nprefer = "C1234567"\n'
REGIONS = "kode,nama\n35.08.99,Kecamatan Baru\n"


class CheapHasher:
    """Argon2id at the least cost the library takes; verified by the house's own hasher."""

    def hash(self, password: str) -> str:
        from argon2 import PasswordHasher
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        raise NotImplementedError


def signer() -> Signer:
    return QUICK_KEYS.create("sandi")[0]


def residents(count: int) -> str:
    rows = [f"350808{1 + n % 28:02d}0190{n:04d};3508080101150001;WARGA CONTOH;1;LUMAJANG;{1 + n % 28:02d}-01-1990;4;1;1;9;DUSUN KRAJAN;3;7;"
            f"Rowokangkung;BELUM REKAM" for n in range(1, count + 1)]
    return "\n".join([HEADER, *rows]) + "\n"


def plan(folder: Path, *, more: str = "", officers: str = EVERYBODY, head: str = "", people: int = 3,
         sop: str = "tempeh") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if people:
        (folder / "warga.csv").write_text(residents(people))
        more += '\npopulation = "warga.csv"'
    path = folder / "rencana.toml"
    path.write_text(head + OFFICE.format(more=more, sop=sop) + officers)
    return path


def bundle(folder: Path, by: Sequence[Signer], *, at: datetime = DAY, **parts: object) -> MadeBundle:
    made = make_bundles(read_plan(plan(folder / "rencana", **parts)), by, folder / "hasil", at,  # type: ignore[arg-type]
                        hasher=CheapHasher(), keys=QUICK_KEYS, costs=CHEAP)
    assert len(made) == 1
    return made[0]
