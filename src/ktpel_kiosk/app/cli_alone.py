"""Command line: how long officers may still sign in without the centre, one more time with a reason, and how many days it may be."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, fail, guarded, put

station_app = typer.Typer(no_args_is_help=True, help="Komputer ini: masuk tanpa pusat.")


@station_app.callback()
def _station() -> None:
    """Keeps the name of the one command."""


@station_app.command("sign-in-bound")
def sign_in_bound_command(
        extend: Annotated[str, typer.Option("--extend", help="Alasan; memulai hitungan hari lagi.")] = "",
        days: Annotated[int, typer.Option("--days", help="Paling lama sekian hari tanpa pusat.")] = 0,
        officer: Annotated[str, typer.Option("--officer", help="Nama masuk supervisor atau admin; kata sandinya ditanyakan.")] = "",
        data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Berapa hari lagi petugas dapat masuk tanpa pusat; keluar 1 bila sudah habis."""
    from ktpel_kiosk.domain.errors import BadInput

    if (extend or days) and not officer:
        fail(BadInput("sign_in.bound_officer"))
    password = typer.prompt("Kata sandi", hide_input=True, err=True) if officer else ""
    found = guarded(lambda: _work(data_of(data), extend, days, officer, password))
    put(found, as_json, lambda: _words(found))
    if found["over"]:
        raise typer.Exit(1)


def _work(folder: Any, extend: str, days: int, officer: str, password: str) -> dict[str, Any]:
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import sign_in, sign_in_bound

    with opened(folder) as kiosk:
        desk = kiosk.desk
        if officer:
            actor = sign_in.sign_in(desk, officer, password)
            if days:
                sign_in_bound.set_days(desk, actor, days)
            if extend:
                sign_in_bound.extend(desk, actor, extend)
            sign_in.sign_out(desk, actor)
        now, last = sign_in_bound.bound(desk), sign_in_bound.last_extension(desk)
        return {"days": now.days, "days_left": now.days_left, "over": now.over,
                "extended": {"at": last.at.isoformat(), "officer": last.officer, "reason": last.reason} if last else None}


def _words(found: dict[str, Any]) -> str:
    if not found["days"]:
        return "Kantor latihan: masuk tanpa pusat tidak dibatasi."
    if found["over"]:
        return (f"Sudah lebih dari {found['days']} hari tanpa pusat: hanya supervisor dan admin yang dapat masuk. Perpanjang: "
                "ktpel-kiosk station sign-in-bound --extend ALASAN --officer NAMA")
    return f"Petugas dapat masuk {found['days_left']} hari lagi tanpa pusat (paling lama {found['days']} hari)."
