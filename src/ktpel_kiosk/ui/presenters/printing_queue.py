"""Whom the printing desk waits for and in which order: ready cards, the centre's answers, two biodata side by side. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk import material, queries, statuses, waiting
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.domain.text import date_long, mask_nik
from ktpel_kiosk.ports.register import ListItem
from ktpel_kiosk.ui.presenters.session import Session, brief, number_short
from ktpel_kiosk.ui.presenters.work import biodata_rows
from ktpel_kiosk.ui.words import word

READY = (Stage.CEK_CETAK, Stage.CETAK_ENCODE)


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One row of a list."""

    id: str
    title: str
    detail: str
    chip: str
    tone: str


@dataclass(frozen=True, slots=True)
class PrintQueue:
    """``ready`` in the order blank cards are given out, ``centre``: still without PRINT READY RECORD."""

    ready: tuple[QueueLine, ...]
    centre: tuple[QueueLine, ...]


@dataclass(frozen=True, slots=True)
class CentreView:
    """One application that waits for the centre. ``may_ask``: nothing was sent from here, so the kiosk asks by NIK."""

    dossier: queries.Dossier
    title: str
    text: str
    rows: tuple[tuple[str, str], ...]
    may_ask: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking. ``page``: where the application is worked on now, empty while it still waits here."""

    tone: str
    bold: str
    text: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One line of the comparison. ``weight``: ``stops`` (says who it is), ``differs``, or ``same``."""

    title: str
    ours: str
    theirs: str
    weight: str


class PrintQueuePresenter:
    """Methods touch the register or the line: call them on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self) -> PrintQueue:
        desk, now = self.session.desk, self.session.now()
        return PrintQueue(tuple(self._ready(i, now) for i in waiting.waiting_list(desk, *READY)),
                          tuple(self._centre(i, now) for i in waiting.awaiting_centre(desk)))

    def _ready(self, i: ListItem, now: datetime) -> QueueLine:
        place = "kartu pertama" if waiting.is_first_card(i.layanan) else "penggantian"
        if i.tahap_state == "jeda":
            chip, tone = word("jeda", i.pause_reason or "ditunda"), "attention" if i.pause_reason == waiting.NO_BLANK else "neutral"
        else:
            chip, tone = brief((now - i.updated_at).total_seconds()), "neutral"
        return QueueLine(i.id, i.nama, f"{number_short(i.nomor_register)} · {word('layanan', i.layanan)} · {place}", chip, tone)

    def _centre(self, i: ListItem, now: datetime) -> QueueLine:
        tone = "attention" if i.pause_reason == "jaringan" else "neutral"
        since = brief((now - i.updated_at).total_seconds())
        return QueueLine(i.id, i.nama, f"{number_short(i.nomor_register)} · {word('layanan', i.layanan)} · {since}",
                         word("jeda", i.pause_reason or "menunggu_prr"), tone)

    # -- the centre ---------------------------------------------------------------------------------------------------

    def centre(self, pid: str) -> CentreView:
        """One application that waits for PRR, or for the material of its card."""
        desk = self.session.desk
        dossier = queries.dossier(desk, pid)
        p, packet = dossier.permohonan, dossier.packet
        elsewhere = material.records_elsewhere(p)
        tahap = p.current()
        waits = tahap is not None and tahap.stage is Stage.MENUNGGU_PRR
        rows = [("Alasan menunggu", word("jeda", tahap.pause_reason or "menunggu_prr") if tahap and waits else "bahan cetak dari pusat")]
        if tahap is not None and tahap.paused_since is not None:
            paused = (self.session.now() - tahap.paused_since).total_seconds()
            rows.append(("Sejak", f"{self.session.when(tahap.paused_since)} ({brief(paused)})"))
        if elsewhere:
            rows.append(("Perekaman", _why_skipped(p)))
            rows.append(("Bahan cetak", "belum diambil: foto, tanda tangan, dan sidik jari untuk chip"))
        elif packet is not None:
            known = desk.register.read(lambda v: v.shown_status(p.id))
            rows.append(("Paket", f"nomor {packet.counter} · {word('paket', packet.state)}"))
            rows.append(("Status terakhir", word("status", known) if known else "belum ada kabar"))
        title = "Menunggu pusat" if waits else "Bahan cetak belum ada"
        return CentreView(dossier, title, _explain(elsewhere, waits), tuple(rows), elsewhere)

    def ask(self, pid: str) -> Asked:
        """Ask the centre now. Raises TransportTrouble, SopViolation, BadInput of :func:`statuses.ask_status`."""
        desk = self.session.desk
        answer = statuses.ask_status(desk, pid)
        p = desk.register.read(lambda v: v.permohonan(pid))
        tahap = p.current()
        who = f"{number_short(p.nomor_register)} {p.penduduk.nama}"
        if p.keadaan is Keadaan.GANDA:
            return Asked("attention", f"{who}: data ganda di pusat.", "Permohonan ditahan; putuskan di Tindak lanjut.", "tugas")
        if p.keadaan is Keadaan.MENUNGGU_USIA and p.menunggu_hingga is not None:
            return Asked("info", f"{who} siap cetak di pusat.",
                         f"Kartu dicetak mulai {date_long(p.menunggu_hingga)}, pada usia 17 tahun.", "register")
        if tahap is not None and tahap.stage in READY:
            return Asked("good", f"{who} siap cetak.", "Foto, tanda tangan, dan sidik jari sudah diambil dari pusat.", "cetak")
        if answer.moved:
            return Asked("attention", f"Pusat belum punya rekaman {p.penduduk.nama}.", "Permohonan dikembalikan ke Perekaman.", "perekaman")
        said = word("status", answer.status or StatusSiak.UNREGISTERED)
        return Asked("info", f"Jawaban pusat: {said}.", "Belum siap cetak. Kios menanyakan lagi sendiri selama ada jaringan.")

    # -- two biodata --------------------------------------------------------------------------------------------------

    @staticmethod
    def rows(seen: material.Comparison) -> tuple[CompareRow, ...]:
        """Field by field as people read them: what stops the card first, then other differences, then what agrees."""
        made = []
        for (names, title, ours), (_n, _t, theirs) in zip(_rows(seen.ours), _rows(seen.theirs), strict=True):
            fields = set(names.split("+"))
            if names == "nik":
                ours, theirs = mask_pair(seen.ours.nik, seen.theirs.nik)
            weight = "stops" if fields & set(seen.stopping) else "differs" if fields & set(seen.differing) else "same"
            made.append(CompareRow(title, ours, theirs, weight))
        return tuple(sorted(made, key=lambda r: ("stops", "differs", "same").index(r.weight)))


def mask_pair(one: str, other: str) -> tuple[str, str]:
    """Two NIK side by side: masked, but where they differ the digits that differ stay, or nobody could see what is wrong."""
    if len(one) != 16 or len(other) != 16:
        return mask_nik(one), mask_nik(other)
    masked = [[a if a != b else m for a, b, m in zip(x, y, mask_nik(x), strict=True)] for x, y in ((one, other), (other, one))]
    return "".join(masked[0]), "".join(masked[1])


def _rows(p: Penduduk) -> tuple[tuple[str, str, str], ...]:
    return (*biodata_rows(p), ("kabupaten+provinsi", "Kabupaten, provinsi", f"{p.kabupaten.title()}, {p.provinsi.title()}"))


WHY_SKIPPED = {
    "register": "direkam di kantor ini sebelumnya", "daftar": "sudah rekam menurut daftar penduduk", "siak": "sudah rekam menurut SIAK",
    "kartu": "pemohon pernah memegang KTP-el",
}


def _why_skipped(p: Permohonan) -> str:
    return f"dilewati: {WHY_SKIPPED.get(p.sudah_rekam, 'tidak diperlukan layanan ini')}"


def _explain(elsewhere: bool, waits: bool) -> str:
    if elsewhere and waits:
        return ("Pemohon tidak direkam lagi, jadi kartunya dibuat dari rekaman pusat. Kios menanyakan status NIK ini berkala; "
                "Anda juga dapat menanyakannya sekarang.")
    if elsewhere:
        return "Pusat sudah menyatakan siap cetak, tetapi foto, tanda tangan, dan sidik jari untuk chip belum terambil. Ambil sekarang."
    return "Paket perekaman sudah disegel. Begitu pusat menyatakan siap cetak, permohonan ini pindah sendiri ke daftar siap cetak."
