"""The maker's side of updates: three keys of which two sign, releases, a mirror folder for a USB disk or any web server. Never at a desk.

Roles: ``root`` and ``targets`` (what is released) need two of three keys that lie with three people, offline; ``snapshot`` and
``timestamp`` have one key of the signing machine, which can only say that nothing changed. Expiries: docs/adr/0043.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_pack
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.durable import write_durably

KEYS, THRESHOLD = 3, 2
ROOT_DAYS, TARGETS_DAYS, STAMP_DAYS = 3 * 365, 365, 90
INDEX = "index.json"
"""Target that names the releases, so that a desk finds the newest with one known name."""
ISSUED = "x-ktpel-issued"
"""Field of the timestamp: when it was signed. No clock that is right can be before it."""
METADATA, TARGETS, STAGED, LINE_KEY = "metadata", "targets", "staged", "sambungan.pem"
_WRITER = JSONSerializer(compact=False)

Passphrase = Callable[[Path], bytes]


@dataclass(frozen=True, slots=True)
class Days:
    """How long signatures count."""

    root: int = ROOT_DAYS
    targets: int = TARGETS_DAYS
    stamp: int = STAMP_DAYS


def new_key(path: Path, passphrase: bytes) -> None:
    """An Ed25519 key, encrypted at rest. Raises BadInput ``update.key_exists``, ``update.passphrase``; DiskFull, IoFailure."""
    if path.exists():
        raise BadInput("update.key_exists", path=str(path))
    if len(passphrase) < 8:
        raise BadInput("update.passphrase")
    key = Ed25519PrivateKey.generate()
    write_durably(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.BestAvailableEncryption(passphrase)))


def signer_of(path: Path, passphrase: bytes) -> CryptoSigner:
    """Raises BadInput ``update.key``: no such key, or the wrong passphrase."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput("update.key", path=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput("update.key", path=str(path))
    return CryptoSigner(key)


class Repository:
    """A folder of the maker: ``metadata`` and ``targets`` are the mirror, ``staged`` waits for signatures.

    Args:
        line: signer of snapshot and timestamp. now: this machine's clock.
    """

    def __init__(self, folder: Path, line: CryptoSigner, *, days: Days | None = None,
                 now: Callable[[], datetime] | None = None) -> None:
        self.folder, self._line, self._days, self._now = folder, line, days or Days(), now or SystemClock().now
        self.metadata, self.targets, self._staged = folder / METADATA, folder / TARGETS, folder / STAGED

    # -- root ---------------------------------------------------------------------------------------------------------

    def init(self, keys: Sequence[CryptoSigner]) -> Path:
        """The first root and an empty list of releases, signed by two of the three keys; returns ``1.root.json``.

        Raises:
            BadInput: ``update.repository_exists``, ``update.keys``.
        """
        if (self.metadata / "1.root.json").exists():
            raise BadInput("update.repository_exists", path=str(self.folder))
        if len({k.public_key.keyid for k in keys}) != KEYS:
            raise BadInput("update.keys", expected=str(KEYS), found=str(len(keys)))
        root = Root(version=1, expires=self._until(self._days.root), consistent_snapshot=True)
        for signer in keys:
            for role in (Root.type, Targets.type):
                root.add_key(signer.public_key, role)
        for role in (Snapshot.type, Timestamp.type):
            root.add_key(self._line.public_key, role)
        for role in (Root.type, Targets.type):
            root.roles[role].threshold = THRESHOLD
        signed = Metadata(root)
        for signer in keys:
            signed.sign(signer, append=True)
        self._put(self.metadata / "1.root.json", signed)
        self._stage(self._newest(Targets.type))
        for signer in keys[:THRESHOLD]:
            self.sign(signer)
        self.publish()
        return self.metadata / "1.root.json"

    def root(self) -> Metadata[Root]:
        newest = max((int(p.name.split(".")[0]) for p in self.metadata.glob("*.root.json")), default=0)
        if not newest:
            raise BadInput("update.no_repository", path=str(self.folder))
        return Metadata[Root].from_file(str(self.metadata / f"{newest}.root.json"))

    def replace_key(self, old: str, new: CryptoSigner, keys: Sequence[CryptoSigner]) -> Path:
        """A root in which ``new`` stands wherever the key with id ``old`` stood; ``keys`` sign: enough of the former and of the new root.

        A stolen key of the signing machine may have told desks of versions to come: with its successor they forget those.
        Raises BadInput ``update.signatures``.
        """
        former = self.root()
        root = Metadata[Root].from_bytes(former.to_bytes(_WRITER))
        root.signatures.clear()
        root.signed.version += 1
        root.signed.expires = self._until(self._days.root)
        for role, standing in former.signed.roles.items():
            if old in standing.keyids:
                root.signed.revoke_key(old, role)
                root.signed.add_key(new.public_key, role)
        if old == self._line.public_key.keyid:
            self._line = new
        for signer in keys:
            root.sign(signer, append=True)
        try:
            former.verify_delegate(Root.type, root)
            root.verify_delegate(Root.type, root)
        except RepositoryError as error:
            raise BadInput("update.signatures", expected=str(THRESHOLD)) from error
        path = self.metadata / f"{root.signed.version}.root.json"
        self._put(path, root)
        return path

    # -- releases -----------------------------------------------------------------------------------------------------

    def add(self, payload: Path, release: update_pack.Release, notes: Sequence[str]) -> None:
        """Stage a release; it counts after two signatures and :meth:`publish`. Versions only grow.

        Raises:
            BadInput: ``update.not_newer``, ``update.no_notes``.
        """
        listed = self._newest(Targets.type)
        index = self.index()
        if any(not layout.newer(release.version, str(r["version"])) for r in index):
            raise BadInput("update.not_newer", version=release.version)
        if not any(line.strip() for line in notes):
            raise BadInput("update.no_notes")
        name = f"ktpel-kiosk-{release.version}-{release.platform}.tar.gz"
        index.append({"version": release.version, "schema": release.schema, "platform": release.platform, "target": name,
                      "notes": list(notes), "released": self._now().date().isoformat(),
                      "bytes": payload.stat().st_size, "unpacked": sum(size for _s, size, _r in release.files.values())})
        text = json.dumps({"releases": index}, ensure_ascii=False, indent=1).encode()
        listed.signed.targets[name] = self._target(name, payload.read_bytes())
        listed.signed.targets[INDEX] = self._target(INDEX, text)
        self._stage(listed)

    def _target(self, name: str, data: bytes) -> TargetFile:
        target = TargetFile.from_data(name, data, ["sha256"])
        write_durably(self.targets / f"{target.hashes['sha256']}.{name}", data, mode=0o644)
        return target

    def index(self) -> list[dict[str, Any]]:
        """Releases that were published, the oldest first."""
        target = self._newest(Targets.type).signed.targets.get(INDEX)
        if target is None:
            return []
        found = json.loads((self.targets / f"{target.hashes['sha256']}.{INDEX}").read_bytes())
        return list(found["releases"])

    def sign(self, signer: CryptoSigner) -> int:
        """Add a signature to what is staged; returns how many valid ones it has. Raises BadInput ``update.nothing_staged``."""
        path = self._staged / "targets.json"
        if not path.exists():
            raise BadInput("update.nothing_staged")
        staged = Metadata[Targets].from_file(str(path))
        staged.sign(signer, append=True)
        self._put(path, staged)
        return len(self.root().signed.get_verification_result(Targets.type, staged.signed_bytes, staged.signatures).signed)

    def publish(self) -> int:
        """What is staged becomes the newest, with a new snapshot and timestamp; returns the timestamp's version.

        Raises:
            BadInput: ``update.nothing_staged``, ``update.signatures``: fewer than two of the three keys.
        """
        path = self._staged / "targets.json"
        if not path.exists():
            raise BadInput("update.nothing_staged")
        staged = Metadata[Targets].from_file(str(path))
        try:
            self.root().verify_delegate(Targets.type, staged)
        except RepositoryError as error:
            raise BadInput("update.signatures", expected=str(THRESHOLD)) from error
        self._put(self.metadata / f"{staged.signed.version}.targets.json", staged)
        version = self.renew()
        path.unlink()
        return version

    def renew(self) -> int:
        """Sign snapshot and timestamp anew: nothing changed, and it is today. Monthly. Returns the timestamp's version."""
        version = self._version(Targets.type)
        of_targets = MetaFile.from_data(version, (self.metadata / f"{version}.targets.json").read_bytes(), ["sha256"])
        before = self._version(Snapshot.type)
        snapshot = Metadata(Snapshot(version=before + 1, expires=self._until(self._days.stamp), meta={"targets.json": of_targets}))
        snapshot.sign(self._line)
        path = self._put(self.metadata / f"{before + 1}.snapshot.json", snapshot)
        of_snapshot = MetaFile.from_data(before + 1, path.read_bytes(), ["sha256"])
        stamp = Timestamp(version=self._version(Timestamp.type) + 1, expires=self._until(self._days.stamp), snapshot_meta=of_snapshot,
                          unrecognized_fields={ISSUED: self._now().astimezone(UTC).isoformat(timespec="seconds")})
        signed = Metadata(stamp)
        signed.sign(self._line)
        self._put(self.metadata / "timestamp.json", signed)
        return int(stamp.version)

    # -- files --------------------------------------------------------------------------------------------------------

    def _newest(self, role: str) -> Metadata[Targets]:
        version = self._version(role)
        if version == 0:
            return Metadata(Targets(version=1, expires=self._until(self._days.targets)))
        return Metadata[Targets].from_file(str(self.metadata / f"{version}.{role}.json"))

    def _version(self, role: str) -> int:
        if role == Timestamp.type:
            with suppress(OSError):
                return int(json.loads((self.metadata / "timestamp.json").read_bytes())["signed"]["version"])
            return 0
        return max((int(p.name.split(".")[0]) for p in self.metadata.glob(f"*.{role}.json")), default=0)

    def _stage(self, listed: Metadata[Targets]) -> None:
        listed.signed.version = self._version(Targets.type) + 1
        listed.signed.expires = self._until(self._days.targets)
        listed.signatures.clear()
        self._put(self._staged / "targets.json", listed)

    def _put(self, path: Path, signed: Metadata[Any]) -> Path:
        write_durably(path, signed.to_bytes(_WRITER), mode=0o644)
        return path

    def _until(self, days: int) -> datetime:
        return self._now().astimezone(UTC).replace(microsecond=0) + timedelta(days=days)


def copy_mirror(folder: Path, to: Path) -> int:
    """The mirror onto a disk: targets first, then metadata, the timestamp last, so that one that is pulled out early is no newer mirror
    than it was. Returns how many files were written. Raises DiskFull, IoFailure."""
    written = 0
    names = [*sorted((folder / TARGETS).glob("*")), *sorted((folder / METADATA).glob("*.*.json")), folder / METADATA / "timestamp.json"]
    for path in names:
        target = to / path.relative_to(folder)
        data = path.read_bytes()
        if not target.exists() or target.read_bytes() != data:
            write_durably(target, data, mode=0o644)
            written += 1
    return written


def facts(folder: Path) -> Mapping[str, Any]:
    """What the mirror says, unverified: for the maker's eyes."""
    found: dict[str, Any] = {"releases": [], "expires": {}}
    for path in sorted((folder / METADATA).glob("*.json"), key=lambda p: (p.name.split(".", 1)[-1], len(p.name), p.name)):
        with suppress(ValueError, KeyError, OSError):
            signed = json.loads(path.read_bytes())["signed"]
            found["expires"][path.name] = signed["expires"]
            if path.name.endswith(".targets.json") and INDEX in signed["targets"]:
                digest = signed["targets"][INDEX]["hashes"]["sha256"]
                found["releases"] = json.loads((folder / TARGETS / f"{digest}.{INDEX}").read_bytes())["releases"]
    return found
