"""The bundle on the disk: whole or marked incomplete, and nothing of it believed before its signature was checked."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from courier_makers import blob, courier, item, plan, read, tree
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from packet_values import AT

from ktpel_kiosk.domain.errors import BadInput, DiskFull, IoFailure, KioskError, ReceiptInvalid, SecurityRefusal
from ktpel_kiosk.packet import courier as writing
from ktpel_kiosk.packet import courier_return
from ktpel_kiosk.packet.courier import CLUSTER, SPARE_BYTES, bundle_name, open_any
from ktpel_kiosk.packet.courier_manifest import fingerprint, manifest_checker, read_manifest, sign_manifest
from ktpel_kiosk.packet.courier_read import INCOMPLETE, MANIFEST, README, find_bundles, read_within
from ktpel_kiosk.packet.courier_return import ReturningBundle, last_try
from ktpel_kiosk.packet.keys import DemoKeys, _self_signed, load_certificate, load_signing_key


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> DemoKeys:
    """Another station's keys, made without the slow RSA pair of the centre."""
    folder = tmp_path_factory.mktemp("stranger")
    from ktpel_kiosk.packet.keys import _save
    keys = DemoKeys(folder)
    _save(keys.station_key, keys.station_cert, *_self_signed("Stasiun lain", ec.generate_private_key(ec.SECP256R1()), AT))
    return keys


def whole(folder: Path, keys: DemoKeys) -> list[str]:
    """Message keys of everything wrong, as an import at the station and a look at every packet find it."""
    bundle = courier(keys).open(folder)
    found = [r.key for r in bundle.refused]
    for one in bundle.manifest.items if bundle.manifest else ():
        try:
            assert bundle.packet(one) == read(one)
        except (SecurityRefusal, BadInput) as e:
            found.append(e.message_key)
    return found


# -- writing ------------------------------------------------------------------------------------------------------------


def test_a_bundle_is_whole_named_and_told_in_words(tmp_path, demo_keys):
    seen = []
    made = courier(demo_keys).write(tmp_path, plan(), read, on_progress=lambda done, planned: seen.append((done, planned)))
    assert made.folder.name == "ktpel-kurir-desk-1-2026-03-02-000000ff"
    assert sorted(tree(made.folder)) == [README, MANIFEST, *(f"packets/{item(n).packet_id}.ktpelpkt" for n in (1, 2, 3))]
    assert whole(made.folder, demo_keys) == []
    assert (made.manifest.station, made.manifest.created_at, [i.counter for i in made.manifest.items]) == ("desk-1", AT, [1, 2, 3])
    assert seen == [(700, 2100), (1400, 2100), (2100, 2100)]
    readme = (made.folder / README).read_text("utf-8")
    for words in ("dienkripsi", "courier send", "Kecamatan Uji", "(0334) 1", "3 paket", INCOMPLETE):
        assert words in readme


def test_names_fit_a_fat_disk():
    name = bundle_name("Kecamatan: TEMPEH / Meja*1?" * 4, "2026-03-02", "0195A1B2-0000-7000-8000-0000000000FF")
    assert len(name) < 100
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_rsa_station_signs_too(tmp_path):
    key, certificate = _self_signed("RSA", rsa.generate_private_key(65537, 3072), AT)
    made = writing.CourierBundles(key, certificate).write(tmp_path, plan(1), read)
    assert b'"alg":"PS256"' in _header(made.folder)
    assert open_any(made.folder).manifest == made.manifest


def _header(folder: Path) -> bytes:
    import base64
    head = (folder / MANIFEST).read_text().split(".")[0]
    return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))


def test_a_damaged_packet_stays_behind_and_is_named(tmp_path, demo_keys):
    def one_is_bad(wanted):
        if wanted.counter == 2:
            raise IoFailure("storage.io")
        return read(wanted) if wanted.counter == 1 else b"x" * wanted.size
    made = courier(demo_keys).write(tmp_path, plan(3), one_is_bad)
    assert [i.counter for i in made.damaged] == [2, 3]
    assert [i.counter for i in made.manifest.items] == [1]
    with pytest.raises(BadInput) as error:
        courier(demo_keys).write(tmp_path, plan(2, bundle="b2"), lambda wanted: b"")
    assert error.value.message_key == "courier.nothing"
    assert [p.name for p in tmp_path.iterdir()] == [made.folder.name]


def test_a_limit_splits_over_several_disks(tmp_path, demo_keys):
    limit = SPARE_BYTES + 3 * CLUSTER + 2 * (CLUSTER + 800)
    made = courier(demo_keys).write(tmp_path, plan(5), read, limit_bytes=limit)
    assert [i.counter for i in made.manifest.items] == [1, 2]
    assert [i.counter for i in made.left] == [3, 4, 5]
    with pytest.raises(DiskFull) as error:
        courier(demo_keys).write(tmp_path, plan(5, bundle="b2"), read, limit_bytes=1000)
    assert error.value.message_key == "courier.no_room"


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A real file system of three megabytes."""
    folder = tmp_path / "usb"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_meanwhile_keeps_a_whole_bundle_of_what_fits(small_disk, demo_keys, monkeypatch):
    monkeypatch.setattr(writing, "_room", lambda root: 1 << 40)   # somebody else writes there after we asked
    made = courier(demo_keys).write(small_disk, plan(8, size=500_000), lambda i: blob(i.counter, i.size))
    assert [i.counter for i in made.manifest.items] == list(range(1, len(made.manifest.items) + 1))
    assert len(made.manifest.items) + len(made.left) == 8
    assert 3 <= len(made.manifest.items) <= 6
    bundle = courier(demo_keys).open(made.folder)
    assert bundle.refused == ()
    assert all(len(bundle.packet(i)) == i.size for i in bundle.manifest.items)
    assert not (made.folder / INCOMPLETE).exists()


def test_a_full_disk_is_said_before_and_left_clean(small_disk, demo_keys):
    (small_disk / "film.mp4").write_bytes(bytes(3_000_000))
    with pytest.raises(DiskFull) as error:
        courier(demo_keys).write(small_disk, plan(2, size=400_000), read)
    assert error.value.message_key == "courier.no_room"
    assert [p.name for p in small_disk.iterdir()] == ["film.mp4"]


def test_a_disk_without_room_for_the_manifest_gives_up_packets_for_it(tmp_path, demo_keys, monkeypatch):
    real, tries = writing.write_durably, []

    def full(path, data, **options):
        if path.name == MANIFEST and len(tries) < 2:
            tries.append(path)
            raise DiskFull("storage.disk_full", path=str(path))
        real(path, data, **options)

    monkeypatch.setattr(writing, "write_durably", full)
    made = courier(demo_keys).write(tmp_path, plan(3), read)
    assert [i.counter for i in made.manifest.items] == [1]
    assert [i.counter for i in made.left] == [2, 3]
    assert whole(made.folder, demo_keys) == []


def test_a_write_protected_disk_is_named(tmp_path, demo_keys, monkeypatch):
    monkeypatch.setattr(writing.os, "access", lambda path, mode: False)
    with pytest.raises(IoFailure) as error:
        courier(demo_keys).write(tmp_path, plan(), read)
    assert error.value.message_key == "courier.read_only"


def test_a_read_only_mount_is_named(small_disk, demo_keys):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(IoFailure) as error:
        courier(demo_keys).write(small_disk, plan(), read)
    assert error.value.message_key == "courier.read_only"


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_disk_pulled_out_never_leaves_packets_on_the_machine(tmp_path, demo_keys, at):
    root = tmp_path / "usb"
    root.mkdir()

    def pulled(wanted):
        if wanted.counter == at:
            shutil.rmtree(root)
        return read(wanted)

    with pytest.raises(IoFailure) as error:
        courier(demo_keys).write(root, plan(), pulled)
    assert error.value.message_key == "courier.disk_gone"
    assert not root.exists()
    with pytest.raises(IoFailure) as error:
        courier(demo_keys).write(root, plan(), read)
    assert error.value.message_key == "courier.disk_gone"


@pytest.mark.parametrize("stop", range(1, 7))
def test_killed_at_any_file_it_is_whole_or_says_it_is_not(tmp_path, demo_keys, monkeypatch, stop):
    """Six files: the mark, three packets, README, manifest. A killed process clears nothing up."""
    real, count = writing.write_durably, []

    def killed(path, data, **options):
        count.append(path)
        if len(count) == stop:
            raise KeyboardInterrupt
        real(path, data, **options)

    monkeypatch.setattr(writing, "write_durably", killed)
    monkeypatch.setattr(writing._Writing, "_clear", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        courier(demo_keys).write(tmp_path, plan(), read)
    (folder,) = find_bundles(tmp_path)
    assert whole(folder, demo_keys) == ["courier.incomplete"]
    assert (folder / INCOMPLETE).exists() or stop == 1
    with pytest.raises(SecurityRefusal) as error:
        ReturningBundle(folder)
    assert error.value.message_key == "courier.incomplete"


# -- reading ------------------------------------------------------------------------------------------------------------


def _mutate(folder: Path, rng: random.Random, outside: Path) -> str:
    """One change of one file or name; returns what was done."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    victim = rng.choice(files)
    data = victim.read_bytes()
    kind = rng.choice(["flip", "cut", "add", "swap", "gone", "link", "folder", "insert", "long"])
    if kind == "flip":
        at = rng.randrange(len(data))
        victim.write_bytes(data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1:])
    elif kind == "cut":
        victim.write_bytes(data[:rng.randrange(len(data))])
    elif kind == "add":
        victim.write_bytes(data + rng.randbytes(rng.randint(1, 40)))
    elif kind == "insert":
        at = rng.randrange(len(data))
        victim.write_bytes(data[:at] + rng.randbytes(1) + data[at:])
    elif kind == "swap":
        other = rng.choice([p for p in files if p != victim])
        theirs = other.read_bytes()
        victim.write_bytes(theirs)
        other.write_bytes(data)
    elif kind == "gone":
        victim.unlink()
    elif kind == "link":
        victim.unlink()
        victim.symlink_to(outside)
    elif kind == "folder":
        victim.unlink()
        victim.mkdir()
    else:
        with victim.open("r+b") as f:
            f.truncate(200 * 1024 * 1024)
    return f"{kind} {victim.relative_to(folder)}"


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.gate)])
def test_mutated_bundles_none_accepted_nothing_outside(tmp_path, demo_keys, count, reached):
    (tmp_path / "usb").mkdir()
    made = courier(demo_keys).write(tmp_path / "usb", plan(2), read)
    good = tree(made.folder)
    outside = tmp_path / "rahasia"
    outside.write_bytes(b"must not be read")
    rng, refused = random.Random(27), 0
    around = sorted(p.name for p in tmp_path.iterdir())
    for number in range(count):
        folder = tmp_path / "usb" / "ktpel-kurir-x"
        shutil.rmtree(folder, ignore_errors=True)
        for name, data in good.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        what = _mutate(folder, rng, outside)
        while not what.startswith("long") and tree(folder) == good:  # a swap of equals and the like: no altered bundle, so none that counts
            what = _mutate(folder, rng, outside)
        refused += bool(whole(folder, demo_keys)) and sorted(p.name for p in tmp_path.iterdir()) == around
        if refused != number + 1:
            break
    reached(4, asked=count, got=refused, what="altered bundles refused, nothing outside the quarantine")
    assert refused == count, f"{number}: {what}"
    assert outside.read_bytes() == b"must not be read"


def test_signed_by_a_stranger_is_foreign_here_and_unchanged_elsewhere(tmp_path, demo_keys, stranger):
    made = courier(stranger).write(tmp_path, plan(), read)
    assert whole(made.folder, demo_keys) == ["courier.manifest_foreign"]
    assert open_any(made.folder).manifest == made.manifest
    check = manifest_checker({"desk-1": load_certificate(demo_keys.station_cert.read_bytes())})
    with pytest.raises(SecurityRefusal):
        check((made.folder / MANIFEST).read_text())


def test_a_station_signs_only_for_itself(tmp_path, demo_keys, stranger):
    check = manifest_checker({"desk-1": load_certificate(demo_keys.station_cert.read_bytes()),
                              "desk-2": load_certificate(stranger.station_cert.read_bytes())})
    key, certificate = load_signing_key(stranger.station_key.read_bytes()), load_certificate(stranger.station_cert.read_bytes())
    assert check(sign_manifest(replace(plan(), station="desk-2"), "0" * 64, key, certificate)).station == "desk-2"
    with pytest.raises(SecurityRefusal) as error:
        check(sign_manifest(plan(), "0" * 64, key, certificate))
    assert error.value.message_key == "courier.manifest_foreign"


def test_an_earlier_certificate_of_the_station_still_comes_back(tmp_path, demo_keys, stranger):
    made = courier(stranger).write(tmp_path, plan(), read)
    old = load_certificate(stranger.station_cert.read_bytes())
    key, now = load_signing_key(demo_keys.station_key.read_bytes()), load_certificate(demo_keys.station_cert.read_bytes())
    assert writing.CourierBundles(key, now, also=[old]).open(made.folder).manifest == made.manifest


@pytest.mark.parametrize("change", [
    {"items": ()}, {"items": (item(2), item(1))}, {"items": (item(1), item(1))},
    {"items": (replace(item(1), packet_id="../../etc/passwd"),)}, {"items": (replace(item(1), packet_id="con"),)},
    {"items": (replace(item(1), packet_id="Nul.x"),)}, {"items": (replace(item(1), size=1 << 40),)},
    {"items": (replace(item(1), sha256="A" * 64),)}, {"items": (replace(item(1), packet_id="a"), replace(item(2), packet_id="A"))},
    {"items": (replace(item(1), replaces="a/b"),)}, {"station": "x" * 65}, {"bundle_id": ""}, {"status_after": -1},
])
def test_a_manifest_that_asks_for_trouble_is_refused_though_signed(demo_keys, change):
    key, certificate = load_signing_key(demo_keys.station_key.read_bytes()), load_certificate(demo_keys.station_cert.read_bytes())
    text = sign_manifest(replace(plan(), **change), "0" * 64, key, certificate)
    with pytest.raises(SecurityRefusal) as error:
        read_manifest(text, {fingerprint(certificate)})
    assert error.value.message_key == "courier.manifest_altered"


def test_folders_that_are_links_and_foreign_names_are_refused_by_name(tmp_path, demo_keys):
    made = courier(demo_keys).write(tmp_path, plan(), read)
    elsewhere = tmp_path / "lain"
    elsewhere.mkdir()
    (elsewhere / "a.jws").write_text("x.y.z")
    (made.folder / "status").symlink_to(elsewhere)
    receipts = made.folder / "receipts"
    receipts.mkdir()
    for name in ("good.jws", "virus.exe", ".x.jws.12.tmp", "a b.jws"):
        (receipts / name).write_text("a.b.c")
    (receipts / "link.jws").symlink_to(elsewhere / "a.jws")
    (receipts / "big.jws").write_bytes(bytes(9000))
    (receipts / "binary.jws").write_bytes(b"\xff\xfe")
    bundle = courier(demo_keys).open(made.folder)
    assert list(bundle.receipts()) == [("receipts/good.jws", "a.b.c")]
    assert list(bundle.statuses()) == []
    assert {(r.entry, r.key) for r in bundle.refused} == {
        ("receipts/virus.exe", "courier.file_foreign"), ("receipts/a b.jws", "courier.file_foreign"),
        ("receipts/link.jws", "courier.file_link"), ("receipts/big.jws", "courier.file_too_large"),
        ("receipts/binary.jws", "courier.file_unreadable"), ("status", "courier.file_link"),
    }


def test_no_name_leaves_its_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_bytes(b"x")
    for name in ("../b", "..", ".", "", "a/../../b", "/etc/passwd"):
        with pytest.raises(Exception, match=r"courier\.file_foreign"):
            read_within(tmp_path / "a", name, 10)


def test_finding_bundles(tmp_path, demo_keys):
    for wrong in (tmp_path, tmp_path / "nicht da"):
        with pytest.raises(BadInput) as error:
            find_bundles(wrong)
        assert error.value.message_key == "courier.none"
    a = courier(demo_keys).write(tmp_path, plan(1, bundle="aaaaaaaa"), read).folder
    b = courier(demo_keys).write(tmp_path, plan(1, bundle="bbbbbbbb"), read).folder
    (tmp_path / "ktpel-kurir-link").symlink_to(a)
    assert list(find_bundles(tmp_path)) == [a, b]
    assert list(find_bundles(a)) == [a]


# -- the way back -------------------------------------------------------------------------------------------------------


def _token(**payload: object) -> str:
    import base64
    import json
    return "e30." + base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode() + ".AAAA"


def test_receipts_statuses_and_the_last_try_are_kept_in_the_bundle(tmp_path, demo_keys):
    made = courier(demo_keys).write(tmp_path, replace(plan(2), status_after=7), read)
    bundle = ReturningBundle(made.folder)
    first, second = bundle.listed.items
    jws = _token(packet_id=first.packet_id, sha256=first.sha256, station="desk-1")
    bundle.keep_receipt(first, jws)
    assert bundle.receipt_of(first) == jws
    assert bundle.receipt_of(second) == ""
    for wrong in (jws, "<html>", _token(packet_id=second.packet_id, sha256="0" * 64, station="desk-1"), "x" * 9000):
        with pytest.raises(ReceiptInvalid):
            bundle.keep_receipt(second, wrong)
    (made.folder / "receipts" / f"{second.packet_id}.jws").write_text(jws)   # somebody copied a file to another name
    assert bundle.receipt_of(second) == ""
    assert bundle.statuses_to() == 7
    bundle.keep_statuses(7, 12, "a.b.c")
    bundle.keep_statuses(12, 90, "a.b.c")
    assert ReturningBundle(made.folder).statuses_to() == 90
    assert [n for n, _ in bundle.statuses()] == ["status/7-12.jws", "status/12-90.jws"]
    assert bundle.keep_key_statement(_token(sequence=3)) == 3
    no_statements = ("<html>", _token(sequence=True), _token(sequence=-1), _token(sequence="../3"))
    assert [bundle.keep_key_statement(t) for t in no_statements] == [0] * 4
    bundle.keep_key_statement(_token(sequence=20))
    assert [(name, number) for name, number, _ in bundle.key_statements()] == [("keys/3.jws", 3), ("keys/20.jws", 20)]
    bundle.keep_state(datetime(2026, 3, 3, tzinfo=UTC), "gateway.example", "gateway.offline")
    assert last_try(made.folder) == {"at": "2026-03-03T00:00:00.000Z", "host": "gateway.example", "trouble": "gateway.offline"}
    (made.folder / "kirim.json").write_text("[1")
    assert last_try(made.folder) == {}


def test_a_bundle_pulled_out_while_sending_is_not_made_anew_elsewhere(tmp_path, demo_keys):
    made = courier(demo_keys).write(tmp_path, plan(1), read)
    bundle = ReturningBundle(made.folder)
    shutil.rmtree(made.folder)
    with pytest.raises(IoFailure) as error:
        bundle.keep_state(AT, "h", "")
    assert error.value.message_key == "courier.disk_gone"
    assert not made.folder.exists()


def test_a_full_disk_takes_no_half_receipt(tmp_path, demo_keys, monkeypatch):
    made = courier(demo_keys).write(tmp_path, plan(1), read)
    bundle = ReturningBundle(made.folder)

    def full(path, data, **options):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(courier_return, "write_durably", full)
    with pytest.raises(KioskError) as error:
        bundle.keep_statuses(0, 1, "a.b.c")
    assert error.value.message_key == "courier.no_room"


def test_hashes_are_those_of_the_sealed_files(tmp_path, demo_keys):
    """The rest of the world may check a bundle with sha256sum alone."""
    made = courier(demo_keys).write(tmp_path, plan(), read)
    for one in made.manifest.items:
        assert hashlib.sha256((made.folder / "packets" / f"{one.packet_id}.ktpelpkt").read_bytes()).hexdigest() == one.sha256


