"""The command line ``ktpel-kiosk``: one clear line on bad input, ``--json`` where a machine may read it.

Everything heavy is imported inside the commands, so that ``run`` shows its window quickly.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput, KioskError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Meja perekaman KTP-el: kiosk, demonstrasi, dan alat periksa.")
packet_app = typer.Typer(no_args_is_help=True, help="Memeriksa dan membuka paket perekaman.")
register_app = typer.Typer(no_args_is_help=True, help="Buku register: ekspor dan periksa.")
sop_app = typer.Typer(no_args_is_help=True, help="SOP kantor.")
nik_app = typer.Typer(no_args_is_help=True, help="Pemeriksaan NIK.")
app.add_typer(packet_app, name="packet")
app.add_typer(register_app, name="register")
app.add_typer(sop_app, name="sop")
app.add_typer(nik_app, name="nik")

Data = Annotated[Path, typer.Option("--data", help="Folder data kiosk.")]
Json = Annotated[bool, typer.Option("--json", help="Keluaran JSON.")]
Camera = Annotated[str, typer.Option("--camera", help="Kamera nyata: auto, nomor, berkas, atau alamat MJPEG.")]
Reader = Annotated[str, typer.Option("--reader", help="Pembaca kartu PC/SC nyata: auto atau bagian namanya.")]
Office = Annotated[str, typer.Option("--office", help="Nama SOP (lihat: sop list) atau berkas .toml.")]


def default_data() -> Path:
    """The kiosk's data folder of this user."""
    from platformdirs import user_data_path
    return user_data_path("ktpel-kiosk", appauthor=False)


DEFAULT_DATA = Path("~data")


def _data(path: Path) -> Path:
    return default_data() if path == DEFAULT_DATA else path


def _fail(error: KioskError) -> NoReturn:
    typer.echo(f"{load_sentences().of(error)} [{error.code} {error.message_key}]", err=True)
    raise typer.Exit(1)


def _guard(work: Callable[[], Any]) -> Any:
    """Run a command's work; known errors become one line and exit code 1."""
    try:
        return work()
    except KioskError as error:
        _fail(error)


def _out(value: Any, as_json: bool, text: Callable[[], str]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str) if as_json else text())


@app.command()
def run(office: Office = "tempeh", data: Data = DEFAULT_DATA, windowed: Annotated[bool, typer.Option(help="Jendela biasa.")] = False,
        camera: Camera = "", reader: Reader = "") -> None:
    """Membuka jendela petugas dan jendela pemohon."""
    from ktpel_kiosk.app.run import run_windows
    raise typer.Exit(_guard(lambda: run_windows(office, _data(data), windowed=windowed, camera=camera, reader=reader)))


@app.command()
def demo(out: Annotated[Path, typer.Option("--out", help="Folder hasil.")], office: Office = "tempeh",
         applicants: Annotated[int, typer.Option("--applicants", min=1, max=5000)] = 1,
         source: Annotated[Path | None, typer.Option("--source", help="Folder gambar wajah, jari, iris.")] = None,
         seed: Annotated[int, typer.Option("--seed")] = 1,
         offline_until_end: Annotated[bool, typer.Option("--offline-until-end")] = False,
         data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Satu hari pelayanan tanpa jendela, dengan perangkat dan gateway simulasi."""
    from ktpel_kiosk.app.demo import DemoOptions, run_demo
    folder = None if data == DEFAULT_DATA else data
    options = DemoOptions(office, applicants, out, source=source, seed=seed, offline_until_end=offline_until_end, data=folder)
    summary = _guard(lambda: run_demo(options, say=(lambda _t: None) if as_json else typer.echo))
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    if not summary["all_as_sop_says"]:
        typer.echo("Ada permohonan yang tidak berakhir sesuai SOP; lihat summary.json.", err=True)
        raise typer.Exit(1)


@app.command()
def tour(out: Annotated[Path, typer.Option("--out", help="Folder gambar.")], office: Office = "tempeh",
         size: Annotated[str, typer.Option("--size", help="LEBARxTINGGI")] = "1366x768", data: Data = DEFAULT_DATA) -> None:
    """Menjalankan kedua jendela untuk satu pemohon dan menyimpan satu PNG per layar."""
    from ktpel_kiosk.app.tour import run_tour
    files = _guard(lambda: run_tour(office, out, size, None if data == DEFAULT_DATA else data))
    typer.echo(f"{len(files)} gambar di {out}")


@app.command()
def doctor(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Memeriksa mesin, pustaka, kunci, register, dan perangkat."""
    from ktpel_kiosk.app.doctor import examine
    checks = _guard(lambda: examine(_data(data)))
    _out([c.as_dict() for c in checks], as_json, lambda: "\n".join(c.line() for c in checks))
    if any(c.state == "gagal" for c in checks):
        raise typer.Exit(1)


@app.command()
def gateway(data: Data = DEFAULT_DATA, port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 0,
            step: Annotated[float, typer.Option("--step", min=0.0, help="Detik di antara dua status satu paket.")] = 0.0,
            while_stdin: Annotated[bool, typer.Option("--while-stdin", help="Berhenti bila masukan standar ditutup.")] = False) -> None:
    """Menjalankan simulator gateway SIAK di 127.0.0.1 sampai Ctrl+C."""
    from ktpel_kiosk.app.gateway import serve
    _guard(lambda: serve(_data(data), port, typer.echo, step, while_stdin))


@packet_app.command("inspect")
def packet_inspect(file: Path, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Apa yang terbaca tanpa kunci: susunan CMS, penerima, ukuran, hash."""
    from ktpel_kiosk.app.packets import find_packet
    from ktpel_kiosk.packet.open import inspect_packet
    found = _guard(lambda: inspect_packet(find_packet(file, _data(data))))
    _out(found, as_json, lambda: "\n".join(f"{k}: {v}" for k, v in found.items()))


@packet_app.command("open")
def packet_open(file: Path, key: Annotated[Path, typer.Option("--key")], cert: Annotated[Path, typer.Option("--cert")],
                out: Annotated[Path, typer.Option("--out")],
                station: Annotated[Path | None, typer.Option("--station", help="Sertifikat stasiun pengirim.")] = None,
                data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Membuka paket dengan kunci pusat dan memeriksa tanda tangan serta setiap hash."""
    from ktpel_kiosk.app.packets import find_packet, open_to_folder
    opened = _guard(lambda: open_to_folder(find_packet(file, _data(data)), key, cert, out, station))
    _out(opened, as_json, lambda: "\n".join(f"{k}: {v}" for k, v in opened.items()))


@register_app.command("export")
def register_export(book: Annotated[str, typer.Option("--book")], out: Annotated[Path, typer.Option("--out")],
                    format: Annotated[str, typer.Option("--format")] = "xlsx", data: Data = DEFAULT_DATA,
                    year: Annotated[int | None, typer.Option("--year")] = None,
                    month: Annotated[int | None, typer.Option("--month", min=1, max=12)] = None, as_json: Json = False) -> None:
    """Mengekspor satu buku (permohonan, perekaman, pencetakan, pengambilan)."""
    from ktpel_kiosk.app.maintenance import export_book
    digest = _guard(lambda: export_book(_data(data), book, format, out, year, month))
    _out({"file": str(out), "sha256": digest}, as_json, lambda: f"{out}  SHA-256 {digest}")


@register_app.command("verify")
def register_verify(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Memeriksa rantai audit dari awal sampai akhir, dan tanda tangan setiap paraf dan persetujuan."""
    from ktpel_kiosk.app.maintenance import verify
    from ktpel_kiosk.desk.approvals import sentence_of
    check, signed = _guard(lambda: verify(_data(data)))
    state = "utuh" if check.whole else f"RUSAK pada urutan {check.broken_at}"
    _out({"length": check.length, "head": check.head, "whole": check.whole, "broken_at": check.broken_at, "approvals": signed.count,
          "approvals_changed": signed.changed, "approvals_unsigned": signed.unsigned, "approvals_invalid": [a for _, a in signed.invalid]},
         as_json, lambda: f"Rantai audit {state}: {check.length} mata rantai, kepala {check.head}\n{sentence_of(signed)}")
    if not (check.whole and signed.whole):
        raise typer.Exit(1)


@sop_app.command("list")
def sop_list(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """SOP yang tersedia."""
    from ktpel_kiosk.app.sops import load_all
    sops = _guard(lambda: load_all(_data(data)))
    _out([{"id": s.id, "judul": s.judul, "nomor": s.nomor, "kantor": s.kantor.nama, "digest": s.digest} for s in sops], as_json,
         lambda: "\n".join(f"{s.id:14} {s.kantor.nama} - {s.judul}" for s in sops))


@sop_app.command("show")
def sop_show(name: str, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Satu SOP sebagai tabel."""
    from ktpel_kiosk.app.sops import load, table_text
    sop = _guard(lambda: load(name, _data(data)))
    _out({"id": sop.id, "langkah": [{"nomor": x.nomor, "kegiatan": x.kegiatan, "detik": x.limit_s, "stages": list(x.stages)}
                                    for x in sop.langkah]}, as_json, lambda: table_text(sop))


@sop_app.command("check")
def sop_check(name: str, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Memeriksa satu SOP; keluar 1 bila ada kesalahan."""
    from ktpel_kiosk.app.sops import check
    findings = _guard(lambda: check(name, _data(data)))
    _out([{"level": f.level, "rule": f.rule, "text": f.text} for f in findings], as_json,
         lambda: "\n".join(f"{f.level}: {f.text}" for f in findings) or "Tidak ada temuan.")
    if any(f.level == "ERROR" for f in findings):
        raise typer.Exit(1)


@nik_app.command("check")
def nik_check(nik: str, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Keluar 0 bila NIK boleh dipakai (peringatan dicetak), 1 bila ditolak."""
    from ktpel_kiosk.app.niks import check
    report = _guard(lambda: check(nik, _data(data)))
    _out({"usable": report.usable, "issues": [{"rule": i.rule, "level": i.level, "text": i.text} for i in report.issues]}, as_json,
         lambda: "\n".join([f"{i.level} {i.rule}: {i.text}" for i in report.issues] or ["NIK boleh dipakai."]))
    if not report.usable:
        raise typer.Exit(1)


def main() -> None:
    """Parse the command line and do what it says (see :mod:`ktpel_kiosk.app.entry` for the quick way to the windows)."""
    try:
        app()
    except BadInput as error:
        _fail(error)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
