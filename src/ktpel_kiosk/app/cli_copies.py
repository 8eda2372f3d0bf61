"""Command line of copies: looking at them, rehearsing, putting one back, the sheets of the key, saving packets from a broken machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

if TYPE_CHECKING:
    from ktpel_kiosk.ports.restore import Opening

Copy = Annotated[Path, typer.Argument(help="Berkas register-....sqlite di diska cadangan.")]
Code = Annotated[str, typer.Option("--code", help="Kode pemulihan; tulis - supaya ditanyakan.")]
Sheet = Annotated[list[str] | None, typer.Option("--sheet", help="Kata-kata satu lembar kunci; ulangi untuk lembar lain.")]


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
                 data: Data = DEFAULT_DATA) -> None:
    """Memulihkan register dari salinan. Meja harus tertutup; register lama disimpan di samping, tidak dihapus."""
    from ktpel_kiosk.app import restore as swap
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.restoring import FolderRestore
    from ktpel_kiosk.ports.restore import Agreed

    def work() -> None:
        folder = data_of(data)
        folder.mkdir(parents=True, exist_ok=True)
        FolderRestore(folder, SystemClock()).restore(copy.absolute(), _opening(code, sheet),
                                                     Agreed("konsol", "", reason, _floors(last or ())), typer.echo)
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


def make_sheets(needed: Annotated[int, typer.Option("--needed", help="Berapa lembar yang membuka.")] = 2,
                count: Annotated[int, typer.Option("--count", help="Berapa lembar dibuat.")] = 3,
                out: Annotated[Path | None, typer.Option("--out", help="PDF untuk dicetak; kosong: ditulis di layar.")] = None,
                data: Data = DEFAULT_DATA) -> None:
    """Membuat set lembar kunci baru; lembar lama tidak berlaku lagi. Cetak, lalu hapus berkasnya."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.app.station_care import FolderCare
    from ktpel_kiosk.desk.restore import sheets_paper

    def work() -> str:
        with opened(data_of(data)) as kiosk:
            made = FolderCare(kiosk).make_sheets(needed, count)
            kiosk.register.write(lambda tx: tx.log("KeySharesMade", "stasiun", CONSOLE.username, count=count, found=str(needed)))
            if out is None:
                return "\n\n".join(f"Lembar {s.number} dari {s.count}, set {s.set_id:05d}\n" + "\n".join(
                    " ".join(s.words[i:i + 7]) for i in range(0, 21, 7)) for s in made)
            out.write_bytes(sheets_paper(kiosk.desk, made))
            return f"Cetak {out}, bagikan lembarnya, lalu hapus berkas itu."

    typer.echo(guarded(work))


def recover(code: Code = "", sheet: Sheet = None, data: Data = DEFAULT_DATA) -> None:
    """Kunci komputer hilang: membuka register dengan kode atau lembar kunci, lalu membuat kunci komputer baru."""
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
        store.set_machine(key)
        with opened(folder) as kiosk:
            kiosk.register.write(lambda tx: tx.log("MachineKeyRenewed", "stasiun", CONSOLE.username))

    guarded(work)
    typer.echo("Kunci komputer baru sudah dibuat; meja dapat dibuka lagi.")


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
