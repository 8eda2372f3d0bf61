"""``ktpel-kiosk run``: the windows of the office in a folder, or the assistant where there is none yet; practice has its own gateway."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import update_launch, update_layout
from ktpel_kiosk.app.office import PENDING_RESTORE, settings_of
from ktpel_kiosk.app.watchdog import UPDATE
from ktpel_kiosk.app.wiring import Kiosk, open_office, settle_sop, warm
from ktpel_kiosk.domain.errors import BadInput, DiskFull, IoFailure, KioskError, Offline

if TYPE_CHECKING:
    import subprocess

    from ktpel_kiosk.app.away import AwayServer
    from ktpel_kiosk.app.practice import Seating
    from ktpel_kiosk.app.practice_controls import PracticeLine
    from ktpel_kiosk.desk.context import Desk

EXIT_WHEN_READY = "KTPEL_EXIT_WHEN_READY"
"""Environment variable of the start-up benchmark: leave as soon as the operator window is usable."""
DEVICES = "KTPEL_DEVICES"
"""Environment variable in the place of ``--devices``."""


def run_windows(office: str, data: Path, *, windowed: bool = False, camera: str = "", reader: str = "", devices: str = "") -> int:
    """Open the windows and stay until they are closed; returns the exit code. Without ``office``: whatever ``data`` holds; an empty folder
    is set up by the assistant first, in this process.

    The window comes first; gateway simulator, network thread, simulated devices and heavy libraries follow behind it.
    """
    from ktpel_kiosk.app.desk_lock import desk_open
    from ktpel_kiosk.app.memory import tame_allocator

    tame_allocator()
    if not office and settings_of(data) is None:
        made = first_run(data, windowed=windowed)
        if made is None:
            return 0
        data = made
    with desk_open(data):
        return _windows(office, data, windowed=windowed, camera=camera, reader=reader, devices=devices)


def _windows(office: str, data: Path, *, windowed: bool, camera: str, reader: str, devices: str) -> int:
    """Again and again as long as a restore was agreed in them, or the desk goes on alone or comes back to the office server."""
    from ktpel_kiosk.ui.app import forget_windows, start_windows

    measuring = bool(os.environ.get(EXIT_WHEN_READY))
    while True:
        shared = _shared(data)
        kiosk = open_office(data, office, camera=camera, reader=reader, mode=wanted_devices(devices), settle=False, shared=shared)
        behind = Behind(kiosk)
        try:
            code = start_windows(kiosk.desk, windowed=windowed, on_ready=_say_ready if measuring else behind.start,
                                 exit_when_ready=measuring, data=data, place=kiosk.settings.place)
        finally:
            behind.stop()
            _close(kiosk)
        if not code and update_launch.leaving():
            return UPDATE
        if code or not ((data / PENDING_RESTORE).exists() or (shared is not None and shared.again)):
            return code
        if shared is not None:
            from ktpel_kiosk.app.away import still_here
            still_here()
        forget_windows()  # the folder is opened again, with the restored register, or with the one that can be had now


def _shared(data: Path) -> AwayServer | None:
    """Where several desks share a register: what can be had of it now. Nothing of this is loaded for a desk with a register of its own."""
    settings = settings_of(data)
    if settings is None or not settings.register_url:
        return None
    from ktpel_kiosk.app.away import open_shared
    return open_shared(data)


def _close(kiosk: Kiosk) -> None:
    """A desk that leaves an office server that hangs opens again all the same: who still waits there is left to himself."""
    if kiosk.shared is not None:
        from ktpel_kiosk.app.away import still_here
        still_here()
    try:
        kiosk.close()
    except IoFailure as error:
        if kiosk.shared is None or not kiosk.shared.again:
            raise
        print(kiosk.desk.sentences.of(error))


def first_run(data: Path, *, windowed: bool) -> Path | None:
    """The assistant; returns the folder of the office that was made, ``None`` when it was left (the answers are kept).

    Raises:
        BadInput: ``setup.orphan``: a register without its office. IoFailure: the folder cannot be written.
    """
    from ktpel_kiosk.app import makers
    from ktpel_kiosk.app.office import OfficeSettings, prepare_folder
    from ktpel_kiosk.app.setup import PRACTICE_FOLDER, FolderSetup
    from ktpel_kiosk.app.setup_finish import refuse_orphan
    from ktpel_kiosk.ui.app import load_look, save_look
    from ktpel_kiosk.ui.first_run import start_setup

    prepare_folder(data)
    refuse_orphan(data)
    practice = data / PRACTICE_FOLDER

    def keep_look(contrast: str, size: str) -> None:
        for folder in (data, practice):
            save_look(folder, contrast, size)  # whichever becomes the office; a folder that is not there yet is passed over

    setup = FolderSetup(data)
    try:
        how = start_setup(setup, windowed=windowed, look=load_look(data), on_look=keep_look,
                          judge=lambda: makers.biometrics(OfficeSettings("-", "-")))
        if how == "practice" and not (practice / "ui.json").exists():
            save_look(practice, *load_look(data))
    finally:
        setup.close()
    return {"production": data, "practice": practice}.get(how)


def run_from_options(options: dict[str, str | bool]) -> int:
    """``run`` as :mod:`ktpel_kiosk.app.entry` read it; known errors become one line and exit code 1."""
    import sys

    from ktpel_kiosk.app.sentences import load_sentences

    data = options.get("data")
    try:
        if data is None:
            from ktpel_kiosk.app.cli import default_data
            folder = default_data()
        else:
            folder = Path(str(data))
        return run_windows(str(options.get("office", "")), folder, windowed=bool(options.get("windowed")),
                           camera=str(options.get("camera", "")), reader=str(options.get("reader", "")),
                           devices=str(options.get("devices", "")))
    except KioskError as error:
        print(f"{load_sentences().of(error)} [{error.code} {error.message_key}]", file=sys.stderr)
        return 1


def wanted_devices(option: str) -> str:
    """``--devices``, else the environment; empty: what the office's ``devices.toml`` says.

    Raises:
        BadInput: ``devices.mode``.
    """
    mode = option or os.environ.get(DEVICES, "")
    if mode not in ("", "real", "simulated"):
        raise BadInput("devices.mode", value=mode[:40], expected="real, simulated")
    return mode


def _say_ready() -> None:
    print("ready", flush=True)


AGAIN_S = (2.0, 10.0, 60.0)
"""Rests before it is begun again behind the windows where the disk or a busy register refused; the last one as often as it takes."""


class Behind:
    """What runs behind the windows once they are usable. Practice adds its sitters, its morning and its gateway."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._thread = threading.Thread(target=self._work, name="start-behind", daemon=True)
        self._seating: Seating | None = None
        self._gateway: subprocess.Popen[str] | None = None
        self._line: PracticeLine | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def _work(self) -> None:
        kiosk = self._kiosk
        try:
            with suppress(KioskError):  # before anything is written: from here on there is work that going back would lose
                update_layout.healthy(kiosk.data)
            kiosk.register.wake()
            if kiosk.shared is None:
                self._persistently()
            elif self._shared(kiosk.shared):
                self._persistently(kiosk.shared)
        except KioskError as error:
            print(kiosk.desk.sentences.of(error), flush=True)

    def _persistently(self, server: AwayServer | None = None) -> None:
        """A desk without network and devices for a whole day because the register was busy for a moment is worse than a second try.
        ``server``: where desks share a register, it is waited for first, and again where it went away in the middle."""
        from ktpel_kiosk.desk.away import UNREACHABLE

        for rest_s in chain(AGAIN_S, repeat(AGAIN_S[-1])):
            if server is not None and not server.wait():
                return
            try:
                self._begin()
                return
            except (DiskFull, IoFailure) as error:
                if server is not None and error.message_key == UNREACHABLE:
                    server.missed()
                    continue
                print(self._kiosk.desk.sentences.of(error), flush=True)
            if self._stopped.wait(rest_s):
                return

    def _begin(self) -> None:
        """May be begun again where the office server went away, or the disk refused, in the middle of it."""
        from ktpel_kiosk.desk import packet_files

        kiosk = self._kiosk
        settle_sop(kiosk)
        kiosk.devices.start()
        if not kiosk.register.behind:  # else a file nobody knows may be of work the register lost
            packet_files.clear_leftovers(kiosk.desk)
        if not kiosk.settings.production:
            self._practise()
        kiosk.start_network()
        packet_files.check_sizes(kiosk.desk)
        if kiosk.settings.production:
            record_updates(kiosk.desk)
            warm(kiosk)
        if kiosk.shared is not None:
            compare_joined(kiosk.desk, kiosk.shared)

    def _shared(self, server: AwayServer) -> bool:
        """Watch the office server. False: this desk works alone; everything that is the office's stays undone until the server is back."""
        from ktpel_kiosk.domain.text import to_local

        kiosk = self._kiosk
        server.start(lambda: to_local(kiosk.clock.now(), kiosk.desk.sop.kantor.zona_waktu).year)
        if not server.alone:
            kiosk.devices.start()
            return True
        settle_sop(kiosk)
        kiosk.devices.start()
        if kiosk.world is not None:
            from ktpel_kiosk.app.practice import Seating
            self._seating = Seating(kiosk)
        warm(kiosk)
        return False

    def _practise(self) -> None:
        from ktpel_kiosk.app.practice import Seating, furnish_morning

        if self._seating is not None:
            return
        self._seating = Seating(self._kiosk)
        furnish_morning(self._kiosk)
        self._gateway, url = start_gateway_process(self._kiosk.data)
        self._line, self._kiosk.gateway_url = practice_line(self._kiosk, url)

    def stop(self) -> None:
        self._stopped.set()
        if self._kiosk.shared is not None:
            self._kiosk.shared.stop()  # who waits for the office server waits no more
        if self._thread.is_alive():
            self._thread.join(20.0)
        if self._seating is not None:
            self._seating.close()
        if self._line is not None:
            self._line.close()
        if self._gateway is not None:
            stop_gateway_process(self._gateway)


def record_updates(desk: Desk) -> None:
    """Versions that were installed or refused since the last start go into the audit."""
    from ktpel_kiosk.desk import updates
    updates.record(desk)


def compare_joined(desk: Desk, server: AwayServer) -> None:
    """Whom desks recorded alone, against everybody at the office."""
    from ktpel_kiosk.desk import duplicates
    duplicates.search_joined(desk, lambda: server.stopped)


def practice_line(kiosk: Kiosk, url: str) -> tuple[PracticeLine | None, str]:
    """A line before the practice gateway that the trainer can break; with the address to use."""
    from urllib.parse import urlsplit

    from ktpel_kiosk.app.practice_controls import PracticeLine
    from ktpel_kiosk.siak.simulator.tcp_line import BadLine

    if kiosk.world is None:
        return None, url
    parts = urlsplit(url)
    line = BadLine(parts.port or 443)
    return PracticeLine(line, kiosk.world.faults), parts._replace(netloc=f"{parts.hostname}:{line.port}").geturl()


def start_gateway_process(data: Path) -> tuple[subprocess.Popen[str], str]:
    """The practice gateway as what it stands for, another computer: a process of its own. Returns it and its address.

    Raises:
        Offline: it did not come up; the kiosk goes on and queues.
    """
    import subprocess

    from ktpel_kiosk.child import NO_WINDOW, python

    command = [*python("-m"), "ktpel_kiosk.app.cli", "gateway", "--data", str(data), "--step", "4", "--while-stdin"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, creationflags=NO_WINDOW)
    assert process.stdout is not None
    address = next((word for word in process.stdout.readline().split() if word.startswith("http")), "")
    if not address:
        stop_gateway_process(process)
        raise Offline("gateway.not_started")
    return process, address


def stop_gateway_process(process: subprocess.Popen[str]) -> None:
    from subprocess import TimeoutExpired
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(10.0)
    except TimeoutExpired:
        process.kill()
        process.wait(5.0)
    if process.stdout is not None:
        process.stdout.close()
