"""Writing and reading the chip: our specimen card whole, a real KTP-el as far as it is public.

A card is written in one transaction that the card itself closes: begin (sizes) - update - commit (digest). Until the commit
the new bytes cannot be read; a card torn away at any moment holds either the former record or the new one, or, when both do
not fit together into the chip, none. Layout and commands: ``docs/chip.md``. Everything runs on the reader's actor thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.cards import records, wire
from ktpel_kiosk.cards.wire import DATA_FILES, Channel, Ef, refused
from ktpel_kiosk.ports.devices import CardReader
from ktpel_kiosk.ports.services import ChipContent, ChipData

GET_UID = bytes.fromhex("FFCA000000")


@dataclass(frozen=True, slots=True)
class PublicData:
    """What any KTP-el shows without authentication."""

    uid: str
    control: bytes
    photo: bytes

    @property
    def photo_type(self) -> str:
        """Media type by its first bytes; empty when it is none we know."""
        if self.photo.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        return "image/jp2" if self.photo[4:8] == b"jP  " or self.photo.startswith(b"\xff\x4f\xff\x51") else ""


def read_uid(reader: CardReader) -> str:
    """UID in hex, asked of the reader (PC/SC part 3). Raises CardRefused ``chip.no_uid``."""
    answer = Channel(reader).exchange(GET_UID, "uid")
    if answer.status != 0x9000 or not 4 <= len(answer.data) <= 10:
        raise refused("chip.no_uid", "uid", answer.hex)
    return answer.data.hex().upper()


def read_public(reader: CardReader) -> PublicData:
    """UID, card control and photo of a real KTP-el (or a specimen): DF 7F0A, EF 6FF0, EF 6FF2; no secret is needed.

    Raises:
        CardRefused: ``chip.not_ktp`` when DF 7F0A is not there, ``chip.status``, ``chip.damaged``. CardRemoved.
    """
    channel = Channel(reader)
    uid = read_uid(reader)
    found = channel.exchange(bytes([0x00, 0xA4, 0x00, 0x00, 0x02]) + wire.DF_KTP.to_bytes(2, "big"), "select")
    if found.status != 0x9000:
        raise refused("chip.not_ktp", "select", found.hex)
    channel.select_file(wire.EF_CARD_CONTROL)
    control = channel.read(0, wire.CONTROL_READ)
    if len(control) < 2 or int.from_bytes(control[:2], "big") > len(control) - 2:
        raise refused("chip.damaged", "read")
    control = control[2:2 + int.from_bytes(control[:2], "big")]
    return PublicData(uid, control, channel.read_file(wire.EF_PUBLIC_PHOTO))


class SpecimenPersonaliser:
    """CardPersonaliser for OUR specimen card; the ministry's own stands in its place in production.

    Args:
        allow_overwrite: write over a card that holds another credential (training decks); default refuses with
            ``chip.occupied`` and leaves the card as it is.
    """

    def __init__(self, *, allow_overwrite: bool = False) -> None:
        self._allow_overwrite = allow_overwrite

    def uid(self, reader: CardReader) -> str:
        return read_uid(reader)

    def write(self, reader: CardReader, data: ChipData) -> str:
        """Write all files and read them back; returns their digest (hex).

        Calling it again after CardRemoved is always right: a card that already holds exactly this record is left
        alone, otherwise the transaction starts over.

        Raises:
            CardRefused: ``chip.not_specimen``, ``chip.capacity`` (nothing was written), ``chip.occupied``,
                ``chip.status``, ``chip.readback``. CardRemoved. BadInput: ``card.image``, ``card.finger``, ``card.binding``.
        """
        files = records.files_of(data)
        digest = records.digest_of(files)
        channel = Channel(reader)
        control = self._control(channel)
        if not (control.complete and control.digest == digest):
            if control.complete and not self._allow_overwrite:
                self._refuse_foreign(channel, data.credential)
            self._transact(channel, files, digest, control)
        channel.select_specimen()
        if records.digest_of({fid: channel.read_file(fid) for fid in DATA_FILES}) != digest:
            raise refused("chip.readback", "write")
        return digest.hex()

    def read(self, reader: CardReader) -> ChipContent:
        """The complete record.

        Raises:
            CardRefused: ``chip.empty`` when there is no complete record, ``chip.damaged`` when the bytes are not those
                the card committed. CardRemoved.
        """
        uid = read_uid(reader)
        channel = Channel(reader)
        control = self._control(channel)
        if not control.complete:
            raise refused("chip.empty", "read")
        files = {fid: channel.read_file(fid) for fid in DATA_FILES}
        digest = records.digest_of(files)
        if digest != control.digest:
            raise refused("chip.damaged", "read")
        try:
            credential, face_hash = records.unpack_binding(files[Ef.BINDING])
            minutiae = tuple(m for fid in (Ef.MINUTIAE_1, Ef.MINUTIAE_2) if (m := records.unpack_minutiae(files[fid])))
        except ValueError as error:
            raise refused("chip.damaged", "read") from error
        return ChipContent(uid, credential, face_hash, digest.hex(), minutiae)

    def read_biodata(self, reader: CardReader) -> dict[str, str]:
        """Biodata by field name (``records.BIODATA_FIELDS``), for the comparison on the screen. Errors as :meth:`read`."""
        channel = Channel(reader)
        if not self._control(channel).complete:
            raise refused("chip.empty", "read")
        try:
            return records.parse_biodata(channel.read_file(Ef.BIODATA).decode())
        except ValueError as error:
            raise refused("chip.damaged", "read") from error

    def erase(self, reader: CardReader) -> None:
        """Empty a specimen card so that a training office can use it again."""
        channel = Channel(reader)
        self._control(channel)
        channel.command(wire.ERASE, b"", "erase")

    @staticmethod
    def _control(channel: Channel) -> records.Control:
        channel.select_specimen()
        try:
            return records.Control.parse(channel.read_file(Ef.CONTROL))
        except ValueError as error:
            raise refused("chip.not_specimen", "read") from error

    @staticmethod
    def _refuse_foreign(channel: Channel, credential: str) -> None:
        try:
            held, _ = records.unpack_binding(channel.read_file(Ef.BINDING))
        except ValueError:
            return  # nobody can use what it holds: it may be written again
        if held != credential:
            raise refused("chip.occupied", "write")

    @staticmethod
    def _transact(channel: Channel, files: dict[Ef, bytes], digest: bytes, control: records.Control) -> None:
        sizes = {fid: len(files[fid]) + 2 for fid in DATA_FILES}
        need = sum(sizes.values())
        if need > control.capacity:
            raise refused("chip.capacity", "write", "6A84", need_bytes=need, limit=control.capacity)
        mode = wire.KEEP_OLD if need <= control.free else wire.RELEASE_OLD
        plan = b"".join(int(fid).to_bytes(2, "big") + size.to_bytes(2, "big") for fid, size in sizes.items())
        channel.command(wire.BEGIN, plan, "begin", p1=mode)
        for fid in DATA_FILES:
            channel.update_file(fid, files[fid])
        channel.command(wire.COMMIT, digest, "commit")
