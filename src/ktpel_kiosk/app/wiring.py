"""The composition root: one office folder becomes a running kiosk, in practice or in production by what the folder says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import makers, sops
from ktpel_kiosk.app.certificates import KnownEnds
from ktpel_kiosk.app.clock import PracticeClock, SystemClock, Uuid7
from ktpel_kiosk.app.kiosk import UNREACHABLE, Kiosk, always_due, beside_feed, pump, settle_sop, warm
from ktpel_kiosk.app.late import LateDevices, LateHistory
from ktpel_kiosk.app.lazy import lazily
from ktpel_kiosk.app.makers import HISTORY
from ktpel_kiosk.app.niks import check_own_regions
from ktpel_kiosk.app.office import (
    PRACTICE_PASSWORD,
    PRACTICE_USERS,
    UNFINISHED,
    OfficeSettings,
    create_practice_office,
    mark_furnished,
    open_register,
    public_holidays,
    settings_of,
)
from ktpel_kiosk.app.officer_keys import Ed25519Keys
from ktpel_kiosk.app.passwords import Argon2Hasher
from ktpel_kiosk.app.room import FolderRoom
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.spool import FileSpool
from ktpel_kiosk.desk.card_acts import CardActs
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.capture_rules import CaptureRules
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran, Sop
from ktpel_kiosk.domain.sop_file import parse_sop

if TYPE_CHECKING:
    from ktpel_kiosk.app.away import AwayServer
    from ktpel_kiosk.app.source import Source
    from ktpel_kiosk.hal.driver import Driver
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld
    from ktpel_kiosk.ports.services import PasswordHasher
    from ktpel_kiosk.register.store import SqlRegister

__all__ = ["HISTORY", "UNREACHABLE", "Kiosk", "always_due", "beside_feed", "compose", "open_office", "open_practice_kiosk", "pump",
           "settle_sop", "warm"]

PRACTICE_BLANKS = 200
NO_SAM = "card.no_sam"
"""Why a production desk makes no cards: the chip of a real KTP-el is written by the ministry's own means only (docs/chip.md)."""


def open_office(data: Path, office: str = "", *, clock: SystemClock | PracticeClock | None = None, given: Sequence[Driver] = (),
                hasher: PasswordHasher | None = None, rules: CaptureRules | None = None, camera: str = "", reader: str = "",
                mode: str = "", settle: bool = True, shared: AwayServer | None = None) -> Kiosk:
    """The office of this folder in the mode its settings say. ``office`` empty: whatever is there; else it must be this one, and an
    empty folder becomes a practice office of it.

    Args:
        given: drivers somebody asked for by name; no others serve their kinds.
        camera, reader, mode, settle, shared: see :func:`open_practice_kiosk`.

    Raises:
        BadInput: ``office.none``, ``office.other``, ``office.settings``; a part of the folder that cannot be used.
    """
    found = settings_of(data)
    if found is None or not found.production:
        if found is None and not office:
            raise BadInput("office.none", path=str(data))
        return open_practice_kiosk(data, office or (found.office if found is not None else ""), clock=clock, given=given, hasher=hasher,
                                   rules=rules, camera=camera, reader=reader, mode=mode, settle=settle, shared=shared)
    if office and office != found.office:
        raise BadInput("office.other", path=str(data), found=found.office, expected=office)
    check_own_regions(data)
    (data / "register" / UNFINISHED).unlink(missing_ok=True)  # the set-up was cut off in its last breath
    drivers = (*given, *makers.asked_for(None, camera, reader))
    kiosk = compose(data, found, sops.in_force(data, found.office), clock=clock, given=drivers, hasher=hasher, rules=rules, mode=mode,
                    shared=shared)
    if settle:
        settle_sop(kiosk)
    return kiosk


def open_practice_kiosk(data: Path, office: str, *, clock: SystemClock | PracticeClock | None = None, world: SimulatedWorld | None = None,
                        source: Source | None = None, hasher: PasswordHasher | None = None, given: Sequence[Driver] = (),
                        rules: CaptureRules | None = None, camera: str = "", reader: str = "", mode: str = "",
                        settle: bool = True, shared: AwayServer | None = None) -> Kiosk:
    """A kiosk in practice mode: simulated devices, invented accounts, specimen cards.

    Args:
        source: real images to be served by the camera, finger and iris devices instead of the simulated person.
        camera: a real camera instead of the simulated one: ``auto``, an index, a path or an http address.
        reader: a real PC/SC reader instead of the simulated one: part of its name, or ``auto``.
        mode: ``real`` or ``simulated`` devices whatever ``devices.toml`` says; empty: what it says (:mod:`ktpel_kiosk.app.devices`).
        settle: ask the register now which SOP is in force; the windows do it behind their first picture (:func:`settle_sop`).
        shared: what a desk of a shared register opened (:func:`ktpel_kiosk.app.away.open_shared`); without it the office server itself.

    Raises:
        BadInput: ``office.production``: the folder serves people and is never practised in.
    """
    found = settings_of(data)
    if found is not None and found.production:
        raise BadInput("office.production", path=str(data))
    sop = sops.in_force(data, office)
    check_own_regions(data)
    settings = create_practice_office(data, sop.id if not office.endswith(".toml") else office)
    drivers = (*given, *makers.asked_for(source, camera, reader))
    kiosk = compose(data, settings, sop, clock=clock, given=drivers, hasher=hasher, rules=rules, mode=mode,
                    world=world or makers.practice_world(data), shared=shared)
    if not settings.furnished and not kiosk.alone:
        _furnish(kiosk.desk)
        mark_furnished(data, settings)
    if settle:
        settle_sop(kiosk)
    return kiosk


def compose(data: Path, settings: OfficeSettings, sop: Sop, *, clock: SystemClock | PracticeClock | None = None,
            given: Sequence[Driver] = (), hasher: PasswordHasher | None = None, rules: CaptureRules | None = None, mode: str = "",
            world: SimulatedWorld | None = None, register: SqlRegister | None = None, shared: AwayServer | None = None) -> Kiosk:
    """Everything of one desk put together, the same for practice and production. Nothing heavy is made before it is used.

    Args:
        world: the simulated devices of practice; ``None`` in production, where only real drivers and ``given`` serve.
        register: an open one instead of the folder's own (set-up). shared: see :func:`open_practice_kiosk`.
    """
    clock = clock or SystemClock()
    ids = Uuid7(clock)
    register = register or (shared.register if shared is not None else None) or open_register(data, clock, ids, late=True)
    history = LateHistory(lambda: makers.history(data, clock))
    devices = LateDevices(lambda: makers.manager(data, settings, world, given, mode, history), partial(makers.remember, data), history)
    spool = FileSpool(data / "documents")
    kiosk: list[Kiosk] = []
    ends = KnownEnds(lambda: kiosk[0].keys, clock.monotonic)
    practice = world is not None
    desk = Desk(
        register=register, devices=devices, biometrics=lazily(lambda: makers.biometrics(settings)),
        sealer=lazily(lambda: makers.sealer(kiosk[0])),
        documents=lazily(makers.practice_documents if practice else makers.documents), renderer=lazily(makers.renderer),
        personaliser=lazily(makers.personaliser), read_public_card=makers.public_card,
        gateway=lazily(lambda: kiosk[0].network.gateway), hasher=hasher or Argon2Hasher(), officer_keys=Ed25519Keys(),
        spool=spool, clock=clock,
        ids=ids, sop=sop, parse_sop=lambda text: parse_sop(text, name="register"), regions=cache(lambda: makers.regions(data)),
        holidays=lambda: makers.calendar().days_off(kiosk[0].desk), extra_open=lambda: makers.calendar().open_days(kiosk[0].desk),
        public_holidays=public_holidays, read_table=makers.tables, write_transaction=makers.transactions,
        keep_sop=lambda sop: sops.keep(data, sop), station=settings.station, sentences=load_sentences(),
        capture_rules=rules or CaptureRules(), specimen=not settings.production, no_cards=NO_SAM if settings.production else "",
        card_acts=CardActs(data / "register" / "kartu.lock"),
        practice_hint=f"Mode latihan. Masuk sebagai {_names()}; kata sandi: {PRACTICE_PASSWORD}." if practice else "",
        wake_uploader=lambda: kiosk[0].network.wake(), line_report=lambda: kiosk[0].network.report(),
        line_changed=lambda: kiosk[0].network.changed(), receipt_holds=lambda packet: makers.receipt_holds(kiosk[0], packet),
        gateway_address=lambda: kiosk[0].address(), cause_of=makers.cause_of,
        certificate_ends=ends, device_history=history,
        practice=lazily(lambda: makers.practice(world, lambda: kiosk[0])) if world is not None else None,
        courier=lazily(lambda: makers.courier(kiosk[0])), room=(room := FolderRoom(data)),
        station_care=lazily(lambda: makers.station_care(kiosk[0], ends.forget)) if settings.production else None,
        updates=lazily(lambda: makers.updates(kiosk[0])) if settings.production else None,
        heartbeat=lazily(lambda: makers.heartbeat(kiosk[0])) if settings.production else None, office_server=shared,
    )
    register.when_full = room.give
    kiosk.append(Kiosk(data, settings, desk, register, devices, clock, world, shared=shared))
    spool.sweep()
    return kiosk[0]


def _names() -> str:
    *some, last = (user[0] for user in PRACTICE_USERS)
    return f"{', '.join(some)}, atau {last}"


def _furnish(desk: Desk) -> None:
    """Whatever a practice office still lacks of SOP, accounts and blank cards; a start that was cut off is completed."""
    from ktpel_kiosk.desk import printing, sop_versions, users

    sop_versions.settle(desk)
    have, blanks = desk.register.read(lambda v: ({u.username for u in v.users()}, v.blangko_balance().masuk))
    for username, nama, jabatan, nip, peran in PRACTICE_USERS:
        if username not in have:
            users.save_user(desk, None, username, nama, peran, PRACTICE_PASSWORD, nip=nip, jabatan=jabatan)
    if not blanks:
        supervisor = Actor("camat", "Bambang Sutrisno, S.STP", frozenset({Peran.SUPERVISOR, Peran.ADMIN, Peran.CAMAT}))
        printing.receive_blangko(desk, supervisor, [f"{n:05d}" for n in range(1, PRACTICE_BLANKS + 1)], "BAST-PRAKTIK-1")
