"""``keys``: which keys receipts are checked with; the practice centre's change of key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

keys_app = typer.Typer(no_args_is_help=True, help="Kunci dan sertifikat stasiun; kunci pemeriksa tanda terima.")


@keys_app.command("receipts")
def keys_receipts(data: Data = DEFAULT_DATA, as_json: Json = False,
                  add: Annotated[Path | None, typer.Option("--add", help="Sertifikat (PEM) kunci yang dipasang.")] = None,
                  kid: Annotated[str, typer.Option("--kid", help="Nama kunci itu menurut pusat.")] = "") -> None:
    """Daftar kunci tanda terima; dengan --add memasang satu kunci dari pusat."""
    if add is not None:
        guarded(lambda: _add(data_of(data), add, kid or add.stem))
    found = guarded(lambda: _listed(data_of(data)))
    put(found, as_json, lambda: "\n".join(f"{k['kid']:16} {k['from']:%Y-%m-%d} - {k['until']:%Y-%m-%d}  {k['state']}" for k in found))


def _listed(data: Path) -> list[dict[str, Any]]:
    from ktpel_kiosk.app.maintenance import opened

    with opened(data) as kiosk:
        keys, now = kiosk.key_keeper.ring.keys, kiosk.clock.now()
    return [{"kid": k.kid, "from": k.start, "until": k.end, "state": _state(k.kid in keys.revoked, k.retired, k.covers(now))}
            for k in keys.keys.values()]


def _state(revoked: bool, retired: bool, now: bool) -> str:
    if revoked:
        return "dicabut"
    if retired:
        return "hanya untuk tanda terima lama"
    return "berlaku" if now else "di luar masa berlaku"


def _add(data: Path, file: Path, kid: str) -> None:
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.domain.errors import BadInput
    from ktpel_kiosk.siak.receipt_keys import key_from_certificate

    try:
        pem = file.read_bytes()
    except OSError as e:
        raise BadInput("gateway.receipt_key", key=kid) from e
    with opened(data) as kiosk:
        kiosk.key_keeper.add(key_from_certificate(kid, pem), CONSOLE.username)


@keys_app.command("practice-rotate")
def practice_rotate(data: Data = DEFAULT_DATA,
                    overlap: Annotated[int, typer.Option("--overlap", min=0, help="Hari sampai kunci baru dipakai.")] = 0,
                    revoke: Annotated[str, typer.Option("--revoke", help="Cabut kunci ini.")] = "",
                    retire: Annotated[str, typer.Option("--retire", help="Kunci ini tidak menandatangani lagi.")] = "") -> None:
    """Pusat latihan mengumumkan kunci tanda terima berikutnya, atau mencabut dan memensiunkan yang lama."""
    typer.echo(guarded(lambda: _rotate(data_of(data), overlap, revoke, retire)))


def _rotate(data: Path, overlap: int, revoke: str, retire: str) -> str:
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.office import open_central_keys
    from ktpel_kiosk.app.simulation import practice_gateway

    chain = practice_gateway(data / "gateway", open_central_keys(data), SystemClock()).receipt_keys
    if revoke or retire:
        for kid, act in ((revoke, chain.revoke), (retire, chain.retire)):
            if kid:
                act(kid)
        return f"Diumumkan. Kunci yang menandatangani sekarang: {chain.signer()[1]}."
    return f"Kunci {chain.rotate(timedelta(days=overlap))} diumumkan; yang menandatangani sekarang: {chain.signer()[1]}."
