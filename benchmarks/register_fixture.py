"""Ten years of one office: a register with 500,000 applications, made once per schema and kept in a cache folder.

Written straight into the tables, in bulk: the way of the kiosk, one act at a time, would take hours. The rows are what the register's
own mappers make; names, villages and services are drawn as an office sees them (few names are very common, most are rare).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, Tahap, TahapState, plan_tahap
from ktpel_kiosk.domain.sop import Layanan, Sop, Stage
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.register import driver, mappers
from ktpel_kiosk.register.areas.search import chapter_of
from ktpel_kiosk.register.bundled import bundled_migrations, bundled_root
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.store import SqlRegister
from ktpel_kiosk.register.words import words_of

KEY = hashlib.sha256(b"benchmark").digest()
APPLICATIONS = 500_000
LAST_DAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
YEARS = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZERO = "0" * 64
HOUR_US = 3_600_000_000
MOMENTS = ("started_at", "finished_at", "running_since", "paused_since")
PAGE = 5000
RECIPE = "2"
"""Raised when what is drawn here changes; a register made by another recipe is made anew."""

SYLLABLES = ("A", "BA", "DA", "EN", "FA", "GU", "HA", "IN", "JA", "KAR", "LI", "MA", "NU", "PUT", "RA", "SA", "TI", "WA", "YU", "ZA",
             "RI", "TO", "NI", "DI", "SU", "LES", "MAN", "SIH", "WAN", "YAH")
WOMEN = ("SITI", "SRI", "DEWI", "NUR", "RATNA", "INDAH", "ENDANG", "LILIS", "AYU", "FITRI", "WULAN", "RINA")
MEN = ("MUHAMMAD", "AHMAD", "ABDUL", "BUDI", "AGUS", "SLAMET", "JOKO", "HENDRA", "BAYU", "EKO", "RIZKY", "DIMAS")
VILLAGES = ("TEMPEH LOR", "TEMPEH KIDUL", "TEMPEH TENGAH", "BESUK", "GESANG", "JATISARI", "JOKARTO", "KALIWUNGU", "LEMPENI", "PANDANARUM",
            "PANDANWANGI", "PULO", "SUMBERJATI")
SERVICES = (Layanan.BARU_WNI,) * 50 + (Layanan.HILANG,) * 15 + (Layanan.RUSAK,) * 12 + (Layanan.PERUBAHAN_DATA,) * 12 + (
    Layanan.PINDAH_DATANG,) * 5 + (Layanan.PEMULA,) * 4 + (Layanan.LUAR_DOMISILI,) + (Layanan.BARU_OA,)
ENDS = (Keadaan.SELESAI,) * 970 + (Keadaan.BATAL,) * 10 + (Keadaan.DITOLAK,) * 12 + (Keadaan.GANDA,) * 3 + (Keadaan.DIKEMBALIKAN,) * 5


def big_register(applications: int = APPLICATIONS, cache: Path | None = None) -> Path:
    """Folder with ``register.sqlite`` of this many applications under :data:`KEY`; made at the first call (minutes).

    ``cache``: where it is kept; else environment KTPEL_BENCH_CACHE, else the folder for temporary files.
    """
    return _cached("register", applications, cache, lambda making: _fill(making / "register.sqlite", KEY, applications))


def big_office(applications: int, cache: Path | None = None) -> Path:
    """Like :func:`big_register`, but the register of a practice office that ``open_practice_kiosk`` opens."""
    def make(making: Path) -> None:
        from ktpel_kiosk.app.wiring import open_practice_kiosk
        from ktpel_kiosk.register.keys import KeyStore
        open_practice_kiosk(making, "tempeh").close()
        folder = making / "register"
        key = KeyStore(folder / "register.key").unlock_with_machine()
        _fill(folder / "register.sqlite", key, applications, cards=False)  # it has blanks of its own

    return _cached("office", applications, cache, make)


def _cached(kind: str, applications: int, cache: Path | None, make: Callable[[Path], None]) -> Path:
    known = hashlib.sha256(RECIPE.encode())
    for migration in sorted((bundled_migrations() / "versions").glob("[0-9]*.py")):
        known.update(migration.read_bytes())
    cache = cache or Path(os.environ.get("KTPEL_BENCH_CACHE", Path(tempfile.gettempdir()) / "ktpel-bench"))
    folder = cache / f"{kind}-{applications}-{known.hexdigest()[:12]}"
    if not folder.is_dir():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        make(making)
        making.rename(folder)
    return folder


def opened(folder: Path) -> SqlRegister:
    clock = SystemClock()
    return SqlRegister(folder / "register.sqlite", KEY, clock, Uuid7(clock))


def _fill(path: Path, key: bytes, applications: int, *, cards: bool = True) -> None:
    sop, clock = practice_sop(), SystemClock()
    with SqlRegister(path, key, clock, Uuid7(clock)) as register:
        register.write(lambda tx: (tx.put_sop(sop.digest, sop.id, _sop_text()), tx.log("IntakeRegistered", "-", "-", count=applications)))
    connection = driver.connect(path, key, writer=True)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        people = applicants(applications)
        while page := list(islice(people, PAGE)):
            connection.execute("BEGIN")
            _store(connection, page)
            connection.execute("COMMIT")
        if cards:
            connection.execute("BEGIN")
            _store_cards(connection, applications)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()


def _store(connection: Any, page: list[Drawn]) -> None:
    made = [_rows(d) for d in page]
    _insert(connection, "permohonan", [m[0] for m in made])
    _insert(connection, "tahap", [row for m in made for row in m[1]])
    _insert(connection, "search", [m[2] for m in made])
    words = [{"chapter": chapter_of(micros(d.at)), "word": word, "no": d.no, "created_at": micros(d.at)}
             for d in page for word in words_of(d.person.nama, d.person.nik, d.number, d.phone, d.person.desa)]
    _insert(connection, "search_word", sorted(words, key=lambda w: (w["chapter"], w["word"])))


def _store_cards(connection: Any, applications: int) -> None:
    """A packet, a card and its blank for every application, and some blanks in stock."""
    first, spoiled = micros(LAST_DAY) - YEARS * 365 * 86_400 * 1_000_000, range(0, applications, 60)
    moments = range(first, first + applications * 600_000_000, 600_000_000)
    _insert_each(connection, "packet", ({
        "packet_id": f"packet-{n}", "permohonan_id": _id(n), "station": "meja-1", "counter": n, "previous_hash": ZERO, "sha256": ZERO,
        "size": 700_000, "path": f"packet-{n}.ktpelpkt", "state": "received", "sealed_at": at, "upload_url": "", "offset": 0, "attempts": 1,
        "next_try_at": None, "wait_cause": "none", "wait_detail": "", "receipt": "", "received_at": at, "server_sequence": n,
    } for n, at in enumerate(moments, 1)))
    _insert_each(connection, "blangko", ({
        "no": n, "serial": f"{n:08d}", "batch": f"BAST-{n // 500}",
        "state": "stok" if n > applications else "rusak" if n in spoiled else "baik",
        "job_id": "" if n > applications else f"job-{n}", "received_at": first} for n in range(1, applications + 501)))
    _insert_each(connection, "card_job", ({
        "id": f"job-{n}", "permohonan_id": _id(n), "credential": _id(n), "nik": "", "blangko": f"{n:08d}",
        "state": "spoiled" if n in spoiled else "confirmed", "is_live": int(n not in spoiled), "created_at": at, "updated_at": at,
        "face_hash": "", "printer_job": "", "chip_uid": "", "readback_hash": "", "spoil_reason": "", "operator": "rina",
    } for n, at in enumerate(moments, 1)))


def _insert(connection: Any, table: str, rows: list[dict[str, Any]]) -> None:
    _insert_each(connection, table, iter(rows))


def _insert_each(connection: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names, values = ", ".join(f'"{n}"' for n in first), ", ".join(f":{n}" for n in first)
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", chain((first,), rows))


def _rows(d: Drawn) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Rows of permohonan, tahap and search: those of a model application, with what is this one's own."""
    at, id = micros(d.at), _id(d.no)
    model, stages, line = _model(d.keadaan, d.layanan, d.done)
    own = {"nomor_register": d.number, "nomor_hp": d.phone, "mobile_place": d.place, "created_at": at, "updated_at": at + HOUR_US}
    biodata = json.dumps(penduduk_to_dict(d.person), ensure_ascii=False)
    return (
        model | own | {"id": id, "nik": d.person.nik, "penduduk": biodata, "created_by": d.officer},
        [t | {"permohonan_id": id} | {k: t[k] + at for k in MOMENTS if t[k] is not None} for t in stages],
        line | own | {"no": d.no, "numbered_at": at + line["numbered_at"], "permohonan_id": id, "nama": d.person.nama,
                      "nik": d.person.nik, "desa": d.person.desa,
                      "jenis_kelamin": d.person.jenis_kelamin.value, "running_since": at + HOUR_US if line["running_since"] else None})


@cache
def _model(keadaan: Keadaan, layanan: Layanan, done: int) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """What the register's mappers make of an application that came at the first moment of 1970."""
    sop = practice_sop()
    p = Permohonan(
        id="-", layanan=layanan, penduduk=TEMPLATE, sop_id=sop.id, sop_digest=sop.digest, keadaan=keadaan, kelengkapan=(),
        created_by="rina", nomor_register="-", tahap=_stages(plan_tahap(sop), EPOCH, done), created_at=EPOCH, updated_at=EPOCH, version=9)
    return mappers.permohonan_values(p), mappers.tahap_values(p), mappers.search_values(p) | {"status_siak": ""}


@cache
def practice_sop() -> Sop:
    """The SOP every application here goes by."""
    return parse_sop(_sop_text(), name="tempeh")


def _sop_text() -> str:
    return (bundled_root() / "resources" / "sop" / "tempeh.toml").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is one application's own."""

    no: int
    at: datetime
    person: Penduduk
    number: str
    phone: str
    place: str
    officer: str
    keadaan: Keadaan
    layanan: Layanan
    done: int


def applicants(count: int) -> Iterator[Drawn]:
    """Oldest first; the same for the same count."""
    rng = random.Random(f"{count}")
    stages = len(plan_tahap(practice_sop()))
    begin, spacing = LAST_DAY - timedelta(days=YEARS * 365), timedelta(days=YEARS * 365) / count
    rare = ["".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4))) for _ in range(20_000)]
    in_year: dict[int, int] = {}
    for no in range(1, count + 1):
        at = begin + spacing * no
        in_year[at.year] = number = in_year.get(at.year, 0) + 1
        keadaan = Keadaan.BERJALAN if no > count - min(400, count // 100) else rng.choice(ENDS)
        yield Drawn(
            no, at, _person(rng, rng.random() < 0.5, rare), f"{number:05d}/KTP/{at.month:02d}/{at.year}",
            f"+628{rng.choice((12, 13, 57, 96))}{rng.randrange(10**8):08d}", "BALAI DESA PULO" if rng.random() < 0.05 else "",
            rng.choice(("rina", "sari", "dimas")), keadaan, rng.choice(SERVICES),
            stages if keadaan is Keadaan.SELESAI else rng.randint(1, stages - 1))


def _id(no: int) -> str:
    return f"01930000-0000-7000-9000-{no:012d}"


def _person(rng: random.Random, female: bool, rare: list[str]) -> Penduduk:
    first = rng.choice(WOMEN if female else MEN) if rng.random() < 0.6 else _zipf(rng, rare)
    nama = " ".join((first, *(_zipf(rng, rare) for _ in range(rng.choice((0, 1, 1, 1, 2))))))
    born = date(1960, 1, 1) + timedelta(days=rng.randrange(17_000))
    nik = f"350805{born.day + (40 if female else 0):02d}{born:%m%y}{rng.randrange(1, 10_000):04d}"
    return replace(
        TEMPLATE, nik=nik, nama=nama, tanggal_lahir=born,
        jenis_kelamin=JenisKelamin.PEREMPUAN if female else JenisKelamin.LAKI_LAKI, desa=rng.choice(VILLAGES))


TEMPLATE = Penduduk(
    "3508054502080001", "SITI", "LUMAJANG", date(1990, 2, 5), JenisKelamin.PEREMPUAN, 13, "DUSUN KRAJAN", "001", "002", "TEMPEH LOR",
    "TEMPEH", "LUMAJANG", "JAWA TIMUR", 1, 1, 3, no_kk="3508050101080001")


def _zipf(rng: random.Random, words: list[str]) -> str:
    """Few of the words very often, most of them rarely."""
    return words[min(len(words) - 1, int(len(words) ** rng.random()) - 1)]


def _stages(plan: tuple[Tahap, ...], at: datetime, done: int) -> tuple[Tahap, ...]:
    made = []
    for t in plan[:done]:
        end = at + timedelta(minutes=5)
        made.append(replace(t, state=TahapState.SELESAI, started_at=at, finished_at=end, active_s=240.0 + 7 * t.index, outcome="selesai",
                            actor="rina", role="sistem" if t.stage is Stage.MENUNGGU_PRR else "operator"))
        at = end
    if done < len(plan):
        made.append(replace(plan[done], state=TahapState.AKTIF, started_at=at, running_since=at))
    return (*made, *plan[done + 1:])


if __name__ == "__main__":
    print(json.dumps(str(big_register())))
