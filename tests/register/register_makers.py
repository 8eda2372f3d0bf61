"""Small valid values for tests of the register, and a register that opens fast."""

from __future__ import annotations

import itertools
import os
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, Position, Quality, Sample
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import ChecklistItem, Keadaan, Permohonan, Tahap, TahapState, Warning_
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.register.store import SqlRegister

KEY = bytes(range(32))
NOW = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


class StillClock:
    """A clock that moves only when told to, one millisecond per look."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return "", self.monotonic()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class CountingIds:
    def __init__(self, start: int = 1) -> None:
        self._next = itertools.count(start)

    def new(self) -> str:
        return f"01930000-0000-7000-8000-{next(self._next):012d}"


BOTH = ("sqlite", "postgresql")
everywhere = os.environ.get("KTPEL_TEST_REGISTER", BOTH[0])
"""Where registers lie whose test does not say: ``KTPEL_TEST_REGISTER=postgresql`` runs any test of the register on a server."""


def open_register(folder: Path, key: bytes = KEY, on: str = "", **settings: Any) -> SqlRegister:
    """The register of ``folder``, made when there is none; ``on``: one of :data:`BOTH`."""
    if (on or everywhere) == "postgresql":
        return open_on_server(folder, key, **settings)
    return SqlRegister(folder / "register.sqlite", key, StillClock(), CountingIds(), **settings)


def open_on_server(folder: Path, key: bytes = KEY, *, clock: Any = None, ids: Any = None, **settings: Any) -> SqlRegister:
    from ktpel_kiosk.register.server.address import server_address
    from ktpel_kiosk.register.server.store import ServerRegister
    from office_server import server

    remembered = folder / "basis-data"
    if not remembered.exists():
        remembered.write_text(_free.pop() if _free and key == KEY else server().database(_migrated(key)))
    address = server_address(server().url(remembered.read_text()))
    return ServerRegister(address, folder / "kantor", key, clock or StillClock(), ids or CountingIds(), **settings)


_free: list[str] = []


def give_back(folder: Path) -> None:
    """The database of a register that is closed, so that another test need not make one."""
    from office_server import server

    remembered = folder / "basis-data"
    if remembered.exists():
        name = remembered.read_text()
        server().emptied(name)
        _free.append(name)


@cache
def _migrated(key: bytes) -> str:
    """A database with an empty register under this key, for others to be copied from."""
    from ktpel_kiosk.register.server.address import server_address
    from ktpel_kiosk.register.server.store import ServerRegister
    from office_server import server

    name = server().database()
    with tempfile.TemporaryDirectory() as folder:
        ServerRegister(server_address(server().url(name)), Path(folder) / "kantor", key, StillClock(), CountingIds()).close()
    return name


def nik(n: int = 1) -> str:
    return f"3508054502{n:06d}"


def person(n: int = 1, **changes: Any) -> Penduduk:
    made = Penduduk(
        nik(n), f"SITI AMINAH {chr(65 + n % 26)}", "LUMAJANG", date(2008, 2, 5), JenisKelamin.PEREMPUAN, 13, "DUSUN KRAJAN", "001",
        "002", "TEMPEH LOR", "TEMPEH", "LUMAJANG", "JAWA TIMUR", 1, 1, 3, no_kk="3508050101080001")
    return replace(made, **changes)


def stages() -> tuple[Tahap, ...]:
    plan = ((1, Stage.TERIMA_BERKAS), (1, Stage.AGENDA_REGISTER), (2, Stage.VERIFIKASI), (3, Stage.REKAM), (4, Stage.KIRIM),
            (5, Stage.MENUNGGU_PRR), (6, Stage.CETAK_ENCODE), (7, Stage.SERAH_PEMOHON))
    first = Tahap(0, 1, Stage.TERIMA_BERKAS, TahapState.SELESAI, NOW, NOW, None, 41.25, 0.1 + 0.2, None, "", "lengkap", "rina", "loket")
    return (first, *(Tahap(i, n, s) for i, (n, s) in enumerate(plan) if i))


def application(n: int = 1, **changes: Any) -> Permohonan:
    at = NOW + timedelta(seconds=n)
    made = Permohonan(
        id=f"01930000-0000-7000-9000-{n:012d}", layanan=Layanan.BARU_WNI, penduduk=person(n), sop_id="tempeh", sop_digest="d" * 64,
        keadaan=Keadaan.BERJALAN, tahap=stages(), kelengkapan=(ChecklistItem("kk", "Fotokopi KK", True, True, "", "jelas"),),
        created_at=at, updated_at=at, created_by="rina", nomor_register=f"{n:04d}/KTP/XI/2026", nomor_hp="+628123456789",
        warnings=(Warning_("N07", "Tanggal lahir berbeda.", "rina"),), complete_at=at, corrections=("nama",),
        menunggu_hingga=date(2026, 12, 1))
    return replace(made, **changes)


def finished(p: Permohonan) -> Permohonan:
    return replace(p, keadaan=Keadaan.SELESAI, tahap=tuple(replace(t, state=TahapState.SELESAI, active_s=10.0) for t in p.tahap))


def sample(p: Permohonan, position: Position = Position.RIGHT_INDEX, attempt: int = 1, *, size: int = 2000, **changes: Any) -> Sample:
    made = Sample(
        id=f"{p.id[-4:]}-{position.value}-{attempt}", permohonan_id=p.id, position=position, attempt=attempt, media_type="image/png",
        data=b"\x89PNG" + os.urandom(size), width=400, height=500, ppi=500,
        quality=Quality("NFIQ2 2.3.0", 61, 1, 2, {"area": 0.1 + 0.2}, ("finger.too_dry",)),
        device=DeviceIdentity("Uji", "Pemindai", "SN1", "double", True), captured_at=NOW, best=True, device_payload=b"\x00signed")
    return replace(made, **changes)


def packet(p: Permohonan, counter: int = 1, **changes: Any) -> Packet:
    made = Packet(f"packet-{counter}", p.id, "tempeh-meja-1", counter, "0" * 64, f"{counter:064x}", 1000, f"packet-{counter}.ktpelpkt",
                  PacketState.SEALED, NOW + timedelta(minutes=counter))
    return replace(made, **changes)


def job(p: Permohonan, n: int = 1, **changes: Any) -> CardJob:
    made = CardJob(f"job-{n}", p.id, f"{p.id}:1", p.penduduk.nik, f"{n:05d}", JobState.INTENT, NOW, NOW, "f" * 64, operator="rina")
    return replace(made, **changes)


def status(packet_id: str, sequence: int, state: StatusSiak = StatusSiak.PROCESSING, source: str = "gateway") -> StatusEvent:
    return StatusEvent(sequence, packet_id, nik(), state, NOW, "", source)


def save(register: SqlRegister, p: Permohonan) -> Permohonan:
    """Store an application with one audit link."""
    def work(tx: Any) -> Permohonan:
        tx.log("IntakeRegistered", p.id, "rina")
        stored: Permohonan = tx.save_permohonan(p)
        return stored

    return register.write(work)


def logged(register: SqlRegister, act: Any, event: str = "DraftSaved", subject: str = "x") -> Any:
    """Run ``act(tx)`` with one audit link."""
    def work(tx: Any) -> Any:
        tx.log(event, subject, "rina")
        return act(tx)

    return register.write(work)
