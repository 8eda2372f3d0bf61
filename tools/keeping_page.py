"""Writes docs/manual/pelindungan-data.md out of the table of what is kept (domain/keeping.py) and the reasons for looking.

``python tools/keeping_page.py`` writes; ``--check`` compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
PAGE = ROOT / "docs" / "manual" / "pelindungan-data.md"

HEAD = """# Pelindungan data pribadi

## Melihat data seseorang

NIK dan nomor HP tampil tersamar di semua daftar dan di berkas permohonan pada Register. Saat permohonan sedang Anda layani, atau langkahnya
Anda kerjakan hari ini, data terbuka tanpa pertanyaan; itu tercatat sendiri sebagai pelayanan.

Di luar itu, tekan **Tampilkan** di sebelah NIK atau nomor HP, atau buka suratnya. Panel di sebelah meminta satu alasan; sekali tekan cukup.
Esc kembali tanpa membuka apa pun. Yang ditampilkan tersamar lagi dengan sendirinya. Alasan berlaku {menit} menit untuk orang yang sama.

Alasan yang dapat dipilih: {alasan}.

Atasan melihat siapa membuka data siapa di **Pengaturan > Catatan akses** menurut hari dan petugas, dan di berkas permohonannya dengan
**Siapa yang melihat**. Catatan ini tidak dapat diubah atau dihapus.

## Permintaan pemilik data

Pemilik data boleh meminta salinan, perbaikan, penghentian pemrosesan, atau menyatakan keberatan. Catat di **Pengaduan > Permintaan data**.
Waktunya 3 x 24 jam sejak diterima, termasuk malam dan hari libur; Beranda mengingatkan pada hari terakhir. Pastikan dulu orangnya (KTP-el
atau kuasa), baru salinannya dapat dibuat dan diserahkan.

## Bila pelindungan data gagal

Komputer hilang, salinan terbuka, atau data dilihat orang yang tidak berhak: buka **Pengaturan > Kegagalan data**. Isi sejak kapan sampai
kapan dan kapan diketahui; kiosk mencari siapa saja yang terdampak. Surat ke lembaga dan surat untuk tiap orang dibuat setelah petugas kedua
menyetujui, paling lambat 3 x 24 jam sejak diketahui.

## Apa yang disimpan, berapa lama

Halaman yang sama ada di **Pengaturan > Masa simpan data**, bersama catatan yang sudah dihapus. Dasar "{kantor}" berarti tidak ada
peraturan yang menyebut angka; kantor memutuskannya.

| data | isinya | dasar | berapa lama | sesudah itu |
|---|---|---|---|---|
"""
TAIL = """
Halaman ini dibuat dari tabel masa simpan program (`python tools/keeping_page.py`); jangan diubah dengan tangan.

Lihat juga: [Simpanan dan pemusnahan](simpanan.md) · [Catatan audit](catatan-audit.md) ·
[Survei dan pengaduan](mutu-layanan.md) · [Panduan petugas](operator.md)
"""


def page() -> str:
    """The chapter."""
    from ktpel_kiosk.desk.viewing import HOLDS
    from ktpel_kiosk.domain.keeping import KANTOR, SIMPANAN
    from ktpel_kiosk.domain.viewing import ALASAN_NAMES, CHOSEN

    reasons = "; ".join(_small(ALASAN_NAMES[a]) for a in CHOSEN)
    rows = [f"| {' | '.join(_cell(x) for x in (s.judul, s.isi, s.basis, s.lama, s.akhir))} |" for s in SIMPANAN]
    return HEAD.format(menit=int(HOLDS.total_seconds() // 60), alasan=reasons, kantor=_small(KANTOR)) + "\n".join(rows) + "\n" + TAIL


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", "/")


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text("utf-8") == page() else 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
