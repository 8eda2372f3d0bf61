"""A hundred and twenty invented kecamatan that give signs of life: most of them well, some silent, broken, out of cards or behind."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ktpel_kiosk.domain.heartbeat import TYPE, Heartbeat, Waiting, payload_of
from ktpel_kiosk.jose import encode
from ktpel_kiosk.packet.canonical import canonical
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.dinas_view import Place
from ktpel_kiosk.siak.simulator.records import Heartbeat as Kept

NOW = datetime(2026, 11, 26, 4, 30, tzinfo=UTC)
KABUPATEN = ("Kab. Lumajang", "Kab. Karanganyar", "Kab. Bogor", "Kota Samarinda", "Kab. Tapin", "Kab. Sumba Timur")
NAMES = ("Pronojiwo", "Kebakkramat", "Tempeh", "Palaran", "Tapin Utara", "Candipuro", "Pasirian", "Gondangrejo", "Cigombong", "Rongkop",
         "Sambutan", "Loa Janan", "Bungur", "Lokpaikat", "Haharu", "Rindi", "Kanatang", "Umalulu", "Pasrujambe", "Senduro")


def beat(station: str = "desk-1", **changes: object) -> Heartbeat:
    """A desk that is well."""
    return replace(Heartbeat(
        station, "350801", 1_000, NOW, NOW.date(), "0.1.0", {}, {"camera": "ready", "card_printer": "ready", "fingerprint": "ready"}, {},
        400, 60, 12, 0, 0, 4, 10, 20, 300, "utuh", 5_000, hashlib.sha256(station.encode()).hexdigest(), 80_000), **changes)


def kept(found: Heartbeat, received: datetime | None = None, offset_s: int = 0) -> Kept:
    """As the gateway keeps it after it was verified; the signature itself is not looked at again."""
    token = f"{encode(canonical({'typ': TYPE}))}.{encode(canonical(payload_of(found)))}.{encode(b'0' * 64)}"
    return Kept(found.station, found.day.isoformat(), found.sequence, wire.stamp(received or found.made_at), token, offset_s)


def roster(many: int = 120) -> list[Place]:
    return [Place(f"ktp-{n:04d}", f"{NAMES[n % len(NAMES)]}{'' if n < len(NAMES) else ' ' + 'ABCDEFGH'[n // len(NAMES)]}", KABUPATEN[n % 6])
            for n in range(many)]


def days(places: list[Place], seed: int = 26, back: int = 14) -> Iterator[Kept]:
    """Signs of life of the last ``back`` days, oldest first."""
    rng = random.Random(seed)
    for n, place in enumerate(places):
        fate = rng.random()
        if fate < 0.02:
            continue
        silent = rng.choice((3, 5, 9, 12)) if fate < 0.09 else 0
        stock, use, audit = rng.randrange(30, 900), rng.randrange(3, 16), rng.randrange(2_000, 9_000)
        broken = rng.random() < 0.06
        behind = rng.random() < 0.12
        for ago in range(back, silent - 1, -1):
            at = NOW - timedelta(days=ago, minutes=rng.randrange(5, 200))
            stock = max(0, stock - rng.randrange(0, 2 * use))
            audit += rng.randrange(40, 200)
            devices = dict.fromkeys(("camera", "fingerprint", "iris", "signature", "scanner", "card_reader", "card_printer"), "ready")
            if broken and ago < 4:
                devices["card_printer"] = rng.choice(("trouble", "missing"))
            if rng.random() < 0.02:
                devices[rng.choice(("fingerprint", "iris", "camera", "scanner"))] = "trouble"
            waiting = {"sealed": Waiting(rng.randrange(1, 60), rng.randrange(26, 300))} if rng.random() < 0.06 else {}
            running, worst = rng.randrange(4, 40), rng.randrange(2, 90)
            overdue = rng.randrange(1, running) if rng.random() < 0.1 else 0
            found = beat(
                place.station, wilayah=f"35{n:04d}", made_at=at, day=at.date(), sequence=int(at.timestamp() * 1000),
                release="0.0.9" if behind else "0.1.0", backlog=waiting, devices=devices, trouble_pm={"card_printer": rng.randrange(0, 60)},
                blangko=stock, blangko_days=stock // use, running=running, overdue=overdue, oldest_overdue_h=worst if overdue else 0,
                copy_h=rng.choice((6, 10, 20, 30, 400 if rng.random() < 0.03 else 12)), drill_d=rng.randrange(2, 110),
                certificate_d=rng.choice((300, 200, 12 if rng.random() < 0.04 else 150)), audit_length=audit,
                audit_head=hashlib.sha256(f"{place.station}{audit}".encode()).hexdigest())
            yield kept(found, at + timedelta(seconds=rng.randrange(1, 300)), rng.choice((0, 1, 2, -1, 700 if rng.random() < 0.02 else 0)))
