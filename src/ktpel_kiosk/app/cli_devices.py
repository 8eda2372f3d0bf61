"""``ktpel-kiosk devices``: what a technician needs at the desk. With an office folder its devices, without one all real drivers.

Exit codes: 0 fine; 1 a device in trouble, a test that failed, or bad input; 2 wrong usage.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble, KioskError, NotConnected, Stalled
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceSeen, DeviceState

if TYPE_CHECKING:
    from ktpel_kiosk.app.devices import Composition
    from ktpel_kiosk.hal.driver import Driver, Found
    from ktpel_kiosk.hal.manager import DeviceManager
    from ktpel_kiosk.ports.device_history import DeviceRecord

devices_app = typer.Typer(no_args_is_help=True, help="Perangkat: daftar, pantau, uji, pilihan meja ini, riwayat.")

Mode = Annotated[str, typer.Option("--devices", help="real: perangkat nyata saja; simulated: simulasi; kosong: menurut devices.toml.")]
Kind = Annotated[str, typer.Argument(help=f"Jenis perangkat: {', '.join(DeviceKind)}.")]
SETTLE_S = 15.0
NAMES = {
    DeviceKind.CAMERA: "Kamera", DeviceKind.FINGERPRINT: "Pemindai jari", DeviceKind.IRIS: "Kamera iris",
    DeviceKind.SIGNATURE: "Pad tanda tangan", DeviceKind.SCANNER: "Pemindai dokumen",
    DeviceKind.CARD_READER: "Pembaca kartu", DeviceKind.CARD_PRINTER: "Pencetak kartu",
    DeviceKind.DOCUMENT_PRINTER: "Pencetak dokumen", DeviceKind.RECEIPT_PRINTER: "Pencetak struk", DeviceKind.BARCODE: "Pemindai kode",
}
HEALTH = {DeviceHealth.READY: "siap", DeviceHealth.BUSY: "dipakai", DeviceHealth.MISSING: "tidak ada", DeviceHealth.TROUBLE: "bermasalah"}


# -- the desk's devices, without its windows ------------------------------------------------------------------------------


def desk_composition(data: Path, mode: str = "", simulated: Sequence[Driver] | None = None) -> Composition:
    """The devices of this office folder as the kiosk would run them; all real drivers where there is no office.

    Raises:
        BadInput: ``devices.*``.
    """
    from ktpel_kiosk.app.device_config import load
    from ktpel_kiosk.app.devices import compose
    from ktpel_kiosk.app.office import settings_of
    from ktpel_kiosk.app.run import wanted_devices

    mode = wanted_devices(mode)
    settings = settings_of(data)
    if settings is None and mode == "":
        mode = "real"
    if simulated is None:
        from ktpel_kiosk.hal.simulators.world import SimulatedWorld
        simulated = SimulatedWorld().drivers()
    return compose(load(data), simulated=simulated, production=settings is not None and settings.mode == "production", mode=mode)


@contextlib.contextmanager
def desk_devices(data: Path, mode: str, prefer: tuple[DeviceKind, str] | None = None,
                 only: DeviceKind | None = None) -> Iterator[tuple[DeviceManager, Composition]]:
    """A manager over :func:`desk_composition`, settled. Nothing it does is counted in the office's health history.

    Args:
        prefer: the wanted device of one kind, instead of the remembered one.
        only: open devices of this kind alone.
    """
    from ktpel_kiosk.hal.manager import DeviceManager
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld

    world = SimulatedWorld()
    made = desk_composition(data, mode, world.drivers())
    wanted = {**made.prefer, **({prefer[0]: prefer[1]} if prefer else {})}
    manager = DeviceManager([d for d in made.drivers if only in (None, d.kind)], made.deadlines, wanted)
    try:
        if only is not None and any(d.kind is only and d in world.drivers() for d in made.drivers):
            _somebody_to_record(world)
        manager.settle(SETTLE_S)
        yield manager, made
    finally:
        world.close()
        manager.close()


def _somebody_to_record(world: Any) -> None:
    """A simulated device that is tried needs somebody, a card and a code before it."""
    world.seat(1, 1990, "L")
    world.card_in_reader(world.blank_card())
    world.scan_code("UJI-KTPEL-0001")


@dataclass(frozen=True, slots=True)
class Look:
    """What one driver sees; ``trouble`` when it could not look."""

    kind: DeviceKind
    driver: str
    found: tuple[Found, ...] = ()
    trouble: KioskError | None = None


def look_once(drivers: Sequence[Driver], limit_s: float = SETTLE_S) -> list[Look]:
    """Let all drivers look at the machine at once, opening nothing; one that hangs is left behind and named."""
    from ktpel_kiosk.hal.task import known

    looks: dict[int, Look] = {}

    def look(place: int, driver: Driver) -> None:
        try:
            looks[place] = Look(driver.kind, driver.name, tuple(driver.discover()))
        except Exception as raised:  # a driver's library may throw anything
            looks[place] = Look(driver.kind, driver.name, trouble=known(raised, driver.kind, driver.name, "discover"))

    threads = [threading.Thread(target=look, args=(i, d), name=f"look-{d.name}", daemon=True) for i, d in enumerate(drivers)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + limit_s
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [looks.get(i) or Look(d.kind, d.name, trouble=Stalled(
        "device.discovery_stuck", device_kind=str(d.kind), device=d.name, operation="discover", deadline_s=limit_s))
        for i, d in enumerate(drivers)]


# -- list -----------------------------------------------------------------------------------------------------------------


@devices_app.command("list")
def list_devices(data: Data = DEFAULT_DATA, devices: Mode = "", as_json: Json = False) -> None:
    """Setiap perangkat yang terlihat sekarang; keluar 1 bila ada yang bermasalah."""
    def work() -> dict[str, Any]:
        with desk_devices(_folder(data), devices) as (manager, made):
            states = {s.kind: s for s in manager.states()}
            return {
                "kinds": [_state(s) for s in states.values()],
                "devices": [_seen(s) for s in manager.inventory()],
                "disabled": [{"kind": str(d.kind), "driver": d.name, "trouble": d.trouble.message_key,
                              "sentence": load_sentences().of(d.trouble)} for d in made.disabled],
            }

    found = guarded(work)
    put(found, as_json, lambda: "\n".join(_list_lines(found)))
    if any(k["health"] == DeviceHealth.TROUBLE for k in found["kinds"]):
        raise typer.Exit(1)


def _list_lines(found: dict[str, Any]) -> Iterator[str]:
    for kind in found["kinds"]:
        yield f"{NAMES[DeviceKind(kind['kind'])]:18} {kind['kind']:17} {HEALTH[DeviceHealth(kind['health'])]}"
        if kind["sentence"]:
            yield f"    {kind['sentence']}"
        for seen in (d for d in found["devices"] if d["kind"] == kind["kind"]):
            mark = "*" if seen["open"] else "-"
            serial = f", nomor seri {seen['serial']}" if seen["serial"] else ""
            wanted = ", pilihan meja ini" if seen["wanted"] else ""
            yield f"  {mark} {seen['label']} ({seen['driver']}{serial}{wanted})"
        for off in (d for d in found["disabled"] if d["kind"] == kind["kind"]):
            yield f"  ! {off['driver']}: {off['sentence']}"
    yield "* terbuka  - terlihat  ! pengendali tidak dapat dipakai"


def _state(state: DeviceState) -> dict[str, Any]:
    identity = state.identity
    return {
        "kind": str(state.kind), "health": str(state.health), "trouble": state.trouble, "sentence": _sentence(state),
        "identity": None if identity is None else {"make": identity.make, "model": identity.model, "serial": identity.serial,
                                                   "driver": identity.driver, "simulated": identity.simulated},
    }


def _sentence(state: DeviceState) -> str:
    return load_sentences().text(state.trouble, **dict(state.facts)) if state.trouble else ""


def _seen(seen: DeviceSeen) -> dict[str, Any]:
    return {"kind": str(seen.kind), "driver": seen.driver, "key": seen.key, "label": seen.label, "serial": seen.serial, "open": seen.open,
            "wanted": seen.wanted}


# -- watch ----------------------------------------------------------------------------------------------------------------


@devices_app.command("watch")
def watch(data: Data = DEFAULT_DATA, devices: Mode = "", seconds: Annotated[float, typer.Option("--seconds", min=0.0,
          help="Berhenti sendiri sesudah ini; 0: sampai Ctrl+C.")] = 0.0, as_json: Json = False) -> None:
    """Perubahan perangkat selagi terjadi, sampai Ctrl+C. Cabut dan pasang perangkat untuk melihatnya."""
    from ktpel_kiosk.app.clock import SystemClock

    clock, lock = SystemClock(), threading.Lock()

    def tell(event: dict[str, Any], text: str) -> None:
        at = clock.now().astimezone()
        with lock:
            typer.echo(json.dumps({"at": at.isoformat(timespec="milliseconds"), **event}, ensure_ascii=False) if as_json
                       else f"{at:%H:%M:%S}  {text}")

    def changed(state: DeviceState) -> None:
        model = f": {state.identity.make} {state.identity.model}" if state.identity else ""
        tell({"event": "state", **_state(state)},
             f"{NAMES[state.kind]:18} {HEALTH[state.health]}{model}{'. ' if state.trouble else ''}{_sentence(state)}")

    def work() -> None:
        with desk_devices(_folder(data), devices) as (manager, _made):
            for state in manager.states():
                changed(state)
            leave = manager.subscribe(changed)
            try:
                _watch_plugs(manager, tell, time.monotonic() + seconds if seconds else None)
            finally:
                leave()

    with contextlib.suppress(KeyboardInterrupt):
        guarded(work)


def _watch_plugs(manager: DeviceManager, tell: Callable[[dict[str, Any], str], None], until: float | None) -> None:
    """Devices that appear and go, also those that are only spares."""
    known: dict[tuple[str, str, str], DeviceSeen] = {}
    while True:
        now = {(str(s.kind), s.driver, s.key): s for s in manager.inventory()}
        for event, keys, here, word in (("gone", known.keys() - now.keys(), known, "tercabut"),
                                        ("seen", now.keys() - known.keys(), now, "terlihat")):
            for key in sorted(keys):
                seen = here[key]
                tell({"event": event, **_seen(seen)}, f"{NAMES[seen.kind]:18} {word}: {seen.label} ({seen.driver})")
        known = now
        left = 0.5 if until is None else min(0.5, until - time.monotonic())
        if left <= 0:
            return
        time.sleep(left)


# -- test -----------------------------------------------------------------------------------------------------------------


@devices_app.command("test")
def try_device(kind: Kind, wanted: Annotated[str, typer.Option("--wanted", help="Nomor seri, kunci, atau label; lihat devices list.")] = "",
               out: Annotated[Path, typer.Option("--out", help="Folder gambar uji.")] = Path("."),
               slap: Annotated[bool, typer.Option("--slap", help="Empat jari sekaligus.")] = False,
               print_it: Annotated[bool, typer.Option("--print", help="Cetak satu kartu uji SPESIMEN; satu blangko terpakai.")] = False,
               data: Data = DEFAULT_DATA, devices: Mode = "", as_json: Json = False) -> None:
    """Menguji satu perangkat: gambar, sentuhan, coretan, lembar, kartu, atau cetakan. Hasilnya hanya berkas uji."""
    from ktpel_kiosk.app import device_trials

    say: Callable[[str], None] = (lambda text: typer.echo(text, err=True)) if as_json else typer.echo

    def work() -> dict[str, Any]:
        of = _kind(kind)
        folder = _folder(data)
        if print_it and of is DeviceKind.CARD_PRINTER:
            _refuse_office_blank(folder)
        with desk_devices(folder, devices, (of, wanted) if wanted else None, of) as (manager, made):
            _must_be_wanted(manager, of, wanted, made)
            trial = device_trials.run_trial(manager, of, device_trials.Options(slap, print_it), say)
            return {"kind": str(of), "result": "baik", **trial.facts, "files": [str(p) for p in device_trials.save(trial, out)]}

    try:
        found = work()
    except KioskError as error:
        line = f"gagal: {load_sentences().of(error)} [{error.code} {error.message_key}]"
        put({"kind": kind, "result": "gagal", **device_trials.trouble_of(error), "kalimat": load_sentences().of(error)}, as_json,
            lambda: line)
        raise typer.Exit(1) from error
    put(found, as_json, lambda: "\n".join(_trial_lines(found)))


def _refuse_office_blank(folder: Path) -> None:
    """An office counts every blank card: there a test card is printed from the device page, where the ledger learns of it."""
    from ktpel_kiosk.app.office import settings_of

    if settings_of(folder) is not None:
        raise BadInput("devices.counted_blank", path=str(folder))


def _must_be_wanted(manager: DeviceManager, kind: DeviceKind, wanted: str, made: Composition) -> None:
    """The wanted device and no other is tried; where there is none, a driver that cannot be used says why."""
    seen = [s for s in manager.inventory() if s.kind is kind]
    until = time.monotonic() + SETTLE_S
    while wanted and len(seen) > 1 and not all(s.serial for s in seen) and not any(s.wanted and s.open for s in seen):
        if time.monotonic() > until:  # equal devices that tell their serial only when open are opened one after the other
            break
        time.sleep(0.1)
        seen = [s for s in manager.inventory() if s.kind is kind]
    if wanted and not any(s.wanted for s in seen):
        raise NotConnected("devices.not_seen", device_kind=str(kind), device=wanted[:80], found=", ".join(s.label for s in seen) or "-")
    if wanted and not any(s.wanted and s.open for s in seen):
        state = next(s for s in manager.states() if s.kind is kind)
        raise DeviceTrouble(state.trouble or "device.not_connected", **dict(state.facts))
    off = next((d for d in made.disabled if d.kind is kind), None)
    if not seen and off is not None:
        raise off.trouble


def _trial_lines(found: dict[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        if name == "gambar":
            yield from (f"gambar: {g['berkas']} {g['lebar']} x {g['tinggi']}" + (f", {g['ppi']} ppi" if g["ppi"] else "") for g in value)
        elif name == "files":
            yield from (f"berkas: {path}" for path in value)
        elif value not in ("", None, []):
            shown = {True: "ya", False: "tidak"}.get(value, value) if isinstance(value, bool) else value
            yield f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else shown}"


# -- prefer, history ------------------------------------------------------------------------------------------------------


@devices_app.command("prefer")
def prefer(kind: Kind, what: Annotated[str, typer.Argument(help="Nomor seri, kunci, atau label; kosong (\"\"): yang mana saja.")],
           data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Memasangkan satu perangkat dengan meja ini; ditulis ke devices.toml dan berlaku saat kiosk dijalankan lagi."""
    def work() -> dict[str, Any]:
        from ktpel_kiosk.app.device_config import FILE, remember
        from ktpel_kiosk.app.office import settings_of

        of, folder = _kind(kind), _folder(data)
        if settings_of(folder) is None:
            raise BadInput("office.none", path=str(folder))
        remember(folder, of, what)
        return {"kind": str(of), "prefer": what, "path": str(folder / FILE)}

    found = guarded(work)
    put(found, as_json, lambda: f"Tersimpan di {found['path']}. Berlaku saat kiosk dijalankan lagi.")


@devices_app.command("history")
def history(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Riwayat kesehatan setiap perangkat meja ini."""
    def work() -> Sequence[DeviceRecord]:
        from ktpel_kiosk.app.clock import SystemClock
        from ktpel_kiosk.app.office import settings_of
        from ktpel_kiosk.app.wiring import HISTORY
        from ktpel_kiosk.hal.history import read_history

        folder = _folder(data)
        if settings_of(folder) is None:
            raise BadInput("office.none", path=str(folder))
        return read_history(folder / HISTORY, SystemClock().now).records()

    records = guarded(work)
    put([_record(r) for r in records], as_json, lambda: "\n".join(_history_lines(records)) or "Belum ada riwayat perangkat.")


def _record(r: DeviceRecord) -> dict[str, Any]:
    return {
        "kind": str(r.kind), "make": r.make, "model": r.model, "serial": r.serial, "simulated": r.simulated,
        "first_seen": r.first_seen.isoformat(), "last_seen": r.last_seen.isoformat(), "uptime_s": round(r.uptime_s),
        "trouble_s": round(r.trouble_s), "opens": r.opens, "calls": r.calls, "failed": r.failed, "retries": r.retries,
        "failed_share_30d": r.failed_share, "availability_30d": r.availability,
        "errors": dict(r.errors), "days": len(r.days),
        "troubles": [{"at": t.at.isoformat(), "key": t.message_key, "operation": t.operation, "lasted_s": t.lasted_s} for t in r.troubles],
    }


def _history_lines(records: Sequence[DeviceRecord]) -> Iterator[str]:
    from ktpel_kiosk.domain.text import number_text

    for r in records:
        name = " ".join(filter(None, (r.make, r.model, r.serial)))
        yield f"{NAMES[r.kind]}: {name}{' (simulasi)' if r.simulated else ''}"
        yield (f"    terakhir {r.last_seen.astimezone():%d-%m-%Y %H:%M}, siap {_hours(r.uptime_s)}, bermasalah {_hours(r.trouble_s)}, "
               f"dibuka {r.opens} kali")
        share = "-" if r.failed_share is None else f"{r.failed_share * 100:.1f} %".replace(".", ",")
        available = "-" if r.availability is None else f"{r.availability * 100:.1f} %".replace(".", ",")
        yield f"    {number_text(r.calls)} pemakaian, {r.failed} gagal, {r.retries} diulang; 30 hari: gagal {share}, tersedia {available}"
        for trouble in r.troubles[:3]:
            sentence = load_sentences().text(trouble.message_key)
            yield f"    {trouble.at.astimezone():%d-%m-%Y %H:%M}  {sentence}"


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} jam {minutes % 60} menit"


def _kind(name: str) -> DeviceKind:
    try:
        return DeviceKind(name)
    except ValueError as error:
        raise BadInput("devices.kind", value=name[:40], expected=", ".join(DeviceKind)) from error


def _folder(data: Path) -> Path:
    from ktpel_kiosk.app.maintenance import office_folder
    return office_folder(data_of(data))
