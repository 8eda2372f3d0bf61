"""What a courier brought back: each receipt and each page of statuses is judged by its own signature and by the register."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ktpel_kiosk.desk import statuses
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.courier import BundleManifest, CourierBundle, Refused, SignedStatuses
from ktpel_kiosk.domain.errors import EnvironmentTrouble, KioskError, ReceiptInvalid
from ktpel_kiosk.domain.outbox import Packet, PacketState, Receipt, WaitCause
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports import clock_watch
from ktpel_kiosk.ports.courier import OpenBundle
from ktpel_kiosk.ports.register import Tx, View

READ_SETTING = "courier.status_read"
"""How far the station's statuses came by disk without a gap; the line's own cursor is not touched."""
RECEIPT_NOTE = "uploader.receipt/"
"""Drafts that say a receipt is stored and its application still has to hear of it; the sender settles those a crash left."""
SOURCE = "courier"
BATCH = 50
AUDITED_REFUSALS = 1000
"""Named one by one in the audit; a disk full of rubbish is counted beyond that."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What one bundle brought.

    Attributes:
        label: its folder. ours: its manifest is whole and this station's.
        receipts, statuses: taken now. receipts_had, statuses_had: the same as known already, by line or by an earlier disk.
        refused: everything not taken, by name.
    """

    label: str
    ours: bool
    receipts: int = 0
    receipts_had: int = 0
    statuses: int = 0
    statuses_had: int = 0
    refused: tuple[Refused, ...] = ()


def read_to(view: View) -> int:
    """Every status of this station up to this sequence was read, by line or by disk."""
    return max(view.status_cursor(), int(view.setting(READ_SETTING) or 0))


class _Unchanged(Exception):
    """Leaves a transaction without a trace."""


def take_back(desk: Desk, officer: str, bundle: OpenBundle, on_progress: Callable[[int], object]) -> Imported:
    """See :func:`ktpel_kiosk.desk.courier.import_bundles`, which asks for the permission. ``officer``: user name."""
    work = _Back(desk, officer, bundle, on_progress)
    work.keys()
    work.receipts()
    work.statuses()
    return work.finish()


class _Back:
    def __init__(self, desk: Desk, officer: str, bundle: OpenBundle, on_progress: Callable[[int], object]) -> None:
        self._desk, self._officer, self._bundle, self._on_progress = desk, officer, bundle, on_progress
        self._refused: list[Refused] = []
        self._counts = {"receipts": 0, "receipts_had": 0, "statuses": 0, "statuses_had": 0}
        self._done = 0

    def _refuse(self, entry: str, key: str) -> None:
        self._refused.append(Refused(entry, key))

    def _step(self) -> None:
        self._done += 1
        self._on_progress(self._done)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def keys(self) -> None:
        """Receipts may be signed with a key this desk could not hear of; statements are numbered and believed only one by another."""
        for name, number, text in self._bundle.key_statements():
            try:
                self._desk.courier.tokens.learn(number, text)
            except ReceiptInvalid as e:
                self._refuse(name, e.message_key)

    # -- receipts -----------------------------------------------------------------------------------------------------

    def receipts(self) -> None:
        batch: list[tuple[str, Receipt]] = []
        for name, text in self._bundle.receipts():
            try:
                batch.append((name, self._desk.courier.tokens.receipt(text)))
            except ReceiptInvalid as e:
                self._refuse(name, e.message_key)
            if len(batch) >= BATCH:
                self._take(batch)
                batch = []
            self._step()
        self._take(batch)

    def _take(self, batch: list[tuple[str, Receipt]]) -> None:
        """Stored in one commit with a note for each application, which is told afterwards."""
        taken: list[str] = []

        def work(tx: Tx) -> None:
            taken.clear()
            for name, receipt in batch:
                if self._judge(tx, name, receipt):
                    self._store(tx, receipt)
                    taken.append(receipt.packet_id)
            if not taken:
                raise _Unchanged

        before, counts = len(self._refused), dict(self._counts)
        try:
            self._desk.register.write(work)
        except _Unchanged:
            return
        except EnvironmentTrouble:   # nothing was written, so nothing of it was judged either
            del self._refused[before:]
            self._counts = counts
            raise
        self._counts["receipts"] += len(taken)
        for packet_id in taken:
            statuses.note_receipt(self._desk, packet_id)

        def settle(tx: Tx) -> None:
            for packet_id in taken:
                tx.drop_draft(RECEIPT_NOTE + packet_id)
                tx.log("ReceiptNoted", "-", self._officer, packet_id=packet_id)

        self._desk.register.write(settle)

    def _judge(self, view: View, name: str, receipt: Receipt) -> bool:
        """Whether this receipt is news; what it cannot be is refused by name."""
        packet = view.packet(receipt.packet_id)
        key = self._objection(packet, receipt)
        if key:
            self._refuse(name, key)
            return False
        if packet is not None and packet.state is PacketState.RECEIVED:
            self._counts["receipts_had"] += 1
            return False
        return True

    def _objection(self, packet: Packet | None, receipt: Receipt) -> str:
        if packet is None:
            return "courier.receipt_foreign" if receipt.station != self._desk.station else "courier.receipt_unknown"
        if receipt.station != packet.station:
            return "courier.receipt_foreign"
        if receipt.sha256 != packet.sha256:
            return "courier.receipt_altered"
        if packet.replaced_by and packet.state is not PacketState.RECEIVED:
            return "courier.receipt_replaced"
        if packet.state is PacketState.RECEIVED and receipt.server_sequence != packet.server_sequence:
            return "courier.receipt_differs"
        return ""

    def _store(self, tx: Tx, receipt: Receipt) -> None:
        packet = tx.packet(receipt.packet_id)
        assert packet is not None  # judged in this transaction
        clock_watch.note(self._desk.clock, tx)
        tx.save_packet(replace(
            packet, state=PacketState.RECEIVED, offset=packet.size, receipt=receipt.jws, received_at=receipt.received_at,
            server_sequence=receipt.server_sequence, wait_cause=WaitCause.NONE, wait_detail="", attempts=0, next_try_at=None,
        ))
        tx.put_draft(RECEIPT_NOTE + packet.packet_id, receipt.sha256)
        tx.log("PacketReceived", packet.permohonan_id, self._officer, packet_id=packet.packet_id, digest=receipt.sha256,
               sequence=receipt.server_sequence, source=SOURCE)

    # -- statuses -----------------------------------------------------------------------------------------------------

    def statuses(self) -> None:
        for name, text in self._bundle.statuses():
            try:
                page = self._desk.courier.tokens.statuses(text)
            except ReceiptInvalid as e:
                self._refuse(name, e.message_key)
                continue
            self._page(name, page)

    def _page(self, name: str, page: SignedStatuses) -> None:
        known = self._desk.register.read(read_to)
        if page.station != self._desk.station:
            self._refuse(name, "courier.status_foreign")
        elif page.upto <= known:
            self._refuse(name, "courier.status_older")
        else:
            for event in page.events:
                self._event(name, event)
                self._step()
            if page.after <= known:   # no gap: nothing in between is still to come
                self._desk.register.write(lambda tx: self._read_up_to(tx, page.upto))

    def _event(self, name: str, event: StatusEvent) -> None:
        entry = f"{name} nomor {event.sequence}"
        person = self._desk.register.read(lambda v: _nik_of(v, event.packet_id))
        if not person:
            self._refuse(entry, "courier.status_unknown_packet")
            return
        try:
            news = statuses.apply_status(self._desk, replace(event, nik=person, source=SOURCE))
        except EnvironmentTrouble:
            raise   # the register could not store it: the disk is read again later
        except KioskError:
            self._refuse(entry, "courier.status_unusable")
            return
        self._counts["statuses" if news else "statuses_had"] += 1

    def _read_up_to(self, tx: Tx, upto: int) -> None:
        tx.put_setting(READ_SETTING, str(max(upto, int(tx.setting(READ_SETTING) or 0))))
        tx.log("CourierImported", "-", self._officer, sequence=upto)

    # -- the end ------------------------------------------------------------------------------------------------------

    def finish(self) -> Imported:
        """The bundle's row, and every refusal in the audit."""
        manifest = self._bundle.manifest
        refused = (*self._bundle.refused, *self._refused)
        made = Imported(self._bundle.folder.name, manifest is not None, refused=refused, **self._counts)

        def work(tx: Tx) -> None:
            if manifest is not None:
                self._save_bundle(tx, manifest)
            tx.log("CourierImported", manifest.bundle_id if manifest else "-", self._officer,
                   digest=manifest.digest if manifest else "", refused=len(refused), **self._counts)
            for some in refused[:AUDITED_REFUSALS]:
                tx.log("CourierRefused", manifest.bundle_id if manifest else "-", self._officer, entry=some.entry, reason=some.key)
            if len(refused) > AUDITED_REFUSALS:
                tx.log("CourierRefused", "-", self._officer, count=len(refused) - AUDITED_REFUSALS, reason="courier.too_many_files")

        self._desk.register.write(work)
        return made

    def _save_bundle(self, tx: Tx, manifest: BundleManifest) -> None:
        bundle = tx.courier_bundle(manifest.bundle_id)
        if bundle is None:   # written, then the desk died before it could note it
            bundle = CourierBundle(manifest.bundle_id, manifest.created_at, self._officer, self._bundle.folder.name,
                                   len(manifest.items), manifest.bytes, manifest.digest)
            tx.add_courier_bundle(bundle)
        tx.save_courier_bundle(replace(
            bundle, imported_at=self._desk.clock.now(), receipts=bundle.receipts + self._counts["receipts"],
            statuses=bundle.statuses + self._counts["statuses"],
        ))


def _nik_of(view: View, packet_id: str) -> str:
    packet = view.packet(packet_id)
    return view.permohonan(packet.permohonan_id).penduduk.nik if packet is not None else ""


def lines(refused: tuple[Refused, ...], sentence: Callable[[str], str]) -> Iterator[str]:
    """One line for each thing that was not taken. ``sentence``: message key to words."""
    for some in refused:
        yield f"{some.entry}: {sentence(some.key)}"
