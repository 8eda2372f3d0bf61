"""The reports on paper and as files: sections for the PDF, one long table for XLSX and CSV, values for JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import audit_code, complaints, ikm
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.laporan import Laporan, Tertunda, Waktu, laporan, tertunda, waktu
from ktpel_kiosk.desk.laporan_sections import (
    figure_sections,
    officer_section,
    quality_section,
    queue_sections,
    return_section,
    summary_section,
    time_sections,
)
from ktpel_kiosk.desk.laporan_service import service_sections
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.laporan import DAY_NOTES, HARI, TIME_NOTES, Masa
from ktpel_kiosk.domain.text import date_long, datetime_long
from ktpel_kiosk.ports.papers import Book, BookRow, Cell, ReportPaper, Section, Signer

FORMATS = ("pdf", "xlsx", "csv")
KINDS = ("bulanan", "waktu")


@dataclass(frozen=True, slots=True)
class Berkas:
    """Everything a report of one period is written from. ``ikm`` and ``pengaduan`` are those of the period's month or year."""

    laporan: Laporan
    waktu: Waktu
    tertunda: Tertunda
    ikm: ikm.IkmSummary
    pengaduan: complaints.ComplaintFigures


def gather(desk: Desk, actor: Actor, masa: Masa) -> Berkas:
    """Raises NotAllowed."""
    since, until = masa.bounds(desk.sop.kantor.zona_waktu)
    return Berkas(laporan(desk, actor, masa), waktu(desk, actor, masa), tertunda(desk, actor), survey(desk, actor, masa),
                  complaints.figures(desk, actor, since, until))


def survey(desk: Desk, actor: Actor, masa: Masa) -> ikm.IkmSummary:
    """Surveys know their month only: a day shows those of its month."""
    return ikm.summary(desk, actor, f"{masa.mulai:%Y}" if masa.jenis == "tahun" else f"{masa.mulai:%Y-%m}")


def report_paper(desk: Desk, actor: Actor, kind: str, found: Berkas) -> ReportPaper:
    """``kind``: ``bulanan`` (everything) or ``waktu`` (times and pauses only). Raises BadInput ``report.kind``."""
    if kind not in KINDS:
        raise BadInput("report.kind", value=kind[:20], expected=", ".join(KINDS))
    kantor, masa = desk.sop.kantor, found.laporan.masa
    notes = [*TIME_NOTES, *(DAY_NOTES if found.waktu.hari else ())]
    if kind == "bulanan":
        sections = [
            summary_section(desk, found.laporan, found.waktu), *figure_sections(found.laporan), return_section(found.laporan),
            *time_sections(found.waktu, per_service=False), *queue_sections(found.tertunda, desk.sop.kantor.zona_waktu),
            *service_sections(found.ikm, found.pengaduan), quality_section(found.waktu), officer_section(found.laporan)]
        notes = [f"{a.judul}: {a.arti}." for a in found.laporan.angka] + notes
    else:
        sections = [*time_sections(found.waktu, per_service=True), quality_section(found.waktu)]
    return ReportPaper(
        kop=kantor.kop, title=title_of(kind, masa), period=masa.label + (" (sementara)" if found.laporan.berjalan else ""),
        sections=tuple(s for s in sections if s is not None), notes=(*notes, audit_code.note(desk)),
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(today(desk))}",
        signatories=(Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip),
                     Signer("Petugas", actor.nama)),
        made_at=datetime_long(local_time(desk, desk.clock.now()), kantor.zona_waktu), notes_heading="Cara menghitung")


def title_of(kind: str, masa: Masa) -> str:
    name = {"hari": "Harian", "bulan": "Bulanan", "tahun": "Tahunan"}[masa.jenis]
    return f"Laporan {name} Pelayanan KTP-el" if kind == "bulanan" else f"Laporan {name} Waktu Pelayanan KTP-el"


def export(desk: Desk, actor: Actor, masa: Masa, format: str, path: Path, *, kind: str = "bulanan") -> str:
    """Write a report; returns the SHA-256 (hex) of the file, which the audit keeps.

    Raises:
        NotAllowed, BadInput ``report.format``, ``report.kind``. IoFailure, DiskFull.
    """
    require(actor, "export_reports")
    if format not in FORMATS:
        raise BadInput("report.format", format=format[:20], expected=", ".join(FORMATS))
    paper = report_paper(desk, actor, kind, gather(desk, actor, masa))
    data = desk.documents.report(paper) if format == "pdf" else desk.documents.book(report_book(desk, paper), format)
    digest = hashlib.sha256(data).hexdigest()
    desk.register.write(lambda tx: tx.log("ReportExported", kind, actor.username, format=format, digest=digest,
                                          key=masa.jenis, at=masa.mulai.isoformat()))
    desk.spool.write_file(path, data)
    return digest


def file_name(kind: str, masa: Masa, format: str) -> str:
    """``laporan-bulanan-2026-11.pdf``."""
    day = masa.mulai.isoformat()
    stem = {HARI: day, "bulan": day[:7], "tahun": day[:4]}[masa.jenis]
    name = {"hari": "harian", "bulan": "bulanan", "tahun": "tahunan"}[masa.jenis]
    return f"laporan-{name}-{stem}.{format}" if kind == "bulanan" else f"laporan-waktu-{stem}.{format}"


BOOK_COLUMNS = ("No.", "Bagian", "Uraian", "Kolom", "Nilai")


def report_book(desk: Desk, paper: ReportPaper) -> Book:
    """Every number of the paper as one line: section, row, column, value; a spreadsheet can pivot it."""
    rows = tuple(BookRow((n, *cells)) for n, cells in enumerate(_long(paper.sections), start=1))
    return Book(
        title=paper.title, period=paper.period, columns=BOOK_COLUMNS, rows=rows, text_columns=frozenset({1, 2, 3}), kop=paper.kop,
        place_date=paper.place_date, signatories=tuple((s.jabatan, s.nama, s.nip) for s in paper.signatories),
        widths=(0.6, 2.4, 2.6, 1.8, 1.4), note=" ".join(paper.notes[-4:]))


def _long(sections: Sequence[Section]) -> Iterator[tuple[Cell, ...]]:
    for section in sections:
        for fact in section.facts:
            yield section.heading, fact.label, fact.note, fact.value
        if section.table is not None:
            others = section.table.columns[1:]
            for row in (*section.table.rows, *((section.table.total,) if section.table.total else ())):
                for name, value in zip(others, row[1:], strict=True):
                    yield section.heading, str(row[0]), name, value
        if section.chart is not None:
            for series in section.chart.series:
                for label, number in zip(section.chart.labels, series.values, strict=True):
                    if number is not None:
                        yield section.heading, label, f"{section.chart.title} · {series.label}".strip(" ·"), number


def report_values(paper: ReportPaper) -> dict[str, object]:
    """The paper as JSON can hold it: sections with facts, table rows and notes."""
    return {
        "judul": paper.title, "masa": paper.period, "dibuat": paper.made_at,
        "bagian": [{
            "judul": s.heading, "teks": list(s.text), "catatan": s.note,
            "angka": [{"uraian": f.label, "nilai": f.value, "keterangan": f.note} for f in s.facts],
            "tabel": [dict(zip(s.table.columns, row, strict=True)) for row in (*s.table.rows, *((s.table.total,) if s.table.total else ()))]
            if s.table else [],
            "grafik": {"label": list(s.chart.labels), "seri": {x.label: list(x.values) for x in s.chart.series}} if s.chart else None,
        } for s in paper.sections],
        "cara_menghitung": list(paper.notes),
    }
