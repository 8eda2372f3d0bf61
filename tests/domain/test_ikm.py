from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain import ikm
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ikm import UNSUR, SurveyAnswer, Unsur, classify, half_up, index, krejcie_morgan, make_answer, parse_weight
from ktpel_kiosk.domain.questionnaire import parse_questionnaire

FORM = Path(__file__).parents[2] / "resources" / "survey" / "id.toml"
scores = st.tuples(*[st.integers(1, 4)] * 9)
forms = st.lists(scores.map(lambda s: SurveyAnswer("2026-11", "baru_wni", s)), min_size=1, max_size=60)


def twenty_nine() -> list[SurveyAnswer]:
    """29 forms with a total score of 955: 85 marks missing from full marks (1,044 - 955 = 89)."""
    flat = [4] * (29 * 9)
    for i in range(89):
        flat[(i * 7) % len(flat)] -= 1
    return [SurveyAnswer("2026-11", "baru_wni", tuple(flat[i * 9:i * 9 + 9])) for i in range(29)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("weight", "shown"), [("1/9", "91.48"), ("0,111", "91.38"), ("0.11", "90.56")])
def test_the_rounding_fixture(weight: str, shown: str) -> None:
    found = index(twenty_nine(), parse_weight(weight))
    assert found is not None
    assert (found.respondents, found.total) == (29, 955)
    assert (found.shown, found.mutu, found.kinerja) == (Decimal(shown), "A", "Sangat baik")
    assert ikm.weight_text(found.weight) == weight.replace(".", ",")


@pytest.mark.parametrize(("value", "band"), [
    ("25", "D"), ("64.99", "D"), ("64.994", "D"), ("64.995", "C"), ("65.00", "C"), ("76.60", "C"), ("76.604", "C"), ("76.605", "B"),
    ("76.61", "B"), ("88.30", "B"), ("88.304", "B"), ("88.305", "A"), ("88.31", "A"), ("100", "A"),
])
def test_bands_at_every_edge(value: str, band: str) -> None:
    assert classify(Fraction(value))[0] == band


def test_every_kinerja_has_its_words() -> None:
    assert [classify(Fraction(x))[1] for x in (30, 70, 80, 95)] == ["Tidak baik", "Kurang baik", "Baik", "Sangat baik"]


@given(forms)
def test_the_index_stays_in_its_range_and_order_does_not_matter(answers: list[SurveyAnswer]) -> None:
    found = index(answers)
    assert found is not None and 25 <= found.converted <= 100 and 1 <= found.raw <= 4
    assert index(reversed(answers)) == found
    assert index([*answers, *answers]).converted == found.converted  # type: ignore[union-attr]
    assert min(u.mean for u in found.unsur) == found.lowest[0].mean
    assert sum(u.mean for u in found.unsur) / 9 == found.raw


@given(forms, st.data())
def test_a_better_mark_never_lowers_the_index(answers: list[SurveyAnswer], data: st.DataObject) -> None:
    at, which = data.draw(st.integers(0, len(answers) - 1)), data.draw(st.integers(0, 8))
    better = list(answers[at].scores)
    better[which] = 4
    changed = [*answers[:at], replace(answers[at], scores=tuple(better)), *answers[at + 1:]]  # type: ignore[arg-type]
    assert index(changed).converted >= index(answers).converted  # type: ignore[union-attr]


def test_nobody_answered_is_not_zero() -> None:
    assert index([]) is None


def test_the_lowest_unsur_is_named_by_its_key() -> None:
    marks = dict.fromkeys(UNSUR, 4) | {Unsur.SARANA: 2}
    found = index([make_answer("2026-11", "baru_wni", marks)])
    assert found is not None and [u.name for u in found.lowest] == ["Sarana dan Prasarana"]
    assert found.unsur[8].shown == Decimal("2.00") and found.unsur[8].mutu == "D"
    assert found.unsur[7].unsur is Unsur.PENGADUAN


@pytest.mark.parametrize(("population", "size"), [
    (0, 0), (1, 1), (10, 10), (15, 14), (50, 44), (100, 80), (220, 140), (500, 217), (1000, 278), (5000, 357), (75_000, 382),
    (1_000_000, 384),
])
def test_krejcie_and_morgan_table(population: int, size: int) -> None:
    assert krejcie_morgan(population) == size


@pytest.mark.parametrize("text", ["", "0", "1/0", "1/8", "0,12", "0.10", "abc", "-1/9", "1/9/9", "１/9", "99999999999"])
def test_a_weight_nobody_uses_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"survey\.weight"):
        parse_weight(text)


@pytest.mark.parametrize(("change", "key"), [
    ({Unsur.BIAYA: None}, "survey.incomplete"), ({Unsur.BIAYA: 0}, "survey.score"), ({Unsur.BIAYA: 5}, "survey.score"),
    ({Unsur.BIAYA: True}, "survey.score"), ({Unsur.BIAYA: 2.5}, "survey.score"),
])
def test_the_whole_form_is_required(change: dict[Unsur, int | None], key: str) -> None:
    marks = {u: s for u, s in (dict.fromkeys(UNSUR, 3) | change).items() if s is not None}
    with pytest.raises(BadInput, match=key):
        make_answer("2026-11", "baru_wni", marks)


@pytest.mark.parametrize("profile", [{"kelamin": "x"}, {"nama": "SITI"}, {"usia": "'; DROP TABLE survey; --"}])
def test_a_profile_holds_listed_values_only(profile: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=r"survey\.profile"):
        make_answer("2026-11", "baru_wni", dict.fromkeys(UNSUR, 3), profile)


@pytest.mark.parametrize(("period", "months"), [
    ("2026", ("2026-01", "2026-12")), ("2026-02", ("2026-02", "2026-02")), ("2026-t4", ("2026-10", "2026-12")),
    ("2026-S1", ("2026-01", "2026-06")),
])
def test_periods(period: str, months: tuple[str, str]) -> None:
    assert ikm.months_of(period) == months


@pytest.mark.parametrize("period", ["", "26", "2026-13", "2026-T5", "2026-S3", "2026-00", "2026-11-01"])
def test_wrong_periods(period: str) -> None:
    with pytest.raises(BadInput, match=r"survey\.period"):
        ikm.months_of(period)


@given(st.fractions(0, 200), st.integers(0, 4))
def test_rounding_is_half_up_and_exact(value: Fraction, places: int) -> None:
    shown = half_up(value, places)
    step = Fraction(1, 10**places)
    assert -step / 2 < Fraction(shown) - value <= step / 2
    assert -shown.as_tuple().exponent == places  # type: ignore[operator]


def test_hours_of_the_form() -> None:
    assert [ikm.hour_band(datetime(2026, 11, 20, h)) for h in (6, 8, 12, 13, 17, 18)] == ["", "08-12", "08-12", "13-17", "13-17", ""]


def test_the_indonesian_form_asks_sarana_eighth_and_pengaduan_ninth() -> None:
    form = parse_questionnaire(FORM.read_text("utf-8"), name="id.toml", code="id")
    assert [q.unsur for q in form.questions][7:] == [Unsur.SARANA, Unsur.PENGADUAN]
    assert {q.unsur for q in form.questions} == set(UNSUR)
    words = {q.unsur: q.answers for q in form.questions}
    assert words[Unsur.BIAYA] == ("Sangat mahal", "Cukup mahal", "Murah", "Gratis")
    assert words[Unsur.PENGADUAN][0] == "Tidak ada" and words[Unsur.PENGADUAN][3] == "Dikelola dengan baik"


@pytest.mark.parametrize(("old", "new", "key"), [
    ('unsur = "sarana"', 'unsur = "waktu"', "survey_file.asked_twice"),
    ('unsur = "sarana"', 'unsur = "sarna"', "survey_file.unknown_value"),
    ('["Buruk", "Cukup", "Baik", "Sangat baik"]', '["Buruk", "Baik"]', "survey_file.answers"), ("[kata]", "[kata", "survey_file.toml"),
    ('usia = "Usia"', "", "survey_file.missing_key"), ('bahasa = "Bahasa Indonesia"', 'bahasa = ""', "survey_file.empty"),
])
def test_a_wrong_form_is_refused_with_its_line(old: str, new: str, key: str) -> None:
    with pytest.raises(BadInput, match=key) as caught:
        parse_questionnaire(FORM.read_text("utf-8").replace(old, new, 1), name="id.toml", code="id")
    assert caught.value.facts["path"] == "id.toml" and int(str(caught.value.facts["line"])) >= 1
