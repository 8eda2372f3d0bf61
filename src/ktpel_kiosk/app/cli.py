"""The command line ``ktpel-kiosk``: one clear line on bad input, ``--json`` where a machine may read it.

Everything heavy is imported inside the commands, so that ``run`` shows its window quickly.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app import cli_capture, cli_copies, cli_gallery, cli_mosip, cli_office, cli_packets, cli_server, cli_station
from ktpel_kiosk.app.cli_alone import station_app
from ktpel_kiosk.app.cli_biometrics import biometrics_app
from ktpel_kiosk.app.cli_books import blangko_app, register_app
from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json
from ktpel_kiosk.app.cli_common import data_of as _data
from ktpel_kiosk.app.cli_common import default_data as default_data
from ktpel_kiosk.app.cli_common import fail as _fail
from ktpel_kiosk.app.cli_common import guarded as _guard
from ktpel_kiosk.app.cli_common import put as _out
from ktpel_kiosk.app.cli_courier import courier_app
from ktpel_kiosk.app.cli_devices import devices_app
from ktpel_kiosk.app.cli_gateway import gateway_app
from ktpel_kiosk.app.cli_keys import keys_app
from ktpel_kiosk.app.cli_paper import paper_app
from ktpel_kiosk.app.cli_provision import provision_app
from ktpel_kiosk.app.cli_report import report_app
from ktpel_kiosk.app.cli_simulate import simulate_app
from ktpel_kiosk.app.cli_status import status_app
from ktpel_kiosk.app.cli_update import update_app
from ktpel_kiosk.app.cli_update_repository import repository_app
from ktpel_kiosk.domain.errors import BadInput

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Meja perekaman KTP-el: kiosk, demonstrasi, dan alat periksa.")
packet_app = typer.Typer(no_args_is_help=True, help="Memeriksa dan membuka paket perekaman.")
sop_app = typer.Typer(no_args_is_help=True, help="SOP kantor.")
nik_app = typer.Typer(no_args_is_help=True, help="Pemeriksaan NIK.")
app.add_typer(packet_app, name="packet")
app.add_typer(biometrics_app, name="biometrics")
app.add_typer(register_app, name="register")
app.add_typer(blangko_app, name="blangko")
app.add_typer(sop_app, name="sop")
app.add_typer(nik_app, name="nik")
app.add_typer(report_app, name="report")
app.add_typer(status_app, name="status")
app.add_typer(paper_app, name="paper")
app.add_typer(simulate_app, name="simulate")
app.add_typer(devices_app, name="devices")
app.add_typer(gateway_app, name="gateway")
app.add_typer(keys_app, name="keys")
app.add_typer(courier_app, name="courier")
app.add_typer(station_app, name="station")
app.add_typer(update_app, name="update")
app.add_typer(repository_app, name="update-repository")
app.add_typer(provision_app, name="provision")
cli_office.add_to(app, sop_app)
cli_capture.add_to(app)
cli_gallery.add_to(app)
cli_mosip.add_to(packet_app)
cli_packets.add_to(packet_app)
cli_station.add_to(app, keys_app, register_app)
cli_copies.add_to(app, keys_app, register_app)
cli_server.add_to(register_app)

Camera = Annotated[str, typer.Option("--camera", help="Kamera nyata: auto, nomor, berkas, atau alamat MJPEG.")]
Reader = Annotated[str, typer.Option("--reader", help="Pembaca kartu PC/SC nyata: auto atau bagian namanya.")]
Devices = Annotated[str, typer.Option("--devices", help="real atau simulated; kosong: menurut devices.toml.")]
Office = Annotated[str, typer.Option("--office", help="Nama SOP (lihat: sop list) atau berkas .toml.")]
AnyOffice = Annotated[str, typer.Option("--office", help="Meja latihan dengan SOP ini; kosong: kantor di folder data, atau penyiapan.")]


@app.command()
def run(office: AnyOffice = "", data: Data = DEFAULT_DATA, windowed: Annotated[bool, typer.Option(help="Jendela biasa.")] = False,
        camera: Camera = "", reader: Reader = "", devices: Devices = "") -> None:
    """Membuka jendela petugas dan jendela pemohon; folder data yang kosong disiapkan lebih dulu."""
    from ktpel_kiosk.app.run import run_windows
    raise typer.Exit(_guard(lambda: run_windows(office, _data(data), windowed=windowed, camera=camera, reader=reader, devices=devices)))


@app.command()
def demo(out: Annotated[Path, typer.Option("--out", help="Folder hasil.")], office: Office = "tempeh",
         applicants: Annotated[int, typer.Option("--applicants", min=1, max=5000)] = 1,
         source: Annotated[Path | None, typer.Option("--source", help="Folder gambar wajah, jari, iris; atau berkas AN2K.")] = None,
         seed: Annotated[int, typer.Option("--seed")] = 1,
         offline_until_end: Annotated[bool, typer.Option("--offline-until-end")] = False,
         day: Annotated[bool, typer.Option("--day", help="Satu hari penuh: tiga puluh lebih pemohon dengan layanan dan kejadian "
                                           "beragam.")] = False,
         data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Satu hari pelayanan tanpa jendela, dengan perangkat dan gateway simulasi."""
    from ktpel_kiosk.app.demo import DemoOptions, run_demo
    folder = None if data == DEFAULT_DATA else data
    options = DemoOptions(office, applicants, out, source=source, seed=seed, offline_until_end=offline_until_end, data=folder)
    if day:
        from ktpel_kiosk.app.day.play import run_day
    play = run_day if day else run_demo
    summary = _guard(lambda: play(options, say=(lambda _t: None) if as_json else typer.echo))
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    if not summary["all_as_sop_says"]:
        typer.echo("Ada permohonan yang tidak berakhir sesuai SOP; lihat summary.json.", err=True)
        raise typer.Exit(1)


@app.command()
def tour(out: Annotated[Path, typer.Option("--out", help="Folder gambar.")], office: Office = "tempeh",
         size: Annotated[list[str] | None, typer.Option("--size", help="LEBARxTINGGI; boleh berulang. Tanpa ini: tiga ukuran.")] = None,
         theme: Annotated[list[str] | None, typer.Option("--theme", help="light atau contrast; tanpa ini: keduanya.")] = None,
         data: Data = DEFAULT_DATA) -> None:
    """Menjalankan kedua jendela untuk satu pemohon dan menyimpan satu PNG per layar, ukuran, dan tema."""
    from ktpel_kiosk.app.tour import run_tour
    files = _guard(lambda: run_tour(office, out, size or (), theme or (), None if data == DEFAULT_DATA else data))
    typer.echo(f"{len(files)} gambar di {out}; buka {out / 'index.html'}")


@app.command()
def manual(out: Annotated[Path, typer.Option("--out", help="Folder hasil.")]) -> None:
    """Panduan petugas sebagai halaman web dan satu PDF (juga terbuka di dalam aplikasi dengan F1)."""
    from ktpel_kiosk.app.manual import build
    files = _guard(lambda: build(out))
    typer.echo(f"{len(files)} berkas di {out}; buka {out / 'index.html'} atau {out / 'panduan.pdf'}")


@app.command()
def doctor(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Memeriksa mesin, pustaka, kunci, register, dan perangkat."""
    from ktpel_kiosk.app.doctor import examine
    checks = _guard(lambda: examine(_data(data)))
    _out([c.as_dict() for c in checks], as_json, lambda: "\n".join(c.line() for c in checks))
    if any(c.state == "gagal" for c in checks):
        raise typer.Exit(1)


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
