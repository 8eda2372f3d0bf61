"""What a desk recorded alone goes to the office server: each application in one transaction, with its audit; each once.

Killed at any moment and begun again, nothing is doubled: an application that is there is not stored again, and the rest of the audit goes
together with the mark that says so. What cannot be merged as it is stays in the work copy and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ktpel_kiosk.domain.errors import BugError, Corrupt, DuplicateRequest, NotFound, StaleView, UserFacing
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.register.alone.numbers import SERIES, given
from ktpel_kiosk.register.alone.rows import CARRIED, MOST, Bundle, pack, renew, require_free, store, tuples
from ktpel_kiosk.register.seals import ROWS
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from ktpel_kiosk.domain.audit import AuditLink

T = TypeVar("T")

WORK_COPY: Final = "salinan.kerja"
"""Setting of a work copy: its name, another one for each."""
COPY, COPY_NO, COPY_AT = "salinan_kerja", "urutan_asal", "waktu_asal"
"""Facts of a carried link: the work copy it was written in, its place there, and when."""
_LOOKED: Final = "PersonDataViewed"
_PREPARING: Final = frozenset({CARRIED, "RowsSealed"})
"""What follows the making of a work copy before anybody works in it; the second where a transaction left more rows than a link holds."""
CLOSED_REASON: Final = "nik_terbuka"
"""Reason of ``ApplicationVoided`` where the same person was being served at another desk."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """``number``: of the application that was recorded alone. ``key``: why (a sentence's key). ``other``: number of the one in its way."""

    number: str
    key: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """``taken`` now, ``there`` already. ``closed``: the same person was being served at another desk; all that was recorded is kept, the
    application closed. ``held``: still in the work copy alone; it must be kept."""

    taken: int
    there: int
    closed: tuple[Conflict, ...]
    held: tuple[Conflict, ...]


def merge(local: SqlRegister, office: SqlRegister, station: str, alive: Callable[[], object] = lambda: None) -> Merged:
    """``alive`` is called before each application. Raises IoFailure ``office_server.unreachable``: the server is away again; begin again
    later."""
    copy = name_of(local)
    known = _seen(local, worked_on)
    taken, there, closed, held = 0, 0, list[Conflict](), list[Conflict]()
    for id, number in known:
        alive()
        try:
            if not _take(local, office, copy, id):
                there += 1
                continue
        except DuplicateRequest as error:
            if error.message_key != "nik.open_application":
                held.append(Conflict(number, error.message_key))
                continue
            closed.append(Conflict(number, error.message_key, str(error.facts.get("number", ""))))
            _close(local, id, closed[-1].other)
            _take(local, office, copy, id)
        except (UserFacing, BugError) as error:
            held.append(Conflict(number, error.message_key))
            continue
        taken += 1
    if not held:
        _rest(local, office, copy, station, frozenset(id for id, _ in known), len(closed))
    return Merged(taken, there, tuple(closed), tuple(held))


def is_merged(local: SqlRegister, office: SqlRegister) -> bool:
    """Whether the office has everything that was recorded in this work copy."""
    copy, length = name_of(local), local.read(lambda v: v.audit_length())
    return office.read(lambda v: _carried_to(v, copy, copy)) >= length


def made_at(local: SqlRegister) -> int:
    """Place of the last link with which the work copy begins: what stands up to there was taken along."""
    return _seen(local, _made_at)


def _made_at(view: Any) -> int:
    place = 0
    for link in view.audit(limit=MOST):
        if link.event == "WorkCopyMade" and not place:
            place = link.sequence
        elif place and link.event in _PREPARING and link.sequence == place + 1:
            place += 1
    return place


def worked_on(view: Any) -> list[tuple[str, str]]:
    """Id and number of each application that was begun or went on in this work copy, in the order in which they came."""
    touched = {link.subject for link in view.audit(after=_made_at(view), limit=MOST)}
    known = tuples(view, "SELECT id, nomor_register FROM permohonan ORDER BY created_at, id")
    return [(id, number) for id, number in known if id in touched]


def name_of(local: SqlRegister) -> str:
    """Name of this work copy; another one for each."""
    name = local.read(lambda v: v.setting(WORK_COPY))
    if not name:
        raise Corrupt("register.corrupt", path=WORK_COPY)
    return name


# -- one application --------------------------------------------------------------------------------------------------------


class _There(Exception):
    """It is on the server already; the transaction is given up."""


def _take(local: SqlRegister, office: SqlRegister, copy: str, id: str) -> bool:
    """False: it is there already. Raises DuplicateRequest, StaleView ``permohonan.stale``: it went on here after it was merged."""
    bundle = _seen(local, lambda v: pack(v, id))
    try:
        office.write(lambda tx: _store(tx, copy, bundle))
    except _There:
        return False
    return True


def _store(tx: Any, copy: str, bundle: Bundle) -> None:
    try:
        tx.permohonan(bundle.id)
    except NotFound:
        pass
    else:
        taken = [link for link in bundle.links if link.event == CARRIED][-1:]
        there = max(_carried_to(tx, copy, bundle.id), *(link.sequence for link in taken), 0)
        new = [link for link in bundle.links if link.sequence > there]
        if not new:
            raise _There
        if not _is_ours(tx, copy, bundle.id, int(taken[0].facts["sequence"] or 0) if taken else 0):
            raise StaleView("permohonan.stale")
        require_free(tx, bundle)
        _carry_links(tx, copy, new)
        renew(tx, bundle)
        return
    require_free(tx, bundle)
    _carry_links(tx, copy, [link for link in bundle.links if link.event != CARRIED])
    store(tx, bundle)


def _is_ours(tx: Any, copy: str, id: str, taken: int) -> bool:
    """Nobody at the office went on with it since it was carried there, or taken along (``taken``: its last link then).

    Looking is no harm.
    """
    links = [link for link in tx.audit(subject=id, limit=MOST) if link.event != _LOOKED]
    return bool(links) and (links[-1].facts.get(COPY) == copy or links[-1].sequence <= taken)


def _close(local: SqlRegister, id: str, other: str) -> None:
    """In the work copy itself, so that what is merged is what was decided. A closed one is in nobody's way any more."""

    def work(tx: Any) -> None:
        note = f"Direkam selagi server kantor tidak terjangkau; NIK yang sama sudah dilayani dengan nomor {other}."
        tx.log("ApplicationVoided", id, "-", reason=CLOSED_REASON, number=other)
        tx.save_permohonan(replace(tx.permohonan(id), keadaan=Keadaan.BATAL, note=note))

    local.write(work)


# -- the audit ---------------------------------------------------------------------------------------------------------------


def _carry_links(tx: Any, copy: str, links: Sequence[AuditLink]) -> None:
    for link in links:
        facts = {name: value for name, value in link.facts.items() if name != ROWS}
        tx.log(link.event, link.subject, link.actor, **facts, **{COPY: copy, COPY_NO: link.sequence, COPY_AT: link.at.isoformat()})


def _carried_to(tx: Any, copy: str, subject: str) -> int:
    """Place in the work copy's audit up to which this subject was carried."""
    return max((int(link.facts[COPY_NO]) for link in tx.audit(subject=subject, limit=MOST) if link.facts.get(COPY) == copy), default=0)


def _rest(local: SqlRegister, office: SqlRegister, copy: str, station: str, mine: frozenset[str], closed: int) -> None:
    """Sign-ins, drafts and the numbers given, with the mark that this work copy is merged up to here."""
    base = made_at(local)
    head, links, drafts, counted = _seen(local, lambda v: (
        v.audit_head(), [link for link in v.audit(after=base, limit=MOST) if link.subject not in mine],
        tuples(v, "SELECT key, text FROM draft"), tuples(v, "SELECT year, value FROM counter WHERE series = :series", series=SERIES)))

    def work(tx: Any) -> None:
        done = _carried_to(tx, copy, copy)
        if done >= head.length:
            raise _There
        _carry_links(tx, copy, [link for link in links if link.sequence > done])
        for key, text in drafts:
            if tx.draft(key) is None:
                tx.put_draft(key, text)
        for year, number in counted:
            given(tx, station, year, number)
        tx.log("DeskCameBack", copy, "-", station=station, count=len(mine), closed=closed, digest=head.head,
               **{COPY: copy, COPY_NO: head.length})

    with suppress(_There):
        office.write(work)


def _seen(local: SqlRegister, look: Callable[[Any], T]) -> T:
    """The register's own view knows more than its port: the chain's head, bare rows."""
    return local.read(look)
