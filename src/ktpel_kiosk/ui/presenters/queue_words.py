"""Words of the queue: why something waits, who can help and how, when it goes on, how long it takes. Qt-free."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, time, timedelta
from math import ceil, inf, isfinite

from ktpel_kiosk.domain.line import LineReport, LineRules
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.text import number_text, time_text

REASONS: dict[WaitCause, tuple[str, str]] = {
    WaitCause.NONE: ("Menunggu giliran", "neutral"), WaitCause.OFFLINE: ("Tidak ada jaringan", "attention"),
    WaitCause.DNS: ("Server tak ditemukan", "attention"), WaitCause.PORTAL: ("Wi-Fi minta masuk", "attention"),
    WaitCause.PROXY: ("Proksi menolak", "trouble"), WaitCause.TLS: ("Sertifikat ditolak", "trouble"),
    WaitCause.CLOCK: ("Jam komputer salah", "trouble"), WaitCause.SERVER: ("Server terganggu", "attention"),
    WaitCause.STATION: ("Stasiun tidak dikenal", "trouble"), WaitCause.DATA: ("Isi ditolak server", "trouble"),
    WaitCause.RECEIPT: ("Tanda terima tidak sah", "trouble"), WaitCause.FILE: ("Berkas rusak", "trouble"),
    WaitCause.HOURS: ("Di luar jam kirim", "neutral"), WaitCause.SETUP: ("Penyiapan belum lengkap", "attention"),
}
"""Chip: words and tone."""
SHORT: dict[WaitCause, str] = {
    WaitCause.NONE: "Menunggu", WaitCause.OFFLINE: "Tanpa jaringan", WaitCause.DNS: "Nama server", WaitCause.PORTAL: "Masuk Wi-Fi",
    WaitCause.PROXY: "Proksi", WaitCause.TLS: "Sertifikat", WaitCause.CLOCK: "Jam komputer", WaitCause.SERVER: "Server",
    WaitCause.STATION: "Stasiun", WaitCause.DATA: "Isi ditolak", WaitCause.RECEIPT: "Tanda terima", WaitCause.FILE: "Berkas rusak",
    WaitCause.HOURS: "Jam kirim", WaitCause.SETUP: "Penyiapan",
}
"""For the filters."""

FIXERS: dict[WaitCause, tuple[str, str]] = {
    WaitCause.NONE: ("Tidak perlu apa-apa", "Paket dikirim sendiri menurut urutan, yang tertua lebih dulu."),
    WaitCause.OFFLINE: (
        "Operator",
        "Periksa kabel atau Wi-Fi. Bila jaringan kantor mati, hubungi pengelola jaringan; pelayanan tetap berjalan."),
    WaitCause.DNS: (
        "Pengelola jaringan",
        "Nyalakan ulang modem. Bila tetap begini, minta pengelola jaringan memeriksa DNS, atau samakan alamat server di Pengaturan."),
    WaitCause.PORTAL: (
        "Operator",
        "Buka peramban, masuk ke Wi-Fi kantor sampai muncul halaman biasa, lalu tekan Coba sekarang."),
    WaitCause.PROXY: (
        "Pengelola jaringan",
        "Periksa alamat, nama pengguna dan kata sandi proksi di Pengaturan, bagian Sambungan."),
    WaitCause.TLS: (
        "Pengelola jaringan",
        "Sambungan dicegat atau sertifikat kedaluwarsa. Jangan kirim lewat jaringan lain sebelum jelas."),
    WaitCause.CLOCK: ("Administrator", "Betulkan tanggal dan jam komputer, lalu tekan Coba sekarang."),
    WaitCause.SERVER: (
        "Disdukcapil",
        "Server pusat sedang terganggu. Dicoba lagi otomatis; bila lebih dari sehari, hubungi Disdukcapil."),
    WaitCause.STATION: (
        "Disdukcapil",
        "Minta Disdukcapil mendaftarkan stasiun ini atau memperbarui sertifikatnya. Nama stasiun ada di laporan (tombol salin)."),
    WaitCause.DATA: (
        "Disdukcapil",
        "Paket tetap tersimpan utuh. Salin laporannya untuk Disdukcapil; jangan rekam ulang dulu."),
    WaitCause.RECEIPT: (
        "Disdukcapil",
        "Paket mungkin sudah diterima, tetapi buktinya tidak sah. Paket tetap disimpan sampai ada bukti yang sah."),
    WaitCause.FILE: (
        "Operator",
        "Tekan Perbaiki: paket disegel ulang dari isi cadangan di komputer ini. Pemohon tidak perlu datang lagi."),
    WaitCause.SETUP: (
        "Administrator",
        "Alamat gateway atau sertifikat sambungan belum dipasang. Paket tetap aman dan terkirim sendiri sesudahnya; kurir USB juga bisa."),
    WaitCause.HOURS: (
        "Tidak perlu apa-apa",
        "Kantor mengatur jam kirim. Administrator dapat mengubahnya di Pengaturan, bagian Sambungan."),
}
"""Who can help, and what to do."""
NO_SPARE = ("Operator", "Isi cadangan paket ini juga hilang. Tekan Rekam ulang, lalu undang pemohon datang lagi.")

LINE: dict[WaitCause, tuple[str, str, str]] = {
    WaitCause.OFFLINE: ("attention", "Luring", "Semua hasil rekam aman di komputer ini dan terkirim sendiri saat jaringan kembali."),
    WaitCause.DNS: ("attention", "Nama server tak ditemukan", "Jaringan ada, tetapi alamat server tidak ketemu. Dicoba lagi otomatis."),
    WaitCause.PORTAL: ("attention", "Wi-Fi minta masuk", "Buka peramban dan masuk ke Wi-Fi; setelah itu pengiriman jalan sendiri."),
    WaitCause.PROXY: ("trouble", "Proksi menolak", "Proksi kantor tidak meneruskan. Periksa Pengaturan, bagian Sambungan."),
    WaitCause.TLS: ("trouble", "Sambungan ditolak demi keamanan", "Sertifikat server tidak cocok. Hubungi pengelola jaringan."),
    WaitCause.CLOCK: ("trouble", "Jam komputer salah", "Betulkan tanggal dan jam, lalu tekan Coba sekarang."),
    WaitCause.SERVER: ("attention", "Server pusat terganggu", "Pengiriman dicoba lagi otomatis; tidak ada yang hilang."),
    WaitCause.STATION: ("trouble", "Stasiun tidak dikenal", "Server menolak stasiun ini. Hubungi Disdukcapil; semua paket aman."),
    WaitCause.SETUP: ("attention", "Penyiapan belum lengkap", "Alamat gateway atau sertifikat sambungan belum dipasang; semua paket aman."),
    WaitCause.HOURS: ("neutral", "Di luar jam kirim", "Kantor mengirim pada jam yang diatur saja."),
}
"""The line as a whole: tone, words of the chip, sentence."""

SELF_HEALING = (WaitCause.OFFLINE, WaitCause.DNS, WaitCause.PORTAL)
"""The network watcher sees these end: no clock decides when it goes on."""

SPANS: tuple[tuple[float, str], ...] = (
    (60, "kurang dari 1 menit"), (2 * 60, "1–2 menit"), (5 * 60, "2–5 menit"), (10 * 60, "5–10 menit"), (20 * 60, "10–20 menit"),
    (40 * 60, "20–40 menit"), (75 * 60, "sekitar 1 jam"), (105 * 60, "1–2 jam"), (135 * 60, "sekitar 2 jam"), (4 * 3600, "2–4 jam"),
    (6 * 3600, "4–6 jam"), (10 * 3600, "6–10 jam"), (15 * 3600, "10–15 jam"), (24 * 3600, "15–24 jam"), (2 * 86400, "1–2 hari"),
    (4 * 86400, "2–4 hari"), (7 * 86400, "4–7 hari"), (14 * 86400, "1–2 minggu"), (inf, "lebih dari 2 minggu"),
)
"""Up to so many seconds, in words: as fine as a line that changes by the minute deserves."""
UNKNOWN = "belum dapat diperkirakan"


def time_left(seconds: float) -> str:
    """A span in words; :data:`UNKNOWN` for what is no time."""
    if not isfinite(seconds) or seconds < 0:
        return UNKNOWN
    return SPANS[bisect_left([limit for limit, _ in SPANS], seconds)][1]


def drain_words(left: int, bytes_per_s: float) -> str:
    """How long ``left`` bytes take at the measured speed."""
    if left <= 0:
        return ""
    return time_left(left / bytes_per_s) if bytes_per_s > 0 else UNKNOWN


def speed_words(bytes_per_s: float) -> str:
    """``35 kB/detik``; empty while nothing was measured."""
    if not isfinite(bytes_per_s) or bytes_per_s <= 0:
        return ""
    kilo = bytes_per_s / 1000
    if kilo >= 1000:
        return f"{number_text(kilo / 1000, 1)} MB/detik"
    return f"{number_text(kilo, 1 if kilo < 10 else 0)} kB/detik"


def bytes_words(size: float) -> str:
    """``412 kB``, ``1,2 MB``, ``5,8 GB``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{number_text(size / unit, 1)} {name}"
    return f"{number_text(ceil(size / 1000))} kB"


def in_words(seconds: float) -> str:
    """``sebentar lagi``, ``20 detik lagi``, ``3 menit lagi``; rounded up, so that it is never promised too early."""
    if not isfinite(seconds) or seconds <= 5:
        return "sebentar lagi"
    if seconds < 60:
        return f"{5 * ceil(seconds / 5)} detik lagi"
    return f"{ceil(seconds / 60)} menit lagi"


def moment_words(at: datetime, now: datetime) -> str:
    """When something is tried (both local): as a span within the hour, else as a time of day; ``besok`` only for tomorrow."""
    if at - now <= timedelta(hours=1):
        return in_words((at - now).total_seconds())
    days = (at.date() - now.date()).days
    return f"{'besok ' if days == 1 else f'{days} hari lagi ' if days else ''}pukul {time_text(at)}"


def opening_words(rules: LineRules, local: datetime) -> str:
    """When the office lets packets go again: ``pukul 18.00``, ``besok pukul 06.00``."""
    if rules.hours is None or rules.open_at(local.time()):
        return "sebentar lagi"
    start = rules.hours[0]
    return f"{'besok ' if start <= local.time() else ''}pukul {time_text(start)}"


def next_words(packet: Packet, cause: WaitCause, of_line: bool, report: LineReport, rules: LineRules, local: datetime,
               next_try: datetime | None) -> str:
    """When this packet is tried. ``next_try``: its own next try as local time."""
    if packet.state is PacketState.REFUSED:
        return "tidak dicoba lagi"
    if report.packet_id == packet.packet_id and report.cause is WaitCause.NONE:
        return "sekarang"
    if of_line or (report.cause is not WaitCause.NONE and (next_try is None or next_try <= local)):
        return line_next_words(report, rules, local)
    if next_try is not None and next_try > local:
        return moment_words(next_try, local)
    if cause in SELF_HEALING and not report.up:
        return "begitu tersambung"
    return "menurut urutan"


def line_next_words(report: LineReport, rules: LineRules, local: datetime) -> str:
    """When the line itself is tried again."""
    if report.cause is WaitCause.HOURS:
        return opening_words(rules, local)
    if report.cause in SELF_HEALING:
        return "begitu tersambung"
    return in_words(report.next_probe_s)


def hours_words(hours: tuple[time, time] | None) -> str:
    return f"{time_text(hours[0])} sampai {time_text(hours[1])}" if hours else "kapan saja"
