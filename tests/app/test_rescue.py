"""Saving packets from a machine whose register will not open: real envelopes, damage of every kind, nothing changed there."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "gates" / "backup"))
from restore_office import Small

from ktpel_kiosk.app import rescue
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.packet import cms
from ktpel_kiosk.packet.courier import open_any
from ktpel_kiosk.packet.keys import load_certificate, load_signing_key, make_demo_keys


@pytest.fixture
def broken(tmp_path: Path) -> Small:
    """Four real envelopes, a copy that notes three of them, and a register of noise."""
    small = Small(tmp_path)
    keys = make_demo_keys(small.data / "keys", small.clock.now(), "3508050-meja-1")
    centre = load_certificate(keys.central_cert.read_bytes())
    key, certificate = load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes())
    small.content = lambda n: cms.seal(b"isi %d " % n * 50, key, certificate, small.clock.now(), [centre])
    with small.open() as register:
        small.serve(register, 3)
        small.copy(register)
        small.serve(register, 1)
    (small.data / "register" / "register.sqlite").write_bytes(os.urandom(20_000))
    (small.data / "register" / "machine.key").unlink()
    return small


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_packets_are_saved_listed_and_signed_without_any_key_of_the_register(broken: Small) -> None:
    before, out = tree(broken.data), broken.root / "hasil"
    made = rescue.rescue(broken.data, out, [broken.usb])
    assert tree(broken.data) == before, "nothing changed where they came from"
    assert [p.state for p in made.packets] == ["known", "known", "known", "whole"] and made.good == 4 and not made.missing
    assert all(p.recipients == 1 for p in made.packets) and "register.sqlite" in made.others and not made.failed
    assert not list(out.rglob("machine.key"))
    for p in made.packets:
        assert hashlib.sha256((out / "packets" / p.name).read_bytes()).hexdigest() == p.sha256
    listed = (out / rescue.LIST).read_bytes()
    assert cms.verify((out / rescue.SIGNED).read_bytes()).content == listed and json.loads(listed)["signed"] is True
    assert hashlib.sha256(listed).hexdigest() in (out / rescue.TEXT).read_text()
    bundle = open_any(out / made.bundle)
    assert [i.counter for i in bundle.manifest.items] == [1, 2, 3], "those whose place in the chain the copy's note tells"


def test_damage_is_told_and_kept_apart(broken: Small) -> None:
    folder = broken.data / "packets"
    names = sorted(p.name for p in folder.iterdir())
    (folder / names[0]).write_bytes((folder / names[0]).read_bytes()[:-40])
    flipped = bytearray((folder / names[1]).read_bytes())
    flipped[-20] ^= 1  # inside the ciphertext: only the note can tell
    (folder / names[1]).write_bytes(flipped)
    (folder / names[2]).unlink()
    (folder / "palsu.ktpelpkt").symlink_to("/etc/passwd")
    (folder / "kosong.ktpelpkt").write_bytes(b"")
    (broken.data / "keys" / "station.key").write_bytes(b"rusak")
    made = rescue.rescue(broken.data, broken.root / "tanpa")
    assert {p.name: p.state for p in made.packets} == {
        names[0]: "damaged", names[1]: "whole", names[3]: "whole", "kosong.ktpelpkt": "damaged"}
    assert not made.signed and not made.bundle and "palsu.ktpelpkt" not in {p.name for p in made.packets}
    made = rescue.rescue(broken.data, broken.root / "dengan", [broken.usb])
    assert {p.state for p in made.packets if p.name in names} == {"known", "whole"}, "the copies beside the register give the rest back"
    assert hashlib.sha256((broken.root / "dengan" / "packets" / names[1]).read_bytes()).hexdigest() == next(
        p.sha256 for p in made.packets if p.name == names[1])


def test_nothing_is_written_into_the_office_or_over_anything(broken: Small, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="inside"):
        rescue.rescue(broken.data, broken.data / "hasil")
    (tmp_path / "penuh").mkdir()
    (tmp_path / "penuh" / "x").write_text("x")
    with pytest.raises(BadInput, match="not_empty"):
        rescue.rescue(broken.data, tmp_path / "penuh")
    with pytest.raises(BadInput, match=r"office\.none"):
        rescue.rescue(tmp_path / "tiada", tmp_path / "hasil")
