"""The survey leads back to nobody; the summary counts what was answered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from desk_office import Office

from ktpel_kiosk.desk import ikm
from ktpel_kiosk.domain.errors import BadInput, NotAllowed
from ktpel_kiosk.domain.ikm import UNSUR, Unsur
from ktpel_kiosk.domain.sop import Peran

ALL = dict.fromkeys(UNSUR, 4)


def fill(office: Office, count: int, layanan: str = "baru_wni", **profile: str) -> None:
    for i in range(count):
        ikm.store_survey(office.desk, layanan, {**ALL, Unsur.SARANA: 1 + i % 4}, profile)


def test_a_form_is_kept_without_a_trace_of_the_person(office: Office) -> None:
    p = office.sealed()
    before = office.desk.register.read(lambda v: v.audit_length())
    ikm.store_survey(office.desk, "baru_wni", ALL, {"kelamin": "perempuan", "usia": "20-29"})
    links = office.desk.register.read(lambda v: v.audit(after=before))
    assert [(x.event, x.subject, x.actor) for x in links] == [("SurveyStored", ikm.SUBJECT, "-")]
    assert not links[0].facts
    kept = office.desk.register.read(lambda v: list(v.surveys("2026-11", "2026-11")))
    assert len(kept) == 1 and (kept[0].month, kept[0].jam, kept[0].usia) == ("2026-11", "08-12", "20-29")
    text = repr(kept[0])
    assert p.id not in text and p.penduduk.nik not in text and p.nomor_register not in text


def test_no_column_joins_a_form_to_an_application_or_a_moment(office: Office) -> None:
    """The table as SQLite holds it: known columns only, a random key, no row number of arrival."""
    fill(office, 40)
    connection = office.desk.register._read_engine.raw_connection()  # type: ignore[attr-defined]
    try:
        read = connection.cursor().execute
        columns = [r[1] for r in read("PRAGMA table_info(survey)")]
        assert set(columns) <= {"key", "month", "layanan", "jam", "kelamin", "usia", "pendidikan", "pekerjaan",
                                *(f"u{i}" for i in range(1, 10)), *map(str, UNSUR), "scores"}
        keys = [r[0] for r in read("SELECT key FROM survey")]
        assert len(set(keys)) == 40 and keys == sorted(keys)
        sql = read("SELECT sql FROM sqlite_master WHERE name = 'survey'").fetchone()[0]
        assert "WITHOUT ROWID" in sql.upper(), "a rowid would keep the order of arrival"
        links = office.desk.register.read(lambda v: v.audit(subject=ikm.SUBJECT, limit=100))
        stamps = " ".join(repr(x) for x in links)
        assert len(links) == 40 and not any(bytes(k).hex() in stamps for k in keys)
    finally:
        connection.close()


def test_keys_say_nothing_of_the_order(office: Office) -> None:
    """Forty forms, the first twenty all fours: in the order of the keys the two halves are mixed."""
    for score in (4, 1):
        for _ in range(20):
            ikm.store_survey(office.desk, "baru_wni", dict.fromkeys(UNSUR, score))
    stored = [a.scores[0] for a in office.desk.register.read(lambda v: list(v.surveys("2026-11", "2026-11")))]
    assert sorted(stored) == [1] * 20 + [4] * 20
    assert stored not in ([4] * 20 + [1] * 20, [1] * 20 + [4] * 20)


@pytest.mark.parametrize(("layanan", "scores", "profile", "key"), [
    ("ikd", ALL, {}, "survey.service"), ("baru_wni", {}, {}, "survey.incomplete"), ("baru_wni", ALL, {"nama": "SITI"}, "survey.profile"),
    ("baru_wni", {**ALL, Unsur.BIAYA: 9}, {}, "survey.score"),
])
def test_what_is_not_a_whole_form_is_not_kept(office: Office, layanan: str, scores: dict[Unsur, int], profile: dict[str, str],
                                              key: str) -> None:
    before = office.desk.register.read(lambda v: v.audit_length())
    with pytest.raises(BadInput, match=key):
        ikm.store_survey(office.desk, layanan, scores, profile)
    assert office.desk.register.read(lambda v: v.audit_length()) == before
    assert office.desk.register.read(lambda v: list(v.surveys("2026-01", "2026-12"))) == []


def test_summary_of_a_month(office: Office) -> None:
    kasi = office.actor(Peran.KASI)
    fill(office, 8, kelamin="perempuan", usia="20-29")
    fill(office, 4, "hilang", kelamin="laki-laki")
    found = ikm.summary(office.desk, kasi, "2026-11")
    assert found.index is not None and found.respondents == 12
    assert [(s.layanan, s.respondents) for s in found.by_service] == [("baru_wni", 8), ("hilang", 4)]
    assert found.index.lowest[0].unsur is Unsur.SARANA and found.index.lowest[0].shown == Decimal("2.50")
    assert found.index.shown == Decimal("95.83") and found.index.mutu == "A" and found.weight_text == "1/9"
    assert found.profile["kelamin"] == (("perempuan", 8), ("lainnya (<5)", 4))
    assert found.profile["usia"] == (("20-29", 8), ("tidak diisi", 4))
    assert ikm.summary(office.desk, kasi, "2026-10").index is None
    assert ikm.summary(office.desk, kasi, "2026-T4").respondents == 12


def test_the_sample_size_comes_from_the_applications_of_the_period(office: Office) -> None:
    for i in range(3):
        office.begun(i)
    found = ikm.summary(office.desk, office.actor(Peran.KASI), "2026")
    numbered = office.desk.register.read(lambda v: sum(v.counts_by_stage().values()))
    assert found.applicants <= numbered == 3 and found.sample_size == found.applicants and found.enough is (found.sample_size == 0)


def test_the_weight_is_a_setting_and_always_stated(office: Office) -> None:
    fill(office, 4)
    camat, kasi = office.actor(Peran.SUPERVISOR), office.actor(Peran.KASI)
    exact = ikm.summary(office.desk, kasi, "2026").index
    ikm.set_weight(office.desk, camat, "0,11")
    found = ikm.summary(office.desk, kasi, "2026")
    assert found.weight_text == "0,11" and found.index is not None and exact is not None and found.index.shown < exact.shown
    with pytest.raises(BadInput, match=r"survey\.weight"):
        ikm.set_weight(office.desk, camat, "0,2")
    with pytest.raises(NotAllowed):
        ikm.set_weight(office.desk, office.actor(Peran.OPERATOR), "1/9")


def test_export_holds_no_profile(office: Office) -> None:
    fill(office, 6, kelamin="perempuan", usia="60+", pekerjaan="TNI")
    columns, rows = ikm.export_rows(office.desk, office.actor(Peran.KASI), "2026-11")
    assert len(columns) == 12 and len(rows) == 6 and [r[0] for r in rows] == [1, 2, 3, 4, 5, 6]
    assert "perempuan" not in repr(rows) and "TNI" not in repr(rows)
    assert sorted(r[11] for r in rows) == [1, 1, 2, 2, 3, 4]
    with pytest.raises(NotAllowed):
        ikm.export_rows(office.desk, office.actor(Peran.VERIFIKATOR), "2026-11")
