"""An office with many applications, made once per folder and used by several benchmarks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, plan_tahap
from ktpel_kiosk.domain.sop import Layanan

BATCH = 500


def office_with(folder: Path, applications: int) -> None:
    """A practice office whose register holds ``applications`` applications, nine of ten of them finished."""
    clock = SystemClock()
    ids = Uuid7(clock)
    with open_practice_kiosk(folder, "tempeh") as kiosk:
        sop, register = kiosk.desk.sop, kiosk.register
        now = clock.now()
        first = invent(0, 1, sop.kantor, ("TEMPEH LOR",), now.date()).penduduk
        for start in range(0, applications, BATCH):
            made = []
            for n in range(start, min(applications, start + BATCH)):
                at = now - timedelta(minutes=7 * (applications - n))
                nik = f"{first.nik[:6]}{1 + n % 28:02d}{1 + n // 28 % 12:02d}{n // 336 % 100:02d}{1 + n % 9000:04d}"
                made.append(Permohonan(
                    id=ids.new(), layanan=Layanan.BARU_WNI, penduduk=replace(first, nik=nik, nama=f"WARGA CONTOH {n}"), sop_id=sop.id,
                    sop_digest=sop.digest, keadaan=Keadaan.BERJALAN if n % 10 == 0 else Keadaan.SELESAI, tahap=plan_tahap(sop),
                    kelengkapan=(), created_at=at, updated_at=at, created_by="rina", nomor_register=f"{n + 1:05d}/KTP/UJI/2026"))

            def store(tx, made=made):
                for p in made:
                    tx.save_permohonan(p)
                tx.log("IntakeRegistered", "-", "-", count=len(made))

            register.write(store)
