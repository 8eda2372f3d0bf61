"""The specimen chip card as a simulator: 8 KB of EEPROM, our applet, power that can vanish at any byte.

Made from ``docs/chip.md`` alone and with its own numbers, so that a mistake here or in the writer is caught by the other.
"""

from __future__ import annotations

import hashlib
import os
import random
import struct
import zlib
from dataclasses import dataclass, field
from enum import StrEnum

from ktpel_kiosk.domain.errors import BadInput, CardRemoved

EEPROM_SIZE = 8192
SLOT_SIZE = 128
HEAP_START = 2 * SLOT_SIZE
HEAP_SIZE = EEPROM_SIZE - HEAP_START
AID = b"\xf0KTPSPEC\x01"
_SLOT_MARK = b"SP1"
_OK = b"\x90\x00"


class Tear(StrEnum):
    """Where in the fatal command the card leaves the field."""

    BEFORE = "before"    # the command never arrives
    DURING = "during"    # half of what it writes to the EEPROM gets there
    AFTER = "after"      # it is carried out, the answer is lost


class _Refuse(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


@dataclass(frozen=True, slots=True)
class _Record:
    """A table of contents: generation, files as (id, offset, size), digest."""

    generation: int = 0
    files: tuple[tuple[int, int, int], ...] = ()
    digest: bytes = bytes(32)

    @property
    def extent(self) -> tuple[int, int]:
        if not self.files:
            return HEAP_START, HEAP_START
        return self.files[0][1], self.files[-1][1] + self.files[-1][2]

    def packed(self) -> bytes:
        body = _SLOT_MARK + struct.pack(">IB", self.generation, len(self.files))
        body += b"".join(struct.pack(">HHH", *f) for f in self.files) + self.digest
        return body + struct.pack(">I", zlib.crc32(body))

    @classmethod
    def unpacked(cls, slot: bytes) -> _Record | None:
        if slot[:3] != _SLOT_MARK:
            return None
        generation, count = struct.unpack(">IB", slot[3:8])
        end = 8 + 6 * count + 32
        if end + 4 > len(slot) or zlib.crc32(slot[:end]) != struct.unpack(">I", slot[end:end + 4])[0]:
            return None
        files = tuple(struct.unpack(">HHH", slot[8 + 6 * i:14 + 6 * i]) for i in range(count))
        return cls(generation, files, slot[end - 32:end])


@dataclass(slots=True)
class _Open:
    """An open transaction; lives in working memory only."""

    files: tuple[tuple[int, int, int], ...]
    written: dict[int, set[int]] = field(default_factory=dict)


class SpecimenCard:
    """One card. ``transmit`` answers a command; the tear hook raises CardRemoved instead.

    Args:
        uid: 4, 7 or 10 bytes; None takes a random one of 7 bytes.
        seed: makes that random UID repeatable.
    """

    def __init__(self, uid: bytes | None = None, seed: int | None = None) -> None:
        if uid is None:
            uid = b"\x04" + (os.urandom(6) if seed is None else random.Random(seed).randbytes(6))
        if len(uid) not in (4, 7, 10):
            raise BadInput("simulator.uid", count=len(uid), expected="4, 7, 10")
        self._uid = uid
        self._eeprom = bytearray(b"\xff" * EEPROM_SIZE)
        self._tear_in: int | None = None
        self._tear: Tear = Tear.BEFORE
        self._in_field = True
        self._write_budget: int | None = None
        self.commands = 0
        """APDUs seen since the card was made, torn ones included."""
        self._df: bytes | int | None = None
        self._ef: int | None = None
        self._open: _Open | None = None
        self._programmed = 0

    @property
    def uid(self) -> bytes:
        return self._uid

    @property
    def atr(self) -> bytes:
        body = bytes([0x80 | 7, 0x80, 0x01]) + b"KTPSPEC"
        check = 0
        for b in body:
            check ^= b
        return b"\x3b" + body + bytes([check])

    def power_cycle(self) -> None:
        """Take it out of the field and lay it on again: working memory is gone, the EEPROM is as it was left."""
        self._in_field = True
        self._reset_state()

    def reset(self) -> None:
        """What a reader does on connecting."""
        self.power_cycle()

    def tear_after(self, commands: int, how: Tear = Tear.BEFORE) -> None:
        """``commands`` more are answered, the next one is torn; once."""
        self._tear_in, self._tear = commands, how

    def dump(self) -> bytes:
        """UID and EEPROM, for :meth:`restore`."""
        return bytes([len(self._uid)]) + self._uid + bytes(self._eeprom)

    @classmethod
    def restore(cls, dump: bytes) -> SpecimenCard:
        """Raises BadInput ``simulator.card_dump``."""
        end = 1 + dump[0] if dump else 0
        if len(dump) != end + EEPROM_SIZE or not end:
            raise BadInput("simulator.card_dump")
        card = cls(dump[1:end])
        card._eeprom = bytearray(dump[end:])
        return card

    def transmit(self, apdu: bytes) -> bytes:
        """Answer with status word. Raises CardRemoved when torn, and from then on until :meth:`power_cycle`."""
        self.commands += 1
        torn = self._tear if self._tear_in == 0 else None
        if self._tear_in is not None:
            self._tear_in = self._tear_in - 1 if self._tear_in else None
        if not self._in_field or torn is Tear.BEFORE:
            raise self._gone()
        if torn is Tear.DURING:
            self._half_carry_out(apdu)
        answer = b"" if torn is Tear.DURING else self._answer(apdu)
        if torn is not None:
            raise self._gone()
        return answer

    def _gone(self) -> CardRemoved:
        self._in_field = False
        self._reset_state()
        return CardRemoved("card.removed", device_kind="card_reader", operation="transmit")

    def _half_carry_out(self, apdu: bytes) -> None:
        """Learn how many bytes the command writes, then write half of them."""
        before, opened = bytes(self._eeprom), self._open
        self._programmed = 0
        self._answer(apdu)
        whole = self._programmed
        self._eeprom[:], self._open = before, opened
        self._write_budget = whole // 2
        self._answer(apdu)
        self._write_budget = None

    def _reset_state(self) -> None:
        self._df = self._ef = self._open = None

    def _program(self, offset: int, data: bytes) -> None:
        if self._write_budget is not None:
            data = data[:self._write_budget]
            self._write_budget -= len(data)
        self._eeprom[offset:offset + len(data)] = data
        self._programmed += len(data)

    def _live(self) -> tuple[_Record, int]:
        """The newest valid table of contents and the slot it is not in."""
        found = [(_Record.unpacked(bytes(self._eeprom[i * SLOT_SIZE:(i + 1) * SLOT_SIZE])), 1 - i) for i in (0, 1)]
        valid = [(r, other) for r, other in found if r is not None]
        return max(valid, key=lambda x: x[0].generation, default=(_Record(), 0))

    def _publish(self, files: tuple[tuple[int, int, int], ...], digest: bytes) -> None:
        live, slot = self._live()
        self._program(slot * SLOT_SIZE, _Record(live.generation + 1, files, digest).packed())

    def _room(self) -> tuple[int, int]:
        """(offset, size) of the largest room beside the live record."""
        start, end = self._live()[0].extent
        before, after = start - HEAP_START, EEPROM_SIZE - end
        return (HEAP_START, before) if before > after else (end, after)

    def _answer(self, apdu: bytes) -> bytes:
        try:
            return self._dispatch(apdu)
        except _Refuse as no:
            return no.status.to_bytes(2, "big")

    def _dispatch(self, apdu: bytes) -> bytes:
        if len(apdu) < 4:
            raise _Refuse(0x6700)
        head = (apdu[0], apdu[1])
        if head == (0xFF, 0xCA):
            return self._uid + _OK if apdu[2:4] == b"\0\0" else b"\x6a\x81"
        if head == (0x00, 0xB0):
            return self._read(apdu)
        if head[0] not in (0x00, 0x80):
            raise _Refuse(0x6E00)
        handlers = {(0x00, 0xA4): self._select, (0x00, 0xD6): self._update, (0x80, 0xE0): self._begin, (0x80, 0xE2): self._commit,
                    (0x80, 0xEE): self._erase}
        if head not in handlers:
            raise _Refuse(0x6D00)
        data = apdu[5:]
        if (len(apdu) > 4 and len(data) != apdu[4]) or len(data) > 250:
            raise _Refuse(0x6700)
        if head[1] != 0xA4 and self._df != AID:
            raise _Refuse(0x6985)
        return handlers[head](apdu, data)

    def _select(self, apdu: bytes, data: bytes) -> bytes:
        if apdu[2] == 0x04:
            self._df, self._ef, self._open = None, None, None
            if data != AID:
                raise _Refuse(0x6A82)
            self._df = AID
            return _OK
        fid = int.from_bytes(data, "big") if len(data) == 2 and apdu[2] == 0 else -1
        if fid == 0x7F0A:
            self._df, self._ef, self._open = fid, None, None
            return _OK
        known = (0x6FF0, 0x6FF2) if self._df == 0x7F0A else tuple(range(0x5F00, 0x5F07)) if self._df == AID else ()
        if fid not in known:
            raise _Refuse(0x6A82)
        self._ef = fid
        return _OK

    def _read(self, apdu: bytes) -> bytes:
        if self._ef is None:
            raise _Refuse(0x6986)
        wanted = (apdu[4] if len(apdu) == 5 else 0) or 256
        offset = apdu[2] << 8 | apdu[3]
        content = self._content(self._ef)
        if offset >= len(content):
            raise _Refuse(0x6B00)
        part = content[offset:offset + wanted]
        return part + (_OK if len(part) == wanted else b"\x62\x82")

    def _content(self, fid: int) -> bytes:
        live, _ = self._live()
        if fid in (0x5F00, 0x6FF0):
            used = sum(size for _, _, size in live.files)
            record = b"KTPSPEC\x01" + struct.pack(">BIHHHB", bool(live.files), live.generation, HEAP_SIZE, self._room()[1], used, 0)
            return struct.pack(">H", len(record) + 32) + record + live.digest
        fid = 0x5F02 if fid == 0x6FF2 else fid
        for known, offset, size in live.files:
            if known == fid:
                return bytes(self._eeprom[offset:offset + size])
        raise _Refuse(0x6A82)

    def _begin(self, apdu: bytes, data: bytes) -> bytes:
        if not data or len(data) % 4 or len(data) > 24 or apdu[2] > 1:
            raise _Refuse(0x6A80)
        wanted = [struct.unpack(">HH", data[i:i + 4]) for i in range(0, len(data), 4)]
        fids = [fid for fid, _ in wanted]
        if len(set(fids)) != len(fids) or any(not 0x5F01 <= fid <= 0x5F06 or size < 2 for fid, size in wanted):
            raise _Refuse(0x6A80)
        self._open = None
        need = sum(size for _, size in wanted)
        if need > (HEAP_SIZE if apdu[2] else self._room()[1]):
            raise _Refuse(0x6A84)
        if apdu[2]:
            self._publish((), bytes(32))
        offset, files = self._room()[0], []
        for fid, size in wanted:
            files.append((fid, offset, size))
            offset += size
        self._open = _Open(tuple(files))
        return _OK

    def _update(self, apdu: bytes, data: bytes) -> bytes:
        place = next((f for f in self._open.files if f[0] == self._ef), None) if self._open else None
        if self._open is None or place is None:
            raise _Refuse(0x6985)
        offset = apdu[2] << 8 | apdu[3]
        if offset + len(data) > place[2] or not data:
            raise _Refuse(0x6B00)
        self._program(place[1] + offset, data)
        self._open.written.setdefault(place[0], set()).update(range(offset, offset + len(data)))
        return _OK

    def _commit(self, apdu: bytes, data: bytes) -> bytes:
        if self._open is None:
            raise _Refuse(0x6985)
        sha = hashlib.sha256()
        for fid, offset, size in self._open.files:
            if len(self._open.written.get(fid, ())) != size:
                raise _Refuse(0x6A80)
            sha.update(struct.pack(">HH", fid, size) + self._eeprom[offset:offset + size])
        if sha.digest() != data:
            raise _Refuse(0x6A80)
        self._publish(self._open.files, data)
        self._open = None
        return _OK

    def _erase(self, apdu: bytes, data: bytes) -> bytes:
        self._open = None
        self._publish((), bytes(32))
        return _OK
