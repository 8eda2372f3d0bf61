"""The audit's head after every commit, beside the register: whether the end of the journal that was acknowledged is still there.

SQLite takes a journal to end at its first frame whose checksum does not fit. A power cut leaves only work there that nobody was
told of; a bit that turned on the disk may hide acknowledged work, and SQLite says nothing. The anchor is synced and therefore moves
seldom; this record is written in place after each commit and never synced: it may be older than the register, never newer.
"""

from __future__ import annotations

import errno
import json
import logging
import os
from pathlib import Path
from typing import Final

from ktpel_kiosk.register.anchor import Anchor, AnchorFile

log = logging.getLogger("ktpel_kiosk.register")
RECORD_BYTES: Final = 512
"""One sector: a power cut leaves the old record or the new one; a mixture has no valid MAC and counts for nothing."""


class LastSeen(AnchorFile):
    """``<register>.last``, read as an anchor is. Written by the writer thread alone."""

    def __init__(self, register: Path, key: bytes) -> None:
        super().__init__(register, key)
        self.path = register.with_name(f"{register.name}.last")
        self._file: int | None = None

    def write(self, anchor: Anchor) -> None:
        """Never raises: the commit before it stands, and without it the anchor still vouches for all but the newest ones. It is logged."""
        body = {"register": anchor.register_id, "length": anchor.length, "head": anchor.head, "mac": self._mac(anchor)}
        try:
            if self._file is None:
                self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            record = json.dumps(body).encode().ljust(RECORD_BYTES)
            if hasattr(os, "pwrite"):
                os.pwrite(self._file, record, 0)
            else:
                os.lseek(self._file, 0, os.SEEK_SET)
                os.write(self._file, record)
        except OSError as error:
            log.warning("%s could not be written: %s", self.path.name, errno.errorcode.get(error.errno or 0, "?"))
            self.close()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
