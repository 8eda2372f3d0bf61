"""The office server as one of its desks sees it: does it answer, does this desk work alone, what waits to go there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ServerState:
    """``host``: name for sentences. ``alone``: this desk records in its work copy. ``answers``: the server did when it was asked last.

    Attributes:
        since: of this state: alone since, or silent since; ``None`` where all is well.
        prepared: a work copy is there, so that the desk can go on alone.
    """

    host: str
    alone: bool = False
    answers: bool = True
    since: datetime | None = None
    prepared: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a desk that works alone has: applications that go to the server later, register numbers it may still give."""

    applications: int
    numbers: int


class OfficeServer(Protocol):
    """Any thread."""

    def state(self) -> ServerState:
        """From memory."""
        ...

    def look(self) -> None:
        """Ask the server soon; somebody just missed it."""
        ...

    def waiting(self) -> Waiting:
        """Reads the register; only while alone."""
        ...

    def everything_known(self) -> bool:
        """The register that is open knows everything this desk recorded: nothing waits, nothing is known to the server alone. When in
        doubt it does not."""
        ...

    def reopen(self) -> None:
        """When the windows end, the desk opens again: on the server if it answers then, else alone."""
        ...
