"""``ktpel-kiosk packet export`` and ``packet verify-chain``: what a centre does with packets it can open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

Keys = Annotated[list[Path], typer.Option("--key", help="Kunci pusat (PEM); dapat diulang setelah pergantian kunci.")]
Certs = Annotated[list[Path], typer.Option("--cert", help="Sertifikat pusat, satu untuk setiap --key.")]
Station = Annotated[Path | None, typer.Option("--station", help="Sertifikat stasiun pengirim, atau otoritas penerbitnya.")]


def add_to(packet_app: typer.Typer) -> None:
    packet_app.command("export")(packet_export)
    packet_app.command("verify-chain")(packet_verify_chain)


def packet_export(
    file: Path, key: Annotated[Path, typer.Option("--key", help="Kunci pusat yang membuka paket.")],
    cert: Annotated[Path, typer.Option("--cert")], out: Annotated[Path, typer.Option("--out")],
    recipient: Annotated[Path, typer.Option("--recipient", help="Sertifikat platform MOSIP (RSA 2048).")],
    signer_key: Annotated[Path, typer.Option("--signer-key", help="Kunci mesin pada platform itu (RSA).")],
    form: Annotated[str, typer.Option("--format", help="Baru satu: mosip.")] = "mosip",
    center: Annotated[str, typer.Option("--center", help="Kode pusat pendaftaran, lima angka.")] = "10001",
    machine: Annotated[str, typer.Option("--machine", help="Kode mesin, lima angka.")] = "10001",
    request: Annotated[str, typer.Option("--request", help="Nomor permintaan informasi tambahan (proses CORRECTION).")] = "",
    profile: Annotated[Path | None, typer.Option("--profile", help="Folder mapping.json dan id-schema.json sendiri.")] = None,
    station: Station = None, data: Data = DEFAULT_DATA, as_json: Json = False,
) -> None:
    """Menulis isi paket sebagai paket pendaftaran MOSIP."""
    from ktpel_kiosk.app.packets import MosipOptions, export_mosip, find_packet
    options = MosipOptions(key, cert, station, recipient, signer_key, center, machine, request, profile)
    done = guarded(lambda: export_mosip(find_packet(file, data_of(data)), form, options, out))
    put(done, as_json, lambda: "\n".join(f"{k}: {v}" for k, v in done.items()))


def packet_verify_chain(folder: Path, key: Keys, cert: Certs, station: Station = None, as_json: Json = False) -> None:
    """Memeriksa urutan paket sebuah stasiun: nomor, hash sebelumnya, celah, cabang, dan urutan waktu."""
    from ktpel_kiosk.app.packets import verify_chain
    found = guarded(lambda: verify_chain(folder, key, cert, station))
    put(found, as_json, lambda: "\n".join([f"{found['packets']} paket diperiksa.", *found["lines"]]))
    if found["findings"]:
        raise typer.Exit(1)
