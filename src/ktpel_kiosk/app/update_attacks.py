"""Attack simulator: mirrors as an attacker would make them, each offered to a desk that trusts the honest one.

An attack counts as refused when the desk says so in one sentence, nothing was unpacked, and the honest mirror is still taken afterwards.
Two days after a stolen disk, or with the key of the signing machine, one holder's key, keys of one's own: never two of the three.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_pack, update_store, update_trust
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.update_fetch import Line, MirrorFetcher, read_folder
from ktpel_kiosk.app.update_repository import INDEX, METADATA, STAMP_DAYS, TARGETS, TARGETS_DAYS, Repository
from ktpel_kiosk.domain.errors import KioskError

BEGAN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
NEW, OLD, OLDER = "9001.2.0", "9001.1.0", "9001.0.0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``row``: which of the six; ``key``: message key of the refusal; ``after``: the honest mirror was still taken."""

    row: str
    attack: str
    refused: bool
    key: str
    sentence: str
    unpacked: bool
    after: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        return f"[{'ditolak' if self.refused else 'DITERIMA'}] {self.row}: {self.attack} - {self.sentence or '-'}"


@dataclass
class Scene:
    """An honest maker and one desk.

    Attributes:
        early, honest: the mirror with the older release, and as it is now. now: the desk's clock.
    """

    place: Path
    keys: list[CryptoSigner]
    line: CryptoSigner
    early: Path
    honest: Path
    root: bytes
    now: datetime = BEGAN + timedelta(days=2)

    def repository(self, folder: Path, at: datetime) -> Repository:
        return Repository(folder, self.line, now=lambda: at)

    def copy(self, of: Path | None = None) -> Path:
        to = self.place / f"jahat-{len(list(self.place.glob('jahat-*')))}"
        shutil.copytree(of or self.honest, to)
        return to


@dataclass(frozen=True, slots=True)
class Attack:
    """``hostile``: makes the mirror and the moment at which the desk looks. ``seen``: the desk saw the honest mirror before;
    ``stolen``: the attacker has the signing machine's key, which the maker then replaces."""

    row: str
    name: str
    hostile: Callable[[Scene], tuple[Path | Line, datetime]]
    keys: tuple[str, ...]
    seen: bool = True
    stolen: bool = False


def make_scene(place: Path, payload: Callable[[Path, str], tuple[Path, update_pack.Release]] | None = None) -> Scene:
    keys = [CryptoSigner(Ed25519PrivateKey.generate()) for _ in range(3)]
    line = CryptoSigner(Ed25519PrivateKey.generate())
    honest, early = place / "cermin", place / "cermin-lama"
    repository = Repository(honest, line, now=lambda: BEGAN)
    root = repository.init(keys).read_bytes()
    for version, at in ((OLDER, BEGAN), (OLD, BEGAN), (NEW, BEGAN + timedelta(days=1))):
        if version == NEW:
            shutil.copytree(honest, early)
        repository = Repository(honest, line, now=lambda at=at: at)  # type: ignore[misc]
        release(repository, keys[:2], *(payload or small_payload)(place, version))
    return Scene(place, keys, line, early, honest, root)


def release(repository: Repository, keys: list[CryptoSigner], packed: Path, described: update_pack.Release) -> None:
    repository.add(packed, described, ["Uji serangan."])
    for key in keys:
        repository.sign(key)
    repository.publish()


def small_payload(place: Path, version: str) -> tuple[Path, update_pack.Release]:
    """A tree with nothing in it but a version."""
    tree = place / f"pohon-{version}"
    for name, text in (("src/ktpel_kiosk/__init__.py", f'__version__ = "{version}"\n'),
                       ("src/ktpel_kiosk/register/driver.py", "SCHEMA_VERSION: Final = 1\n")):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    described = update_pack.describe(tree, {})
    return update_pack.pack(tree, described, place / f"{version}.tar.gz"), described


# -- the attacks ----------------------------------------------------------------------------------------------------------------


def _rollback(scene: Scene) -> tuple[Path, datetime]:
    """The whole mirror of two days ago, every signature of it valid."""
    return scene.early, scene.now


def _rollback_signed(scene: Scene) -> tuple[Path, datetime]:
    """With the signing machine's key: an old list of releases in a new snapshot."""
    mirror = scene.copy(scene.early)
    shutil.copy(scene.honest / METADATA / "timestamp.json", mirror / METADATA)
    for path in (scene.honest / METADATA).glob("*.snapshot.json"):
        shutil.copy(path, mirror / METADATA)
    scene.repository(mirror, scene.now).renew()
    return mirror, scene.now


def _freeze(scene: Scene) -> tuple[Path, datetime]:
    """The same mirror again and again, so that the desk never hears of anything new."""
    return scene.honest, scene.now + timedelta(days=STAMP_DAYS)


def _mix(scene: Scene) -> tuple[Path, datetime]:
    """The newest timestamp with the older snapshot in the newest one's name."""
    mirror = scene.copy()
    newest = max((mirror / METADATA).glob("*.snapshot.json"), key=lambda p: int(p.name.split(".")[0]))
    older = mirror / METADATA / f"{int(newest.name.split('.')[0]) - 1}.snapshot.json"
    shutil.copy(older, newest)
    return mirror, scene.now


def _mix_payload(scene: Scene) -> tuple[Path, datetime]:
    """The newest list, the older payload in the newest one's name."""
    mirror = scene.copy()
    shutil.copy(_payload(mirror, OLD), _payload(mirror, NEW))
    return mirror, scene.now


def _one_key(scene: Scene) -> tuple[Path, datetime]:
    """One of the three keys and the signing machine's: a release of the attacker's own."""
    return _forged(scene, [scene.keys[0]]), scene.now


def _one_key_twice(scene: Scene) -> tuple[Path, datetime]:
    """One key's signature twice is one signature."""
    mirror = _forged(scene, [scene.keys[0]])
    for path in (mirror / METADATA).glob("*.targets.json"):
        signed = json.loads(path.read_bytes())
        signed["signatures"] = signed["signatures"] * 2
        path.write_bytes(json.dumps(signed).encode())
    scene.repository(mirror, scene.now).renew()
    return mirror, scene.now


def _foreign_keys(scene: Scene) -> tuple[Path, datetime]:
    """Keys of the attacker's own."""
    return _forged(scene, [CryptoSigner(Ed25519PrivateKey.generate()) for _ in range(2)]), scene.now


def _foreign_root(scene: Scene) -> tuple[Path, datetime]:
    """A second root in which the attacker's keys stand, signed by them and by one of the three."""
    mirror = scene.copy()
    signed = json.loads((mirror / METADATA / "1.root.json").read_bytes())
    strange = Repository(scene.place / f"asing-{len(list(scene.place.glob('asing-*')))}", scene.line, now=lambda: scene.now)
    mine = [CryptoSigner(Ed25519PrivateKey.generate()) for _ in range(3)]
    path = strange.init(mine)
    foreign = json.loads(path.read_bytes())
    foreign["signed"]["version"] = signed["signed"]["version"] + 1
    (mirror / METADATA / "2.root.json").write_bytes(json.dumps(foreign).encode())
    return mirror, scene.now


def _expired(scene: Scene) -> tuple[Path, datetime]:
    """A list of releases that nobody of the three renewed for more than a year, under a timestamp of today."""
    at = scene.now + timedelta(days=TARGETS_DAYS)
    mirror = scene.copy()
    scene.repository(mirror, at).renew()
    return mirror, at


def _truncated_list(scene: Scene) -> tuple[Path, datetime]:
    mirror = scene.copy()
    _cut(mirror / METADATA / "timestamp.json")
    return mirror, scene.now


def _truncated_payload(scene: Scene) -> tuple[Path, datetime]:
    mirror = scene.copy()
    _cut(_payload(mirror, NEW))
    return mirror, scene.now


def _missing(scene: Scene) -> tuple[Path, datetime]:
    """A disk that was pulled out before the payload was on it."""
    mirror = scene.copy()
    _payload(mirror, NEW).unlink()
    return mirror, scene.now


class _Bent:
    """A mirror that answers as somebody else wants for the payload."""

    def __init__(self, folder: Path, answer: Callable[[], Iterator[bytes]]) -> None:
        self._folder, self._answer = folder, answer

    def file(self, place: str) -> Iterator[bytes]:
        return self._answer() if NEW in place else read_folder(self._folder, place)


def _endless(scene: Scene) -> tuple[Line, datetime]:
    def forever() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 20)

    return _Bent(scene.honest, forever), scene.now


def _forged(scene: Scene, keys: list[CryptoSigner]) -> Path:
    """A release nobody agreed to, put in the place of the newest list whatever the maker's own program says."""
    mirror = scene.copy()
    repository = scene.repository(mirror, scene.now)
    packed, described = small_payload(scene.place, "9009.9.9")
    repository.add(packed, described, ["Jahat."])
    for key in keys:
        repository.sign(key)
    staged = mirror / "staged" / "targets.json"
    version = json.loads(staged.read_bytes())["signed"]["version"]
    shutil.move(staged, mirror / METADATA / f"{version}.targets.json")
    repository.renew()
    return mirror


def _payload(mirror: Path, version: str) -> Path:
    return next((mirror / TARGETS).glob(f"*.ktpel-kiosk-{version}-*"))


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])


ATTACKS: tuple[Attack, ...] = (
    Attack("rollback", "cermin lama yang sah", _rollback, ("update.rolled_back",)),
    Attack("rollback", "daftar lama dalam snapshot baru", _rollback_signed, ("update.rolled_back",), stolen=True),
    Attack("freeze", "cermin yang sama terus-menerus", _freeze, ("update.expired",)),
    Attack("mix-and-match", "snapshot lama dengan tanda waktu baru", _mix, ("update.mismatch",), seen=False),
    Attack("mix-and-match", "paket lama bernama paket baru", _mix_payload, ("update.mismatch",)),
    Attack("wrong key", "satu dari tiga kunci", _one_key, ("update.unsigned",), stolen=True),
    Attack("wrong key", "satu kunci menandatangani dua kali", _one_key_twice, ("update.damaged", "update.unsigned"), stolen=True),
    Attack("wrong key", "kunci asing", _foreign_keys, ("update.unsigned",), stolen=True),
    Attack("wrong key", "root asing", _foreign_root, ("update.unsigned",)),
    Attack("expired", "daftar rilis lewat masa", _expired, ("update.expired",), stolen=True),
    Attack("truncated", "daftar terpotong", _truncated_list, ("update.damaged",)),
    Attack("truncated", "paket terpotong", _truncated_payload, ("update.mismatch",)),
    Attack("truncated", "paket belum tersalin", _missing, ("update.incomplete",)),
    Attack("truncated", "paket tanpa akhir", _endless, ("update.endless",)),
)
ROWS = ("rollback", "freeze", "mix-and-match", "wrong key", "expired", "truncated")


def run_all(place: Path) -> list[Outcome]:
    scene = make_scene(place)
    return [play(scene, attack) for attack in ATTACKS]


def play(scene: Scene, attack: Attack) -> Outcome:
    """One attack on a desk of its own."""
    store = scene.place / f"meja-{len(list(scene.place.glob('meja-*')))}"
    update_trust.pin(update_store.trust_of(store), scene.root)
    if attack.seen:
        _look(store, scene.honest, scene.now)
    source, at = attack.hostile(scene)
    key = sentence = ""
    try:
        _take(store, source, at)
    except KioskError as error:
        key, sentence = error.message_key, load_sentences().of(error)
    unpacked = bool(list((store / layout.VERSIONS).glob("*"))) if (store / layout.VERSIONS).exists() else False
    after = _honest_after(scene, store, at, attack.stolen)
    return Outcome(attack.row, attack.name, key in attack.keys and not unpacked, key, sentence, unpacked, after)


def _look(store: Path, mirror: Path, at: datetime) -> None:
    update_trust.Mirror(update_store.trust_of(store), MirrorFetcher(mirror), now=at).offers()


def _take(store: Path, source: Path | Line, at: datetime) -> None:
    """The newest the mirror offers, as a desk does it."""
    mirror = update_trust.Mirror(update_store.trust_of(store), MirrorFetcher(source), now=at)
    offer = update_trust.newest(mirror.offers(), "0")
    if offer is not None:
        payload = mirror.fetch(offer, store / "unduh")
        update_pack.unpack(payload, offer.version, store, machine=update_pack.this_machine(), has={})


def _honest_after(scene: Scene, store: Path, at: datetime, stolen: bool) -> bool:
    """The maker goes on honestly, with two of the three keys: the desk takes it, whatever the attacker told it before."""
    mirror = scene.copy()
    repository = scene.repository(mirror, at)
    if stolen:
        repository.replace_key(scene.line.public_key.keyid, CryptoSigner(Ed25519PrivateKey.generate()), scene.keys[1:])
    repository._stage(repository._newest("targets"))
    for key in scene.keys[1:]:
        repository.sign(key)
    repository.publish()
    try:
        _take(store, mirror, at)
    except KioskError:
        return False
    return layout.manifest_of(store, NEW) is not None


__all__ = ["ATTACKS", "INDEX", "ROWS", "Attack", "Outcome", "Scene", "make_scene", "play", "run_all"]
