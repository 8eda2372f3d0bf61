"""Counter and previous hash over many packets: what is missing, doubled, forked or out of order is named."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from packet_values import AT
from typer.testing import CliRunner

from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.chain import FIRST, Break, Finding, Link, verify_chain
from ktpel_kiosk.packet.manifest import stamp


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def links(count: int, station: str = "s1") -> list[Link]:
    return [
        Link(f"{station}-{n}", f"{station}-{n}", station, n, sha(f"{station}{n - 1}") if n > 1 else FIRST, sha(f"{station}{n}"),
             stamp(AT + timedelta(minutes=n)))
        for n in range(1, count + 1)
    ]


def kinds(found: list[Finding]) -> list[tuple[str, str]]:
    return [(f.what.value, f.file) for f in found]


def test_whole_chains_of_several_stations_in_any_order():
    everything = [*links(50), *links(20, "s2"), *links(1, "s3")]
    random.Random(1).shuffle(everything)
    assert verify_chain(everything) == []
    assert verify_chain([]) == []


def test_a_gap_names_the_missing_numbers():
    chain = links(10)
    (found,) = verify_chain([*chain[:3], *chain[6:]])
    assert (found.what, found.file, found.missing, found.other) == (Break.GAP, "s1-7", (4, 6), "s1-3")
    assert verify_chain(chain[2:])[0].missing == (1, 2)


def test_a_fork_and_two_of_one_number():
    chain = links(5)
    rival = replace(chain[3], file="rival", packet_id="rival", sha256=sha("rival"))
    assert kinds(verify_chain([*chain, rival])) == [("same_number", "s1-4"), ("fork", "s1-4"), ("other", "s1-5")]
    far = replace(chain[4], file="far", packet_id="far", sha256=sha("far"), counter=6, previous_hash=chain[3].sha256)
    assert ("fork", "far") in kinds(verify_chain([*chain, far]))


def test_a_replaced_packet_shows_at_the_one_that_follows():
    chain = links(5)
    chain[2] = replace(chain[2], sha256=sha("another"))
    assert kinds(verify_chain(chain)) == [("other", "s1-4")]
    chain = links(3)
    chain[0] = replace(chain[0], previous_hash=sha("x"))
    assert kinds(verify_chain(chain)) == [("other", "s1-1")]


def test_the_same_packet_twice_is_told_once():
    chain = links(3)
    assert kinds(verify_chain([*chain, replace(chain[1], file="z-copy")])) == [("twice", "z-copy")]


def test_a_clock_that_went_back_and_swapped_numbers():
    chain = links(4)
    chain[2] = replace(chain[2], created_at=stamp(AT - timedelta(days=900)))
    assert kinds(verify_chain(chain)) == [("order", "s1-3")]
    chain = links(4)
    chain[1], chain[2] = replace(chain[1], counter=3), replace(chain[2], counter=2)
    assert {k for k, _ in kinds(verify_chain(chain))} == {"other", "order"}


@pytest.mark.parametrize("seed", range(3))
def test_any_one_change_is_noticed(seed):
    rng = random.Random(seed)
    for _ in range(100):
        chain = links(12)
        at = rng.randrange(11)  # nobody here can know of a packet after the last
        field = rng.choice(["counter", "previous_hash", "sha256"])
        value = rng.choice([0, 99, -1]) if field == "counter" else sha(f"{rng.random()}")
        chain[at] = replace(chain[at], **{field: value})
        assert verify_chain(chain), (at, field, value)
        del chain[at]
        if at:
            assert verify_chain(links(12)[:at] + links(12)[at + 1:])


def test_the_command_opens_and_names(sealer, content, demo_keys, tmp_path):
    from ktpel_kiosk.app.cli import app

    previous = FIRST
    for n in range(1, 5):
        done = sealer.seal(replace(content, packet_id=f"0195a1b2-0000-7000-8000-{n:012d}", counter=n, previous_hash=previous))
        previous = done.sha256
    assert build_entries(content)
    folder = tmp_path / "packets"
    arguments = ["packet", "verify-chain", str(folder), "--key", str(demo_keys.next_key), "--cert", str(demo_keys.next_cert), "--json"]
    whole = CliRunner().invoke(app, arguments)
    assert whole.exit_code == 0, whole.output
    assert json.loads(whole.output) == {"packets": 4, "findings": [], "lines": ["Rantai utuh."]}
    (folder / "0195a1b2-0000-7000-8000-000000000002.ktpelpkt").unlink()
    (folder / "rusak.ktpelpkt").write_bytes(b"x")
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    found = json.loads(told.output)
    assert [(f["what"], f["missing"]) for f in found["findings"]] == [("unreadable", [0, 0]), ("gap", [2, 2])]
    assert "nomor 2 dari stasiun desk-1 tidak ada" in found["lines"][1]
    empty = CliRunner().invoke(app, ["packet", "verify-chain", str(tmp_path / "nothing"), *arguments[3:]])
    assert empty.exit_code == 1 and "packet.chain_input" in empty.output
