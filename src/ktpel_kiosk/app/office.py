"""An office on disk: its folder, settings, keys, register; creating and opening it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.clock import PracticeClock, SystemClock, Uuid7
from ktpel_kiosk.app.resources import migrations
from ktpel_kiosk.domain.errors import BadInput, IoFailure
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.durable import make_folder, storage_trouble, write_durably
from ktpel_kiosk.register.keys import KeyStore
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from ktpel_kiosk.packet.keys import DemoKeys
    from ktpel_kiosk.register.server.address import ServerAddress

SETTINGS = "office.json"
PRACTICE, PRODUCTION = "practice", "production"
UNFINISHED = "belum-jadi"
"""Mark inside the register of an office that is being set up: as long as it lies there without ``office.json``, nobody counts on it."""
PENDING_RESTORE = "pemulihan.json"
"""A restore that was agreed and waits for the folder to be opened (:mod:`ktpel_kiosk.app.restore`)."""
BESIDE = "kantor"
"""Below ``register``: beginning of the names of what a desk of a shared register remembers of it."""
PRACTICE_STATION = "praktik-meja-1"
PRACTICE_PASSWORD = "praktik"
"""Of the invented accounts of practice mode only; production offices create their own accounts."""

PRACTICE_USERS: tuple[tuple[str, str, str, str, tuple[Peran, ...]], ...] = (
    ("rina", "Rina Wulandari", "Petugas Pelayanan dan Operator", "",
     (Peran.LOKET, Peran.OPERATOR, Peran.PENYERAH)),
    ("anton", "Anton Prasetya", "Verifikator", "", (Peran.VERIFIKATOR,)),
    ("kasi", "Sri Hartati, S.Sos", "Kepala Seksi Pelayanan", "197303121998032004", (Peran.KASI, Peran.VALIDATOR, Peran.VERIFIKATOR)),
    ("camat", "Bambang Sutrisno, S.STP", "Camat", "197810052002121003", (Peran.CAMAT, Peran.SUPERVISOR, Peran.ADMIN)),
)


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """What the folder remembers. ``mode``: ``practice`` or ``production``; ``place``: the desk's name in its office, ``Meja 1``.
    ``plugins``: biometric slot -> name of a vendor's plug-in."""

    office: str
    station: str
    mode: str = PRACTICE
    gateway_url: str = ""
    furnished: bool = False
    plugins: Mapping[str, str] = field(default_factory=dict)
    place: str = "Meja 1"
    register_url: str = ""
    """``postgresql+psycopg://NAME@HOST/DATABASE`` where the desks share a register (docs/adr/0044); empty: the folder's own."""

    def __post_init__(self) -> None:
        if not isinstance(self.plugins, Mapping) or not all(isinstance(name, str) for name in self.plugins.values()):
            raise TypeError("plugins: slot -> name")
        if self.mode not in (PRACTICE, PRODUCTION):
            raise TypeError("mode")

    @property
    def production(self) -> bool:
        """People are served here: real devices, own accounts and keys."""
        return self.mode == PRODUCTION


def settings_of(data: Path) -> OfficeSettings | None:
    """Settings of an existing office folder, ``None`` for an empty one.

    Raises:
        BadInput: the file is damaged.
    """
    path = data / SETTINGS
    if not path.exists():
        return None
    try:
        return OfficeSettings(**json.loads(path.read_text("utf-8")))
    except (ValueError, RecursionError, TypeError, OSError) as error:
        raise BadInput("office.settings", path=str(path)) from error


def prepare_folder(data: Path) -> None:
    """Make the folder and prove that it can be written.

    Raises:
        IoFailure: ``storage.unwritable``.
    """
    try:
        make_folder(data)
        probe = data / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise IoFailure("storage.unwritable", path=str(data), errno=error.errno) from error


def create_practice_office(data: Path, office: str) -> OfficeSettings:
    """Settings and keys of a practice office; an existing one is returned unchanged.

    Raises:
        BadInput: the folder already holds another office.
    """
    prepare_folder(data)
    found = settings_of(data)
    if found is not None:
        if found.office != office:
            raise BadInput("office.other", path=str(data), found=found.office, expected=office)
        return found
    made = OfficeSettings(office, PRACTICE_STATION)
    open_central_keys(data)
    write_settings(data, made)
    return made


def write_settings(data: Path, settings: OfficeSettings) -> None:
    """Durably, whole or not at all. Raises DiskFull, IoFailure."""
    write_durably(data / SETTINGS, json.dumps(asdict(settings), indent=1, sort_keys=True).encode())


def mark_furnished(data: Path, settings: OfficeSettings) -> None:
    """Remember that accounts and blank cards are there, so that later starts need not look."""
    write_settings(data, replace(settings, furnished=True))


def open_central_keys(data: Path) -> DemoKeys:
    """Demonstration keys of the centre, made when the folder has none; the office that is made there later uses them.

    Raises:
        BadInput: ``office.production``: the keys of a station that serves people lie there, or are being made.
    """
    from ktpel_kiosk.packet.keys import make_demo_keys
    from ktpel_kiosk.packet.station_keys import StationKeys

    if StationKeys(data / "keys").is_own():
        raise BadInput("office.production", path=str(data))
    return make_demo_keys(data / "keys", SystemClock().now(), PRACTICE_STATION)


def ready_folder(data: Path) -> bytes:
    """Finish what a start may have to finish in this folder before its register is opened; returns the register's key, made when there is
    none. Raises DiskFull, IoFailure, KeyUnavailable."""
    if (data / "pembaruan" / "pilihan.json").exists():
        from ktpel_kiosk.app.update_layout import settle
        try:
            settle(data)  # the launcher did; whoever came without it must not work on a register that is about to be replaced
        except OSError as error:
            raise storage_trouble(error, data / "register") from error
    if (data / PENDING_RESTORE).exists():
        from ktpel_kiosk.app.restore import finish
        finish(data)
    store = KeyStore(data / "register" / "register.key")
    return store.unlock_with_machine() if store.exists() else store.create(machine=True)


def open_register(data: Path, clock: SystemClock | PracticeClock, ids: Uuid7, *, late: bool = False) -> SqlRegister:
    """The encrypted register of this folder, created when it does not exist yet; ``late`` postpones its heavy imports to the first use."""
    key = ready_folder(data)
    shared = settings_of(data)
    if shared is not None and shared.register_url:
        return on_server(data, shared, key, clock, ids, late=late)
    return SqlRegister(data / "register" / "register.sqlite", key, clock, ids, migrations=migrations(), late=late)


def server_of(data: Path, settings: OfficeSettings) -> ServerAddress:
    """Where the shared register is. Raises BadInput for an address that must not be used."""
    from ktpel_kiosk.register.server.address import CERTIFICATES, server_address

    return server_address(settings.register_url, data / "keys" / CERTIFICATES)


def on_server(data: Path, settings: OfficeSettings, key: bytes, clock: SystemClock | PracticeClock, ids: Uuid7, *,
              late: bool = False, upgrading: bool = False) -> SqlRegister:
    """The register that this desk shares with others; ``upgrading``: brought up to this version's schema, for all of them.

    Raises BadInput as :func:`server_of`, and ``office_server.older``."""
    from ktpel_kiosk.register.server.store import ServerRegister

    return ServerRegister(server_of(data, settings), data / "register" / BESIDE, key, clock, ids, station=settings.station,
                          migrations=migrations(), late=late, upgrading=upgrading)


@cache
def public_holidays(year: int) -> Mapping[date, str]:
    """Public holidays and cuti bersama of a year with their Indonesian names (the office's editable default)."""
    import holidays

    return dict(holidays.country_holidays("ID", years=year, categories=("public", "government"), language="id"))


def holidays_around(year: int) -> frozenset[date]:
    """The state's days off of the years around ``year``, without any office's own changes."""
    return frozenset(d for y in range(year - 1, year + 3) for d in public_holidays(y))


def village_names(region: str) -> tuple[str, ...]:
    """Villages of a district, upper case; empty where the table lists none."""
    from ktpel_kiosk.app.niks import region_table

    return tuple(name.upper() for name in region_table().villages(region))
