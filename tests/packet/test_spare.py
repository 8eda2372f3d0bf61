"""Spare contents: what is sealed can be sealed again, by the register that has the key and by nobody else."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from packet_values import AT

from ktpel_kiosk.domain.errors import Corrupt, DiskFull
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.open import packet_reader
from ktpel_kiosk.packet.spare import OVERHEAD_BYTES, SpareFolder

NEW = {"packet_id": "0195a1b2-0000-7000-8000-000000000009", "counter": 9, "previous_hash": "9" * 64, "created_at": AT + timedelta(days=3)}


def _entries(keys, data):
    return packet_reader(keys.central_key.read_bytes(), keys.central_cert.read_bytes(), keys.station_cert.read_bytes())(data)


def test_the_same_session_under_a_new_name(sealer, content, demo_keys):
    first = sealer.seal(content)
    again = sealer.reseal(first.spare, **NEW)
    old, new = (_entries(demo_keys, sealer.read(s.path)) for s in (first, again))
    assert {n: d for n, d in old.items() if n != "manifest.json"} == {n: d for n, d in new.items() if n != "manifest.json"}
    assert f'"replaces":"{content.packet_id}"'.encode() in new["manifest.json"]
    assert (again.path, again.spare.packet_id) == (f"{NEW['packet_id']}.ktpelpkt", NEW["packet_id"])
    assert again.spare.key != first.spare.key
    third = sealer.reseal(again.spare, **{**NEW, "packet_id": "0195a1b2-0000-7000-8000-00000000000a", "counter": 10})
    assert f'"replaces":"{NEW["packet_id"]}"'.encode() in _entries(demo_keys, sealer.read(third.path))["manifest.json"]


def test_it_needs_the_packet_no_more(sealer, content, demo_keys, tmp_path):
    first = sealer.seal(content)
    (tmp_path / "packets" / first.path).unlink()
    assert (sealer.exists(first.path, first.sha256), sealer.size(first.path)) == (False, -1)
    assert _entries(demo_keys, sealer.read(sealer.reseal(first.spare, **NEW).path))["biodata.json"]


def test_nothing_of_the_person_is_readable_on_disk(sealer, content, tmp_path):
    spare = sealer.seal(content).spare
    data = (tmp_path / "simpanan" / spare.path).read_bytes()
    container = write_container(build_entries(content))
    assert len(data) == spare.size == len(container) + OVERHEAD_BYTES
    for secret in (b"BUDI CONTOH", content.penduduk.nik.encode(), b"biodata.json", b"PK\x03\x04"):
        assert secret in container
        assert secret not in data
    assert spare.key not in data
    assert spare.key.hex() not in repr(spare) and repr(spare.key) not in repr(spare)
    assert os.name == "nt" or (tmp_path / "simpanan" / spare.path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["key", "other_packet", "gone", "empty"])
def test_without_its_own_key_and_file_it_is_noise(sealer, content, tmp_path, change):
    spare = sealer.seal(content).spare
    file = tmp_path / "simpanan" / spare.path
    if change == "key":
        spare = replace(spare, key=bytes(32))
    elif change == "other_packet":
        other = sealer.seal(replace(content, packet_id="0195a1b2-0000-7000-8000-000000000002")).spare
        spare = replace(other, packet_id=spare.packet_id)
    elif change == "gone":
        file.unlink()
    else:
        file.write_bytes(b"")
    before = sorted(p.name for p in (tmp_path / "packets").iterdir())
    assert not sealer.spare_opens(spare)
    with pytest.raises(Corrupt) as refused:
        sealer.reseal(spare, **NEW)
    assert (refused.value.message_key, refused.value.facts) == ("packet.spare_damaged", {"packet_id": content.packet_id})
    assert sorted(p.name for p in (tmp_path / "packets").iterdir()) == before


def test_no_altered_byte_is_accepted_even_if_the_register_knew_its_hash(tmp_path):
    """The digest in the register finds decay; the tag finds intent. Here the digest is 'repaired', so only the tag is left."""
    import hashlib
    folder, rng = SpareFolder(tmp_path), random.Random(4)
    spare = folder.keep("p-1", bytes(range(256)) * 4, AT)
    good = (tmp_path / spare.path).read_bytes()
    for _ in range(300):
        data = bytearray(good)
        kind = rng.randrange(3)
        if kind == 0:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[rng.randrange(len(data)):]
        else:
            data += rng.randbytes(rng.randrange(1, 20))
        (tmp_path / spare.path).write_bytes(data)
        for judged in (spare, replace(spare, sha256=hashlib.sha256(data).hexdigest())):
            with pytest.raises(Corrupt):
                folder.open(judged)
    (tmp_path / spare.path).write_bytes(good)
    assert folder.open(spare) == bytes(range(256)) * 4


def test_a_disk_that_fills_between_packet_and_spare_leaves_neither(sealer, content, tmp_path, monkeypatch):
    import errno
    calls = []
    real = os.fsync

    def full(fd):
        calls.append(fd)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "full")
        real(fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            sealer.seal(content)
    assert not list((tmp_path / "packets").iterdir()) and not list((tmp_path / "simpanan").iterdir())
    assert sealer.seal(content).spare is not None
