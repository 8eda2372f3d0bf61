"""One register of every released schema, kept as it was written; each must open, upgrade and read the same for ever.

``python tests/register/test_register_frozen.py`` writes the one of the present schema; existing ones are never replaced.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from register_makers import NOW, application, job, logged, nik, open_register, packet, sample, save, status

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.keys import KeyStore, SecretCost

FROZEN = Path(__file__).parent / "frozen"
VERSIONS = sorted(p.name for p in FROZEN.iterdir() if p.is_dir())
SECRET = "rahasia beku"


def write(folder: Path) -> None:
    key = KeyStore(folder / "register.key", cost=SecretCost(1, 64, 1)).create(secret=SECRET)
    with open_register(folder, key) as register:
        p = save(register, application(1))
        logged(register, lambda tx: (
            tx.add_sample(sample(p, Position.FACE, size=3000, data=b"\x89PNG beku")), tx.add_packet(packet(p)),
            tx.add_status(status("packet-1", 7)), tx.add_blangko(["00001"], "BAST-1", NOW), tx.add_card_job(job(p)),
            tx.save_user(UserAccount("rina", "Rina", (Peran.LOKET,), "$argon2id$")), tx.put_draft("k", "v"),
            tx.next_number("register", 2026)))


def test_the_present_schema_is_frozen_too() -> None:
    assert [f"v{n}" for n in range(1, driver.SCHEMA_VERSION + 1)] == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_every_released_register_still_opens_whole(version: str, tmp_path: Path) -> None:
    folder = tmp_path / version
    shutil.copytree(FROZEN / version, folder)
    for path in folder.glob("*.frozen"):
        path.rename(path.with_suffix(""))
    key = KeyStore(folder / "register.key").unlock_with_secret(SECRET)
    with open_register(folder, key) as register:
        register.integrity_check()
        assert register.check_audit().whole and register.check_audit().length == 2
        p = register.read(lambda v: v.permohonan(application(1).id))
        assert p.penduduk == application(1).penduduk and p.tahap == application(1).tahap
        assert [s.data for s in register.read(lambda v: v.samples(p.id))] == [b"\x89PNG beku"]
        assert register.read(lambda v: v.list(Query(text="siti")))[0].status_siak == "PROCESSING"
        assert register.read(lambda v: v.open_for_nik(nik(1))) == p
        assert logged(register, lambda tx: tx.next_number("register", 2026)) == 2


if __name__ == "__main__":
    target = FROZEN / f"v{driver.SCHEMA_VERSION}"
    if target.exists():
        sys.exit(f"{target} exists: a released schema is never written again")
    write(target)
    for made in target.iterdir():
        made.rename(made.with_name(made.name + ".frozen"))
