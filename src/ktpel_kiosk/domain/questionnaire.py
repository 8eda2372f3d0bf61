"""The survey form as data: questions in the office's order, each naming its unsur, with four answers (DOMAIN.md 7.1).

A file of ``resources/survey/`` is one language. The order of the questions is the form's own; answers are kept by unsur.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.domain.ikm import PROFILE, UNSUR, Unsur
from ktpel_kiosk.domain.toml_reader import Source, Table

TEXTS = (
    "ajakan", "ajakan_kecil", "ya", "tidak", "kembali", "lewati", "lanjut", "kirim", "pertanyaan_ke", "profil", "profil_kecil",
    "terima_kasih", "terima_kasih_kecil", "rahasia",
)
PROFILE_ASKED = ("kelamin", "usia", "pendidikan", "pekerjaan")


@dataclass(frozen=True, slots=True)
class Question:
    """``answers``: words of the scores 1..4."""

    unsur: Unsur
    text: str
    answers: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class ProfileQuestion:
    """``choices``: (value kept, word shown)."""

    key: str
    text: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One language of the form."""

    code: str
    language: str
    words: dict[str, str]
    questions: tuple[Question, ...]
    profile: tuple[ProfileQuestion, ...]


def parse_questionnaire(text: str, *, name: str, code: str) -> Questionnaire:
    """The form in ``text``; every unsur is asked exactly once.

    Raises:
        BadInput: ``survey_file.<rule>`` with path, line, key and value.
    """
    source = Source(text, name, "survey_file")
    top = Table(source, source.data, ())
    language = top.text("bahasa")
    spoken = top.table("kata")
    words = {key: spoken.text(key) for key in TEXTS}
    spoken.end()
    questions = _questions(top)
    profile = _profile(top)
    top.end()
    return Questionnaire(code, language, words, questions, profile)


def _questions(top: Table) -> tuple[Question, ...]:
    found: list[Question] = []
    for table in top.tables("pertanyaan", required=True):
        unsur = Unsur(table.choice("unsur", tuple(str(u) for u in UNSUR)))
        if unsur in {q.unsur for q in found}:
            table.fail("asked_twice", "unsur", unsur)
        answers = table.texts("jawaban")
        if len(answers) != 4:
            table.fail("answers", "jawaban", len(answers), expected="4")
        found.append(Question(unsur, table.text("teks"), (answers[0], answers[1], answers[2], answers[3])))
        table.end()
    missing = [u for u in UNSUR if u not in {q.unsur for q in found}]
    if missing:
        top.fail("not_asked", "pertanyaan", missing[0])
    return tuple(found)


def _profile(top: Table) -> tuple[ProfileQuestion, ...]:
    table = top.table("profil")
    found = []
    for key in PROFILE_ASKED:
        words = table.texts(f"{key}_pilihan")
        if len(words) != len(PROFILE[key]):
            table.fail("answers", f"{key}_pilihan", len(words), expected=str(len(PROFILE[key])))
        found.append(ProfileQuestion(key, table.text(key), tuple(zip(PROFILE[key], words, strict=True))))
    table.end()
    return tuple(found)
