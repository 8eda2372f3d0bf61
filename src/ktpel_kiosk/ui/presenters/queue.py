"""Antrean: unsent packets oldest first, why each waits, who can help, when it is tried; the line in one sentence. Qt-free."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from ktpel_kiosk.desk import queries
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import duration_words, number_text, percent_text
from ktpel_kiosk.ports.register import View
from ktpel_kiosk.ui.presenters.register import size_text
from ktpel_kiosk.ui.presenters.session import Session, brief, number_short
from ktpel_kiosk.ui.words import word

REASONS: dict[WaitCause, tuple[str, str]] = {
    WaitCause.NONE: ("Menunggu giliran", "neutral"), WaitCause.OFFLINE: ("Tidak ada jaringan", "attention"),
    WaitCause.TLS: ("Sertifikat ditolak", "trouble"), WaitCause.CLOCK: ("Jam komputer salah", "trouble"),
    WaitCause.SERVER: ("Server terganggu", "attention"), WaitCause.DATA: ("Isi ditolak server", "trouble"),
    WaitCause.RECEIPT: ("Tanda terima tidak sah", "trouble"),
}
FIXERS: dict[WaitCause, tuple[str, str]] = {
    WaitCause.NONE: ("Tidak perlu apa-apa", "Paket dikirim sendiri menurut urutan, yang tertua lebih dulu."),
    WaitCause.OFFLINE: (
        "Operator",
        "Periksa kabel atau Wi-Fi. Bila jaringan kantor mati, hubungi pengelola jaringan; pelayanan tetap berjalan."),
    WaitCause.TLS: (
        "Pengelola jaringan",
        "Sambungan dicegat atau sertifikat kantor kedaluwarsa. Jangan kirim lewat jaringan lain sebelum jelas."),
    WaitCause.CLOCK: ("Admin", "Betulkan tanggal dan jam komputer, lalu tekan Coba sekarang."),
    WaitCause.SERVER: (
        "Disdukcapil",
        "Server pusat sedang terganggu. Dicoba lagi otomatis; bila lebih dari sehari, hubungi Disdukcapil."),
    WaitCause.DATA: (
        "Disdukcapil",
        "Paket tetap tersimpan utuh. Sebutkan nomor paket kepada Disdukcapil; jangan rekam ulang dulu."),
    WaitCause.RECEIPT: (
        "Disdukcapil",
        "Paket mungkin sudah diterima, tetapi buktinya tidak sah. Paket tetap disimpan sampai ada bukti yang sah."),
}
LINE: dict[WaitCause, tuple[str, str, str]] = {
    WaitCause.OFFLINE: ("attention", "Luring.", "Semua hasil rekam aman di komputer ini dan terkirim sendiri saat jaringan kembali."),
    WaitCause.TLS: ("trouble", "Sambungan ditolak demi keamanan.", "Sertifikat server tidak cocok. Hubungi pengelola jaringan."),
    WaitCause.CLOCK: ("trouble", "Jam komputer salah.", "Betulkan tanggal dan jam, lalu tekan Coba sekarang."),
    WaitCause.SERVER: ("attention", "Server pusat sedang terganggu.", "Pengiriman dicoba lagi otomatis; tidak ada yang hilang."),
}
REPORTABLE = (WaitCause.DATA, WaitCause.RECEIPT)


@dataclass(frozen=True, slots=True)
class PacketRow:
    """One line of the queue. ``progress`` 0..1; ``age_tone`` warns after 24 hours, alarms after seven days."""

    id: str
    permohonan_id: str
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
    fixer: str
    sentence: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    can_retry: bool


@dataclass(frozen=True, slots=True)
class QueueView:
    """``figures``: (title, value, detail, tone). ``line``: (tone, bold, text) of the notice at the top; empty tone = none."""

    figures: tuple[tuple[str, str, str, str], ...]
    line: tuple[str, str, str]
    alarm: str
    rows: tuple[PacketRow, ...]


class QueuePresenter:
    """``load`` and ``try_now`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may_retry(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["retry_queue"])

    def try_now(self) -> None:
        """Wake the sender; the probe happens at once. Raises NotAllowed."""
        require(self.session.actor, "retry_queue")
        self.session.desk.wake_uploader()

    def load(self) -> QueueView:
        desk, now = self.session.desk, self.session.now()
        start = self.session.day_start()
        packets = queries.queue(desk)

        def gather(v: View) -> tuple[dict[str, tuple[str, str]], int]:
            names = {}
            for k in packets:
                p = v.permohonan(k.permohonan_id)
                names[k.packet_id] = (p.nomor_register, p.penduduk.nama)
            sent = v.packets_received(start)
            return names, sent

        names, sent = desk.register.read(gather)
        rows = tuple(self._row(k, *names[k.packet_id], now) for k in packets)
        return QueueView(self._figures(packets, sent, now), line_of(packets), self._alarm(packets, now), rows)

    def _figures(self, packets: tuple[Packet, ...], sent: int, now: datetime) -> tuple[tuple[str, str, str, str], ...]:
        oldest = min((k.sealed_at for k in packets), default=None)
        age = (now - oldest).total_seconds() if oldest else 0.0
        tone = "trouble" if age >= 7 * 86400 else "attention" if age >= 86400 else "muted"
        stuck = sum(1 for k in packets if k.state is PacketState.REFUSED)
        return (
            ("Belum terkirim", number_text(len(packets)), size_text(sum(k.size for k in packets)) if packets else "semua terkirim",
             "muted" if packets else "good"),
            ("Tertua", brief(age) if oldest else "–", "menunggu" if oldest else "", tone),
            ("Terkirim hari ini", number_text(sent), "dengan tanda terima", "good" if sent else "muted"),
            ("Perlu tindakan", number_text(stuck), "ditolak server" if stuck else "tidak ada", "trouble" if stuck else "good"),
        )

    @staticmethod
    def _alarm(packets: tuple[Packet, ...], now: datetime) -> str:
        late = [k for k in packets if queries.overdue(k, now) == "alarm"]
        if not late:
            return ""
        return (f"{len(late)} paket belum terkirim lebih dari 7 hari. Laporkan ke Disdukcapil hari ini; "
                "data tetap aman di komputer ini.")

    def _row(self, k: Packet, nomor: str, nama: str, now: datetime) -> PacketRow:
        reason, tone = REASONS[k.wait_cause]
        fixer, advice = FIXERS[k.wait_cause]
        share, text = progress_of(k)
        if k.wait_cause is WaitCause.NONE and k.state is PacketState.ANNOUNCED and k.offset:
            reason, tone = "Sedang dikirim", "accent"
        overdue = queries.overdue(k, now)
        sentence = word("antrean", k.wait_cause)
        known = self.session.desk.sentences.keys()
        detail = k.wait_detail if k.wait_detail in known else ""
        return PacketRow(
            k.packet_id, k.permohonan_id, number_short(nomor), nama, brief((now - k.sealed_at).total_seconds()),
            {"alarm": "trouble", "warn": "attention"}.get(overdue, "neutral"), size_text(k.size), share, text, reason, tone,
            self._next(k, now), fixer, self.session.desk.sentences.text(detail) if detail else sentence, advice, self._facts(k, now),
            k.state is not PacketState.REFUSED and k.wait_cause not in REPORTABLE)

    @staticmethod
    def _next(k: Packet, now: datetime) -> str:
        if k.state is PacketState.REFUSED:
            return "tidak dicoba lagi"
        if k.wait_cause in (WaitCause.OFFLINE, WaitCause.TLS, WaitCause.CLOCK):
            return "begitu tersambung"
        if k.next_try_at is None or k.next_try_at <= now:
            return "sebentar lagi"
        left = (k.next_try_at - now).total_seconds()
        return f"{brief(left if left < 60 else 60 * ceil(left / 60))} lagi"

    def _facts(self, k: Packet, now: datetime) -> tuple[tuple[str, str], ...]:
        local = self.session.local(k.sealed_at)
        return (
            ("Nomor paket", k.packet_id), ("Urutan", f"{k.station} nomor {k.counter}"),
            ("Disegel", f"{local:%d-%m-%Y} {self.session.time(k.sealed_at)} ({duration_words((now - k.sealed_at).total_seconds())} lalu)"),
            ("Keadaan", word("paket", k.state)), ("Percobaan", f"{k.attempts} kali" if k.attempts else "belum ada yang gagal"),
            ("Sidik berkas", f"{k.sha256[:12]}…"),
        )


def progress_of(k: Packet) -> tuple[float, str]:
    """Share that the server holds, and its words."""
    if k.state is PacketState.UPLOADED:
        return 1.0, "menunggu tanda terima"
    share = k.offset / k.size if k.size else 0.0
    return share, percent_text(share) if share else "0 %"


def line_of(packets: tuple[Packet, ...]) -> tuple[str, str, str]:
    """What keeps most packets waiting, as a notice; nothing when the line works."""
    causes = Counter(k.wait_cause for k in packets if k.wait_cause in LINE)
    return LINE[causes.most_common(1)[0][0]] if causes else ("", "", "")
