"""``ktpel-kiosk doctor``: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ktpel_kiosk import __version__
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.maintenance import office_folder
from ktpel_kiosk.app.office import OfficeSettings, settings_of
from ktpel_kiosk.app.resources import migrations, resources
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.certificates import CertificateEnd, Holder, Urgency
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import date_long, number_text

RECORDING_BYTES = 3_500_000
"""Room one recording takes until its packet is received: samples, packet, papers."""

HOLDERS = {Holder.STATION: "stasiun", Holder.CENTRE: "pusat", Holder.LINE: "sambungan"}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; ``state`` is ``baik``, ``peringatan`` or ``gagal``."""

    name: str
    state: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        return f"[{self.state:10}] {self.name}: {self.text}"


def examine(data: Path) -> list[Check]:
    """All checks; none of them changes anything."""
    return [*_machine(), *_libraries(), *_folder(data), *_register(data), *_certificates(data), *_devices(data)]


def _machine() -> Iterator[Check]:
    yield Check("versi", "baik", f"ktpel-kiosk {__version__}, Python {sys.version.split()[0]}, {sys.platform}")
    missing = [str(p) for p in (resources() / "sop", resources() / "fonts", migrations()) if not p.is_dir()]
    yield Check("sumber daya", "gagal" if missing else "baik", f"tidak ada: {missing[0]}" if missing else str(resources()))
    display = sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    yield Check("layar", "baik" if display else "peringatan", "ada" if display else "tidak ada layar: jendela tidak dapat dibuka")


def _libraries() -> Iterator[Check]:
    yield _try("SQLCipher", _sqlcipher)
    yield _try("sidik jari", _fingers)


def _try(name: str, work: Callable[[], str]) -> Check:
    try:
        return Check(name, "baik", work())
    except KioskError as error:
        return Check(name, "gagal", load_sentences().of(error))
    except ImportError as error:
        return Check(name, "gagal", f"pustaka tidak dapat dimuat: {error.name or error}")


def _sqlcipher() -> str:
    import sqlcipher3
    return f"SQLite {sqlcipher3.sqlite_version}"


def _fingers() -> str:
    from ktpel_kiosk.biometrics.service import BiometricService
    return ", ".join(f"{k} {v}" for k, v in BiometricService().ready().items())


def _folder(data: Path) -> Iterator[Check]:
    place = data if data.exists() else next(p for p in data.absolute().parents if p.exists())
    free = shutil.disk_usage(place).free
    left = free // RECORDING_BYTES
    yield Check("ruang simpan", "baik" if left > 200 else "gagal" if left < 5 else "peringatan",
                f"{number_text(free // 2**20)} MiB, cukup untuk kira-kira {number_text(left)} perekaman")
    yield Check("folder data", "baik" if os.access(place, os.W_OK) else "gagal", str(data))


def _register(data: Path) -> Iterator[Check]:
    settings = settings_of(office_folder(data))
    if settings is None:
        yield Check("kantor", "peringatan", "belum disiapkan di folder ini")
        return
    if settings.production:
        from ktpel_kiosk.app.doctor_office import standing
        yield from standing(office_folder(data), settings)
    if settings.register_url:
        from ktpel_kiosk.app.doctor_server import server_checks
        yield from server_checks(office_folder(data), settings)
    found: list[Check] = []
    yield _try("register", lambda: _open(office_folder(data), settings, found))
    yield from found


def _open(data: Path, settings: OfficeSettings, beside: list[Check]) -> str:
    """What the register says of itself; of an office that serves people also what stands in it."""
    from ktpel_kiosk.app.clock import Uuid7
    from ktpel_kiosk.app.office import open_register
    clock = SystemClock()
    register = open_register(data, clock, Uuid7(clock))
    try:
        check = register.check_audit()
        if settings.production:
            from ktpel_kiosk.app.doctor_office import inside
            beside += inside(data, settings, register, clock.now())
    finally:
        register.close()
    if not check.whole:
        return f"RANTAI AUDIT RUSAK pada urutan {check.broken_at}"
    return f"terbuka, {check.length} mata rantai audit utuh"


def _certificates(data: Path) -> Iterator[Check]:
    """Until when this office can seal and send."""
    from ktpel_kiosk.app.certificates import certificate_ends
    from ktpel_kiosk.packet.keys import DemoKeys

    keys = office_folder(data) / "keys"
    if not keys.is_dir():
        return
    for end in certificate_ends(DemoKeys(keys)):
        yield _certificate(end, SystemClock().now())


def _certificate(end: CertificateEnd, now: datetime) -> Check:
    on, urgency = date_long(end.at.astimezone().date()), end.urgency(now)
    name = f"sertifikat {HOLDERS[end.holder]}"
    if urgency is Urgency.NONE:
        return Check(name, "baik", f"berlaku sampai {on}")
    title, what = (load_sentences().text(key, at=on) for key in end.message_keys(now))
    return Check(name, "gagal" if urgency is Urgency.ENDED else "peringatan", f"{title} {what}")


def _devices(data: Path) -> Iterator[Check]:
    """What each driver of this desk sees now. A driver that does not answer in time is named; it stops nothing."""
    from ktpel_kiosk.app.cli_devices import desk_composition, look_once
    try:
        made = desk_composition(office_folder(data))
    except KioskError as error:
        yield Check("perangkat", "gagal", load_sentences().of(error))
        return
    for off in made.disabled:
        yield Check(f"perangkat {off.kind}", "peringatan", f"{off.name}: {load_sentences().of(off.trouble)}")
    named = {(off.kind, off.name) for off in made.disabled}
    for look in look_once(made.drivers):
        if (look.kind, look.driver) in named:
            continue
        if look.trouble is not None:
            yield Check(f"perangkat {look.kind}", "peringatan", f"{look.driver}: {load_sentences().of(look.trouble)}")
        else:
            names = ", ".join(f.label for f in look.found)
            yield Check(f"perangkat {look.kind}", "baik" if names else "peringatan", f"{look.driver}: {names or 'tidak ada'}")
