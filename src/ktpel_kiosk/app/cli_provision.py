"""``provision``: bundles of the Dinas: made there, checked anywhere, taken at the desk."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

provision_app = typer.Typer(no_args_is_help=True, help="Bundel penyediaan dari Dinas: satu kantor di satu flashdisk.")

KEY_PASSWORD, PHRASE = "KTPEL_SANDI_PENANDA", "KTPEL_KATA_PEMBUKA"
"""Environment variables in the place of a prompt."""
File = Annotated[Path, typer.Argument(help="Berkas .ktpelsedia.")]
Out = Annotated[Path, typer.Option("--out", help="Folder hasil.")]
Words = Annotated[str, typer.Option("--words", help="Kata penanda dari lembar teknisi; perlu pada pemasangan pertama.")]


@provision_app.command("key")
def key(out: Out, name: Annotated[str, typer.Option("--name", help="Nama kunci, misalnya dinas-lumajang.")] = "dinas") -> None:
    """Membuat kunci penanda Dinas (Ed25519), tersandi dengan kata sandi. Sekali saja; simpan di dua tempat."""
    from ktpel_kiosk.app.provision_make import make_key

    path, words = guarded(lambda: make_key(name, _secret(KEY_PASSWORD, "Kata sandi kunci penanda", twice=True), out))
    typer.echo(f"Kunci penanda: {path}\nKata penanda: {' '.join(words)}")


@provision_app.command("make")
def make(plan: Annotated[Path, typer.Option("--plan", help="Rencana TOML semua kantor.")], out: Out,
         key: Annotated[list[Path], typer.Option("--key", help="Kunci penanda; dua kali untuk dua orang.")], as_json: Json = False) -> None:
    """Membuat satu bundel per meja (folder flashdisk) dan lembar untuk dicetak (folder cetak; jangan disalin ke flashdisk)."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.provision import signer_words
    from ktpel_kiosk.app.provision_make import as_plain, make_bundles, read_key
    from ktpel_kiosk.app.provision_plan import read_plan

    def work() -> Any:
        plans = read_plan(plan)
        names = [KEY_PASSWORD] if len(key) == 1 else [f"{KEY_PASSWORD}_{n}" for n in range(1, len(key) + 1)]
        signers = [read_key(path, _secret(name, f"Kata sandi {path.name}")) for path, name in zip(key, names, strict=True)]
        return make_bundles(plans, signers, out, SystemClock().now(), told=(lambda _t: None) if as_json else typer.echo)

    made = guarded(work)
    put([as_plain(m) for m in made], as_json, lambda: "\n".join([
        *(f"PERHATIAN {m.plan.name}: {m.refused} baris daftar penduduk ditolak." for m in made if m.refused),
        f"Kata penanda: {' '.join(signer_words(made[0].head.signers))}",
        f"Salin isi {out / 'flashdisk'} ke flashdisk. Cetak {out / 'cetak'}, lalu hapus folder itu."]))


@provision_app.command("check")
def check(file: File, as_json: Json = False,
          opened: Annotated[bool, typer.Option("--open", help="Tanyakan kata pembuka dan periksa juga isinya.")] = False) -> None:
    """Memeriksa tanda tangan dan keutuhan; tidak menulis apa pun."""
    from ktpel_kiosk.app import provision

    found = guarded(lambda: provision.read(file)).head
    content = guarded(lambda: provision.opened(file, _secret(PHRASE, "Kata pembuka"))) if opened else None
    words = provision.signer_words(found.signers)
    facts = {"kantor": found.name, "meja": found.place, "stasiun": found.station, "nomor": found.number, "sop": found.holds.sop,
             "petugas": found.holds.officers, "penduduk": found.holds.residents, "wilayah": found.holds.regions,
             "sertifikat": found.holds.certificates, "kunci_meja": found.holds.keys, "perangkat": found.holds.devices,
             "kata_penanda": " ".join(words), "isi_diperiksa": content is not None}
    put(facts, as_json, lambda: "\n".join(f"{k}: {v}" for k, v in facts.items()))


@provision_app.command("apply")
def apply(file: File, data: Data = DEFAULT_DATA, words: Words = "",
          request_to: Annotated[Path | None, typer.Option("--request-to", help="Tulis permintaan sertifikat ke sini.")] = None) -> None:
    """Memasang bundel: komputer kosong menjadi kantor, kantor yang ada menerima susulan. Aplikasi meja harus tertutup."""
    from ktpel_kiosk.app.office import settings_of

    folder = data_of(data)
    phrase = _secret(PHRASE, "Kata pembuka")
    if guarded(lambda: settings_of(folder)) is None:
        guarded(lambda: _first(folder, file, phrase, words))
    else:
        guarded(lambda: _later(folder, file, phrase, words))
    if request_to is not None:
        made = guarded(lambda: _request(folder, request_to))
        typer.echo(f"Permintaan sertifikat ditulis: {made}. Bawa ke Dinas.")


@provision_app.command("request")
def request(out: Out, data: Data = DEFAULT_DATA) -> None:
    """Menulis permintaan sertifikat meja ini ke flashdisk; kunci rahasianya tidak pernah keluar."""
    made = guarded(lambda: _request(data_of(data), out))
    typer.echo(f"Permintaan sertifikat ditulis: {made}. Bawa ke Dinas; jawabannya dipasang dengan keys take atau dengan bundel susulan.")


@provision_app.command("station-keys")
def station_keys(station: Annotated[str, typer.Argument(help="Nama stasiun, misalnya 3508050-meja-1.")], out: Out,
                 office: Annotated[str, typer.Option("--office", help="Nama kantor dalam sertifikat.")] = "-") -> None:
    """Di Dinas: membuat kunci meja dan permintaan sertifikatnya, supaya meja lengkap dalam satu kunjungan; baca petunjuknya dulu."""
    from ktpel_kiosk.packet.station_keys import StationKeys

    made = guarded(lambda: StationKeys(out / station).write_requests(station, office, out))
    typer.echo(f"Kunci: {out / station}. Permintaan: {made}. Taruh sertifikat yang terbit di folder kunci itu, lalu pakai keys di rencana.")


def _first(folder: Path, file: Path, phrase: str, words: str) -> None:
    from ktpel_kiosk.app import provision
    from ktpel_kiosk.app.office import prepare_folder
    from ktpel_kiosk.app.setup import FolderSetup

    _compare(provision.read(file).head.signers, words)
    prepare_folder(folder)
    setup = FolderSetup(folder)
    try:
        filled = setup.open_bundle(file, phrase)
        code = setup.recovery_code() if filled.answers.backup else ""
        setup.finish(filled.answers, {}, typer.echo)
    finally:
        setup.close()
    if filled.refused:
        typer.echo(f"{filled.refused} baris daftar penduduk tidak dapat dipakai; Dinas sudah diberi tahu saat bundel dibuat.")
    if code:
        typer.echo(f"Kode pemulihan cadangan: {code}\nCatat dan simpan di tempat aman; kode ini tidak disimpan di komputer.")
    typer.echo(f"{filled.answers.office.nama}, {filled.answers.place}: siap. Jalankan: ktpel-kiosk run")


def _later(folder: Path, file: Path, phrase: str, words: str) -> None:
    from ktpel_kiosk.app import provision
    from ktpel_kiosk.app.desk_lock import desk_open
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk.provision import check_trust

    with desk_open(folder), opened(folder) as kiosk:
        head = provision.read(file).head
        if not check_trust(kiosk.desk, CONSOLE, head).signer:
            _compare(head.signers, words)
        taken = provision.take_into(kiosk, CONSOLE, provision.opened(file, phrase), typer.echo)
    if not taken.again:
        typer.echo(f"Akun baru {taken.new_accounts}, akun berubah {taken.changed_accounts}, penduduk {taken.residents} "
                   f"(ditolak {taken.refused_rows}), SOP {'berganti' if taken.sop_changed else 'tetap'}.")


def _compare(signers: tuple[str, ...], words: str) -> None:
    """The words of the sheet, given or compared by eye: nobody takes a stranger's bundle by pressing Enter."""
    from ktpel_kiosk.app import provision
    from ktpel_kiosk.domain.errors import BadInput

    if not words:
        if not sys.stdin.isatty():
            raise BadInput("provision.no_phrase", expected="--words")
        words = str(typer.prompt("Ketik kata penanda dari lembar teknisi"))
    provision.require_words(signers, words)


def _request(folder: Path, out: Path) -> Path:
    from ktpel_kiosk.app import sops
    from ktpel_kiosk.app.cli_station import production
    from ktpel_kiosk.packet.station_keys import StationKeys

    settings = production(folder)
    return StationKeys(folder / "keys").write_requests(settings.station, sops.in_force(folder, settings.office).kantor.nama, out)


def _secret(variable: str, title: str, *, twice: bool = False) -> str:
    from ktpel_kiosk.domain.errors import BadInput

    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise BadInput("provision.no_phrase", expected=variable)
    return str(typer.prompt(title, hide_input=True, confirmation_prompt=twice))
