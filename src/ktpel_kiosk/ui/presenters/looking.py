"""A person's full data opened from the register: each look is noted first (docs/adr/0031). Qt-free."""

from __future__ import annotations

from pathlib import Path

from ktpel_kiosk.desk import letters, viewing
from ktpel_kiosk.domain.text import group_nik, phone_local
from ktpel_kiosk.domain.viewing import Lihat
from ktpel_kiosk.ui.presenters.register import RegisterPresenter
from ktpel_kiosk.ui.presenters.session import Session

NIK, PHONE = "nik", "nomor_hp"
HIDDEN: dict[str, Lihat] = {NIK: Lihat.NIK, PHONE: Lihat.BIODATA}
"""Entries a dossier masks, and what showing one is noted as."""


class LookPresenter:
    """Methods that ask the desk run on a worker. With a ``reason`` (one of REASONS) it is noted with this look and holds for a while.

    All raise NotAllowed, NotFound, SopViolation ``viewing.reason`` (one has to be chosen), BadInput ``viewing.note``, ``text.*``.
    """

    def __init__(self, session: Session) -> None:
        self.session, self._register = session, RegisterPresenter(session)

    def reveal(self, permohonan_id: str, field: str, reason: str = "", note: str = "") -> str:
        """The whole value of one of :data:`HIDDEN`."""
        p = viewing.look(self.session.desk, self.session.actor, permohonan_id, HIDDEN[field], reason, note)
        return group_nik(p.penduduk.nik) if field == NIK else phone_local(p.nomor_hp)

    def paper_file(self, permohonan_id: str, document_id: str, reason: str = "", note: str = "") -> Path:
        self._seen(permohonan_id, reason, note)
        return self._register.paper_file(permohonan_id, document_id)

    def paper_name(self, permohonan_id: str, document_id: str, reason: str = "", note: str = "") -> str:
        """The name a copy is offered under; the look is noted here, before a place is chosen."""
        self._seen(permohonan_id, reason, note)
        return self._register.paper_name(permohonan_id, document_id)

    def reprint(self, permohonan_id: str, nomor: str, reason: str = "", note: str = "") -> Path:
        self._seen(permohonan_id, reason, note)
        return letters.reprint(self.session.desk, self.session.actor, nomor)

    def _seen(self, permohonan_id: str, reason: str, note: str) -> None:
        viewing.look(self.session.desk, self.session.actor, permohonan_id, Lihat.BERKAS, reason, note)
