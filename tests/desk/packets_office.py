"""Packets of an office as the network would leave them: received with a receipt, damaged on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from desk_office import Office

from ktpel_kiosk.desk import sealing, statuses
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.domain.permohonan import Permohonan, TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports import clock_watch


class Killed(BaseException):
    """The process ends here."""


def sealed_quickly(office: Office, index: int) -> Permohonan:
    """An application that waits for the centre with its packet sealed, without walking every stage as :meth:`Office.sealed` does."""
    desk, now = office.desk, office.clock.now()
    last = desk.register.read(lambda v: v.last_packet())
    begun = office.begun(index)
    at = next(t.index for t in begun.tahap if t.stage is Stage.MENUNGGU_PRR)
    waiting = replace(begun, tahap=tuple(
        replace(t, state=TahapState.SELESAI, started_at=now, finished_at=now, running_since=None, actor="operator", role="operator")
        if t.index < at else replace(t, state=TahapState.JEDA, started_at=now, paused_since=now, pause_reason="jaringan")
        if t.index == at else t for t in begun.tahap))
    content = PacketContent(desk.ids.new(), desk.station, "35.08.05", last.counter + 1 if last else 1, last.sha256 if last else GENESIS,
                            "baru_wni", "tempeh", "a" * 64, "", now, begun.penduduk, (), (), (), (), "operator")
    made = office.vault.seal(content)

    def work(tx: Any) -> Permohonan:
        packet = Packet(made.packet_id, begun.id, desk.station, content.counter, content.previous_hash, made.sha256, made.size, made.path,
                        PacketState.SEALED, now)
        sealing.add_sealed(tx, packet, made)
        tx.log("PacketSealed", begun.id, "operator", packet_id=made.packet_id)
        return tx.save_permohonan(waiting)

    return desk.register.write(work)


def signed(packet: Packet) -> str:
    """A receipt the office's desk takes for verified; anything else is forged."""
    return f"sah {packet.packet_id} {packet.sha256}"


def trusts_receipts(office: Office) -> None:
    object.__setattr__(office.desk, "receipt_holds", lambda p: p.receipt == signed(p))


def packet_of(office: Office, p: Permohonan) -> Packet:
    found = office.desk.register.read(lambda v: v.packet_of(p.id))
    assert found is not None
    return found


def packet(office: Office, packet_id: str) -> Packet:
    found = office.desk.register.read(lambda v: v.packet(packet_id))
    assert found is not None
    return found


def change(office: Office, packet_id: str, **changes: Any) -> Packet:
    def work(tx: Any) -> Packet:
        changed = replace(tx.packet(packet_id), **changes)
        tx.save_packet(changed)
        tx.log("PacketProgress", changed.permohonan_id, "-", packet_id=packet_id)
        return changed

    return office.desk.register.write(work)


def receive(office: Office, packet_id: str, *, at: datetime | None = None, receipt: str | None = None) -> Packet:
    """The receipt came in now; ``at``: when the server says it did."""
    def work(tx: Any) -> Packet:
        old = tx.packet(packet_id)
        clock_watch.note(office.desk.clock, tx)
        got = replace(old, state=PacketState.RECEIVED, receipt=signed(old) if receipt is None else receipt,
                      received_at=at or office.clock.now(), server_sequence=old.counter, wait_cause=WaitCause.NONE, wait_detail="")
        tx.save_packet(got)
        tx.log("PacketReceived", got.permohonan_id, "-", packet_id=packet_id)
        return got

    got = office.desk.register.write(work)
    statuses.note_receipt(office.desk, packet_id)
    return got


def files(office: Office) -> list[str]:
    return sorted(f.name for folder in (office.vault.folder, office.vault.spares) if folder.exists() for f in folder.iterdir())


def known_files(office: Office) -> list[str]:
    return sorted(office.desk.register.read(lambda v: v.packet_paths() | v.spare_paths()))


def damage(office: Office, packet: Packet, how: str) -> None:
    file = office.vault.folder / packet.path
    if how == "deleted":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.write_bytes(b"x" + file.read_bytes()[1:])


@contextmanager
def killed_before_commit(office: Office) -> Iterator[None]:
    """Every commit of the block is the end of the process: what it wanted to store is not stored."""
    register = office.desk.register

    class Dying:
        def write(self, work: Any) -> Any:
            def dying(tx: Any) -> None:
                work(tx)
                raise Killed

            return register.write(dying)

        def __getattr__(self, name: str) -> Any:
            return getattr(register, name)

    object.__setattr__(office.desk, "register", Dying())
    try:
        yield
    except Killed:
        pass
    finally:
        object.__setattr__(office.desk, "register", register)
    if office.desk.seal_lock.locked():
        office.desk.seal_lock.release()
