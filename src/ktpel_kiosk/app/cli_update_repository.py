"""Command line of the maker: keys, releases, signatures, mirrors. Runs on the offline signing machine, never at a desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import Json, guarded, put

if TYPE_CHECKING:
    from ktpel_kiosk.app.update_repository import Repository

repository_app = typer.Typer(no_args_is_help=True, help="Repositori pembaruan (pembuat rilis, komputer tanpa jaringan).")
Folder = Annotated[Path, typer.Option("--repository", help="Folder repositori.")]
Key = Annotated[Path, typer.Option("--key", help="Berkas kunci; frasa sandinya ditanyakan.")]


def _passphrase(path: Path, *, new: bool = False) -> bytes:
    return str(typer.prompt(f"Frasa sandi {path.name}", hide_input=True, confirmation_prompt=new, err=True)).encode()


def _opened(folder: Path) -> Repository:
    from ktpel_kiosk.app.update_repository import LINE_KEY, Repository, signer_of

    path = folder / LINE_KEY
    return Repository(folder, signer_of(path, _passphrase(path)))


@repository_app.command("key")
def key_command(file: Path) -> None:
    """Membuat satu kunci Ed25519, tersandi dengan frasa sandi pemegangnya."""
    from ktpel_kiosk.app.update_repository import new_key

    guarded(lambda: new_key(file, _passphrase(file, new=True)))
    typer.echo(f"Kunci {file} dibuat. Simpan terpisah dari dua kunci lain; tidak pernah di meja.")


@repository_app.command("init")
def init(repository: Folder, key: Annotated[list[Path], typer.Option("--key", help="Tiga kali: kunci tiga pemegang.")],
         as_json: Json = False) -> None:
    """Root pertama (dua dari tiga kunci) dan daftar rilis kosong; juga kunci mesin ini untuk tanda waktu."""
    from ktpel_kiosk.app.update_repository import LINE_KEY, Repository, new_key, signer_of
    from ktpel_kiosk.app.update_trust import fingerprint

    def work() -> str:
        line = repository / LINE_KEY
        phrase = _passphrase(line, new=True)
        if not line.exists():
            new_key(line, phrase)
        made = Repository(repository, signer_of(line, phrase)).init([signer_of(path, _passphrase(path)) for path in key])
        return fingerprint(made.read_bytes())

    mark = guarded(work)
    put({"fingerprint": mark}, as_json, lambda: f"Root dibuat. Cetak sidik ini untuk teknisi:\n{mark}")


@repository_app.command("add")
def add(tree: Path, repository: Folder, note: Annotated[list[str], typer.Option("--note", help="Kalimat bahasa Indonesia; berulang.")],
        lock: Annotated[Path | None, typer.Option("--lock", help="requirements terkunci yang harus sudah terpasang di meja.")] = None,
        platform: Annotated[str, typer.Option("--platform")] = "any",
        python: Annotated[str, typer.Option("--python", help="Juru bahasa Python di dalam pohon kode, bila dibawa sendiri.")] = "",
        as_json: Json = False) -> None:
    """Mengemas pohon kode sebagai rilis yang menunggu dua tanda tangan."""
    from ktpel_kiosk.app import update_pack

    def work() -> dict[str, Any]:
        release = update_pack.describe(tree, update_pack.locked_packages(lock) if lock else {}, platform=platform, python=python)
        payload = update_pack.pack(tree, release, repository / "staged" / "paket.tar.gz")
        _opened(repository).add(payload, release, note)
        payload.unlink()
        return {"version": release.version, "schema": release.schema, "files": len(release.files)}

    facts = guarded(work)
    put(facts, as_json, lambda: f"Versi {facts['version']} ({facts['files']} berkas) menunggu dua tanda tangan: update-repository sign")


@repository_app.command("sign")
def sign(repository: Folder, key: Key, as_json: Json = False) -> None:
    """Menandatangani rilis yang menunggu, oleh satu pemegang kunci."""
    from ktpel_kiosk.app.update_repository import signer_of

    count = guarded(lambda: _opened(repository).sign(signer_of(key, _passphrase(key))))
    put({"signatures": count}, as_json, lambda: f"{count} dari 2 tanda tangan sah.")


@repository_app.command("publish")
def publish(repository: Folder, as_json: Json = False) -> None:
    """Rilis dengan dua tanda tangan menjadi yang terbaru."""
    version = guarded(lambda: _opened(repository).publish())
    put({"timestamp": version}, as_json, lambda: f"Terbit; tanda waktu {version}. Salin ke USB: update-repository mirror")


@repository_app.command("renew")
def renew(repository: Folder, as_json: Json = False) -> None:
    """Tanda waktu baru, sekali sebulan: tidak ada yang berubah, dan hari ini masih begitu."""
    version = guarded(lambda: _opened(repository).renew())
    put({"timestamp": version}, as_json, lambda: f"Tanda waktu {version}; berlaku 90 hari.")


@repository_app.command("mirror")
def mirror(repository: Folder, to: Annotated[Path, typer.Option("--to", help="USB atau folder server web.")],
           as_json: Json = False) -> None:
    """Menyalin cermin ke USB (folder ktpel-pembaruan) atau folder server web."""
    from ktpel_kiosk.app.update_repository import copy_mirror

    written = guarded(lambda: copy_mirror(repository, to / "ktpel-pembaruan"))
    put({"written": written}, as_json, lambda: f"{written} berkas disalin ke {to / 'ktpel-pembaruan'}")


@repository_app.command("show")
def show(repository: Folder, as_json: Json = False) -> None:
    """Rilis dan masa berlaku, tanpa kunci."""
    from ktpel_kiosk.app.update_repository import facts

    found = guarded(lambda: facts(repository))
    put(found, as_json, lambda: "\n".join([*(f"versi {r['version']} ({r['released']}): {'; '.join(r['notes'])}" for r in found["releases"]),
                                           *(f"{name}: sampai {until}" for name, until in found["expires"].items())]))


@repository_app.command("attacks")
def attacks(as_json: Json = False) -> None:
    """Simulator serangan: tiap cermin jahat harus ditolak meja; keluar 1 bila satu diterima."""
    import tempfile

    from ktpel_kiosk.app.update_attacks import run_all

    with tempfile.TemporaryDirectory(prefix="ktpel-serangan-") as place:
        found = guarded(lambda: run_all(Path(place)))
    put([r.as_dict() for r in found], as_json, lambda: "\n".join(r.line() for r in found))
    if not all(r.refused for r in found):
        raise typer.Exit(1)
