"""Applications that stand at a desk go into its work copy as the office has them, so that they can be finished when the server goes.

Each carries the place of its last link in the office's audit: what the desk does alone is taken back only if nobody went on with it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.register.alone.rows import CARRIED, MOST, Bundle, pack, renew, store

if TYPE_CHECKING:
    from ktpel_kiosk.register.store import SqlRegister


def carry(office: SqlRegister, local: SqlRegister, id: str, *, begins: bool) -> bool:
    """As the office has it now; False: it is not, or does not belong, in the work copy.

    Args:
        begins: this desk worked on it: it is taken while it is open and not sealed. One that is in the copy follows the office whatever
            becomes of it, for it must not look open there when it is not.

    Raises:
        IoFailure ``office_server.unreachable``; DiskFull, IoFailure: of the copy.
    """
    known = local.read(lambda v: _place(v, id))
    if known is None and not begins:
        return False
    found = office.read(lambda v: _found(v, id))
    if found is None:
        return False
    bundle, place = found
    if known is None and not (bundle.is_open and not any(table == "packet" for table, _row, _below in bundle.rows)):
        return False
    if known == place:
        return True

    def work(tx: Any) -> None:
        tx.log(CARRIED, id, "-", sequence=place)
        if known is None:
            store(tx, bundle)
        else:
            renew(tx, bundle)

    local.write(work)
    return True


def _found(view: Any, id: str) -> tuple[Bundle, int] | None:
    try:
        view.permohonan(id)
    except NotFound:
        return None
    bundle = pack(view, id)
    return bundle, bundle.links[-1].sequence if bundle.links else 0


def _place(view: Any, id: str) -> int | None:
    """Up to which link the office's application is in the work copy; ``None``: it is not."""
    return next((int(link.facts["sequence"]) for link in reversed(view.audit(subject=id, limit=MOST)) if link.event == CARRIED), None)
