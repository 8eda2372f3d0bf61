"""Mirrors an attacker would make: each refused in one sentence, nothing unpacked, and the honest maker is believed afterwards."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ktpel_kiosk.app import update_attacks as attacks
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_store, update_trust
from ktpel_kiosk.app.update_attacks import ATTACKS, NEW, ROWS, Scene
from ktpel_kiosk.app.update_fetch import MirrorFetcher
from ktpel_kiosk.app.update_trust import Mirror
from ktpel_kiosk.domain.errors import BadInput, KioskError


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return attacks.make_scene(tmp_path_factory.mktemp("serangan"))


def _desk(scene: Scene, tmp_path: Path) -> Path:
    update_trust.pin(update_store.trust_of(tmp_path), scene.root)
    return update_store.trust_of(tmp_path)


def test_six_of_six_are_refused_and_the_honest_maker_is_believed_afterwards(scene: Scene) -> None:
    found = [attacks.play(scene, attack) for attack in ATTACKS]

    assert [o.attack for o in found if not o.refused] == []
    assert [o.attack for o in found if o.unpacked] == []
    assert [o.attack for o in found if not o.after] == []
    assert all(o.sentence.endswith(".") and "{" not in o.sentence and o.sentence != o.key for o in found)
    assert {o.row for o in found} == set(ROWS)
    assert len(ROWS) == 6


def test_a_desk_that_pins_nothing_takes_the_honest_one_only(scene: Scene, tmp_path: Path) -> None:
    """The table means nothing where the honest mirror is refused as well."""
    trust = _desk(scene, tmp_path)

    offers = Mirror(trust, MirrorFetcher(scene.honest), now=scene.now).offers()

    assert [o.version for o in offers][-1] == NEW
    assert offers[-1].notes == ("Uji serangan.",)


def test_a_clock_set_back_brings_no_expired_list_back(scene: Scene, tmp_path: Path) -> None:
    trust = _desk(scene, tmp_path)
    late = scene.now + timedelta(days=200)

    with pytest.raises(BadInput) as refused:
        Mirror(trust, MirrorFetcher(scene.honest), now=scene.now, floor=late).offers()

    assert refused.value.message_key == "update.expired"


def test_what_the_maker_signed_last_is_a_floor_of_its_own(scene: Scene, tmp_path: Path) -> None:
    trust = _desk(scene, tmp_path)
    mirror = scene.copy()
    at = scene.now + timedelta(days=60)
    scene.repository(mirror, at).renew()
    Mirror(trust, MirrorFetcher(mirror), now=at).offers()

    looked = Mirror(trust, MirrorFetcher(mirror), now=scene.now - timedelta(days=400))

    assert looked.reference_time() == at.replace(microsecond=0)


def test_a_mirror_that_stands_still_is_given_up(scene: Scene, tmp_path: Path) -> None:
    """An hour for some bytes: the clock is the test's own."""
    clock = iter(range(0, 10**6, 61))

    class Drip:
        def file(self, place: str) -> Iterator[bytes]:
            yield from (b"x" for _ in range(100))

    with pytest.raises(BadInput) as refused:
        Mirror(_desk(scene, tmp_path), MirrorFetcher(Drip(), clock=lambda: float(next(clock))), now=scene.now).offers()

    assert refused.value.message_key == "update.slow"


def test_only_plain_files_are_read_from_a_disk(scene: Scene, tmp_path: Path) -> None:
    mirror = scene.copy()
    stamp = mirror / "metadata" / "timestamp.json"
    stamp.unlink()
    stamp.symlink_to(scene.honest / "metadata" / "timestamp.json")
    trust = _desk(scene, tmp_path)

    with pytest.raises(BadInput) as linked:
        Mirror(trust, MirrorFetcher(mirror), now=scene.now).offers()
    stamp.unlink()
    os.mkfifo(stamp)
    with pytest.raises(BadInput) as pipe:
        Mirror(trust, MirrorFetcher(mirror), now=scene.now).offers()
    stamp.unlink()
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(stamp.parent / "s"))
        os.rename(stamp.parent / "s", stamp)
        with pytest.raises(BadInput) as device:
            Mirror(trust, MirrorFetcher(mirror), now=scene.now).offers()

    assert {e.value.message_key for e in (linked, pipe, device)} == {"update.unreadable"}


@pytest.mark.parametrize("name", ["root.json", "timestamp.json", "snapshot.json", "targets.json", "../jahat", "index.json"])
def test_files_cut_off_at_any_byte_are_refused_or_read_never_a_crash(scene: Scene, tmp_path: Path, name: str) -> None:
    """Every length of each file, in large steps: whatever comes out is one of ours."""
    trust = _desk(scene, tmp_path)
    files = [p for p in scene.honest.rglob("*") if p.is_file() and p.name.endswith(name)]
    for path in files:
        data = path.read_bytes()
        for length in range(0, len(data), max(1, len(data) // 12)):
            class Cut:
                def file(self, place: str, path: Path = path, data: bytes = data, length: int = length) -> Iterator[bytes]:
                    whole = scene.honest / place
                    if not whole.exists():
                        raise FileNotFoundError(place)
                    yield data[:length] if whole == path else whole.read_bytes()

            try:
                Mirror(trust, MirrorFetcher(Cut()), now=scene.now).offers()
            except KioskError as error:
                assert error.message_key.startswith("update.")


def test_local_lists_damaged_by_a_power_cut_are_fetched_again(scene: Scene, tmp_path: Path) -> None:
    trust = _desk(scene, tmp_path)
    Mirror(trust, MirrorFetcher(scene.honest), now=scene.now).offers()
    for path in (trust / "metadata").glob("*.json"):
        path.write_bytes(b"")

    offers = Mirror(trust, MirrorFetcher(scene.honest), now=scene.now).offers()

    assert offers[-1].version == NEW


def test_an_update_never_comes_from_a_version_that_is_not_newer(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_store, "__version__", "9001.2.0")
    update_trust.pin(update_store.trust_of(tmp_path), scene.root)

    with pytest.raises(BadInput) as refused:
        update_store.install(tmp_path, scene.honest, "9001.1.0", now=scene.now)

    assert refused.value.message_key == "update.not_newer"
    assert not (tmp_path / layout.VERSIONS).exists()


def test_the_first_root_is_not_replaced_by_another(scene: Scene, tmp_path: Path) -> None:
    trust = _desk(scene, tmp_path)
    other = json_of_another_root(tmp_path)

    with pytest.raises(BadInput) as refused:
        update_trust.pin(trust, other)
    with pytest.raises(BadInput) as nonsense:
        update_trust.pin(tmp_path / "x", b"{}")

    assert (refused.value.message_key, nonsense.value.message_key) == ("update.pinned", "update.root")
    assert (trust / "root.json").read_bytes() == scene.root


def json_of_another_root(tmp_path: Path) -> Any:
    return attacks.make_scene(tmp_path / "lain").root
