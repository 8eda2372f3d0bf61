"""Command line of new versions at a desk: look, bring in, try, go back; and what the system's service runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

if TYPE_CHECKING:
    from ktpel_kiosk.app.update_care import FolderUpdates
    from ktpel_kiosk.ports.updates import NewVersion

update_app = typer.Typer(no_args_is_help=True, help="Pembaruan aplikasi: cari, ambil, pasang, kembali.")
From = Annotated[Path | None, typer.Option("--from", help="Folder atau USB pembaruan; tanpa ini: USB yang terpasang, lalu gateway.")]
Officer = Annotated[str, typer.Option("--officer", help="Nama masuk supervisor; kata sandinya ditanyakan.")]


@update_app.command("trust")
def trust(file: Path, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Mempercayai root pembaruan dari Dinas (sekali, saat penyiapan); cocokkan sidiknya dengan kertas."""
    from ktpel_kiosk.app import update_layout, update_store, update_trust
    from ktpel_kiosk.domain.errors import BadInput

    def work() -> str:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BadInput("update.root", path=str(file)) from error
        return update_trust.pin(update_store.trust_of(update_layout.store_of(data_of(data))), content)

    mark = guarded(work)
    put({"fingerprint": mark}, as_json, lambda: f"Root dipercaya. Sidiknya:\n{mark}\nCocokkan dengan kertas dari Dinas.")


@update_app.command("check")
def check(source: From = None, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Mencari versi yang lebih baru; tidak mengubah apa pun. Keluar 3 bila tidak ada."""
    found = guarded(lambda: _look(data_of(data), source))
    put(_facts(found), as_json, lambda: _words(found))
    if found is None:
        raise typer.Exit(3)


@update_app.command("fetch")
def fetch(source: From = None, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Mengambil, memeriksa, dan meletakkan versi baru di samping versi sekarang; belum dipakai."""
    folder = data_of(data)

    def work() -> NewVersion | None:
        care, floor, found = _all(folder, source)
        if found is not None:
            care.bring_in(found, floor)
        return found

    found = guarded(work)
    put(_facts(found), as_json, lambda: f"Versi {found.version} sudah diletakkan." if found else _words(None))
    if found is None:
        raise typer.Exit(3)


@update_app.command("apply")
def apply(officer: Officer, source: From = None,
          night: Annotated[bool, typer.Option("--night", help="Dicoba setelah kantor tutup, bukan pada pembukaan berikutnya.")] = False,
          data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Menyetujui versi baru; diuji pada salinan register saat aplikasi dibuka berikutnya (atau malam ini)."""
    from ktpel_kiosk.ports.updates import When

    folder = data_of(data)
    password = typer.prompt("Kata sandi", hide_input=True, err=True)
    found = guarded(lambda: _agree(folder, source, officer, password, When.NIGHT if night else When.NOW))
    put(_facts(found), as_json, lambda: (f"Versi {found.version} disetujui; diuji " + (
        "malam ini." if night else "saat aplikasi dibuka berikutnya.")) if found else _words(None))
    if found is None:
        raise typer.Exit(3)


@update_app.command("status")
def status(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Versi sekarang, yang menunggu, yang dapat dikembalikan, dan riwayatnya."""
    from dataclasses import asdict

    from ktpel_kiosk.app import update_layout
    from ktpel_kiosk.app.update_care import FolderUpdates

    folder = data_of(data)
    found = guarded(lambda: FolderUpdates(folder).state())
    choice = update_layout.choice_of(folder)
    facts = {**asdict(found), "probation": choice.probation, "starts": choice.starts, "failed": list(choice.failed)}
    put(facts, as_json, lambda: "\n".join(_status(found, choice)))


@update_app.command("rollback")
def rollback(officer: Officer, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Kembali ke versi sebelumnya bila tidak ada pekerjaan yang hilang; jendela harus tertutup."""
    folder = data_of(data)
    password = typer.prompt("Kata sandi", hide_input=True, err=True)
    done = guarded(lambda: _back(folder, officer, password))
    put({"back": done}, as_json, lambda: "Versi sebelumnya dipakai lagi." if done else _sentence("update.work_since"))
    if not done:
        raise typer.Exit(1)


@update_app.command("serve-request", hidden=True)
def serve_request(store: Annotated[Path, typer.Option("--store")]) -> None:
    """Satu permintaan meja ini; dijalankan systemd sebagai root (ktpel-update.service)."""
    from ktpel_kiosk.app.update_store import serve

    answer = guarded(lambda: serve(store))
    if answer is not None:
        typer.echo(f"{answer.version}: {answer.key or 'diletakkan'}")


# -- work -----------------------------------------------------------------------------------------------------------------------


def _all(folder: Path, source: Path | None) -> tuple[FolderUpdates, Any, NewVersion | None]:
    """The updates of the folder, the time that is surely past, what was found. The office's line is used where there is an office."""
    from ktpel_kiosk.app.office import settings_of
    from ktpel_kiosk.app.update_care import FolderUpdates

    if source is not None or settings_of(folder) is None:
        care = FolderUpdates(folder)
        return care, None, care.look_in(source, None) if source is not None else care.look(None)
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk.updates import floor as surely_past

    with opened(folder) as kiosk:
        care, floor = FolderUpdates(kiosk.data, lambda: kiosk.network.first), surely_past(kiosk.desk)
        return care, floor, care.look(floor)


def _look(folder: Path, source: Path | None) -> NewVersion | None:
    return _all(folder, source)[2]


def _agree(folder: Path, source: Path | None, officer: str, password: str, when: Any) -> NewVersion | None:
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.app.update_care import FolderUpdates
    from ktpel_kiosk.desk import sign_in, updates

    with opened(folder) as kiosk:
        actor = sign_in.check_password(kiosk.desk, officer, password)
        care = FolderUpdates(kiosk.data, lambda: kiosk.network.first)
        floor = updates.floor(kiosk.desk)
        found = care.look_in(source, floor) if source is not None else care.look(floor)
        if found is not None:
            from dataclasses import replace
            updates.agree(replace(kiosk.desk, updates=care), actor, found, when)
        return found


def _back(folder: Path, officer: str, password: str) -> bool:
    from ktpel_kiosk.app import update_trial
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import sign_in
    from ktpel_kiosk.desk.access import require

    with opened(folder) as kiosk:
        actor = sign_in.check_password(kiosk.desk, officer, password)
        require(actor, "update_software")
    return update_trial.go_back(folder, f"supervisor {actor.username}")


# -- words ----------------------------------------------------------------------------------------------------------------------


def _facts(found: NewVersion | None) -> dict[str, Any]:
    if found is None:
        return {"found": False}
    return {"found": True, "version": found.version, "notes": list(found.notes), "released": found.released.isoformat(),
            "bytes": found.size, "until": found.until.isoformat(), "source": str(found.source), "changes_register": found.changes_register}


def _words(found: NewVersion | None) -> str:
    if found is None:
        return "Tidak ada versi yang lebih baru."
    from ktpel_kiosk.domain.text import date_long
    lines = [f"Versi {found.version}, dirilis {date_long(found.released)} ({found.size / 1_000_000:.0f} MB)"]
    return "\n".join([*lines, *(f"  - {note}" for note in found.notes)])


def _status(found: Any, choice: Any) -> list[str]:
    said = [f"Versi sekarang: {found.version}" + (" (masa percobaan)" if choice.probation else "")]
    if not found.trusted:
        said.append(_sentence("update.no_root"))
    if found.wanted:
        said.append(f"Menunggu: versi {found.wanted}, " + ("malam ini" if found.when == "night" else "pada pembukaan berikutnya"))
    if choice.version:
        said.append(f"Dapat dikembalikan ke: {found.before or 'versi yang terpasang dari paket'}")
    return said + [f"  {e.at.astimezone():%Y-%m-%d %H:%M} {e.what} {e.version} {_sentence(e.reason)}".rstrip() for e in found.events[-10:]]


def _sentence(key: str) -> str:
    from ktpel_kiosk.app.sentences import load_sentences

    table = load_sentences()
    return table.text(key) if key in table.keys() else key  # noqa: SIM118 - Sentences is no mapping
