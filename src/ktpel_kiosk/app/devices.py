"""Which drivers this desk runs: from its ``devices.toml``, its mode, and what the command line asks for.

A driver is imported only when it is composed. One whose library is missing is left out, and says why; nothing else changes.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.device_config import CHOICES, SBI, SIMULATED, DeviceConfig, load, real_names
from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble, KioskError, NotConnected
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver, Found
from ktpel_kiosk.ports.devices import Device, DeviceKind

log = logging.getLogger(__name__)
PRACTICE_DEADLINES: Mapping[str, float] = {"camera.frame": 8.0}
"""Painting an invented person for the first time takes a weak PC seconds; a real camera never gets this long."""


@dataclass(frozen=True, slots=True)
class Disabled:
    """A driver that was asked for, or would be used, and cannot: ``trouble`` says why."""

    kind: DeviceKind
    name: str
    trouble: DeviceTrouble


@dataclass(frozen=True, slots=True)
class Composition:
    """What a device manager is made of; ``disabled`` drivers are not in ``drivers`` unless the file names them."""

    drivers: tuple[Driver, ...]
    deadlines: Deadlines
    prefer: Mapping[DeviceKind, str] = field(default_factory=dict)
    disabled: tuple[Disabled, ...] = ()


class UnavailableDriver:
    """Stands where a driver should be: finds nothing and says why."""

    def __init__(self, kind: DeviceKind, name: str, trouble: KioskError) -> None:
        self.kind = kind
        self.name = name
        self._key, self._facts = trouble.message_key, dict(trouble.facts)

    def discover(self) -> Sequence[Found]:
        raise DeviceTrouble(self._key, **self._facts)

    def open(self, found: Found) -> Device:
        raise DeviceTrouble(self._key, **self._facts)


def compose(config: DeviceConfig, *, simulated: Sequence[Driver] = (), production: bool = False, mode: str = "",
            given: Sequence[Driver] = (), platform: str = sys.platform) -> Composition:
    """The drivers of one desk.

    Args:
        simulated: one driver per kind, or none where there is no simulated world.
        production: simulated devices are refused.
        mode: ``real``: real drivers only, every kind; ``simulated``: the simulated desk whatever the file says; empty: the file, and for
            kinds it leaves open the simulated device in practice and the real drivers in production.
        given: drivers somebody asked for by name; no others serve their kinds.

    Raises:
        BadInput: ``devices.simulated``, ``devices.unsigned``: what production refuses.
    """
    if production and mode == SIMULATED:
        raise BadInput("devices.simulated", path=str(config.path or ""), key="--devices")
    if production and config.sbi.get("allow_unsigned"):
        raise BadInput("devices.unsigned", path=str(config.path or ""), key="sbi.allow_unsigned")
    maker = _Maker(config, {d.kind: d for d in simulated})
    taken = {d.kind for d in given}
    for kind in DeviceKind:
        if kind in taken:
            continue
        names, explicit = _names(config, kind, mode, production, platform)
        if production and SIMULATED in names:
            raise BadInput("devices.simulated", path=str(config.path or ""), key=f"{kind}.drivers")
        for name in names:
            maker.add(kind, name, explicit, platform)
    painting = {} if production or mode == "real" else PRACTICE_DEADLINES
    return Composition((*given, *maker.made), Deadlines({**painting, **config.deadlines}),
                       {} if mode == SIMULATED else config.prefer(), tuple(maker.disabled))


def compose_office(folder: Path, *, simulated: Sequence[Driver] = (), production: bool = False, mode: str = "",
                   given: Sequence[Driver] = ()) -> Composition:
    """As :func:`compose` with the file of this folder. A file that is wrong stops no kiosk: each kind says what is wrong with it."""
    try:
        return compose(load(folder), simulated=simulated, production=production, mode=mode, given=given)
    except BadInput as error:
        log.error("devices: %s", error)
        taken = {d.kind for d in given}
        broken = tuple(UnavailableDriver(kind, "devices.toml", error) for kind in DeviceKind if kind not in taken)
        return Composition((*given, *broken), Deadlines(), {}, tuple(
            Disabled(d.kind, d.name, DeviceTrouble(error.message_key, **error.facts)) for d in broken))


def real_drivers(config: DeviceConfig | None = None) -> Composition:
    """Every real driver this platform has: without an office, for the command line."""
    return compose(config or DeviceConfig(), mode="real")


def _names(config: DeviceConfig, kind: DeviceKind, mode: str, production: bool, platform: str) -> tuple[tuple[str, ...], bool]:
    """Driver names of a kind, and whether the file itself named them."""
    if mode == SIMULATED:
        return (SIMULATED,), False
    named = config.of(kind).drivers
    if named is not None:
        kept = tuple(n for n in named if not (mode == "real" and n == SIMULATED))
        if kept or not named:
            return kept, True
    if mode == "real" or production:
        return real_names(kind, config, platform), False
    return (SIMULATED,), False


class _Maker:
    def __init__(self, config: DeviceConfig, simulated: Mapping[DeviceKind, Driver]) -> None:
        self._config = config
        self._simulated = simulated
        self._sbi: Sequence[Driver] | KioskError | None = None
        self.made: list[Driver] = []
        self.disabled: list[Disabled] = []

    def add(self, kind: DeviceKind, name: str, explicit: bool, platform: str) -> None:
        """Make one driver; what cannot be made is remembered, and shown by the desk when the file asks for it."""
        if name == SIMULATED:
            self.made += [self._simulated[kind]] if kind in self._simulated else []
            return
        try:
            if not CHOICES[name].works_here(platform):
                raise DeviceTrouble("devices.platform", device=name)
            self.made.append(self._make(kind, name))
        except KioskError as error:
            trouble = error if isinstance(error, DeviceTrouble) else DeviceTrouble(error.message_key, **error.facts)
            self.disabled.append(Disabled(kind, name, trouble))
            if explicit:
                self.made.append(UnavailableDriver(kind, name, trouble))

    def _make(self, kind: DeviceKind, name: str) -> Driver:
        if name == SBI:
            return self._of_sbi(kind)
        params = dict(self._config.of(kind).params.get(name, {}))
        if name in ("cups", "windows"):
            status = str(params.pop("status", "none"))
            serial, station = str(params.pop("serial", "")), str(params.pop("station", ""))
            if kind is not DeviceKind.CARD_PRINTER:
                params = {k: v for k, v in params.items() if k in ("queue", "server")}
                params |= {"kind": kind} if kind is DeviceKind.RECEIPT_PRINTER else {}
            else:
                if status != "none":
                    params["status"] = self._status(status, serial, station)
                if "reader" in params:
                    params["reader"] = _reader_inside(str(params["reader"]))
        if name == "vendor":
            params = {**params, "kind": kind, "env": {k: str(v) for k, v in params.get("env", {}).items()}}
        return _made(name, lambda: _named(_factory(kind, name))(**params))  # type: ignore[no-any-return]

    def _status(self, name: str, serial: str, station: str) -> Callable[[str], Any]:
        """Makes the printer's own word beside its queue, each time the queue is opened; imported now, so that a missing one is told."""
        if name == "fargo_sdk":
            return _made(name, lambda: _named("fargo_sdk:FargoSdkFor")(**({"station": station} if station else {})))  # type: ignore[no-any-return]
        make = _made(name, lambda: _named("fargo_usb:FargoStatus"))
        return lambda _queue: make(serial)

    def _of_sbi(self, kind: DeviceKind) -> Driver:
        """One service, three drivers: they share what they know of it."""
        if self._sbi is None:
            try:
                self._sbi = _made(SBI, self._make_sbi)
            except KioskError as error:
                self._sbi = error
        if isinstance(self._sbi, KioskError):
            raise self._sbi
        return next(d for d in self._sbi if d.kind is kind)

    def _make_sbi(self) -> Sequence[Driver]:
        from ktpel_kiosk.app import sbi_records
        from ktpel_kiosk.app.clock import SystemClock

        given = {**self._config.sbi, "now": SystemClock().now}
        if "trust" in given:
            folder = self._config.path.parent if self._config.path is not None else Path()
            given["trust"] = tuple(folder / name for name in given["trust"])
        return tuple(_named("sbi:sbi_drivers")(sbi_records.decode_record, **given))


def _reader_inside(name: str) -> Callable[[], Any]:
    """Opens the card reader inside a printer: the PC/SC reader whose name contains ``name``."""
    def opened() -> Any:
        driver = _named("pcsc_reader:PcscReaderDriver")(wanted=(name,), unwanted=())
        found = driver.discover()
        if not found:
            raise NotConnected("device.not_connected", device_kind=str(DeviceKind.CARD_READER), device=name[:80], operation="open")
        return driver.open(found[0])

    return opened


def _factory(kind: DeviceKind, name: str) -> str:
    by_kind = CHOICES[name].factory
    return by_kind.get(str(kind)) or by_kind["*"]


def _named(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(f"ktpel_kiosk.hal.drivers.{module}"), name)


def _made(name: str, make: Callable[[], Any]) -> Any:
    """What ``make`` makes; whatever a library throws while it is loaded becomes one trouble with a sentence."""
    try:
        return make()
    except KioskError:
        raise
    except ImportError as error:
        raise DeviceTrouble("devices.library", device=name, cause=(error.name or "").split(".")[0]) from error
    except Exception as error:  # a native library may fail in any way while it is loaded
        log.warning("driver %s cannot be used: %s", name, type(error).__name__)
        raise DeviceTrouble("devices.library", device=name, cause=type(error).__name__) from error

