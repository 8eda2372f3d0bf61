"""What ``doctor`` looks at where desks share a register: does the server answer, fast enough, safely, over a line that is proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.doctor import Check
from ktpel_kiosk.app.office import OfficeSettings, server_of
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import number_text

OLD_DAYS = 3
SLOW_S = 0.020
"""A step asks some thirty questions: at this pace it takes more than half a second."""


def server_checks(data: Path, settings: OfficeSettings) -> Iterator[Check]:
    """Nothing for a desk with a register of its own."""
    if not settings.register_url:
        return
    from ktpel_kiosk.register.server.health import server_facts

    try:
        facts = server_facts(server_of(data, settings))
    except KioskError as error:
        yield Check("server kantor", "gagal", load_sentences().of(error))
        yield work_copy_check(data, SystemClock().now())
        return
    ms = f"{number_text(max(1, round(facts.answer_s * 1000)))} ms"
    if facts.too_old:
        yield Check("server kantor", "gagal", f"PostgreSQL {facts.version} terlalu lama. Pasang versi 15 atau lebih baru.")
    elif facts.answer_s > SLOW_S:
        yield Check("server kantor", "peringatan", f"menjawab dalam {ms}, terlalu lambat. Periksa kabel dan pengalih jaringan.")
    else:
        yield Check("server kantor", "baik", f"PostgreSQL {facts.version}, menjawab dalam {ms}, {facts.desks} meja tersambung")
    if facts.unsafe:
        yield Check("disk server kantor", "gagal",
                    f"{', '.join(facts.unsafe)} dimatikan: listrik padam dapat menghilangkan catatan. Hidupkan di postgresql.conf.")
    elif not facts.checksums:
        yield Check("disk server kantor", "peringatan", "data_checksums mati: kerusakan disk tidak ketahuan. Hidupkan dengan pg_checksums.")
    else:
        yield Check("disk server kantor", "baik", "setiap catatan ditulis tuntas dan diperiksa")
    if not facts.encrypted:
        yield Check("sambungan server kantor", "gagal", "tidak disandikan. Hidupkan ssl di server kantor.")
    if facts.rules:
        yield Check("akun server kantor", "peringatan", "akun meja ini berkuasa penuh di server. Pakai akun biasa pemilik basis data saja.")
    yield work_copy_check(data, SystemClock().now())


def work_copy_check(data: Path, now: datetime) -> Check:
    """Whether this desk could go on without the server, or does."""
    from ktpel_kiosk.app.away import COPY_FOLDER, SINCE
    from ktpel_kiosk.register.alone.work_copy import COPY_FILE

    folder = data / "register" / COPY_FOLDER
    try:
        made = datetime.fromtimestamp((folder / COPY_FILE).stat().st_mtime, UTC)
    except OSError:
        return Check("salinan kerja", "peringatan", "belum ada: meja ini menunggu bila server hilang. Buka meja selagi server menyala.")
    if (folder / SINCE).exists():
        return Check("salinan kerja", "peringatan",
                     "berisi catatan yang menunggu digabungkan; jangan hapus. Buka meja selagi server menyala.")
    days = (now - made).days
    if days >= OLD_DAYS:
        return Check("salinan kerja", "peringatan",
                     f"dibuat {days} hari lalu: akun dan pengaturannya lama. Buka meja selagi server menyala.")
    return Check("salinan kerja", "baik", "meja ini dapat bekerja sendiri bila server hilang")
