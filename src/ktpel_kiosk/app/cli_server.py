"""Command line of a register that several desks share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, data_of, guarded

Url = Annotated[str, typer.Argument(help="Alamat server kantor: postgresql+psycopg://meja@server.kantor/ktpel (tanpa kata sandi).")]


def add_to(register_app: typer.Typer) -> None:
    register_app.command("move")(move_register)
    register_app.command("join")(join_register)
    register_app.command("upgrade")(upgrade_register)
    register_app.command("strike")(strike_numbers)


def move_register(url: Url, data: Data = DEFAULT_DATA) -> None:
    """Memindahkan register meja ini ke server kantor, supaya meja lain dapat ikut. Meja harus tertutup."""
    from ktpel_kiosk.app.office_server import OWN_REGISTER, move

    rows = guarded(lambda: move(data_of(data), url))
    kept = data_of(data) / "register" / OWN_REGISTER
    typer.echo(f"Register dipindahkan: {rows} baris, rantai audit utuh. Berkas lama disimpan sebagai {kept} dan tidak dipakai lagi.")


def join_register(url: Url, key_file: Annotated[Path, typer.Option("--key", help="Berkas register.key dari meja pertama.")],
                  code: Annotated[str, typer.Option("--code", help="Kode pemulihan; tulis - supaya ditanyakan.")] = "",
                  sheet: Annotated[list[str] | None, typer.Option("--sheet", help="Kata-kata satu lembar kunci; boleh berulang.")] = None,
                  data: Data = DEFAULT_DATA) -> None:
    """Meja ini ikut register di server kantor. Meja harus tertutup dan belum pernah dipakai mencatat."""
    from ktpel_kiosk.app.office_server import join
    from ktpel_kiosk.desk.station_care import plain_code
    from ktpel_kiosk.domain.errors import BadInput
    from ktpel_kiosk.register.keys import KeyStore
    from ktpel_kiosk.register.shares import read_share

    asked = typer.prompt("Kode pemulihan", hide_input=True) if code == "-" else code

    def unlock(store: KeyStore) -> bytes:
        if sheet:
            return store.unlock_with_shares([read_share(text) for text in sheet])
        if asked:
            return store.unlock_with_secret(plain_code(asked))
        raise BadInput("register.keys_no_way")

    guarded(lambda: join(data_of(data), url, key_file, unlock))
    typer.echo("Meja ini sekarang memakai register di server kantor.")


def upgrade_register(data: Data = DEFAULT_DATA) -> None:
    """Menaikkan register di server kantor ke versi program ini, untuk semua meja. Buat salinan server lebih dulu; semua meja tertutup."""
    from ktpel_kiosk.app.office_server import upgrade

    before, after = guarded(lambda: upgrade(data_of(data)))
    typer.echo(f"Register di server kantor sudah versi {after}." if before == after else
               f"Register di server kantor dinaikkan dari versi {before} ke {after}. Pasang versi program yang sama di setiap meja.")


def strike_numbers(station: Annotated[str, typer.Argument(help="Kode stasiun meja yang ditarik.")],
                   reason: Annotated[str, typer.Option("--reason", help="Alasan, tercatat di audit dan di buku register.")],
                   data: Data = DEFAULT_DATA) -> None:
    """Mencoret nomor register yang disisihkan untuk meja yang ditarik. Hanya bila meja itu tidak akan tersambung lagi."""
    from ktpel_kiosk.app.office_server import strike

    count = guarded(lambda: strike(data_of(data), station, reason))
    typer.echo(f"{count} nomor register dicoret dan tampil batal di buku register dengan alasannya.")
