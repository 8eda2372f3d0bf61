"""Lists: exact filters, forgiving words, limits from the SOP, and plans that use an index however long the register gets."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_makers import KEY, NOW, ROOT, application, everywhere, finished, logged, open_register, person, save

from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.store import SqlRegister
from ktpel_kiosk.register.words import pieces, terms, words_of


@pytest.fixture
def filled(register: SqlRegister) -> SqlRegister:
    people = ("SITI AMINAH", "ABD. RAHMAN", "NI'MATUL JANNAH", "AMINAH SITI", "ZAINAL-ABIDIN")
    for n, nama in enumerate(people, start=1):
        save(register, application(n, penduduk=person(n, nama=nama, desa="PULO" if n == 5 else "TEMPEH LOR"),
                                   layanan=Layanan.HILANG if n == 2 else Layanan.BARU_WNI))
    return register


def found(register: SqlRegister, **query: Any) -> list[int]:
    listed = register.read(lambda v: v.list(Query(**query)))
    assert len(listed) == register.read(lambda v: v.count(Query(**query)))
    return [int(i.nomor_register[:4]) for i in listed]


@pytest.mark.parametrize(("text", "expected"), [
    ("siti", [4, 1]), ("AMIN", [4, 1]), ("amin sit", [4, 1]), ("siti zainal", []), ("inah", []), ("rahman", [2]), ("abd.", [2]),
    ("nimatul", [3]), ("ni'matul j", [3]), ("zainal-abidin", [5]), ("abidin", [5]), ("0003", [3]), ("0003/KTP", [3]), ("0003 / ktp", []),
    ("0003-ktp-xi", [3]), ("KTP", []), ("3508054502000004", [4]), ("35080545", [5, 4, 3, 2, 1]), ("3508 0545 0200 0004", [4]),
    ("", [5, 4, 3, 2, 1]), ("   ", [5, 4, 3, 2, 1]), ("///", []), ("%", []), ("siti%", [4, 1]), ("' OR 1=1 --", []), ("sítì", [4, 1]),
])
def test_words(filled: SqlRegister, text: str, expected: list[int]) -> None:
    assert found(filled, text=text) == expected


def test_filters(filled: SqlRegister) -> None:
    p = filled.read(lambda v: v.by_number("0001/KTP/XI/2026"))
    assert p is not None
    save(filled, finished(p))
    assert found(filled, keadaan=(Keadaan.SELESAI,)) == [1]
    assert found(filled, keadaan=("berjalan", "selesai"), newest_first=False) == [1, 2, 3, 4, 5]
    assert found(filled, stages=(Stage.AGENDA_REGISTER,)) == [5, 4, 3, 2]
    assert found(filled, layanan=(Layanan.HILANG,)) == [2]
    assert found(filled, desa="PULO") == [5]
    assert found(filled, since=NOW + timedelta(seconds=2), until=NOW + timedelta(seconds=4)) == [4, 3, 2]
    assert found(filled, text="siti", desa="TEMPEH LOR", stages=(Stage.AGENDA_REGISTER,)) == [4]
    assert filled.read(lambda v: v.counts_by_stage()) == {"agenda_register": 4}


def test_pages(filled: SqlRegister) -> None:
    pages = [filled.read(lambda v, o=o: v.list(Query(limit=2, offset=o))) for o in (0, 2, 4, 6)]
    assert [int(i.nomor_register[:4]) for i in itertools.chain(*pages)] == [5, 4, 3, 2, 1]
    assert filled.read(lambda v: v.list(Query(limit=0))) == []


def test_a_corrected_name_is_found_by_the_new_words_only(register: SqlRegister) -> None:
    p = save(register, application(1))
    save(register, replace(p, penduduk=person(1, nama="DEWI AMINAH")))
    assert found(register, text="siti") == []
    assert found(register, text="dewi") == [1] and found(register, text="aminah") == [1]


def test_limits_come_from_the_sop_of_the_application(register: SqlRegister) -> None:
    text = (ROOT / "resources" / "sop" / "tempeh.toml").read_text("utf-8")
    sop = parse_sop(text, name="tempeh")
    p = save(register, application(1, sop_digest=sop.digest))
    assert register.read(lambda v: v.list(Query()))[0].limit_s is None, "the text is not kept yet"
    logged(register, lambda tx: (tx.put_sop(sop.digest, sop.id, text), tx.put_sop(sop.digest, sop.id, text)))
    first = next(step for step in sop.langkah if step.nomor == 1)
    assert register.read(lambda v: v.list(Query()))[0].limit_s == first.limit_s
    save(register, finished(p))
    whole = sop.mutu.nilai * 60 if sop.mutu.jenis == "menit" and sop.mutu.nilai else sop.total_s() or None
    assert register.read(lambda v: v.list(Query()))[0].limit_s == whole


@given(st.text(max_size=40))
def test_any_text_is_a_harmless_question(text: str) -> None:
    for alternatives in terms(text):
        assert all(alternatives) and all(p.isalnum() for a in alternatives for p in a.split("/"))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), st.integers(1, 30))
def test_whatever_a_name_is_its_own_beginning_finds_it(nama: str, length: int) -> None:
    words = words_of(nama, "3508054502080001", "0001/KTP/XI/2026")
    for word in pieces(nama):
        for alternatives in terms(word[:length].lower()):
            assert any(w.startswith(a) for w in words for a in alternatives), (word, alternatives)



@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 applications; plans do not depend on more. On a server each of them would be asked and answered over the wire: minutes."""
    if everywhere != "sqlite":
        pytest.skip("plans of SQLite, and what it takes to make them")
    folder = tmp_path_factory.mktemp("large")
    with open_register(folder) as register:
        def fill(tx: Any) -> None:
            tx.log("IntakeRegistered", "all", "rina")
            for n in range(1, 2001):
                tx.save_permohonan(application(n, keadaan=Keadaan.SELESAI if n % 10 else Keadaan.BERJALAN))

        register.write(fill)
    return folder


def plan_of(folder: Path, act: Any) -> list[str]:
    """Query plans of the statements ``act(view)`` runs, and nothing else. Of SQLite: PostgreSQL plans by what it counted in the tables."""
    if everywhere != "sqlite":
        pytest.skip("plans of SQLite")
    from ktpel_kiosk.register.tx import SqlView

    connection = driver.connect(folder / "register.sqlite", KEY)
    plans: list[str] = []

    class Watching:
        def execute(self, sql: str, parameters: Any) -> Any:
            plans.extend(row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, parameters))
            return connection.execute(sql, parameters)

    try:
        act(SqlView(Watching()))
    finally:
        connection.close()
    return plans


@pytest.mark.parametrize("act", [
    lambda v: v.list(Query()),
    lambda v: v.list(Query(newest_first=False, limit=50, offset=500)),
    lambda v: v.list(Query(text="siti aminah")),
    lambda v: v.list(Query(text="0042/KTP")),
    lambda v: v.list(Query(keadaan=(Keadaan.BERJALAN,), stages=(Stage.AGENDA_REGISTER, Stage.REKAM), limit=20)),
    lambda v: v.list(Query(since=NOW, until=NOW + timedelta(hours=1))),
    lambda v: v.list(Query(desa="TEMPEH LOR", limit=20)),
    lambda v: v.count(Query(keadaan=(Keadaan.SELESAI,))),
    lambda v: v.counts_by_stage(),
    lambda v: v.permohonan(application(7).id),
    lambda v: v.by_number("0042/KTP/XI/2026"),
    lambda v: v.open_for_nik("3508054502000010"),
    lambda v: v.recorded_before("3508054502000010"),
    lambda v: v.samples(application(7).id),
    lambda v: v.documents(application(7).id, with_data=False),
    lambda v: v.packets(unsent_only=True),
    lambda v: v.due_packets(NOW, 5),
    lambda v: v.last_packet(),
    lambda v: v.live_card_job("x"),
    lambda v: v.jobs_to_reconcile(),
    lambda v: v.next_blangko(),
    lambda v: v.drafts("loket:"),
    lambda v: v.audit(subject="all"),
    lambda v: v.status_events("x"),
])
def test_no_question_reads_a_whole_table(large: Path, act: Any) -> None:
    plans = plan_of(large, act)
    assert plans
    bare = [p for p in plans if p.startswith("SCAN") and not p.startswith(NO_TABLE) and "INDEX" not in p]
    assert not bare, plans


NO_TABLE = ("SCAN CONSTANT ROW", "SCAN json_each", "SCAN chapter", "SCAN x", "SCAN (subquery")
"""What a plan also calls a scan: given lists, the few chapters, and rows that an index has chosen already."""


def test_lists_never_touch_biodata_and_sort_only_what_they_show(large: Path) -> None:
    plans = plan_of(large, lambda v: v.list(Query()))
    assert not any("permohonan" in p for p in plans), plans
    assert plans[0].startswith("SEARCH search USING COVERING INDEX search_created"), "the rows shown come in order from an index"
    assert [p for p in plans if "TEMP B-TREE" in p] == plans[-1:], "sorted is only the page itself"


@pytest.mark.parametrize(("query", "used"), [
    (Query(text="siti"), "search_word USING PRIMARY KEY (chapter=? AND word>? AND word<?)"),
    (Query(text="siti aminah 0812"), "search_word USING PRIMARY KEY (chapter=? AND word>? AND word<?)"),
    (Query(desa="TEMPEH LOR"), "search USING COVERING INDEX search_desa (desa=? AND created_at>? AND created_at<?)"),
    (Query(keadaan=("berjalan",)), "search USING COVERING INDEX search_keadaan (keadaan=? AND created_at>? AND created_at<?)"),
    (Query(stages=("rekam",)), "search USING COVERING INDEX search_state (keadaan=? AND stage=? AND created_at>? AND created_at<?)"),
    (Query(layanan=("hilang",)), "search USING COVERING INDEX search_layanan (layanan=? AND created_at>? AND created_at<?)"),
])
def test_what_is_asked_is_answered_by_one_narrow_index(large: Path, query: Query, used: str) -> None:
    plans = plan_of(large, lambda v: (v.list(query), v.count(query)))
    searched = {p.removeprefix("SEARCH ") for p in plans if p.startswith("SEARCH search")}
    assert searched <= {used, "search USING COVERING INDEX search_created (created_at>? AND created_at<?)"} and used in searched, plans


def test_an_application_is_one_indexed_read(large: Path) -> None:
    plans = plan_of(large, lambda v: v.permohonan(application(7).id))
    assert len(plans) == 2 and all(p.startswith("SEARCH") for p in plans), plans


def test_plans_use_the_partial_indexes(large: Path) -> None:
    assert any("permohonan_one_open" in p for p in plan_of(large, lambda v: v.open_for_nik("x")))
    assert any("packet_unsent" in p for p in plan_of(large, lambda v: v.due_packets(NOW, 5)))
    assert any("search_state" in p or "search_keadaan" in p for p in plan_of(large, lambda v: v.running_without_packet(["cetak_encode"])))
    assert any("card_job_one_live" in p for p in plan_of(large, lambda v: v.live_card_job("x")))


def test_all_two_thousand_are_there(large: Path) -> None:
    with open_register(large) as register:
        assert register.read(lambda v: v.count(Query())) == 2000
        assert register.read(lambda v: v.count(Query(text="siti"))) == 2000
        assert len({i.id for i in register.read(lambda v: v.list(Query(limit=5000)))}) == 2000


def test_pages_go_on_after_the_last_row(filled: SqlRegister) -> None:
    for query in (Query(), Query(text="tempeh"), Query(text="si"), Query(desa="TEMPEH LOR", layanan=(Layanan.BARU_WNI,)),
                  Query(since=NOW + timedelta(seconds=2))):
        for newest_first in (True, False):
            asked = replace(query, newest_first=newest_first)
            whole = [i.id for i in filled.read(lambda v, q=asked: v.list(q))]
            paged: list[str] = []
            while True:
                q = replace(asked, limit=1, after=paged[-1] if paged else "")
                page = filled.read(lambda v, q=q: v.list(q))
                if not page:
                    break
                paged.append(page[0].id)
            assert paged == whole and whole


def test_pages_go_on_among_applications_of_the_same_moment(register: SqlRegister) -> None:
    logged(register, lambda tx: [tx.save_permohonan(application(n, created_at=NOW)) for n in range(1, 8)])
    second = [register.read(lambda v, q=q: v.list(q)) for q in (Query(limit=3), Query(limit=3, after=application(5).id))]
    assert [[int(i.nomor_register[:4]) for i in page] for page in second] == [[7, 6, 5], [4, 3, 2]]


def test_a_count_stops_above_its_limit_and_serves_the_page(large: Path) -> None:
    with open_register(large) as register:
        for text in ("siti", "siti aminah", "tempeh lor", ""):
            query = Query(text=text, limit=30, offset=5, count_limit=50, keadaan=("selesai",))
            count, page, alone = register.read(lambda v, q=query: (v.count(q), v.list(q), v.list(replace(q, text=q.text + " "))))
            assert count == 51 and len(page) == 30 and page == alone
            assert register.read(lambda v, q=query: v.count(replace(q, count_limit=0))) == 1800
            assert register.read(lambda v, q=query: v.count(replace(q, count_limit=1800))) == 1800


def test_a_transaction_that_writes_counts_again(register: SqlRegister) -> None:
    def work(tx: Any) -> list[int]:
        tx.log("IntakeRegistered", "x", "rina")
        seen = []
        for n in (1, 2):
            tx.save_permohonan(application(n))
            seen += [tx.count(Query(text="siti", count_limit=9)), len(tx.list(Query(text="siti")))]
        return seen

    assert register.write(work) == [1, 1, 2, 2]


def test_searches_agree_with_reading_every_row(tmp_path: Path) -> None:
    """Years of applications in many chapters; every combination of words, filters, periods, order and page against a plain loop."""
    rng = random.Random(5)
    people = []
    for n in range(1, 161):
        at = NOW - timedelta(days=rng.randrange(1500), seconds=rng.randrange(5))
        phone = f"+62{rng.choice((812, 857))}{n:07d}"
        p = application(n, created_at=at, layanan=rng.choice((Layanan.BARU_WNI, Layanan.HILANG)), nomor_hp=phone,
                        penduduk=person(n, nama=" ".join(rng.sample(("SITI", "SARI", "AMINAH", "BUDI", "TEMPE"), 2)),
                                        desa=rng.choice(("TEMPEH LOR", "PULO"))))
        people.append(finished(p) if rng.random() < 0.7 else p)
    with open_register(tmp_path) as register:
        logged(register, lambda tx: [tx.save_permohonan(p) for p in people])
        order = {p.id: n for n, p in enumerate(people)}
        for _ in range(120):
            words = rng.sample(("si", "sari", "s", "tempe", "pulo", "lor", "0812", "62857", "3508", "zz", "0003"), rng.randrange(4))
            query = Query(
                text=" ".join(words), keadaan=rng.choice(((), ("selesai",), ("berjalan", "batal"))), layanan=rng.choice(((), ("hilang",))),
                stages=rng.choice(((), (), ("agenda_register", "rekam"))), desa=rng.choice(("", "PULO")), limit=rng.choice((1, 20, 500)),
                since=rng.choice((None, NOW - timedelta(days=700))), until=rng.choice((None, NOW - timedelta(days=90))),
                offset=rng.choice((0, 3)), newest_first=rng.random() < 0.5, after=rng.choice(("", rng.choice(people).id)))
            listed, count = register.read(lambda v, q=query: ([i.id for i in v.list(q)], v.count(q)))
            assert listed == naive(people, query, order), query
            assert count == len(naive(people, replace(query, limit=10_000, offset=0, after=""), order)), query


def naive(people: list[Permohonan], q: Query, order: dict[str, int]) -> list[str]:
    def place(p: Permohonan) -> tuple[Any, int]:
        return p.created_at, order[p.id]

    def fits(p: Permohonan) -> bool:
        t, words = p.current(), words_of(p.penduduk.nama, p.penduduk.nik, p.nomor_register, p.nomor_hp, p.penduduk.desa)
        return (all(any(w.startswith(a) for w in words for a in alternatives) for alternatives in terms(q.text))
                and (not q.keadaan or p.keadaan in q.keadaan) and (not q.layanan or p.layanan in q.layanan)
                and (not q.stages or (t is not None and t.stage in q.stages)) and (not q.desa or p.penduduk.desa == q.desa)
                and (q.since is None or p.created_at >= q.since) and (q.until is None or p.created_at <= q.until))

    found = sorted((p for p in people if fits(p)), key=place, reverse=q.newest_first)
    if q.after:
        last = next(place(p) for p in people if p.id == q.after)
        found = [p for p in found if (place(p) < last if q.newest_first else place(p) > last)]
    return [p.id for p in found[q.offset:q.offset + q.limit]]
