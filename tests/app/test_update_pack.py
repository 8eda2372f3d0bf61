"""A payload whose signature is right and whose content is not: nothing of it counts, and nothing leaves its folder."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import update_kit as kit

from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_pack
from ktpel_kiosk.domain.errors import BadInput

VERSION = kit.SAME


def _packed(tmp_path: Path) -> tuple[Path, update_pack.Release]:
    tree = kit.make_tree(tmp_path, VERSION)
    release = update_pack.describe(tree, {})
    return update_pack.pack(tree, release, tmp_path / "paket.tar.gz"), release


def _unpack(archive: Path, tmp_path: Path, has: dict[str, str] | None = None) -> update_pack.Release:
    return update_pack.unpack(archive, VERSION, tmp_path / "toko", machine="linux-x86_64", has=has or {})


def _rebuilt(archive: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    with tarfile.open(archive) as packed:
        members = [(m, b"" if not m.isreg() else packed.extractfile(m).read()) for m in packed]  # type: ignore[union-attr]
    change(members)
    out = archive.with_name("jahat.tar.gz")
    with tarfile.open(out, "w:gz") as made:
        for member, data in members:
            member.size = len(data) if member.isreg() else 0
            made.addfile(member, io.BytesIO(data))
    return out


def _manifest(**changes: Any) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[0] = (members[0][0], json.dumps({**json.loads(members[0][1]), **changes}).encode())

    return change


def _extra(name: str, type: bytes = tarfile.REGTYPE) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = type, "/etc/passwd"
        members.append((member, b"x" if type == tarfile.REGTYPE else b""))

    return change


def _swap(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[1] = (members[1][0], bytes(len(members[1][1])))


def _link(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[1][0].type, members[1][0].linkname = tarfile.SYMTYPE, "/etc/passwd"


BAD: dict[str, Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]] = {
    "a file outside": _extra("../../keluar"), "an absolute file": _extra("/tmp/keluar"), "a file nobody named": _extra("tree/lain.py"),
    "a link": _extra("tree/tautan", tarfile.SYMTYPE), "a device": _extra("tree/dev", tarfile.CHRTYPE), "a file as a link": _link,
    "a file twice": lambda members: members.append(members[1]), "a file missing": lambda members: members.__delitem__(-1),
    "another content": _swap, "another version": _manifest(version="9.9.9"), "no version": _manifest(version="../x"),
    "names that climb": _manifest(files={"../x": ["a", 1, False]}), "names of Windows": _manifest(files={"C:\\x": ["a", 1, False]}),
    "an interpreter outside": _manifest(python="../../bin/sh"), "too much": _manifest(files={"x": ["a", 2 * 10**9, False]}),
    "less than nothing": _manifest(files={"x": ["a", -1, False]}), "no files": _manifest(files=7),
    "no manifest": lambda members: members.__delitem__(0), "the manifest last": lambda members: members.append(members.pop(0)),
}


@pytest.mark.parametrize("what", BAD)
def test_a_payload_against_the_rules_is_refused_whole(tmp_path: Path, what: str) -> None:
    archive, _release = _packed(tmp_path)
    before = {p for p in tmp_path.parent.rglob("*") if "toko" not in p.parts}

    with pytest.raises(BadInput) as refused:
        _unpack(_rebuilt(archive, BAD[what]), tmp_path)

    assert refused.value.message_key == "update.payload"
    assert not list((tmp_path / "toko" / layout.VERSIONS).iterdir())
    assert {p for p in tmp_path.parent.rglob("*") if "toko" not in p.parts} - before == {tmp_path / "jahat.tar.gz"}


def test_what_was_packed_comes_out_the_same_and_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    archive, release = _packed(tmp_path)
    again = update_pack.pack(tmp_path / f"pohon-{VERSION}", release, tmp_path / "lagi.tar.gz")

    assert _unpack(archive, tmp_path) == release
    folder = tmp_path / "toko" / layout.VERSIONS / VERSION
    assert update_pack.whole(folder, release)
    compiled = [p.read_bytes()[4:8] for p in folder.rglob("*.pyc")]
    assert compiled and set(compiled) == {b"\x01\0\0\0"}, "by the hash of the source, unchecked"
    assert again.read_bytes() == archive.read_bytes()
    (folder / layout.TREE / next(iter(release.files))).write_bytes(b"lain")
    assert not update_pack.whole(folder, release)
    assert _unpack(archive, tmp_path) == release, "a damaged one is unpacked again"
    assert update_pack.whole(folder, release)


def test_bytes_turned_anywhere_are_refused_never_a_crash(tmp_path: Path) -> None:
    archive, _release = _packed(tmp_path)
    plain, random_ = gzip.decompress(archive.read_bytes()), random.Random(7)
    for number in range(60):
        data = bytearray(plain if number % 2 else archive.read_bytes())
        for _ in range(random_.randrange(1, 4)):
            data[random_.randrange(len(data))] = random_.randrange(256)
        bad = tmp_path / "rusak.tar.gz"
        bad.write_bytes(gzip.compress(bytes(data[:random_.randrange(len(data))]), 1) if number % 2 else bytes(data))
        try:
            _unpack(bad, tmp_path)
        except BadInput as error:
            assert error.message_key == "update.payload"
            assert layout.manifest_of(tmp_path / "toko", VERSION) is None
        else:  # what was turned is not part of any file
            assert update_pack.whole(tmp_path / "toko" / layout.VERSIONS / VERSION, update_pack.read_release(
                layout.manifest_of(tmp_path / "toko", VERSION) or {}))


def test_code_that_needs_what_is_not_installed_asks_for_the_whole_package(tmp_path: Path) -> None:
    tree = kit.make_tree(tmp_path, VERSION)
    release = update_pack.describe(tree, {"httpx": "1.0"})
    archive = update_pack.pack(tree, release, tmp_path / "paket.tar.gz")

    with pytest.raises(BadInput) as refused:
        _unpack(archive, tmp_path, {"httpx": "0.9"})

    assert (refused.value.message_key, refused.value.facts["entry"]) == ("update.runtime", "httpx")
    assert _unpack(archive, tmp_path, {"httpx": "1.0"}).version == VERSION


def test_a_payload_for_another_machine_is_refused(tmp_path: Path) -> None:
    tree = kit.make_tree(tmp_path, VERSION)
    archive = update_pack.pack(tree, update_pack.describe(tree, {}, platform="windows-amd64"), tmp_path / "paket.tar.gz")

    with pytest.raises(BadInput) as refused:
        _unpack(archive, tmp_path)

    assert refused.value.message_key == "update.platform"


def test_the_lock_says_what_must_be_there(tmp_path: Path) -> None:
    lock = tmp_path / "net.txt"
    lock.write_text("# kunci\nhttpx==0.28.1 \\\n    --hash=sha256:00\nPsycopg[binary]==3.2.1\nsecure_systems_lib==1.0\n")

    assert update_pack.locked_packages(lock) == {"httpx": "0.28.1", "psycopg": "3.2.1", "secure-systems-lib": "1.0"}
