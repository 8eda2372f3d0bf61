"""Command line of the rules of recording: least scores, tries, the rule, what is allowed. The person at the console acts as supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_kiosk.app.cli_office import UNSET, Data, Json, _folder, _guard, _out

if TYPE_CHECKING:
    from ktpel_kiosk.domain.biometric import Position
    from ktpel_kiosk.domain.capture_rules import CaptureRules, Limit

capture_app = typer.Typer(no_args_is_help=True, help="Mutu perekaman: nilai minimum, percobaan, cara memilih hasil.")


def _facts(rules: CaptureRules) -> dict[str, Any]:
    from ktpel_kiosk.domain.capture_rules import POSITIONS
    return {
        "limits": {p.value: {"minimum": rules.minimum(p), "tries": rules.tries(p)} for p in POSITIONS}, "best_of": rules.best_of.value,
        "ganti_latar": rules.ganti_latar, "cari_ganda": rules.cari_ganda, "tanpa_nfiq2": rules.tanpa_nfiq2,
        "simpan_hari": rules.simpan_hari,
    }


def _lines(rules: CaptureRules) -> list[str]:
    from ktpel_kiosk.domain.capture_rules import POSITIONS
    from ktpel_kiosk.ui.words import word
    yes = {True: "ya", False: "tidak"}
    return [
        *(f"{word('posisi', p):18} minimum {rules.minimum(p):2}, percobaan {rules.tries(p)}  ({p.value})" for p in POSITIONS),
        f"Hasil yang dipakai: {word('aturan_hasil', rules.best_of)} ({rules.best_of})",
        f"Boleh mengganti latar foto: {yes[rules.ganti_latar]}", f"Cari rekaman ganda: {yes[rules.cari_ganda]}",
        f"Templat jari disimpan: {rules.keep_days} hari",
        f"Nilai tanpa NFIQ2 dihitung: {yes[rules.tanpa_nfiq2]}",
    ]


@capture_app.command("show")
def capture_show(data: Data = UNSET, as_json: Json = False) -> None:
    """Aturan mutu perekaman yang berlaku."""
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import capture_rules

    def work() -> CaptureRules:
        with opened(_folder(data)) as kiosk:
            return capture_rules.current(kiosk.desk)

    rules = _guard(work)
    _out(_facts(rules), as_json, lambda: _lines(rules))


@capture_app.command("set")
def capture_set(
        minimum: Annotated[list[str] | None, typer.Option("--minimum", help="Nilai minimum, misalnya right_thumb=35.")] = None,
        tries: Annotated[list[str] | None, typer.Option("--tries", help="Percobaan, misalnya face=4.")] = None,
        rule: Annotated[str, typer.Option("--rule", help="bsi, tertinggi, atau terakhir.")] = "",
        ganti_latar: Annotated[bool | None, typer.Option("--ganti-latar/--tanpa-ganti-latar", help="Boleh mengganti latar foto.")] = None,
        cari_ganda: Annotated[bool | None, typer.Option("--cari-ganda/--tanpa-cari-ganda", help="Cari rekaman ganda.")] = None,
        simpan_hari: Annotated[int, typer.Option("--simpan-hari", help="Masa simpan templat jari untuk mencari rekaman ganda.")] = 0,
        tanpa_nfiq2: Annotated[bool | None, typer.Option("--tanpa-nfiq2/--wajib-nfiq2", help="Nilai tanpa NFIQ2 dihitung.")] = None,
        baku: Annotated[bool, typer.Option("--defaults", help="Mulai dari nilai baku BSI TR-03121-3.")] = False,
        data: Data = UNSET, as_json: Json = False) -> None:
    """Mengubah aturan mutu; berlaku untuk perekaman yang dimulai sesudahnya."""
    from dataclasses import replace

    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import capture_rules
    from ktpel_kiosk.domain import capture_rules as domain_rules
    from ktpel_kiosk.domain.capture_rules import CaptureRules

    def work() -> CaptureRules:
        with opened(_folder(data)) as kiosk:
            before = CaptureRules() if baku else capture_rules.current(kiosk.desk)
            now = replace(
                before, best_of=domain_rules.best_of(rule) if rule else before.best_of,
                ganti_latar=before.ganti_latar if ganti_latar is None else ganti_latar,
                cari_ganda=before.cari_ganda if cari_ganda is None else cari_ganda,
                tanpa_nfiq2=before.tanpa_nfiq2 if tanpa_nfiq2 is None else tanpa_nfiq2, simpan_hari=simpan_hari or before.simpan_hari)
            return capture_rules.change(kiosk.desk, CONSOLE, now.with_limits(_limits(now, minimum or [], tries or [])))

    rules = _guard(work)
    _out(_facts(rules), as_json, lambda: [*_lines(rules), "Tersimpan."])


def _limits(rules: CaptureRules, minimum: list[str], tries: list[str]) -> dict[Position, Limit]:
    """``right_thumb=35`` pairs onto the present limits."""
    from dataclasses import replace

    from ktpel_kiosk.domain import capture_rules
    from ktpel_kiosk.domain.biometric import Position
    from ktpel_kiosk.domain.errors import BadInput

    limits = dict(rules.limits)
    for entries, name in ((minimum, "minimum"), (tries, "tries")):
        for entry in entries:
            where, _, value = entry.partition("=")
            if where.strip() not in {p.value for p in capture_rules.POSITIONS}:
                raise BadInput("rules.position", position=where.strip()[:20])
            position = Position(where.strip())
            number = capture_rules.number(value, f"rules.{name}", position)
            limits[position] = replace(limits[position], **{name: number})
    return limits


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the command line."""
    app.add_typer(capture_app, name="capture")
