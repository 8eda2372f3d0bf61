"""Sections of the printed report, built from the figures: what stands in which table and chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.laporan import LangkahWaktu, Laporan, Tertunda, Waktu
from ktpel_kiosk.domain.laporan import (
    AGE_NAMES,
    LETTER_NAMES,
    LP,
    MODALITY_NAMES,
    QUEUE_NAMES,
    RETURN_NAMES,
    SERVICE_NAMES,
    TAHUN,
    WAIT_NAMES,
    Angka,
    BarisDesa,
    change_text,
    middle,
    named,
    p90,
    share,
)
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long, datetime_long, duration_words, number_text, percent_text
from ktpel_kiosk.ports.figures import Waits
from ktpel_kiosk.ports.papers import Cell, Chart, Fact, Section, Series, Table

MANY_VILLAGES = 60
"""More villages than this (a regency's): those where nothing happened are named by their number only."""
PER: dict[str, str] = {"jam": "per jam", "hari": "per hari", "bulan": "per bulan"}
BEFORE: dict[str, str] = {"hari": "hari sebelumnya", "bulan": "bulan sebelumnya", "tahun": "tahun sebelumnya"}
OFFICER_COLUMNS: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    ("Loket", (Stage.AGENDA_REGISTER,)), ("Verifikasi", (Stage.VERIFIKASI,)), ("Validasi", (Stage.VALIDASI,)), ("Rekam", (Stage.REKAM,)),
    ("Cetak", (Stage.CETAK_ENCODE,)), ("Surat", (Stage.TERBIT_SURAT,)), ("Serah", (Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)),
)


def percent_or_dash(part: float | None) -> str:
    return "–" if part is None else percent_text(part)


def summary_section(desk: Desk, r: Laporan, w: Waktu) -> Section:
    """The figures a Camat asks for first, and what came per day."""
    card = any(Stage.CETAK_ENCODE in s.stages for s in desk.sop.langkah)
    within, measured = w.tepat
    before = BEFORE[r.masa.jenis]

    def fact(key: str, title: str = "") -> Fact:
        a = r.nilai(key)
        if a.lalu is None or a.keadaan:
            return Fact(title or a.judul, number_text(a.kini.total))
        same = a.kini.total == a.lalu.total
        note = f"sama dengan {before}" if same else f"{change_text(a.kini.total, a.lalu.total)} dari {before}"
        return Fact(title or a.judul, number_text(a.kini.total), note)

    facts = [fact("masuk"), fact("perekaman")]
    facts += [fact("cetak_baik"), fact("pengambilan")] if card else [fact("surat_terbit"), fact("surat_diserahkan")]
    facts += [Fact("Tepat mutu baku", percent_or_dash(share(within, measured)), f"{within} dari {measured} yang selesai"),
              Fact("Dikembalikan", percent_or_dash(r.bagian_kembali), f"{r.kembali} kali, dari {r.kedatangan} berkas")]
    facts += [fact("sisa_prr"), fact("sisa_blangko")] if card else [fact("sisa_surat"), fact("belum_terkirim")]
    labels = tuple(name for _, name in r.bagian)
    series = {key: tuple(n or None for n in values) for key, values in r.seri.items()}
    chart = Chart("bar", labels, (Series("Permohonan masuk", series["masuk"]),), title=f"Permohonan masuk {PER[r.masa.unit]}")
    if r.masa.jenis == TAHUN:
        chart = Chart("bar", labels, (Series("Permohonan masuk", series["masuk"]), Series("Perekaman", series["perekaman"])),
                      title="Permohonan masuk dan perekaman per bulan")
    return Section("Ringkasan", facts=tuple(facts), chart=chart)


def _figure_row(a: Angka) -> tuple[Cell, ...]:
    name = f"– {a.judul}" if a.tingkat else a.judul
    split: tuple[Cell, ...] = (a.kini.laki, a.kini.perempuan) if a.sex and not a.kini.lain else ("-", "-")
    before = a.lalu.total if a.lalu is not None else 0
    return (name, *split, a.kini.total, before, change_text(a.kini.total, before))


def figure_sections(r: Laporan) -> list[Section]:
    """What happened, how things stood, who must hold a card, per village, per service."""
    columns = ("Uraian", "L", "P", "Jumlah", BEFORE[r.masa.jenis].capitalize(), "Selisih")
    widths = (5.2, 1.2, 1.2, 1.6, 2.5, 1.5)
    day = "saat laporan dibuat" if r.berjalan else f"pada {date_long(r.masa.akhir - timedelta(days=1))}"
    letters = "; ".join(f"{named(LETTER_NAMES, k)} {number_text(n)}" for k, n in r.surat)
    made = [
        Section("Angka pelayanan", table=Table(columns, tuple(_figure_row(a) for a in r.angka if not a.keadaan), widths=widths),
                note=f"Surat terbit menurut jenis: {letters}." if letters else ""),
        Section(f"Keadaan {day}", table=Table(columns, tuple(_figure_row(a) for a in r.angka if a.keadaan), widths=widths)),
    ]
    if r.wajib is not None:
        made.append(_duty_section(r))
    return [*made, _village_section(r), _service_section(r)]


def _duty_section(r: Laporan) -> Section:
    w = r.wajib
    assert w is not None
    done = share(w.sudah.total, w.wajib.total)
    return Section("Wajib KTP-el", facts=(
        Fact("Wajib KTP-el", number_text(w.wajib.total), f"L {number_text(w.wajib.laki)} · P {number_text(w.wajib.perempuan)}"),
        Fact("Sudah rekam", number_text(w.sudah.total), f"{percent_or_dash(done)} dari wajib KTP-el"),
        Fact("Belum rekam", number_text(w.belum.total), f"L {number_text(w.belum.laki)} · P {number_text(w.belum.perempuan)}"),
        Fact("Tidak diketahui", number_text(w.tidak_diketahui.total), "daftar tidak menyebut status"),
    ), note="Menurut daftar penduduk yang terakhir diimpor: 17 tahun ke atas, atau kawin atau pernah kawin, pada hari terakhir masa ini.")


def _village_section(r: Laporan) -> Section:
    listed = any(d.wajib is not None for d in r.desa)
    columns = ["Desa/Kelurahan", "Masuk L", "Masuk P", "Rekam L", "Rekam P", "Cetak L", "Cetak P", "Ambil L", "Ambil P", "Sisa PRR"]
    columns += ["Wajib KTP", "Belum rekam"] if listed else []

    def cells(d: BarisDesa) -> tuple[Cell, ...]:
        pairs = [n for v in (d.masuk, d.perekaman, d.dicetak, d.diambil) for n in (v.laki, v.perempuan)]
        return (d.desa, *pairs, d.sisa_prr.total, *((_total(d.wajib), _total(d.belum_rekam)) if listed else ()))

    shown, note = r.desa, ""
    if len(r.desa) > MANY_VILLAGES:
        shown = tuple(d for d in r.desa if any(v.total for v in (d.masuk, d.perekaman, d.dicetak, d.diambil, d.sisa_prr)))
        note = f"{len(r.desa) - len(shown)} desa/kelurahan lain nihil."
    every = tuple(cells(d) for d in r.desa)
    sums = tuple(sum(int(row[i]) for row in every) for i in range(1, len(columns)))
    return Section("Per desa/kelurahan", table=Table(tuple(columns), tuple(cells(d) for d in shown), ("Jumlah", *sums),
                                                     (3.4, *([1.0] * (len(columns) - 1)))), note=note)


def _total(value: LP | None) -> int:
    return value.total if value is not None else 0


def _service_section(r: Laporan) -> Section:
    columns = ("Jenis layanan", "Masuk L", "Masuk P", "Rekam L", "Rekam P", "Cetak L", "Cetak P", "Ambil L", "Ambil P", "Dikembalikan")
    rows: list[tuple[Cell, ...]] = []
    for x in r.layanan:
        pairs = [n for v in (x.masuk, x.perekaman, x.dicetak, x.diambil) for n in (v.laki, v.perempuan)]
        rows.append((x.nama, *pairs, x.dikembalikan.total))
    sums = tuple(sum(int(row[i]) for row in rows) for i in range(1, len(columns)))
    return Section("Per jenis layanan", table=Table(columns, tuple(rows), ("Jumlah", *sums), (3.4, *([1.0] * 8), 1.5)))


def return_section(r: Laporan) -> Section:
    if not r.kembali:
        return Section("Berkas dikembalikan", text=("Tidak ada berkas yang dikembalikan dalam masa ini.",))
    before = "" if r.kembali_lalu is None else f" ({BEFORE[r.masa.jenis]} {percent_text(r.kembali_lalu)})"
    came = f"{number_text(r.kembali)} kali dari {number_text(r.kedatangan)} berkas yang datang"
    line = f"{came}, {percent_or_dash(r.bagian_kembali)}{before}."
    labels = tuple(named(RETURN_NAMES, code) for code, _ in r.alasan)
    return Section("Berkas dikembalikan", text=(line,), chart=Chart(
        "hbar", labels, (Series("Kali", tuple(float(n) for _, n in r.alasan)),), title="Alasan"),
        note="Satu pengembalian dapat menyebut lebih dari satu alasan.")


# -- times -------------------------------------------------------------------------------------------------------------------

LIMITED = ("Mutu baku", "Tepat (%)")


def minutes(seconds: float | None) -> Cell:
    return "-" if seconds is None else round(seconds / 60, 1)


def time_sections(w: Waktu, *, per_service: bool) -> list[Section]:
    made = [_step_section(w)]
    if w.jasa:
        made.append(_whole_section(w, per_service))
    if w.hari:
        made.append(_day_section(w))
    if per_service and w.langkah_layanan:
        made.append(Section("Langkah per jenis layanan", table=_without(
            ("Langkah", "Layanan", "Selesai", "Tengah (menit)", "P90 (menit)", *LIMITED),
            [(step_title(x), named(SERVICE_NAMES, x.layanan), *_times_cells(x)) for x in w.langkah_layanan],
            (3.0, 2.4, 1.1, 1.3, 1.3, 1.1, 1.0), *LIMITED)))
    return [*made, _pause_section(w)]


def step_title(x: LangkahWaktu) -> str:
    return f"{x.nomor}. {x.judul}" + (" (SOP lama)" if x.sop_lama else "")


def hundred(part: float | None) -> Cell:
    """A share as a number of a column headed %."""
    return "-" if part is None else round(part * 100, 1)


def _times_cells(x: LangkahWaktu) -> tuple[Cell, ...]:
    t = x.times
    if t is None:
        return 0, "-", "-", minutes(x.limit_s), "-"
    return t.count, minutes(t.median_s), minutes(t.p90_s), minutes(x.limit_s), hundred(x.tepat)


def _without(columns: Sequence[str], rows: Sequence[tuple[Cell, ...]], widths: Sequence[float], *titles: str) -> Table:
    """A table without those of the columns in which nothing stands (offices whose SOP prints no minutes)."""
    empty = {i for i, name in enumerate(columns) if name in titles and all(row[i] == "-" for row in rows)}

    def kept(cells: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(c for i, c in enumerate(cells) if i not in empty)

    return Table(kept(columns), tuple(kept(row) for row in rows), widths=kept(widths))


def _step_section(w: Waktu) -> Section:
    columns = ("Langkah SOP", "Selesai", "Tengah (menit)", "P90 (menit)", *LIMITED, "Jeda (jam)")
    rows: list[tuple[Cell, ...]] = [
        (step_title(x), *_times_cells(x), round(x.times.paused_s / 3600, 1) if x.times else 0.0) for x in w.langkah]
    done = [x for x in w.langkah if x.times]
    series = [Series("Waktu tengah", tuple(round(x.times.median_s / 60, 1) if x.times else None for x in done))]
    if any(x.limit_s for x in done):
        series.append(Series("Mutu baku", tuple(x.limit_s / 60 if x.limit_s else None for x in done)))
    chart = Chart("hbar", tuple(step_title(x) for x in done), tuple(series), title="Waktu pengerjaan per langkah", unit="menit",
                  decimals=1) if done else None
    return Section("Waktu per langkah", chart=chart, table=_without(columns, rows, (4.2, 1.2, 1.5, 1.4, 1.3, 1.1, 1.2), *LIMITED),
                   note="Jeda adalah jumlah waktu tunggu yang tercatat pada langkah itu, di luar waktu pengerjaan.")


def _whole_section(w: Waktu, per_service: bool) -> Section:
    columns = ("Layanan", "Selesai", "Tengah (menit)", "P90 (menit)", *LIMITED)
    rows: list[tuple[Cell, ...]] = []
    limits = {t.key: limit for limit, t in w.jasa}
    for limit, t in w.jasa:
        rows.append(("Semua layanan", t.count, minutes(t.median_s), minutes(t.p90_s), minutes(limit),
                     hundred(share(t.within, t.limited))))
    for t in w.jasa_layanan if per_service or len(w.jasa_layanan) > 1 else ():
        rows.append((f"– {named(SERVICE_NAMES, t.layanan)}", t.count, minutes(t.median_s), minutes(t.p90_s), minutes(limits.get(t.key)),
                     hundred(share(t.within, t.limited))))
    return Section("Waktu seluruh pelayanan", text=("Jumlah waktu pengerjaan seorang pemohon dari berkas sampai serah terima.",),
                   table=_without(columns, rows, (4.2, 1.2, 1.5, 1.4, 1.3, 1.1), *LIMITED))


def _day_section(w: Waktu) -> Section:
    columns = ("Layanan", "Selesai", "Tepat (%)", "Tepat bersih (%)", "Kotor, tengah (jam)", "Kotor, P90", "Bersih, tengah (jam)",
               "Bersih, P90")

    def hours(value: float) -> float:
        return round(value / 3600, 1)

    rows = tuple((named(SERVICE_NAMES, h.layanan) if h.layanan else "Semua layanan", h.count, hundred(share(h.tepat, h.count)),
                  hundred(share(h.tepat_bersih, h.count)), hours(middle(h.kotor_s)), hours(p90(h.kotor_s)),
                  hours(middle(h.bersih_s)), hours(p90(h.bersih_s))) for h in w.hari)
    return Section("Janji layanan (hari kerja)", table=Table(columns, rows, widths=(3.0, 1.1, 1.0, 1.1, 1.4, 1.1, 1.4, 1.1)))


def _pause_section(w: Waktu) -> Section:
    if not w.jeda:
        return Section("Jeda menurut sebab", text=("Tidak ada jeda yang berakhir dalam masa ini.",))
    rows = tuple((named(WAIT_NAMES, z.reason), z.count, z.applications, duration_words(z.median_s), duration_words(z.longest_s),
                  round(z.total_s / 3600, 1)) for z in w.jeda)
    return Section("Jeda menurut sebab", table=Table(("Sebab", "Kali", "Pemohon", "Tengah", "Terlama", "Jumlah (jam)"), rows,
                                                     widths=(3.2, 1.0, 1.1, 1.8, 1.8, 1.3)))


# -- queues, quality, officers ---------------------------------------------------------------------------------------------------

def queue_sections(t: Tertunda, zona: str) -> list[Section]:
    """As of the moment of asking, whatever the period."""
    at = datetime_long(t.at, zona)
    return [
        _age_section(f"Permohonan yang menunggu, {at}", "Tidak ada permohonan yang menunggu.", t.menunggu, WAIT_NAMES, t),
        _age_section(f"Paket belum terkirim, {at}", "Semua paket sudah diterima pusat.", t.paket, QUEUE_NAMES, t),
    ]


def _age_section(heading: str, nothing: str, rows: Sequence[Waits], names: Mapping[str, str], t: Tertunda) -> Section:
    if not rows:
        return Section(heading, text=(nothing,))
    lines: list[tuple[Cell, ...]] = [(named(names, x.reason), x.count, *x.ages, age_text(x, t)) for x in rows]
    sums = tuple(sum(x.ages[i] for x in rows) for i in range(len(AGE_NAMES)))
    oldest = max(rows, key=lambda x: (t.at - x.oldest) if x.oldest else (t.at - t.at))
    return Section(heading, table=Table(("Sebab", "Jumlah", *AGE_NAMES, "Terlama"), tuple(lines),
                                        ("Jumlah", sum(x.count for x in rows), *sums, age_text(oldest, t)),
                                        (2.8, 1.0, 1.0, 1.0, 1.0, 1.1, 1.1, 1.7)))


def age_text(x: Waits, t: Tertunda) -> str:
    return duration_words((t.at - x.oldest).total_seconds()) if x.oldest else "-"


def quality_section(w: Waktu) -> Section | None:
    """Captures per device and operator; None where nothing was captured."""
    if not w.rekam:
        return None
    rows: list[tuple[Cell, ...]] = [(
        c.device or "–", named(MODALITY_NAMES, c.modality), w.nama_petugas.get(c.operator, c.operator), c.captures, c.repeats,
        hundred(share(c.repeats, c.captures)), c.forced, round(c.score_sum / c.scored, 1) if c.scored else "-") for c in w.rekam]
    return Section("Mutu rekaman menurut alat dan operator", table=Table(
        ("Alat", "Jenis", "Operator", "Hasil", "Ulangan", "Ulangan (%)", "Paksa", "Mutu rata-rata"), tuple(rows),
        widths=(2.4, 1.5, 2.2, 1.0, 1.1, 1.0, 0.9, 1.2)),
        note="Ulangan adalah hasil sesudah yang pertama pada posisi yang sama; paksa adalah hasil di bawah batas mutu yang diterima.")


def officer_section(r: Laporan) -> Section | None:
    """Stages finished per officer; None where nobody did anything."""
    found: dict[str, dict[str, int]] = {}
    for work in r.petugas:
        found.setdefault(work.officer, {})[work.stage] = work.count
    used = [(title, stages) for title, stages in OFFICER_COLUMNS if any(str(s) in done for s in stages for done in found.values())]
    rows: list[tuple[Cell, ...]] = [(r.nama_petugas.get(who, who), *(sum(done.get(str(s), 0) for s in stages) for _, stages in used))
                                    for who, done in sorted(found.items())]
    if not rows or not used:
        return None
    sums = tuple(sum(int(row[i]) for row in rows) for i in range(1, len(used) + 1))
    widths = (3.4, *([1.0] * len(used)))
    return Section("Per petugas", table=Table(("Petugas", *(t for t, _ in used)), tuple(rows), ("Jumlah", *sums), widths),
                   note="Banyaknya tahap yang diselesaikan petugas itu dalam masa ini.")

