"""``register`` and ``blangko`` on the command line: books, closing a month, checks, the blank-card ledger."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

register_app = typer.Typer(no_args_is_help=True, help="Buku register: daftar, ekspor, tutup bulan, periksa.")
blangko_app = typer.Typer(no_args_is_help=True, help="Persediaan blangko.")

Year = Annotated[int | None, typer.Option("--year", help="Tahun; bawaan: tahun ini.")]
Month = Annotated[int | None, typer.Option("--month", min=1, max=12, help="Bulan 1-12; tanpa ini: seluruh tahun.")]
ClosedYear = Annotated[int, typer.Option("--year", help="Tahun.")]
ClosedMonth = Annotated[int, typer.Option("--month", min=1, max=12, help="Bulan 1-12.")]


@register_app.command("books")
def register_books(data: Data = DEFAULT_DATA, year: Year = None, as_json: Json = False) -> None:
    """Kedelapan buku dengan jumlah barisnya, dan keadaan setiap bulan."""
    from ktpel_kiosk.app.maintenance import list_books
    listed, months = guarded(lambda: list_books(data_of(data), year))
    words = {"kosong": "kosong", "berjalan": "berjalan", "terbuka": "belum ditutup", "tertutup": "tertutup", "nanti": "-"}
    put({"books": [asdict(b) for b in listed],
         "months": [{"year": m.year, "month": m.month, "state": m.state, "rows": m.rows} for m in months]}, as_json,
        lambda: "\n".join([*(f"{b.book:14} {b.rows:>7}  {b.title}" for b in listed), "",
                           *(f"{m.year}-{m.month:02d} {m.rows:>7}  {words[m.state]}" for m in months if m.state != "nanti")]))


@register_app.command("export")
def register_export(book: Annotated[str, typer.Option("--book", help="Nama buku; lihat: register books.")],
                    out: Annotated[Path, typer.Option("--out", help="Berkas yang ditulis.")],
                    format: Annotated[str, typer.Option("--format", help="xlsx, csv, atau pdf.")] = "xlsx", data: Data = DEFAULT_DATA,
                    year: Year = None, month: Month = None, as_json: Json = False) -> None:
    """Mengekspor satu buku dengan NIK disamarkan."""
    from ktpel_kiosk.app.maintenance import export_book
    digest = guarded(lambda: export_book(data_of(data), book, format, out, year, month))
    put({"file": str(out), "sha256": digest}, as_json, lambda: f"{out}  SHA-256 {digest}")


@register_app.command("close")
def register_close(year: ClosedYear, month: ClosedMonth, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Menutup buku satu bulan yang sudah lewat; salinan PDF disimpan di folder arsip."""
    from ktpel_kiosk.app.maintenance import close_month
    lock, folder = guarded(lambda: close_month(data_of(data), year, month))
    put({"year": year, "month": month, "archive": str(folder), "books": [asdict(d) for d in lock.digests]}, as_json,
        lambda: "\n".join([*(f"{d.book:14} {d.rows:>7}  {d.sha256}" for d in lock.digests),
                           f"Bulan {year}-{month:02d} ditutup. Salinan PDF: {folder}"]))


@register_app.command("check")
def register_check(year: ClosedYear, month: ClosedMonth, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Membandingkan buku bulan yang tertutup dengan isinya saat ditutup; keluar 1 bila ada baris berubah tanpa sebab."""
    from ktpel_kiosk.app.maintenance import check_month
    found = guarded(lambda: check_month(data_of(data), year, month))
    put({"good": found.good, "books": [asdict(b) for b in found.books]}, as_json,
        lambda: "\n".join(check_line(b) for b in found.books))
    if not found.good:
        raise typer.Exit(1)


def check_line(book: object) -> str:
    from ktpel_kiosk.desk.closing import BookCheck, check_text
    assert isinstance(book, BookCheck)
    return f"{book.book:14} {book.rows:>7}  {check_text(book)}"


@register_app.command("verify")
def register_verify(data: Data = DEFAULT_DATA, anchor: Annotated[str, typer.Option("--anchor", help=(
        "Kode audit yang tercetak pada laporan atau bukti: register ini harus memuatnya."))] = "", as_json: Json = False) -> None:
    """Memeriksa rantai audit, setiap baris yang dijaminnya, tanda tangan setiap paraf, dan kode audit yang tercetak."""
    from ktpel_kiosk.app.maintenance import verify
    from ktpel_kiosk.desk.approvals import sentence_of
    from ktpel_kiosk.desk.audit_code import anchor_text, check_text
    check, signed, held = guarded(lambda: verify(data_of(data), anchor))
    put({"length": check.length, "head": check.head, "whole": check.whole, "broken_at": check.broken_at, "rows": check.rows,
         "rows_unsealed": check.unsealed, "rows_different": [asdict(f) for f in check.faults], "anchor": held, "approvals": signed.count,
         "approvals_changed": signed.changed, "approvals_unsigned": signed.unsigned, "approvals_invalid": [a for _, a in signed.invalid]},
        as_json, lambda: "\n".join(filter(None, (*check_text(check), anchor_text(anchor, held), sentence_of(signed)))))
    if not (check.whole and signed.whole and held is not False):
        raise typer.Exit(1)


@blangko_app.command("stock")
def blangko_stock(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Persediaan blangko menurut catatan; keluar 1 bila catatan tidak seimbang."""
    from ktpel_kiosk.app.maintenance import blangko_stock as stock_of
    stock = guarded(lambda: stock_of(data_of(data)))
    b = stock.balance
    put({**asdict(b), "threshold": stock.threshold, "low": stock.low, "balanced": b.balanced}, as_json, lambda: (
        f"Sisa {b.stok} lembar (masuk {b.masuk}, sedang dipakai {b.dipakai}, baik {b.baik}, rusak {b.rusak}, dikembalikan {b.dikembalikan})"
        + (f". Tinggal sedikit: batasnya {stock.threshold}." if stock.low else ".")))
    if not b.balanced:
        raise typer.Exit(1)
