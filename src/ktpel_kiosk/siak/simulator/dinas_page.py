"""The Dinas' page as HTML: an overview by need, one station with its history, the way in. No script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from ktpel_kiosk.domain.heartbeat import Heartbeat
from ktpel_kiosk.siak.simulator.dinas_view import Level, Line, Need, counts, rewritten
from ktpel_kiosk.siak.simulator.dinas_words import (
    CHECKS,
    CLASSES,
    DEVICES,
    HEALTH,
    STATES,
    TILES,
    TITLES,
    chip,
    moment,
    number,
    safe,
    span_h,
)

PAGE = 200
REFRESH_S = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the overview is wanted. ``need``: only those with this trouble; ``text``: in name, region or station; ``page`` from 0."""

    need: Need | None = None
    text: str = ""
    page: int = 0

    def chosen(self, found: Sequence[Line]) -> list[Line]:
        words = self.text.casefold().split()
        return [line for line in found if (self.need is None or self.need in line.needs)
                and all(w in f"{line.place.name} {line.place.region} {line.place.station}".casefold() for w in words)]

    def link(self, base: str, **other: object) -> str:
        wanted = {"perlu": self.need.value if self.need else "", "cari": self.text, "hal": str(self.page + 1) if self.page else "", **other}
        query = urlencode({k: str(v) for k, v in wanted.items() if v})
        return safe(f"{base}?{query}" if query else base)


def shell(title: str, body: str, *, at: str = "", signed_in: bool = True, refresh: bool = False) -> str:
    leave = '<form method="post" action="/dinas/keluar"><button class="plain">Keluar</button></form>' if signed_in else ""
    again = f'<meta http-equiv="refresh" content="{REFRESH_S}">' if refresh else ""
    return (
        '<!doctype html><html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{again}<title>{safe(title)}</title><link rel="stylesheet" href="/dinas/gaya.css"></head><body>'
        f'<header><a class="mark" href="/dinas">KTP-el</a><div class="head"><h1>Pemantauan kios</h1><p>{safe(at)}</p></div>{leave}</header>'
        f"<main>{body}</main></body></html>")


def sign_in(wrong: bool = False) -> str:
    said = (
        '<p class="wrong" role="alert">Kata sandi itu tidak cocok. Periksa huruf besar dan kecilnya, lalu coba lagi.</p>'
        if wrong else "")
    return shell("Masuk - Pemantauan kios", (
        '<form class="card door" method="post" action="/dinas/masuk"><h2>Masuk</h2>'
        '<p class="soft">Halaman ini untuk Dinas Dukcapil. Isinya angka keadaan kios, tanpa data penduduk.</p>'
        f'{said}<label for="sandi">Kata sandi Dinas</label>'
        '<input id="sandi" name="sandi" type="password" autocomplete="current-password" required autofocus>'
        '<button>Masuk</button></form>'), signed_in=False)


def overview(found: Sequence[Line], asked: Asked, now: datetime, zone: tzinfo) -> str:
    chosen = asked.chosen(found)
    shown = chosen[asked.page * PAGE:(asked.page + 1) * PAGE]
    rows = "".join(_row(line, zone) for line in shown)
    table = (
        '<div class="card list"><table><thead><tr><th>Kecamatan</th><th>Perlu ditangani</th><th>Kabar terakhir</th><th>Antrean kirim</th>'
        '<th>Printer kartu</th><th>Blangko</th><th>Lewat waktu</th><th>Cadangan</th><th>Versi</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>" if shown else
        '<div class="card empty"><p>Tidak ada kecamatan yang cocok dengan pilihan ini.</p></div>')
    return shell("Pemantauan kios", _summary(found) + _tiles(found, asked) + _tools(asked, len(chosen), len(found)) + table
                 + _pages(asked, len(chosen)), at=f"Keadaan {moment(now.astimezone(zone))}", refresh=True)


def _summary(found: Sequence[Line]) -> str:
    alarm, warn = (sum(line.level is level for line in found) for level in (Level.ALARM, Level.WARN))
    if not found:
        return '<p class="summary">Belum ada kecamatan dalam daftar.</p>'
    if not alarm and not warn:
        return f'<p class="summary">Semua {number(len(found))} kecamatan dalam keadaan baik.</p>'
    return (f'<p class="summary"><b>{number(alarm)}</b> dari {number(len(found))} kecamatan perlu ditangani sekarang, '
            f"<b>{number(warn)}</b> perlu diperhatikan.</p>")


def _tiles(found: Sequence[Line], asked: Asked) -> str:
    sums = counts(found)
    tiles = ""
    for need in TILES:
        many, alarms = sums[need]
        level = Level.ALARM if alarms else Level.WARN if many else Level.FINE
        on = asked.need is need
        note = f"{number(alarms)} mendesak" if alarms else "tidak ada yang mendesak" if many else "semua baik"
        target = Asked(None if on else need, asked.text).link("/dinas")
        tiles += (f'<a class="card tile {CLASSES[level]}{" on" if on else ""}" href="{target}"{" aria-current=true" if on else ""}>'
                  f"<h2>{safe(TITLES[need])}</h2><strong>{number(many)}</strong><span>{note}</span></a>")
    return f'<nav class="tiles" aria-label="Saring menurut masalah">{tiles}</nav>'


def _tools(asked: Asked, chosen: int, every: int) -> str:
    hidden = f'<input type="hidden" name="perlu" value="{asked.need.value}">' if asked.need else ""
    options = f"{number(chosen)} dari {number(every)} kecamatan" + (f": {TITLES[asked.need].lower()}" if asked.need else "")
    clear = '<a href="/dinas">Tampilkan semua</a>' if asked.need or asked.text else ""
    return (
        f'<div class="tools"><form method="get" action="/dinas" role="search">{hidden}<label class="hide" for="cari">Cari kecamatan</label>'
        f'<input id="cari" name="cari" type="search" placeholder="Cari kecamatan atau kabupaten" value="{safe(asked.text)}" maxlength="80">'
        f'<button class="quiet">Cari</button></form><span class="soft">{safe(options)}</span>{clear}<span class="space"></span>'
        f'<a class="quiet" href="{asked.link("/dinas/data.csv", hal="")}">Unduh CSV</a></div>')


def _pages(asked: Asked, many: int) -> str:
    last = max(0, (many - 1) // PAGE)
    if not last:
        return ""
    def step(to: int, word: str) -> str:
        return f'<a class="quiet" href="{Asked(asked.need, asked.text, to).link("/dinas")}">{word}</a>' if 0 <= to <= last else ""

    before, after = step(asked.page - 1, "Sebelumnya"), step(asked.page + 1, "Berikutnya")
    return f'<nav class="pages">{before}<span class="soft">Halaman {asked.page + 1} dari {last + 1}</span>{after}</nav>'


def _row(line: Line, zone: tzinfo) -> str:
    cells = [("Perlu ditangani", _needs(line)), ("Kabar terakhir", _heard(line, zone)), *_cells(line)]
    body = "".join(f'<td data-name="{name}">{cell}</td>' for name, cell in cells)
    return f'<tr class="{CLASSES[line.level]}"><th scope="row">{_name(line)}</th>{body}</tr>'


def _name(line: Line) -> str:
    return f'<a href="/dinas/stasiun/{safe(line.place.station)}">{safe(line.place.name)}</a><small>{safe(_where(line))}</small>'


def _where(line: Line) -> str:
    return f"{line.place.region} · {line.place.station}" if line.place.region else line.place.station


def _needs(line: Line) -> str:
    order = sorted(line.needs.items(), key=lambda n: (-n[1], list(Need).index(n[0])))
    return '<span class="chips">' + ("".join(chip(TITLES[n], level) for n, level in order) or '<span class="good">baik</span>') + "</span>"


def _heard(line: Line, zone: tzinfo) -> str:
    if line.received_at is None:
        return '<span class="bad">belum pernah</span>'
    since = "hari ini" if line.silent_d == 0 else f"{line.silent_d} hari lalu"
    return f'<span class="{_class(line, Need.SILENT)}">{since}</span><small>{moment(line.received_at.astimezone(zone))}</small>'


def _class(line: Line, need: Need) -> str:
    return CLASSES[line.needs.get(need, Level.FINE)]


def _cells(line: Line) -> list[tuple[str, str]]:
    b = line.beat
    if b is None:
        return [(name, '<span class="soft">-</span>') for name in
                ("Antrean kirim", "Printer kartu", "Blangko", "Lewat waktu", "Cadangan", "Versi")]
    queue = f"{number(b.waiting)} paket" + (f"<small>tertua {span_h(b.oldest_h)}</small>" if b.waiting else "")
    health = HEALTH[b.devices["card_printer"]][0] if "card_printer" in b.devices else "tidak ada"
    lasts = "habis" if not b.blangko else "belum terpakai" if b.blangko_days is None else f"cukup {number(b.blangko_days)} hari"
    late = f"{number(b.overdue)} dari {number(b.running)}" + (f"<small>terlama {span_h(b.oldest_overdue_h)}</small>" if b.overdue else "")
    copy = "belum ada" if b.copy_h is None else span_h(b.copy_h)
    drill = "belum pernah dicoba" if b.drill_d is None else f"dicoba {b.drill_d} hari lalu" if b.drill_d else "dicoba hari ini"
    return [
        ("Antrean kirim", f'<span class="{_class(line, Need.BACKLOG)}">{queue}</span>'),
        ("Printer kartu", f'<span class="{_class(line, Need.PRINTER)}">{health}</span>'),
        ("Blangko", f'<span class="{_class(line, Need.BLANGKO)}">{number(b.blangko)} keping</span><small>{lasts}</small>'),
        ("Lewat waktu", f'<span class="{_class(line, Need.SLA)}">{late}</span>'),
        ("Cadangan", f'<span class="{_class(line, Need.COPY)}">{copy}</span><small>{drill}</small>'),
        ("Versi", f'<span class="{_class(line, Need.VERSION)}">{safe(b.release)}</span>'),
    ]


# -- one station


def station(line: Line, history: Sequence[tuple[Heartbeat, datetime]], now: datetime, zone: tzinfo) -> str:
    """``history``: signs of life with the time they came, newest first."""
    beats = [b for b, _ in history]
    head = (f'<p class="back"><a href="/dinas">‹ Semua kecamatan</a></p><div class="card title"><div><h2>{safe(line.place.name)}</h2>'
            f'<p class="soft">{safe(_where(line))}</p></div>{_needs(line)}</div>')
    if line.beat is None:
        body = ('<div class="card empty"><p>Stasiun ini belum pernah memberi kabar. Periksa apakah kiosnya sudah dipasang, '
                "sertifikatnya sudah ada, dan alamat gateway-nya benar.</p></div>")
    else:
        body = (f'<div class="columns">{_now_card(line, zone, beats)}{_device_card(line.beat)}</div>'
                f'<div class="columns">{_curve("Antrean kirim, paket", [b.waiting for b in beats])}'
                f'{_curve("Blangko, keping", [b.blangko for b in beats])}</div>{_history(history, zone)}')
    return shell(f"{line.place.name} - Pemantauan kios", head + body, at=f"Keadaan {moment(now.astimezone(zone))}")


def _now_card(line: Line, zone: tzinfo, beats: Sequence[Heartbeat]) -> str:
    b = line.beat
    assert b is not None
    backlog = ", ".join(f"{number(w.count)} {STATES[s]}" for s, w in b.backlog.items() if w.count) or "kosong"
    ends = "tidak diketahui" if b.certificate_d is None else f"berlaku {number(b.certificate_d)} hari lagi"
    chain = "pernah mundur atau berganti: tanyakan ke kantor itu" if rewritten(beats) else f"{number(b.audit_length)} catatan, bersambung"
    facts = [("Kabar terakhir", _heard(line, zone)), ("Antrean kirim", safe(backlog)), *_cells(line)[2:],
             ("Menunggu SIAK", number(b.centre)),
             ("Jam komputer", f'<span class="{_class(line, Need.CLOCK)}">{_clock(line.offset_s)}</span>'),
             ("Sertifikat", f'<span class="{_class(line, Need.CERTIFICATE)}">{ends}</span>'),
             ("Pemeriksaan register", f'<span class="{_class(line, Need.REGISTER)}">{CHECKS[b.check]}</span>'),
             ("Rantai audit", f'<span class="{"bad" if rewritten(beats) else "fine"}">{chain}</span>'
                              f"<small>{safe(b.audit_head[:16])}</small>"),
             ("Ruang disk", f"{number(b.free_mb // 1000)} GB")]
    return '<dl class="card facts">' + "".join(f"<div><dt>{n}</dt><dd>{v}</dd></div>" for n, v in facts) + "</dl>"


def _clock(offset_s: int) -> str:
    if abs(offset_s) < 60:
        return "tepat"
    minutes = abs(offset_s) // 60
    return f"{'maju' if offset_s > 0 else 'mundur'} {number(minutes)} menit"


def _device_card(b: Heartbeat) -> str:
    rows = "".join(
        f"<div><dt>{DEVICES[kind]}</dt><dd>{chip(HEALTH[health][0], HEALTH[health][1])}{_failed(b.trouble_pm, kind)}</dd></div>"
        for kind, health in sorted(b.devices.items(), key=lambda d: (-HEALTH[d[1]][1], list(DEVICES).index(d[0]))))
    return f'<dl class="card facts"><div class="cap">Perangkat</div>{rows or "<div>Tidak ada yang terpasang.</div>"}</dl>'


def _failed(trouble: Mapping[str, int], kind: str) -> str:
    share = trouble.get(kind)
    return "" if share is None else f"<small>gagal {share / 10:.1f}%".replace(".", ",") + " dalam 30 hari</small>"


def _curve(title: str, newest_first: Sequence[int]) -> str:
    """Bars of the days, oldest left."""
    values = list(reversed(newest_first))
    top = max(values, default=0) or 1
    width = 100 / max(len(values), 14)
    bars = "".join(f'<rect x="{i * width:.2f}" y="{40 - 40 * v / top:.2f}" width="{width * 0.72:.2f}" height="{40 * v / top:.2f}"/>'
                   for i, v in enumerate(values))
    last = number(values[-1]) if values else "-"
    most = number(max(values, default=0))
    return (f'<figure class="card curve"><figcaption>{safe(title)}<b>{last}</b></figcaption>'
            f'<svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" '
            f'aria-label="{safe(title)}: {len(values)} hari, terakhir {last}, tertinggi {most}">'
            f'{bars}</svg><p class="soft">{len(values)} hari, tertinggi {most}</p></figure>')


def _history(history: Sequence[tuple[Heartbeat, datetime]], zone: tzinfo) -> str:
    rows = "".join(
        f'<tr><th scope="row">{b.day.day:02d}.{b.day.month:02d}.{b.day.year}</th><td data-name="Sampai">{moment(at.astimezone(zone))}</td>'
        f'<td data-name="Antrean">{number(b.waiting)}</td><td data-name="Tertua">{span_h(b.oldest_h)}</td>'
        f'<td data-name="Blangko">{number(b.blangko)}</td><td data-name="Berjalan">{number(b.running)}</td>'
        f'<td data-name="Lewat waktu">{number(b.overdue)}</td>'
        f'<td data-name="Printer kartu">{HEALTH[b.devices["card_printer"]][0] if "card_printer" in b.devices else "-"}</td>'
        f'<td data-name="Versi">{safe(b.release)}</td></tr>' for b, at in history)
    return ('<div class="card list"><table><thead><tr><th>Hari</th><th>Sampai</th><th>Antrean</th><th>Tertua</th><th>Blangko</th>'
            f"<th>Berjalan</th><th>Lewat waktu</th><th>Printer kartu</th><th>Versi</th></tr></thead><tbody>{rows}</tbody></table></div>")


# -- for a spreadsheet

COLUMNS = ("stasiun", "kecamatan", "kabupaten", "tingkat", "perlu", "kabar_terakhir", "hari_senyap", "paket_antre", "jam_tertua",
           "printer_kartu", "blangko", "blangko_cukup_hari", "berjalan", "lewat_waktu", "cadangan_jam", "latihan_hari", "versi",
           "selisih_jam_detik")


def table(found: Sequence[Line]) -> list[list[str]]:
    """Rows of the CSV file, the first with names. A cell that a spreadsheet would take for a formula gets a quote before it."""
    rows = [list(COLUMNS)]
    for line in found:
        b = line.beat
        own: list[object] = ["", "", "", "", "", "", "", "", "", ""] if b is None else [
            b.waiting, b.oldest_h, b.devices.get("card_printer", ""), b.blangko, _or(b.blangko_days), b.running, b.overdue, _or(b.copy_h),
            _or(b.drill_d), b.release]
        cells: list[object] = [
            line.place.station, line.place.name, line.place.region, ("baik", "perhatikan", "tangani")[line.level],
            " ".join(n.value for n in line.needs), line.received_at.isoformat(timespec="minutes") if line.received_at else "",
            line.silent_d if line.received_at else "", *own, line.offset_s if line.received_at else ""]
        rows.append([_plain(c) for c in cells])
    return rows


def _or(value: int | None) -> object:
    return "" if value is None else value


def _plain(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
