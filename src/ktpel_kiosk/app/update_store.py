"""Versions lying beside the installed one: brought in from a verified mirror, cleared away when nobody may go back to them.

Where a service of the system looks after the store, the desk only asks: a request file names the mirror's folder and the version; the
service verifies everything itself (:func:`serve`) and answers in a file. Nothing of the answer is trusted for anything but words.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ktpel_kiosk import __version__
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_pack, update_trust
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.update_fetch import MirrorFetcher
from ktpel_kiosk.app.update_trust import Mirror, Offer
from ktpel_kiosk.domain.errors import BadInput, DiskFull, KioskError
from ktpel_kiosk.domain.keeping import BEFORE_DAYS
from ktpel_kiosk.durable import make_folder, storage_trouble, write_durably

ASK, REQUEST, ANSWER = "minta", "permintaan.json", "jawaban.json"
SPARE = 200 * 1024 * 1024
ANSWER_S = 900.0
KEPT = 4
"""Versions the service keeps; it does not know which one a desk goes back to, and that one is never older than these."""
_REQUEST_LIMIT = 4096


def trust_of(store: Path) -> Path:
    return store / "trust"


def newest_here(data: Path) -> str:
    """The version in force in this folder: the chosen one, or the package's."""
    chosen = layout.choice_of(data).version
    return chosen if layout.newer(chosen, __version__) else __version__


def install(store: Path, mirror: Path, version: str, *, floor: datetime | None = None, now: datetime | None = None) -> update_pack.Release:
    """Verify the mirror in a folder and unpack one version of it. Versions only grow: nothing older than the package is taken.

    Raises:
        BadInput ``update.*``; DiskFull, IoFailure. What starts is what started before.
    """
    if not layout.newer(version, __version__):
        raise BadInput("update.not_newer", version=version)
    looked = Mirror(trust_of(store), MirrorFetcher(mirror), now=now, floor=floor)
    offer = next((o for o in looked.offers() if o.version == version), None)
    if offer is None:
        raise BadInput("update.not_there", version=version)
    require_room(store, offer)
    payload = store / "unduh" / f"{version}.tar.gz"
    try:
        looked.fetch(offer, payload)
        layout.step("install.fetched")
        return update_pack.unpack(payload, version, store, machine=update_pack.this_machine(), has=update_pack.installed_packages())
    finally:
        payload.unlink(missing_ok=True)


def require_room(store: Path, offer: Offer) -> None:
    """Raises DiskFull ``update.room``."""
    place = next(p for p in (store, *store.absolute().parents) if p.exists())
    needed, free = offer.size + offer.unpacked + SPARE, shutil.disk_usage(place).free
    if free < needed:
        raise DiskFull("update.room", free_bytes=free, need_bytes=needed)


def tidy(store: Path, *choices: layout.Choice, wanted: str = "") -> list[str]:
    """Versions that are neither in force, nor to go back to, nor wanted."""
    return update_pack.drop(store, [wanted, *(v for c in choices for v in (c.version, c.before))])


def forget_before(data: Path, now: datetime) -> list[str]:
    """Registers as they were before a version, once that version has been in force long enough; and versions nobody goes back to."""
    choice = layout.choice_of(data)
    gone = []
    for folder in (*data.glob("register.sebelum-*"), *data.glob("register.gagal-*")):
        at = datetime.fromtimestamp(folder.stat().st_ctime, UTC)  # of its renaming
        if now - at < timedelta(days=BEFORE_DAYS) or (choice.probation and folder.name == choice.kept):
            continue
        if folder.name == choice.kept:
            layout.choose(data, replace(choice, kept="", before=""))
        shutil.rmtree(folder, ignore_errors=True)
        gone.append(folder.name)
    store, wanted = layout.store_of(data), layout.wanted_of(data)
    if not served_by_system(store) and not choice.probation:
        gone += tidy(store, layout.choice_of(data), wanted=wanted.version if wanted else "")
    return gone


# -- the service --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """``key``: message key of a refusal; empty: the version lies in the store."""

    version: str = ""
    key: str = ""
    facts: tuple[tuple[str, Any], ...] = ()


def served_by_system(store: Path) -> bool:
    """A service looks after this store: there is a place for requests, and this process may not write the store itself."""
    return (store / ASK).is_dir() and not os.access(store, os.W_OK)


def ask(store: Path, mirror: Path, version: str, floor: datetime | None, *, wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic) -> None:
    """Let the service bring a version in, and wait for its answer. Raises what it refused; BadInput ``update.no_answer``."""
    ident = secrets.token_hex(8)
    body = {"id": ident, "mirror": str(mirror.absolute()), "version": version, "floor": floor.isoformat() if floor else ""}
    request = store / ASK / REQUEST
    written = request.with_name(".permintaan")
    write_durably(written, json.dumps(body).encode())
    written.chmod(0o644)  # the desk's umask is 077, and the service is somebody else
    os.replace(written, request)
    until = clock() + ANSWER_S
    while clock() < until:
        answer = answer_of(store, ident)
        if answer is not None:
            if answer.key:
                raise BadInput(answer.key, **dict(answer.facts))
            return
        wait(0.5)
    raise BadInput("update.no_answer")


def answer_of(store: Path, ident: str) -> Answer | None:
    found = layout._object(store / ANSWER)
    if found is None or found.get("id") != ident:
        return None
    facts = found.get("facts")
    allowed = {"version", "found", "expected", "entry", "reason", "free_bytes", "need_bytes", "path"}
    pairs = tuple((k, v) for k, v in facts.items() if k in allowed and isinstance(v, str | int)) if isinstance(facts, dict) else ()
    return Answer(str(found.get("version", "")), str(found.get("key", "")), pairs)


def serve(store: Path) -> Answer | None:
    """One request, if there is one: the service's whole work. What the request says is taken for nothing but a wish."""
    wish = _take_request(store / ASK / REQUEST)
    if wish is None:
        return None
    ident, version = str(wish.get("id", ""))[:64], str(wish.get("version", ""))[:32]
    try:
        answer = _serve(store, wish, version)
    except KioskError as error:
        answer = Answer(version, error.message_key, tuple(error.facts.items()))
    body = {"id": ident, "version": answer.version, "key": answer.key, "facts": dict(answer.facts), "at": _now()}
    write_durably(store / ANSWER, json.dumps(body).encode(), mode=0o644)
    return answer


def _serve(store: Path, wish: dict[str, Any], version: str) -> Answer:
    mirror = Path(str(wish.get("mirror", "")))
    if not mirror.is_absolute() or not layout.parts(version):
        raise BadInput("update.request")
    floor = None
    with suppress(ValueError):
        floor = datetime.fromisoformat(str(wish.get("floor", "")))
    if floor is not None and floor.tzinfo is None:
        floor = floor.replace(tzinfo=UTC)
    install(store, mirror, version, floor=floor)
    lying = sorted((v.name for v in (store / layout.VERSIONS).iterdir() if layout.parts(v.name)), key=layout.parts)
    update_pack.drop(store, lying[-KEPT:])
    return Answer(version)


def _take_request(path: Path) -> dict[str, Any] | None:
    """Read it, bounded, and remove it first: a request that ends the service is not found again."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError:
        path.unlink(missing_ok=True)
        return None
    try:
        plain = stat.S_ISREG(os.fstat(handle).st_mode)
        text = os.read(handle, _REQUEST_LIMIT + 1) if plain else b""
    finally:
        os.close(handle)
    try:
        path.unlink(missing_ok=True)
        found = json.loads(text) if len(text) <= _REQUEST_LIMIT else None
    except (ValueError, RecursionError):
        return None
    except OSError as error:
        raise storage_trouble(error, path) from error
    return found if isinstance(found, dict) else None


def _now() -> str:
    return SystemClock().now().isoformat(timespec="seconds")


def bring_in(data: Path, mirror: Path, version: str, floor: datetime | None) -> None:
    """Into the store of this machine, by the service or by this process. Raises as :func:`install`."""
    store = layout.store_of(data)
    known = layout.manifest_of(store, version)
    if known is not None and layout.newer(version, __version__):
        return
    if served_by_system(store):
        ask(store, mirror, version, floor)
        return
    make_folder(store)
    install(store, mirror, version, floor=floor)


def pin_of(data: Path) -> bytes:
    return update_trust.pinned(trust_of(layout.store_of(data)))
