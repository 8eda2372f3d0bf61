"""What all commands share: the data folder, one clear line on a known error, text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ktpel_kiosk.app.resources import default_data as default_data
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import KioskError

Data = Annotated[Path, typer.Option("--data", help="Folder data kiosk.")]
Json = Annotated[bool, typer.Option("--json", help="Keluaran JSON.")]
DEFAULT_DATA = Path("~data")


def data_of(path: Path) -> Path:
    return default_data() if path == DEFAULT_DATA else path


def fail(error: KioskError) -> NoReturn:
    typer.echo(f"{load_sentences().of(error)} [{error.code} {error.message_key}]", err=True)
    raise typer.Exit(1)


def guarded(work: Callable[[], Any]) -> Any:
    """Run a command's work; known errors become one line and exit code 1."""
    try:
        return work()
    except KioskError as error:
        fail(error)


def put(value: Any, as_json: bool, text: Callable[[], str]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str) if as_json else text())
