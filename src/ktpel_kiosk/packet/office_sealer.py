"""The sealer of an office folder: its files serve always, its keys are looked at when something is to be sealed.

So a desk whose certificates have not come yet keeps everything, and a certificate that was installed counts from the next packet.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.packet import PacketContent, SealedPacket
from ktpel_kiosk.domain.retention import Spare
from ktpel_kiosk.packet.seal import PacketFiles, PacketSealer
from ktpel_kiosk.packet.station_keys import CENTRE, STATION, StationKeys


class OfficeSealer(PacketFiles):
    """Implements :class:`ktpel_kiosk.ports.services.Sealer`. Any thread."""

    def __init__(self, folder: Path, keys: StationKeys) -> None:
        super().__init__(folder)
        self._folder, self._keys = folder, keys

    def seal(self, content: PacketContent) -> SealedPacket:
        """As :meth:`PacketSealer.seal`; BadInput ``keys.missing`` while a certificate it needs is not installed."""
        return self._keyed().seal(content)

    def reseal(self, spare: Spare, *, packet_id: str, counter: int, previous_hash: str, created_at: datetime) -> SealedPacket:
        return self._keyed().reseal(spare, packet_id=packet_id, counter=counter, previous_hash=previous_hash, created_at=created_at)

    def _keyed(self) -> PacketSealer:
        """Loading costs about a millisecond; a packet is sealed once in minutes."""
        own, found = self._keys.own(), self._keys.certificates()
        if own is None or STATION not in found or CENTRE not in found:
            raise BadInput("keys.missing", expected=self._keys.lacking(STATION, CENTRE) or "kunci stasiun")
        return PacketSealer(self._folder, own[0], found[STATION][0], found[CENTRE])
