"""Packet files on this disk against the register: files nobody knows go, damaged ones are found before the applicant is home.

Runs behind the window. Walks page by page: the folders may hold a hundred thousand files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ktpel_kiosk.desk import resend
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.outbox import CONTENTS_GONE, Packet, PacketState, WaitCause
from ktpel_kiosk.ports.register import View

PAGE = 200


def strays(desk: Desk) -> int:
    """How many files the register does not know lie in the folders now; one being written counts too. Changes nothing."""
    return sum(1 for _ in desk.sealer.leftovers(desk.register.read(_known)))


def clear_leftovers(desk: Desk) -> int:
    """Remove packet and spare files the register does not know: a crash between file and commit, or between a purge and its files.

    The folders are looked through without holding anybody up; before anything is deleted the register is asked once more while
    nothing can be sealed, so that a file whose commit is under way is never taken for a leftover. A register that does not know
    everything this desk sealed (it is alone, or what it did alone waits to be merged) sweeps nothing.
    """
    if desk.office_server is not None and not desk.office_server.everything_known():
        return 0
    found = list(desk.sealer.leftovers(desk.register.read(_known)))
    if not found:
        return 0
    with desk.seal_lock:
        known = desk.register.read(_known)
        gone = [name for name in found if name not in known]
        desk.sealer.remove(*gone)
    return len(gone)


def _known(view: View) -> frozenset[str]:
    return view.packet_paths() | view.spare_paths()


def check_sizes(desk: Desk) -> int:
    """Every unsent packet has a file of its size; those that have not are set aside for repair. Returns how many. For the start."""
    return sum(_judge(desk, p, lambda p: desk.sealer.size(p.path) == p.size) for p in _unsent(desk))


class SlowCheck:
    """SHA-256 of the unsent packets, a few at each call, oldest first and round again; memory only, a new start begins with the oldest."""

    def __init__(self, *, count: int = 5, every_s: float = 300.0) -> None:
        self._count, self._every_s = count, every_s
        self._after, self._next = 0, 0.0

    def step(self, desk: Desk) -> int:
        """Check some if it is time; returns how many turned out damaged."""
        now = desk.clock.monotonic()
        if now < self._next:
            return 0
        self._next = now + self._every_s
        page = desk.register.read(lambda v: list(v.unsent_after(self._after, self._count)))
        self._after = page[-1].counter if len(page) == self._count else 0
        return sum(_judge(desk, p, lambda p: desk.sealer.exists(p.path, p.sha256)) for p in page)


def _unsent(desk: Desk) -> Iterator[Packet]:
    after = 0
    while page := desk.register.read(lambda v, after=after: list(v.unsent_after(after, PAGE))):  # type: ignore[misc]
        yield from page
        after = page[-1].counter


def _judge(desk: Desk, packet: Packet, good: Callable[[Packet], bool]) -> int:
    """1 when the packet was set aside now. What is fully sent needs no file any more."""
    if packet.state is PacketState.UPLOADED or packet.wait_cause is WaitCause.FILE or good(packet):
        return 0
    detail = resend.FILE_MISSING if desk.sealer.size(packet.path) < 0 else resend.FILE_DAMAGED
    return int(resend.mark_damaged(desk, packet, detail).wait_cause is WaitCause.FILE)


@dataclass(frozen=True, slots=True)
class FileState:
    """One packet as its files stand.

    Attributes:
        file: ``whole``, ``damaged``, ``missing`` or ``purged``. spare: likewise, or ``none`` where nothing was kept (before schema 5).
        advice: ``nothing``, ``repair`` (the spare is whole) or ``record_again``; only what is still to be sent needs anything.
    """

    packet: Packet
    file: str
    spare: str
    advice: str


def check_all(desk: Desk, actor: Actor) -> Iterator[FileState]:
    """Every packet the register knows, with the SHA-256 of its file and spare computed now; oldest first. Changes nothing. NotAllowed."""
    require(actor, "verify_register")
    return _states(desk)


def _states(desk: Desk) -> Iterator[FileState]:
    after = 0
    while page := desk.register.read(lambda v, after=after: list(v.packets_after(after, PAGE))):  # type: ignore[misc]
        for packet in page:
            yield _state_of(desk, packet)
        after = page[-1].counter


def _state_of(desk: Desk, packet: Packet) -> FileState:
    spare = desk.register.read(lambda v: v.spare(packet.packet_id))
    file = "whole" if desk.sealer.exists(packet.path, packet.sha256) else _missing_or_damaged(desk, packet.path)
    kept = "none" if spare is None else "whole" if desk.sealer.spare_opens(spare) else _missing_or_damaged(desk, spare.path)
    if packet.purged_at is not None:
        return FileState(packet, "purged", "purged", "nothing")
    needs = packet.unsent and packet.state is not PacketState.UPLOADED and file != "whole"
    return FileState(packet, file, kept, "nothing" if not needs else "repair" if kept == "whole" else "record_again")


def _missing_or_damaged(desk: Desk, path: str) -> str:
    return "missing" if desk.sealer.size(path) < 0 else "damaged"


def beyond_repair(packet: Packet) -> bool:
    """Only a new recording helps."""
    return packet.unsent and packet.wait_detail == CONTENTS_GONE
