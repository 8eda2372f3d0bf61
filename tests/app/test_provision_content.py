"""The inside of a bundle: signed by the right person, and still nothing is believed that a typed answer would be refused for."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from provision_office import CHEAP, bundle, signer

from gates.hostile.hostile_mutate import damaged
from ktpel_kiosk.app import provision
from ktpel_kiosk.app.provision_content import content_of, files_of
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.packet import provision as file

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Files]:
    made = bundle(tmp_path_factory.mktemp("bundel"), [signer()])
    outside = provision.read(made.file)
    return outside.head, file.unseal(outside, made.phrase)


def about(**changes: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files["isi.json"] = json.dumps({**json.loads(files["isi.json"]), **changes}).encode()
    return change


def officer(**changes: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        table = json.loads(files["isi.json"])
        table["officers"][0].update(changes)
        files["isi.json"] = json.dumps(table).encode()
    return change


def put(name: str, data: bytes) -> Callable[[Files], None]:
    return lambda files: files.update({name: data})


def test_files_and_parts_are_the_same_thing(opened: tuple[Any, Files]) -> None:
    head, files = opened
    assert files_of(content_of(head, files)) == files


CHANGES: list[Any] = [
    lambda f: f.pop("isi.json"), about(format=2), about(extra=1), about(officers=[{}]), about(officers=3), about(backup=["relatif"]),
    about(backup="x"), about(backup=["/a"] * 9), about(gateway_url="http://x"), about(gateway_url=3), about(local_extras="ya"),
    officer(peran=["raja"]), officer(peran=[]), officer(username="Siti Besar"), officer(username="joko"), officer(password_hash="rahasia"),
    officer(password_hash="$argon2id$v=19$m=99999999999,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"), officer(public_key="zz"),
    officer(sealed_key="x"), officer(nama=""), officer(nama=5), officer(lain="x"), put("../../etc/passwd", b"x"), put("office.json", b"{}"),
    put("keys/station.key", b"x"), put("sertifikat/../x.pem", b"x"), put("sertifikat/a.exe", b"x"), put("kunci/station.key", b"x"),
    put("sertifikat/a.pem", b"-----BEGIN PRIVATE KEY-----"), put("penduduk.xlsx", b"PK"), put("devices.toml", b"[lain]\n"),
    put("devices.toml", b"\xff"), put("wilayah.csv", b"bukan,tabel\n"), put("sop.toml", b"x = ["), put("sop.toml", b'id = "lain"\n'),
]
"""One part of a bundle each, as no Dinas writes it."""


@pytest.mark.parametrize("change", CHANGES, ids=[str(n) for n in range(len(CHANGES))])
def test_parts_that_no_dinas_writes_are_refused(opened: tuple[Any, Files], change: Callable[[Files], object]) -> None:
    head, files = opened
    changed = dict(files)
    change(changed)
    with pytest.raises(KioskError):
        content_of(head, changed)


def test_damaged_parts_of_a_rightly_signed_bundle_leave_the_folder_as_it_was(opened: tuple[Any, Files], tmp_path: Path) -> None:
    """Re-signed by the Dinas' own key: what is found out, is found out before anything is written."""
    head, files = opened
    rng, dinas, data = random.Random(3), signer(), tmp_path / "data"
    data.mkdir()
    setup, refused = FolderSetup(data), 0
    for number in range(30):
        name = rng.choice(("isi.json", "isi.json", "sop.toml", "penduduk.csv"))
        path = tmp_path / f"{number}.ktpelsedia"
        path.write_bytes(file.seal(head, {**files, name: damaged([files[name]], rng)[:200_000]}, "kata", [dinas], CHEAP))
        try:
            setup.open_bundle(path, "kata")
        except KioskError:
            refused += 1
            assert not list(data.iterdir()), name
        else:
            (data / "penyiapan.json").unlink(missing_ok=True)
            assert not [p for p in data.iterdir() if p.name != "keys"]
    assert refused > 8
