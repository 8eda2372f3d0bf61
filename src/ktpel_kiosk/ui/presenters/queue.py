"""Antrean: unsent packets oldest first, why each waits, who can help, when it is tried; the line in one sentence. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ktpel_kiosk.desk import line_rules, queue, reports
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.line import LineReport, LineRules
from ktpel_kiosk.domain.outbox import CONTENTS_GONE, Packet, PacketState, WaitCause
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_long, number_text, percent_text, time_text
from ktpel_kiosk.ports.queue import QueueFigures, QueueLine, QueueQuery
from ktpel_kiosk.ports.register import View
from ktpel_kiosk.ui.presenters.queue_words import (
    FIXERS,
    LINE,
    NO_SPARE,
    REASONS,
    SHORT,
    UNKNOWN,
    bytes_words,
    drain_words,
    line_next_words,
    next_words,
    opening_words,
    speed_words,
)
from ktpel_kiosk.ui.presenters.session import Session, brief, number_short
from ktpel_kiosk.ui.words import has_word, word

PAGE_ROWS = 100
CALM = "Paket terkirim sendiri, yang tertua lebih dulu. Anda boleh terus melayani."
ALL, REFUSED, OTHERS = "semua", "ditolak", "lain"
"""Filters that are no cause."""
CAUSES_SHOWN = 3
"""Filters of their own for the causes that most packets wait for; the others share one."""
ANY_AGE, WARNED, ALARMED, COURIER = "", "24jam", "7hari", "kurir"
"""What narrows any filter."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``what``: :data:`ALL`, :data:`REFUSED`, :data:`OTHERS` or a cause; ``only``: :data:`ANY_AGE`, :data:`WARNED`, :data:`ALARMED` or
    :data:`COURIER`; ``text``: a name or number."""

    what: str = ALL
    only: str = ANY_AGE
    text: str = ""


REPAIR, AGAIN = "perbaiki", "rekam ulang"
LOST_REASON = "Berkas paket dan isi cadangannya hilang di komputer ini."


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class PacketRow:
    """One line of the queue. ``progress`` 0..1; ``age_tone`` warns after 24 hours, alarms after seven days."""

    id: str
    permohonan_id: str
    counter: int
    number: str
    name: str
    age: str
    age_tone: str
    size: str
    progress: float
    progress_text: str
    reason: str
    reason_tone: str
    next_try: str


@dataclass(frozen=True, slots=True)
class PacketDetail:
    """What stands beside the list. ``history``: (when, what), newest first. ``report``: for Disdukcapil, without personal data.
    ``remedy``: :data:`REPAIR` or :data:`AGAIN` where the file on this disk is the trouble."""

    row: PacketRow
    sentence: str
    fixer: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    history: tuple[tuple[str, str], ...]
    report: str
    refused: bool
    remedy: str


@dataclass(frozen=True, slots=True)
class LineView:
    """The line now: chip (words, tone), sentence, speed, time left for everything, and the packet under way with its share."""

    chip: str
    tone: str
    text: str
    speed: str
    left: str
    packet_id: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class QueueView:
    """``figures``: (title, value, detail, tone). ``filters``, ``narrower``: (key, words, count) that find something. ``day``: packets
    received today and all that are left, for the bar. ``card_reports``: reports of cards the centre refused."""

    figures: tuple[tuple[str, str, str, str], ...]
    line: LineView
    alarm: str
    filters: tuple[tuple[str, str, int], ...]
    narrower: tuple[tuple[str, str, int], ...]
    rows: tuple[PacketRow, ...]
    more: bool
    day: tuple[int, int]
    card_reports: int


class QueuePresenter:
    """``load``, ``page``, ``detail`` and what changes something: on a worker. ``line`` is quick and asks no register."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rules = LineRules()
        self._figures = QueueFigures()
        self._others: tuple[WaitCause, ...] = ()

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    # -- acting -------------------------------------------------------------------------------------------------------

    def try_all(self) -> int:
        """Raises NotAllowed."""
        return queue.try_all(self.session.desk, self.session.actor)

    def try_refused(self) -> int:
        """Raises NotAllowed."""
        return queue.try_refused(self.session.desk, self.session.actor)

    def try_one(self, packet_id: str) -> None:
        """Raises NotAllowed, NotFound."""
        queue.try_one(self.session.desk, self.session.actor, packet_id)

    def repair(self, packet_id: str) -> None:
        """Seal the packet anew from its spare contents. Raises what :func:`ktpel_kiosk.desk.resend.repair` raises."""
        from ktpel_kiosk.desk import resend
        resend.repair(self.session.desk, self.session.actor, packet_id)

    def record_again(self, permohonan_id: str) -> None:
        """Open the recording again: nothing of the packet is left here. Raises as :func:`ktpel_kiosk.desk.resend.record_again`."""
        from ktpel_kiosk.desk import resend
        resend.record_again(self.session.desk, self.session.actor, permohonan_id, LOST_REASON)

    # -- reading ------------------------------------------------------------------------------------------------------

    def load(self, filter: Filter = EVERYTHING, after: int = -1, rows: int = PAGE_ROWS) -> QueueView:
        """Figures, line, filters, and the page after ``after``."""
        self._rules = line_rules.line_rules(self.session.desk)
        self._figures = figures = queue.figures(self.session.desk, self.session.day_start())
        filters = self._filters(figures)
        shown = self.page(filter, after, rows)
        aside = reports.refused_reports(self.session.desk, self.session.actor)
        return QueueView(self._tiles(figures), self.line(), self._alarm(figures), filters, _narrower(figures), shown,
                         len(shown) == rows, (figures.received, figures.count), len(aside))

    def page(self, filter: Filter = EVERYTHING, after: int = -1, rows: int = PAGE_ROWS) -> tuple[PacketRow, ...]:
        """Rows after this counter."""
        report, now = self.session.desk.line_report(), self.session.now()
        query = _query(filter, after, rows, report, now, self._others)
        return tuple(self._row(line, report, now) for line in queue.page(self.session.desk, self.session.actor, query))

    def detail(self, packet_id: str) -> PacketDetail | None:
        """One packet with its history; None when it does not wait any more."""
        desk, now = self.session.desk, self.session.now()
        packet = desk.register.read(lambda v: v.packet(packet_id))
        if packet is None or not packet.unsent:
            return None
        found = queue.page(desk, self.session.actor, QueueQuery(after=packet.counter - 1, limit=1))
        if not found or found[0].packet.packet_id != packet_id:
            return None
        report = desk.line_report()
        wait = queue.why(packet, report)
        history = tuple((f"{self.session.local(a.at):%d-%m} {self.session.time(a.at)}", self._told(a.event, a.facts))
                        for a in queue.history(desk, packet) if has_word("antrean_riwayat", a.event))
        sending = packet.packet_id == report.packet_id and report.cause is WaitCause.NONE
        sentence = "Paket ini sedang dikirim." if sending else self._sentence(wait)
        fixer, advice = NO_SPARE if wait.detail == CONTENTS_GONE else FIXERS[wait.cause]
        remedy = "" if wait.cause is not WaitCause.FILE else AGAIN if wait.detail == CONTENTS_GONE else REPAIR
        facts = self._facts(packet, now)
        return PacketDetail(
            self._row(found[0], report, now), sentence, fixer, advice, facts, history, self._report(packet, wait, facts, history, sentence),
            packet.state is PacketState.REFUSED, remedy)

    def number_of(self, id: str) -> str:
        """The register number to look for an application or packet by; empty when there is none."""
        def look(v: View) -> str:
            packet = v.packet(id)
            try:
                return v.permohonan(packet.permohonan_id if packet else id).nomor_register
            except NotFound:
                return ""

        return self.session.desk.register.read(look)

    @staticmethod
    def under_way(row: PacketRow, line: LineView) -> PacketRow:
        """The row with what was sent of it this second."""
        return replace(row, progress=line.share, progress_text=percent_text(line.share), reason="Sedang dikirim", reason_tone="accent",
                       next_try="sekarang")

    def line(self) -> LineView:
        """The line as it is this moment, with the figures last loaded."""
        report, figures = self.session.desk.line_report(), self._figures
        speed, left = speed_words(report.bytes_per_s), drain_words(figures.left, report.bytes_per_s)
        cause = report.cause
        if cause is WaitCause.NONE and report.up is None:  # nobody tried yet: what the rows remember is the best there is
            cause = max((c for c in figures.by_cause if c in LINE), key=lambda c: figures.by_cause[c], default=cause)
        if cause in LINE:
            tone, chip, text = LINE[cause]
            if cause is WaitCause.HOURS:
                text = f"{text} Mulai lagi {opening_words(self._rules, self.session.local(self.session.now()))}."
            elif report.cause is cause and report.up is False and report.next_probe_s > 5:
                again = line_next_words(report, self._rules, self.session.local(self.session.now()))
                text = text if again == "begitu tersambung" else f"{text} Dicoba lagi {again.removesuffix(' lagi')} lagi."
            return LineView(chip, tone, text, "", left if speed else "")
        if not figures.count:
            return LineView("Tersambung" if report.up else "", "good" if report.up else "", CALM, speed, "")
        if report.packet_id and report.size:
            share = min(1.0, report.offset / report.size)
            text = f"Sedang mengirim {bytes_words(report.offset)} dari {bytes_words(report.size)}"
            return LineView("Tersambung", "good", text + _when_done(speed, left), speed, left, report.packet_id, share)
        return LineView("Tersambung" if report.up else "", "good" if report.up else "", CALM, speed, left)

    # -- words --------------------------------------------------------------------------------------------------------

    def _tiles(self, f: QueueFigures) -> tuple[tuple[str, str, str, str], ...]:
        age = (self.session.now() - f.oldest).total_seconds() if f.oldest else 0.0
        tone = "trouble" if f.alarmed else "attention" if f.warned else "muted"
        return (
            ("Belum terkirim", number_text(f.count), bytes_words(f.size - f.sent) if f.count else "semua terkirim",
             "muted" if f.count else "good"),
            ("Tertua menunggu", brief(age) if f.oldest else "–", "", tone),
            ("Terkirim hari ini", number_text(f.received), "dengan tanda terima", "good" if f.received else "muted"),
            ("Perlu tindakan", number_text(f.refused), "ditahan" if f.refused else "tidak ada", "trouble" if f.refused else "good"),
        )

    @staticmethod
    def _alarm(f: QueueFigures) -> str:
        if not f.alarmed:
            return ""
        return (f"{number_text(f.alarmed)} paket belum terkirim lebih dari 7 hari. Laporkan ke Disdukcapil hari ini; "
                "data tetap aman di komputer ini.")

    def _filters(self, f: QueueFigures) -> tuple[tuple[str, str, int], ...]:
        report = self.session.desk.line_report()
        causes = dict(f.by_cause)
        if report.cause is not WaitCause.NONE:
            causes[report.cause] = causes.get(report.cause, 0) + causes.pop(WaitCause.NONE, 0)
        found = [c for c in WaitCause if causes.get(c)]
        if len(found) > CAUSES_SHOWN + 1:  # more would push the list off the screen
            found = sorted(sorted(found, key=lambda c: -causes[c])[:CAUSES_SHOWN], key=list(WaitCause).index)
        others = tuple(c for c in WaitCause if causes.get(c) and c not in found)
        self._others = others or self._others  # chosen, the filter goes on meaning what it meant
        some = ((REFUSED, "Perlu tindakan", f.refused), *((c.value, SHORT[c], causes[c]) for c in found),
                (OTHERS, "Sebab lain", sum(causes[c] for c in others)))
        return ((ALL, "Semua", f.count), *(s for s in some if s[2]))

    def _row(self, line: QueueLine, report: LineReport, now: datetime) -> PacketRow:
        k = line.packet
        wait = queue.why(k, report)
        reason, tone = REASONS[wait.cause]
        if wait.cause is WaitCause.NONE and k.state is PacketState.UPLOADED:
            reason, tone = "Tunggu tanda terima", "accent"
        share, text = progress_of(k)
        if k.packet_id == report.packet_id and report.size and report.cause is WaitCause.NONE:
            reason, tone, share = "Sedang dikirim", "accent", min(1.0, report.offset / report.size)
            text = percent_text(share)
        try_at = self.session.local(k.next_try_at) if k.next_try_at else None
        late = queue.overdue(k, now)
        return PacketRow(
            k.packet_id, k.permohonan_id, k.counter, number_short(line.nomor_register), line.nama,
            brief((now - k.sealed_at).total_seconds()), {"alarm": "trouble", "warn": "attention"}.get(late, "neutral"),
            bytes_words(k.size), share, text, reason, tone,
            next_words(k, wait.cause, wait.of_line, report, self._rules, self.session.local(now), try_at))

    def _sentence(self, wait: queue.Wait) -> str:
        sentences = self.session.desk.sentences
        known = sentences.keys()
        return sentences.text(wait.detail) if wait.detail in known else word("antrean", wait.cause)

    def _facts(self, k: Packet, now: datetime) -> tuple[tuple[str, str], ...]:
        sealed = self.session.local(k.sealed_at)
        facts = [
            ("Nomor paket", k.packet_id), ("Urutan", f"{k.station} nomor {k.counter}"),
            ("Disegel", f"{date_long(sealed.date())}, {self.session.time(k.sealed_at)}"),
            ("Keadaan", word("paket", k.state)), ("Terkirim", f"{bytes_words(k.offset)} dari {bytes_words(k.size)}"),
            ("Percobaan gagal", f"{number_text(k.attempts)} kali" if k.attempts else "belum ada"), ("Sidik berkas", f"{k.sha256[:12]}…"),
        ]
        if k.courier_at is not None:
            at = self.session.local(k.courier_at)
            facts.append(("Dibawa kurir", f"{date_long(at.date())}, {self.session.time(k.courier_at)}"))
        return tuple(facts)

    @staticmethod
    def _told(event: str, facts: Mapping[str, object]) -> str:
        """One line of the history: what, and why where a cause is known."""
        cause = str(facts.get("cause", ""))
        text = word("antrean_riwayat", event)
        return f"{text}: {REASONS[WaitCause(cause)][0].lower()}" if cause in {c.value for c in WaitCause} else text

    def _report(self, k: Packet, wait: queue.Wait, facts: tuple[tuple[str, str], ...], history: tuple[tuple[str, str], ...],
                sentence: str) -> str:
        """Text for Disdukcapil: ids, times, causes, answers; nothing of the person."""
        now = self.session.local(self.session.now())
        own = dict(facts)
        lines = [
            f"Laporan paket perekaman, {self.session.office()}", f"Dibuat {date_long(now.date())}, {time_text(now, self.session.zona)}", "",
            *(f"{title}: {own[title]}" for title in ("Nomor paket", "Urutan", "Disegel", "Keadaan", "Terkirim", "Percobaan gagal")),
            f"SHA-256: {k.sha256}", f"Sebab: {REASONS[wait.cause][0]} ({wait.cause.value}{', ' + wait.detail if wait.detail else ''})",
            f"Keterangan: {sentence}", "", "Riwayat:", *(f"- {at} {text}" for at, text in history)]
        return "\n".join(lines) + "\n"


def _when_done(speed: str, left: str) -> str:
    """Goes on after what is being sent."""
    if not speed:
        return "; kecepatannya sedang diukur."
    return "." if left in ("", UNKNOWN) else f". Semua selesai {left} lagi dengan kecepatan sekarang."


def _query(filter: Filter, after: int, rows: int, report: LineReport, now: datetime, others: tuple[WaitCause, ...] = ()) -> QueueQuery:
    causes = others if filter.what == OTHERS else ()
    if filter.what in {c.value for c in WaitCause}:
        causes = (WaitCause(filter.what),)
    if report.cause in causes:
        causes = (*causes, WaitCause.NONE)  # whoever waits for nothing else waits for the line
    until = {WARNED: now - queue.WARN, ALARMED: now - queue.ALARM}.get(filter.only)
    return QueueQuery(filter.text, causes, filter.what == REFUSED, until, filter.only == COURIER, after, rows)


def _narrower(f: QueueFigures) -> tuple[tuple[str, str, int], ...]:
    some = ((WARNED, "Lewat 24 jam", f.warned), (ALARMED, "Lewat 7 hari", f.alarmed), (COURIER, "Dibawa kurir", f.with_courier))
    return ((ANY_AGE, "Semua umur", f.count), *(s for s in some if s[2]))


def progress_of(k: Packet) -> tuple[float, str]:
    """Share that the server holds, and its words."""
    if k.state is PacketState.UPLOADED:
        return 1.0, percent_text(1.0)
    share = k.offset / k.size if k.size else 0.0
    return share, percent_text(share) if share else "0 %"
