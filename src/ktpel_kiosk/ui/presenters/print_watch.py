"""What the printer says of the card on the panel, in words, and what the operator can do about it now. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import card_printer, reconcile
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.ui.presenters.session import Session

LOW = 10
"""Percent of ribbon, film or cards from which on it is mentioned."""

LABELS: dict[str, str] = {
    "printed": "Kartu ada dan baik", "not_printed": "Tidak tercetak", "spoiled": "Kartu rusak", "cancel": "Keluarkan dari antrean",
    "resume": "Lanjutkan", "good": "Hasil baik, tulis chip", "seen": "Hasil baik", "retry": "Coba lagi", "empty": "Kartu keluar kosong",
    "stop": "Hentikan cetak", "spoil": "Nyatakan rusak",
}
RUINED = ("jam", "ribbon_out")
"""Ends of what a printer complains about after which the card in it is likely unusable."""
_LOOK = "Lihat kartu di tangan Anda, lalu pilih apa adanya."
_WORDS: dict[str, tuple[str, str, str]] = {
    "pending": ("info", "Menunggu di antrean printer.", "Bila tidak jadi, keluarkan dari antrean; blangkonya kembali ke stok."),
    "printing": ("info", "Sedang dicetak.", "Tunggu sampai kartu keluar, kira-kira setengah menit."),
    "printed": ("info", "Printer selesai.", "Ambil kartu dan periksa depan dan belakang. Bila baik, letakkan di pembaca lalu tekan F9."),
    "failed": ("trouble", "Cetakan gagal.", "Lihat kartunya: rusak, keluar kosong, atau belum terpakai?"),
    "unsure": ("attention", "Hasil belum pasti.", f"Printer tidak tahu apa yang terjadi. {_LOOK}"),
    "silent": ("attention", "Hasil belum pasti.", f"Printer tidak dapat ditanya. {_LOOK}"),
    "forgotten": ("attention", "Hasil belum pasti.", f"Printer sudah tidak ingat kartu ini. {_LOOK}"),
    "never": ("attention", "Hasil belum pasti.", "Printer tidak pernah menerima kartu ini. Bila memang tidak ada kartu yang keluar, "
              "pilih Tidak tercetak; blangkonya kembali ke stok."),
    "station": ("attention", "Kartu menunggu di dalam printer.", "Belum dicetak. Lanjutkan bila printer siap, atau nyatakan rusak."),
}
_CHIP: dict[str, str] = {
    "written": "Chip di pembaca sudah terisi lengkap.", "empty": "Chip di pembaca belum terisi; chip dapat ditulis lagi.",
    "other": "Kartu di pembaca bukan kartu ini.", "no_card": "Letakkan kartunya di pembaca.", "no_reader": "Pembaca kartu tidak menjawab.",
}


@dataclass(frozen=True, slots=True)
class PrintWatch:
    """``main`` and ``other``: (what the button does, its word), ``main`` none while there is only waiting. ``second``: what needs
    another officer's name. ``settled``: asking again changes nothing."""

    job_id: str
    hint: str
    tone: str
    bold: str
    text: str
    main: tuple[str, str] | None
    other: tuple[str, str] | None
    second: frozenset[str]
    settled: bool
    low: str = ""


class PrintWatcher:
    """Asks the printer: on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def look(self, job_id: str) -> PrintWatch | None:
        """None when nothing is open about this card."""
        question = reconcile.question_of(self.session.desk, job_id)
        return None if question is None else self.of(question)

    def of(self, q: reconcile.OpenQuestion) -> PrintWatch:
        if q.job.state is JobState.ENCODING and not q.job.at_station:
            return PrintWatch(q.job.id, q.hint, "attention", "Penulisan chip belum dipastikan.", _CHIP[q.hint],
                              ("printed", LABELS["printed"]), None, q.second, True)
        tone, bold, text = _WORDS[q.hint]
        if q.trouble:
            text = f"{self.session.sentence(DeviceTrouble(q.trouble, device_kind='card_printer'))} {text}"
        if q.hint == "printed" and q.job.written:
            text = "Chip sudah ditulis di dalam printer. Ambil kartu, periksa depan dan belakang, lalu tekan F9."
        return PrintWatch(q.job.id, q.hint, tone, bold, text, *_buttons(q), q.second, q.hint not in ("pending", "printing"), self._low(q))

    def _low(self, q: reconcile.OpenQuestion) -> str:
        if q.hint not in ("printing", "printed", "failed"):
            return ""
        left = card_printer.supplies(self.session.desk)
        parts = [f"{name} {n} %" for name, n in (("pita", left.ribbon), ("film", left.film), ("kartu di wadah", left.cards))
                 if n is not None and n <= LOW]
        return f"Persediaan printer menipis: {', '.join(parts)}." if parts else ""


def _buttons(q: reconcile.OpenQuestion) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    if q.hint == "pending":
        return None, ("cancel", LABELS["cancel"])
    if q.hint == "printing":
        return None, ("cancel", LABELS["stop"])
    if q.hint == "printed":
        good = ("good", LABELS["seen" if q.job.written else "good"])
        return good, ("not_printed", LABELS["not_printed"]) if "not_printed" in q.answers else None
    if q.hint == "failed" and "not_printed" in q.answers:
        if q.trouble.endswith(RUINED):  # the card was on its way: F9 must not put its blank back into stock
            return ("spoiled", LABELS["spoil"]), ("not_printed", LABELS["empty"])
        return ("retry", LABELS["retry"]), ("not_printed", LABELS["empty"])
    open_ones = [(a, LABELS[a]) for a in q.answers if a != "spoiled"]
    return (open_ones[0] if open_ones else None), (open_ones[1] if len(open_ones) > 1 else None)
