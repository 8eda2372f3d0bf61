"""What a desk takes along while the office server answers, so that it can be alone: accounts, settings, SOP, the end of its packet chain,
and register numbers of its own. No applicant is in it."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.outbox import CHAIN_END, chain_end, chain_end_text
from ktpel_kiosk.durable import make_folder, storage_trouble, sync_directory
from ktpel_kiosk.register.alone.local import LocalRegister
from ktpel_kiosk.register.alone.merge import WORK_COPY, is_merged, made_at
from ktpel_kiosk.register.alone.numbers import SERIES, SET_ASIDE, NumberBlock, set_aside
from ktpel_kiosk.register.seals import ROWS
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from ktpel_kiosk.ports.clock import Clock, Ids

NUMBERS: Final = 20
"""An outage of a day at one desk."""
COPY_FILE: Final = "register.sqlite"
KEYS_OF: Final = "kunci:"
"""Subject under which the audit names an officer's keys: without it no signature would be trusted."""
ALONE: Final = "DeskWorksAlone"
_MOST: Final = 10_000
_NEW, _OLD = ".baru", ".lama"
_SETTINGS: Final = "SELECT key, value FROM setting WHERE key NOT LIKE 'nomor.cadangan%'"
_SOPS: Final = "SELECT digest, sop_id, text FROM sop"


def make(office: SqlRegister, folder: Path, key: bytes, clock: Clock, ids: Ids, station: str, year: int, *, numbers: int = NUMBERS,
         **settings: Any) -> None:
    """A fresh work copy in ``folder``, in the place of the one before; whole or not at all.

    Args:
        year: the office's local year. settings: as of :class:`SqlRegister`.

    Raises:
        BadInput: ``office_server.alone_work``: the one before was worked in and waits to be merged. IoFailure, DiskFull.
    """
    if is_waiting(office, folder, key, clock, ids, **settings):
        raise BadInput("office_server.alone_work")

    def reserve(tx: Any) -> NumberBlock:
        tx.log("WorkCopyMade", station, "-")
        return set_aside(tx, station, year, numbers)

    block = office.write(reserve)
    accounts, last, rows, sops, keys = office.read(lambda v: (
        v.users(), v.last_packet(), _tuples(v, _SETTINGS), _tuples(v, _SOPS),
        [link for account in v.users() for link in v.audit(subject=f"{KEYS_OF}{account.username}", limit=_MOST)]))

    def fill(tx: Any) -> None:
        for link in keys:
            tx.log(link.event, link.subject, link.actor, **{name: value for name, value in link.facts.items() if name != ROWS})
        for account in accounts:
            tx.save_user(account)
        for name, value in rows:
            tx.put_setting(name, value)
        for digest, sop_id, text in sops:
            tx.put_sop(digest, sop_id, text)
        end = chain_end(last, tx.setting(CHAIN_END), GENESIS)
        if end[0]:
            tx.put_setting(CHAIN_END, chain_end_text(*end))
        tx.put_setting(SET_ASIDE, block.text())
        tx.put_setting(WORK_COPY, secrets.token_hex(16))
        if block.spans and block.spans[0][0] > 1:
            tx.raise_number(SERIES, year, block.spans[0][0] - 1)
        tx.log("WorkCopyMade", station, "-")

    try:
        new, old = folder.with_name(folder.name + _NEW), folder.with_name(folder.name + _OLD)
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)
        make_folder(new)
        with SqlRegister(new / COPY_FILE, key, clock, ids, **settings) as made:
            made.write(fill)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        sync_directory(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise storage_trouble(error, folder) from error


def begin_alone(local: SqlRegister, station: str, sealed: str) -> None:
    """From now on the desk works in it: said in its audit, once, and its packet chain goes on where the desk's last packet ended.

    Args:
        sealed: the chain's end as the desk remembers it (``domain.outbox.chain_end_text``), which is later than the copy where packets were
            sealed since; empty or damaged: nothing is remembered.
    """
    last, setting, said = local.read(lambda v: (v.last_packet(), v.setting(CHAIN_END), any(
        link.event == ALONE for link in v.audit(subject=station))))
    known, remembered = chain_end(last, setting, GENESIS)[0], chain_end(None, sealed, GENESIS)
    later = remembered[0] > known and len(remembered[1]) == len(GENESIS)
    if said and not later:
        return

    def work(tx: Any) -> None:
        tx.log(ALONE, station, "-", sequence=remembered[0] if later else known)
        if later:
            tx.put_setting(CHAIN_END, chain_end_text(*remembered))

    local.write(work)


def is_waiting(office: SqlRegister, folder: Path, key: bytes, clock: Clock, ids: Ids, **settings: Any) -> bool:
    """Whether something was recorded in it that is not merged yet."""
    if not (folder / COPY_FILE).exists():
        return False
    with LocalRegister(folder / COPY_FILE, key, clock, ids, **settings) as local:
        return local.read(lambda v: v.audit_length()) > made_at(local) and not is_merged(local, office)


def _tuples(view: Any, sql: str) -> list[tuple[Any, ...]]:
    from ktpel_kiosk.register.session import prepared

    found: list[tuple[Any, ...]] = view.tuples(prepared(sql))
    return found
