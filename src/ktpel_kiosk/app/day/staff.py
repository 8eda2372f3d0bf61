"""The people who work at the office on the scripted day: named after the SOP's own actors, each with a practice account."""

from __future__ import annotations

from ktpel_kiosk.app.office import PRACTICE_PASSWORD
from ktpel_kiosk.desk import sign_in
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.users import save_user
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.sop import Peran, Sop

PASSWORD = PRACTICE_PASSWORD
NAMES = (
    "Dewi Kartika Sari", "Agus Priyanto", "Nurul Hidayah", "Bagus Wicaksono", "Rahmawati", "Yusuf Hamdani", "Sri Wahyuni, S.Sos",
    "Ahmad Fauzi, S.AP", "Lestari Ningsih", "Hendro Cahyono", "Maya Puspita", "Taufik Rahman",
)
SEVERAL: dict[Peran, int] = {Peran.LOKET: 2, Peran.OPERATOR: 2, Peran.VERIFIKATOR: 1, Peran.VALIDATOR: 1, Peran.PENYERAH: 1}
"""How many hold an actor of the SOP, by the first of its roles that is named here."""


def hire(desk: Desk) -> list[Actor]:
    """Accounts for every actor of the SOP and one supervisor, all signed in."""
    staff = []
    names = iter(NAMES * 3)
    for number, (jabatan, roles, count) in enumerate(_posts(desk.sop)):
        for one in range(count):
            username = f"p{number + 1}{'abc'[one]}"
            nip = f"19{70 + number}0{1 + one}12199803{1 + one % 2}00{number + 1}"
            save_user(desk, None, username, next(names), roles, PASSWORD, nip=nip, jabatan=jabatan)
            staff.append(sign_in.sign_in(desk, username, PASSWORD))
    return staff


def _posts(sop: Sop) -> list[tuple[str, tuple[Peran, ...], int]]:
    posts = []
    held: set[tuple[Peran, ...]] = set()
    for actor in sop.pelaksana:
        if actor.kind != "petugas" or not actor.peran or actor.peran in held:
            continue
        held.add(actor.peran)
        count = next((SEVERAL[r] for r in actor.peran if r in SEVERAL), 1)
        posts.append((actor.nama, actor.peran, count))
    head = sop.kantor.penandatangan_jabatan or f"Camat {sop.kantor.kecamatan.title()}"
    posts.append((head, (Peran.CAMAT, Peran.KASI, Peran.SUPERVISOR, Peran.ADMIN), 1))
    return posts
