"""Words of the pages about people's data: what is kept how long, who looked, notices of failed protection. Qt-free."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from ktpel_kiosk.desk import breach, keeping, viewing
from ktpel_kiosk.desk.breach import Affected, Concern
from ktpel_kiosk.desk.viewing import Looked
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.keeping import SIMPANAN, Bagaimana
from ktpel_kiosk.domain.kegagalan import Kegagalan
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_short, datetime_long, mask_nik, number_text, time_text, zone
from ktpel_kiosk.domain.viewing import ALASAN_NAMES, CHOSEN, LIHAT_NAMES, NOTE_NEEDED
from ktpel_kiosk.ui.presenters.session import Session

REASONS: tuple[tuple[str, str], ...] = tuple((str(a), ALASAN_NAMES[a]) for a in CHOSEN)
"""What can be chosen when a person's data is opened outside serving."""
ENDS: dict[Bagaimana, tuple[str, str]] = {
    Bagaimana.MALAM: ("otomatis tiap malam", "good"), Bagaimana.KEJADIAN: ("pada kejadiannya", "neutral"),
    Bagaimana.UKURAN: ("otomatis", "good"), Bagaimana.TETAP: ("tetap", ""),
}
_TIME = re.compile(r"(\d{1,2})[.:](\d{2})")


@dataclass(frozen=True, slots=True)
class KeepRow:
    key: str
    title: str
    contents: str
    basis: str
    how_long: str
    then: str
    ends: str
    ends_tone: str


@dataclass(frozen=True, slots=True)
class LookRow:
    key: str
    when: str
    officer: str
    person: str
    what: str
    reason: str


def note_needed(reason: str) -> bool:
    return any(reason == a for a in NOTE_NEEDED)


def keep_rows() -> tuple[KeepRow, ...]:
    """The table, as it is enforced."""
    return tuple(KeepRow(s.key, s.judul, s.isi, s.basis, s.lama, s.akhir, *ENDS[s.cara]) for s in SIMPANAN)


class PrivacyPresenter:
    """Methods that ask the desk run on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    # -- what the nightly job removed ---------------------------------------------------------------------------------

    def removals(self) -> tuple[tuple[str, str, str, str], ...]:
        """(id, when, what, how much), newest first. NotAllowed."""
        titles = {s.key: s.judul for s in SIMPANAN}
        return tuple((d.id, self._stamp(d.at), titles.get(d.kind, d.kind), number_text(d.count))
                     for d in keeping.disposals(self.session.desk, self.session.actor))

    def record(self, disposal_id: str) -> Path:
        return keeping.record(self.session.desk, self.session.actor, disposal_id)

    # -- who looked ---------------------------------------------------------------------------------------------------

    def officers(self) -> tuple[tuple[str, str], ...]:
        return tuple((u.username, u.nama) for u in self.session.desk.register.read(lambda v: v.users()))

    def looked_on(self, day: date, officer: str) -> tuple[LookRow, ...]:
        """NotAllowed."""
        return self._rows(viewing.looked_on(self.session.desk, self.session.actor, day, officer))

    def who_looked(self, permohonan_id: str) -> tuple[LookRow, ...]:
        """NotAllowed, NotFound."""
        return self._rows(viewing.who_looked(self.session.desk, self.session.actor, permohonan_id), days=True)

    def _rows(self, found: tuple[Looked, ...], *, days: bool = False) -> tuple[LookRow, ...]:
        rows = []
        for i, x in enumerate(found):
            v, note = x.viewing, f" · {x.viewing.note}" if x.viewing.note else ""
            when = self._stamp(v.at) if days else time_text(self.session.local(v.at))
            rows.append(LookRow(f"{v.permohonan_id}/{i}", when, x.officer.split(",")[0], f"{x.number or 'belum bernomor'} · {x.nama}",
                                LIHAT_NAMES[v.what], f"{ALASAN_NAMES[v.reason]}{note}"))
        return tuple(rows)

    # -- notices of failed protection ---------------------------------------------------------------------------------

    def moment(self, day: date | None, clock: str, what: str) -> datetime:
        """A day and a time as typed (``08.30``), in the office's zone. Raises BadInput ``breach.time``."""
        found = _TIME.fullmatch(clock.strip())
        if day is None or found is None or int(found[1]) > 23 or int(found[2]) > 59:
            raise BadInput("breach.time", field=what)
        return datetime.combine(day, time(int(found[1]), int(found[2])), zone(self.session.zona))

    def concerned(self, concern: Concern) -> tuple[Affected, ...]:
        return breach.concerned(self.session.desk, self.session.actor, concern)

    def notice(self, concern: Concern, known_at: datetime, data: tuple[str, ...], how: str, handling: str, second: tuple[str, str]) -> str:
        """A sentence on what was made. Raises as :func:`ktpel_kiosk.desk.breach.notice`."""
        made = breach.notice(self.session.desk, self.session.actor, concern, known_at, data, how, handling, second_username=second[0],
                             second_password=second[1])
        return f"Pemberitahuan {made.nomor}: {number_text(made.people)} surat dan daftarnya ada di folder dokumen."

    def notices(self) -> tuple[tuple[str, str, str, str, str, str], ...]:
        """(id, number, known, people, in time, tone), newest first. NotAllowed."""
        return tuple((k.id, k.nomor, datetime_long(k.known_at, self.session.zona), number_text(k.people), *self._in_time(k))
                     for k in breach.notices(self.session.desk, self.session.actor))

    @staticmethod
    def _in_time(k: Kegagalan) -> tuple[str, str]:
        return ("tepat waktu", "good") if k.made_at <= k.due_at else ("lewat 3 x 24 jam", "trouble")

    def papers(self, breach_id: str) -> Path:
        """The letter to the lembaga; the persons' letters lie beside it."""
        return breach.papers(self.session.desk, self.session.actor, breach_id)[0]

    def people_words(self, people: tuple[Affected, ...]) -> tuple[tuple[str, str, str, str], ...]:
        """(id, number, name, masked NIK)."""
        return tuple((p.permohonan_id, p.number or "belum bernomor", p.nama, mask_nik(p.nik)) for p in people)

    def _stamp(self, at: datetime) -> str:
        local = self.session.local(at)
        return f"{date_short(local.date())}, {time_text(local)}"
