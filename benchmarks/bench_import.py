"""A population list of 100,000 residents, from CSV file to encrypted register: examined, validated row by row, stored in one transaction.

Baseline: the same file through ``csv.DictReader`` into a plain, unencrypted SQLite table with one ``executemany``, no check at all.
"""

from __future__ import annotations

import csv
import random
import sqlite3
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from ktpel_kiosk.app.maintenance import CONSOLE
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import population

ROWS = 100_000
LIMIT = 20.0
"""Times the bare copy, which checks nothing and encrypts nothing; people are promised a minute."""
COLUMNS = ("NIK", "NO_KK", "NAMA_LGKP", "JENIS_KLMIN", "TMPT_LHR", "TGL_LHR", "GOL_DRH", "AGAMA", "STAT_KWN", "STAT_HBKEL", "PDDK_AKH",
           "JENIS_PKRJN", "KLAIN_FSK", "PNYDNG_CCT", "ALAMAT", "NO_RT", "NO_RW", "DUSUN", "NO_PROP", "NO_KAB", "NO_KEC", "NO_KEL",
           "KODE_POS", "EKTP_STATUS", "EKTP_CREATED")


def write_list(path: Path, count: int) -> None:
    """An invented list of the size of a large kecamatan, SIAK columns."""
    rng = random.Random(8)
    first, last = ("SITI", "BUDI", "AGUS", "DEWI", "NUR", "ENDANG", "WAHYU"), ("LESTARI", "SANTOSO", "HIDAYAT", "UTAMI", "SAPUTRA")
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for i in range(count):
            born, female = date(1940, 1, 1) + timedelta(days=rng.randrange(31_000)), rng.random() < 0.5
            nik = f"350805{born.day + (40 if female else 0):02d}{born:%m%y}{i % 9999 + 1:04d}"
            writer.writerow((
                nik, f"350805010115{i // 4 % 9999 + 1:04d}", f"{rng.choice(first)} {rng.choice(last)} {rng.choice(last)}",
                2 if female else 1, "LUMAJANG", f"{born:%d-%m-%Y}", rng.choice((1, 2, 3, 4, 13)), 1, rng.choice((1, 2, 2, 4)),
                rng.randint(1, 4), 3, rng.randint(1, 89), 0, "", f"DUSUN KRAJAN {rng.randint(1, 400)}", rng.randint(1, 20),
                rng.randint(1, 9), "KRAJAN", 35, 8, 5, 2001 + rng.randrange(13), 67371,
                rng.choice(("BELUM REKAM", "PRINT READY RECORD", "CARD ISSUED")), "",
            ))


def bare(source: Path, target: Path) -> float:
    started = time.perf_counter()
    with sqlite3.connect(target) as db, source.open(encoding="utf-8", newline="") as lines:
        db.execute(f"CREATE TABLE penduduk ({', '.join(COLUMNS)}, PRIMARY KEY (NIK))")
        marks = ", ".join(f":{c}" for c in COLUMNS)
        db.executemany(f"INSERT OR REPLACE INTO penduduk VALUES ({marks})", csv.DictReader(lines))
        db.commit()
    return time.perf_counter() - started


def run(count: int = ROWS) -> tuple[float, float, str]:
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "penduduk.csv"
        write_list(source, count)
        theirs = bare(source, Path(scratch) / "bare.sqlite")
        with open_practice_kiosk(Path(scratch) / "kantor", "tempeh") as kiosk:
            kiosk.register.wake()
            started = time.perf_counter()
            plan = population.examine(kiosk.desk, CONSOLE, source)
            looked = time.perf_counter()
            done = population.adopt(kiosk.desk, CONSOLE, plan)
            stored = time.perf_counter()
            assert (done.added, plan.rows) == (len(plan.entries), count)
    ours = stored - started
    return ours / theirs, LIMIT, (f"{count} rows in {ours:.1f} s (look {looked - started:.1f} s, store {stored - looked:.1f} s), "
                                  f"csv.DictReader into plain SQLite {theirs:.2f} s")


if __name__ == "__main__":
    ratio, limit, text = run(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    print(f"{ratio:.1f} (at most {limit:.0f}): {text}")
