"""Sections of the report about service quality: the satisfaction index and the complaints of the period."""

from __future__ import annotations

from ktpel_kiosk.desk.complaints import ComplaintFigures
from ktpel_kiosk.desk.ikm import IkmSummary
from ktpel_kiosk.domain.laporan import SERVICE_NAMES, named, share
from ktpel_kiosk.domain.pengaduan import KANAL_NAMES, KATEGORI_NAMES, STATUS_NAMES
from ktpel_kiosk.domain.text import number_text, percent_text
from ktpel_kiosk.ports.papers import Chart, Fact, Section, Series, Table


def service_sections(found: IkmSummary, complaints: ComplaintFigures) -> list[Section]:
    return [ikm_section(found), complaint_section(complaints)]


def ikm_section(found: IkmSummary) -> Section:
    """Index, band, the nine unsur, and which weight was used (Permenpan RB 14/2017)."""
    index = found.index
    if index is None:
        return Section("Indeks Kepuasan Masyarakat (IKM)", text=("Belum ada isian survei dalam masa ini.",))
    lowest = [(f"U{index.unsur.index(u) + 1}", u.name) for u in index.lowest]
    means = Series("Nilai rata-rata", tuple(float(u.shown) for u in index.unsur))
    chart = Chart("hbar", tuple(f"U{i} {u.name}" for i, u in enumerate(index.unsur, start=1)), (means,),
                  title="Nilai rata-rata per unsur (1–4)", decimals=2)
    table = Table(("Layanan", "Responden", "IKM", "Mutu"), tuple(
        (named(SERVICE_NAMES, s.layanan), s.respondents, float(s.index.shown), s.index.mutu) for s in found.by_service),
        widths=(4.0, 1.4, 1.4, 1.2), decimals=2) if found.by_service else None
    enough = "cukup" if found.enough else "belum cukup"
    return Section(
        "Indeks Kepuasan Masyarakat (IKM)", facts=(
            Fact("IKM", number_text(float(index.shown), 2), f"mutu {index.mutu}, {index.kinerja.lower()}"),
            Fact("Responden", number_text(found.respondents), f"{enough}; contoh yang mewakili {number_text(found.sample_size)}"),
            Fact("Nilai terendah", ", ".join(code for code, _ in lowest[:3]) + (" …" if len(lowest) > 3 else ""),
                 ", ".join(name for _, name in lowest[:2]) if len(lowest) < 3 else f"{len(lowest)} unsur bernilai sama"),
        ), chart=chart, table=table,
        note=f"Permenpan RB 14/2017; bobot tiap unsur {found.weight_text}. Isian survei tidak terhubung dengan pemohon.")


def complaint_section(c: ComplaintFigures) -> Section:
    if not c.received:
        return Section("Pengaduan", text=("Tidak ada pengaduan yang diterima dalam masa ini.",))
    in_time, answered = share(c.in_time, c.ended), share(c.responded_in_time, c.received)
    rows = [("Kanal", KANAL_NAMES[k], n) for k, n in c.by_channel]
    rows += [("Kategori", KATEGORI_NAMES[k], n) for k, n in c.by_category]
    rows += [("Status", STATUS_NAMES[k], n) for k, n in c.by_status]
    return Section("Pengaduan", facts=(
        Fact("Diterima", number_text(c.received)),
        Fact("Selesai", number_text(c.ended), "" if in_time is None else f"{percent_text(in_time)} sebelum batas waktu"),
        Fact("Ditanggapi tepat waktu", "–" if answered is None else percent_text(answered)),
        Fact("Lewat batas waktu", number_text(c.late_open), "belum selesai"),
    ), table=Table(("Menurut", "Uraian", "Jumlah"), tuple(rows), widths=(1.6, 4.0, 1.2)))
