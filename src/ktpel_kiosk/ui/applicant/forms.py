"""The survey's languages on disk."""

from __future__ import annotations

from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.questionnaire import Questionnaire, parse_questionnaire
from ktpel_kiosk.ui.resources import resource_root


def load_forms(folder: Path | None = None) -> tuple[Questionnaire, ...]:
    """Every ``*.toml`` of the folder, Indonesian first.

    Raises:
        BadInput: ``survey_file.<rule>`` or ``survey_file.unreadable``.
    """
    forms = []
    for path in sorted((folder or resource_root() / "survey").glob("*.toml")):
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise BadInput("survey_file.unreadable", path=str(path)) from error
        forms.append(parse_questionnaire(text, name=path.name, code=path.stem))
    return tuple(sorted(forms, key=lambda f: (f.code != "id", f.code)))
