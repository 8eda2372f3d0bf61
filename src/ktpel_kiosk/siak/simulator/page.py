"""The page that shows what arrived: plain HTML that renews itself, without scripts and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from html import escape

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.overview import MINUTES, Overview, PacketView, StationView, masked
from ktpel_kiosk.siak.simulator.page_style import STYLE

WIB = timezone(timedelta(hours=7), "WIB")
REFRESH_S = 5
STATIONS, PACKETS, CARDS, FAULTS = 40, 60, 20, 20
FRESH_S = 120
_GOOD = frozenset({"PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING", "CARD_PRINTED", "CARD_SHIPPED", "CARD_ISSUED"})
_BAD = frozenset({"ENROLL_FAILURE_AT_REGIONAL", "ENROLL_FAILURE_AT_CENTRAL", "SEARCH_FAILURE_AT_CENTRAL", "ADJUDICATE_RECORD",
                  "REQUEST_VALIDATION", "DUPLICATE_RECORD"})
_CARDS = {"printed": "dicetak", "encoded": "cip ditulis", "activated": "diaktifkan", "handed_over": "diserahkan", "spoiled": "rusak",
          "destroyed": "dimusnahkan"}
_OPERATIONS = {
    "announce": "pengumuman", "create": "pembuatan unggahan", "offset": "tanya posisi", "chunk": "potongan", "receipt": "tanda terima",
    "status": "status", "lookup": "biodata", "record": "status NIK", "material": "bahan cetak", "card": "kejadian kartu",
}
_FAULTS = {
    "status": "jawab {v:g}", "late": "terlambat {v:g} dtk", "lose": "jawaban hilang", "forget": "lupa unggahan",
    "forge": "tanda tangan palsu", "alter": "isi diubah", "html": "halaman Wi-Fi", "redirect": "dialihkan", "empty": "jawaban kosong",
    "hang": "macet {v:g} dtk", "full": "penuh (507)", "clock": "jam melenceng {v:g} dtk", "lie": "posisi keliru {v:g} bita",
}


def render(seen: Overview) -> str:
    """The whole page."""
    return (
        f'<!doctype html><html lang="id"><head><meta charset="utf-8"><meta http-equiv="refresh" content="{REFRESH_S}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light">'
        f"<title>Gateway latihan</title><style>{STYLE}</style></head><body>{_header(seen)}<main>"
        f"{_tiles(seen)}{_arrivals(seen)}<div class=columns><div>{_packets(seen)}</div><div>{_stations(seen)}{_faults(seen)}{_cards(seen)}"
        "</div></div></main></body></html>"
    )


def _header(seen: Overview) -> str:
    name = f"Skenario: {escape(seen.scenario)}" if seen.scenario else "Skenario: PRR"
    chosen = f" · {len(seen.chosen)} pilihan khusus" if seen.chosen else ""
    return ('<header><span class=mark aria-hidden=true>GW</span><h1>Gateway latihan</h1>'
            f'<span class=soft>{name}{chosen}</span><span class=space></span>'
            f'{_pill("blue", "Simulator, bukan SIAK")}<time>{_clock(seen.at)} <small>WIB</small></time></header>')


def _tiles(seen: Overview) -> str:
    t = seen.totals
    coming = t.packets - t.complete
    room = f"dari {_size(t.quota_bytes)}" if t.quota_bytes else "tanpa batas kuota"
    share = min(1.0, t.bytes_held / t.quota_bytes) if t.quota_bytes else 0.0
    bar = f'<div class="bar{" full" if share >= 0.9 else ""}"><i style="width:{share * 100:.1f}%"></i></div>' if t.quota_bytes else ""
    opening = _note("amber", f"{_number(t.unopened)} belum dibuka") if t.unopened else _note("green", "semua sudah dibuka")
    tiles = (
        ("Paket lengkap", _number(t.complete), opening),
        ("Sedang datang", _number(coming), _note("blue" if coming else "soft", "diumumkan, belum lengkap")),
        ("Ruang terpakai", _size(t.bytes_held), _note("soft", room) + bar),
        ("Kabar status", _number(t.events), _note("soft", f"{_number(t.planned)} akan datang · {_number(t.listeners)} stasiun menunggu")),
        ("Kejadian kartu", _number(t.cards), _note("soft", "cetak, cip, serah")),
    )
    return "<section class=tiles>" + "".join(
        f"<article class=card><h2>{label}</h2><p class=big>{value}</p>{more}</article>" for label, value, more in tiles) + "</section>"


def _arrivals(seen: Overview) -> str:
    """Bars of the last hour, one a minute."""
    top = max(1, *seen.per_minute)
    bars = "".join(f'<rect x="{i * 10 + 1}" y="{60 - h:.1f}" width="8" height="{h:.1f}" rx="1.5"><title>{n} paket</title></rect>'
                   for i, n in enumerate(seen.per_minute) if (h := 60 * n / top) > 0)
    total, last = sum(seen.per_minute), seen.per_minute[-1]
    words = f"{_number(last)} menit ini · puncak {_number(max(seen.per_minute))} semenit"
    return (
        '<section class="card rate"><div><h2>Paket masuk, satu jam terakhir</h2>'
        f'<p class=big>{_number(total)}</p>{_note("soft", words)}</div>'
        f'<svg viewBox="0 0 {MINUTES * 10} 61" preserveAspectRatio="none" role="img" aria-label="{total} paket dalam satu jam">'
        f'<line x1="0" y1="60.5" x2="{MINUTES * 10}" y2="60.5"/>{bars}</svg></section>'
    )


def _packets(seen: Overview) -> str:
    rows = [_packet_row(p) for p in seen.packets[:PACKETS]]
    more = seen.totals.packets - len(rows)
    older = f"{_number(more)} paket yang lebih lama tidak ditampilkan." if more > 0 else ""
    return _table("Paket terbaru", ("Paket", "Stasiun", "Ukuran", "Tanda terima", "NIK", "Status"), rows,
                  "Belum ada paket yang diumumkan.", older, "nnrnnn")


def _packet_row(p: PacketView) -> tuple[str, ...]:
    if p.receipt is not None:
        receipt = f"<b>{p.receipt}</b>"
    else:
        share = 100 * p.received // p.size
        receipt = f'<div class=bar title="{p.received} dari {p.size} bita"><i style="width:{share}%"></i></div>'
    colour = "green" if p.status in _GOOD else "red" if p.status in _BAD else "blue"
    status = _pill(colour, p.status) if p.status else f'<span class=soft>{"menunggu" if p.receipt is not None else "belum lengkap"}</span>'
    why = f'<div class="why">{escape(p.failure)}</div>' if p.failure else ""
    place = f'<div class=soft>menggantikan …{escape(p.replaces[-12:])}</div>' if p.replaces else ""
    when = f"{_clock(p.at)}" if p.at is not None else ""
    return (f'<code title="{escape(p.packet_id)}">…{escape(p.packet_id[-12:])}</code><div class=soft>{when}</div>{place}',
            f"{_name(p.station)}<div class=soft>nomor {p.counter}</div>", _size(p.size), receipt,
            f"<code>{escape(masked(p.nik)) or '–'}</code>", status + why)


def _stations(seen: Overview) -> str:
    ranked = sorted(seen.stations, key=lambda s: (not s.forks, not s.gaps, not s.backlog, s.station))
    rows = [_station_row(s, seen.at) for s in ranked[:STATIONS]]
    more = len(ranked) - len(rows)
    return _table(f"Stasiun <small>{_number(len(ranked))}</small>", ("Stasiun", "Paket", "Kontak", "Urutan"), rows,
                  "Belum ada stasiun yang menghubungi.", f"{_number(more)} stasiun lain tanpa catatan." if more > 0 else "", "nrnn")


def _station_row(s: StationView, now: datetime) -> tuple[str, ...]:
    waiting = f"<div class=soft>{_number(s.backlog)} di jalan · {_size(s.backlog_bytes)}</div>" if s.backlog else ""
    fresh = s.last_contact is not None and (now - s.last_contact).total_seconds() <= FRESH_S
    contact = f'<span class=when><span class="dot{" on" if fresh else ""}"></span>{_ago(s.last_contact, now)}</span>'
    marks = [_pill("red", f"cabang {_numbers((c, c) for c in s.forks)}")] if s.forks else []
    marks += [_pill("amber", f"celah {_numbers(s.gaps)}")] if s.gaps else []
    chain = " ".join(marks) or (_pill("green", f"lengkap 1\u2060–\u2060{s.highest}") if s.packets else '<span class=soft>–</span>')
    return (f"<b>{_name(s.station)}</b>{waiting}", _number(s.packets), contact, chain)


def _faults(seen: Overview) -> str:
    rows = [(escape(_OPERATIONS.get(operation, operation)), escape(_FAULTS.get(kind, kind).format(v=value)), f"{_number(times)}×")
            for operation, kind, value, times in seen.faults[:FAULTS]]
    more = len(seen.faults) - len(rows)
    return _table("Gangguan yang menunggu", ("Pada", "Gangguan", "Kali"), rows, "Tidak ada. Gateway menjawab apa adanya.",
                  f"{_number(more)} gangguan lagi menunggu." if more > 0 else "", "nnr")


def _cards(seen: Overview) -> str:
    rows = []
    for at, event, station, _packet, nik in seen.cards[:CARDS]:
        colour = "red" if event in ("spoiled", "destroyed") else "blue"
        rows.append((_clock(wire.moment(at)) if at else "", _pill(colour, _CARDS.get(event, event)), _name(station) or "–",
                     f"<code>{escape(masked(nik)) or '–'}</code>"))
    return _table("Kejadian kartu terbaru", ("Pukul", "Kejadian", "Stasiun", "NIK"), rows, "Belum ada kartu yang dilaporkan.", "", "nnnn")


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], empty: str, more: str, kinds: str) -> str:
    """``kinds``: one letter a column, ``r`` for numbers at the right. Cells are HTML already."""
    def mark(kind: str) -> str:
        return " class=right" if kind == "r" else ""

    body = "".join("<tr>" + "".join(f"<td{mark(k)}>{cell}</td>" for k, cell in zip(kinds, row, strict=True)) + "</tr>" for row in rows)
    head = "".join(f"<th scope=col{mark(k)}>{h}</th>" for k, h in zip(kinds, heads, strict=True))
    inner = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else f"<p class=empty>{empty}</p>"
    return f'<section class="card list"><h2>{title}</h2>{inner}{f"<p class=more>{more}</p>" if more else ""}</section>'


def _pill(colour: str, words: str) -> str:
    return f'<span class="pill {colour}">{escape(words)}</span>'


def _name(text: str) -> str:
    """A name of any length, cut by the page where there is no room for it."""
    return f'<span class=name title="{escape(text)}">{escape(text)}</span>' if text else ""


def _note(colour: str, words: str) -> str:
    return f'<span class="note {colour}">{escape(words)}</span>'


def _numbers(ranges: Iterable[tuple[int, int]]) -> str:
    """At most four ranges: ``3, 7–9``."""
    found = [str(a) if a == b else f"{a}\u2060–\u2060{b}" for a, b in ranges]
    return ", ".join(found[:4]) + (f" (+{len(found) - 4})" if len(found) > 4 else "")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _size(value: int) -> str:
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= step:
            return f"{value / step:.{0 if value >= 100 * step else 1}f} {unit}".replace(".", ",")
    return f"{value} B"


def _clock(at: datetime) -> str:
    return at.astimezone(WIB).strftime("%H.%M.%S")


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "–"
    seconds = max(0, int((now - at).total_seconds()))
    for word, step in (("hari", 86400), ("jam", 3600), ("menit", 60)):
        if seconds >= step:
            return f"{seconds // step} {word} lalu"
    return "baru saja"


