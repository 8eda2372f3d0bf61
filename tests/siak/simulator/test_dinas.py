"""The page of the Dinas: who needs help stands first, nobody comes in unasked, nothing that was sent becomes markup."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gateway_fakes import HandClock
from kecamatan_kit import NOW, beat, days, kept, roster

from ktpel_kiosk.domain.heartbeat import Waiting
from ktpel_kiosk.siak.simulator import dinas_page
from ktpel_kiosk.siak.simulator.dinas import COOKIE, SESSION_S, DinasDoor
from ktpel_kiosk.siak.simulator.dinas_view import Level, Need, Place, lines, rewritten
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

TOKEN = "kata-sandi-dinas-yang-panjang"
BAD = [
    (Need.PRINTER, Level.ALARM, {"devices": {"card_printer": "trouble"}}), (Need.BLANGKO, Level.ALARM, {"blangko": 0}),
    (Need.BLANGKO, Level.ALARM, {"blangko_days": 3}), (Need.BLANGKO, Level.WARN, {"blangko_days": 10}),
    (Need.BACKLOG, Level.WARN, {"backlog": {"sealed": Waiting(1, 24)}}),
    (Need.BACKLOG, Level.ALARM, {"backlog": {"sealed": Waiting(1, 168)}}),
    (Need.BACKLOG, Level.ALARM, {"backlog": {"refused": Waiting(1, 0)}}), (Need.SLA, Level.WARN, {"overdue": 1, "running": 50}),
    (Need.SLA, Level.ALARM, {"overdue": 11, "running": 50}), (Need.DEVICE, Level.ALARM, {"devices": {"fingerprint": "missing"}}),
    (Need.DEVICE, Level.WARN, {"devices": {"scanner": "trouble"}}), (Need.COPY, Level.ALARM, {"copy_h": None}),
    (Need.COPY, Level.WARN, {"drill_d": 91}), (Need.CERTIFICATE, Level.ALARM, {"certificate_d": 14}),
    (Need.REGISTER, Level.ALARM, {"check": "berubah"}),
]


def one(found, **more):
    return lines([], [kept(found, **more)], NOW)[0]


@pytest.mark.parametrize(("need", "level", "changes"), BAD)
def test_each_trouble_is_found_and_no_other(need, level, changes):
    assert one(beat(**changes)).needs == {need: level}


def test_a_desk_that_is_well_needs_nothing():
    assert one(beat()).needs == {}


def test_silence_is_counted_in_days_and_who_never_spoke_is_on_top():
    found = lines([Place("desk-9", "Rindi")], [kept(beat(), NOW - timedelta(days=d)) if d else kept(beat(f"d{d}")) for d in (0, 7)], NOW)
    assert [(x.place.station, x.silent_d, x.level) for x in found] == [("desk-1", 7, Level.ALARM), ("desk-9", 0, Level.ALARM),
                                                                      ("d0", 0, Level.FINE)]
    assert one(beat(), received=NOW - timedelta(days=2)).needs == {Need.SILENT: Level.WARN}
    assert one(beat(), offset_s=-300).needs == {Need.CLOCK: Level.ALARM}


def test_a_version_behind_the_newest_that_was_heard_of():
    found = {x.place.station: x.needs for x in lines([], [kept(beat("a", release="0.10.0")), kept(beat("b", release="0.9.0"))], NOW)}
    assert found == {"a": {}, "b": {Need.VERSION: Level.WARN}}


def test_an_audit_chain_that_became_shorter_or_another_is_seen():
    first = beat()
    assert not rewritten([replace(first, audit_length=5_001), first])
    assert rewritten([replace(first, audit_length=4_999), first])
    assert rewritten([replace(first, audit_head="f" * 64), first])


@pytest.fixture
def gateway(tmp_path):
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    clock = HandClock()
    clock.wall = NOW
    door = DinasDoor(hashlib.sha256(TOKEN.encode()).hexdigest(), frozenset(), [*roster(40), Place("x", '<b>"=1&', "=SUM(1)")])
    with GatewaySimulator(tmp_path, clock=clock, keys=SimulatorKeys(pem), dinas=door) as made:
        for line in days(roster(40), back=2):
            made._opened().ledger.add_heartbeat(line)
        yield made, clock


@contextmanager
def signed_in(base):
    with httpx.Client(base_url=base, trust_env=False) as http:
        answer = http.post("/dinas/masuk", data={"sandi": TOKEN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/dinas")
        yield http


def test_nobody_comes_in_without_the_token(gateway):
    made, clock = gateway
    for path in ("/dinas", "/dinas/data.csv", "/dinas/stasiun/ktp-0001"):
        for cookie in ("", f"{COOKIE}=99999999999.{'0' * 64}", f"{COOKIE}=99999999999.é".encode()):
            answer = httpx.get(made.base_url + path, headers={"Cookie": cookie} if cookie else {}, trust_env=False)
            assert (answer.status_code, answer.headers["location"]) == (303, "/dinas/masuk")
    with signed_in(made.base_url) as http:
        assert http.get("/dinas").status_code == 200
        cookie = http.cookies[COOKIE]
        later = f"{int(cookie.split('.')[0]) + 1}.{cookie.split('.')[1]}"
        assert httpx.get(f"{made.base_url}/dinas", headers={"Cookie": f"{COOKIE}={later}"}, trust_env=False).status_code == 303
        clock.advance(SESSION_S + 1)
        assert http.get("/dinas").status_code == 303


def test_a_wrong_token_is_said_and_gives_no_session(gateway, monkeypatch):
    monkeypatch.setattr("ktpel_kiosk.siak.simulator.dinas.WRONG_S", 0.0)
    answer = httpx.post(f"{gateway[0].base_url}/dinas/masuk", data={"sandi": TOKEN[:-1]}, trust_env=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "tidak cocok" in answer.text


def test_the_page_needs_nothing_from_elsewhere_and_runs_no_script(gateway):
    with signed_in(gateway[0].base_url) as http:
        answer = http.get("/dinas")
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert not re.search(r"<script|style=|onclick|https?://", answer.text)
        assert http.get("/dinas/gaya.css").headers["content-type"].startswith("text/css")
        assert http.get("/dinas/huruf/..%2Fx").status_code == 404


def test_names_are_text_and_cells_are_no_formulas(gateway):
    with signed_in(gateway[0].base_url) as http:
        page, sheet = http.get("/dinas").text, http.get("/dinas/data.csv")
        assert "&lt;b&gt;&quot;=1&amp;" in page
        assert "<b>\"" not in page
        rows = list(csv.DictReader(io.StringIO(sheet.text.lstrip("\ufeff"))))
        assert len(rows) == 41
        assert next(r for r in rows if r["stasiun"] == "x")["kabupaten"] == "'=SUM(1)"
        shown = http.get("/dinas", params={"cari": '"><script>'}).text
        assert "<script" not in shown


def test_filter_search_and_one_station(gateway):
    with signed_in(gateway[0].base_url) as http:
        silent = http.get("/dinas", params={"perlu": "senyap"}).text
        assert silent.count('<th scope="row">') == silent.count("Tidak ada kabar</span>") >= 1
        assert http.get("/dinas", params={"cari": "tempeh"}).text.count('<th scope="row">') == 2
        assert "Tidak ada kecamatan" in http.get("/dinas", params={"cari": "tidak ada itu", "hal": "9"}).text
        detail = http.get("/dinas/stasiun/ktp-0003").text
        assert "Pemindai sidik jari" in detail
        assert detail.count('<td data-name="Sampai">') >= 1
        assert http.get("/dinas/stasiun/lain").status_code == 404
        assert "belum pernah memberi kabar" in http.get("/dinas/stasiun/x").text


def test_pages_of_many(monkeypatch):
    monkeypatch.setattr(dinas_page, "PAGE", 10)
    found = lines(roster(25), [], NOW)
    text = dinas_page.overview(found, dinas_page.Asked(page=1), NOW, NOW.tzinfo)
    assert text.count('<th scope="row">') == 10
    assert "Halaman 2 dari 3" in text
    assert "hal=3" in text
