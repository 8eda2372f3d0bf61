"""Copies of a register as they lie on a disk: ``<stem>.sqlite`` with its wrapped key (``.key``) and what is known of it (``.info``).

The register takes its name last: a set with all three files is a whole copy, anything else is none. ``.info`` carries a MAC of the
register's key; whoever has no key may show it to people, and never rely on it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import BadInput, Corrupt, KeyUnavailable
from ktpel_kiosk.durable import storage_trouble

if TYPE_CHECKING:
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.register.backup import CopyFacts

FORMAT = "ktpel-salinan"
KEY, INFO, DATA = ".key", ".info", ".sqlite"
_PURPOSE = b"ktpel-kiosk copy info 1"
_MOST_BYTES = 4 << 20
_WRONG_CLOCK = timedelta(minutes=5)
_ORPHAN_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keep:
    """How many copies stay: the newest of each of the last ``daily`` days, ``weekly`` weeks and ``monthly`` months that have one."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


KEEP_SETTING = "cadangan.simpan"
"""Setting of the register: ``7,4,12``."""


def parse_keep(text: str) -> Keep:
    """Raises BadInput ``backup.keep``."""
    try:
        daily, weekly, monthly = (int(part) for part in text.split(","))
    except ValueError as error:
        raise BadInput("backup.keep", found=text[:40]) from error
    if not 1 <= daily <= 90 or not 0 <= weekly <= 60 or not 0 <= monthly <= 120:
        raise BadInput("backup.keep", found=text[:40])
    return Keep(daily, weekly, monthly)


def kept(times: Iterable[datetime], keep: Keep) -> frozenset[datetime]:
    """Which of these copies stay. The newest always does; order does not matter."""
    newest_first = sorted(set(times), reverse=True)
    stays = set(newest_first[:1])
    for key, most in ((datetime.date, keep.daily), (_week, keep.weekly), (_month, keep.monthly)):
        seen: set[object] = set()
        for at in newest_first:
            period = key(at)
            if period not in seen and len(seen) < most:
                seen.add(period)
                stays.add(at)
    return frozenset(stays)


def _week(at: datetime) -> tuple[int, int]:
    return at.isocalendar()[:2]


def _month(at: datetime) -> date:
    return at.date().replace(day=1)


@dataclass(frozen=True, slots=True)
class CopyInfo:
    """What stands beside a copy. Counts and numbers only, nothing of any person.

    Attributes:
        settings: ``office.json`` as it was; sop: text of the SOP in force; packets: files not yet received, name -> SHA-256;
            links: name -> counter, previous hash, id of the packet it replaces, for a courier's list made without the register.
        numbers: ``series/year`` -> last number given.
    """

    at: str
    station: str
    office: str
    register_id: str
    version: int
    length: int
    head: str
    applied: int
    sealed: int
    last_counter: int
    last_sha256: str
    size: int
    sha256: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    sop: str = ""
    packets: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CopySet:
    """One whole copy in a folder. ``info`` is ``None`` where it is missing (copies of earlier versions) or unreadable."""

    at: datetime
    path: Path
    info: CopyInfo | None

    @property
    def key_file(self) -> Path:
        return self.path.with_suffix(KEY)


def info_of(facts: CopyFacts, at: datetime, station: str, office: str, file: Path, settings: Mapping[str, Any], sop: str,
            packets: Sequence[Packet]) -> CopyInfo:
    """``file``: the copy, not yet named."""
    numbers = {f"{series}/{year}": n for (series, year), n in facts.numbers.items()}
    return CopyInfo(at.isoformat(), station, office, facts.register_id, facts.version, facts.length, facts.head, facts.applied,
                    facts.sealed, facts.last_counter, facts.last_sha256, file.stat().st_size, digest_of(file), numbers, settings, sop,
                    {p.path: p.sha256 for p in packets}, {p.path: (p.counter, p.previous_hash, p.replaces) for p in packets})


def info_bytes(info: CopyInfo, key: bytes) -> bytes:
    body = json.dumps(asdict(info), sort_keys=True, ensure_ascii=False)
    return json.dumps({"format": FORMAT, "version": 1, "info": body, "mac": _mac(body, key)}, ensure_ascii=False, indent=1).encode()


def _mac(body: str, key: bytes) -> str:
    return hmac.new(hmac.new(key, _PURPOSE, hashlib.sha256).digest(), body.encode(), hashlib.sha256).hexdigest()


def read_info(path: Path, key: bytes | None = None) -> CopyInfo | None:
    """``None`` when missing, unreadable, of another kind or, with ``key``, not made with it."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        found = json.loads(text)
        body = str(found["info"])
        if found["format"] != FORMAT or (key is not None and not hmac.compare_digest(str(found["mac"]), _mac(body, key))):
            return None
        return CopyInfo(**json.loads(body))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def digest_of(path: Path) -> str:
    """SHA-256 (hex). Raises IoFailure."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise storage_trouble(error, path) from error


def made_at(path: Path) -> datetime | None:
    """The time in a copy's name; ``None`` for a file of another kind."""
    try:
        return datetime.strptime(path.name.split("-")[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return None


def sets_in(folder: Path, now: datetime, register_id: str = "") -> list[CopySet]:
    """Whole copies, oldest first; with ``register_id`` only its own (and those that do not say whose they are). One that a wrong clock
    dated into the future counts for nothing and is left alone."""
    found = []
    for path in folder.glob(f"register-*{DATA}"):
        at = made_at(path)
        if at is None or at > now + _WRONG_CLOCK or not _filled(path) or not _filled(path.with_suffix(KEY)):
            continue
        info = read_info(path.with_suffix(INFO))
        if not register_id or info is None or info.register_id == register_id:
            found.append(CopySet(at, path, info))
    return sorted(found, key=lambda c: (c.at, c.path.name))


def _filled(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


def drop(copy: CopySet) -> None:
    """The register first: what is left then is no copy. What cannot be removed stays."""
    with suppress(OSError):
        for path in (copy.path, copy.path.with_suffix(INFO), copy.key_file):
            path.unlink(missing_ok=True)


def sweep(folder: Path, now: datetime) -> None:
    """Pieces of copies that were cut off more than a day ago."""
    for path in folder.glob("register-*"):
        at = made_at(path)
        if at is None or now - at < _ORPHAN_AGE or path.suffix == DATA:
            continue
        if not path.with_suffix(DATA).exists():
            with suppress(OSError):
                path.unlink()


def proved(copy: CopySet, key: bytes) -> tuple[CopyFacts, CopyInfo | None]:
    """The copy opens with ``key``, is whole, and is what stands beside it.

    Raises:
        Corrupt: ``register.copy_damaged``, ``backup.unlike``. KeyUnavailable, TooNew, IoFailure as ``keycheck.probe``.
    """
    from ktpel_kiosk.register.backup import check_copy

    facts = check_copy(copy.path, key)
    if copy.info is None and not copy.path.with_suffix(INFO).exists():
        return facts, None  # of an earlier version
    info = read_info(copy.path.with_suffix(INFO), key)
    if info is None:
        raise Corrupt("backup.unlike", path=str(copy.path), reason="keterangan")
    for name, stands, found in (("ukuran", info.size, copy.path.stat().st_size), ("ujung audit", info.head, facts.head),
                                ("register", info.register_id, facts.register_id), ("isi", info.sha256, digest_of(copy.path))):
        if stands != found:
            raise Corrupt("backup.unlike", path=str(copy.path), reason=name)
    return facts, info


def newest_first(copies: Sequence[CopySet]) -> list[CopySet]:
    return sorted(copies, key=lambda c: c.at, reverse=True)


def key_of(copy: CopySet, code: str = "", shares: Sequence[str] = (), machine_key: Path | None = None) -> bytes:
    """The key of a copy by whatever is at hand: recovery code, sheets, else this machine's key file.

    Raises:
        BadInput: ``shares.*``, ``backup.no_key``, ``register.keys_no_way``. KeyUnavailable: it does not open it.
    """
    from ktpel_kiosk.desk.station_care import plain_code
    from ktpel_kiosk.register.keys import KeyStore
    from ktpel_kiosk.register.shares import read_share

    if not copy.key_file.exists():
        raise BadInput("backup.no_key", path=str(copy.path))
    store = KeyStore(copy.key_file, machine_key=machine_key)
    if shares:
        return store.unlock_with_shares([read_share(text) for text in shares])
    if code:
        try:
            return store.unlock_with_secret(plain_code(code))
        except KeyUnavailable as error:
            if error.message_key == "register.wrong_secret":
                raise BadInput("backup.code_wrong") from error
            raise
    if machine_key is None:
        raise BadInput("register.keys_no_way")
    return store.unlock_with_machine()
