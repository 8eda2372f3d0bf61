"""What an administrator does at the desk itself: certificates, the gateway's address, copies of the register, the recovery code.

Only where people are served (:attr:`Desk.station_care`); a practice desk has keys and a gateway of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.setup import BackupPlace, KeyState
from ktpel_kiosk.ports.station_care import Copies, StationCare

PLACE = "cadangan.tempat"
"""Setting of the register: the folder chosen for copies."""
CODE = "cadangan.kode"
"""Setting of the register: mark of the recovery code somebody proved to have on paper."""
DRILLED = "cadangan.latihan"
"""Setting of the register: when a copy was last opened to prove it can be."""
ADDRESS = "gateway.alamat"
OLD, DRILL = timedelta(days=3), timedelta(days=90)
SUBJECT = "stasiun"


class Lack(StrEnum):
    """What this desk still lacks, the gravest first; ``value`` is the key of its words."""

    SEALING = "segel"            # nothing can be sealed
    SENDING = "kirim"            # nothing can be sent, or no receipt be verified
    ADDRESS = "alamat"
    NO_PLACE = "tempat"
    UNREACHABLE = "terjangkau"
    NO_COPY = "salinan"
    OLD_COPY = "lama"
    CODE = "kode"
    DRILL = "latihan"


@dataclass(frozen=True, slots=True)
class Standing:
    """Keys and copies together, with what is lacking."""

    keys: KeyState
    copies: Copies
    address: str
    lacks: tuple[Lack, ...]
    drilled: datetime | None = None


def offered(desk: Desk) -> bool:
    return desk.station_care is not None


def standing(desk: Desk, actor: Actor, *, fresh: bool = False) -> Standing:
    """Everybody may know what the desk lacks. Looks at files and disks: call it on a worker.

    Raises:
        SopViolation ``station.practice``. NotAllowed: nobody is signed in.
    """
    require(actor, "view_queue")
    care = care_of(desk)
    keys, copies = care.keys(), care.copies(fresh=fresh)
    drilled = _drilled(desk)
    return Standing(keys, copies, desk.gateway_address(), tuple(_lacks(desk, keys, copies, drilled)), drilled)


def _drilled(desk: Desk) -> datetime | None:
    """When a copy was last opened on purpose."""
    text = desk.register.read(lambda v: v.setting(DRILLED))
    return datetime.fromisoformat(text) if text else None


def write_request(desk: Desk, actor: Actor, folder: Path) -> Path:
    """Requests for this station's certificates into ``folder`` (a disk). Raises NotAllowed, DiskFull, IoFailure."""
    require(actor, "change_settings")
    made = care_of(desk).write_request(desk.sop.kantor.nama, folder)
    desk.register.write(lambda tx: tx.log("CertificatesRequested", SUBJECT, actor.username, entry=made.name))
    return made


def take_certificates(desk: Desk, actor: Actor, source: Path) -> KeyState:
    """Certificates from a folder or file, all or none; packets that waited for them go on. Raises NotAllowed, BadInput ``keys.*``."""
    require(actor, "change_settings")
    state = care_of(desk).take_certificates(source)
    desk.register.write(lambda tx: tx.log("CertificatesInstalled", SUBJECT, actor.username, found=",".join(sorted(state.found)),
                                          reason=",".join(state.missing)))
    desk.line_changed()
    return state


def set_gateway_address(desk: Desk, actor: Actor, url: str) -> str:
    """Where this station sends from its next request on; empty: nowhere. Raises NotAllowed, BadInput ``setup.gateway_url``."""
    require(actor, "change_settings")
    url = url.strip()
    care_of(desk).set_gateway_address(url)
    desk.register.write(lambda tx: tx.log("SettingChanged", ADDRESS, actor.username, host=url.partition("://")[2].partition("/")[0]))
    desk.line_changed()
    return url


def backup_places(desk: Desk, actor: Actor) -> Sequence[BackupPlace]:
    """Disks beside the register's own. Raises NotAllowed."""
    require(actor, "change_settings")
    return care_of(desk).places()


def choose_place(desk: Desk, actor: Actor, path: Path) -> BackupPlace:
    """Try the folder; where it serves, copies go there from now on. The outcome stands in ``problem``. Raises NotAllowed."""
    require(actor, "change_settings")
    place = care_of(desk).try_place(path)
    if place.problem:
        return place

    def work(tx: Tx) -> None:
        tx.put_setting(PLACE, str(path))
        tx.log("SettingChanged", PLACE, actor.username)

    desk.register.write(work)
    return place


def copy_now(desk: Desk, actor: Actor) -> Path:
    """A copy of the register into the chosen place, checked; audited by the register. Minutes where it is large.

    Raises:
        BadInput ``backup.none``, ``backup.unwritable``. NotAllowed, DiskFull, IoFailure, Corrupt.
    """
    require(actor, "change_settings")
    return care_of(desk).copy_now(actor.username)


def new_code(desk: Desk, actor: Actor) -> str:
    """A recovery code to be noted on paper; it counts only after :func:`adopt_code`. Raises NotAllowed."""
    require(actor, "change_settings")
    return care_of(desk).new_code()


def adopt_code(desk: Desk, actor: Actor, code: str, typed: str) -> None:
    """The new code was noted and typed from the paper: copies open with it from now on, those made before with the former one.

    Raises:
        BadInput ``backup.code_differs``: what was typed is not the code. NotAllowed, DiskFull, IoFailure.
    """
    require(actor, "change_settings")
    if not code or plain_code(typed) != plain_code(code):
        raise BadInput("backup.code_differs")
    _proved(desk, actor, care_of(desk).use_code(plain_code(code)), "RecoveryCodeChanged")


def prove_code(desk: Desk, actor: Actor, typed: str) -> None:
    """Somebody typed the code from the paper and it opens the register's key. Raises NotAllowed, KeyUnavailable."""
    require(actor, "change_settings")
    _proved(desk, actor, care_of(desk).prove_code(plain_code(typed)), "RecoveryCodeProved")


def plain_code(typed: str) -> str:
    """The code as it opens the key, however it was typed."""
    return "".join(c for c in typed.upper() if c.isalnum())


def _proved(desk: Desk, actor: Actor, mark: str, event: str) -> None:
    def work(tx: Tx) -> None:
        tx.put_setting(CODE, mark)
        tx.log(event, SUBJECT, actor.username)

    desk.register.write(work)


def care_of(desk: Desk) -> StationCare:
    if desk.station_care is None:
        raise SopViolation("station.practice")
    return desk.station_care


def _lacks(desk: Desk, keys: KeyState, copies: Copies, drilled: datetime | None) -> list[Lack]:
    found = []
    if {"station", "centre"} & set(keys.missing):
        found.append(Lack.SEALING)
    elif keys.missing:
        found.append(Lack.SENDING)
    if not desk.gateway_address():
        found.append(Lack.ADDRESS)
    if not copies.place:
        found.append(Lack.NO_PLACE)
    elif not copies.reachable:
        found.append(Lack.UNREACHABLE)
    elif copies.last is None:
        found.append(Lack.NO_COPY)
    elif desk.clock.now() - copies.last >= OLD:
        found.append(Lack.OLD_COPY)
    if copies.code != "proved" and copies.place:
        found.append(Lack.CODE)
    if copies.last is not None and (drilled is None or desk.clock.now() - drilled >= DRILL):
        found.append(Lack.DRILL)
    return found
