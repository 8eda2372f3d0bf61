"""Who waits for a blank card: out of stock the clocks stop, first cards come before replacements (DOMAIN.md 5.4)."""

from __future__ import annotations

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import save
from ktpel_kiosk.domain.eligibility import FIRST_CARD
from ktpel_kiosk.domain.permohonan import Keadaan, TahapState, pause_for, rest
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.ports.register import ListItem, Query, Tx, View

NO_BLANK = "blangko_kosong"
MOST = 500


def _at(view: View, *stages: Stage) -> list[ListItem]:
    return list(view.list(Query(keadaan=(Keadaan.BERJALAN,), stages=stages, limit=MOST, newest_first=False)))


def _at_print(view: View) -> list[ListItem]:
    return _at(view, Stage.CETAK_ENCODE)


def is_first_card(layanan: str) -> bool:
    return Layanan(layanan) in FIRST_CARD


def waiting_list(desk: Desk, *stages: Stage) -> tuple[ListItem, ...]:
    """Applications ready to be printed in the order blank cards are given out: first cards, then replacements, oldest first.

    Args:
        stages: where they stand; left out, only those at the printer. With ``cek_cetak`` it is the whole work list of the printing desk.
    """
    found = desk.register.read(lambda v: _at(v, *stages) if stages else _at_print(v))
    return tuple(sorted(found, key=lambda i: not is_first_card(i.layanan)))


def awaiting_centre(desk: Desk) -> tuple[ListItem, ...]:
    """Everybody for whom the centre has not said PRINT READY RECORD yet, oldest first."""
    return tuple(desk.register.read(lambda v: _at(v, Stage.MENUNGGU_PRR)))


def settle_stock(desk: Desk, tx: Tx) -> int:
    """Stop the clocks of everybody who waits for a blank, or let them go on when there are blanks again. Returns how many changed.

    Called inside the transaction that used up the last blank or took new ones in. A card under way (its blank is taken) is left alone.
    """
    empty = tx.next_blangko() is None
    changed = 0
    for item in _at_print(tx):
        waits = item.tahap_state == TahapState.JEDA and item.pause_reason == NO_BLANK
        if waits == empty or (empty and tx.live_card_job(item.id) is not None):
            continue
        p = tx.permohonan(item.id)
        now = desk.clock.now()
        tx.log("StagePaused" if empty else "StageResumed", p.id, "-", stage=str(Stage.CETAK_ENCODE), reason=NO_BLANK)
        save(desk, tx, pause_for(p, NO_BLANK, now) if empty else rest(p, now))
        changed += 1
    return changed
