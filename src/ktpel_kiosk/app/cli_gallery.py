"""``ktpel-kiosk gallery``: every widget of the house in every state as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, data_of, fail, guarded
from ktpel_kiosk.domain.errors import BadInput

THEMES = ("light", "contrast")
SIZES = ("normal", "besar", "lebih_besar", "terbesar")


def gallery(out: Annotated[Path, typer.Option("--out", help="Folder gambar.")], office: Annotated[str, typer.Option(
        "--office", help="Nama SOP (lihat: sop list) atau berkas .toml.")] = "tempeh",
        theme: Annotated[list[str] | None, typer.Option("--theme", help="light atau contrast; kosong: keduanya.")] = None,
        size: Annotated[list[str] | None, typer.Option("--size", help="normal, besar, lebih_besar, terbesar; kosong: semua.")] = None,
        group: Annotated[str, typer.Option("--group", help="Awal nama satu kelompok, misalnya Tombol; kosong: semua.")] = "",
        data: Data = DEFAULT_DATA) -> None:
    """Menggambar setiap komponen tampilan dalam setiap keadaan, satu PNG per kelompok, dan satu index.html."""
    import os
    import sys

    for name, given, known in (("theme", theme or (), THEMES), ("size", size or (), SIZES)):
        for value in given:
            if value not in known:
                fail(BadInput("gallery.unknown", field=f"--{name}", value=value, expected=", ".join(known)))
    if sys.platform.startswith("linux"):
        os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM") or "offscreen"  # pictures need no screen
    from ktpel_kiosk.app.sops import load
    from ktpel_kiosk.ui.gallery.book import write_gallery

    files = guarded(lambda: write_gallery(load(office, data_of(data)), out, tuple(theme or THEMES), tuple(size or SIZES),
                                          group))
    typer.echo(f"{len(files)} gambar dan index.html di {out}")


def add_to(app: typer.Typer) -> None:
    app.command()(gallery)
