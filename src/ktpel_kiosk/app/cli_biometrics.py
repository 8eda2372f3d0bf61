"""``biometrics inspect`` and ``biometrics export``: what a biometric file holds; one recording as AN2K or CBEFF."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

biometrics_app = typer.Typer(no_args_is_help=True, help="Memeriksa berkas biometrik; mengekspor hasil rekam.")

MAX_FILE = 64 * 1024 * 1024


@biometrics_app.command("inspect")
def biometrics_inspect(file: Path, as_json: Json = False) -> None:
    """Isi satu berkas FIR, FAC, IIR, FMR, CBEFF, AN2K, WSQ, JPEG 2000, JPEG, atau PNG dalam satu tabel."""
    from ktpel_kiosk.app.packets import read_input
    from ktpel_kiosk.biometrics.inspection import Report, inspect, table
    from ktpel_kiosk.domain.errors import BadInput

    def work() -> Report:
        if file.is_file() and file.stat().st_size > MAX_FILE:
            raise BadInput("source.too_large", path=str(file), limit=MAX_FILE)
        return inspect(read_input(file), file.name)

    report: Report = guarded(work)
    put({"format": report.format, "facts": dict(report.facts), "records": [asdict(x) for x in report.lines]}, as_json,
        lambda: "\n".join(table(report)))


@biometrics_app.command("export")
def biometrics_export(number: Annotated[str, typer.Argument(help="Nomor register permohonan yang belum disegel.")],
                      out: Annotated[Path, typer.Option("--out", help="Berkas yang ditulis.")],
                      reason: Annotated[str, typer.Option("--reason", help="Alasan; dicatat dalam audit.")],
                      second: Annotated[str, typer.Option("--second", help="Nama pengguna petugas kedua.")],
                      password: Annotated[str, typer.Option("--second-password", prompt="Kata sandi petugas kedua", hide_input=True,
                                                            help="Kata sandinya; ditanyakan bila tidak diberikan.")],
                      format: Annotated[str, typer.Option("--format", help="an2k, an2k-type4, atau cbeff.")] = "an2k",
                      data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Menulis hasil rekam satu permohonan sebagai AN2K atau CBEFF, sebelum disegel."""
    from ktpel_kiosk.app.cli_paper import found
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk.transaction import Exported, export_recording

    def work() -> Exported:
        with opened(data_of(data)) as kiosk:
            return export_recording(kiosk.desk, CONSOLE, found(kiosk.desk, number), format, out, reason=reason, second_username=second,
                                    second_password=password)

    made: Exported = guarded(work)
    put({"file": str(out), "sha256": made.digest, "samples": made.samples, "exceptions": made.exceptions}, as_json,
        lambda: f"{out}  SHA-256 {made.digest}\n{made.samples} hasil rekam, {made.exceptions} pengecualian")
