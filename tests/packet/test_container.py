"""Only archives exactly as we write them are read."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from ktpel_kiosk.domain.errors import BugError, SecurityRefusal
from ktpel_kiosk.packet.container import read_container, write_container

ENTRIES = [("manifest.json", b"{}"), ("biodata.json", b"[]"), ("documents/01-kk.pdf", b"%PDF" * 100)]


def test_same_content_same_bytes():
    assert write_container(ENTRIES) == write_container(ENTRIES)
    assert list(read_container(write_container(ENTRIES)).items()) == ENTRIES


@pytest.mark.parametrize("name", ["../x.json", "/etc/x.json", "documents/../x.json", "a\\b.json", "documents/.pdf", "x.exe", "A.json"])
def test_names_that_are_not_ours_are_neither_written_nor_read(name):
    with pytest.raises(BugError):
        write_container([(name, b"")])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(SecurityRefusal):
        read_container(out.getvalue())


def test_a_bomb_is_refused_before_it_grows():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 50_000_000)
    with pytest.raises(SecurityRefusal) as refused:
        read_container(out.getvalue())
    assert refused.value.facts["entry"] == "manifest.json"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_hidden_bytes_and_comments_are_refused():
    good = write_container(ENTRIES)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.json", b"1")
        archive.writestr("manifest.json", b"2")
    for bad in (out.getvalue(), b"junk" + good, good + b"junk", good[:-2] + b"\x04\x00note"):
        with pytest.raises(SecurityRefusal):
            read_container(bad)


def test_1000_mutations_never_pass_as_something_else():
    good = write_container(ENTRIES)
    rng = random.Random(5)
    for _ in range(1000):
        bad = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        if bytes(bad) == good:
            continue
        try:
            found = read_container(bytes(bad))
        except SecurityRefusal:
            continue
        assert write_container(list(found.items())) == bytes(bad)
