"""Rules of the line: what may be set, the password that never comes back, the check that says where a question ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from desk_office import Office, build
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.desk import line_check, line_rules
from ktpel_kiosk.desk.line_check import Step
from ktpel_kiosk.desk.line_rules import HIDDEN
from ktpel_kiosk.domain.errors import BadInput, ClockTrouble, NotAllowed, Offline, ServerRefused, ServerTrouble, TlsRejected
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.sop import Peran

SECRET = "http://budi:r4h%40sia@proxy.kantor.go.id:3128"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = build(tmp_path_factory.mktemp("line"), "tempeh")
    yield office
    office.desk.register.close()


@pytest.fixture
def office(made: Office) -> Office:
    made.desk.register.write(lambda tx: (tx.put_setting(line_rules.SETTING, "{}"), tx.log("SettingChanged", "x", "admin")))
    return made


def keep(office: Office, rules: LineRules) -> LineRules:
    return line_rules.set_line_rules(office.desk, office.actor(Peran.ADMIN), rules)


def test_rules_are_kept_told_and_audited_without_the_password(office: Office) -> None:
    told = []
    office.desk = replace(office.desk, line_changed=lambda: told.append(line_rules.line_rules(office.desk)))
    rules = LineRules(SECRET, 64_000, (time(18), time(6, 30)))
    assert keep(office, rules) == rules == line_rules.line_rules(office.desk)
    assert told == [rules], "the sender is told after the rules are kept"
    link = office.desk.register.read(lambda v: v.audit(subject=line_rules.SETTING))[-1]
    assert link.event == "LineRulesChanged"
    facts = {k: v for k, v in link.facts.items() if k != "rows"}
    assert facts == {"host": "proxy.kantor.go.id:3128", "limit": 64_000, "value": "18.00–06.30"}
    assert "r4h" not in json.dumps([dict(a.facts) for a in office.desk.register.read(lambda v: v.audit())])


def test_the_password_is_never_shown_and_is_kept_for_the_same_user_and_proxy_only(office: Office) -> None:
    keep(office, LineRules(SECRET))
    shown = line_rules.shown_proxy(line_rules.line_rules(office.desk))
    assert shown == f"http://budi:{HIDDEN}@proxy.kantor.go.id:3128"
    assert keep(office, LineRules(shown, 8_000)).proxy == SECRET
    for other in ("proxy.lain.go.id:3128", "proxy.kantor.go.id:8080"):
        with pytest.raises(BadInput, match=r"line\.proxy_password"):
            keep(office, LineRules(f"http://budi:{HIDDEN}@{other}"))
    with pytest.raises(BadInput, match=r"line\.proxy_password"):
        keep(office, LineRules(f"http://siti:{HIDDEN}@proxy.kantor.go.id:3128"))
    with pytest.raises(BadInput, match=r"line\.proxy_password"):
        keep(office, LineRules(line_rules.proxy_url("proxy.kantor.go.id:3128", "budi", HIDDEN + "x")))
    assert line_rules.line_rules(office.desk).proxy == SECRET
    assert keep(office, LineRules()).proxy == ""


@pytest.mark.parametrize(("rules", "key"), [
    (LineRules("proxy:3128"), "line.proxy"), (LineRules("http://proxy"), "line.proxy"), (LineRules("http://pro xy:1"), "line.proxy"),
    (LineRules("http://proxy:0"), "line.proxy"), (LineRules("http://proxy:70000"), "line.proxy"), (LineRules("socks5://p:1"), "line.proxy"),
    (LineRules("http://proxy:1/path"), "line.proxy"), (LineRules("http://:80"), "line.proxy"), (LineRules("http://[::1:80"), "line.proxy"),
    (LineRules("http://p:1\nX: y"), "line.proxy"), (LineRules("http://" + "a" * 300 + ":1"), "line.proxy"),
    (LineRules(max_bytes_per_s=7_999), "line.ceiling"), (LineRules(max_bytes_per_s=100_000_001), "line.ceiling"),
    (LineRules(max_bytes_per_s=-1), "line.ceiling"), (LineRules(hours=(time(8), time(8))), "line.hours"),
])
def test_what_cannot_work_is_refused_and_nothing_is_kept(office: Office, rules: LineRules, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        keep(office, rules)
    assert caught.value.message_key == key
    assert line_rules.line_rules(office.desk) == LineRules()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("limit", [0, 8_000, 100_000_000])
def test_at_the_limit_itself_the_ceiling_is_allowed(office: Office, limit: int) -> None:
    assert keep(office, LineRules(max_bytes_per_s=limit)).max_bytes_per_s == limit


def test_only_who_may_change_settings(office: Office) -> None:
    with pytest.raises(NotAllowed):
        line_rules.set_line_rules(office.desk, office.actor(Peran.OPERATOR), LineRules())


@pytest.mark.parametrize("stored", ["", "x", "[]", '{"jam": ["25:00", "1"]}', '{"batas": "banyak"}', '{"jam": 5}', "null"])
def test_a_setting_that_makes_no_sense_asks_nothing(office: Office, stored: str) -> None:
    office.desk.register.write(lambda tx: (tx.put_setting(line_rules.SETTING, stored), tx.log("SettingChanged", "x", "admin")))
    assert line_rules.line_rules(office.desk) == LineRules()


@given(st.text(max_size=30), st.text(min_size=1, max_size=20).filter(lambda s: HIDDEN[0] not in s), st.integers(1, 65535))
def test_any_user_and_password_come_through_an_address_as_they_were(user: str, password: str, port: int) -> None:
    from urllib.parse import quote, unquote, urlsplit
    try:
        url = line_rules.proxy_url(f"proxy.kantor:{port}", user, password)
    except UnicodeEncodeError:
        return
    found = urlsplit(url)
    assert (found.hostname, found.port) == ("proxy.kantor", port)
    if user:
        assert (unquote(found.username or ""), unquote(found.password or "")) == (user, password)
        assert line_rules.proxy_parts(url) == (f"http://proxy.kantor:{port}", user, True)
        assert line_rules.shown_proxy(LineRules(url)) == f"http://{quote(user, safe='')}:{HIDDEN}@proxy.kantor:{port}"


@given(st.text(max_size=20))
def test_any_typed_time_or_ceiling_is_taken_or_refused_in_one_sentence(text: str) -> None:
    for read in (line_rules.clock_of, line_rules.ceiling_of, lambda t: line_rules.hours_of(t, "06.00"), line_rules.proxy_url):
        try:
            read(text)
        except BadInput as error:
            assert error.message_key.startswith("line.")


@pytest.mark.parametrize(("text", "expected"), [("18.00", time(18)), ("6:05", time(6, 5)), (" 00.00 ", time(0)), ("23.59", time(23, 59))])
def test_times_as_people_write_them(text: str, expected: time) -> None:
    assert line_rules.clock_of(text) == expected
    assert line_rules.hours_of("", " ") is None


# -- the check -------------------------------------------------------------------------------------------------------------


class Answering:
    """A gateway that answers news with nothing, or with a trouble."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble, self.asked = trouble, 0

    def statuses(self, after: int, wait_s: float) -> tuple[Any, ...]:
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return ()


@pytest.mark.parametrize(("trouble", "cause", "passed", "failed"), [
    (None, WaitCause.NONE, tuple(Step), None),
    (Offline("gateway.offline"), WaitCause.OFFLINE, (), Step.NETWORK),
    (TlsRejected("gateway.tls"), WaitCause.TLS, tuple(Step)[:4], Step.CERTIFICATE),
    (ClockTrouble("clock"), WaitCause.CLOCK, tuple(Step)[:3], Step.CLOCK),
    (ServerTrouble("gateway.server_error", status=502), WaitCause.SERVER, tuple(Step)[:5], Step.SERVER),
    (ServerRefused("gateway.not_authorised", status=403), WaitCause.STATION, tuple(Step)[:6], Step.STATION),
])
def test_a_check_says_how_far_the_question_came(office: Office, trouble: Exception | None, cause: WaitCause, passed: tuple[Step, ...],
                                                failed: Step | None) -> None:
    gateway = Answering(trouble)
    found = line_check.check_line(replace(office.desk, gateway=gateway), office.actor(Peran.OPERATOR))  # type: ignore[arg-type]
    assert (gateway.asked, found.cause, found.passed, found.failed) == (1, cause, passed, failed)


@pytest.mark.parametrize("cause", [c for c in WaitCause if c is not WaitCause.NONE])
def test_whoever_knows_the_cause_better_is_believed(office: Office, cause: WaitCause) -> None:
    desk = replace(office.desk, gateway=Answering(ServerTrouble("gateway.cut")), cause_of=lambda _e: cause)  # type: ignore[arg-type]
    found = line_check.check_line(desk, office.actor(Peran.OPERATOR))
    assert found.cause is cause and found.failed is not None and found.failed not in found.passed


