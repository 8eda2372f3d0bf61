"""The office's imported population list: who lives here according to SIAK, for prefill and eligibility at the counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.domain.penduduk import Penduduk


@dataclass(frozen=True, slots=True)
class PopulationEntry:
    """One resident of the list. ``ektp_status`` is the list's own word (``BELUM REKAM``, ``PRINT READY RECORD`` ...), upper case."""

    penduduk: Penduduk
    ektp_status: str = ""
    dusun: str = ""

    @property
    def recorded(self) -> bool | None:
        """Whether the list says biometrics exist at the centre; ``None`` where it says nothing."""
        if not self.ektp_status:
            return None
        return self.ektp_status not in NOT_RECORDED


NOT_RECORDED: frozenset[str] = frozenset({"BELUM REKAM", "BELUM WAJIB", "UNREGISTERED", "BELUM"})


@dataclass(frozen=True, slots=True)
class PopulationBatch:
    """One import: the file, what it brought, who did it."""

    id: str
    file_name: str
    sha256: str
    at: datetime
    officer: str
    rows: int
    added: int
    changed: int
    unchanged: int
    refused: int
