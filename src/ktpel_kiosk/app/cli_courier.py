"""Command line of the courier: packets on a USB disk, sent from any computer with a line, receipts and statuses brought back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

if TYPE_CHECKING:
    from ktpel_kiosk.desk.courier import Exported
    from ktpel_kiosk.desk.courier_back import Imported
    from ktpel_kiosk.domain.courier import Refused
    from ktpel_kiosk.siak.courier_send import SendReport

courier_app = typer.Typer(no_args_is_help=True, help="Kurir USB: paket dibawa ke komputer yang tersambung, tanda terima dibawa kembali.")
Folder = Annotated[Path, typer.Argument(help="USB, atau folder bundel di dalamnya.")]


@courier_app.command("export")
def export(folder: Annotated[Path, typer.Argument(help="USB atau folder tempat bundel ditulis.")],
           limit_mb: Annotated[int, typer.Option("--limit-mb", min=0, help="Ukuran bundel paling besar; 0: sebanyak yang muat.")] = 0,
           new: Annotated[bool, typer.Option("--new", help="Hanya paket yang belum ada di USB mana pun.")] = False,
           data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Menulis paket yang menunggu, yang tertua lebih dulu. Paket tetap dalam antrean sampai tanda terimanya ada."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import courier

    def work() -> Exported:
        with opened(data_of(data)) as kiosk:
            return courier.export_bundle(kiosk.desk, CONSOLE, folder, limit_bytes=limit_mb * 1_000_000, only_new=new)

    made: Exported = guarded(work)
    put({"folder": str(made.folder), "bundle": made.bundle.id, "packets": made.bundle.packets, "bytes": made.bundle.bytes,
         "digest": made.bundle.digest, "damaged": list(made.damaged), "left": made.left}, as_json, lambda: "\n".join(_exported(made)))


def _exported(made: Exported) -> list[str]:
    said = [f"{made.bundle.packets} paket ({_mb(made.bundle.bytes)}) di {made.folder}.",
            f"Lepas USB dengan aman. Di komputer yang tersambung: ktpel-kiosk courier send {made.folder.name} --gateway ALAMAT --ca BERKAS"]
    if made.left:
        said.append(f"{made.left} paket ({_mb(made.left_bytes)}) belum muat: pasang USB lain lalu jalankan lagi dengan --new.")
    said += [f"Berkas paket {packet_id} hilang atau rusak di komputer ini dan tidak disalin; buka Antrean." for packet_id in made.damaged]
    return said


@courier_app.command("send")
def send(folder: Folder, gateway: Annotated[str, typer.Option("--gateway", help="Alamat gateway, https://…")],
         ca: Annotated[Path | None, typer.Option("--ca", help="Sertifikat CA gateway (PEM); wajib untuk https.")] = None,
         cert: Annotated[Path | None, typer.Option("--cert", help="Sertifikat komputer ini bila gateway memintanya (PEM).")] = None,
         key: Annotated[Path | None, typer.Option("--key", help="Kunci sertifikat itu (PEM).")] = None,
         proxy: Annotated[str, typer.Option("--proxy", help="Proxy HTTP kantor, bila ada.")] = "",
         patience: Annotated[int, typer.Option("--patience", min=0, help="Detik menunggu jaringan sebelum berhenti.")] = 120,
         as_json: Json = False) -> None:
    """Mengirim bundel dari komputer mana pun yang tersambung; tidak perlu folder kantor. Bila terputus, jalankan lagi: dilanjutkan."""
    from ktpel_kiosk.app.courier_sending import send_all

    quiet = as_json
    reports: Mapping[str, SendReport] = guarded(
        lambda: send_all(folder, gateway, ca=ca, cert=cert, key=key, proxy=proxy, patience_s=patience,
                         say=(lambda _t: None) if quiet else typer.echo))
    put([_sent_facts(name, r) for name, r in reports.items()], as_json,
        lambda: "\n".join(t for n, r in reports.items() for t in _sent(n, r)))
    if any(r.missing or r.trouble for r in reports.values()):
        raise typer.Exit(1)


def _sent_facts(name: str, r: SendReport) -> dict[str, Any]:
    return {"bundle": name, "packets": r.packets, "had": r.had, "received": r.received, "missing": r.missing, "status_pages": r.statuses,
            "refused": [{"entry": x.entry, "reason": x.key} for x in r.refused], "trouble": r.trouble.message_key if r.trouble else ""}


def _sent(name: str, r: SendReport) -> list[str]:
    from ktpel_kiosk.app.sentences import load_sentences

    said = [f"{name}: {r.had + r.received} dari {r.packets} paket sudah bertanda terima ({r.received} baru)."]
    said += _refusals(r.refused)
    if r.trouble is not None:
        said += [load_sentences().of(r.trouble), "Jalankan perintah yang sama lagi; pengiriman dilanjutkan dari bagian terakhir."]
    elif not r.missing:
        said.append("Semua paket sudah diterima. Bawa USB ini kembali ke kantor: tanda terima ada di dalamnya.")
    return said


@courier_app.command("import")
def import_back(folder: Folder, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Membaca tanda terima dan status dari USB. Yang tidak sah ditolak satu per satu, sisanya tetap dipakai."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import courier

    def work() -> tuple[Imported, ...]:
        with opened(data_of(data)) as kiosk:
            return courier.import_bundles(kiosk.desk, CONSOLE, folder)

    found: tuple[Imported, ...] = guarded(work)
    put([_imported_facts(x) for x in found], as_json, lambda: "\n".join(t for x in found for t in _imported(x)))
    if any(x.refused for x in found):
        raise typer.Exit(1)


def _imported_facts(x: Imported) -> dict[str, Any]:
    return {"bundle": x.label, "ours": x.ours, "receipts": x.receipts, "receipts_had": x.receipts_had, "statuses": x.statuses,
            "statuses_had": x.statuses_had, "refused": [{"entry": r.entry, "reason": r.key} for r in x.refused]}


def _imported(x: Imported) -> list[str]:
    return [f"{x.label}: {x.receipts} tanda terima baru ({x.receipts_had} sudah ada), {x.statuses} status baru "
            f"({x.statuses_had} sudah ada).", *_refusals(x.refused)]


def _refusals(refused: tuple[Refused, ...]) -> list[str]:
    from ktpel_kiosk.app.sentences import load_sentences
    from ktpel_kiosk.desk.courier_back import lines

    return [f"  ditolak {line}" for line in lines(refused, load_sentences().text)]


@courier_app.command("show")
def show(folder: Folder, as_json: Json = False) -> None:
    """Isi bundel dan sejauh mana terkirim; setiap berkas paket diperiksa."""
    from ktpel_kiosk.app.courier_sending import look

    found: list[dict[str, Any]] = guarded(lambda: look(folder))
    put(found, as_json, lambda: "\n".join(t for x in found for t in _shown(x)))
    if any(x["refused"] for x in found):
        raise typer.Exit(1)


def _shown(x: dict[str, Any]) -> list[str]:
    from ktpel_kiosk.domain.courier import Refused

    said = [x["bundle"]]
    if x["packets"]:
        said.append(f"  stasiun {x['station']}, dibuat {x['created_at']}, {x['packets']} paket ({_mb(x['bytes'])}), "
                    f"{x['receipts']} bertanda terima, {x['status_pages']} berkas status")
    if x["last_try"]:
        said.append(f"  terakhir dikirim {x['last_try']} ke {x['host']}" + (f": {_trouble(x['trouble'])}" if x["trouble"] else ""))
    return said + _refusals(tuple(Refused(r["entry"], r["reason"]) for r in x["refused"]))


def _trouble(key: str) -> str:
    """A message key somebody else's computer noted on the disk; words only for keys that are known here."""
    from ktpel_kiosk.app.sentences import load_sentences

    table = load_sentences()
    return table.text(key) if key in table.keys() else "terhenti"  # noqa: SIM118 - Sentences is no mapping


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB".replace(".", ",")
