"""``paper f102``, ``paper slip`` and ``paper standard``: papers on request from the command line, as the supervisor at the console."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, data_of, guarded
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotFound

paper_app = typer.Typer(no_args_is_help=True, help="Formulir dan lembar yang dicetak bila diminta.")

Number = Annotated[str, typer.Argument(help="Nomor register permohonan.")]
Out = Annotated[Path, typer.Option("--out", help="Berkas PDF hasil.")]


@paper_app.command("f102")
def f102(number: Number, out: Out, data: Data = DEFAULT_DATA) -> None:
    """Formulir F-1.02 yang sudah terisi, untuk ditandatangani pemohon."""
    from ktpel_kiosk.desk import forms
    typer.echo(guarded(lambda: make(data_of(data), out, lambda desk, who: forms.f102(desk, who, found(desk, number)))))


@paper_app.command("slip")
def slip(number: Number, out: Out, kind: Annotated[str, typer.Option("--kind", help="tanda_terima, pengembalian, bukti_pengambilan")] =
         "tanda_terima", data: Data = DEFAULT_DATA) -> None:
    """Lembar untuk pencetak gulungan 80 mm."""
    from ktpel_kiosk.desk import forms
    typer.echo(guarded(lambda: make(data_of(data), out, lambda desk, who: forms.roll_slip(desk, who, found(desk, number), kind))))


@paper_app.command("standard")
def standard(out: Out, data: Data = DEFAULT_DATA) -> None:
    """Standar pelayanan dan maklumat untuk ditempel di dinding."""
    from ktpel_kiosk.desk import forms
    typer.echo(guarded(lambda: make(data_of(data), out, forms.standard_poster)))


@paper_app.command("quick-card")
def quick_card(out: Out, data: Data = DEFAULT_DATA) -> None:
    """Kartu ringkas satu halaman: langkah kantor ini, tombol, dan bila ada masalah."""
    from ktpel_kiosk.desk import forms
    typer.echo(guarded(lambda: make(data_of(data), out, forms.quick_card)))


def found(desk: Desk, number: str) -> str:
    """The application with this register number. Raises NotFound ``form.number``."""
    from ktpel_kiosk.ports.register import Query
    hits = desk.register.read(lambda v: v.list(Query(text=number, limit=50)))
    match = next((item for item in hits if item.nomor_register == number.strip()), None)
    if match is None:
        raise NotFound("form.number")
    return match.id


def make(data: Path, out: Path, work: Callable[[Desk, Actor], bytes]) -> str:
    """Write the paper and return its path."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    with opened(data) as kiosk:
        kiosk.desk.spool.write_file(out, work(kiosk.desk, CONSOLE))
    return str(out)
