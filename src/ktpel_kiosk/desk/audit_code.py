"""The audit's head as people carry it away from this machine: a code printed on reports, and the audit inside each sealed packet.

Whoever holds one proves later that the register still contains what it contained then: an older register put back, or a chain made
anew from the middle, does not hold the code (RELIABILITY.md threat 3, docs/adr/0035).
"""

from __future__ import annotations

import re

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.register import AuditCheck, View

DIGITS = 16
"""Hex digits of the digest in a code: 64 bits, short enough to be typed from paper."""
SHOWN = 20
_LENGTH = re.compile(r"[1-9]\d{0,11}", re.ASCII)
_DIGEST = re.compile(rf"[0-9A-F]{{{DIGITS},64}}")
TABLES: dict[str, str] = {
    "permohonan": "permohonan", "tahap": "langkah permohonan", "search": "daftar permohonan", "sample": "hasil rekam",
    "sample_data": "gambar hasil rekam", "approval": "paraf dan persetujuan", "handover": "penyerahan", "packet": "paket",
    "card_job": "kartu", "blangko": "blangko", "user": "akun petugas", "setting": "pengaturan", "letter": "buku agenda surat",
    "complaint": "pengaduan", "counter": "penomoran", "document": "berkas dan surat",
}
KINDS = {"changed": "diubah", "missing": "hilang", "extra": "ditambahkan", "unreadable": "tidak terbaca"}


def code_of(length: int, digest: str) -> str:
    """``1204-3F9A-00C1-77DE-A1B2``: the chain's length and the first digits of its head. ``0`` for an empty chain."""
    short = digest[:DIGITS].upper()
    return "-".join((str(length), *(short[i:i + 4] for i in range(0, DIGITS, 4)))) if length else "0"


def current(view: View) -> str:
    """The code of the audit as it stands in this snapshot."""
    length = view.audit_length()
    last = view.audit(after=length - 1, limit=1) if length else ()
    return code_of(last[0].sequence, last[0].digest) if last else "0"


def note(desk: Desk) -> str:
    """The line a report ends with."""
    code = desk.register.read(current)
    return f"Kode audit saat laporan dibuat: {code}. Simpan laporan ini di luar komputer; kode membuktikan register tidak dimundurkan."


def holds(desk: Desk, actor: Actor, code: str) -> bool:
    """Whether the chain has this very link; dashes, dots and blanks of a typed code do not matter.

    Raises:
        BadInput: ``audit.code`` when it is no such code. NotAllowed.
    """
    require(actor, "verify_register")
    length, digest = _parts(code)
    found = desk.register.read(lambda v: v.audit(after=length - 1, limit=1))
    return bool(found) and found[0].sequence == length and found[0].digest.startswith(digest)


def _parts(code: str) -> tuple[int, str]:
    number, _, rest = code.upper().replace("–", "-").partition("-")
    length, digest = re.sub(r"[\s.]", "", number), re.sub(r"[\s.-]", "", rest)
    if not _LENGTH.fullmatch(length) or not _DIGEST.fullmatch(digest):
        raise BadInput("audit.code", value=code[:60])
    return int(length), digest.lower()


def check_text(check: AuditCheck) -> list[str]:
    """What ``register verify`` found, line by line; each row that differs by its table and key."""
    state = "utuh" if check.broken_at is None else f"RUSAK pada urutan {check.broken_at}"
    lines = [f"Rantai audit {state}: {check.length} mata rantai, kepala {check.head}", _rows_text(check)]
    lines += [f"  {TABLES.get(f.table, f.table)} ({f.table}) {f.key}: {KINDS[f.kind]} di luar aplikasi" for f in check.faults[:SHOWN]]
    if len(check.faults) > SHOWN:
        lines.append(f"  dan {number_text(len(check.faults) - SHOWN)} baris lain")
    return lines


def _rows_text(check: AuditCheck) -> str:
    older = f", {number_text(check.unsealed)} dari masa sebelum baris disegel" if check.unsealed else ""
    state = f"{number_text(len(check.faults))} BARIS BERBEDA" if check.faults else "semua sesuai audit"
    return f"Baris register: {number_text(check.rows)} diperiksa{older}; {state}."


def anchor_text(code: str, held: bool | None) -> str:
    """One line on a printed code; empty when none was asked about."""
    if held is None:
        return ""
    return f"Kode audit {code} " + ("ada dalam rantai ini." if held else "TIDAK ADA dalam rantai ini: register dimundurkan atau diganti.")
