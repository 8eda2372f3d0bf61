"""The office server in words: gone, this desk alone, back again, what was joined. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import away
from ktpel_kiosk.domain.desk_return import Apart, DeskReturn
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import datetime_long, number_text
from ktpel_kiosk.ports.away import ServerState, Waiting
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import has_word, word

SECTION = "server"
"""Key of the section of Pengaturan."""
FEW = 5
"""So many numbers left are said with a raised voice."""
NOTHING = Waiting(0, 0)


@dataclass(frozen=True, slots=True)
class Strip:
    """The line over every page. ``action``: word of its button, empty for none; ``sure``: what is asked where somebody is being served."""

    kind: str
    bold: str
    text: str
    action: str = ""
    sure: str = ""


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One line of what became of the work done alone. ``tone``: ``good``, ``attention`` or ``trouble``."""

    key: str
    when: str
    desk: str
    number: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class AwayView:
    """``figures``: (title, value, detail, tone). ``copies``: work copies the rows speak of."""

    figures: tuple[tuple[str, str, str, str], ...]
    strip: Strip | None
    rows: tuple[ReturnRow, ...]
    copies: tuple[str, ...]
    open: bool


def strip_of(session: Session, found: ServerState, waiting: Waiting = NOTHING) -> Strip | None:
    """``None`` where all is well."""
    since = session.when(found.since) if found.since is not None else ""
    if found.alone and found.answers:
        return Strip("good", word("server", "kembali_judul"),
                     word("server", "kembali").format(permohonan=number_text(waiting.applications)), word("server", "kembali_tombol"),
                     word("server", "kembali_yakin"))
    if found.alone:
        few = waiting.numbers <= FEW
        left = word("server", "sedikit" if few else "sisa").format(nomor=number_text(waiting.numbers))
        text = word("server", "sendiri").format(permohonan=number_text(waiting.applications), sisa=left)
        return Strip("attention" if few else "info", word("server", "sendiri_judul").format(sejak=since), text)
    if found.answers:
        return None
    bold = word("server", "hilang_judul").format(sejak=since)
    if not found.prepared:
        return Strip("attention", bold, word("server", "tanpa").format(host=found.host))
    return Strip("attention", bold, word("server", "hilang"), word("server", "hilang_tombol"), word("server", "hilang_yakin"))


class AwayPresenter:
    """Methods run on a worker, but for ``switch``."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may_settle(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["settle_return"])

    def strip(self) -> Strip | None:
        desk = self.session.desk
        found = away.state(desk)
        return strip_of(self.session, found, away.waiting(desk) if found.alone else NOTHING)

    def switch(self) -> None:
        """From memory. Raises BadInput ``office_server.*``."""
        away.switch(self.session.desk)

    def load(self) -> AwayView:
        s = self.session
        found = away.state(s.desk)
        waiting = away.waiting(s.desk) if found.alone else NOTHING
        told = () if found.alone or not s.actor.peran & PERMISSIONS["view_register"] else away.returns(s.desk, s.actor)
        rows = tuple(row for r in reversed(told) for row in self._rows(r))
        return AwayView(self._figures(found, waiting), strip_of(s, found, waiting), rows, tuple(r.copy for r in told),
                        bool(told) and self.may_settle())

    def settle(self, copies: tuple[str, ...]) -> AwayView:
        """Raises BadInput ``office_server.return_read``, NotAllowed."""
        away.settle_returns(self.session.desk, self.session.actor, copies)
        return self.load()

    def _figures(self, found: ServerState, waiting: Waiting) -> tuple[tuple[str, str, str, str], ...]:
        server = ("Server kantor", word("server", "ada" if found.answers else "tidak_ada"), found.host,
                  "good" if found.answers else "attention")
        if not found.alone:
            ready = word("server", "siap" if found.prepared else "belum_siap")
            return (server, ("Bila server hilang", ready, word("server", "siap_arti" if found.prepared else "belum_siap_arti"),
                             "good" if found.prepared else "attention"))
        return (server, ("Menunggu digabungkan", number_text(waiting.applications), "permohonan direkam sendiri", "accent"),
                ("Nomor register tersisa", number_text(waiting.numbers), "disisihkan untuk meja ini",
                 "attention" if waiting.numbers <= FEW else "good"))

    def _rows(self, r: DeskReturn) -> tuple[ReturnRow, ...]:
        when = datetime_long(r.at, self.session.zona)
        whole = ReturnRow(r.copy, when, r.station, "", word("server", "digabung").format(jumlah=number_text(r.joined)), "good")
        return (whole, *(self._row(r, when, i, a, "attention") for i, a in enumerate(r.closed)),
                *(self._row(r, when, len(r.closed) + i, a, "trouble") for i, a in enumerate(r.held)))

    def _row(self, r: DeskReturn, when: str, index: int, apart: Apart, tone: str) -> ReturnRow:
        if tone == "attention":
            text = word("server", "nik_lain").format(lain=apart.other)
        else:
            key = apart.key if has_word("server_tertinggal", apart.key) else "lain"
            text = word("server_tertinggal", key).format(meja=r.station)
        return ReturnRow(f"{r.copy}-{index}", when, r.station, apart.number, text, tone)


def words_of(told: tuple[DeskReturn, ...]) -> tuple[str, str, str]:
    """Tone, what happened, what to do: one notice for everything that is not read yet."""
    joined, closed, held = (sum(of(r) for r in told) for of in (lambda r: r.joined, lambda r: len(r.closed), lambda r: len(r.held)))
    desks = ", ".join(sorted({r.station for r in told}))
    bold = word("server", "papan_judul").format(meja=desks, jumlah=number_text(joined))
    if held:
        return "trouble", bold, word("server", "papan_tertinggal").format(jumlah=number_text(held + closed))
    if closed:
        return "attention", bold, word("server", "papan_lihat").format(jumlah=number_text(closed))
    return "good", bold, word("server", "papan_baik")
