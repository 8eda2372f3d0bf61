"""``status`` on the command line: what each status means, an application's history, one entered, a list imported."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, guarded, put

status_app = typer.Typer(no_args_is_help=True, help="Status SIAK: arti, riwayat, catatan, dan daftar dari dinas.")

Number = Annotated[str, typer.Argument(help="Nomor register atau id permohonan.")]


@status_app.command("explain")
def status_explain(word: Annotated[str, typer.Argument(help="Status seperti di SIAK, misalnya PRR.")], as_json: Json = False) -> None:
    """Arti satu status untuk petugas dan untuk pemohon, siapa yang bertindak, dan langkah berikutnya."""
    from ktpel_kiosk.domain.errors import BadInput
    from ktpel_kiosk.domain.status import OtherStatus, status_of
    from ktpel_kiosk.domain.status_guide import follows, guide

    def work() -> Any:
        try:
            return status_of(word)
        except ValueError as error:
            raise BadInput("status.word") from error

    status = guarded(work)
    g, after = guide(status), sorted(s.value for s in follows(status))
    put({"status": status.value, "known": not isinstance(status, OtherStatus), "title": g.title, "operator": g.operator,
         "applicant": g.applicant, "who": g.who.value, "next": g.next, "follows": after}, as_json,
        lambda: "\n".join((f"{status.value}: {g.title}", f"  Artinya        {g.operator}", f"  Untuk pemohon  {g.applicant}",
                           f"  Bertindak      {g.who.value}", f"  Berikutnya     {g.next}",
                           f"  Lalu biasanya  {', '.join(after) or '-'}")))


@status_app.command("show")
def status_show(number: Number, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Semua status satu permohonan dengan sumbernya, yang terlama dahulu."""
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import statuses
    from ktpel_kiosk.domain.text import datetime_long
    from ktpel_kiosk.ui.words import word as said_as

    def work() -> tuple[list[dict[str, str]], str]:
        with opened(data_of(data)) as kiosk:
            p = _find(kiosk.desk, number)
            zona = kiosk.desk.sop.kantor.zona_waktu
            return [{"status": s.status.value, "at": s.at.isoformat(), "when": datetime_long(s.at, zona), "source": s.source,
                     "officer": s.officer, "reason": s.reason} for s in statuses.history(kiosk.desk, p.id)], p.nomor_register or p.id

    rows, shown = guarded(work)
    lines = [f"{r['when']:32} {r['status']:28} {said_as('sumber_status', r['source'])} {r['officer']} {r['reason']}".rstrip() for r in rows]
    put({"number": shown, "statuses": rows}, as_json,
        lambda: "\n".join([shown, *lines]) if rows else f"{shown}: belum ada kabar dari pusat.")


@status_app.command("set")
def status_set(number: Number, word: Annotated[str, typer.Argument(help="Status seperti di SIAK.")],
               at: Annotated[str, typer.Option("--at", help="Kapan terbaca, misalnya 2026-11-27T09:15; bawaan: sekarang.")] = "",
               where: Annotated[str, typer.Option("--where", help="Dibaca di mana.")] = "",
               reason: Annotated[str, typer.Option("--reason", help="Alasan; perlu bila perpindahannya tidak biasa.")] = "",
               data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Mencatat status yang terbaca di SIAK untuk satu permohonan."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import statuses
    from ktpel_kiosk.domain.errors import BadInput
    from ktpel_kiosk.domain.status import status_of

    def work() -> dict[str, Any]:
        with opened(data_of(data)) as kiosk:
            try:
                status = status_of(word)
            except ValueError as error:
                raise BadInput("status.word") from error
            p = _find(kiosk.desk, number)
            made = statuses.record_entry(kiosk.desk, CONSOLE, p.id, status, reason, where=where,
                                         at=_moment(at, kiosk.desk.sop.kantor.zona_waktu) if at else None)
            tahap = made.permohonan.current()
            return {"number": p.nomor_register, "status": status.value, "shown": made.shown, "state": made.permohonan.keadaan.value,
                    "stage": tahap.stage.value if tahap else ""}

    found = guarded(work)
    put(found, as_json, lambda: f"{found['number']}: {found['status']} tercatat" + (
        "." if found["shown"] else "; sudah ada kabar yang lebih baru, jadi hanya masuk riwayat."))


@status_app.command("import")
def status_import(file: Path, dry_run: Annotated[bool, typer.Option("--dry-run", help="Hanya memeriksa; tidak menyimpan apa pun.")] = False,
                  data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Mengimpor daftar status dari dinas (CSV atau XLSX); keluar 1 bila ada baris yang tidak diambil."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import status_list

    def work() -> tuple[status_list.StatusPlan, status_list.Imported]:
        with opened(data_of(data)) as kiosk:
            return status_list.import_list(kiosk.desk, CONSOLE, file, dry_run=dry_run)

    plan, done = guarded(work)
    problems = [{"line": p.line, "who": p.who, "reason": p.reason} for p in plan.problems]
    put({"file": plan.file_name, "sha256": plan.sha256, "lines": plan.lines, "good": len(plan.taken), "known": plan.known,
         "stored": done.stored, "moved": done.moved, "dry_run": dry_run, "unusual": [t.line for t in plan.taken if t.unusual],
         "problems": problems}, as_json, lambda: "\n".join([
             *(f"baris {t.line}: tidak biasa, {t.before} lalu {t.status}" for t in plan.taken if t.unusual),
             *(f"baris {p['line']}: {p['reason']} {p['who']}".rstrip() for p in problems),
             f"{len(plan.taken)} baris baik, {plan.known} sudah tercatat, {len(problems)} tidak diambil."
             + (" Tidak ada yang disimpan." if dry_run else f" {done.stored} disimpan, {done.moved} permohonan berpindah.")]))
    if problems:
        raise typer.Exit(1)


def _find(desk: Any, number: str) -> Any:
    from ktpel_kiosk.desk.queries import find_scanned
    from ktpel_kiosk.domain.errors import NotFound
    found = find_scanned(desk, number)
    if found is None:
        raise NotFound("permohonan.not_found")
    return found


def _moment(text: str, zona: str) -> datetime:
    from ktpel_kiosk.domain.errors import BadInput
    from ktpel_kiosk.domain.text import zone
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("text.date") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=zone(zona))
