"""Command line of what an office brings with it: population list, calendar, its own SOP. The person at the console acts as supervisor."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput, KioskError

population_app = typer.Typer(no_args_is_help=True, help="Daftar penduduk kantor: impor dan daftar impor.")
calendar_app = typer.Typer(no_args_is_help=True, help="Kalender kantor: hari libur dan hari buka.")

UNSET = Path("~data")
Data = Annotated[Path, typer.Option("--data", help="Folder data kiosk.")]
Json = Annotated[bool, typer.Option("--json", help="Keluaran JSON.")]
SHOWN_PROBLEMS = 20


def add_to(app: typer.Typer, sop_app: typer.Typer) -> None:
    """Hang these commands into the command line."""
    app.add_typer(population_app, name="population")
    app.add_typer(calendar_app, name="calendar")
    sop_app.command("adopt")(sop_adopt)
    sop_app.command("history")(sop_history)
    sop_app.command("diff")(sop_diff)


def _folder(data: Path) -> Path:
    if data == UNSET:
        from ktpel_kiosk.app.cli import default_data
        return default_data()
    return data


def _guard(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except KioskError as error:
        _fail(error)


def _fail(error: KioskError) -> NoReturn:
    typer.echo(f"{load_sentences().of(error)} [{error.code} {error.message_key}]", err=True)
    raise typer.Exit(1)


def _out(value: Any, as_json: bool, lines: Callable[[], list[str]]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str) if as_json else "\n".join(lines()))


@population_app.command("import")
def population_import(file: Path,
                      strict: Annotated[bool, typer.Option("--strict", help="Tolak seluruh berkas bila ada baris salah.")] = False,
                      desa: Annotated[str, typer.Option("--desa", help="Desa semua baris, bila berkas tidak punya kolomnya.")] = "",
                      check: Annotated[bool, typer.Option("--check", help="Hanya periksa; tidak ada yang disimpan.")] = False,
                      problems: Annotated[Path | None, typer.Option("--problems", help="Simpan daftar baris bermasalah (CSV).")] = None,
                      data: Data = UNSET, as_json: Json = False) -> None:
    """Mengimpor daftar penduduk (CSV atau XLSX, kolom SIAK). Baris yang benar disimpan sekaligus, atau tidak sama sekali."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import population

    def work() -> dict[str, Any]:
        with opened(_folder(data)) as kiosk:
            plan = population.examine(kiosk.desk, CONSOLE, file, village=desa)
            if problems is not None:
                population.save_problems(kiosk.desk, CONSOLE, plan, problems)
            found: dict[str, Any] = {
                "file": plan.file_name, "rows": plan.rows, "good": len(plan.entries), "refused": plan.refused, "repeats": len(plan.repeats),
                "unused": list(plan.unused), "problems": [{"line": p.line, "column": p.column, "reason": p.reason} for p in plan.problems],
            }
            if not check:
                done = population.adopt(kiosk.desk, CONSOLE, plan, strict=strict)
                found |= {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
            return found

    _out(found := _guard(work), as_json, lambda: _import_lines(found, check))
    if strict and found["refused"]:
        raise typer.Exit(1)


def _import_lines(found: dict[str, Any], check: bool) -> list[str]:
    lines = [f"baris {p['line']}, {p['column']}: {p['reason']}" for p in found["problems"][:SHOWN_PROBLEMS]]
    if len(found["problems"]) > SHOWN_PROBLEMS:
        lines.append(f"... dan {len(found['problems']) - SHOWN_PROBLEMS} lagi; simpan semuanya dengan --problems BERKAS.csv")
    lines.append(f"{found['rows']} baris: {found['good']} baik, {found['refused']} ditolak, {found['repeats']} berulang.")
    if not check:
        lines.append(f"Disimpan: {found['added']} baru, {found['changed']} diperbarui, {found['unchanged']} tetap.")
    return lines


@population_app.command("show")
def population_show(data: Data = UNSET, as_json: Json = False) -> None:
    """Jumlah penduduk dalam daftar dan impor yang pernah dilakukan."""
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import population

    def work() -> tuple[int, dict[str, int], tuple[Any, ...]]:
        with opened(_folder(data)) as kiosk:
            count, figures = kiosk.desk.register.read(lambda v: (v.population_count(), dict(v.population_figures())))
            return count, figures, population.batches(kiosk.desk)

    count, figures, batches = _guard(work)
    rows = [{"at": b.at, "file": b.file_name, "officer": b.officer, "rows": b.rows, "added": b.added, "changed": b.changed,
             "unchanged": b.unchanged, "refused": b.refused, "sha256": b.sha256} for b in batches]
    _out({"count": count, "status": figures, "batches": rows}, as_json, lambda: [
        f"{count} penduduk", *(f"  {name or '(tanpa status)'}: {n}" for name, n in sorted(figures.items())),
        *(f"{b.at:%Y-%m-%d %H:%M}Z {b.file_name} oleh {b.officer}: {b.added} baru, {b.changed} diperbarui, {b.refused} ditolak"
          for b in batches)])


@calendar_app.command("show")
def calendar_show(year: Annotated[int | None, typer.Option("--year", min=2020, max=2100)] = None, data: Data = UNSET,
                  as_json: Json = False) -> None:
    """Hari libur dan hari buka satu tahun."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import kalender_kantor
    from ktpel_kiosk.domain.text import date_full

    def work() -> tuple[Any, ...]:
        with opened(_folder(data)) as kiosk:
            return kalender_kantor.year(kiosk.desk, year or SystemClock().now().year)

    days = _guard(work)
    _out([{"on": d.on, "name": d.nama, "open": d.open, "own": str(d.own.jenis) if d.own else ""} for d in days], as_json,
         lambda: [f"{date_full(d.on):28} {'BUKA ' if d.open else 'libur'} {d.nama}{'  (kantor)' if d.own else ''}" for d in days])


@calendar_app.command("set")
def calendar_set(day: Annotated[str, typer.Argument(help="Tanggal, misalnya 27-11-2026.")],
                 kind: Annotated[str, typer.Argument(help="libur, bukan-libur, buka, atau hapus.")],
                 name: Annotated[str, typer.Argument(help="Nama hari, misalnya Pilkada.")] = "", data: Data = UNSET) -> None:
    """Menetapkan satu hari: libur kantor, bukan libur, atau tetap buka; hapus mengembalikannya ke kalender pemerintah."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import kalender_kantor
    from ktpel_kiosk.domain.text import parse_date

    def work() -> None:
        on: date = parse_date(day)
        with opened(_folder(data)) as kiosk:
            if kind == "hapus":
                kalender_kantor.drop_day(kiosk.desk, CONSOLE, on)
                return
            try:
                jenis = kalender_kantor.Jenis(kind.replace("-", " "))
            except ValueError as error:
                raise BadInput("calendar.kind", value=kind[:20]) from error
            kalender_kantor.set_days(kiosk.desk, CONSOLE, [kalender_kantor.OfficeDay(on, jenis, name.strip())])

    _guard(work)
    typer.echo("Kalender kantor diubah.")


@calendar_app.command("import")
def calendar_import(file: Path, data: Data = UNSET) -> None:
    """Mengambil hari dari CSV atau XLSX (tanggal;jenis;nama); semuanya, atau tidak sama sekali."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import kalender_kantor

    def work() -> int:
        with opened(_folder(data)) as kiosk:
            return kalender_kantor.import_file(kiosk.desk, CONSOLE, file)

    try:
        count = work()
    except kalender_kantor.BadCalendar as error:
        for p in error.problems:
            typer.echo(f"baris {p.line}, {p.column}: {p.text}", err=True)
        _fail(error)
    except KioskError as error:
        _fail(error)
    typer.echo(f"{count} hari diambil.")


def _sop_text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("sop.unreadable", path=str(file)) from error


def sop_adopt(file: Path, data: Data = UNSET, as_json: Json = False) -> None:
    """Memberlakukan naskah SOP baru; permohonan yang sudah berjalan selesai menurut naskah lama."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import sop_versions

    def work() -> tuple[Any, Any]:
        with opened(_folder(data)) as kiosk:
            found = sop_versions.review(kiosk.desk, _sop_text(file))
            return found, sop_versions.adopt(kiosk.desk, CONSOLE, found.sop.source_text)

    found, sop = _guard(work)
    _out({"digest": sop.digest, "changes": [c.sentence for c in found.changes], "findings": [f.text for f in found.findings]}, as_json,
         lambda: [*(c.sentence for c in found.changes), *(f"{f.level}: {f.text}" for f in found.findings),
                  f"Berlaku sekarang: {sop.judul} (sidik {sop.digest[:12]})."])


def sop_diff(file: Path, data: Data = UNSET, as_json: Json = False) -> None:
    """Apa yang berubah bila naskah ini diberlakukan."""
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import sop_versions

    def work() -> Any:
        with opened(_folder(data)) as kiosk:
            return sop_versions.review(kiosk.desk, _sop_text(file))

    found = _guard(work)
    none = "Naskah ini sedang berlaku." if found.same else "Isinya sama; hanya keterangan atau spasi yang berubah."
    _out([c.sentence for c in found.changes], as_json, lambda: [c.sentence for c in found.changes] or [none])


def sop_history(data: Data = UNSET, as_json: Json = False) -> None:
    """Versi SOP yang pernah berlaku di kantor ini."""
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import sop_versions
    from ktpel_kiosk.domain.text import datetime_long

    def work() -> tuple[Any, str]:
        with opened(_folder(data)) as kiosk:
            return sop_versions.history(kiosk.desk), kiosk.desk.sop.kantor.zona_waktu

    made, zona = _guard(work)
    _out([{"at": a.at, "officer": a.officer, "digest": a.digest, "number": a.nomor, "in_force": a.in_force} for a in made], as_json,
         lambda: [f"{datetime_long(a.at, zona)}  {a.digest[:12]}  {a.nomor or '-'}  oleh {a.officer}{'  BERLAKU' if a.in_force else ''}"
                  for a in made])
