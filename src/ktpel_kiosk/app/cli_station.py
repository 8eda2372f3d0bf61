"""Command line of a station that serves people: its keys and certificates, copies of its register, set-up without windows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

Out = Annotated[Path, typer.Option("--out", help="Folder hasil, misalnya USB.")]
PASSWORD_OF = "KTPEL_SANDI_"
"""Environment variable of an officer's password at an unattended set-up: this and the upper-case account name."""


def add_to(app: typer.Typer, keys_app: typer.Typer, register_app: typer.Typer) -> None:
    """Hang these commands into the command line."""
    keys_app.command("state")(keys_state)
    keys_app.command("request")(keys_request)
    keys_app.command("take")(keys_take)
    keys_app.command("demo-authority")(demo_authority)
    register_app.command("backup")(register_backup)
    app.command("setup")(setup_office)
    app.command("gateway-address")(gateway_address)


def production(data: Path) -> Any:
    """Settings of the production office in ``data``. Raises BadInput ``keys.practice`` for any other."""
    from ktpel_kiosk.app.maintenance import office_folder
    from ktpel_kiosk.app.office import settings_of
    from ktpel_kiosk.domain.errors import BadInput

    settings = settings_of(office_folder(data))
    if settings is None or not settings.production:
        raise BadInput("keys.practice", path=str(data))
    return settings


def keys_state(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Sertifikat stasiun yang terpasang dan yang belum; keluar 1 bila belum lengkap."""
    from ktpel_kiosk.app.setup import key_state
    from ktpel_kiosk.packet.station_keys import WORDS, StationKeys

    folder = data_of(data)
    state = guarded(lambda: key_state(StationKeys(folder / "keys"), production(folder).station))
    put({"found": dict(state.found), "missing": list(state.missing)}, as_json, lambda: "\n".join(
        [*(f"{WORDS[role]}: {text}" for role, text in state.found.items()), *(f"{WORDS[role]}: belum ada" for role in state.missing)]))
    if state.missing:
        raise typer.Exit(1)


def keys_request(out: Out, data: Data = DEFAULT_DATA) -> None:
    """Menulis permintaan sertifikat (CSR) stasiun ini ke folder atau USB; kunci rahasianya tidak pernah keluar."""
    from ktpel_kiosk.app import sops
    from ktpel_kiosk.packet.station_keys import StationKeys

    def work() -> Path:
        folder = data_of(data)
        settings = production(folder)
        return StationKeys(folder / "keys").write_requests(settings.station, sops.in_force(folder, settings.office).kantor.nama, out)

    typer.echo(f"Permintaan ada di {guarded(work)}. Kirim folder itu kepada otoritas; cara menjawabnya tertulis di BACA-SAYA.txt.")


def keys_take(source: Annotated[Path, typer.Argument(help="Folder atau berkas PEM dari otoritas.")], data: Data = DEFAULT_DATA) -> None:
    """Memasang sertifikat stasiun, sambungan, pusat dan tanda terima; semuanya diperiksa dulu, semua atau tidak sama sekali."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.packet.station_intake import take
    from ktpel_kiosk.packet.station_keys import StationKeys

    def work() -> str:
        folder = data_of(data)
        production(folder)
        keys = StationKeys(folder / "keys")
        take(keys, source, SystemClock().now())
        return keys.lacking(*keys.missing())

    lacking = guarded(work)
    typer.echo(f"Terpasang. Yang masih kurang: {lacking}." if lacking else "Terpasang; semua sertifikat lengkap.")


def demo_authority(requests: Annotated[Path, typer.Argument(help="Folder permintaan-... dari meja.")], out: Out) -> None:
    """Otoritas contoh untuk mencoba: menjawab permintaan dengan sertifikat yang tidak melindungi apa pun."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.packet.demo_authority import answer_requests

    back = guarded(lambda: answer_requests(requests, out, SystemClock().now()))
    typer.echo(f"Hanya untuk percobaan. Pasang {back} di meja; kunci pusat contoh ada di {out / 'pusat'}.")


def register_backup(to: Annotated[Path | None, typer.Option("--to", help="Folder di diska lain; diingat untuk berikutnya.")] = None,
                    data: Data = DEFAULT_DATA) -> None:
    """Membuat cadangan register sekarang (terenkripsi, diperiksa), beserta paket yang belum berbukti terima."""
    from ktpel_kiosk.app import backup
    from ktpel_kiosk.app.maintenance import CONSOLE, opened

    def work() -> Path:
        with opened(data_of(data)) as kiosk:
            return backup.copy_by_hand(kiosk.register, kiosk.data, to, CONSOLE.username)

    typer.echo(f"Cadangan: {guarded(work)}")


def gateway_address(address: Annotated[str, typer.Argument(help="https://...; tulis - untuk mengosongkan.")],
                    data: Data = DEFAULT_DATA) -> None:
    """Mengisi alamat gateway pusat; meja yang sedang terbuka ikut memakainya."""
    from dataclasses import replace

    from ktpel_kiosk.app import setup_checks
    from ktpel_kiosk.app.office import write_settings
    from ktpel_kiosk.domain.errors import BadInput

    def work() -> None:
        folder = data_of(data)
        settings = production(folder)
        url = "" if address == "-" else address.strip()
        if url and not setup_checks.gateway_stands(url):
            raise BadInput("setup.gateway_url")
        write_settings(folder, replace(settings, gateway_url=url))

    guarded(work)
    typer.echo("Alamat gateway tersimpan; berlaku sekarang.")


def setup_office(answers: Annotated[Path, typer.Option("--answers", help="Berkas TOML berisi jawaban; lihat petunjuk Penyiapan.")],
                 data: Data = DEFAULT_DATA) -> None:
    """Menyiapkan kantor tanpa jendela. Kata sandi dari variabel KTPEL_SANDI_<NAMA MASUK>, atau ditanyakan."""
    from ktpel_kiosk.app.setup import FolderSetup
    from ktpel_kiosk.app.setup_file import read_answers

    def work() -> str:
        setup = FolderSetup(data_of(data))
        try:
            found = read_answers(answers, setup)
            code = setup.recovery_code() if found.backup else ""
            setup.finish(found, {o.username: _password(o.username) for o in found.officers}, typer.echo)
            return code
        finally:
            setup.close()

    code = guarded(work)
    if code:
        typer.echo(f"Kode pemulihan cadangan: {code}\nCatat dan simpan di tempat aman; kode ini tidak disimpan di komputer.")
    typer.echo("Langkah berikut: ktpel-kiosk keys request, lalu ktpel-kiosk run.")


def _password(username: str) -> str:
    from ktpel_kiosk.domain.errors import BadInput

    name = f"{PASSWORD_OF}{username.strip().upper()}"
    if name in os.environ:
        return os.environ[name]
    if not sys.stdin.isatty():
        raise BadInput("setup.no_password", username=username, expected=name)
    return str(typer.prompt(f"Kata sandi {username}", hide_input=True, confirmation_prompt=True))
