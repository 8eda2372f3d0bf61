"""Words and small marks of the Dinas' page. Everything that goes into the page passes :func:`safe`."""

from __future__ import annotations

from datetime import datetime
from html import escape

from ktpel_kiosk.siak.simulator.dinas_view import Level, Need

TITLES = {
    Need.SILENT: "Tidak ada kabar", Need.PRINTER: "Printer kartu", Need.BLANGKO: "Blangko", Need.BACKLOG: "Antrean kirim",
    Need.SLA: "Lewat waktu", Need.DEVICE: "Perangkat lain", Need.VERSION: "Versi tertinggal", Need.CLOCK: "Jam komputer",
    Need.COPY: "Cadangan", Need.CERTIFICATE: "Sertifikat", Need.REGISTER: "Register",
}
TILES = (Need.SILENT, Need.PRINTER, Need.BLANGKO, Need.BACKLOG, Need.SLA, Need.VERSION)
DEVICES = {
    "camera": "Kamera", "fingerprint": "Pemindai sidik jari", "iris": "Kamera iris", "signature": "Bantalan tanda tangan",
    "scanner": "Pemindai dokumen", "card_reader": "Pembaca kartu", "card_printer": "Printer kartu", "document_printer": "Printer dokumen",
    "receipt_printer": "Printer struk", "barcode": "Pembaca kode batang",
}
HEALTH = {"ready": ("siap", Level.FINE), "busy": ("sedang bekerja", Level.FINE), "missing": ("tidak ditemukan", Level.ALARM),
          "trouble": ("bermasalah", Level.ALARM)}
STATES = {"sealed": "belum dikirim", "announced": "sedang dikirim", "uploaded": "menunggu tanda terima", "refused": "ditolak"}
CHECKS = {"utuh": "utuh", "rusak": "rusak", "berubah": "diubah", "mundur": "mundur", "belum": "belum diperiksa"}
MARKS = {Level.ALARM: "!", Level.WARN: "▲", Level.FINE: ""}
"""A colour never speaks alone."""
CLASSES = {Level.ALARM: "bad", Level.WARN: "warn", Level.FINE: "fine"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


def safe(text: object) -> str:
    return escape(str(text), quote=True)


def chip(text: str, level: Level) -> str:
    mark = MARKS[level]
    return f'<span class="chip {CLASSES[level]}">{f"<b>{mark}</b>" if mark else ""}{safe(text)}</span>'


def span_h(hours: int) -> str:
    """Hours as people say them."""
    return f"{hours} jam" if hours < 48 else f"{hours // 24} hari"


def moment(at: datetime) -> str:
    """``26 Nov 2026 14.05``."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year} {at:%H.%M}"


def number(value: int) -> str:
    """With points between thousands."""
    return f"{value:,}".replace(",", ".")
