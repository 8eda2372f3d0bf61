"""``report month`` and ``report sla``: the office's reports from the command line, as the supervisor at the console."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, data_of, guarded
from ktpel_kiosk.domain.errors import BadInput

report_app = typer.Typer(no_args_is_help=True, help="Laporan: angka pelayanan dan waktu.")

Year = Annotated[int | None, typer.Option("--year", min=2000, max=9998, help="Tahun; tanpa ini tahun berjalan.")]
Month = Annotated[int | None, typer.Option("--month", min=1, max=12,
                                           help="Bulan; tanpa ini bulan berjalan, atau setahun bila tahun disebut.")]
Format = Annotated[str, typer.Option("--format", help="pdf, xlsx, csv, atau json.")]
Out = Annotated[Path | None, typer.Option("--out", help="Berkas hasil; JSON tanpa ini dicetak di layar.")]


@report_app.command("month")
def month(year: Year = None, month: Month = None, format: Format = "json", out: Out = None, data: Data = DEFAULT_DATA) -> None:
    """Laporan satu bulan (atau satu tahun): angka, desa, layanan, pengembalian, waktu, antrean, IKM, pengaduan."""
    _command("bulanan", year, month, format, out, data)


@report_app.command("sla")
def sla(year: Year = None, month: Month = None, format: Format = "json", out: Out = None, data: Data = DEFAULT_DATA) -> None:
    """Waktu per langkah terhadap mutu baku: tengah, P90, bagian yang tepat, dan jeda menurut sebab."""
    _command("waktu", year, month, format, out, data)


def _command(kind: str, year: int | None, month: int | None, format: str, out: Path | None, data: Path) -> None:
    typer.echo(guarded(lambda: make(kind, year, month, format, out, data_of(data))))


def make(kind: str, year: int | None, month: int | None, format: str, out: Path | None, data: Path) -> str:
    """Write the report; returns what the console shows.

    Raises:
        BadInput: no office in the folder (``office.none``), unknown format (``report.format``), a file is needed (``report.out``).
    """
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import laporan_paper
    from ktpel_kiosk.desk.intake import today
    from ktpel_kiosk.domain.laporan import Masa

    if format not in (*laporan_paper.FORMATS, "json"):
        raise BadInput("report.format", format=format[:20], expected=", ".join((*laporan_paper.FORMATS, "json")))
    if format != "json" and out is None:
        raise BadInput("report.out", format=format)
    with opened(data) as kiosk:
        on = today(kiosk.desk)
        masa = Masa.of("tahun" if year and not month else "bulan", date(year or on.year, month or (1 if year else on.month), 1))
        if format != "json" and out is not None:
            digest = laporan_paper.export(kiosk.desk, CONSOLE, masa, format, out, kind=kind)
            return f"{out}  SHA-256 {digest}"
        paper = laporan_paper.report_paper(kiosk.desk, CONSOLE, kind, laporan_paper.gather(kiosk.desk, CONSOLE, masa))
        text = json.dumps(laporan_paper.report_values(paper), ensure_ascii=False, indent=2)
        if out is None:
            return text
        kiosk.desk.spool.write_file(out, text.encode())
        return str(out)


