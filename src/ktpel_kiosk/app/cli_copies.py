"""Command line of copies: looking at them, rehearsing, putting one back, the sheets of the key, saving packets from a broken machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.ports.restore import Agreed, Opening

Copy = Annotated[Path, typer.Argument(help="Berkas register-....sqlite di diska cadangan.")]
Code = Annotated[str, typer.Option("--code", help="Kode pemulihan; tulis - supaya ditanyakan.")]
Sheet = Annotated[list[str] | None, typer.Option("--sheet", help="Kata-kata satu lembar kunci; ulangi untuk lembar lain.")]

Second = Annotated[str, typer.Option("--second", help="Nama masuk petugas kedua (pimpinan atau admin); kata sandinya ditanyakan.")]


def add_to(app: typer.Typer, keys_app: typer.Typer, register_app: typer.Typer) -> None:
    """Hang these commands into the command line."""
    app.command("rescue")(rescue_packets)
    register_app.command("copies")(list_copies)
    register_app.command("drill")(drill_copy)
    register_app.command("restore")(restore_copy)
    register_app.command("keep")(keep_copies)
    keys_app.command("sheets")(make_sheets)
    keys_app.command("recover")(recover)


def rescue_packets(out: Annotated[Path, typer.Option("--out", help="Folder baru di diska lain, misalnya USB.")],
                   copies: Annotated[list[Path] | None, typer.Option("--copies", help="Folder cadangan yang ada; boleh berulang.")] = None,
                   data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Menyelamatkan paket tersegel dari komputer yang registernya tidak terbuka; folder kantor tidak diubah."""
    from dataclasses import asdict

    from ktpel_kiosk.app.rescue import rescue

    made = guarded(lambda: rescue(data_of(data), out, copies or ()))
    put(asdict(made), as_json, lambda: (out / "BACA-SAYA.txt").read_text("utf-8").replace("\r\n", "\n").rstrip())
    if made.failed or made.missing or made.good < len(made.packets):
        raise typer.Exit(1)


def list_copies(folder: Annotated[Path | None, typer.Argument(help="Kosong: tempat cadangan kantor ini.")] = None,
                data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Salinan register yang ada, terbaru dulu."""
    from ktpel_kiosk.app import backup
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.app.restoring import FolderRestore
    from ktpel_kiosk.domain.errors import BadInput

    def place() -> Path:
        if folder is not None:
            return folder
        with opened(data_of(data)) as kiosk:
            chosen = backup.place_of(kiosk.register)
        if not chosen:
            raise BadInput("backup.none")
        return Path(chosen)

    found = guarded(lambda: FolderRestore(data_of(data), SystemClock()).copies(place()))
    put([{"path": str(c.path), "at": c.at.isoformat(), "office": c.office, "station": c.station, "applied": c.applied} for c in found],
        as_json, lambda: "\n".join(f"{c.at:%Y-%m-%d %H:%M} UTC  {c.applied:>7}  {c.office} {c.station}  {c.path}" for c in found)
        or "Tidak ada salinan yang utuh di sana.")


def drill_copy(copy: Copy, code: Code = "", sheet: Sheet = None, data: Data = DEFAULT_DATA) -> None:
    """Latihan pulih: membuka salinan seolah-olah dipulihkan, memeriksa semuanya, lalu membuangnya; register tidak disentuh."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import restore

    def work() -> str:
        with opened(data_of(data)) as kiosk:
            done = restore.drill(kiosk.desk, CONSOLE, copy.absolute(), _opening(code, sheet))
            return (f"Salinan {done.copy.path.name} dapat dipulihkan: {done.applied} permohonan, {done.acts} catatan, "
                    f"{done.took_s:.0f} detik.")

    typer.echo(guarded(work))


def restore_copy(copy: Copy, reason: Annotated[str, typer.Option("--reason", help="Mengapa; dicatat.")], code: Code = "",
                 sheet: Sheet = None, last: Annotated[list[str] | None, typer.Option("--last", help="Nomor terakhir di buku, bila register "
                                                      "sekarang tidak terbaca: register/2026=123; boleh berulang.")] = None,
                 second: Second = "", data: Data = DEFAULT_DATA) -> None:
    """Memulihkan register dari salinan. Meja harus tertutup; register lama disimpan di samping, tidak dihapus."""
    from ktpel_kiosk.app import restore as swap
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.desk_lock import desk_closed
    from ktpel_kiosk.app.restoring import FolderRestore

    def work() -> None:
        folder = data_of(data)
        folder.mkdir(parents=True, exist_ok=True)
        with desk_closed(folder):
            agreed = witnessed(folder, copy.name, reason, second, _floors(last or ()))
            FolderRestore(folder, SystemClock()).restore(copy.absolute(), _opening(code, sheet), agreed, typer.echo)
            swap.finish(folder)

    guarded(work)
    typer.echo("Register sudah dipulihkan. Buka meja dengan ktpel-kiosk run.")


def keep_copies(amounts: Annotated[str, typer.Argument(help="Harian,mingguan,bulanan; misalnya 7,4,12.")],
                data: Data = DEFAULT_DATA) -> None:
    """Berapa salinan yang disimpan; salinan terbaru tidak pernah dihapus."""
    from ktpel_kiosk.app import backup
    from ktpel_kiosk.app.maintenance import CONSOLE, opened

    def work() -> str:
        with opened(data_of(data)) as kiosk:
            keep = backup.set_keep(kiosk.register, amounts, CONSOLE.username)
            return f"Disimpan: {keep.daily} harian, {keep.weekly} mingguan, {keep.monthly} bulanan."

    typer.echo(guarded(work))


def make_sheets(reason: Annotated[str, typer.Option("--reason", help="Mengapa; dicatat.")],
                needed: Annotated[int, typer.Option("--needed", help="Berapa lembar yang membuka.")] = 2,
                count: Annotated[int, typer.Option("--count", help="Berapa lembar dibuat.")] = 3,
                out: Annotated[Path | None, typer.Option("--out", help="PDF untuk dicetak; kosong: ditulis di layar.")] = None,
                second: Second = "", data: Data = DEFAULT_DATA) -> None:
    """Membuat set lembar kunci baru; lembar lama tidak berlaku lagi. Cetak, lalu hapus berkasnya."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.app.station_care import FolderCare
    from ktpel_kiosk.desk.restore import note_sheets, sheets_paper
    from ktpel_kiosk.durable import write_durably
    from ktpel_kiosk.ports.station_care import Sheet as Made

    def hand_out(made: Sequence[Made], paper: Callable[[], bytes]) -> None:
        if out is None:
            typer.echo("\n\n".join(f"Lembar {s.number} dari {s.count}, set {s.set_id:05d}\n" + "\n".join(
                " ".join(s.words[i:i + 7]) for i in range(0, 21, 7)) for s in made))
        else:
            write_durably(out.absolute(), paper(), mode=0o600)

    def work() -> None:
        with opened(data_of(data)) as kiosk:
            who = ask_second(kiosk.desk, second)
            made = FolderCare(kiosk).make_sheets(needed, count, lambda s: hand_out(s, lambda: sheets_paper(kiosk.desk, s)))
            note_sheets(kiosk.desk, made, CONSOLE.username, who, reason)

    guarded(work)
    if out is not None:
        typer.echo(f"Cetak {out}, bagikan lembarnya, lalu hapus berkas itu.")


def recover(code: Code = "", sheet: Sheet = None, second: Second = "", data: Data = DEFAULT_DATA) -> None:
    """Kunci komputer hilang: membuka register dengan kode atau lembar kunci, lalu membuat kunci komputer baru."""
    from ktpel_kiosk.app.desk_lock import desk_closed
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk.station_care import plain_code
    from ktpel_kiosk.domain.errors import BadInput
    from ktpel_kiosk.register.keys import KeyStore
    from ktpel_kiosk.register.shares import read_share

    def work() -> None:
        folder, opening = data_of(data), _opening(code, sheet)
        store = KeyStore(folder / "register" / "register.key")
        if opening.sheets:
            key = store.unlock_with_shares([read_share(text) for text in opening.sheets])
        elif opening.code:
            key = store.unlock_with_secret(plain_code(opening.code))
        else:
            raise BadInput("register.keys_no_way")
        with desk_closed(folder), _unless_agreed(folder / "register"):
            store.set_machine(key)
            with opened(folder) as kiosk:
                who = ask_second(kiosk.desk, second)
                kiosk.register.write(lambda tx: tx.log("MachineKeyRenewed", "stasiun", CONSOLE.username, second=who))

    guarded(work)
    typer.echo("Kunci komputer baru sudah dibuat; meja dapat dibuka lagi.")


@contextmanager
def _unless_agreed(folder: Path) -> Iterator[None]:
    """The wraps as they were, when nobody agrees: the accounts lie behind the key that is being made."""
    files = [folder / name for name in ("register.key", "machine.key")]
    before = {f: f.read_bytes() if f.exists() else None for f in files}
    try:
        yield
    except BaseException:
        from ktpel_kiosk.durable import write_durably

        for file, content in before.items():
            if content is None:
                file.unlink(missing_ok=True)
            else:
                write_durably(file, content, mode=0o600)
        raise


def ask_second(desk: Desk, username: str) -> str:
    """Another officer's name and password, who may agree to what replaces or opens a register. Raises SignInRefused, NotAllowed."""
    from ktpel_kiosk.app.maintenance import CONSOLE
    from ktpel_kiosk.desk.sign_in import second_person

    name = username or str(typer.prompt("Nama masuk petugas kedua"))
    password = str(typer.prompt(f"Kata sandi {name}", hide_input=True))
    return second_person(desk, CONSOLE, name, password, "approve_restore").username


def witnessed(folder: Path, copy: str, reason: str, username: str, floors: dict[str, int]) -> Agreed:
    """Who agreed: checked against the register in place. Where that does not open nobody can be checked: it is said, and goes into the
    audit of the restored register with the reason."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.app.sentences import load_sentences
    from ktpel_kiosk.domain.errors import Corrupt, KeyUnavailable, KioskError, TooNew
    from ktpel_kiosk.domain.free_text import for_audit
    from ktpel_kiosk.ports.restore import Agreed

    if not reason.strip():
        from ktpel_kiosk.domain.errors import BadInput
        raise BadInput("restore.no_reason")
    try:
        with opened(folder) as kiosk:
            kiosk.register.wake()
            who = ask_second(kiosk.desk, username)
            kiosk.register.write(lambda tx: tx.log("RestorePrepared", "register", CONSOLE.username, entry=copy, second=who,
                                                   reason=for_audit(reason)))
        return Agreed(CONSOLE.username, who, for_audit(reason), floors)
    except KioskError as error:
        if not isinstance(error, (Corrupt, KeyUnavailable, TooNew)) and error.message_key != "office.none":
            raise
        typer.echo(f"Petugas kedua tidak dapat diperiksa: {load_sentences().of(error)} Itu dicatat di register yang dipulihkan.", err=True)
        return Agreed(CONSOLE.username, "", f"{for_audit(reason)} (tanpa petugas kedua: {error.message_key})", floors)


def _opening(code: str, sheets: Sequence[str] | None) -> Opening:
    from ktpel_kiosk.ports.restore import Opening

    return Opening(str(typer.prompt("Kode pemulihan", hide_input=True)) if code == "-" else code, tuple(sheets or ()))


def _floors(texts: Sequence[str]) -> dict[str, int]:
    from ktpel_kiosk.domain.errors import BadInput

    found = {}
    for text in texts:
        name, _, number = text.partition("=")
        if not number.strip().isdecimal():
            raise BadInput("restore.floor_missing")
        found[name.strip()] = int(number)
    return found
