"""The register's part about people's rights over their data. Mixed into ``View`` and ``Tx`` of :mod:`ktpel_kiosk.ports.register`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs these protocols at its start, and only few of the values they speak of
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ktpel_kiosk.domain.kegagalan import Kegagalan
    from ktpel_kiosk.domain.permintaan import LangkahPermintaan, PermintaanData
    from ktpel_kiosk.domain.retention import Disposal
    from ktpel_kiosk.domain.viewing import Viewing


class PrivacyView(Protocol):
    def viewings_of(self, permohonan_id: str) -> Sequence[Viewing]:
        """Who looked at this person's data, newest first."""
        ...

    def viewings_in(self, since: datetime, until: datetime, officer: str = "") -> Sequence[Viewing]:
        """``since <= at < until``, newest first; of one officer, or of all."""
        ...

    def ids_of_nik(self, nik: str) -> Sequence[str]:
        """Every application of this NIK, oldest first."""
        ...

    def subject_request(self, id: str) -> PermintaanData:
        """Raises NotFound ``subject.not_found``."""
        ...

    def subject_requests_open(self) -> Sequence[PermintaanData]:
        """Soonest deadline first."""
        ...

    def subject_requests_in(self, since: datetime, until: datetime) -> Sequence[PermintaanData]:
        """By receipt, ended ones too; oldest first."""
        ...

    def subject_request_steps(self, id: str) -> Sequence[LangkahPermintaan]: ...
    def breach(self, id: str) -> Kegagalan:
        """Raises NotFound ``breach.not_found``."""
        ...

    def breaches(self) -> Sequence[Kegagalan]:
        """Newest first."""
        ...

    def breach_people(self, id: str) -> Sequence[str]:
        """Ids of the applications it concerns, oldest application first."""
        ...

    def touched_between(self, since: datetime, until: datetime, officer: str = "") -> Sequence[str]:
        """Applications the audit names between these moments (by this officer), oldest application first."""
        ...

    def disposals(self, limit: int = 200) -> Sequence[Disposal]:
        """Newest first."""
        ...


class PrivacyTx(Protocol):
    def add_viewing(self, viewing: Viewing) -> None: ...
    def save_subject_request(self, request: PermintaanData) -> PermintaanData:
        """Insert (version 0) or update; returns it with version + 1. Raises StaleView ``subject.stale``."""
        ...

    def add_subject_request_step(self, step: LangkahPermintaan) -> None: ...
    def add_breach(self, breach: Kegagalan, permohonan_ids: Iterable[str]) -> None: ...
    def add_disposal(self, disposal: Disposal) -> None: ...
