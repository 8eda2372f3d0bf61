"""Command line of the simulated desk: give a running practice kiosk a jam, a dry finger, a torn card, a dead line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put
from ktpel_kiosk.domain.errors import BadInput

simulate_app = typer.Typer(no_args_is_help=True, help="Gangguan pada perangkat simulasi kiosk latihan yang sedang berjalan.")
Rows = list[dict[str, Any]]


def read_rows(path: Path) -> Rows:
    """The faults a script holds; none when there is no script. Raises BadInput ``faults.file``, ``faults.unknown``."""
    from ktpel_kiosk.hal.simulators.faults import Faults, rows_of
    if not path.exists():
        return []
    Faults().load(path)
    return rows_of(path)


def write_rows(path: Path, rows: Rows) -> None:
    """Replace the script whole: a kiosk that reads it meanwhile sees the old or the new one."""
    from ktpel_kiosk.durable import write_durably
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = ["\n".join(["[[fault]]", *(f"{k} = {json.dumps(v)}" for k, v in row.items())]) for row in rows]
    write_durably(path, ("\n\n".join(tables) + "\n").encode())


def _script(data: Path) -> Path:
    from ktpel_kiosk.app.practice_controls import script_of
    return script_of(data_of(data))


@simulate_app.command("list")
def list_faults(as_json: Json = False) -> None:
    """Semua gangguan yang dikenal."""
    from ktpel_kiosk.hal.simulators.faults import describe
    rows = describe()
    put([{"device": d, "fault": f, "what": w} for d, f, w in rows], as_json, lambda: "\n".join(f"{d:17} {f:18} {w}" for d, f, w in rows))


@simulate_app.command("show")
def show(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Gangguan yang tertulis sekarang."""
    rows = guarded(lambda: read_rows(_script(data)))
    put(rows, as_json, lambda: "\n".join(f"{r['device']:17} {r['fault']}" for r in rows) or "Tidak ada gangguan.")


@simulate_app.command("add")
def add(device: str, fault: str, after: Annotated[int, typer.Option("--after", min=0, help="Berapa kesempatan lewat dulu.")] = 0,
        times: Annotated[int, typer.Option("--times", min=0, help="Berapa kali terjadi; 0 selalu.")] = 1,
        values: Annotated[list[str] | None, typer.Option("--set", help="Parameter, misalnya seconds=5.")] = None,
        data: Data = DEFAULT_DATA) -> None:
    """Menambah satu gangguan; kiosk yang berjalan memakainya segera."""
    from ktpel_kiosk.hal.simulators.faults import Faults

    def work() -> None:
        more = dict(_pair(text) for text in values or ())
        Faults().add(device, fault, after, times, **more)
        path = _script(data)
        write_rows(path, [*read_rows(path), {"device": device, "fault": fault, "after": after, "times": times, **more}])

    guarded(work)
    typer.echo(f"{device} {fault}: dipasang.")


@simulate_app.command("clear")
def clear(device: Annotated[str, typer.Argument()] = "", fault: Annotated[str, typer.Argument()] = "", data: Data = DEFAULT_DATA) -> None:
    """Menghapus satu gangguan, semua gangguan satu perangkat, atau semuanya."""
    def work() -> int:
        path = _script(data)
        rows = read_rows(path)
        kept = [r for r in rows if (device and r["device"] != device) or (fault and r["fault"] != fault)]
        write_rows(path, kept)
        return len(rows) - len(kept)

    typer.echo(f"{guarded(work)} gangguan dihapus.")


def _pair(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found or not name.isidentifier():
        raise BadInput("faults.value", device="--set", value=text[:40])
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = value
    return name, parsed if isinstance(parsed, str | int | float | bool) else value
