"""What ``doctor`` looks at in an office that serves people: keys, line, SOP and officers, the place of its copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ktpel_kiosk.app import backup, backup_places, sops
from ktpel_kiosk.app.doctor import Check
from ktpel_kiosk.app.office import OfficeSettings
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.desk.sop_versions import IN_FORCE, unstaffed
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.sop import Peran, Sop
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.register import Register

OLD_DAYS = 7
"""A copy older than this is told."""


def standing(data: Path, settings: OfficeSettings) -> Iterator[Check]:
    """What can be seen without the register."""
    yield Check("kantor", "baik", f"melayani penduduk: {settings.office}, {settings.place}, stasiun {settings.station}")
    yield _keys(data)
    if settings.gateway_url:
        yield Check("alamat gateway", "baik", settings.gateway_url)
    else:
        yield Check("alamat gateway", "peringatan", "belum diisi; paket menunggu. Isi dengan: ktpel-kiosk gateway-address https://...")


def _keys(data: Path) -> Check:
    """Which certificates are missing; when they end is told elsewhere."""
    from ktpel_kiosk.packet.station_keys import CENTRE, STATION, StationKeys

    keys = StationKeys(data / "keys")
    try:
        if keys.own() is None:
            return Check("kunci stasiun", "gagal", "belum dibuat. Buat permintaannya dengan: ktpel-kiosk keys request --out FOLDER")
        lacking, sealing = keys.lacking(*keys.missing()), keys.lacking(STATION, CENTRE)
    except KioskError as error:
        return Check("kunci stasiun", "gagal", load_sentences().of(error))
    if not lacking:
        return Check("kunci stasiun", "baik", "lengkap")
    what = "hasil rekam belum dapat disegel" if sealing else "paket belum dapat dikirim atau dibuktikan"
    return Check("kunci stasiun", "peringatan", f"belum terpasang: {lacking}; {what}. Pasang dengan: ktpel-kiosk keys take FOLDER")


def inside(data: Path, settings: OfficeSettings, register: Register, now: datetime) -> list[Check]:
    """What stands in the register."""
    return [*_sop(data, settings, register), _copies(data, backup.place_of(register), now)]


def _sop(data: Path, settings: OfficeSettings, register: Register) -> Iterator[Check]:
    try:
        sop = _in_force(data, settings, register)
    except KioskError as error:
        yield Check("SOP", "gagal", load_sentences().of(error))
        return
    yield Check("SOP", "baik", f"{sop.judul}, {sop.kantor.nama}")
    users = register.read(lambda v: tuple(v.users()))
    held = {role for user in users if user.active for role in user.peran}
    missing = [f.text for f in unstaffed(sop, users)]
    missing += [f"Tidak ada petugas aktif dengan peran {role}." for role in (Peran.ADMIN, Peran.SUPERVISOR) if role not in held]
    active = sum(user.active for user in users)
    yield Check("petugas", "peringatan" if missing else "baik", " ".join(missing) or f"{active} akun aktif, semua peran SOP terisi")


def _in_force(data: Path, settings: OfficeSettings, register: Register) -> Sop:
    text = register.read(lambda v: v.sop_text(v.setting(IN_FORCE) or ""))
    return parse_sop(text, name="register") if text else sops.in_force(data, settings.office)


def _copies(data: Path, place: str, now: datetime) -> Check:
    """The place of the copies is there, on another disk, and holds one that is not old."""
    name, folder = "tempat cadangan", Path(place)
    if not place:
        return Check(name, "peringatan", "belum dipilih. Pilih dengan: ktpel-kiosk register backup --to FOLDER")
    if not backup_places.reachable(folder):
        return Check(name, "peringatan", f"{folder} tidak terjangkau. Pasang diskanya, lalu ulangi: ktpel-kiosk register backup")
    if backup_places.on_same_disk(folder, data):
        return Check(name, "peringatan", load_sentences().text("backup.same_disk"))
    made = [datetime.fromtimestamp(p.stat().st_mtime, UTC) for p in folder.glob("register-*.sqlite")]
    if not made:
        return Check(name, "peringatan", f"{folder} belum berisi cadangan. Buat dengan: ktpel-kiosk register backup")
    last = max(made)
    on = date_long(last.astimezone().date())
    if (now - last).days >= OLD_DAYS:
        return Check(name, "peringatan", f"cadangan terakhir {on}. Buat yang baru dengan: ktpel-kiosk register backup")
    return Check(name, "baik", f"{folder}, terakhir {on}")
