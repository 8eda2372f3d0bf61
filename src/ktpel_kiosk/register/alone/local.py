"""The work copy of one desk: an encrypted register of its own that takes intake and recording, and nothing that the office's books need."""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from urllib.parse import unquote

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.outbox import CHAIN_END
from ktpel_kiosk.ports import clock_watch
from ktpel_kiosk.register.alone.numbers import SERIES, SET_ASIDE, read_block
from ktpel_kiosk.register.anchor import Anchor
from ktpel_kiosk.register.store import SqlRegister

OF_APPLICATION: Final = ("permohonan", "search", "tahap", "pause", "sample", "exception", "document", "approval", "finger_template",
                         "duplicate_check", "contact", "viewing", "packet")
"""Tables whose rows belong to one application and go to the office server with it, in an order in which they can be stored."""
_BESIDE: Final = frozenset({"sample_data", "packet_spare", "sop", "sop_step", "draft", "counter", "user"})
TAKES: Final = frozenset(OF_APPLICATION) | _BESIDE
_ACCOUNT_EVENTS: Final = frozenset({"SignedIn", "SignInFailed", clock_watch.NOTED, clock_watch.MOVED})
"""They count failures in the account's row; any other change of an account is the office's."""
OWN_SETTINGS: Final = ("masuk.jam", "masuk.jawaban", clock_watch.KEPT, CHAIN_END)
"""Beginnings of the names of what this computer remembers of its clock, of its time without the centre, of its packet chain: it goes on
alone, unmerged."""


@cache
def local_tx() -> Any:
    """The type of its transactions; made late, because SQLAlchemy is imported late."""
    from ktpel_kiosk.register.tx import SqlTx

    class LocalTx(SqlTx):
        def begin_journal(self, *given: Any) -> None:
            super().begin_journal(*given)
            self._logged: set[str] = set()

        def log(self, event: str, subject: str, actor: str, **facts: str | int | float | bool | None) -> None:
            super().log(event, subject, actor, **facts)
            self._logged.add(event)

        def finish_journal(self) -> tuple[Anchor, frozenset[str]]:
            """Refuses what the office has to decide, whatever use case it came from."""
            touched = self._seals.touched() if self._seals is not None else frozenset()
            tables = {table for table, key in touched if table != "setting" or not unquote(key).startswith(OWN_SETTINGS)}
            if tables - TAKES or ("user" in tables and not self._logged <= _ACCOUNT_EVENTS):
                raise BadInput("office_server.alone")
            return super().finish_journal()

        def next_number(self, series: str, year: int) -> int:
            """From the numbers set aside for this desk. Raises BadInput: ``office_server.alone``, ``office_server.numbers_used``."""
            if series != SERIES:
                raise BadInput("office_server.alone")
            block = read_block(self.setting(SET_ASIDE))
            counted = super().next_number(series, year)
            rest = block.after(counted - 1) if block is not None and block.year == year else None
            if rest is None or not rest.spans:
                raise BadInput("office_server.numbers_used")
            number = rest.spans[0][0]
            if number > counted:
                self.raise_number(series, year, number)
            return number

    return LocalTx


class LocalRegister(SqlRegister):
    """As :class:`SqlRegister`; a write that touches what only the office server can decide is refused whole: BadInput
    ``office_server.alone``."""

    def _tx_type(self) -> Any:
        return local_tx()
