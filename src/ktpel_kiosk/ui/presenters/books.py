"""The books of the Register page: preview, months, blank cards, withdrawn cards. Qt-free; every method touches the register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import agenda, blangko, books, closing, letters, withdrawn
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.book_layouts import CONDITIONS, REASONS, condition_text
from ktpel_kiosk.desk.books import Preview, Want
from ktpel_kiosk.desk.closing import MonthCheck, MonthState, check_text
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ledgers import AlasanTarik, BlangkoDay, Destruction, Letter, Pejabat, WithdrawnCard
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import MONTHS, date_short, mask_nik, number_text, time_text
from ktpel_kiosk.ui.presenters.session import Session

BOOK_NAMES: tuple[tuple[str, str], ...] = (
    ("permohonan", "Register permohonan"), ("perekaman", "Perekaman"), ("pencetakan", "Pencetakan"), ("pengambilan", "Pengambilan"),
    ("ktp_ditarik", "KTP-el ditarik"), ("pengaduan", "Pengaduan"), ("blangko", "Blangko"), ("agenda_surat", "Agenda surat"),
)
MONTH_WORDS: dict[str, tuple[str, str]] = {
    "kosong": ("Kosong", ""), "berjalan": ("Berjalan", "accent"), "terbuka": ("Belum ditutup", "attention"),
    "tertutup": ("Tertutup", "good"), "nanti": ("–", ""),
}
CONDITION_CHOICES: tuple[tuple[str, str], ...] = tuple(CONDITIONS.items())
REASON_CHOICES: tuple[tuple[str, str], ...] = tuple((str(k), v) for k, v in REASONS.items())
LETTER_SERIES: tuple[tuple[str, str], ...] = (("buku", "Satu urutan untuk semua surat"), ("kode", "Satu urutan tiap kode klasifikasi"))
LETTER_FORMS: tuple[tuple[str, str], ...] = (("tabel", "Tabel (tata naskah)"), ("naratif", "Uraian (yang bertanda tangan …)"))
METHODS: tuple[tuple[str, str], ...] = (
    ("dipotong lalu dibakar", "Dipotong lalu dibakar"), ("dibakar", "Dibakar"), ("dihancurkan dengan mesin", "Dihancurkan dengan mesin"),
)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month in words."""

    state: MonthState
    name: str
    rows: str
    word: str
    tone: str
    by: str
    brief: str


@dataclass(frozen=True, slots=True)
class StockView:
    """The blank-card section in words. ``figures``: title, number, detail, tone."""

    figures: tuple[tuple[str, str, str, str], ...]
    tone: str
    sentence: str
    day: BlangkoDay
    closed: BlangkoDay | None
    days: tuple[tuple[str, ...], ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class CardRow:
    card: WithdrawnCard
    date: str
    nik: str
    reason: str
    condition: str
    officer: str


@dataclass(frozen=True, slots=True)
class BurnedRow:
    id: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class WithdrawnView:
    waiting: tuple[CardRow, ...]
    burned: tuple[BurnedRow, ...]


class BooksPresenter:
    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    def _officers(self) -> dict[str, str]:
        return self.session.desk.register.read(lambda v: {u.username: u.nama for u in v.users()})

    # -- books and months ---------------------------------------------------------------------------------------------

    def preview(self, book: str, year: int, month: int | None, offset: int = 0) -> Preview:
        return books.preview(self.session.desk, self.session.actor, Want(book, year, month), offset)

    def months(self, year: int) -> tuple[MonthRow, ...]:
        """Raises NotAllowed for roles that see no register."""
        require(self.session.actor, "view_register")
        officers = self._officers()
        return tuple(self._month(m, officers) for m in closing.months(self.session.desk, year))

    def _month(self, m: MonthState, officers: dict[str, str]) -> MonthRow:
        word, tone = MONTH_WORDS[m.state]
        by = brief = ""
        if m.last is not None:
            local = self.session.local(m.last.at)
            done = "ditutup" if m.last.closed else "dibuka lagi"
            by = f"{done} {date_short(local.date())} {time_text(local)} oleh {officers.get(m.last.officer, m.last.officer)}"
            brief = f"{date_short(local.date())} · {officers.get(m.last.officer, m.last.officer).split(',')[0]}"
            if m.last.second:
                by += f" dan {officers.get(m.last.second, m.last.second)}: {m.last.reason}"
        return MonthRow(m, MONTHS[m.month - 1], number_text(m.rows) if m.rows else "–", word, tone, by, brief)

    def book_counts(self, year: int, month: int) -> tuple[tuple[str, str], ...]:
        desk = self.session.desk
        since, until = books.period(desk, year, month)
        counts = desk.register.read(lambda v: {b: books.rows_in(v, b, since, until) for b, _ in BOOK_NAMES})
        return tuple((name, number_text(counts[b])) for b, name in BOOK_NAMES)

    def close(self, year: int, month: int) -> Path:
        """Close a month; returns the folder of its PDF copies."""
        closing.close_month(self.session.desk, self.session.actor, year, month)
        return self.archive(year, month)

    def reopen(self, year: int, month: int, reason: str, second: str, password: str) -> None:
        closing.reopen_month(self.session.desk, self.session.actor, year, month, reason, second, password)

    def check(self, year: int, month: int) -> tuple[MonthCheck, tuple[str, ...]]:
        """What was found, and one line per book that is not the same."""
        found = closing.check(self.session.desk, self.session.actor, year, month)
        names = dict(BOOK_NAMES)
        return found, tuple(f"{names[b.book]}: {check_text(b)}" for b in found.books if not b.same)

    def archive(self, year: int, month: int) -> Path:
        return self.session.desk.spool.place("x", closing.archive_folder(year, month)).parent

    # -- blank cards --------------------------------------------------------------------------------------------------

    def stock(self) -> StockView:
        require(self.session.actor, "view_register")
        desk = self.session.desk
        stock, so_far, today = blangko.stock(desk), blangko.today_so_far(desk), self.session.today()
        b = stock.balance
        figures = (
            ("Sisa di laci", number_text(b.stok), "lembar", "attention" if stock.low else "good"),
            ("Sedang dipakai", number_text(b.dipakai), "", "muted"),
            ("Keluar baik", number_text(b.baik), "", "muted"), ("Rusak", number_text(b.rusak), "", "muted"),
            ("Dikembalikan", number_text(b.dikembalikan), "", "muted"), ("Masuk seluruhnya", number_text(b.masuk), "", "muted"),
        )
        if not b.balanced:
            tone, sentence = "trouble", "Catatan blangko tidak seimbang. Jangan mencetak dulu; hubungi pengelola."
        elif stock.low:
            tone = "attention"
            sentence = f"Blangko tinggal {number_text(b.stok)} lembar; batas peringatan {number_text(stock.threshold)}. Mintalah ke Dinas."
        else:
            tone, sentence = "good", "Catatan seimbang: masuk sama dengan sisa, dipakai, baik, rusak, dan dikembalikan."
        officers = self._officers()
        days = tuple(self._day(d, officers) for d in reversed(blangko.closed_days(desk, today.year, today.month)))
        return StockView(figures, tone, sentence, so_far, stock.today, days, stock.threshold)

    @staticmethod
    def _day(d: BlangkoDay, officers: dict[str, str]) -> tuple[str, ...]:
        differs = d.counted - d.closing
        return (date_short(d.day), *(number_text(n) for n in (d.opening, d.masuk, d.baik, d.rusak, d.kembali, d.closing, d.counted)),
                f"{differs:+d}".replace("-", "−") if differs else "cocok", officers.get(d.officer, d.officer), d.note)

    def close_day(self, counted: str, note: str) -> BlangkoDay:
        return blangko.close_day(self.session.desk, self.session.actor, whole(counted), note)

    def give_back(self, count: str, number: str, reason: str) -> tuple[str, ...]:
        return blangko.return_blangko(self.session.desk, self.session.actor, whole(count), number, reason)

    def set_threshold(self, count: str) -> None:
        blangko.set_threshold(self.session.desk, self.session.actor, whole(count))

    # -- withdrawn cards ----------------------------------------------------------------------------------------------

    def withdrawn(self) -> WithdrawnView:
        require(self.session.actor, "view_register")
        officers = self._officers()
        return WithdrawnView(tuple(self._card(c, officers) for c in withdrawn.waiting(self.session.desk)),
                             tuple(self._burned(d) for d in withdrawn.destructions(self.session.desk, 50)))

    def _card(self, c: WithdrawnCard, officers: dict[str, str]) -> CardRow:
        return CardRow(c, date_short(self.session.local(c.received_at).date()), mask_nik(c.nik), REASONS[c.alasan],
                       condition_text(c.kondisi), officers.get(c.petugas, c.petugas))

    def _burned(self, d: Destruction) -> BurnedRow:
        on = date_short(self.session.local(d.at).date())
        return BurnedRow(d.id, f"Berita acara {d.nomor}", f"{on} · {number_text(d.count)} keping · {d.method} di {d.place}")

    def surrender(self, nik: str, nama: str, reason: str, condition: str) -> WithdrawnCard:
        return withdrawn.surrender(self.session.desk, self.session.actor, nik, nama, AlasanTarik(reason or AlasanTarik.LAIN), condition)

    def destroy(self, cards: Sequence[str], executors: Sequence[Pejabat], witnesses: Sequence[Pejabat], place: str, method: str,
                note: str) -> Destruction:
        return withdrawn.destroy(self.session.desk, self.session.actor, cards,
                                 withdrawn.Burning(tuple(executors), tuple(witnesses), place, method, note))

    def burned_file(self, destruction_id: str) -> Path:
        """The berita acara as a file for the system's viewer."""
        desk = self.session.desk
        made = next(d for d in withdrawn.destructions(desk, 10_000) if d.id == destruction_id)
        return desk.spool.keep(withdrawn.paper_name(made), withdrawn.paper_again(desk, self.session.actor, destruction_id))

    # -- letters ------------------------------------------------------------------------------------------------------

    def letter_settings(self) -> dict[str, str]:
        """The letter settings, and ``susunan``: the office's number template."""
        desk = self.session.desk
        found = desk.register.read(lambda v: {key: agenda.setting(v, key) for key in agenda.SETTINGS})
        return {**found, "susunan": desk.sop.kantor.format_surat}

    def set_letters(self, values: dict[str, str]) -> None:
        before = self.letter_settings()
        for key, value in values.items():
            if value != before[key]:
                agenda.set_setting(self.session.desk, self.session.actor, key, value)

    def issue(self, permohonan_id: str, kind: str) -> Letter:
        return letters.issue_letter(self.session.desk, self.session.actor, permohonan_id, kind)

    def void_letter(self, nomor: str, reason: str) -> Letter:
        return agenda.void_letter(self.session.desk, self.session.actor, nomor, reason)

    def reprint(self, nomor: str) -> Path:
        return letters.reprint(self.session.desk, self.session.actor, nomor)


def whole(text: str) -> int:
    """A typed count; ``1.250`` and ``1250`` are the same. Raises BadInput ``blangko.count``."""
    digits = text.strip().replace(".", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 8):
        raise BadInput("blangko.count", value=text.strip()[:20])
    return int(digits)
