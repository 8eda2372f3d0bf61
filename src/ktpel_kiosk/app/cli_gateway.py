"""Command line of the gateway simulator: run it; give a running one faults, statuses, scenarios; ask what arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

gateway_app = typer.Typer(invoke_without_command=True, help="Simulator gateway SIAK: menjalankan, memberi gangguan, melihat isinya.")


@gateway_app.callback()
def serve(context: typer.Context, data: Data = DEFAULT_DATA,
          port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 0,
          admin_port: Annotated[int, typer.Option("--admin-port", min=0, max=65535, help="Port halaman dan perintah; 0: bebas.")] = 0,
          admin: Annotated[bool, typer.Option("--admin/--no-admin", help="Halaman dan perintah saat berjalan.")] = True,
          step: Annotated[float, typer.Option("--step", min=0.0, help="Detik di antara dua status satu paket.")] = 0.0,
          realistic: Annotated[bool, typer.Option("--realistic", help="Jeda status seperti di kantor (menit sampai hari).")] = False,
          speed: Annotated[float, typer.Option("--speed", min=0.001, help="Berapa kali lebih cepat dari kenyataan.")] = 1.0,
          seed: Annotated[int, typer.Option("--seed")] = 1,
          scenario: Annotated[str, typer.Option("--scenario", help="Skenario untuk semua paket (lihat: gateway scenarios).")] = "",
          share: Annotated[list[str] | None, typer.Option("--share", help="Bagian paket, misalnya duplicate=0.02.")] = None,
          scenario_file: Annotated[Path | None, typer.Option("--scenario-file", help="Berkas TOML skenario.")] = None,
          quota: Annotated[int, typer.Option("--quota", min=0, help="Ruang paket dalam bita; 0: tanpa batas.")] = 0,
          while_stdin: Annotated[bool, typer.Option("--while-stdin", help="Berhenti bila masukan standar ditutup.")] = False) -> None:
    """Menjalankan simulator gateway SIAK di 127.0.0.1 sampai Ctrl+C."""
    if context.invoked_subcommand is not None:
        return
    from ktpel_kiosk.app.gateway import ServeOptions
    from ktpel_kiosk.app.gateway import serve as run

    options = ServeOptions(port, admin_port if admin else None, step, realistic, speed, seed, scenario, tuple(share or ()), scenario_file,
                           quota, while_stdin)
    guarded(lambda: run(data_of(data), options, typer.echo))


@gateway_app.command("node")
def node(config: Annotated[Path, typer.Option("--config", exists=True, dir_okay=False, help="Berkas TOML (docs/scale.md).")],
         while_stdin: Annotated[bool, typer.Option("--while-stdin", help="Berhenti bila masukan standar ditutup.")] = False) -> None:
    """Menjalankan satu simpul gateway di atas PostgreSQL dan penyimpanan S3; boleh banyak sekaligus."""
    from ktpel_kiosk.app.gateway_node import serve as run

    guarded(lambda: run(config, typer.echo, while_stdin))


@gateway_app.command("sweep")
def sweep(config: Annotated[Path, typer.Option("--config", exists=True, dir_okay=False, help="Berkas TOML (docs/scale.md).")]) -> None:
    """Menghapus objek yang tidak dipakai paket mana pun (sisa simpul yang mati)."""
    from ktpel_kiosk.app.gateway_node import read_config
    from ktpel_kiosk.app.gateway_node import sweep as run

    typer.echo(f"{guarded(lambda: run(read_config(config)))} objek dihapus.")


@gateway_app.command("fault")
def fault(operation: Annotated[str, typer.Argument(help="announce, create, offset, chunk, receipt, status, lookup, record, material, "
                                                   "card.")],
          kind: Annotated[str, typer.Argument(help="status, late, lose, forget, forge, alter, html, redirect, empty, hang, full, "
                                               "clock, lie.")],
          value: Annotated[float, typer.Option("--value", help="Kode HTTP, detik, atau bita.")] = 0.0,
          times: Annotated[int, typer.Option("--times", min=1)] = 1, data: Data = DEFAULT_DATA) -> None:
    """Memasang gangguan pada gateway yang sedang berjalan."""
    from ktpel_kiosk.app.gateway import ask

    body = {"operation": operation, "kind": kind, "value": value, "times": times}
    found = guarded(lambda: ask(data_of(data), "POST", "/api/faults", body))
    typer.echo(f"{operation} {kind}: dipasang. Menunggu: {found['waiting']}.")


@gateway_app.command("clear")
def clear(data: Data = DEFAULT_DATA) -> None:
    """Menghapus semua gangguan yang menunggu."""
    from ktpel_kiosk.app.gateway import ask

    guarded(lambda: ask(data_of(data), "DELETE", "/api/faults"))
    typer.echo("Semua gangguan dihapus.")


@gateway_app.command("tell")
def tell(packet: Annotated[str, typer.Argument(help="Id paket atau NIK.")], status: Annotated[str, typer.Argument(help="Status SIAK.")],
         reason: Annotated[str, typer.Option("--reason")] = "", data: Data = DEFAULT_DATA) -> None:
    """Mengirim satu status untuk satu paket, sekarang."""
    from ktpel_kiosk.app.gateway import ask

    found = guarded(lambda: ask(data_of(data), "POST", "/api/statuses", {"packet": packet, "status": status, "reason": reason}))
    typer.echo(f"{found['packet_id']}: {status} untuk {found['station']}.")


@gateway_app.command("scenario")
def scenario(name: str, packet: Annotated[str, typer.Option("--for", help="Id paket atau NIK; kosong: semua paket berikutnya.")] = "",
             data: Data = DEFAULT_DATA) -> None:
    """Memilih skenario saat berjalan; paket yang sudah ada menjalaninya mulai sekarang."""
    from ktpel_kiosk.app.gateway import ask

    found = guarded(lambda: ask(data_of(data), "POST", "/api/scenarios", {"scenario": name, "packet": packet}))
    typer.echo(f"{name}: " + ("dijalankan sekarang." if found["replayed"] else "berlaku untuk paket berikutnya."))


@gateway_app.command("scenarios")
def scenarios(as_json: Json = False) -> None:
    """Semua skenario: urutan status dan jeda lazimnya."""
    from ktpel_kiosk.siak.simulator.scenarios import SCENARIOS

    def text() -> str:
        return "\n".join(f"{name:22} {' > '.join(s.status.value for s in stages) or '(diam)'}" for name, stages in SCENARIOS.items())

    rows = {name: [{"status": s.status.value, "typical_s": s.typical_s, "reason": s.reason} for s in stages]
            for name, stages in SCENARIOS.items()}
    put(rows, as_json, text)


@gateway_app.command("quota")
def quota(size: Annotated[int, typer.Argument(min=0, metavar="BITA")], data: Data = DEFAULT_DATA) -> None:
    """Mengubah ruang untuk paket; 0: tanpa batas. Paket baru di atasnya dijawab 507."""
    from ktpel_kiosk.app.gateway import ask

    found = guarded(lambda: ask(data_of(data), "POST", "/api/quota", {"bytes": size}))
    typer.echo(f"Ruang paket: {found['quota_bytes']} bita.")


@gateway_app.command("list")
def list_packets(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Apa yang sudah sampai: paket, stasiun, gangguan yang menunggu."""
    from ktpel_kiosk.app.gateway import ask

    found = guarded(lambda: ask(data_of(data), "GET", "/api/state"))

    def text() -> str:
        totals = found["totals"]
        lines = [f"{totals['complete']} paket lengkap dari {totals['packets']}, {totals['bytes_held']} bita"]
        lines += [f"{p['packet_id']}  {p['station']:16} {p['counter']:6}  {p['received']}/{p['size']}  {p['receipt'] or '-':>6}  "
                  f"{p['status'] or '-'}" for p in found["packets"]]
        lines += [f"gangguan: {operation} {kind} {value:g} {times}x" for operation, kind, value, times in found["faults"]]
        return "\n".join(lines)

    put(found, as_json, text)
